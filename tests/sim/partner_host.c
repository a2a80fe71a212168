/* SPDX-License-Identifier: MIT */
/* sim/partner_host.c: the example `orders_partner` at a host. */
#include "orders_hosts.h"

int partner_main(int argc, char **argv);
#define main partner_main
#include "../../examples/databases/orders_partner.c"
#undef main

int partner_run(void *options) {
    return app(options);
}
