/* SPDX-License-Identifier: MIT */
/* service/breaker/breaker.c: a breaker as a program has it: the clock, events, metrics and the line
 * in the trail, around the states of circuit.h. */
#define EDO_TARGET "breaker"
#include "service/breaker/breaker.h"

#include "base/opts.h"
#include "log/span/note.h"
#include "service/breaker/circuit.h"
#include "service/kind.h"
#include "service/outcome.h"
#include "service/series.h"
#include "time/coarse.h"

#include <edo/error.h>
#include <edo/task.h>

#include <string.h>

#define WINDOW_CALLS  100u
#define CALLS_MIN     100u
#define TRIALS        10u
#define OPEN_FOR_S    60
#define FAILURE_SHARE 0.5
#define STATES        (EDO_BREAKER_METRICS_ONLY + 1)

typedef enum breaker_result { SUCCEEDED, FAILED, IGNORED, LATE, RESULTS } breaker_result;

/* Series of the registry; all NULL without one. */
typedef struct breaker_series {
    edo_gauge *states[STATES];
    edo_counter *results[RESULTS];
    edo_counter *slow, *refused, *opened;
} breaker_series;

struct edo_breaker {
    edoi_circuit circuit;
    /* const: */
    edo_breaker_opts opts; /* complete; `name` is a copy */
    int64_t slow_ns;       /* 0: nothing is slow */
    bool is_coarse;        /* calls are measured by the coarse clock */
    breaker_series series;
    edoi_lock showing; /* a leaf; guards `shown`, and setting the gauges */
    uint64_t shown;    /* the generation that the gauges show */
};

/* ---- Options --------------------------------------------------------------------------------- */

static bool share_is_valid(double share) {
    return share >= 0.000001 && share <= 1;
}

/* Fills in defaults; -EINVAL. */
static int breaker_opts_complete(edo_breaker_opts *o) {
    if (!o->name) o->name = "unnamed";
    if (o->window_calls > EDO_BREAKER_WINDOW_CALLS_MAX ||
        o->window_seconds > EDO_BREAKER_WINDOW_SECONDS_MAX)
        return edo_fail(-EINVAL, "edo_breaker_new(): the window is too long");
    if (o->window_calls > 0 && o->window_seconds > 0)
        return edo_fail(-EINVAL, "edo_breaker_new(): set `window_calls` or `window_seconds`");
    if (o->window_calls == 0) o->window_calls = WINDOW_CALLS;
    if (o->calls_min == 0) o->calls_min = CALLS_MIN;
    if (o->window_seconds == 0 && o->calls_min > o->window_calls) o->calls_min = o->window_calls;
    if (o->failures == 0) o->failures = FAILURE_SHARE;
    if (o->slow != 0 && o->slow_after.ns <= 0)
        return edo_fail(-EINVAL, "edo_breaker_new(): `slow` without `slow_after`: nothing is slow");
    if (o->slow == 0) o->slow = 1;
    if (!share_is_valid(o->failures) || !share_is_valid(o->slow))
        return edo_fail(-EINVAL, "edo_breaker_new(): `failures` or `slow` is no share");
    if (o->open_for.ns == 0) o->open_for = edo_s(OPEN_FOR_S);
    if (o->trials == 0) o->trials = TRIALS;
    if (o->open_for.ns < 0 || o->half_open_max.ns < 0 ||
        (o->open_for_max.ns != 0 && o->open_for_max.ns < o->open_for.ns))
        return edo_fail(-EINVAL,
                        "edo_breaker_new(): `open_for`, `open_for_max` or `half_open_max`");
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved)))
        return edo_fail(-EINVAL, "edo_breaker_new(): `reserved` must be 0");
    return 0;
}

static uint64_t ppm_of(double share) {
    return (uint64_t)(share * 1000000 + 0.5);
}

static edoi_circuit_rules breaker_rules_of(const edo_breaker_opts *o) {
    return (edoi_circuit_rules){
        .calls_min = o->calls_min,
        .failures_ppm = ppm_of(o->failures),
        .slow_ppm = ppm_of(o->slow),
        .in_a_row = o->failures_in_a_row,
        .trials = o->trials,
        .open_ns = o->open_for.ns,
        .open_grows = o->open_for_max.ns > 0,
        .half_open_ns = o->half_open_max.ns > 0 ? o->half_open_max.ns : EDO_FOREVER_NS,
        .half_open_by_time = o->half_open_by_time,
    };
}

/* ---- Metrics --------------------------------------------------------------------------------- */

const char *edo_breaker_state_name(edo_breaker_state state) {
    static const char *const names[STATES] = {
        [EDO_BREAKER_CLOSED] = "closed",           [EDO_BREAKER_OPEN] = "open",
        [EDO_BREAKER_HALF_OPEN] = "half_open",     [EDO_BREAKER_DISABLED] = "disabled",
        [EDO_BREAKER_FORCED_OPEN] = "forced_open", [EDO_BREAKER_METRICS_ONLY] = "metrics_only",
    };
    return (unsigned)state < STATES ? names[state] : "unknown";
}

static int breaker_add_states(edo_breaker *b) {
    int err = 0;
    for (unsigned i = 0; i < STATES && err == 0; i++)
        err = edoi_series_gauge(
            &b->series.states[i], b->opts.metrics,
            &(edoi_series_of){ .metric = "edo.breaker.state",
                               .help = "1 for the state that the breaker is in.",
                               .labels = "breaker state",
                               .name = b->opts.name,
                               .value = edo_breaker_state_name((edo_breaker_state)i) });
    if (err == 0) edo_gauge_set(b->series.states[EDO_BREAKER_CLOSED], 1);
    return err;
}

static int breaker_add_results(edo_breaker *b) {
    static const char *const names[RESULTS] = { "succeeded", "failed", "ignored", "late" };
    int err = 0;
    for (unsigned i = 0; i < RESULTS && err == 0; i++)
        err = edoi_series_counter(&b->series.results[i], b->opts.metrics,
                                  &(edoi_series_of){ .metric = "edo.breaker.calls",
                                                     .help = "Calls that have ended.",
                                                     .labels = "breaker result",
                                                     .name = b->opts.name,
                                                     .value = names[i] });
    return err;
}

static int breaker_add_counter(edo_breaker *b, edo_counter **out, const char *name,
                               const char *help) {
    return edoi_series_counter(
        out, b->opts.metrics,
        &(edoi_series_of){
            .metric = name, .help = help, .labels = "breaker", .name = b->opts.name });
}

static int breaker_add_metrics(edo_breaker *b) {
    breaker_series *s = &b->series;
    int err = breaker_add_states(b);
    if (err == 0) err = breaker_add_results(b);
    if (err == 0 && b->slow_ns > 0) // else it is not measured
        err = breaker_add_counter(b, &s->slow, "edo.breaker.slow", "Calls that took too long.");
    if (err == 0)
        err = breaker_add_counter(b, &s->refused, "edo.breaker.refused", "Calls refused.");
    if (err == 0)
        err = breaker_add_counter(b, &s->opened, "edo.breaker.opened", "How often it has opened.");
    return err;
}

/* Shows a state, unless a later one is shown. */
static void breaker_show(edo_breaker *b, uint64_t generation, edo_breaker_state state) {
    edoi_lock_acquire(&b->showing);
    if (generation > b->shown) {
        b->shown = generation;
        for (unsigned i = 0; i < STATES; i++)
            edo_gauge_set(b->series.states[i], i == (unsigned)state);
    }
    edoi_lock_release(&b->showing);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void breaker_deinit(void *self) {
    edo_breaker *b = self;
    edoi_metrics_unref(b->opts.metrics);
}

/* The parts of one piece of memory: the breaker, its window, its name. */
static edo_breaker *breaker_alloc(const edo_breaker_opts *o) {
    bool is_by_time = o->window_seconds > 0;
    uint32_t size = is_by_time ? o->window_seconds : o->window_calls;
    size_t window_bytes = edoi_window_bytes(size, is_by_time);
    size_t name_bytes = strlen(o->name) + 1;
    edo_breaker *b = edo_rc_new(sizeof *b + window_bytes + name_bytes, breaker_deinit);
    if (!b) return NULL;
    memset(b, 0, sizeof *b);
    edoi_window_init(&b->circuit.window, b + 1, size, is_by_time);
    b->opts = *o;
    b->opts.metrics = NULL; // until it counts there
    b->opts.name = memcpy((char *)(b + 1) + window_bytes, o->name, name_bytes);
    return b;
}

int edo_breaker_new(edo_breaker **out, const edo_breaker_opts *opts) {
    edo_breaker_opts o = opts ? *opts : (edo_breaker_opts){ .name = NULL };
    int err = breaker_opts_complete(&o);
    if (err < 0) return err;
    edo_breaker *b = breaker_alloc(&o);
    if (!b) return -ENOMEM;
    const edoi_circuit_rules rules = breaker_rules_of(&o);
    edoi_circuit_init(&b->circuit, &rules);
    b->slow_ns = o.slow_after.ns > 0 ? o.slow_after.ns : 0;
    b->is_coarse = b->slow_ns >= EDOI_COARSE_WORTH_NS;
    b->shown = 1;
    if (rules.open_grows)
        err =
            edo_backoff_init(&b->circuit.backoff, &(edo_backoff_opts){ .kind = EDO_BACKOFF_EQUAL,
                                                                       .pause_min = o.open_for,
                                                                       .pause_max = o.open_for_max,
                                                                       .seed = o.seed });
    if (err == 0 && o.metrics) {
        b->opts.metrics = o.metrics;
        edoi_metrics_ref(o.metrics);
        err = breaker_add_metrics(b);
    }
    if (err < 0) {
        edo_rc_unref(b);
        return err;
    }
    *out = b;
    return 0;
}

edo_breaker *edo_breaker_ref(edo_breaker *b) {
    return edo_rc_ref(b);
}

void edo_breaker_unref(edo_breaker *b) {
    edo_rc_unref(b);
}

/* ---- Events ---------------------------------------------------------------------------------- */

static void breaker_event(edo_breaker *b, const edo_breaker_event *event) {
    if (!b->opts.on_event) return;
    edo_no_await_begin();
    b->opts.on_event(b->opts.event_arg, b, event);
    edo_no_await_end();
}

static void breaker_moved(edo_breaker *b, const edoi_circuit_news *news) {
    edo_info_kv("a circuit has changed", EDO_KV("breaker", b->opts.name),
                EDO_KV("from", edo_breaker_state_name(news->from)),
                EDO_KV("to", edo_breaker_state_name(news->to)));
    if (b->opts.metrics) {
        breaker_show(b, news->generation, news->to);
        if (news->to == EDO_BREAKER_OPEN) edo_counter_add(b->series.opened, 1);
    }
    breaker_event(b, &(edo_breaker_event){ .kind = EDO_BREAKER_MOVED,
                                           .from = news->from,
                                           .to = news->to,
                                           .generation = news->generation,
                                           .left = news->left });
}

/* Reports an event that has changed no state. */
static void breaker_happened(edo_breaker *b, edo_breaker_event_kind kind, edo_duration left) {
    if (!b->opts.on_event) return;
    uint64_t word;
    (void)edoi_circuit_passes(&b->circuit, &word);
    edo_breaker_state state = edoi_circuit_state_of(word);
    breaker_event(b, &(edo_breaker_event){ .kind = kind,
                                           .from = state,
                                           .to = state,
                                           .generation = word >> EDOI_CIRCUIT_STATE_BITS,
                                           .left = left });
}

static void breaker_refused(edo_breaker *b, edo_duration left) {
    edo_span *s = edoi_span_to_note();
    if (s) edo_span_record(s, EDO_KV("breaker.refused", b->opts.name));
    edo_counter_add(b->series.refused, 1);
    breaker_happened(b, EDO_BREAKER_REFUSAL, left);
}

static void breaker_ended(edo_breaker *b, edo_call_outcome outcome, bool is_slow,
                          edoi_circuit_end end) {
    if (end == EDOI_CIRCUIT_LATE) edo_counter_add(b->series.results[LATE], 1);
    if (end != EDOI_CIRCUIT_COUNTED) return;
    edo_counter_add(b->series.results[outcome], 1);
    if (is_slow) edo_counter_add(b->series.slow, 1);
    if (outcome == EDO_CALL_FAILED) breaker_happened(b, EDO_BREAKER_FAILURE, edo_ns(0));
}
_Static_assert((int)EDO_CALL_SUCCEEDED == SUCCEEDED && (int)EDO_CALL_FAILED == FAILED &&
                   (int)EDO_CALL_IGNORED == IGNORED,
               "series are found by outcome");

/* The line of a refusal. */
typedef struct breaker_line {
    const void *tag; /* &line_tag: it is one */
    edo_duration left;
} breaker_line;

static const char line_tag;

int edoi_breaker_tell(const edo_breaker *b, edo_duration left) {
    const breaker_line line = { &line_tag, left };
    if (left.ns == EDO_FOREVER_NS)
        return edo_fail_with(-EDO_ECIRCUITOPEN, &line, "circuit \"%s\" was opened by hand",
                             b->opts.name);
    if (left.ns == 0)
        return edo_fail_with(-EDO_ECIRCUITOPEN, &line, "circuit \"%s\" has trials under way",
                             b->opts.name);
    return edo_fail_with(-EDO_ECIRCUITOPEN, &line, "circuit \"%s\" stays open for %lld ms",
                         b->opts.name, (long long)((left.ns + 999999) / 1000000));
}

bool edo_breaker_left_of(edo_duration *left, int err) {
    const edo_trail_entry *e = err == -EDO_ECIRCUITOPEN ? edo_trail_find(err) : NULL;
    breaker_line line;
    if (!e || e->payload_bytes != sizeof line) return false;
    memcpy(&line, e->payload, sizeof line);
    if (line.tag != &line_tag) return false;
    *left = line.left;
    return true;
}

/* ---- Calls ----------------------------------------------------------------------------------- */

static EDOI_NOINLINE int breaker_begin_slowly(edo_breaker *b, edo_breaker_call *call) {
    edoi_circuit_news news = { .has_moved = false };
    int64_t now_ns = edo_now().ns;
    call->begun_ns = now_ns;
    call->word = edoi_circuit_enter(&b->circuit, now_ns, &call->left, &news);
    if (news.has_moved) breaker_moved(b, &news);
    if (call->word != 0) return 0;
    breaker_refused(b, call->left);
    return -EDO_ECIRCUITOPEN;
}

/* The present time, by the clock that measures calls. */
EDOI_INLINE int64_t breaker_now(const edo_breaker *b) {
    int64_t lag_ns;
    return EDOI_LIKELY(b->is_coarse) ? edoi_now_coarse(&lag_ns) : edo_now().ns;
}

int edo_breaker_begin(edo_breaker *b, edo_breaker_call *call) {
    if (EDOI_UNLIKELY(!edoi_circuit_passes(&b->circuit, &call->word)))
        return breaker_begin_slowly(b, call);
    call->begun_ns = b->slow_ns > 0 ? breaker_now(b) : 0;
    call->left = edo_ns(0);
    return 0;
}

void edo_breaker_end(edo_breaker *b, edo_breaker_call *call, edo_call_outcome outcome) {
    uint64_t word = call->word;
    int64_t lag_ns, now_ns = EDOI_CIRCUIT_NO_TIME;
    bool is_slow = false;
    if (word == 0) return;
    call->word = 0;
    if (outcome != EDO_CALL_IGNORED && b->slow_ns > 0) {
        now_ns = breaker_now(b);
        is_slow = now_ns - call->begun_ns > b->slow_ns;
    } else if (b->opts.window_seconds > 0) {
        now_ns = edoi_now_coarse(&lag_ns);
    }
    // it may open now, or its trials may take too long: exactly
    bool may_move = outcome == EDO_CALL_FAILED || is_slow ||
                    edoi_circuit_state_of(word) == EDO_BREAKER_HALF_OPEN;
    if (EDOI_UNLIKELY(may_move)) now_ns = edo_now().ns;
    edoi_circuit_news news; // the rest of it is not needed, and costs
    news.has_moved = false;
    edoi_circuit_end end = edoi_circuit_leave(&b->circuit, word, now_ns, outcome, is_slow, &news);
    if (EDOI_UNLIKELY(end == EDOI_CIRCUIT_WANTS_TIME))
        end = edoi_circuit_leave(&b->circuit, word, edo_now().ns, outcome, is_slow, &news);
    if (EDOI_LIKELY(!b->opts.metrics && !b->opts.on_event && !news.has_moved)) return;
    breaker_ended(b, outcome, is_slow, end);
    if (news.has_moved) breaker_moved(b, &news);
}

int edoi_breaker_take_kind(const edo_breaker *b, edo_service *made) {
    return edoi_kind_by(made, (edoi_any_fn *)b->opts.outcome);
}

edo_call_outcome edoi_breaker_judge(const edo_breaker *b, const void *request, const void *response,
                                    int result) {
    if (EDOI_UNLIKELY(b->opts.outcome != NULL))
        return edoi_outcome_by(b->opts.outcome, b->opts.outcome_arg, request, response, result);
    return EDOI_LIKELY(result >= 0) ? EDO_CALL_SUCCEEDED : edo_outcome_of(result);
}

int edo_breaker_run(edo_breaker *b, edo_task_fn *fn, void *arg) {
    edo_breaker_call call;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (edo_breaker_begin(b, &call) < 0) return edoi_breaker_tell(b, call.left);
    int result = fn(arg);
    edo_breaker_end(b, &call, edoi_breaker_judge(b, NULL, NULL, result));
    return result;
}

bool edoi_breaker_is_shut(edo_breaker *b) {
    uint64_t word;
    if (EDOI_LIKELY(edoi_circuit_passes(&b->circuit, &word))) return false;
    return edoi_circuit_is_shut(&b->circuit, edo_now().ns);
}

int edoi_breaker_refuse(edo_breaker *b) {
    edoi_circuit_news news = { .has_moved = false };
    edo_duration left = edoi_circuit_refuse(&b->circuit, edo_now().ns, &news);
    if (news.has_moved) breaker_moved(b, &news);
    breaker_refused(b, left);
    return edoi_breaker_tell(b, left);
}

/* ---- Looking on, and by hand ----------------------------------------------------------------- */

static void breaker_look(edo_breaker *b, int64_t now_ns) {
    edoi_circuit_news news = { .has_moved = false };
    edoi_circuit_look(&b->circuit, now_ns, &news);
    if (news.has_moved) breaker_moved(b, &news);
}

edo_breaker_state edo_breaker_get_state(edo_breaker *b) {
    uint64_t word;
    if (!edoi_circuit_passes(&b->circuit, &word)) {
        breaker_look(b, edo_now().ns);
        (void)edoi_circuit_passes(&b->circuit, &word);
    }
    return edoi_circuit_state_of(word);
}

int edo_breaker_force(edo_breaker *b, edo_breaker_state state) {
    edoi_circuit_news news = { .has_moved = false };
    if ((unsigned)state >= STATES) return -EINVAL;
    edoi_circuit_force(&b->circuit, state, edo_now().ns, &news);
    breaker_moved(b, &news);
    return 0;
}

void edo_breaker_get_stats(edo_breaker *b, edo_breaker_stats *stats) {
    int64_t now_ns = edo_now().ns;
    breaker_look(b, now_ns);
    edoi_circuit_get_stats(&b->circuit, now_ns, stats);
}
