/* SPDX-License-Identifier: MIT */
/* Goal: a fiber spawned with `migrate` goes on wherever it is woken, and finds there the right
 * worker, its own errno, and nothing of the thread it left. Method: public API only; several fibers
 * pass a word around, so that each is woken by others, and note where they are. */
#include <edo/edo.h>

#include <errno.h>
#include <pthread.h>

#include "multi.h"
#include "own_errno.h"

#define WORKERS 4
#define MOVES   20

/* Each thread's own, and the only way to it: opaque, as edo asks of a fiber that migrates. */
static EDOI_THREAD_LOCAL pthread_t mine;
static EDOI_THREAD_LOCAL bool mine_is_set;

EDOI_OPAQUE static pthread_t ask_mine(void) {
    EDOI_COMPILER_BARRIER();
    if (!mine_is_set) mine = pthread_self();
    mine_is_set = true;
    return mine;
}

EDOI_OPAQUE static pthread_t ask_thread(void) {
    EDOI_COMPILER_BARRIER(); // the C library declares that the result never changes
    return pthread_self();
}

/* ---- Moving about ---------------------------------------------------------------------------- */

typedef struct traveller {
    edo_runtime *rt;
    edo_sem *arrived;
    edo_sem go;
    edo_atomic_u32 over;
    int number;
    int rounds;       /* at most, until it has moved often enough */
    pthread_t thread; /* where it was last */
    int moves;
    int wrong; /* how often a value was not its own */
} traveller;

static void look_around(traveller *self) {
    pthread_t now = ask_thread();
    self->moves += !pthread_equal(now, self->thread);
    self->thread = now;
    self->wrong += !pthread_equal(ask_mine(), now);
    self->wrong += edo_runtime_current() != self->rt;
    self->wrong += ask_errno() != self->number;
}

static int travel(void *arg) {
    traveller *self = arg;
    char stack[300]; // goes along
    for (size_t i = 0; i < sizeof stack; i++) stack[i] = (char)self->number;
    set_errno(self->number);
    self->thread = ask_thread();
    int err = 0;
    for (int i = 0; err == 0 && self->moves < MOVES && i < self->rounds; i++) {
        edo_sem_release(self->arrived, 1);
        err = edo_sem_acquire(&self->go, 1);
        look_around(self);
        for (size_t at = 0; at < sizeof stack; at++) self->wrong += stack[at] != self->number;
    }
    __atomic_store_n(&self->over.edoi_value, 1, __ATOMIC_RELEASE);
    edo_sem_release(self->arrived, 2);
    return err;
}

/* A fiber that stays on its worker, and wakes the traveller from there in turn with another. */
typedef struct anchor {
    traveller *traveller;
    edo_sem *turn, *next;
    pthread_t thread;
    int wrong;
} anchor;

static int pull(void *arg) {
    anchor *self = arg;
    traveller *t = self->traveller;
    set_errno(1000);
    self->thread = ask_thread();
    int err = 0;
    while (err == 0) {
        err = edo_sem_acquire(self->turn, 1);
        if (err == 0) err = edo_sem_acquire(t->arrived, 1);
        if (__atomic_load_n(&t->over.edoi_value, __ATOMIC_ACQUIRE)) break;
        // Until its worker has nothing to do, and has let go of it: else it would be run there.
        if (err == 0) err = edo_sleep(edo_ms(1));
        edo_sem_release(&t->go, 1);
        self->wrong += !pthread_equal(self->thread, ask_thread()) || ask_errno() != 1000;
        edo_sem_release(self->next, 1);
    }
    edo_sem_release(self->next, 1);
    return err;
}

typedef struct journey {
    edo_sem arrived, turns[2];
    traveller traveller;
    anchor anchors[2];
} journey;

static void journey_init(journey *j, edo_runtime *rt, int number, int rounds) {
    *j = (journey){ .arrived = EDO_SEM_INIT(0),
                    .turns = { EDO_SEM_INIT(1), EDO_SEM_INIT(0) },
                    .traveller = { .rt = rt,
                                   .arrived = &j->arrived,
                                   .go = EDO_SEM_INIT(0),
                                   .number = number,
                                   .rounds = rounds } };
    for (int i = 0; i < 2; i++)
        j->anchors[i] =
            (anchor){ .traveller = &j->traveller, .turn = &j->turns[i], .next = &j->turns[!i] };
}

static int go_on_journey(void *arg) {
    journey *j = arg;
    edo_task *anchors[2];
    for (int i = 0; i < 2; i++)
        anchors[i] = edo_spawn_with(pull, &j->anchors[i], &(edo_spawn_opts){ .spread = true });
    edo_task *t = edo_spawn_with(travel, &j->traveller, &(edo_spawn_opts){ .migrate = true });
    int err = edo_task_join(t);
    for (int i = 0; i < 2; i++)
        if (edo_task_join(anchors[i]) < 0) err = -EIO;
    return err;
}

static void migrating_fiber_finds_its_own_state_on_any_thread(void **state) {
    (void)state;
    edo_runtime *rt = multi(2);
    journey j;
    journey_init(&j, rt, 7, 10000);
    assert_int_equal(edo_run(rt, go_on_journey, &j), 0);
    assert_false(pthread_equal(j.anchors[0].thread, j.anchors[1].thread));
    assert_int_equal(j.anchors[0].wrong + j.anchors[1].wrong, 0);
    assert_int_equal(j.traveller.wrong, 0);
    assert_int_equal(j.traveller.moves, MOVES);
    edo_runtime_free(rt);
}

#define TRAVELLERS 20

static int many_journeys(void *arg) {
    journey *all = arg;
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (int i = 0; i < TRAVELLERS; i++)
        if (edo_scope_spawn(&s, go_on_journey, &all[i]) < 0) break;
    return edo_scope_end(&s, 0);
}

static void many_fibers_migrate_at_once(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    static journey all[TRAVELLERS];
    for (int i = 0; i < TRAVELLERS; i++) journey_init(&all[i], rt, i + 1, 50);
    assert_int_equal(edo_run(rt, many_journeys, all), 0);
    for (int i = 0; i < TRAVELLERS; i++) {
        assert_int_equal(all[i].traveller.wrong, 0);
        assert_int_equal(all[i].anchors[0].wrong + all[i].anchors[1].wrong, 0);
    }
    edo_runtime_free(rt);
}

/* ---- What belongs to the fiber goes along ---------------------------------------------------- */

static int nap_within_limits(void *arg) {
    int *wrong = arg;
    for (int i = 0; i < 20; i++) {
        edo_deadline d;
        edo_deadline_begin(&d, edo_ms(2));
        int err = 0;
        for (int turn = 0; err == 0 && turn < 1000000; turn++) err = edo_sleep(edo_us(300));
        *wrong += edo_deadline_end(&d, err) != -ETIMEDOUT;
        edo_shield s;
        edo_shield_begin(&s, edo_s(60));
        *wrong += edo_yield() != 0;
        (void)edo_shield_end(&s, 0);
    }
    return 0;
}

static int nap_many(void *arg) {
    int *wrong = arg;
    edo_task *tasks[30];
    for (int i = 0; i < 30; i++)
        tasks[i] =
            edo_spawn_with(nap_within_limits, &wrong[i], &(edo_spawn_opts){ .migrate = true });
    int err = 0;
    for (int i = 0; i < 30; i++)
        if (edo_task_join(tasks[i]) < 0) err = -EIO;
    return err;
}

static void deadline_cuts_a_fiber_that_migrated(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    static int wrong[30];
    assert_int_equal(edo_run(rt, nap_many, wrong), 0);
    for (int i = 0; i < 30; i++) assert_int_equal(wrong[i], 0);
    edo_runtime_free(rt);
}

static int wait_for_ever(void *arg) {
    (void)arg;
    edo_sem never = EDO_SEM_INIT(0);
    int err = 0;
    for (int i = 0; err == 0 && i < 10; i++) err = edo_yield();
    if (err == 0) err = edo_sem_acquire(&never, 1);
    return err;
}

static int abort_many(void *arg) {
    (void)arg;
    int wrong = 0;
    for (int round = 0; round < 50; round++) {
        edo_task *tasks[20];
        for (int i = 0; i < 20; i++)
            tasks[i] = edo_spawn_with(wait_for_ever, NULL, &(edo_spawn_opts){ .migrate = true });
        if (round % 2 && edo_yield() < 0) wrong++;
        for (int i = 0; i < 20; i++) edo_task_cancel(tasks[i]);
        for (int i = 0; i < 20; i++) wrong += edo_task_join(tasks[i]) != -ECANCELED;
    }
    return wrong;
}

static void abort_ends_a_migrating_fiber_on_any_worker(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    assert_int_equal(edo_run(rt, abort_many, NULL), 0);
    edo_runtime_free(rt);
}

static int leave_some(void *arg) {
    (void)arg;
    for (int i = 0; i < 50; i++)
        edo_task_detach(edo_spawn_with(wait_for_ever, NULL, &(edo_spawn_opts){ .migrate = true }));
    return 0;
}

static void shutdown_ends_migrating_fibers(void **state) {
    (void)state;
    for (int round = 0; round < 20; round++) {
        edo_runtime *rt = multi(WORKERS);
        assert_int_equal(edo_run(rt, leave_some, NULL), 0);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(60)), 0);
        edo_runtime_unref(rt);
    }
}

/* ---- Current-thread -------------------------------------------------------------------------- */

typedef struct visitor {
    edo_sem go;
    pthread_t before, after;
} visitor;

static int visit(void *arg) {
    visitor *self = arg;
    self->before = ask_thread();
    int err = edo_sem_acquire(&self->go, 1);
    self->after = ask_thread();
    return err;
}

static int start_visit(void *arg) {
    visitor *self = arg;
    edo_task_detach(edo_spawn_with(visit, self, &(edo_spawn_opts){ .migrate = true }));
    return edo_yield();
}

typedef struct second_drive {
    edo_runtime *rt;
    visitor *visitor;
    int result;
} second_drive;

static int let_visitor_go(void *arg) {
    visitor *self = arg;
    edo_sem_release(&self->go, 1);
    return edo_yield();
}

static void *drive_again(void *arg) {
    second_drive *self = arg;
    self->result = edo_run(self->rt, let_visitor_go, self->visitor);
    return NULL;
}

static void migrating_fiber_does_not_bind_a_runtime_to_a_thread(void **state) {
    (void)state;
    edo_runtime *rt = NULL;
    const edo_runtime_opts driven = { .flavor = EDO_RUNTIME_CURRENT };
    assert_int_equal(edo_runtime_new(&rt, &driven), 0);
    visitor v = { .go = EDO_SEM_INIT(0) };
    assert_int_equal(edo_run(rt, start_visit, &v), 0);
    pthread_t thread;
    second_drive d = { rt, &v, -1 };
    assert_int_equal(pthread_create(&thread, NULL, drive_again, &d), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(d.result, 0);
    assert_true(pthread_equal(v.before, pthread_self()));
    assert_false(pthread_equal(v.after, pthread_self()));
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(migrating_fiber_finds_its_own_state_on_any_thread),
        cmocka_unit_test(many_fibers_migrate_at_once),
        cmocka_unit_test(deadline_cuts_a_fiber_that_migrated),
        cmocka_unit_test(abort_ends_a_migrating_fiber_on_any_worker),
        cmocka_unit_test(shutdown_ends_migrating_fibers),
        cmocka_unit_test(migrating_fiber_does_not_bind_a_runtime_to_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
