/* SPDX-License-Identifier: MIT */
/* Goal: each breach of the contracts of edo/context.h is named, with its place, in a debug build.
 * Method: as misuse_locks_test.c. */
#include <edo/context.h>
#include <edo/edo.h>

#include "breaches.h"

#include <stdlib.h>

static const edo_context_key number_key = { .name = "number", .bytes = sizeof(int) };

static int binds_what_is_too_large(void *arg) {
    static const edo_context_key large_key = { .name = "large", .bytes = 17 };
    const char value[17] = { 0 };
    edo_context_block b;
    (void)arg;
    edo_context_begin(&b, &large_key, value);
    return edo_context_end(&b, 0);
}

static int ends_the_outer_one_first(void *arg) {
    edo_context_block outer, inner;
    const int one = 1;
    (void)arg;
    edo_context_begin(&outer, &number_key, &one);
    edo_context_begin(&inner, &number_key, &one);
    (void)edo_context_end(&outer, 0);
    return edo_context_end(&inner, 0);
}

static EDOI_NOINLINE void leave_it(void) {
    edo_context_block b;
    const int one = 1;
    edo_context_begin(&b, &number_key, &one);
}

static int leaves_a_block(void *arg) {
    (void)arg;
    leave_it();
    return edo_context_get(&number_key) != NULL;
}

EDO_ASYNC(keeps_open, edo_context_block bound; edo_sleep_future nap;) {
    EDO_BEGIN;
    edo_context_begin(&self->bound, &number_key, &(int){ 1 });
    EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(1)));
    (void)edo_context_end(&self->bound, 0);
    EDO_END;
}

static int awaits_in_a_block(void *arg) {
    keeps_open f = { 0 };
    (void)arg;
    return edo_await(keeps_open_init(&f));
}

static const breach rows[] = {
    { "a value of more than EDO_CONTEXT_BYTES_MAX bytes: count it", binds_what_is_too_large },
    { "blocks of values are ended in reverse order, each once, by who began them",
      ends_the_outer_one_first },
    { "a block of a value on this stack was left without edo_context_end()", leaves_a_block },
    { "a poll ended in a block of a value", awaits_in_a_block },
};

static void each_breach_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    print_message("skipped: a release build goes on\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_context_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
