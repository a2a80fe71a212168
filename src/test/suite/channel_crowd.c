/* SPDX-License-Identifier: MIT */
/* test/suite/channel_crowd.c: senders and receivers that come, wait and give up at random. */
#include "base/memory/alloc.h"
#include "test/suite/channel_rules.h"

#include <errno.h>

#define CROWD 4
#define STEPS 240 /* each begins at most one send */
#define SEEDS 60
#define TURNS 1000 /* more than waiters can be woken without a step */

typedef struct crowd {
    edoi_channel_wait senders[CROWD], receivers[CROWD];
    bool sends[CROWD], receives[CROWD]; /* it waits */
    uint64_t random;
    uint64_t last;   /* value that was received */
    bool is_ordered; /* one sends, and one receives: several may be polled in any order */
} crowd;

static uint64_t crowd_roll(crowd *x) {
    x->random = x->random * 6364136223846793005u + 1442695040888963407u;
    return x->random >> 33;
}

static void crowd_sends(edoi_channel *c, crowd *x, size_t i, bool gives_up) {
    edoi_channel_wait *w = &x->senders[i];
    if (x->sends[i] && gives_up) {
        edo_drop(w->future);
        x->sends[i] = false;
        return;
    }
    bool reserves = c->ops->reserve && crowd_roll(x) % 4 == 0;
    if (!x->sends[i] && reserves) edoi_channel_reserve(c, w);
    if (!x->sends[i] && !reserves) edoi_channel_send(c, w);
    int result = edoi_channel_poll(c, w);
    x->sends[i] = result == -EAGAIN;
    if (result < 0 || w->what != EDOI_RESERVES) return;
    if (crowd_roll(x) % 2)
        edoi_channel_use(c, w);
    else
        c->ops->release(c->bytes, w->permit);
}

static void crowd_receives(edoi_channel *c, crowd *x, size_t i, bool gives_up) {
    edoi_channel_wait *w = &x->receivers[i];
    if (x->receives[i] && gives_up) {
        edo_drop(w->future);
        x->receives[i] = false;
        return;
    }
    if (!x->receives[i]) edoi_channel_recv(c, w);
    int result = edoi_channel_poll(c, w);
    x->receives[i] = result == -EAGAIN;
    if (result < 0) return;
    if (x->is_ordered)
        EDOI_CHANNEL_EQ(c, w->value > x->last, true); // cells are numbered by address
    x->last = w->value;
}

static bool any_waits(const bool waits[CROWD]) {
    for (size_t i = 0; i < CROWD; i++)
        if (waits[i]) return true;
    return false;
}

/* All that wait for a value give up: none is there for another one, either. They wait again. */
static void crowd_finds_no_value(edoi_channel *c, crowd *x) {
    uint32_t got = 0;
    for (size_t i = 0; i < CROWD; i++)
        if (x->receives[i]) edo_drop(x->receivers[i].future);
    EDOI_CHANNEL_EQ(c, edoi_channel_take(c, &got), -EAGAIN);
    for (size_t i = 0; i < CROWD; i++)
        if (x->receives[i]) edoi_channel_recv_waits(c, &x->receivers[i]);
}

/* Likewise of a place; they do not come back. */
static void crowd_finds_no_place(edoi_channel *c, crowd *x) {
    for (size_t i = 0; i < CROWD; i++) {
        if (x->sends[i]) edo_drop(x->senders[i].future);
        x->sends[i] = false;
    }
    EDOI_CHANNEL_EQ(c, edoi_channel_put(c), -EAGAIN);
}

/* Polls whoever was woken, until nobody was. A waiter that is left then has nothing to go on
 * with. */
static void crowd_settles(edoi_channel *c, crowd *x) {
    int turns = 0;
    for (bool moves = true; moves; turns++) {
        EDOI_CHANNEL_EQ(c, turns < TURNS, true); // they wake each other for ever
        moves = false;
        for (size_t i = 0; i < CROWD; i++) {
            if (x->sends[i] && edo_test_task_woken(&x->senders[i].task) > 0) {
                crowd_sends(c, x, i, false);
                moves = true;
            }
            if (x->receives[i] && edo_test_task_woken(&x->receivers[i].task) > 0) {
                crowd_receives(c, x, i, false);
                moves = true;
            }
        }
    }
    for (size_t i = 0; i < CROWD; i++) {
        if (x->sends[i]) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &x->senders[i]), -EAGAIN);
        if (x->receives[i]) EDOI_CHANNEL_EQ(c, edoi_channel_poll(c, &x->receivers[i]), -EAGAIN);
    }
    if (any_waits(x->receives) && crowd_roll(x) % 4 == 0) crowd_finds_no_value(c, x);
}

/* While nobody gives up, one who waits for a place is served by receives. */
static void crowd_drains(edoi_channel *c, crowd *x) {
    crowd_settles(c, x);
    EDOI_CHANNEL_EQ(c, any_waits(x->sends) && any_waits(x->receives), false);
    if (any_waits(x->sends) && crowd_roll(x) % 2) crowd_finds_no_place(c, x);
    for (int i = 0; any_waits(x->sends); i++) {
        EDOI_CHANNEL_EQ(c, i <= STEPS, true); // they wait for a place, and no receive frees one
        crowd_receives(c, x, 0, false);
        crowd_settles(c, x);
    }
    for (size_t i = 0; i < CROWD; i++)
        if (x->receives[i]) edo_drop(x->receivers[i].future);
}

void edoi_channel_crowds(edoi_channel *c) {
    static const size_t caps[] = { 1, 2, 8 };
    crowd *x = edoi_alloc(sizeof *x);
    if (!x) c->err = -ENOMEM;
    for (uint64_t seed = 1; x && seed <= SEEDS; seed++) {
        if (!edoi_channel_made(c, caps[seed % EDO_COUNT(caps)])) break;
        size_t senders_n = seed % 2 ? 1 : CROWD;
        size_t receivers_n = c->ops->many_receivers && seed % 5 ? CROWD : 1;
        *x = (crowd){ .random = seed, .is_ordered = senders_n + receivers_n == 2 };
        for (int i = 0; i < STEPS; i++) {
            uint64_t roll = crowd_roll(x);
            bool gives_up = roll / 64 % 4 == 0;
            if (roll & 1) crowd_sends(c, x, (roll >> 1) % senders_n, gives_up);
            if (!(roll & 1)) crowd_receives(c, x, (roll >> 1) % receivers_n, gives_up);
            if (roll / 256 % 8 == 0) crowd_settles(c, x);
            if (i == STEPS - 30 && seed % 3 == 0 && c->ops->close) c->ops->close(c->bytes);
        }
        crowd_drains(c, x);
        edoi_channel_ended(c);
    }
    edoi_free(x);
}
