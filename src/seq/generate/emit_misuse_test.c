/* SPDX-License-Identifier: MIT */
/* Goal: an edo_emit() that is against the rules is refused, and named in debug builds: one after
 * the end, and one beside another. Method: a child for each, whose last words are read. */
#include <edo/seq_generate.h>

#include "inside.h"
#include "last_words.h"

#include <edo/notify.h>

#include <errno.h>
#include <string.h>

/* Lets the other tasks run until they wait. */
static void settle(void) {
    for (int i = 0; i < 5; i++) CHECK_EQ(edo_yield(), 0);
}

static int goes_on(void *arg, edo_emitter *e) {
    int item = 0, err;
    (void)arg;
    while ((err = edo_emit(e, &item)) == 0) item++;
    return err == -ECANCELED ? edo_emit(e, &item) : 0;
}

static int emits_after_the_end(void *arg) {
    int item;
    (void)arg;
    edo_seq *s = edo_seq_generate(sizeof(int), goes_on, NULL);
    CHECK_EQ(edo_seq_next(s, &item), 1);
    return edo_seq_shutdown(s);
}

static int emit_after_canceled(void *arg) {
    return inside(emits_after_the_end, arg);
}

static int emit_beside(void *arg) {
    int item = 5;
    return edo_emit(arg, &item);
}

static int emits_twice(void *arg, edo_emitter *e) {
    int item = 1;
    (void)arg;
    edo_task *t = edo_spawn(emit_beside, e);
    int err = edo_emit(e, &item);
    return err < 0 ? err : edo_task_join(t);
}

static int two_at_once(void *arg) {
    int item;
    (void)arg;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_generate(sizeof(int), emits_twice, NULL);
    CHECK_EQ(edo_poll_once(edo_seq_next_init(&f, s, &item)), EDO_PENDING);
    edo_drop(&f.base);
    settle(); // nobody takes the first item
    CHECK_EQ(edo_seq_next(s, &item), 1);
    CHECK_EQ(edo_seq_next(s, &item), -EDO_EMISUSE);
    return edo_seq_shutdown(s);
}

static int two_emits_at_once(void *arg) {
    return inside(two_at_once, arg);
}

typedef struct pair {
    edo_notify go;
    edo_emitter *e;
    int told; /* what the second emit returned */
} pair;

static int emit_when_told(void *arg) {
    pair *p = arg;
    int item = 5, err = edo_notify_wait(&p->go);
    p->told = err < 0 ? err : edo_emit(p->e, &item);
    return 0;
}

static int emits_beside(void *arg, edo_emitter *e) {
    pair *p = arg;
    int item = 1;
    p->e = e;
    edo_task *t = edo_spawn(emit_when_told, p);
    int err = edo_emit(e, &item);
    return err < 0 ? err : edo_task_join(t);
}

/* The item of the first was read and the next one asked for, but it has not returned. */
static int second_before_the_first_returns(void *arg) {
    pair p = { .go = EDO_NOTIFY_INIT };
    int item;
    (void)arg;
    edo_seq_next_future f;
    edo_seq *s = edo_seq_generate(sizeof(int), emits_beside, &p);
    CHECK_EQ(edo_seq_next(s, &item), 1);
    settle();
    CHECK_EQ(edo_poll_once(edo_seq_next_init(&f, s, &item)), EDO_PENDING);
    edo_notify_one(&p.go); // runs first
    settle();
    edo_drop(&f.base);
    CHECK_EQ(p.told, -EDO_EMISUSE);
    return edo_seq_shutdown(s);
}

static int second_emit_in_between(void *arg) {
    return inside(second_before_the_first_returns, arg);
}

/* Debug builds abort with `text`; others refuse. */
static void names(int (*fn)(void *arg), const char *text) {
    char said[4000];
    int status = last_words(fn, NULL, said, sizeof said);
#ifdef EDO_DEBUG
    assert_true(is_abort(status));
    if (!strstr(said, text)) fail_msg("it said: %s", said);
#else
    (void)text;
    assert_int_equal(status, 0);
#endif
}

static void misuse_is_named(void **state) {
    (void)state;
    names(emit_after_canceled, "edo_emit() after one that has returned -ECANCELED");
    names(two_emits_at_once, "two edo_emit() of one generator at once");
    names(second_emit_in_between, "two edo_emit() of one generator at once");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(misuse_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
