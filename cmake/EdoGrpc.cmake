# SPDX-License-Identifier: MIT
# libedo-grpc.a and libedo-grpc.so: gRPC, for programs that link them beside libedo-web and libedo-http2. Built where
# libedo-http2 is.
if(NOT TARGET edo_http2_static)
    message(STATUS "libedo-grpc is not built: it needs libedo-http2")
    return()
endif()
file(GLOB edo_grpc_sources CONFIGURE_DEPENDS src/grpc/*.c src/grpc/*/*.c)
list(FILTER edo_grpc_sources EXCLUDE REGEX "_test\\.c$")
edo_group(grpc ${edo_grpc_sources})
target_link_libraries(edo_grpc_static PUBLIC edo_web_static edo_http2_static)
target_link_libraries(edo_grpc PUBLIC edo_web edo_http2)
