/* SPDX-License-Identifier: MIT */
/* otlp/worker.c: see worker.h. */
#include "otlp/worker.h"
#include "otlp/body.h"
#include "otlp/numbers.h"
#include "otlp/settings/env.h"

#include "log/span/span.h"

#include <edo/error.h>
#include <edo/log.h>
#include <edo/retry.h>
#include <edo/uri.h>

#include <errno.h>

/* For so long a collector may ask to be left alone: one that says a day is asked sooner. */
static const edo_duration quiet_max = EDO_S(600);

#define PAUSE_MIN_MOST_NS  INT64_C(1000000000)
#define PAUSE_MIN_LEAST_NS INT64_C(1000000)

/* ---- Reports in the log ---------------------------------------------------------------------- */

/* Where it exports to, without a login and a query, which may be secret. `own`: room for that. */
static edo_str exporter_place(const edoi_otlp_worker *w, edo_buf *own) {
    const edo_str url = edo_str_of(w->way.aim->url.ptr);
    edo_uri u;
    if (edo_uri_parse(&u, url) < 0 || (!u.userinfo.ptr && !u.query.ptr)) return url;
    u.userinfo = u.query = u.fragment = (edo_str){ 0 };
    return edo_uri_print(&u, own) == 0 ? edo_buf_str(own) : EDO_STR("");
}

static uint64_t exporter_lost(const edoi_otlp_worker *w) {
    return edoi_otlp_count_lost(&w->counts) + edoi_load_rlx_u64(&w->queue.dropped);
}

/* The one line of the exporter, which receivers of OTLP leave out: how many were lost since the
 * last one. At most one a minute, but for the end. */
static void exporter_tell_loss(edoi_otlp_worker *w, const char *why, bool is_end) {
    static const char *const kinds[EDO_OTLP_KINDS] = { "spans", "events", "metrics" };
    edo_context_block aloud;
    edo_buf own = { 0 };
    uint64_t n = exporter_lost(w) - w->told;
    if (n == 0 || (!is_end && !edoi_every(&w->told_next, edo_s(60)))) return;
    w->told += n;
    const edo_str place = exporter_place(w, &own);
    edo_context_begin(&aloud, &edoi_span_key, NULL);
    edo_log_event(EDO_LEVEL_WARN, EDOI_OTLP_TARGET,
                  (EDO_KV("endpoint", place), EDO_KV("dropped", n), EDO_KV("what", kinds[w->kind]),
                   EDO_KV("why", why)),
                  "the collector of OpenTelemetry does not take what is exported");
    (void)edo_context_end(&aloud, 0);
    edo_buf_deinit(&own);
}

static void exporter_lose(edoi_otlp_worker *w, uint64_t n, const char *why) {
    edoi_otlp_count_dropped(&w->counts, n);
    exporter_tell_loss(w, why, false);
}

static void exporter_count(edoi_otlp_worker *w, uint64_t n, const edoi_otlp_answer *a) {
    uint64_t rejected = a->rejected < n ? a->rejected : n;
    edoi_otlp_count_sent(&w->counts, n - rejected);
    edoi_otlp_count_rejected(&w->counts, rejected);
    if (rejected > 0) exporter_tell_loss(w, a->why, false);
}

/* ---- One request ----------------------------------------------------------------------------- */

/* Waits until then. Errors: -ETIMEDOUT: the exporter ends before; -ECANCELED. */
static int exporter_pause(edoi_otlp_worker *w, edo_instant until) {
    edo_notify_wait_future woken;
    int err = 0;
    while (err == 0) {
        uint64_t ends_ns = edoi_load_rlx_u64(&w->ends_ns); // relaxed: `wake` shows it
        if (ends_ns > 0 && (uint64_t)until.ns > ends_ns) return -ETIMEDOUT;
        edo_duration left = edo_instant_since(until, edo_now());
        if (left.ns <= 0) break;
        err = edo_timeout(edo_notify_wait_init(&woken, &w->wake), left);
        if (err == -ETIMEDOUT) err = 0;
    }
    return err;
}

/* Pauses that grow. The first is 1 s at most, and so short that several fit into the time of a
 * batch. */
static int exporter_backoff(edo_backoff *backoff, edo_duration retry_max) {
    int64_t min_ns = retry_max.ns / 30;
    if (min_ns > PAUSE_MIN_MOST_NS) min_ns = PAUSE_MIN_MOST_NS;
    if (min_ns < PAUSE_MIN_LEAST_NS) min_ns = PAUSE_MIN_LEAST_NS;
    const edo_backoff_opts pauses = { .pause_min = edo_ns(min_ns), .pause_max = edo_s(10) };
    return edo_backoff_init(backoff, &pauses);
}

/* When the next attempt may be, after one that may be made again. The collector's word goes before
 * pauses that grow, but is never shorter: 0, or a date that its clock has put into the past, would
 * be a loop without a pause against one that has too much to do. */
static edo_instant exporter_again_at(edoi_otlp_worker *w, edo_backoff *backoff) {
    edo_duration after = w->said.after, pause = edo_backoff_next(backoff);
    edo_instant now = edo_now();
    if (after.ns < 0) return edo_instant_add(now, pause);
    if (after.ns < pause.ns) after = pause;
    w->quiet_until = edo_instant_add(now, after.ns < quiet_max.ns ? after : quiet_max);
    return w->quiet_until;
}

/* Sends it, until it is taken or refused, or its time is over. Errors: -ECANCELED. */
static int exporter_send(edoi_otlp_worker *w, edo_str body, uint64_t n) {
    edo_backoff backoff;
    int err = exporter_backoff(&backoff, w->way.aim->retry_max);
    if (err == 0) err = exporter_pause(w, w->quiet_until);
    edo_instant over_at = edo_instant_add(edo_now(), w->way.aim->retry_max);
    while (err == 0) {
        (void)edoi_add_rlx_u64(&w->counts.requests, 1);
        err = edoi_otlp_send(&w->way, body, &w->said);
        if (err < 0) break;
        if (w->said.verdict == EDOI_OTLP_TAKEN) return exporter_count(w, n, &w->said), 0;
        (void)edoi_add_rlx_u64(&w->counts.failures, 1);
        if (w->said.verdict != EDOI_OTLP_LATER) break;
        edo_instant again_at = exporter_again_at(w, &backoff);
        err = again_at.ns > over_at.ns ? -ETIMEDOUT : exporter_pause(w, again_at);
    }
    if (err == -ECANCELED) return edoi_otlp_count_dropped(&w->counts, n), err; // told at the end
    exporter_lose(w, n, w->said.why);
    return 0;
}

/* ---- All of it ------------------------------------------------------------------------------- */

static edo_str resource_of(const edoi_otlp_worker *w) {
    return (edo_str){ w->settings->resource.ptr, w->settings->resource.len };
}

static int exporter_send_items(edoi_otlp_worker *w, edoi_otlp_item *items, uint64_t n) {
    edo_buf body = { 0 };
    int err = edoi_otlp_body(&body, resource_of(w), items);
    if (err < 0) {
        exporter_lose(w, n, edo_strerror(err));
        err = 0; // there may be memory for the next ones
    } else {
        err = exporter_send(w, (edo_str){ body.ptr, body.len }, n);
    }
    edo_buf_deinit(&body);
    return err;
}

/* Sends what is in the queue now, and not what comes meanwhile. Errors: -ECANCELED. */
static int exporter_send_queue(edoi_otlp_worker *w) {
    uint64_t left = edoi_load_rlx_u64(&w->queue.items_n), most = w->way.aim->batch_max;
    int err = 0;
    while (err == 0 && left > 0) {
        uint64_t n;
        edoi_otlp_item *items = edoi_otlp_take(&w->queue, left < most ? left : most, &n);
        if (!items) break;
        err = exporter_send_items(w, items, n);
        edoi_otlp_give_back(&w->queue, items);
        left -= n;
    }
    return err;
}

static int exporter_send_numbers(edoi_otlp_worker *w) {
    edo_buf body = { 0 };
    uint64_t n = 0;
    int err = edoi_otlp_numbers(&body, resource_of(w), w->metrics, w->began_ns, &n);
    if (err < 0) {
        exporter_lose(w, n, edo_strerror(err));
        err = 0;
    } else if (n > 0) {
        err = exporter_send(w, (edo_str){ body.ptr, body.len }, n);
    }
    edo_buf_deinit(&body);
    return err;
}

/* ---- The task -------------------------------------------------------------------------------- */

static bool exporter_is_due(const edoi_otlp_worker *w) {
    uint64_t asked = edoi_load_acq_u64(&w->asked); // OW1: pairs with OW1: what was pushed before
    return asked != edoi_load_rlx_u64(&w->reached) ||
           (!w->metrics && edoi_otlp_is_half_full(&w->queue));
}

/* Waits until it is time to export. Errors: -ECANCELED. */
static int exporter_wait(edoi_otlp_worker *w) {
    edo_notify_wait_future woken;
    int err = 0;
    edo_instant due = edo_instant_add(edo_now(), w->way.aim->delay);
    while (err == 0 && !exporter_is_due(w)) {
        edo_duration left = edo_instant_since(due, edo_now());
        if (left.ns <= 0) break;
        err = edo_timeout(edo_notify_wait_init(&woken, &w->wake), left);
        if (err == -ETIMEDOUT) err = 0;
    }
    return err;
}

static int exporter_run(void *arg) {
    edoi_otlp_worker *w = arg;
    edo_context_block silent;
    edoi_span_silence(&silent, w->silent);
    int err = 0;
    while ((err = exporter_wait(w)) == 0) {
        uint64_t asked = edoi_load_acq_u64(&w->asked); // OW1: pairs with OW1: as above
        err = w->metrics ? exporter_send_numbers(w) : exporter_send_queue(w);
        if (err < 0) break;
        exporter_tell_loss(w, "the queue was full", false); // else it was told already
        edoi_store_rel_u64(&w->reached, asked); // OW1: the numbers are there before it is seen
        edo_notify_all(&w->done);
    }
    return edo_context_end(&silent, err);
}

int edoi_otlp_worker_start(edoi_otlp_worker *w) {
    const edoi_otlp_aim *aim = &w->settings->of[w->kind];
    w->queue.items_max = aim->queue_max;
    w->queue.bytes_max = w->settings->bytes_max;
    w->queue.counter = w->counts.dropped_counter;
    int err = edoi_otlp_way_open(&w->way, aim, w->kind);
    if (err < 0) return err;
    w->task = edo_spawn_with(exporter_run, w,
                             &(edo_spawn_opts){ .name = "edo_otlp", .no_context = true });
    if (w->task) return 0;
    return edo_fail(edo_task_join(NULL), "edo_otlp_start()");
}

void edoi_otlp_worker_wake(edoi_otlp_worker *w) {
    edo_notify_one(&w->wake);
}

uint64_t edoi_otlp_worker_ask(edoi_otlp_worker *w) {
    uint64_t asked = edoi_add_acqrel_u64(&w->asked, 1) + 1; // OW1: what was pushed before is seen
    edo_notify_one(&w->wake);
    return asked;
}

int edoi_otlp_worker_reach(edoi_otlp_worker *w, uint64_t asked, edo_instant until) {
    edo_notify_wait_future f;
    int err = 0;
    while (err == 0) {
        edo_future *done = edo_notify_wait_init(&f, &w->done);
        if (edoi_load_acq_u64(&w->reached) >= asked) { // OW1: pairs with OW1: numbers are there
            edo_drop(done);
            return 0;
        }
        err = edo_timeout(done, edo_instant_since(until, edo_now()));
    }
    return err;
}

void edoi_otlp_worker_hurry(edoi_otlp_worker *w, edo_instant until) {
    edoi_store_rlx_u64(&w->ends_ns, (uint64_t)until.ns); // relaxed: `wake` shows it
}

/* Drops what is still in the queue: nothing takes from it any more. */
static void exporter_drop_rest(edoi_otlp_worker *w) {
    uint64_t n;
    edoi_otlp_item *rest = edoi_otlp_take(&w->queue, UINT64_MAX, &n);
    edoi_otlp_give_back(&w->queue, rest);
    if (rest) edoi_otlp_count_dropped(&w->counts, n);
}

void edoi_otlp_worker_end(edoi_otlp_worker *w) {
    if (w->task) {
        edo_task_cancel(w->task);
        (void)edo_task_join(w->task); // how it ended says nothing
        w->task = NULL;
        exporter_drop_rest(w);
        exporter_tell_loss(w, w->said.why[0] ? w->said.why : "the program has ended before", true);
    }
    edoi_otlp_way_close(&w->way);
}
