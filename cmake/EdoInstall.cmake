# SPDX-License-Identifier: MIT
# make install: headers, both libraries, edo.pc, and a CMake package with edo::edo and
# edo::edo_static. A package that was built with EDO_DEBUG tells its users so.
include(CMakePackageConfigHelpers)
set(edo_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/edo)

install(DIRECTORY include/edo TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(TARGETS edo edo_static EXPORT edo-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT edo-targets NAMESPACE edo:: DESTINATION ${edo_package_dir})
if(edo_app_targets)
    install(TARGETS ${edo_app_targets} RUNTIME)
endif()
# All that is installed, without the examples and benchmarks.
add_custom_target(edo_installed DEPENDS edo edo_static ${edo_app_targets})

configure_package_config_file(cmake/edo-config.cmake.in ${CMAKE_BINARY_DIR}/edo-config.cmake
    INSTALL_DESTINATION ${edo_package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break, so the minor must match.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/edo-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/edo-config.cmake ${CMAKE_BINARY_DIR}/edo-config-version.cmake
    DESTINATION ${edo_package_dir})

if(EDO_DEBUG)
    set(edo_pc_cflags " -DEDO_DEBUG=1")
endif()
# Relative to the .pc file itself, so a moved or staged tree works; pkg-config fills in pcfiledir.
file(RELATIVE_PATH edo_pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" edo_pc_prefix ${edo_pc_prefix})
configure_file(cmake/edo.pc.in ${CMAKE_BINARY_DIR}/edo.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/edo.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
