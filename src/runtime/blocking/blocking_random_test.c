/* SPDX-License-Identifier: MIT */
/* Goal: in every case a job's argument goes to its function or to its drop, exactly once, and no
 *       task hangs.
 * Method: tasks on several workers that wait, give up, abort each other and drop futures at random,
 * with a pool of few threads that end soon and often cannot be made, and a shutdown in between.
 * Each argument is counted where it ends. */
#include "base/atomic.h"
#include "inside.h"
#include "runtime/blocking/blocking.h"
#include "seed.h"
#include "stress.h"

#include <edo/edo.h>

#include <errno.h>
#include <unistd.h>

#define ROUNDS 20
#define TASKS  24
#define STEPS  20
#define KEYS   7 /* of jobs that take turns; 0: they do not. More than the pool keeps apart */

typedef struct tally {
    edo_atomic_u32 made, run, dropped, wrong;
    edo_atomic_u64 seed;
} tally;

typedef struct item {
    tally *t;
    edo_atomic_u32 uses;
} item;

static item *item_new(tally *t) {
    item *i = calloc(1, sizeof *i);
    CHECK(i != NULL);
    i->t = t;
    (void)edoi_add_rlx_u32(&t->made, 1);
    return i;
}

static int use(void *arg) {
    item *i = arg;
    tally *t = i->t;
    if (edoi_add_rlx_u32(&i->uses, 1) != 0) (void)edoi_add_rlx_u32(&t->wrong, 1);
    uint64_t seed = (uint64_t)(uintptr_t)i | 1;
    if (stress_random(&seed) % 4 == 0) usleep(100); // sometimes a job blocks its thread
    (void)edoi_add_rlx_u32(&t->run, 1);
    free(i);
    return 3;
}

static void discard(void *arg) {
    item *i = arg;
    (void)edoi_add_rlx_u32(&i->t->dropped, 1);
    free(i);
}

static bool is_known(int result) {
    return result == 3 || result == -ECANCELED || result == -EAGAIN || result == -EDO_ECLOSED ||
           result == -ETIMEDOUT;
}

static int with_deadline(tally *t, bool abandon, uint64_t *seed) {
    edo_deadline d;
    edo_deadline_begin(&d, edo_us((int64_t)(stress_random(seed) % 300)));
    int result = edo_blocking_with(use, item_new(t),
                                   &(edo_blocking_opts){ .abandon = abandon, .drop = discard });
    return edo_deadline_end(&d, result);
}

static int polled_and_dropped(tally *t, uint64_t *seed) {
    edo_blocking_future f;
    (void)edo_blocking_init(&f, use, item_new(t), &(edo_blocking_opts){ .drop = discard });
    edoi_blocking_take_turns(&f, stress_random(seed) % KEYS);
    if (stress_random(seed) % 4 == 0 || edo_poll_once(&f.base) == EDO_PENDING) edo_drop(&f.base);
    return 3;
}

static int in_turn(tally *t, uint64_t *seed) {
    edo_blocking_future f;
    (void)edo_blocking_init(&f, use, item_new(t), &(edo_blocking_opts){ .drop = discard });
    edoi_blocking_take_turns(&f, stress_random(seed) % KEYS);
    return edo_await(&f.base);
}

static int tried(tally *t) {
    item *i = item_new(t);
    int result = edo_blocking_start(use, i);
    if (result < 0) discard(i);
    return result == 0 ? 3 : result;
}

static int step(tally *t, uint64_t *seed) {
    switch (stress_random(seed) % 8) {
    case 0: return with_deadline(t, false, seed);
    case 1: return with_deadline(t, true, seed);
    case 2: return polled_and_dropped(t, seed);
    case 3: return tried(t);
    case 4: edoi_blocking_fail_threads((uint32_t)(stress_random(seed) % 3)); return 3;
    case 5:
    case 6: return in_turn(t, seed);
    default: return edo_blocking_with(use, item_new(t), &(edo_blocking_opts){ .drop = discard });
    }
}

static int worker(void *arg) {
    tally *t = arg;
    uint64_t seed = edoi_add_rlx_u64(&t->seed, 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int i = 0; i < STEPS; i++)
        if (!is_known(step(t, &seed))) (void)edoi_add_rlx_u32(&t->wrong, 1);
    return 0;
}

static int root(void *arg) {
    tally *t = arg;
    edo_task *tasks[TASKS];
    for (size_t i = 0; i < TASKS; i++) tasks[i] = edo_spawn(worker, t);
    uint64_t seed = edoi_load_rlx_u64(&t->seed) | 1;
    for (size_t i = 0; i < TASKS; i++) {
        uint64_t kind = stress_random(&seed) % 8;
        if (kind == 0) {
            edo_task_detach(tasks[i]); // left to the shutdown
            continue;
        }
        if (kind == 1) edo_task_cancel(tasks[i]);
        CHECK_EQ(edo_task_join(tasks[i]), 0);
    }
    return 0;
}

static void each_argument_ends_once(void **state) {
    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        tally t = { .seed = { test_seed(round * 1000 + 1) } };
        const edo_runtime_opts opts = {
            .flavor = round % 2 ? EDO_RUNTIME_MULTI : EDO_RUNTIME_CURRENT,
            .workers = 3,
            .blocking_max = 1 + round % 4,
            .blocking_queue_max = round % 3 * 4,
            .blocking_keep_alive = edo_us(50),
        };
        edo_runtime *rt;
        assert_int_equal(edo_runtime_new(&rt, &opts), 0);
        assert_int_equal(edo_run(rt, root, &t), 0);
        assert_int_equal(edo_runtime_shutdown(rt, edo_s(30)), 0);
        edo_runtime_free(rt);
        edoi_blocking_fail_threads(0);
        uint32_t made = edoi_load_rlx_u32(&t.made);
        uint32_t ended = edoi_load_rlx_u32(&t.run) + edoi_load_rlx_u32(&t.dropped);
        if (made != ended || edoi_load_rlx_u32(&t.wrong))
            fail_msg("round %u: %u made, %u ended, %u wrong", round, made, ended,
                     edoi_load_rlx_u32(&t.wrong));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_argument_ends_once) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
