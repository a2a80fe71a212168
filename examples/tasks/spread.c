/* SPDX-License-Identifier: MIT */
/* spread.c: who lives long is spread over the workers; who promises to keep nothing of its thread
 * may move about. */
#include <edo/edo.h>

#include <pthread.h>
#include <stdio.h>

enum { GUESTS = 10 };

typedef struct guest {
    edo_barrier *all_here;
    pthread_t thread;
} guest;

/* As a connection: begins, and then waits most of the time. */
static int stay(void *arg) {
    guest *self = arg;
    self->thread = pthread_self();           // for all its life
    return edo_barrier_wait(self->all_here); // none leaves before all have come
}

static int sum_up(void *arg) {
    const int *numbers = arg;
    int sum = 0;
    for (int i = 0; numbers[i] != 0; i++) {
        sum += numbers[i];
        if (edo_yield() < 0) return -1; // may go on with another thread
    }
    return sum;
}

static int root(void *arg) {
    (void)arg;
    edo_barrier all_here = EDO_BARRIER_INIT(GUESTS);
    guest guests[GUESTS];
    EDO_SCOPE(s, &(edo_scope_opts){ .spread = true });
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = (guest){ .all_here = &all_here };
        edo_scope_spawn(&s, stay, &guests[i]);
    }
    int err = edo_scope_end(&s, 0);
    if (err < 0) return err;
    int with_first = 0;
    for (int i = 0; i < GUESTS; i++)
        with_first += pthread_equal(guests[i].thread, guests[0].thread) != 0;
    printf("%d guests, %d of them on the thread of the first\n", GUESTS, with_first);

    static int numbers[] = { 1, 2, 3, 4, 0 };
    edo_task *t = edo_spawn_with(sum_up, numbers, &(edo_spawn_opts){ .migrate = true });
    printf("%d is the sum, wherever it was found\n", edo_task_join(t));
    return 0;
}

int main(void) {
    return edo_main_with(root, NULL,
                         &(edo_runtime_opts){ .flavor = EDO_RUNTIME_MULTI, .workers = 2 });
}
