/* SPDX-License-Identifier: MIT */
/* A task forks. The child starts another program, or makes a runtime of its own; the parent's
 * runtime is not for it, and says so. */
#include <edo/edo.h>

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static int answer(void *arg) {
    (void)arg;
    return edo_sleep(edo_ms(1)) == 0 ? 42 : 1;
}

/* The child. It never returns to the task. */
static void be_the_child(void) {
    int err = edo_sleep(edo_ms(1)); // in the parent's runtime
    printf("child: a sleep returns %s\n", edo_error_name(err));
    edo_runtime *rt;
    if (edo_runtime_new(&rt, NULL) < 0) _exit(1);
    printf("child: a task of its own returns %d\n", edo_run(rt, answer, NULL));
    edo_runtime_free(rt);
    (void)fflush(stdout);
    _exit(0);
}

/* Blocks, so it runs on a thread for that. */
static int wait_for_child(void *arg) {
    int status = 0;
    return waitpid(*(pid_t *)arg, &status, 0) < 0 ? -1 : status;
}

static int root(void *arg) {
    (void)arg;
    pid_t child = fork();
    if (child == 0) be_the_child();
    int status = edo_blocking(wait_for_child, &child);
    printf("parent: the child ended with status %d\n", status);
    printf("parent: a task returns %d\n", edo_task_join(edo_spawn(answer, NULL)));
    return 0;
}

int main(void) {
    return edo_main(root, NULL);
}
