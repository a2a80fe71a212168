/* SPDX-License-Identifier: MIT */
/* main.c: a shop that sells what it has, once, and is paid for it once, whatever dies meanwhile:
 * itself, its database, the partner that takes the money.
 *
 *     orders DATABASE-URL PARTNER-URL [HOST:PORT]
 *     curl -H 'idempotency-key: 4711' -H 'content-type: application/json' -d '{"item":1,"n":2}' \
 *         http://127.0.0.1:8080/orders
 *     curl http://127.0.0.1:8080/orders/4711 */
#include "shop.h"

#include <edo/console.h>
#include <edo/edo.h>
#include <edo/log.h>
#include <edo/otlp.h>

#include <errno.h>
#include <stdio.h>

/* Another program of this machine may have the usual address of consoles. */
static int start_console(void) {
    int err = edo_console_start(NULL); // who runs it decides whether it listens
    if (err != -EADDRINUSE) return err;
    edo_warn("the console does not listen: its address is taken");
    edo_trail_clear();
    return 0;
}

static int app(void *arg) {
    char **args = arg;
    orders_opts opts = { .partner = args[2], .listen = args[3] ? args[3] : "127.0.0.1:8080" };
    edo_pg *db = NULL;
    int err = edo_pg_connect(&db, edo_str_of(args[1]), &(edo_pg_opts){ .pool = { .max = 16 } });
    if (err == 0) err = start_console();
    if (err == 0) err = store_open(&opts.store, db);
    if (err == 0) {
        EDO_OTLP(otlp, &(edo_otlp_opts){ .service_name = "orders" });
        err = orders_run(&opts);
    }
    edo_pg_close(db);
    return err;
}

int main(int argc, char **argv) {
    if (argc == 3 || argc == 4) return edo_main(app, argv);
    (void)fprintf(stderr, "usage: %s DATABASE-URL PARTNER-URL [HOST:PORT]\n", argv[0]);
    return 2;
}
