/* SPDX-License-Identifier: MIT */
/* runtime/spin.c: see spin.h. */
#include "runtime/spin.h"

#include "runtime/core.h"
#include "runtime/cores.h"
#include "runtime/steal.h"

#define MEAN_MOST 4 /* times the bound: one long wait is forgotten after some short ones */

int64_t edoi_spin_most_ns(int64_t asked_ns) {
    return asked_ns > 0 && !edoi_cores_has_quota() ? asked_ns : 0;
}

static bool begin(edoi_worker *w) {
    edo_runtime *rt = w->runtime;
    uint32_t none = 0;
    // relaxed, here and below: only who does it depends on it
    if (!edoi_cas_rlx_u32(&rt->spin.spun_n, &none, 1)) return false;
    w->searching = w->shares && edoi_search_begin(&rt->idle);
    if (w->searching || !w->shares) return true;
    edoi_store_rlx_u32(&rt->spin.spun_n, 0);
    return false;
}

/* Whether there is something that would end a wait in the driver. */
static bool is_called(const edoi_worker *w) {
    return edoi_load_rlx_u32(&w->runtime->injected_n) != 0 || // relaxed: sleep looks once more, S2
           (w->shares && edoi_steal_is_there(w)) || edoi_inbox_may_have(&w->inbox) ||
           (w->parker && edoi_parker_is_notified(w->parker));
}

bool edoi_spin_wait(edoi_worker *w, int64_t now_ns, int64_t timeout_ns) {
    int64_t most_ns = w->runtime->spin.most_ns;
    if (w->mean_wait_ns >= most_ns || !begin(w)) return false;
    int64_t until_ns =
        edoi_time_after(now_ns, timeout_ns >= 0 && timeout_ns < most_ns ? timeout_ns : most_ns);
    bool came;
    do {
        came = edoi_driver_turn(w->driver, 0) > 0 || !edoi_driver_is_timed_out(w->driver) ||
               is_called(w);
    } while (!came && edoi_clock_now(&w->clock) < until_ns);
    edoi_store_rlx_u32(&w->runtime->spin.spun_n, 0);
    if (!came && w->searching) (void)edoi_steal_end(w); // else the turn searches, and ends it
    return came;
}

void edoi_spin_waited(edoi_worker *w, int64_t ns) {
    int64_t most_ns = MEAN_MOST * w->runtime->spin.most_ns;
    if (ns > most_ns) ns = most_ns;
    w->mean_wait_ns += (ns - w->mean_wait_ns) / 8;
}
