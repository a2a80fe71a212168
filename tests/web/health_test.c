/* SPDX-License-Identifier: MIT */
/* Goal: probes say what the program can do: alive without a look at anything, ready only when it
 * is, healthy by checks that cost little however often a probe comes.
 * Method: checks that do what the test says, behind a router in paused time. */
#include "../http/tcp_server.h"
#include "fail_alloc.h"
#include "web_log.h"
#include "web_server.h"

#include <edo/health.h>

#include <sys/resource.h>

/* A dependency: what its check does. */
typedef struct dependency {
    int takes_ms;
    int result;
    const char *says; /* with a failure */
    bool goes_on;     /* although it is cancelled */
    int calls, at_once, most_at_once;
} dependency;

/* Sleeps whoever cancels it. */
static int sleep_on(int ms) {
    edo_shield shield;
    edo_shield_begin(&shield, edo_s(-1));
    int err = edo_sleep(edo_ms(ms));
    return edo_shield_end(&shield, err);
}

static int check(void *arg) {
    dependency *d = arg;
    d->calls++;
    if (++d->at_once > d->most_at_once) d->most_at_once = d->at_once;
    int err = d->goes_on ? sleep_on(d->takes_ms) : d->takes_ms ? edo_sleep(edo_ms(d->takes_ms)) : 0;
    d->at_once--;
    if (err < 0) return err;
    return d->result < 0 && d->says ? edo_fail(d->result, "%s", d->says) : d->result;
}

/* ---- Routes ---------------------------------------------------------------------------------- */

static void check_status(web_served *s, const char *path, const char *status) {
    heard h;
    char line[64];
    (void)snprintf(line, sizeof line, "GET %s", path);
    web_ask(s, &h, line, NULL, NULL);
    if (!has(&h, status)) (void)fprintf(stderr, "%s wants%s: %s\n", path, status, h.text);
    CHECK(has(&h, status));
    CHECK(has(&h, "cache-control: no-store\r\n"));
}

static void check_all(web_served *s, const char *live, const char *ready, const char *startup,
                      const char *health) {
    check_status(s, "/livez", live);
    check_status(s, "/live", live);
    check_status(s, "/readyz", ready);
    check_status(s, "/ready", ready);
    check_status(s, "/startup", startup);
    check_status(s, "/healthz", health);
    check_status(s, "/health", health);
}

static bool is_busy(void *arg) {
    return *(bool *)arg;
}

#define OK_  " 200 "
#define OFF_ " 503 "

static int states(void *arg) {
    bool busy = false, stuck = false;
    edo_health *h;
    dependency db = { .takes_ms = 3 }, mail = { .takes_ms = 1 };
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, &(edo_health_opts){ .cache = edo_s(-1),
                                                       .busy = is_busy,
                                                       .busy_arg = &busy,
                                                       .stuck = is_busy,
                                                       .stuck_arg = &stuck }));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    EDO_TEST_OK(
        edo_health_add(h, "mail", check, &mail, &(edo_health_check_opts){ .optional = true }));
    edo_health_routes(r, h);
    web_begin(&s, r);
    check_all(&s, OK_, OFF_, OFF_, OK_); // it starts
    CHECK_EQ(db.calls, 2);               // by /healthz and /health alone
    edo_health_set_ready(h, true);
    check_all(&s, OK_, OK_, OK_, OK_);
    mail.result = -EIO;
    check_all(&s, OK_, OK_, OK_, OK_);
    db.result = -EIO;
    check_all(&s, OK_, OFF_, OK_, OFF_);
    db.result = mail.result = 0;
    busy = true;
    check_all(&s, OK_, OFF_, OK_, OK_);
    busy = false;
    stuck = true;
    check_all(&s, OFF_, OK_, OK_, OK_);
    stuck = false;
    edo_health_on_phase(h, EDO_DRAIN_RUNNING, NULL);
    check_all(&s, OK_, OK_, OK_, OK_);
    edo_health_on_phase(h, EDO_DRAIN_BEGUN, NULL);
    check_all(&s, OK_, OFF_, OK_, OK_); // it drains
    edo_health_set_ready(h, true);      // what was still loading is told too late
    check_all(&s, OK_, OFF_, OK_, OK_);
    heard heard_;
    web_ask(&s, &heard_, "POST /livez", NULL, NULL);
    CHECK(has(&heard_, " 405 "));
    CHECK_EQ(web_end(&s), 0);
    edo_health_free(h);
    return 0;
}

static int instances(void *arg) {
    edo_health *h;
    web_served s = { .opts = { .state = NULL } };
    edo_router *r = edo_router_new();
    heard heard_;
    char name[] = "shop-2";
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, &(edo_health_opts){ .version = "1", .instance = name }));
    name[0] = '?'; // it was copied
    edo_health_routes(r, h);
    web_begin(&s, r);
    web_ask(&s, &heard_, "GET /readyz", NULL, NULL);
    CHECK(has(&heard_, "\r\n\r\nnot ok shop-2\n"));
    edo_health_set_ready(h, true);
    web_ask(&s, &heard_, "GET /readyz", NULL, NULL);
    CHECK(has(&heard_, "\r\n\r\nok shop-2\n"));
    web_ask(&s, &heard_, "GET /healthz", NULL, NULL);
    CHECK(has(&heard_, "\"version\":\"1\",\"instance\":\"shop-2\",\"uptime_s\""));
    CHECK_EQ(web_end(&s), 0);
    edo_health_free(h);
    return 0;
}

static void probes_tell_which_instance_it_is(void **state) {
    (void)state;
    assert_int_equal(inside(instances, NULL), 0);
}

static void probes_tell_start_readiness_drain_and_failures(void **state) {
    (void)state;
    assert_int_equal(inside(states, NULL), 0);
}

/* ---- The JSON -------------------------------------------------------------------------------- */

/* Takes the time of day out, which a test cannot know; its form is checked. */
static void check_json(edo_health *h, int state, const char *wanted) {
    edo_buf json = { 0 };
    CHECK_EQ(edo_health_check(h, &json), state);
    CHECK_EQ(edo_buf_append(&json, "", 1), 0);
    char *since = strstr(json.ptr, "\"since\":\"");
    CHECK(since != NULL);
    since += 9;
    CHECK(since[4] == '-' && since[10] == 'T' && since[19] == 'Z' && since[20] == '"');
    memset(since, '.', 20);
    if (strcmp(json.ptr, wanted) != 0) (void)fprintf(stderr, "%s\n%s\n", json.ptr, wanted);
    CHECK_EQ(strcmp(json.ptr, wanted), 0);
    edo_buf_deinit(&json);
}

static int shape(void *arg) {
    edo_health *h;
    dependency db = { .takes_ms = 3 };
    dependency mail = { .result = -ECONNREFUSED, .says = "no \"mail\" at mail:25" };
    dependency slow = { .takes_ms = 60000 };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, &(edo_health_opts){ .version = "1.4.2" }));
    check_json(h, EDO_HEALTH_HEALTHY,
               "{\"status\":\"healthy\",\"version\":\"1.4.2\",\"uptime_s\":0,"
               "\"since\":\"....................\",\"dependencies\":[]}");
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    EDO_TEST_OK(
        edo_health_add(h, "mail", check, &mail, &(edo_health_check_opts){ .optional = true }));
    EDO_TEST_OK(edo_sleep(edo_s(90)));
    check_json(h, EDO_HEALTH_DEGRADED,
               "{\"status\":\"degraded\",\"version\":\"1.4.2\",\"uptime_s\":90,"
               "\"since\":\"....................\",\"dependencies\":["
               "{\"name\":\"db\",\"status\":\"healthy\",\"latency_ms\":3.0,\"message\":null},"
               "{\"name\":\"mail\",\"status\":\"unhealthy\",\"latency_ms\":null,"
               "\"message\":\"no \\\"mail\\\" at mail:25: Connection refused (-ECONNREFUSED)\"}]}");
    EDO_TEST_OK(edo_health_add(h, "slow", check, &slow, NULL));
    EDO_TEST_OK(edo_sleep(edo_s(2)));
    edo_instant start = edo_now();
    edo_buf json = { 0 };
    CHECK_EQ(edo_health_check(h, &json), EDO_HEALTH_UNHEALTHY);
    CHECK_EQ(ms_since(start), 2000); // its time limit
    CHECK_EQ(edo_buf_append(&json, "", 1), 0);
    CHECK(strstr(json.ptr, "\"name\":\"slow\",\"status\":\"unhealthy\",\"latency_ms\":null,"
                           "\"message\":\"limit of 2 s passed in edo_sleep"));
    edo_buf_deinit(&json);
    edo_health_free(h);
    return 0;
}

static void json_has_latency_of_passes_and_message_of_failures(void **state) {
    (void)state;
    assert_int_equal(inside(shape, NULL), 0);
}

/* A handler and a check that ask the same database. */
static int asks_database(edo_web *w) {
    return check(edo_web_state(w));
}

static int words(void *arg) {
    dependency db = { .result = -ECONNREFUSED, .says = "PostgreSQL at db.internal:5432 is away" };
    web_served s = { .opts = { .state = &db } };
    edo_router *r = edo_router_new();
    edo_buf json = { 0 };
    edo_health *h;
    heard heard_;
    web_log log;
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, NULL));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    edo_router_get(r, "/rows", asks_database);
    EDO_TEST_OK(edo_sleep(edo_s(2))); // one such line a second is a warning
    log_begin(&log, (edo_log_opts){ .filter = "off,web=warn" });
    web_begin(&s, r);
    for (int i = 0; i < 3; i++) {
        web_ask(&s, &heard_, "GET /rows", NULL, NULL);
        CHECK(has(&heard_, " 503 ") && has(&heard_, "retry-after: 1\r\n"));
        CHECK(!has(&heard_, "internal:") && !has(&heard_, "PostgreSQL"));
    }
    CHECK_EQ(web_end(&s), 0);
    log_end(&log);
    CHECK_EQ(edo_health_check(h, &json), EDO_HEALTH_UNHEALTHY);
    CHECK_EQ(edo_buf_append(&json, "", 1), 0);
    static const char same[] =
        "PostgreSQL at db.internal:5432 is away: Connection refused (-ECONNREFUSED)";
    const char *told = strstr(log.text, "GET /rows failed: ");
    CHECK(told && strstr(told, same) == told + strlen("GET /rows failed: "));
    CHECK(!strstr(told + 1, "GET /rows failed: "));
    CHECK(strstr(json.ptr, same));
    edo_buf_deinit(&json);
    edo_health_free(h);
    return 0;
}

static void probe_and_log_say_the_same_words(void **state) {
    (void)state;
    assert_int_equal(inside(words, NULL), 0);
}

/* ---- Rounds ---------------------------------------------------------------------------------- */

static int ask_health(void *arg) {
    return edo_health_check(arg, NULL);
}

static int rounds(void *arg) {
    edo_health *h;
    dependency deps[3] = { { .takes_ms = 500 }, { .takes_ms = 900 }, { .takes_ms = 60000 } };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, NULL));
    for (size_t i = 0; i < 3; i++) EDO_TEST_OK(edo_health_add(h, "dep", check, &deps[i], NULL));
    edo_instant start = edo_now();
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    for (int i = 0; i < 50; i++) edo_scope_spawn(&s, ask_health, h);
    EDO_TEST_OK(edo_scope_end(&s, 0));
    CHECK_EQ(ms_since(start), 2000); // all at once, and the last one has its limit
    for (size_t i = 0; i < 3; i++) CHECK_EQ(deps[i].calls, 1);
    deps[2].takes_ms = 0;
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_HEALTHY); // the results were older than 1 s
    CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_HEALTHY);
    CHECK_EQ(deps[2].calls, 2);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    deps[1].takes_ms = 1500; // longer than results are kept
    start = edo_now();
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    edo_scope_spawn(&s, ask_health, h);
    EDO_TEST_OK(edo_sleep(edo_ms(400)));
    for (int i = 0; i < 50; i++) edo_scope_spawn(&s, ask_health, h); // while it is under way
    EDO_TEST_OK(edo_scope_end(&s, 0));
    CHECK_EQ(deps[0].calls, 4); // 50 callers had one round more
    CHECK_EQ(ms_since(start), 3000);
    for (size_t i = 0; i < 3; i++) CHECK_EQ(deps[i].most_at_once, 1);
    edo_health_free(h);
    return 0;
}

static void checks_run_at_once_and_probes_share_them(void **state) {
    (void)state;
    assert_int_equal(inside(rounds, NULL), 0);
}

static int leader(void *arg) {
    edo_health *h;
    dependency db = { .takes_ms = 500 };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, NULL));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    edo_task *first = edo_spawn(ask_health, h), *second = edo_spawn(ask_health, h);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    edo_task_cancel(first); // its client has left
    CHECK_EQ(edo_task_join(first), -ECANCELED);
    CHECK_EQ(edo_task_join(second), EDO_HEALTH_HEALTHY);
    CHECK_EQ(db.calls, 2);
    CHECK_EQ(db.at_once, 0);
    edo_health_free(h);
    return 0;
}

static void probe_that_leaves_does_not_fail_those_that_wait(void **state) {
    (void)state;
    assert_int_equal(inside(leader, NULL), 0);
}

static const edo_context_key key = { .name = "of a probe" };
static bool value_is_gone;

static void value_deinit(void *value) {
    (void)value;
    value_is_gone = true;
}

/* A check is not on behalf of the probe that has started it, and may outlive that. */
static void check_for(edo_health *h) {
    edo_context_block bound;
    void *value = edo_rc_new(1, value_deinit);
    edo_context_begin(&bound, &key, value);
    edo_rc_unref(value);
    CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_UNHEALTHY);
    CHECK_EQ(edo_context_end(&bound, 0), 0);
    CHECK(value_is_gone);
}

static int outlives_its_probe(void *arg) {
    edo_health *h;
    dependency db = { .takes_ms = 30000, .goes_on = true };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, &(edo_health_opts){ .cache = edo_s(-1) }));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    check_for(h);
    CHECK_EQ(db.at_once, 1);
    edo_health_free(h); // which waits for it
    return 0;
}

static void check_has_no_values_of_its_probe(void **state) {
    (void)state;
    assert_int_equal(inside(outlives_its_probe, NULL), 0);
}

static int stubborn(void *arg) {
    edo_health *h;
    dependency db = { .takes_ms = 30000, .goes_on = true }, mail = { .takes_ms = 1 };
    edo_buf json = { 0 };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, &(edo_health_opts){ .cache = edo_s(-1) }));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    EDO_TEST_OK(edo_health_add(h, "mail", check, &mail, NULL));
    edo_instant start = edo_now();
    CHECK_EQ(edo_health_check(h, &json), EDO_HEALTH_UNHEALTHY);
    CHECK_EQ(ms_since(start), 2100);
    CHECK_EQ(edo_buf_append(&json, "", 1), 0);
    CHECK(strstr(json.ptr, "\"name\":\"db\",\"status\":\"unhealthy\",\"latency_ms\":null,"
                           "\"message\":\"timed out, and goes on all the same\""));
    edo_buf_deinit(&json);
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_UNHEALTHY);
    CHECK_EQ(ms_since(start), 2105); // nobody waits for it any more
    CHECK_EQ(db.calls, 1);
    CHECK_EQ(mail.calls, 6);
    EDO_TEST_OK(edo_sleep(edo_s(30)));
    db.goes_on = false;
    db.takes_ms = 5;
    CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_HEALTHY);
    CHECK_EQ(db.calls, 2);
    db.goes_on = true;
    db.takes_ms = 60000;
    edo_task *left = edo_spawn(ask_health, h);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    start = edo_now();
    edo_task_cancel(left);
    CHECK_EQ(edo_task_join(left), -ECANCELED);
    CHECK_EQ(ms_since(start), 100);
    CHECK_EQ(db.at_once, 1);
    edo_health_free(h); // which waits for it, since it uses `db`
    CHECK_EQ(db.at_once, 0);
    CHECK_EQ(db.calls, 3);
    return 0;
}

static void check_that_ignores_its_limit_holds_no_probe(void **state) {
    (void)state;
    assert_int_equal(inside(stubborn, NULL), 0);
}

static int runs_checks(void *arg) {
    return edo_health_run(arg, edo_s(10));
}

static int background(void *arg) {
    static const struct {
        int result, state;
    } steps[] = {
        { 0, EDO_HEALTH_HEALTHY },      { -EIO, EDO_HEALTH_HEALTHY },
        { -EIO, EDO_HEALTH_HEALTHY },   { 0, EDO_HEALTH_HEALTHY },
        { -EIO, EDO_HEALTH_HEALTHY },   { -EIO, EDO_HEALTH_HEALTHY },
        { -EIO, EDO_HEALTH_UNHEALTHY }, { 0, EDO_HEALTH_UNHEALTHY },
        { -EIO, EDO_HEALTH_UNHEALTHY }, { 0, EDO_HEALTH_UNHEALTHY },
        { 0, EDO_HEALTH_HEALTHY },
    };
    edo_health *h;
    dependency db = { .takes_ms = 1000 };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, NULL));
    EDO_TEST_OK(edo_health_add(h, "db", check, &db, NULL));
    edo_task *t = edo_spawn(runs_checks, h);
    EDO_TEST_OK(edo_yield());
    for (size_t i = 0; i < EDO_COUNT(steps); i++) {
        db.result = steps[i].result;
        EDO_TEST_OK(edo_sleep(edo_ms(6000)));
        edo_instant start = edo_now();
        CHECK_EQ(edo_health_check(h, NULL), steps[i].state);
        EDO_TEST_OK(edo_sleep(edo_ms(4500)));
        CHECK_EQ(edo_health_check(h, NULL), steps[i].state); // told while the next round runs
        CHECK_EQ(ms_since(start), 4500);
        EDO_TEST_OK(edo_sleep(edo_ms(500)));
    }
    CHECK_EQ(db.calls, 1 + (int)EDO_COUNT(steps)); // and none by those that asked
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_health_free(h);
    return 0;
}

static void background_needs_three_failures_and_two_passes(void **state) {
    (void)state;
    assert_int_equal(inside(background, NULL), 0);
}

/* ---- A drain --------------------------------------------------------------------------------- */

typedef struct program {
    web_served api, probes;
    edo_health *health;
    bool has_begun, has_stopped_api, is_over;
} program;

static bool takes_time;

static int takes_a_while(edo_web *w) {
    takes_time = true;
    EDO_TEST_OK(edo_sleep(edo_s(4)));
    return edo_web_reply_text(w, EDO_STATUS_OK, "done");
}

static int run_api(void *arg) {
    return web_serve_all(&((program *)arg)->api);
}

static int run_probes(void *arg) {
    return web_serve_all(&((program *)arg)->probes);
}

static void on_phase(void *arg, edo_drain_phase phase, const char *name) {
    program *p = arg;
    edo_health_on_phase(p->health, phase, name);
    if (phase == EDO_DRAIN_BEGUN) p->has_begun = true;
    if (phase == EDO_DRAIN_STOPPING && strcmp(name, "api") == 0) p->has_stopped_api = true;
}

static int run_program(void *arg) {
    const edo_drain_part parts[] = { { .name = "probes", .run = run_probes, .arg = arg },
                                     { .name = "api", .run = run_api, .arg = arg } };
    int err = edo_drain_run(
        parts, 2, &(edo_drain_opts){ .pre_stop = edo_s(5), .on_phase = on_phase, .arg = arg });
    ((program *)arg)->is_over = true;
    return err;
}

static void listen_for(web_served *s, edo_router *r) {
    EDO_TEST_OK(edo_tcp_listen(&s->http.listener, "127.0.0.1:0", NULL));
    (void)snprintf(s->http.address, sizeof s->http.address, "127.0.0.1:%u",
                   (unsigned)edo_listener_port(s->http.listener));
    s->http.opts.listeners = &s->http.listener;
    s->http.opts.listeners_n = 1;
    s->opts.http = &s->http.opts;
    s->router = r;
}

static int drains(void *arg) {
    program p = { .health = NULL };
    (void)arg;
    EDO_TEST_OK(edo_health_new(&p.health, NULL));
    edo_router *api = edo_router_new(), *probes = edo_router_new();
    edo_router_get(api, "/work", takes_a_while);
    edo_health_routes(api, p.health);
    edo_health_routes(probes, p.health);
    listen_for(&p.api, api);
    listen_for(&p.probes, probes);
    edo_health_set_ready(p.health, true);
    edo_task *t = edo_spawn(run_program, &p);
    check_all(&p.api, OK_, OK_, OK_, OK_);
    edo_task_cancel(t);
    WAIT_FOR(p.has_begun);
    EDO_TEST_OK(edo_time_advance(edo_s(1)));
    CHECK(p.has_begun && !p.has_stopped_api);
    check_all(&p.api, OK_, OFF_, OK_, OK_); // still served, and not ready
    EDO_TEST_OK(edo_time_advance(edo_ms(3500)));
    edo_stream *c = client_of(&p.api.http);
    say(c, "GET /work HTTP/1.1\r\nhost: x\r\n\r\n");
    WAIT_FOR(takes_time);
    CHECK(!p.has_stopped_api);
    EDO_TEST_OK(edo_time_advance(edo_ms(500)));
    WAIT_FOR(p.has_stopped_api);
    check_all(&p.probes, OK_, OFF_, OK_, OK_); // on the listener that is stopped last
    EDO_TEST_OK(edo_time_advance(edo_s(4)));
    heard h = { 0 };
    CHECK(hear_until(c, &h, NULL) && has(&h, "done") && has(&h, "connection: close\r\n"));
    edo_close(c);
    PASS_UNTIL(p.is_over);
    CHECK_EQ(edo_task_join(t), 0);
    edo_listener_close(p.api.http.listener);
    edo_listener_close(p.probes.http.listener);
    edo_health_free(p.health);
    return 0;
}

static void probes_are_served_while_the_rest_drains(void **state) {
    (void)state;
    assert_int_equal(inside_by_hand(drains, NULL), 0);
}

/* ---- Without memory -------------------------------------------------------------------------- */

static int make_all(dependency *d, edo_buf *json) {
    edo_health *h;
    int err = edo_health_new(&h, &(edo_health_opts){ .version = "2" });
    if (err < 0) return err;
    err = edo_health_add(h, "db", check, d, NULL);
    if (err == 0) err = edo_health_add(h, "mail", check, d, NULL);
    if (err == 0) err = edo_health_check(h, json);
    edo_health_free(h);
    return err;
}

static int no_memory(void *arg) {
    dependency d = { .takes_ms = 0 };
    int err = -ENOMEM, k = 1;
    (void)arg;
    for (; err < 0; k++) {
        edo_buf json = { 0 };
        fail_alloc_in = k;
        err = make_all(&d, &json);
        bool has_failed = fail_alloc_in == 0;
        fail_alloc_in = 0;
        CHECK_EQ(err, has_failed ? -ENOMEM : 0);
        edo_buf_deinit(&json);
    }
    CHECK(k > 3);
    return 0;
}

#define MANY 1000 /* checks: their tasks need more memory than was mapped for a few */

/* Lets no more memory be mapped, or lets it again. */
static void set_shortage(bool is_short) {
    static struct rlimit usual;
    if (is_short) CHECK_EQ(getrlimit(RLIMIT_AS, &usual), 0);
    const struct rlimit none = { .rlim_cur = 1, .rlim_max = usual.rlim_max };
    CHECK_EQ(setrlimit(RLIMIT_AS, is_short ? &none : &usual), 0);
}

static int fail_round(void *arg) {
    static dependency many[MANY];
    edo_health *h;
    (void)arg;
    EDO_TEST_OK(edo_health_new(&h, NULL));
    for (size_t i = 0; i < MANY; i++) EDO_TEST_OK(edo_health_add(h, "dep", check, &many[i], NULL));
    edo_task *t = edo_spawn(runs_checks, h); // each 10 s
    CHECK(t != NULL);
    set_shortage(true);
    EDO_TEST_OK(edo_sleep(edo_s(1)));
    set_shortage(false);
    CHECK_EQ(many[MANY - 1].calls, 0);
    CHECK(!edo_task_is_finished(t));
    EDO_TEST_OK(edo_sleep(edo_s(30)));
    CHECK(many[MANY - 1].calls > 0);
    CHECK_EQ(edo_health_check(h, NULL), EDO_HEALTH_HEALTHY);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_health_free(h);
    return 0;
}

static void round_without_memory_does_not_end_the_program(void **state) {
    (void)state;
#if defined(EDOI_ASAN) || defined(EDOI_TSAN)
    print_message("skipped: sanitizers need memory of their own\n");
    skip();
#endif
    assert_int_equal(inside(fail_round, NULL), 0);
}

static void health_without_memory_says_so(void **state) {
    (void)state;
    assert_int_equal(inside(no_memory, NULL), 0);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(probes_tell_start_readiness_drain_and_failures),
        cmocka_unit_test(probes_tell_which_instance_it_is),
        cmocka_unit_test(json_has_latency_of_passes_and_message_of_failures),
        cmocka_unit_test(probe_and_log_say_the_same_words),
        cmocka_unit_test(checks_run_at_once_and_probes_share_them),
        cmocka_unit_test(probe_that_leaves_does_not_fail_those_that_wait),
        cmocka_unit_test(check_that_ignores_its_limit_holds_no_probe),
        cmocka_unit_test(check_has_no_values_of_its_probe),
        cmocka_unit_test(background_needs_three_failures_and_two_passes),
        cmocka_unit_test(probes_are_served_while_the_rest_drains),
        cmocka_unit_test(round_without_memory_does_not_end_the_program),
        cmocka_unit_test(health_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
