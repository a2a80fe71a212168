/* SPDX-License-Identifier: MIT */
/* Goal: channels between two threads: each value arrives whole, once, or is dropped once; no
 * receiver waits for a value that will not come; the memory goes when both ends have gone, in any
 * order. */
#include "bell.h"

#include <edo/edo.h>

#include <errno.h>

static edo_oneshot_tx *otx;
static edo_oneshot_rx *orx;
static int drops_n;

static void count_drop(void *elem) {
    MODEL_CHECK(*(int *)elem == 7);
    drops_n++;
}

static void oneshot_begin(void) {
    static const edo_oneshot_opts opts = { .drop = count_drop };
    MODEL_CHECK(edo_oneshot_new(&otx, &orx, sizeof(int), &opts) == 0);
}

static void oneshot_send(void *arg) {
    (void)arg;
    int value = 7;
    if (edo_oneshot_send(otx, &value) < 0) count_drop(&value);
}

static void oneshot_leave(void *arg) {
    (void)arg;
    edo_oneshot_tx_free(otx);
}

static void oneshot_wait_and_send(void *arg) {
    edo_oneshot_closed_future f;
    (void)bell_poll_and_drop(edo_oneshot_closed_init(&f, otx), false);
    oneshot_send(arg);
}

/* The receiver looks, waits with one waker and another, gives up, and goes. */
static void receive_and_go(bool replace) {
    edo_oneshot_recv_future f;
    int value = 0;
    bool ready = bell_poll_and_drop(edo_oneshot_recv_init(&f, orx, &value), replace);
    if (ready && f.base.result == 0) count_drop(&value);
    edo_oneshot_rx_free(orx);
    edoi_model_wait();
}

static void oneshot_sent_while_waiting(void) {
    oneshot_begin();
    edoi_model_start(oneshot_send, NULL);
    receive_and_go(true);
    MODEL_CHECK(drops_n == 1);
}

static void oneshot_left_while_waiting(void) {
    oneshot_begin();
    edoi_model_start(oneshot_leave, NULL);
    receive_and_go(true);
    MODEL_CHECK(drops_n == 0);
}

static void oneshot_both_wait(void) {
    oneshot_begin();
    edoi_model_start(oneshot_wait_and_send, NULL);
    receive_and_go(false);
    MODEL_CHECK(drops_n == 1);
}

static void oneshot_closed_while_waiting(void) {
    oneshot_begin();
    edoi_model_start(oneshot_wait_and_send, NULL);
    edo_oneshot_close(orx);
    int value;
    if (edo_oneshot_try_recv(orx, &value) == 0) count_drop(&value);
    edo_oneshot_rx_free(orx);
    edoi_model_wait();
    MODEL_CHECK(drops_n == 1);
}

/* ---- mpsc ------------------------------------------------------------------------------------ */

static edo_mpsc_tx *mtx;
static edo_mpsc_rx *mrx;

static void mpsc_send_one(void *arg) {
    (void)arg;
    int value = 7;
    (void)edo_mpsc_try_send(mtx, &value);
    edo_mpsc_tx_unref(mtx);
}

static void mpsc_receive(size_t cap) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), cap, NULL) == 0);
    edoi_model_start(mpsc_send_one, NULL);
    int value = 0;
    MODEL_CHECK(edo_mpsc_recv(mrx, &value) == 0);
    MODEL_CHECK(value == 7);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

static void mpsc_unbounded(void) {
    mpsc_receive(EDO_MPSC_UNBOUNDED);
}

static void mpsc_bounded(void) {
    mpsc_receive(1);
}

static void mpsc_last_sender_goes(void *arg) {
    (void)arg;
    edo_mpsc_tx_unref(mtx);
}

static void mpsc_closes(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    edoi_model_start(mpsc_last_sender_goes, NULL);
    int value = 0;
    MODEL_CHECK(edo_mpsc_recv(mrx, &value) == -EDO_ECLOSED);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

/* The receiver looks again without having been woken. */
static void mpsc_polled_again(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    edoi_model_start(mpsc_send_one, NULL);
    edo_mpsc_recv_future f;
    int value = 0;
    if (bell_poll_and_drop(edo_mpsc_recv_init(&f, mrx, &value), true) && f.base.result == 0) {
        MODEL_CHECK(value == 7);
    } else {
        int again = edo_mpsc_try_recv(mrx, &value);
        MODEL_CHECK(again == -EAGAIN || (again == 0 && value == 7));
    }
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

/* Receives as many values as there are, by a receiver that looks again. */
static void mpsc_many_polled_again(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), EDO_MPSC_UNBOUNDED, NULL) == 0);
    edoi_model_start(mpsc_send_one, NULL);
    edo_mpsc_recv_many_future f;
    int values[2] = { 0, 0 };
    if (bell_poll_and_drop(edo_mpsc_recv_many_init(&f, mrx, values, 2), true) && f.base.result == 1)
        MODEL_CHECK(values[0] == 7);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

/* A sender that waits for a slot, looks again and goes, while the receiver takes and goes. */
static void mpsc_wait_for_slot(void *arg) {
    (void)arg;
    int value = 7;
    edo_mpsc_send_future f;
    (void)bell_poll_and_drop(edo_mpsc_send_init(&f, mtx, &value), true);
    edo_mpsc_tx_unref(mtx);
}

static void mpsc_slot_passed_on(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    int value = 7;
    MODEL_CHECK(edo_mpsc_try_send(mtx, &value) == 0);
    edoi_model_start(mpsc_wait_for_slot, NULL);
    MODEL_CHECK(edo_mpsc_try_recv(mrx, &value) == 0);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

/* A receive that waited has 7 in its hand and is not polled yet. */
static void mpsc_hand_seven(edo_mpsc_recv_future *f, int *value) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    bell *b = bell_new();
    MODEL_CHECK(!bell_poll(edo_mpsc_recv_init(f, mrx, value), b));
    int seven = 7;
    MODEL_CHECK(edo_mpsc_try_send(mtx, &seven) == 0);
    MODEL_CHECK(b->rung == 1);
    free(b);
}

static void mpsc_take_seven(edo_mpsc_recv_future *f, const int *value) {
    bell *b = bell_new();
    MODEL_CHECK(bell_poll(&f->base, b));
    MODEL_CHECK(f->base.result == 0 && *value == 7);
    free(b);
}

static void mpsc_send_eight(void *arg) {
    (void)arg;
    int eight = 8;
    MODEL_CHECK(edo_mpsc_send(mtx, &eight) == 0);
    edo_mpsc_tx_unref(mtx);
}

/* The only slot is that of the value in the hand: a sender that waits for it gets it when the value
 * is taken. */
static void mpsc_waits_for_the_hand(void) {
    edo_mpsc_recv_future f;
    int value = 0;
    mpsc_hand_seven(&f, &value);
    edoi_model_start(mpsc_send_eight, NULL);
    mpsc_take_seven(&f, &value);
    edoi_model_wait(); // without a further receive
    MODEL_CHECK(edo_mpsc_try_recv(mrx, &value) == 0);
    MODEL_CHECK(value == 8);
    MODEL_CHECK(edo_mpsc_try_recv(mrx, &value) == -EDO_ECLOSED);
    edo_mpsc_rx_free(mrx);
}

static int mpsc_sent;

static void mpsc_try_eight(void *arg) {
    (void)arg;
    int eight = 8;
    mpsc_sent = edo_mpsc_try_send(mtx, &eight);
    MODEL_CHECK(mpsc_sent == 0 || mpsc_sent == -EAGAIN);
}

static void mpsc_tries_while_the_hand_is_taken(void) {
    edo_mpsc_recv_future f;
    int value = 0;
    mpsc_hand_seven(&f, &value);
    edoi_model_start(mpsc_try_eight, NULL);
    mpsc_take_seven(&f, &value);
    MODEL_CHECK(edo_mpsc_len(mrx) <= 1);
    edoi_model_wait();
    MODEL_CHECK(edo_mpsc_len(mrx) == (mpsc_sent == 0));
    MODEL_CHECK(edo_mpsc_cap(mtx) == (mpsc_sent != 0));
    edo_mpsc_tx_unref(mtx);
    edo_mpsc_rx_free(mrx);
}

static void mpsc_send_and_wait(void *arg) {
    int value = 7;
    (void)edo_mpsc_try_send(mtx, &value);
    mpsc_wait_for_slot(arg);
}

/* The receiver looks by itself while one sender fills its hand and the next empties it. */
static void mpsc_taken_back_from_a_polling_receiver(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    edo_mpsc_recv_future f;
    int value = 0;
    bell *b = bell_new();
    MODEL_CHECK(!bell_poll(edo_mpsc_recv_init(&f, mrx, &value), b));
    edoi_model_start(mpsc_send_and_wait, NULL);
    if (bell_poll(&f.base, b)) MODEL_CHECK(value == 7);
    edo_drop(&f.base);
    free(b);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

static void mpsc_try_send(void *arg) {
    int value = 7;
    (void)edo_mpsc_try_send(arg, &value);
    edo_mpsc_tx_unref(arg);
}

/* Two senders, and a receiver that goes when it pleases. */
static void mpsc_receiver_goes(void) {
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), 1, NULL) == 0);
    edoi_model_start(mpsc_try_send, edo_mpsc_tx_ref(mtx));
    edo_mpsc_weak *weak = edo_mpsc_tx_downgrade(mtx);
    edo_mpsc_tx_unref(mtx);
    edo_mpsc_tx *again = edo_mpsc_tx_upgrade(weak);
    edo_mpsc_tx_unref(again);
    edo_mpsc_weak_unref(weak);
    edo_mpsc_recv_future f;
    int value = 0;
    (void)bell_poll_and_drop(edo_mpsc_recv_init(&f, mrx, &value), false);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
}

/* ---- chan ------------------------------------------------------------------------------------ */

static edo_chan_tx *ctx;
static edo_chan_rx *crx;
static unsigned chan_drops_n;
static int chan_note; /* plain: what one receiver writes, and the last one's drop reads */

static void chan_drop(void *elem) {
    MODEL_CHECK(*(int *)elem == 7);
    MODEL_CHECK(chan_note == 1);
    chan_drops_n++;
}

static void chan_begin(size_t cap) {
    static const edo_chan_opts opts = { .drop = chan_drop };
    MODEL_CHECK(edo_chan_new(&ctx, &crx, sizeof(int), cap, &opts) == 0);
}

static void chan_send_one(void *arg) {
    (void)arg;
    int value = 7;
    (void)edo_chan_try_send(ctx, &value);
    edo_chan_tx_unref(ctx);
}

/* Looks, waits with one waker and another, gives up, and goes. Counts the values that it got in
 * `arg`. */
static void chan_receive_and_go(void *arg) {
    int value = 0;
    edo_chan_recv_future f;
    bool ready = bell_poll_and_drop(edo_chan_recv_init(&f, crx, &value), true);
    if (ready && f.base.result == 0) {
        MODEL_CHECK(value == 7);
        ++*(int *)arg;
    }
    edo_chan_rx_unref(crx);
}

/* Two receivers that may give up, one value: one gets it, or it is dropped. */
static void chan_two_receivers(void) {
    chan_begin(1);
    chan_note = 1;
    static int there, here;
    there = here = 0;
    (void)edo_chan_rx_ref(crx);
    edoi_model_start(chan_receive_and_go, &there);
    chan_send_one(NULL);
    chan_receive_and_go(&here);
    edoi_model_wait();
    MODEL_CHECK(there + here + (int)chan_drops_n == 1);
}

/* A receiver that waits gets the value that the other receiver, which had it set aside, leaves. */
static void chan_give_up(void *arg) {
    edo_drop(arg);
}

static void chan_passed_on(void) {
    chan_begin(1);
    int value = 0, other = 0;
    edo_chan_recv_future first;
    bell *b = bell_new();
    MODEL_CHECK(!bell_poll(edo_chan_recv_init(&first, crx, &other), b));
    edoi_model_start(chan_give_up, &first.base);
    chan_send_one(NULL);
    MODEL_CHECK(edo_chan_recv(crx, &value) == 0);
    MODEL_CHECK(value == 7);
    edoi_model_wait();
    MODEL_CHECK(edo_chan_recv(crx, &value) == -EDO_ECLOSED);
    free(b);
    edo_chan_rx_unref(crx);
}

static void chan_send_to_the_end(void *arg) {
    (void)arg;
    int value = 7;
    MODEL_CHECK(edo_chan_send(ctx, &value) == 0);
    edo_chan_tx_unref(ctx);
}

/* A sender waits for the slot of a value that is taken meanwhile. */
static void chan_slot_passed_on(void) {
    chan_begin(1);
    int value = 7;
    MODEL_CHECK(edo_chan_try_send(ctx, &value) == 0);
    edoi_model_start(chan_send_to_the_end, NULL);
    MODEL_CHECK(edo_chan_recv(crx, &value) == 0);
    MODEL_CHECK(edo_chan_recv(crx, &value) == 0);
    MODEL_CHECK(edo_chan_recv(crx, &value) == -EDO_ECLOSED);
    edo_chan_rx_unref(crx);
    edoi_model_wait();
}

/* The last sender goes, or the channel is closed, while a receiver begins to wait. */
static void chan_leave(void *arg) {
    (void)arg;
    edo_chan_tx_unref(ctx);
}

static void chan_left_while_waiting(void) {
    chan_begin(1);
    edoi_model_start(chan_leave, NULL);
    int value;
    MODEL_CHECK(edo_chan_recv(crx, &value) == -EDO_ECLOSED);
    edo_chan_rx_unref(crx);
    edoi_model_wait();
}

static void chan_close_and_go(void *arg) {
    (void)arg;
    edo_chan_close(crx);
    edo_chan_rx_unref(crx);
}

static void chan_closed_while_waiting(void) {
    chan_begin(1);
    (void)edo_chan_rx_ref(crx);
    edoi_model_start(chan_close_and_go, NULL);
    int value;
    MODEL_CHECK(edo_chan_recv(crx, &value) == -EDO_ECLOSED);
    edo_chan_rx_unref(crx);
    edo_chan_tx_unref(ctx);
    edoi_model_wait();
}

/* The writes of a receiver before it went are seen by the drop that the last receiver does. */
static void chan_write_and_go(void *arg) {
    (void)arg;
    chan_note = 1;
    edo_chan_rx_unref(crx);
}

static void chan_two_receivers_go(void) {
    chan_begin(1);
    chan_send_one(NULL);
    (void)edo_chan_rx_ref(crx);
    edoi_model_start(chan_write_and_go, NULL);
    edo_chan_rx *mine = edo_chan_rx_ref(crx);
    edo_chan_rx_unref(mine);
    edo_chan_rx_unref(crx);
    edoi_model_wait();
    MODEL_CHECK(chan_drops_n == 1);
}

/* ---- broadcast ------------------------------------------------------------------------------- */

static edo_broadcast_tx *btx;
static edo_broadcast_rx *brx;

/* Two words, so that a torn value shows. */
typedef struct twin {
    uint64_t left, right;
} twin;

static void broadcast_send_three(void *arg) {
    (void)arg;
    for (uint64_t n = 1; n <= 3; n++) (void)edo_broadcast_send(btx, &(twin){ n, n });
    edo_broadcast_tx_unref(btx);
}

static void broadcast_is_not_torn(void) {
    MODEL_CHECK(edo_broadcast_new(&btx, &brx, sizeof(twin), 2, NULL) == 0);
    edoi_model_start(broadcast_send_three, NULL);
    twin value = { 0, 0 };
    uint64_t last = 0;
    for (int i = 0; i < 2; i++) {
        if (edo_broadcast_try_recv(brx, &value, NULL) != 0) continue;
        MODEL_CHECK(value.left == value.right && value.left > last);
        last = value.left;
    }
    edo_broadcast_rx_free(brx);
    edoi_model_wait();
}

static int written;

/* Two values for the one slot: the second overwrites the first while that is read. */
static void broadcast_send_two(void *arg) {
    (void)arg;
    written = 1;
    (void)edo_broadcast_send(btx, &(uint64_t){ 7 });
    (void)edo_broadcast_send(btx, &(uint64_t){ 8 });
    edo_broadcast_tx_unref(btx);
}

/* Writes made before the value was sent are seen with it; values of one word are read in another
 * way. */
static void broadcast_publishes_earlier_writes(void) {
    MODEL_CHECK(edo_broadcast_new(&btx, &brx, sizeof(uint64_t), 1, NULL) == 0);
    edoi_model_start(broadcast_send_two, NULL);
    uint64_t value = 0;
    edo_broadcast_recv_future f;
    if (bell_poll_and_drop(edo_broadcast_recv_init(&f, brx, &value, NULL), false) &&
        f.base.result == 0)
        MODEL_CHECK(value == 7 && written == 1);
    edo_broadcast_rx_free(brx);
    edoi_model_wait();
}

/* A receiver that looks again without having been woken, and goes. */
static void broadcast_polled_again(void) {
    MODEL_CHECK(edo_broadcast_new(&btx, &brx, sizeof(uint64_t), 2, NULL) == 0);
    edoi_model_start(broadcast_send_two, NULL);
    uint64_t value = 0;
    edo_broadcast_recv_future f;
    if (bell_poll_and_drop(edo_broadcast_recv_init(&f, brx, &value, NULL), true))
        MODEL_CHECK(f.base.result == 0 && value == 7 && written == 1);
    edo_broadcast_rx_free(brx);
    edoi_model_wait();
}

/* ---- watch ----------------------------------------------------------------------------------- */

static edo_watch_tx *wtx;
static edo_watch_rx *wrx;

static void watch_send(void *arg) {
    (void)arg;
    (void)edo_watch_send(wtx, &(twin){ 1, 1 });
    written = 1;
    edo_watch_tx_unref(wtx);
}

static void watch_sees_the_newest(void) {
    MODEL_CHECK(edo_watch_new(&wtx, &wrx, sizeof(twin), &(twin){ 0, 0 }, NULL) == 0);
    edoi_model_start(watch_send, NULL);
    twin value = { 0, 0 };
    int changed = edo_watch_has_changed(wrx);
    if (changed < 0) MODEL_CHECK(written == 1);
    edo_watch_read_update(wrx, &value);
    MODEL_CHECK(value.left == value.right);
    if (changed == 1) MODEL_CHECK(value.left > 0);
    while (edo_watch_changed(wrx) == 0) edo_watch_read_update(wrx, &value);
    MODEL_CHECK(value.left == 1 && written == 1);
    edo_watch_rx_free(wrx);
    edoi_model_wait();
}

static void watch_polled_again(void) {
    MODEL_CHECK(edo_watch_new(&wtx, &wrx, sizeof(twin), &(twin){ 0, 0 }, NULL) == 0);
    edoi_model_start(watch_send, NULL);
    edo_watch_changed_future f;
    (void)bell_poll_and_drop(edo_watch_changed_init(&f, wrx), true);
    edo_watch_rx_free(wrx);
    edoi_model_wait();
}

/* The last receiver goes while a sender waits for it to go. */
static void watch_wait_closed(void *arg) {
    edo_watch_closed_future f;
    (void)arg;
    (void)bell_poll_and_drop(edo_watch_closed_init(&f, wtx), true);
    edo_watch_tx_unref(wtx);
}

static void watch_closed_while_waiting(void) {
    MODEL_CHECK(edo_watch_new(&wtx, &wrx, sizeof(twin), &(twin){ 0, 0 }, NULL) == 0);
    edoi_model_start(watch_wait_closed, NULL);
    edo_watch_rx_free(wrx);
    edoi_model_wait();
}

static void clone_int(void *to, const void *from) {
    *(int *)to = *(const int *)from;
}

static void watch_replace(void *arg) {
    int old = 0;
    (void)arg;
    MODEL_CHECK(edo_watch_replace(wtx, &old, &(int){ 8 }) == 0 && old == 7);
    edo_watch_tx_unref(wtx);
}

/* A value is moved out, or cloned, while a reader clones it without the lock. */
static void watch_replaced_while_read(void) {
    static const edo_watch_opts opts = { .clone = clone_int, .drop = NULL };
    MODEL_CHECK(edo_watch_new(&wtx, &wrx, sizeof(int), &(int){ 7 }, &opts) == 0);
    edoi_model_start(watch_replace, NULL);
    int value = 0;
    edo_watch_read(wrx, &value);
    MODEL_CHECK(value == 7 || value == 8);
    edoi_model_wait();
    edo_watch_rx_free(wrx);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(oneshot_sent_while_waiting),
        MODEL(oneshot_left_while_waiting),
        MODEL(oneshot_both_wait),
        MODEL(oneshot_closed_while_waiting),
        MODEL(mpsc_unbounded),
        MODEL(mpsc_bounded),
        MODEL(mpsc_closes),
        MODEL(mpsc_polled_again),
        MODEL(mpsc_many_polled_again),
        MODEL(mpsc_slot_passed_on),
        MODEL(mpsc_waits_for_the_hand),
        MODEL(mpsc_tries_while_the_hand_is_taken),
        MODEL(mpsc_taken_back_from_a_polling_receiver),
        MODEL(mpsc_receiver_goes),
        MODEL(chan_two_receivers),
        MODEL(chan_passed_on),
        MODEL(chan_slot_passed_on),
        MODEL(chan_left_while_waiting),
        MODEL(chan_closed_while_waiting),
        MODEL(chan_two_receivers_go),
        MODEL(broadcast_is_not_torn),
        MODEL(broadcast_publishes_earlier_writes),
        MODEL(broadcast_polled_again),
        MODEL(watch_polled_again),
        MODEL(watch_closed_while_waiting),
        MODEL(watch_sees_the_newest),
        MODEL(watch_replaced_while_read),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
