/* SPDX-License-Identifier: MIT */
/* A foreign executor of thirty lines: it runs state machines of edo/async.h without edo's
 * runtime. */
#include <edo/async.h>
#include <edo/time.h>

#include <stdio.h>

/* ---- The executor: slots in a ring, each its own waker --------------------------------------- */

typedef struct slot {
    edo_waker waker;
    edo_future *f;
    bool queued;
} slot;

#define SLOTS_MAX 8
static slot slots[SLOTS_MAX];

static edo_waker *slot_mark(edo_waker *w) {
    ((slot *)(void *)w)->queued = true;
    return NULL;
}
static void slot_nothing(edo_waker *w) {
    (void)w;
}
static const edo_waker_ops slot_ops = { slot_mark, slot_nothing, slot_nothing, slot_nothing };

/* Runs the `n` futures to their end; returns how many ended. */
static size_t run_all(edo_future **futures, size_t n) {
    size_t ended = 0;
    for (size_t i = 0; i < n; i++) slots[i] = (slot){ { &slot_ops }, futures[i], true };
    for (bool progress = true; progress;) {
        progress = false;
        for (size_t i = 0; i < n; i++) {
            if (!slots[i].queued) continue;
            slots[i].queued = false;
            progress = true;
            edo_cx cx = { .waker = &slots[i].waker, .budget = EDO_BUDGET };
            if (edo_poll(slots[i].f, &cx) == EDO_READY) ended++;
        }
    }
    return ended;
}

/* ---- The library's side: machines, combinators ----------------------------------------------- */

EDO_ASYNC(counter, int left; edo_yield_future turn;) {
    EDO_BEGIN;
    while (self->left-- > 0) EDO_AWAIT(edo_yield_init(&self->turn));
    EDO_RETURN(7);
    EDO_END;
}

EDO_ASYNC(both, counter a; counter b; edo_future * branches[2]; edo_join_future join;) {
    EDO_BEGIN;
    self->a.left = 3;
    self->b.left = 5;
    self->branches[0] = counter_init(&self->a);
    self->branches[1] = counter_init(&self->b);
    EDO_AWAIT(edo_join_init(&self->join, self->branches, 2, 0));
    EDO_RETURN(edo_result(&self->a) + edo_result(&self->b));
    EDO_END;
}

EDO_ASYNC(first, counter a; edo_pending_future never; edo_future * branches[2];
          edo_select_future select;) {
    EDO_BEGIN;
    self->a.left = 2;
    self->branches[0] = edo_pending_init(&self->never);
    self->branches[1] = counter_init(&self->a);
    EDO_AWAIT(edo_select_init(&self->select, self->branches, 2, 0));
    EDO_RETURN(edo_result(&self->select));
    EDO_END;
}

int main(void) {
    both one;
    first two;
    counter moved = { .left = 4 };
    edo_future *box = edo_boxed_new(counter_init(&moved));
    edo_future *futures[] = { both_init(&one), first_init(&two), box };
    size_t ended = run_all(futures, 3);
    printf("%zu ended: %d, %d, %d\n", ended, edo_result(&one), edo_result(&two), box->result);
    edo_drop(box);
    return 0;
}
