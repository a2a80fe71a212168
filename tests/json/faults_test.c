/* SPDX-License-Identifier: MIT */
/* Goal: a decoder that is asked for it tells all that is not as described, and nothing of a text
 * that is no JSON; without memory it tells less, and loses nothing.
 * Method: texts with the faults that they have; each text cut at each byte; a failing allocator. */
#include <edo/config.h>
#include <edo/json.h>
#include <edo/test.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "fail_alloc.h"
#include "inside.h"

typedef enum color { COLOR_RED, COLOR_BLUE } color;
EDO_DESCRIBE_ENUM(color, EDO_UNIT(COLOR_RED, "red"), EDO_UNIT(COLOR_BLUE, "blue"))

typedef struct circle {
    double r;
} circle;
EDO_DESCRIBE(circle, EDO_FIELD(circle, r, .min = 1, .max = 9))

typedef enum shape_kind { SHAPE_POINT, SHAPE_CIRCLE } shape_kind;
typedef struct shape {
    shape_kind kind;
    union {
        circle round;
    } u;
} shape;
EDO_DESCRIBE_UNION(shape, kind, EDO_UNIT(SHAPE_POINT, "point"),
                   EDO_FIELD_OF(shape, u.round, circle_desc, EDO_AS("circle"), .tag = SHAPE_CIRCLE))

typedef struct price {
    edo_str name;
    double price;
} price;
EDO_DESCRIBE(price, EDO_FIELD(price, name), EDO_FIELD(price, price, .max = 1000))

typedef struct order {
    int64_t id;
    edo_str name;
    color paint;
    shape form;
    int32_t *tags;
    size_t tags_n;
    price *prices;
    size_t prices_n;
    circle *rings;
    size_t rings_n;
    uint8_t pair[2];
    char code[4];
    edo_duration wait;
} order;
EDO_DESCRIBE(order, EDO_FIELD(order, id, .min = 1, .max = 99),
             EDO_FIELD(order, name, .min_len = 1, .max_len = 8),
             EDO_FIELD_OF(order, paint, color_desc, .optional = true),
             EDO_FIELD_OF(order, form, shape_desc, .optional = true),
             EDO_FIELD_LIST(order, tags, tags_n, .max = 9, .max_len = 3, .optional = true),
             EDO_FIELD_LIST_OF(order, prices, prices_n, price_desc, .map = true, .optional = true),
             EDO_FIELD_LIST_OF(order, rings, rings_n, circle_desc, .optional = true),
             EDO_FIELD_FIXED(order, pair, .optional = true),
             EDO_FIELD(order, code, .optional = true), EDO_FIELD(order, wait, .preset = "1s"))

/* The faults as "POINTER DETAIL; …". */
static void print_faults(char *to, size_t room, const edo_faults *f) {
    size_t n = 0;
    *to = 0;
    for (uint32_t i = 0; i < f->n; i++)
        n += (size_t)snprintf(to + n, room - n, "%.*s %.*s; ", (int)f->all[i].field.len,
                              f->all[i].field.ptr, (int)f->all[i].detail.len, f->all[i].detail.ptr);
}

static int decode(edo_faults *f, edo_arena *arena, edo_str text) {
    order o;
    *f = (edo_faults){ .arena = arena };
    const edo_json_opts opts = { .arena = arena, .refuses_unknown = true, .faults = f };
    int err = edo_json_decode_with(&o, &order_desc, text, &opts);
    edo_trail_clear();
    return err;
}

static const struct {
    const char *text, *faults;
} texts[] = {
    { "{\"id\":1,\"name\":\"a\"}", "" },
    { "[]", " must be an object; " },
    { "{}", "/id is missing; /name is missing; " },
    { "{\"id\":0,\"name\":\"\",\"paint\":\"green\"}",
      "/id must be at least 1; /name must have at least 1 byte; /paint must be red or blue; " },
    { "{\"id\":\"x\",\"name\":7,\"wait\":\"soon\",\"code\":\"abcd\"}",
      "/id must be an integer; /name must be a string; /wait must be a duration such as 250ms, "
      "5s or 1m30s; /code must have at most 3 bytes; " },
    { "{\"id\":1,\"name\":\"a\",\"tags\":[1,\"two\",30,4,5],\"pair\":[1]}",
      "/tags/1 must be an integer; /tags/2 must be at most 9; /tags must have at most 3 elements; "
      "/pair must have exactly 2 elements; " },
    { "{\"id\":1,\"name\":\"a\",\"prices\":{\"tea\":1.5,\"a/b~c\":2000,\"d\":\"e\"}}",
      "/prices/a~1b~0c must be at most 1000; /prices/d must be a number; " },
    { "{\"id\":1,\"name\":\"a\",\"rings\":[{\"r\":0},{},{\"r\":5,\"x\":[{}]},7]}",
      "/rings/0/r must be at least 1; /rings/1/r is missing; /rings/2/x is not known; "
      "/rings/3 must be an object; " },
    { "{\"id\":1,\"name\":\"a\",\"form\":{\"circle\":{\"r\":10}}}",
      "/form/circle/r must be at most 9; " },
    { "{\"id\":1,\"name\":\"a\",\"form\":{\"square\":{\"r\":10}}}",
      "/form must be point or circle; " },
    { "{\"id\":1,\"name\":\"a\",\"form\":{}}", "/form must be point or circle; " },
    { "{\"id\":1,\"name\":\"a\",\"form\":{\"circle\":{\"r\":1},\"x\":[]}}",
      "/form must have one member; " },
    { "{\"id\":1,\"id\":100,\"name\":\"a\",\"form\":\"point\"}", "/id must be at most 99; " },
    { "{\"n\\u0061me\":1,\"id\":null,\"\\u00e9\\u0001\":[{}]}",
      "/name must be a string; /id must be an integer; /\xc3\xa9\\x01 is not known; " },
    { "{\"id\":0,\"name\":\"a\"} x", "" },
    { "{\"id\":0,\"name\":\"a\",}", "" },
    { "{\"id\":0,\"name\":\"a\",\"tags\":[1,}", "" },
    { "{\"id\":0,\"x\":nul}", "" },
    { "{\"id\":0,\"name\":\"\\x\"}", "" },
};

static void all_faults_of_a_text_are_told(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        char text[512];
        edo_arena arena = { 0 };
        edo_faults f;
        int err = decode(&f, &arena, edo_str_of(texts[i].text));
        print_faults(text, sizeof text, &f);
        if (strcmp(text, texts[i].faults) != 0) (void)fprintf(stderr, "%s:\n", texts[i].text);
        assert_string_equal(text, texts[i].faults);
        assert_int_equal(err, i == 0 ? 0 : -EDO_EJSON);
        assert_false(f.is_cut);
        edo_arena_deinit(&arena);
    }
}

/* Is the text JSON, by the reader that knows of no description? */
static bool is_json(edo_str text) {
    edo_json_reader r;
    edo_json_token token;
    int n;
    EDO_TEST_OK(edo_json_reader_init(&r, text, NULL));
    while ((n = edo_json_reader_next(&r, &token)) > 0) continue;
    edo_json_reader_deinit(&r);
    edo_trail_clear();
    return n == 0;
}

static void text_that_is_no_json_has_no_faults(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(texts); i++) {
        for (size_t n = 0; n < strlen(texts[i].text); n++) {
            char changed[256];
            edo_faults f;
            edo_arena arena = { 0 };
            memcpy(changed, texts[i].text, n + 1);
            for (int k = 0; k < 3; k++) {
                edo_str text = { changed, n + (k > 0) }; // cut, then with another last byte
                if (k > 0) changed[n] = "}]"[k - 1];
                bool refused = decode(&f, &arena, text) < 0;
                assert_int_equal(f.n > 0, refused && is_json(text));
            }
            edo_arena_deinit(&arena);
        }
    }
}

static void faults_are_bounded_in_number(void **state) {
    (void)state;
    static const char text[] = "{\"id\":0,\"name\":\"\",\"tags\":[10,10,10,10]}";
    order o;
    edo_arena arena = { 0 };
    edo_faults f = { .arena = &arena, .max = 3 };
    const edo_json_opts opts = { .arena = &arena, .faults = &f };
    EDO_TEST_EQ(edo_json_decode_with(&o, &order_desc, edo_str_of(text), &opts), -EDO_EJSON);
    assert_int_equal(f.n, 3);
    assert_true(f.is_cut);
    EDO_TEST_OK(edo_json_decode_with(&o, &order_desc, EDO_STR("{\"id\":1,\"name\":\"a\"}"), &opts));
    assert_true(f.n == 0 && !f.is_cut); // those of the last text
    edo_arena_deinit(&arena);
    edo_trail_clear();
}

static int checks_n;

static const char *refuse(const void *element) {
    (void)element;
    checks_n++;
    return "must not be there";
}

typedef struct refused {
    int64_t *all;
    size_t all_n;
} refused;
EDO_DESCRIBE(refused, EDO_FIELD_LIST(refused, all, all_n, .check = refuse))

static void beyond_the_bound_nothing_is_decoded(void **state) {
    (void)state;
    char json[1024], form[1024], ones[512] = "1";
    size_t n = 0;
    refused r;
    edo_arena arena = { 0 };
    edo_faults f = { .arena = &arena, .max = 3 };
    for (size_t i = 0; i < 200; i++) ones[i] = i % 2 ? ',' : '1';
    for (size_t i = 0; i < 100; i++)
        n += (size_t)snprintf(form + n, sizeof form - n, "%sall=1", i ? "&" : "");
    (void)snprintf(json, sizeof json, "{\"all\":[%s1]}", ones);
    const edo_json_opts opts = { .arena = &arena, .faults = &f };
    EDO_TEST_EQ(edo_json_decode_with(&r, &refused_desc, edo_str_of(json), &opts), -EDO_EJSON);
    assert_true(f.n == 3 && f.is_cut);
    assert_true(checks_n <= 5); // the decoder's, three, and one to know that there are more
    (void)snprintf(json, sizeof json, "{\"all\":[%s1]x", ones); // it is still seen to be no JSON
    EDO_TEST_EQ(edo_json_decode_with(&r, &refused_desc, edo_str_of(json), &opts), -EDO_EJSON);
    assert_int_equal(f.n, 0);
    checks_n = 0;
    const edo_config_opts conf = { .arena = &arena, .faults = &f };
    EDO_TEST_EQ(edo_form_decode(&r, &refused_desc, edo_str_of(form), &conf), -EDO_EVALUE);
    assert_true(f.n == 3 && f.is_cut && checks_n <= 4);
    edo_arena_deinit(&arena);
    edo_trail_clear();
}

static void faults_without_memory_are_fewer(void **state) {
    (void)state;
    bool has_failed = true;
    for (int k = 1; has_failed; k++) {
        edo_arena arena = { 0 };
        edo_faults f;
        fail_alloc_in = k;
        int err = decode(&f, &arena, edo_str_of(texts[6].text));
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_true(err == -EDO_EJSON || (has_failed && err == -ENOMEM));
        assert_true(f.n <= 2 && (has_failed || f.n == 2));
        edo_arena_deinit(&arena);
    }
}

/* ---- Depth ----------------------------------------------------------------------------------- */

typedef struct twig twig;
struct twig {
    twig *twigs;
    size_t twigs_n;
    bool green;
};
EDO_DESCRIBE(twig, EDO_FIELD_LIST_OF(twig, twigs, twigs_n, twig_desc),
             EDO_FIELD(twig, green, .optional = true))

/* The innermost of all the twigs that may be in one another is wrong; with one more it is too deep
 * for a value. */
static int deep(void *arg) {
    (void)arg;
    for (int more = 0; more < 2; more++) {
        edo_buf text = { 0 };
        edo_arena arena = { 0 };
        edo_faults f = { .arena = &arena };
        const edo_json_opts opts = { .arena = &arena, .faults = &f };
        const int n = EDO_VALUE_DEPTH_MAX - 1 + more;
        twig t;
        for (int i = 0; i < n; i++) EDO_TEST_OK(edo_buf_append(&text, "{\"twigs\":[", 10));
        EDO_TEST_OK(edo_buf_append(&text, "{\"twigs\":[],\"green\":7}", 22));
        for (int i = 0; i < n; i++) EDO_TEST_OK(edo_buf_append(&text, "]}", 2));
        EDO_TEST_EQ(edo_json_decode_with(&t, &twig_desc, (edo_str){ text.ptr, text.len }, &opts),
                    -EDO_EJSON);
        EDO_TEST_EQ(f.n, more ? 0 : 1);
        if (!more) EDO_TEST_TRUE(edo_str_equal(f.all[0].detail, EDO_STR("must be true or false")));
        edo_buf_deinit(&text);
        edo_arena_deinit(&arena);
        edo_trail_clear();
    }
    return 0;
}

static void deepest_value_is_told_on_the_stack_of_a_fiber(void **state) {
    (void)state;
    assert_int_equal(inside(deep, NULL), 0);
}

/* ---- Queries --------------------------------------------------------------------------------- */

typedef struct page {
    int32_t number;
    uint8_t size;
    edo_str sort;
    int32_t *ids;
    size_t ids_n;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, number, .min = 1), EDO_FIELD(page, size, .preset = "20"),
             EDO_FIELD(page, sort, .pattern = "up|down"),
             EDO_FIELD_LIST(page, ids, ids_n, .max_len = 2))

static void all_faults_of_a_query_are_told(void **state) {
    (void)state;
    static const struct {
        const char *query, *faults;
    } cases[] = {
        { "number=1&sort=up", "" },
        { "", "number is missing; sort is missing; " },
        { "number=0&size=256&sort=x&ids=1&ids=a",
          "number must be at least 1; size must be at most 255; sort must match up|down; "
          "ids must be a whole number; " },
        { "number=1&number=2&sort=%zz&ids=1&ids=2&ids=3",
          "number must be there once only; sort must match up|down; "
          "ids must have at most 2 elements; " },
        { "%zz&number=1&size=&sort=%ff", "sort must be UTF-8; " },
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        char text[512];
        page p;
        edo_arena arena = { 0 };
        edo_faults f = { .arena = &arena };
        const edo_config_opts opts = { .arena = &arena, .faults = &f };
        int err = edo_query_decode(&p, &page_desc, edo_str_of(cases[i].query), &opts);
        print_faults(text, sizeof text, &f);
        assert_string_equal(text, cases[i].faults);
        assert_int_equal(err, i == 0 ? 0 : -EDO_EVALUE);
        if (err < 0) assert_non_null(edo_trail_find(err)); // the first one
        if (i == 2) assert_string_equal(edo_trail_find(err)->text, "\"number\" must be at least 1");
        edo_trail_clear();
        edo_arena_deinit(&arena);
    }
}

/* ---- Whole requests -------------------------------------------------------------------------- */

typedef struct wanted {
    int64_t id;
    edo_str x_tenant;
    edo_str session;
    page which;
    int32_t *accept;
    size_t accept_n;
    order body;
    bool agreed;
} wanted;
EDO_DESCRIBE(wanted, EDO_FIELD(wanted, id, .in = EDO_IN_PATH),
             EDO_FIELD(wanted, x_tenant, .in = EDO_IN_HEADER, .max_len = 4),
             EDO_FIELD(wanted, session, .in = EDO_IN_COOKIE, .optional = true),
             EDO_FIELD_OF(wanted, which, page_desc),
             EDO_FIELD_LIST(wanted, accept, accept_n, .in = EDO_IN_HEADER),
             EDO_FIELD_OF(wanted, body, order_desc, .in = EDO_IN_BODY),
             EDO_FIELD(wanted, agreed, .in = EDO_IN_FORM))

/* Each part has values of its own; those of the list are two. */
static edo_str get(void *arg, edo_value_in in, edo_str name, size_t i) {
    const char *const *parts = arg;
    const char *text = NULL;
    if (in == EDO_IN_HEADER && edo_str_equal(name, EDO_STR("x-tenant")))
        text = i == 0 ? parts[0] : NULL;
    if (in == EDO_IN_COOKIE && edo_str_equal(name, EDO_STR("session")))
        text = i == 0 ? parts[1] : NULL;
    if (in == EDO_IN_HEADER && edo_str_equal(name, EDO_STR("accept"))) text = i < 2 ? "7" : NULL;
    return text ? edo_str_of(text) : (edo_str){ 0 };
}

static void fields_come_from_the_parts_that_they_name(void **state) {
    (void)state;
    const char *parts[] = { "acme", "s1" };
    const edo_str names[] = { EDO_STR("other"), EDO_STR("id") };
    edo_str values[] = { EDO_STR("no"), EDO_STR("5") };
    wanted v;
    edo_arena arena = { 0 };
    edo_faults f = { .arena = &arena };
    edo_inputs in = { .query = EDO_STR("which.number=3&which.sort=up&id=9&x_tenant=no&agreed=no"),
                      .form = EDO_STR("agreed=true&which.number=8"),
                      .path_names = names,
                      .path_texts = values,
                      .path_n = 2,
                      .get = get,
                      .arg = (void *)parts };
    const edo_config_opts opts = { .arena = &arena, .faults = &f };
    EDO_TEST_OK(edo_inputs_decode(&v, &wanted_desc, &in, &opts));
    assert_true(v.id == 5 && v.which.number == 3 && v.which.size == 20 && v.agreed);
    assert_true(edo_str_equal(v.x_tenant, EDO_STR("acme")));
    assert_true(edo_str_equal(v.session, EDO_STR("s1")));
    assert_true(v.accept_n == 2 && v.accept[0] == 7 && v.accept[1] == 7);
    values[1] = EDO_STR("five");
    parts[0] = "too long";
    in.query = EDO_STR("which.number=0");
    char text[512];
    EDO_TEST_EQ(edo_inputs_decode(&v, &wanted_desc, &in, &opts), -EDO_EVALUE);
    print_faults(text, sizeof text, &f);
    assert_string_equal(text, "id must be a whole number; x-tenant must have at most 4 bytes; "
                              "which.number must be at least 1; which.sort is missing; ");
    assert_true(f.all[0].in == EDO_IN_PATH && f.all[1].in == EDO_IN_HEADER);
    assert_true(f.all[2].in == EDO_IN_QUERY && f.all[3].in == EDO_IN_QUERY);
    edo_trail_clear();
    edo_arena_deinit(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_faults_of_a_text_are_told),
        cmocka_unit_test(text_that_is_no_json_has_no_faults),
        cmocka_unit_test(faults_are_bounded_in_number),
        cmocka_unit_test(beyond_the_bound_nothing_is_decoded),
        cmocka_unit_test(faults_without_memory_are_fewer),
        cmocka_unit_test(deepest_value_is_told_on_the_stack_of_a_fiber),
        cmocka_unit_test(all_faults_of_a_query_are_told),
        cmocka_unit_test(fields_come_from_the_parts_that_they_name),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
