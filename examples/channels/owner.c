/* SPDX-License-Identifier: MIT */
/* owner.c: one balance, two ways to share it: behind a lock, or owned by one task that is asked. */
#include <edo/edo.h>

#include <stdio.h>

/* 1. A lock: right for a few lines. An edo_mutex may be held across an await, as here. */
typedef struct locked {
    edo_mutex mutex;
    int balance;
} locked;

static int deposit_locked(void *arg) {
    locked *self = arg;
    int err = edo_mutex_lock(&self->mutex);
    if (err < 0) return err;
    int before = self->balance;
    err = edo_sleep(edo_ms(1)); // a remote check, say: the others wait for the lock meanwhile
    if (err == 0) self->balance = before + 10;
    edo_mutex_unlock(&self->mutex);
    return err;
}

/* 2. An owner: nobody else can touch the balance, and what it does has an order. */
typedef struct request {
    int amount;
    edo_oneshot_tx *reply; // NULL: no answer wanted
} request;

static void drop_request(void *elem) {
    edo_oneshot_tx_free(((request *)elem)->reply);
}

static int own(void *arg) {
    edo_mpsc_rx *inbox = arg;
    int balance = 0;
    for (request r; edo_mpsc_recv(inbox, &r) == 0;) {
        balance += r.amount;
        if (r.reply) (void)edo_oneshot_send(r.reply, &balance); // perhaps nobody waits any more
    }
    edo_mpsc_rx_free(inbox);
    return 0;
}

static int ask_balance(edo_mpsc_tx *owner) {
    request r = { 0 };
    int balance;
    int err = edo_actor_call(owner, &balance, sizeof balance, &r, &r.reply);
    return err < 0 ? err : balance;
}

static int by_owner(int *balance) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(request), 8, &(edo_mpsc_opts){ .drop = drop_request });
    if (err < 0) return err;
    edo_task *owner = edo_spawn(own, rx);
    if (!owner) edo_mpsc_rx_free(rx);
    for (int i = 0; i < 5 && err == 0; i++) err = edo_mpsc_send(tx, &(request){ .amount = 10 });
    if (err == 0) err = *balance = ask_balance(tx);
    edo_mpsc_tx_unref(tx); // the owner ends when its last sender is gone
    int ended = edo_task_join(owner);
    return err < 0 ? err : ended;
}

static int root(void *arg) {
    (void)arg;
    locked account = { .mutex = EDO_MUTEX_INIT };
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 5; i++) edo_scope_spawn(&s, deposit_locked, &account);
    int err = edo_scope_end(&s, 0);
    printf("behind a lock: %d\n", account.balance);

    int balance = 0;
    if (err == 0) err = by_owner(&balance);
    printf("owned by a task: %d\n", balance);
    return err;
}

int main(void) {
    return edo_main_with(root, NULL, &(edo_runtime_opts){ .start_paused = true });
}
