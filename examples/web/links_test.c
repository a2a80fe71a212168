/* SPDX-License-Identifier: MIT */
/* links_test.c: the service of step 1 under test: requests go through all of it, without a socket
 * and without a port. */
#include <edo/edo.h>
#include <edo/test.h>
#include <edo/test_web.h>
#include <edo/uri.h>
#include <edo/web.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINKS_MAX 10000

typedef struct short_link {
    int64_t key;
    char *url;
    uint64_t visits;
} short_link;

static const char *check_url(const void *element) {
    char *const *url = element;
    edo_uri uri;
    bool is_web =
        edo_uri_parse(&uri, edo_str_of(*url)) == 0 && uri.host.len > 0 &&
        (edo_str_equal(uri.scheme, EDO_STR("http")) || edo_str_equal(uri.scheme, EDO_STR("https")));
    return is_web ? NULL : "must be a URL of http or https";
}

EDO_DESCRIBE(short_link, EDO_FIELD(short_link, key, .optional = true, .doc = "given by the server"),
             EDO_FIELD(short_link, url, .max_len = 2000, .check = check_url),
             EDO_FIELD(short_link, visits, .optional = true, .doc = "counted by the server"))

/* ---- What it remembers ----------------------------------------------------------------------- */

typedef struct links {
    edo_mutex lock;
    edo_arena texts;
    short_link all[LINKS_MAX]; /* that of key 1 comes first */
    int64_t n;
} links;

/* Fills the key of `l`. Returns 0, -ENOSPC or -ENOMEM. */
static int links_add(links *self, short_link *l) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    l->key = self->n + 1;
    l->visits = 0;
    err = self->n < LINKS_MAX
              ? edo_value_copy(&self->all[self->n], l, &short_link_desc, &self->texts)
              : -ENOSPC;
    if (err == 0) self->n++;
    edo_mutex_unlock(&self->lock);
    return err;
}

/* Fills `*l`, and counts a visit or none. Returns 0 or -ENOENT. */
static int links_find(links *self, int64_t key, uint64_t visits, short_link *l) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    if (key <= self->n) {
        self->all[key - 1].visits += visits;
        *l = self->all[key - 1];
    } else {
        err = -ENOENT;
    }
    edo_mutex_unlock(&self->lock);
    return err;
}

/* ---- Handlers -------------------------------------------------------------------------------- */

static int add_link(edo_web *w) {
    short_link l = { 0 };
    int err = edo_web_json(w, &l, &short_link_desc); // on failure a response has been made
    if (err == 0) err = links_add(edo_web_state(w), &l);
    if (err == -ENOSPC)
        return edo_web_reply_problem(w, EDO_STATUS_INSUFFICIENT_STORAGE, "no room for more links");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_CREATED, &l, &short_link_desc);
}

typedef struct link_key {
    int64_t key;
} link_key;
EDO_DESCRIBE(link_key, EDO_FIELD(link_key, key, .min = 1))

/* An extractor of our own: the link that the path names. */
static int link_of(edo_web *w, uint64_t visits, short_link *l) {
    link_key k = { 0 };
    int err = edo_web_params(w, &k, &link_key_desc);
    if (err == 0) err = links_find(edo_web_state(w), k.key, visits, l);
    if (err == -ENOENT)
        return edo_web_reject(w, err, EDO_STATUS_NOT_FOUND, "no link %" PRId64, k.key);
    return err;
}

static int follow_link(edo_web *w) {
    short_link l = { 0 };
    int err = link_of(w, 1, &l);
    return err < 0 ? err
                   : edo_web_reply_redirect(w, EDO_STATUS_TEMPORARY_REDIRECT, edo_str_of(l.url));
}

static int show_link(edo_web *w) {
    short_link l = { 0 };
    int err = link_of(w, 0, &l);
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &l, &short_link_desc);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static edo_router *routes(void) {
    edo_router *r = edo_router_new();
    edo_router_post(r, "/links", add_link);
    edo_router_get(r, "/links/{key}", show_link);
    edo_router_get(r, "/{key}", follow_link);
    return r;
}

/* A service of its own for each test. */
typedef struct under_test {
    links state;
    edo_router *router;
    edo_oneshot got;
} under_test;

static void begin(under_test *t) {
    *t = (under_test){ .state.lock = EDO_MUTEX_INIT, .router = routes() };
}

static void end(under_test *t, const char *promise) {
    edo_oneshot_deinit(&t->got);
    edo_router_free(t->router);
    edo_arena_deinit(&t->state.texts);
    printf("%s\n", promise);
}

static void ask(under_test *t, const edo_http_request *req) {
    edo_oneshot_deinit(&t->got);
    EDO_TEST_OK(edo_web_oneshot(&t->got, t->router, req, &(edo_web_opts){ .state = &t->state }));
}

static void get(under_test *t, const char *path) {
    ask(t, &(edo_http_request){ .target = edo_str_of(path) });
}

static void add(under_test *t, const char *json) {
    edo_headers headers;
    edo_headers_init(&headers);
    EDO_TEST_OK(edo_headers_append(&headers, EDO_HEADER_CONTENT_TYPE, EDO_STR("application/json")));
    ask(t, &(edo_http_request){ .method = EDO_METHOD_POST,
                                .target = EDO_STR("/links"),
                                .headers = &headers,
                                .data = edo_str_of(json) });
    edo_headers_deinit(&headers);
}

static void link_that_was_added_is_followed_and_counted(under_test *t) {
    add(t, "{\"url\":\"https://example.org/a?b\"}");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_CREATED);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_TEMPORARY_REDIRECT);
    edo_str to = edo_headers_get(&t->got.headers, EDO_HEADER_LOCATION);
    EDO_TEST_TRUE(edo_str_equal(to, EDO_STR("https://example.org/a?b")));
    get(t, "/links/1");
    EDO_TEST_TRUE(strstr(t->got.body.ptr, "\"visits\":1") != NULL);
}

static void url_of_no_web_page_is_refused_and_named(under_test *t) {
    add(t, "{\"url\":\"javascript:alert(1)\"}");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_UNPROCESSABLE_CONTENT);
    EDO_TEST_TRUE(strstr(t->got.body.ptr, "\"#/url\"") != NULL);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_NOT_FOUND);
}

static void table_that_is_full_is_507(under_test *t) {
    t->state.n = LINKS_MAX;
    add(t, "{\"url\":\"http://a\"}");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_INSUFFICIENT_STORAGE);
}

static int tests(void *arg) {
    static under_test t;
    (void)arg;
    begin(&t), link_that_was_added_is_followed_and_counted(&t);
    end(&t, "a link that was added is followed and counted");
    begin(&t), url_of_no_web_page_is_refused_and_named(&t);
    end(&t, "a URL of no web page is refused and named");
    begin(&t), table_that_is_full_is_507(&t);
    end(&t, "a table that is full is 507");
    return 0;
}

int main(void) {
    return edo_main(tests, NULL);
}
