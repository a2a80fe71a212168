/* SPDX-License-Identifier: MIT */
/* no_grpc.c: see stream/door.h; without libedo-grpc there is no gRPC, and neither libedo-otlp nor
 * libedo-console. */
#include "stream/door.h"

#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/error.h>
#include <edo/otlp.h>

#include <errno.h>

int door_listen(edo_listener **out, const char *address) {
    (void)out, (void)address;
    return edo_fail(-ENOTSUP, "this edo-chat was built without gRPC");
}

int door_run(void *arg) {
    (void)arg;
    return 0;
}

/* In the place of libedo-console's: there is no page. */
void edo_console_routes(edo_router *r, const edo_console_page_opts *opts) {
    (void)r, (void)opts;
}

int edo_console_path(char out[EDO_CONSOLE_PATH_BYTES], const edo_console_page_opts *opts) {
    (void)out, (void)opts;
    return -ENOENT;
}

/* In the place of libedo-console's: nothing listens. */
int edo_console_start(const edo_console_opts *opts) {
    (void)opts;
    return 0;
}

/* In the place of libedo-otlp's: nothing is exported. */
void edoi_otlp_enter(edo_otlp_block *b, const edo_otlp_opts *opts) {
    (void)opts;
    b->otlp = NULL;
}

void edoi_otlp_leave(edo_otlp_block *b) {
    (void)b;
}
