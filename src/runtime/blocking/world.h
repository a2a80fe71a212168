/* SPDX-License-Identifier: MIT */
/* runtime/blocking/world.h: what a runtime of a simulated world has of that: control/world.h. */
#ifndef EDOI_RUNTIME_BLOCKING_WORLD_H
#define EDOI_RUNTIME_BLOCKING_WORLD_H

#include <edo/runtime.h>

struct edoi_signal_hub;

/* Of one runtime; the world has it before the first task of the runtime, and until its end. */
typedef struct edoi_world {
    void (*on_job)(struct edoi_world *self); /* one more job waits, of edo_blocking() or
                                                edo_compute(): edoi_world_run_job() is due */
    struct edoi_signal_hub *signals;         /* those that came to this host */
    uint64_t chance; /* the seed of the order in which tasks run; set before edoi_world_enter() */
} edoi_world;

#endif
