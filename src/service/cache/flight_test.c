/* SPDX-License-Identifier: MIT */
/* Goal: a key has one leader, who waits gets its result or leads in its place, and no run, value or
 * place in line is lost, through every ask, end, cancellation and forget.
 * Method: the generic leaf tests; long random runs against a table kept by the test; each request
 * for memory fails in turn. */
#include "service/cache/flight.h"

#include "leaf.h"
#include "seed.h"

#include <edo/error.h>

static int values_n; /* alive */

static void value_end(void *value) {
    (void)value;
    values_n--;
}

static int *value_new(int what) {
    int *value = edo_rc_new(sizeof *value, value_end);
    assert_non_null(value);
    *value = what;
    values_n++;
    return value;
}

/* ---- The leaf -------------------------------------------------------------------------------- */

/* The first one leads; `f` waits. */
typedef struct ask_env {
    edo_flight *flight;
    edoi_flight_ask_future first, f;
    hand_waker w;
} ask_env;

static int ask_make(void *arg, edo_future **f) {
    ask_env *env = arg;
    env->w = (hand_waker)HAND_WAKER;
    if (edo_flight_new(&env->flight, NULL) < 0) return -ENOMEM;
    edo_future *first = edoi_flight_ask_init(&env->first, env->flight, EDO_STR("k"), NULL, NULL);
    assert_int_equal(hand_poll(first, &env->w), EDO_READY);
    if (first->result < 0) {
        edo_flight_unref(env->flight);
        return first->result;
    }
    *f = edoi_flight_ask_init(&env->f, env->flight, EDO_STR("k"), NULL, NULL);
    return 0;
}

/* `f` is in line: one that asks after the end would lead. */
static int ask_make_in_line(void *arg, edo_future **f) {
    int err = ask_make(arg, f);
    if (err == 0) assert_int_equal(hand_poll(*f, &((ask_env *)arg)->w), EDO_PENDING);
    return err;
}

static void first_ends(void *arg) {
    ask_env *env = arg;
    int *value = value_new(5);
    edoi_flight_end(env->first.run, 7, value);
    edo_rc_unref(value);
}

static void f_has_the_value(void *arg) {
    const ask_env *env = arg;
    if (env->f.value) assert_int_equal(*(int *)env->f.value, 5);
    if (env->f.value) assert_int_equal(env->f.result, 7);
    edo_rc_unref(env->f.value);
}

static void first_passes_on(void *arg) {
    edoi_flight_pass_on(((ask_env *)arg)->first.run);
}

static void f_leads(void *arg) {
    const ask_env *env = arg;
    assert_int_equal(edo_flight_get_stats(env->flight).running, 1);
    edoi_flight_end(env->f.run, -EIO, NULL);
}

static void nothing_runs(void *arg) {
    edo_flight_stats s = edo_flight_get_stats(((ask_env *)arg)->flight);
    assert_int_equal(s.running, 0);
    assert_int_equal(s.waiting, 0);
    assert_int_equal(values_n, 0);
}

static void flight_end(void *arg) {
    edo_flight_unref(((ask_env *)arg)->flight);
}

static void ask_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_flight_run",
                      .env_bytes = sizeof(ask_env),
                      .make = ask_make_in_line,
                      .poke = first_ends,
                      .undo = f_has_the_value,
                      .intact = nothing_runs,
                      .cleanup = flight_end });
    leaf_run(&(leaf){ .name = "edo_flight_run, passed on",
                      .env_bytes = sizeof(ask_env),
                      .make = ask_make,
                      .poke = first_passes_on,
                      .undo = f_leads,
                      .intact = nothing_runs,
                      .cleanup = flight_end,
                      .result = EDOI_FLIGHT_LEADS });
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N     8
#define KEYS_N      3
#define STEPS       100000
#define WAITERS_MAX 3
#define RUNS_MAX    3

typedef enum task_state { AWAY, IN_LINE, TOLD, GRANTED, LEADS } task_state;

typedef struct task {
    edoi_flight_ask_future f;
    hand_waker w;
    task_state state;
    int run;      /* that it is about */
    int expected; /* TOLD: the result */
} task;

/* A run: who leads, who waits, the first in line first. */
typedef struct ref_run {
    bool exists, is_forgotten;
    int key;
    task *line[TASKS_N];
    int line_n;
} ref_run;

typedef struct reference {
    edo_flight *flight;
    task tasks[TASKS_N];
    ref_run runs[TASKS_N]; /* at most one for each task */
    uint64_t runs_n, shared_n, promoted_n, refused_n;
    int results;
} reference;

static const char *const key_texts[KEYS_N] = { "", "one", "another one" };

static edo_str ref_key(int key) {
    return edo_str_of(key_texts[key]);
}

static int ref_running(const reference *r) {
    int n = 0;
    for (int i = 0; i < TASKS_N; i++) n += r->runs[i].exists;
    return n;
}

/* The run of a key that a caller would find; -1: none. */
static int ref_find(const reference *r, int key) {
    for (int i = 0; i < TASKS_N; i++)
        if (r->runs[i].exists && !r->runs[i].is_forgotten && r->runs[i].key == key) return i;
    return -1;
}

static int ref_free_run(const reference *r) {
    int i = 0;
    while (r->runs[i].exists) i++;
    return i;
}

static void ref_refused(reference *r, const task *t) {
    assert_int_equal(t->f.base.result, -EDO_EOVERLOADED);
    r->refused_n++;
}

static void ref_ask(reference *r, task *t, int key) {
    hand_reset(&t->w);
    int run = ref_find(r, key), running = ref_running(r);
    (void)edoi_flight_ask_init(&t->f, r->flight, ref_key(key), NULL, NULL);
    bool ready = hand_poll(&t->f.base, &t->w) == EDO_READY;
    if (run >= 0 && r->runs[run].line_n < WAITERS_MAX) {
        assert_false(ready);
        r->runs[run].line[r->runs[run].line_n++] = t;
        t->state = IN_LINE;
        t->run = run;
        return;
    }
    assert_true(ready);
    if (run >= 0 || running >= RUNS_MAX) {
        ref_refused(r, t);
        return;
    }
    assert_int_equal(t->f.base.result, EDOI_FLIGHT_LEADS);
    t->run = ref_free_run(r);
    r->runs[t->run] = (ref_run){ .exists = true, .key = key };
    r->runs_n++;
    t->state = LEADS;
}

/* The leader leaves; the first in line leads. */
static void ref_pass_on(reference *r, int at) {
    ref_run *run = &r->runs[at];
    if (run->line_n == 0) {
        run->exists = false;
        return;
    }
    task *next = run->line[0];
    run->line_n--;
    for (int i = 0; i < run->line_n; i++) run->line[i] = run->line[i + 1];
    assert_int_equal(hand_woken(&next->w), 1);
    next->state = GRANTED;
    r->promoted_n++;
}

static void ref_end(reference *r, task *t, bool fails) {
    ref_run *run = &r->runs[t->run];
    int result = fails ? -EIO : ++r->results;
    int *value = fails ? NULL : value_new(result);
    edoi_flight_end(t->f.run, result, value);
    edo_rc_unref(value);
    for (int i = 0; i < run->line_n; i++) {
        assert_int_equal(hand_woken(&run->line[i]->w), 1);
        run->line[i]->state = TOLD;
        run->line[i]->expected = result;
    }
    run->exists = false;
    t->state = AWAY;
}

/* Polls a task that has asked. */
static void ref_look(reference *r, task *t) {
    bool ready = hand_poll(&t->f.base, &t->w) == EDO_READY;
    assert_int_equal(ready, t->state != IN_LINE);
    if (!ready) return;
    if (t->state == GRANTED) {
        assert_int_equal(t->f.base.result, EDOI_FLIGHT_LEADS);
        t->state = LEADS;
        return;
    }
    assert_int_equal(t->f.base.result, EDOI_FLIGHT_SHARED);
    assert_int_equal(t->f.result, t->expected);
    assert_int_equal(t->f.value != NULL, t->expected > 0);
    if (t->f.value) assert_int_equal(*(int *)t->f.value, t->expected);
    edo_rc_unref(t->f.value);
    r->shared_n++;
    t->state = AWAY;
}

static void ref_drop(reference *r, task *t) {
    ref_run *run = &r->runs[t->run];
    int kept = 0;
    edo_drop(&t->f.base);
    if (t->state == GRANTED) ref_pass_on(r, t->run);
    if (t->state == IN_LINE) {
        for (int i = 0; i < run->line_n; i++)
            if (run->line[i] != t) run->line[kept++] = run->line[i];
        run->line_n = kept;
    }
    t->state = AWAY;
}

static void ref_forget(reference *r, int key) {
    int run = ref_find(r, key);
    assert_int_equal(edo_flight_forget(r->flight, ref_key(key)), run >= 0);
    if (run >= 0) r->runs[run].is_forgotten = true;
}

static void ref_forget_all(reference *r) {
    edoi_flight_forget_all(r->flight);
    for (int i = 0; i < TASKS_N; i++) r->runs[i].is_forgotten = true;
}

static void ref_step(reference *r, uint32_t random) {
    task *t = &r->tasks[random % TASKS_N];
    uint32_t how = random / 8 % 8, rare = random / 64 % 64;
    if (rare == 0) ref_forget(r, (int)(how % KEYS_N));
    if (rare == 1 && how == 0) ref_forget_all(r);
    if (t->state == AWAY) {
        ref_ask(r, t, (int)(random / 4096 % KEYS_N));
    } else if (t->state != LEADS) {
        if (how < 2) ref_drop(r, t);
        if (how >= 2) ref_look(r, t);
    } else if (how == 0) {
        edoi_flight_pass_on(t->f.run);
        ref_pass_on(r, t->run);
        t->state = AWAY;
    } else if (how < 4) {
        ref_end(r, t, how == 1);
    }
}

static void ref_check(const reference *r) {
    edo_flight_stats s = edo_flight_get_stats(r->flight);
    int waiting = 0;
    for (int i = 0; i < TASKS_N; i++) waiting += r->runs[i].exists ? r->runs[i].line_n : 0;
    assert_int_equal(s.running, ref_running(r));
    assert_int_equal(s.waiting, waiting);
    assert_int_equal(s.runs_n, r->runs_n);
    assert_int_equal(s.shared_n, r->shared_n);
    assert_int_equal(s.promoted_n, r->promoted_n);
    assert_int_equal(s.refused_n, r->refused_n);
}

static void flight_is_as_the_reference(void **state) {
    static reference r;
    (void)state;
    uint64_t random = test_seed(99);
    assert_int_equal(edo_flight_new(&r.flight, &(edo_flight_opts){ .waiters_max = WAITERS_MAX,
                                                                   .runs_max = RUNS_MAX }),
                     0);
    for (int i = 0; i < TASKS_N; i++) r.tasks[i].w = (hand_waker)HAND_WAKER;
    for (int i = 0; i < STEPS; i++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        ref_step(&r, (uint32_t)(random >> 40));
        ref_check(&r);
    }
    assert_true(r.shared_n > 1000 && r.promoted_n > 1000 && r.refused_n > 100);
    for (int i = 0; i < TASKS_N; i++) {
        if (r.tasks[i].state != AWAY && r.tasks[i].state != LEADS) ref_drop(&r, &r.tasks[i]);
    }
    for (int i = 0; i < TASKS_N; i++)
        if (r.tasks[i].state == LEADS) edoi_flight_pass_on(r.tasks[i].f.run);
    assert_int_equal(edo_flight_get_stats(r.flight).running, 0);
    edo_flight_unref(r.flight);
    assert_int_equal(values_n, 0);
}

/* ---- Many keys ------------------------------------------------------------------------------- */

static void thousand_runs_are_found_and_end(void **state) {
    static edoi_flight_ask_future f[1000];
    edo_flight *flight;
    hand_waker w = HAND_WAKER;
    char key[16];
    (void)state;
    assert_int_equal(edo_flight_new(&flight, NULL), 0);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "%d", i);
        edo_future *ask = edoi_flight_ask_init(&f[i], flight, edo_str_of(key), NULL, NULL);
        assert_int_equal(hand_poll(ask, &w), EDO_READY);
        assert_int_equal(ask->result, EDOI_FLIGHT_LEADS);
    }
    assert_true(flight->runs.chains_n >= 1000);
    edoi_table_check(&flight->runs);
    assert_true(edo_flight_forget(flight, EDO_STR("77")));
    assert_false(edo_flight_forget(flight, EDO_STR("77")));
    for (int i = 0; i < 1000; i++) edoi_flight_end(f[i].run, 0, NULL);
    assert_int_equal(flight->runs.links_n, 0);
    edo_flight_unref(flight);
}

static void without_memory_nothing_is_left(void **state) {
    (void)state;
    hand_waker w = HAND_WAKER;
    for (uint64_t k = 1, fired = 1; fired; k++) {
        edo_flight *flight = NULL;
        edoi_flight_ask_future f;
        edoi_alloc_fail_at(k);
        int err = edo_flight_new(&flight, &(edo_flight_opts){ .name = "small" });
        edo_future *ask =
            err < 0 ? NULL : edoi_flight_ask_init(&f, flight, EDO_STR("k"), NULL, NULL);
        if (ask) assert_int_equal(hand_poll(ask, &w), EDO_READY);
        fired = edoi_alloc_fail_fired();
        edoi_alloc_fail_at(0);
        if (ask) err = ask->result;
        assert_int_equal(err, fired ? -ENOMEM : EDOI_FLIGHT_LEADS);
        if (err == EDOI_FLIGHT_LEADS) edoi_flight_end(f.run, 0, NULL);
        if (flight) assert_int_equal(edo_flight_get_stats(flight).running, 0);
        edo_flight_unref(flight);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ask_is_a_good_leaf),
        cmocka_unit_test(flight_is_as_the_reference),
        cmocka_unit_test(thousand_runs_are_found_and_end),
        cmocka_unit_test(without_memory_nothing_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
