/* SPDX-License-Identifier: MIT */
/* tasks.c: one task in each state, in two runtimes, and some at each worker of a third, for a
 * debugger to list. */
#include <edo/edo.h>
#include <edo/task_monitor.h>

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
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

/* ---- A runtime with several workers ---------------------------------------------------------- */

#define WORKERS 3
#define HANDS   4 /* of each */

static edo_notify gong = EDO_NOTIFY_INIT; /* never rung */
static edo_task *hands[WORKERS][HANDS];   /* the debugger asks for them by name */
static sem_t ready;

static int wait_for_gong(void *arg) {
    (void)arg;
    (void)sem_post(&ready);
    return edo_notify_wait(&gong);
}

/* The tasks that it spawns lie at its own worker. */
static int hire(void *arg) {
    edo_task **mine = arg;
    for (int i = 0; i < HANDS; i++) mine[i] = edo_spawn(wait_for_gong, NULL);
    (void)sem_post(&ready);
    int err = edo_notify_wait(&gong);
    for (int i = 0; i < HANDS; i++) edo_task_detach(mine[i]);
    return err;
}

/* No worker has any fibers yet: each gets one. */
static int begin_crew(edo_runtime **crew) {
    static const edo_runtime_opts opts = { .workers = WORKERS, .name = "the crew" };
    if (sem_init(&ready, 0, 0) < 0) return -errno;
    int err = edo_runtime_new(crew, &opts);
    if (err < 0) return err;
    err = edo_runtime_enter(*crew);
    for (int i = 0; i < WORKERS && err == 0; i++)
        err = edo_spawn_detached_with(hire, hands[i], &(edo_spawn_opts){ .spread = true });
    edo_runtime_leave(*crew);
    for (int i = 0; i < WORKERS * (HANDS + 1) && err == 0; i++)
        while (sem_wait(&ready) < 0) continue;
    return err;
}

/* ---- All ------------------------------------------------------------------------------------- */

/* Spawned with a monitor, as its runtime allows; boxed, it is not moved into the task. */
static edo_task *spawn_monitored(edo_task_monitor *m, const char *name, bool boxed) {
    listener l = { 0 };
    edo_future *f = listener_init(&l);
    if (boxed) f = edo_boxed_new(f);
    return f ? edo_spawn_future_with(f, &(edo_spawn_opts){ .name = name, .monitor = m }) : NULL;
}

/* The debugger stops here, also where it knows no names. */
static void all_there(void) {
    (void)raise(SIGTRAP);
}

static int root(void *arg) {
    edo_task *idle =
        edo_spawn_with(wait_for_bell, NULL, &(edo_spawn_opts){ .name = "the idle one" });
    listener l = { 0 };
    edo_task *machine = edo_spawn_future(listener_init(&l));
    edo_task *counted = spawn_monitored(arg, "the counted one", false);
    edo_task *boxed = spawn_monitored(arg, "the boxed one", true);
    edo_task *over =
        edo_spawn_future_with(edo_ready_init(&(edo_ready_future){ 0 }, 0),
                              &(edo_spawn_opts){ .name = "the brief one", .monitor = arg });
    edo_task *done = edo_spawn(nothing, NULL);
    int err = edo_yield();
    if (err == 0) err = edo_yield();
    edo_task *queued = edo_spawn(nothing, NULL);
    edo_task *aborted = edo_spawn(wait_for_bell, NULL);
    edo_task_cancel(aborted);
    all_there();
    edo_notify_all(&bell);
    int results[] = { edo_task_join(aborted), edo_task_join(idle),  edo_task_join(machine),
                      edo_task_join(counted), edo_task_join(boxed), edo_task_join(over),
                      edo_task_join(done),    edo_task_join(queued) };
    for (size_t i = 0; i < EDO_COUNT(results) && err == 0; i++)
        if (results[i] != (i == 0 ? -ECANCELED : 0)) err = 1;
    if (err == 0) (void)puts("all done");
    return err;
}

int main(void) {
    // One thread each: it is then certain which tasks are queued when the debugger looks.
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT, .task_monitors = true };
    const edo_runtime_opts named = { .flavor = EDO_RUNTIME_CURRENT, .name = "the other" };
    edo_runtime *other, *crew;
    if (edo_runtime_new(&other, &named) < 0) return 1;
    if (edo_runtime_enter(other) < 0) return 1;
    if (edo_spawn_detached(nothing, NULL) < 0) return 1;
    edo_runtime_leave(other);
    if (begin_crew(&crew) < 0) return 1;
    edo_task_monitor *monitor;
    if (edo_task_monitor_new(&monitor, NULL) < 0) return 1;
    int status = edo_main_with(root, monitor, &one_thread);
    edo_task_monitor_unref(monitor);
    edo_runtime_free(crew);
    edo_runtime_free(other);
    return status;
}
