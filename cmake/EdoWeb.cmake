# SPDX-License-Identifier: MIT
# libedo-web.a and libedo-web.so: the web framework, for programs that link them beside libedo-http.
file(GLOB edo_web_sources CONFIGURE_DEPENDS src/web/*.c src/web/*/*.c)
list(FILTER edo_web_sources EXCLUDE REGEX "_test\\.c$")
edo_group(web ${edo_web_sources})
target_link_libraries(edo_web_static PUBLIC edo_http_static)
target_link_libraries(edo_web PUBLIC edo_http)
