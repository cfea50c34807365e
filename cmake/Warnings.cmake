# Warnings are errors; sanitizers by preset; ccache where present. -Wrestrict is off because g++ 12 reports it falsely on
# std::string (GCC bug 105651). Release is -O2: hot kernels ask for more in their own room.
if(SENSORIUM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)  # clang's own warnings are not ours
else()
  add_compile_options(-Wall -Wextra -Werror -Wno-restrict)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
if(SENSORIUM_SANITIZE)
  add_compile_options(-fsanitize=${SENSORIUM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SENSORIUM_SANITIZE})
  add_compile_options(-Wno-maybe-uninitialized)  # false on std::regex under sanitizers (GCC bug 105562)
  if(SENSORIUM_SANITIZE STREQUAL thread)
    add_compile_options(-Wno-tsan)  # fences, which it does not follow: Asio has them around what it also locks
  endif()
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
