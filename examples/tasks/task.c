/* SPDX-License-Identifier: MIT */
/* task.c: a task and its result: start a function, go on, and ask for its answer later. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static int count_lines(void *arg) {
    int lines = 0;
    for (const char *c = arg; *c; c++) lines += *c == '\n';
    return lines;
}

static int sleep_long(void *arg) {
    (void)arg;
    return edo_sleep(edo_hours(1));
}

static int root(void *arg) {
    (void)arg;
    static char poem[] = "so much depends\nupon\n";
    edo_task *t = edo_spawn(count_lines, poem);
    puts("queued: it runs when a worker is free");

    int lines = edo_task_join(t); // its result, or why there is none
    if (lines < 0) return lines;
    printf("%d lines\n", lines);

    edo_task *sleeper = edo_spawn(sleep_long, NULL);
    edo_task_cancel(sleeper);
    if (edo_task_join(sleeper) == -ECANCELED) puts("the sleeper was cancelled");
    return 0;
}

int main(void) {
    return edo_main(root, NULL);
}
