# SPDX-License-Identifier: MIT
# libedo-otlp.a and libedo-otlp.so: the exporter to collectors of OpenTelemetry, for programs that link them beside
# libedo-grpc. Built where that is.
if(NOT TARGET edo_grpc_static)
    message(STATUS "libedo-otlp is not built: it needs libedo-grpc")
    return()
endif()
file(GLOB edo_otlp_sources CONFIGURE_DEPENDS src/otlp/*.c src/otlp/*/*.c)
list(FILTER edo_otlp_sources EXCLUDE REGEX "_test\\.c$")
edo_group(otlp ${edo_otlp_sources})
target_link_libraries(edo_otlp_static PUBLIC edo_grpc_static)
target_link_libraries(edo_otlp PUBLIC edo_grpc)
