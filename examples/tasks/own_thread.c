/* SPDX-License-Identifier: MIT */
/* own_thread.c: a library whose calls block and must all come from one thread has a thread of its
 * own, which never ends by itself: tasks ask it through a channel. */
#include <edo/edo.h>

#include <stdio.h>

/* ---- The library: you cannot change it. ---- */

typedef struct db {
    int calls;
} db;

static int db_query(db *self, int key) { // a real one waits for its disk here
    self->calls++;
    return key * 11;
}

/* ---- Its thread, and what tasks send to it. ---- */

typedef struct query {
    int key;
    edo_oneshot_tx *reply;
} query;

static void drop_query(void *elem) {
    edo_oneshot_tx_free(((query *)elem)->reply);
}

static void answer(db *self, const query *q) {
    int found = db_query(self, q->key);
    (void)edo_oneshot_send(q->reply, &found); // perhaps nobody waits any more
}

static int db_thread(void *arg) {
    edo_mpsc_rx *inbox = arg;
    db it = { 0 };
    query q;
    while (edo_mpsc_recv(inbox, &q) == 0) answer(&it, &q);     // parks the thread
    while (edo_mpsc_try_recv(inbox, &q) == 0) answer(&it, &q); // it was stopped: the rest
    edo_mpsc_rx_free(inbox);
    printf("the thread ends after %d calls\n", it.calls);
    return 0;
}

static int look_up(edo_mpsc_tx *thread, int key) {
    query q = { .key = key };
    int found;
    int err = edo_actor_call(thread, &found, sizeof found, &q, &q.reply);
    return err < 0 ? err : found;
}

/* ---- The program ---- */

static int customer(void *arg) {
    int sum = 0;
    for (int key = 1; key <= 3; key++) {
        int found = look_up(arg, key);
        if (found < 0) return found;
        sum += found;
    }
    return sum;
}

static int ask(edo_mpsc_tx *thread) {
    edo_task *one = edo_spawn(customer, thread), *other = edo_spawn(customer, thread);
    int first = edo_task_join(one), second = edo_task_join(other);
    printf("the customers got %d and %d\n", first, second);
    return first < 0 ? first : second < 0 ? second : 0;
}

static int root(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    int err = edo_mpsc_new(&tx, &rx, sizeof(query), 8, &(edo_mpsc_opts){ .drop = drop_query });
    if (err < 0) return err;
    err = edo_thread_start(NULL, db_thread, rx, &(edo_thread_opts){ .name = "db" });
    if (err < 0) edo_mpsc_rx_free(rx);
    if (err == 0) err = ask(tx);
    edo_mpsc_tx_unref(tx); // the thread sees that; one with other senders is stopped at the end
    return err;
}

int main(void) {
    return edo_main(root, NULL);
}
