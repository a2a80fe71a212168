/* SPDX-License-Identifier: MIT */
/* Goal: a description made at run time is as good as a constant one: its values are read, checked,
 * printed and given back by it. */
#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/value.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct inner {
    int64_t x;
} inner;
EDO_DESCRIBE(inner, EDO_FIELD(inner, x, .preset = "5"))

static const struct {
    const char *name;
    edo_field like;
    const char *text; /* NULL: none */
} rows[] = {
    { "yes", { .kind = EDO_VALUE_BOOL }, "true" },
    { "i64", { .kind = EDO_VALUE_I64, .max = 10 }, "7" },
    { "u8", { .kind = EDO_VALUE_U8, .optional = true }, NULL },
    { "chars", { .kind = EDO_VALUE_CHARS, .size = 5 }, "abcd" },
    { "f64", { .kind = EDO_VALUE_F64, .preset = "0.5" }, NULL },
    { "list", { .kind = EDO_VALUE_STR, .shape = EDO_SHAPE_LIST }, NULL },
    { "upto", { .kind = EDO_VALUE_U16, .shape = EDO_SHAPE_UPTO, .n = 3 }, NULL },
    { "fixed", { .kind = EDO_VALUE_CHARS, .shape = EDO_SHAPE_FIXED, .n = 2, .size = 3 }, NULL },
    { "in", { .kind = EDO_VALUE_DESCRIBED, .desc = &inner_desc }, NULL },
    { "far", { .kind = EDO_VALUE_I32, .shape = EDO_SHAPE_PTR, .optional = true }, NULL },
    { "secret", { .kind = EDO_VALUE_TEXT, .secret = true }, "s" },
};

static edo_desc *made(void) {
    edo_desc *d = NULL;
    assert_int_equal(edo_desc_new(&d, "row"), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        assert_int_equal(edo_desc_add(d, rows[i].name, &rows[i].like), 0);
    }
    return d;
}

static void values_of_it_are_read_checked_and_printed(void **state) {
    (void)state;
    static const char wanted[] =
        "{ yes: true, i64: 7, chars: \"abcd\", f64: 0.5, list: [], upto: [], fixed: [\"\", \"\"], "
        "in: { x: 5 }, secret: *** }";
    edo_desc *d = made();
    char *value = malloc(d->size);
    assert_non_null(value);
    assert_int_equal(edo_value_init(value, d, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const edo_field *f = edo_desc_find(d, edo_str_of(rows[i].name));
        assert_non_null(f);
        if (!rows[i].text) continue;
        assert_int_equal(edo_value_parse(value + f->offset, f, edo_str_of(rows[i].text), NULL), 0);
    }
    assert_int_equal(edo_value_check(value, d, NULL, NULL), 0);
    edo_buf out = { 0 };
    assert_int_equal(edo_value_print(&out, value, d), 0);
    assert_int_equal(out.len, sizeof wanted - 1);
    assert_memory_equal(out.ptr, wanted, out.len);
    edo_buf_deinit(&out);
    edo_value_deinit(value, d);
    free(value);
    edo_desc_free(d);
    edo_desc_free(NULL);
}

static void fields_do_not_overlap_and_are_aligned(void **state) {
    (void)state;
    edo_desc *d = made();
    unsigned char used[1024] = { 0 };
    assert_true(d->size <= sizeof used);
    for (uint32_t i = 0; i < d->fields_n; i++) {
        const edo_field *f = &d->fields[i];
        bool is_far = f->shape == EDO_SHAPE_PTR || f->shape == EDO_SHAPE_LIST;
        size_t bytes = is_far ? sizeof(void *) : f->size * (f->n ? f->n : 1u);
        if (f->kind != EDO_VALUE_CHARS) {
            assert_int_equal(f->offset % (is_far || f->size > 8 ? 8 : f->size), 0);
        }
        for (size_t at = 0; at < bytes; at++) assert_int_equal(used[f->offset + at]++, 0);
        for (size_t at = 0; f->count_at && at < sizeof(size_t); at++) {
            assert_int_equal(used[f->count_at + at]++, 0);
        }
        if (f->has_at) assert_int_equal(used[f->has_at - 1]++, 0);
    }
    edo_desc_free(d);
}

static void what_cannot_be_a_field_is_refused(void **state) {
    (void)state;
    const edo_field good = { .kind = EDO_VALUE_BOOL };
    edo_desc *d = made();
    uint32_t n = d->fields_n;
    assert_int_equal(edo_desc_add(d, "yes", &good), -EEXIST);
    assert_int_equal(edo_desc_add(d, "", &good), -EINVAL);
    assert_int_equal(edo_desc_add(d, "a\"b", &good), -EINVAL);
    assert_int_equal(edo_desc_add(d, "a\n", &good), -EINVAL);
    assert_int_equal(edo_desc_add(d, "a\xff", &good), -EINVAL);
    assert_int_equal(edo_desc_add(d, "\xc3", &good), -EINVAL);
    const edo_field itself = { .kind = EDO_VALUE_DESCRIBED, .shape = EDO_SHAPE_PTR, .desc = d };
    assert_int_equal(edo_desc_add(d, "x", &itself), -EINVAL);
    static const edo_field wrong[] = {
        { .kind = EDO_VALUE_CHARS },
        { .kind = EDO_VALUE_DESCRIBED },
        { .kind = EDO_VALUE_UNIT },
        { .kind = EDO_VALUE_BOOL, .shape = 9 },
        { .kind = EDO_VALUE_BOOL, .shape = EDO_SHAPE_FIXED },
        { .kind = EDO_VALUE_I64, .shape = EDO_SHAPE_FIXED, .n = UINT32_MAX },
    };
    for (size_t i = 0; i < EDO_COUNT(wrong); i++) {
        assert_int_equal(edo_desc_add(d, "x", &wrong[i]), -EINVAL);
    }
    assert_int_equal(d->fields_n, n);
    edo_desc_free(d);
}

static void without_memory_nothing_changes(void **state) {
    (void)state;
    edo_desc *d = NULL;
    for (uint64_t k = 1; k <= 2; k++) {
        edoi_alloc_fail_at(k);
        assert_int_equal(edo_desc_new(&d, "row"), -ENOMEM);
    }
    edoi_alloc_fail_at(0);
    assert_int_equal(edo_desc_new(&d, "row"), 0);
    char name[8] = "a";
    const edo_field like = { .kind = EDO_VALUE_I32 };
    for (uint32_t i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof name, "f%u", (unsigned)i);
        edoi_alloc_fail_at(1);
        int err = edo_desc_add(d, name, &like);
        edoi_alloc_fail_at(0);
        assert_int_equal(d->fields_n, err == 0 ? i + 1 : i);
        if (err < 0) assert_int_equal(edo_desc_add(d, name, &like), 0);
    }
    assert_int_equal(d->size, 400);
    edo_desc_free(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_it_are_read_checked_and_printed),
        cmocka_unit_test(fields_do_not_overlap_and_are_aligned),
        cmocka_unit_test(what_cannot_be_a_field_is_refused),
        cmocka_unit_test(without_memory_nothing_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
