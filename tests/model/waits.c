/* SPDX-License-Identifier: MIT */
/* Goal: of tasks that begin to wait for each other at once, exactly one finds the deadlock, or the
 * watchdog's next look does; and none is found of a lock that was given back before.
 * Method: each thread is a task that notes what it holds, and then its wait, as the runtime
 * does. */
#include "locks/waits.h"
#include "locks/holders.h"

#include "model.h"

#include <edo/compiler.h>

static EDOI_THREAD_LOCAL struct {
    uint64_t who;
    uint32_t number;
    uint16_t locks;
} me;

static int things[3];               /* their addresses are locks */
static edo_atomic_u32 parked_of[4]; /* relaxed: by `who` */
static edo_atomic_u32 found_n;      /* relaxed */

static void caller(edoi_locks_caller *out) {
    out->who = me.who;
    out->name = "a task";
    out->locks = &me.locks;
    out->locks_own = &me.number;
}

static bool is_parked(uint64_t who) {
    return edoi_load_rlx_u32(&parked_of[who]) == 1;
}

/* The task begins to wait for that lock, and then parks; `was_parked`: it is parked before. */
static void wait_for(int lock, bool was_parked) {
    edoi_cycle c;
    const edoi_wait w = { .who = me.who,
                          .name = "a task",
                          .what = "a lock",
                          .kind = EDOI_WAITS_LOCK,
                          .object = (uintptr_t)&things[lock] };
    if (was_parked) edoi_store_rlx_u32(&parked_of[me.who], 1);
    if (edoi_wait_begin(&w, &c, is_parked)) (void)edoi_add_rlx_u32(&found_n, 1);
    edoi_store_rlx_u32(&parked_of[me.who], 1);
}

static void begin(void) {
    edoi_locks_caller_set(caller);
}

/* Of what was not known for sure when it began. */
static void look_again(void) {
    edoi_cycle c;
    while (edoi_waits_confirm(&c, is_parked)) (void)edoi_add_rlx_u32(&found_n, 1);
}

/* ---- A ring of tasks: each holds one lock, and wants the next one's -------------------------- */

typedef struct actor {
    uint64_t who;
    int has, wants;
    bool was_parked;
} actor;

static void act(void *arg) {
    const actor *a = arg;
    me.who = a->who;
    edoi_holder_note(&things[a->has], NULL);
    wait_for(a->wants, a->was_parked);
}

static void two_that_are_parked(void) {
    static actor one = { 1, 0, 1, true }, other = { 2, 1, 0, true };
    begin();
    edoi_model_start(act, &one);
    edoi_model_start(act, &other);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 1);
    look_again();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 1);
}

/* Which of them parks first is open: the one that looks may meet the other one before. */
static void two_that_park_later(void) {
    static actor one = { 1, 0, 1, false }, other = { 2, 1, 0, false };
    begin();
    edoi_model_start(act, &one);
    edoi_model_start(act, &other);
    edoi_model_wait();
    look_again();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 1);
}

static void three_that_park_later(void) {
    static actor ring[] = { { 1, 0, 1, false }, { 2, 1, 2, false }, { 3, 2, 0, false } };
    begin();
    for (int i = 0; i < 3; i++) edoi_model_start(act, &ring[i]);
    edoi_model_wait();
    look_again();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 1);
}

static void three_in_a_ring(void) {
    static actor ring[] = { { 1, 0, 1, true }, { 2, 1, 2, true }, { 3, 2, 0, true } };
    begin();
    for (int i = 0; i < 3; i++) edoi_model_start(act, &ring[i]);
    edoi_model_wait();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 1);
}

/* ---- No ring --------------------------------------------------------------------------------- */

/* Gives its lock back before it waits for the other one's: there is never a ring. */
static void gives_back_and_waits(void *arg) {
    (void)arg;
    me.who = 2;
    edoi_holder_note(&things[1], NULL);
    edoi_holder_forget(&things[1]);
    wait_for(0, true);
}

static void a_lock_that_is_given_back_is_in_no_ring(void) {
    static actor one = { 1, 0, 1, true };
    begin();
    edoi_model_start(act, &one);
    edoi_model_start(gives_back_and_waits, NULL);
    edoi_model_wait();
    look_again();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 0);
}

/* Its wait ends before the other one has begun to hold what it had waited for. */
static void a_wait_that_has_ended_is_in_no_ring(void) {
    static actor one = { 1, 0, 1, true }, other = { 2, 1, 0, true };
    begin();
    act(&other); // in this thread; nobody has the lock that it waits for
    edoi_store_rlx_u32(&parked_of[2], 0);
    edoi_wait_end(2);
    edoi_model_start(act, &one);
    me.who = 2;
    edoi_holder_forget(&things[1]);
    edoi_model_wait();
    look_again();
    MODEL_CHECK(edoi_load_rlx_u32(&found_n) == 0);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(two_that_are_parked),
        MODEL(two_that_park_later),
        MODEL(three_that_park_later),
        MODEL(three_in_a_ring),
        MODEL(a_lock_that_is_given_back_is_in_no_ring),
        MODEL(a_wait_that_has_ended_is_in_no_ring),
    };
    return edoi_model_main(argc, argv, models, EDO_COUNT(models));
}
