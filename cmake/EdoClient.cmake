# SPDX-License-Identifier: MIT
# libedo-client.a and libedo-client.so: the HTTP client and content codings, for programs that link them beside
# libedo-http. Libraries are used where pkg-config finds them, and not in cross builds: a build without one lacks what
# needs it, as a coding, which is then not offered.
file(GLOB edo_client_sources CONFIGURE_DEPENDS src/client/*.c src/client/*/*.c src/coding/*.c)
list(FILTER edo_client_sources EXCLUDE REGEX "_test\\.c$")
edo_group(client ${edo_client_sources})
target_link_libraries(edo_client_static PUBLIC edo_http_static)
target_link_libraries(edo_client PUBLIC edo_http)
edo_group_uses(client ZLIB zlib1g-dev zlib)
edo_group_uses(client BROTLI libbrotli-dev libbrotlienc libbrotlidec)
edo_group_uses(client ZSTD libzstd-dev libzstd)
edo_group_uses(client PSL libpsl-dev libpsl)
