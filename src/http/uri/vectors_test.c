/* SPDX-License-Identifier: MIT */
/* Goal: URIs are taken apart, resolved and normalised as RFC 3986 has it.
 * Method: the vectors of tests/http/vectors/uri.tsv. */
#include "http/uri/dots.h"

#include <edo/test.h>
#include <edo/uri.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FIELDS_MAX 9

static unsigned digit(char c) {
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* In place; a field that is "-" has no pointer. */
static edo_str from_hex(char *field) {
    if (!field || *field != '=') return (edo_str){ 0 };
    size_t n = (strlen(field) - 1) / 2;
    for (size_t i = 0; i < n; i++)
        field[i] = (char)(digit(field[1 + 2 * i]) << 4 | digit(field[2 + 2 * i]));
    return (edo_str){ field, n };
}

static void check_part(edo_str got, edo_str want) {
    EDO_TEST_EQ(!got.ptr, !want.ptr);
    EDO_TEST_TRUE(edo_str_equal(got, want));
}

static void check_text(const edo_buf *got, edo_str want) {
    edo_str text = { got->ptr, got->len };
    if (!edo_str_equal(text, want))
        print_error("%.*s, not %.*s\n", (int)text.len, text.ptr, (int)want.len, want.ptr);
    EDO_TEST_TRUE(edo_str_equal(text, want));
}

static void check_parsed(const edo_str *f) {
    edo_uri u;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_uri_parse(&u, f[0]));
    check_part(u.scheme, f[1]);
    check_part(u.userinfo, f[2]);
    check_part(u.host, f[3]);
    check_part(u.port, f[4]);
    check_part(u.path, f[5]);
    check_part(u.query, f[6]);
    check_part(u.fragment, f[7]);
    EDO_TEST_OK(edo_uri_print(&u, &text));
    check_text(&text, f[0]);
    edo_buf_deinit(&text);
}

static void check_refused(const edo_str *f) {
    edo_uri u = { .port = EDO_STR("untouched") };
    int err = edo_uri_parse(&u, f[0]);
    if (err != -EINVAL) print_error("%.*s\n", (int)f[0].len, f[0].ptr);
    EDO_TEST_EQ(err, -EINVAL);
    EDO_TEST_EQ(u.port.len, 9);
}

static void check_resolved(const edo_str *f) {
    edo_uri base, ref;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_uri_parse(&base, f[0]));
    EDO_TEST_OK(edo_uri_parse(&ref, f[1]));
    EDO_TEST_OK(edo_uri_resolve(&base, &ref, &text));
    check_text(&text, f[2]);
    edo_buf_deinit(&text);
}

static void check_normalized(const edo_str *f) {
    edo_uri u;
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_uri_parse(&u, f[0]));
    EDO_TEST_OK(edo_uri_normalize(&u, &text));
    check_text(&text, f[1]);
    edo_buf_deinit(&text);
}

static void check_dots(const edo_str *f) {
    char path[256];
    EDO_TEST_TRUE(f[0].len < sizeof path);
    memcpy(path, f[0].ptr, f[0].len);
    edo_buf text = { .ptr = path, .len = edoi_remove_dots(path, f[0].len) };
    check_text(&text, f[1]);
}

static void the_vectors_have_their_results(void **state) {
    (void)state;
    static const struct {
        const char *name;
        void (*check)(const edo_str *fields);
    } kinds[] = { { "parse", check_parsed },
                  { "refuse", check_refused },
                  { "resolve", check_resolved },
                  { "normalize", check_normalized },
                  { "dots", check_dots } };
    FILE *file = fopen(EDO_TEST_SOURCE_DIR "/tests/http/vectors/uri.tsv", "r");
    EDO_TEST_TRUE(file);
    char line[4096];
    size_t n = 0;
    for (; fgets(line, sizeof line, file); n++) {
        char *next = line, *kind;
        line[strcspn(line, "\n")] = 0;
        kind = strsep(&next, "\t");
        edo_str fields[FIELDS_MAX] = { 0 };
        for (size_t i = 0; next && i < FIELDS_MAX; i++) fields[i] = from_hex(strsep(&next, "\t"));
        for (size_t i = 0; i < EDO_COUNT(kinds); i++)
            if (strcmp(kind, kinds[i].name) == 0) kinds[i].check(fields);
    }
    EDO_TEST_EQ(n, 120);
    (void)fclose(file);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_have_their_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
