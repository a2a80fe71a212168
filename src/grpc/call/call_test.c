/* SPDX-License-Identifier: MIT */
/* Goal: what does not fit together in a call is named.
 * Method: a call without a side, broken by hand. */
#include "grpc/call/call.h"

#include "broken.h"

typedef struct breaker {
    const char *name;
    void (*fn)(edo_grpc_call *call);
} breaker;

static void add_too_much(edo_grpc_call *call) {
    call->first_bytes = EDOI_GRPC_METADATA_MAX + 1;
}

static void add_without_a_status(edo_grpc_call *call) {
    call->last_bytes = 1;
}

static void detail_without_a_status(edo_grpc_call *call) {
    call->details.details_n = 1;
}

static void count_what_was_not_added(edo_grpc_call *call) {
    call->first_bytes++;
    (void)edo_grpc_add_metadata(call, "key", EDO_STR("value"));
}

static void give_what_was_not_read(edo_grpc_call *call) {
    call->reader.given = 1;
}

static void expand_what_is_plain(edo_grpc_call *call) {
    call->expanded.len = 1;
}

static int break_and_walk(void *arg) {
    const breaker *b = arg;
    edo_headers first = { 0 };
    edo_grpc_call call = { .first = &first };
    edo_headers_init(&first);
    assert_int_equal(edo_grpc_add_metadata(&call, "key", EDO_STR("value")), 0);
    edoi_grpc_call_check(&call);
    b->fn(&call);
    edoi_grpc_call_check(&call);
    return 0;
}

static void a_walk_names_what_is_broken(void **state) {
    (void)state;
    static breaker rows[] = {
        { "call inv. 1: ", add_too_much },
        { "call inv. 1: ", add_without_a_status },
        { "call inv. 1: ", detail_without_a_status },
        { "call inv. 1: ", count_what_was_not_added },
        { "call inv. 2: ", give_what_was_not_read },
        { "call inv. 2: ", expand_what_is_plain },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_broken(rows[i].name, break_and_walk, &rows[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_walk_names_what_is_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
