/* SPDX-License-Identifier: MIT */
/* sim/world/ways.c: what is said of the ways between hosts. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "sim/world/world.h"

#include <errno.h>

#define MILLION 1e6

/* ---- Latency --------------------------------------------------------------------------------- */

static bool rate_is_good(double rate) {
    return rate >= 0 && rate <= 1; // and no NaN
}

bool edoi_sim_link_opts(const edo_sim_link *link, edoi_simlink_opts *out) {
    bool is_good = link->latency_min.ns >= 0 && link->latency_max.ns >= 0 &&
                   rate_is_good(link->loss) && rate_is_good(link->duplicates) &&
                   rate_is_good(link->reordered) &&
                   edoi_all_zero(link->reserved, EDO_COUNT(link->reserved));
    int64_t mean_ns = link->latency_mean.ns;
    if (!is_good) return false;
    *out = (edoi_simlink_opts){
        .latency_min = link->latency_min.ns > 0 ? link->latency_min.ns : edo_us(200).ns,
        .latency_mean = mean_ns > 0   ? mean_ns
                        : mean_ns < 0 ? 0
                                      : edo_us(300).ns,
        .segment_loss = (uint32_t)(link->loss * MILLION),
        .datagram_loss = (uint32_t)(link->loss * MILLION),
        .datagram_twice = (uint32_t)(link->duplicates * MILLION),
        .datagram_late = (uint32_t)(link->reordered * MILLION),
    };
    out->latency_max =
        link->latency_max.ns > 0 ? link->latency_max.ns : out->latency_min + 10 * out->latency_mean;
    return out->latency_max >= out->latency_min;
}

/* ---- Pairs ----------------------------------------------------------------------------------- */

/* Calls `fn` for each way from `a` to `b`. NULL for one of them means all other hosts. Returns 0 or
 * the first failure. */
typedef int way_fn(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg);

static int each_way(edo_sim *sim, edoi_sim_host *a, edoi_sim_host *b, way_fn *fn, const void *arg) {
    int err = 0;
    for (size_t i = 0; i < sim->hosts_n; i++) {
        for (size_t k = 0; k < sim->hosts_n; k++) {
            edoi_sim_host *from = sim->hosts[i], *to = sim->hosts[k];
            bool is_meant = from != to && (!a || a == from) && (!b || b == to);
            int failure = is_meant ? fn(sim, from, to, arg) : 0;
            if (err == 0) err = failure;
        }
    }
    return err;
}

/* NULL without memory. */
static edoi_sim_way *sim_way_of(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to) {
    for (size_t i = 0; i < sim->ways_n; i++)
        if (sim->ways[i].from == from && sim->ways[i].to == to) return &sim->ways[i];
    if (sim->ways_n == sim->ways_room) {
        size_t room = sim->ways_room > 0 ? 2 * sim->ways_room : 8;
        edoi_sim_way *ways = edoi_realloc(sim->ways, room * sizeof *ways);
        if (!ways) return NULL;
        sim->ways = ways;
        sim->ways_room = room;
    }
    edoi_sim_way *way = &sim->ways[sim->ways_n++];
    *way = (edoi_sim_way){ .from = from, .to = to };
    return way;
}

int edoi_sim_way_cut(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to) {
    edoi_sim_way *way = sim_way_of(sim, from, to);
    int err = way ? 0 : -ENOMEM;
    if (way && way->cut_n == 0) err = edoi_simlink_cut(sim->net, from->node, to->node);
    if (err == 0) way->cut_n++;
    return err;
}

void edoi_sim_way_heal(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to) {
    edoi_sim_way *way = sim_way_of(sim, from, to);
    if (way && way->cut_n > 0 && --way->cut_n == 0)
        edoi_simlink_heal(sim->net, from->node, to->node);
}

static int cut_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    (void)arg;
    return edoi_sim_way_cut(sim, from, to);
}

static int heal_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    (void)arg;
    edoi_sim_way_heal(sim, from, to);
    return 0;
}

static int hold_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    (void)arg;
    edoi_sim_way *way = sim_way_of(sim, from, to);
    int err = way ? 0 : -ENOMEM;
    if (way && way->held_n == 0) err = edoi_simlink_hold(sim->net, from->node, to->node);
    if (err == 0) way->held_n++;
    return err;
}

static int release_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    (void)arg;
    edoi_sim_way *way = sim_way_of(sim, from, to);
    if (way && way->held_n > 0 && --way->held_n == 0)
        edoi_simlink_release(sim->net, from->node, to->node);
    return 0;
}

static int reset_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    (void)arg;
    edoi_simlink_reset(sim->net, from->node, to->node);
    return 0;
}

static int set_way(edo_sim *sim, edoi_sim_host *from, edoi_sim_host *to, const void *arg) {
    return edoi_simlink_set(sim->net, from->node, to->node, arg);
}

/* ---- At a time ------------------------------------------------------------------------------- */

/* Deeds whose `number` has the ways: from a to b, and back. */
enum { THERE = 1, BACK = 2 };

static void do_both(edo_sim *sim, const edoi_sim_deed *deed, way_fn *fn) {
    int err = 0;
    if (deed->number & THERE) err = each_way(sim, deed->a, deed->b, fn, NULL);
    if (err == 0 && deed->number & BACK) err = each_way(sim, deed->b, deed->a, fn, NULL);
    if (err < 0) edoi_sim_fail(sim, err, "no memory for a fault of the network");
}

static void deed_cut(edo_sim *sim, const edoi_sim_deed *deed) {
    do_both(sim, deed, cut_way);
}

static void deed_heal(edo_sim *sim, const edoi_sim_deed *deed) {
    do_both(sim, deed, heal_way);
}

static void deed_hold(edo_sim *sim, const edoi_sim_deed *deed) {
    do_both(sim, deed, hold_way);
}

static void deed_release(edo_sim *sim, const edoi_sim_deed *deed) {
    do_both(sim, deed, release_way);
}

static void deed_reset(edo_sim *sim, const edoi_sim_deed *deed) {
    do_both(sim, deed, reset_way);
}

typedef void deed_fn(edo_sim *sim, const edoi_sim_deed *deed);

/* A pair of deeds: the second ends the first. */
typedef struct spell {
    deed_fn *begin, *end;
    uint64_t ways;
    const char *words; /* of two hosts, and how long */
} spell;

/* Both hosts of a call; NULL is all others, but not for both. */
static int find_both(const edo_sim *sim, const char *a, const char *b, edoi_sim_deed *out) {
    out->a = a ? edoi_sim_find(sim, a) : NULL;
    out->b = b ? edoi_sim_find(sim, b) : NULL;
    bool is_known = (out->a || !a) && (out->b || !b) && (a || b);
    return is_known ? 0 : -EINVAL;
}

static void note_spell(edo_sim *sim, uint64_t number, const char *a, const char *b, edo_duration at,
                       edo_duration within, const spell *what) {
    char spell_text[EDOI_SIM_SPELL_BYTES] = "";
    bool is_both = what->ways & BACK;
    edoi_sim_fault_note(sim, number, at.ns, "%s %s %s %s%s", what->words, a ? a : "all others",
                        is_both || !what->end ? "and" : "to", b ? b : "all others",
                        what->end ? edoi_sim_spell(within, spell_text) : "");
}

static int plan_spell(edo_sim *sim, const char *a, const char *b, edo_duration at,
                      edo_duration within, const spell *what) {
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = what->begin, .number = what->ways };
    int err = at.ns >= 0 ? find_both(sim, a, b, &deed) : -EINVAL;
    if (err < 0) return err;
    uint64_t number = edoi_sim_fault(sim);
    note_spell(sim, number, a, b, at, within, what);
    if (!edoi_sim_fault_is_done(sim, number)) return 0;
    int64_t until_ns = !what->end      ? at.ns
                       : within.ns < 0 ? EDOI_SIM_TIME_MAX
                                       : edoi_sim_end_of(sim, at, within);
    err = edoi_sim_disturb(sim,
                           &(edoi_sim_trouble){ deed.a, deed.b, at.ns, until_ns, EDOI_SIM_BESET });
    if (err == 0) err = edoi_sim_plan(sim, &deed);
    if (err < 0 || !what->end || within.ns < 0) return err;
    deed.at_ns = until_ns;
    deed.fn = what->end;
    return edoi_sim_plan(sim, &deed);
}

int edo_sim_partition(edo_sim *sim, const char *a, const char *b, edo_duration at,
                      edo_duration within) {
    return plan_spell(sim, a, b, at, within,
                      &(spell){ deed_cut, deed_heal, THERE | BACK, "nothing passes between" });
}

int edo_sim_cut(edo_sim *sim, const char *from, const char *to, edo_duration at,
                edo_duration within) {
    return plan_spell(sim, from, to, at, within,
                      &(spell){ deed_cut, deed_heal, THERE, "nothing passes from" });
}

int edo_sim_hold(edo_sim *sim, const char *from, const char *to, edo_duration at,
                 edo_duration within) {
    return plan_spell(sim, from, to, at, within,
                      &(spell){ deed_hold, deed_release, THERE, "all is held from" });
}

int edo_sim_reset(edo_sim *sim, const char *a, const char *b, edo_duration at) {
    return plan_spell(sim, a, b, at, edo_ns(-1),
                      &(spell){ deed_reset, NULL, THERE, "connections are reset between" });
}

int edo_sim_set_link(edo_sim *sim, const char *from, const char *to, const edo_sim_link *link) {
    edoi_sim_deed both;
    edoi_simlink_opts opts;
    if (!edoi_sim_link_opts(link, &opts) || find_both(sim, from, to, &both) < 0) return -EINVAL;
    return each_way(sim, both.a, both.b, set_way, &opts);
}
