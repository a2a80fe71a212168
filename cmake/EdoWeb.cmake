# SPDX-License-Identifier: MIT
# libedo-web.a and libedo-web.so: the web framework, for programs that link them beside libedo-client. Without OpenSSL's
# libcrypto a key for signatures cannot be made, without zlib no WebSocket is compressed.
file(GLOB edo_web_sources CONFIGURE_DEPENDS src/web/*.c src/web/*/*.c src/web/*/*/*.c)
list(FILTER edo_web_sources EXCLUDE REGEX "_test\\.c$")
set(edo_mask mask_other.c)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    set(edo_mask mask_x86_64.c)
endif()
list(FILTER edo_web_sources EXCLUDE REGEX "/mask_[a-z0-9_]+\\.c$")
list(APPEND edo_web_sources src/web/ws/codec/${edo_mask})
edo_group(web ${edo_web_sources})
target_link_libraries(edo_web_static PUBLIC edo_client_static)
target_link_libraries(edo_web PUBLIC edo_client)
edo_group_uses(web ZLIB zlib1g-dev zlib)
edo_group_uses(web CRYPTO libssl-dev libcrypto)
