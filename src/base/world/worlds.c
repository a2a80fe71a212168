/* SPDX-License-Identifier: MIT */
/* base/world/worlds.c: see worlds.h. */
#include "base/world/worlds.h"

static edoi_world_hook *hooks; /* const once main() runs */

/* A sequence of splitmix64: its state, and its step, which is odd; 0: there is no world. */
typedef struct world_chance {
    uint64_t state, step;
    bool is_host; /* something of a host runs */
} world_chance;

static EDOI_THREAD_LOCAL world_chance chance;

void edoi_world_hook_add(edoi_world_hook *hook) {
    hook->next = hooks;
    hooks = hook;
}

static void forget_all(void) {
    for (const edoi_world_hook *h = hooks; h; h = h->next) h->forget();
}

EDOI_OPAQUE void edoi_worlds_begin(const uint64_t seed[2]) {
    chance = (world_chance){ .state = seed[0], .step = seed[1] | 1 };
    forget_all();
}

EDOI_OPAQUE void edoi_worlds_end(void) {
    chance = (world_chance){ .step = 0 };
    forget_all();
}

EDOI_OPAQUE void edoi_worlds_switch(bool is_host) {
    EDOI_COMPILER_BARRIER();
    chance.is_host = is_host;
}

/* Opaque, as those below, since a fiber must not keep the address of the thread-local. */
EDOI_OPAQUE bool edoi_world_is_here(void) {
    EDOI_COMPILER_BARRIER();
    return chance.step != 0;
}

EDOI_OPAQUE bool edoi_world_draws(uint64_t *number) {
    EDOI_COMPILER_BARRIER();
    if (EDOI_LIKELY(chance.step == 0)) return false;
    uint64_t x = chance.state += chance.step;
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    *number = x ^ x >> 31;
    return true;
}

EDOI_OPAQUE bool edoi_world_draws_outside(uint64_t *number) {
    EDOI_COMPILER_BARRIER();
    return !chance.is_host && edoi_world_draws(number);
}
