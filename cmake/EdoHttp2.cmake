# SPDX-License-Identifier: MIT
# libedo-http2.a and libedo-http2.so: HTTP/2 by nghttp2, for programs that link them beside libedo-http. Built where
# pkg-config finds nghttp2, and not in a cross build.
find_package(PkgConfig QUIET)
if(EDO_HTTP2 AND PkgConfig_FOUND AND NOT CMAKE_CROSSCOMPILING)
    pkg_check_modules(NGHTTP2 QUIET libnghttp2>=1.52)
endif()
# What an earlier configuration has found stays in the cache.
if(NOT EDO_HTTP2 OR CMAKE_CROSSCOMPILING OR NOT NGHTTP2_FOUND)
    edo_left_out("libedo-http2 is not built: nghttp2 was not found, or not looked for" test libnghttp2-dev)
    return()
endif()

# Guards against rapid resets and floods of CONTINUATION, which Debian's security updates have brought to 1.52. Without
# them a server is not to be offered to anybody.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_INCLUDES ${NGHTTP2_INCLUDE_DIRS})
set(CMAKE_REQUIRED_LIBRARIES ${NGHTTP2_LINK_LIBRARIES})
foreach(guard stream_reset_rate_limit max_continuations)
    check_symbol_exists(nghttp2_option_set_${guard} nghttp2/nghttp2.h EDO_NGHTTP2_HAS_${guard})
    if(NOT EDO_NGHTTP2_HAS_${guard})
        message(FATAL_ERROR "This nghttp2 lacks nghttp2_option_set_${guard}(), a guard against attacks: update it, "
            "or build without HTTP/2 by -DEDO_HTTP2=OFF")
    endif()
endforeach()
unset(CMAKE_REQUIRED_INCLUDES)
unset(CMAKE_REQUIRED_LIBRARIES)

file(GLOB edo_http2_sources CONFIGURE_DEPENDS src/http2/*.c src/http2/*/*.c src/http2/*/*/*.c)
list(FILTER edo_http2_sources EXCLUDE REGEX "_test\\.c$")
edo_group(http2 ${edo_http2_sources})
target_link_libraries(edo_http2_static PUBLIC edo_http_static)
target_link_libraries(edo_http2 PUBLIC edo_http)
target_include_directories(edo_http2_objects SYSTEM PRIVATE ${NGHTTP2_INCLUDE_DIRS})
foreach(name edo_http2_static edo_http2)
    target_link_directories(${name} PRIVATE ${NGHTTP2_LIBRARY_DIRS})
    target_link_libraries(${name} PRIVATE ${NGHTTP2_LIBRARIES})
endforeach()
edo_group_needs(http2 libnghttp2-dev ${NGHTTP2_LINK_LIBRARIES})

# libedo-http refers to it weakly, so it must not be left out as unneeded: see EdoTls.cmake.
target_link_options(edo_http2_static INTERFACE -Wl,-u,edoi_http2_server -Wl,-u,edoi_http2_client)
target_link_options(edo_http2 INTERFACE -Wl,--no-as-needed)
