/* SPDX-License-Identifier: MIT */
/* Goal: each value that an end leaves behind is dropped, once and while its memory is there,
 * whichever thread uses a permit, asks for room, reads or goes at the same time. */
#include "base/atomic.h"
#include "bell.h"

#include <edo/edo.h>

#include <errno.h>

static edo_mpsc_tx *mtx;
static edo_mpsc_rx *mrx;
static edo_mpsc_permit permit, other;
static edo_atomic_u32 drops_n;

static void count_drop(void *elem) {
    MODEL_CHECK(*(int *)elem == 7);
    *(int *)elem = 0;
    (void)edoi_add_rlx_u32(&drops_n, 1);
}

static void expect_drops(uint32_t n) {
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == n);
}

static void mpsc_begin(size_t cap, int values) {
    static const edo_mpsc_opts opts = { .drop = count_drop };
    int seven = 7;
    MODEL_CHECK(edo_mpsc_new(&mtx, &mrx, sizeof(int), cap, &opts) == 0);
    for (int i = 0; i < values; i++) MODEL_CHECK(edo_mpsc_try_send(mtx, &seven) == 0);
}

static void send_by_permit(void *arg) {
    int seven = 7;
    edo_mpsc_permit_send(arg, &seven);
}

static void permits_are_used_while_the_receiver_goes(size_t cap) {
    mpsc_begin(cap, 1);
    MODEL_CHECK(edo_mpsc_try_reserve(mtx, &permit) == 0);
    MODEL_CHECK(edo_mpsc_try_reserve(mtx, &other) == 0);
    edoi_model_start(send_by_permit, &permit);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
    expect_drops(2); // though the other permit is out
    send_by_permit(&other);
    expect_drops(3);
    edo_mpsc_tx_unref(mtx);
}

static void permits_of_a_ring(void) {
    permits_are_used_while_the_receiver_goes(4);
}

static void permits_without_a_bound(void) {
    permits_are_used_while_the_receiver_goes(EDO_MPSC_UNBOUNDED);
}

static void permits_are_used_at_once_without_a_receiver(void) {
    mpsc_begin(4, 0);
    MODEL_CHECK(edo_mpsc_try_reserve(mtx, &permit) == 0);
    MODEL_CHECK(edo_mpsc_try_reserve(mtx, &other) == 0);
    edo_mpsc_rx_free(mrx);
    edoi_model_start(send_by_permit, &permit);
    send_by_permit(&other);
    edoi_model_wait();
    expect_drops(2);
    edo_mpsc_tx_unref(mtx);
}

static int told;

static void send_one_more(void *arg) {
    int seven = 7;
    (void)arg;
    told = edo_mpsc_try_send(mtx, &seven);
}

/* The ring of four is full, so the sender asks for a larger one, without the lock. */
static void ring_grows_while_the_receiver_goes(void) {
    mpsc_begin(8, 4);
    edoi_model_start(send_one_more, NULL);
    edo_mpsc_rx_free(mrx);
    edoi_model_wait();
    expect_drops(4 + (told == 0));
    edo_mpsc_tx_unref(mtx);
}

static edo_broadcast_tx *btx;
static edo_broadcast_rx *brx, *bother;

static void clone_seven(void *to, const void *from) {
    *(int *)to = *(const int *)from;
}

static void read_one(void *arg) {
    int value = 0;
    MODEL_CHECK(edo_broadcast_try_recv(arg, &value, NULL) == 0 && value == 7);
}

static void leave_broadcast(void *arg) {
    edo_broadcast_rx_free(arg);
}

static void overwrite(void *arg) {
    int seven = 7;
    (void)arg;
    told = edo_broadcast_send(btx, &seven);
}

static void broadcast_begin(void) {
    static const edo_broadcast_opts opts = { .clone = clone_seven, .drop = count_drop };
    int seven = 7;
    MODEL_CHECK(edo_broadcast_new(&btx, &brx, sizeof(int), 1, &opts) == 0);
    MODEL_CHECK(edo_broadcast_subscribe(&bother, btx) == 0);
    MODEL_CHECK(edo_broadcast_send(btx, &seven) == 0);
}

static void both_receivers_read(void) {
    broadcast_begin();
    edoi_model_start(read_one, brx);
    read_one(bother);
    edoi_model_wait();
    expect_drops(1);
    edo_broadcast_rx_free(brx);
    edo_broadcast_rx_free(bother);
    edo_broadcast_tx_unref(btx);
}

static void one_receiver_reads_and_one_goes(void) {
    broadcast_begin();
    edoi_model_start(leave_broadcast, brx);
    read_one(bother);
    edoi_model_wait();
    expect_drops(1);
    edo_broadcast_rx_free(bother);
    edo_broadcast_tx_unref(btx);
}

static void receivers_go_while_the_value_is_overwritten(void) {
    broadcast_begin();
    edo_broadcast_rx_free(bother);
    edoi_model_start(overwrite, NULL);
    edo_broadcast_rx_free(brx);
    edoi_model_wait();
    expect_drops(1 + (told == 0));
    edo_broadcast_tx_unref(btx);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(permits_of_a_ring),
        MODEL(permits_without_a_bound),
        MODEL(permits_are_used_at_once_without_a_receiver),
        MODEL(ring_grows_while_the_receiver_goes),
        MODEL(both_receivers_read),
        MODEL(one_receiver_reads_and_one_goes),
        MODEL(receivers_go_while_the_value_is_overwritten),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
