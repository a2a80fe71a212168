# SPDX-License-Identifier: MIT
# libedo-console.a and libedo-console.so: what a running program does, for programs that link them beside
# libedo-grpc. Built where that is.
if(NOT TARGET edo_grpc_static)
    message(STATUS "libedo-console is not built: it needs libedo-grpc")
    return()
endif()
file(GLOB edo_console_sources CONFIGURE_DEPENDS src/console/*.c src/console/*/*.c)
list(FILTER edo_console_sources EXCLUDE REGEX "_test\\.c$")
# The page, as a source of C.
set(edo_console_page ${CMAKE_BINARY_DIR}/console_page.c)
file(GLOB edo_console_assets CONFIGURE_DEPENDS src/console/page/assets/*)
add_custom_command(OUTPUT ${edo_console_page}
    COMMAND ${CMAKE_COMMAND} -DFROM=${CMAKE_CURRENT_SOURCE_DIR}/src/console/page/assets -DOUT=${edo_console_page}
        -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/console_page.cmake
    DEPENDS ${edo_console_assets} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/console_page.cmake VERBATIM)
edo_group(console ${edo_console_sources} ${edo_console_page})
target_link_libraries(edo_console_static PUBLIC edo_grpc_static)
target_link_libraries(edo_console PUBLIC edo_grpc)
target_include_directories(edo_console_objects SYSTEM PRIVATE src/console/made) # whose headers include each other
target_include_directories(edo_console_static SYSTEM INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src/console/made>)
