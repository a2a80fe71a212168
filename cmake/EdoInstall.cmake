# SPDX-License-Identifier: MIT
# make install: headers, man pages, programs, both libraries, edo.pc, and a CMake package with
# edo::edo and edo::edo_static; libedo-http, edo-http.pc, edo::edo_http and edo::edo_http_static; the like
# of libedo-client, libedo-web and libedo-sim, and, where their libraries are there, of libedo-ares, libedo-tls, libedo-pg, libedo-sqlite, libedo-redis, libedo-http2, libedo-grpc, libedo-otlp and libedo-console. make install-debug and install-tsan set EDO_VARIANT: libraries,
# .pc file and targets then carry it in their names (edo-debug.pc, edo::edo_debug), all the rest is
# shared, so any of them can be installed into one place, in any order.
include(CMakePackageConfigHelpers)
set(edo_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/edo)

set(edo_libraries edo edo_static edo_http edo_http_static edo_client edo_client_static edo_web edo_web_static edo_sim edo_sim_static)
set(edo_groups http client web sim)
set(edo_no_headers)
set(edo_headers_left_out "")
foreach(group ares tls pg sqlite redis http2 grpc otlp console) # those that need a library which may be missing
    if(TARGET edo_${group})
        list(APPEND edo_libraries edo_${group} edo_${group}_static)
        list(APPEND edo_groups ${group})
    else()
        list(APPEND edo_no_headers PATTERN "${group}.h" EXCLUDE)
        list(APPEND edo_no_headers PATTERN "${group}_*.h" EXCLUDE)
        list(APPEND edo_no_headers PATTERN "session_${group}.h" EXCLUDE)
        list(APPEND edo_headers_left_out ${group})
    endif()
endforeach()
install(DIRECTORY include/edo TYPE INCLUDE FILES_MATCHING PATTERN "*.h" ${edo_no_headers})
install(DIRECTORY include/google TYPE INCLUDE FILES_MATCHING PATTERN "*.edo.h" PATTERN "*.proto") # of protobuf's own .proto files, and google/api
install(FILES tools/edo-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/edo) # for all variants
install(TARGETS ${edo_libraries} EXPORT edo${edo_suffix}-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT edo${edo_suffix}-targets NAMESPACE edo:: DESTINATION ${edo_package_dir})
if(edo_app_targets)
    install(TARGETS ${edo_app_targets} RUNTIME)
    install(TARGETS ${edo_tool_targets} RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/edo)
    install(FILES completion/edo DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
endif()
# All that is installed, without the examples and benchmarks.
add_custom_target(edo_installed DEPENDS ${edo_libraries} ${edo_app_targets} ${edo_tool_targets})

# A man page for each header and each name in it. A build directory where they were not made, for
# want of Python or of the target, installs none.
find_program(EDO_PYTHON python3)
mark_as_advanced(EDO_PYTHON)
set(edo_man ${CMAKE_BINARY_DIR}/man)
if(EDO_PYTHON)
    file(GLOB edo_headers CONFIGURE_DEPENDS include/edo/*.h)
    foreach(group IN LISTS edo_headers_left_out)
        list(FILTER edo_headers EXCLUDE REGEX "/(session_)?${group}(_[a-z]+)?\\.h$")
    endforeach()
    file(GLOB edo_pages CONFIGURE_DEPENDS docs/man/*)
    add_custom_command(OUTPUT ${edo_man}/made
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${edo_man}
        COMMAND ${EDO_PYTHON} docs/api/reference man ${edo_man} ${edo_headers}
        COMMAND ${CMAKE_COMMAND} -E touch ${edo_man}/made
        DEPENDS ${edo_headers} ${edo_pages} docs/api/reference
        WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
        COMMENT "Making man pages")
    add_custom_target(edo_man DEPENDS ${edo_man}/made)
    add_dependencies(edo_installed edo_man)
else()
    message(WARNING "No man pages: python3 is missing")
endif()
install(DIRECTORY ${edo_man}/man1 ${edo_man}/man3 ${edo_man}/man7
    DESTINATION ${CMAKE_INSTALL_MANDIR} OPTIONAL)

# What each library stands on, with what those below it do: see edo_group_needs().
set(edo_below_web client)
set(edo_below_grpc web client http2)
set(edo_below_otlp grpc web client http2)
set(edo_below_console grpc web client http2)
set(edo_needs "")
foreach(group IN LISTS edo_groups)
    set(needs "")
    foreach(each IN LISTS group edo_below_${group})
        get_property(of_each GLOBAL PROPERTY edo_needs_${each})
        list(APPEND needs ${of_each})
    endforeach()
    list(REMOVE_DUPLICATES needs)
    string(APPEND edo_needs "set(edo_needs_${group} \"${needs}\")\n")
endforeach()
configure_package_config_file(cmake/edo-config.cmake.in ${CMAKE_BINARY_DIR}/edo-config.cmake
    INSTALL_DESTINATION ${edo_package_dir} PATH_VARS CMAKE_INSTALL_BINDIR CMAKE_INSTALL_INCLUDEDIR NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break, so the minor must match.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/edo-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/edo-config.cmake ${CMAKE_BINARY_DIR}/edo-config-version.cmake
    ${CMAKE_CURRENT_SOURCE_DIR}/cmake/EdoProto.cmake
    DESTINATION ${edo_package_dir})

# What a program must be compiled and linked with to fit the library.
if(EDO_DEBUG)
    string(APPEND edo_pc_cflags " -DEDO_DEBUG=1")
endif()
if(EDO_SANITIZE)
    string(APPEND edo_pc_cflags " -fsanitize=${EDO_SANITIZE}")
    set(edo_pc_libs " -fsanitize=${EDO_SANITIZE}")
endif()
# Relative to the .pc file itself, so a moved or staged tree works; pkg-config fills in pcfiledir.
file(RELATIVE_PATH edo_pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" edo_pc_prefix ${edo_pc_prefix})
configure_file(cmake/edo.pc.in ${CMAKE_BINARY_DIR}/edo${edo_suffix}.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/edo${edo_suffix}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
foreach(group IN LISTS edo_groups)
    configure_file(cmake/edo-${group}.pc.in ${CMAKE_BINARY_DIR}/edo${edo_suffix}-${group}.pc @ONLY)
    install(FILES ${CMAKE_BINARY_DIR}/edo${edo_suffix}-${group}.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

# Last: what all the lines above have put there.
install(CODE "set(edo_list ${CMAKE_INSTALL_DATADIR}/edo/installed${edo_suffix}.txt)")
install(SCRIPT cmake/installed.cmake)
