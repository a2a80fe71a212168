/* SPDX-License-Identifier: MIT */
/* Goal: a lock goes to a waiter of the worker that unlocks, and passes a waiter of the other
 * worker; the passed waiter gets the lock too, once and in time, or leaves. No waiter is lost, and
 * when all is over none counts as passed.
 * Method: fibers at home on two workers by hand, with small stacks; time stands, and is moved by
 * hand. The holder waits at a gate until the line is there; first in it is a fiber of the other
 * worker, then those of the holder's own. */
#define STACKS      14
#define STACK_BYTES ((size_t)16 * 1024)

#include "driver/clock.h"
#include "runtime/task/task.h"
#include "runtime/worker/core.h"
#include "runtime/worker/here.h"
#include "runtime/worker/wake.h"
#include "runtime/worker/worker.h"
#include "stacks.h"

#include <edo/mutex.h>
#include <edo/sem.h>

#include <errno.h>

static edo_mutex mutex = EDO_MUTEX_INIT;
static edo_sem sem = EDO_SEM_INIT(1);
static edo_atomic_u32 go;
static edo_task *holder, *far_one, *here_one, *late;
static int inside, order; /* plain: the lock orders */
static int place_far, place_here;

static void begin(void) {
    hands_begin_with_stacks(2);
}

/* ---- Two kinds of lock ----------------------------------------------------------------------- */

static bool permits;      /* a semaphore, not a mutex */
static int permits_n = 1; /* in all */

static int take(void) {
    return permits ? edo_sem_acquire(&sem, 1) : edo_mutex_lock(&mutex);
}

static void give(void) {
    if (permits) {
        edo_sem_release(&sem, 1);
    } else {
        edo_mutex_unlock(&mutex);
    }
}

static int lock_and_note(void *arg) {
    const edoi_worker *home = edoi_worker_here();
    int err = take();
    MODEL_CHECK(edoi_worker_here() == home);
    if (err) return err;
    MODEL_CHECK(inside++ == 0);
    *(int *)arg = ++order;
    inside--;
    give();
    return 7;
}

/* Holds it until the gate is open. */
static int lock_and_wait(void *arg) {
    gate f;
    (void)arg;
    MODEL_CHECK(take() == 0);
    inside++;
    int result = edo_await(gate_init(&f, &go));
    inside--;
    give();
    return result;
}

static edo_task *spawn_home(uint32_t worker, edo_task_fn *fn, int *place) {
    (void)hands_become(worker);
    edo_task *t = edo_spawn_at(fn, place, "one");
    MODEL_CHECK(t);
    edoi_worker_set_here(NULL);
    hands_run(worker);
    MODEL_CHECK(edoi_load_rlx_u16(&t->home) == worker + 1);
    return t;
}

static void begin_line(bool with_permits) {
    begin();
    permits = with_permits;
    holder = spawn_home(0, lock_and_wait, NULL);
    far_one = spawn_home(1, lock_and_note, &place_far);
    here_one = spawn_home(0, lock_and_note, &place_here);
}

/* The holder goes on, and hands the lock to the fiber of its worker. */
static void let_go(void) {
    edoi_store_rlx_u32(&go, 1);
    edo_waker_wake(&holder->waker);
    hands_run(0);
}

static void check_end(void) {
    edoi_model_wait();
    for (uint32_t i = 0; i < 4; i++) hands_run(i % 2);
    MODEL_CHECK(edo_task_is_finished(holder) && edo_task_is_finished(far_one) &&
                edo_task_is_finished(here_one) && inside == 0);
    MODEL_CHECK(!mutex.passed.last && !mutex.waiters.first);
    MODEL_CHECK(!sem.passed.last && !sem.waiters.first);
    MODEL_CHECK(edo_sem_available(&sem) == (uint64_t)permits_n);
    MODEL_CHECK(edo_mutex_try_lock(&mutex) == 0);
}

static void check_result(const edo_task *t, bool may_be_cancelled, int place) {
    int result = edoi_task_future((edo_task *)(uintptr_t)t)->result;
    MODEL_CHECK(result == 7 ? place > 0 : may_be_cancelled && result == -ECANCELED);
}

/* ---- One comes ------------------------------------------------------------------------------- */

/* Another waiter of the other worker comes, into the line or when the lock is free. */
static void come(void *arg) {
    static int place_late;
    (void)arg;
    (void)hands_become(1);
    late = edo_spawn_at(lock_and_note, &place_late, "late");
    edoi_worker_set_here(NULL);
    hands_run(1);
}

static void passed_against_another(bool with_permits) {
    begin_line(with_permits);
    edoi_model_start(come, NULL);
    let_go();
    check_end();
    MODEL_CHECK(edo_task_is_finished(late) && order == 3);
    check_result(late, false, 1);
    check_result(here_one, false, place_here);
    check_result(far_one, false, place_far);
    MODEL_CHECK(place_here < place_far);
}

static void mutex_against_another(void) {
    passed_against_another(false);
}

static void permit_against_another(void) {
    passed_against_another(true);
}

/* ---- One leaves ------------------------------------------------------------------------------ */

static void cancel(void *arg) {
    (void)hands_become(1);
    edo_task_cancel(*(edo_task **)arg);
    edoi_worker_set_here(NULL);
    hands_run(1);
}

static void abort_it(void *arg) {
    edo_task_cancel(*(edo_task **)arg);
}

static void passed_against(edoi_model_thread_fn *fn, bool with_permits, edo_task **who) {
    begin_line(with_permits);
    edoi_model_start(fn, who);
    let_go();
    check_end();
    check_result(far_one, who == &far_one, place_far);
    check_result(here_one, who == &here_one, place_here);
}

static void mutex_against_cancel_of_a_passed_waiter(void) {
    passed_against(cancel, false, &far_one);
}

static void mutex_against_cancel_of_a_waiter_that_is_handed_it(void) {
    passed_against(abort_it, false, &here_one);
}

static void permit_against_cancel_of_a_passed_waiter(void) {
    passed_against(cancel, true, &far_one);
}

/* ---- Two hold it ----------------------------------------------------------------------------- */

static void give_second(void *arg) {
    (void)arg;
    (void)hands_become(1);
    edo_sem_release(&sem, 1);
    edoi_worker_set_here(NULL);
}

static int pass(void *arg) {
    MODEL_CHECK(edo_sem_acquire(&sem, 1) == 0);
    *(int *)arg = 1;
    edo_sem_release(&sem, 1);
    return 7;
}

/* A waiter that one worker passes may be served by its own worker at the same time. */
static void permits_given_by_both_workers(void) {
    begin();
    permits = true;
    permits_n = 2;
    holder = spawn_home(0, lock_and_wait, NULL);
    far_one = spawn_home(1, pass, &place_far);
    here_one = spawn_home(0, pass, &place_here);
    edoi_model_start(give_second, NULL);
    let_go();
    check_end();
    MODEL_CHECK(place_here == 1 && place_far == 1);
}

/* ---- Time passes ----------------------------------------------------------------------------- */

#define LINE_N 6

/* Each holder of this worker has the lock for 400 us. */
static int hold_for_400_us(void *arg) {
    int err = take();
    if (err) return err;
    *(int *)arg = ++order;
    edoi_worker_here()->clock.paused_ns += 400000;
    give();
    return 7;
}

/* The first in line is passed by three holds of 400 us, and no more, while another waiter leaves,
 * perhaps just when the lock was handed to it. */
static void first_in_line_is_passed_for_1_ms(void) {
    static edo_task *here[LINE_N];
    static int places[LINE_N];
    begin();
    for (uint32_t i = 0; i < 2; i++) edoi_clock_pause(&rt->workers[i]->clock, 1);
    holder = spawn_home(0, lock_and_wait, NULL);
    far_one = spawn_home(1, lock_and_note, &place_far);
    for (int i = 0; i < LINE_N; i++) here[i] = spawn_home(0, hold_for_400_us, &places[i]);
    edoi_model_start(abort_it, &here[2]);
    let_go();
    here_one = here[0];
    check_end();
    int passed_n = 0;
    for (int i = 0; i < LINE_N; i++) {
        check_result(here[i], i == 2, places[i]);
        passed_n += places[i] > 0 && places[i] < place_far;
    }
    check_result(far_one, false, place_far);
    MODEL_CHECK(passed_n == 3);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(mutex_against_another),
        MODEL(permit_against_another),
        MODEL(mutex_against_cancel_of_a_passed_waiter),
        MODEL(mutex_against_cancel_of_a_waiter_that_is_handed_it),
        MODEL(permit_against_cancel_of_a_passed_waiter),
        MODEL(permits_given_by_both_workers),
        MODEL(first_in_line_is_passed_for_1_ms),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
