/* SPDX-License-Identifier: MIT */
/* sim/world/split.c: hosts that fall apart into two sets, between which nothing passes. */
#include "base/memory/alloc.h"
#include "sim/world/world.h"

#include <errno.h>

/* ---- At a time ------------------------------------------------------------------------------- */

static bool split_has(const edoi_sim_split *self, size_t nth) {
    return nth < self->n && self->is_in[nth];
}

/* Calls `fn` for each way from one set to the other. Returns 0, or the first failure. */
typedef int across_fn(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to);

static int each_across(edo_sim *sim, const edoi_sim_split *self, across_fn *fn) {
    int err = 0;
    for (size_t i = 0; i < self->cut_n; i++) {
        for (size_t k = 0; k < self->cut_n; k++) {
            bool is_across = split_has(self, i) != split_has(self, k);
            int failure = is_across ? fn(sim, sim->hosts[i], sim->hosts[k]) : 0;
            if (err == 0) err = failure;
        }
    }
    return err;
}

static int heal_across(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to) {
    edoi_sim_way_heal(sim, from, to);
    return 0;
}

static void deed_split(edo_sim *sim, const edoi_sim_deed *deed) {
    edoi_sim_split *self = deed->arg;
    self->cut_n = sim->hosts_n;
    if (each_across(sim, self, edoi_sim_way_cut) < 0)
        edoi_sim_fail(sim, -ENOMEM, "no memory for a fault of the network");
}

static void deed_join(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)each_across(sim, deed->arg, heal_across);
}

/* ---- What is asked for ----------------------------------------------------------------------- */

/* Names one host of the set. False: there is none, or it is there twice. */
static bool split_add(edoi_sim_split *self, const edo_sim *sim, const char *host) {
    for (size_t i = 0; i < self->n; i++) {
        if (sim->hosts[i] != edoi_sim_find(sim, host)) continue;
        if (self->is_in[i]) return false;
        return self->is_in[i] = true;
    }
    return false;
}

static void note_split(edo_sim *sim, uint64_t number, const char *const *hosts, size_t hosts_n,
                       edo_duration at, edo_duration within) {
    char names[EDOI_SIM_WHY_BYTES] = "", spell[EDOI_SIM_SPELL_BYTES];
    size_t n = 0;
    for (size_t i = 0; i < hosts_n && n < sizeof names; i++) {
        int more = snprintf(names + n, sizeof names - n, "%s%s", i > 0 ? ", " : "", hosts[i]);
        n += more > 0 ? (size_t)more : 0;
    }
    edoi_sim_fault_note(sim, number, at.ns, "nothing passes between %s and all others%s", names,
                        edoi_sim_spell(within, spell));
}

/* Both deeds; everybody is disturbed. */
static int plan_split(edo_sim *sim, edoi_sim_split *self, edo_duration at, edo_duration within) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = deed_split, .arg = self };
    int64_t until_ns = within.ns < 0 ? EDOI_SIM_TIME_MAX : edoi_sim_end_of(sim, at, within);
    int err =
        edoi_sim_disturb(sim, &(edoi_sim_trouble){ NULL, NULL, at.ns, until_ns, EDOI_SIM_BESET });
    if (err == 0) err = edoi_sim_plan(sim, &deed);
    if (err < 0 || within.ns < 0) return err;
    deed.at_ns = until_ns;
    deed.fn = deed_join;
    return edoi_sim_plan(sim, &deed);
}

int edo_sim_split(edo_sim *sim, const char *const *hosts, size_t hosts_n, edo_duration at,
                  edo_duration within) {
    if (at.ns < 0 || hosts_n == 0 || hosts_n >= sim->hosts_n) return -EINVAL;
    edoi_sim_split *self = edoi_calloc(1, sizeof *self + sim->hosts_n * sizeof self->is_in[0]);
    if (!self) return -ENOMEM;
    self->n = sim->hosts_n;
    for (size_t i = 0; i < hosts_n; i++) {
        if (split_add(self, sim, hosts[i])) continue;
        edoi_free(self);
        return -EINVAL;
    }
    self->next = sim->splits;
    sim->splits = self;
    const uint64_t number = edoi_sim_fault(sim);
    note_split(sim, number, hosts, hosts_n, at, within);
    return edoi_sim_fault_is_done(sim, number) ? plan_split(sim, self, at, within) : 0;
}

void edoi_sim_splits_free(edo_sim *sim) {
    for (edoi_sim_split *s = sim->splits, *next; s; s = next) {
        next = s->next;
        edoi_free(s);
    }
}
