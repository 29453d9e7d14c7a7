# Tests of the window: label panels, canvas and window open real windows and need a display (packaging/test brings one);
# those of threading and app (label unit) need an event loop only. One display, one keyboard focus: tests with windows run
# one at a time.
find_package(Qt6 REQUIRED COMPONENTS Test)

file(GLOB window_support_sources CONFIGURE_DEPENDS window_support/*.cpp window_support/*.h)
list(FILTER window_support_sources EXCLUDE REGEX "_main\\.cpp$")
add_library(armillary_window_support STATIC ${window_support_sources})
set_target_properties(armillary_window_support PROPERTIES AUTOMOC ON)
target_link_libraries(armillary_window_support PUBLIC armillary_test_support armillary_window Qt6::Test GTest::gtest)

# Qt, our widgets' own includes and GoogleTest, once for all of them.
add_library(armillary_window_test_header OBJECT window_support/window_test_header.cxx)
target_link_libraries(armillary_window_test_header PUBLIC armillary_window_support armillary_resources GTest::gtest GTest::gmock)
target_compile_options(armillary_window_test_header PRIVATE ${ARMILLARY_TEST_OPTIONS})
target_precompile_headers(armillary_window_test_header PRIVATE <gmock/gmock.h> <gtest/gtest.h> <QtTest/QtTest>
    <QtWidgets/QtWidgets> <map> <memory> <string> <vector>)

# armillary_window_tests(TARGET LABEL MAIN SOURCES file... LINK library...): as armillary_test_program.
function(armillary_window_tests target label main)
    cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
    add_executable(${target} ${arg_SOURCES} window_support/${main}_main.cpp)
    target_link_libraries(${target} PRIVATE armillary_window_support armillary_resources GTest::gtest GTest::gmock
                          ${arg_LINK})
    target_compile_options(${target} PRIVATE ${ARMILLARY_TEST_OPTIONS})
    armillary_compile_together(${target})
    target_precompile_headers(${target} REUSE_FROM armillary_window_test_header)
    set(properties LABELS ${label})
    if(main STREQUAL "gui")
        list(APPEND properties RESOURCE_LOCK display)
    endif()
    if(label STREQUAL "window")
        # What these measure is spoiled by other tests on the same cores, and by windows that were open before: each has a
        # process of its own.
        gtest_discover_tests(${target} TEST_PREFIX ${label}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                             PROPERTIES ${properties} RUN_SERIAL TRUE TIMEOUT 300)
    else()
        armillary_test_suites(${target} ${label} ${properties})
    endif()
endfunction()

foreach(label panels canvas)
    file(GLOB sources CONFIGURE_DEPENDS ${label}/*_test.cpp)
    armillary_window_tests(${label}_tests ${label} gui SOURCES ${sources})
endforeach()
file(GLOB threading_tests CONFIGURE_DEPENDS threading/*_test.cpp)
armillary_window_tests(threading_tests threading core SOURCES ${threading_tests})
file(GLOB app_tests CONFIGURE_DEPENDS app/*_test.cpp)
armillary_window_tests(unit_app_tests unit core SOURCES ${app_tests})
add_dependencies(unit_tests unit_app_tests)
# Those with "first_light" in their name, and the tour, ask the real engine, the others a scripted one.
file(GLOB window_tests CONFIGURE_DEPENDS window/*_test.cpp)
set(engine_tests ${window_tests})
list(FILTER engine_tests INCLUDE REGEX "first_light|tour")
list(REMOVE_ITEM window_tests ${engine_tests})
armillary_window_tests(window_tests window gui SOURCES ${window_tests})
armillary_window_tests(window_engine_tests window gui SOURCES ${engine_tests} LINK core_model)
