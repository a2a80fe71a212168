/* SPDX-License-Identifier: MIT */
/* Goal: each description that cannot be that of a message is named, with its place, in a debug
 * build; so is a field that is set and not marked as being there.
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

typedef struct order {
    int32_t table;
    bool has_table;
    int32_t guests; /* 2 if nobody says */
    bool has_guests;
    edo_str note;
    bool has_note;
    uint32_t payment;
    union {
        edo_str card;
        int32_t voucher;
        struct order *other;
    };
} order;
EDO_DESCRIBED_LATER(order)
EDO_DESCRIBE(order, EDO_FIELD(order, table, .number = 1, EDO_HAS(order, has_table)),
             EDO_FIELD(order, guests, .number = 2, .preset = "2", EDO_HAS(order, has_guests)),
             EDO_FIELD(order, note, .number = 3, EDO_HAS(order, has_note)),
             EDO_FIELD(order, card, .number = 4, EDO_ONEOF(order, payment)),
             EDO_FIELD(order, voucher, .number = 5, EDO_ONEOF(order, payment)),
             EDO_FIELD_PTR_OF(order, other, order_desc, .number = 6, EDO_ONEOF(order, payment)))

static int encodes(const order *o) {
    edo_buf out = { 0 };
    int err = edo_protobuf_encode(&out, o, &order_desc);
    edo_buf_deinit(&out);
    return err;
}

static int has_a_number_without_its_mark(void *arg) {
    const order o = { .table = 5 };
    (void)arg;
    return encodes(&o);
}

/* Not the outermost, and as JSON. */
static int has_a_text_without_its_mark(void *arg) {
    order inner = { .note = EDO_STR("no milk") };
    const order o = { .payment = 6, .other = &inner };
    edo_buf out = { 0 };
    (void)arg;
    int err = edo_protobuf_json_encode(&out, &o, &order_desc, NULL);
    edo_buf_deinit(&out);
    return err;
}

static int has_a_card_without_its_number(void *arg) {
    const order o = { .card = EDO_STR("1234") };
    (void)arg;
    return encodes(&o);
}

static int has_a_voucher_without_its_number(void *arg) {
    const order o = { .voucher = 500 };
    (void)arg;
    return encodes(&o);
}

/* Nothing of this is a breach. */
static int marks_what_is_there(void *arg) {
    order given = { .guests = 2 };
    const order marked = { .table = 5, .has_table = true, .payment = 5, .voucher = 500 };
    const order zero = { .has_table = true, .payment = 6, .other = &given };
    const order none = { .note = EDO_STR("") };
    (void)arg;
    int err = encodes(&given);
    if (err == 0) err = encodes(&marked);
    if (err == 0) err = encodes(&zero);
    return err < 0 ? err : encodes(&none);
}

static const breach rows[] = {
    { "the fields of a message must be in the order of their numbers",
      has_numbers_in_another_order },
    { "a field is set, and its has_ member says that it is not there",
      has_a_number_without_its_mark },
    { "a field is set, and its has_ member says that it is not there",
      has_a_text_without_its_mark },
    { "a field of a oneof is set, and the oneof says that none is there",
      has_a_card_without_its_number },
    { "a field of a oneof is set, and the oneof says that none is there",
      has_a_voucher_without_its_number },
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

static void field_that_is_not_marked_is_named(void **state) {
    char said[8192];
    breach row = { .fn = has_a_number_without_its_mark };
    (void)state;
#ifndef EDO_DEBUG
    skip();
#endif
    assert_true(is_abort(last_words(try_breach, &row, said, sizeof said)));
    assert_non_null(strstr(said, "edo: the field \"table\" of order\n"));
}

static void fields_that_are_marked_or_zero_are_written(void **state) {
    char said[8192];
    breach row = { .fn = marks_what_is_there };
    (void)state;
    assert_int_equal(last_words(try_breach, &row, said, sizeof said), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_breach_is_named),
        cmocka_unit_test(field_that_is_not_marked_is_named),
        cmocka_unit_test(fields_that_are_marked_or_zero_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
