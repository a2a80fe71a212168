/* SPDX-License-Identifier: MIT */
/* Goal: edo_compute_init() is a good leaf, and without memory no item is skipped.
 * Method: the generic leaf tests, on a pool of one thread: a later computation shows that an
 * earlier job has ended. */
#include "leaf.h"

#include "gate.h"
#include "inside.h"
#include "leftovers.h"

#include <edo/compute.h>

typedef struct env {
    gate g;
    edo_compute_future f;
    bool poked;
} env;

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

/* All earlier jobs have ended, and their waiters were woken. A planned failure may hit this one. */
static void quiet(void) {
    int err = edo_compute(nothing, NULL);
    if (err == -ENOMEM) err = edo_compute(nothing, NULL);
    CHECK_EQ(err, 0);
}

static int job_make(void *at, edo_future **f) {
    env *e = at;
    e->g = (gate)GATE;
    *f = edo_compute_init(&e->f, gate_pass, &e->g, &(edo_blocking_opts){ .drop = gate_drop });
    return 0;
}

static void job_poke(void *at) {
    env *e = at;
    e->poked = true;
    gate_open(&e->g);
    quiet();
}

static edo_polled job_poll(edo_future *f, edo_cx *cx) {
    edo_compute_future *self = (edo_compute_future *)(void *)f;
    env *e = (env *)(void *)((char *)self - offsetof(env, f));
    bool begins = !self->job;
    if (edo_poll(f, cx) == EDO_READY) return EDO_READY;
    if (!e->poked || !begins) return EDO_PENDING;
    quiet();
    return edo_poll(f, cx);
}

static void job_intact(void *at) {
    env *e = at;
    quiet();
    LEAF_CHECK(&(leaf){ .name = "edo_compute" }, e->g.ended + e->g.dropped == 1);
}

static const leaf compute_leaf = { .name = "edo_compute",
                                   .env_bytes = sizeof(env),
                                   .make = job_make,
                                   .poke = job_poke,
                                   .intact = job_intact,
                                   .result = 7,
                                   .poll = job_poll };

static void is_a_good_leaf(void **state) {
    (void)state;
    may_leave(LEFT_THREADS, 1, "the pool's threads end with the next runtime");
    leaf_run(&compute_leaf);
}

static int add_items(void *arg, void *acc, size_t from, size_t to) {
    (void)arg;
    *(size_t *)acc += to - from;
    return 0;
}

static void add_up(void *arg, void *acc, const void *right) {
    (void)arg;
    *(size_t *)acc += *(const size_t *)right;
}

static void reduce_without_memory_fails_or_counts_all(void **state) {
    (void)state;
    for (uint64_t k = 1;; k++) {
        size_t wide[100] = { 0 }; // too large for an accumulator on the stack
        edoi_alloc_fail_at(k);
        int err = edo_compute_reduce(wide, sizeof wide, 1000, add_items, add_up, NULL);
        bool fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        assert_true(err == 0 || (fired && err == -ENOMEM));
        if (err == 0) assert_int_equal(wide[0], 1000);
        if (!fired) break;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_a_good_leaf),
        cmocka_unit_test(reduce_without_memory_fails_or_counts_all),
    };
    if (setenv("EDO_COMPUTE_THREADS", "1", 1) != 0) return 1;
    edo_compute_threads(); // starts the pool before allocations fail
    return cmocka_run_group_tests(tests, NULL, NULL);
}
