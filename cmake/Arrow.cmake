# Apache Arrow with Parquet, as the target arrow_parquet: out of the PyPI wheel of pyarrow, unpacked into
# SENSORIUM_DEPS/arrow (its C++ headers and libraries are in it; no Python is used), or a system's CMake package.
#   python3 -m pip download --no-deps -d /tmp/arrow pyarrow==21.0.0 && unzip -q /tmp/arrow/*.whl -d .deps/arrow
set(ARROW_WHEEL ${SENSORIUM_DEPS}/arrow/pyarrow)
add_library(arrow_parquet INTERFACE)
if(EXISTS ${ARROW_WHEEL}/include/arrow/api.h)
  file(GLOB ARROW_LIBRARY ${ARROW_WHEEL}/libarrow.so.*)
  file(GLOB PARQUET_LIBRARY ${ARROW_WHEEL}/libparquet.so.*)
  target_include_directories(arrow_parquet SYSTEM INTERFACE ${ARROW_WHEEL}/include)
  target_link_libraries(arrow_parquet INTERFACE ${PARQUET_LIBRARY} ${ARROW_LIBRARY})
else()
  find_package(Parquet QUIET)
  if(NOT Parquet_FOUND)
    message(FATAL_ERROR "Apache Arrow is missing: neither ${ARROW_WHEEL} nor a system's Parquet package; see cmake/Arrow.cmake")
  endif()
  target_link_libraries(arrow_parquet INTERFACE Arrow::arrow_shared Parquet::parquet_shared)
endif()
