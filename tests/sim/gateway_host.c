/* SPDX-License-Identifier: MIT */
/* sim/gateway_host.c: the example `gateway` at a host. */
#include "gateway_host.h"

int gateway_main(int argc, char **argv);
#define main gateway_main
#include "../../examples/http/gateway/main.c"
#undef main

int gateway_run(void *options) {
    return app(options);
}
