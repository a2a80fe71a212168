/* SPDX-License-Identifier: MIT */
/* Goal: awaits inside the block of a token obey it, in every nesting with deadlines, shields,
 * scopes and other blocks, on fibers and on plain threads. Method: programs in virtual time; all
 * nestings up to four deep against a plain reference; threads that wait until another fires. */
#include <edo/edo.h>

#include "aborts.h"
#include "inside.h"

#include <pthread.h>
#include <string.h>

#define REASON (EDO_CANCEL_USER + 7)

/* Fires `token` after a while. */
typedef struct shot {
    edo_cancel_token *token;
    int64_t ms;
} shot;

static int fire(void *arg) {
    const shot *s = arg;
    int err = edo_sleep(edo_ms(s->ms));
    edo_cancel(s->token, REASON);
    return err;
}

static int one_block(void *arg) {
    (void)arg;
    shot s = { .ms = 30 };
    CHECK_EQ(edo_cancel_new(&s.token), 0);
    edo_scope shooters;
    edo_scope_begin(&shooters, NULL);
    CHECK_EQ(edo_scope_spawn(&shooters, fire, &s), 0);
    edo_instant start = edo_now();
    edo_cancel_block b;
    edo_cancel_begin(&b, s.token);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(edo_yield(), 0);
    int err = edo_sleep(edo_s(100));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(ms_since(start), 30);
    CHECK_EQ(edo_cancel_reason(), REASON);
    CHECK_EQ(edo_sleep(edo_ms(1)), -ECANCELED); // and every later one
    CHECK_EQ(edo_yield(), -ECANCELED);
    CHECK_EQ(edo_cancel_end(&b, err), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), REASON); // it stays known
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    CHECK_EQ(edo_scope_end(&shooters, 0), 0);
    edo_cancel_unref(s.token);
    return 0;
}

static void a_token_cuts_every_await_of_its_block(void **state) {
    (void)state;
    assert_int_equal(inside(one_block, NULL), 0);
}

static int never_fired(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    edo_cancel_block b;
    edo_cancel_begin(&b, t);
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    CHECK_EQ(edo_cancel_end(&b, 5), 5);
    edo_cancel(t, 0); // too late
    CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    edo_cancel_begin(&b, t); // and now too early
    CHECK_EQ(edo_sleep(edo_ms(10)), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), EDO_CANCEL_ASKED);
    CHECK_EQ(edo_cancel_end(&b, -EIO), -EIO);
    edo_cancel_unref(t);
    return 0;
}

static void only_the_block_obeys(void **state) {
    (void)state;
    assert_int_equal(inside(never_fired, NULL), 0);
    assert_int_equal(inside_each(never_fired, NULL), 0);
}

static int reasons(void *arg) {
    (void)arg;
    static const struct {
        int given, told;
    } rows[] = { { -1, EDO_CANCEL_ASKED },
                 { EDO_CANCEL_SIGNAL, EDO_CANCEL_SIGNAL },
                 { EDO_CANCEL_REASON_MAX, EDO_CANCEL_REASON_MAX },
                 { INT32_MAX, EDO_CANCEL_REASON_MAX } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_cancel_token *t;
        CHECK_EQ(edo_cancel_new(&t), 0);
        edo_cancel(t, rows[i].given);
        CHECK_EQ(edo_cancel_get_reason(t), rows[i].told);
        edo_cancel_block b;
        edo_cancel_begin(&b, t);
        CHECK_EQ(edo_cancel_end(&b, edo_yield()), -ECANCELED);
        CHECK_EQ(edo_cancel_reason(), rows[i].told);
        edo_cancel_unref(t);
    }
    return 0;
}

static void cut_has_the_reason_of_its_token(void **state) {
    (void)state;
    assert_int_equal(inside(reasons, NULL), 0);
}

/* ---- All nestings ---------------------------------------------------------------------------- */

#define DEPTH_MAX 4

typedef enum kind { TOKEN, SHIELD, DEADLINE, SCOPE, KINDS } kind;

typedef struct nest {
    edo_cancel_token *token;
    size_t depth;
    bool fires;
    kind kinds[DEPTH_MAX];
} nest;

/* Whether awaits are cut short inside the first `n` brackets. */
static bool is_cut_within(const nest *x, size_t n) {
    bool cut = false;
    for (size_t i = 0; i < n; i++) {
        if (x->kinds[i] == TOKEN) cut = x->fires;
        if (x->kinds[i] == SHIELD) cut = false;
    }
    return cut;
}

static int go_in(const nest *x, size_t at);

static int go_into_scope(const nest *x, size_t at) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    int err = go_in(x, at + 1);
    // The brackets around it cancelled its owner, or not; inside it nothing failed.
    CHECK_EQ(edo_scope_end(&s, 0), is_cut_within(x, at) ? -ECANCELED : 0);
    return err;
}

static int go_in(const nest *x, size_t at) {
    if (at == x->depth) {
        int err = edo_sleep(edo_ms(10));
        CHECK_EQ(err, is_cut_within(x, at) ? -ECANCELED : 0);
        if (err < 0) CHECK_EQ(edo_cancel_reason(), REASON);
        return err;
    }
    int err = 0;
    switch (x->kinds[at]) {
    case TOKEN: {
        edo_cancel_block b;
        edo_cancel_begin(&b, x->token);
        err = edo_cancel_end(&b, go_in(x, at + 1));
        break;
    }
    case SHIELD: {
        edo_shield sh;
        edo_shield_begin(&sh, edo_s(100));
        err = go_in(x, at + 1);
        (void)edo_shield_end(&sh, 0);
        break;
    }
    case DEADLINE: {
        edo_deadline d;
        edo_deadline_begin(&d, edo_s(100));
        err = edo_deadline_end(&d, go_in(x, at + 1));
        break;
    }
    case SCOPE: err = go_into_scope(x, at); break;
    case KINDS: break;
    }
    CHECK_EQ(edo_sleep(edo_ms(1)), is_cut_within(x, at) ? -ECANCELED : 0);
    return err;
}

/* `when`: 0 it has fired before, 1 it fires during the wait, 2 never. */
static void try_nest(nest *x, int when) {
    CHECK_EQ(edo_cancel_new(&x->token), 0);
    x->fires = when < 2;
    shot s = { .token = x->token, .ms = 5 };
    edo_task *shooter = NULL;
    if (when == 0) edo_cancel(x->token, REASON);
    if (when == 1) shooter = edo_spawn(fire, &s);
    (void)go_in(x, 0);
    if (when == 1) CHECK_EQ(edo_task_join(shooter), 0);
    edo_cancel_unref(x->token);
}

static int all_nestings(void *arg) {
    (void)arg;
    size_t n = 1;
    for (size_t depth = 1; depth <= DEPTH_MAX; depth++) {
        n *= KINDS;
        for (size_t i = 0; i < n; i++) {
            nest x = { .depth = depth };
            size_t rest = i;
            for (size_t at = 0; at < depth; at++, rest /= KINDS) x.kinds[at] = (kind)(rest % KINDS);
            for (int when = 0; when < 3; when++) try_nest(&x, when);
        }
    }
    return 0;
}

static void brackets_nest_in_every_order(void **state) {
    (void)state;
    assert_int_equal(inside(all_nestings, NULL), 0);
}

static int two_tokens(void *arg) {
    (void)arg;
    shot first = { .ms = 10 }, second = { .ms = 20 };
    CHECK_EQ(edo_cancel_new(&first.token), 0);
    CHECK_EQ(edo_cancel_new(&second.token), 0);
    for (int inner_first = 0; inner_first < 2; inner_first++) {
        edo_cancel_token *outer_token, *inner_token;
        CHECK_EQ(edo_cancel_child(&outer_token, inner_first ? second.token : first.token), 0);
        CHECK_EQ(edo_cancel_child(&inner_token, inner_first ? first.token : second.token), 0);
        edo_cancel_block outer, inner;
        edo_cancel_begin(&outer, outer_token);
        edo_cancel_begin(&inner, inner_token);
        edo_cancel_unref(outer_token);
        edo_cancel_unref(inner_token);
        edo_instant start = edo_now();
        edo_task *t[] = { edo_spawn(fire, &first), edo_spawn(fire, &second) };
        int err = edo_cancel_end(&inner, edo_sleep(edo_s(1)));
        CHECK_EQ(err, -ECANCELED);
        CHECK_EQ(ms_since(start), 10);
        err = edo_sleep(edo_s(1)); // the inner block's cut is over with the block
        CHECK_EQ(err, -ECANCELED);
        CHECK_EQ(ms_since(start), inner_first ? 20 : 10);
        CHECK_EQ(edo_cancel_end(&outer, 0), 0);
        CHECK_EQ(edo_task_join(t[0]), 0);
        CHECK_EQ(edo_task_join(t[1]), 0);
        edo_cancel_unref(first.token);
        edo_cancel_unref(second.token);
        CHECK_EQ(edo_cancel_new(&first.token), 0);
        CHECK_EQ(edo_cancel_new(&second.token), 0);
    }
    edo_cancel_unref(first.token);
    edo_cancel_unref(second.token);
    return 0;
}

static void blocks_of_several_tokens_nest(void **state) {
    (void)state;
    assert_int_equal(inside(two_tokens, NULL), 0);
}

/* ---- Children -------------------------------------------------------------------------------- */

static int sleep_long(void *arg) {
    int err = edo_sleep(edo_s(100));
    *(int *)arg = (int)edo_cancel_reason();
    return err;
}

static int scope_in_block(void *arg) {
    (void)arg;
    shot s = { .ms = 10 };
    CHECK_EQ(edo_cancel_new(&s.token), 0);
    edo_task *shooter = edo_spawn(fire, &s);
    edo_instant start = edo_now();
    edo_cancel_block b;
    edo_cancel_begin(&b, s.token);
    edo_scope scope;
    edo_scope_begin(&scope, NULL);
    int seen[2] = { 0, 0 };
    for (int i = 0; i < 2; i++) CHECK_EQ(edo_scope_spawn(&scope, sleep_long, &seen[i]), 0);
    int err = edo_cancel_end(&b, edo_scope_end(&scope, 0));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(ms_since(start), 10);
    CHECK_EQ(seen[0], REASON);
    CHECK_EQ(seen[1], REASON);
    CHECK_EQ(edo_task_join(shooter), 0);
    edo_cancel_unref(s.token);
    return 0;
}

static void a_scope_in_a_block_passes_the_firing_on(void **state) {
    (void)state;
    assert_int_equal(inside(scope_in_block, NULL), 0);
}

/* ---- Plain threads --------------------------------------------------------------------------- */

typedef struct party {
    edo_runtime *rt; /* entered; NULL: none */
    edo_cancel_token *token;
    edo_notify begun;
    bool by_sleep; /* waits for time, which needs a driver; else for a notification */
} party;

static void *wait_in_block(void *arg) {
    party *p = arg;
    edo_notify never = EDO_NOTIFY_INIT;
    if (p->rt) CHECK_EQ(edo_runtime_enter(p->rt), 0);
    edo_cancel_block b;
    edo_cancel_begin(&b, p->token);
    edo_notify_one(&p->begun);
    int err = p->by_sleep ? edo_sleep(edo_hours(1)) : edo_notify_wait(&never);
    CHECK_EQ(edo_cancel_end(&b, err), -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), REASON);
    CHECK_EQ(edo_sleep(edo_ms(1)), 0);
    if (p->rt) edo_runtime_leave(p->rt);
    return NULL;
}

static void a_thread_waits_and_another_fires(edo_runtime *rt, bool by_sleep) {
    party p = { .rt = rt, .begun = EDO_NOTIFY_INIT, .by_sleep = by_sleep };
    assert_int_equal(edo_cancel_new(&p.token), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_in_block, &p), 0);
    assert_int_equal(edo_notify_wait(&p.begun), 0);
    edo_cancel(p.token, REASON);
    assert_int_equal(pthread_join(thread, NULL), 0);
    edo_cancel_unref(p.token);
}

static void plain_threads_obey_too(void **state) {
    (void)state;
    for (int by_sleep = 0; by_sleep < 2; by_sleep++) {
        for (int i = 0; i < 20; i++) a_thread_waits_and_another_fires(NULL, by_sleep);
        for (size_t i = 0; i < KINDS_N; i++) {
            edo_runtime *rt;
            assert_int_equal(edo_runtime_new(&rt, &kinds[i]), 0);
            for (int k = 0; k < 20; k++) a_thread_waits_and_another_fires(rt, by_sleep);
            edo_runtime_free(rt);
        }
    }
}

/* Fibers of all workers in blocks of one token, which one of them fires. */
typedef struct one_of_many {
    edo_cancel_token *token;
    bool fires;
} one_of_many;

static int wait_or_fire(void *arg) {
    const one_of_many *self = arg;
    edo_notify never = EDO_NOTIFY_INIT;
    edo_cancel_block b;
    edo_cancel_begin(&b, self->token);
    if (self->fires) edo_cancel(self->token, REASON);
    int err = edo_cancel_end(&b, edo_notify_wait(&never));
    CHECK_EQ(err, -ECANCELED);
    CHECK_EQ(edo_cancel_reason(), REASON);
    return 0;
}

#define MANY 100

static int fire_among_many(void *arg) {
    (void)arg;
    static one_of_many all[MANY];
    for (int round = 0; round < 30; round++) {
        edo_cancel_token *t;
        CHECK_EQ(edo_cancel_new(&t), 0);
        edo_scope s;
        edo_scope_begin(&s, &(edo_scope_opts){ .spread = true });
        for (int i = 0; i < MANY; i++) {
            all[i] = (one_of_many){ t, i == round * 3 };
            CHECK_EQ(edo_scope_spawn(&s, wait_or_fire, &all[i]), 0);
        }
        CHECK_EQ(edo_scope_end(&s, 0), 0);
        edo_cancel_unref(t);
    }
    return 0;
}

static void many_fibers_obey_one_token(void **state) {
    (void)state;
    assert_int_equal(inside_each(fire_among_many, NULL), 0);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

static int cross_a_shield(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    edo_cancel_block b;
    edo_cancel_begin(&b, t);
    edo_shield sh;
    edo_shield_begin(&sh, edo_s(1));
    (void)edo_cancel_end(&b, 0);
    return edo_shield_end(&sh, 0);
}

static int end_out_of_order(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    edo_cancel_block outer, inner;
    edo_cancel_begin(&outer, t);
    edo_cancel_begin(&inner, t);
    (void)edo_cancel_end(&outer, 0);
    return 0;
}

static int end_a_scope_around_a_block(void *arg) {
    (void)arg;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    edo_scope s;
    edo_cancel_block b;
    edo_scope_begin(&s, NULL);
    edo_cancel_begin(&b, t);
    (void)edo_scope_end(&s, 0);
    return 0;
}

static int leave_open(void *arg) {
    (void)arg;
    static edo_cancel_block b;
    edo_cancel_token *t;
    CHECK_EQ(edo_cancel_new(&t), 0);
    edo_cancel_begin(&b, t);
    return 0;
}

#ifdef EDO_DEBUG
static edo_task_fn *breach;

static void run_breach(void) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &one_thread) == 0) (void)edo_run(rt, breach, NULL);
}
#endif

static void debug_names_blocks_that_cross_or_stay_open(void **state) {
    (void)state;
    static edo_task_fn *const breaches[] = { cross_a_shield, end_out_of_order,
                                             end_a_scope_around_a_block, leave_open };
    for (size_t i = 0; i < EDO_COUNT(breaches); i++) {
#ifdef EDO_DEBUG
        breach = breaches[i];
        assert_true(aborts(run_breach));
#else
        (void)breaches[i]; // defined, but it leaves its bracket open
#endif
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(debug_names_blocks_that_cross_or_stay_open),
        cmocka_unit_test(a_token_cuts_every_await_of_its_block),
        cmocka_unit_test(only_the_block_obeys),
        cmocka_unit_test(cut_has_the_reason_of_its_token),
        cmocka_unit_test(brackets_nest_in_every_order),
        cmocka_unit_test(blocks_of_several_tokens_nest),
        cmocka_unit_test(a_scope_in_a_block_passes_the_firing_on),
        cmocka_unit_test(plain_threads_obey_too),
        cmocka_unit_test(many_fibers_obey_one_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
