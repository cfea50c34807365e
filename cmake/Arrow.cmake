# Apache Arrow with Parquet, as the target arrow_parquet: SENSORIUM_DEPS/arrow, where `./run build parquet` unpacks the C++
# headers and libraries that are in the PyPI wheel of pyarrow (no Python is used), or a system's CMake package.
add_library(arrow_parquet INTERFACE)
if(EXISTS ${SENSORIUM_DEPS}/arrow/include/arrow/api.h)
  file(GLOB ARROW_LIBRARIES ${SENSORIUM_DEPS}/arrow/lib/libparquet.so.* ${SENSORIUM_DEPS}/arrow/lib/libarrow.so.*)
  target_include_directories(arrow_parquet SYSTEM INTERFACE ${SENSORIUM_DEPS}/arrow/include)
  target_link_libraries(arrow_parquet INTERFACE ${ARROW_LIBRARIES})
else()
  find_package(Parquet QUIET)
  if(NOT Parquet_FOUND)
    message(FATAL_ERROR "Apache Arrow is missing: neither ${SENSORIUM_DEPS}/arrow nor a system's Parquet package; "
                        "`./run build parquet` sets it up")
  endif()
  target_link_libraries(arrow_parquet INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
endif()
