# SPDX-License-Identifier: MIT
# libedo-redis.a and libedo-redis.so: a client of Redis by hiredis' reader and formatter, for programs that link them
# beside libedo. Built where pkg-config finds hiredis, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_REDIS AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(HIREDIS QUIET hiredis>=0.14 hiredis<1.0) # whose reader has other fields
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_REDIS OR CMAKE_CROSSCOMPILING OR NOT HIREDIS_FOUND)
    message(STATUS "libedo-redis is not built: hiredis was not found, or not looked for")
    return()
endif()

file(GLOB edo_redis_sources CONFIGURE_DEPENDS src/redis/*.c src/redis/*/*.c)
list(FILTER edo_redis_sources EXCLUDE REGEX "_test\\.c$")
edo_group(redis ${edo_redis_sources})
foreach(name edo_redis_static edo_redis)
    target_link_directories(${name} PRIVATE ${HIREDIS_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${HIREDIS_LIBRARIES})
endforeach()
