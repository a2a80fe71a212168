/* SPDX-License-Identifier: MIT */
/* Goal: no object, place or turn in line is lost or doubled, through every get, give, drop, close
 * and resize.
 * Method: the generic leaf tests; long random runs against a line kept by the test. */
#include "service/pool/pool.h"

#include "acting_waker.h"
#include "inside.h"
#include "leaf.h"

#include <edo/time.h>

#include <errno.h>

static int object;

static int thing_make(void *arg, void **made) {
    (void)arg;
    *made = &object;
    return 0;
}

static void thing_end(void *arg, void *made) {
    (void)made;
    ++*(int *)arg;
}

static const edo_pool_ops ops = { .make = thing_make, .end = thing_end };
static const edoi_pool_user me = { .place = "here" };

/* Makes an object by hand, as lend.c does. */
static edoi_pool_object *made_for(edo_pool *p) {
    edoi_pool_object *o = calloc(1, sizeof *o), *taken = NULL;
    CHECK_EQ(edoi_pool_take_now(p, &me, &taken), 0);
    CHECK(taken == NULL);
    o->pool = p;
    o->made = &object;
    o->age_max = edo_s(1000000);
    edoi_pool_made(o, &me);
    return o;
}

/* ---- The leaf -------------------------------------------------------------------------------- */

/* The only object is lent; the poke gives it back. */
typedef struct line_env {
    edo_pool *pool;
    edoi_pool_object *o;
    edoi_pool_line_future f;
    int ended_n;
} line_env;

static int line_make(void *arg, edo_future **f) {
    line_env *env = arg;
    if (edo_pool_new(&env->pool, &ops, &env->ended_n,
                     &(edo_pool_opts){ .max = 1,
                                       .idle_max = { EDO_FOREVER_NS },
                                       .age_max = { EDO_FOREVER_NS } }) < 0)
        return -ENOMEM;
    env->o = made_for(env->pool);
    *f = edoi_pool_line_init(&env->f, env->pool, &me, false);
    return 0;
}

static void line_give(void *arg) {
    assert_int_equal(edoi_pool_keep(((line_env *)arg)->o), EDOI_POOL_KEPT);
}

static void line_give_again(void *arg) {
    line_env *env = arg;
    assert_ptr_equal(env->f.object, env->o);
    line_give(arg);
}

static void line_one_is_idle(void *arg) {
    edo_pool_stats s = edo_pool_get_stats(((line_env *)arg)->pool);
    assert_int_equal(s.size, 1);
    assert_int_equal(s.idle, 1);
    assert_int_equal(s.waiting, 0);
}

static void line_drop_object(void *arg) {
    edoi_pool_end_object(((line_env *)arg)->o);
}

static void line_not_made(void *arg) {
    assert_null(((line_env *)arg)->f.object);
    edoi_pool_not_made(((line_env *)arg)->pool, &me, false);
}

static void line_is_empty(void *arg) {
    edo_pool_stats s = edo_pool_get_stats(((line_env *)arg)->pool);
    assert_int_equal(s.size, 0);
    assert_int_equal(s.making, 0);
}

static void line_shut(void *arg) {
    edo_pool_close(((line_env *)arg)->pool);
}

static void line_end(void *arg) {
    line_env *env = arg;
    edo_pool_unref(env->pool);
}

static void line_shut_end(void *arg) {
    line_drop_object(arg);
    line_end(arg);
}

static void line_is_a_good_leaf(void **state) {
    (void)state;
    leaf_run(&(leaf){ .name = "edo_pool_get",
                      .env_bytes = sizeof(line_env),
                      .make = line_make,
                      .poke = line_give,
                      .undo = line_give_again,
                      .intact = line_one_is_idle,
                      .cleanup = line_end });
    leaf_run(&(leaf){ .name = "edo_pool_get, a place",
                      .env_bytes = sizeof(line_env),
                      .make = line_make,
                      .poke = line_drop_object,
                      .undo = line_not_made,
                      .intact = line_is_empty,
                      .cleanup = line_end });
    leaf_run(&(leaf){ .name = "edo_pool_get, closed",
                      .env_bytes = sizeof(line_env),
                      .make = line_make,
                      .poke = line_shut,
                      .cleanup = line_shut_end,
                      .result = -EDO_ECLOSED });
}

/* ---- Against a reference --------------------------------------------------------------------- */

#define TASKS_N 6
#define STEPS   100000

typedef enum task_state { AWAY, IN_LINE, HAS_PLACE, HAS_OBJECT } task_state;

typedef struct task {
    edoi_pool_line_future f;
    hand_waker w;
    task_state state;
    bool was_granted; /* not polled since */
    edoi_pool_object *o;
} task;

/* The pool, and its expected state. */
typedef struct reference {
    edo_pool *pool;
    task tasks[TASKS_N];
    task *line[TASKS_N]; /* who waits, the first in line first */
    size_t line_n;
    uint32_t size, idle, making, max, makes_max;
    int made, ended;
} reference;

static bool reference_has_place(const reference *r) {
    return r->size < r->max && r->making < r->makes_max;
}

/* Grants what is free to those in line. */
static void reference_grant(reference *r) {
    while (r->line_n > 0 && (r->idle > 0 || reference_has_place(r))) {
        task *t = r->line[0];
        bool idle = r->idle > 0;
        for (size_t i = 1; i < r->line_n; i++) r->line[i - 1] = r->line[i];
        r->line_n--;
        assert_int_equal(hand_woken(&t->w), 1);
        t->was_granted = true;
        t->state = idle ? HAS_OBJECT : HAS_PLACE;
        r->idle -= idle;
        r->size += !idle;
        r->making += !idle;
    }
}

/* A fresh get, or the poll of one that is pending. */
static void reference_poll(reference *r, task *t, bool first) {
    bool fresh = t->state == AWAY;
    if (fresh) {
        hand_reset(&t->w);
        (void)edoi_pool_line_init(&t->f, r->pool, &me, first);
    }
    bool ready = hand_poll(&t->f.base, &t->w) == EDO_READY;
    if (fresh && (r->idle > 0 || reference_has_place(r))) {
        bool idle = r->idle > 0;
        t->state = idle ? HAS_OBJECT : HAS_PLACE;
        t->was_granted = true;
        r->idle -= idle;
        r->size += !idle;
        r->making += !idle;
    } else if (fresh) {
        t->state = IN_LINE;
        for (size_t i = r->line_n; first && i > 0; i--) r->line[i] = r->line[i - 1];
        r->line[first ? 0 : r->line_n] = t;
        r->line_n++;
    }
    assert_int_equal(ready, t->was_granted);
    if (!ready) return;
    t->was_granted = false;
    assert_int_equal(t->f.base.result, 0);
    assert_int_equal(t->f.object != NULL, t->state == HAS_OBJECT);
    t->o = t->f.object;
}

static void reference_leave_line(reference *r, const task *t) {
    size_t kept = 0;
    for (size_t i = 0; i < r->line_n; i++)
        if (r->line[i] != t) r->line[kept++] = r->line[i];
    r->line_n = kept;
}

/* The task gives up, whether or not it was granted something. */
static void reference_drop(reference *r, task *t) {
    edo_drop(&t->f.base);
    if (t->state == IN_LINE) reference_leave_line(r, t);
    r->idle += t->state == HAS_OBJECT;
    r->size -= t->state == HAS_PLACE;
    r->making -= t->state == HAS_PLACE;
    t->state = AWAY;
    t->was_granted = false;
    reference_grant(r);
}

/* The task makes one, or fails to. */
static void reference_make(reference *r, task *t, bool fails) {
    r->making--;
    if (fails) {
        edoi_pool_not_made(r->pool, &me, false);
        r->size--;
        t->state = AWAY;
    } else {
        t->o = calloc(1, sizeof *t->o);
        *t->o = (edoi_pool_object){ .pool = r->pool, .made = &object, .age_max = edo_s(1000000) };
        edoi_pool_made(t->o, &me);
        t->state = HAS_OBJECT;
        r->made++;
    }
    reference_grant(r);
}

/* The task gives its object back, or drops it. */
static void reference_give(reference *r, task *t, bool drops) {
    bool kept = !drops && r->size <= r->max;
    edoi_pool_give_back(t->o, !drops);
    t->state = AWAY;
    r->idle += kept;
    r->size -= !kept;
    reference_grant(r);
}

static void reference_resize(reference *r, uint32_t max) {
    uint32_t excess = r->size > max ? r->size - max : 0;
    if (excess > r->idle) excess = r->idle;
    edo_pool_resize(r->pool, max);
    r->max = max;
    r->idle -= excess;
    r->size -= excess;
    reference_grant(r);
}

static void reference_step(reference *r, uint32_t random) {
    task *t = &r->tasks[random % TASKS_N];
    uint32_t how = random / 8 % 8;
    if (random / 64 % 32 == 0) reference_resize(r, 1 + how % 4);
    if (t->state == AWAY) {
        reference_poll(r, t, how == 0);
    } else if (t->was_granted || t->state == IN_LINE) {
        if (how == 0) {
            reference_drop(r, t);
        } else {
            reference_poll(r, t, false);
        }
    } else if (t->state == HAS_PLACE) {
        reference_make(r, t, how < 2);
    } else {
        reference_give(r, t, how == 0);
    }
    edo_pool_stats s = edo_pool_get_stats(r->pool);
    assert_int_equal(s.size, r->size);
    assert_int_equal(s.idle, r->idle);
    assert_int_equal(s.making, r->making);
    assert_int_equal(s.waiting, r->line_n);
    assert_int_equal(s.made_n, r->made);
}

static void reference_end(reference *r) {
    for (size_t i = 0; i < TASKS_N; i++) {
        task *t = &r->tasks[i];
        if (t->was_granted || t->state == IN_LINE) reference_drop(r, t);
        if (t->state == HAS_PLACE) reference_make(r, t, true);
    }
    edo_pool_unref(r->pool);
    for (size_t i = 0; i < TASKS_N; i++) {
        task *t = &r->tasks[i];
        assert_true(t->state == AWAY || t->state == HAS_OBJECT);
        if (t->state == HAS_OBJECT) edoi_pool_end_object(t->o);
    }
}

static void line_is_as_the_reference(void **state) {
    (void)state;
    for (uint32_t makes_max = 1; makes_max <= 4; makes_max++) {
        reference r = { .max = 3, .makes_max = makes_max };
        uint32_t random = 12345 * makes_max;
        for (size_t i = 0; i < TASKS_N; i++) r.tasks[i].w = (hand_waker)HAND_WAKER;
        assert_int_equal(edo_pool_new(&r.pool, &ops, &r.ended,
                                      &(edo_pool_opts){ .max = 3,
                                                        .makes_max = makes_max,
                                                        .idle_max = { EDO_FOREVER_NS },
                                                        .age_max = { EDO_FOREVER_NS } }),
                         0);
        for (int i = 0; i < STEPS / 4; i++) {
            random = random * 1664525u + 1013904223u;
            reference_step(&r, random >> 8);
        }
        reference_end(&r);
        assert_int_equal(r.ended, r.made);
    }
}

/* ---- A greater limit ------------------------------------------------------------------------- */

#define IN_LINE_N 80 /* more than are granted a place in one hold of the lock */

/* A newcomer, the moment the first in line is woken. */
static void newcomer_comes(acting_waker *w) {
    edoi_pool_object *taken;
    assert_int_equal(edoi_pool_take_now((edo_pool *)w->arg, &me, &taken), -EAGAIN);
}

/* `places` more for 80 in line. */
static void grow(uint32_t places) {
    static edoi_pool_line_future line[IN_LINE_N];
    static acting_waker wakers[IN_LINE_N];
    edo_pool *p;
    int ended_n = 0;
    edo_pool_opts opts = {
        .max = 1, .makes_max = 100, .idle_max = { EDO_FOREVER_NS }, .age_max = { EDO_FOREVER_NS }
    };
    assert_int_equal(edo_pool_new(&p, &ops, &ended_n, &opts), 0);
    edoi_pool_object *o = made_for(p);
    for (size_t i = 0; i < IN_LINE_N; i++) {
        wakers[i] = (acting_waker)ACTING_WAKER(edoi_pool_line_init(&line[i], p, &me, false));
        wakers[i].act = newcomer_comes;
        wakers[i].arg = p;
        assert_int_equal(acting_poll(&wakers[i]), EDO_PENDING);
    }
    edo_pool_resize(p, 1 + places);
    for (size_t i = 0; i < IN_LINE_N; i++) {
        bool has_place = i < places;
        assert_int_equal(acting_poll(&wakers[i]), has_place ? EDO_READY : EDO_PENDING);
        if (has_place) assert_int_equal(line[i].base.result, 0);
    }
    edo_pool_stats s = edo_pool_get_stats(p);
    assert_int_equal(s.making, places);
    assert_int_equal(s.max, 1 + places);
    for (size_t i = IN_LINE_N; i > places; i--) edo_drop(&line[i - 1].base);
    for (size_t i = 0; i < places; i++) edoi_pool_not_made(p, &me, false);
    assert_int_equal(edoi_pool_keep(o), EDOI_POOL_KEPT);
    edo_pool_unref(p);
}

static void a_newcomer_does_not_pass_those_that_a_greater_limit_serves(void **state) {
    (void)state;
    grow(1);
    grow(2);
    grow(32);
    grow(33);
    grow(70);
}

/* ---- In a runtime ---------------------------------------------------------------------------- */

EDO_TEST(what_was_granted_in_vain_is_ended_by_itself, .paused = true) {
    edo_pool *p;
    edoi_pool_line_future f;
    edo_test_task t;
    int ended_n = 0;
    EDO_TEST_OK(
        edo_pool_new(&p, &ops, &ended_n, &(edo_pool_opts){ .max = 1, .idle_max = edo_s(2) }));
    edoi_pool_object *o = made_for(p);
    edo_test_task_init(&t, edoi_pool_line_init(&f, p, &me, false));
    EDO_TEST_PENDING(&t);
    CHECK_EQ(edoi_pool_keep(o), EDOI_POOL_KEPT); // by the one that waits
    edo_drop(&f.base);
    CHECK_EQ(edo_pool_get_stats(p).idle, 1u);
    EDO_TEST_OK(edo_sleep(edo_s(3)));
    CHECK_EQ(ended_n, 1);
    edo_pool_unref(p);
}

static void an_exchange_takes_back_what_was_counted(void **state) {
    (void)state;
    static const edoi_pool_user nobody;
    edo_pool *p;
    edoi_pool_object *o, *next;
    int ended_n = 0;
    edo_pool_opts opts = { .max = 1,
                           .idle_max = { EDO_FOREVER_NS },
                           .age_max = { EDO_FOREVER_NS } };
    assert_int_equal(edo_pool_new(&p, &ops, &ended_n, &opts), 0);
    for (int i = 0; i < 2; i++) {
        o = made_for(p);
        assert_int_equal(edoi_pool_keep(o), EDOI_POOL_KEPT);
        uint64_t before = edo_pool_get_stats(p).gets_n;
        const edoi_pool_user *user = i == 0 ? &me : &nobody;
        assert_int_equal(edoi_pool_take_now(p, user, &o), 0);
        assert_int_equal(edoi_pool_exchange(o, user, &next), 0);
        assert_null(next);
        assert_int_equal(edo_pool_get_stats(p).gets_n, before);
        edoi_pool_not_made(p, user, false);
    }
    edo_pool_unref(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(line_is_a_good_leaf),
        cmocka_unit_test(line_is_as_the_reference),
        cmocka_unit_test(a_newcomer_does_not_pass_those_that_a_greater_limit_serves),
        cmocka_unit_test(what_was_granted_in_vain_is_ended_by_itself),
        cmocka_unit_test(an_exchange_takes_back_what_was_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
