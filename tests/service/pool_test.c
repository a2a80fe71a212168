/* SPDX-License-Identifier: MIT */
/* Goal: a pool lends each object to one task, makes no more than it may, lets tasks wait in order
 * and within their limit, lends nothing that is broken or too old, and ends what it has, whoever
 * gives up when.
 * Method: objects that can be broken, under a paused clock. */
#include <edo/cancel.h>
#include <edo/metrics.h>
#include <edo/pool.h>
#include <edo/scope.h>

#include "inside.h"
#include "spans.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define THINGS_MAX 64

/* An object. */
typedef struct thing {
    bool is_broken, is_ended;
    int resets_n;
} thing;

typedef struct world {
    thing things[THINGS_MAX];
    int made_n, alive_n, alive_most, making_n, making_most;
    int make_ms, reset_ms, make_err;
    int room,
        tries_n;     /* more things than `room` cannot be made, unless it is 0; makes that began */
    bool is_refused; /* by `check` */
    bool is_dropped;
    edo_pool *pool;
} world;

static int thing_make(void *arg, void **object) {
    world *w = arg;
    w->making_n++;
    w->tries_n++;
    if (w->making_n > w->making_most) w->making_most = w->making_n;
    int err = w->make_ms ? edo_sleep(edo_ms(w->make_ms)) : 0;
    w->making_n--;
    if (err < 0 || w->make_err < 0) return err < 0 ? err : w->make_err;
    if (w->room && w->alive_n >= w->room) return edo_fail(-ENOSPC, "the peer has no room");
    *object = &w->things[w->made_n++];
    w->alive_n++;
    if (w->alive_n > w->alive_most) w->alive_most = w->alive_n;
    return 0;
}

static bool thing_check(void *arg, void *object, const edo_pool_info *info) {
    (void)object;
    CHECK(info->gets_n > 0 && info->kept_at.ns >= info->made_at.ns);
    return !((world *)arg)->is_refused;
}

static int thing_reset(void *arg, void *object) {
    world *w = arg;
    thing *t = object;
    t->resets_n++;
    int err = w->reset_ms ? edo_sleep(edo_ms(w->reset_ms)) : 0;
    return err < 0 ? err : t->is_broken ? edo_fail(-EIO, "it is broken") : 0;
}

static void thing_end(void *arg, void *object) {
    thing *t = object;
    CHECK(!t->is_ended);
    t->is_ended = true;
    ((world *)arg)->alive_n--;
}

static void world_drop(void *arg) {
    world *w = arg;
    CHECK_EQ(w->alive_n, 0);
    w->is_dropped = true;
}

static bool peer_is_full(void *arg, int err) {
    (void)arg;
    return err == -ENOSPC;
}

static const edo_pool_ops ops = { .make = thing_make,
                                  .check = thing_check,
                                  .reset = thing_reset,
                                  .end = thing_end,
                                  .drop = world_drop,
                                  .is_full = peer_is_full };

static void world_begin(world *w, edo_pool_opts opts) {
    EDO_TEST_OK(edo_pool_new(&w->pool, &ops, w, &opts));
}

static void world_end(world *w) {
    edo_pool_unref(w->pool);
    EDO_TEST_OK(edo_yield()); // the sweeper ends
    CHECK(w->is_dropped);
}

static thing *thing_of(const edo_pool_lease *lease) {
    return lease->object;
}

/* Gets `n` objects at once, and gives them back in the order in which they were got. */
static void world_fill(world *w, int n) {
    edo_pool_lease leases[THINGS_MAX];
    for (int i = 0; i < n; i++) EDO_TEST_OK(edo_pool_get(w->pool, &leases[i]));
    for (int i = 0; i < n; i++) edo_pool_put(&leases[i]);
    CHECK_EQ(edo_pool_get_stats(w->pool).idle, (uint32_t)n);
}

/* ---- Lending --------------------------------------------------------------------------------- */

EDO_TEST(an_object_is_made_lent_given_back_and_lent_again, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 2 });
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    CHECK(thing_of(&lease) == &w.things[0]);
    CHECK_EQ(edo_pool_get_info(&lease).gets_n, 0);
    edo_pool_put(&lease);
    CHECK(lease.object == NULL);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    CHECK(thing_of(&lease) == &w.things[0] && w.things[0].resets_n == 1);
    CHECK_EQ(edo_pool_get_info(&lease).gets_n, 1);
    edo_pool_drop(&lease);
    CHECK(w.things[0].is_ended);
    edo_pool_stats s = edo_pool_get_stats(w.pool);
    CHECK(s.size == 0 && s.made_n == 1 && s.unfit_n == 0 && s.max == 2);
    world_end(&w);
}

EDO_TEST(the_order_says_which_idle_object_is_next, .paused = true) {
    for (int order = EDO_POOL_LIFO; order <= EDO_POOL_FIFO; order++) {
        world w = { 0 };
        edo_pool_lease lease;
        world_begin(&w, (edo_pool_opts){ .max = 3, .order = (edo_pool_order)order });
        world_fill(&w, 3);
        EDO_TEST_OK(edo_pool_get(w.pool, &lease));
        CHECK(thing_of(&lease) == &w.things[order == EDO_POOL_LIFO ? 2 : 0]);
        edo_pool_put(&lease);
        world_end(&w);
    }
}

EDO_TEST(an_unfit_object_is_ended_and_the_next_one_tried_in_the_same_get, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 4 });
    world_fill(&w, 3);
    w.things[2].is_broken = w.things[1].is_broken = true;
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    CHECK(thing_of(&lease) == &w.things[0]);
    CHECK(w.things[1].is_ended && w.things[2].is_ended);
    CHECK_EQ(edo_pool_get_stats(w.pool).unfit_n, 2);
    edo_pool_put(&lease);
    w.is_refused = true;
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    CHECK(thing_of(&lease) == &w.things[3] && w.things[0].is_ended);
    edo_pool_put(&lease);
    world_end(&w);
}

EDO_TEST(a_failure_to_make_is_the_failure_of_the_get_and_takes_no_place, .paused = true) {
    world w = { .make_err = -ECONNREFUSED };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    for (int i = 0; i < 3; i++) CHECK_EQ(edo_pool_get(w.pool, &lease), -ECONNREFUSED);
    CHECK(!lease.object && !lease.of);
    edo_pool_stats s = edo_pool_get_stats(w.pool);
    CHECK(s.size == 0 && s.make_failures_n == 3);
    world_end(&w);
}

static int run_and_fail(edo_pool_lease *lease, void *arg) {
    (void)arg;
    thing_of(lease)->resets_n += 10;
    return -EDOM;
}

static int run_and_drop(edo_pool_lease *lease, void *arg) {
    (void)arg;
    edo_pool_drop(lease);
    return 7;
}

EDO_TEST(a_run_gives_the_object_back_whatever_it_returns, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    CHECK_EQ(edo_pool_run(w.pool, run_and_fail, NULL), -EDOM);
    CHECK_EQ(edo_pool_get_stats(w.pool).idle, 1);
    CHECK_EQ(edo_pool_run(w.pool, run_and_drop, NULL), 7);
    CHECK_EQ(edo_pool_get_stats(w.pool).size, 0);
    world_end(&w);
}

EDO_TEST(what_is_taken_is_the_programs, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    thing *t = edo_pool_take(&lease);
    CHECK(t == &w.things[0] && !t->is_ended && !lease.of);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    CHECK(thing_of(&lease) == &w.things[1]);
    edo_pool_put(&lease);
    thing_end(&w, t);
    world_end(&w);
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* A task that gets an object, holds it for some time, and gives it back. */
typedef struct user {
    world *w;
    int n, hold_ms, err;
    int *order, *order_n;
} user;

static int user_task(void *arg) {
    user *u = arg;
    edo_pool_lease lease;
    u->err = edo_pool_get(u->w->pool, &lease);
    if (u->err < 0) return 0;
    if (u->order) u->order[(*u->order_n)++] = u->n;
    u->err = edo_sleep(edo_ms(u->hold_ms));
    edo_pool_put(&lease);
    return 0;
}

static void run_users(world *w, user *users, int n) {
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < n; i++) EDO_TEST_OK(edo_scope_spawn(&scope, user_task, &users[i]));
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    for (int i = 0; i < n; i++) CHECK_EQ(users[i].err, 0);
    CHECK_EQ(edo_pool_get_stats(w->pool).lent, 0);
}

EDO_TEST(tasks_get_objects_in_the_order_in_which_they_came, .paused = true) {
    world w = { .make_ms = 3 };
    user users[20];
    int order[20], order_n = 0;
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    for (int i = 0; i < 20; i++)
        users[i] = (user){ .w = &w, .n = i, .hold_ms = 10, .order = order, .order_n = &order_n };
    run_users(&w, users, 20);
    for (int i = 0; i < 20; i++) CHECK_EQ(order[i], i);
    CHECK_EQ(edo_pool_get_stats(w.pool).waits_n, 19);
    world_end(&w);
}

EDO_TEST(no_more_are_made_than_allowed_nor_at_once, .paused = true) {
    world w = { .make_ms = 3 };
    user users[20];
    world_begin(&w, (edo_pool_opts){ .max = 7, .makes_max = 2 });
    for (int i = 0; i < 20; i++) users[i] = (user){ .w = &w, .hold_ms = 100 };
    run_users(&w, users, 20);
    CHECK(w.alive_most == 7 && w.making_most == 2 && w.made_n == 7);
    world_end(&w);
}

EDO_TEST(a_wait_in_vain_ends_in_time_and_names_who_has_the_objects, .paused = true) {
    world w = { 0 };
    edo_pool_lease held, lease;
    char text[300];
    world_begin(&w, (edo_pool_opts){ .name = "db", .max = 1, .wait_timeout = edo_ms(700) });
    EDO_TEST_OK(edo_pool_get(w.pool, &held));
    edo_instant start = edo_now();
    int err = edo_pool_get(w.pool, &lease);
    CHECK_EQ(err, -ETIMEDOUT);
    EDO_TEST_ELAPSED(start, edo_ms(700));
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK(strstr(text, "pool db: 1 of 1 are lent, for longest (0.7 s) by task "));
    CHECK(strstr(text, " (this one) at "));
    CHECK(strstr(text, "pool_test.c:"));
    CHECK_EQ(edo_pool_get_stats(w.pool).timeouts_n, 1);
    edo_pool_put(&held);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    world_end(&w);
}

EDO_TEST(a_wait_in_line_is_a_span_and_a_get_that_does_not_wait_none, .paused = true) {
    world w = { 0 };
    edo_pool_lease held, lease;
    spans_begin("pool=debug");
    world_begin(&w, (edo_pool_opts){ .name = "db", .max = 1, .wait_timeout = edo_ms(7) });
    EDO_TEST_OK(edo_pool_get(w.pool, &held));
    CHECK_EQ(spans_count("wait"), 0);
    CHECK_EQ(edo_pool_get(w.pool, &lease), -ETIMEDOUT);
    CHECK(spans_have("wait in none of pool = ETIMEDOUT ", "db.client.connection.pool.name=db; ",
                     NULL));
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(3));
    CHECK_EQ(edo_deadline_end(&d, edo_pool_get(w.pool, &lease)), -ETIMEDOUT);
    CHECK(spans_have("wait in none of pool = ECANCELED ", NULL, NULL));
    edo_pool_put(&held);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    CHECK_EQ(spans_count("wait"), 2);
    spans_end();
    world_end(&w);
}

EDO_TEST(a_get_that_may_not_wait_takes_what_is_free, .paused = true) {
    world w = { 0 };
    edo_pool_lease held, lease;
    world_begin(&w, (edo_pool_opts){ .max = 1, .wait_timeout = edo_ns(1) });
    EDO_TEST_OK(edo_pool_get(w.pool, &held));
    edo_instant start = edo_now();
    CHECK_EQ(edo_pool_get(w.pool, &lease), -ETIMEDOUT);
    CHECK(ms_since(start) <= 1);
    edo_pool_put(&held);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    world_end(&w);
}

EDO_TEST(making_and_resetting_have_limits, .paused = true) {
    world w = { .make_ms = 5000 };
    edo_pool_lease lease;
    edo_instant start = edo_now();
    char text[300];
    world_begin(
        &w, (edo_pool_opts){
                .name = "db", .max = 1, .make_timeout = edo_ms(20), .reset_timeout = edo_ms(30) });
    int err = edo_pool_get(w.pool, &lease);
    CHECK_EQ(err, -ETIMEDOUT);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK(strstr(text, "pool db: making an object"));
    EDO_TEST_ELAPSED(start, edo_ms(20));
    w.make_ms = 0;
    world_fill(&w, 1);
    w.reset_ms = 5000;
    start = edo_now();
    EDO_TEST_OK(edo_pool_get(w.pool, &lease)); // the other one is ended
    EDO_TEST_ELAPSED(start, edo_ms(30));
    CHECK(w.things[0].is_ended && thing_of(&lease) == &w.things[1]);
    edo_pool_put(&lease);
    world_end(&w);
}

EDO_TEST(a_get_that_is_cut_short_while_it_resets_ends_that_object_and_no_other, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 3 });
    world_fill(&w, 3);
    w.reset_ms = 500;
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_pool_get(w.pool, &lease)), -ETIMEDOUT);
    CHECK(w.things[2].is_ended && w.alive_n == 2);
    CHECK_EQ(edo_pool_get_stats(w.pool).idle, 2);
    world_end(&w);
}

/* ---- Where no more can be made --------------------------------------------------------------- */

EDO_TEST(where_the_peer_is_full_tasks_share_what_there_is, .paused = true) {
    world w = { .make_ms = 3, .room = 2 };
    user users[20];
    world_begin(&w, (edo_pool_opts){ .max = 7, .wait_timeout = edo_s(30) });
    edo_instant start = edo_now();
    for (int i = 0; i < 20; i++) users[i] = (user){ .w = &w, .hold_ms = 100 };
    run_users(&w, users, 20);
    EDO_TEST_ELAPSED(start, edo_ms(1003));
    CHECK(w.alive_most == 2 && w.made_n == 2);
    CHECK(w.tries_n <= 2 + 4 + 4); // two, four at once in vain, then one each 250 ms
    w.room = 0;                    // and one at a time as there is room, while tasks wait
    w.tries_n = w.making_most = 0;
    run_users(&w, users, 20);
    CHECK(w.alive_most == 7 && w.tries_n == 5);
    world_end(&w);
}

EDO_TEST(a_wait_for_room_goes_on_when_others_have_left, .paused = true) {
    world w = { .room = 1, .alive_n = 1 }; // another program's
    edo_pool_lease lease;
    user u = { .w = &w, .hold_ms = 1 };
    world_begin(&w, (edo_pool_opts){ .max = 3 });
    edo_task *t = edo_spawn(user_task, &u);
    EDO_TEST_OK(edo_sleep(edo_ms(900)));
    CHECK(w.tries_n == 4 && edo_pool_get_stats(w.pool).waiting == 1);
    w.alive_n = 0;
    EDO_TEST_OK(edo_sleep(edo_ms(200)));
    EDO_TEST_OK(edo_task_join(t));
    EDO_TEST_OK(u.err);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    world_end(&w);
}

/* Both limits, of the pool and of the caller, and a task in line that has not tried itself. */
EDO_TEST(a_wait_for_room_in_vain_says_why, .paused = true) {
    for (int i = 0; i < 3; i++) {
        world w = { .room = 1 };
        edo_pool_lease held, lease;
        char text[300];
        edo_duration wait = i == 0 ? edo_ms(700) : edo_s(9);
        world_begin(&w, (edo_pool_opts){ .name = "db", .max = 2, .wait_timeout = wait });
        EDO_TEST_OK(edo_pool_get(w.pool, &held));
        user u = { .w = &w };
        edo_task *t = i == 2 ? edo_spawn(user_task, &u) : NULL;
        EDO_TEST_OK(edo_sleep(edo_ms(1)));
        edo_instant start = edo_now();
        edo_deadline d;
        edo_deadline_begin(&d, i == 0 ? edo_s(9) : edo_ms(700));
        int err = edo_deadline_end(&d, edo_pool_get(w.pool, &lease));
        CHECK_EQ(err, -ETIMEDOUT);
        EDO_TEST_ELAPSED(start, edo_ms(700));
        (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
        CHECK(strstr(text, "pool db: 1 of 2 are lent") && strstr(text, "the peer has no room"));
        edo_trail_clear();
        edo_pool_put(&held);
        if (t) EDO_TEST_OK(edo_task_join(t));
        EDO_TEST_OK(edo_pool_get(w.pool, &lease)); // and leaves no line
        CHECK_EQ(edo_trail_find(-ENOSPC) == NULL, true);
        edo_pool_put(&lease);
        world_end(&w);
    }
}

/* The peer was full, and has gone then: what is said at last is said of the last make. */
EDO_TEST(a_peer_that_is_full_no_more_is_not_told_of_as_full, .paused = true) {
    world w = { .room = 1 };
    edo_pool_lease held, lease;
    char text[300];
    world_begin(&w, (edo_pool_opts){ .name = "db", .max = 2, .wait_timeout = edo_ms(700) });
    EDO_TEST_OK(edo_pool_get(w.pool, &held));
    user u = { .w = &w };
    edo_task *t = edo_spawn(user_task, &u);
    EDO_TEST_OK(edo_sleep(edo_ms(100)));
    w.room = 0;
    w.make_err = -ECONNREFUSED;
    EDO_TEST_OK(edo_task_join(t));
    CHECK_EQ(u.err, -ECONNREFUSED);
    w.make_ms = 60000;
    edo_task *maker = edo_spawn(user_task, &u); // has the place of the second for a minute
    EDO_TEST_OK(edo_yield());
    int err = edo_pool_get(w.pool, &lease);
    CHECK_EQ(err, -ETIMEDOUT);
    (void)edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE);
    CHECK(strstr(text, "pool db: 1 of 2 are lent") && !strstr(text, "no room"));
    edo_trail_clear();
    edo_task_cancel(maker);
    EDO_TEST_OK(edo_task_join(maker));
    edo_pool_put(&held);
    world_end(&w);
}

/* An error that the caller is about to return keeps its lines, whatever fails in a get that
 * succeeds. */
EDO_TEST(a_get_that_succeeds_leaves_the_trail_as_it_was, .paused = true) {
    world w = { .room = 1 };
    edo_pool_lease lease;
    user u = { .w = &w, .hold_ms = 400 };
    world_begin(&w, (edo_pool_opts){ .max = 2 });
    (void)edo_fail(-ENOENT, "the caller's");
    edo_task *t = edo_spawn(user_task, &u);
    EDO_TEST_OK(edo_yield());
    EDO_TEST_OK(edo_pool_get(w.pool, &lease)); // where the peer is full
    CHECK(w.tries_n > 1);
    EDO_TEST_OK(edo_task_join(t));
    CHECK(edo_trail_find(-ENOENT) && !edo_trail_find(-ENOSPC));
    thing_of(&lease)->is_broken = true;
    edo_pool_put(&lease);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease)); // in place of a broken one
    CHECK_EQ(w.made_n, 2);
    CHECK(edo_trail_find(-ENOENT) && !edo_trail_find(-EIO));
    edo_trail_clear();
    edo_pool_put(&lease);
    world_end(&w);
}

EDO_TEST(a_pool_that_closes_sends_those_away_who_wait_for_room, .paused = true) {
    world w = { .room = 1, .alive_n = 1 };
    user u = { .w = &w };
    world_begin(&w, (edo_pool_opts){ .max = 3 });
    edo_task *t = edo_spawn(user_task, &u);
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    edo_pool_close(w.pool);
    EDO_TEST_OK(edo_task_join(t));
    CHECK_EQ(u.err, -EDO_ECLOSED);
    w.alive_n = 0;
    world_end(&w);
}

static void without_a_runtime_nobody_waits_for_room(void **state) {
    world w = { .room = 1, .alive_n = 1 };
    edo_pool_lease lease;
    (void)state;
    assert_int_equal(edo_pool_new(&w.pool, &ops, &w, NULL), 0);
    assert_int_equal(edo_pool_get(w.pool, &lease), -ENOSPC);
    edo_trail_clear();
    w.alive_n = 0;
    edo_pool_unref(w.pool);
    assert_true(w.is_dropped);
}

/* ---- Cancelled ------------------------------------------------------------------------------- */

EDO_TEST(a_get_may_be_cancelled_at_any_time_and_nothing_is_lost, .paused = true) {
    for (int at_ms = 0; at_ms <= 20; at_ms++) {
        world w = { .make_ms = 4, .reset_ms = 2 };
        user users[6];
        edo_task *tasks[6];
        world_begin(&w, (edo_pool_opts){ .max = 2, .makes_max = 1 });
        for (int i = 0; i < 6; i++) {
            users[i] = (user){ .w = &w, .hold_ms = 3 };
            tasks[i] = edo_spawn(user_task, &users[i]);
        }
        EDO_TEST_OK(edo_sleep(edo_ms(at_ms)));
        for (int i = 0; i < 6; i += 2) edo_task_cancel(tasks[i]);
        for (int i = 0; i < 6; i++) EDO_TEST_OK(edo_task_join(tasks[i]));
        for (int i = 1; i < 6; i += 2) CHECK_EQ(users[i].err, 0);
        edo_pool_stats s = edo_pool_get_stats(w.pool);
        CHECK(s.lent == 0 && s.making == 0 && s.waiting == 0);
        CHECK((int)s.idle == w.alive_n && w.making_n == 0);
        world_end(&w);
    }
}

/* ---- Age ------------------------------------------------------------------------------------- */

EDO_TEST(what_is_idle_for_too_long_is_ended_by_itself, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 3, .idle_max = edo_s(10) });
    world_fill(&w, 3);
    EDO_TEST_OK(edo_sleep(edo_s(9)));
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    EDO_TEST_OK(edo_sleep(edo_ms(1500)));
    CHECK_EQ(w.alive_n, 1); // the one that was used
    EDO_TEST_OK(edo_sleep(edo_s(10)));
    CHECK_EQ(w.alive_n, 0);
    world_fill(&w, 1);
    EDO_TEST_OK(edo_sleep(edo_s(11)));
    CHECK_EQ(w.alive_n, 0);
    world_end(&w);
}

EDO_TEST(what_is_too_old_is_not_lent_again, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 20, .age_max = edo_s(100) });
    world_fill(&w, 20);
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    EDO_TEST_OK(edo_sleep(edo_s(100)));
    CHECK(w.alive_n > 2 && w.alive_n < 19); // a tenth more or less
    EDO_TEST_OK(edo_sleep(edo_s(11)));
    CHECK_EQ(w.alive_n, 1);
    edo_pool_put(&lease);
    CHECK_EQ(w.alive_n, 0);
    world_end(&w);
}

EDO_TEST(what_may_live_for_ages_is_never_too_old, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_pool_opts){ .max = 20, .age_max = edo_ns(EDO_FOREVER_NS - 1) });
    world_fill(&w, 20);
    world_fill(&w, 20);
    CHECK_EQ(w.made_n, 20);
    world_end(&w);
}

/* ---- Managing -------------------------------------------------------------------------------- */

EDO_TEST(a_pool_that_closes_sends_tasks_away_and_ends_what_comes_back, .paused = true) {
    world w = { 0 };
    user users[3];
    edo_task *tasks[3];
    edo_pool_lease held, lease;
    world_begin(&w, (edo_pool_opts){ .max = 2 });
    world_fill(&w, 2);
    EDO_TEST_OK(edo_pool_get(w.pool, &held));
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_put(&lease);
    edo_pool_resize(w.pool, 1);
    CHECK_EQ(w.alive_n, 1);
    for (int i = 0; i < 3; i++) {
        users[i] = (user){ .w = &w };
        tasks[i] = edo_spawn(user_task, &users[i]);
    }
    EDO_TEST_OK(edo_yield());
    CHECK_EQ(edo_pool_get_stats(w.pool).waiting, 3);
    edo_pool_close(w.pool);
    edo_pool_close(w.pool);
    for (int i = 0; i < 3; i++) EDO_TEST_OK(edo_task_join(tasks[i]));
    for (int i = 0; i < 3; i++) CHECK_EQ(users[i].err, -EDO_ECLOSED);
    CHECK_EQ(edo_pool_get(w.pool, &lease), -EDO_ECLOSED);
    edo_pool_put(&held);
    CHECK_EQ(w.alive_n, 0);
    world_end(&w);
}

EDO_TEST(the_last_handle_may_go_before_the_last_lease, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_unref(edo_pool_ref(w.pool));
    edo_pool_unref(w.pool);
    CHECK(!w.is_dropped && w.alive_n == 1);
    edo_pool_put(&lease);
    CHECK(w.is_dropped && w.alive_n == 0);
}

EDO_TEST(a_pool_that_grows_lets_tasks_in_line_make_objects, .paused = true) {
    world w = { 0 };
    user users[5];
    edo_task *tasks[5];
    world_begin(&w, (edo_pool_opts){ .max = 1 });
    for (int i = 0; i < 5; i++) {
        users[i] = (user){ .w = &w, .hold_ms = 10 };
        tasks[i] = edo_spawn(user_task, &users[i]);
    }
    EDO_TEST_OK(edo_sleep(edo_ms(1)));
    CHECK_EQ(edo_pool_get_stats(w.pool).waiting, 4);
    edo_pool_resize(w.pool, 4);
    EDO_TEST_OK(edo_yield());
    CHECK_EQ(w.alive_n, 4);
    edo_pool_resize(w.pool, 2);
    for (int i = 0; i < 5; i++) EDO_TEST_OK(edo_task_join(tasks[i]));
    CHECK_EQ(w.alive_n, 2);
    world_end(&w);
}

static bool is_even(void *arg, void *object, const edo_pool_info *info) {
    world *w = arg;
    CHECK_EQ(info->gets_n, 1);
    CHECK_EQ(edo_pool_get_stats(w->pool).idle + edo_pool_get_stats(w->pool).lent, w->alive_n);
    return ((const thing *)object - w->things) % 2 == 0;
}

EDO_TEST(retain_ends_what_the_program_does_not_want, .paused = true) {
    world w = { 0 };
    world_begin(&w, (edo_pool_opts){ .max = 8 });
    world_fill(&w, 5);
    CHECK_EQ(edo_pool_retain(w.pool, is_even, &w), 2);
    CHECK_EQ(edo_pool_get_stats(w.pool).idle, 3);
    CHECK(w.things[1].is_ended && w.things[3].is_ended);
    world_end(&w);
}

EDO_TEST(options_that_make_no_sense_are_refused, .paused = true) {
    static const edo_pool_ops no_end = { .make = thing_make };
    edo_pool *p;
    CHECK_EQ(edo_pool_new(&p, &no_end, NULL, NULL), -EINVAL);
    CHECK_EQ(edo_pool_new(&p, &ops, NULL, &(edo_pool_opts){ .idle_max = edo_s(-1) }), -EINVAL);
    CHECK_EQ(edo_pool_new(&p, &ops, NULL, &(edo_pool_opts){ .reserved = { 1 } }), -EINVAL);
}

/* ---- On all cores ---------------------------------------------------------------------------- */

#define CALLERS_N 64
#define ROUNDS_N  300

typedef struct crowd {
    world w;
    atomic_uint users[THINGS_MAX]; /* of each object now */
} crowd;

/* Makes, without a sleep, on any worker. */
static int crowd_make(void *arg, void **object) {
    crowd *c = arg;
    static atomic_uint next;
    *object = &c->users[atomic_fetch_add(&next, 1) % THINGS_MAX];
    return 0;
}

static void crowd_end(void *arg, void *object) {
    (void)arg, (void)object;
}

static const edo_pool_ops crowd_ops = { .make = crowd_make, .end = crowd_end };

static int crowd_task(void *arg) {
    crowd *c = arg;
    for (int i = 0; i < ROUNDS_N; i++) {
        edo_pool_lease lease;
        int err = edo_pool_get(c->w.pool, &lease);
        if (err < 0) return err;
        if (atomic_fetch_add((atomic_uint *)lease.object, 1) != 0) return -EBUSY;
        err = edo_yield();
        (void)atomic_fetch_sub((atomic_uint *)lease.object, 1);
        edo_pool_put(&lease);
        if (err < 0) return err;
    }
    return 0;
}

EDO_TEST(each_object_has_one_user_on_all_workers, .workers = 4) {
    static crowd c;
    edo_scope scope;
    EDO_TEST_OK(edo_pool_new(&c.w.pool, &crowd_ops, &c, &(edo_pool_opts){ .max = 8 }));
    edo_scope_begin(&scope, NULL);
    for (int i = 0; i < CALLERS_N; i++) EDO_TEST_OK(edo_scope_spawn(&scope, crowd_task, &c));
    EDO_TEST_OK(edo_scope_end(&scope, 0));
    edo_pool_stats s = edo_pool_get_stats(c.w.pool);
    CHECK(s.lent == 0 && s.size <= 8 && s.gets_n == CALLERS_N * ROUNDS_N);
    edo_pool_unref(c.w.pool);
}

/* ---- Metrics --------------------------------------------------------------------------------- */

static bool text_has(edo_metrics *m, const char *line) {
    edo_buf text = { 0 };
    EDO_TEST_OK(edo_metrics_print(m, &text, EDO_METRICS_PROMETHEUS));
    EDO_TEST_OK(edo_buf_append(&text, "", 1));
    bool has = strstr(text.ptr, line) != NULL;
    edo_buf_deinit(&text);
    return has;
}

#define OF_SHOP "db_client_connection_pool_name=\"shop\""

EDO_TEST(a_registry_has_the_numbers_of_a_pool_as_long_as_that_is_there, .paused = true) {
    world w = { .make_ms = 20 };
    edo_pool_lease lease;
    edo_metrics *m;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    world_begin(&w, (edo_pool_opts){ .name = "shop", .max = 3, .metrics = m });
    world_fill(&w, 2); // two makes of 20 ms, one after the other
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    EDO_TEST_OK(edo_sleep(edo_s(3)));
    CHECK(text_has(m, "db_client_connection_count{" OF_SHOP
                      ",db_client_connection_state=\"used\"} 1\n"));
    CHECK(text_has(m, ",db_client_connection_state=\"idle\"} 1\n"));
    CHECK(text_has(m, "db_client_connection_max{" OF_SHOP "} 3\n"));
    CHECK(text_has(m, "db_client_connection_pending_requests{" OF_SHOP "} 0\n"));
    CHECK(text_has(m, "db_client_connection_timeouts_total{" OF_SHOP "} 0\n"));
    edo_pool_put(&lease);
    CHECK(text_has(m, "db_client_connection_create_time_seconds_sum{" OF_SHOP "} 0.04\n"));
    CHECK(text_has(m, "db_client_connection_wait_time_seconds_count{" OF_SHOP "} 3\n"));
    CHECK(text_has(m, "db_client_connection_use_time_seconds_count{" OF_SHOP "} 3\n"));
    CHECK(text_has(m, "db_client_connection_use_time_seconds_bucket{" OF_SHOP ",le=\"1\"} 2\n"));
    world_end(&w);
    CHECK(!text_has(m, "db_client_connection_max{"));
    edo_pool_opts bad = { .name = "\xff", .metrics = m };
    CHECK_EQ(edo_pool_new(&w.pool, &ops, &w, &bad), -EILSEQ);
    edo_metrics_free(m);
}

EDO_TEST(a_registry_may_end_before_the_last_lease, .paused = true) {
    world w = { 0 };
    edo_pool_lease lease;
    edo_metrics *m;
    EDO_TEST_OK(edo_metrics_new(&m, NULL));
    world_begin(&w, (edo_pool_opts){ .metrics = m });
    EDO_TEST_OK(edo_pool_get(w.pool, &lease));
    edo_pool_unref(w.pool);
    edo_metrics_free(m);
    edo_pool_put(&lease); // is counted in the registry's memory
    EDO_TEST_OK(edo_yield());
    CHECK(w.is_dropped);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_is_made_lent_given_back_and_lent_again),
        cmocka_unit_test(the_order_says_which_idle_object_is_next),
        cmocka_unit_test(an_unfit_object_is_ended_and_the_next_one_tried_in_the_same_get),
        cmocka_unit_test(a_failure_to_make_is_the_failure_of_the_get_and_takes_no_place),
        cmocka_unit_test(a_run_gives_the_object_back_whatever_it_returns),
        cmocka_unit_test(what_is_taken_is_the_programs),
        cmocka_unit_test(tasks_get_objects_in_the_order_in_which_they_came),
        cmocka_unit_test(no_more_are_made_than_allowed_nor_at_once),
        cmocka_unit_test(a_wait_in_vain_ends_in_time_and_names_who_has_the_objects),
        cmocka_unit_test(a_wait_in_line_is_a_span_and_a_get_that_does_not_wait_none),
        cmocka_unit_test(a_get_that_may_not_wait_takes_what_is_free),
        cmocka_unit_test(making_and_resetting_have_limits),
        cmocka_unit_test(where_the_peer_is_full_tasks_share_what_there_is),
        cmocka_unit_test(a_peer_that_is_full_no_more_is_not_told_of_as_full),
        cmocka_unit_test(a_get_that_succeeds_leaves_the_trail_as_it_was),
        cmocka_unit_test(a_wait_for_room_goes_on_when_others_have_left),
        cmocka_unit_test(a_wait_for_room_in_vain_says_why),
        cmocka_unit_test(a_pool_that_closes_sends_those_away_who_wait_for_room),
        cmocka_unit_test(without_a_runtime_nobody_waits_for_room),
        cmocka_unit_test(a_get_that_is_cut_short_while_it_resets_ends_that_object_and_no_other),
        cmocka_unit_test(a_get_may_be_cancelled_at_any_time_and_nothing_is_lost),
        cmocka_unit_test(what_is_idle_for_too_long_is_ended_by_itself),
        cmocka_unit_test(what_is_too_old_is_not_lent_again),
        cmocka_unit_test(what_may_live_for_ages_is_never_too_old),
        cmocka_unit_test(a_pool_that_closes_sends_tasks_away_and_ends_what_comes_back),
        cmocka_unit_test(the_last_handle_may_go_before_the_last_lease),
        cmocka_unit_test(a_pool_that_grows_lets_tasks_in_line_make_objects),
        cmocka_unit_test(retain_ends_what_the_program_does_not_want),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(each_object_has_one_user_on_all_workers),
        cmocka_unit_test(a_registry_has_the_numbers_of_a_pool_as_long_as_that_is_there),
        cmocka_unit_test(a_registry_may_end_before_the_last_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
