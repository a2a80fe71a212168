/* SPDX-License-Identifier: MIT */
/* locks.c: two tasks that wait for each other's lock, one that waits behind them, one that reads,
 * for a debugger to list. */
#include <edo/edo.h>
#include <edo/locks.h>

#include <signal.h>

static edo_mutex m, n;
static edo_rwlock shelf;
static edo_notify never;

static int takes(edo_mutex *first, edo_mutex *second) {
    int err = edo_mutex_lock(first); // the first
    if (err == 0) err = edo_yield();
    return err < 0 ? err : edo_mutex_lock(second);
}

static int deposit(void *arg) {
    (void)arg;
    return takes(&m, &n);
}

static int withdraw(void *arg) {
    (void)arg;
    return takes(&n, &m);
}

static int looks(void *arg) {
    (void)arg;
    return edo_mutex_lock(&m);
}

static int reads(void *arg) {
    (void)arg;
    int err = edo_rwlock_read(&shelf);
    return err < 0 ? err : edo_notify_wait(&never);
}

static int root(void *arg) {
    (void)arg;
    edo_task *tasks[] = {
        edo_spawn_with(deposit, NULL, &(edo_spawn_opts){ .name = "deposit" }),
        edo_spawn_with(withdraw, NULL, &(edo_spawn_opts){ .name = "withdraw" }),
        edo_spawn_with(looks, NULL, &(edo_spawn_opts){ .name = "look" }),
        edo_spawn_with(reads, NULL, &(edo_spawn_opts){ .name = "reader" }),
    };
    int err = edo_sleep(edo_ms(150));
    (void)raise(SIGTRAP);
    for (size_t i = 0; i < EDO_COUNT(tasks); i++) {
        edo_task_cancel(tasks[i]);
        edo_task_detach(tasks[i]);
    }
    return err;
}

int main(void) {
    if (edo_locks_watch(NULL) < 0) return 1;
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
