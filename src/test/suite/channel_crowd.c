/* SPDX-License-Identifier: MIT */
/* test/suite/channel_crowd.c: senders and receivers that come, wait and give up at random. */
#include "base/memory/alloc.h"
#include "test/suite/channel_rules.h"

#include <errno.h>

#define CROWD 4
#define STEPS 240 /* each begins at most one send */
#define SEEDS 60

typedef struct crowd {
    edoi_channel_wait senders[CROWD], receivers[CROWD];
    bool sends[CROWD], receives[CROWD]; /* it waits */
    uint64_t random;
    uint64_t last; /* value that was received */
    bool is_ordered;
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
    if (!x->sends[i]) edoi_channel_send(c, w);
    x->sends[i] = edoi_channel_poll(c, w) == -EAGAIN;
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

/* Polls whoever was woken, until nobody was. */
static void crowd_settles(edoi_channel *c, crowd *x) {
    for (bool moves = true; moves;) {
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
}

static bool any_waits(const bool waits[CROWD]) {
    for (size_t i = 0; i < CROWD; i++)
        if (waits[i]) return true;
    return false;
}

/* While nobody gives up, one who waits for a place is served by receives. */
static void crowd_drains(edoi_channel *c, crowd *x) {
    crowd_settles(c, x);
    EDOI_CHANNEL_EQ(c, any_waits(x->sends) && any_waits(x->receives), false);
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
        size_t receivers_n = c->ops->many_receivers ? CROWD : 1;
        *x = (crowd){ .random = seed, .is_ordered = senders_n == 1 };
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
