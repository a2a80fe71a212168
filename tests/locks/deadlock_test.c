/* SPDX-License-Identifier: MIT */
/* Goal: a deadlock is reported when it closes, with the names of its tasks, where they took what
 * they hold, and their stacks; its last wait fails where that is wanted; what only looks like one
 * is passed over.
 * Method: small programs that get into each, on one thread in virtual time; standard error is
 * read. */
#include <edo/edo.h>
#include <edo/locks.h>

#include "inside.h"
#include "said.h"

#include <errno.h>
#include <string.h>

static const edo_locks_opts failing = { .fails = true };

static void expect_silence(edo_task_fn *fn) {
    assert_int_equal(deadlocks_of(fn, NULL, &failing), 0);
    if (*said) fail_msg("said: %s", said);
}

static int take(edo_mutex *m) {
    return edo_mutex_lock(m);
}

/* ---- Deadlocks ------------------------------------------------------------------------------- */

typedef struct pair {
    edo_mutex *first, *second;
    int result;
} pair;

static int takes_both(void *arg) {
    pair *p = arg;
    CHECK_EQ(take(p->first), 0);
    CHECK_EQ(edo_yield(), 0);
    p->result = edo_mutex_lock(p->second);
    if (p->result == 0) edo_mutex_unlock(p->second);
    edo_mutex_unlock(p->first);
    return 0;
}

static int opposite_orders(void *arg) {
    pair one = { &a, &b, 1 }, other = { &b, &a, 1 };
    (void)arg;
    edo_task *t1 = edo_spawn_with(takes_both, &one, &(edo_spawn_opts){ .name = "withdraw" });
    edo_task *t2 = edo_spawn_with(takes_both, &other, &(edo_spawn_opts){ .name = "deposit" });
    CHECK_EQ(edo_task_join(t1), 0);
    CHECK_EQ(edo_task_join(t2), 0);
    CHECK_EQ(one.result, 0);
    CHECK_EQ(other.result, -EDEADLK); // it has closed the cycle
    return 0;
}

static void two_orders_of_two_locks_are_named(void **state) {
    (void)state;
    assert_int_equal(deadlocks_of(opposite_orders, NULL, &failing), 1);
    expect_said("edo: deadlock: 2 tasks wait for each other\n"
                "  deposit waits for edo_mutex_lock of ");
    expect_said(", which withdraw took at ");
    expect_said("deadlock_test.c:");
    expect_said("\n  withdraw waits for edo_mutex_lock of ");
    expect_said(", which deposit took at ");
    expect_said("takes_both");
}

static int takes_twice(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_mutex_lock(&a), -EDEADLK);
    edo_mutex_unlock(&a);
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_rwlock_write(&shelf), -EDEADLK); // there is no upgrade
    edo_rwlock_unlock(&shelf);
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    CHECK_EQ(edo_rwlock_read(&shelf), -EDEADLK);
    edo_rwlock_unlock(&shelf);
    return 0;
}

static int writes(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    return 0;
}

/* Behind a writer that has queued in between. */
static int reads_twice(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_rwlock_read(&shelf), 0); // nobody waits yet
    edo_rwlock_unlock(&shelf);
    edo_task *t = edo_spawn(writes, NULL);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_rwlock_read(&shelf), -EDEADLK);
    edo_rwlock_unlock(&shelf);
    return edo_task_join(t);
}

static int in_a_task(void *fn) {
    edo_task_fn *const *f = fn;
    return edo_task_join(edo_spawn(*f, NULL));
}

static void lock_taken_twice_is_named(void **state) {
    edo_task_fn *fn = takes_twice;
    (void)state;
    assert_int_equal(deadlocks_of(in_a_task, &fn, &failing), 3);
    expect_said("edo: deadlock: a task waits for itself\n");
    expect_said(" waits for edo_mutex_lock of ");
    expect_said(", which it itself took at ");
    expect_said(" waits for edo_rwlock_write of ");
    expect_said("  the first one is here:\n");
    expect_said("takes_twice");
    fn = reads_twice;
    assert_int_equal(deadlocks_of(in_a_task, &fn, &failing), 1);
    expect_said(" waits for edo_rwlock_read of ");
}

/* More tasks than a report shows. */
#define CROWD 20

typedef struct crowd_place {
    edo_mutex *own, *next;
    char name[16];
} crowd_place;

static int takes_own_and_next(void *arg) {
    const crowd_place *p = arg;
    CHECK_EQ(take(p->own), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_mutex_lock(p->next);
    if (err == 0) edo_mutex_unlock(p->next);
    edo_mutex_unlock(p->own);
    return err;
}

static int crowd(void *arg) {
    static edo_mutex locks[CROWD];
    static crowd_place places[CROWD];
    edo_task *tasks[CROWD];
    (void)arg;
    for (int i = 0; i < CROWD; i++) {
        places[i] = (crowd_place){ &locks[i], &locks[(i + 1) % CROWD], "" };
        (void)snprintf(places[i].name, sizeof places[i].name, "t%02d", i);
        tasks[i] = edo_spawn_with(takes_own_and_next, &places[i],
                                  &(edo_spawn_opts){ .name = places[i].name });
    }
    for (int i = 0; i < CROWD; i++)
        CHECK_EQ(edo_task_join(tasks[i]), i == CROWD - 1 ? -EDEADLK : 0);
    return 0;
}

static void long_ring_is_told_as_far_as_there_is_room(void **state) {
    (void)state;
    assert_int_equal(deadlocks_of(crowd, NULL, &failing), 1);
    expect_said("edo: deadlock: 20 tasks wait for each other\n  t19 waits for ");
    expect_said(", which t00 took at ");
    expect_said("\n  t14 waits for edo_mutex_lock of ");
    expect_said(", which t15 took at "); // not the first one
    expect_said("\n  ... 4 more\n");
}

/* Five tasks: a mutex, a lock for reading, a value that is being made, a join, a scope. */
typedef struct ring {
    edo_task *joined;
    int result;
} ring;

static int ring_child(void *arg) {
    ring *r = arg;
    r->result = edo_mutex_lock(&a); // of the first one: closes the ring
    return 0;
}

static int ring_with_scope(void *arg) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn_with(&s, ring_child, arg, &(edo_spawn_opts){ .name = "child" }), 0);
    return edo_scope_end(&s, 0);
}

static int ring_makes(void **value, void *arg) {
    ring *r = arg;
    *value = r;
    return edo_task_join(r->joined);
}

static int ring_loader(void *arg) {
    void *value;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_once_get_or_load(&made, &value, ring_makes, arg), 0);
    edo_rwlock_unlock(&shelf);
    return 0;
}

static int ring_asks(void *arg) {
    void *value;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_once_get_or_load(&made, &value, ring_makes, arg), 0);
    edo_mutex_unlock(&b);
    return 0;
}

static int ring_first(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_mutex_unlock(&b);
    edo_mutex_unlock(&a);
    return 0;
}

static int ring_sleeps(void *arg) {
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    return ring_with_scope(arg);
}

static int runs_ring(void *arg) {
    ring r = { 0 };
    (void)arg;
    edo_task *first = edo_spawn_with(ring_first, &r, &(edo_spawn_opts){ .name = "first" });
    r.joined = edo_spawn_with(ring_sleeps, &r, &(edo_spawn_opts){ .name = "owner" });
    edo_task *loader = edo_spawn_with(ring_loader, &r, &(edo_spawn_opts){ .name = "loader" });
    edo_task *asks = edo_spawn_with(ring_asks, &r, &(edo_spawn_opts){ .name = "asks" });
    CHECK_EQ(edo_task_join(first), 0);
    CHECK_EQ(edo_task_join(loader), 0);
    CHECK_EQ(edo_task_join(asks), 0);
    CHECK_EQ(r.result, -EDEADLK);
    return 0;
}

static void ring_over_all_kinds_is_named(void **state) {
    (void)state;
    assert_int_equal(deadlocks_of(runs_ring, NULL, &failing), 1);
    expect_said("edo: deadlock: 5 tasks wait for each other\n"
                "  child waits for edo_mutex_lock of ");
    expect_said("\n  first waits for edo_mutex_lock of ");
    expect_said("\n  asks waits for edo_once_get_or_load of ");
    expect_said("\n  loader waits for edo_task_join of owner\n");
    expect_said("\n  owner waits for edo_scope_end of the scope whose child child is\n");
}

/* Without `fails` the tasks wait on, and can be cancelled. */
static int stays(void *arg) {
    pair one = { &a, &b, 1 }, other = { &b, &a, 1 };
    edo_locks_stats s, now;
    (void)arg;
    edo_locks_get_stats(&s);
    edo_task *t1 = edo_spawn(takes_both, &one), *t2 = edo_spawn(takes_both, &other);
    do {
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        edo_locks_get_stats(&now);
    } while (now.deadlocks == s.deadlocks);
    edo_task_cancel(t1);
    CHECK_EQ(edo_task_join(t1), 0);
    CHECK_EQ(edo_task_join(t2), 0);
    CHECK_EQ(one.result, -ECANCELED);
    CHECK_EQ(other.result, 0);
    return 0;
}

static int waits_for_the_other(void *arg) {
    edo_task **other = arg;
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return edo_task_wait(*other);
}

static int join_each_other(void *arg) {
    edo_task *t[2];
    edo_locks_stats s, now;
    (void)arg;
    edo_locks_get_stats(&s);
    t[0] = edo_spawn(waits_for_the_other, &t[1]);
    t[1] = edo_spawn(waits_for_the_other, &t[0]);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0);
    edo_locks_get_stats(&now);
    CHECK_EQ(now.deadlocks, s.deadlocks + 1);
    edo_task_cancel(t[0]);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0); // neither is waited for any more
    CHECK_EQ(edo_task_join(t[1]), -ECANCELED);
    CHECK_EQ(edo_task_join(t[0]), -ECANCELED);
    return 0;
}

static void deadlock_stays_until_somebody_is_cancelled(void **state) {
    (void)state;
    assert_int_equal(deadlocks_of(stays, NULL, NULL), 1);
    assert_int_equal(deadlocks_of(join_each_other, NULL, &failing), 1);
}

/* ---- What only looks like one ---------------------------------------------------------------- */

static int under_a_deadline(void *arg) {
    edo_deadline d;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_deadline_begin(&d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, edo_mutex_lock(&a)), -ETIMEDOUT);
    edo_mutex_unlock(&a);
    edo_trail_clear();
    return 0;
}

static int in_a_select(void *arg) {
    edo_mutex_lock_future lock;
    edo_sleep_future sleep;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_future *either[] = { edo_mutex_lock_init(&lock, &a), edo_sleep_init(&sleep, edo_ms(1)) };
    CHECK_EQ(edo_select_array(either, 2, 0), 1);
    edo_mutex_unlock(&a);
    return 0;
}

static int gives_back(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_mutex_unlock(&a);
    return 0;
}

/* Another task unlocks. */
static int given_away(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_given(&a);
    edo_task *t = edo_spawn(gives_back, NULL);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&a);
    return edo_task_join(t);
}

static int reads_a_while(void *arg) {
    edo_rwlock *l = arg;
    CHECK_EQ(edo_rwlock_read(l), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_rwlock_unlock(l);
    return 0;
}

/* Any reader that leaves makes room. */
static int limited_readers(void *arg) {
    static edo_rwlock two = EDO_RWLOCK_INIT_MAX(2);
    (void)arg;
    edo_task *t = edo_spawn(reads_a_while, &two);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_rwlock_read(&two), 0);
    CHECK_EQ(edo_rwlock_read(&two), 0);
    edo_rwlock_unlock(&two);
    edo_rwlock_unlock(&two);
    return edo_task_join(t);
}

static int holds_and_sleeps(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    edo_mutex_unlock(&b);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&a);
    return 0;
}

static int waits_for_a_sleeper(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(holds_and_sleeps, NULL);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_mutex_unlock(&b);
    edo_mutex_unlock(&a);
    return edo_task_join(t);
}

static int waits_for_a(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&a);
    if (err == 0) edo_mutex_unlock(&a);
    return err;
}

/* What was cancelled ends soon. */
static int cancels_and_joins(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_task *t = edo_spawn(waits_for_a, NULL);
    CHECK_EQ(edo_yield(), 0);
    edo_task_cancel(t);
    CHECK_EQ(edo_task_join(t), -ECANCELED);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    CHECK_EQ(edo_scope_spawn(&s, waits_for_a, NULL), 0);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_scope_end(&s, -EIO), -EIO);
    edo_mutex_unlock(&a);
    edo_trail_clear();
    return 0;
}

static int succeeds_soon(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1));
}

/* The other child ends the one that waits. */
static int one_of_two_succeeds(void *arg) {
    edo_scope s;
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_scope_begin(&s, &(edo_scope_opts){ .policy = EDO_SCOPE_ANY });
    CHECK_EQ(edo_scope_spawn(&s, waits_for_a, NULL), 0);
    CHECK_EQ(edo_scope_spawn(&s, succeeds_soon, NULL), 0);
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    edo_mutex_unlock(&a);
    return 0;
}

static int reads_and_takes_b(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    edo_mutex_unlock(&b);
    edo_rwlock_unlock(&shelf);
    return 0;
}

static int takes_b_and_reads(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    edo_mutex_unlock(&b);
    return 0;
}

/* Both readers are admitted at once; the second one has not run when the first one waits for it. */
static int admitted_and_not_run(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    edo_task *z = edo_spawn(reads_and_takes_b, NULL), *y = edo_spawn(takes_b_and_reads, NULL);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_rwlock_unlock(&shelf);
    CHECK_EQ(edo_task_join(z), 0);
    return edo_task_join(y);
}

static int writes_within(void *arg) {
    edo_deadline d;
    (void)arg;
    edo_deadline_begin(&d, edo_ms(5));
    int err = edo_deadline_end(&d, edo_rwlock_write(&shelf));
    edo_trail_clear();
    return err == -ETIMEDOUT ? 0 : -EINVAL;
}

/* The writer in front leaves the line. */
static int behind_a_writer_with_a_deadline(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    edo_task *t = edo_spawn(writes_within, NULL);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    edo_rwlock_unlock(&shelf);
    return edo_task_join(t);
}

static edo_sem left, right;

static int gives_a_permit_back(void *arg) {
    edo_sem_release(arg, 1);
    return 0;
}

/* The place of a permit that another task has given back is used again, above the next one. */
static int permits_taken_again(void *arg) {
    (void)arg;
    edo_sem_init(&left, 1);
    edo_sem_init(&right, 1);
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(edo_sem_acquire(&right, 1), 0);
    CHECK_EQ(edo_task_join(edo_spawn(gives_a_permit_back, &left)), 0);
    edo_sem_init(&left, 1);
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&a);
    edo_sem_release(&left, 1);
    edo_sem_release(&right, 1);
    return 0;
}

/* ---- Limits of those that own scopes --------------------------------------------------------- */

/* As takes_both(), of one that is cut short. */
static int takes_both_or_gives_up(void *arg) {
    pair *p = arg;
    CHECK_EQ(take(p->first), 0);
    CHECK_EQ(edo_yield(), 0);
    p->result = edo_mutex_lock(p->second);
    if (p->result == 0) edo_mutex_unlock(p->second);
    edo_mutex_unlock(p->first);
    return 0;
}

/* Two children in a deadlock, until `s` ends them. */
static int end_of_two(edo_scope *s, pair *one, pair *other) {
    edo_scope_spawn(s, takes_both_or_gives_up, one);
    edo_scope_spawn(s, takes_both_or_gives_up, other);
    return edo_scope_end(s, 0);
}

/* The limit is begun when the children are there, and ends them at the end of the scope. */
static int scope_that_ends_within(void *arg) {
    pair one = { &a, &b, 1 }, other = { &b, &a, 1 };
    edo_scope s;
    edo_deadline d;
    (void)arg;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, takes_both_or_gives_up, &one);
    edo_scope_spawn(&s, takes_both_or_gives_up, &other);
    edo_deadline_begin(&d, edo_ms(5));
    int err = edo_scope_end(&s, 0);
    CHECK_EQ(edo_deadline_end(&d, err), -ETIMEDOUT);
    edo_trail_clear();
    CHECK(one.result == -ECANCELED || other.result == -ECANCELED);
    return 0;
}

static int scope_inside(void *arg) {
    pair one = { &a, &b, 1 }, other = { &b, &a, 1 };
    edo_scope s;
    (void)arg;
    edo_scope_begin(&s, NULL);
    int err = end_of_two(&s, &one, &other);
    edo_trail_clear();
    return err == -ECANCELED ? 0 : err;
}

/* The limit is that of a scope around theirs. */
static int scope_around_that_ends_within(void *arg) {
    edo_scope s;
    edo_deadline d;
    (void)arg;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, scope_inside, NULL);
    edo_deadline_begin(&d, edo_ms(5));
    int err = edo_deadline_end(&d, edo_scope_end(&s, 0));
    edo_trail_clear();
    return err == -ETIMEDOUT ? 0 : -EINVAL;
}

static edo_task *last_reader;

static int reads_and_joins(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    int err = edo_task_join(last_reader);
    edo_rwlock_unlock(&shelf);
    return err;
}

static int reads_last(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_read(&shelf), 0);
    edo_rwlock_unlock(&shelf);
    return 0;
}

/* The last reader has waited for a writer, and waits then behind another one, which leaves. */
static int behind_a_second_writer(void *arg) {
    (void)arg;
    CHECK_EQ(edo_rwlock_write(&shelf), 0);
    edo_task *reader = edo_spawn(reads_and_joins, NULL);
    CHECK_EQ(edo_yield(), 0);
    edo_task *writer = edo_spawn(writes_within, NULL);
    CHECK_EQ(edo_yield(), 0);
    last_reader = edo_spawn(reads_last, NULL);
    CHECK_EQ(edo_yield(), 0);
    edo_rwlock_unlock(&shelf);
    CHECK_EQ(edo_task_join(reader), 0);
    return edo_task_join(writer);
}

static int unlocks_anothers(void *arg) {
    edo_mutex_unlock(arg);
    return 0;
}

/* The place of a lock that another task has given back is used again, above the next one. */
static int taken_again(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_mutex_lock(&b), 0);
    CHECK_EQ(edo_task_join(edo_spawn(unlocks_anothers, &a)), 0);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_mutex_lock(&c), 0);
    edo_mutex_unlock(&c);
    edo_mutex_unlock(&a);
    edo_mutex_unlock(&b);
    return 0;
}

/* The third one ends the two others. */
static int race_that_is_won(void *arg) {
    pair one = { &a, &b, 1 }, other = { &b, &a, 1 };
    const edo_race_entry all[] = { { takes_both_or_gives_up, &one },
                                   { takes_both_or_gives_up, &other },
                                   { succeeds_soon, NULL } };
    (void)arg;
    CHECK_EQ(edo_race(NULL, all, EDO_COUNT(all)), 2);
    return 0;
}

static int keeps_a_while(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_mutex_unlock(&a);
    return 0;
}

/* The memory of a lock that was left held has another lock now. */
static int made_anew_while_held(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&a), 0);
    a = (edo_mutex)EDO_MUTEX_INIT;
    edo_task *t = edo_spawn(keeps_a_while, NULL);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    edo_mutex_unlock(&a);
    return edo_task_join(t);
}

static void waits_that_end_are_passed_over(void **state) {
    (void)state;
    expect_silence(race_that_is_won);
    expect_silence(made_anew_while_held);
    expect_silence(permits_taken_again);
    expect_silence(scope_that_ends_within);
    expect_silence(scope_around_that_ends_within);
    expect_silence(behind_a_second_writer);
    expect_silence(taken_again);
    expect_silence(cancels_and_joins);
    expect_silence(one_of_two_succeeds);
    expect_silence(admitted_and_not_run);
    expect_silence(behind_a_writer_with_a_deadline);
    expect_silence(under_a_deadline);
    expect_silence(in_a_select);
    expect_silence(given_away);
    expect_silence(limited_readers);
    expect_silence(waits_for_a_sleeper);
}

static int takes_twice_unwatched(void *arg) {
    edo_task *t;
    (void)arg;
    t = edo_spawn(takes_both, &(pair){ &a, &a, 1 });
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_cancel(t);
    return edo_task_join(t);
}

/* What was noted before is forgotten where it ends. */
static int is_switched_off(void *arg) {
    (void)arg;
    CHECK_EQ(edo_locks_watch(NULL), 0);
    CHECK_EQ(edo_mutex_lock(&a), 0);
    CHECK_EQ(edo_locks_watch(&(edo_locks_opts){ .off = true }), 0);
    edo_mutex_unlock(&a);
    return 0;
}

static void nothing_is_said_if_it_is_off(void **state) {
    edo_task_fn *fn = is_switched_off;
    (void)state;
    assert_int_equal(deadlocks_of(in_a_task, &fn, NULL), 0);
    assert_string_equal(said, "");
    assert_int_equal(deadlocks_of(takes_twice_unwatched, NULL, &(edo_locks_opts){ .off = true }),
                     0);
    assert_string_equal(said, "");
    assert_int_equal(edo_locks_watch(&(edo_locks_opts){ .reserved = { 1 } }), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_orders_of_two_locks_are_named),
        cmocka_unit_test(lock_taken_twice_is_named),
        cmocka_unit_test(long_ring_is_told_as_far_as_there_is_room),
        cmocka_unit_test(ring_over_all_kinds_is_named),
        cmocka_unit_test(deadlock_stays_until_somebody_is_cancelled),
        cmocka_unit_test(waits_that_end_are_passed_over),
        cmocka_unit_test(nothing_is_said_if_it_is_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
