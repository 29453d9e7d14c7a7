# Language level, warnings, sanitizers and ccache for our own code.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
endif()
# Position-independent code everywhere with one and the same flag: libraries, programs and tests share one precompiled
# header, and GCC refuses a header made with other flags.
# -Wrestrict: GCC 12 warns falsely about concatenated std::string (its bug 105329).
add_compile_options(-fPIC -Wall -Wextra -Wno-restrict)
if(ARMILLARY_SANITIZE)
    # A finding ends the program. vptr is left out: it wants type information that LibTorch and Qt keep to themselves.
    add_compile_options(-fsanitize=${ARMILLARY_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    if(ARMILLARY_SANITIZE MATCHES undefined)
        add_compile_options(-fno-sanitize=vptr)
    endif()
    add_link_options(-fsanitize=${ARMILLARY_SANITIZE})
endif()

find_program(ARMILLARY_CCACHE ccache)
if(ARMILLARY_CCACHE)
    # Precompiled headers need these tolerances of ccache (its manual, "Precompiled headers"). The base directory lets a
    # fresh clone or another build folder use what was compiled before: 6 s in place of 92 s, measured on core/tensors.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ARMILLARY_CCACHE})
    add_compile_options(-fpch-preprocess)
endif()
