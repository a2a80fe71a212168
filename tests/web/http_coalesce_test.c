/* SPDX-License-Identifier: MIT */
/* Goal: equal requests at once are one, each caller gets the whole response, and nothing that may
 * be for one caller reaches another one, at once or out of a cache.
 * Method: a client of a server in memory that counts requests; two callers at once, and a third
 * later, for each kind of request and response. */
#include <edo/http_coalesce.h>

#include "memory_site.h"

#include <stdio.h>

#define LARGE ((size_t)1 << 30) /* bytes of a body that HEAD names */

#define OK "HTTP/1.1 200 OK\r\n"

/* Responds slowly, with the fields that the path names. */
static int respond(memory_site *s, edo_stream *io) {
    static const struct {
        const char *path, *head;
    } rows[] = {
        { "/plain", OK },
        { "/public", OK "Cache-Control: public, max-age=3600\r\nX-Mine: yes\r\n" },
        { "/short", OK "Cache-Control: max-age=3\r\n" },
        { "/none", OK "Cache-Control: max-age=0\r\n" },
        { "/aged", OK "Cache-Control: max-age=3600\r\nAge: 3599\r\n" },
        { "/expires", OK "Expires: 0\r\n" },
        { "/private", OK "Cache-Control: max-age=3600, private\r\n" },
        { "/no-store", OK "Cache-Control: max-age=3600\r\nCache-Control: no-store\r\n" },
        { "/no-cache", OK "Cache-Control: no-cache\r\n" },
        { "/bad-control", OK "Cache-Control: max-age=\"\r\n" },
        { "/cookie", OK "Set-Cookie: a=1\r\n" },
        { "/vary", OK "Vary: Accept-Language, accept\r\n" },
        { "/vary-agent", OK "Vary: accept\r\nVary: User-Agent\r\n" },
        { "/vary-all", OK "Vary: *\r\n" },
        { "/gone", "HTTP/1.1 410 Gone\r\n" },
        { "/broken", "HTTP/1.1 500 Internal Server Error\r\n" },
    };
    char text[400], body[32];
    const char *head = OK;
    (void)snprintf(body, sizeof body, "body %d", s->requests_n);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        size_t n = strlen(rows[i].path);
        const char *path = strchr(s->head, ' ') + 1;
        if (!strncmp(path, rows[i].path, n) && (path[n] == ' ' || path[n] == '?'))
            head = rows[i].head;
    }
    bool is_head = !strncmp(s->head, "HEAD", 4);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    if (strstr(s->head, "/chunked")) {
        (void)snprintf(text, sizeof text,
                       "%sTransfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n", head,
                       strlen(body), body);
    } else {
        size_t n = is_head && strstr(s->head, "/large") ? LARGE : strlen(body);
        (void)snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n%s", head, n,
                       is_head ? "" : body);
    }
    return site_say(io, text);
}

typedef struct caller {
    edo_http_client *client;
    const char *url;
    const edo_fetch_opts *opts;
    int err, status;
    int64_t length;
    bool is_mine; /* X-Mine came */
    char body[64];
} caller;

static int fetches(void *arg) {
    caller *c = arg;
    edo_http_response *res;
    edo_buf body = { 0 };
    edo_fetch_opts opts = { 0 };
    if (c->opts) opts = *c->opts;
    opts.client = c->client;
    opts.any_status = true;
    opts.attempts = 1;
    c->err = edo_fetch(&res, edo_str_of(c->url), &opts);
    if (c->err < 0) return 0;
    c->status = (int)res->status;
    c->length = res->length;
    c->is_mine = edo_headers_get_named(&res->headers, EDO_STR("x-mine")).len > 0;
    c->err = edo_http_response_collect(res, &body, 1000);
    (void)snprintf(c->body, sizeof c->body, "%.*s", (int)body.len, body.len > 0 ? body.ptr : "");
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    return 0;
}

typedef struct world {
    memory_site site;
    edo_http_client *client;
    edo_cache *cache;
} world;

static void world_begin(world *w, edo_http_coalesce_opts opts) {
    edo_stack around;
    *w = (world){ .site = { .respond = respond }, .cache = opts.cache };
    edo_stack_init(&around);
    edo_stack_push(&around, edo_http_coalesce_layer(&opts));
    w->client = site_client(&w->site, &(edo_http_client_opts){ .layers = &around });
    edo_stack_deinit(&around);
}

static void world_end(world *w) {
    site_end(&w->site, w->client);
}

/* Two callers at once, then a third one. Returns how many requests the first two made; `*later` is
 * whether the third made one. */
static int asks(world *w, const char *url, const edo_fetch_opts *opts, bool *later) {
    caller c[3];
    edo_scope scope;
    int before = w->site.requests_n;
    for (int i = 0; i < 3; i++) c[i] = (caller){ .client = w->client, .url = url, .opts = opts };
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 2; i++) EDO_TEST_OK(edo_scope_spawn(&scope, fetches, &c[i]));
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    int first = w->site.requests_n - before;
    EDO_TEST_OK(fetches(&c[2]));
    *later = w->site.requests_n - before > first;
    bool is_head = opts && opts->method == EDO_METHOD_HEAD;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(c[i].err, 0);
        CHECK(is_head ? c[i].body[0] == 0 : !strncmp(c[i].body, "body ", 5));
        CHECK(strstr(url, "chunked") ? c[i].length < 0 : c[i].length >= 6);
        CHECK_EQ(c[i].is_mine, strstr(url, "/public") != NULL);
    }
    if (!is_head) CHECK_EQ(!strcmp(c[0].body, c[1].body), first == 1);
    return first;
}

/* ---- Responses ------------------------------------------------------------------------------- */

typedef struct row {
    const char *url;
    bool is_shared, is_kept; /* at once; in a cache */
} row;

static const row rows[] = {
    { "http://site/plain", true, true },        { "http://site/plain?q=1", true, true },
    { "http://site/public", true, true },       { "http://site/short", true, false },
    { "http://site/aged", true, false },        { "http://site/expires", true, false },
    { "http://site/private", false, false },    { "http://site/no-store", false, false },
    { "http://site/no-cache", false, false },   { "http://site/bad-control", false, false },
    { "http://site/cookie", false, false },     { "http://site/vary", true, true },
    { "http://site/vary-agent", false, false }, { "http://site/vary-all", false, false },
    { "http://site/chunked", false, false },    { "http://site/gone", true, true },
    { "http://site/broken", false, false },     { "http://me:secret@site/plain", false, false },
};

EDO_TEST(only_responses_for_everybody_are_shared, .paused = true) {
    world w;
    world_begin(&w, (edo_http_coalesce_opts){ .body_max = 100 });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        bool later;
        CHECK_EQ(asks(&w, rows[i].url, NULL, &later), rows[i].is_shared ? 1 : 2);
        CHECK(later);
    }
    world_end(&w);
}

EDO_TEST(only_responses_for_everybody_are_kept, .paused = true) {
    world w;
    edo_cache *cache;
    EDO_TEST_OK(edo_cache_new(&cache, NULL));
    world_begin(&w, (edo_http_coalesce_opts){ .cache = cache });
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        bool later;
        CHECK_EQ(asks(&w, rows[i].url, NULL, &later), rows[i].is_kept ? 1 : 2);
        CHECK_EQ(later, !rows[i].is_kept);
    }
    CHECK_EQ(edo_cache_get_stats(cache).entries, 5);
    world_end(&w);
    edo_cache_unref(cache);
}

/* The cache says how long a response is kept, so for so long it has to be fresh, also where the
 * layer is told less. */
EDO_TEST(a_response_is_as_fresh_as_the_cache_keeps_it, .paused = true) {
    static const struct {
        const char *url;
        edo_duration kept, asked;
        bool is_kept;
    } cases[] = {
        { "http://site/short", EDO_S(2), { 0 }, true }, // is fresh for 3 s
        { "http://site/short", EDO_S(3), { 0 }, true },
        { "http://site/short", EDO_MS(3001), { 0 }, false },
        { "http://site/short", EDO_S(2), EDO_S(4), false },
        { "http://site/public", EDO_S(3600), { 0 }, true },
        { "http://site/public", EDO_S(3601), { 0 }, false },
        { "http://site/public", EDO_S(7200), EDO_S(60), false },
        { "http://site/public", { EDO_FOREVER_NS }, { 0 }, false },
        { "http://site/plain", { EDO_FOREVER_NS }, { 0 }, true },
        { "http://site/none", EDO_MS(200), { 0 }, false },
    };
    for (size_t i = 0; i < EDO_COUNT(cases); i++) {
        world w;
        edo_cache *cache;
        bool later;
        EDO_TEST_OK(edo_cache_new(&cache, &(edo_cache_opts){ .ttl = cases[i].kept }));
        world_begin(&w, (edo_http_coalesce_opts){ .cache = cache, .ttl = cases[i].asked });
        (void)asks(&w, cases[i].url, NULL, &later);
        if (later == cases[i].is_kept) EDO_TEST_EQ((int)i, -1); // names the case
        world_end(&w);
        edo_cache_unref(cache);
    }
}

EDO_TEST(a_body_that_is_too_long_is_its_callers, .paused = true) {
    world w;
    bool later;
    world_begin(&w, (edo_http_coalesce_opts){ .body_max = 5 });
    CHECK_EQ(asks(&w, "http://site/plain", NULL, &later), 2);
    world_end(&w);
}

/* ---- Requests -------------------------------------------------------------------------------- */

static void fields_set(edo_headers *h, const char *name, const char *value) {
    edo_headers_init(h);
    EDO_TEST_OK(edo_headers_append_named(h, edo_str_of(name), edo_str_of(value)));
}

EDO_TEST(requests_of_one_caller_are_its_own, .paused = true) {
    static const char *const fields[][2] = {
        { "Authorization", "Bearer x" }, { "Cookie", "a=1" },
        { "Range", "bytes=0-1" },        { "If-None-Match", "\"a\"" },
        { "Cache-Control", "no-cache" }, { "X-Api-Key", "secret" },
    };
    world w;
    bool later;
    world_begin(&w, (edo_http_coalesce_opts){ .own = "x-api-key, x-user" });
    for (size_t i = 0; i < EDO_COUNT(fields); i++) {
        edo_headers h;
        fields_set(&h, fields[i][0], fields[i][1]);
        CHECK_EQ(asks(&w, "http://site/plain", &(edo_fetch_opts){ .headers = &h }, &later), 2);
        edo_headers_deinit(&h);
    }
    CHECK_EQ(asks(&w, "http://site/plain", &(edo_fetch_opts){ .data = EDO_STR("x") }, &later), 2);
    const edo_fetch_opts put = { .method = EDO_METHOD_PUT };
    CHECK_EQ(asks(&w, "http://site/plain", &put, &later), 2);
    const edo_fetch_opts head = { .method = EDO_METHOD_HEAD };
    CHECK_EQ(asks(&w, "http://site/plain", &head, &later), 1);
    CHECK_EQ(asks(&w, "http://site/large", &head, &later), 1);
    world_end(&w);
}

/* Two requests at once that differ; returns how many reach the site. */
static int asks_two(world *w, const char *url[2], const edo_headers *h[2], edo_method of_second) {
    caller c[2];
    edo_fetch_opts opts[2];
    edo_scope scope;
    int before = w->site.requests_n;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < 2; i++) {
        opts[i] = (edo_fetch_opts){ .headers = h ? h[i] : NULL };
        if (i == 1) opts[i].method = of_second;
        c[i] = (caller){ .client = w->client, .url = url[i], .opts = &opts[i] };
        EDO_TEST_OK(edo_scope_spawn(&scope, fetches, &c[i]));
    }
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    CHECK(c[0].err == 0 && c[1].err == 0);
    return w->site.requests_n - before;
}

EDO_TEST(requests_that_differ_where_it_matters_are_two, .paused = true) {
    world w;
    edo_headers german, french, agent, tenant, other, secret;
    world_begin(&w, (edo_http_coalesce_opts){ .vary = NULL });
    fields_set(&german, "Accept-Language", "de");
    fields_set(&french, "Accept-Language", "fr");
    fields_set(&agent, "User-Agent", "other");
    fields_set(&tenant, "Host", "a.example");
    fields_set(&other, "Host", "b.example");
    fields_set(&secret, "X-Api-Key", "1");
    CHECK_EQ(edo_headers_set_sensitive(&secret, EDO_STR("x-api-key")), 1);
    const char *same[] = { "http://site/vary", "http://site/vary" };
    CHECK_EQ(asks_two(&w, same, (const edo_headers *[]){ &german, &german }, 0), 1);
    CHECK_EQ(asks_two(&w, same, (const edo_headers *[]){ &german, &french }, 0), 2);
    CHECK_EQ(asks_two(&w, same, (const edo_headers *[]){ &german, NULL }, 0), 2);
    CHECK_EQ(asks_two(&w, same, (const edo_headers *[]){ &agent, NULL }, 0), 1);
    CHECK_EQ(asks_two(&w, same, NULL, EDO_METHOD_HEAD), 2);
    const char *query[] = { "http://site/plain?a", "http://site/plain?b" };
    CHECK_EQ(asks_two(&w, query, NULL, 0), 2);
    const char *path[] = { "http://site/plain", "http://site/plain/" };
    CHECK_EQ(asks_two(&w, path, NULL, 0), 2);
    const char *host[] = { "http://site/plain", "http://other/plain" };
    CHECK_EQ(asks_two(&w, host, NULL, 0), 2);
    const char *gateway[] = { "http://site/plain", "http://site/plain" };
    CHECK_EQ(asks_two(&w, gateway, (const edo_headers *[]){ &tenant, &tenant }, 0), 1);
    CHECK_EQ(asks_two(&w, gateway, (const edo_headers *[]){ &tenant, &other }, 0), 2);
    CHECK_EQ(asks_two(&w, gateway, (const edo_headers *[]){ &secret, &secret }, 0), 2);
    edo_headers_deinit(&tenant);
    edo_headers_deinit(&other);
    edo_headers_deinit(&secret);
    edo_headers_deinit(&german);
    edo_headers_deinit(&french);
    edo_headers_deinit(&agent);
    world_end(&w);
}

EDO_TEST(a_request_whose_key_is_too_long_is_its_own, .paused = true) {
    world w;
    edo_flight *flight;
    EDO_TEST_OK(edo_flight_new(&flight, &(edo_flight_opts){ .key_bytes_max = 20 }));
    world_begin(&w, (edo_http_coalesce_opts){ .flight = flight });
    const char *same[] = { "http://site/plain", "http://site/plain" };
    CHECK_EQ(asks_two(&w, same, NULL, 0), 2);
    world_end(&w);
    edo_flight_unref(flight);
}

/* ---- Cancelled, and wrong -------------------------------------------------------------------- */

static int fetches_for_5_ms(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(5));
    (void)edo_deadline_end(&d, fetches(arg));
    return 0;
}

EDO_TEST(a_caller_that_gives_up_is_followed_by_the_other, .paused = true) {
    world w;
    edo_scope scope;
    world_begin(&w, (edo_http_coalesce_opts){ .vary = NULL });
    caller hasty = { .client = w.client, .url = "http://site/plain" }, other = hasty;
    edo_scope_begin(&scope, NULL);
    EDO_TEST_OK(edo_scope_spawn(&scope, fetches_for_5_ms, &hasty));
    EDO_TEST_OK(edo_scope_spawn(&scope, fetches, &other));
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    CHECK(hasty.err < 0);
    CHECK(other.err == 0 && other.status == 200);
    world_end(&w);
}

EDO_TEST(bad_options_are_refused, .paused = true) {
    edo_cache *stale;
    edo_flight *flight;
    EDO_TEST_OK(edo_cache_new(&stale, &(edo_cache_opts){ .stale_while = edo_s(1) }));
    EDO_TEST_OK(edo_flight_new(&flight, NULL));
    const edo_http_coalesce_opts bad[] = {
        { .ttl = { -1 } },
        { .cache = stale },
        { .cache = stale, .flight = flight },
        { .reserved = { 1 } },
    };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_http_client *c;
        edo_stack around;
        edo_stack_init(&around);
        edo_stack_push(&around, edo_http_coalesce_layer(&bad[i]));
        CHECK_EQ(edo_http_client_new(&c, &(edo_http_client_opts){ .layers = &around }), -EINVAL);
        edo_stack_deinit(&around);
    }
    edo_cache_unref(stale);
    edo_flight_unref(flight);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_responses_for_everybody_are_shared),
        cmocka_unit_test(only_responses_for_everybody_are_kept),
        cmocka_unit_test(a_response_is_as_fresh_as_the_cache_keeps_it),
        cmocka_unit_test(a_body_that_is_too_long_is_its_callers),
        cmocka_unit_test(requests_of_one_caller_are_its_own),
        cmocka_unit_test(requests_that_differ_where_it_matters_are_two),
        cmocka_unit_test(a_request_whose_key_is_too_long_is_its_own),
        cmocka_unit_test(a_caller_that_gives_up_is_followed_by_the_other),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
