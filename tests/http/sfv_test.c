/* SPDX-License-Identifier: MIT */
/* Goal: structured fields are read, refused, and written in their one form as RFC 9651 has them.
 * Method: rows, among them all examples of its section 3; every cut of a long field; allocations
 * that fail in turn. */
#include "fail_alloc.h"
#include "sfv_through.h"

#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->ptr ? b->ptr : "", b->len };
}

static bool is(edo_str s, const char *text) {
    return edo_str_equal(s, edo_str_of(text));
}

typedef struct row {
    edo_sfv_form form;
    const char *field;
    const char *printed; /* NULL: it is refused; "=": as it was */
} row;

#define I EDO_SFV_ITEM
#define L EDO_SFV_LIST
#define D EDO_SFV_DICT

static const row rows[] = {
    /* Lists, RFC 9651 section 3.1 */
    { L, "sugar, tea, rum", "=" },
    { L, "(\"foo\" \"bar\"), (\"baz\"), (\"bat\" \"one\"), ()", "=" },
    { L, "(\"foo\"; a=1;b=2);lvl=5, (\"bar\" \"baz\");lvl=1",
      "(\"foo\";a=1;b=2);lvl=5, (\"bar\" \"baz\");lvl=1" },
    { L, "abc;a=1;b=2; cde_456, (ghi;jk=4 l);q=\"9\";r=w",
      "abc;a=1;b=2;cde_456, (ghi;jk=4 l);q=\"9\";r=w" },
    { L, "  a,b\t ,\tc  ", "a, b, c" },
    { L, "a \t", "a" },
    { L, "( a  b )", "(a b)" },
    { L, "", "=" },
    { L, "  ", "" },
    { L, "a,", NULL },
    { L, "a, ", NULL },
    { L, ",a", NULL },
    { L, "a,,b", NULL },
    { L, "a b", NULL },
    { L, "\ta", NULL },
    { L, "(a", NULL },
    { L, "(a b", NULL },
    { L, "(a,b)", NULL },
    { L, "(a(b))", NULL },
    { L, "(a\tb)", NULL },
    { L, "(\"a\"\"b\")", NULL },
    { L, ")", NULL },
    { L, "a ;b", NULL },
    { L, "a; ;b", NULL },
    { L, "a;B", NULL },
    { L, "a;b=", NULL },
    { L, "a;b=(c)", NULL },
    { L, "a;\tb", NULL },
    /* Dictionaries, section 3.2 */
    { D, "en=\"Applepie\", da=:w4ZibGV0w6ZydGU=:", "=" },
    { D, "a=?0, b, c; foo=bar", "a=?0, b, c;foo=bar" },
    { D, "rating=1.5, feelings=(joy sadness)", "=" },
    { D, "a=(1 2), b=3, c=4;aa=bb, d=(5 6);valid", "=" },
    { D, "a=?1;x", "a;x" },
    { D, "*a_-.*0=1", "=" },
    { D, "", "=" },
    { D, "A=1", NULL },
    { D, "1a=1", NULL },
    { D, "-a=1", NULL },
    { D, "a =1", NULL },
    { D, "a= 1", NULL },
    { D, "a=", NULL },
    { D, "a=1,", NULL },
    { D, "a=1 b=2", NULL },
    { D, "a=,b=1", NULL },
    { D, "=1", NULL },
    /* Integers, decimals, section 3.3.1 and 3.3.2 */
    { I, "42", "=" },
    { I, "5; foo=bar", "5;foo=bar" },
    { I, "  7  ", "7" },
    { I, "-0", "0" },
    { I, "007", "7" },
    { I, "999999999999999", "=" },
    { I, "-999999999999999", "=" },
    { I, "1000000000000000", NULL },
    { I, "0000000000000001", NULL },
    { I, "-", NULL },
    { I, "--1", NULL },
    { I, "+1", NULL },
    { I, "1a", NULL },
    { I, "0x1", NULL },
    { I, "- 1", NULL },
    { I, "4.5", "=" },
    { I, "-0.250", "-0.25" },
    { I, "1.0", "=" },
    { I, "00.10", "0.1" },
    { I, "999999999999.999", "=" },
    { I, "1000000000000.0", NULL },
    { I, "1.2345", NULL },
    { I, "1.", NULL },
    { I, ".1", NULL },
    { I, "1.2.3", NULL },
    { I, "1.-2", NULL },
    /* Strings, tokens, bytes, booleans: 3.3.3 to 3.3.6 */
    { I, "\"hello world\"", "=" },
    { I, "\"a \\\"b\\\" \\\\\"", "=" },
    { I, "\"\"", "=" },
    { I, "\"a", NULL },
    { I, "\"a\\", NULL },
    { I, "\"a\\\"", NULL },
    { I, "\"\\a\"", NULL },
    { I, "\"a\tb\"", NULL },
    { I, "\"\xc3\xbc\"", NULL },
    { I, "\"a\x7f\"", NULL },
    { I, "'a'", NULL },
    { I, "foo123/456", "=" },
    { I, "*a:b/c!#$%&'*+-.^_`|~0", "=" },
    { I, "A", "=" },
    { I, "a\"b", NULL },
    { I, "a@b", NULL },
    { I, ":cHJldGVuZCB0aGlzIGlzIGJpbmFyeSBjb250ZW50Lg==:", "=" },
    { I, "::", "=" },
    { I, ":aGVsbG8:", ":aGVsbG8=:" }, /* padding may lack */
    { I, ":iZ==:", ":iQ==:" },        /* and bits be set */
    { I, ":aGVsbG8", NULL },
    { I, ":a:", NULL },
    { I, ":a===:", NULL },
    { I, ":ab=:", NULL },
    { I, ":=ab=:", NULL },
    { I, ":a b=:", NULL },
    { I, ":aG_V:", NULL },
    { I, "?1", "=" },
    { I, "?0;a=?0;b=?1", "?0;a=?0;b" },
    { I, "?2", NULL },
    { I, "?", NULL },
    { I, "?T", NULL },
    { I, "? 1", NULL },
    /* Dates and display strings, 3.3.7 and 3.3.8 */
    { I, "@1659578233", "=" },
    { I, "@-62135596800", "=" },
    { I, "@1.5", NULL },
    { I, "@", NULL },
    { I, "@\"a\"", NULL },
    { I, "%\"This is intended for display to %c3%bcsers.\"", "=" },
    { I, "%\"%41%25\"", "%\"A%25\"" },
    { I, "%\"\\\"", "=" },
    { I, "%\"%f0%9f%92%a9\"", "=" },
    { I, "%\"%22%00\"", "=" },
    { I, "%\"%C3%BC\"", NULL },
    { I, "%\"%c3\"", NULL },
    { I, "%\"%c3a\"", NULL },
    { I, "%\"%bc\"", NULL },
    { I, "%\"%ed%a0%80\"", NULL },
    { I, "%\"%f8%80%80%80%80\"", NULL },
    { I, "%\"%g0\"", NULL },
    { I, "%\"%2\"", NULL },
    { I, "%\"\xc3\xbc\"", NULL },
    { I, "%\"a", NULL },
    { I, "%a", NULL },
    { I, "", NULL },
    { I, " ", NULL },
    { I, "(a)", NULL },
    { I, "a, b", NULL },
    { I, "a;b=1;b=2", "=" }, /* both are handed out; the last one counts */
};

static void a_field_is_read_and_written_in_its_one_form(void **state) {
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        const row *r = &rows[i];
        const char *want = r->printed && strcmp(r->printed, "=") == 0 ? r->field : r->printed;
        edo_buf out = { 0 };
        int err = sfv_through(r->form, edo_str_of(r->field), &out);
        bool is_right = want ? err == 0 && is(str_of(&out), want) : err == -EINVAL;
        if (edo_sfv_check(r->form, edo_str_of(r->field)) != (want ? 0 : -EINVAL)) is_right = false;
        if (!is_right)
            print_error("%s: %d, \"%.*s\"\n", r->field, err, (int)out.len, str_of(&out).ptr);
        wrong += !is_right;
        edo_buf_deinit(&out);
    }
    EDO_TEST_EQ(wrong, 0);
}

static void a_field_that_is_cut_reads_not_beyond_its_end(void **state) {
    (void)state;
    static const char whole[] = "a=(1 \"b\\\"\" c;d=:aGk=:), e=%\"%c3%bc\";f, g=@5, h=-1.5;i=?0";
    int good = 0;
    for (size_t n = 0; n < sizeof whole; n++) {
        char *exact = malloc(n ? n : 1); // the address sanitizer knows its end
        EDO_TEST_TRUE(exact != NULL);
        memcpy(exact, whole, n);
        int err = edo_sfv_check(EDO_SFV_DICT, (edo_str){ exact, n });
        EDO_TEST_TRUE(err == 0 || err == -EINVAL);
        good += err == 0;
        free(exact);
    }
    EDO_TEST_EQ(good, 13);
}

static void a_field_without_a_pointer_is_an_empty_one(void **state) {
    (void)state;
    const edo_str none = { NULL, 0 };
    edo_sfv_item item = { .kind = EDO_SFV_STRING };
    edo_buf out = { 0 };
    EDO_TEST_EQ(edo_sfv_check(EDO_SFV_ITEM, none), -EINVAL);
    EDO_TEST_OK(edo_sfv_check(EDO_SFV_LIST, none));
    EDO_TEST_OK(edo_sfv_check(EDO_SFV_DICT, none));
    EDO_TEST_EQ(edo_sfv_get(&item, none, EDO_STR("a")), -ENOENT);
    EDO_TEST_EQ(edo_sfv_param_get(&item, &item, EDO_STR("a")), -ENOENT);
    EDO_TEST_OK(edo_sfv_decode(&item, &out));
    EDO_TEST_OK(edo_sfv_item_print(&item, &out));
    EDO_TEST_TRUE(is(str_of(&out), "\"\""));
    edo_buf_deinit(&out);
}

static void the_last_of_equal_keys_counts(void **state) {
    (void)state;
    edo_sfv_item item, value;
    edo_str field = EDO_STR("u=1, i, u=5;x=1;y;x=\"z\", v=(a b)");
    EDO_TEST_OK(edo_sfv_get(&item, field, EDO_STR("u")));
    EDO_TEST_TRUE(item.kind == EDO_SFV_INTEGER && item.n == 5);
    EDO_TEST_OK(edo_sfv_param_get(&value, &item, EDO_STR("x")));
    EDO_TEST_TRUE(value.kind == EDO_SFV_STRING && is(value.text, "z"));
    EDO_TEST_OK(edo_sfv_param_get(&value, &item, EDO_STR("y")));
    EDO_TEST_TRUE(value.kind == EDO_SFV_BOOLEAN && value.n == 1);
    EDO_TEST_EQ(edo_sfv_param_get(&value, &item, EDO_STR("z")), -ENOENT);
    EDO_TEST_OK(edo_sfv_get(&item, field, EDO_STR("i")));
    EDO_TEST_TRUE(item.kind == EDO_SFV_BOOLEAN && item.n == 1);
    EDO_TEST_EQ(edo_sfv_get(&item, field, EDO_STR("w")), -ENOENT);
    EDO_TEST_EQ(edo_sfv_get(&item, EDO_STR("u=1, B"), EDO_STR("u")), -EINVAL);
    EDO_TEST_TRUE(item.kind == EDO_SFV_BOOLEAN); // untouched
    EDO_TEST_OK(edo_sfv_get(&item, field, EDO_STR("v")));
    edo_str rest = item.text;
    EDO_TEST_TRUE(item.kind == EDO_SFV_INNER);
    EDO_TEST_TRUE(edo_sfv_inner_next(&value, &rest) == 1 && is(value.text, "a"));
    EDO_TEST_TRUE(edo_sfv_inner_next(&value, &rest) == 1 && is(value.text, "b"));
    EDO_TEST_EQ(edo_sfv_inner_next(&value, &rest), 0);
}

static void a_text_comes_back_as_it_was_meant(void **state) {
    (void)state;
    static const struct {
        edo_sfv_kind kind;
        const char *plain, *text; /* NULL: it cannot be said */
    } texts[] = {
        { EDO_SFV_STRING, "a \"b\" \\", "a \\\"b\\\" \\\\" },
        { EDO_SFV_STRING, "", "" },
        { EDO_SFV_STRING, "\xc3\xbc", NULL },
        { EDO_SFV_STRING, "a\n", NULL },
        { EDO_SFV_TOKEN, "text/html", "text/html" },
        { EDO_SFV_TOKEN, "1a", NULL },
        { EDO_SFV_TOKEN, "", NULL },
        { EDO_SFV_BYTES, "hello", "aGVsbG8=" },
        { EDO_SFV_BYTES, "", "" },
        { EDO_SFV_DISPLAY, "f\xc3\xbc \"%\n", "f%c3%bc %22%25%0a" },
        { EDO_SFV_DISPLAY, "\xff", NULL },
        { EDO_SFV_INTEGER, "1", NULL },
        { EDO_SFV_INNER, "a", NULL },
    };
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        edo_buf text = { 0 }, plain = { 0 };
        int err = edo_sfv_encode(texts[i].kind, edo_str_of(texts[i].plain), &text);
        EDO_TEST_EQ(err, texts[i].text ? 0 : -EINVAL);
        EDO_TEST_TRUE(is(str_of(&text), texts[i].text ? texts[i].text : ""));
        if (texts[i].text) {
            edo_sfv_item item = { .kind = texts[i].kind, .text = str_of(&text) };
            EDO_TEST_OK(edo_sfv_decode(&item, &plain));
            EDO_TEST_TRUE(is(str_of(&plain), texts[i].plain));
        }
        edo_buf_deinit(&text);
        edo_buf_deinit(&plain);
    }
}

static void what_could_not_be_read_is_not_printed(void **state) {
    (void)state;
    const edo_sfv_item bad[] = {
        { .kind = EDO_SFV_INTEGER, .n = EDO_SFV_INTEGER_MAX + 1 },
        { .kind = EDO_SFV_DECIMAL, .n = INT64_MIN },
        { .kind = EDO_SFV_DATE, .n = -EDO_SFV_INTEGER_MAX - 1 },
        { .kind = EDO_SFV_STRING, .text = EDO_STR("a\"b") },
        { .kind = EDO_SFV_TOKEN, .text = EDO_STR("a b") },
        { .kind = EDO_SFV_BYTES, .text = EDO_STR("a") },
        { .kind = EDO_SFV_DISPLAY, .text = EDO_STR("%ff") },
        { .kind = EDO_SFV_INNER, .text = EDO_STR("a, b") },
        { .kind = EDO_SFV_BOOLEAN, .params = EDO_STR(";A") },
    };
    const edo_sfv_item good = { .kind = EDO_SFV_BOOLEAN, .n = 1, .params = EDO_STR(";a") };
    const edo_sfv_item inner = { .kind = EDO_SFV_INNER, .text = EDO_STR("a") };
    edo_buf out = { 0 };
    EDO_TEST_OK(edo_buf_append(&out, "x", 1));
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        EDO_TEST_EQ(edo_sfv_item_print(&bad[i], &out), -EINVAL);
        EDO_TEST_EQ(edo_sfv_list_print(&bad[i], &out), -EINVAL);
        EDO_TEST_EQ(edo_sfv_dict_print(EDO_STR("a"), &bad[i], &out), -EINVAL);
    }
    EDO_TEST_EQ(edo_sfv_dict_print(EDO_STR("A"), &good, &out), -EINVAL);
    EDO_TEST_EQ(edo_sfv_param_print(EDO_STR("a"), &good, &out), -EINVAL);
    EDO_TEST_EQ(edo_sfv_inner_print(&inner, &out), -EINVAL);
    EDO_TEST_TRUE(is(str_of(&out), "x"));
    EDO_TEST_OK(edo_sfv_inner_print(&good, &out));
    EDO_TEST_OK(edo_sfv_param_print(EDO_STR("b"), &(edo_sfv_item){ .n = 2 }, &out));
    EDO_TEST_TRUE(is(str_of(&out), "x ?1;a;b=2"));
    edo_buf_deinit(&out);
}

/* ---- Memory that runs out -------------------------------------------------------------------- */

static void a_printer_without_memory_leaves_nothing_behind(void **state) {
    (void)state;
    edo_str field = EDO_STR("a=(1 \"b\");c=:aGk:, d=%\"%c3%bc\"");
    int failures = 0, err = -ENOMEM;
    for (int k = 1; err == -ENOMEM; k++) {
        edo_buf out = { 0 };
        fail_alloc_in = k;
        err = sfv_through(EDO_SFV_DICT, field, &out);
        failures += err == -ENOMEM;
        fail_alloc_in = 0;
        edo_buf_deinit(&out);
    }
    EDO_TEST_OK(err);
    EDO_TEST_TRUE(failures >= 3);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_is_read_and_written_in_its_one_form),
        cmocka_unit_test(a_field_that_is_cut_reads_not_beyond_its_end),
        cmocka_unit_test(a_field_without_a_pointer_is_an_empty_one),
        cmocka_unit_test(the_last_of_equal_keys_counts),
        cmocka_unit_test(a_text_comes_back_as_it_was_meant),
        cmocka_unit_test(what_could_not_be_read_is_not_printed),
        cmocka_unit_test(a_printer_without_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
