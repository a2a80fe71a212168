/* SPDX-License-Identifier: MIT */
/* busy.c: a task looks for a number by trying them all. Without an await in the loop, as
 * edo_budget_consume(), no other task runs on its worker. */
#include "faulty.h"

#include <edo/edo.h>

static volatile unsigned wanted = 0; // which the loop below never meets

static unsigned step(unsigned n) {
    return n * 2654435761u | 1u;
}

static int search(void *arg) {
    unsigned n = 1;
    (void)arg;
    while (n != wanted) n = step(n);
    return 0;
}

int busy(void *arg) {
    (void)arg;
    return edo_task_join(edo_spawn(search, NULL));
}
