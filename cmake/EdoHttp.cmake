# SPDX-License-Identifier: MIT
# libedo-http.a and libedo-http.so: HTTP, for programs that link them beside libedo.
file(GLOB edo_http_sources CONFIGURE_DEPENDS src/http/*.c src/http/*/*.c)
list(FILTER edo_http_sources EXCLUDE REGEX "_test\\.c$")
edo_group(http ${edo_http_sources})
