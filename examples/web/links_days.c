/* SPDX-License-Identifier: MIT */
/* links_days.c: exercise of chapter 25: a link ends after some days; then it is gone, and visits no
 * longer count. The tests let a month pass on a paused clock. */
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
    uint32_t days;
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
             EDO_FIELD(short_link, visits, .optional = true, .doc = "counted by the server"),
             EDO_FIELD(short_link, days, .optional = true, .preset = "30", .min = 1, .max = 365))

/* ---- What it remembers ----------------------------------------------------------------------- */

typedef struct links {
    edo_mutex lock;
    edo_arena texts;
    short_link all[LINKS_MAX]; /* that of key 1 comes first */
    edo_instant ends[LINKS_MAX];
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
    if (err == 0)
        self->ends[self->n++] = edo_instant_add(edo_now(), edo_hours(24 * (int64_t)l->days));
    edo_mutex_unlock(&self->lock);
    return err;
}

/* Fills `*l`, and counts a visit or none. Returns 0, -ENOENT, or -ESTALE: it has ended. */
static int links_find(links *self, int64_t key, uint64_t visits, short_link *l) {
    int err = edo_mutex_lock(&self->lock);
    if (err < 0) return err;
    if (key <= self->n && edo_instant_since(edo_now(), self->ends[key - 1]).ns >= 0) {
        err = -ESTALE;
    } else if (key <= self->n) {
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
    if (err == -ESTALE)
        return edo_web_reject(w, err, EDO_STATUS_GONE, "link %" PRId64 " has ended", k.key);
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

static void pass_days(int64_t n) {
    EDO_TEST_OK(edo_time_advance(edo_hours(24 * n)));
}

static void link_is_gone_after_its_days(under_test *t) {
    add(t, "{\"url\":\"http://a\",\"days\":2}");
    pass_days(1);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_TEMPORARY_REDIRECT);
    pass_days(1);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_GONE);
}

static void link_lives_for_30_days_unless_it_says_otherwise(under_test *t) {
    add(t, "{\"url\":\"http://a\"}");
    EDO_TEST_TRUE(strstr(t->got.body.ptr, "\"days\":30") != NULL);
    pass_days(29);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_TEMPORARY_REDIRECT);
    pass_days(1);
    get(t, "/1");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_GONE);
}

static void visit_of_a_link_that_has_ended_does_not_count(under_test *t) {
    add(t, "{\"url\":\"http://a\",\"days\":1}");
    get(t, "/1");
    pass_days(1);
    get(t, "/1");
    EDO_TEST_EQ(t->state.all[0].visits, 1u);
}

static void number_of_days_out_of_range_is_refused(under_test *t) {
    add(t, "{\"url\":\"http://a\",\"days\":0}");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_UNPROCESSABLE_CONTENT);
    add(t, "{\"url\":\"http://a\",\"days\":366}");
    EDO_TEST_EQ(t->got.status, EDO_STATUS_UNPROCESSABLE_CONTENT);
}

static int tests(void *arg) {
    static under_test t;
    (void)arg;
    begin(&t), link_is_gone_after_its_days(&t);
    end(&t, "a link is gone after its days");
    begin(&t), link_lives_for_30_days_unless_it_says_otherwise(&t);
    end(&t, "a link lives for 30 days unless it says otherwise");
    begin(&t), visit_of_a_link_that_has_ended_does_not_count(&t);
    end(&t, "a visit of a link that has ended does not count");
    begin(&t), number_of_days_out_of_range_is_refused(&t);
    end(&t, "a number of days out of range is refused");
    return 0;
}

int main(void) {
    return edo_main_with(tests, NULL, &(edo_runtime_opts){ .start_paused = true });
}
