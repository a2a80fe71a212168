/* SPDX-License-Identifier: MIT */
/* service/balance/eject.c: which endpoints rest because their calls fail, and for how long.
 *
 * Rules that compare endpoints are looked at once in an interval, as in Envoy; failures in a row
 * with each call. An endpoint is readmitted when its time has come, which Envoy does with the look
 * that follows.
 *
 * Lock order: as in set.c; functions without a lock of their own are called with it held. */
#include "service/balance/eject.h"

#include "base/lock.h"
#include "base/opts.h"

#include <edo/error.h>
#include <edo/scope.h>

#include <errno.h>

/* ---- Options --------------------------------------------------------------------------------- */

static bool is_share(double x) {
    return x >= 0 && x <= 1;
}

int edoi_outlier_complete(edo_outlier_opts *o) {
    if (o->hosts_min == 0) o->hosts_min = 5;
    if (o->interval.ns == 0) o->interval = edo_s(10);
    if (o->rest.ns == 0) o->rest = edo_s(30);
    if (o->rest_max.ns == 0) o->rest_max = o->rest.ns > edo_s(300).ns ? o->rest : edo_s(300);
    if (o->rest_share == 0) o->rest_share = 0.1;
    bool is_good = is_share(o->failure_share) && is_share(o->rest_share);
    is_good &= o->deviations >= 0 && o->interval.ns > 0 && o->rest.ns > 0;
    is_good &= o->rest_max.ns >= o->rest.ns;
    return is_good && edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)) ? 0 : -EINVAL;
}

/* ---- Out and in again ------------------------------------------------------------------------ */

/* May one more rest? One always may. */
static bool set_may_eject(const edoi_balance_set *set) {
    const double most = set->opts.outlier.rest_share * (double)set->all_n;
    return set->ejected_n == 0 || (double)(set->ejected_n + 1) <= most;
}

/* Ejects a member, unless too many are. Returns whether it did. */
static bool member_eject(edoi_member *m, edoi_eject_why why, edo_instant now) {
    edoi_balance_set *set = m->set;
    const edo_outlier_opts *o = &set->opts.outlier;
    edoi_record *record = &m->record;
    if (!m->is_in || record->is_out || !set_may_eject(set)) return false;
    if (record->times < UINT32_MAX) record->times++;
    const bool is_long = record->times > o->rest_max.ns / o->rest.ns;
    const edo_duration rest = is_long ? o->rest_max : edo_ns(o->rest.ns * record->times);
    record->until = edo_instant_add(now, rest);
    record->was_out = true;
    record->in_a_row = 0;
    edoi_member_close(m, record->err);
    edoi_balance_count_ejection(&set->counts, why);
    return true;
}

bool edoi_record_call(edoi_member *m, bool has_failed, int result) {
    const uint32_t most = m->set->opts.outlier.failures;
    edoi_record *record = &m->record;
    if (record->is_out) return false; // called before, or in a panic
    if (!has_failed && result == -ECANCELED)
        return false; // its caller has given up: it says nothing
    record->calls++;
    record->in_a_row = has_failed ? record->in_a_row + 1 : 0;
    if (!has_failed) return false;
    record->failures++;
    record->err = result == -ECANCELED ? -ETIMEDOUT : result < 0 ? result : -EIO;
    if (most == 0 || record->in_a_row < most) return false;
    return member_eject(m, EDOI_EJECT_FAILURES, edo_now());
}

/* ---- The look at all ------------------------------------------------------------------------- */

static uint64_t calls_min(const edo_outlier_opts *o, uint64_t otherwise) {
    return o->calls_min > 0 ? o->calls_min : otherwise;
}

/* Does it have calls enough to be compared? */
static bool record_counts(const edoi_record *record, uint64_t min) {
    return !record->is_out && record->calls >= min;
}

static double failure_share(const edoi_record *record) {
    return (double)record->failures / (double)record->calls;
}

/* The spread of failures over the endpoints with enough calls: their number, mean, variance. */
typedef struct failure_spread {
    size_t n;
    double mean, variance;
} failure_spread;

static failure_spread set_spread(const edoi_balance_set *set, uint64_t min) {
    failure_spread all = { .n = 0 };
    for (size_t i = 0; i < set->all_n; i++) {
        if (!record_counts(&set->all[i]->record, min)) continue;
        all.n++;
        all.mean += failure_share(&set->all[i]->record);
    }
    if (all.n == 0) return all;
    all.mean /= (double)all.n;
    for (size_t i = 0; i < set->all_n; i++) {
        if (!record_counts(&set->all[i]->record, min)) continue;
        const double gap = failure_share(&set->all[i]->record) - all.mean;
        all.variance += gap * gap / (double)all.n;
    }
    return all;
}

/* Ejects members whose share of successes is below the mean by more than `deviations` standard
 * deviations. */
static void set_compare(edoi_balance_set *set, edo_instant now) {
    const edo_outlier_opts *o = &set->opts.outlier;
    const uint64_t min = calls_min(o, 100);
    const failure_spread all = set_spread(set, min);
    if (o->deviations == 0 || all.n < o->hosts_min) return;
    for (size_t i = 0; i < set->all_n; i++) {
        edoi_member *m = set->all[i];
        if (!record_counts(&m->record, min)) continue;
        const double gap = failure_share(&m->record) - all.mean; // squared: edo has no sqrt()
        if (gap > 0 && gap * gap > o->deviations * o->deviations * all.variance)
            (void)member_eject(m, EDOI_EJECT_RATE, now);
    }
}

/* Ejects members whose share of failed calls is at least `failure_share`. */
static void set_measure(edoi_balance_set *set, edo_instant now) {
    const edo_outlier_opts *o = &set->opts.outlier;
    const uint64_t min = calls_min(o, 50);
    size_t n = 0;
    for (size_t i = 0; i < set->all_n; i++) n += record_counts(&set->all[i]->record, min);
    if (o->failure_share == 0 || n < o->hosts_min) return;
    for (size_t i = 0; i < set->all_n; i++) {
        edoi_member *m = set->all[i];
        if (record_counts(&m->record, min) && failure_share(&m->record) >= o->failure_share)
            (void)member_eject(m, EDOI_EJECT_SHARE, now);
    }
}

/* An interval is over. */
static void set_look(edoi_balance_set *set, edo_instant now) {
    for (size_t i = 0; i < set->all_n; i++) {
        edoi_record *record = &set->all[i]->record;
        if (!record->was_out && record->times > 0) record->times--;
        record->was_out = record->is_out;
    }
    set_compare(set, now);
    set_measure(set, now);
    for (size_t i = 0; i < set->all_n; i++) {
        edoi_record *record = &set->all[i]->record;
        record->calls = record->failures = 0;
    }
}

/* Readmits those whose time has come; returns when the next one's does, or `until`. */
static edo_instant set_readmit(edoi_balance_set *set, edo_instant now, edo_instant until) {
    for (size_t i = 0; i < set->all_n; i++) {
        const edoi_record *record = &set->all[i]->record;
        if (!record->is_out) continue;
        if (record->until.ns <= now.ns) {
            edoi_member_open(set->all[i]);
        } else if (record->until.ns < until.ns) {
            until = record->until;
        }
    }
    return until;
}

/* Does what is due; `*look_at` is when the next interval is over. Returns how long nothing is. */
static edo_duration set_sweep(edoi_balance_set *set, edo_instant *look_at) {
    const edo_instant now = edo_now();
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    if (look_at->ns <= now.ns) {
        set_look(set, now);
        *look_at = edo_instant_add(*look_at, set->opts.outlier.interval);
        if (look_at->ns <= now.ns) *look_at = edo_instant_add(now, set->opts.outlier.interval);
    }
    const edo_instant next = set_readmit(set, now, *look_at);
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    return edo_instant_since(next, now);
}

int edoi_eject_task(void *arg) {
    edoi_balance_set *set = arg;
    edo_instant look_at = edo_instant_add(edo_now(), set->opts.outlier.interval);
    int err = 0;
    while (err == 0) {
        edo_deadline limit;
        edo_deadline_begin(&limit, set_sweep(set, &look_at));
        err = edo_deadline_end(&limit, edo_notify_wait(&set->ejected));
        if (err == -ETIMEDOUT) err = 0;
        edo_trail_clear();
    }
    edoi_balance_set_unref(set);
    return err;
}
