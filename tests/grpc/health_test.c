/* SPDX-License-Identifier: MIT */
/* Goal: health is told as it changes, and no service's that is not there.
 * Method: as server_test.c; the clock jumps. A message is two bytes: its one field. */
#include "grpc_peer.h"
#include "hello.edo.h"

#include <edo/health.h>
#include <edo/http2.h>

#define CHECK_IT "/grpc.health.v1.Health/Check"
#define WATCH    "/grpc.health.v1.Health/Watch"

static h2_peer peer;
static edo_health *health;

static const hello_v1_greeter_ops greeter = { .chat = NULL };

static int serve_one(served *s, edo_stream *stream) {
    return edo_web_serve_stream(s->arg, stream, &(edo_web_opts){ .http = &s->opts });
}

static void begin_with(served *s, const edo_health_opts *opts) {
    edo_router *r = edo_router_new();
    CHECK_EQ(edo_health_new(&health, opts), 0);
    hello_v1_greeter_routes(r, &greeter, NULL, NULL);
    edo_grpc_health_routes(r, health);
    CHECK_EQ(edo_router_build(r), 0);
    *s = (served){ .arg = r, .serve_one = serve_one };
    serve_begin(s);
    h2_begin(&peer, client_of(s), NULL, 0);
    H2_UNTIL(&peer, peer.settings > 0);
}

static void begin(served *s) {
    begin_with(s, NULL);
}

static int end(served *s) {
    CHECK_EQ(serve_end(s), 0);
    h2_end(&peer);
    edo_router_free(s->arg);
    edo_health_free(health);
    return 0;
}

/* Is message number `i` this status? */
static bool says(const h2_answer *a, size_t i, int status) {
    return a->body_n >= (i + 1) * 7 && memcmp(a->body + i * 7, "\0\0\0\0\2\x08", 6) == 0 &&
           a->body[i * 7 + 6] == (char)status;
}

static int is_checked(void *arg) {
    served s;
    static const char *const names[] = { "", "hello.v1.Greeter" };
    (void)arg;
    begin(&s);
    for (int ready = 0; ready < 2; ready++) {
        edo_health_set_ready(health, ready == 1);
        for (int i = 0; i < 2; i++) {
            h2_answer *a = grpc_ask(&peer, CHECK_IT, NULL, names[i]);
            h2_await(&peer, a);
            CHECK(has_status(a, 0) && says(a, 0, ready ? 1 : 2));
        }
        h2_answer *b = grpc_ask(&peer, CHECK_IT, NULL, "hello.v1.Other");
        h2_await(&peer, b);
        CHECK(has_status(b, 5));
    }
    return end(&s);
}

static void services_are_as_ready_as_the_program(void **state) {
    (void)state;
    assert_int_equal(inside(is_checked, NULL), 0);
}

static int is_watched(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    h2_answer *a = grpc_ask(&peer, WATCH, NULL, ""), *b = grpc_ask(&peer, WATCH, NULL, "no");
    H2_UNTIL(&peer, says(a, 0, 2) && says(b, 0, 3));
    CHECK_EQ(edo_sleep(edo_minutes(1)), 0);
    h2_take(&peer);
    CHECK_EQ(a->body_n, 7); // nothing has changed
    edo_health_set_ready(health, true);
    H2_UNTIL(&peer, says(a, 1, 1));
    edo_task_cancel(s.task); // the server drains
    H2_UNTIL(&peer, a->ended && b->ended);
    CHECK(says(a, 2, 2) && has_status(a, 14) && has_status(b, 14) && b->body_n == 7);
    while (h2_turn(&peer)) {
    }
    return end(&s);
}

static void watch_is_told_of_changes_and_of_the_end(void **state) {
    (void)state;
    assert_int_equal(inside(is_watched, NULL), 0);
}

/* ---- When a watch is told -------------------------------------------------------------------- */

static bool is_down, is_busy;
static int checks;

static int check(void *arg) {
    (void)arg;
    checks++;
    return is_down ? -EIO : 0;
}

static bool says_busy(void *arg) {
    (void)arg;
    return is_busy;
}

/* Begins a watch, which is told that all is well, and comes to a time that is no whole second of
 * it. */
static h2_answer *watch(void) {
    h2_answer *a = grpc_ask(&peer, WATCH, NULL, "");
    edo_health_set_ready(health, true);
    H2_UNTIL(&peer, a->body_n >= 7 && says(a, a->body_n / 7 - 1, 1));
    CHECK_EQ(edo_sleep(edo_ms(10500)), 0);
    a->body_n = 0;
    return a;
}

static int end_watch(served *s, const h2_answer *a) {
    edo_task_cancel(s->task);
    H2_UNTIL(&peer, a->ended);
    while (h2_turn(&peer)) {
    }
    return end(s);
}

static int is_told_at_once(void *arg) {
    served s;
    (void)arg;
    begin(&s);
    const h2_answer *a = watch();
    const edo_instant before = edo_now();
    edo_health_set_ready(health, false);
    H2_UNTIL(&peer, says(a, 0, 2));
    edo_health_set_ready(health, true);
    H2_UNTIL(&peer, says(a, 1, 1));
    edo_health_on_phase(health, EDO_DRAIN_BEGUN, NULL);
    H2_UNTIL(&peer, says(a, 2, 2));
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, 0);
    return end_watch(&s, a);
}

static void watch_is_told_of_readiness_at_once(void **state) {
    (void)state;
    assert_int_equal(inside(is_told_at_once, NULL), 0);
}

static int run_health(void *arg) {
    return edo_health_run(arg, edo_s(20));
}

static int is_told_of_rounds(void *arg) {
    served s;
    (void)arg;
    begin_with(&s, &(edo_health_opts){ .fails_down = 1 });
    is_down = false;
    CHECK_EQ(edo_health_add(health, "it", check, NULL, NULL), 0);
    edo_task *task = edo_spawn(run_health, health);
    const h2_answer *a = watch();
    const edo_instant before = edo_now();
    checks = 0;
    is_down = true;
    H2_UNTIL(&peer, says(a, 0, 2));
    CHECK_EQ(edo_instant_since(edo_now(), before).ns, edo_ms(9500).ns); // with the round
    CHECK_EQ(checks, 1);
    is_down = false;
    edo_task_cancel(task);
    CHECK_EQ(edo_task_join(task), -ECANCELED);
    H2_UNTIL(&peer, says(a, 1, 1)); // now nobody runs the checks but the watch
    return end_watch(&s, a);
}

static void watch_is_told_what_rounds_find(void **state) {
    (void)state;
    assert_int_equal(inside(is_told_of_rounds, NULL), 0);
}

static int is_asked(void *arg) {
    served s;
    (void)arg;
    is_busy = false;
    begin_with(&s, &(edo_health_opts){ .busy = says_busy });
    const h2_answer *a = watch();
    is_busy = true;
    H2_UNTIL(&peer, says(a, 0, 2));
    return end_watch(&s, a);
}

static void watch_asks_what_nobody_tells(void **state) {
    (void)state;
    assert_int_equal(inside(is_asked, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(watch_is_told_of_readiness_at_once),
        cmocka_unit_test(watch_is_told_what_rounds_find),
        cmocka_unit_test(watch_asks_what_nobody_tells),
        cmocka_unit_test(services_are_as_ready_as_the_program),
        cmocka_unit_test(watch_is_told_of_changes_and_of_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
