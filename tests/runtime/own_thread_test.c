/* SPDX-License-Identifier: MIT */
/* Goal: the promises of edo/thread.h: how a thread ends, that its awaits park it and drive nothing,
 * what the runtime's end does with it, and what is left where it cannot be made.
 * Method: threads that wait for events, on each kind of runtime; an allocator and a
 * pthread_create() that fail. Those that are left behind: left_thread_test.c. */
#include <edo/edo.h>

#include "child.h"
#include "fail_alloc.h"
#include "inside.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static edo_atomic_u32 refuses; /* the next calls of pthread_create() that fail */

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*fn)(void *),
                          void *arg) {
    uint32_t left = EDOI_ATOMIC_LOAD(&refuses.edoi_value, EDOI_ACQUIRE);
    if (left == 0) return __real_pthread_create(thread, attr, fn, arg);
    EDOI_ATOMIC_STORE(&refuses.edoi_value, left - 1, EDOI_RELEASE);
    return EAGAIN;
}

/* ---- What the threads do --------------------------------------------------------------------- */

static int end_well(void *arg) {
    (void)arg;
    return 7;
}

static int fail_with_words(void *arg) {
    (void)arg;
    return edo_fail(-EPROTO, "the device said no");
}

static int wait_for_ever(void *arg) {
    (void)arg;
    edo_notify bell = EDO_NOTIFY_INIT;
    return edo_notify_wait(&bell);
}

/* Never awaits. */
static int look_at_token(void *arg) {
    const edo_cancel_token *stop = edo_thread_token();
    edo_sem_release(arg, 1);
    while (!edo_cancel_is_set(stop)) (void)sched_yield();
    return edo_cancel_get_reason(stop);
}

static int clean_up_in_a_shield(void *arg) {
    (void)arg;
    int err = wait_for_ever(NULL);
    EDO_SHIELD(sh, edo_s(30));
    CHECK_EQ(edo_blocking(end_well, NULL), 7);
    return edo_shield_end(&sh, err);
}

/* ---- How one ends ---------------------------------------------------------------------------- */

static int start_and_join(edo_task_fn *fn, bool stops) {
    edo_thread *t;
    CHECK_EQ(edo_thread_start(&t, fn, NULL, NULL), 0);
    if (stops) edo_thread_stop(t);
    return edo_thread_join(t);
}

static int see_it_end(void *arg) {
    (void)arg;
    CHECK_EQ(start_and_join(end_well, false), 7);
    CHECK_EQ(start_and_join(end_well, true), 7);
    CHECK_EQ(start_and_join(fail_with_words, false), -EPROTO);
    char trail[512];
    (void)edo_trail_print_text(trail, sizeof trail, -EPROTO, EDO_TRAIL_LINE);
    CHECK(strstr(trail, "the device said no") != NULL);
    CHECK_EQ(start_and_join(wait_for_ever, true), -ECANCELED);
    CHECK_EQ(start_and_join(clean_up_in_a_shield, true), -ECANCELED);
    return 0;
}

static int see_it_stop_without_awaits(void *arg) {
    edo_thread *t;
    edo_sem begun = EDO_SEM_INIT(0);
    (void)arg;
    CHECK(!edo_thread_token());
    CHECK_EQ(edo_thread_start(&t, look_at_token, &begun, NULL), 0);
    CHECK_EQ(edo_sem_acquire(&begun, 1), 0);
    edo_thread_stop(t);
    edo_thread_stop(t);
    CHECK_EQ(edo_thread_join(t), EDO_CANCEL_ASKED);
    return 0;
}

/* Takes the reference of `token`. */
static int cancel_and_wait(void *token) {
    edo_cancel(token, EDO_CANCEL_ASKED);
    edo_cancel_unref(token);
    return wait_for_ever(NULL);
}

/* The thread itself cuts the join short, perhaps before that has begun. */
static int give_a_join_up(void *arg) {
    edo_thread *t;
    edo_cancel_block b;
    edo_cancel_token *token;
    (void)arg;
    CHECK_EQ(edo_cancel_new(&token), 0);
    CHECK_EQ(edo_thread_start(&t, cancel_and_wait, edo_cancel_ref(token), NULL), 0);
    edo_cancel_begin(&b, token);
    CHECK_EQ(edo_cancel_end(&b, edo_thread_join(t)), -ECANCELED);
    edo_cancel_unref(token);
    return 0; // it goes on, and nobody asks for its result
}

static void a_thread_ends_by_itself_or_by_its_token(void **state) {
    (void)state;
    assert_int_equal(inside_each(see_it_end, NULL), 0);
    assert_int_equal(inside_each(see_it_stop_without_awaits, NULL), 0);
    assert_int_equal(inside_each(give_a_join_up, NULL), 0);
    assert_int_equal(edo_thread_join(NULL), 0);
}

static int name_myself(void *arg) {
    CHECK_EQ(pthread_getname_np(pthread_self(), arg, 16), 0);
    return 0;
}

static int see_names(void *arg) {
    static const struct {
        const char *name, *seen;
    } rows[] = { { NULL, "edo-thread" },
                 { "db", "db" },
                 { "a name that is much too long", "a name that is " } };
    (void)arg;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_thread *t;
        char name[16];
        edo_thread_opts opts = { .name = rows[i].name };
        CHECK_EQ(edo_thread_start(&t, name_myself, name, &opts), 0);
        CHECK_EQ(edo_thread_join(t), 0);
        CHECK(strcmp(name, rows[i].seen) == 0);
    }
    return 0;
}

static void a_thread_has_its_name(void **state) {
    (void)state;
    assert_int_equal(inside_each(see_names, NULL), 0);
}

/* Many, one after the other and at once: none is left to be joined in the end. */
static int start_many(void *arg) {
    edo_thread *threads[10];
    (void)arg;
    for (int i = 0; i < 100; i++) CHECK_EQ(start_and_join(end_well, i % 2), 7);
    for (size_t i = 0; i < EDO_COUNT(threads); i++)
        CHECK_EQ(edo_thread_start(&threads[i], end_well, NULL, NULL), 0);
    for (size_t i = 0; i < EDO_COUNT(threads); i++) CHECK_EQ(edo_thread_join(threads[i]), 7);
    return 0;
}

static void threads_that_have_ended_leave_nothing(void **state) {
    (void)state;
    assert_int_equal(inside_each(start_many, NULL), 0);
}

/* ---- Awaits ---------------------------------------------------------------------------------- */

static int is_thread(void *arg) {
    return pthread_equal(pthread_self(), *(pthread_t *)arg) != 0;
}

/* A task that it waits for runs elsewhere. */
static int spawn_and_await(void *arg) {
    pthread_t me = pthread_self();
    CHECK_EQ(edo_task_current_id(), 0);
    CHECK(edo_runtime_current() == arg);
    CHECK_EQ(edo_task_join(edo_spawn(is_thread, &me)), 0);
    CHECK_EQ(edo_yield(), 0);
    CHECK_EQ(edo_blocking(is_thread, &me), 0);
    edo_instant before = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK(edo_instant_since(edo_now(), before).ns >= 1000000);
    EDO_DEADLINE(d, edo_ms(1));
    CHECK_EQ(edo_deadline_end(&d, wait_for_ever(NULL)), -ETIMEDOUT);
    return 0;
}

static void awaits_park_the_thread_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    edo_thread *t;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_start(&t, spawn_and_await, rt, NULL), 0);
    assert_int_equal(edo_thread_join(t), 0); // drives a runtime of one thread meanwhile
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}
ON_EACH_KIND(awaits_park_the_thread)

/* Nobody drives when the thread begins to wait for a task. */
static int await_a_task(void *arg) {
    edo_sem *begun = arg;
    pthread_t me = pthread_self();
    edo_task *task = edo_spawn(is_thread, &me);
    edo_sem_release(begun, 1);
    return edo_task_join(task);
}

static void a_thread_does_not_drive_its_runtime(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_thread *t;
    edo_sem begun = EDO_SEM_INIT(0);
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_start(&t, await_a_task, &begun, NULL), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_sem_acquire(&begun, 1), 0); // drives nothing
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_join(t), 0); // the task has run here
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

static int sleep_in_real_time(void *arg) {
    (void)arg;
    edo_instant before = edo_now();
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    return edo_instant_since(edo_now(), before).ns >= 1000000 ? 0 : -ERANGE;
}

static int sleep_beside_a_paused_clock(void *arg) {
    (void)arg;
    return start_and_join(sleep_in_real_time, false);
}

static void its_time_is_real(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_runtime_opts opts = { .start_paused = true, .watchdog = EDO_OFF };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_run(rt, sleep_beside_a_paused_clock, NULL), 0);
    edo_runtime_free(rt);
}

/* `arg`: what the runtime's wall clock was set to, in a year. */
static int sleep_by_the_real_wall(void *arg) {
    edo_wall at = edo_wall_add(edo_wall_now(), edo_ms(1));
    CHECK(edo_wall_compare(at, *(edo_wall *)arg) < 0);
    CHECK_EQ(edo_sleep_wall_at(at), 0);
    CHECK(edo_wall_compare(edo_wall_now(), at) >= 0);
    CHECK_EQ(edo_time_advance(edo_s(1)), -EBUSY);
    CHECK_EQ(edo_time_resume(), -EBUSY);
    return 0;
}

/* Nobody drives: any other plain thread would read the runtime's clock, and could change it. */
static void its_wall_clock_is_real(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_thread *t;
    edo_wall far = edo_wall_add(edo_wall_now(), edo_hours(24 * 365));
    edo_runtime_opts opts = { .start_paused = true, .watchdog = EDO_OFF };
    assert_int_equal(edo_runtime_new(&rt, &opts), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_time_set_wall(far), 0);
    assert_int_equal(edo_thread_start(&t, sleep_by_the_real_wall, &far, NULL), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_thread_join(t), 0);
    edo_runtime_free(rt);
}

/* It may run a runtime of its own. */
static int run_another(void *arg) {
    edo_runtime *rt;
    pthread_t me = pthread_self();
    (void)arg;
    CHECK_EQ(edo_runtime_new(&rt, &one_thread), 0);
    CHECK_EQ(edo_run(rt, is_thread, &me), 1);
    edo_runtime_free(rt);
    return 0;
}

static int start_another(void *arg) {
    (void)arg;
    return start_and_join(run_another, false);
}

static void a_thread_may_drive_another_runtime(void **state) {
    (void)state;
    assert_int_equal(inside_each(start_another, NULL), 0);
}

/* ---- The runtime's end ----------------------------------------------------------------------- */

typedef struct served {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int sum, stopped;
} served;

static int serve(void *arg) {
    served *s = arg;
    int n = 0;
    while ((s->stopped = edo_mpsc_recv(s->rx, &n)) == 0) s->sum += n;
    while (edo_mpsc_try_recv(s->rx, &n) == 0) s->sum += n;
    return 0;
}

/* Cancelled by the shutdown, it sends in its cleanup. */
static int send_at_the_end(void *arg) {
    served *s = arg;
    CHECK_EQ(wait_for_ever(NULL), -ECANCELED);
    EDO_SHIELD(sh, edo_s(30));
    for (int i = 1; i <= 10; i++) CHECK_EQ(edo_mpsc_send(s->tx, &i), 0);
    return edo_shield_end(&sh, 0);
}

static int begin_serving(void *arg) {
    CHECK_EQ(edo_thread_start(NULL, serve, arg, NULL), 0);
    return edo_spawn_detached(send_at_the_end, arg);
}

static void the_end_stops_it_behind_the_tasks_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    served s = { 0 };
    assert_int_equal(edo_mpsc_new(&s.tx, &s.rx, sizeof(int), 4, NULL), 0);
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, begin_serving, &s), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
    assert_int_equal(s.stopped, -ECANCELED);
    assert_int_equal(s.sum, 55);
    edo_runtime_free(rt);
    edo_mpsc_tx_unref(s.tx);
    edo_mpsc_rx_free(s.rx);
}
ON_EACH_KIND(the_end_stops_it_behind_the_tasks)

static void a_handle_may_be_joined_after_the_end(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_thread *t;
    assert_int_equal(edo_runtime_new(&rt, &kinds[1]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_start(&t, wait_for_ever, NULL, NULL), 0);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
    edo_thread_stop(t);
    assert_int_equal(edo_thread_join(t), -ECANCELED);
}

/* Each starts the next one, until the runtime refuses it. */
static int start_the_next(void *arg) {
    edo_sem *begun = arg;
    edo_sem_release(begun, 1);
    int err = edo_thread_start(NULL, start_the_next, arg, NULL);
    CHECK(err == 0 || err == -EDO_ECLOSED);
    return err;
}

static int start_late(void *arg) {
    CHECK_EQ(wait_for_ever(NULL), -ECANCELED);
    CHECK_EQ(edo_thread_start(NULL, end_well, NULL, NULL), -EDO_ECLOSED);
    *(bool *)arg = true;
    return 0;
}

static void none_starts_while_the_runtime_ends_on(const edo_runtime_opts *kind) {
    edo_runtime *rt;
    edo_sem begun = EDO_SEM_INIT(0);
    bool was_late = false;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_spawn_detached(start_late, &was_late), 0);
    assert_int_equal(edo_thread_start(NULL, start_the_next, &begun, NULL), 0);
    assert_int_equal(edo_sem_acquire(&begun, 5), 0);
    edo_runtime_leave(rt);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
    assert_true(was_late);
    edo_runtime_free(rt);
}
ON_EACH_KIND(none_starts_while_the_runtime_ends)

/* ---- What fails ------------------------------------------------------------------------------ */

static void a_start_that_fails_leaves_nothing(void **state) {
    (void)state;
    edo_runtime *rt;
    edo_thread *const none = NULL, *t = none;
    int failed_n = 0;
    assert_int_equal(edo_thread_start(&t, end_well, NULL, NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_runtime_new(&rt, &kinds[0]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_start(&t, end_well, NULL, &(edo_thread_opts){ .reserved = { 1 } }),
                     -EINVAL);
    for (int with_handle = 0; with_handle <= 1; with_handle++) {
        EDOI_ATOMIC_STORE(&refuses.edoi_value, 1, EDOI_RELEASE);
        assert_int_equal(edo_thread_start(with_handle ? &t : NULL, end_well, NULL, NULL), -EAGAIN);
    }
    for (int k = 1; k <= 3; k++) {
        fail_alloc_in = k;
        if (edo_thread_start(&t, end_well, NULL, NULL) == -ENOMEM) failed_n++;
    }
    fail_alloc_in = 0;
    assert_int_equal(failed_n, 3);
    assert_ptr_equal(t, none);
    assert_int_equal(edo_thread_start(&t, end_well, NULL, NULL), 0);
    assert_int_equal(edo_thread_join(t), 7);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

/* ---- Beside fork() --------------------------------------------------------------------------- */

typedef struct forked {
    edo_thread *over, *waits, *joined;
} forked;

static int use_in_child(void *arg) {
    forked *f = arg;
    edo_thread *t;
    EXPECT(edo_thread_start(&t, end_well, NULL, NULL) == -EDO_EFORKED, 1);
    edo_thread_stop(f->waits);
    EXPECT(edo_thread_join(f->waits) == -EDO_EFORKED, 2);
    int over = edo_thread_join(f->over); // it is about to end at the fork, or has
    EXPECT(over == 7 || over == -EDO_EFORKED, 3);
    EXPECT(make_a_runtime(NULL) == 0, 4);
    edo_runtime *rt;
    EXPECT(edo_runtime_new(&rt, &kinds[1]) == 0, 5);
    EXPECT(edo_run(rt, see_it_end, NULL) == 0, 6);
    edo_runtime_free(rt);
    return 0;
}

/* The thread that forks is a plain one in the child. */
static int fork_in_thread(void *arg) {
    int status;
    (void)arg;
    if (child_fork(&status) == 0) {
        int failed = edo_thread_token() ? 1 : make_a_runtime(NULL);
        _exit(failed ? failed : run_another(NULL));
    }
    return status;
}

static void in_a_child_the_parents_threads_are_gone(void **state) {
    (void)state;
    edo_runtime *rt;
    forked f;
    assert_int_equal(edo_runtime_new(&rt, &kinds[1]), 0);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(edo_thread_start(&f.over, end_well, NULL, NULL), 0);
    assert_int_equal(edo_thread_start(&f.waits, wait_for_ever, NULL, NULL), 0);
    assert_int_equal(edo_thread_start(&f.joined, end_well, NULL, NULL), 0);
    assert_int_equal(edo_thread_join(f.joined), 7);
    assert_int_equal(start_and_join(fork_in_thread, false), 0);
    assert_int_equal(child_status(use_in_child, &f), 0);
    edo_thread_stop(f.waits);
    assert_int_equal(edo_thread_join(f.waits), -ECANCELED);
    assert_int_equal(edo_thread_join(f.over), 7);
    edo_runtime_leave(rt);
    edo_runtime_free(rt);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_a_child_the_parents_threads_are_gone),
        cmocka_unit_test(a_thread_ends_by_itself_or_by_its_token),
        cmocka_unit_test(a_thread_has_its_name),
        cmocka_unit_test(threads_that_have_ended_leave_nothing),
        cmocka_unit_test(awaits_park_the_thread),
        cmocka_unit_test(a_thread_does_not_drive_its_runtime),
        cmocka_unit_test(its_time_is_real),
        cmocka_unit_test(its_wall_clock_is_real),
        cmocka_unit_test(a_thread_may_drive_another_runtime),
        cmocka_unit_test(the_end_stops_it_behind_the_tasks),
        cmocka_unit_test(a_handle_may_be_joined_after_the_end),
        cmocka_unit_test(none_starts_while_the_runtime_ends),
        cmocka_unit_test(a_start_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
