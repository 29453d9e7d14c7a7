# opencv::opencv from the system's per-module packages. The distributions keep OpenCVConfig.cmake in a package that also
# brings VTK, CUDA-less contrib modules and a Java runtime; the four modules used here need none of it.
find_path(OpenCvParts_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_opencv_libraries)
foreach(_module videoio imgcodecs imgproc core)
    find_library(OpenCvParts_${_module} opencv_${_module})
    list(APPEND _opencv_libraries ${OpenCvParts_${_module}})
endforeach()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCvParts REQUIRED_VARS OpenCvParts_INCLUDE_DIR OpenCvParts_core
    OpenCvParts_imgproc OpenCvParts_imgcodecs OpenCvParts_videoio)
if(OpenCvParts_FOUND AND NOT TARGET opencv::opencv)
    add_library(opencv::opencv INTERFACE IMPORTED)
    set_target_properties(opencv::opencv PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${OpenCvParts_INCLUDE_DIR}"
        INTERFACE_LINK_LIBRARIES "${_opencv_libraries}")
endif()
