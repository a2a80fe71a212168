/* SPDX-License-Identifier: MIT */
/* Goal: the walker of an output names what is broken. Method: an output that holds some bytes, with
 * one thing wrong. */
#include "broken.h"

#include "http/io/output.h"

static edoi_http_lease lease;
static edoi_http_output out;

typedef struct harm {
    const char *name;
    void (*fn)(void);
} harm;

static int walk_after(void *arg) {
    out.lease = &lease;
    edoi_output_append(&out, "HTTP/1.1 ", 9);
    edoi_output_check(&out);
    ((harm *)arg)->fn();
    edoi_output_check(&out);
    return 0;
}

static void lend_it(void) {
    edoi_store_rlx_u32(&lease.state, EDOI_OUTPUT_LENT);
}

static void send_too_much(void) {
    out.begin = out.end + 1;
}

static void send_all_and_stay(void) {
    out.begin = out.end;
}

static void append_without_room(void) {
    static const char large[EDOI_HTTP_OUT_BYTES];
    edoi_output_append(&out, large, sizeof large);
}

static void the_walker_names_what_is_broken(void **state) {
    (void)state;
    harm rows[] = {
        { "output inv. 1: ", lend_it },
        { "output inv. 2: ", send_too_much },
        { "output inv. 2: ", send_all_and_stay },
        { "output inv. 2: ", append_without_room },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) assert_broken(rows[i].name, walk_after, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walker_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
