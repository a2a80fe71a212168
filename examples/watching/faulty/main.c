/* SPDX-License-Identifier: MIT */
/* faulty: a program with the fault that its argument names, to be looked at by edo look:
 *
 *     EDO_WATCH=locks faulty two_locks &
 *     edo look $! */
#include "faulty.h"

#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

typedef struct fault {
    const char *name;
    edo_task_fn *fn;
    const char *what;
} fault;

static const fault faults[] = {
    { "blocked", blocked, "a task makes a call that blocks its thread" },
    { "busy", busy, "a task computes without an await" },
    { "lost_wake", lost_wake, "a future forgets who waits for it" },
    { "two_locks", two_locks, "two tasks take two locks in opposite order" },
    { "five_locks", five_locks, "five tasks, over mutexes, read-write locks and a value" },
    { "held", held, "a lock is held over a slow await" },
    { "tasks", tasks, "each request leaves a task behind" },
    { "queue", queue, "a queue is filled faster than it is read" },
    { "starved", starved, "many tasks compute too long between two awaits" },
    { "slow", slow, "a service that is asked does not reply" },
    { "sockets", sockets, "a path forgets to close its sockets" },
};

int main(int argc, char **argv) {
    static const edo_runtime_opts opts = { .workers = 2 };
    for (size_t i = 0; argc == 2 && i < EDO_COUNT(faults); i++)
        if (strcmp(argv[1], faults[i].name) == 0) return edo_main_with(faults[i].fn, NULL, &opts);
    for (size_t i = 0; i < EDO_COUNT(faults); i++)
        printf("faulty %-10s  %s\n", faults[i].name, faults[i].what);
    return 2;
}
