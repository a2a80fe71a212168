/* SPDX-License-Identifier: MIT */
/* Goal: a scope, block of a token, deadline, shield or edo_no_await_begin() that is left open is
 * named with the line where it was begun; and edo touches nothing of the frame in which it lay,
 * whichever thread fires its token.
 * Method: each breach in a child, whose standard error is read. */
#include <edo/edo.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "last_words.h"

static int *begun_line; /* where the bracket was begun; shared with the child */

#define BEGUN(call) (*begun_line = __LINE__, call)

static edo_cancel_token *token;

/* The stack that helpers have used is written to. */
static int clobber(int byte) {
    volatile char bytes[4096];
    memset((void *)(uintptr_t)bytes, byte, sizeof bytes);
    return bytes[5] == byte ? 0 : 1;
}

static int open_scope(void) {
    edo_scope s;
    BEGUN(edo_scope_begin(&s, NULL));
    return clobber(1);
}

static int open_block(void) {
    edo_cancel_block b;
    BEGUN(edo_cancel_begin(&b, token));
    return clobber(1);
}

static int open_deadline(void) {
    edo_deadline d;
    BEGUN(edo_deadline_begin(&d, edo_s(60)));
    return d.depth == 1 ? 0 : 1;
}

static int open_shield(void) {
    edo_shield sh;
    BEGUN(edo_shield_begin(&sh, edo_s(60)));
    return sh.depth == 1 ? 0 : 1;
}

static int leaves_scope(void *arg) {
    (void)arg;
    return open_scope();
}

static int leaves_scope_and_awaits(void *arg) {
    (void)arg;
    return open_scope() + clobber(0x5a) + edo_yield();
}

static int leaves_deadline(void *arg) {
    (void)arg;
    return open_deadline();
}

/* Others of its kind, and of others, are ended: they are not named. */
static int leaves_shield(void *arg) {
    (void)arg;
    int err = open_shield();
    edo_deadline d;
    edo_deadline_begin(&d, edo_s(60));
    edo_shield inner;
    edo_shield_begin(&inner, edo_s(60));
    (void)edo_shield_end(&inner, 0);
    return edo_deadline_end(&d, err);
}

static int leaves_no_await(void *arg) {
    (void)arg;
    BEGUN(edo_no_await_begin());
    edo_no_await_begin();
    edo_no_await_end();
    return 0;
}

static int leaves_block(void *arg) {
    (void)arg;
    return open_block();
}

static int leaves_block_and_awaits(void *arg) {
    (void)arg;
    return open_block() + clobber(0x5a) + edo_yield();
}

static int leaves_block_and_fires(void *arg) {
    (void)arg;
    int err = open_block() + clobber(0x5a);
    edo_cancel(token, EDO_CANCEL_USER);
    return err + edo_yield();
}

static int fire(void *arg) {
    (void)arg;
    edo_cancel(token, EDO_CANCEL_USER);
    return 0;
}

/* The function that waits for it lies where the block lay. */
static int wait_for_the_shot(void) {
    edo_task *t = edo_spawn(fire, NULL);
    return clobber(0x5a) + edo_task_join(t);
}

static int leaves_block_and_another_fires(void *arg) {
    (void)arg;
    return open_block() + wait_for_the_shot();
}

static void *fire_from_outside(void *arg) {
    (void)fire(arg);
    return NULL;
}

static int leaves_block_and_a_thread_fires(void *arg) {
    pthread_t thread;
    int err = open_block() + clobber(0x5a);
    if (pthread_create(&thread, NULL, fire_from_outside, arg) != 0) abort();
    (void)pthread_join(thread, NULL);
    return err;
}

static int leaves_block_under_another(void *arg) {
    (void)arg;
    edo_cancel_block b;
    int err = open_block() + clobber(0x5a);
    edo_cancel_begin(&b, token);
    err = edo_cancel_end(&b, err);
    edo_cancel(token, EDO_CANCEL_USER);
    return err;
}

/* The block of a guard is left while what was begun in it is open: that is named. */
static int leaves_deadline_in_guard(void *arg) {
    (void)arg;
    EDO_DEADLINE(outer, edo_s(60));
    return open_deadline();
}

static int leaves_shield_in_guard(void *arg) {
    (void)arg;
    EDO_SHIELD(outer, edo_s(60));
    return open_shield();
}

static int leaves_scope_in_guard(void *arg) {
    (void)arg;
    EDO_DEADLINE(outer, edo_s(60));
    return open_scope();
}

static int leaves_block_in_guard(void *arg) {
    (void)arg;
    EDO_SCOPE(outer, NULL);
    return open_block();
}

static int leaves_shield_in_scope_guard(void *arg) {
    (void)arg;
    EDO_SCOPE(outer, NULL);
    return open_shield();
}

static int leaves_deadline_in_block_guard(void *arg) {
    (void)arg;
    EDO_CANCEL(outer, token);
    return open_deadline();
}

static const edo_context_key number_key = { .name = "number", .bytes = sizeof(int) };

static int open_value(void) {
    edo_context_block b;
    BEGUN(edo_context_begin(&b, &number_key, &(int){ 1 }));
    return clobber(1);
}

static int leaves_value(void *arg) {
    (void)arg;
    return open_value();
}

static int leaves_value_and_awaits(void *arg) {
    (void)arg;
    return open_value() + edo_yield();
}

static int leaves_value_and_looks(void *arg) {
    (void)arg;
    int err = open_value();
    return edo_context_get(&number_key) ? err : -1;
}

static int leaves_value_in_guard(void *arg) {
    (void)arg;
    EDO_CONTEXT(outer, &number_key, &(int){ 2 });
    return open_value();
}

static edo_polled poll_value(void *arg, edo_cx *cx, int *result) {
    (void)arg, (void)cx;
    *result = open_value();
    return EDO_READY;
}

static int leaves_value_in_poll(void *arg) {
    edo_poll_fn_future f;
    return edo_await(edo_poll_fn_init(&f, poll_value, arg));
}

#define VALUE_TEXT "a block of a value on this stack was left without edo_context_end()"
#define SCOPE_TEXT "a scope on this stack was left without edo_scope_end()"
#define BLOCK_TEXT "a token's block on this stack was left without edo_cancel_end()"

static const struct {
    edo_task_fn *fn;
    const char *what, *text;
} rows[] = {
    { leaves_scope, "a scope", SCOPE_TEXT },
    { leaves_scope_and_awaits, "a scope", SCOPE_TEXT },
    { leaves_deadline, "a deadline", "a deadline was begun and not ended" },
    { leaves_shield, "a shield", "a shield was begun and not ended" },
    { leaves_no_await, "a bracket of edo_no_await_begin()",
      "edo_no_await_begin() without its end" },
    { leaves_block, "a token's block", BLOCK_TEXT },
    { leaves_block_and_awaits, "a token's block", BLOCK_TEXT },
    { leaves_block_and_fires, "a token's block", BLOCK_TEXT },
    { leaves_block_and_another_fires, "a token's block", BLOCK_TEXT },
    { leaves_block_and_a_thread_fires, "a token's block", BLOCK_TEXT },
    { leaves_value, "a block of a value", VALUE_TEXT },
    { leaves_value_and_awaits, "a block of a value", VALUE_TEXT },
    { leaves_value_and_looks, "a block of a value", VALUE_TEXT },
    { leaves_value_in_guard, "a block of a value", "blocks of values are ended in reverse order" },
    { leaves_value_in_poll, "a block of a value", "a poll ended in a block of a value" },
    { leaves_block_under_another, "a token's block", BLOCK_TEXT },
    { leaves_deadline_in_guard, "a deadline", "deadlines are ended in reverse order" },
    { leaves_shield_in_guard, "a shield", "shields are ended in reverse order" },
    { leaves_scope_in_guard, "a scope", "a deadline is ended while a scope" },
    { leaves_block_in_guard, "a token's block", "scopes are ended in reverse order" },
    { leaves_shield_in_scope_guard, "a shield", "a scope is ended while a shield" },
    { leaves_deadline_in_block_guard, "a deadline", "a token's block is ended while a deadline" },
};

static int run(void *fn) {
    if (edo_cancel_new(&token) < 0) abort();
    return edo_main(*(edo_task_fn *const *)fn, NULL);
}

static void each_open_bracket_is_named_with_its_begin(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[8192], begun[128], place[64];
        edo_task_fn *fn = rows[i].fn;
        int status = last_words(run, &fn, said, sizeof said);
        (void)snprintf(begun, sizeof begun, "edo: %s that was not ended was begun at ",
                       rows[i].what);
        (void)snprintf(place, sizeof place, "tests/runtime/left_bracket_test.c:%d\n", *begun_line);
        const char *line = strstr(said, begun);
        if (!is_abort(status) || !line || !strstr(line, place) || !strstr(line, rows[i].text))
            fail_msg("row %zu: want %s%s, status %x, said: %s", i, begun, place, (unsigned)status,
                     said);
    }
}

int main(void) {
    begun_line =
        mmap(NULL, sizeof *begun_line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (begun_line == MAP_FAILED) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(
        each_open_bracket_is_named_with_its_begin) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
