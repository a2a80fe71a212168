/* SPDX-License-Identifier: MIT */
/* turns.c: see turns.h. A task that lets others run has its turn meanwhile: else the next one in
 * line would do its piece before those others, and so on. Little work, as the posts to a small
 * room, is counted together. */
#include "room/turns.h"

#include <edo/net.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>

#include <assert.h>

int turns_init(turns *self) {
    edo_runtime_stats now = { .w_max = 0 };
    edo_runtime *rt = edo_runtime_current();
    if (rt) edo_runtime_get_stats(rt, &now);
    uint32_t threads = now.workers > 0 ? (uint32_t)now.workers : 1;
    *self = (turns){ .free = EDO_SEM_INIT(threads) };
    int err = edo_keyed_mutex_new(&self->readers);
    if (err == 0) err = edo_keyed_sem_new(&self->pages, TURN_PAGES);
    for (int i = 0; err == 0 && i < TURN_KINDS; i++)
        err = edo_keyed_sem_new(&self->waiting[i], threads);
    return err;
}

static void turns_free(edo_keyed_sem *of) {
    assert(!of || edo_keyed_sem_len(of) == 0);
    edo_keyed_sem_free(of);
}

void turns_deinit(turns *self) {
    turns_free(self->pages);
    assert(!self->readers || edo_keyed_mutex_len(self->readers) == 0);
    edo_keyed_mutex_free(self->readers);
    for (int i = 0; i < TURN_KINDS; i++) turns_free(self->waiting[i]);
}

/* Where an address is kept, nobody's is all zero: who has none waits in the same line. */
static edo_str line_of(edo_str address) {
    static const char nobody[EDO_ADDR_KEY_BYTES];
    return address.len > 0 ? address : (edo_str){ nobody, sizeof nobody };
}

turn turn_take(turns *of, turn_kind kind, edo_str address) {
    turn t = { .of = of };
    if (!of) return t;
    t.in = of->waiting[kind];
    (void)edo_keyed_sem_acquire(t.in, &t.at, line_of(address)); // then it does not wait
    t.is_counted = edo_sem_acquire(&of->free, 1) == 0;
    return t;
}

void turn_pass(turns *of, turn_kind kind, edo_str address, unsigned work) {
    turn t = turn_take(of, kind, address);
    turn_end(&t, work);
}

void turn_count(turns *of, turn_kind kind, edo_str address, unsigned work, unsigned *counted) {
    *counted += work;
    if (*counted < TURN_WORK) return;
    turn_pass(of, kind, address, *counted);
    *counted = 0;
}

/* Whether others are to run; notes the work. */
static bool turn_is_whole(const turn *self, unsigned work) {
    if (!self->of) return work >= TURN_WORK;
    unsigned before = atomic_fetch_add(&self->of->done, work);
    return before % TURN_WORK + work >= TURN_WORK;
}

void turn_end(turn *self, unsigned work) {
    if (turn_is_whole(self, work)) (void)edo_yield(); // a cancellation is seen at the next wait
    if (!self->of) return;
    if (self->is_counted) edo_sem_release(&self->of->free, 1);
    edo_keyed_sem_release(self->in, self->at);
}
