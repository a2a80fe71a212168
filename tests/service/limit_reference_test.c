/* SPDX-License-Identifier: MIT */
/* Goal: a limit on calls at once lets the callers in, makes them wait, and refuses them as its
 * header says, for any sequence of callers that come, end, leave, and wait for too long.
 * Method: random events under a paused clock, one at a time; beside each the rules, written again
 * as plainly as they can be: a list of the callers in the order in which they came. 100,000 events
 * in `make check`. */
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
    int64_t since_ms;
} caller;

typedef struct world {
    edo_concurrency_opts opts;
    edo_service *svc;
    caller callers[CALLERS];
    int came, refused, waited;
} world;

/* ---- The rules ------------------------------------------------------------------------------- */

static int rules_count(const world *w, caller_place place) {
    int n = 0;
    for (int i = 0; i < CALLERS; i++) n += w->callers[i].place == place;
    return n;
}

/* A place may have come free: the caller that came first gets it. */
static void rules_let_in(world *w) {
    while (rules_count(w, RUNS) < (int)w->opts.calls_max) {
        caller *first = NULL;
        for (int i = 0; i < CALLERS; i++) {
            caller *c = &w->callers[i];
            if (c->place == WAITS && (!first || c->came < first->came)) first = c;
        }
        if (!first) return;
        first->place = RUNS;
    }
}

/* Returns whether a caller that comes gets a place, or one in line. */
static bool rules_take(world *w, caller *c) {
    c->came = ++w->came;
    c->since_ms = edo_now().ns / 1000000;
    bool is_free = rules_count(w, RUNS) < (int)w->opts.calls_max;
    bool may_wait = !w->opts.refuse &&
                    (w->opts.waiters_max == 0 || rules_count(w, WAITS) < (int)w->opts.waiters_max);
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
    int64_t now_ms = edo_now().ns / 1000000;
    for (int i = 0; i < CALLERS; i++) {
        caller *c = &w->callers[i];
        bool is_over =
            w->opts.wait_max.ns > 0 && (now_ms - c->since_ms) * 1000000 >= w->opts.wait_max.ns;
        if (c->place != WAITS || !is_over) continue;
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

static edo_concurrency_opts random_opts(void) {
    return (edo_concurrency_opts){
        .calls_max = (uint32_t)(1 + random_below(4)),
        .waiters_max = random_below(2) ? (uint32_t)(1 + random_below(4)) : 0,
        .refuse = random_below(6) == 0,
        .wait_max = edo_ms(random_below(3) ? 1 + 2 * random_below(20) : 0),
    };
}

EDO_TEST(a_bulkhead_treats_its_callers_as_its_rules_say, .paused = true) {
    static world w;
    int rounds = (int)test_rounds(10, 200), refused = 0, waited = 0;
    random_state = (uint32_t)test_seed(23);
    for (int i = 0; i < rounds; i++) {
        w = (world){ .opts = random_opts() };
        const edo_layer layer = edo_concurrency_layer_with(&w.opts);
        CHECK_EQ(edo_service_from_fn(&w.svc, runs, NULL, NULL), 0);
        CHECK_EQ(edo_layer_wrap(&w.svc, &layer, w.svc), 0);
        for (int k = 0; k < EVENTS; k++) happens(&w);
        for (int k = 0; k < CALLERS; k++)
            if (w.callers[k].task) leaves(&w, &w.callers[k]);
        refused += w.refused;
        waited += w.waited;
        edo_service_unref(w.svc);
    }
    CHECK(refused > 10 * rounds && waited > 5 * rounds);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bulkhead_treats_its_callers_as_its_rules_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
