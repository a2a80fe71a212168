/* SPDX-License-Identifier: MIT */
/* tasks.c: one task in each state, in two runtimes, for a debugger to list. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

static edo_notify bell = EDO_NOTIFY_INIT;

static int wait_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

EDO_ASYNC(listener, edo_notify_wait_future wait;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_notify_wait_init(&self->wait, &bell));
    EDO_END;
}

/* The debugger stops here. */
__attribute__((noinline)) static void all_there(void) {
    __asm__ volatile("" ::: "memory");
}

static int root(void *arg) {
    edo_task *idle =
        edo_spawn_with(wait_for_bell, NULL, &(edo_spawn_opts){ .name = "the idle one" });
    listener l = { 0 };
    edo_task *machine = edo_spawn_future(listener_init(&l));
    edo_task *done = edo_spawn(nothing, NULL);
    int err = edo_yield();
    if (err == 0) err = edo_yield();
    edo_task *queued = edo_spawn(nothing, NULL);
    edo_task *aborted = edo_spawn(wait_for_bell, NULL);
    edo_task_abort(aborted);
    all_there();
    (void)arg;
    edo_notify_all(&bell);
    int results[] = { edo_task_join(idle), edo_task_join(machine), edo_task_join(done),
                      edo_task_join(queued), edo_task_join(aborted) };
    for (size_t i = 0; i < EDO_COUNT(results) && err == 0; i++)
        if (results[i] != (i == 4 ? -ECANCELED : 0)) err = 1;
    if (err == 0) (void)puts("all done");
    return err;
}

int main(void) {
    // One thread each: who is queued when the debugger looks is then certain.
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };
    const edo_runtime_opts named = { .flavor = EDO_RUNTIME_CURRENT, .name = "the other" };
    edo_runtime *other;
    if (edo_runtime_new(&other, &named) < 0) return 1;
    if (edo_runtime_enter(other) < 0) return 1;
    if (edo_spawn_detached(nothing, NULL) < 0) return 1;
    edo_runtime_leave(other);
    int status = edo_main_with(root, NULL, &one_thread);
    edo_runtime_free(other);
    return status;
}
