/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a server's call is named.
 * Method: a call without a request, broken by hand. */
#include "grpc/server/server.h"

#include "broken.h"

static edo_stream body;

typedef struct breaker {
    const char *name;
    void (*fn)(edoi_grpc_server_call *c);
} breaker;

/* A message of one body each way was received, and the reply written. */
static void call_begin(edoi_grpc_server_call *c) {
    *c = (edoi_grpc_server_call){ .has_read = true, .has_written = true, .written = EDO_STR("x") };
    c->call.is_open = true;
    c->call.coding_out = EDOI_CODING_NONE;
}

static void a_body_that_is_torn_is_open(void **state) {
    (void)state;
    edoi_grpc_server_call c = { .out = &body, .is_torn = true };
    c.call.is_open = true;
    c.call.reader.from = &body;
    edoi_grpc_server_check(&c);
}

static void respond_both_ways(edoi_grpc_server_call *c) {
    c->out = &body;
}

static void write_before_the_metadata(edoi_grpc_server_call *c) {
    c->call.is_open = false;
}

static void forget_what_was_written(edoi_grpc_server_call *c) {
    c->written = (edo_str){ NULL, 0 };
}

static void compress_without_a_coding(edoi_grpc_server_call *c) {
    c->is_coded = true;
}

static void tear_what_is_whole(edoi_grpc_server_call *c) {
    c->is_torn = true;
}

static void read_on(edoi_grpc_server_call *c) {
    c->call.reader.from = &body;
}

static void fail_as_another(edoi_grpc_server_call *c) {
    c->call.failed = edo_grpc_error_of(EDO_GRPC_NOT_FOUND);
    c->call.status = EDO_GRPC_INTERNAL;
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    edoi_grpc_server_call c;
    call_begin(&c);
    edoi_grpc_server_check(&c);
    b->fn(&c);
    edoi_grpc_server_check(&c);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "server inv. 1: ", respond_both_ways },
        { "server inv. 1: ", write_before_the_metadata },
        { "server inv. 2: ", forget_what_was_written },
        { "server inv. 2: ", compress_without_a_coding },
        { "server inv. 3: ", tear_what_is_whole },
        { "server inv. 4: ", read_on },
        { "server inv. 5: ", fail_as_another },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken), // a fork: before all else
        cmocka_unit_test(a_body_that_is_torn_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
