/* SPDX-License-Identifier: MIT */
/* Goal: a task set gives back each task once, when it has ended, in the promised order; a wait that
 * is cut short loses none; abort, shutdown, detach and the end of the set leave no task counted and
 * nothing allocated. Method: single cases on a paused clock; random sets on every kind of runtime;
 * each allocation failing; the generic leaf tests. */
#include <edo/task_set.h>

#include "child.h"
#include "inside.h"
#include "leaf.h"
#include "leftovers.h"
#include "runtime/task/task.h"

#include <edo/notify.h>
#include <edo/time.h>

#include <string.h>

typedef struct job {
    int ms, result;
    bool ended;
} job;

static int run_job(void *arg) {
    job *self = arg;
    int err = self->ms > 0 ? edo_sleep(edo_ms(self->ms)) : 0;
    self->ended = true;
    if (err < 0) return err;
    return self->result < 0 ? edo_fail(self->result, "job of %d ms", self->ms) : self->result;
}

static void spawn_jobs(edo_task_set *set, job *jobs, size_t n) {
    for (size_t i = 0; i < n; i++) CHECK_EQ(edo_task_set_spawn(set, run_job, &jobs[i]), 0);
    CHECK_EQ(edo_task_set_len(set), n);
}

static void is_empty(edo_task_set *set) {
    edo_task_ended done;
    CHECK_EQ(edo_task_set_len(set), 0);
    CHECK_EQ(edo_task_set_join_next(set, &done), 0);
    CHECK_EQ(edo_task_set_try_join_next(set, &done), 0);
    CHECK_EQ(edo_task_set_join_all(set), 0);
    CHECK_EQ(edo_task_set_shutdown(set), 0);
}

/* ---- Order ----------------------------------------------------------------------------------- */

/* Takes all results; the jobs must come in `order`, which holds their indices. */
static void take_all(edo_task_set *set, job *jobs, const size_t *order, size_t n) {
    for (size_t i = 0; i < n; i++) {
        edo_task_ended done = { .result = -1 };
        CHECK_EQ(edo_task_set_join_next(set, &done), 1);
        CHECK(done.arg == &jobs[order[i]]);
        CHECK_EQ(done.result, jobs[order[i]].result);
        CHECK_EQ(done.outcome, EDO_OUTCOME_RETURNED);
        CHECK_EQ(edo_task_set_len(set), n - 1 - i);
    }
    is_empty(set);
    edo_task_set_deinit(set);
}

static int by_completion(void *arg) {
    job jobs[] = { { 30, 0, 0 }, { 10, 1, 0 }, { 0, 2, 0 }, { 20, 3, 0 } };
    const size_t order[] = { 2, 1, 3, 0 };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    is_empty(&set);
    spawn_jobs(&set, jobs, 4);
    take_all(&set, jobs, order, 4);
    spawn_jobs(&set, jobs, 4); // all have ended before the first is asked for
    CHECK_EQ(edo_sleep(edo_ms(50)), 0);
    take_all(&set, jobs, order, 4);
    return 0;
}

static int by_spawn(void *arg) {
    job jobs[] = { { 30, 0, 0 }, { 10, 1, 0 }, { 0, 2, 0 }, { 20, 3, 0 } };
    const size_t order[] = { 0, 1, 2, 3 };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, &(edo_task_set_opts){ .ordered = true });
    spawn_jobs(&set, jobs, 4);
    take_all(&set, jobs, order, 4);
    spawn_jobs(&set, jobs, 4);
    edo_task_ended done;
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK_EQ(edo_task_set_try_join_next(&set, &done), -EAGAIN); // three others have ended
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    take_all(&set, jobs, order, 4);
    return 0;
}

static void results_come_as_the_tasks_end(void **state) {
    (void)state;
    assert_int_equal(inside(by_completion, NULL), 0);
}

static void ordered_results_come_as_the_tasks_were_spawned(void **state) {
    (void)state;
    assert_int_equal(inside(by_spawn, NULL), 0);
}

/* An ordered set wakes its owner for the first task only. */
static int wakes_of_the_owner(void *arg) {
    enum { JOBS = 20 };
    static job jobs[JOBS];
    edo_task_set set = { .waits = EDO_FUTURE_SET_INIT };
    edo_task_set_join_next_future next;
    edo_task_ended done;
    hand_waker w = HAND_WAKER;
    (void)arg;
    edo_task_set_init(&set, &(edo_task_set_opts){ .ordered = true });
    for (int i = 0; i < JOBS; i++) jobs[i].ms = JOBS - i;
    spawn_jobs(&set, jobs, JOBS);
    edo_future *f = edo_task_set_join_next_init(&next, &set, &done);
    CHECK_EQ(hand_poll(f, &w), EDO_PENDING);
    CHECK_EQ(edo_sleep(edo_ms(JOBS - 1)), 0);
    CHECK_EQ(hand_woken(&w), 0);
    CHECK_EQ(edo_sleep(edo_ms(2)), 0);
    CHECK_EQ(hand_woken(&w), 1);
    CHECK_EQ(hand_poll(f, &w), EDO_READY);
    edo_task_set_deinit(&set);
    return 0;
}

static void owner_of_an_ordered_set_is_woken_for_the_first_only(void **state) {
    (void)state;
    assert_int_equal(inside(wakes_of_the_owner, NULL), 0);
}

/* ---- Which task, and how it ended ------------------------------------------------------------ */

static int tell_all(void *arg) {
    job ok = { 5, 7, 0 }, failing = { 10, -EIO, 0 }, aborted = { 1000, 0, 0 };
    edo_task_set set = { .waits = EDO_FUTURE_SET_INIT };
    edo_task_ended done;
    (void)arg;
    edo_task *t = edo_task_set_spawn_handle(&set, run_job, &aborted);
    CHECK(t);
    uint64_t id = edo_task_id(t);
    CHECK_EQ(edo_task_set_spawn_with(&set, run_job, &ok, &(edo_spawn_opts){ .name = "ok" }), 0);
    CHECK_EQ(edo_task_set_spawn(&set, run_job, &failing), 0);
    CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
    CHECK(done.arg == &ok && done.result == 7 && done.outcome == EDO_OUTCOME_RETURNED);

    char text[80];
    CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
    CHECK(done.arg == &failing && done.result == -EIO && done.outcome == EDO_OUTCOME_FAILED);
    CHECK(edo_trail_print_text(text, sizeof text, done.result, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "job of 10 ms")); // the trail has moved here

    edo_task_cancel(t);
    edo_task_unref(t);
    CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
    CHECK(done.arg == &aborted && done.id == id);
    CHECK(done.result == -ECANCELED && done.outcome == EDO_OUTCOME_CANCELED);
    edo_task_set_deinit(&set);
    return 0;
}

static void result_says_which_task_and_how_it_ended(void **state) {
    (void)state;
    assert_int_equal(inside(tell_all, NULL), 0);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int join_them(void *arg) {
    job jobs[] = { { 30, -EPIPE, 0 }, { 10, 1, 0 }, { 20, -EIO, 0 }, { 40, 3, 0 } };
    edo_task_set set;
    char text[80];
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_jobs(&set, jobs, 4);
    CHECK_EQ(edo_task_set_join_all(&set), -EIO);
    for (int i = 0; i < 4; i++) CHECK(jobs[i].ended);
    CHECK(edo_trail_print_text(text, sizeof text, -EIO, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "job of 20 ms"));
    is_empty(&set);
    spawn_jobs(&set, &jobs[1], 1);
    CHECK_EQ(edo_task_set_join_all(&set), 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void join_all_returns_the_first_failure(void **state) {
    (void)state;
    assert_int_equal(inside(join_them, NULL), 0);
}

/* The caller's own failure keeps its trail over a shutdown of tasks that fail. */
static int shut_down_after_a_failure(void *arg) {
    job jobs[] = { { 0, -EIO, 0 }, { 1000, 0, 0 } };
    edo_task_set set;
    char text[80];
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_jobs(&set, jobs, 2);
    int err = edo_fail(-ENOENT, "reading the list");
    edo_instant began = edo_now();
    CHECK_EQ(edo_task_set_shutdown(&set), 0);
    CHECK_EQ(ms_since(began), 0);
    CHECK(jobs[0].ended && jobs[1].ended);
    CHECK(edo_trail_print_text(text, sizeof text, err, EDO_TRAIL_LINE) > 0);
    CHECK(strstr(text, "reading the list"));
    is_empty(&set);
    edo_task_set_deinit(&set);
    return 0;
}

static void shutdown_waits_for_the_end_and_keeps_the_callers_trail(void **state) {
    (void)state;
    assert_int_equal(inside(shut_down_after_a_failure, NULL), 0);
}

/* Once it is cancelled it puts another task into its own set. */
static int spawn_when_cancelled(void *arg) {
    static job late = { 1000, 0, false };
    int err = edo_sleep(edo_ms(1000));
    CHECK_EQ(err, -ECANCELED);
    late.ended = false;
    CHECK_EQ(edo_task_set_spawn(arg, run_job, &late), 0);
    return err;
}

static int shut_down_while_it_grows(void *arg) {
    edo_task_set set;
    job after = { 10, 5, false };
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(edo_task_set_spawn(&set, spawn_when_cancelled, &set), 0);
        CHECK_EQ(edo_sleep(edo_ms(1)), 0);
        edo_instant began = edo_now();
        CHECK_EQ(edo_task_set_shutdown(&set), 0);
        CHECK_EQ(ms_since(began), 0); // the late task was aborted too
        is_empty(&set);
        CHECK_EQ(edo_task_set_spawn(&set, run_job, &after), 0); // a later one is not
        edo_task_ended done;
        CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
        CHECK_EQ(done.result, 5);
    }
    edo_task_set_deinit(&set);
    return 0;
}

static void task_that_is_spawned_during_a_shutdown_is_aborted(void **state) {
    (void)state;
    assert_int_equal(inside(shut_down_while_it_grows, NULL), 0);
}

static int abort_them(void *arg) {
    job jobs[] = { { 1000, 0, 0 }, { 0, 1, 0 }, { 1000, 2, 0 } };
    edo_task_set set;
    edo_task_ended done;
    int cancelled = 0;
    (void)arg;
    edo_task_set_init(&set, NULL);
    edo_task_set_cancel_all(&set);
    spawn_jobs(&set, jobs, 3);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    edo_task_set_cancel_all(&set);
    edo_task_set_cancel_all(&set);
    CHECK_EQ(edo_task_set_len(&set), 3);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
        cancelled += done.outcome == EDO_OUTCOME_CANCELED;
    }
    CHECK_EQ(cancelled, 2); // the third had ended by itself
    is_empty(&set);
    edo_task_set_deinit(&set);
    return 0;
}

static void aborted_tasks_stay_until_they_are_taken(void **state) {
    (void)state;
    assert_int_equal(inside(abort_them, NULL), 0);
}

static int let_go(void *arg) {
    static job jobs[3]; // they outlive the set
    edo_task_set set;
    edo_task_set_join_next_future next;
    edo_task_ended done;
    hand_waker w = HAND_WAKER;
    for (int i = 0; i < 3; i++) jobs[i] = (job){ 10 * i, i, false };
    edo_task_set_init(&set, NULL);
    spawn_jobs(&set, jobs, 3);
    CHECK_EQ(edo_sleep(edo_ms(5)), 0); // one has ended
    if (arg) {
        edo_task_set_deinit(&set);
    } else {
        CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
        CHECK_EQ(hand_poll(edo_task_set_join_next_init(&next, &set, &done), &w), EDO_PENDING);
        edo_task_set_detach_all(&set);
        CHECK_EQ(hand_woken(&w), 1);
        CHECK_EQ(hand_poll(&next.base, &w), EDO_READY);
        CHECK_EQ(edo_result(&next), 0);
    }
    is_empty(&set);
    CHECK(!jobs[1].ended && !jobs[2].ended);
    CHECK_EQ(edo_sleep(edo_ms(6)), 0);
    CHECK(jobs[1].ended);
    CHECK_EQ(jobs[2].ended, arg != NULL); // deinit has aborted it
    CHECK_EQ(edo_sleep(edo_ms(20)), 0);
    CHECK(jobs[2].ended);
    edo_task_set_deinit(&set);
    return 0;
}

static void detached_tasks_go_on(void **state) {
    (void)state;
    assert_int_equal(inside(let_go, NULL), 0);
}

static void tasks_of_an_ended_set_are_aborted(void **state) {
    static int aborts;
    (void)state;
    assert_int_equal(inside(let_go, &aborts), 0);
}

/* ---- Cut short ------------------------------------------------------------------------------- */

static int cut_short(void *arg) {
    job jobs[] = { { 100, -EIO, 0 }, { 300, 1, 0 } };
    edo_task_set set;
    edo_task_ended done;
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_jobs(&set, jobs, 2);
    edo_deadline d;
    edo_deadline_begin(&d, edo_ms(50));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_next(&set, &done)), -ETIMEDOUT);
    edo_deadline_begin(&d, edo_ms(10));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_all(&set)), -ETIMEDOUT);
    CHECK_EQ(edo_task_set_len(&set), 2);
    edo_deadline_begin(&d, edo_ms(100));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_join_all(&set)), -ETIMEDOUT); // one still runs
    CHECK_EQ(edo_task_set_len(&set), 1);
    edo_deadline_begin(&d, edo_ms(0));
    CHECK_EQ(edo_deadline_end(&d, edo_task_set_shutdown(&set)), -ETIMEDOUT);
    CHECK_EQ(edo_task_set_len(&set), 1);
    CHECK_EQ(edo_task_set_join_next(&set, &done), 1);
    CHECK_EQ(done.outcome, EDO_OUTCOME_CANCELED); // the shutdown has aborted it
    edo_task_set_deinit(&set);
    return 0;
}

static void wait_that_is_cut_short_loses_no_task(void **state) {
    (void)state;
    assert_int_equal(inside(cut_short, NULL), 0);
}

/* ---- Memory, and where there is no runtime --------------------------------------------------- */

static int spawn_with_failures(void *arg) {
    job one = { 0, 1, 0 };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    for (uint64_t k = 1;; k++) {
        edoi_alloc_fail_at(k);
        int err = edo_task_set_spawn(&set, run_job, &one);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        CHECK_EQ(err, fired ? -ENOMEM : 0);
        CHECK_EQ(edo_task_set_len(&set), err == 0);
        if (err == 0) break;
    }
    edoi_alloc_fail_at(1);
    edo_task *none = edo_task_set_spawn_handle(&set, run_job, &one);
    edoi_alloc_fail_at(0);
    CHECK(!none);
    CHECK_EQ(edo_task_join(none), -ENOMEM);
    CHECK_EQ(edo_task_set_join_all(&set), 0);
    edo_task_set_deinit(&set);
    return 0;
}

static void spawn_that_fails_leaves_the_set_as_it_was(void **state) {
    (void)state;
    job one = { 0, 1, 0 };
    edo_task_set set;
    edo_task_set_init(&set, NULL);
    assert_int_equal(edo_task_set_spawn(&set, run_job, &one), -EDO_ENORUNTIME);
    assert_null(edo_task_set_spawn_handle(&set, run_job, &one));
    assert_int_equal(edo_task_join(NULL), -EDO_ENORUNTIME);
    assert_int_equal(edo_task_set_len(&set), 0);
    edo_task_set_init(&set, &(edo_task_set_opts){ .reserved = { 0, 0, 1 } });
    assert_int_equal(edo_task_set_spawn(&set, run_job, &one), -EINVAL);
    assert_false(one.ended);
    assert_int_equal(inside_with(spawn_with_failures, NULL, &one_thread), 0);
}

static int leave_tasks(void *arg) {
    static job jobs[4];
    for (int i = 0; i < 4; i++) jobs[i] = (job){ 1000000, 0, false };
    spawn_jobs(arg, jobs, 4);
    return 0;
}

/* Tasks that the runtime's end cancels, some before they have begun; joined after its end. */
static void set_outlives_its_runtime_on(const edo_runtime_opts *kind) {
    edo_task_set set;
    edo_task_ended done;
    edo_task_set_init(&set, NULL);
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    assert_int_equal(edo_run(rt, leave_tasks, &set), 0);
    edo_runtime_free(rt);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(edo_task_set_try_join_next(&set, &done), 1);
        assert_int_equal(done.result, -ECANCELED);
    }
    assert_int_equal(edo_task_set_len(&set), 2);
    edo_task_set_deinit(&set);
}
ON_EACH_KIND(set_outlives_its_runtime)

/* ---- Abandoned ------------------------------------------------------------------------------- */

static int never_ends(void *arg) {
    (void)arg;
    while (edo_yield() <= 0) continue;
    return 0;
}

static int leave_one_that_never_ends(void *arg) {
    CHECK_EQ(edo_task_set_spawn(arg, never_ends, arg), 0);
    return edo_yield();
}

static void abandoned_task_is_given_back(void **state) {
    (void)state;
    may_leave(LEFT_DESCRIPTORS, 2, "the runtime of an abandoned task stays");
    may_leave(LEFT_MAPPINGS, PAGES_OF_RUNTIME, "its own");
    may_leave(LEFT_FIBERS, 1, "the abandoned task");
    edo_task_set set;
    edo_task_ended done;
    edo_task_set_init(&set, NULL);
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, &one_thread), 0);
    assert_int_equal(edo_run(rt, leave_one_that_never_ends, &set), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_ms(1)), 1);
    edo_runtime_free(rt);
    assert_int_equal(edo_task_set_try_join_next(&set, &done), 1);
    assert_int_equal(done.result, -ECANCELED);
    assert_int_equal(done.outcome, EDO_OUTCOME_ABANDONED);
    edo_task_set_deinit(&set);
}

/* ---- In a child of fork ---------------------------------------------------------------------- */

static int use_in_child(void *arg) {
    edo_task_set *set = arg;
    edo_task_ended done;
    int ended_n = 0, refused_n = 0;
    EXPECT(edo_task_set_len(set) == 3, 1);
    edo_task_set_cancel_all(set); // the tasks are the parent's
    for (int i = 0; i < 3; i++) {
        EXPECT(edo_task_set_try_join_next(set, &done) == 1, 2);
        ended_n += done.result == 7;
        refused_n += done.result == -EDO_EFORKED;
    }
    EXPECT(ended_n == 1 && refused_n == 2, 3);
    EXPECT(edo_task_set_len(set) == 0, 4);
    edo_task_set_deinit(set);
    return 0;
}

static int end_in_child(void *arg) {
    edo_task_set_deinit(arg);
    return edo_task_set_len(arg) == 0 ? 0 : 1;
}

static int fork_with_tasks(void *arg) {
    job jobs[] = { { 0, 7, 0 }, { 10, 0, 0 }, { 20, 0, 0 } };
    edo_task_set set;
    (void)arg;
    edo_task_set_init(&set, NULL);
    spawn_jobs(&set, jobs, 3);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(child_status(use_in_child, &set), 0);
    CHECK_EQ(child_status(end_in_child, &set), 0);
    CHECK_EQ(edo_task_set_join_all(&set), 0); // nothing has changed here
    edo_task_set_deinit(&set);
    return 0;
}

static void child_of_fork_gives_back_what_it_inherits(void **state) {
    (void)state;
    assert_int_equal(inside(fork_with_tasks, NULL), 0);
}

/* ---- Random sets ----------------------------------------------------------------------------- */

enum { RANDOM_JOBS = 300, LATEST = RANDOM_JOBS - 20 };

typedef struct crowd {
    edo_task_set set;
    job jobs[RANDOM_JOBS];
    edo_atomic_u32 ended_n;
} crowd;

static int wander(void *arg) {
    crowd *c = arg;
    int err = 0;
    for (uint64_t turns = edo_task_current_id() / 3 % 4; turns > 0 && err == 0; turns--)
        err = edo_yield();
    if (err == 0 && edo_task_current_id() % 5 == 0) err = edo_sleep(edo_us(50));
    (void)EDOI_ATOMIC_FETCH_ADD(&c->ended_n.edoi_value, 1u, EDOI_ACQ_REL);
    return err;
}

/* A task that puts another one into its own set. */
static int wander_with_another(void *arg) {
    CHECK_EQ(edo_task_set_spawn(&((crowd *)arg)->set, wander, arg), 0);
    return wander(arg);
}

static int random_set(void *arg) {
    crowd *c = calloc(1, sizeof *c);
    CHECK(c);
    uint32_t taken = 0;
    edo_task_ended done;
    edo_task_set_init(&c->set, arg);
    for (int i = 0; i < RANDOM_JOBS; i++) {
        edo_task_fn *fn = i % 3 == 0 ? wander_with_another : wander;
        CHECK_EQ(edo_task_set_spawn(&c->set, fn, c), 0);
        if (i % 7 == 0) {
            CHECK_EQ(edo_task_set_join_next(&c->set, &done), 1);
            CHECK(done.result == 0 || i > LATEST);
            taken++;
        }
        if (i % 5 == 0 && edo_task_set_try_join_next(&c->set, &done) == 1) taken++;
        if (i == LATEST) edo_task_set_cancel_all(&c->set);
    }
    while (edo_task_set_join_next(&c->set, &done) > 0) {
        CHECK(done.arg == c && (done.result == 0 || done.result == -ECANCELED));
        taken++;
    }
    CHECK_EQ(taken, RANDOM_JOBS + RANDOM_JOBS / 3);
    CHECK_EQ(EDOI_ATOMIC_LOAD(&c->ended_n.edoi_value, EDOI_ACQUIRE), taken);
    edo_task_set_deinit(&c->set);
    free(c);
    return 0;
}

static void every_task_is_given_back_once(void **state) {
    (void)state;
    for (int i = 0; i < 10; i++) {
        edo_task_set_opts ordered = { .ordered = true };
        assert_int_equal(inside_each(random_set, NULL), 0);
        assert_int_equal(inside_each(random_set, &ordered), 0);
    }
}

/* ---- Generic leaf tests ---------------------------------------------------------------------- */

typedef struct set_env {
    edo_runtime *rt;
    edo_task_set set;
    edo_task_set_join_next_future next;
    edo_task_ended done;
    edo_notify notify;
    edo_task *task;
} set_env;

static int wait_for_notify(void *arg) {
    int err = edo_notify_wait(&((set_env *)arg)->notify);
    return err < 0 ? err : 7;
}

static int set_make(void *arg, edo_future **f) {
    set_env *env = arg;
    int err = edo_runtime_new(&env->rt, &one_thread);
    if (err < 0) return err;
    edo_task_set_init(&env->set, NULL);
    err = edo_runtime_enter(env->rt);
    if (err == 0) {
        env->task = edo_task_set_spawn_handle(&env->set, wait_for_notify, env);
        if (!env->task) err = edo_task_join(NULL);
        edo_runtime_leave(env->rt);
    }
    if (err < 0) edo_runtime_free(env->rt);
    *f = edo_task_set_join_next_init(&env->next, &env->set, &env->done);
    return err;
}

static void set_poke(void *arg) {
    set_env *env = arg;
    edo_yield_future turn;
    edo_notify_one(&env->notify);
    while (!edo_task_is_finished(env->task))
        assert_int_equal(edo_block_on(env->rt, edo_yield_init(&turn)), 0);
}

/* The task is still in the set, or was taken. */
static void set_intact(void *arg) {
    set_env *env = arg;
    if (edo_task_set_len(&env->set) == 1)
        assert_int_equal(edo_task_set_try_join_next(&env->set, &env->done), 1);
    assert_int_equal(env->done.result, 7);
    assert_ptr_equal(env->done.arg, env);
    assert_int_equal(edo_task_set_len(&env->set), 0);
    assert_int_equal(TASK_REFS(edoi_load_rlx_u32(&env->task->word)), 1); // the environment's
}

static void set_cleanup(void *arg) {
    set_env *env = arg;
    edo_task_unref(env->task);
    edo_task_set_deinit(&env->set);
    edo_runtime_free(env->rt);
}

static edo_runtime *set_runtime(void *arg) {
    return ((set_env *)arg)->rt;
}

static void next_passes_as_every_leaf(void **state) {
    (void)state;
    static const leaf l = { .name = "edo_task_set_join_next",
                            .env_bytes = sizeof(set_env),
                            .result = 1,
                            .make = set_make,
                            .poke = set_poke,
                            .intact = set_intact,
                            .cleanup = set_cleanup,
                            .runtime = set_runtime };
    leaf_run(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_as_the_tasks_end),
        cmocka_unit_test(ordered_results_come_as_the_tasks_were_spawned),
        cmocka_unit_test(owner_of_an_ordered_set_is_woken_for_the_first_only),
        cmocka_unit_test(result_says_which_task_and_how_it_ended),
        cmocka_unit_test(join_all_returns_the_first_failure),
        cmocka_unit_test(shutdown_waits_for_the_end_and_keeps_the_callers_trail),
        cmocka_unit_test(task_that_is_spawned_during_a_shutdown_is_aborted),
        cmocka_unit_test(aborted_tasks_stay_until_they_are_taken),
        cmocka_unit_test(detached_tasks_go_on),
        cmocka_unit_test(tasks_of_an_ended_set_are_aborted),
        cmocka_unit_test(wait_that_is_cut_short_loses_no_task),
        cmocka_unit_test(spawn_that_fails_leaves_the_set_as_it_was),
        cmocka_unit_test(set_outlives_its_runtime),
        cmocka_unit_test(abandoned_task_is_given_back),
        cmocka_unit_test(child_of_fork_gives_back_what_it_inherits),
        cmocka_unit_test(every_task_is_given_back_once),
        cmocka_unit_test(next_passes_as_every_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
