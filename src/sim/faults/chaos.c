/* SPDX-License-Identifier: MIT */
/* sim/faults/chaos.c: faults by chance. All are drawn at the call that asks for them, also the ones
 * that EDO_SIM_SKIP leaves out: so leaving one out changes none of the others. */
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "sim/world/world.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#define FAULTS_LEAST 3u /* if the options give no number */
#define FAULTS_MOST  8u
#define FAULTS_MAX   100000u
#define MS           INT64_C(1000000)
#define SLOW_MAX_MS  200u /* of a disk that is slow: a job begins so much later at most */

/* Kinds; up to SPLIT they are of ways, and from DISK_FAILS on of disks. */
enum {
    PARTITION,
    CUT,
    HOLD,
    RESET,
    SPLIT,
    PAUSE,
    CRASH,
    KILL,
    STOP,
    DISK_FAILS,
    DISK_IS_FULL,
    DISK_IS_SLOW,
    KINDS_N
};

typedef struct sim_chaos {
    edo_sim *sim;
    const edo_sim_chaos_opts *opts;
    size_t hosts_n; /* that it is about */
    unsigned shares[KINDS_N];
    int64_t from_ns, until_ns;
    uint64_t longest_ms;
} sim_chaos;

static uint64_t chaos_below(const sim_chaos *self, uint64_t n) {
    return edoi_simnet_random(self->sim->net) % n;
}

/* ---- What it is about ------------------------------------------------------------------------ */

static bool chaos_opts_are_good(const edo_sim_chaos_opts *o) {
    bool is_in_time = o->from.ns >= 0 && o->from.ns < EDOI_SIM_TIME_MAX && o->longest.ns >= 0 &&
                      (o->until.ns == 0 || o->until.ns > o->from.ns);
    return is_in_time && o->points >= 0 && o->points <= 1 && o->faults <= FAULTS_MAX &&
           (o->hosts || o->hosts_n == 0) && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) &&
           edoi_all_zero(o->shares.reserved, EDO_COUNT(o->shares.reserved));
}

static void chaos_take_shares(sim_chaos *self) {
    const edo_sim_shares *s = &self->opts->shares;
    const unsigned said[KINDS_N] = {
        [PARTITION] = s->partition,
        [CUT] = s->cut,
        [HOLD] = s->hold,
        [RESET] = s->reset,
        [SPLIT] = s->split,
        [PAUSE] = s->pause,
        [CRASH] = s->crash,
        [KILL] = s->kill,
        [STOP] = s->stop,
        [DISK_FAILS] = s->disk_fail,
        [DISK_IS_FULL] = s->disk_fill,
        [DISK_IS_SLOW] = s->disk_slow,
    };
    bool is_said = false;
    for (int i = 0; i < KINDS_N; i++) is_said |= said[i] > 0;
    for (int i = 0; i < KINDS_N; i++) self->shares[i] = is_said ? said[i] : i != SPLIT;
}

/* NULL: there are not as many. */
static edoi_sim_host *chaos_host(const sim_chaos *self, size_t nth) {
    const edo_sim *sim = self->sim;
    if (self->opts->hosts) {
        bool is_there = nth < self->opts->hosts_n;
        return is_there ? edoi_sim_find(sim, self->opts->hosts[nth]) : NULL;
    }
    for (size_t i = 0; i < sim->hosts_n; i++)
        if (!sim->hosts[i]->is_client && nth-- == 0) return sim->hosts[i];
    return NULL;
}

/* The share of a kind at that host. */
static uint64_t share_at(const sim_chaos *self, const edoi_sim_host *host, int kind) {
    bool is_possible =
        kind >= DISK_FAILS ? host->disk != NULL : kind > SPLIT || self->sim->hosts_n > 1;
    return is_possible ? self->shares[kind] : 0;
}

static uint64_t shares_at(const sim_chaos *self, const edoi_sim_host *host) {
    uint64_t sum = 0;
    for (int kind = 0; kind < KINDS_N; kind++) sum += share_at(self, host, kind);
    return sum;
}

/* Are there hosts, and can at least one have a fault? */
static bool chaos_is_possible(sim_chaos *self) {
    bool is_possible = false;
    while (chaos_host(self, self->hosts_n))
        is_possible |= shares_at(self, chaos_host(self, self->hosts_n++)) > 0;
    return is_possible && (!self->opts->hosts || self->hosts_n == self->opts->hosts_n);
}

/* ---- One fault ------------------------------------------------------------------------------- */

/* As many are short as long: the power of two is drawn, and what is beyond it. */
static edo_duration draw_length(const sim_chaos *self) {
    unsigned powers_n = 0;
    while (self->longest_ms >> powers_n > 1) powers_n++;
    uint64_t power = UINT64_C(1) << chaos_below(self, powers_n + 1);
    uint64_t ms = power + chaos_below(self, power);
    return edo_ms((int64_t)(ms < self->longest_ms ? ms : self->longest_ms));
}

/* The name of any other host. */
static const char *draw_other(const sim_chaos *self, const char *host) {
    const edo_sim *sim = self->sim;
    size_t at = (size_t)chaos_below(self, sim->hosts_n - 1);
    bool is_it = strcmp(sim->hosts[at]->name, host) == 0;
    return sim->hosts[is_it ? sim->hosts_n - 1 : at]->name;
}

static const edoi_sim_host *draw_host(const sim_chaos *self) {
    size_t at = (size_t)chaos_below(self, self->hosts_n);
    while (shares_at(self, chaos_host(self, at)) == 0) at = (at + 1) % self->hosts_n;
    return chaos_host(self, at);
}

static int draw_kind(const sim_chaos *self, const edoi_sim_host *host) {
    uint64_t at = chaos_below(self, shares_at(self, host));
    int kind = 0;
    for (; at >= share_at(self, host, kind); kind++) at -= share_at(self, host, kind);
    return kind;
}

/* Asks for a fault of that host. */
typedef int ask_fn(const sim_chaos *self, const char *host, edo_duration at, edo_duration within);

static int ask_for_partition(const sim_chaos *self, const char *host, edo_duration at,
                             edo_duration within) {
    return edo_sim_partition(self->sim, host, draw_other(self, host), at, within);
}

static int ask_for_cut(const sim_chaos *self, const char *host, edo_duration at,
                       edo_duration within) {
    const char *other = draw_other(self, host);
    bool is_back = chaos_below(self, 2) == 1;
    return edo_sim_cut(self->sim, is_back ? other : host, is_back ? host : other, at, within);
}

static int ask_for_hold(const sim_chaos *self, const char *host, edo_duration at,
                        edo_duration within) {
    const char *other = draw_other(self, host);
    bool is_back = chaos_below(self, 2) == 1;
    return edo_sim_hold(self->sim, is_back ? other : host, is_back ? host : other, at, within);
}

static int ask_for_reset(const sim_chaos *self, const char *host, edo_duration at,
                         edo_duration within) {
    (void)within;
    return edo_sim_reset(self->sim, host, draw_other(self, host), at);
}

/* All hosts are drawn to a side, but for that one, and one that is on the other. */
static int ask_for_split(const sim_chaos *self, const char *host, edo_duration at,
                         edo_duration within) {
    const edo_sim *sim = self->sim;
    const char *other = draw_other(self, host);
    const char **side = edoi_calloc(sim->hosts_n, sizeof *side);
    size_t n = 0;
    if (!side) return -ENOMEM;
    for (size_t i = 0; i < sim->hosts_n; i++) {
        const char *name = sim->hosts[i]->name;
        bool is_drawn = chaos_below(self, 2) == 1;
        bool is_in = strcmp(name, host) == 0 || (is_drawn && strcmp(name, other) != 0);
        if (is_in) side[n++] = name;
    }
    int err = edo_sim_split(self->sim, side, n, at, within);
    edoi_free(side);
    return err;
}

static int ask_for_pause(const sim_chaos *self, const char *host, edo_duration at,
                         edo_duration within) {
    return edo_sim_pause(self->sim, host, at, within);
}

static int ask_for_crash(const sim_chaos *self, const char *host, edo_duration at,
                         edo_duration within) {
    return edoi_sim_crash_for(self->sim, host, at, within);
}

static int ask_for_kill(const sim_chaos *self, const char *host, edo_duration at,
                        edo_duration within) {
    return edo_sim_bounce(self->sim, host, SIGKILL, at, within);
}

static int ask_for_stop(const sim_chaos *self, const char *host, edo_duration at,
                        edo_duration within) {
    return edo_sim_bounce(self->sim, host, SIGTERM, at, within);
}

static int ask_for_disk_fail(const sim_chaos *self, const char *host, edo_duration at,
                             edo_duration within) {
    const bool is_all = chaos_below(self, 2) == 0; // else what was written is not kept, as mostly
    return (is_all ? edo_sim_disk_fail : edo_sim_disk_fail_syncs)(self->sim, host, at, within);
}

static int ask_for_disk_fill(const sim_chaos *self, const char *host, edo_duration at,
                             edo_duration within) {
    return edo_sim_disk_fill(self->sim, host, at, within);
}

static int ask_for_disk_slow(const sim_chaos *self, const char *host, edo_duration at,
                             edo_duration within) {
    const edo_duration latency = edo_ms(1 + (int64_t)chaos_below(self, SLOW_MAX_MS));
    return edo_sim_disk_slow(self->sim, host, latency, at, within);
}

static ask_fn *const asks[KINDS_N] = {
    [PARTITION] = ask_for_partition,
    [CUT] = ask_for_cut,
    [HOLD] = ask_for_hold,
    [RESET] = ask_for_reset,
    [SPLIT] = ask_for_split,
    [PAUSE] = ask_for_pause,
    [CRASH] = ask_for_crash,
    [KILL] = ask_for_kill,
    [STOP] = ask_for_stop,
    [DISK_FAILS] = ask_for_disk_fail,
    [DISK_IS_FULL] = ask_for_disk_fill,
    [DISK_IS_SLOW] = ask_for_disk_slow,
};

static int ask_for_fault(const sim_chaos *self) {
    const edoi_sim_host *host = draw_host(self);
    const int kind = draw_kind(self, host);
    const uint64_t span_ms = (uint64_t)((self->until_ns - self->from_ns + MS - 1) / MS);
    const edo_duration at = edo_ns(self->from_ns + (int64_t)chaos_below(self, span_ms) * MS);
    const edo_duration within = draw_length(self);
    return asks[kind](self, host->name, at, within);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int ask_for_points(const sim_chaos *self) {
    const double share = self->opts->points;
    edo_sim *sim = self->sim;
    int err = 0;
    if (share <= 0) return 0;
    const uint64_t number = edoi_sim_fault(sim);
    const edo_duration within = edo_ns(self->until_ns - self->from_ns);
    edoi_sim_fault_note(sim, number, self->from_ns, "fault points that are on fail%s, %d of 1,000",
                        edoi_sim_spell(within, (char[EDOI_SIM_SPELL_BYTES]){ 0 }),
                        (int)(1000 * share));
    if (!edoi_sim_fault_is_done(sim, number)) return 0;
    for (size_t i = 0; i < self->hosts_n && err == 0; i++) {
        edoi_sim_host *h = chaos_host(self, i);
        err = edoi_sim_disturb(
            sim, &(edoi_sim_trouble){ h, h, self->from_ns, self->until_ns, EDOI_SIM_BESET });
        const edoi_sim_points how = { NULL, h, number, share, self->from_ns, self->until_ns };
        if (err == 0) err = edoi_sim_points_fail(sim, &how);
    }
    return err;
}

int edo_sim_chaos(edo_sim *sim, const edo_sim_chaos_opts *opts) {
    static const edo_sim_chaos_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!chaos_opts_are_good(opts)) return -EINVAL;
    sim_chaos self = { .sim = sim, .opts = opts, .from_ns = opts->from.ns };
    int64_t longest_ns = opts->longest.ns > 0 ? opts->longest.ns : edo_s(40).ns;
    self.until_ns = opts->until.ns > 0 ? opts->until.ns : self.from_ns + edo_minutes(1).ns;
    if (self.until_ns > EDOI_SIM_TIME_MAX) self.until_ns = EDOI_SIM_TIME_MAX;
    self.longest_ms = longest_ns > MS ? (uint64_t)(longest_ns / MS) : 1;
    chaos_take_shares(&self);
    if (!chaos_is_possible(&self)) return -EINVAL;
    unsigned n = opts->faults > 0
                     ? opts->faults
                     : FAULTS_LEAST + (unsigned)chaos_below(&self, FAULTS_MOST - FAULTS_LEAST + 1);
    int err = ask_for_points(&self);
    for (unsigned i = 0; i < n && err == 0; i++) err = ask_for_fault(&self);
    return err;
}
