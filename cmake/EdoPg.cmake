# SPDX-License-Identifier: MIT
# libedo-pg.a and libedo-pg.so: PostgreSQL by libpq, for programs that link them beside libedo. Built where pkg-config
# finds libpq, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_PG AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(LIBPQ QUIET libpq>=14) # pipelines
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_PG OR CMAKE_CROSSCOMPILING OR NOT LIBPQ_FOUND)
    message(STATUS "libedo-pg is not built: libpq was not found, or not looked for")
    return()
endif()

file(GLOB edo_pg_sources CONFIGURE_DEPENDS src/pg/*.c src/pg/*/*.c)
list(FILTER edo_pg_sources EXCLUDE REGEX "_test\\.c$")
edo_group(pg ${edo_pg_sources})
target_include_directories(edo_pg_objects SYSTEM PRIVATE ${LIBPQ_INCLUDE_DIRS})
target_include_directories(edo_pg_static SYSTEM INTERFACE $<BUILD_INTERFACE:${LIBPQ_INCLUDE_DIRS}>) # for white-box tests
foreach(name edo_pg_static edo_pg)
    target_link_directories(${name} PRIVATE ${LIBPQ_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${LIBPQ_LIBRARIES})
endforeach()
