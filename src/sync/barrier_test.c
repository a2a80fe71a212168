/* SPDX-License-Identifier: MIT */
/* Goal: nobody goes on before all have come, each time anew; one of them leads; who gives up has
 *       not come.
 * Method: the generic leaf tests; every order of few operations compared with a count kept by the
 * test; fibers in virtual time; tasks of several workers that meet again and again. */
#include <edo/barrier.h>
#include <edo/scope.h>

#include "inside.h"
#include "leaf.h"
#include "rounds.h"

#include <stdatomic.h>

/* ---- Leaves ---------------------------------------------------------------------------------- */

typedef struct wait_env {
    edo_barrier barrier;
    edo_barrier_wait_future f, other;
    hand_waker w;
    bool other_is_there;
} wait_env;

static int wait_make(void *arg, edo_future **f) {
    wait_env *env = arg;
    env->barrier = (edo_barrier)EDO_BARRIER_INIT(2);
    env->w = (hand_waker)HAND_WAKER;
    *f = edo_barrier_wait_init(&env->f, &env->barrier);
    return 0;
}

/* The other one comes, and stays if it is the first. */
static void wait_poke(void *arg) {
    wait_env *env = arg;
    edo_future *other = edo_barrier_wait_init(&env->other, &env->barrier);
    env->other_is_there = true;
    if (hand_poll(other, &env->w) == EDO_READY) assert_int_equal(edo_result(&env->other), 1);
}

/* Whether it leads hangs on who came first. */
static edo_polled wait_poll(edo_future *f, edo_cx *cx) {
    edo_polled polled = edo_poll(f, cx);
    if (polled == EDO_READY && f->result == 1) f->result = 0;
    return polled;
}

static void wait_intact(void *arg) {
    wait_env *env = arg;
    if (env->other_is_there) edo_drop(&env->other.base);
    env->other_is_there = false;
    assert_int_equal(env->barrier.come, 0);
    assert_null(env->barrier.waiters.first);
}

static void wait_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_barrier_wait",
                      .env_bytes = sizeof(wait_env),
                      .make = wait_make,
                      .poke = wait_poke,
                      .poll = wait_poll,
                      .intact = wait_intact });
}

/* ---- Every order of few operations ----------------------------------------------------------- */

enum { TASKS_N = 3, DEPTH = 7 };

typedef struct model {
    edo_barrier barrier;
    edo_barrier_wait_future f[TASKS_N];
    hand_waker w[TASKS_N];
    bool waits[TASKS_N], is_released[TASKS_N];
    unsigned come, wanted;
} model;

/* Task `i` comes, or looks again. */
static void model_poll(model *m, int i) {
    if (!m->waits[i]) (void)edo_barrier_wait_init(&m->f[i], &m->barrier);
    bool is_last = !m->waits[i] && m->come + 1 >= m->wanted;
    bool is_ready = hand_poll(&m->f[i].base, &m->w[i]) == EDO_READY;
    if (is_ready) assert_int_equal(edo_result(&m->f[i]), is_last ? 1 : 0);
    assert_int_equal(is_ready, is_last || m->is_released[i]);
    if (is_last) {
        for (int k = 0; k < TASKS_N; k++) m->is_released[k] |= m->waits[k];
        m->come = 0;
    } else if (!is_ready && !m->waits[i]) {
        m->come++;
    }
    m->waits[i] = !is_ready;
    if (is_ready) m->is_released[i] = false;
    if (is_ready) edo_drop(&m->f[i].base);
}

static void model_drop(model *m, int i) {
    if (!m->waits[i]) return;
    if (!m->is_released[i]) m->come--;
    edo_drop(&m->f[i].base);
    m->waits[i] = m->is_released[i] = false;
}

static void run_order(unsigned wanted, const int *steps) {
    model m = { .barrier = EDO_BARRIER_INIT(wanted), .wanted = wanted };
    for (int i = 0; i < TASKS_N; i++) m.w[i] = (hand_waker)HAND_WAKER;
    for (int i = 0; i < DEPTH; i++) {
        int task = steps[i] % TASKS_N;
        if (steps[i] < TASKS_N) {
            model_poll(&m, task);
        } else {
            model_drop(&m, task);
        }
        assert_int_equal(m.barrier.come, m.come);
    }
    for (int i = 0; i < TASKS_N; i++) model_drop(&m, i);
    assert_int_equal(m.barrier.come, 0);
    assert_null(m.barrier.waiters.first);
}

static void every_order_of_comings_and_leavings(void **state) {
    (void)state;
    for (unsigned wanted = 0; wanted <= TASKS_N; wanted++) {
        int steps[DEPTH] = { 0 };
        for (int i = 0; i < DEPTH;) {
            run_order(wanted, steps);
            for (i = 0; i < DEPTH && ++steps[i] == 2 * TASKS_N; i++) steps[i] = 0;
        }
    }
}

/* ---- Fibers ---------------------------------------------------------------------------------- */

typedef struct guest {
    edo_barrier *barrier;
    int comes_ms, limit_ms;
    edo_instant began;
    int left_ms;
} guest;

static int meet(void *arg) {
    guest *self = arg;
    int err = edo_sleep(edo_ms(self->comes_ms));
    if (err < 0) return err;
    EDO_DEADLINE(d, edo_ms(self->limit_ms));
    err = edo_deadline_end(&d, edo_barrier_wait(self->barrier));
    self->left_ms = (int)(edo_instant_since(edo_now(), self->began).ns / 1000000);
    return err;
}

/* The second one gives up at 15 ms, so three are there at 40 and not at 30. */
static int meet_without_one(void *arg) {
    (void)arg;
    enum { N = 4 };
    edo_barrier barrier = EDO_BARRIER_INIT(3);
    guest all[N] = {
        { .comes_ms = 10 }, { .comes_ms = 5 }, { .comes_ms = 30 }, { .comes_ms = 40 }
    };
    edo_task *tasks[N];
    for (int i = 0; i < N; i++) {
        all[i].barrier = &barrier;
        all[i].limit_ms = i == 1 ? 10 : 1000;
        all[i].began = edo_now();
        tasks[i] = edo_spawn(meet, &all[i]);
        CHECK(tasks[i]);
    }
    static const int results[N] = { 0, -ETIMEDOUT, 0, 1 };
    for (int i = 0; i < N; i++) {
        CHECK_EQ(edo_task_join(tasks[i]), results[i]);
        CHECK_EQ(all[i].left_ms, i == 1 ? 15 : 40);
    }
    return 0;
}

static void one_that_gives_up_has_not_come(void **state) {
    (void)state;
    assert_int_equal(inside(meet_without_one, NULL), 0);
}

/* ---- On several workers ---------------------------------------------------------------------- */

enum { MEMBERS = 5 };

typedef struct team {
    edo_barrier barrier;
    int rounds;
    int done[MEMBERS]; /* plain: the barrier orders them */
    atomic_int leaders;
} team;

typedef struct member {
    team *of;
    int i;
} member;

static int work_in_step(void *arg) {
    member *self = arg;
    team *t = self->of;
    for (int round = 1; round <= t->rounds; round++) {
        t->done[self->i] = round;
        int leads = edo_barrier_wait(&t->barrier);
        if (leads < 0) return leads;
        for (int i = 0; i < MEMBERS; i++) CHECK_EQ(t->done[i], round);
        if (leads) atomic_fetch_add(&t->leaders, 1);
        leads = edo_barrier_wait(&t->barrier); // before anybody writes again
        if (leads < 0) return leads;
    }
    return 0;
}

static int work_together(void *arg) {
    (void)arg;
    team t = { .barrier = EDO_BARRIER_INIT(MEMBERS), .rounds = (int)test_rounds(200, 20000) };
    member all[MEMBERS];
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < MEMBERS; i++) {
        all[i] = (member){ &t, i };
        CHECK_EQ(edo_scope_spawn(&s, work_in_step, &all[i]), 0);
    }
    CHECK_EQ(edo_scope_end(&s, 0), 0);
    CHECK_EQ(atomic_load(&t.leaders), t.rounds);
    return 0;
}

static void all_see_what_all_have_done_before(void **state) {
    (void)state;
    assert_int_equal(inside_each(work_together, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wait_is_a_good_leaf),
        cmocka_unit_test(every_order_of_comings_and_leavings),
        cmocka_unit_test(one_that_gives_up_has_not_come),
        cmocka_unit_test(all_see_what_all_have_done_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
