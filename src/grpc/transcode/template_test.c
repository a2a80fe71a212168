/* SPDX-License-Identifier: MIT */
/* Goal: templates are read as google/api/http.proto has them, and match what they say.
 * Method: rows of templates, their routes, and paths. */
#include "grpc/transcode/template.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void template_is_a_route(void **state) {
    static const struct {
        const char *text, *route;
        uint32_t variables;
    } rows[] = {
        { "/v1/books", "/v1/books", 0 },
        { "/v1/books:add", "/v1/books:add", 0 },
        { "/v1/*/b", "/v1/{v0}/b", 0 },
        { "/{a}", "/{v0}", 1 },
        { "/{a=*}/{b.c_d=x}", "/{v0}/x", 2 },
        { "/v1/{name=shelves/*/books/*}:lend", "/v1/shelves/{v0}/books/{v1}:lend", 1 },
        { "/v1/{a=**}", "/v1/{*v0}", 1 },
        { "/v1/{a=files/**}:open", "/v1/files/{*v0}", 1 },
        { "/**", "/{*v0}", 0 },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edoi_template t;
        const char *why = NULL;
        edo_buf out = { 0 };
        assert_int_equal(edoi_template_parse(&t, edo_str_of(rows[i].text), &why), 0);
        assert_int_equal(t.variables_n, rows[i].variables);
        assert_int_equal(edoi_template_route(&t, &out), 0);
        assert_true(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(rows[i].route)));
        edo_buf_deinit(&out);
    }
}

static void refused(const char *text) {
    edoi_template t;
    const char *why = NULL;
    if (edoi_template_parse(&t, edo_str_of(text), &why) == 0) print_message("%s\n", text);
    assert_int_equal(edoi_template_parse(&t, edo_str_of(text), &why), -EINVAL);
    assert_non_null(why);
}

static void refused_times(const char *piece, size_t n) {
    edo_buf text = { 0 };
    for (size_t i = 0; i < n; i++) assert_int_equal(edo_buf_append(&text, piece, strlen(piece)), 0);
    assert_int_equal(edo_buf_append(&text, "", 1), 0);
    refused(text.ptr);
    edo_buf_deinit(&text);
}

static void what_is_no_template_is_refused(void **state) {
    static const char *const rows[] = { "",       "v1",     "/",      "//a",       "/a/",
                                        "/a?b",   "/a#",    "/a b",   "/{",        "/{a",
                                        "/{}",    "/{=*}",  "/{a=}",  "/{a=/b}",   "/{a=b/}",
                                        "/{a}b",  "/a{b}",  "/**/a",  "/{a=**}/b", "/{a={b}}",
                                        "/a:",    "/a:b:c", "/a:{b}", "/***",      "/a*",
                                        "/{a b}", "/%61",   "/{.a}",  "/a:b/c" };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) refused(rows[i]);
    refused_times("/a", EDOI_TEMPLATE_SEGMENTS_MAX + 1);
    refused_times("/{a}", EDOI_TEMPLATE_VARIABLES_MAX + 1);
}

static const struct {
    const char *text, *path, *first, *second; /* `first` NULL: it does not match */
} matches[] = {
    { "/v1/{a}/{b}", "/v1/x/y", "x", "y" },
    { "/v1/{a}/{b}", "/v1/x%2Fy/", NULL, NULL },
    { "/v1/{a}/{b}", "/v1/x%2Fy/%", "x%2Fy", "%" },
    { "/v1/{a}", "/v1/x/y", NULL, NULL },
    { "/v1/{a}", "/v1/", NULL, NULL },
    { "/v1/{a}", "/v1", NULL, NULL },
    { "/v1/{a}", "/v2/x", NULL, NULL },
    { "/v1/{a}", "/%761/x", "x", NULL },
    { "/v1/{a}", "/%7/x", NULL, NULL },
    { "/v1/{a}", "/v1x/x", NULL, NULL },
    { "/v1/{a=s/*/b/*}", "/v1/s/1/b/2", "s/1/b/2", NULL },
    { "/v1/{a=s/*}/{b=t/*}:x", "/v1/s/1/t/2:x", "s/1", "t/2" },
    { "/v1/{a=s/*}/{b=t/*}:x", "/v1/s/1/t/2", NULL, NULL },
    { "/v1/{a=s/*}/{b=t/*}:x", "/v1/s/1/t/2:y", NULL, NULL },
    { "/v1/{a=s/*}/{b=t/*}:x", "/v1/s/1/t/:x", NULL, NULL },
    { "/{a}:x", "/:x", NULL, NULL },
    { "/{a}:x", ":x", NULL, NULL },
    { "/{a=f/**}:x", "/f/1/2//3:x", "f/1/2//3", NULL },
    { "/{a=f/**}", "/f/", NULL, NULL },
    { "/{a=f/**}", "/f", NULL, NULL },
    { "/{a}", "", NULL, NULL },
};

static void path_has_the_values(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(matches); i++) {
        edoi_template t;
        const char *why = NULL;
        edo_str values[EDOI_TEMPLATE_VARIABLES_MAX];
        assert_int_equal(edoi_template_parse(&t, edo_str_of(matches[i].text), &why), 0);
        const bool is_match = edoi_template_match(&t, edo_str_of(matches[i].path), values);
        if (is_match != (matches[i].first != NULL)) print_message("%s\n", matches[i].path);
        assert_int_equal(is_match, matches[i].first != NULL);
        if (!is_match) continue;
        assert_true(edo_str_equal(values[0], edo_str_of(matches[i].first)));
        if (matches[i].second) assert_true(edo_str_equal(values[1], edo_str_of(matches[i].second)));
    }
}

static void slash_in_percent_encoding_stays_between_slashes(void **state) {
    static const struct {
        const char *text;
        bool is_long;
        const char *plain; /* NULL: -EINVAL */
    } rows[] = {
        { "a%20b", false, "a b" },
        { "a%2Fb", false, "a/b" },
        { "a%2Fb%2f", true, "a%2Fb%2f" },
        { "a/b%20c", true, "a/b c" },
        { "+", false, "+" },
        { "%", false, NULL },
        { "a%2", true, NULL },
        { "%2F%zz", true, NULL },
        { "", true, "" },
        { "%2e%2e/%252F", true, "../%2F" },
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_buf out = { 0 };
        int err = edoi_template_decode(&out, edo_str_of(rows[i].text), rows[i].is_long);
        assert_int_equal(err, rows[i].plain ? 0 : -EINVAL);
        assert_true(edo_str_equal((edo_str){ out.len > 0 ? out.ptr : "", out.len },
                                  edo_str_of(rows[i].plain ? rows[i].plain : "")));
        edo_buf_deinit(&out);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(template_is_a_route),
        cmocka_unit_test(what_is_no_template_is_refused),
        cmocka_unit_test(path_has_the_values),
        cmocka_unit_test(slash_in_percent_encoding_stays_between_slashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
