/* SPDX-License-Identifier: MIT */
/* Goal: the function of a hook is called once when its token fires, or never, as its take-back
 * says; it may do what its description allows. Method: each shape by hand; threads that set, take
 * back and fire at once. The model `cancel_hook` has all interleavings. */
#include <edo/edo.h>

#include "aborts.h"
#include "fail_alloc.h"
#include "inside.h"
#include "rounds.h"

#include <pthread.h>
#include <sys/wait.h>

typedef struct hooked {
    edo_cancel_hook hook; /* first */
    edo_cancel_token *token;
    int calls_n, reason;
    pthread_t by;
    struct hooked *other; /* which it takes back */
    bool other_is_back;
} hooked;

static void note_call(void *arg) {
    hooked *h = arg;
    h->calls_n++;
    h->by = pthread_self();
    h->reason = edo_cancel_get_reason(h->token);
}

static edo_cancel_token *token_new(edo_cancel_token *parent) {
    edo_cancel_token *t;
    assert_int_equal(parent ? edo_cancel_child(&t, parent) : edo_cancel_new(&t), 0);
    return t;
}

static void hooked_set(hooked *h, edo_cancel_token *t, edo_cancel_hook_fn *fn) {
    h->token = t;
    edo_cancel_hook_set(&h->hook, t, fn, h);
}

static void a_hook_is_called_once_by_the_thread_that_fires(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked h = { .calls_n = 0 };
    hooked_set(&h, t, note_call);
    assert_int_equal(h.calls_n, 0);
    edo_cancel(t, EDO_CANCEL_USER + 3);
    edo_cancel(t, EDO_CANCEL_USER + 4);
    assert_int_equal(h.calls_n, 1);
    assert_int_equal(h.reason, EDO_CANCEL_USER + 3);
    assert_true(pthread_equal(h.by, pthread_self()));
    assert_false(edo_cancel_hook_clear(&h.hook));
    edo_cancel_unref(t);
}

static void a_hook_of_a_fired_token_is_called_at_once(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL), *child = token_new(t);
    hooked h = { .calls_n = 0 };
    edo_cancel(t, EDO_CANCEL_SHUTDOWN);
    hooked_set(&h, child, note_call);
    assert_int_equal(h.calls_n, 1);
    assert_int_equal(h.reason, EDO_CANCEL_SHUTDOWN);
    assert_false(edo_cancel_hook_clear(&h.hook));
    edo_cancel_unref(child);
    edo_cancel_unref(t);
}

static void a_hook_that_is_taken_back_is_not_called(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked h = { .calls_n = 0 };
    assert_false(edo_cancel_hook_clear(&h.hook)); // not set
    hooked_set(&h, t, note_call);
    assert_true(edo_cancel_hook_clear(&h.hook));
    assert_false(edo_cancel_hook_clear(&h.hook));
    hooked_set(&h, t, note_call); // again
    assert_true(edo_cancel_hook_clear(&h.hook));
    edo_cancel(t, 0);
    assert_int_equal(h.calls_n, 0);
    edo_cancel_unref(t);
}

static void each_of_many_hooks_is_called(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static hooked all[MANY];
    edo_cancel_token *t = token_new(NULL);
    for (size_t i = 0; i < MANY; i++) hooked_set(&all[i], t, note_call);
    for (size_t i = 0; i < MANY; i += 3) assert_true(edo_cancel_hook_clear(&all[i].hook));
    edo_cancel(t, 0);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(all[i].calls_n, i % 3 != 0);
        assert_false(edo_cancel_hook_clear(&all[i].hook));
    }
    edo_cancel_unref(t);
}

/* As note_call(), without the token. */
static void count_call(void *arg) {
    ((hooked *)arg)->calls_n++;
}

/* The hook has the only reference of a child, and the child the only one of its parent. */
static void a_hook_keeps_its_token(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL), *child = token_new(t);
    hooked h = { .calls_n = 0 };
    hooked_set(&h, child, count_call);
    edo_cancel_unref(child);
    edo_cancel(t, EDO_CANCEL_SIGNAL);
    edo_cancel_unref(t);
    assert_int_equal(h.calls_n, 1);
    assert_false(edo_cancel_hook_clear(&h.hook)); // and ends both
}

static void hooks_ask_for_no_memory(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked h = { .calls_n = 0 }, back = { .calls_n = 0 };
    fail_alloc_in = 1;
    hooked_set(&h, t, note_call);
    hooked_set(&back, t, note_call);
    assert_true(edo_cancel_hook_clear(&back.hook));
    edo_cancel(t, 0);
    assert_false(edo_cancel_hook_clear(&h.hook));
    bool has_asked = fail_alloc_in != 1;
    fail_alloc_in = 0;
    assert_false(has_asked);
    assert_int_equal(h.calls_n, 1);
    edo_cancel_unref(t);
}

/* ---- What the function may do ---------------------------------------------------------------- */

static void end_itself(void *arg) {
    hooked *h = arg;
    assert_false(edo_cancel_hook_clear(&h->hook));
    free(h);
}

static void the_function_may_end_its_own_hook(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    for (int i = 0; i < 6; i++) {
        hooked *h = calloc(1, sizeof *h);
        assert_non_null(h);
        if (i == 3) edo_cancel(t, 0); // the others are called at once
        hooked_set(h, t, end_itself);
    }
    edo_cancel_unref(t);
}

static void take_other_back(void *arg) {
    hooked *h = arg;
    note_call(arg);
    h->other_is_back = edo_cancel_hook_clear(&h->other->hook);
}

/* Whichever comes first takes the other back. */
static void the_function_may_take_another_hook_back(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked a = { .calls_n = 0 }, b = { .other = &a };
    a.other = &b;
    hooked_set(&a, t, take_other_back);
    hooked_set(&b, t, take_other_back);
    edo_cancel(t, 0);
    assert_int_equal(a.calls_n + b.calls_n, 1);
    assert_int_equal(a.other_is_back + b.other_is_back, 1);
    assert_false(edo_cancel_hook_clear(&a.hook));
    assert_false(edo_cancel_hook_clear(&b.hook));
    edo_cancel_unref(t);
}

typedef struct busy {
    edo_cancel_hook hook, inner;
    edo_cancel_token *token, *next, *child;
    hooked seen;
} busy;

/* edo holds no lock: all of this may take those of the token. */
static void use_all(void *arg) {
    busy *b = arg;
    edo_cancel(b->token, 0); // has fired
    edo_cancel(b->next, EDO_CANCEL_USER);
    assert_int_equal(edo_cancel_child(&b->child, b->token), 0);
    assert_true(edo_cancel_is_set(b->child));
    hooked_set(&b->seen, b->token, note_call); // is called at once
    assert_int_equal(b->seen.calls_n, 1);
    edo_cancel_unref(b->token); // the program's last reference
}

static void the_function_may_use_tokens(void **state) {
    (void)state;
    busy b = { .token = token_new(NULL), .next = token_new(NULL) };
    hooked chained = { .calls_n = 0 };
    hooked_set(&chained, b.next, note_call);
    edo_cancel_hook_set(&b.hook, b.token, use_all, &b);
    edo_cancel(b.token, EDO_CANCEL_USER);
    assert_int_equal(chained.calls_n, 1);
    assert_false(edo_cancel_hook_clear(&chained.hook));
    assert_false(edo_cancel_hook_clear(&b.seen.hook));
    assert_false(edo_cancel_hook_clear(&b.hook));
    edo_cancel_unref(b.child);
    edo_cancel_unref(b.next);
}

static void await_there(void *arg) {
    (void)arg;
    (void)edo_sleep(edo_ms(1));
}

static void fire_one_that_awaits(void) {
    edo_cancel_token *t;
    edo_cancel_hook h;
    if (edo_cancel_new(&t) < 0) return;
    edo_cancel_hook_set(&h, t, await_there, NULL);
    edo_cancel(t, 0);
}

static void an_await_in_the_function_is_misuse(void **state) {
    (void)state;
#ifdef EDO_DEBUG
    assert_true(aborts(fire_one_that_awaits));
#else
    assert_false(aborts(fire_one_that_awaits));
#endif
}

/* ---- Tasks ----------------------------------------------------------------------------------- */

static void send_bell(void *arg) {
    edo_notify_one(arg);
}

static int ring_at_stop(void *arg) {
    edo_cancel_token *stop = arg;
    edo_notify bell = EDO_NOTIFY_INIT;
    edo_cancel_hook h;
    edo_cancel_hook_set(&h, stop, send_bell, &bell);
    int err = edo_notify_wait(&bell);
    CHECK(!edo_cancel_hook_clear(&h));
    return err;
}

static int woken_by_hook(void *arg) {
    (void)arg;
    edo_cancel_token *stop;
    EDO_TEST_OK(edo_cancel_new(&stop));
    edo_task *t = edo_spawn(ring_at_stop, stop);
    EDO_TEST_OK(edo_sleep(edo_ms(10)));
    edo_cancel(stop, 0);
    int err = edo_task_join(t);
    edo_cancel_unref(stop);
    return err;
}

static void the_function_may_wake_a_task(void **state) {
    (void)state;
    assert_int_equal(inside_each(woken_by_hook, NULL), 0);
}

/* ---- Forks ----------------------------------------------------------------------------------- */

static void in_a_child_of_fork_no_hook_is_called(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked h = { .calls_n = 0 };
    hooked_set(&h, t, note_call);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        edo_cancel(t, 0);
        bool is_back = edo_cancel_hook_clear(&h.hook);
        _exit(h.calls_n == 0 && is_back ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(edo_cancel_hook_clear(&h.hook));
    edo_cancel_unref(t);
}

/* One that is set there on the parent's token is not called either, and says so. */
static void a_hook_that_a_child_of_fork_sets_is_taken_back(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL), *fired = token_new(NULL);
    edo_cancel(fired, 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hooked h = { .calls_n = 0 }, late = { .calls_n = 0 };
        hooked_set(&h, t, note_call);
        hooked_set(&late, fired, note_call);
        edo_cancel(t, 0);
        bool is_back = edo_cancel_hook_clear(&h.hook) && edo_cancel_hook_clear(&late.hook);
        _exit(h.calls_n + late.calls_n == 0 && is_back ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    edo_cancel_unref(fired);
    edo_cancel_unref(t);
}

static void fork_there(void *arg) {
    hooked *h = arg;
    note_call(h);
    pid_t child = fork();
    if (child == 0) h->reason = 0; // returns there, too
    h->other_is_back = child == 0;
    if (child > 0) (void)waitpid(child, &h->reason, 0);
}

static void a_function_may_fork(void **state) {
    (void)state;
    edo_cancel_token *t = token_new(NULL);
    hooked h = { .calls_n = 0 };
    hooked_set(&h, t, fork_there);
    edo_cancel(t, 0);
    if (h.other_is_back) _exit(edo_cancel_hook_clear(&h.hook) ? 1 : 0); // the child
    assert_int_equal(h.reason, 0);                                      // its status
    assert_false(edo_cancel_hook_clear(&h.hook));
    edo_cancel_unref(t);
}

/* ---- Threads --------------------------------------------------------------------------------- */

typedef struct duel {
    pthread_barrier_t start, end;
    edo_cancel_token *token;
    uint32_t rounds;
} duel;

static void *fire_each_round(void *arg) {
    duel *d = arg;
    for (uint32_t i = 0; i < d->rounds; i++) {
        pthread_barrier_wait(&d->start);
        edo_cancel(d->token, 0);
        pthread_barrier_wait(&d->end);
    }
    return NULL;
}

/* Takes back from memory that goes at once: the address sanitizer looks. */
static void a_take_back_beside_fire_is_one_or_the_other(void **state) {
    (void)state;
    duel d = { .rounds = test_rounds(2000, 200000) };
    pthread_t thread;
    pthread_barrier_init(&d.start, NULL, 2);
    pthread_barrier_init(&d.end, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, fire_each_round, &d), 0);
    for (uint32_t i = 0; i < d.rounds; i++) {
        hooked *h = calloc(1, sizeof *h);
        assert_non_null(h);
        d.token = token_new(NULL);
        hooked_set(h, d.token, note_call);
        pthread_barrier_wait(&d.start);
        bool is_back = edo_cancel_hook_clear(&h->hook);
        assert_int_equal(h->calls_n, !is_back);
        free(h);
        pthread_barrier_wait(&d.end);
        edo_cancel_unref(d.token);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&d.start);
    pthread_barrier_destroy(&d.end);
}

int main(void) {
    fail_alloc_install();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_await_in_the_function_is_misuse),
        cmocka_unit_test(a_hook_is_called_once_by_the_thread_that_fires),
        cmocka_unit_test(a_hook_of_a_fired_token_is_called_at_once),
        cmocka_unit_test(a_hook_that_is_taken_back_is_not_called),
        cmocka_unit_test(each_of_many_hooks_is_called),
        cmocka_unit_test(a_hook_keeps_its_token),
        cmocka_unit_test(hooks_ask_for_no_memory),
        cmocka_unit_test(the_function_may_end_its_own_hook),
        cmocka_unit_test(the_function_may_take_another_hook_back),
        cmocka_unit_test(the_function_may_use_tokens),
        cmocka_unit_test(in_a_child_of_fork_no_hook_is_called),
        cmocka_unit_test(a_hook_that_a_child_of_fork_sets_is_taken_back),
        cmocka_unit_test(a_function_may_fork),
        cmocka_unit_test(the_function_may_wake_a_task),
        cmocka_unit_test(a_take_back_beside_fire_is_one_or_the_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
