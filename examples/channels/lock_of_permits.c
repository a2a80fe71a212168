/* SPDX-License-Identifier: MIT */
/* lock_of_permits.c: a mutex made from a semaphore of one permit, and what edo_mutex has beside. */
#include <edo/edo.h>

#include <errno.h>
#include <stdio.h>

typedef struct one_at_a_time {
    edo_sem permits;
} one_at_a_time;
#define ONE_AT_A_TIME_INIT                                                                         \
    { EDO_SEM_INIT(1) }

static int lock(one_at_a_time *self) {
    return edo_sem_acquire(&self->permits, 1);
}

static void unlock(one_at_a_time *self) {
    edo_sem_release(&self->permits, 1);
}

static one_at_a_time door = ONE_AT_A_TIME_INIT;
static int visits; /* lock: door */

static int visit(void *arg) {
    (void)arg;
    for (int i = 0; i < 10; i++) {
        int err = lock(&door);
        if (err < 0) return err; // nothing to give back
        int before = visits;
        err = edo_yield(); // without the lock, another task would count here, too
        visits = before + 1;
        unlock(&door);
        if (err < 0) return err;
    }
    return 0;
}

/* A wait that is cut short leaves the line, and takes nothing along. */
static int give_up(void) {
    int err = lock(&door);
    if (err < 0) return err;
    edo_sem_acquire_future second;
    err = edo_timeout(edo_sem_acquire_init(&second, &door.permits, 1), edo_ms(10));
    printf("a second lock: %s\n", edo_error_name(err));
    unlock(&door);
    printf("free again: %s\n", edo_sem_try_acquire(&door.permits, 1) == 0 ? "yes" : "no");
    unlock(&door);
    return 0;
}

static int root(void *arg) {
    (void)arg;
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 10; i++) edo_scope_spawn(&s, visit, NULL);
    int err = edo_scope_end(&s, 0);
    printf("%d visits\n", visits);
    if (err == 0) err = give_up();

    // A permit has no owner. So nothing finds an unlock too many, which edo_mutex reports as misuse
    unlock(&door);
    printf("may enter at once now: %d\n", (int)edo_sem_available(&door.permits));
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
