/* SPDX-License-Identifier: MIT */
/* Goal: a report of misuse shows the program's function, file and line, what it called, and the stack from
 * there on; wherever the breach is found.
 * Method: one breach, a poll of a future that is over, in each place where code of a program runs. */
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "last_words.h"

#define THE_TEXT "a future was polled after it was ready or dropped"

/* Where the call stands that breaks the contract; shared with the child that makes it. */
static int *breach_line;

#define HERE(call) (*breach_line = __LINE__, call)

static edo_ready_future over;

static int await_again(void) {
    return HERE(edo_await(&over.base));
}

static int calls_deeper(void *arg) {
    (void)arg;
    (void)edo_poll_once(edo_ready_init(&over, 0));
    return await_again() + 1; // so that it is no tail call
}

static int in_fiber(void *arg) {
    return edo_main(calls_deeper, arg);
}

static int on_plain_thread(void *arg) {
    return calls_deeper(arg);
}

EDO_ASYNC(machine, int unused;) {
    EDO_BEGIN;
    (void)self->unused;
    (void)edo_poll_once(edo_ready_init(&over, 0));
    (void)HERE(edo_poll_once(&over.base));
    EDO_END;
}

static int spawn_machine(void *arg) {
    (void)arg;
    machine m = { .unused = 0 };
    return edo_task_join(edo_spawn_future(machine_init(&m)));
}

static int in_machine(void *arg) {
    return edo_main(spawn_machine, arg);
}

#ifndef EDO_FIBER_PORTABLE // there a stack that waits cannot be read
/* The second poll is made by the worker on a stack of its own, where nothing is the program's. */
static edo_notify bell = EDO_NOTIFY_INIT;
static edo_notify_wait_future ringing;

static int waits_for_bell(void *arg) {
    (void)arg;
    return HERE(edo_await(edo_notify_wait_init(&ringing, &bell))) + 1;
}

static int drops_what_another_awaits(void *arg) {
    edo_task *t = edo_spawn(waits_for_bell, arg);
    int err = edo_yield();
    edo_drop(&ringing.base);
    edo_task_abort(t); // it looks once more at what it awaits
    return err < 0 ? err : edo_task_join(t);
}

static int by_the_worker(void *arg) {
    return edo_main(drops_what_another_awaits, arg);
}
#endif

/* ---- The table ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*fn)(void *arg);
    const char *function, *called;
    const char *next; /* further out on the stack; NULL: not looked for */
} rows[] = {
    { "fiber", in_fiber, "await_again", ", call of edo_await", "calls_deeper" },
    { "plain thread", on_plain_thread, "await_again", ", call of edo_await", "calls_deeper" },
    { "state machine", in_machine, "machine_run", ", call of edo_poll_once", "machine_poll" },
#ifndef EDO_FIBER_PORTABLE
    { "worker for a fiber", by_the_worker, "waits_for_bell", ", call of edo_await", NULL },
#endif
};

static void each_place_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[8192], want[256];
        int status = last_words(rows[i].fn, NULL, said, sizeof said);
        (void)snprintf(want, sizeof want, "tests/runtime/blame_test.c:%d)%s: " THE_TEXT,
                       *breach_line, rows[i].called);
        const char *line = strstr(said, "edo: misuse in ");
        bool named = is_abort(status) && line && strstr(line, rows[i].function) == line + 15 &&
                     strstr(line, want) && strstr(line, "\n      #0  ");
        if (named && rows[i].next) {
            const char *frame = strstr(line, "\n      #1  ");
            named = frame && strstr(frame, rows[i].next) == frame + 11 && strstr(frame, " at ");
        }
        if (!named)
            fail_msg("%s: want %s, status %x, said: %s", rows[i].name, want, (unsigned)status,
                     said);
    }
}

int main(void) {
#ifdef EDO_DEBUG
    breach_line =
        mmap(NULL, sizeof *breach_line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (breach_line == MAP_FAILED) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_place_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
#else
    return 0; // a release build answers -EDO_EMISUSE
#endif
}
