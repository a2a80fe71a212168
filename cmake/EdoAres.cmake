# SPDX-License-Identifier: MIT
# libedo-ares.a and libedo-ares.so: names by c-ares, for programs that link them beside libedo. Built
# where pkg-config finds c-ares, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_ARES AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(CARES QUIET libcares>=1.16)
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_ARES OR CMAKE_CROSSCOMPILING OR NOT CARES_FOUND)
    edo_left_out("libedo-ares is not built: libcares was not found, or not looked for" check libc-ares-dev)
    return()
endif()

file(GLOB edo_ares_sources CONFIGURE_DEPENDS src/ares/*.c)
list(FILTER edo_ares_sources EXCLUDE REGEX "_test\\.c$")
edo_group(ares ${edo_ares_sources})
target_include_directories(edo_ares_objects SYSTEM PRIVATE ${CARES_INCLUDE_DIRS})
target_compile_definitions(edo_ares_objects PRIVATE
    CARES_NO_DEPRECATED) # 1.34 has successors for calls that 1.18 lacks
foreach(name edo_ares_static edo_ares)
    target_link_directories(${name} PRIVATE ${CARES_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${CARES_LIBRARIES})
endforeach()
edo_group_needs(ares libc-ares-dev ${CARES_LINK_LIBRARIES})
