# SPDX-License-Identifier: MIT
# libedo-console.a and libedo-console.so: what a running program does, for programs that link them beside
# libedo-grpc. Built where that is.
if(NOT TARGET edo_grpc_static)
    message(STATUS "libedo-console is not built: it needs libedo-grpc")
    return()
endif()
file(GLOB edo_console_sources CONFIGURE_DEPENDS src/console/*.c src/console/*/*.c)
list(FILTER edo_console_sources EXCLUDE REGEX "_test\\.c$")
edo_group(console ${edo_console_sources})
target_link_libraries(edo_console_static PUBLIC edo_grpc_static)
target_link_libraries(edo_console PUBLIC edo_grpc)
target_include_directories(edo_console_objects SYSTEM PRIVATE src/console/made) # whose headers include each other
target_include_directories(edo_console_static SYSTEM INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src/console/made>)
