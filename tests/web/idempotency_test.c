/* SPDX-License-Identifier: MIT */
/* Goal: a request that comes again with its key is handled once, whoever loses a response; a key is
 * one request's, one client's, and bounded in number, bytes and time.
 * Method: requests to routers in this process, at once and after each other, on paused time, of
 * clients behind one address; a client that leaves; one allocation after the other fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/cookies.h>
#include <edo/test_web.h>
#include <edo/web_compress.h>
#include <edo/web_guard.h>

static int runs;     /* of the handler */
static bool has_run; /* one has made a response: it must not run again */
static char large[70000];

/* Tells which run it is, after as many ms as the query says, also to a client that has left. */
static int pays(edo_web *w) {
    char text[32];
    edo_str query = edo_web_query_text(w), body;
    int run = ++runs, err = edo_web_body(w, &body);
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(10));
    if (err == 0 && query.len > 0) err = edo_sleep(edo_ms(strtol(query.ptr, NULL, 10)));
    (void)edo_shield_end(&shield, 0);
    (void)snprintf(text, sizeof text, "run %d", run);
    if (err == 0) err = edo_web_set_header(w, "x-run", text);
    if (err == 0) err = edo_web_reply_text(w, EDO_STATUS_CREATED, text);
    has_run = has_run || err == 0;
    return err;
}

static int streams(edo_web *w) {
    edo_stream *out;
    int run = ++runs;
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/own");
    has_run = has_run || err == 0; // its head is on the way
    if (err == 0) err = edo_write_all(out, "some ", 5);
    if (err == 0) err = edo_write_all(out, run == 1 ? "1" : "2", 1);
    return err;
}

static int does_nothing(edo_web *w) {
    runs++;
    int err = edo_web_reply_no_content(w);
    has_run = has_run || err == 0;
    return err;
}

/* With the code that the query says. */
static int fails(edo_web *w) {
    runs++;
    return -(int)strtol(edo_web_query_text(w).ptr, NULL, 10);
}

static int fails_late(edo_web *w) {
    int err = streams(w);
    return err < 0 ? err : -EBADMSG;
}

/* Of a body of five bytes it writes what the query says. */
static int says_five(edo_web *w) {
    edo_stream *out = NULL;
    const edo_str text = edo_web_query_text(w);
    runs++;
    int err = edo_web_set_header(w, "content-type", "text/plain");
    if (err == 0) err = edo_response_stream(edo_web_response(w), &out, 5);
    return err < 0 ? err : edo_write_all(out, text.ptr, text.len);
}

/* As after a line that could be sent in part only, whose code it does not look at. */
static int closes_its_body(edo_web *w) {
    edo_stream *out = NULL;
    runs++;
    int err = edo_web_reply_json_lines(w, &out);
    if (err == 0) err = edo_write_all(out, "{\"te", 4);
    if (err == 0) out->ops->close(out);
    return err;
}

static int is_busy(edo_web *w) {
    runs++;
    return edo_web_reply_text(w, EDO_STATUS_TOO_MANY_REQUESTS, "later");
}

static int refuses(edo_web *w) {
    runs++;
    return edo_web_reply_problem(w, EDO_STATUS_FORBIDDEN, "no");
}

static int says_much(edo_web *w) {
    runs++;
    return edo_web_reply_bytes(w, EDO_STATUS_OK, "text/own", (edo_str){ large, sizeof large });
}

static edo_router *router(const edo_idempotency_opts *opts) {
    edo_router *r = edo_router_new();
    edo_router_add(r, EDO_METHODS_ANY, "/pay", pays);
    edo_router_post(r, "/streams", streams);
    edo_router_post(r, "/nothing", does_nothing);
    edo_router_post(r, "/fails", fails);
    edo_router_post(r, "/late", fails_late);
    edo_router_post(r, "/five", says_five);
    edo_router_post(r, "/closes", closes_its_body);
    edo_router_post(r, "/busy", is_busy);
    edo_router_post(r, "/refuses", refuses);
    edo_router_post(r, "/much", says_much);
    edo_router_wrap(r, edo_idempotency_layer(opts));
    runs = 0;
    has_run = false;
    return r;
}

/* ---- Requests -------------------------------------------------------------------------------- */

typedef struct asked {
    const char *target, *key, *body;
    edo_method method; /* OTHER: POST */
    const char *from;  /* NULL: a client without an address */
} asked;

/* A field of the requests that follow; NULL: they have none. */
static struct { const char *name, *value; } shown;

static int fails_at; /* the allocation of the next request that fails; 0: none */

/* Returns the status, and the body in `said`, with "again: " in front of what was kept. */
static int ask_for(edo_router *r, const asked *a, char said[128]) {
    edo_oneshot got;
    edo_headers h;
    edo_addr from;
    edo_headers_init(&h);
    if (a->key)
        EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("idempotency-key"), edo_str_of(a->key)));
    if (shown.name)
        EDO_TEST_OK(edo_headers_append_named(&h, edo_str_of(shown.name), edo_str_of(shown.value)));
    EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_CONTENT_TYPE, EDO_STR("text/plain")));
    const edo_http_request req = { .method = a->method ? a->method : EDO_METHOD_POST,
                                   .target = edo_str_of(a->target),
                                   .headers = &h,
                                   .data = edo_str_of(a->body ? a->body : "") };
    if (a->from) EDO_TEST_OK(edo_addr_parse(&from, a->from));
    if (fails_at > 0) fail_alloc_in = fails_at; // not of the fields, which are the client's
    if (fails_at > 0) fails_at = 0;
    int err = a->from ? edo_web_oneshot_from(&got, r, &req, NULL, &from)
                      : edo_web_oneshot(&got, r, &req, NULL);
    edo_headers_deinit(&h);
    if (err < 0) return err;
    edo_str again = edo_headers_get_named(&got.headers, EDO_STR("idempotent-replayed"));
    edo_str run = edo_headers_get_named(&got.headers, EDO_STR("x-run"));
    CHECK(!run.ptr || edo_str_equal(run, (edo_str){ got.body.ptr, got.body.len }));
    (void)snprintf(said, 128, "%s%.*s", again.ptr ? "again: " : "", (int)got.body.len,
                   got.body.len ? got.body.ptr : "");
    int status = (int)got.status;
    edo_oneshot_deinit(&got);
    return status;
}

typedef struct row {
    asked a;
    int status;
    const char *said; /* NULL: any */
    int runs;         /* of all so far */
} row;

static void each(edo_router *r, const row *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        char said[128] = "";
        int status = ask_for(r, &rows[i].a, said);
        bool is_right = status == rows[i].status && runs == rows[i].runs &&
                        (!rows[i].said || strcmp(said, rows[i].said) == 0);
        if (!is_right) (void)fprintf(stderr, "%zu: %d %s, %d runs\n", i, status, said, runs);
        CHECK(is_right);
    }
    edo_router_free(r);
}
#define EACH(opts, rows) each(router(opts), rows, EDO_COUNT(rows))

static int repeated(void *arg) {
    static const row rows[] = {
        { { "/pay", "\"a\"", "5", 0, NULL }, 201, "run 1", 1 },
        { { "/pay", "\"a\"", "5", 0, NULL }, 201, "again: run 1", 1 },
        { { "/pay", "a", "5", 0, NULL }, 201, "again: run 1", 1 },
        { { "/pay", "\"b\"", "5", 0, NULL }, 201, "run 2", 2 },
        { { "/pay", "\"a\"", "5", 0, NULL }, 201, "again: run 1", 2 },
        { { "/pay", "\"a\"", "6", 0, NULL }, 422, NULL, 2 }, // something else
        { { "/pay?1", "\"a\"", "5", 0, NULL }, 422, NULL, 2 },
        { { "/streams", "\"a\"", "5", 0, NULL }, 422, NULL, 2 },
        { { "/pay", "\"a\"", "5", EDO_METHOD_PATCH, NULL }, 422, NULL, 2 },
        { { "/pay", "\"p\"", "5", EDO_METHOD_PATCH, NULL }, 201, "run 3", 3 },
        { { "/pay", "\"p\"", "5", EDO_METHOD_PATCH, NULL }, 201, "again: run 3", 3 },
        { { "/pay", "\"p\"", "5", EDO_METHOD_PUT, NULL }, 201, "run 4", 4 }, // not meant
        { { "/pay", NULL, "5", 0, NULL }, 201, "run 5", 5 },
        { { "/pay", NULL, "5", 0, NULL }, 201, "run 6", 6 },
        { { "/pay", "\"a", "5", 0, NULL }, 400, NULL, 6 },
        { { "/pay", "\"\"", "5", 0, NULL }, 400, NULL, 6 },
        { { "/pay", "a b", "5", 0, NULL }, 400, NULL, 6 },
    };
    static const row required[] = {
        { { "/pay", NULL, "5", 0, NULL }, 400, NULL, 0 },
        { { "/pay", "a", "5", 0, NULL }, 201, "run 1", 1 },
        { { "/pay", NULL, "5", EDO_METHOD_PUT, NULL }, 201, "run 2", 2 },
    };
    char key[258];
    (void)arg;
    EACH(NULL, rows);
    EACH((&(edo_idempotency_opts){ .required = true }), required);
    memset(key, 'k', sizeof key);
    key[256] = 0;
    const row too_long[] = { { { "/pay", key, "5", 0, NULL }, 400, NULL, 0 },
                             { { "/pay", key + 1, "5", 0, NULL }, 201, "run 1", 1 } };
    EACH(NULL, too_long);
    return 0;
}

static void a_request_that_comes_again_is_handled_once(void **state) {
    (void)state;
    assert_int_equal(inside(repeated, NULL), 0);
}

static int outcomes(void *arg) {
    static const row rows[] = {
        { { "/streams", "a", "", 0, NULL }, 200, "some 1", 1 },
        { { "/streams", "a", "", 0, NULL }, 200, "again: some 1", 1 },
        { { "/nothing", "b", "", 0, NULL }, 204, "", 2 },
        { { "/nothing", "b", "", 0, NULL }, 204, "again: ", 2 },
        { { "/refuses", "c", "", 0, NULL }, 403, NULL, 3 },
        { { "/refuses", "c", "", 0, NULL }, 403, NULL, 3 },
        { { "/fails?5", "d", "", 0, NULL }, 500, NULL, 4 }, // free again
        { { "/fails?5", "d", "", 0, NULL }, 500, NULL, 5 },
        { { "/pay", "d", "", 0, NULL }, 201, "run 6", 6 },
        { { "/busy", "e", "", 0, NULL }, 429, NULL, 7 },
        { { "/busy", "e", "", 0, NULL }, 429, NULL, 8 },
        { { "/much", "f", "", 0, NULL }, 200, NULL, 9 }, // too large: it has run all the same
        { { "/much", "f", "", 0, NULL }, 409, NULL, 9 },
        { { "/late", "g", "", 0, NULL }, -EDO_EEOF, NULL, 10 }, // its head was sent
        { { "/late", "g", "", 0, NULL }, 409, NULL, 10 },
        { { "/five?half", "h", "", 0, NULL }, -EDO_EEOF, NULL, 11 },
        { { "/five?half", "h", "", 0, NULL }, 409, NULL, 11 },
        { { "/five?whole", "i", "", 0, NULL }, 200, "whole", 12 },
        { { "/five?whole", "i", "", 0, NULL }, 200, "again: whole", 12 },
        { { "/closes", "j", "", 0, NULL }, -EDO_EEOF, NULL, 13 },
        { { "/closes", "j", "", 0, NULL }, 409, NULL, 13 },
    };
    static const row short_ones[] = {
        { { "/streams", "a", "", 0, NULL }, 200, "some 1", 1 },
        { { "/streams", "a", "", 0, NULL }, 409, NULL, 1 },
        { { "/pay", "b", "", 0, NULL }, 201, "run 2", 2 },
        { { "/pay", "b", "", 0, NULL }, 201, "again: run 2", 2 },
    };
    static const int codes[] = { EBADMSG, EMSGSIZE, EDO_EEOF };
    (void)arg;
    memset(large, 'x', sizeof large);
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        char target[16];
        (void)snprintf(target, sizeof target, "/fails?%d", codes[i]);
        const int status = codes[i] == EMSGSIZE ? 413 : codes[i] == EBADMSG ? 400 : 500;
        const row failing[] = { { { target, "a", "", 0, NULL }, status, NULL, 1 },
                                { { target, "a", "", 0, NULL }, status, NULL, 2 },
                                { { "/pay", "a", "", 0, NULL }, 201, "run 3", 3 } };
        EACH(NULL, failing);
    }
    EACH(NULL, rows);
    EACH((&(edo_idempotency_opts){ .response_max = 5 }), short_ones);
    return 0;
}

static void what_asks_for_another_try_is_not_kept(void **state) {
    (void)state;
    assert_int_equal(inside(outcomes, NULL), 0);
}

/* ---- Bounds ---------------------------------------------------------------------------------- */

static int owner_of(void *arg, edo_web *w, edo_buf *out) {
    edo_str query = edo_web_query_text(w);
    CHECK(arg == &runs);
    return edo_buf_append(out, query.ptr, query.len);
}

static int bounds(void *arg) {
    static const row clients[] = {
        { { "/pay", "a", "", 0, "192.0.2.1:1" }, 201, "run 1", 1 },
        { { "/pay", "a", "", 0, "192.0.2.2:1" }, 201, "run 2", 2 },
        { { "/pay", "a", "", 0, "192.0.2.1:2" }, 201, "again: run 1", 2 },
    };
    static const row owners[] = {
        { { "/pay?1", "a", "", 0, NULL }, 201, "run 1", 1 },
        { { "/pay?2", "a", "", 0, NULL }, 201, "run 2", 2 },
        { { "/pay?1", "a", "", 0, NULL }, 201, "again: run 1", 2 },
        { { "/pay?1", "2a", "", 0, NULL }, 201, "run 3", 3 }, // not that of "12" and "a"
        { { "/pay?12", "a", "", 0, NULL }, 201, "run 4", 4 },
    };
    static const row three[] = {
        { { "/pay", "a", "", 0, NULL }, 201, "run 1", 1 },
        { { "/pay", "b", "", 0, NULL }, 201, "run 2", 2 },
        { { "/pay", "c", "", 0, NULL }, 201, "run 3", 3 },
        { { "/pay", "a", "", 0, NULL }, 201, "run 4", 4 }, // its place was needed
        { { "/pay", "c", "", 0, NULL }, 201, "again: run 3", 4 },
    };
    char said[128];
    (void)arg;
    EACH(NULL, clients);
    EACH((&(edo_idempotency_opts){ .owner = owner_of, .arg = &runs }), owners);
    EACH((&(edo_idempotency_opts){ .keys_max = 2 }), three);
    EACH((&(edo_idempotency_opts){ .bytes_max = 650 }), three);
    edo_router *r = router(&(edo_idempotency_opts){ .ttl = edo_s(10) });
    CHECK_EQ(ask_for(r, &(asked){ "/pay", "a", "", 0, NULL }, said), 201);
    EDO_TEST_OK(edo_sleep(edo_s(9)));
    CHECK_EQ(ask_for(r, &(asked){ "/pay", "a", "", 0, NULL }, said), 201);
    CHECK_EQ(runs, 1);
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    CHECK_EQ(ask_for(r, &(asked){ "/pay", "a", "", 0, NULL }, said), 201);
    CHECK_EQ(runs, 2);
    edo_router_free(r);
    return 0;
}

static void keys_are_their_owners_and_bounded(void **state) {
    (void)state;
    assert_int_equal(inside(bounds, NULL), 0);
}

/* Of clients with one address each has its own, by what it shows. */
static int shows(void *arg) {
    static const struct {
        const char *name, *value;
        int status;
        const char *said;
    } rows[] = {
        { "cookie", "sid=ann", 201, "run 1" },
        { "cookie", "sid=bob", 201, "run 2" },
        { "cookie", "sid=ann", 201, "again: run 1" },
        { NULL, NULL, 201, "run 3" },
        { "authorization", "Bearer ann", 201, "run 4" },
        { "authorization", "Bearer bob", 201, "run 5" },
        { "authorization", "sid=ann", 201, "run 6" },
        { "authorization", "Bearer ann", 201, "again: run 4" },
        { "cookie", "sid=bob", 201, "again: run 2" },
        { NULL, NULL, 201, "again: run 3" },
        { "host", "a.example", 422, NULL }, // something else
    };
    const char *const *from = arg;
    edo_router *r = router(NULL);
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[128] = "";
        shown.name = rows[i].name;
        shown.value = rows[i].value;
        int status = ask_for(r, &(asked){ "/pay", "a", "", 0, *from }, said);
        bool is_right = status == rows[i].status && (!rows[i].said || !strcmp(said, rows[i].said));
        if (!is_right) (void)fprintf(stderr, "%zu: %d %s\n", i, status, said);
        CHECK(is_right);
    }
    shown.name = NULL;
    edo_router_free(r);
    return 0;
}

static void behind_one_address_clients_are_told_apart(void **state) {
    const char *from[] = { "192.0.2.1:1", NULL };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(from); i++) assert_int_equal(inside(shows, &from[i]), 0);
}

static int names_user(edo_web *w, edo_next *next) {
    EDO_TEST_OK(edo_request_set_user(edo_web_request(w), EDO_STR("ann")));
    return edo_next_call(next, w);
}

/* A user, and the function for owners, say who it is, whatever else is shown. */
static int known(void *arg) {
    static const char *const cookies[] = { "sid=1", "sid=2" };
    const edo_idempotency_opts own = { .owner = owner_of, .arg = &runs };
    (void)arg;
    for (int by_user = 0; by_user < 2; by_user++) {
        char said[128];
        edo_router *r = edo_router_new();
        edo_router_post(r, "/pay", pays);
        if (by_user)
            edo_router_wrap(r, edo_web_around(names_user), edo_idempotency_layer(NULL));
        else
            edo_router_wrap(r, edo_idempotency_layer(&own));
        runs = 0;
        shown.name = "cookie";
        for (size_t i = 0; i < EDO_COUNT(cookies); i++) {
            shown.value = cookies[i];
            CHECK_EQ(ask_for(r, &(asked){ "/pay?1", "a", "", 0, "192.0.2.1:1" }, said), 201);
        }
        CHECK(runs == 1 && strcmp(said, "again: run 1") == 0);
        shown.name = NULL;
        edo_router_free(r);
    }
    return 0;
}

static void a_known_owner_may_show_other_cookies(void **state) {
    (void)state;
    assert_int_equal(inside(known, NULL), 0);
}

/* One client that sends many keys ends those of few others, whatever it shows: owners are spread
 * over 64 lists by chance, so two of four may lie in one with it, but three do not. */
static int share(void *arg) {
    static const char *const others[] = { "192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1",
                                          "192.0.2.4:1" };
    size_t kept = 0;
    edo_router *r = router(&(edo_idempotency_opts){ .keys_max = 100 });
    char said[128], key[16];
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(others); i++)
        CHECK_EQ(ask_for(r, &(asked){ "/pay", "a", "", 0, others[i] }, said), 201);
    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        shown.name = i % 2 ? "cookie" : NULL;
        shown.value = key;
        CHECK_EQ(ask_for(r, &(asked){ "/pay", key, "", 0, NULL }, said), 201);
    }
    shown.name = NULL;
    for (size_t i = 0; i < EDO_COUNT(others); i++) {
        CHECK_EQ(ask_for(r, &(asked){ "/pay", "a", "", 0, others[i] }, said), 201);
        kept += strncmp(said, "again: ", 7) == 0;
    }
    CHECK(kept >= 2);
    edo_router_free(r);
    return 0;
}

static void a_client_with_many_keys_ends_its_own(void **state) {
    (void)state;
    assert_int_equal(inside(share, NULL), 0);
}

/* ---- At once --------------------------------------------------------------------------------- */

static edo_router *shared;

static int asks_slow(void *arg) {
    char said[128];
    (void)arg;
    return ask_for(shared, &(asked){ "/pay?1000", "a", "", 0, NULL }, said);
}

static int at_once(void *arg) {
    char said[128];
    (void)arg;
    shared = router(&(edo_idempotency_opts){ .keys_max = 1 });
    edo_task *first = edo_spawn(asks_slow, NULL);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    CHECK_EQ(ask_for(shared, &(asked){ "/pay?1000", "a", "", 0, NULL }, said), 409);
    CHECK_EQ(ask_for(shared, &(asked){ "/pay", "a", "", 0, NULL }, said), 422);
    CHECK_EQ(ask_for(shared, &(asked){ "/pay", "b", "", 0, NULL }, said), 503); // all keys run
    CHECK_EQ(edo_task_join(first), 201);
    CHECK_EQ(ask_for(shared, &(asked){ "/pay?1000", "a", "", 0, NULL }, said), 201);
    CHECK(strcmp(said, "again: run 1") == 0);
    edo_router_free(shared);
    return 0;
}

static void a_request_that_runs_is_not_begun_again(void **state) {
    (void)state;
    assert_int_equal(inside(at_once, NULL), 0);
}

#define KEYS  16
#define TASKS 12 /* that ask for each of them */

static _Atomic int runs_of[KEYS];

static int counts_runs(edo_web *w) {
    long key = strtol(edo_web_query_text(w).ptr, NULL, 10);
    (void)++runs_of[key];
    int err = edo_yield();
    return err < 0 ? err : edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

static int asks_for_all(void *arg) {
    (void)arg;
    for (int i = 0; i < KEYS; i++) {
        char target[16], key[16], said[128];
        (void)snprintf(target, sizeof target, "/?%d", i);
        (void)snprintf(key, sizeof key, "key-%d", i);
        int status = ask_for(shared, &(asked){ target, key, "", 0, NULL }, said);
        CHECK(status == 200 || status == 409);
    }
    return 0;
}

static int on_threads(void *arg) {
    edo_task *tasks[TASKS];
    (void)arg;
    for (size_t i = 0; i < KEYS; i++) runs_of[i] = 0;
    shared = edo_router_new();
    edo_router_post(shared, "/", counts_runs);
    edo_router_wrap(shared, edo_idempotency_layer(NULL));
    EDO_TEST_OK(edo_router_build(shared));
    for (size_t i = 0; i < TASKS; i++)
        tasks[i] = edo_spawn_with(asks_for_all, NULL, &(edo_spawn_opts){ .spread = true });
    for (size_t i = 0; i < TASKS; i++) CHECK_EQ(edo_task_join(tasks[i]), 0);
    for (size_t i = 0; i < KEYS; i++) CHECK_EQ(runs_of[i], 1);
    edo_router_free(shared);
    return 0;
}

static void on_several_threads_each_key_runs_once(void **state) {
    (void)state;
    assert_int_equal(inside_each(on_threads, NULL), 0);
}

#define PAY "POST /pay?50 HTTP/1.1\r\nhost: x\r\nidempotency-key: \"a\"\r\ncontent-length: 0\r\n"

static int leaves(void *arg) {
    web_served s = { .opts = { .state = NULL } };
    heard h = { 0 };
    (void)arg;
    web_begin(&s, router(NULL));
    edo_stream *c = client_of(&s.http);
    say(c, PAY "\r\n");
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    edo_close(c);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    ask(&s.http, &h, PAY "connection: close\r\n\r\n");
    CHECK(has(&h, " 201 ") && has(&h, "run 1") && has(&h, "idempotent-replayed: true"));
    CHECK_EQ(runs, 1);
    return web_end(&s);
}

static void a_client_that_has_gone_gets_its_response_later(void **state) {
    (void)state;
    assert_int_equal(inside(leaves, NULL), 0);
}

/* ---- Layers outside -------------------------------------------------------------------------- */

static int says_vary(edo_web *w) {
    edo_stream *out;
    static char text[4000];
    memset(text, 'a', sizeof text);
    runs++;
    EDO_TEST_OK(edo_web_set_header(w, "vary", "accept"));
    int err = edo_web_reply_stream(w, &out, EDO_STATUS_OK, "text/plain");
    return err < 0 ? err : edo_write_all(out, text, sizeof text);
}

static int counts_asks(edo_web *w, edo_next *next) {
    static int asks;
    char text[16];
    (void)snprintf(text, sizeof text, "%d", ++asks);
    EDO_TEST_OK(edo_web_set_header(w, "x-ask", text));
    return edo_next_call(next, w);
}

/* The first response was compressed on its way out, and a later one is so for its own client. */
static int outside(void *arg) {
    static const char *const takes[] = { "gzip", "identity", "gzip" };
    edo_router *r = edo_router_new();
    (void)arg;
    runs = 0;
    edo_router_post(r, "/", says_vary);
    edo_router_wrap(r, edo_web_around(counts_asks), edo_compress_layer(NULL),
                    edo_idempotency_layer(NULL));
    for (size_t i = 0; i < EDO_COUNT(takes); i++) {
        edo_oneshot got;
        edo_headers h;
        edo_headers_init(&h);
        EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("idempotency-key"), EDO_STR("\"a\"")));
        EDO_TEST_OK(edo_headers_set(&h, EDO_HEADER_ACCEPT_ENCODING, edo_str_of(takes[i])));
        EDO_TEST_OK(edo_web_oneshot(
            &got, r, &(edo_http_request){ .method = EDO_METHOD_POST, .headers = &h }, NULL));
        bool is_coded = edo_headers_get(&got.headers, EDO_HEADER_CONTENT_ENCODING).ptr != NULL;
        bool has_gzip = (edo_web_codings() & EDO_CODING_GZIP) != 0;
        CHECK_EQ(is_coded, has_gzip && i != 1);
        CHECK(is_coded ? got.body.len < 1000 : got.body.len == 4000);
        CHECK_EQ(edo_headers_get_named(&got.headers, EDO_STR("x-ask")).ptr[0], '1' + (int)i);
        CHECK(edo_headers_next(&got.headers, NULL, EDO_HEADER_VARY) != NULL);
        edo_headers_deinit(&h);
        edo_oneshot_deinit(&got);
    }
    CHECK_EQ(runs, 1);
    edo_router_free(r);
    return 0;
}

static void layers_outside_see_each_request(void **state) {
    (void)state;
    assert_int_equal(inside(outside, NULL), 0);
}

static int says_fields(edo_web *w) {
    runs++;
    EDO_TEST_OK(edo_cookies_set(w, "sid", EDO_STR("new"), NULL));
    EDO_TEST_OK(edo_cookies_set(w, "sid", EDO_STR("newer"), NULL)); // instead, behind the others
    EDO_TEST_OK(edo_web_append_header(w, "link", "</2>"));
    EDO_TEST_OK(edo_web_set_header(w, "x-own", "handler"));
    return edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

/* Says something else of each of three requests. */
static int welcomes(edo_web *w, edo_next *next) {
    static const char *const visits[] = { "visit=1", "visit=2", NULL };
    static const char *const links[] = { "</1>", "</1>", NULL };
    static int asks;
    int ask = asks++ % 3;
    if (visits[ask]) EDO_TEST_OK(edo_web_append_header(w, "set-cookie", visits[ask]));
    if (links[ask]) EDO_TEST_OK(edo_web_append_header(w, "link", links[ask]));
    if (ask == 0) EDO_TEST_OK(edo_web_set_header(w, "x-first", "yes"));
    int err = edo_next_call(next, w);
    if (ask == 0) EDO_TEST_OK(edo_web_set_header(w, "x-behind", "yes"));
    return err;
}

static void values_of(const edo_headers *h, const char *name, char text[256]) {
    *text = '\0';
    for (const edo_header *f = NULL; (f = edo_headers_next_named(h, f, edo_str_of(name)));)
        (void)snprintf(text + strlen(text), 256 - strlen(text), "%.*s|", (int)f->value.len,
                       f->value.ptr);
}

static int fields(void *arg) {
    static const struct {
        const char *name, *values[3];
    } rows[] = {
        { "link", { "</1>|</2>|", "</1>|</2>|", "</2>|" } },
        { "x-first", { "yes|", "", "" } },
        { "x-own", { "handler|", "handler|", "handler|" } },
        { "x-behind", { "yes|", "yes|", "yes|" } },
        { "set-cookie",
          { "visit=1|sid=newer; Path=/; SameSite=Lax; Secure; HttpOnly|",
            "visit=2|sid=newer; Path=/; SameSite=Lax; Secure; HttpOnly|",
            "sid=newer; Path=/; SameSite=Lax; Secure; HttpOnly|" } },
    };
    edo_router *r = edo_router_new();
    (void)arg;
    runs = 0;
    edo_router_post(r, "/", says_fields);
    edo_router_wrap(r, edo_web_around(welcomes), edo_idempotency_layer(NULL));
    for (size_t i = 0; i < 3; i++) {
        edo_oneshot got;
        edo_headers h;
        edo_headers_init(&h);
        EDO_TEST_OK(edo_headers_append_named(&h, EDO_STR("idempotency-key"), EDO_STR("a")));
        EDO_TEST_OK(edo_web_oneshot(
            &got, r, &(edo_http_request){ .method = EDO_METHOD_POST, .headers = &h }, NULL));
        for (size_t k = 0; k < EDO_COUNT(rows); k++) {
            char text[256];
            values_of(&got.headers, rows[k].name, text);
            bool is_right = strcmp(text, rows[k].values[i]) == 0;
            if (!is_right) (void)fprintf(stderr, "%zu: %s: %s\n", i, rows[k].name, text);
            CHECK(is_right);
        }
        edo_headers_deinit(&h);
        edo_oneshot_deinit(&got);
    }
    CHECK_EQ(runs, 1);
    edo_router_free(r);
    return 0;
}

static void fields_of_layers_outside_are_each_requests_own(void **state) {
    (void)state;
    assert_int_equal(inside(fields, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

/* A handler that has run does not run again, whatever fails behind it. */
static int no_memory(void *arg) {
    static const char *const ways[] = { "/pay", "/streams", "/nothing" };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(ways); i++) {
        bool has_failed = true;
        for (int k = 1; has_failed; k++) {
            char said[128];
            edo_router *r = router(NULL);
            EDO_TEST_OK(edo_router_build(r));
            const asked a = { ways[i], "a", "5", 0, NULL };
            fails_at = k;
            int status = ask_for(r, &a, said);
            has_failed = fail_alloc_in == 0;
            fail_alloc_in = 0;
            int before = runs;
            bool was_well = status >= 200 && status < 300, had_run = has_run;
            CHECK(was_well || (has_failed && (status < 0 || status == 500 || status == 503)));
            CHECK(had_run || !was_well);
            status = ask_for(r, &a, said);
            if (!had_run) before++; // it had not come so far, or had failed itself
            CHECK(runs == before && (status / 100 == 2 || (had_run && status == 409)));
            edo_router_free(r);
        }
    }
    return 0;
}

static void without_memory_nothing_runs_twice(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

static void wrong_options_are_refused(void **state) {
    const edo_idempotency_opts bad[] = { { .keys_max = (1u << 24) + 1 },
                                         { .ttl = EDO_OFF },
                                         { .reserved = { 1 } } };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_router *r = router(&bad[i]);
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_comes_again_is_handled_once),
        cmocka_unit_test(what_asks_for_another_try_is_not_kept),
        cmocka_unit_test(keys_are_their_owners_and_bounded),
        cmocka_unit_test(behind_one_address_clients_are_told_apart),
        cmocka_unit_test(a_known_owner_may_show_other_cookies),
        cmocka_unit_test(a_client_with_many_keys_ends_its_own),
        cmocka_unit_test(a_request_that_runs_is_not_begun_again),
        cmocka_unit_test(on_several_threads_each_key_runs_once),
        cmocka_unit_test(a_client_that_has_gone_gets_its_response_later),
        cmocka_unit_test(layers_outside_see_each_request),
        cmocka_unit_test(fields_of_layers_outside_are_each_requests_own),
        cmocka_unit_test(without_memory_nothing_runs_twice),
        cmocka_unit_test(wrong_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
