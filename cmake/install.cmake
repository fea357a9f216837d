# The program, the shared library with its headers, and the files by which CMake and pkg-config find
# them. The installed tree can be moved: they find their place by their own.
include(CMakePackageConfigHelpers)

install(TARGETS sweetspot RUNTIME)
install(TARGETS sweetspot_shared EXPORT sweetspotTargets LIBRARY)
install(DIRECTORY include/sweetspot TYPE INCLUDE)
install(FILES LICENSE TYPE DOC)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/sweetspot)
install(EXPORT sweetspotTargets NAMESPACE sweetspot:: FILE sweetspotTargets.cmake
        DESTINATION ${package_folder})
configure_package_config_file(
  cmake/sweetspotConfig.cmake.in ${PROJECT_BINARY_DIR}/sweetspotConfig.cmake
  INSTALL_DESTINATION ${package_folder})
# Below 1.0 a minor version may break what the one before had.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/sweetspotConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/sweetspotConfig.cmake
              ${PROJECT_BINARY_DIR}/sweetspotConfigVersion.cmake DESTINATION ${package_folder})

set(pkgconfig_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pkgconfig_to_prefix ${CMAKE_INSTALL_PREFIX}/${pkgconfig_folder}
     ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/sweetspot.pc.in ${PROJECT_BINARY_DIR}/sweetspot.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/sweetspot.pc DESTINATION ${pkgconfig_folder})
