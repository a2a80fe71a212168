# SPDX-License-Identifier: MIT
# libedo-http.a and libedo-http.so: HTTP, for programs that link them beside libedo.
file(GLOB edo_http_sources CONFIGURE_DEPENDS src/http/*.c src/http/*/*.c src/http/*/*/*.c)
list(FILTER edo_http_sources EXCLUDE REGEX "_test\\.c$")

# Exactly one set of vector functions.
list(FILTER edo_http_sources EXCLUDE REGEX "/scan_[a-z0-9_]+\\.c$")
set(edo_scan scan_other.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(edo_scan scan_x86_64.c)
elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
    set(edo_scan scan_aarch64.c)
endif()
list(APPEND edo_http_sources src/http/h1/${edo_scan})

edo_group(http ${edo_http_sources})
