/* SPDX-License-Identifier: MIT */
/* n_at_once.c: exercise of chapter 8: at most three at once, by a scope and by a semaphore.
 *
 * The scope limits the tasks, the semaphore only what they do: with it all twelve exist at once. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct load {
    edo_sem *places; // NULL: the scope sees to it
    int now, peak;
} load;

static int work(load *self) {
    if (++self->now > self->peak) self->peak = self->now;
    int err = edo_sleep(edo_ms(10));
    self->now--;
    return err;
}

static int job(void *arg) {
    load *self = arg;
    if (!self->places) return work(self);
    int err = edo_sem_acquire(self->places, 1);
    if (err < 0) return err;
    err = work(self);
    edo_sem_release(self->places, 1); // in any case: nobody does it for us
    return err;
}

static int run(load *self, size_t at_once) {
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = at_once });
    for (int i = 0; i < 12; i++) edo_scope_spawn(&s, job, self);
    return edo_scope_end(&s, 0);
}

static int root(void *arg) {
    (void)arg;
    load scoped = { 0 };
    int err = run(&scoped, 3);
    if (err < 0) return err;
    edo_sem three = EDO_SEM_INIT(3);
    load counted = { .places = &three };
    err = run(&counted, 0);
    printf("by scope: %d at once, by semaphore: %d at once\n", scoped.peak, counted.peak);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
