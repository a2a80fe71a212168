/* SPDX-License-Identifier: MIT */
/* Goal: a reconnecting service goes from idle to connecting to connected and back as its table
 * says, whoever is cancelled; errors of attempts reach the calls that waited for them, and no
 * ready.
 * Method: services made by a target that can be down, under a paused clock; then callers, ends of
 * connections and outages at random, with a count of what is alive. */
#include <edo/layers.h>
#include <edo/reconnect.h>
#include <edo/scope.h>

#include "inside.h"
#include "seed.h"

#include <errno.h>
#include <string.h>

/* What connections lead to. */
typedef struct target {
    bool is_down;
    int connect_ms, asked, made, alive, code; /* code: of the inner ready */
    int64_t asked_ns[16];
    uint32_t levels; /* further layers around what is made */
} target;

typedef struct connection {
    edo_service base;
    target *to;
    int number;
    bool is_broken;
} connection;

static connection *newest;

static int connection_ready(edo_service *base, edo_permit *permit) {
    connection *c = (connection *)(void *)base;
    (void)permit;
    if (c->to->code < 0) return c->to->code;
    return c->is_broken ? -ECONNRESET : 0;
}

static int connection_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    (void)permit, (void)request, (void)response;
    int err = edo_sleep(edo_ms(1));
    return err < 0 ? err : ((connection *)(void *)base)->number;
}

static void connection_deinit(edo_service *base) {
    connection *c = (connection *)(void *)base;
    c->to->alive--;
    if (newest == c) newest = NULL;
}

static int connects(void *arg, edo_service **svc, const void *where) {
    static const edo_service_ops ops = { .name = "connection",
                                         .ready = connection_ready,
                                         .call = connection_call,
                                         .deinit = connection_deinit };
    target *t = arg;
    CHECK_EQ(strcmp(where, "there"), 0);
    if (t->asked < 16) t->asked_ns[t->asked] = edo_now().ns;
    t->asked++;
    int err = edo_sleep(edo_ms(t->connect_ms));
    if (err < 0) return err;
    if (t->is_down) return -ECONNREFUSED;
    err = edo_service_new(svc, sizeof(connection), &ops, NULL);
    if (err < 0) return err;
    newest = (connection *)(void *)*svc;
    newest->to = t;
    newest->number = ++t->made;
    t->alive++;
    edo_layer layer = edo_load_shed_layer();
    for (uint32_t i = 0; err == 0 && i < t->levels; i++) err = edo_layer_wrap(svc, &layer, *svc);
    return err;
}

static edo_service *reconnecting(target *t) {
    edo_service *svc;
    const edo_reconnect_opts opts = { .backoff = { .kind = EDO_BACKOFF_FIXED,
                                                   .pause_min = EDO_MS(100) } };
    CHECK_EQ(edo_reconnect_new(&svc, connects, t, "there", &opts), 0);
    return svc;
}

/* ---- The states ------------------------------------------------------------------------------ */

EDO_TEST(a_connection_is_made_when_needed_and_again_when_it_has_ended, .paused = true) {
    target t = { .connect_ms = 5 };
    edo_service *svc = reconnecting(&t);
    CHECK_EQ(t.asked, 0);
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 1);
    newest->is_broken = true;
    edo_instant start = edo_now();
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 2); // silently, and at once
    EDO_TEST_ELAPSED(start, edo_ms(6));
    CHECK_EQ(t.alive, 1);
    edo_service_unref(svc);
    CHECK_EQ(t.alive, 0);
}

EDO_TEST(a_failed_attempt_is_told_by_the_call_and_not_by_ready, .paused = true) {
    target t = { .is_down = true, .connect_ms = 5 };
    edo_service *svc = reconnecting(&t);
    edo_permit permit = EDO_PERMIT_INIT;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_service_ready(svc, &permit), 0);
        CHECK_EQ(edo_service_call(svc, &permit, NULL, NULL), -ECONNREFUSED);
    }
    CHECK_EQ(t.asked, 3);
    for (int i = 1; i < 3; i++) // connecting, and the pause
        CHECK_EQ((t.asked_ns[i] - t.asked_ns[i - 1]) / 1000000, 105);
    CHECK_EQ(edo_service_ready(svc, &permit), 0);
    edo_permit_release(&permit);
    t.is_down = false;
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 1);
    edo_service_unref(svc);
}

static int calls(void *svc) {
    return edo_service_oneshot(svc, NULL, NULL);
}

EDO_TEST(all_who_wait_for_an_attempt_share_its_end, .paused = true) {
    target t = { .is_down = true, .connect_ms = 20 };
    edo_service *svc = reconnecting(&t);
    for (int round = 0; round < 2; round++) {
        edo_task *tasks[6];
        for (size_t i = 0; i < 6; i++) tasks[i] = edo_spawn(calls, svc);
        EDO_TEST_OK(edo_sleep(edo_ms(5)));
        edo_task_cancel(tasks[0]); // that which started the attempt
        CHECK_EQ(edo_task_join(tasks[0]), -ECANCELED);
        for (size_t i = 1; i < 6; i++)
            CHECK_EQ(edo_task_join(tasks[i]), t.is_down ? -ECONNREFUSED : 1);
        CHECK_EQ(t.asked, round + 1);
        t.is_down = false;
    }
    edo_service_unref(svc);
}

EDO_TEST(a_caller_that_does_not_wait_starts_the_attempt_too, .paused = true) {
    target t = { .connect_ms = 20 };
    edo_service *svc = reconnecting(&t);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    EDO_TEST_OK(edo_sleep(edo_ms(25)));
    CHECK_EQ(t.asked, 1);
    CHECK_EQ(edo_service_try_ready(svc, &permit), 0);
    CHECK_EQ(edo_service_call(svc, &permit, NULL, NULL), 1);
    edo_service_unref(svc);
}

EDO_TEST(a_permit_keeps_the_connection_that_was_ready_for_it, .paused = true) {
    target t = { .connect_ms = 1 };
    edo_service *svc = reconnecting(&t);
    edo_permit old = EDO_PERMIT_INIT, unused = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_ready(svc, &old), 0);
    CHECK_EQ(edo_service_ready(svc, &unused), 0);
    newest->is_broken = true;
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 2);
    CHECK_EQ(t.alive, 2);
    CHECK_EQ(edo_service_call(svc, &old, NULL, NULL), 1);
    CHECK_EQ(t.alive, 2);
    edo_permit_release(&unused);
    CHECK_EQ(t.alive, 1);
    edo_service_unref(svc);
}

EDO_TEST(a_service_that_was_never_ready_counts_as_a_failure, .paused = true) {
    target t = { .connect_ms = 1, .code = -EPROTO };
    edo_service *svc = reconnecting(&t);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(250));
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_deadline_end(&d, edo_service_ready(svc, &permit)), -ETIMEDOUT);
    CHECK(t.asked == 3 || t.asked == 4); // a pause between
    t.code = 0;
    CHECK(edo_service_oneshot(svc, NULL, NULL) > 0);
    edo_service_unref(svc);
}

EDO_TEST(the_end_of_the_service_ends_its_attempt, .paused = true) {
    target t = { .connect_ms = 60000 };
    edo_service *svc = reconnecting(&t);
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(t.asked, 1);
    edo_instant start = edo_now();
    edo_service_unref(svc);
    EDO_TEST_OK(edo_test_settle());
    EDO_TEST_ELAPSED(start, edo_ms(0));
    CHECK_EQ(t.made, 0);
}

EDO_TEST(what_is_made_lies_no_deeper_than_was_said, .paused = true) {
    target t = { .levels = 7 };
    edo_service *svc = reconnecting(&t);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 1);
    edo_service_unref(svc);
    t = (target){ .levels = 8 };
    svc = reconnecting(&t);
    CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EINVAL);
    CHECK_EQ(t.alive, 0);
    edo_service_unref(svc);
    const edo_reconnect_opts bad[] = { { .levels = EDO_SERVICE_LEVELS },
                                       { .reserved = { 1 } },
                                       { .backoff = { .pause_min = EDO_MS(-1) } } };
    for (size_t i = 0; i < EDO_COUNT(bad); i++)
        CHECK_EQ(edo_reconnect_new(&svc, connects, &t, "there", &bad[i]), -EINVAL);
}

static void outside_of_a_runtime_the_call_says_so(void **state) {
    target t = { .connect_ms = 1 };
    edo_service *svc;
    (void)state;
    assert_int_equal(edo_reconnect_new(&svc, connects, &t, "there", NULL), 0);
    assert_int_equal(edo_service_oneshot(svc, NULL, NULL), -EDO_ENORUNTIME);
    edo_service_unref(svc);
}

static edo_task *waiting;

static int starts_the_attempt(void *svc) {
    edo_permit permit = EDO_PERMIT_INIT;
    CHECK_EQ(edo_service_try_ready(svc, &permit), -EAGAIN);
    return edo_yield();
}

static int waits_for_it(void *svc) {
    waiting = edo_spawn(calls, svc);
    return edo_yield();
}

static int joins(void *arg) {
    (void)arg;
    return edo_task_join(waiting);
}

static void an_attempt_whose_runtime_ends_cancels_nobody_elsewhere(void **state) {
    target t = { .connect_ms = 3600000 };
    edo_service *svc;
    edo_runtime *one, *other;
    (void)state;
    assert_int_equal(edo_reconnect_new(&svc, connects, &t, "there", NULL), 0);
    assert_int_equal(edo_runtime_new(&one, &kinds[0]), 0);
    assert_int_equal(edo_runtime_new(&other, &kinds[0]), 0);
    assert_int_equal(edo_run(one, starts_the_attempt, svc), 0);
    assert_int_equal(edo_run(other, waits_for_it, svc), 0);
    assert_int_equal(edo_runtime_shutdown(one, edo_s(5)), 0);
    assert_int_equal(edo_run(other, joins, NULL), -ECONNABORTED);
    assert_int_equal(edo_runtime_shutdown(other, edo_s(5)), 0);
    edo_runtime_free(other);
    edo_runtime_free(one);
    edo_service_unref(svc);
}

/* ---- At random ------------------------------------------------------------------------------- */

typedef struct crowd {
    edo_service *svc;
    uint32_t random;
    int served, refused, gave_up;
} crowd;

static uint32_t next_random(crowd *c, uint32_t below) {
    c->random = c->random * 1664525u + 1013904223u;
    return (c->random >> 16) % below;
}

static int visitor(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < 40; i++) {
        edo_permit permit = EDO_PERMIT_INIT;
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(1 + (int64_t)next_random(c, 150)));
        int err = edo_service_ready(c->svc, &permit);
        if (err == 0 && next_random(c, 4)) err = edo_service_call(c->svc, &permit, NULL, NULL);
        err = edo_deadline_end(&d, err);
        edo_permit_release(&permit);
        CHECK(err >= 0 || err == -ETIMEDOUT || err == -ECONNREFUSED);
        *(err >= 0 ? &c->served : err == -ETIMEDOUT ? &c->gave_up : &c->refused) += 1;
        EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(c, 20))));
    }
    return 0;
}

EDO_TEST(whatever_happens_no_ready_fails_and_nothing_is_left, .paused = true) {
    target t = { .connect_ms = 5 };
    crowd c = { .svc = reconnecting(&t), .random = (uint32_t)test_seed(11) };
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < 10; i++) edo_scope_spawn(&s, visitor, &c);
    for (int i = 0; i < 60; i++) {
        EDO_TEST_OK(edo_sleep(edo_ms((int64_t)next_random(&c, 40))));
        if (newest && next_random(&c, 2)) newest->is_broken = true;
        t.is_down = next_random(&c, 3) == 0;
    }
    t.is_down = false;
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK(c.served > 50 && c.refused > 5 && c.gave_up > 5);
    CHECK(t.alive <= 1);
    edo_service_unref(c.svc);
    EDO_TEST_OK(edo_test_settle());
    CHECK_EQ(t.alive, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_of_a_runtime_the_call_says_so),
        cmocka_unit_test(an_attempt_whose_runtime_ends_cancels_nobody_elsewhere),
        cmocka_unit_test(a_connection_is_made_when_needed_and_again_when_it_has_ended),
        cmocka_unit_test(a_failed_attempt_is_told_by_the_call_and_not_by_ready),
        cmocka_unit_test(all_who_wait_for_an_attempt_share_its_end),
        cmocka_unit_test(a_caller_that_does_not_wait_starts_the_attempt_too),
        cmocka_unit_test(a_permit_keeps_the_connection_that_was_ready_for_it),
        cmocka_unit_test(a_service_that_was_never_ready_counts_as_a_failure),
        cmocka_unit_test(the_end_of_the_service_ends_its_attempt),
        cmocka_unit_test(what_is_made_lies_no_deeper_than_was_said),
        cmocka_unit_test(whatever_happens_no_ready_fails_and_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
