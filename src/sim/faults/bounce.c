/* SPDX-License-Identifier: MIT */
/* sim/faults/bounce.c: a program is replaced by a new one, while its machine goes on: by a signal,
 * and a start. */
#include "sim/world/world.h"

#include <errno.h>
#include <signal.h>

static void deed_end_program(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    edoi_sim_host_signal(deed->a, (int)deed->number);
}

/* A machine that has crashed meanwhile starts by edo_sim_restart(). */
static void deed_start_program(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    edoi_sim_host_signal(deed->a, SIGKILL);
    if (deed->a->state != EDOI_SIM_ENDED && deed->a->state != EDOI_SIM_KILLED) return;
    int err = edoi_sim_host_begin(deed->a);
    if (err < 0) edoi_sim_fail(sim, err, "host %s does not begin", deed->a->name);
}

int edo_sim_bounce(edo_sim *sim, const char *host, int signo, edo_duration at,
                   edo_duration within) {
    edoi_sim_host *self = edoi_sim_find(sim, host);
    bool is_end = signo == SIGTERM || signo == SIGINT || signo == SIGKILL;
    if (!self || !is_end || at.ns < 0 || within.ns < 0) return -EINVAL;
    uint64_t number = edoi_sim_fault(sim);
    int64_t until_ns = edoi_sim_end_of(sim, at, within);
    edoi_sim_fault_note(sim, number, at.ns, "the program of %s is replaced, by signal %d, within%s",
                        host, signo, edoi_sim_spell(within, (char[EDOI_SIM_SPELL_BYTES]){ 0 }) + 4);
    if (!edoi_sim_fault_is_done(sim, number)) return 0;
    const edoi_sim_deed begin = {
        .at_ns = at.ns, .fn = deed_end_program, .a = self, .number = (uint64_t)signo
    };
    const edoi_sim_deed end = { .at_ns = until_ns, .fn = deed_start_program, .a = self };
    int err =
        edoi_sim_disturb(sim, &(edoi_sim_trouble){ self, self, at.ns, until_ns, EDOI_SIM_BESET });
    if (err == 0) err = edoi_sim_plan(sim, &begin);
    return err == 0 ? edoi_sim_plan(sim, &end) : err;
}
