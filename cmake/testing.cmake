find_package(GTest REQUIRED)
include(GoogleTest)

option(MSW_UNIT_TESTS "Build the unit tests and the replays of what fuzzing found" ON)

# ThreadSanitizer is for what has threads. With MSW_SANITIZE_ALL (tests/run --full) it gets all the same.
option(MSW_SANITIZE_ALL "ThreadSanitizer over tests that have one thread, too" OFF)
set(MSW_ONE_THREAD_TESTS ON)
if(MSW_SANITIZE STREQUAL "thread" AND NOT MSW_SANITIZE_ALL)
  set(MSW_ONE_THREAD_TESTS OFF)
endif()

# msw_test(NAME SOURCES... LIBS... LABELS... DEFINITIONS... PROGRAMS...): one gtest program, its cases registered with
# ctest. The label `threads` is for those that have some; PROGRAMS are targets that it starts.
function(msw_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;LABELS;DEFINITIONS;PROGRAMS" ${ARGN})
  if(NOT MSW_UNIT_TESTS OR (NOT MSW_ONE_THREAD_TESTS AND NOT "threads" IN_LIST ARG_LABELS))
    return()
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE msw_flags ${ARG_LIBS} GTest::gtest GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE ${ARG_DEFINITIONS})
  if(ARG_PROGRAMS)
    add_dependencies(${name} ${ARG_PROGRAMS})
  endif()
  # What is tested is optimized; the tests themselves compile in half the time without.
  target_compile_options(${name} PRIVATE -O0 -U_FORTIFY_SOURCE)
  if(NOT CCACHE)  # which would miss what is compiled with one
    target_precompile_headers(${name} PRIVATE <gmock/gmock.h> <algorithm> <chrono> <functional> <map> <memory> <optional>
      <string> <vector>)
  endif()
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT 120 LABELS "unit;${ARG_LABELS}")
endfunction()
