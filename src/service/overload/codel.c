/* SPDX-License-Identifier: MIT */
/* service/overload/codel.c: a limit whose line is short in time. Ready takes a place; a ready
 * without one holds its permit all the same, with the reason as its word, and the call fails. */
#include <edo/codel.h>

#include "base/atomic.h"
#include "base/error/trail.h"
#include "base/opts.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "service/overload/gate.h"
#include "service/own_wait.h"
#include "service/series.h"
#include "service/wrap.h"

#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define TARGET_MS   5
#define INTERVAL_MS 100
#define WAITERS_MAX 10000u
#define USUAL_SHIFT 4 /* a call counts for 1/16 of the average */
#define DOUBT_SHIFT 6 /* a refusal makes it shorter by 1/64 */

/* The word of a permit: whether it has a place, and if not, why. */
typedef enum codel_place { PLACED, WAITED, LINE_FULL, TOO_LATE, CODEL_PLACES } codel_place;

typedef struct codel {
    edo_service base;
    edoi_gate gate;
    edo_atomic_u64 usual_ns; /* atomic, relaxed: the average length of calls, which is a guess */
    edo_atomic_u32 is_busy;  /* atomic, relaxed: the gate was, when somebody looked last */
    edo_codel_opts opts;     /* const, complete */
    edo_counter *refused[CODEL_PLACES]; /* that of PLACED is NULL */
    edo_counter *overloads;
    edo_up_down *waiting;
} codel;

static codel *codel_of(edo_service *base) {
    return (codel *)(void *)base;
}

/* ---- Ready ----------------------------------------------------------------------------------- */

/* Will the deadline in force have passed before a call usually ends? */
static bool codel_is_too_late(codel *self) {
    const edoi_ctx *c = edoi_ctx_here();
    if (EDOI_LIKELY(!edoi_ctx_has_deadline(c)) || self->opts.ignores_deadlines) return false;
    uint64_t usual_ns = edoi_load_rlx_u64(&self->usual_ns);
    edo_duration left = edo_instant_since((edo_instant){ c->deadline_ns }, edo_now_coarse());
    if (left.ns > 0 && left.ns >= (int64_t)usual_ns) return false;
    edoi_store_rlx_u64(&self->usual_ns, usual_ns - (usual_ns >> DOUBT_SHIFT));
    return true;
}

/* How long a caller that comes now may wait; 0: not at all. */
static edo_duration codel_wait_max(codel *self, int64_t now_ns) {
    bool is_busy;
    uint32_t waiting_n = edoi_gate_waiting(&self->gate, now_ns, &is_busy);
    bool was_busy = edoi_swap_rlx_u32(&self->is_busy, is_busy);
    if (is_busy && !was_busy) edo_counter_add(self->overloads, 1);
    if (waiting_n >= self->opts.waiters_max) return edo_ns(0);
    return is_busy ? self->opts.target : self->opts.interval;
}

/* Waits for a place, for `most` at most. */
static int codel_wait(codel *self, int64_t now_ns, edo_duration most, codel_place *place) {
    edoi_gate_future wait;
    edoi_trail_kept kept = edoi_trail_keep();
    edo_deadline d;
    edo_deadline_begin(&d, most);
    int err = edo_deadline_end(&d, edo_await(edoi_gate_wait_init(&wait, &self->gate, now_ns)));
    if (err == -ETIMEDOUT) { // by this limit: the caller's own deadline cancels
        *place = WAITED;
        err = 0;
    }
    return edoi_trail_kept_end(kept, err);
}

static EDOI_NOINLINE int codel_join_line(codel *self, codel_place *place) {
    int64_t now_ns = edo_now().ns;
    edo_duration most = codel_wait_max(self, now_ns);
    if (most.ns == 0) {
        *place = LINE_FULL;
        return 0;
    }
    edo_up_down_add(self->waiting, 1);
    int err = edoi_own_wait_ended(codel_wait(self, now_ns, most, place));
    edo_up_down_add(self->waiting, -1);
    if (err < 0 || *place != PLACED || !codel_is_too_late(self)) return err;
    edoi_gate_give(&self->gate);
    *place = TOO_LATE;
    return 0;
}

static int codel_ready(edo_service *base, edo_permit *permit) {
    codel *self = codel_of(base);
    codel_place place = PLACED;
    int err = 0;
    if (EDOI_UNLIKELY(codel_is_too_late(self))) {
        place = TOO_LATE;
    } else if (EDOI_UNLIKELY(edoi_gate_try(&self->gate) == 0)) {
        err = permit->no_wait ? -EAGAIN : codel_join_line(self, &place);
    }
    if (err < 0) return err;
    *edo_permit_word(permit, base) = place;
    if (EDOI_UNLIKELY(place != PLACED)) return 0;
    err = edo_service_ready(base->inner, permit);
    if (err < 0) edoi_gate_give(&self->gate);
    return err;
}

static void codel_release(edo_service *base, edo_permit *permit) {
    if (*edo_permit_word(permit, base) == PLACED) edoi_gate_give(&codel_of(base)->gate);
}

/* ---- Call ------------------------------------------------------------------------------------ */

static EDOI_NOINLINE int codel_refuse(const codel *self, codel_place place) {
    static const char *const why[CODEL_PLACES] = {
        [WAITED] = "no place in time",
        [LINE_FULL] = "too many wait for a place",
        [TOO_LATE] = "calls usually take longer than the deadline leaves",
    };
    edo_counter_add(self->refused[place], 1);
    return edo_fail(-EDO_EOVERLOADED, "queue \"%s\": %s", self->opts.name, why[place]);
}

/* Notes the length of a call; one that has failed says only that calls take at least as long. Calls
 * at once may overwrite each other's: it is an average. */
static void codel_note(codel *self, int64_t took_ns, bool has_failed) {
    int64_t usual_ns = (int64_t)edoi_load_rlx_u64(&self->usual_ns);
    if (has_failed && took_ns <= usual_ns) return;
    usual_ns += (took_ns - usual_ns) / (1 << USUAL_SHIFT);
    edoi_store_rlx_u64(&self->usual_ns, (uint64_t)usual_ns);
}

static int codel_call(edo_service *base, edo_permit *permit, void *request, void *response) {
    codel *self = codel_of(base);
    codel_place place = (codel_place)*edo_permit_word(permit, base);
    if (EDOI_UNLIKELY(place != PLACED)) return codel_refuse(self, place);
    edo_instant begun = edo_now_coarse();
    int result = edo_service_call(base->inner, permit, request, response);
    codel_note(self, edo_instant_since(edo_now_coarse(), begun).ns, result < 0);
    edoi_gate_give(&self->gate);
    return result;
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* The options with their defaults; -EINVAL. */
static int codel_complete(edo_codel_opts *o) {
    if (o->calls_max == 0) return edo_fail(-EINVAL, "edo_codel_layer(): set `calls_max`");
    if (o->waiters_max == 0) o->waiters_max = WAITERS_MAX;
    if (o->target.ns == 0) o->target = edo_ms(TARGET_MS);
    bool is_long = o->target.ns > edo_ms(INTERVAL_MS).ns;
    if (o->interval.ns == 0) o->interval = is_long ? o->target : edo_ms(INTERVAL_MS);
    if (o->target.ns < 0 || o->interval.ns < o->target.ns)
        return edo_fail(-EINVAL, "edo_codel_layer(): `target` or `interval`");
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_codel_layer(): `reserved` must be 0");
    if (!o->name) o->name = "unnamed";
    return 0;
}

static int codel_add_refused(codel *self) {
    static const char *const reasons[CODEL_PLACES] = {
        [WAITED] = "wait", [LINE_FULL] = "line", [TOO_LATE] = "deadline"
    };
    edoi_series_of of = { .metric = "edo.codel.refused",
                          .help = "Calls refused.",
                          .labels = "codel reason",
                          .name = self->opts.name };
    int err = 0;
    for (unsigned i = WAITED; i < CODEL_PLACES && err == 0; i++) {
        of.value = reasons[i];
        err = edoi_series_counter(&self->refused[i], self->opts.metrics, &of);
    }
    return err;
}

static int codel_add_metrics(codel *self) {
    edoi_series_of of = { .metric = "edo.codel.overloads",
                          .help = "How often an overload was found.",
                          .labels = "codel",
                          .name = self->opts.name };
    edoi_metrics_ref(self->opts.metrics);
    int err = codel_add_refused(self);
    if (err == 0) err = edoi_series_counter(&self->overloads, self->opts.metrics, &of);
    of.metric = "edo.codel.waiting";
    of.help = "Callers that wait for a place.";
    return err < 0 ? err : edoi_series_up_down(&self->waiting, self->opts.metrics, &of);
}

static void codel_deinit(edo_service *base) {
    edoi_metrics_unref(codel_of(base)->opts.metrics);
}

static int codel_wrap(edo_service **out, edo_service *inner, const edo_layer *layer) {
    static const edo_service_ops ops = { .name = "edo_codel_layer",
                                         .ready = codel_ready,
                                         .call = codel_call,
                                         .release = codel_release,
                                         .deinit = codel_deinit };
    edo_codel_opts opts;
    edo_service *base = NULL;
    memcpy(&opts, &layer->opts, sizeof opts);
    int err = codel_complete(&opts);
    if (err == 0) err = edo_service_new(&base, sizeof(codel), &ops, inner);
    if (err < 0) return err;
    codel *self = codel_of(base);
    self->opts = opts;
    edoi_gate_init(&self->gate, opts.calls_max, opts.interval.ns);
    if (opts.metrics) err = codel_add_metrics(self);
    return edoi_wrap_end(out, base, err);
}

edo_layer edo_codel_layer(const edo_codel_opts *opts) {
    return edo_layer_make(codel_wrap, opts, opts ? sizeof *opts : 0);
}
