/* SPDX-License-Identifier: MIT */
/* Goal: fibers spawned with `spread` live evenly on the workers. Method: public API only; each
 * notes its thread and waits, so that it counts, until it may go. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>

#include "multi.h"

#define WORKERS 4
#define MANY    40

/* A fiber that lives until it may go. */
typedef struct guest {
    edo_sem *arrived;
    edo_sem go;
    pthread_t thread;
    bool moved;
} guest;

static int stay(void *arg) {
    guest *self = arg;
    self->thread = pthread_self();
    edo_sem_release(self->arrived, 1);
    int err = edo_sem_acquire(&self->go, 1);
    self->moved = !pthread_equal(self->thread, pthread_self());
    return err;
}

typedef struct house {
    edo_sem arrived;
    guest guests[MANY];
    edo_task *tasks[MANY];
} house;

static void house_init(house *h) {
    *h = (house){ .arrived = EDO_SEM_INIT(0) };
    for (int i = 0; i < MANY; i++)
        h->guests[i] = (guest){ .arrived = &h->arrived, .go = EDO_SEM_INIT(0) };
}

static void spawn_one(house *h, int i) {
    h->tasks[i] = edo_spawn_with(stay, &h->guests[i], &(edo_spawn_opts){ .spread = true });
}

static void let_go(house *h, int i) {
    edo_sem_release(&h->guests[i].go, 1);
    if (edo_task_join(h->tasks[i]) != 0) h->guests[i].moved = true;
    h->tasks[i] = NULL;
}

/* How many of the guests [from, to) live on the thread of `one`. */
static int on_thread_of(const house *h, int one, int from, int to) {
    int n = 0;
    for (int i = from; i < to; i++)
        n += pthread_equal(h->guests[i].thread, h->guests[one].thread) != 0;
    return n;
}

static int spawn_all_and_wait(void *arg) {
    house *h = arg;
    for (int i = 0; i < MANY; i++) spawn_one(h, i);
    return edo_sem_acquire(&h->arrived, MANY);
}

static int let_all_go(void *arg) {
    house *h = arg;
    for (int i = 0; i < MANY; i++)
        if (h->tasks[i]) let_go(h, i);
    return 0;
}

static void nobody_moved(const house *h) {
    for (int i = 0; i < MANY; i++) assert_false(h->guests[i].moved);
}

static int spawn_wait_and_let_go(void *arg) {
    int err = spawn_all_and_wait(arg);
    return err < 0 ? err : let_all_go(arg);
}

static void every_worker_gets_its_share(void **state) {
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS; workers++) {
        edo_runtime *rt = multi(workers);
        house h;
        house_init(&h);
        assert_int_equal(edo_run(rt, spawn_wait_and_let_go, &h), 0);
        nobody_moved(&h);
        int share =
            MANY / (int)workers; // give or take the one that spawns, and one that was seen twice
        for (int i = 0; i < MANY; i++) {
            int n = on_thread_of(&h, i, 0, MANY);
            assert_in_range(n, share - 2, share + 2);
        }
        edo_runtime_free(rt);
    }
}

/* Lets all of one thread go, but for guest 0, and spawns as many again. */
static int empty_one_and_refill(void *arg) {
    house *h = arg;
    int err = spawn_all_and_wait(h);
    if (err < 0) return err;
    bool gone[MANY] = { false };
    for (int i = 1; i < MANY; i++)
        gone[i] = pthread_equal(h->guests[i].thread, h->guests[0].thread) != 0;
    int n = 0;
    for (int i = 1; i < MANY; i++) {
        if (!gone[i]) continue;
        let_go(h, i);
        n++;
    }
    for (int i = 1; i < MANY; i++)
        if (gone[i]) spawn_one(h, i);
    err = edo_sem_acquire(&h->arrived, (uint32_t)n);
    int back = on_thread_of(h, 0, 0, MANY);
    (void)let_all_go(h);
    return err < 0 ? err : back;
}

static void the_emptiest_worker_is_filled_first(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    house h;
    house_init(&h);
    int back = edo_run(rt, empty_one_and_refill, &h);
    assert_in_range(back, MANY / 2 - 2, MANY / 2 + 2);
    nobody_moved(&h);
    edo_runtime_free(rt);
}

static void a_thread_that_is_no_worker_spreads_too(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    house h;
    house_init(&h);
    assert_int_equal(edo_runtime_enter(rt), 0);
    assert_int_equal(spawn_all_and_wait(&h), 0);
    for (int i = 0; i < MANY; i++)
        assert_in_range(on_thread_of(&h, i, 0, MANY), MANY / WORKERS - 2, MANY / WORKERS + 2);
    (void)let_all_go(&h);
    edo_runtime_leave(rt);
    nobody_moved(&h);
    edo_runtime_free(rt);
}

static int spawn_in_a_scope(void *arg) {
    house *h = arg;
    edo_scope s;
    edo_scope_begin(&s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < MANY; i++)
        if (edo_scope_spawn(&s, stay, &h->guests[i]) < 0) break;
    int err = edo_sem_acquire(&h->arrived, MANY);
    for (int i = 0; i < MANY; i++) edo_sem_release(&h->guests[i].go, 1);
    int ended = edo_scope_end(&s, 0);
    return err < 0 ? err : ended;
}

static void a_scope_spreads_its_children(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    house h;
    house_init(&h);
    assert_int_equal(edo_run(rt, spawn_in_a_scope, &h), 0);
    nobody_moved(&h);
    for (int i = 0; i < MANY; i++)
        assert_in_range(on_thread_of(&h, i, 0, MANY), MANY / WORKERS - 2, MANY / WORKERS + 2);
    edo_runtime_free(rt);
}

static int note_cause(void *arg) {
    int *err = arg;
    *err = edo_yield();
    return *err;
}

static int abort_at_once(void *arg) {
    (void)arg;
    int wrong = 0;
    for (int i = 0; i < 100; i++) {
        int err = 0;
        edo_task *t = edo_spawn_with(note_cause, &err, &(edo_spawn_opts){ .spread = true });
        edo_task_cancel(t);
        int result = edo_task_join(t);
        // it may have been quicker than the abort, on another worker
        wrong += result != err || (err != 0 && err != -ECANCELED);
    }
    return wrong;
}

static void fiber_aborted_on_its_way_still_runs(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    assert_int_equal(edo_run(rt, abort_at_once, NULL), 0);
    edo_runtime_free(rt);
}

static int leave_all(void *arg) {
    house *h = arg;
    int err = 0;
    for (int i = 0; err == 0 && i < MANY; i++)
        err = edo_spawn_detached_with(stay, &h->guests[i], &(edo_spawn_opts){ .spread = true });
    return err;
}

static void shutdown_ends_fibers_on_their_way(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        edo_runtime *rt = multi(WORKERS);
        static house h;
        house_init(&h);
        assert_int_equal(edo_run(rt, leave_all, &h), 0);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
        edo_runtime_unref(rt);
        assert_int_equal(edo_sem_try_acquire(&h.arrived, MANY), 0); // each has run
    }
}

static void spreading_has_no_effect_on_one_thread(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    assert_int_equal(edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }), 0);
    house h;
    house_init(&h);
    assert_int_equal(edo_run(rt, spawn_wait_and_let_go, &h), 0);
    assert_int_equal(on_thread_of(&h, 0, 0, MANY), MANY);
    edo_runtime_free(rt);
}

static int ask_for_both(void *arg) {
    (void)arg;
    const edo_spawn_opts both = { .spread = true, .migrate = true };
    if (edo_spawn_detached_with(stay, NULL, &both) != -EINVAL) return 1;
    edo_task *t = edo_spawn_with(stay, NULL, &both);
    return t ? 0 : edo_task_join(NULL);
}

static void spread_and_migrate_together_are_refused(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    assert_int_equal(edo_run(rt, ask_for_both, NULL), -EINVAL);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_worker_gets_its_share),
        cmocka_unit_test(the_emptiest_worker_is_filled_first),
        cmocka_unit_test(a_thread_that_is_no_worker_spreads_too),
        cmocka_unit_test(a_scope_spreads_its_children),
        cmocka_unit_test(fiber_aborted_on_its_way_still_runs),
        cmocka_unit_test(shutdown_ends_fibers_on_their_way),
        cmocka_unit_test(spreading_has_no_effect_on_one_thread),
        cmocka_unit_test(spread_and_migrate_together_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
