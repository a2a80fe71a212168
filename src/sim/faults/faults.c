/* SPDX-License-Identifier: MIT */
/* sim/faults/faults.c: the numbered list of faults of hosts and of ways between them. apps/sim
 * finds the shortest list that makes a run fail: it leaves faults out with the environment variable
 * EDO_SIM_SKIP, and reads the others from the file that EDO_SIM_REPORT names.
 *
 *     fault 1 after 2.000 s: nothing passes between client and server for 20.000 s
 *     fault 2 after 30.000 s: host server crashes
 *     fault 2 after 31.500 s: host server starts again
 *     end 4711 events digest 9ae16a3b2f90404f after 300.000 s with 0
 *
 * A start belongs to the last crash before it: if only the start was left out, the host would stay
 * down, which is another fault. So the start's number is known only when the host starts. */
#include "sim/world/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

int edoi_sim_faults_begin(edoi_sim_faults *self) {
    const char *skip = getenv("EDO_SIM_SKIP");
    *self = (edoi_sim_faults){ .skip = skip ? skip : "" };
    return edoi_sim_file("EDO_SIM_REPORT", &self->report);
}

void edoi_sim_faults_end(edo_sim *sim) {
    FILE *to = sim->faults.report;
    if (!to) return;
    int64_t ms = edo_sim_now(sim).ns / 1000000;
    (void)fprintf(
        to, "end %" PRIu64 " events digest %016" PRIx64 " after %" PRId64 ".%03d s with %d\n",
        edo_sim_events_n(sim), edo_sim_digest(sim), ms / 1000, (int)(ms % 1000), sim->result);
    (void)fclose(to);
    sim->faults.report = NULL;
}

/* Is the number in a list as "1,3-5"? */
static bool fault_list_has(const char *list, uint64_t number) {
    while (*list) {
        char *end;
        uint64_t first = strtoull(list, &end, 10), last = first;
        if (end == list) return false;
        if (*end == '-') last = strtoull(end + 1, &end, 10);
        if (number >= first && number <= last) return true;
        list = *end == ',' ? end + 1 : end;
    }
    return false;
}

bool edoi_sim_fault_is_done(const edo_sim *sim, uint64_t number) {
    return !fault_list_has(sim->faults.skip, number);
}

uint64_t edoi_sim_fault(edo_sim *sim) {
    return ++sim->faults.n;
}

void edoi_sim_fault_note(edo_sim *sim, uint64_t number, int64_t at_ns, const char *form, ...) {
    FILE *to = sim->faults.report;
    va_list args;
    if (!to || !edoi_sim_fault_is_done(sim, number)) return;
    int64_t ms = at_ns / 1000000;
    (void)fprintf(to, "fault %" PRIu64 " after %" PRId64 ".%03d s: ", number, ms / 1000,
                  (int)(ms % 1000));
    va_start(args, form);
    (void)vfprintf(to, form, args);
    va_end(args);
    (void)fputc('\n', to);
    (void)fflush(to); // the program may not come to its end
}

char *edoi_sim_spell(edo_duration within, char text[EDOI_SIM_SPELL_BYTES]) {
    int64_t ms = within.ns / 1000000;
    if (within.ns < 0) {
        (void)snprintf(text, EDOI_SIM_SPELL_BYTES, " for ever");
    } else {
        (void)snprintf(text, EDOI_SIM_SPELL_BYTES, " for %" PRId64 ".%03d s", ms / 1000,
                       (int)(ms % 1000));
    }
    return text;
}
