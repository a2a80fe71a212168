/* SPDX-License-Identifier: MIT */
/* Goal: a map of fields keeps order and values, whatever its size, and survives a lack of memory.
 * Method: small maps by hand; random operations beside a naive list; each allocation fails in turn.
 *  */
#include <edo/headers.h>
#include <edo/test.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t allocations;
static uint64_t fail_at; /* the allocation of that number fails; 0: none */

static void *count_alloc(void *arg, size_t bytes) {
    (void)arg;
    return ++allocations == fail_at ? NULL : malloc(bytes);
}

static void *count_realloc(void *arg, void *ptr, size_t bytes) {
    (void)arg;
    return ++allocations == fail_at ? NULL : realloc(ptr, bytes);
}

static void count_free(void *arg, void *ptr) {
    (void)arg;
    free(ptr);
}

static bool is(edo_str s, const char *text) {
    return s.ptr && edo_str_equal(s, edo_str_of(text));
}

static edo_str nth(char text[32], const char *prefix, int i) {
    (void)snprintf(text, 32, "%s%d", prefix, i);
    return edo_str_of(text);
}

static void get_returns_the_first_value_in_any_case_of_the_name(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_ACCEPT, EDO_STR("a")));
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("ACCEPT"), EDO_STR(" b\t")));
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("X-Own"), EDO_STR("c")));
    EDO_TEST_TRUE(is(edo_headers_get(&h, EDO_HEADER_ACCEPT), "a"));
    EDO_TEST_TRUE(is(edo_headers_get_named(&h, EDO_STR("accepT")), "a"));
    EDO_TEST_TRUE(is(edo_headers_get_named(&h, EDO_STR("x-oWN")), "c"));
    EDO_TEST_TRUE(is(edo_headers_at(&h, 2)->name, "x-own"));
    EDO_TEST_TRUE(is(edo_headers_at(&h, 1)->value, "b"));
    EDO_TEST_TRUE(!edo_headers_get(&h, EDO_HEADER_HOST).ptr);
    EDO_TEST_TRUE(!edo_headers_get_named(&h, EDO_STR("x-ow")).ptr);
    EDO_TEST_TRUE(!edo_headers_get(&h, EDO_HEADER_OTHER).ptr);
    EDO_TEST_TRUE(!edo_headers_at(&h, 3));
    edo_headers_deinit(&h);
}

static void a_value_with_line_ends_or_nul_is_refused(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    static const edo_str bad[] = { { "a\rb", 3 }, { "a\nb", 3 }, { "a\0b", 3 },
                                   { "\r\n", 2 }, { "\x7f", 1 }, { "\x1b", 1 } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        EDO_TEST_EQ(edo_headers_set(&h, EDO_HEADER_LOCATION, bad[i]), -EINVAL);
        EDO_TEST_EQ(edo_headers_append_named(&h, EDO_STR("x"), bad[i]), -EINVAL);
        EDO_TEST_EQ(edo_headers_append_named(&h, bad[i], EDO_STR("v")), -EINVAL);
        EDO_TEST_EQ(edo_headers_add(&h, &(edo_header){ .name = EDO_STR("x"), .value = bad[i] }),
                    -EINVAL);
    }
    EDO_TEST_EQ(edo_headers_append_named(&h, EDO_STR(""), EDO_STR("v")), -EINVAL);
    EDO_TEST_EQ(edo_headers_append_named(&h, EDO_STR("a b"), EDO_STR("v")), -EINVAL);
    EDO_TEST_EQ(edo_headers_append(&h, EDO_HEADER_OTHER, EDO_STR("v")), -EINVAL);
    EDO_TEST_EQ(edo_headers_count(&h), 0);
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_LOCATION, EDO_STR("/\tD\xc3\xbcsseldorf")));
    edo_headers_deinit(&h);
}

static void a_long_name_is_refused_at_64_kib(void **state) {
    (void)state;
    static char name[65536];
    memset(name, 'n', sizeof name);
    EDO_TEST_TRUE(edo_header_name_is_valid((edo_str){ name, 65535 }));
    EDO_TEST_TRUE(!edo_header_name_is_valid((edo_str){ name, 65536 }));
}

static void set_replaces_all_in_the_first_ones_place(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    static const char *const names[] = { "x", "via", "y", "via", "x", "via" };
    for (size_t i = 0; i < EDO_COUNT(names); i++)
        EDO_TEST_OK(edo_headers_append_named(&h, edo_str_of(names[i]), EDO_STR("1")));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_VIA, EDO_STR("2")));
    EDO_TEST_OK(edo_headers_set_named(&h, EDO_STR("X"), EDO_STR("3")));
    EDO_TEST_OK(edo_headers_set_named(&h, EDO_STR("z"), EDO_STR("4")));
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_headers_print(&h, &text));
    EDO_TEST_TRUE(
        edo_str_equal((edo_str){ text.ptr, text.len }, EDO_STR("x: 3\nvia: 2\ny: 1\nz: 4\n")));
    EDO_TEST_EQ(edo_headers_remove(&h, EDO_HEADER_VIA), 1);
    EDO_TEST_EQ(edo_headers_remove(&h, EDO_HEADER_VIA), 0);
    EDO_TEST_EQ(edo_headers_remove_named(&h, EDO_STR("Y")), 1);
    EDO_TEST_EQ(edo_headers_count(&h), 2);
    edo_buf_deinit(&text);
    edo_headers_deinit(&h);
}

static void values_combine_except_cookies(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_VARY, EDO_STR("a")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_SET_COOKIE, EDO_STR("c=1")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_VARY, EDO_STR("")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_VARY, EDO_STR("b, c")));
    EDO_TEST_OK(edo_headers_combine(&h, EDO_STR("Vary"), &text));
    EDO_TEST_TRUE(edo_str_equal((edo_str){ text.ptr, text.len }, EDO_STR("a, , b, c")));
    EDO_TEST_EQ(edo_headers_combine(&h, EDO_STR("set-cookie"), &text), -EINVAL);
    EDO_TEST_EQ(edo_headers_combine(&h, EDO_STR("x"), &text), -ENOENT);
    edo_buf_deinit(&text);
    edo_headers_deinit(&h);
}

static void a_sensitive_value_is_not_printed(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_AUTHORIZATION, EDO_STR("Bearer 123")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_HOST, EDO_STR("a")));
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_AUTHORIZATION, EDO_STR("Bearer 456")));
    EDO_TEST_EQ(edo_headers_set_sensitive(&h, EDO_STR("Authorization")), 2);
    EDO_TEST_OK(edo_headers_print(&h, &text));
    EDO_TEST_TRUE(
        edo_str_equal((edo_str){ text.ptr, text.len }, EDO_STR("authorization: Sensitive\nhost: a\n"
                                                               "authorization: Sensitive\n")));
    EDO_TEST_TRUE(is(edo_headers_get(&h, EDO_HEADER_AUTHORIZATION), "Bearer 123"));
    edo_buf_deinit(&text);
    edo_headers_deinit(&h);
}

static void an_empty_map_needs_no_memory(void **state) {
    (void)state;
    edo_headers h;
    uint64_t before = allocations;
    edo_headers_init(&h);
    EDO_TEST_TRUE(!edo_headers_get(&h, EDO_HEADER_HOST).ptr);
    EDO_TEST_TRUE(!edo_headers_next_named(&h, NULL, EDO_STR("x-a")));
    EDO_TEST_EQ(edo_headers_remove_named(&h, EDO_STR("x-a")), 0);
    EDO_TEST_EQ(edo_headers_truncate(&h, 0), 0);
    edo_headers_deinit(&h);
    EDO_TEST_EQ(allocations, before);
}

static void a_map_takes_32768_fields_and_no_more(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    edo_header same = { .name = EDO_STR("same"), .value = EDO_STR("v") };
    for (int i = 0; i < EDO_HEADERS_MAX; i++) EDO_TEST_OK(edo_headers_add(&h, &same));
    EDO_TEST_EQ(edo_headers_add(&h, &same), -ENOSPC);
    EDO_TEST_EQ(edo_headers_count(&h), EDO_HEADERS_MAX);
    size_t seen = 0;
    for (const edo_header *f = NULL; (f = edo_headers_next_named(&h, f, same.name));) seen++;
    EDO_TEST_EQ(seen, EDO_HEADERS_MAX);
    edo_headers_deinit(&h);
}

/* ---- Beside a naive list --------------------------------------------------------------------- */

#define MODEL_MAX 512

typedef struct model {
    int names[MODEL_MAX], values[MODEL_MAX];
    size_t n;
} model;

static size_t model_remove(model *m, int name, size_t from) {
    size_t kept = from;
    for (size_t i = from; i < m->n; i++) {
        if (m->names[i] == name) continue;
        m->names[kept] = m->names[i];
        m->values[kept++] = m->values[i];
    }
    size_t removed = m->n - kept;
    m->n = kept;
    return removed;
}

static void model_set(model *m, int name, int value) {
    for (size_t i = 0; i < m->n; i++) {
        if (m->names[i] != name) continue;
        m->values[i] = value;
        (void)model_remove(m, name, i + 1);
        return;
    }
    m->names[m->n] = name;
    m->values[m->n++] = value;
}

/* Even names are standard ones. */
static edo_str model_name(char text[32], int name) {
    if (name % 2 == 0)
        return edo_header_name((edo_header_id)(1 + name / 2 % (EDO_HEADERS_END - 1)));
    return nth(text, "X-Name-", name);
}

static void check(const edo_headers *h, const model *m, int names_n) {
    char name[32], value[32];
    EDO_TEST_EQ(edo_headers_count(h), m->n);
    for (size_t i = 0; i < m->n; i++)
        EDO_TEST_TRUE(is(edo_headers_at(h, i)->value, nth(value, "v", m->values[i]).ptr));
    for (int n = 0; n < names_n; n++) {
        const edo_header *f = NULL;
        for (size_t i = 0; i < m->n; i++) {
            if (m->names[i] != n) continue;
            f = edo_headers_next_named(h, f, model_name(name, n));
            EDO_TEST_TRUE(f == edo_headers_at(h, i));
        }
        EDO_TEST_TRUE(!edo_headers_next_named(h, f, model_name(name, n)));
    }
}

static void random_changes_are_those_of_a_list(void **state) {
    (void)state;
    uint32_t random = 1;
    for (int round = 0; round < 12; round++) {
        edo_headers h;
        edo_headers_init(&h);
        model m = { .n = 0 };
        int names_n = round % 3 ? 150 : 12;
        for (int step = 0; step < 400; step++) {
            char name[32], value[32];
            random = random * 1664525u + 1013904223u;
            int n = (int)(random >> 8) % names_n, what = (int)(random >> 28);
            if (what < 10) {
                EDO_TEST_OK(
                    edo_headers_append_named(&h, model_name(name, n), nth(value, "v", step)));
                m.names[m.n] = n;
                m.values[m.n++] = step;
            } else if (what < 13) {
                EDO_TEST_OK(edo_headers_set_named(&h, model_name(name, n), nth(value, "v", step)));
                model_set(&m, n, step);
            } else {
                EDO_TEST_EQ(edo_headers_remove_named(&h, model_name(name, n)),
                            model_remove(&m, n, 0));
            }
            if (step % 50 == 49) check(&h, &m, names_n);
        }
        edo_headers_deinit(&h);
    }
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int fill(edo_headers *h, edo_buf *out) {
    static char value[100];
    memset(value, 'v', sizeof value);
    int err = 0;
    char name[32];
    for (int i = 0; i < 140 && err == 0; i++) {
        err = edo_headers_append_named(h, nth(name, "name-", i), (edo_str){ value, sizeof value });
        if (err < 0) EDO_TEST_EQ(edo_headers_count(h), i);
    }
    (void)edo_headers_remove_named(h, EDO_STR("name-3"));
    EDO_TEST_TRUE(!edo_headers_get_named(h, EDO_STR("name-3")).ptr);
    if (err == 0) EDO_TEST_TRUE(edo_headers_get_named(h, EDO_STR("NAME-139")).ptr != NULL);
    if (err == 0) err = edo_headers_combine(h, EDO_STR("name-4"), out);
    return err;
}

static void each_lack_of_memory_is_reported_and_nothing_is_lost(void **state) {
    (void)state;
    bool is_over = false;
    for (uint64_t k = 1; !is_over; k++) {
        edo_headers h;
        edo_buf out = { 0 };
        edo_headers_init(&h);
        fail_at = allocations + k;
        int err = fill(&h, &out);
        is_over = allocations < fail_at;
        fail_at = 0;
        EDO_TEST_TRUE(err == 0 || err == -ENOMEM);
        if (is_over) EDO_TEST_OK(err);
        edo_buf_deinit(&out);
        edo_headers_deinit(&h);
    }
}

/* Each byte at each place of values of all lengths up to 20. */
static void value_is_valid_if_all_its_bytes_are(void **state) {
    (void)state;
    char value[20];
    for (size_t n = 1; n <= sizeof value; n++) {
        for (size_t at = 0; at < n; at++) {
            for (int c = 0; c < 256; c++) {
                bool is_good = c == '\t' || (c >= 0x20 && c != 0x7f);
                memset(value, c % 2 ? '~' : ' ', n);
                value[at] = (char)c;
                if (at > 0) value[at - 1] = '\t'; // what is good before it hides nothing
                EDO_TEST_EQ(edo_header_value_is_valid((edo_str){ value, n }), is_good);
            }
        }
    }
    EDO_TEST_TRUE(edo_header_value_is_valid((edo_str){ 0 }));
}

static void truncated_fields_are_not_found(void **state) {
    (void)state;
    edo_headers h;
    edo_headers_init(&h);
    for (int i = 0; i < 80; i++) { // beyond those that are searched without an index
        char name[24];
        (void)snprintf(name, sizeof name, "name-%d", i);
        EDO_TEST_OK(edo_headers_append_named(&h, edo_str_of(name), EDO_STR("1")));
    }
    EDO_TEST_OK(edo_headers_append(&h, EDO_HEADER_VIA, EDO_STR("x")));
    EDO_TEST_EQ(edo_headers_truncate(&h, 81), 0);
    EDO_TEST_EQ(edo_headers_truncate(&h, 70), 11);
    EDO_TEST_EQ(edo_headers_count(&h), 70);
    EDO_TEST_TRUE(!edo_headers_get(&h, EDO_HEADER_VIA).ptr);
    EDO_TEST_TRUE(!edo_headers_get_named(&h, EDO_STR("name-70")).ptr);
    EDO_TEST_TRUE(edo_headers_get_named(&h, EDO_STR("name-69")).ptr);
    EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("name-70"), EDO_STR("2")));
    EDO_TEST_TRUE(edo_str_equal(edo_headers_get_named(&h, EDO_STR("name-70")), EDO_STR("2")));
    EDO_TEST_EQ(edo_headers_truncate(&h, 3), 68);
    EDO_TEST_TRUE(edo_headers_get_named(&h, EDO_STR("name-2")).ptr);
    edo_headers_deinit(&h);
}

int main(void) {
    edo_allocator counting = { .alloc = count_alloc, .realloc = count_realloc, .free = count_free };
    if (edo_set_allocator(&counting) < 0) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(get_returns_the_first_value_in_any_case_of_the_name),
        cmocka_unit_test(a_value_with_line_ends_or_nul_is_refused),
        cmocka_unit_test(a_long_name_is_refused_at_64_kib),
        cmocka_unit_test(set_replaces_all_in_the_first_ones_place),
        cmocka_unit_test(value_is_valid_if_all_its_bytes_are),
        cmocka_unit_test(truncated_fields_are_not_found),
        cmocka_unit_test(values_combine_except_cookies),
        cmocka_unit_test(a_sensitive_value_is_not_printed),
        cmocka_unit_test(an_empty_map_needs_no_memory),
        cmocka_unit_test(a_map_takes_32768_fields_and_no_more),
        cmocka_unit_test(random_changes_are_those_of_a_list),
        cmocka_unit_test(each_lack_of_memory_is_reported_and_nothing_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
