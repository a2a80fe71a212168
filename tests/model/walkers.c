/* SPDX-License-Identifier: MIT */
/* Goal: two threads wake waiters of one list at once, each of them leaving the lock in between
 * (here after every waiter), while a waiter looks again or goes: each waiter is woken once, no
 * value, slot or permit is lost, and the last end of a channel may go while a walk is not over. */
#include "model.h"

#include <edo/edo.h>

#include <stdlib.h>

/* A waker whose delivery is a step of its own, after the lock was left. Static: it outlives all. */
typedef struct rung {
    edo_waker waker;
    int n;
} rung;

static edo_waker *rung_mark(edo_waker *w) {
    ((rung *)(void *)w)->n++;
    return w;
}

static void rung_nothing(edo_waker *w) {
    (void)w;
}

static const edo_waker_ops rung_ops = { rung_mark, rung_nothing, rung_nothing, rung_nothing };
static rung rungs[2] = { { .waker = { &rung_ops } }, { .waker = { &rung_ops } } };
static edo_chan_tx *tx;
static edo_chan_rx *rx;
static edo_chan_recv_future receives[2];
static edo_chan_send_future sends[2];
static int values[2];
static int there_n, here_n; /* values that two threads got */

static bool poll(edo_future *f, int i) {
    edo_cx cx = { .waker = &rungs[i].waker, .budget = 2 };
    return edo_poll(f, &cx) == EDO_READY;
}

static void begin(size_t cap) {
    MODEL_CHECK(edo_chan_new(&tx, &rx, sizeof(int), cap, NULL) == 0);
}

static void begin_with_receives(void) {
    begin(2);
    for (int i = 0; i < 2; i++)
        MODEL_CHECK(!poll(edo_chan_recv_init(&receives[i], rx, &values[i]), i));
}

/* All slots are full, and two senders wait. */
static void begin_with_sends(void) {
    static const int seven = 7;
    begin(2);
    for (int i = 0; i < 2; i++) MODEL_CHECK(edo_chan_try_send(tx, &seven) == 0);
    for (int i = 0; i < 2; i++) MODEL_CHECK(!poll(edo_chan_send_init(&sends[i], tx, &seven), i));
}

static void last_sender_goes(void *arg) {
    (void)arg;
    edo_chan_tx_unref(tx);
}

static void close_and_go(void *arg) {
    (void)arg;
    edo_chan_close(rx);
    edo_chan_rx_unref(rx);
}

static void send_one(void *arg) {
    static const int seven = 7;
    (void)arg;
    MODEL_CHECK(edo_chan_try_send(tx, &seven) == 0);
}

static void take_two(void *n) {
    int got[2] = { 0, 0 };
    edo_chan_recv_many_future f;
    if (poll(edo_chan_recv_many_init(&f, rx, got, 2), 0) && f.base.result > 0)
        *(int *)n = f.base.result;
    edo_drop(&f.base);
}

/* The last sender and a close deliver the end; each leaves its guard among the receivers. */
static void end_delivered_by_two(void) {
    begin_with_receives();
    (void)edo_chan_rx_ref(rx);
    edoi_model_start(last_sender_goes, NULL);
    edoi_model_start(close_and_go, NULL);
    edoi_model_wait();
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(rungs[i].n == 1);
        MODEL_CHECK(poll(&receives[i].base, i));
        MODEL_CHECK(receives[i].base.result == -EDO_ECLOSED);
    }
    edo_chan_rx_unref(rx);
}

/* A receiver looks again, the other gives up, and the last reference goes during the end. */
static void receivers_leave_during_the_end(void) {
    begin_with_receives();
    edoi_model_start(last_sender_goes, NULL);
    if (poll(&receives[1].base, 1)) MODEL_CHECK(receives[1].base.result == -EDO_ECLOSED);
    edo_drop(&receives[1].base);
    edo_drop(&receives[0].base);
    edo_chan_rx_unref(rx);
    edoi_model_wait();
    MODEL_CHECK(rungs[0].n <= 1 && rungs[1].n <= 1);
}

/* A sender looks again, the other gives up, and the last reference goes during a close. */
static void senders_leave_during_a_close(void) {
    begin_with_sends();
    edoi_model_start(close_and_go, NULL);
    if (poll(&sends[1].base, 1)) MODEL_CHECK(sends[1].base.result == -EDO_ECLOSED);
    edo_drop(&sends[1].base);
    edo_drop(&sends[0].base);
    edo_chan_tx_unref(tx);
    edoi_model_wait();
    MODEL_CHECK(rungs[0].n <= 1 && rungs[1].n <= 1);
}

/* Each of two values goes to one of two waiting receivers; one of these gives up meanwhile. */
static void values_given_by_two(void) {
    begin_with_receives();
    edoi_model_start(send_one, NULL);
    edoi_model_start(send_one, NULL);
    edo_drop(&receives[0].base); // the first in line
    edoi_model_wait();
    MODEL_CHECK(rungs[0].n <= 1 && rungs[1].n == 1);
    MODEL_CHECK(poll(&receives[1].base, 1));
    MODEL_CHECK(receives[1].base.result == 0 && values[1] == 7);
    MODEL_CHECK(edo_chan_len(rx) == 1);
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx);
}

/* Two receivers take the values that are there, and give a slot to a waiting sender for each. */
static void slots_given_by_two(void) {
    begin_with_sends();
    edoi_model_start(take_two, &there_n);
    take_two(&here_n);
    edoi_model_wait();
    MODEL_CHECK(there_n + here_n == 2);
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(poll(&sends[i].base, i));
        MODEL_CHECK(sends[i].base.result == 0);
    }
    MODEL_CHECK(edo_chan_len(rx) == 2);
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx);
}

/* A slot is freed between two waiting senders that a close wakes: neither gets it. */
static void slot_freed_during_a_close(void) {
    begin_with_sends();
    (void)edo_chan_rx_ref(rx);
    edoi_model_start(close_and_go, NULL);
    take_two(&here_n);
    edoi_model_wait();
    MODEL_CHECK(here_n == 2);
    for (int i = 0; i < 2; i++) {
        MODEL_CHECK(rungs[i].n == 1);
        MODEL_CHECK(poll(&sends[i].base, i));
    }
    // Either the first waiter of the line gets the slot, or no waiter does.
    MODEL_CHECK(sends[0].base.result == 0 || sends[1].base.result == -EDO_ECLOSED);
    int last = edo_chan_try_recv(rx, &values[0]);
    int sent = (sends[0].base.result == 0) + (sends[1].base.result == 0);
    MODEL_CHECK(last == (sent > 0 ? 0 : -EDO_ECLOSED));
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx);
}

static void send_two(void *arg) {
    send_one(arg);
    send_one(arg);
}

/* A receive of many comes while two values are sent: the one that is set aside stays. */
static void values_set_aside_stay(void) {
    begin(2);
    MODEL_CHECK(!poll(edo_chan_recv_init(&receives[1], rx, &values[1]), 1));
    edoi_model_start(send_two, NULL);
    take_two(&here_n);
    edoi_model_wait();
    MODEL_CHECK(rungs[1].n == 1);
    MODEL_CHECK(poll(&receives[1].base, 1));
    MODEL_CHECK(receives[1].base.result == 0 && values[1] == 7);
    MODEL_CHECK(here_n + (int)edo_chan_len(rx) == 1);
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx);
}

/* ---- Other lists ----------------------------------------------------------------------------- */

static edo_broadcast_tx *btx;
static edo_broadcast_rx *brx[2];

static void broadcast_one(void *arg) {
    MODEL_CHECK(edo_broadcast_send(btx, arg) == 0);
}

/* Two senders wake two receivers at once. */
static void broadcast_by_two(void) {
    static int one = 1, two = 2;
    edo_broadcast_recv_future f[2];
    MODEL_CHECK(edo_broadcast_new(&btx, &brx[0], sizeof(int), 2, NULL) == 0);
    MODEL_CHECK(edo_broadcast_subscribe(&brx[1], btx) == 0);
    for (int i = 0; i < 2; i++)
        MODEL_CHECK(!poll(edo_broadcast_recv_init(&f[i], brx[i], &values[i], NULL), i));
    edoi_model_start(broadcast_one, &one);
    edoi_model_start(broadcast_one, &two);
    edoi_model_wait();
    for (int i = 0; i < 2; i++) {
        int other = 0;
        MODEL_CHECK(rungs[i].n == 1);
        MODEL_CHECK(poll(&f[i].base, i) && f[i].base.result == 0);
        MODEL_CHECK(edo_broadcast_try_recv(brx[i], &other, NULL) == 0);
        MODEL_CHECK(values[i] + other == 3);
        edo_broadcast_rx_free(brx[i]);
    }
    edo_broadcast_tx_unref(btx);
}

static edo_sem sem = EDO_SEM_INIT(0);

static void sem_close(void *arg) {
    (void)arg;
    edo_sem_close(&sem);
}

/* A permit comes back, and a waiter goes, while a close wakes all waiters. */
static void sem_released_during_a_close(void) {
    edo_sem_acquire_future f[2];
    for (int i = 0; i < 2; i++) MODEL_CHECK(!poll(edo_sem_acquire_init(&f[i], &sem, 1), i));
    edoi_model_start(sem_close, NULL);
    edo_sem_release(&sem, 1);
    bool first = poll(&f[0].base, 0);
    edo_drop(&f[1].base);
    edoi_model_wait();
    MODEL_CHECK(rungs[0].n == 1 && rungs[1].n <= 1);
    if (!first) MODEL_CHECK(poll(&f[0].base, 0));
    MODEL_CHECK(f[0].base.result == 0 || f[0].base.result == -EDO_ECLOSED);
    int held = f[0].base.result == 0;
    MODEL_CHECK(edo_sem_available(&sem) + (uint32_t)held == 1);
}

/* ---- The object goes with its last waiter ---------------------------------------------------- */

static edo_tracker *tracker;

static void count_the_last_out(void *arg) {
    (void)arg;
    edo_tracker_done(tracker);
}

/* Two wait as the last task is counted out. */
static void begin_with_waits(edo_tracker_wait_future f[2]) {
    tracker = malloc(sizeof *tracker);
    edo_tracker_init(tracker);
    edo_tracker_add(tracker);
    (void)edo_tracker_close(tracker);
    for (int i = 0; i < 2; i++) MODEL_CHECK(!poll(edo_tracker_wait_init(&f[i], tracker), i));
    edoi_model_start(count_the_last_out, NULL);
}

/* One wait ends, the other gives up, and the tracker is freed at once. */
static void tracker_freed_by_a_wait_that_gives_up(void) {
    edo_tracker_wait_future f[2];
    begin_with_waits(f);
    int ends = (int)MODEL_CHOOSE(2);
    bool over = poll(&f[ends].base, ends);
    edo_drop(&f[ends].base);
    edo_drop(&f[1 - ends].base);
    if (over) free(tracker);
    edoi_model_wait();
    if (!over) free(tracker);
}

static edo_notify *notify;

static void notify_all(void *arg) {
    (void)arg;
    edo_notify_all(notify);
}

/* One wait finds that it was notified, the other gives up, or finds it before it is woken, and the
 * notify is freed at once. */
static void notify_freed_by_a_wait_that_gives_up(void) {
    edo_notify_wait_future f[2];
    notify = malloc(sizeof *notify);
    *notify = (edo_notify)EDO_NOTIFY_INIT;
    for (int i = 0; i < 2; i++) MODEL_CHECK(!poll(edo_notify_wait_init(&f[i], notify), i));
    edoi_model_start(notify_all, NULL);
    bool notified = poll(&f[0].base, 0);
    if (MODEL_CHOOSE(2)) notified |= poll(&f[1].base, 1);
    for (int i = 0; i < 2; i++) edo_drop(&f[i].base);
    if (notified) free(notify);
    edoi_model_wait();
    if (!notified) free(notify);
}

static edo_sem *last_sem;

static void begin_with_acquires(edo_sem_acquire_future *f, int n) {
    last_sem = malloc(sizeof *last_sem);
    *last_sem = (edo_sem)EDO_SEM_INIT(0);
    for (int i = 0; i < n; i++) MODEL_CHECK(!poll(edo_sem_acquire_init(&f[i], last_sem, 1), i));
}

static void last_sem_close(void *arg) {
    (void)arg;
    edo_sem_close(last_sem);
}

/* One acquire finds the semaphore closed, the other gives up, and it is freed at once. */
static void sem_freed_by_an_acquire_that_gives_up(void) {
    edo_sem_acquire_future f[2];
    begin_with_acquires(f, 2);
    edoi_model_start(last_sem_close, NULL);
    int ends = (int)MODEL_CHOOSE(2);
    bool over = poll(&f[ends].base, ends);
    edo_drop(&f[ends].base);
    edo_drop(&f[1 - ends].base);
    if (over) free(last_sem);
    edoi_model_wait();
    if (!over) free(last_sem);
}

static void release_two(void *arg) {
    (void)arg;
    edo_sem_release(last_sem, 2);
}

/* A batch of wakes is full as the last waiter is served, which frees the semaphore. */
static void sem_freed_by_its_last_waiter(void) {
    edo_sem_acquire_future f;
    begin_with_acquires(&f, 1);
    edoi_model_start(release_two, NULL);
    bool over = poll(&f.base, 0);
    if (over) free(last_sem);
    edoi_model_wait();
    if (!over) {
        MODEL_CHECK(poll(&f.base, 0) && edo_sem_available(last_sem) == 1);
        free(last_sem);
    }
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(end_delivered_by_two),
        MODEL(receivers_leave_during_the_end),
        MODEL(senders_leave_during_a_close),
        MODEL(values_given_by_two),
        MODEL(slots_given_by_two),
        MODEL(slot_freed_during_a_close),
        MODEL(values_set_aside_stay),
        MODEL(broadcast_by_two),
        MODEL(sem_released_during_a_close),
        MODEL(tracker_freed_by_a_wait_that_gives_up),
        MODEL(notify_freed_by_a_wait_that_gives_up),
        MODEL(sem_freed_by_an_acquire_that_gives_up),
        MODEL(sem_freed_by_its_last_waiter),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
