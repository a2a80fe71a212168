# SPDX-License-Identifier: MIT
# libedo-tls.a and libedo-tls.so: TLS by OpenSSL 3, for programs that link them beside libedo. Built
# where pkg-config finds OpenSSL, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_TLS AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(OPENSSL QUIET openssl>=3.0)
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_TLS OR CMAKE_CROSSCOMPILING OR NOT OPENSSL_FOUND)
    edo_left_out("libedo-tls is not built: OpenSSL 3 was not found, or not looked for" test libssl-dev)
    return()
endif()

file(GLOB edo_tls_sources CONFIGURE_DEPENDS src/tls/*.c src/tls/*/*.c)
list(FILTER edo_tls_sources EXCLUDE REGEX "_test\\.c$")
edo_group(tls ${edo_tls_sources})
target_include_directories(edo_tls_objects SYSTEM PRIVATE ${OPENSSL_INCLUDE_DIRS})
foreach(name edo_tls_static edo_tls)
    target_link_directories(${name} PRIVATE ${OPENSSL_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${OPENSSL_LIBRARIES})
endforeach()
edo_group_needs(tls libssl-dev ${OPENSSL_LINK_LIBRARIES})

# libedo-client and libedo-redis refer to it weakly: their TLS works where libedo-tls is linked, which must not be left out as
# unneeded: of an archive nothing would be taken, and many toolchains drop shared libraries so (--as-needed).
target_link_options(edo_tls_static INTERFACE -Wl,-u,edoi_tls_library)
target_link_options(edo_tls INTERFACE -Wl,--no-as-needed)
