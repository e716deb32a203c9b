# What every target of ours is compiled with.
add_library(msw_flags INTERFACE)
target_compile_options(msw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wformat=2 -Wundef -Wvla -Wcast-qual -Wcast-align
  $<$<COMPILE_LANGUAGE:CXX>:-Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
    -Woverloaded-virtual -Wextra-semi>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wsuggest-override -Wduplicated-cond -Wlogical-op -Wredundant-move>
  -fstack-protector-strong
  $<$<BOOL:${MSW_WERROR}>:-Werror>)
target_link_options(msw_flags INTERFACE -Wl,-z,relro -Wl,-z,now -Wl,--as-needed)
target_include_directories(msw_flags INTERFACE ${CMAKE_SOURCE_DIR}/lib ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR}/generated)
target_compile_definitions(msw_flags INTERFACE _GNU_SOURCE MSW_VERSION="${PROJECT_VERSION}")

if(MSW_SANITIZE STREQUAL "address")
  target_compile_options(msw_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(msw_flags INTERFACE -fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(msw_flags INTERFACE -fsanitize-ignorelist=${CMAKE_SOURCE_DIR}/cmake/sanitize-ignore.txt)
  endif()
elseif(MSW_SANITIZE STREQUAL "thread")
  target_compile_options(msw_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(msw_flags INTERFACE -fsanitize=thread)
  target_sources(msw_flags INTERFACE
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${CMAKE_SOURCE_DIR}/cmake/tsan_suppressions.cpp>)
elseif(NOT CMAKE_BUILD_TYPE STREQUAL "Debug")
  target_compile_definitions(msw_flags INTERFACE _FORTIFY_SOURCE=2)
endif()

if(MSW_FUZZ)
  target_compile_options(msw_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
