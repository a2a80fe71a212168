/* SPDX-License-Identifier: MIT */
/* Goal: a limit on calls at once lets the callers in, makes them wait, and refuses them as its
 * header says, for any sequence of callers that come, end, leave, and wait for too long: the
 * bulkhead, the one whose line is short in time (CoDel), and one that finds itself, while it stays
 * as it is.
 * Method: random events under a paused clock, one at a time; beside each the rules, written again
 * as plainly as they can be: a list of the callers in the order in which they came. 100,000
 * events in `make check`. */
#include <edo/adaptive.h>
#include <edo/codel.h>
#include <edo/layers.h>
#include <edo/notify.h>

#include "inside.h"
#include "rounds.h"
#include "seed.h"

#include <errno.h>

enum { EVENTS = 500, CALLERS = 10 };

static uint32_t random_state;

static int random_below(int n) {
    random_state = random_state * 1664525u + 1013904223u;
    return (int)((random_state >> 8) % (uint32_t)n);
}

typedef enum caller_place { GONE, WAITS, RUNS } caller_place;

/* One caller: its task, and what the rules say of it. */
typedef struct caller {
    struct world *w;
    edo_task *task;
    edo_notify finish;
    bool is_inside; /* its call runs */
    int result;     /* that its call is told to return */

    caller_place place; /* by the rules */
    int came;
    int64_t until_ms; /* waits till then; 0: for any time */
} caller;

/* The options of both layers in milliseconds; 0: as in their headers. */
typedef struct rules {
    int calls_max, waiters_max;
    bool refuse;
    int wait_max_ms;
    int target_ms, interval_ms; /* of CoDel; else 0 */
    bool newest_first;
} rules;

typedef struct world {
    rules r;
    edo_service *svc;
    caller callers[CALLERS];
    int came, refused, waited, overtaken;
    int64_t since_ms; /* the line was last empty then */
} world;

/* ---- The rules ------------------------------------------------------------------------------- */

static int64_t now_ms(void) {
    return edo_now().ns / 1000000;
}

static int rules_count(const world *w, caller_place place) {
    int n = 0;
    for (int i = 0; i < CALLERS; i++) n += w->callers[i].place == place;
    return n;
}

static bool rules_busy(const world *w) {
    if (rules_count(w, WAITS) == 0) return false;
    bool is_overload = w->r.interval_ms > 0 && now_ms() - w->since_ms >= w->r.interval_ms;
    return w->r.newest_first || is_overload;
}

/* The caller that came first, or last. */
static caller *rules_next(world *w, bool last) {
    caller *next = NULL;
    for (int i = 0; i < CALLERS; i++) {
        caller *c = &w->callers[i];
        if (c->place != WAITS) continue;
        if (!next || (last ? c->came > next->came : c->came < next->came)) next = c;
    }
    return next;
}

/* A place may have come free: one that waits gets it. */
static void rules_let_in(world *w) {
    while (rules_count(w, RUNS) < w->r.calls_max && rules_count(w, WAITS) > 0) {
        bool busy = rules_busy(w);
        w->overtaken += busy && rules_count(w, WAITS) > 1;
        rules_next(w, busy)->place = RUNS;
    }
}

/* Returns whether a caller that comes gets a place, or one in line. */
static bool rules_take(world *w, caller *c) {
    const rules *r = &w->r;
    int waiting_n = rules_count(w, WAITS);
    bool is_free = rules_count(w, RUNS) < r->calls_max;
    bool may_wait = !r->refuse && (r->waiters_max == 0 || waiting_n < r->waiters_max);
    int wait_ms = r->interval_ms == 0 ? r->wait_max_ms
                  : rules_busy(w)     ? r->target_ms
                                      : r->interval_ms;
    c->came = ++w->came;
    c->until_ms = wait_ms ? now_ms() + wait_ms : 0;
    if (waiting_n == 0) w->since_ms = now_ms();
    c->place = is_free ? RUNS : may_wait ? WAITS : GONE;
    return c->place != GONE;
}

/* ---- Beside the limit ------------------------------------------------------------------------ */

static int runs(void *arg, void *request, void *response) {
    caller *c = request;
    (void)arg, (void)response;
    c->is_inside = true;
    int err = edo_notify_wait(&c->finish);
    c->is_inside = false;
    return err < 0 ? err : c->result;
}

static int comes_main(void *arg) {
    caller *c = arg;
    return edo_service_oneshot(c->w->svc, c, NULL);
}

static void rests(void) {
    int err = edo_test_settle();
    CHECK(err == 0 || err == -EDEADLK);
}

static void joins(caller *c, int wanted) {
    CHECK_EQ(edo_task_join(c->task), wanted);
    edo_trail_clear();
    c->task = NULL;
    c->place = GONE;
}

static void comes(world *w, caller *c) {
    c->finish = (edo_notify)EDO_NOTIFY_INIT;
    c->w = w;
    c->result = random_below(2) ? 5 : -EIO;
    c->task = edo_spawn(comes_main, c);
    CHECK(c->task != NULL);
    bool stays = rules_take(w, c);
    w->refused += !stays;
    if (!stays) joins(c, -EDO_EOVERLOADED);
}

static void finishes(world *w, caller *c) {
    edo_notify_one(&c->finish);
    joins(c, c->result);
    rules_let_in(w);
}

static void leaves(world *w, caller *c) {
    edo_task_cancel(c->task);
    joins(c, -ECANCELED);
    rules_let_in(w);
}

/* Callers come at even milliseconds, and waits end at odd ones. */
static void time_passes(world *w) {
    EDO_TEST_OK(edo_time_advance(edo_ms(2 * random_below(10))));
    for (int i = 0; i < CALLERS; i++) {
        caller *c = &w->callers[i];
        if (c->place != WAITS || c->until_ms == 0 || now_ms() < c->until_ms) continue;
        joins(c, -EDO_EOVERLOADED);
        w->waited++;
    }
}

static void agrees(const world *w) {
    rests();
    for (int i = 0; i < CALLERS; i++) {
        const caller *c = &w->callers[i];
        CHECK_EQ(c->task != NULL, c->place != GONE);
        CHECK_EQ(c->is_inside, c->place == RUNS);
        CHECK(!c->task || !edo_task_is_finished(c->task));
    }
}

static void happens(world *w) {
    caller *c = &w->callers[random_below(CALLERS)];
    int what = random_below(10);
    if (what < 7 && c->place == GONE)
        comes(w, c);
    else if (what < 4 && c->place == RUNS)
        finishes(w, c);
    else if (what == 7 && c->place != GONE)
        leaves(w, c);
    else if (what > 7)
        time_passes(w);
    agrees(w);
}

/* ---- Layers ---------------------------------------------------------------------------------- */

static rules random_bulkhead(void) {
    return (rules){ .calls_max = 1 + random_below(4),
                    .waiters_max = random_below(2) ? 1 + random_below(4) : 0,
                    .refuse = random_below(6) == 0,
                    .wait_max_ms = random_below(3) ? 1 + 2 * random_below(20) : 0 };
}

static edo_layer bulkhead_of(const rules *r) {
    return edo_concurrency_layer_with(
        &(edo_concurrency_opts){ .calls_max = (uint32_t)r->calls_max,
                                 .waiters_max = (uint32_t)r->waiters_max,
                                 .refuse = r->refuse,
                                 .wait_max = edo_ms(r->wait_max_ms) });
}

static rules random_codel(void) {
    int target_ms = 1 + 2 * random_below(8);
    return (rules){ .calls_max = 1 + random_below(3),
                    .waiters_max = random_below(2) ? 1 + random_below(6) : 0,
                    .target_ms = target_ms,
                    .interval_ms = target_ms + 2 * random_below(20) };
}

static edo_layer codel_of(const rules *r) {
    return edo_codel_layer(&(edo_codel_opts){ .calls_max = (uint32_t)r->calls_max,
                                              .waiters_max = (uint32_t)r->waiters_max,
                                              .target = edo_ms(r->target_ms),
                                              .interval = edo_ms(r->interval_ms) });
}

static rules random_adaptive(void) {
    int wait_max_ms = random_below(3) ? 1 + 2 * random_below(20) : 0;
    return (rules){ .calls_max = 1 + random_below(4),
                    .waiters_max = random_below(2) ? 1 + random_below(4) : 0,
                    .refuse = wait_max_ms == 0,
                    .wait_max_ms = wait_max_ms,
                    .newest_first = true };
}

static edo_layer adaptive_of(const rules *r) {
    return edo_adaptive_layer(&(edo_adaptive_opts){ .limit_min = (uint32_t)r->calls_max,
                                                    .limit_max = (uint32_t)r->calls_max,
                                                    .waiters_max = (uint32_t)r->waiters_max,
                                                    .wait_max = edo_ms(r->wait_max_ms) });
}

/* Adds what it has seen to `seen`. */
static void round_of(world *seen, const rules *r, edo_layer layer) {
    static world w;
    w = (world){ .r = *r };
    CHECK_EQ(edo_service_from_fn(&w.svc, runs, NULL, NULL), 0);
    CHECK_EQ(edo_layer_wrap(&w.svc, &layer, w.svc), 0);
    for (int k = 0; k < EVENTS; k++) happens(&w);
    for (int k = 0; k < CALLERS; k++)
        if (w.callers[k].task) leaves(&w, &w.callers[k]);
    edo_service_unref(w.svc);
    seen->refused += w.refused;
    seen->waited += w.waited;
    seen->overtaken += w.overtaken;
}

EDO_TEST(a_bulkhead_treats_its_callers_as_its_rules_say, .paused = true) {
    world seen = { .came = 0 };
    int rounds = (int)test_inputs(10, 200);
    random_state = (uint32_t)test_seed(23);
    for (int i = 0; i < rounds; i++) {
        rules r = random_bulkhead();
        round_of(&seen, &r, bulkhead_of(&r));
    }
    CHECK(seen.refused > 10 * rounds && seen.waited > 5 * rounds && seen.overtaken == 0);
}

EDO_TEST(a_line_that_is_short_in_time_is_served_as_its_rules_say, .paused = true) {
    world seen = { .came = 0 };
    int rounds = (int)test_inputs(10, 200);
    random_state = (uint32_t)test_seed(29);
    for (int i = 0; i < rounds; i++) {
        rules r = random_codel();
        round_of(&seen, &r, codel_of(&r));
    }
    CHECK(seen.refused > 5 * rounds && seen.waited > 20 * rounds && seen.overtaken > 5 * rounds);
}

EDO_TEST(an_adaptive_limit_treats_its_callers_as_its_rules_say, .paused = true) {
    world seen = { .came = 0 };
    int rounds = (int)test_inputs(10, 200);
    random_state = (uint32_t)test_seed(37);
    for (int i = 0; i < rounds; i++) {
        rules r = random_adaptive();
        round_of(&seen, &r, adaptive_of(&r));
    }
    CHECK(seen.refused > 10 * rounds && seen.waited > 5 * rounds && seen.overtaken > 5 * rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bulkhead_treats_its_callers_as_its_rules_say),
        cmocka_unit_test(a_line_that_is_short_in_time_is_served_as_its_rules_say),
        cmocka_unit_test(an_adaptive_limit_treats_its_callers_as_its_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
