# What `cmake --install build/release --prefix DIR` lays down: the programs, the menu entry with its icon, the licence.
# LibTorch stays where packaging/setup put it (or LIBTORCH_ROOT points); the programs remember that place.
include(GNUInstallDirs)

install(TARGETS armillary-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES "${CMAKE_SOURCE_DIR}/LICENSE" DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET armillary)
    install(TARGETS armillary RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(FILES "${CMAKE_SOURCE_DIR}/packaging/armillary.desktop" DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
    install(FILES "${CMAKE_SOURCE_DIR}/packaging/armillary.svg"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
endif()
