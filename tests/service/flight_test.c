/* SPDX-License-Identifier: MIT */
/* Goal: callers with one key share one run and its value; a cancelled leader takes nobody with it;
 * each caller's deadline ends its own wait; refusals have names.
 * Method: a function that counts its calls, under a paused clock. */
#include <edo/cache.h>
#include <edo/cancel.h>
#include <edo/scope.h>

#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#define CALLERS_MAX 16

typedef struct world {
    edo_flight *flight;
    int calls_n, running_n, running_most; /* of the function */
    int values_n;                         /* alive */
    int ms, err;                          /* how long it takes, how it ends */
    int refs_n;                           /* to the world, of detached runs */
} world;

/* One caller and what it has got. */
typedef struct caller {
    world *w;
    const char *key;
    int limit_ms; /* 0: none */
    int result;
    int *value;
    edo_task *task;
} caller;

static world *world_of_value; /* values end without their world */

static void value_end(void *value) {
    (void)value;
    world_of_value->values_n--;
}

static int makes(void **value, void *arg) {
    world *w = arg;
    int call = ++w->calls_n;
    w->running_n++;
    if (w->running_n > w->running_most) w->running_most = w->running_n;
    int err = w->ms ? edo_sleep(edo_ms(w->ms)) : 0;
    w->running_n--;
    if (err < 0 || w->err < 0) return err < 0 ? err : w->err;
    int *made = edo_rc_new(sizeof *made, value_end);
    CHECK(made != NULL);
    *made = call;
    w->values_n++;
    *value = made;
    return 100 + call;
}

static void *world_ref(void *arg) {
    ((world *)arg)->refs_n++;
    return arg;
}

static void world_unref(void *arg) {
    ((world *)arg)->refs_n--;
}

static void world_begin(world *w, edo_flight_opts opts) {
    world_of_value = w;
    if (opts.detached) {
        opts.arg_ref = world_ref;
        opts.arg_unref = world_unref;
    }
    EDO_TEST_OK(edo_flight_new(&w->flight, &opts));
}

static void world_end(world *w) {
    edo_flight_stats s = edo_flight_get_stats(w->flight);
    CHECK_EQ(s.running, 0);
    CHECK_EQ(s.waiting, 0);
    CHECK_EQ(w->values_n, 0);
    CHECK_EQ(w->refs_n, 0);
    edo_flight_unref(w->flight);
}

static int calls(void *arg) {
    caller *c = arg;
    void *value = NULL;
    if (c->limit_ms) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(c->limit_ms));
        c->result = edo_deadline_end(
            &d, edo_flight_run(c->w->flight, &value, edo_str_of(c->key), makes, c->w));
    } else {
        c->result = edo_flight_run(c->w->flight, &value, edo_str_of(c->key), makes, c->w);
    }
    c->value = value;
    return 0;
}

static void call_begin(caller *c) {
    c->task = edo_spawn(calls, c);
    CHECK(c->task != NULL);
    EDO_TEST_OK(edo_yield());
}

static void call_end(caller *c, int result, int value) {
    EDO_TEST_OK(edo_task_join(c->task));
    CHECK_EQ(c->result, result);
    CHECK(value ? c->value && *c->value == value : !c->value);
    edo_rc_unref(c->value);
}

static void callers_of(caller *c, int n, world *w) {
    for (int i = 0; i < n; i++) c[i] = (caller){ .w = w, .key = "k" };
}

/* ---- Sharing --------------------------------------------------------------------------------- */

EDO_TEST(callers_of_one_key_share_one_run_and_its_value, .paused = true) {
    world w = { .ms = 10 };
    caller c[CALLERS_MAX];
    world_begin(&w, (edo_flight_opts){ .name = "pages" });
    callers_of(c, CALLERS_MAX, &w);
    for (int i = 0; i < CALLERS_MAX; i++) call_begin(&c[i]);
    CHECK_EQ(edo_flight_get_stats(w.flight).waiting, CALLERS_MAX - 1);
    for (int i = 1; i < CALLERS_MAX; i++) {
        EDO_TEST_OK(edo_task_wait(c[i].task));
        CHECK(c[i].value && (!c[0].value || c[i].value == c[0].value));
    }
    CHECK_EQ(w.values_n, 1);
    for (int i = 0; i < CALLERS_MAX; i++) call_end(&c[i], 101, 1);
    CHECK_EQ(w.calls_n, 1);
    CHECK_EQ(edo_flight_get_stats(w.flight).shared_n, CALLERS_MAX - 1);
    world_end(&w);
}

EDO_TEST(what_comes_after_the_end_runs_anew_as_do_other_keys, .paused = true) {
    world w = { .ms = 10 };
    caller a = { .w = &w, .key = "a" }, b = { .w = &w, .key = "b" };
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    call_begin(&a);
    call_begin(&b);
    CHECK_EQ(w.running_n, 2);
    call_end(&a, 101, 1);
    call_end(&b, 102, 2);
    call_begin(&a);
    call_end(&a, 103, 3);
    world_end(&w);
}

EDO_TEST(an_error_is_shared_with_those_that_wait_and_not_kept, .paused = true) {
    world w = { .ms = 10, .err = -EIO };
    caller c[3];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 3, &w);
    for (int i = 0; i < 3; i++) call_begin(&c[i]);
    for (int i = 0; i < 3; i++) call_end(&c[i], -EIO, 0);
    CHECK_EQ(w.calls_n, 1);
    w.err = 0;
    call_begin(&c[0]);
    call_end(&c[0], 102, 2);
    world_end(&w);
}

static int makes_nothing(void **value, void *arg) {
    (void)value, (void)arg;
    return 7;
}

EDO_TEST(a_run_may_have_a_result_and_no_value, .paused = true) {
    world w = { 0 };
    void *value = &w;
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    CHECK_EQ(edo_flight_run(w.flight, &value, EDO_STR(""), makes_nothing, NULL), 7);
    CHECK(value == NULL);
    world_end(&w);
}

/* ---- Cancellations and deadlines ------------------------------------------------------------- */

EDO_TEST(a_cancelled_leader_is_followed_by_the_caller_that_waits_longest, .paused = true) {
    world w = { .ms = 10 };
    caller c[4];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 4, &w);
    for (int i = 0; i < 4; i++) call_begin(&c[i]);
    EDO_TEST_OK(edo_sleep(edo_ms(5)));
    edo_task_cancel(c[0].task);
    call_end(&c[0], -ECANCELED, 0);
    EDO_TEST_OK(edo_yield());
    CHECK_EQ(w.calls_n, 2);
    edo_task_cancel(c[1].task);
    call_end(&c[1], -ECANCELED, 0);
    call_end(&c[2], 103, 3);
    call_end(&c[3], 103, 3);
    CHECK_EQ(edo_flight_get_stats(w.flight).promoted_n, 2);
    CHECK_EQ(w.running_most, 1);
    world_end(&w);
}

EDO_TEST(a_leaders_deadline_is_its_own, .paused = true) {
    world w = { .ms = 10 };
    caller c[2];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 2, &w);
    c[0].limit_ms = 4;
    call_begin(&c[0]);
    call_begin(&c[1]);
    edo_instant start = edo_now();
    call_end(&c[0], -ETIMEDOUT, 0);
    CHECK_EQ(ms_since(start), 4);
    call_end(&c[1], 102, 2);
    CHECK_EQ(ms_since(start), 14);
    world_end(&w);
}

EDO_TEST(a_waiters_deadline_ends_its_own_wait_only, .paused = true) {
    world w = { .ms = 10 };
    caller c[3];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 3, &w);
    c[1].limit_ms = 4;
    for (int i = 0; i < 3; i++) call_begin(&c[i]);
    edo_instant start = edo_now();
    call_end(&c[1], -ETIMEDOUT, 0);
    CHECK_EQ(ms_since(start), 4);
    call_end(&c[0], 101, 1);
    call_end(&c[2], 101, 1);
    CHECK_EQ(ms_since(start), 10);
    world_end(&w);
}

static int fails_when_cut(void **value, void *arg) {
    int result = makes(value, arg);
    return result == -ECANCELED ? -EIO : result; // as if the connection had broken
}

EDO_TEST(a_failure_of_a_cancelled_leader_is_nobodys_else, .paused = true) {
    world w = { .ms = 10 };
    caller c = { .w = &w, .key = "k" };
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(3));
    void *value = NULL;
    c.task = edo_spawn(calls, &c); // begins when this task awaits
    int err = edo_flight_run(w.flight, &value, EDO_STR("k"), fails_when_cut, &w);
    CHECK_EQ(edo_deadline_end(&d, err), -EIO);
    call_end(&c, 102, 2);
    world_end(&w);
}

EDO_TEST(the_last_to_give_up_leaves_no_run, .paused = true) {
    world w = { .ms = 10 };
    caller c[3];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 3, &w);
    for (int i = 0; i < 3; i++) call_begin(&c[i]);
    for (int i = 0; i < 3; i++) edo_task_cancel(c[i].task);
    for (int i = 0; i < 3; i++) call_end(&c[i], -ECANCELED, 0);
    world_end(&w);
}

/* ---- Detached -------------------------------------------------------------------------------- */

EDO_TEST(a_detached_run_goes_on_when_its_callers_have_given_up, .paused = true) {
    world w = { .ms = 10 };
    caller c[3];
    world_begin(&w, (edo_flight_opts){ .detached = true });
    callers_of(c, 3, &w);
    call_begin(&c[0]);
    call_begin(&c[1]);
    edo_task_cancel(c[0].task);
    edo_task_cancel(c[1].task);
    call_end(&c[0], -ECANCELED, 0);
    call_end(&c[1], -ECANCELED, 0);
    CHECK_EQ(edo_flight_get_stats(w.flight).running, 1);
    CHECK_EQ(w.refs_n, 1);
    call_begin(&c[2]);
    call_end(&c[2], 101, 1);
    CHECK_EQ(w.calls_n, 1);
    EDO_TEST_OK(edo_yield());
    world_end(&w);
}

EDO_TEST(a_detached_run_is_limited_by_its_timeout, .paused = true) {
    world w = { .ms = 100000 };
    caller c[2];
    world_begin(&w, (edo_flight_opts){ .name = "slow", .detached = true });
    callers_of(c, 2, &w);
    edo_instant start = edo_now();
    call_begin(&c[0]);
    call_begin(&c[1]);
    call_end(&c[0], -ETIMEDOUT, 0);
    call_end(&c[1], -ETIMEDOUT, 0);
    CHECK_EQ(ms_since(start), 30000);
    EDO_TEST_OK(edo_yield());
    world_end(&w);
}

static int calls_and_leaves(void *arg) {
    edo_task_detach(edo_spawn(calls, arg));
    return edo_sleep(edo_ms(1));
}

static int makes_at_once(void **value, void *arg) {
    world quick = { .values_n = 0 };
    (void)arg;
    int result = makes(value, &quick);
    world_of_value->values_n++;
    return result;
}

static void *calls_on_a_thread(void *arg) {
    caller *c = arg;
    void *value = NULL;
    c->result = edo_flight_run(c->w->flight, &value, EDO_STR("k"), makes_at_once, NULL);
    c->value = value;
    return NULL;
}

static void callers_elsewhere_go_on_when_the_runtime_of_a_detached_run_ends(void **state) {
    static world w = { .ms = 1000000 };
    static caller inner = { .w = &w, .key = "k" }, outer = { .w = &w, .key = "k" };
    edo_runtime *rt;
    pthread_t thread;
    (void)state;
    world_begin(&w, (edo_flight_opts){ .detached = true });
    const edo_runtime_opts opts = { .start_paused = true, .watchdog = EDO_OFF };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, calls_and_leaves, &inner), 0);
    assert_int_equal(pthread_create(&thread, NULL, calls_on_a_thread, &outer), 0);
    WAIT_FOR(edo_flight_get_stats(w.flight).waiting == 2);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(inner.result, -ECANCELED);
    assert_int_equal(outer.result, 101);
    edo_rc_unref(outer.value);
    world_end(&w);
}

/* ---- Refusals -------------------------------------------------------------------------------- */

static bool trail_says(int err, const char *text) {
    const edo_trail_entry *e = edo_trail_find(err);
    return e && strstr(e->text, text);
}

EDO_TEST(more_waiters_than_allowed_are_refused, .paused = true) {
    world w = { .ms = 10 };
    caller c[3];
    void *value;
    world_begin(&w, (edo_flight_opts){ .name = "pages", .waiters_max = 2 });
    callers_of(c, 3, &w);
    for (int i = 0; i < 3; i++) call_begin(&c[i]);
    CHECK_EQ(edo_flight_run(w.flight, &value, EDO_STR("k"), makes, &w), -EDO_EOVERLOADED);
    CHECK(trail_says(-EDO_EOVERLOADED, "flight pages: 2 callers wait for one run"));
    for (int i = 0; i < 3; i++) call_end(&c[i], 101, 1);
    CHECK_EQ(edo_flight_get_stats(w.flight).refused_n, 1);
    world_end(&w);
}

EDO_TEST(more_runs_than_allowed_are_refused_and_equal_keys_wait, .paused = true) {
    world w = { .ms = 10 };
    caller a = { .w = &w, .key = "a" }, again = { .w = &w, .key = "a" };
    void *value;
    world_begin(&w, (edo_flight_opts){ .runs_max = 1 });
    call_begin(&a);
    CHECK_EQ(edo_flight_run(w.flight, &value, EDO_STR("b"), makes, &w), -EDO_EOVERLOADED);
    call_begin(&again);
    call_end(&a, 101, 1);
    call_end(&again, 101, 1);
    world_end(&w);
}

static int asks_for_itself(void **value, void *arg) {
    return edo_flight_run(((world *)arg)->flight, value, EDO_STR("k"), makes, arg);
}

EDO_TEST(a_run_that_asks_for_itself_fails_instead_of_waiting, .paused = true) {
    world w = { 0 };
    void *value;
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    CHECK_EQ(edo_flight_run(w.flight, &value, EDO_STR("k"), asks_for_itself, &w), -EDEADLK);
    CHECK(trail_says(-EDEADLK, "asks for its own key"));
    world_end(&w);
}

/* ---- Circles --------------------------------------------------------------------------------- */

/* Runs whose function asks another flight for the next key, until one asks for the first again. */
typedef struct ring {
    edo_flight *of[2];
    int keys_n, refused_n;
    bool meets;  /* all are led at once, each by a task of its own, and only then ask */
    int begun_n; /* that are led */
} ring;

typedef struct ring_key {
    ring *ring;
    int i, result;
} ring_key;

static int ring_ask(ring *r, int i);

static int ring_make(void **value, void *arg) {
    const ring_key *k = arg;
    ring *r = k->ring;
    (void)value;
    r->begun_n++;
    while (r->meets && r->begun_n < r->keys_n) EDO_TEST_OK(edo_yield());
    int err = ring_ask(r, (k->i + 1) % r->keys_n);
    r->refused_n += err == -EDEADLK && edo_trail_find(err) &&
                    strstr(edo_trail_find(err)->text, "asks for its own key");
    edo_trail_clear();
    return k->i + (err == -EDEADLK ? 100 : err);
}

static int ring_ask(ring *r, int i) {
    ring_key k = { .ring = r, .i = i };
    void *value;
    const char key[] = { 'k', (char)('0' + i) };
    return edo_flight_run(r->of[i % 2], &value, (edo_str){ key, sizeof key }, ring_make, &k);
}

static int ring_main(void *arg) {
    ring_key *k = arg;
    k->result = ring_ask(k->ring, k->i);
    return 0;
}

/* A detached run has the `arg` of its caller, who waits. */
static void *ring_ref(void *arg) {
    return arg;
}
static void ring_unref(void *arg) {
    (void)arg;
}

static void ring_begin(ring *r, bool detached) {
    const edo_flight_opts opts = { .detached = detached,
                                   .arg_ref = ring_ref,
                                   .arg_unref = ring_unref };
    for (int i = 0; i < 2; i++) EDO_TEST_OK(edo_flight_new(&r->of[i], &opts));
}

static void ring_end(ring *r) {
    for (int i = 0; i < 2; i++) edo_flight_unref(r->of[i]);
}

EDO_TEST(a_run_that_asks_for_itself_by_way_of_others_fails_instead_of_waiting, .paused = true) {
    for (int detached = 0; detached < 2; detached++) {
        for (int keys = 1; keys <= 7; keys++) {
            ring r = { .keys_n = keys };
            ring_begin(&r, detached);
            const int all = 100 + keys * (keys - 1) / 2;
            CHECK_EQ(ring_ask(&r, 0), all); // the last one is refused, and the others go on
            CHECK_EQ(r.refused_n, 1);
            ring_end(&r);
        }
    }
}

EDO_TEST(runs_of_several_tasks_that_wait_for_one_another_do_not_wait_for_ever, .paused = true) {
    for (int detached = 0; detached < 2; detached++) {
        ring r = { .keys_n = 4, .meets = true };
        ring_key all[4];
        edo_scope s;
        ring_begin(&r, detached);
        edo_scope_begin(&s, NULL);
        for (int i = 0; i < 4; i++) {
            all[i] = (ring_key){ .ring = &r, .i = i };
            edo_scope_spawn(&s, ring_main, &all[i]);
        }
        EDO_TEST_OK(edo_scope_end(&s, 0));
        CHECK_EQ(r.refused_n, 1); // one of them breaks the circle for all
        for (int i = 0; i < 4; i++) CHECK(all[i].result >= 100);
        ring_end(&r);
    }
}

/* A run that is over may be asked for again, and by those it asked for before. */
EDO_TEST(a_run_that_is_over_is_in_no_circle, .paused = true) {
    ring r = { .keys_n = 2 };
    ring_begin(&r, true);
    for (int i = 0; i < 10; i++) CHECK_EQ(ring_ask(&r, i % 2), 101);
    CHECK_EQ(r.refused_n, 10);
    ring_end(&r);
}

static int ring_on_a_thread(void *arg) {
    return ring_ask(arg, 0);
}

static void *ring_thread(void *arg) {
    return ring_on_a_thread(arg) == 101 ? arg : NULL;
}

static void a_plain_thread_is_refused_its_own_run_too(void **state) {
    ring r = { .keys_n = 2 };
    pthread_t thread;
    void *well = NULL;
    (void)state;
    ring_begin(&r, false);
    assert_int_equal(pthread_create(&thread, NULL, ring_thread, &r), 0);
    assert_int_equal(pthread_join(thread, &well), 0);
    assert_ptr_equal(well, &r);
    ring_end(&r);
}

EDO_TEST(a_key_that_is_too_long_is_refused, .paused = true) {
    world w = { 0 };
    void *value;
    world_begin(&w, (edo_flight_opts){ .key_bytes_max = 3 });
    CHECK_EQ(edo_flight_run(w.flight, &value, EDO_STR("four"), makes, &w), -EDO_ETOOLONG);
    CHECK_EQ(w.calls_n, 0);
    world_end(&w);
}

EDO_TEST(bad_options_are_refused, .paused = true) {
    edo_flight *flight;
    CHECK_EQ(edo_flight_new(&flight, &(edo_flight_opts){ .run_timeout = EDO_OFF }), -EINVAL);
    CHECK_EQ(edo_flight_new(&flight, &(edo_flight_opts){ .arg_ref = world_ref }), -EINVAL);
    CHECK_EQ(edo_flight_new(&flight, &(edo_flight_opts){ .reserved = { 1 } }), -EINVAL);
}

/* ---- Forgetting ------------------------------------------------------------------------------ */

EDO_TEST(who_comes_after_a_forget_runs_anew_beside_those_that_wait, .paused = true) {
    world w = { .ms = 10 };
    caller c[3];
    world_begin(&w, (edo_flight_opts){ .name = NULL });
    callers_of(c, 3, &w);
    call_begin(&c[0]);
    call_begin(&c[1]);
    CHECK(edo_flight_forget(w.flight, EDO_STR("k")));
    CHECK(!edo_flight_forget(w.flight, EDO_STR("k")));
    call_begin(&c[2]);
    call_end(&c[0], 101, 1);
    call_end(&c[1], 101, 1);
    call_end(&c[2], 102, 2);
    world_end(&w);
}

/* ---- Several workers ------------------------------------------------------------------------- */

#define CROWD  64
#define ROUNDS 50

static edo_flight *crowd_flight;
static atomic_int crowd_inside[4];

static int crowd_makes(void **value, void *arg) {
    atomic_int *users = arg;
    CHECK_EQ(atomic_fetch_add(users, 1), 0); // one at a time
    int err = edo_yield();
    CHECK_EQ(atomic_fetch_sub(users, 1), 1);
    int *made = err < 0 ? NULL : edo_rc_new(sizeof *made, NULL);
    if (made) *made = 7;
    *value = made;
    return err;
}

static int crowd_calls(void *arg) {
    static const char *const keys[] = { "a", "b", "c", "d" };
    unsigned at = (unsigned)(uintptr_t)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        void *value = NULL;
        unsigned k = (at + i) % 4;
        int err = edo_flight_run(crowd_flight, &value, edo_str_of(keys[k]), crowd_makes,
                                 &crowd_inside[k]);
        if (err < 0) return err;
        CHECK_EQ(*(int *)value, 7);
        edo_rc_unref(value);
    }
    return 0;
}

EDO_TEST(a_key_has_one_leader_at_a_time_on_all_workers, .workers = 4) {
    edo_scope s;
    EDO_TEST_OK(edo_flight_new(&crowd_flight, NULL));
    edo_scope_begin(&s, NULL);
    for (uintptr_t i = 0; i < CROWD; i++)
        EDO_TEST_OK(
            edo_scope_spawn_with(&s, crowd_calls, (void *)i, &(edo_spawn_opts){ .spread = true }));
    EDO_TEST_OK(edo_scope_end(&s, 0));
    edo_flight_stats st = edo_flight_get_stats(crowd_flight);
    CHECK_EQ(st.running + st.waiting, 0);
    CHECK_EQ(st.runs_n + st.shared_n, CROWD * ROUNDS);
    edo_flight_unref(crowd_flight);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_of_one_key_share_one_run_and_its_value),
        cmocka_unit_test(what_comes_after_the_end_runs_anew_as_do_other_keys),
        cmocka_unit_test(an_error_is_shared_with_those_that_wait_and_not_kept),
        cmocka_unit_test(a_run_may_have_a_result_and_no_value),
        cmocka_unit_test(a_cancelled_leader_is_followed_by_the_caller_that_waits_longest),
        cmocka_unit_test(a_leaders_deadline_is_its_own),
        cmocka_unit_test(a_waiters_deadline_ends_its_own_wait_only),
        cmocka_unit_test(a_failure_of_a_cancelled_leader_is_nobodys_else),
        cmocka_unit_test(the_last_to_give_up_leaves_no_run),
        cmocka_unit_test(a_detached_run_goes_on_when_its_callers_have_given_up),
        cmocka_unit_test(a_detached_run_is_limited_by_its_timeout),
        cmocka_unit_test(more_waiters_than_allowed_are_refused),
        cmocka_unit_test(more_runs_than_allowed_are_refused_and_equal_keys_wait),
        cmocka_unit_test(a_run_that_asks_for_itself_fails_instead_of_waiting),
        cmocka_unit_test(a_run_that_asks_for_itself_by_way_of_others_fails_instead_of_waiting),
        cmocka_unit_test(runs_of_several_tasks_that_wait_for_one_another_do_not_wait_for_ever),
        cmocka_unit_test(a_run_that_is_over_is_in_no_circle),
        cmocka_unit_test(a_plain_thread_is_refused_its_own_run_too),
        cmocka_unit_test(a_key_that_is_too_long_is_refused),
        cmocka_unit_test(bad_options_are_refused),
        cmocka_unit_test(who_comes_after_a_forget_runs_anew_beside_those_that_wait),
        cmocka_unit_test(a_key_has_one_leader_at_a_time_on_all_workers),
        cmocka_unit_test(callers_elsewhere_go_on_when_the_runtime_of_a_detached_run_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
