# ImguiBundle::ImguiBundle: Dear ImGui (docking) as a static library, from the source archive of
# the PyPI package imgui-bundle that packaging/setup unpacked into ARMILLARY_DEPS_DIR/imgui-bundle.
find_path(ImguiBundle_ROOT external/imgui/imgui/imgui.h HINTS "${ARMILLARY_DEPS_DIR}/imgui-bundle" NO_DEFAULT_PATH)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ImguiBundle REQUIRED_VARS ImguiBundle_ROOT
    REASON_FAILURE_MESSAGE "run packaging/setup")

if(ImguiBundle_FOUND AND NOT TARGET ImguiBundle::ImguiBundle)
    set(_imgui "${ImguiBundle_ROOT}/external/imgui/imgui")
    add_library(armillary_imgui STATIC
        ${_imgui}/imgui.cpp ${_imgui}/imgui_draw.cpp ${_imgui}/imgui_tables.cpp ${_imgui}/imgui_widgets.cpp
        ${_imgui}/imgui_stacklayout.cpp ${_imgui}/backends/imgui_impl_opengl3.cpp)
    target_include_directories(armillary_imgui SYSTEM PUBLIC ${_imgui} ${_imgui}/backends)
    target_compile_options(armillary_imgui PRIVATE -w)
    target_link_libraries(armillary_imgui PRIVATE ${CMAKE_DL_LIBS})
    add_library(ImguiBundle::ImguiBundle ALIAS armillary_imgui)
endif()
