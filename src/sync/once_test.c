/* SPDX-License-Identifier: MIT */
/* Goal: the right to make a value is never lost and never given twice, whoever leaves when; a value
 *       that is set wakes all.
 * Method: the generic leaf tests, in which the value is made by another task, or that task gives
 * up; every order of few operations compared with a line kept by the test. */
#include <edo/once.h>

#include "aborts.h"
#include "future/describe.h"
#include "leaf.h"

static int thing;

/* ---- Leaves ---------------------------------------------------------------------------------- */

/* A load that is ready when told so, and counts its drops. */
typedef struct load {
    edo_future base;
    void **value;
    int result;
    bool ends;
    int dropped_n;
} load;

static edo_polled load_poll(edo_future *base, edo_cx *cx) {
    load *self = (load *)(void *)base;
    (void)edo_cx_waker(cx);
    if (!self->ends) return EDO_PENDING;
    if (self->result >= 0) *self->value = &thing;
    return edo_future_finish(base, self->result);
}

static void load_drop(edo_future *base) {
    if (!edo_future_is_over(base)) ((load *)(void *)base)->dropped_n++;
    edo_future_retire(base);
}

static edo_future *load_init(load *self, void **value, int result) {
    static const edo_future_ops ops = {
        .poll = load_poll, .drop = load_drop, .name = "load", .size = sizeof(load)
    };
    *self = (load){ .value = value, .result = result };
    return edo_future_init(&self->base, &ops);
}

typedef struct get_env {
    edo_once once;
    edo_once_get_or_load_future first, f; /* `first` loads */
    load first_load, own_load;
    void *first_value, *value;
    hand_waker w;
} get_env;

static int get_make(void *arg, edo_future **f) {
    get_env *env = arg;
    env->w = (hand_waker)HAND_WAKER;
    edo_future *of_first = load_init(&env->first_load, &env->first_value, 0);
    edo_future *first =
        edo_once_get_or_load_init(&env->first, &env->once, &env->first_value, of_first);
    assert_int_equal(hand_poll(first, &env->w), EDO_PENDING);
    edo_future *own = load_init(&env->own_load, &env->value, 0);
    env->own_load.ends = true;
    *f = edo_once_get_or_load_init(&env->f, &env->once, &env->value, own);
    return 0;
}

static void first_makes_it(void *arg) {
    get_env *env = arg;
    env->first_load.ends = true;
    assert_int_equal(hand_poll(&env->first.base, &env->w), EDO_READY);
}

static void first_fails(void *arg) {
    get_env *env = arg;
    env->first_load.ends = true;
    env->first_load.result = -EIO;
    assert_int_equal(hand_poll(&env->first.base, &env->w), EDO_READY);
    assert_int_equal(edo_result(&env->first), -EIO);
}

static void first_is_dropped(void *arg) {
    get_env *env = arg;
    edo_drop(&env->first.base);
    assert_int_equal(env->first_load.dropped_n, 1);
}

static void nobody_loads(void *arg) {
    get_env *env = arg;
    assert_int_equal(env->once.loading, 0);
    assert_null(env->once.waiters.first);
    assert_true(edo_future_is_over(&env->own_load.base));
}

static void get_or_load_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_once_get_or_load",
                      .env_bytes = sizeof(get_env),
                      .make = get_make,
                      .poke = first_makes_it,
                      .intact = nobody_loads });
    leaf_run(&(leaf){ .name = "edo_once_get_or_load, failed",
                      .env_bytes = sizeof(get_env),
                      .make = get_make,
                      .poke = first_fails,
                      .intact = nobody_loads });
    leaf_run(&(leaf){ .name = "edo_once_get_or_load, dropped",
                      .env_bytes = sizeof(get_env),
                      .make = get_make,
                      .poke = first_is_dropped,
                      .intact = nobody_loads });
}

typedef struct wait_env {
    edo_setonce setonce;
    edo_setonce_wait_future f;
    void *value;
} wait_env;

static int wait_make(void *arg, edo_future **f) {
    wait_env *env = arg;
    *f = edo_setonce_wait_init(&env->f, &env->setonce, &env->value);
    return 0;
}

static void wait_set(void *arg) {
    assert_int_equal(edo_setonce_set(&((wait_env *)arg)->setonce, &thing), 0);
}

static void wait_is_over(void *arg) {
    wait_env *env = arg;
    assert_null(env->setonce.waiters.first);
    assert_ptr_equal(edo_setonce_get(&env->setonce), &thing);
    assert_true(env->value == NULL || env->value == &thing);
}

static void wait_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_setonce_wait",
                      .env_bytes = sizeof(wait_env),
                      .make = wait_make,
                      .poke = wait_set,
                      .intact = wait_is_over });
}

static void without_a_load_it_fails_and_takes_no_right(void **state) {
    (void)state;
    edo_once once = EDO_ONCE_INIT;
    edo_once_get_or_load_future f;
    hand_waker w = HAND_WAKER;
    void *value = &once;
    edo_future *get = edo_once_get_or_load_init(&f, &once, &value, NULL);
    assert_int_equal(hand_poll(get, &w), EDO_READY);
    assert_int_equal(edo_result(&f), -ENOMEM);
    assert_ptr_equal(value, &once);
    assert_int_equal(edo_once_set(&once, &thing), 0);
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N 3
#define DEPTH   5

typedef enum stage { AWAY, QUEUED, LOADS } stage;

/* The once, and its expected state. */
typedef struct model {
    edo_once once;
    edo_once_get_or_load_future f[TASKS_N];
    load loads[TASKS_N];
    void *values[TASKS_N];
    hand_waker w[TASKS_N];
    stage stage[TASKS_N];
    int line[TASKS_N]; /* QUEUED tasks */
    int line_n;
    bool made;
} model;

static bool model_loads(const model *m) {
    for (int t = 0; t < TASKS_N; t++)
        if (m->stage[t] == LOADS) return true;
    return false;
}

static void line_remove(model *m, int task) {
    int kept = 0;
    for (int i = 0; i < m->line_n; i++)
        if (m->line[i] != task) m->line[kept++] = m->line[i];
    m->line_n = kept;
}

static void model_pass_on(model *m) {
    if (m->line_n == 0) return;
    int next = m->line[0];
    line_remove(m, next);
    m->stage[next] = LOADS;
    assert_int_equal(hand_woken(&m->w[next]), 1);
}

static void model_poll(model *m, int t, bool ends, int result) {
    bool fresh = m->stage[t] == AWAY;
    if (fresh) {
        hand_reset(&m->w[t]);
        m->values[t] = NULL;
        edo_future *own = load_init(&m->loads[t], &m->values[t], 0);
        (void)edo_once_get_or_load_init(&m->f[t], &m->once, &m->values[t], own);
        if (!m->made) m->stage[t] = model_loads(m) ? QUEUED : LOADS;
        if (m->stage[t] == QUEUED) m->line[m->line_n++] = t;
    }
    m->loads[t].ends = ends;
    m->loads[t].result = result;
    bool is_ready = m->made || (m->stage[t] == LOADS && ends);
    assert_int_equal(hand_poll(&m->f[t].base, &m->w[t]), is_ready);
    if (!is_ready) return;
    bool loaded = m->stage[t] == LOADS;
    m->stage[t] = AWAY;
    assert_int_equal(edo_result(&m->f[t]), loaded ? result : 0);
    assert_true(edo_future_is_over(&m->loads[t].base));
    if (!loaded || result == 0) {
        assert_ptr_equal(m->values[t], &thing);
        if (!m->made)
            for (int i = 0; i < m->line_n; i++) assert_int_equal(hand_woken(&m->w[m->line[i]]), 1);
        m->made = true;
        line_remove(m, t);
        if (loaded) m->line_n = 0; // all were woken
    } else {
        model_pass_on(m);
    }
}

static void model_drop(model *m, int t) {
    if (m->stage[t] == AWAY) return;
    bool loaded = m->stage[t] == LOADS;
    m->stage[t] = AWAY;
    line_remove(m, t);
    edo_drop(&m->f[t].base);
    assert_true(edo_future_is_over(&m->loads[t].base));
    if (loaded) model_pass_on(m);
}

static void model_set(model *m) {
    int err = edo_once_set(&m->once, &thing);
    assert_int_equal(err, m->made ? -EALREADY : model_loads(m) ? -EBUSY : 0);
    if (err == 0) m->made = true;
}

/* Of one task: its load goes on, succeeds or fails with this poll; it is dropped. */
#define OPS_N (4 * TASKS_N + 1)

static void model_step(model *m, int op) {
    int t = op / 4;
    if (t == TASKS_N) {
        model_set(m);
    } else {
        switch (op % 4) {
        case 0: model_poll(m, t, false, 0); break;
        case 1: model_poll(m, t, true, 0); break;
        case 2: model_poll(m, t, true, -EIO); break;
        default: model_drop(m, t); break;
        }
    }
    assert_int_equal(m->once.loading, model_loads(m));
    assert_int_equal(m->once.waiters.first == NULL, m->line_n == 0);
    assert_ptr_equal(edo_once_get(&m->once), m->made ? &thing : NULL);
}

static void every_short_order_has_one_load_at_a_time(void **state) {
    (void)state;
    long orders = 1;
    for (int i = 0; i < DEPTH; i++) orders *= OPS_N;
    for (long order = 0; order < orders; order++) {
        model m = { .made = false };
        for (int t = 0; t < TASKS_N; t++) m.w[t] = (hand_waker)HAND_WAKER;
        long rest = order;
        for (int i = 0; i < DEPTH; i++, rest /= OPS_N) model_step(&m, (int)(rest % OPS_N));
        for (int t = 0; t < TASKS_N; t++) model_drop(&m, t);
        assert_int_equal(m.once.loading, 0);
    }
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static int load_nothing(void **value, void *arg) {
    (void)value;
    (void)arg;
    return 0;
}

static void loads_nothing(void) {
    edo_once once = EDO_ONCE_INIT;
    void *value;
    if (edo_once_get_or_load(&once, &value, load_nothing, NULL) != -EDO_EMISUSE) _exit(1);
    if (edo_once_set(&once, &thing) != 0) _exit(1); // another may make it
}

static void sets_nothing(void) {
    edo_once once = EDO_ONCE_INIT;
    if (edo_once_set(&once, NULL) != -EDO_EMISUSE) _exit(1);
    if (edo_once_set(&once, &thing) != 0) _exit(1);
}

static void sets_nothing_once(void) {
    edo_setonce setonce = EDO_SETONCE_INIT;
    if (edo_setonce_set(&setonce, NULL) != -EDO_EMISUSE) _exit(1);
    if (edo_setonce_set(&setonce, &thing) != 0) _exit(1);
}

static void no_value_is_named_in_debug_and_refused_in_release(void **state) {
    (void)state;
    void (*const breaches[])(void) = { loads_nothing, sets_nothing, sets_nothing_once };
    for (size_t i = 0; i < EDO_COUNT(breaches); i++) {
#ifdef EDO_DEBUG
        assert_true(aborts(breaches[i]));
#else
        assert_false(aborts(breaches[i]));
#endif
    }
}

static int makes_it_again(void **value, void *arg) {
    *value = arg;
    return 0;
}

static void taken_value_is_made_anew(void **state) {
    (void)state;
    static int one, two;
    void *value;
    edo_once once = EDO_ONCE_INIT;
    assert_null(edo_once_take(&once));
    assert_int_equal(edo_once_set(&once, &one), 0);
    assert_ptr_equal(edo_once_take(&once), &one);
    assert_null(edo_once_get(&once));
    assert_int_equal(edo_once_get_or_load(&once, &value, makes_it_again, &two), 0);
    assert_ptr_equal(value, &two);
    assert_ptr_equal(edo_once_take(&once), &two);
    assert_null(edo_once_take(&once));
}

/* ---- What a dump says ------------------------------------------------------------------------ */

/* The description begins so. */
static void assert_described(const edo_future *f, const char *wanted) {
    edoi_text text = { .n = 0 };
    edoi_describe(&text, f, -1);
    if (strncmp(text.at, wanted, strlen(wanted)) != 0) fail_msg("%s, not %s", text.at, wanted);
}

/* One that waits is told with the once for which it does, and one that loads with its load. */
static void who_waits_is_described_by_the_once_and_who_loads_by_the_load(void **state) {
    (void)state;
    get_env env = { .once = EDO_ONCE_INIT };
    edo_future *f;
    char wanted[80];
    assert_int_equal(get_make(&env, &f), 0);
    assert_int_equal(hand_poll(f, &env.w), EDO_PENDING);
    (void)snprintf(wanted, sizeof wanted, "edo_once_get_or_load of %p", (void *)&env.once);
    assert_described(f, wanted);
    assert_described(&env.first.base, "edo_once_get_or_load of load");
    edo_drop(f);
    edo_drop(&env.first.base);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            no_value_is_named_in_debug_and_refused_in_release), // forks: no threads yet
        cmocka_unit_test(get_or_load_is_a_good_leaf),
        cmocka_unit_test(without_a_load_it_fails_and_takes_no_right),
        cmocka_unit_test(wait_is_a_good_leaf),
        cmocka_unit_test(every_short_order_has_one_load_at_a_time),
        cmocka_unit_test(taken_value_is_made_anew),
        cmocka_unit_test(who_waits_is_described_by_the_once_and_who_loads_by_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
