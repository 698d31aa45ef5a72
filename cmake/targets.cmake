# Targets follow the tree: src/<folder>/*.cc go into the library, *_test.cc into <folder>_test,
# *_bench.cc into <folder>_bench, and every *_fuzz.cc is a fuzz target of its own. What only tests and
# benchmarks use (fake_*.cc, *_testing.cc, test_*.cc) is a library beside the product's.
file(GLOB_RECURSE all_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/*.cc")
set(library_sources ${all_sources})
list(FILTER library_sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$|/src/cli/main\\.cc$")
set(testing_pattern "/(fake|test)_[a-z0-9_]+\\.cc$|_testing\\.cc$")
set(testing_sources ${library_sources})
list(FILTER testing_sources INCLUDE REGEX "${testing_pattern}")
list(FILTER library_sources EXCLUDE REGEX "${testing_pattern}")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(FILTER library_sources EXCLUDE REGEX "/kernels/neon/")
else()
  list(FILTER library_sources EXCLUDE REGEX "/kernels/avx")
endif()
foreach(isa AVX2 AVX512)
  string(TOLOWER ${isa} folder)
  set(isa_sources ${library_sources})
  list(FILTER isa_sources INCLUDE REGEX "/kernels/${folder}/")
  if(isa_sources)
    set_source_files_properties(${isa_sources} PROPERTIES
      COMPILE_OPTIONS "${GANGLION_${isa}_FLAGS}" SKIP_PRECOMPILE_HEADERS ON)
  endif()
endforeach()

# Header-heavy and never hot: less optimisation for half the compile time, under sanitizers too.
set(cold_options "$<IF:$<CONFIG:Release>,-O1,-O0>")
set(cold_sources ${library_sources})
list(FILTER cold_sources INCLUDE REGEX "/src/(cli|http)/")
list(REMOVE_ITEM library_sources ${cold_sources})

# Two thirds of the time to compile goes into headers that never change: they are read once.
# Every file includes what it uses all the same; clang-tidy reads it without this.
option(GANGLION_PRECOMPILE_HEADERS "Read the headers of the libraries once" ON)
set(library_headers <algorithm> <filesystem> <functional> <map> <memory> <optional> <set> <span>
  <string> <unordered_map> <vector> <fmt/format.h> <boost/json.hpp>)
function(ganglion_precompile target)
  if(GANGLION_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()

function(ganglion_object_library target)
  add_library(${target} OBJECT ${ARGN})
  target_include_directories(${target} PUBLIC
    "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
  target_link_libraries(${target} PUBLIC ganglion_options ganglion_dependencies)
  target_compile_definitions(${target} PRIVATE GANGLION_VERSION="${PROJECT_VERSION}")
endfunction()

ganglion_object_library(ganglion_objects ${library_sources})
ganglion_precompile(ganglion_objects ${library_headers})
ganglion_object_library(ganglion_cold_objects ${cold_sources})
target_compile_options(ganglion_cold_objects PRIVATE ${cold_options})
ganglion_precompile(ganglion_cold_objects ${library_headers} <CLI/CLI.hpp>)
file(GLOB default_models CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/models/*.gguf")
ganglion_embed(ganglion_objects ${default_models})

# A static archive for everything that links inside this build; tests pull only what they use.
add_library(ganglion_static STATIC
  $<TARGET_OBJECTS:ganglion_objects> $<TARGET_OBJECTS:ganglion_cold_objects>)
target_include_directories(ganglion_static PUBLIC
  "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(ganglion_static PUBLIC ganglion_options ganglion_dependencies)

add_executable(ganglion src/cli/main.cc)
target_link_libraries(ganglion PRIVATE ganglion_static)
target_compile_definitions(ganglion PRIVATE GANGLION_VERSION="${PROJECT_VERSION}")
set_target_properties(ganglion PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${GANGLION_BIN_DIR}")

# What only tests and benchmarks use.
add_library(ganglion_testing STATIC EXCLUDE_FROM_ALL ${testing_sources})
target_link_libraries(ganglion_testing PUBLIC ganglion_static)
target_compile_options(ganglion_testing PRIVATE ${cold_options})
if(GANGLION_TESTS)
  find_package(GTest REQUIRED)
  target_link_libraries(ganglion_testing PUBLIC GTest::gtest GTest::gmock)
  ganglion_precompile(ganglion_testing ${library_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# A program of tests, compiled as ganglion_testing is, whose headers it uses.
function(ganglion_test_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE ganglion_testing GTest::gtest_main)
  target_compile_options(${name} PRIVATE ${cold_options} -fPIC)  # a header is read for one or the other
  if(GANGLION_PRECOMPILE_HEADERS)
    target_precompile_headers(${name} REUSE_FROM ganglion_testing)
  endif()
endfunction()

# Folders whose tests start threads: the ones that `make check` runs under ThreadSanitizer.
set(concurrent_folders base store http hub kernels ledger engine providers mesh)

add_custom_target(concurrent_tests)

# One program per folder: test or benchmark sources of src/<folder> (with subfolders) together.
function(ganglion_folder_programs kind)
  set(sources ${all_sources})
  list(FILTER sources INCLUDE REGEX "_${kind}\\.cc$")
  set(folders "")
  foreach(source IN LISTS sources)
    string(REGEX REPLACE "^${PROJECT_SOURCE_DIR}/src/([^/]+)/.*$" "\\1" folder "${source}")
    list(APPEND folders ${folder})
    list(APPEND sources_of_${folder} ${source})
  endforeach()
  list(REMOVE_DUPLICATES folders)
  foreach(folder IN LISTS folders)
    if(kind STREQUAL test)
      ganglion_test_program(${folder}_test ${sources_of_${folder}})
      add_test(NAME ${folder} COMMAND ${folder}_test WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
      set_tests_properties(${folder} PROPERTIES TIMEOUT 600)
      if(folder IN_LIST concurrent_folders)
        set_tests_properties(${folder} PROPERTIES LABELS concurrent)
        add_dependencies(concurrent_tests ${folder}_test)
      endif()
    else()
      add_executable(${folder}_${kind} ${sources_of_${folder}})
      target_link_libraries(${folder}_${kind} PRIVATE ganglion_testing ${ARGN})
    endif()
  endforeach()
endfunction()

if(GANGLION_TESTS)
  enable_testing()
  ganglion_folder_programs(test)
  # Cross-module tests: every file of tests/ is one program; those in end_to_end drive the binary.
  file(GLOB_RECURSE cross_tests CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/*_test.cc")
  if(CMAKE_CROSSCOMPILING)  # an emulated test cannot start a program of the other machine
    list(FILTER cross_tests EXCLUDE REGEX "/end_to_end/")
  endif()
  foreach(source IN LISTS cross_tests)
    get_filename_component(name "${source}" NAME_WE)
    ganglion_test_program(${name} "${source}")
    add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES TIMEOUT 600
      ENVIRONMENT "GANGLION_BINARY=$<TARGET_FILE:ganglion>")
    add_dependencies(${name} ganglion)
  endforeach()
endif()

if(GANGLION_TESTS)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  # The interpreter is this machine's own: no emulator can run it.
  if(NOT CMAKE_CROSSCOMPILING)
    add_test(NAME example_tickets
             COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/examples/support/check_tickets.py)
    add_test(NAME commands
             COMMAND Python3::Interpreter ${PROJECT_SOURCE_DIR}/tests/end_to_end/commands/run.py
                     $<TARGET_FILE:ganglion> ${PROJECT_SOURCE_DIR})
  endif()
endif()

if(GANGLION_BENCHMARKS)
  find_package(benchmark REQUIRED)
  ganglion_folder_programs(bench benchmark::benchmark_main)
  # Programs of benchmarks/ have their own main and print the tables of docs/.
  file(GLOB benchmark_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/benchmarks/*.cc")
  foreach(source IN LISTS benchmark_sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(bench_${name} "${source}")
    target_link_libraries(bench_${name} PRIVATE ganglion_testing)
  endforeach()
endif()

if(GANGLION_FUZZERS)
  set(fuzz_sources ${all_sources})
  list(FILTER fuzz_sources INCLUDE REGEX "_fuzz\\.cc$")
  target_compile_options(ganglion_options INTERFACE -fsanitize=fuzzer-no-link)
  foreach(source IN LISTS fuzz_sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(${name} "${source}")
    target_link_libraries(${name} PRIVATE ganglion_static)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/fuzz")
  endforeach()
endif()
