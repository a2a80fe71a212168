/* SPDX-License-Identifier: MIT */
/* Goal: a path that is printed for a route leads to it, and is read as the values that it was made
 * of; values that no path can have are refused.
 * Method: tables; printed paths are requests to a router with that route; one allocation after the
 * other fails. */
#include "fail_alloc.h"
#include "web_asked.h"

#include <edo/error.h>
#include <edo/web_routes.h>

#include <math.h>

typedef struct pair {
    int64_t a;
} pair;
EDO_DESCRIBE(pair, EDO_FIELD(pair, a))

typedef struct key {
    int64_t id;
    edo_str name;
    edo_str secret;
    edo_str *maybe;
    edo_str two[2];
    pair in;
    int64_t small;
    double ratio;
    int64_t one[1];
} key;
EDO_DESCRIBE(key, EDO_FIELD(key, id, .min = 1, .optional = true),
             EDO_FIELD(key, name, .optional = true),
             EDO_FIELD(key, secret, .secret = true, .optional = true),
             EDO_FIELD_PTR(key, maybe, .optional = true),
             EDO_FIELD_FIXED(key, two, .optional = true),
             EDO_FIELD_OF(key, in, pair_desc, .optional = true),
             EDO_FIELD(key, small, .min = -5, .max = 9, .optional = true),
             EDO_FIELD(key, ratio, .optional = true),
             EDO_FIELD_FIXED(key, one, .min = -9, .max = 9, .optional = true))

/* A constant, as initialisers of static tables have to be. */
#define TEXT(text)                                                                                 \
    { (text), sizeof(text) - 1 }

/* ---- There and back -------------------------------------------------------------------------- */

static const struct {
    const char *path;
    key value;
    const char *printed;
} good[] = {
    { "/", { .id = 1 }, "/" },
    { "/a/b/", { .id = 1 }, "/a/b/" },
    { "/a{{b}}", { .id = 1 }, "/a{b}" },
    { "/users/{id}", { .id = 7 }, "/users/7" },
    { "/users/{id}/", { .id = 7 }, "/users/7/" },
    { "/{id}/{name}", { .id = 7, .name = TEXT("x") }, "/7/x" },
    { "/{name}", { .id = 1, .name = TEXT("a/b") }, "/a%2Fb" },
    { "/{name}", { .id = 1, .name = TEXT("a b?#%") }, "/a%20b%3F%23%25" },
    { "/{name}", { .id = 1, .name = TEXT("\xc3\xa4{}") }, "/%C3%A4%7B%7D" },
    { "/{name}", { .id = 1, .name = TEXT("...") }, "/..." },
    { "/{name}", { .id = 1, .name = TEXT("/evil.example") }, "/%2Fevil.example" },
    { "/i-{name}.png", { .id = 1, .name = TEXT(".") }, "/i-..png" },
    { "/f/{*name}", { .id = 1, .name = TEXT("a/b c/d.e/") }, "/f/a/b%20c/d.e/" },
    { "/f/{*name}", { .id = 1, .name = TEXT("a//b") }, "/f/a//b" },
    { "/s/{small}/x", { .id = 1, .small = -3 }, "/s/-3/x" },
    { "/r/{ratio}", { .id = 1, .ratio = -0.5e-300 }, "/r/-5e-301" },
    { "/o/{one}", { .id = 1, .one = { 9 } }, "/o/9" },
    { "/n/{name}", { .id = 1, .name = TEXT("a\0b") }, "/n/a%00b" },
    // what is wrong with a field without a capture is none of the path's business
    { "/{name}", { .id = -1, .name = TEXT("a") }, "/a" },
};

static int says_read(edo_web *w) {
    key k = { .id = 0 };
    char text[200];
    int err = edo_web_params(w, &k, &key_desc);
    (void)snprintf(text, sizeof text, "%lld %lld %.*s", (long long)k.id, (long long)k.small,
                   (int)k.name.len, k.name.len > 0 ? k.name.ptr : "");
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, text);
}

/* What the handler has to read: fields with a capture. */
static void expect(char *text, size_t n, const char *path, const key *value) {
    edo_str name = value->name;
    (void)snprintf(text, n, "%lld %lld %.*s", strstr(path, "{id}") ? (long long)value->id : 0LL,
                   strstr(path, "{small}") ? (long long)value->small : 0LL, (int)name.len,
                   name.len > 0 ? name.ptr : "");
}

static int there_and_back(void *arg) {
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(good); i++) {
        edo_buf to = { 0 };
        char wanted[200];
        edo_router *r = edo_router_new();
        edo_router_get(r, good[i].path, says_read);
        EDO_TEST_OK(edo_web_print_path(&to, good[i].path, &good[i].value, &key_desc));
        EDO_TEST_OK(edo_buf_append(&to, "", 1));
        CHECK_EQ(strcmp(to.ptr, good[i].printed), 0);
        expect(wanted, sizeof wanted, good[i].path, &good[i].value);
        web_asking_each(r, &(web_asking){ .target = to.ptr, .status = 200, .body = wanted }, 1);
        edo_buf_deinit(&to);
        edo_router_free(r);
    }
    return 0;
}

static void printed_path_is_read_as_what_it_was_made_of(void **state) {
    (void)state;
    assert_int_equal(inside(there_and_back, NULL), 0);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static void value_that_no_path_can_have_is_refused(void **state) {
    static const struct {
        const char *path;
        key value;
        int err;
    } cases[] = {
        { "", { .id = 1 }, -EINVAL },
        { "users", { .id = 1 }, -EINVAL },
        { "/{id", { .id = 1 }, -EINVAL },
        { "/{nobody}", { .id = 1 }, -EINVAL },
        { "/{secret}", { .id = 1, .secret = TEXT("s") }, -EINVAL },
        { "/{in}", { .id = 1 }, -ENOTSUP },
        { "/{id}", { .id = -5 }, -EDO_EVALUE },
        { "/{small}", { .id = 1, .small = 10 }, -EDO_EVALUE },
        { "/{one}", { .id = 1, .one = { 10 } }, -EDO_EVALUE },
        { "/{ratio}", { .id = 1, .ratio = NAN }, -EDO_EVALUE },
        { "/{ratio}", { .id = 1, .ratio = -INFINITY }, -EDO_EVALUE },
        { "/{name}", { .id = 1 }, -EDO_EVALUE },
        { "/{maybe}", { .id = 1 }, -EDO_EVALUE },
        { "/{two}", { .id = 1, .two = { TEXT("a"), TEXT("b") } }, -EDO_EVALUE },
        { "/{name}", { .id = 1, .name = TEXT("\xff") }, -EDO_EVALUE },
        { "/{name}", { .id = 1, .name = TEXT(".") }, -EDO_EVALUE },
        { "/{name}", { .id = 1, .name = TEXT("..") }, -EDO_EVALUE },
        { "/.{name}", { .id = 1, .name = TEXT(".") }, -EDO_EVALUE },
        { "/f/{*name}", { .id = 1, .name = TEXT("a/../b") }, -EDO_EVALUE },
        { "/f/{*name}", { .id = 1, .name = TEXT("a/.") }, -EDO_EVALUE },
        { "/f/{*name}", { .id = 1, .name = TEXT("..") }, -EDO_EVALUE },
        { "/{*name}", { .id = 1, .name = TEXT("/evil.example") }, -EDO_EVALUE },
        { "/f/{*name}", { .id = 1 }, -EDO_EVALUE },
    };
    edo_buf to = { 0 };
    (void)state;
    assert_int_equal(edo_buf_append(&to, "before", 6), 0);
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        int err = edo_web_print_path(&to, cases[i].path, &cases[i].value, &key_desc);
        if (err != cases[i].err) (void)fprintf(stderr, "%s: %d\n", cases[i].path, err);
        assert_int_equal(err, cases[i].err);
        assert_int_equal(to.len, 6);
    }
    assert_int_equal(edo_web_print_path(&to, "/{id}", NULL, NULL), -EINVAL);
    assert_int_equal(edo_web_print_path(&to, "/all", NULL, NULL), 0);
    assert_true(edo_str_equal((edo_str){ to.ptr, to.len }, EDO_STR("before/all")));
    edo_buf_deinit(&to);
}

static void without_memory_nothing_is_printed(void **state) {
    static const key value = { .id = 7, .name = TEXT("a/b c") };
    bool has_failed = true;
    (void)state;
    for (int k = 1; has_failed; k++) {
        edo_buf to = { 0 };
        fail_alloc_in = k;
        int err = edo_web_print_path(&to, "/users/{id}/x-{name}/", &value, &key_desc);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        assert_int_equal(err, has_failed ? -ENOMEM : 0);
        if (has_failed) assert_int_equal(to.len, 0);
        edo_buf_deinit(&to);
    }
}

/* ---- With a query ---------------------------------------------------------------------------- */

typedef struct page {
    int64_t id;
    edo_str find;
    int64_t *only;
    size_t only_n;
    edo_str session, secret;
    pair at;
} page;
EDO_DESCRIBE(page, EDO_FIELD(page, id, .in = EDO_IN_PATH), EDO_FIELD(page, find, .optional = true),
             EDO_FIELD_LIST(page, only, only_n, .optional = true),
             EDO_FIELD(page, session, .in = EDO_IN_COOKIE, .optional = true),
             EDO_FIELD(page, secret, .secret = true, .optional = true),
             EDO_FIELD_OF(page, at, pair_desc))

/* What it has read is printed again. */
static int prints_again(edo_web *w) {
    page read;
    edo_buf to = { 0 };
    int err = edo_web_extract(w, &read, &page_desc);
    if (err == 0) err = edo_web_print_link(&to, "/users/{id}", &read, &page_desc);
    if (err == 0) err = edo_buf_append(&to, "", 1);
    if (err == 0) err = edo_web_reply_text(w, EDO_STATUS_OK, to.ptr);
    edo_buf_deinit(&to);
    return err;
}

static int links(void *arg) {
    static const char link[] = "/users/7?find=a%26b%20%C3%A4&only=1&only=2&at.a=5";
    static const web_asking same = { .target = link, .status = 200, .body = link };
    int64_t both[] = { 1, 2 };
    const page of = { .id = 7,
                      .find = EDO_STR("a&b \xc3\xa4"),
                      .only = both,
                      .only_n = 2,
                      .session = EDO_STR("s"),
                      .secret = EDO_STR("x"),
                      .at = { 5 } };
    edo_router *r = edo_router_new();
    edo_buf to = { 0 };
    (void)arg;
    EDO_TEST_OK(edo_web_print_link(&to, "/users/{id}", &of, &page_desc));
    CHECK(edo_str_equal((edo_str){ to.ptr, to.len }, edo_str_of(link)));
    to.len = 0;
    EDO_TEST_OK(edo_web_print_link(&to, "/all", NULL, NULL));
    CHECK(edo_str_equal((edo_str){ to.ptr, to.len }, EDO_STR("/all")));
    edo_buf_deinit(&to);
    edo_router_get(r, "/users/{id}", prints_again);
    web_asking_each(r, &same, 1);
    edo_router_free(r);
    return 0;
}

static void link_with_a_query_is_read_as_it_was_printed(void **state) {
    (void)state;
    assert_int_equal(inside(links, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(link_with_a_query_is_read_as_it_was_printed),
        cmocka_unit_test(printed_path_is_read_as_what_it_was_made_of),
        cmocka_unit_test(value_that_no_path_can_have_is_refused),
        cmocka_unit_test(without_memory_nothing_is_printed),
    };
    fail_alloc_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
