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
    # Two questions before every access to a member take a third of the time to compile. Only code that
    # works on raw memory can get its alignment wrong; a null pointer is a fault that ASan reports.
    $<$<NOT:$<BOOL:$<TARGET_PROPERTY:MEMQUAL_RAW_MEMORY>>>:-fno-sanitize=null,alignment>
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

# Every test includes Boost.Test, which costs more to read than the test itself: it is read once, with
# the flags that all tests share, by the library that holds their main().
function(memqual_test_options name)
  target_compile_definitions(${name} PRIVATE
    MEMQUAL_SOURCE_DIR="${CMAKE_SOURCE_DIR}" MEMQUAL_BINARY_DIR="${CMAKE_BINARY_DIR}")
  # Tests are compiled more often than they run: what they test is optimised, they are not.
  target_compile_options(${name} PRIVATE -O0)
  target_link_libraries(${name} PRIVATE memqual_options memqual_sanitizers)
  if(MEMQUAL_KERNELS_ONLY)
    # Of another processor there is no library; cmake/test_main.cc compiles Boost.Test.
    find_path(MEMQUAL_BOOST_INCLUDE boost/test/unit_test.hpp REQUIRED)
    target_include_directories(${name} SYSTEM PRIVATE ${MEMQUAL_BOOST_INCLUDE})
  else()
    target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK)
    target_link_libraries(${name} PRIVATE Boost::unit_test_framework)
  endif()
endfunction()

function(memqual_test_main)
  # CMake makes the precompiled header only for a library with a source that uses it.
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/test_headers.cc CONTENT "")
  add_library(memqual_test_main OBJECT
    ${CMAKE_SOURCE_DIR}/cmake/test_main.cc ${CMAKE_BINARY_DIR}/test_headers.cc)
  memqual_test_options(memqual_test_main)
  target_precompile_headers(memqual_test_main PRIVATE
    <boost/test/unit_test.hpp> <filesystem> <fstream> <map> <optional> <set> <string> <variant>
    <vector>)
  # It defines what Boost.Test's header makes of itself, and so has to read that header itself.
  set_source_files_properties(${CMAKE_SOURCE_DIR}/cmake/test_main.cc
    PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  # All programs of one label: who runs the unit tests alone need not build the others.
  foreach(label unit host root gpu lab lab_suite)
    add_custom_target(memqual_tests_${label})
  endforeach()
endfunction()

# memqual_test(NAME LABEL unit|host|root|gpu|lab|lab_suite SOURCES a_test.cc LIBS library ...)
# unit: pure, runs anywhere. host: starts processes. root: needs root. gpu: needs a GPU. lab: boots guests.
# lab_suite: the same for minutes, run only when asked for. One program per label.
function(memqual_test name)
  if(NOT MEMQUAL_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LIBS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE memqual_test_main ${ARG_LIBS})
  memqual_test_options(${name})
  target_precompile_headers(${name} REUSE_FROM memqual_test_main)
  add_dependencies(memqual_tests_${ARG_LABEL} ${name})
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
