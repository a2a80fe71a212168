/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/session.h: the browser with the cookie has the session while that
 * lasts, and nothing is written that has not changed.
 * Method: paused time; the store in memory behind one that counts and fails. */
#include "fail_alloc.h"
#include "web_server.h"

#include <edo/session.h>
#include <edo/test_store.h>

static int stores(void *arg) {
    edo_session_memory *m;
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&m, NULL));
    CHECK_EQ(edo_test_store_suite(&edo_session_memory_ops, m, NULL), 0);
    edo_session_memory_free(m);
    return 0;
}

static void store_in_memory_does_what_every_store_does(void **state) {
    (void)state;
    assert_int_equal(inside(stores, NULL), 0);
}

/* Ids that are alike but for a number at their end, or at their beginning. */
static edo_str numbered(char id[33], bool at_end, unsigned i) {
    (void)snprintf(id, 33,
                   at_end ? "00000000000000000000000000%06x" : "%06x00000000000000000000000000", i);
    return (edo_str){ id, 32 };
}

static int bounded(void *arg) {
    edo_session_memory *m;
    edo_session_record r;
    char id[33];
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&m, &(edo_session_memory_opts){ .sessions_max = 100 }));
    const edo_session_store_ops *ops = &edo_session_memory_ops;
    for (unsigned i = 0; i < 100; i++)
        CHECK_EQ(ops->save(m, numbered(id, i % 2, i), EDO_STR("x"), edo_s(0), edo_s(100), true), 0);
    CHECK_EQ(ops->touch(m, numbered(id, 0, 0), edo_s(100)), 0);
    for (unsigned i = 100; i < 199; i++)
        CHECK_EQ(ops->save(m, numbered(id, i % 2, i), EDO_STR("x"), edo_s(0), edo_s(100), true), 0);
    for (unsigned i = 0; i < 199; i++) {
        int err = ops->load(m, numbered(id, i % 2, i), &r);
        CHECK_EQ(err, i == 0 || i >= 100 ? 0 : -ENOENT); // 0 was touched
        if (err == 0) edo_bytes_unref(&r.data);
    }
    edo_session_memory_free(m);
    EDO_TEST_OK(edo_session_memory_new(&m, &(edo_session_memory_opts){ .bytes_max = 5000 }));
    static const char large[2000];
    for (unsigned i = 0; i < 3; i++)
        CHECK_EQ(ops->save(m, numbered(id, 0, i), (edo_str){ large, sizeof large }, edo_s(0),
                           edo_s(100), true),
                 0);
    CHECK_EQ(ops->load(m, numbered(id, 0, 0), &r), -ENOENT);
    CHECK_EQ(ops->load(m, numbered(id, 0, 2), &r), 0);
    edo_bytes_unref(&r.data);
    edo_session_memory_free(m);
    CHECK_EQ(edo_session_memory_new(&m, &(edo_session_memory_opts){ .reserved = { 1 } }), -EINVAL);
    CHECK_EQ(edo_session_memory_new(&m, &(edo_session_memory_opts){ .sessions_max = 1u << 25 }),
             -EINVAL);
    edo_session_memory_free(NULL);
    return 0;
}

static void store_in_memory_forgets_what_was_used_longest_ago(void **state) {
    (void)state;
    assert_int_equal(inside(bounded, NULL), 0);
}

static int save_many(edo_session_memory *m, unsigned from, unsigned to, edo_str data) {
    char id[33];
    int err = 0;
    for (unsigned i = from; i < to && err == 0; i++)
        err = edo_session_memory_ops.save(m, numbered(id, i % 2, i), data, edo_s(0), edo_s(100),
                                          true);
    return err;
}

/* How many are there; each is known then. */
static unsigned load_many(edo_session_memory *m, unsigned from, unsigned to) {
    edo_session_record r;
    char id[33];
    unsigned n = 0;
    for (unsigned i = from; i < to; i++) {
        if (edo_session_memory_ops.load(m, numbered(id, i % 2, i), &r) < 0) continue;
        edo_bytes_unref(&r.data);
        n++;
    }
    return n;
}

static int flooded(void *arg) {
    static const char large[1000];
    edo_session_memory *m;
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&m, NULL));
    CHECK_EQ(save_many(m, 0, 7500, EDO_STR("x")), 0);
    CHECK_EQ(load_many(m, 0, 7500), 7500);
    CHECK_EQ(save_many(m, 10000, 20001, EDO_STR("x")), 0); // the stranger
    CHECK_EQ(load_many(m, 0, 7500), 7500);
    CHECK_EQ(load_many(m, 10000, 20001), 2500); // the last ones
    CHECK_EQ(load_many(m, 20000, 20001), 1);
    CHECK_EQ(save_many(m, 30000, 32500, EDO_STR("x")), 0); // nobody is locked out
    CHECK_EQ(load_many(m, 30000, 32500), 2500);
    edo_session_memory_free(m);

    EDO_TEST_OK(edo_session_memory_new(&m, &(edo_session_memory_opts){ .bytes_max = 100000 }));
    CHECK_EQ(save_many(m, 0, 50, (edo_str){ large, sizeof large }), 0);
    CHECK_EQ(load_many(m, 0, 50), 50);
    CHECK_EQ(save_many(m, 100, 300, (edo_str){ large, sizeof large }), 0);
    CHECK_EQ(load_many(m, 0, 50), 50);
    CHECK_EQ(load_many(m, 299, 300), 1);
    edo_session_memory_free(m);

    EDO_TEST_OK(edo_session_memory_new(&m, &(edo_session_memory_opts){ .sessions_max = 1 }));
    for (unsigned i = 0; i < 3; i++) { // the newest one has the place
        CHECK_EQ(save_many(m, i, i + 1, EDO_STR("x")), 0);
        CHECK_EQ(load_many(m, 0, 3), 1);
        CHECK_EQ(load_many(m, i, i + 1), 1);
    }
    edo_session_memory_free(m);
    return 0;
}

static void strangers_sessions_do_not_end_those_that_are_used(void **state) {
    (void)state;
    assert_int_equal(inside(flooded, NULL), 0);
}

/* Comes back for a session that was just made. */
static void make_and_use(edo_session_memory *m, unsigned i, edo_str client) {
    edo_session_record r;
    char id[33];
    CHECK_EQ(save_many(m, i, i + 1, EDO_STR("x")), 0);
    CHECK_EQ(edo_session_memory_ops.load_for(m, numbered(id, i % 2, i), client, &r), 0);
    edo_bytes_unref(&r.data);
}

static int flooded_by_one_that_comes_back(void *arg) {
    enum { PEOPLE = 5000, ALL = 10000 };
    edo_session_memory *m;
    char address[16];
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&m, NULL));
    for (unsigned i = 0; i < PEOPLE; i++) {
        (void)snprintf(address, sizeof address, "%u", i / 100);
        make_and_use(m, i, edo_str_of(address));
    }
    for (unsigned i = 0; i <= ALL; i++) make_and_use(m, ALL + i, EDO_STR("a stranger's"));
    CHECK_EQ(load_many(m, 0, PEOPLE), PEOPLE);
    unsigned left = load_many(m, ALL, 2 * ALL + 1);
    CHECK(left > ALL / 8 && left <= ALL - PEOPLE);
    edo_session_memory_free(m);

    // Where all clients have one address, nobody has less room than before.
    EDO_TEST_OK(edo_session_memory_new(&m, NULL));
    for (unsigned i = 0; i < ALL; i++) make_and_use(m, i, EDO_STR("a proxy's"));
    CHECK_EQ(load_many(m, 0, ALL), ALL);
    edo_session_memory_free(m);
    return 0;
}

static void stranger_that_comes_back_with_each_session_ends_its_own(void **state) {
    (void)state;
    assert_int_equal(inside(flooded_by_one_that_comes_back, NULL), 0);
}

/* ---- A store that counts and fails ----------------------------------------------------------- */

typedef struct counting {
    edo_session_memory *memory;
    int loads, saves, touches, removes;
    int failure;      /* of all calls; 0: none */
    const char *bad;  /* what a load returns; NULL: what there is */
    bool is_unborn;   /* by a clock that is wrong, a load says that it begins in ages */
    edo_duration ttl; /* of the last save */
} counting;

static int counting_load(void *store, edo_str id, edo_session_record *out) {
    counting *c = store;
    c->loads++;
    if (c->failure < 0) return c->failure;
    if (c->bad) *out = (edo_session_record){ .age = { 0 } };
    int err = c->bad ? edo_bytes_copy(&out->data, c->bad, strlen(c->bad))
                     : edo_session_memory_ops.load(c->memory, id, out);
    if (c->is_unborn) out->age.ns = INT64_MIN;
    return err;
}

static int counting_save(void *store, edo_str id, edo_str data, edo_duration age, edo_duration ttl,
                         bool is_new) {
    counting *c = store;
    c->saves++;
    c->ttl = ttl;
    return c->failure < 0 ? c->failure
                          : edo_session_memory_ops.save(c->memory, id, data, age, ttl, is_new);
}

static int counting_touch(void *store, edo_str id, edo_duration ttl) {
    counting *c = store;
    c->touches++;
    return c->failure < 0 ? c->failure : edo_session_memory_ops.touch(c->memory, id, ttl);
}

static int counting_remove(void *store, edo_str id) {
    counting *c = store;
    c->removes++;
    return c->failure < 0 ? c->failure : edo_session_memory_ops.remove(c->memory, id);
}

static const edo_session_store_ops counting_ops = { .name = "counting",
                                                    .load = counting_load,
                                                    .save = counting_save,
                                                    .touch = counting_touch,
                                                    .remove = counting_remove };

/* ---- Handlers -------------------------------------------------------------------------------- */

static int says_user(edo_web *w) {
    edo_session *s;
    char text[64];
    int err = edo_session_open(&s, w);
    if (err < 0) return err;
    edo_str user = edo_session_get(s, "user");
    (void)snprintf(text, sizeof text, "user %.*s", user.ptr ? (int)user.len : 4,
                   user.ptr ? user.ptr : "none");
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int does_not_ask(edo_web *w) {
    return edo_web_reply_text(w, EDO_STATUS_OK, "fine");
}

static int logs_in(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_rotate(s);
    if (err == 0) err = edo_session_set(s, "user", edo_web_query_text(w));
    if (err == 0) err = edo_web_set_header(w, "cache-control", "max-age=60");
    return err < 0 ? err : says_user(w);
}

static int sets_same(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_set(s, "user", EDO_STR("ann"));
    return err < 0 ? err : says_user(w);
}

static int logs_out(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_end(s);
    return err < 0 ? err : says_user(w);
}

static int unsets(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) edo_session_unset(s, "user");
    return err < 0 ? err : says_user(w);
}

/* A login whose body is bad. */
static int logs_in_badly(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_rotate(s);
    if (err == 0) err = edo_session_set(s, "user", EDO_STR("mallory"));
    return err < 0 ? err : edo_web_reject(w, -EINVAL, EDO_STATUS_BAD_REQUEST, "no");
}

static int sets_then_fails(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_session_set(s, "user", EDO_STR("mallory"));
    return err < 0 ? err : -EIO;
}

static int sets_too_much(edo_web *w) {
    edo_session *s;
    char large[200];
    memset(large, 'x', sizeof large);
    int err = edo_session_open(&s, w);
    if (err < 0) return err;
    CHECK_EQ(edo_session_set(s, "large", (edo_str){ large, 200 }), -EMSGSIZE);
    CHECK_EQ(edo_session_set(s, "large", (edo_str){ large, 80 }), 0);
    CHECK_EQ(edo_session_set(s, "more", (edo_str){ large, 20 }), -EMSGSIZE);
    CHECK_EQ(edo_session_set(s, "large", (edo_str){ large, 87 }), 0);
    CHECK_EQ(edo_session_set(s, "large", (edo_str){ large, 88 }), -EMSGSIZE);
    edo_session_unset(s, "large");
    edo_session_unset(s, "none");
    return says_user(w);
}

/* Logs in, and while it has not saved another request logs out. */
static int changes_slowly(edo_web *w) {
    edo_session *s;
    int err = edo_session_open(&s, w);
    if (err == 0) err = edo_sleep(edo_s(1));
    if (err == 0) err = edo_session_set(s, "user", EDO_STR("slow"));
    return err < 0 ? err : says_user(w);
}

static edo_router *router(counting *c) {
    edo_router *r = edo_router_new(), *bare = edo_router_new();
    edo_router_get(r, "/user", says_user);
    edo_router_get(r, "/fine", does_not_ask);
    edo_router_get(r, "/login", logs_in);
    edo_router_get(r, "/same", sets_same);
    edo_router_get(r, "/logout", logs_out);
    edo_router_get(r, "/unset", unsets);
    edo_router_get(r, "/fail", sets_then_fails);
    edo_router_get(r, "/badly", logs_in_badly);
    edo_router_get(r, "/large", sets_too_much);
    edo_router_get(r, "/slow", changes_slowly);
    edo_router_wrap(r, edo_session_layer(&(edo_session_opts){
                           .ops = &counting_ops, .store = c, .bytes_max = 100 }));
    edo_router_get(bare, "/bare", says_user);
    edo_router_merge(r, bare);
    return r;
}

/* A browser: it keeps its cookie. */
typedef struct browser {
    web_served *s;
    heard h;
    char cookie[128]; /* "": none */
} browser;

static void keep_cookie(browser *b) {
    const char *at = strstr(b->h.text, "set-cookie: ");
    if (!at) return;
    at += strlen("set-cookie: ");
    bool goes = strstr(at, "Max-Age=0") && strstr(at, "Max-Age=0") < strstr(at, "\r\n");
    (void)snprintf(b->cookie, sizeof b->cookie, "%.*s", goes ? 0 : (int)strcspn(at, ";"), at);
}

static const char *get(browser *b, const char *target) {
    char request[512];
    (void)snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n%s%s\r\n\r\n", target,
                   *b->cookie ? "cookie: " : "x-none: x", b->cookie);
    ask(&b->s->http, &b->h, request);
    keep_cookie(b);
    return web_body(&b->h);
}

static bool says(browser *b, const char *target, const char *wanted) {
    bool is_so = strcmp(get(b, target), wanted) == 0;
    if (!is_so) (void)fprintf(stderr, "%s: %s\n", target, b->h.text);
    return is_so;
}

static int with_store(int (*body)(web_served *s, counting *c)) {
    counting c = { .memory = NULL };
    web_served s = { .opts = { .state = NULL } };
    EDO_TEST_OK(edo_session_memory_new(&c.memory, NULL));
    web_begin(&s, router(&c));
    int result = body(&s, &c);
    int ended = web_end(&s);
    edo_session_memory_free(c.memory);
    return result < 0 ? result : ended;
}

/* ---- Sessions in one another ----------------------------------------------------------------- */

/* A layer between two layers of sessions: changes the outer one before, and reads it behind. */
static int keeps_outer(edo_web *w, edo_next *next) {
    edo_session *outer, *inner;
    int err = edo_session_open(&outer, w);
    CHECK_EQ(err, 0);
    char again[] = { edo_session_get(outer, "seen").ptr ? *edo_session_get(outer, "seen").ptr
                                                        : '0' };
    CHECK_EQ(edo_session_set(outer, "first", EDO_STR("kept")), 0);
    again[0]++;
    CHECK_EQ(edo_session_set(outer, "seen", (edo_str){ again, 1 }), 0);
    err = edo_next_call(next, w);
    CHECK_EQ(edo_session_open(&inner, w), 0);
    CHECK(inner == outer); // the inner one is over
    CHECK(edo_str_equal(edo_session_get(outer, "first"), EDO_STR("kept")));
    return err;
}

static int nested(void *arg) {
    counting c = { .memory = NULL };
    web_served s = { .opts = { .state = NULL } };
    heard h;
    char request[512], ids[2][64] = { "", "" };
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&c.memory, NULL));
    edo_router *r = edo_router_new();
    edo_router_get(r, "/login", logs_in);
    edo_router_get(r, "/user", says_user);
    edo_router_wrap(r, edo_session_layer(&(edo_session_opts){ .ops = &counting_ops, .store = &c }),
                    edo_web_around(keeps_outer),
                    edo_session_layer(&(edo_session_opts){
                        .ops = &counting_ops, .store = &c, .cookie = "__Host-inner" }));
    web_begin(&s, r);
    for (int i = 0; i < 3; i++) { // the second one finds both in the store
        (void)snprintf(request, sizeof request,
                       "GET /%s HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                       "cookie: x=y%s%s%s%s\r\n\r\n",
                       i == 0 ? "login?ann" : "user", *ids[0] ? "; __Host-session=" : "", ids[0],
                       *ids[1] ? "; __Host-inner=" : "", ids[1]);
        ask(&s.http, &h, request);
        CHECK_EQ(strcmp(web_body(&h), "user ann"), 0);
        const char *outer = strstr(h.text, "__Host-session="),
                   *inner = strstr(h.text, "__Host-inner=");
        if (outer) (void)snprintf(ids[0], sizeof ids[0], "%.32s", outer + 15);
        if (inner) (void)snprintf(ids[1], sizeof ids[1], "%.32s", inner + 13);
        CHECK(*ids[0] && *ids[1]);
        CHECK_EQ(c.saves, 2 + i); // the outer one changes each time
    }
    int result = web_end(&s);
    edo_session_memory_free(c.memory);
    return result;
}

static void layers_in_one_another_have_each_their_session(void **state) {
    (void)state;
    assert_int_equal(inside(nested, NULL), 0);
}

/* ---- Tests ----------------------------------------------------------------------------------- */

static int life(web_served *s, counting *c) {
    browser b = { .s = s }, other = { .s = s };
    CHECK(says(&b, "/user", "user none"));
    CHECK(!has(&b.h, "set-cookie") && c->loads == 0 && c->saves == 0);
    CHECK(says(&b, "/login?ann", "user ann"));
    CHECK(has(&b.h, "set-cookie: __Host-session="));
    CHECK(has(&b.h, "; Path=/; SameSite=Lax; Secure; HttpOnly\r\n"));
    CHECK_EQ(strlen(b.cookie), strlen("__Host-session=") + 32);
    CHECK(says(&b, "/user", "user ann") && !has(&b.h, "set-cookie"));
    CHECK(says(&other, "/user", "user none"));
    CHECK(says(&b, "/logout", "user none"));
    CHECK(has(&b.h, "Max-Age=0") && *b.cookie == 0);
    (void)get(&b, "/bare"); // no layer
    CHECK(has(&b.h, " 500 "));
    return 0;
}

static int lives(void *arg) {
    (void)arg;
    return with_store(life);
}

static void session_is_of_the_browser_that_has_its_cookie(void **state) {
    (void)state;
    assert_int_equal(inside(lives, NULL), 0);
}

static int times_out(web_served *s, counting *c) {
    browser b = { .s = s };
    (void)c;
    CHECK(says(&b, "/login?ann", "user ann"));
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_sleep(edo_minutes(29)), 0);
        CHECK(says(&b, "/user", "user ann"));
    }
    CHECK_EQ(edo_sleep(edo_minutes(30)), 0);
    CHECK(says(&b, "/user", "user none")); // idle
    CHECK(says(&b, "/login?ann", "user ann"));
    for (int i = 0; i < 24 * 3 - 1; i++) {
        CHECK_EQ(edo_sleep(edo_minutes(20)), 0);
        CHECK(says(&b, i % 2 ? "/user" : "/same", "user ann"));
    }
    CHECK_EQ(edo_sleep(edo_minutes(20)), 0);
    CHECK(says(&b, "/user", "user none")); // a day old, however busy
    return 0;
}

static int time_limits(void *arg) {
    (void)arg;
    return with_store(times_out);
}

static void session_ends_after_30_minutes_idle_or_a_day(void **state) {
    (void)state;
    assert_int_equal(inside(time_limits, NULL), 0);
}

static int writes(web_served *s, counting *c) {
    browser b = { .s = s };
    CHECK(says(&b, "/login?ann", "user ann"));
    CHECK(c->saves == 1 && c->loads == 0);
    for (int i = 0; i < 5; i++) CHECK(says(&b, "/user", "user ann"));
    CHECK(c->saves == 1 && c->loads == 5 && c->touches == 0);
    CHECK(says(&b, "/same", "user ann"));
    CHECK(c->saves == 1); // the text is as it was
    CHECK(says(&b, "/fine", "fine"));
    CHECK_EQ(c->loads, 6); // it did not ask
    CHECK_EQ(edo_sleep(edo_minutes(4)), 0);
    CHECK(says(&b, "/user", "user ann"));
    CHECK(c->touches == 1 && c->saves == 1);
    CHECK(says(&b, "/unset", "user none")); // nothing is left of it
    CHECK(c->removes == 1 && c->saves == 1 && *b.cookie == 0);
    return 0;
}

static int lazily(void *arg) {
    (void)arg;
    return with_store(writes);
}

static void what_has_not_changed_is_not_written(void **state) {
    (void)state;
    assert_int_equal(inside(lazily, NULL), 0);
}

static int rotates(web_served *s, counting *c) {
    browser b = { .s = s }, thief;
    (void)c;
    // an id that the store does not know is never used
    (void)snprintf(b.cookie, sizeof b.cookie, "__Host-session=0123456789abcdef0123456789abcdef");
    CHECK(says(&b, "/same", "user ann"));
    CHECK(!strstr(b.cookie, "0123456789abcdef0123456789abcdef"));
    thief = b; // somebody who has put the session there
    CHECK(says(&b, "/login?bob", "user bob"));
    CHECK(strcmp(b.cookie, thief.cookie) != 0);
    CHECK(says(&thief, "/user", "user none"));
    CHECK(says(&b, "/user", "user bob"));
    CHECK_EQ(edo_sleep(edo_minutes(20)), 0);
    static const char *const bad[] = { "x", "0123456789ABCDEF0123456789ABCDEF",
                                       "0123456789abcdef0123456789abcdef0", "" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        browser any = { .s = s };
        int loads = c->loads;
        (void)snprintf(any.cookie, sizeof any.cookie, "__Host-session=%s", bad[i]);
        CHECK(says(&any, "/user", "user none"));
        CHECK_EQ(c->loads, loads); // no id at all
    }
    return 0;
}

static int fixation(void *arg) {
    (void)arg;
    return with_store(rotates);
}

static void id_that_somebody_else_has_put_there_is_worth_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(fixation, NULL), 0);
}

typedef struct asked {
    browser b;
    const char *target;
} asked;

static int asks(void *arg) {
    asked *a = arg;
    (void)get(&a->b, a->target);
    return 0;
}

static int races(web_served *s, counting *c) {
    browser b = { .s = s };
    (void)c;
    CHECK(says(&b, "/login?ann", "user ann"));
    asked slow = { .b = b, .target = "/slow" };
    browser before = b;
    edo_task *t = edo_spawn(asks, &slow);
    CHECK(t != NULL);
    CHECK_EQ(edo_sleep(edo_ms(500)), 0);
    CHECK(says(&b, "/logout", "user none"));
    CHECK_EQ(edo_task_join(t), 0);
    CHECK(has(&slow.b.h, "user slow")); // it was served, but nothing was kept
    CHECK(says(&before, "/user", "user none"));
    return 0;
}

static int race(void *arg) {
    (void)arg;
    return with_store(races);
}

static void session_that_was_ended_does_not_come_back(void **state) {
    (void)state;
    assert_int_equal(inside(race, NULL), 0);
}

static int fails(web_served *s, counting *c) {
    browser b = { .s = s }, fresh = { .s = s };
    CHECK(says(&b, "/login?ann", "user ann"));
    (void)get(&b, "/fail");
    CHECK(has(&b.h, " 500 "));
    CHECK(says(&b, "/user", "user ann")); // as it was
    (void)get(&b, "/badly");
    CHECK(has(&b.h, " 400 ") && !has(&b.h, "set-cookie"));
    CHECK(says(&b, "/user", "user ann"));
    CHECK(says(&fresh, "/large", "user none"));
    CHECK_EQ(edo_sleep(edo_minutes(4)), 0);
    c->failure = -EIO;
    (void)get(&b, "/user");
    CHECK(has(&b.h, " 500 "));
    browser late = { .s = s };
    (void)get(&late, "/login?bob");
    CHECK(has(&late.h, " 500 ") && !has(&late.h, "user bob"));
    CHECK(!has(&late.h, "set-cookie") && !has(&late.h, "cache-control")); // of the lost response
    CHECK(says(&b, "/fine", "fine"));
    c->failure = 0;
    static const char *const bad[] = { "x", "12345678", "\1\1\1\1\1\1\1\1" };
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        c->bad = bad[i];
        (void)get(&b, "/user");
        CHECK(has(&b.h, " 400 ") || has(&b.h, " 500 "));
    }
    return 0;
}

static int failures(void *arg) {
    (void)arg;
    return with_store(fails);
}

static void failure_of_the_store_is_a_500_and_one_of_the_handler_keeps_nothing(void **state) {
    (void)state;
    assert_int_equal(inside(failures, NULL), 0);
}

static int wrong_age(web_served *s, counting *c) {
    browser b = { .s = s };
    CHECK(says(&b, "/login?ann", "user ann"));
    c->is_unborn = true;
    CHECK(says(&b, "/login?bob", "user bob"));
    CHECK_EQ(c->ttl.ns, edo_minutes(30).ns);
    CHECK(says(&b, "/user", "user bob"));
    CHECK(says(&b, "/slow", "user slow"));
    CHECK_EQ(c->ttl.ns, edo_minutes(30).ns);
    return 0;
}

static int wrong_ages(void *arg) {
    (void)arg;
    return with_store(wrong_age);
}

static void session_that_has_not_begun_yet_has_the_usual_time(void **state) {
    (void)state;
    assert_int_equal(inside(wrong_ages, NULL), 0);
}

static int memory(web_served *s, counting *c) {
    browser b = { .s = s };
    CHECK(says(&b, "/login?ann", "user ann"));
    (void)c;
    for (int k = 1, has_failed = 1; has_failed; k++) {
        char request[256];
        edo_stream *client = client_of(&s->http);
        CHECK_EQ(edo_yield(), 0);
        b.h = (heard){ 0 };
        (void)snprintf(request, sizeof request,
                       "GET /login?bob HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: %s\r\n"
                       "\r\n",
                       b.cookie);
        fail_alloc_in = k;
        say(client, request);
        (void)hear_until(client, &b.h, NULL);
        has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK(has(&b.h, "user bob") || has_no_memory(&b.h));
        edo_close(client);
        keep_cookie(&b);
    }
    CHECK(has(&b.h, "user bob"));
    return 0;
}

static int no_memory(void *arg) {
    (void)arg;
    return with_store(memory);
}

static void end_of_memory_is_a_500(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

static int plain_http(void *arg) {
    counting c = { .memory = NULL };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    browser b = { .s = &s };
    (void)arg;
    EDO_TEST_OK(edo_session_memory_new(&c.memory, NULL));
    edo_router_get(r, "/login", logs_in);
    edo_router_get(r, "/user", says_user);
    edo_router_wrap(r, edo_session_layer(&(edo_session_opts){ .ops = &counting_ops,
                                                              .store = &c,
                                                              .plain_http = true,
                                                              .same_site = EDO_SAME_SITE_STRICT,
                                                              .idle_max = edo_s(10) }));
    web_begin(&s, r);
    CHECK(says(&b, "/login?ann", "user ann"));
    CHECK(has(&b.h, "set-cookie: session=") && !has(&b.h, "Secure") && has(&b.h, "=Strict"));
    CHECK_EQ(edo_sleep(edo_s(9)), 0);
    CHECK(says(&b, "/user", "user ann"));
    CHECK_EQ(edo_sleep(edo_s(10)), 0);
    CHECK(says(&b, "/user", "user none"));
    int result = web_end(&s);
    edo_session_memory_free(c.memory);
    return result;
}

static void cookie_and_times_are_those_of_the_options(void **state) {
    (void)state;
    assert_int_equal(inside(plain_http, NULL), 0);
}

static void bad_options_are_refused_when_built(void **state) {
    const edo_session_opts bad[] = {
        { .ops = NULL },
        { .ops = &counting_ops, .idle_max = { -1 } },
        { .ops = &counting_ops, .age_max = { -1 } },
        { .ops = &counting_ops, .reserved = { 1 } },
        { .ops = &counting_ops, .cookie = "a b" },
        { .ops = &counting_ops, .plain_http = true, .same_site = EDO_SAME_SITE_NONE },
        { .ops = &counting_ops, .plain_http = true, .cookie = EDO_SESSION_COOKIE }
    };
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(bad); i++) {
        edo_router *r = edo_router_new();
        edo_router_get(r, "/", says_user);
        edo_router_wrap(r, edo_session_layer(&bad[i]));
        assert_int_equal(edo_router_build(r), -EINVAL);
        edo_router_free(r);
    }
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_in_memory_does_what_every_store_does),
        cmocka_unit_test(store_in_memory_forgets_what_was_used_longest_ago),
        cmocka_unit_test(strangers_sessions_do_not_end_those_that_are_used),
        cmocka_unit_test(stranger_that_comes_back_with_each_session_ends_its_own),
        cmocka_unit_test(session_is_of_the_browser_that_has_its_cookie),
        cmocka_unit_test(session_ends_after_30_minutes_idle_or_a_day),
        cmocka_unit_test(what_has_not_changed_is_not_written),
        cmocka_unit_test(id_that_somebody_else_has_put_there_is_worth_nothing),
        cmocka_unit_test(session_that_was_ended_does_not_come_back),
        cmocka_unit_test(failure_of_the_store_is_a_500_and_one_of_the_handler_keeps_nothing),
        cmocka_unit_test(session_that_has_not_begun_yet_has_the_usual_time),
        cmocka_unit_test(end_of_memory_is_a_500),
        cmocka_unit_test(cookie_and_times_are_those_of_the_options),
        cmocka_unit_test(bad_options_are_refused_when_built),
        cmocka_unit_test(layers_in_one_another_have_each_their_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
