/* SPDX-License-Identifier: MIT */
/* keyed_lock.c: one at a time for each account, of which there are any number. */
#include <edo/edo.h>

#include <stdio.h>

typedef struct order {
    const char *account;
    int number, ms;
} order;

static edo_keyed_mutex *accounts;
static edo_instant began;

static int work(void *arg) {
    order *self = arg;
    edo_keyed_lock *lock;
    int err = edo_keyed_mutex_lock(accounts, &lock, edo_str_of(self->account));
    if (err < 0) return err;
    err = edo_sleep(edo_ms(self->ms)); // reads the account, asks somebody, writes it
    int ms = (int)(edo_instant_since(edo_now(), began).ns / 1000000);
    printf("%d ms: order %d of %s\n", ms, self->number, self->account);
    edo_keyed_mutex_unlock(accounts, lock);
    return err;
}

static int root(void *arg) {
    static order all[] = {
        { "alice", 1, 10 }, { "alice", 2, 10 }, { "bob", 3, 15 }, { "alice", 4, 10 }
    };
    (void)arg;
    int err = edo_keyed_mutex_new(&accounts);
    if (err < 0) return err;
    began = edo_now();
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < EDO_COUNT(all); i++) edo_scope_spawn(&s, work, &all[i]);
    err = edo_scope_end(&s, 0);
    printf("accounts with a lock now: %zu\n", edo_keyed_mutex_len(accounts));
    edo_keyed_mutex_free(accounts);
    return err;
}

int main(void) {
    return edo_main_with(
        root, NULL, &(edo_runtime_opts){ .start_paused = true, .flavor = EDO_RUNTIME_CURRENT });
}
