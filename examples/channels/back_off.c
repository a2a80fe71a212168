/* SPDX-License-Identifier: MIT */
/* back_off.c: the second lock is known only under the first one, so there is no order. Each tries
 * the second one, gives up the first if it is held, and comes again later. */
#include <edo/edo.h>
#include <edo/retry.h>

#include <errno.h>
#include <stdio.h>

typedef struct box {
    edo_mutex lock;
    struct box *next; // lock
    int moved_n;      // lock
} box;

/* Locks a box and the one behind it; returns that, or NULL with the reason in `*err`. */
static box *lock_with_next(box *first, int *err) {
    edo_backoff pauses;
    *err = edo_backoff_init(&pauses,
                            &(edo_backoff_opts){ .pause_min = edo_ms(1), .pause_max = edo_ms(50) });
    while (*err == 0 && (*err = edo_mutex_lock(&first->lock)) == 0) {
        box *next = first->next;
        if (edo_mutex_try_lock(&next->lock) == 0) return next;
        edo_mutex_unlock(&first->lock);              // a task that waits holds nothing
        *err = edo_sleep(edo_backoff_next(&pauses)); // each at another time: else all come again
    }
    return NULL;
}

static int move_on(void *arg) {
    box *self = arg;
    int err;
    box *next = lock_with_next(self, &err);
    if (!next) return err;
    err = edo_sleep(edo_ms(10)); // works on both
    self->moved_n++;
    next->moved_n++;
    edo_mutex_unlock(&next->lock);
    edo_mutex_unlock(&self->lock);
    return err;
}

static int root(void *arg) {
    (void)arg;
    box all[3] = { { .next = &all[1] }, { .next = &all[2] }, { .next = &all[0] } };
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, move_on, &all[i]);
    int err = edo_scope_end(&s, 0);
    for (int i = 0; i < 3; i++) printf("box %d: %d times\n", i, all[i].moved_n);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
