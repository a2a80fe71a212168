/* SPDX-License-Identifier: MIT */
/* Goal: a report of misuse shows the program's function, file and line, the function that it
 * called, and the stack from there on; wherever the breach is found, also where a function of
 * edo's headers finds it.
 * Method: one breach, a poll of a future that is over, in each place where code of a program
 * runs; and a breach for each function of the headers. The script beside this file compiles it
 * with optimisation too. A function whose last act is a call then has no frame during the call.
 * So no breach stands there, and a report need not name the called function if it is one of the
 * headers. */
#include <edo/edo.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "last_words.h"

#define POLLED "a future was polled after it was ready or dropped"
#define UNMADE "a future is used that no _init has made"

/* The line of the call that breaks the contract; shared with the child that makes it. */
static int *breach_line;

#define HERE(call) (*breach_line = __LINE__, call)

static edo_ready_future over;

static int await_again(void) {
    return HERE(edo_await(&over.base)) + 1;
}

static int (*volatile await_again_outside)(void) = await_again; // is not inlined

static int calls_deeper(void *arg) {
    (void)arg;
    (void)edo_poll_once(edo_ready_init(&over, 0));
    return await_again_outside() + 1;
}

static int in_fiber(void *arg) {
    return edo_main(calls_deeper, arg);
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

/* ---- Functions of the headers ---------------------------------------------------------------- */

static edo_notify_wait_future unmade;

static int drops(void *arg) {
    (void)arg;
    HERE(edo_drop(&unmade.base));
    return 0;
}

static inline void drop_far_away(edo_future *f) {
    HERE(edo_drop(f));
}

/* The function that is inlined has the line, the one that it is inlined into the name. */
static int drops_inlined(void *arg) {
    (void)arg;
    drop_far_away(&unmade.base);
    return 0;
}

static int asks_for_result(void *arg) {
    edo_ready_future f;
    (void)arg;
    return HERE(edo_future_result(edo_ready_init(&f, 0))) + 1;
}

static edo_polled poll_again(void *arg, edo_cx *cx, int *result) {
    (void)arg;
    (void)edo_poll_once(edo_ready_init(&over, 0));
    *result = (int)HERE(edo_poll(&over.base, cx));
    return EDO_READY;
}

static int polls(void *arg) {
    edo_poll_fn_future f;
    return (int)edo_poll_once(edo_poll_fn_init(&f, poll_again, arg));
}

EDO_ASYNC(outside, edo_yield_future *elsewhere;) {
    EDO_BEGIN;
    EDO_AWAIT(HERE(edo_yield_init(self->elsewhere)));
    EDO_END;
}

static int awaits_outside(void *arg) {
    edo_yield_future elsewhere;
    outside f = { .elsewhere = &elsewhere };
    (void)arg;
    return (int)edo_poll_once(outside_init(&f));
}

/* ---- What a worker does for a fiber ---------------------------------------------------------- */

#ifndef EDO_FIBER_PORTABLE // there the stack of a waiting fiber cannot be read

/* The second poll is made by the worker on a stack of its own, which has no frame of the
 * program. */
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
    edo_task_cancel(t); // it looks once more at its future
    return err < 0 ? err : edo_task_join(t);
}

/* One worker: so a yield lets the other wait before the drop. */
static int by_the_worker(void *arg) {
    if (setenv("EDO_WORKERS", "1", 1) != 0) return -1;
    return edo_main(drops_what_another_awaits, arg);
}
#endif

/* ---- The table ------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int (*fn)(void *arg);
    const char *text, *function, *called;
    const char *next; /* further out on the stack; NULL: not looked for */
    bool is_header;   /* an inline function is called */
} rows[] = {
    { "fiber", in_fiber, POLLED, "await_again", ", call of edo_await", "calls_deeper", false },
    { "plain thread", calls_deeper, POLLED, "await_again", ", call of edo_await", "calls_deeper",
      false },
    { "state machine", in_machine, POLLED, "machine_", ", call of edo_poll_once", NULL, false },
    { "drop", drops, UNMADE, "drops", ", call of edo_drop", NULL, true },
    { "drop, inlined", drops_inlined, UNMADE, "", ", call of edo_drop", NULL, true },
    { "result", asks_for_result, "the result of a future that is not finished", "asks_for_result",
      ", call of edo_future_result", NULL, true },
    { "poll", polls, POLLED, "poll_again", ", call of edo_poll", NULL, true },
    { "await", awaits_outside, "EDO_AWAIT of a future outside the frame", "outside_", "", NULL,
      true },
#ifndef EDO_FIBER_PORTABLE
    { "worker for a fiber", by_the_worker, POLLED, "waits_for_bell", ", call of edo_await", NULL,
      false },
#endif
};

static bool is_called(size_t row, const char *end) {
    const char *called = rows[row].called;
    size_t n = strlen(called);
#ifdef OPTIMISED
    if (rows[row].is_header && strncmp(end, called, n) != 0) n = 0;
#endif
    return strncmp(end, called, n) == 0 && strncmp(end + n, ": ", 2) == 0 &&
           strncmp(end + n + 2, rows[row].text, strlen(rows[row].text)) == 0;
}

/* "edo: misuse in FUNCTION (PLACE), call of EDO_FUNCTION: TEXT", and lines of the stack. */
static bool names(size_t row, const char *said) {
    char place[64];
    const char *line = strstr(said, "edo: misuse in ");
    (void)snprintf(place, sizeof place, "tests/runtime/blame_test.c:%d)", *breach_line);
    const char *at = line ? strstr(line, place) : NULL;
    if (!at || !is_called(row, at + strlen(place)) || !strstr(at, "\n      #0  ")) return false;
    if (strncmp(line + 15, rows[row].function, strlen(rows[row].function)) != 0) return false;
    if (!rows[row].next) return true;
    const char *frame = strstr(at, "\n      #1  ");
    return frame && strstr(frame, rows[row].next) == frame + 11 && strstr(frame, " at ");
}

static void each_place_is_named(void **state) {
    (void)state;
#ifndef EDO_DEBUG
    skip(); // a release build returns -EDO_EMISUSE
#endif
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char said[8192];
        *breach_line = 0;
        int status = last_words(rows[i].fn, NULL, said, sizeof said);
        if (!is_abort(status) || !names(i, said))
            fail_msg("%s: line %d, status %x, said: %s", rows[i].name, *breach_line,
                     (unsigned)status, said);
    }
}

int main(void) {
    breach_line =
        mmap(NULL, sizeof *breach_line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (breach_line == MAP_FAILED) return 1;
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_place_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
