/* SPDX-License-Identifier: MIT */
/* context.c: a value that is bound to a block reaches all that the block calls and starts. */
#include <edo/blocking.h>
#include <edo/edo.h>

#include <stdio.h>

static const edo_context_key tenant_key = { .name = "tenant", .bytes = sizeof(int) };

/* Knows the type of the value. */
static int tenant(void) {
    const int *number = edo_context_get(&tenant_key);
    return number ? *number : 0;
}

static int write_file(void *name) {
    printf("%s: on a blocking thread for tenant %d\n", (const char *)name, tenant());
    return 0;
}

static int store(void *name) {
    int err = edo_sleep(edo_ms(tenant()));
    return err < 0 ? err : edo_blocking(write_file, name);
}

/* Nothing is passed on by hand; the tasks go on when the block has long ended. */
static void serve(edo_task *tasks[2], int number) {
    static char index[] = "index", statistics[] = "statistics";
    EDO_CONTEXT(b, &tenant_key, &number);
    tasks[0] = edo_spawn(store, index);
    tasks[1] = edo_spawn_with(store, statistics, &(edo_spawn_opts){ .no_context = true });
}

static int root(void *arg) {
    (void)arg;
    edo_task *tasks[2];
    serve(tasks, 7);
    printf("the block has ended: tenant %d\n", tenant());
    int err = edo_task_join(tasks[1]);
    return err < 0 ? err : edo_task_join(tasks[0]);
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
