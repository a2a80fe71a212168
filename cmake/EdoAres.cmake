# SPDX-License-Identifier: MIT
# libedo-ares.a and libedo-ares.so: names by c-ares, for programs that link them beside libedo. Built
# where pkg-config finds c-ares, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_ARES AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(CARES QUIET libcares>=1.16)
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_ARES OR CMAKE_CROSSCOMPILING OR NOT CARES_FOUND)
    message(STATUS "libedo-ares is not built: libcares was not found, or not looked for")
    return()
endif()

file(GLOB edo_ares_sources CONFIGURE_DEPENDS src/ares/*.c)
list(FILTER edo_ares_sources EXCLUDE REGEX "_test\\.c$")
add_library(edo_ares_objects OBJECT ${edo_ares_sources})
set_target_properties(edo_ares_objects PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(edo_ares_objects PRIVATE include src)
target_include_directories(edo_ares_objects SYSTEM PRIVATE ${CARES_INCLUDE_DIRS})
target_link_libraries(edo_ares_objects PRIVATE edo_flags edo_garbage)
target_compile_definitions(edo_ares_objects PRIVATE $<$<BOOL:${EDO_DEBUG}>:EDO_DEBUG=1>
    CARES_NO_DEPRECATED) # 1.34 has successors for calls that 1.18 lacks

function(edo_ares_library name kind base)
    add_library(${name} ${kind} $<TARGET_OBJECTS:edo_ares_objects>)
    string(REGEX REPLACE "^edo" "edo${edo_suffix}" exported ${name})
    string(REPLACE "-" "_" exported ${exported})
    set_target_properties(${name} PROPERTIES OUTPUT_NAME edo${edo_suffix}-ares
        EXPORT_NAME ${exported} LINKER_LANGUAGE C)
    target_link_libraries(${name} PUBLIC ${base} PRIVATE $<BUILD_INTERFACE:edo_flags>)
    target_link_directories(${name} PRIVATE ${CARES_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${CARES_LIBRARIES})
endfunction()

edo_ares_library(edo_ares_static STATIC edo_static)
edo_ares_library(edo_ares SHARED edo)
set_target_properties(edo_ares PROPERTIES VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
add_library(edo::edo_ares_static ALIAS edo_ares_static)
add_library(edo::edo_ares ALIAS edo_ares)
