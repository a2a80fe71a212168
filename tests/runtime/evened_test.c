/* SPDX-License-Identifier: MIT */
/* Goal: tasks that are always ready do not stay where they happen to be: workers that have few of
 * them take their part from those that have many. Method: one task spawns them all, on one worker;
 * each notes which worker polled it last, until no worker has more than its part. */
#include <edo/async.h>
#include <edo/edo.h>

#include <stdlib.h>

#include "multi.h"
#include "patience.h"

#define WORKERS  2
#define MACHINES 200
#define PART     70 /* of them, at least, on each: a batch is not taken from who runs it */

static uint32_t seen_n, stop;     /* atomic */
static uint32_t places[MACHINES]; /* atomic: the worker that polled it last, from 1 */

/* The number of this worker. */
static uint32_t here(void) {
    static _Thread_local uint32_t self;
    if (self == 0) self = __atomic_add_fetch(&seen_n, 1, __ATOMIC_RELAXED);
    if (self > WORKERS) abort(); // more threads than workers
    return self;
}

EDO_ASYNC(machine, uint32_t *place; edo_yield_future yield;) {
    EDO_BEGIN;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        __atomic_store_n(self->place, here(), __ATOMIC_RELAXED);
        EDO_AWAIT(edo_yield_init(&self->yield));
    }
    EDO_END;
}

static bool is_even(void) {
    uint32_t n[WORKERS + 1] = { 0 };
    for (int i = 0; i < MACHINES; i++) n[__atomic_load_n(&places[i], __ATOMIC_RELAXED)]++;
    return n[1] >= PART && n[2] >= PART;
}

static int spawns_all_and_waits(void *arg) {
    (void)arg;
    int err = 0;
    for (int i = 0; i < MACHINES && err >= 0; i++) {
        machine m = { .place = &places[i] };
        err = edo_spawn_future_detached(machine_init(&m));
    }
    if (err >= 0) YIELD_FOR(is_even());
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED); // the runtime's end awaits them
    return err;
}

static void machines_that_are_always_ready_are_shared_out(void **state) {
    (void)state;
    edo_runtime *rt = multi(WORKERS);
    assert_int_equal(edo_run(rt, spawns_all_and_waits, NULL), 0);
    edo_runtime_free(rt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_that_are_always_ready_are_shared_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
