/* SPDX-License-Identifier: MIT */
/* no_console.c: without libedo-grpc there is neither libedo-console nor libedo-otlp. */
#include <edo/console.h>
#include <edo/console_page.h>
#include <edo/otlp.h>

#include <errno.h>

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
