/* SPDX-License-Identifier: MIT */
/* Goal: tasks that have places of a pool, and wait for each other in its line, are told to stand,
 * with the pool's name and who has which place; and none that somebody else can wake.
 * Method: waits of real tasks, at which the watchdog's look is taken at later times. */
#include "runtime/scheduler/stands_test.h"

#include <edo/edo.h>
#include <edo/pool.h>

#include "last_words.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static edo_pool *pool;
static edo_mutex lock;
static edo_notify go;
static int room;          /* of the peer */
static atomic_int made_n; /* objects that there are */
static bool is_slow;      /* a make waits for `go` */
static char said[65536];

static int thing_make(void *arg, void **object) {
    if (is_slow) CHECK_EQ(edo_notify_wait(&go), 0);
    if (made_n == room) return edo_fail(-ENOSPC, "the peer has no room");
    made_n++;
    *object = arg;
    return 0;
}

static bool peer_is_full(void *arg, int err) {
    (void)arg;
    return err == -ENOSPC;
}

static void thing_end(void *arg, void *object) {
    CHECK(arg == object);
    made_n--;
}

static const edo_pool_ops ops = { .make = thing_make, .end = thing_end, .is_full = peer_is_full };

static void begin_with(edo_pool_opts o) {
    lock = (edo_mutex)EDO_MUTEX_INIT;
    go = (edo_notify)EDO_NOTIFY_INIT;
    room = 100;
    made_n = 0;
    is_slow = false;
    o.name = "db";
    CHECK_EQ(edo_pool_new(&pool, &ops, &made_n, &o), 0);
}

/* A pool of `max` objects, without any limit of time. */
static void begin(uint32_t max) {
    const edo_duration never = { EDO_FOREVER_NS };
    begin_with((edo_pool_opts){ .max = max, .wait_timeout = never, .make_timeout = never });
}

static int end(void) {
    edo_pool_unref(pool);
    edo_trail_clear();
    CHECK_EQ(edo_yield(), 0); // the sweeper ends
    CHECK_EQ(made_n, 0);
    return 0;
}

static int end_both(edo_task *one, edo_task *other) {
    (void)end_tasks(one, other);
    return end();
}

/* ---- What stands ----------------------------------------------------------------------------- */

/* Keeps one while it asks for another. */
static int gets_two(void *arg) {
    edo_pool_lease first, second;
    (void)arg;
    CHECK_EQ(edo_pool_get(pool, &first), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_pool_get(pool, &second);
    if (err == 0) edo_pool_put(&second);
    edo_pool_put(&first);
    return err;
}

static int of_a_pool(void *arg) {
    (void)arg;
    begin(2);
    prove(gets_two);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(1);
    return end_both(one, other);
}

static int locks_and_gets(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_pool_get(pool, &lease);
    if (err == 0) edo_pool_put(&lease);
    edo_mutex_unlock(&lock);
    return err;
}

static int gets_and_locks(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    CHECK_EQ(edo_pool_get(pool, &lease), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_mutex_lock(&lock);
    if (err == 0) edo_mutex_unlock(&lock);
    edo_pool_drop(&lease);
    return err;
}

static int of_a_pool_and_a_lock(void *arg) {
    (void)arg;
    begin(1);
    prove(gets_and_locks);
    edo_task *one = start(gets_and_locks, NULL, "one");
    edo_task *other = start(locks_and_gets, NULL, "other");
    settle();
    expect_told(1);
    return end_both(one, other);
}

/* Each of three has one when the pool is made smaller. */
static int of_a_smaller_pool(void *arg) {
    (void)arg;
    begin(3);
    prove(gets_two);
    edo_task *three[3];
    for (int i = 0; i < 3; i++) three[i] = start(gets_two, NULL, "one of three");
    settle();
    edo_pool_resize(pool, 2);
    expect_told(1);
    end_task(three[0]); // its object is one too many, and ends
    settle();
    CHECK_EQ(edo_pool_get_stats(pool).size, 2);
    CHECK_EQ(told_after(30 * SECOND), 0); // the others are told already
    return end_both(three[1], three[2]);
}

static int in_a_child(void *arg) {
    (void)arg;
    CHECK_EQ(edo_locks_watch(NULL), 0);
    return inside_real(of_a_pool, NULL);
}

static void expect_said(const char *what) {
    if (!strstr(said, what)) fail_msg("not said: %s; but:\n%s", what, said);
}

static void the_pool_and_who_has_its_places_are_named(void **state) {
    (void)state;
    assert_int_equal(last_words(in_a_child, NULL, said, sizeof said), 0);
    expect_said("edo: 2 tasks stand, probably: for ten seconds these have waited for each other\n");
    expect_said("  one waits for edo_pool_get of pool db, of whose places other took one at ");
    expect_said("  other waits for edo_pool_get of pool db, of whose places one took one at ");
    expect_said("  pool db: one has 1 place for ");
    expect_said("  pool db: other has 1 place for ");
    expect_said("service/pool/stands_test.c:");
    expect_said("gets_two"); // in a stack
}

static void tasks_that_stand_are_told(void **state) {
    static edo_task_fn *const fns[] = { of_a_pool, of_a_pool_and_a_lock, of_a_smaller_pool };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

/* ---- What does not, or is not known to ------------------------------------------------------- */

/* The first that get them may leave them to others. */
static int of_places_not_known(void *arg) {
    (void)arg;
    begin(2);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

/* Its limit ends the wait. */
static int of_a_limit(void *arg) {
    (void)arg;
    begin_with((edo_pool_opts){ .max = 2, .wait_timeout = edo_s(600) });
    prove(gets_two);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

static int gets_two_by_a_deadline(void *arg) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(600));
    return edo_deadline_end(&d, gets_two(arg));
}

static int of_a_deadline(void *arg) {
    (void)arg;
    begin(2);
    prove(gets_two);
    edo_task *one = start(gets_two, NULL, "one");
    edo_task *other = start(gets_two_by_a_deadline, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

static int gets_and_waits(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    CHECK_EQ(edo_pool_get(pool, &lease), 0);
    CHECK_EQ(edo_notify_wait(&go), 0);
    edo_pool_put(&lease);
    return 0;
}

/* One has a place and waits for something that is not known. */
static int of_a_place_in_use(void *arg) {
    (void)arg;
    begin(3);
    prove(gets_two);
    edo_task *user = start(gets_and_waits, NULL, "user");
    settle();
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    edo_notify_one(&go);
    CHECK_EQ(edo_task_join(user), 0);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return end();
}

/* The last place is that of an object which is being made. */
static int of_one_being_made(void *arg) {
    edo_pool_lease leases[2];
    (void)arg;
    begin(3);
    prove(gets_two);
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_pool_get(pool, &leases[i]), 0);
    for (int i = 0; i < 2; i++) edo_pool_drop(&leases[i]);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    CHECK_EQ(edo_yield(), 0); // both have one
    is_slow = true;
    settle();
    CHECK_EQ(edo_pool_get_stats(pool).making, 1);
    CHECK_EQ(edo_pool_get_stats(pool).waiting, 1);
    expect_told(0);
    edo_notify_one(&go);
    is_slow = false;
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return end();
}

static int gets_one(void *arg) {
    return edo_pool_get(pool, arg);
}

/* Where one task gets and another gives back nobody knows who has a place. */
static int of_places_that_pass(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    begin(2);
    prove(gets_two);
    CHECK_EQ(edo_task_join(start(gets_one, &lease, "getter")), 0);
    edo_pool_put(&lease);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

static edo_pool_lease passed_on;

static int handles(void *arg) {
    (void)arg;
    CHECK_EQ(edo_notify_wait(&go), 0);
    edo_pool_put(&passed_on);
    return 0;
}

/* What it gets is for a handler, which has not given anything back yet. */
static int gets_for_a_handler(void *arg) {
    edo_pool_lease own;
    CHECK_EQ(edo_pool_get(pool, &passed_on), 0);
    edo_task *handler = start(handles, arg, "handler");
    int err = edo_pool_get(pool, &own);
    if (err == 0) edo_pool_put(&own);
    CHECK_EQ(edo_task_join(handler), 0);
    return err;
}

/* Others have given back two at once, but none that they had got there. */
static int of_a_place_for_a_handler(void *arg) {
    (void)arg;
    begin(2);
    prove(gets_two);
    edo_pool_resize(pool, 1);
    edo_task *one = start(gets_for_a_handler, NULL, "one");
    settle();
    expect_told(0);
    edo_notify_one(&go);
    CHECK_EQ(edo_task_join(one), 0);
    return end();
}

/* A task that has ended had got the place which others wait for. */
static int of_a_place_that_was_left(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    begin(3);
    prove(gets_two);
    CHECK_EQ(edo_task_join(start(gets_one, &lease, "getter")), 0);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    edo_pool_put(&lease);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return end();
}

/* The peer may have room again. */
static int of_a_full_peer(void *arg) {
    (void)arg;
    begin(3);
    room = 2;
    prove(gets_two);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

/* Somebody makes the pool larger for those that wait, and may do so again. */
static int of_a_pool_that_grows(void *arg) {
    (void)arg;
    begin(1);
    prove(gets_and_locks);
    edo_task *one = start(gets_two, NULL, "one");
    settle();
    edo_pool_resize(pool, 2);
    CHECK_EQ(edo_task_join(one), 0);
    one = start(gets_two, NULL, "one");
    edo_task *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    return end_both(one, other);
}

/* Some have got their place before waits were watched. */
static int of_a_late_watch(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    begin(3);
    prove(gets_two);
    CHECK_EQ(edo_locks_watch(&(edo_locks_opts){ .off = true }), 0);
    CHECK_EQ(edo_pool_get(pool, &lease), 0);
    CHECK_EQ(edo_locks_watch(NULL), 0);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    edo_pool_put(&lease);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return end();
}

static void *waits_with_a_place(void *arg) {
    edo_pool_lease lease;
    CHECK_EQ(edo_pool_get(pool, &lease), 0);
    *(edo_pool_lease *)arg = lease;
    return NULL;
}

static void *gives_back(void *arg) {
    edo_pool_put(arg);
    return NULL;
}

/* A plain thread has the place. */
static int of_a_thread(void *arg) {
    edo_pool_lease lease;
    pthread_t thread;
    (void)arg;
    begin(3);
    prove(gets_two);
    CHECK_EQ(pthread_create(&thread, NULL, waits_with_a_place, &lease), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    edo_task *one = start(gets_two, NULL, "one"), *other = start(gets_two, NULL, "other");
    settle();
    expect_told(0);
    CHECK_EQ(pthread_create(&thread, NULL, gives_back, &lease), 0);
    CHECK_EQ(pthread_join(thread, NULL), 0);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return end();
}

static void tasks_that_others_wake_are_not(void **state) {
    static edo_task_fn *const fns[] = {
        of_places_not_known,      of_a_limit,           of_a_deadline,  of_a_place_in_use,
        of_one_being_made,        of_places_that_pass,  of_a_full_peer, of_a_late_watch,
        of_a_place_that_was_left, of_a_pool_that_grows, of_a_thread,    of_a_place_for_a_handler,
    };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

/* ---- Ordinary life --------------------------------------------------------------------------- */

#define USERS  6
#define ROUNDS 1000

static atomic_bool is_over;

/* Each look takes all waits for long ones. */
static void *looks(void *arg) {
    (void)arg;
    while (!atomic_load(&is_over)) edoi_blocked_look(edoi_clock_monotonic() + 11 * SECOND);
    return NULL;
}

static int gets_one_again(void *arg) {
    edo_pool_lease lease;
    (void)arg;
    for (int i = 0; i < ROUNDS; i++) {
        CHECK_EQ(edo_pool_get(pool, &lease), 0);
        if (i % 3 > 0) CHECK_EQ(edo_yield(), 0);
        if (i % 5 > 0) {
            edo_pool_put(&lease);
        } else {
            edo_pool_drop(&lease);
        }
    }
    return 0;
}

static int gets_two_again(void *arg) {
    for (int i = 0; i < ROUNDS; i++) CHECK_EQ(gets_two(arg), 0);
    return 0;
}

static int resizes(void *arg) {
    (void)arg;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        edo_pool_resize(pool, 4 - i % 2);
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

/* One alone wants two, so no wait is for ever. */
static int lives(void *is_resized) {
    edo_task *users[USERS];
    begin(is_resized ? 4 : 2);
    prove(gets_two);
    for (int i = 0; i < USERS; i++)
        users[i] = start(i == 0                 ? gets_two_again
                         : i == 1 && is_resized ? resizes
                                                : gets_one_again,
                         NULL, "user");
    for (int i = 0; i < USERS; i++) CHECK_EQ(edo_task_join(users[i]), 0);
    return end();
}

static void nothing_is_told_of_a_pool_that_goes_on(void **state) {
    const edo_runtime_opts two = { .flavor = EDO_RUNTIME_MULTI, .workers = 2, .watchdog = EDO_OFF };
    edo_locks_stats before, after;
    pthread_t thread;
    (void)state;
    assert_int_equal(edo_locks_watch(NULL), 0);
    edo_locks_get_stats(&before);
    assert_int_equal(pthread_create(&thread, NULL, looks, NULL), 0);
    assert_int_equal(inside_with(lives, NULL, &two), 0);
    assert_int_equal(inside_with(lives, &pool, &two), 0);
    atomic_store(&is_over, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_locks_get_stats(&after);
    assert_int_equal(after.standing, before.standing);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pool_and_who_has_its_places_are_named), // a fork: before all threads
        cmocka_unit_test(tasks_that_stand_are_told),
        cmocka_unit_test(tasks_that_others_wake_are_not),
        cmocka_unit_test(nothing_is_told_of_a_pool_that_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
