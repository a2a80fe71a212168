/* SPDX-License-Identifier: MIT */
/* blocked.c: a task waits for an answer in the way of a program with threads, by read(2).
 * edo_blocking() has threads for such calls, and edo_read() waits without one. */
#include "faulty.h"

#include <edo/edo.h>

#include <unistd.h>

static int ends[2];

static int wait_for_answer(void) {
    char answer;
    return (int)read(ends[0], &answer, 1); // nobody will ever write one
}

static int ask_the_user(void *arg) {
    (void)arg;
    return wait_for_answer();
}

int blocked(void *arg) {
    (void)arg;
    if (pipe(ends) < 0) return -1;
    return edo_task_join(edo_spawn(ask_the_user, NULL));
}
