/* SPDX-License-Identifier: MIT */
/* data_race.c: tasks on two workers add to one sum, with the lock (as given: "careful"), or without
 * it ("careless"). Built with the thread sanitizer the second is named, and the first runs in
 * peace.
 *
 * The tasks begin when all have arrived, so that both workers are at it. They count themselves by
 * relaxed atomics, which order no memory: anything else that they did together might hide the
 * race. */
#include <edo/edo.h>

#include <stdio.h>
#include <string.h>

enum { TASKS = 8, ROUNDS = 100 };
static edo_mutex lock = EDO_MUTEX_INIT;
static int arrived;
static int sum;

static int meet(void) {
    __atomic_fetch_add(&arrived, 1, __ATOMIC_RELAXED);
    int err = 0;
    while (err == 0 && __atomic_load_n(&arrived, __ATOMIC_RELAXED) < TASKS) err = edo_yield();
    return err;
}

static int add_careless(void *arg) {
    (void)arg;
    int err = meet();
    for (int i = 0; err == 0 && i < ROUNDS; i++) {
        sum++; // so does a task on the other worker, at this moment
        err = edo_yield();
    }
    return err;
}

static int add_careful(void *arg) {
    (void)arg;
    int err = meet();
    for (int i = 0; err == 0 && i < ROUNDS; i++) {
        err = edo_mutex_lock(&lock);
        if (err < 0) return err;
        sum++;
        err = edo_yield(); // with the lock, so others wait for it
        edo_mutex_unlock(&lock);
    }
    return err;
}

static int root(void *add) {
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < TASKS; i++) edo_scope_spawn(&s, add ? add_careless : add_careful, NULL);
    int err = edo_scope_end(&s, 0);
    if (err == 0) printf("%d\n", sum);
    return err;
}

int main(int argc, char **argv) {
    bool careless = argc > 1 && strcmp(argv[1], "careless") == 0;
    return edo_main_with(root, careless ? &sum : NULL, &(edo_runtime_opts){ .workers = 2 });
}
