# Tests of the terminal: label unit; they run the real armillary-cli on the tiny models. Python, with the packages that
# packaging/setup brings, reads back what it wrote. One ctest entry a program: its tests share a session that takes seconds to
# make.
file(GLOB cli_tests CONFIGURE_DEPENDS cli/*_test.cpp)
foreach(source ${cli_tests})
    get_filename_component(name ${source} NAME_WE)
    set(target unit_${name})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE armillary_test_support armillary_session armillary_scenes GTest::gtest_main GTest::gmock)
    target_compile_options(${target} PRIVATE ${ARMILLARY_TEST_OPTIONS})
    target_precompile_headers(${target} REUSE_FROM armillary_test_header)
    target_compile_definitions(${target} PRIVATE ARMILLARY_CLI="$<TARGET_FILE:armillary-cli>"
        ARMILLARY_PYTHON="${ARMILLARY_DEPS_DIR}/venv/bin/python")
    add_dependencies(${target} armillary-cli)
    add_dependencies(unit_tests ${target})
    add_test(NAME unit.${name} COMMAND ${target})
    set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 300)
endforeach()
