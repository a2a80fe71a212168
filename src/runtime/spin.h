/* SPDX-License-Identifier: MIT */
/* runtime/spin.h: polling for a short time before sleep, if the program asks for it.
 *
 * To wake a thread costs 14 to 20 us, to look at a driver a tenth of a microsecond. So a worker may
 * look for a while before it sleeps: it returns sooner, and burns the core meanwhile. It does so
 * while its last waits were below the bound that the option names, one worker of a runtime at
 * a time, and never where the control group grants less CPU than there is, or the clock is virtual.
 *
 * While it looks it counts as searching, on a multi-thread runtime: who injects work relies on
 * it. */
#ifndef EDOI_RUNTIME_SPIN_H
#define EDOI_RUNTIME_SPIN_H

#include "base/atomic.h"

struct edoi_worker;

/* Of a runtime. */
typedef struct edoi_spin {
    int64_t most_ns;       /* const: of one wait; 0: never */
    edo_atomic_u32 spun_n; /* atomic, relaxed: 1 while a worker does it */
} edoi_spin;

/* The bound for an option of `asked_ns`. */
int64_t edoi_spin_most_ns(int64_t asked_ns);

/* A worker without work, before it sleeps for at most `timeout_ns` (negative: for ever). True:
 * something came, do not sleep. The clock is not paused. */
EDO_MUST_USE bool edoi_spin_wait(struct edoi_worker *w, int64_t now_ns, int64_t timeout_ns);

/* After a wait of `ns`, the spin before it counted: learns. */
void edoi_spin_waited(struct edoi_worker *w, int64_t ns);

#endif
