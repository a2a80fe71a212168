/* SPDX-License-Identifier: MIT */
/* Goal: each description that cannot be that of a message is named, with its place, in a debug
 * build.
 * Method: as misuse_json_test.c. */
#include <edo/edo.h>
#include <edo/protobuf.h>

#include "breaches.h"

typedef struct mixed {
    int32_t a, b;
    edo_str rest;
} mixed;
EDO_DESCRIBE(mixed, EDO_FIELD(mixed, b, .number = 2), EDO_FIELD(mixed, a, .number = 1))

typedef struct early {
    int32_t a;
    edo_str rest;
} early;
EDO_DESCRIBE(early, EDO_FIELD(early, rest, .wire = EDO_WIRE_REST, .skip = true),
             EDO_FIELD(early, a, .skip = true))

static int has_numbers_in_another_order(void *arg) {
    edo_arena arena = { 0 };
    mixed m;
    (void)arg;
    int err = edo_protobuf_decode(&m, &mixed_desc, EDO_STR(""), &arena);
    edo_arena_deinit(&arena);
    return err;
}

static int has_the_rest_before_a_field(void *arg) {
    edo_buf out = { 0 };
    const early e = { 0 };
    (void)arg;
    int err = edo_protobuf_encode(&out, &e, &early_desc);
    edo_buf_deinit(&out);
    return err;
}

static const breach rows[] = {
    { "the fields of a message must be in the order of their numbers",
      has_numbers_in_another_order },
    { "the rest must be the last field", has_the_rest_before_a_field },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), ".c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
