# SPDX-License-Identifier: Apache-2.0
# One function per thing the tree is made of: a library that is a row of the design's table, and a
# Boost.Test program beside it.

add_library(memqual_options INTERFACE)
target_include_directories(memqual_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(memqual_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual)
if(MEMQUAL_WERROR)
  target_compile_options(memqual_options INTERFACE -Werror)
endif()

add_library(memqual_sanitizers INTERFACE)
if(MEMQUAL_SANITIZE)
  target_compile_options(memqual_sanitizers INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
    # GCC 12 sees uninitialised members in its own std::regex once it is instrumented.
    -Wno-maybe-uninitialized)
  target_link_options(memqual_sanitizers INTERFACE -fsanitize=address,undefined)
endif()

option(MEMQUAL_FUZZ "Build the libFuzzer programs (clang only)" OFF)
if(MEMQUAL_FUZZ)
  # Coverage in the libraries, the fuzzer's main() only in the fuzz programs.
  target_compile_options(memqual_sanitizers INTERFACE -fsanitize=fuzzer-no-link,address,undefined)
endif()

# memqual_library(NAME SOURCES a.cc b.cc LIBS other ...)
function(memqual_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC memqual_options memqual_sanitizers ${ARG_LIBS})
endfunction()

# memqual_test(NAME LABEL unit|host|root SOURCES a_test.cc LIBS library ...)
# unit: pure, runs anywhere. host: starts processes. root: needs root. One program per label.
function(memqual_test name)
  if(NOT MEMQUAL_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${CMAKE_SOURCE_DIR}/cmake/test_main.cc ${ARG_SOURCES})
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK
    MEMQUAL_SOURCE_DIR="${CMAKE_SOURCE_DIR}" MEMQUAL_BINARY_DIR="${CMAKE_BINARY_DIR}")
  # Tests are compiled more often than they run: what they test is optimised, they are not.
  target_compile_options(${name} PRIVATE -O0)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} memqual_options memqual_sanitizers
    Boost::unit_test_framework)
  add_test(NAME ${name} COMMAND ${name} --log_level=test_suite --report_level=short
           --color_output=no)
  # 77: every case of the program was skipped, with its reason on the console.
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT 300 SKIP_RETURN_CODE 77)
endfunction()

# memqual_fuzz(NAME SOURCES a_fuzz.cc LIBS library ...)
function(memqual_fuzz name)
  if(NOT MEMQUAL_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} memqual_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer,address,undefined)
endfunction()
