# Configures the headless build into a folder of its own and fails when it needed, or so much as looked for, Qt or
# Dear ImGui. Run by ctest: cmake -DSOURCE=... -DBINARY=... -DDEPS=... -P headless_configure.cmake
file(REMOVE_RECURSE "${BINARY}")
execute_process(
    COMMAND "${CMAKE_COMMAND}" -G Ninja -S "${SOURCE}" -B "${BINARY}" -DARMILLARY_WINDOW=OFF
            -DARMILLARY_DEPS_DIR=${DEPS} -DCMAKE_DISABLE_FIND_PACKAGE_Qt6=ON
            -DCMAKE_DISABLE_FIND_PACKAGE_ImguiBundle=ON
    RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "the headless build does not configure without Qt:\n${output}")
endif()
file(STRINGS "${BINARY}/CMakeCache.txt" traces REGEX "^(Qt6|ImguiBundle)[A-Za-z0-9_]*:")
if(traces)
    message(FATAL_ERROR "the headless build looked for the window's libraries: ${traces}")
endif()
file(STRINGS "${BINARY}/build.ninja" window REGEX "^build [^:]*(armillary|widgets): phony .*(widgets/|app/armillary$)")
if(window)
    message(FATAL_ERROR "the headless build has targets of the window: ${window}")
endif()
