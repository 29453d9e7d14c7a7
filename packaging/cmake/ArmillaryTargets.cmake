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

# armillary_test(SOURCE LABEL link...): one program a test file, found by ctest under LABEL. TORCH as the first of link
# brings LibTorch and its precompiled header. Target LABEL_tests builds all of a label.
function(armillary_test source label)
    get_filename_component(name ${source} NAME_WE)
    set(target ${label}_${name})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE armillary_test_support GTest::gtest_main GTest::gmock)
    foreach(item ${ARGN})
        if(item STREQUAL "TORCH")
            target_link_libraries(${target} PRIVATE LibTorch::LibTorch)
        armillary_use_torch_header(${target})
            armillary_use_torch_header(${target})
        else()
            target_link_libraries(${target} PRIVATE ${item})
        endif()
    endforeach()
    if(NOT TARGET ${label}_tests)
        add_custom_target(${label}_tests)
    endif()
    add_dependencies(${label}_tests ${target})
    # Tests that open windows share one display, and with it the keyboard focus: one of them at a time.
    set(lock)
    if(label MATCHES "^(panels|canvas|window)$")
        set(lock RESOURCE_LOCK display)
    endif()
    # Discovery starts the program, which loads LibTorch: slow on a busy machine and under a sanitizer.
    gtest_discover_tests(${target} TEST_PREFIX ${label}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 120
        PROPERTIES LABELS ${label} ${lock})
endfunction()
