# LibTorch::LibTorch from the include and lib folders of a PyTorch wheel, CPU or CUDA.
#
# The wheel's own TorchConfig.cmake refuses a CUDA wheel where the CUDA toolkit is missing; nothing here needs the
# toolkit, because our code calls LibTorch only and compiles no CUDA source.
#
# LIBTORCH_ROOT: the wheel's `torch` folder; default: the one in ARMILLARY_DEPS_DIR's environment.
if(NOT LIBTORCH_ROOT)
    file(GLOB _libtorch_candidates "${ARMILLARY_DEPS_DIR}/venv/lib/python3*/site-packages/torch")
    list(GET _libtorch_candidates 0 _libtorch_first)
    set(LIBTORCH_ROOT "${_libtorch_first}" CACHE PATH "The torch folder of an installed PyTorch wheel" FORCE)
endif()

find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h HINTS "${LIBTORCH_ROOT}/include" NO_DEFAULT_PATH)
find_library(LibTorch_LIBRARY torch HINTS "${LIBTORCH_ROOT}/lib" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_LIBRARY LibTorch_INCLUDE_DIR
    REASON_FAILURE_MESSAGE "run packaging/setup, or set LIBTORCH_ROOT to the torch folder of a PyTorch wheel")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
    set(_libtorch_libraries)
    # libtorch.so only pulls in the others by being linked; --no-as-needed keeps the backends that register themselves.
    foreach(_name c10 torch_cpu c10_cuda torch_cuda torch)
        if(EXISTS "${LIBTORCH_ROOT}/lib/lib${_name}.so")
            list(APPEND _libtorch_libraries "${LIBTORCH_ROOT}/lib/lib${_name}.so")
        endif()
    endforeach()
    list(JOIN _libtorch_libraries "," _libtorch_joined)
    add_library(LibTorch::LibTorch INTERFACE IMPORTED)
    # -idirafter: the wheel also carries headers of fmt, protobuf and others in other versions than the system's; the system's,
    # which we link, must win.
    # -fopenmp: without it at::parallel_for in our sources is a plain loop, because its body is in a header.
    set_target_properties(LibTorch::LibTorch PROPERTIES
        INTERFACE_LINK_OPTIONS -fopenmp
        INTERFACE_COMPILE_OPTIONS
            "-fopenmp;SHELL:-idirafter ${LIBTORCH_ROOT}/include;SHELL:-idirafter ${LIBTORCH_ROOT}/include/torch/csrc/api/include"
        INTERFACE_LINK_LIBRARIES
            "-Wl,--push-state,--no-as-needed,${_libtorch_joined},--pop-state,-rpath,${LIBTORCH_ROOT}/lib")
endif()
