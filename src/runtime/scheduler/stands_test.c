/* SPDX-License-Identifier: MIT */
/* Goal: tasks that wait for each other through permits and channels are told to stand, once, after
 * ten seconds; and none that somebody else can wake.
 * Method: waits of real tasks, at which the watchdog's look is taken at later times. */
#include "runtime/scheduler/stands_test.h"

#include <edo/edo.h>
#include <edo/test_log.h>

#include <pthread.h>
#include <string.h>

static edo_sem left, right;
static edo_mutex lock;
static edo_mpsc_tx *to_one, *to_other;
static edo_mpsc_rx *of_one, *of_other;
static edo_chan_tx *jobs_in;
static edo_chan_rx *jobs_out;

static void begin(uint64_t permits) {
    edo_sem_init(&left, permits);
    edo_sem_init(&right, permits);
    lock = (edo_mutex)EDO_MUTEX_INIT;
}

/* ---- Permits --------------------------------------------------------------------------------- */

static int takes_both(edo_sem *first, edo_sem *second) {
    CHECK_EQ(edo_sem_acquire(first, 1), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_sem_acquire(second, 1);
    if (err == 0) edo_sem_release(second, 1);
    edo_sem_release(first, 1);
    return err;
}

static int left_first(void *arg) {
    (void)arg;
    return takes_both(&left, &right);
}

static int right_first(void *arg) {
    (void)arg;
    return takes_both(&right, &left);
}

static int of_two_orders(void *arg) {
    (void)arg;
    begin(1);
    prove(left_first);
    prove(right_first);
    edo_task *one = start(left_first, NULL, "one"), *other = start(right_first, NULL, "other");
    settle();
    expect_told(1);
    return end_tasks(one, other);
}

/* More semaphores have been in use than edo has room for. */
static int of_two_orders_after_many(void *arg) {
    static edo_sem many[2000];
    for (size_t i = 0; i < EDO_COUNT(many); i++) edo_sem_init(&many[i], 1);
    for (size_t i = 0; i < EDO_COUNT(many); i++) CHECK_EQ(edo_sem_try_acquire(&many[i], 1), 0);
    for (size_t i = 0; i < EDO_COUNT(many); i++) edo_sem_release(&many[i], 1);
    return of_two_orders(arg);
}

/* The first that take them may leave them to others. */
static int of_two_orders_at_first(void *arg) {
    (void)arg;
    begin(1);
    edo_task *one = start(left_first, NULL, "one"), *other = start(right_first, NULL, "other");
    settle();
    expect_told(0);
    return end_tasks(one, other);
}

static int takes_two(void *arg) {
    (void)arg;
    return takes_both(&left, &left);
}

/* Each has a place of the pool and wants one more. */
static int of_a_pool(void *arg) {
    (void)arg;
    begin(2);
    prove(takes_two);
    edo_task *one = start(takes_two, NULL, "one"), *other = start(takes_two, NULL, "other");
    settle();
    expect_told(1);
    return end_tasks(one, other);
}

static int waits_with_a_permit(void *arg) {
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(edo_notify_wait(arg), 0);
    edo_sem_release(&left, 1);
    return 0;
}

/* One has a permit and waits for something that is not known. */
static int of_a_pool_in_use(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    begin(3);
    prove(takes_two);
    edo_task *user = start(waits_with_a_permit, &go, "user");
    edo_task *one = start(takes_two, NULL, "one"), *other = start(takes_two, NULL, "other");
    settle();
    expect_told(0);
    edo_notify_one(&go);
    CHECK_EQ(edo_task_join(user), 0);
    CHECK_EQ(edo_task_join(one), 0);
    return edo_task_join(other);
}

static int takes_and_ends(void *arg) {
    (void)arg;
    return edo_sem_acquire(&left, 1);
}

/* There are fewer permits than at first; those that tasks have cannot vanish. */
static int of_permits_that_vanish(void *arg) {
    (void)arg;
    begin(3);
    prove(takes_two);
    CHECK_EQ(edo_sem_forget(&left, 1), 1);
    edo_task *one = start(takes_two, NULL, "one"), *other = start(takes_two, NULL, "other");
    settle();
    CHECK_EQ(edo_sem_forget(&left, 1), 0);
    expect_told(1);
    return end_tasks(one, other);
}

/* Somebody adds permits for those that stand, and may do so again. */
static int of_permits_that_are_added(void *arg) {
    (void)arg;
    begin(2);
    prove(takes_two);
    edo_task *one = start(takes_two, NULL, "one"), *other = start(takes_two, NULL, "other");
    settle();
    CHECK_EQ(told_after(9 * SECOND), 0);
    edo_sem_release(&left, 1);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    CHECK_EQ(edo_sem_forget(&left, 1), 1);
    one = start(takes_two, NULL, "one");
    other = start(takes_two, NULL, "other");
    settle();
    expect_told(0);
    return end_tasks(one, other);
}

/* A task has taken one for good: perhaps somebody else gives it back. */
static int of_permits_that_are_kept(void *arg) {
    (void)arg;
    begin(3);
    prove(takes_two);
    CHECK_EQ(edo_task_join(start(takes_and_ends, NULL, "keeper")), 0);
    edo_task *one = start(takes_two, NULL, "one"), *other = start(takes_two, NULL, "other");
    settle();
    expect_told(0);
    return end_tasks(one, other);
}

/* Where one task takes and another gives back nobody knows who has a permit. */
static int of_permits_that_pass(void *arg) {
    (void)arg;
    begin(1);
    prove(left_first);
    prove(right_first);
    CHECK_EQ(edo_task_join(start(takes_and_ends, NULL, "taker")), 0);
    edo_sem_release(&left, 1);
    edo_task *one = start(left_first, NULL, "one"), *other = start(right_first, NULL, "other");
    settle();
    expect_told(0);
    return end_tasks(one, other);
}

static int takes_by_a_deadline(void *arg) {
    edo_deadline d;
    (void)arg;
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(edo_yield(), 0);
    edo_deadline_begin(&d, edo_s(600));
    int err = edo_deadline_end(&d, edo_sem_acquire(&right, 1));
    if (err == 0) edo_sem_release(&right, 1);
    edo_sem_release(&left, 1);
    return err;
}

static int of_one_with_a_deadline(void *arg) {
    (void)arg;
    begin(1);
    prove(takes_by_a_deadline);
    prove(right_first);
    edo_task *one = start(takes_by_a_deadline, NULL, "one");
    edo_task *other = start(right_first, NULL, "other");
    settle();
    expect_told(0);
    return end_tasks(one, other);
}

static edo_task *signalled;

static int waits_for_a_signal(void *arg) {
    (void)arg;
    return edo_sem_acquire(&left, 1);
}

static int takes_and_joins(void *arg) {
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    if (!arg) return edo_sem_release(&left, 1), 0;
    CHECK_EQ(edo_notify_wait(arg), 0);
    return edo_task_join(signalled);
}

/* At the place of one whose permits are still in use there is another one, for a signal. */
static int of_a_semaphore_made_anew(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    begin(1);
    prove(takes_and_joins);
    edo_task *one = start(takes_and_joins, &go, "one");
    settle();
    edo_sem_init(&left, 0);
    signalled = start(waits_for_a_signal, NULL, "signalled");
    edo_notify_one(&go);
    settle();
    expect_told(0);
    edo_sem_release(&left, 1);
    return edo_task_join(one);
}

/* Has had it, or keeps it at its end. */
static int takes_left(void *arg) {
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    if (!arg) edo_sem_release(&left, 1);
    return 0;
}

static int takes_lock(void *arg) {
    (void)arg;
    int err = edo_mutex_lock(&lock);
    if (err == 0) edo_mutex_unlock(&lock);
    return err;
}

static int takes_lock_then_left(void *arg) {
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    int err = takes_left(arg);
    edo_mutex_unlock(&lock);
    return err;
}

/* A task has the address of one that has ended with a permit. */
static int of_a_later_task(void *arg) {
    (void)arg;
    begin(1);
    prove(takes_left);
    CHECK_EQ(edo_task_join(start(takes_left, &left, "earlier")), 0);
    edo_task *later = start(takes_lock_then_left, NULL, "holder");
    settle();
    edo_task *one = start(takes_lock, NULL, "one"), *other = start(takes_lock, NULL, "other");
    settle();
    expect_told(0);
    edo_sem_release(&left, 1);
    CHECK_EQ(edo_task_join(later), 0);
    CHECK_EQ(edo_task_join(one), 0);
    return edo_task_join(other);
}

static void *gives_back(void *arg) {
    edo_sem_release(arg, 1);
    return NULL;
}

/* A plain thread has the permit. */
static int of_a_thread(void *arg) {
    pthread_t thread;
    (void)arg;
    begin(0);
    edo_task *one = start(takes_two, NULL, "one");
    settle();
    expect_told(0);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(pthread_create(&thread, NULL, gives_back, &left), 0);
        CHECK_EQ(pthread_join(thread, NULL), 0);
    }
    return edo_task_join(one);
}

static edo_notify hangs_up;

static int serves(void *arg) {
    (void)arg;
    CHECK_EQ(edo_notify_wait(&hangs_up), 0);
    edo_sem_release(&left, 1);
    return 0;
}

/* Takes a slot for each connection, which its handler gives back; the first one fails. */
static int accepts(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_sem_acquire(&left, 1), 0);
        if (i > 0) {
            edo_task_unref(start(serves, NULL, "handler"));
        } else {
            edo_sem_release(&left, 1);
        }
        CHECK_EQ(edo_yield(), 0);
    }
    return 0;
}

static int of_slots_for_handlers(void *arg) {
    (void)arg;
    hangs_up = (edo_notify)EDO_NOTIFY_INIT;
    begin(2);
    edo_task *one = start(accepts, NULL, "one"), *other = start(accepts, NULL, "other");
    settle();
    expect_told(0);
    for (int i = 0; i < 4; i++) {
        edo_notify_one(&hangs_up);
        settle();
    }
    CHECK_EQ(edo_task_join(one), 0);
    return edo_task_join(other);
}

/* ---- Channels -------------------------------------------------------------------------------- */

static void make_channels(void) {
    begin(1);
    CHECK_EQ(edo_mpsc_new(&to_one, &of_one, sizeof(int), 2, NULL), 0);
    CHECK_EQ(edo_mpsc_new(&to_other, &of_other, sizeof(int), 2, NULL), 0);
}

static int free_channels(void) {
    edo_mpsc_tx_unref(to_one);
    edo_mpsc_tx_unref(to_other);
    edo_mpsc_rx_free(of_one);
    edo_mpsc_rx_free(of_other);
    return 0;
}

/* Takes two values, each in a turn of its own, then only sends. */
static int sends_on(edo_mpsc_rx *from, edo_mpsc_tx *to) {
    int value, err = edo_mpsc_recv(from, &value);
    CHECK_EQ(edo_yield(), 0);
    if (err == 0) err = edo_mpsc_recv(from, &value);
    while (err == 0) err = edo_mpsc_send(to, &value);
    return err;
}

static int one_sends_on(void *arg) {
    (void)arg;
    return sends_on(of_one, to_other);
}

static int other_sends_on(void *arg) {
    (void)arg;
    return sends_on(of_other, to_one);
}

static int of_full_channels(void *arg) {
    int value = 1;
    (void)arg;
    make_channels();
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_mpsc_send(to_one, &value), 0);
        CHECK_EQ(edo_mpsc_send(to_other, &value), 0);
    }
    edo_task *one = start(one_sends_on, NULL, "one"), *other = start(other_sends_on, NULL, "other");
    settle();
    expect_told(1);
    (void)end_tasks(one, other);
    return free_channels();
}

/* Asks the other one, by a value, and waits for its reply; each has asked at once. */
static int asks(edo_mpsc_tx *to, edo_mpsc_rx *from) {
    int value = 0;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_mpsc_send(to, &value), 0);
        CHECK_EQ(edo_yield(), 0);
        CHECK_EQ(edo_mpsc_recv(from, &value), 0);
    }
    return edo_mpsc_recv(from, &value);
}

static int one_asks(void *arg) {
    (void)arg;
    return asks(to_other, of_one);
}

static int other_asks(void *arg) {
    (void)arg;
    return asks(to_one, of_other);
}

static int of_empty_channels(void *arg) {
    (void)arg;
    make_channels();
    edo_task *one = start(one_asks, NULL, "one"), *other = start(other_asks, NULL, "other");
    settle();
    expect_told(1);
    (void)end_tasks(one, other);
    return free_channels();
}

/* There is another handle, which somebody may use. */
static int of_shared_senders(void *arg) {
    (void)arg;
    make_channels();
    edo_mpsc_tx *more = edo_mpsc_tx_ref(to_one);
    edo_task *one = start(one_asks, NULL, "one"), *other = start(other_asks, NULL, "other");
    settle();
    expect_told(0);
    (void)end_tasks(one, other);
    edo_mpsc_tx_unref(more);
    return free_channels();
}

/* The places of values are reserved, and filled by whoever has them. */
static int reserves(edo_mpsc_tx *to, edo_mpsc_rx *from) {
    edo_mpsc_permit permit;
    int value = 0;
    CHECK_EQ(edo_mpsc_reserve(to, &permit), 0);
    edo_mpsc_permit_send(&permit, &value);
    return asks(to, from);
}

static int one_reserves(void *arg) {
    (void)arg;
    return reserves(to_other, of_one);
}

static int other_reserves(void *arg) {
    (void)arg;
    return reserves(to_one, of_other);
}

static int of_reserved_places(void *arg) {
    int value;
    (void)arg;
    make_channels();
    edo_task *one = start(one_reserves, NULL, "one"), *other = start(other_reserves, NULL, "other");
    settle();
    while (edo_mpsc_try_recv(of_one, &value) == 0 || edo_mpsc_try_recv(of_other, &value) == 0)
        settle();
    expect_told(0);
    (void)end_tasks(one, other);
    return free_channels();
}

static int works(void *arg) {
    int value, err;
    (void)arg;
    do err = edo_chan_recv(jobs_out, &value);
    while (err == 0);
    return err == -EDO_ECLOSED ? 0 : err;
}

static int sends_and_joins(void *arg) {
    int value = 1;
    edo_task *worker = start(works, NULL, "worker");
    (void)arg;
    CHECK_EQ(edo_chan_send(jobs_in, &value), 0);
    return edo_task_join(worker); // without closing the channel
}

static int sends_late(void *arg) {
    int value = 1, err = edo_notify_wait(arg);
    if (err == 0) err = edo_chan_send(jobs_in, &value);
    edo_chan_tx_unref(jobs_in);
    return err;
}

/* The only handle goes on to a task that has not used it yet. */
static int sends_and_passes_on(void *arg) {
    int value = 1;
    edo_task *worker = start(works, NULL, "worker");
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_chan_send(jobs_in, &value), 0);
        CHECK_EQ(edo_yield(), 0);
    }
    edo_task *later = start(sends_late, arg, "later");
    CHECK_EQ(edo_task_join(worker), 0);
    return edo_task_join(later);
}

static int of_one_passed_on(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    begin(1);
    CHECK_EQ(edo_chan_new(&jobs_in, &jobs_out, sizeof(int), 4, NULL), 0);
    edo_task *t = start(sends_and_passes_on, &go, "boss");
    settle();
    expect_told(0);
    edo_notify_one(&go);
    CHECK_EQ(edo_task_join(t), 0);
    edo_chan_rx_unref(jobs_out);
    return 0;
}

static int sends_slowly(void *arg) {
    int value = 1, err = edo_notify_wait(arg);
    return err == 0 ? edo_mpsc_send(to_one, &value) : err;
}

/* Has used both ends, and receives from a task that has not used its own yet. */
static int tries_and_passes_on(void *arg) {
    int value = 1;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_mpsc_send(to_one, &value), 0);
        CHECK_EQ(edo_yield(), 0);
        CHECK_EQ(edo_mpsc_recv(of_one, &value), 0);
    }
    edo_task_unref(start(sends_slowly, arg, "later"));
    return edo_mpsc_recv(of_one, &value);
}

static int of_one_that_was_tried(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    make_channels();
    edo_task *t = start(tries_and_passes_on, &go, "one");
    settle();
    expect_told(0);
    edo_notify_one(&go);
    CHECK_EQ(edo_task_join(t), 0);
    return free_channels();
}

static int fills_and_passes_on(void *arg) {
    int value = 1;
    (void)arg;
    CHECK_EQ(edo_mpsc_send(to_one, &value), 0); // and another task sends the next ones
    return edo_mpsc_recv(of_other, &value);
}

static int replies_to_two(void *arg) {
    int value = 1;
    (void)arg;
    CHECK_EQ(edo_mpsc_recv(of_one, &value), 0);
    CHECK_EQ(edo_mpsc_recv(of_one, &value), 0);
    return edo_mpsc_send(to_other, &value);
}

/* The first value of a channel is that of the task which has made it, and which waits for what
 * becomes of all. */
static int of_one_that_was_filled(void *arg) {
    int value = 1;
    (void)arg;
    make_channels();
    edo_task *one = start(fills_and_passes_on, NULL, "one");
    edo_task *other = start(replies_to_two, NULL, "other");
    settle();
    expect_told(0);
    CHECK_EQ(edo_mpsc_send(to_one, &value), 0);
    CHECK_EQ(edo_task_join(one), 0);
    CHECK_EQ(edo_task_join(other), 0);
    return free_channels();
}

/* The end of a channel that nobody has told; the boss may have passed its handle on. */
static int of_one_not_closed(void *arg) {
    (void)arg;
    begin(1);
    CHECK_EQ(edo_chan_new(&jobs_in, &jobs_out, sizeof(int), 4, NULL), 0);
    edo_task *t = start(sends_and_joins, NULL, "boss");
    settle();
    expect_told(0);
    edo_chan_tx_unref(jobs_in);
    CHECK_EQ(edo_task_join(t), 0);
    edo_chan_rx_unref(jobs_out);
    return 0;
}

static int sends_later(void *arg) {
    int value = 1;
    (void)arg;
    CHECK_EQ(edo_chan_send(jobs_in, &value), 0);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return edo_chan_send(jobs_in, &value);
}

/* Its only sender waits for a timer. */
static int of_one_that_is_slow(void *arg) {
    (void)arg;
    begin(1);
    CHECK_EQ(edo_chan_new(&jobs_in, &jobs_out, sizeof(int), 4, NULL), 0);
    edo_task *worker = start(works, NULL, "worker"), *t = start(sends_later, NULL, "slow");
    settle();
    expect_told(0);
    CHECK_EQ(edo_task_join(t), 0);
    edo_chan_tx_unref(jobs_in);
    CHECK_EQ(edo_task_join(worker), 0);
    edo_chan_rx_unref(jobs_out);
    return 0;
}

/* ---- Both ------------------------------------------------------------------------------------ */

/* Takes the lock at once, or when it was told so. */
static int takes_permit_then_lock(void *arg) {
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(arg ? edo_notify_wait(arg) : edo_yield(), 0);
    int err = edo_mutex_lock(&lock);
    if (err == 0) edo_mutex_unlock(&lock);
    edo_sem_release(&left, 1);
    return err;
}

static int takes_lock_then_permit(void *arg) {
    (void)arg;
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_sem_acquire(&left, 1);
    if (err == 0) edo_sem_release(&left, 1);
    edo_mutex_unlock(&lock);
    return err;
}

static int of_a_lock_and_a_permit(void *arg) {
    (void)arg;
    begin(1);
    prove(takes_permit_then_lock);
    edo_task *one = start(takes_permit_then_lock, NULL, "one");
    edo_task *other = start(takes_lock_then_permit, NULL, "other");
    settle();
    expect_told(1);
    return end_tasks(one, other);
}

static edo_mutex door;

static int takes_left_door_and_right(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    CHECK_EQ(edo_mutex_lock(&door), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_sem_acquire(&right, 1);
    if (err == 0) edo_sem_release(&right, 1);
    edo_mutex_unlock(&door);
    edo_sem_release(&left, 1);
    return err;
}

static int takes_right_and_door(void *arg) {
    (void)arg;
    CHECK_EQ(edo_sem_acquire(&right, 1), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_mutex_lock(&door);
    if (err == 0) edo_mutex_unlock(&door);
    edo_sem_release(&right, 1);
    return err;
}

/* Two wait for each other. A third one waits for permits, of which one of the two has one, and the
 * other is of a task that goes on: so it does not stand, and the two do. */
static int of_two_and_one_who_may_go_on(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    begin(2);
    edo_sem_init(&right, 1);
    door = (edo_mutex)EDO_MUTEX_INIT;
    prove(takes_left_door_and_right);
    prove(takes_right_and_door);
    prove(takes_permit_then_lock);
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    edo_task *one = start(takes_left_door_and_right, NULL, "one");
    edo_task *other = start(takes_right_and_door, NULL, "other");
    edo_task *user = start(takes_permit_then_lock, &go, "user");
    settle();
    edo_task *third = start(takes_left, NULL, "third");
    settle();
    edo_notify_one(&go);
    settle();
    expect_told(1);
    edo_mutex_unlock(&lock);
    CHECK_EQ(edo_task_join(user), 0);
    CHECK_EQ(edo_task_join(third), 0);
    return end_tasks(one, other);
}

static int wants_two_for_a_while(void *arg) {
    edo_deadline d;
    (void)arg;
    edo_deadline_begin(&d, edo_s(600));
    int err = edo_deadline_end(&d, edo_sem_acquire(&left, 2));
    if (err == 0) edo_sem_release(&left, 2);
    return err;
}

static int takes_lock_then_permit_later(void *arg) {
    CHECK_EQ(edo_mutex_lock(&lock), 0);
    CHECK_EQ(edo_notify_wait(arg), 0);
    CHECK_EQ(edo_sem_acquire(&left, 1), 0);
    edo_sem_release(&left, 1);
    edo_mutex_unlock(&lock);
    return 0;
}

/* One of two permits is left, for the one that waits for both until its limit: then that one leaves
 * it to the next in line. */
static int of_one_that_leaves_the_line(void *arg) {
    edo_notify go = EDO_NOTIFY_INIT;
    (void)arg;
    begin(2);
    prove(takes_permit_then_lock);
    edo_task *one = start(takes_lock_then_permit_later, &go, "one");
    CHECK_EQ(edo_yield(), 0);
    edo_task *other = start(takes_permit_then_lock, NULL, "other");
    settle();
    edo_task *before = start(wants_two_for_a_while, NULL, "before");
    settle();
    edo_notify_one(&go);
    settle();
    expect_told(0);
    end_task(before);
    edo_trail_clear();
    CHECK_EQ(edo_task_join(one), 0);
    return edo_task_join(other);
}

/* ---- The log --------------------------------------------------------------------------------- */

static int logs(void *arg) {
    edo_test_log *log;
    CHECK_EQ(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "edo.locks=error" }), 0);
    CHECK_EQ(of_two_orders(arg), 0);
    const edo_test_event *e = EDO_TEST_LOGGED(log, "2 tasks stand, probably");
    const char *first = edo_test_log_field(e, "first")->value.text;
    CHECK(strcmp(first, "one") == 0 || strcmp(first, "other") == 0);
    edo_test_log_free(log);
    return 0;
}

static void tasks_that_stand_are_an_event_of_the_log(void **state) {
    static edo_task_fn *const fns[] = { logs };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

/* ---- All of them ----------------------------------------------------------------------------- */

static void tasks_that_stand_are_told(void **state) {
    static edo_task_fn *const fns[] = { of_two_orders,
                                        of_a_pool,
                                        of_full_channels,
                                        of_empty_channels,
                                        of_a_lock_and_a_permit,
                                        of_permits_that_vanish,
                                        of_two_orders_after_many,
                                        of_two_and_one_who_may_go_on };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

static void tasks_that_others_wake_are_not(void **state) {
    static edo_task_fn *const fns[] = {
        of_a_pool_in_use,         of_permits_that_pass,      of_a_thread,
        of_one_with_a_deadline,   of_shared_senders,         of_one_that_is_slow,
        of_two_orders_at_first,   of_one_not_closed,         of_one_passed_on,
        of_a_semaphore_made_anew, of_one_that_was_filled,    of_reserved_places,
        of_a_later_task,          of_slots_for_handlers,     of_one_that_leaves_the_line,
        of_one_that_was_tried,    of_permits_that_are_added, of_permits_that_are_kept
    };
    (void)state;
    stands_run(fns, EDO_COUNT(fns));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_that_stand_are_an_event_of_the_log),
        cmocka_unit_test(tasks_that_stand_are_told),
        cmocka_unit_test(tasks_that_others_wake_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
