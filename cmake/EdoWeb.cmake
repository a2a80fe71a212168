# SPDX-License-Identifier: MIT
# libedo-web.a and libedo-web.so: the web framework, for programs that link them beside libedo-http.
# Libraries are used where pkg-config finds them, and not in cross builds. A build without one lacks
# what needs it: a coding is not offered, a key for signatures cannot be made.
file(GLOB edo_web_sources CONFIGURE_DEPENDS src/web/*.c src/web/*/*.c)
list(FILTER edo_web_sources EXCLUDE REGEX "_test\\.c$")
edo_group(web ${edo_web_sources})
target_link_libraries(edo_web_static PUBLIC edo_http_static)
target_link_libraries(edo_web PUBLIC edo_http)

find_package(PkgConfig QUIET)
set(edo_web_requires "") # of edo-web.pc
# HAVE: the definition is EDOI_HAVE_<HAVE>. The names of pkg-config follow.
function(edo_web_uses have)
    if(CMAKE_CROSSCOMPILING OR NOT PkgConfig_FOUND)
        return()
    endif()
    pkg_check_modules(EDO_${have} QUIET ${ARGN})
    if(NOT EDO_${have}_FOUND)
        message(STATUS "libedo-web is built without ${ARGN}, which pkg-config does not find")
        return()
    endif()
    target_compile_definitions(edo_web_objects PRIVATE EDOI_HAVE_${have}=1)
    target_include_directories(edo_web_objects SYSTEM PRIVATE ${EDO_${have}_INCLUDE_DIRS})
    foreach(name edo_web_static edo_web)
        target_link_directories(${name} PRIVATE ${EDO_${have}_LIBRARY_DIRS})
        target_link_libraries(${name} PRIVATE ${EDO_${have}_LIBRARIES})
    endforeach()
    list(APPEND edo_web_requires ${ARGN})
    set(edo_web_requires "${edo_web_requires}" PARENT_SCOPE)
endfunction()
edo_web_uses(ZLIB zlib)
edo_web_uses(BROTLI libbrotlienc libbrotlidec)
edo_web_uses(ZSTD libzstd)
edo_web_uses(CRYPTO libcrypto)
list(JOIN edo_web_requires ", " edo_web_requires)
