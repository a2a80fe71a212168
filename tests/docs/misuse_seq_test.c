/* SPDX-License-Identifier: MIT */
/* Goal: a generator that emits where it must not is named, as docs/book/misuse.md says it, in a
 * debug build.
 * Method: as misuse_locks_test.c. */
#include <edo/edo.h>

#include "breaches.h"

static int emits_one(void *arg) {
    const int item = 1;
    return edo_emit(arg, &item);
}

static int emits_many(void *arg) {
    int err = 0;
    while (err == 0) err = emits_one(arg);
    return err;
}

/* Its child emits, too. */
static int emits_beside_itself(void *arg, edo_emitter *e) {
    edo_task *child = edo_spawn(emits_many, e);
    (void)arg;
    (void)emits_many(e);
    return edo_task_join(child);
}

static int two_emit_at_once(void *arg) {
    int item;
    edo_seq *s = edo_seq_generate(sizeof(int), emits_beside_itself, NULL);
    (void)arg;
    while (edo_seq_next(s, &item) == 1) continue;
    return edo_seq_shutdown(s);
}

/* It does not hear that nobody wants its items. */
static int emits_whatever_comes(void *arg, edo_emitter *e) {
    int err = 0;
    (void)arg;
    for (int i = 0; i < 3; i++) err = emits_one(e);
    return err;
}

static int one_emits_on(void *arg) {
    int item;
    edo_seq *s = edo_seq_generate(sizeof(int), emits_whatever_comes, NULL);
    (void)arg;
    if (edo_seq_next(s, &item) != 1) return -EIO;
    return edo_seq_shutdown(s);
}

static const breach generators[] = {
    { "two edo_emit() of one generator at once", two_emit_at_once },
    { "edo_emit() after one that has returned -ECANCELED: the function of the generator is to "
      "return",
      one_emits_on },
};
static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build returns -EDO_EMISUSE\n");
    skip();
#endif
    assert_each_is_named(generators, EDO_COUNT(generators), ".c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
