# armillary_folder(NAME [TORCH] [LINK ...]): one static library a folder of core, so that a folder sees only the folders
# that ARCHITECTURE.md lets it include (a library that is not linked is still on the include path: the test
# include_rules_test reads the sources for that; what this gives is that only TORCH folders can include LibTorch).
# The target is armillary_NAME; a folder without sources becomes an interface library.
function(armillary_folder name)
    cmake_parse_arguments(arg "TORCH;TORCH_PRIVATE" "" "LINK" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
    set(target armillary_${name})
    if(NOT sources)
        add_library(${target} INTERFACE)
        target_include_directories(${target} INTERFACE ${CMAKE_CURRENT_SOURCE_DIR})
        target_link_libraries(${target} INTERFACE ${arg_LINK})
        if(arg_TORCH)
            target_link_libraries(${target} INTERFACE LibTorch::LibTorch)
        endif()
        return()
    endif()
    add_library(${target} STATIC ${sources})
    target_include_directories(${target} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target} PUBLIC ${arg_LINK})
    if(arg_TORCH)
        target_link_libraries(${target} PUBLIC LibTorch::LibTorch)
        armillary_use_torch_header(${target})
    elseif(arg_TORCH_PRIVATE)
        target_link_libraries(${target} PRIVATE LibTorch::LibTorch)
        armillary_use_torch_header(${target})
    endif()
endfunction()

# One precompiled header of LibTorch for every target that uses it: 40 s once in place of 20 s a file.
function(armillary_use_torch_header target)
    target_precompile_headers(${target} REUSE_FROM armillary_torch_header)
endfunction()

# Tests are compiled as fast as can be: what they call is optimised, they are not.
set(ARMILLARY_TEST_OPTIONS -O0)

# Precompiled headers of the tests: GoogleTest, and the same with LibTorch.
function(armillary_test_headers)
    set(test_headers <gmock/gmock.h> <gtest/gtest.h> <filesystem> <fstream> <map> <memory> <string> <vector>)
    add_library(armillary_test_header OBJECT ${CMAKE_SOURCE_DIR}/core/tensors/torch_header.cxx)
    target_link_libraries(armillary_test_header PUBLIC GTest::gtest GTest::gmock)
    target_compile_options(armillary_test_header PRIVATE ${ARMILLARY_TEST_OPTIONS})
    target_precompile_headers(armillary_test_header PRIVATE ${test_headers})
    add_library(armillary_torch_test_header OBJECT ${CMAKE_SOURCE_DIR}/core/tensors/torch_header.cxx)
    target_link_libraries(armillary_torch_test_header PUBLIC LibTorch::LibTorch GTest::gtest GTest::gmock)
    target_compile_options(armillary_torch_test_header PRIVATE ${ARMILLARY_TEST_OPTIONS})
    target_precompile_headers(armillary_torch_test_header PRIVATE <ATen/ATen.h> ${test_headers})
endfunction()

# Several files of a target are compiled as one: most of their time goes into headers, and into what each takes of them. The
# price: names must differ within a target, in unnamed namespaces too, and after a change its neighbours are compiled with it.
function(armillary_compile_together target)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 5)
endfunction()

# armillary_test_program(TARGET LABEL [TORCH] SOURCES file... LINK library...): one program of several test files, whose suites
# ctest finds under LABEL. TORCH brings LibTorch and its precompiled header. Target LABEL_tests builds all of a label.
function(armillary_test_program target label)
    cmake_parse_arguments(arg "TORCH" "" "SOURCES;LINK" ${ARGN})
    add_executable(${target} ${arg_SOURCES})
    target_link_libraries(${target} PRIVATE armillary_test_support GTest::gtest_main GTest::gmock ${arg_LINK})
    target_compile_options(${target} PRIVATE ${ARMILLARY_TEST_OPTIONS})
    armillary_compile_together(${target})
    if(arg_TORCH)
        target_link_libraries(${target} PRIVATE LibTorch::LibTorch)
        target_precompile_headers(${target} REUSE_FROM armillary_torch_test_header)
    else()
        target_precompile_headers(${target} REUSE_FROM armillary_test_header)
    endif()
    if(NOT target STREQUAL "${label}_tests")
        if(NOT TARGET ${label}_tests)
            add_custom_target(${label}_tests)
        endif()
        add_dependencies(${label}_tests ${target})
    endif()
    armillary_test_suites(${target} ${label} LABELS ${label})
endfunction()

# armillary_test_suites(TARGET PREFIX PROPERTY value...): each suite of a test program is one entry of ctest, PREFIX.Suite.
function(armillary_test_suites target prefix)
    set(include ${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake)
    file(GENERATE OUTPUT ${include} CONTENT "set(program [==[$<TARGET_FILE:${target}>]==])
set(list [==[${CMAKE_CURRENT_BINARY_DIR}/${target}_suites.txt]==])
set(prefix ${prefix}.)
set(properties ${ARGN})
include([==[${CMAKE_SOURCE_DIR}/packaging/cmake/ListSuites.cmake]==])
")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
endfunction()
