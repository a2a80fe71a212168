/* SPDX-License-Identifier: MIT */
/* test/sequencer.c: turns that tasks take in the order of their numbers. */
#include "base/lock.h"

#include <edo/task.h>
#include <edo/test.h>

#include <errno.h>

#define HAS_TO_WAIT 1

/* Begins turn `n` if it is next; otherwise HAS_TO_WAIT, or why it never comes. */
static int begin_turn(edo_test_sequencer *seq, uint32_t n) {
    int err = HAS_TO_WAIT;
    edoi_lock_acquire(&seq->lock);
    if (seq->is_broken) {
        err = -EDO_ECLOSED;
    } else if (n < seq->turn || (n == seq->turn && seq->is_on)) {
        err = -EALREADY;
    } else if (n == seq->turn) {
        seq->is_on = true;
        err = 0;
    }
    edoi_lock_release(&seq->lock);
    return err;
}

static void test_sequencer_give_up(edo_test_sequencer *seq) {
    edoi_lock_acquire(&seq->lock);
    seq->is_broken = true;
    edoi_lock_release(&seq->lock);
    edo_notify_all(&seq->changed);
}

int edo_test_sequencer_wait(edo_test_sequencer *seq, uint32_t n) {
    for (;;) {
        edo_notify_wait_future f;
        edo_future *change = edo_notify_wait_init(&f, &seq->changed);
        (void)edo_notify_wait_enable(&f); // before the look: a change from now on is not missed
        int err = begin_turn(seq, n);
        if (err != HAS_TO_WAIT) {
            edo_drop(change);
            return err;
        }
        err = edo_await(change);
        if (err < 0) {
            test_sequencer_give_up(seq);
            return err;
        }
    }
}

void edo_test_sequencer_next(edo_test_sequencer *seq) {
    edoi_lock_acquire(&seq->lock);
    bool was_on = seq->is_on;
    seq->is_on = false;
    seq->turn++;
    edoi_lock_release(&seq->lock);
    if (!was_on) edo_test_fail_at("edo/test.h", 0, "edo_test_sequencer_next() outside a turn");
    edo_notify_all(&seq->changed);
}
