# SPDX-License-Identifier: MIT
# libedo-web.a and libedo-web.so: the web framework, for programs that link them beside libedo-http.
# Libraries are used where pkg-config finds them, and not in cross builds. A build without one lacks
# what needs it: a coding is not offered, a key for signatures cannot be made.
file(GLOB edo_web_sources CONFIGURE_DEPENDS src/web/*.c src/web/*/*.c src/web/*/*/*.c
    src/client/*.c src/client/*/*.c src/coding/*.c)
list(FILTER edo_web_sources EXCLUDE REGEX "_test\\.c$")
set(edo_mask mask_other.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(edo_mask mask_x86_64.c)
endif()
list(FILTER edo_web_sources EXCLUDE REGEX "/mask_[a-z0-9_]+\\.c$")
list(APPEND edo_web_sources src/web/ws/codec/${edo_mask})
edo_group(web ${edo_web_sources})
target_link_libraries(edo_web_static PUBLIC edo_http_static)
target_link_libraries(edo_web PUBLIC edo_http)

find_package(PkgConfig QUIET)
set(edo_web_requires "") # of edo-web.pc
# HAVE: the definition is EDOI_HAVE_<HAVE>. Debian's package and the names of pkg-config follow.
function(edo_web_uses have package)
    if(CMAKE_CROSSCOMPILING OR NOT PkgConfig_FOUND)
        return()
    endif()
    pkg_check_modules(EDO_${have} QUIET ${ARGN})
    if(NOT EDO_${have}_FOUND)
        edo_left_out("libedo-web is built without ${ARGN}, which pkg-config does not find" test ${package})
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
edo_web_uses(ZLIB zlib1g-dev zlib)
edo_web_uses(BROTLI libbrotli-dev libbrotlienc libbrotlidec)
edo_web_uses(ZSTD libzstd-dev libzstd)
edo_web_uses(CRYPTO libssl-dev libcrypto)
edo_web_uses(PSL libpsl-dev libpsl)
list(JOIN edo_web_requires ", " edo_web_requires)
