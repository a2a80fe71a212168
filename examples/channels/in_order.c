/* SPDX-License-Identifier: MIT */
/* in_order.c: three pay each other in a circle, and each payment needs two locks. All take them in
 * one order, that of their addresses, so no two wait for each other. */
#include <edo/edo.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int by_address(const void *a, const void *b) {
    edo_mutex *const *first = a, *const *second = b;
    return ((uintptr_t)*first > (uintptr_t)*second) - ((uintptr_t)*first < (uintptr_t)*second);
}

static void unlock_all(edo_mutex **locks, size_t n) {
    while (n-- > 0) edo_mutex_unlock(locks[n]);
}

/* All or none. Sorts `locks`, of which no two are one. */
static int lock_all(edo_mutex **locks, size_t n) {
    qsort(locks, n, sizeof *locks, by_address);
    for (size_t i = 0; i < n; i++) {
        int err = edo_mutex_lock(locks[i]);
        if (err < 0) { // cancelled: gives back what it has
            unlock_all(locks, i);
            return err;
        }
    }
    return 0;
}

typedef struct purse {
    edo_mutex lock;
    int coins;
} purse;

typedef struct payment {
    purse *from, *to;
    int coins;
} payment;

static int pay(void *arg) {
    payment *self = arg;
    edo_mutex *both[] = { &self->from->lock, &self->to->lock };
    int err = lock_all(both, EDO_COUNT(both));
    if (err < 0) return err;
    int before = self->from->coins;
    err = edo_sleep(edo_ms(10)); // asks somebody, say: both purses stay as they are
    if (err == 0) {
        self->from->coins = before - self->coins;
        self->to->coins += self->coins;
    }
    unlock_all(both, EDO_COUNT(both));
    return err;
}

static int root(void *arg) {
    (void)arg;
    purse all[3] = { { EDO_MUTEX_INIT, 10 }, { EDO_MUTEX_INIT, 10 }, { EDO_MUTEX_INIT, 10 } };
    payment circle[3];
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 3; i++) {
        circle[i] = (payment){ &all[i], &all[(i + 1) % 3], i + 1 };
        edo_scope_spawn(&s, pay, &circle[i]);
    }
    int err = edo_scope_end(&s, 0);
    for (int i = 0; i < 3; i++) printf("purse %d: %d coins\n", i, all[i].coins);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
