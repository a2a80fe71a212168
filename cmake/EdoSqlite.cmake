# SPDX-License-Identifier: MIT
# libedo-sqlite.a and libedo-sqlite.so: SQLite by its own library, for programs that link them beside libedo. Built where
# pkg-config finds sqlite3, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_SQLITE AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(SQLITE QUIET sqlite3>=3.37) # sqlite3_changes64
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_SQLITE OR CMAKE_CROSSCOMPILING OR NOT SQLITE_FOUND)
    message(STATUS "libedo-sqlite is not built: sqlite3 was not found, or not looked for")
    return()
endif()

file(GLOB edo_sqlite_sources CONFIGURE_DEPENDS src/sqlite/*.c src/sqlite/*/*.c)
list(FILTER edo_sqlite_sources EXCLUDE REGEX "_test\\.c$")
edo_group(sqlite ${edo_sqlite_sources})
target_include_directories(edo_sqlite_objects SYSTEM PRIVATE ${SQLITE_INCLUDE_DIRS})
target_include_directories(edo_sqlite_static SYSTEM INTERFACE $<BUILD_INTERFACE:${SQLITE_INCLUDE_DIRS}>) # for white-box tests
foreach(name edo_sqlite_static edo_sqlite)
    target_link_directories(${name} PRIVATE ${SQLITE_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${SQLITE_LIBRARIES})
endforeach()
