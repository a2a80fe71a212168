/* SPDX-License-Identifier: MIT */
/* otlp/otlp.c: the exporter as a whole: a receiver of events and ends of spans, and a task for each
 * kind.
 *
 * Threads: each thread that logs or ends a span calls the receiver. It has a reference to the
 * exporter, so calls are safe until edo_log_remove() has dropped it. */
#include "otlp/encode/span.h"
#include "otlp/settings/env.h"
#include "otlp/worker.h"
#include "runtime/end/shutdown.h"

#include <edo/error.h>
#include <edo/metrics.h>
#include <edo/otlp.h>
#include <edo/scope.h>

#include <errno.h>
#include <time.h>

struct edo_otlp {
    edoi_otlp_settings settings;
    edoi_otlp_worker of[EDO_OTLP_KINDS];
    edo_receiver *receiver; /* NULL: only numbers are exported */
    edo_metrics *metrics;   /* shared; NULL: none */
    edo_span *silent;
};

static const edo_duration leave_max = EDO_S(5);

/* ---- The receiver ---------------------------------------------------------------------------- */

static bool otlp_is_own(const edo_event *e) {
    return edo_str_equal(e->target, EDO_STR(EDOI_OTLP_TARGET));
}

static void on_event(void *arg, const edo_event *e) {
    edo_otlp *o = arg;
    edoi_otlp_worker *w = &o->of[e->ended ? EDO_OTLP_TRACES : EDO_OTLP_LOGS];
    int errno_before = errno;
    edoi_otlp_told t;
    if (!w->settings || otlp_is_own(e)) return;
    if (e->ended)
        edoi_otlp_tell_span(&t, e->ended);
    else
        edoi_otlp_tell_event(&t, e);
    edoi_otlp_part_fn *put = e->ended ? edoi_otlp_put_span : edoi_otlp_put_event;
    if (edoi_otlp_push(&w->queue, e->target, put, &t)) edoi_otlp_worker_wake(w);
    errno = errno_before;
}

static void on_drop(void *arg) {
    edo_rc_unref(arg);
}

/* ---- Start ----------------------------------------------------------------------------------- */

static void otlp_deinit(void *self) {
    edo_otlp *o = self;
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++) edoi_otlp_queue_deinit(&o->of[kind].queue);
    edoi_otlp_settings_deinit(&o->settings);
    edoi_metrics_unref(o->metrics);
    edo_span_unref(o->silent);
}

static int64_t otlp_now_ns(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // this cannot fail
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int start_worker(edo_otlp *o, edo_otlp_kind kind) {
    edoi_otlp_worker *w = &o->of[kind];
    *w = (edoi_otlp_worker){ .settings = &o->settings,
                             .kind = kind,
                             .metrics = kind == EDO_OTLP_METRICS ? o->metrics : NULL,
                             .began_ns = otlp_now_ns(),
                             .silent = o->silent,
                             .wake = EDO_NOTIFY_INIT,
                             .done = EDO_NOTIFY_INIT };
    int err = edoi_otlp_counts_open(&w->counts, o->metrics, kind);
    return err < 0 ? err : edoi_otlp_worker_start(w);
}

static int start_receiver(edo_otlp *o, const char *filter) {
    static const edo_receiver_ops ops = { .event = on_event, .drop = on_drop };
    const edo_receiver_opts opts = { .filter = filter, .spans = true, .sampled = true };
    if (!o->of[EDO_OTLP_TRACES].settings && !o->of[EDO_OTLP_LOGS].settings) return 0;
    int err = edo_log_add(&o->receiver, &ops, edo_rc_ref(o), &opts);
    if (err < 0) edo_rc_unref(o);
    return edo_fail(err, "exporting by OTLP");
}

static void end_workers(edo_otlp *o) {
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++)
        if (o->of[kind].settings) edoi_otlp_worker_end(&o->of[kind]);
}

static int start_all(edo_otlp *o, const edo_otlp_opts *opts) {
    int err = (o->silent = edoi_span_silent()) ? 0 : -ENOMEM;
    if (opts->metrics) edoi_metrics_ref(o->metrics = opts->metrics);
    for (int kind = 0; err == 0 && kind < EDO_OTLP_KINDS; kind++)
        if (o->settings.of[kind].is_on) err = start_worker(o, (edo_otlp_kind)kind);
    if (err == 0) err = start_receiver(o, opts->filter);
    if (err < 0) end_workers(o);
    return err;
}

static bool is_any_on(const edoi_otlp_settings *s) {
    bool is_any = false;
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++) is_any = is_any || s->of[kind].is_on;
    return is_any;
}

int edo_otlp_start(edo_otlp **out, const edo_otlp_opts *opts) {
    static const edo_otlp_opts defaults;
    if (!opts) opts = &defaults;
    edo_otlp *o = edo_rc_new(sizeof *o, otlp_deinit);
    if (!o) return -ENOMEM;
    memset(o, 0, sizeof *o);
    int err = edoi_otlp_settings_read(&o->settings, opts);
    bool is_on = err == 0 && is_any_on(&o->settings);
    if (is_on) err = start_all(o, opts);
    // What is exported last is what is said while all else ends.
    if (is_on && err == 0) edoi_shutdown_extend_behind(edo_runtime_current(), leave_max);
    if (is_on && err == 0 && o->settings.ratio >= 0) edo_span_sample(o->settings.ratio);
    if (!is_on || err < 0) {
        edo_rc_unref(o);
        o = NULL;
    }
    if (err == 0) *out = o;
    return err;
}

/* ---- The end --------------------------------------------------------------------------------- */

static uint64_t lost(const edo_otlp *o) {
    uint64_t n = 0;
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++)
        n += edoi_otlp_count_lost(&o->of[kind].counts);
    return n;
}

int edo_otlp_flush(edo_otlp *o, edo_duration within) {
    uint64_t asked[EDO_OTLP_KINDS] = { 0 };
    if (!o) return 0;
    uint64_t lost_before = lost(o);
    edo_instant until = edo_instant_add(edo_now(), within);
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++)
        if (o->of[kind].settings) asked[kind] = edoi_otlp_worker_ask(&o->of[kind]);
    int err = edo_budget_consume(); // they send, whatever becomes of this call
    for (int kind = 0; err == 0 && kind < EDO_OTLP_KINDS; kind++)
        if (asked[kind] > 0) err = edoi_otlp_worker_reach(&o->of[kind], asked[kind], until);
    if (err < 0 || lost(o) == lost_before) return err;
    return edo_fail(-EIO, "the collector has not taken all that was exported");
}

int edo_otlp_stop(edo_otlp *o, edo_duration within) {
    if (!o) return 0;
    EDO_SHIELD(sh, edo_ns(-1));
    edo_log_remove(o->receiver);
    edo_instant until = edo_instant_add(edo_now(), within);
    for (int kind = 0; kind < EDO_OTLP_KINDS; kind++) edoi_otlp_worker_hurry(&o->of[kind], until);
    int err = edo_otlp_flush(o, within);
    end_workers(o);
    edo_rc_unref(o);
    return edo_shield_end(&sh, err);
}

void edo_otlp_get_stats(const edo_otlp *o, edo_otlp_kind kind, edo_otlp_stats *out) {
    *out = (edo_otlp_stats){ .sent = 0 };
    if (!o) return;
    const edoi_otlp_worker *w = &o->of[kind];
    out->sent = edoi_load_rlx_u64(&w->counts.sent);
    out->rejected = edoi_load_rlx_u64(&w->counts.rejected);
    out->dropped = edoi_load_rlx_u64(&w->counts.dropped) + edoi_load_rlx_u64(&w->queue.dropped);
    out->requests = edoi_load_rlx_u64(&w->counts.requests);
    out->failures = edoi_load_rlx_u64(&w->counts.failures);
    out->waiting = edoi_load_rlx_u64(&w->queue.items_n);
}

/* ---- As a guard ------------------------------------------------------------------------------ */

void edoi_otlp_enter(edo_otlp_block *b, const edo_otlp_opts *opts) {
    b->otlp = NULL;
    int err = edo_otlp_start(&b->otlp, opts);
    if (err == 0) return;
    char why[256];
    (void)edo_trail_print_text(why, sizeof why, err, 0);
    edo_log_event(EDO_LEVEL_WARN, EDOI_OTLP_TARGET, (EDO_KV("why", why)), "nothing is exported");
    edo_trail_clear();
}

void edoi_otlp_leave(edo_otlp_block *b) {
    (void)edo_otlp_stop(b->otlp, leave_max); // it logs what was lost
    b->otlp = NULL;
}
