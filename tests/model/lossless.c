/* SPDX-License-Identifier: MIT */
/* Goal: in a lossless broadcast a send that waits is woken whichever way room comes, also if the
 * one before it in line goes just then; each value is received or counted as missed, and dropped
 * once. Method: sends polled by hand against a thread that receives, falls behind or goes; then
 * sends that are awaited, and the limit with a clock that stands until the model moves it. */
#include "driver/clock.h"
#include "driver/wheel.h"
#include "runtime/worker/core.h"
#include "runtime/worker/worker.h"
#include "world.h"

#include <errno.h>

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
static edo_broadcast_tx *tx;
static edo_broadcast_rx *rx, *second;
static edo_broadcast_send_future sends[2];
static edo_atomic_u32 drops_n;
static uint64_t there_n, here_n; /* values that two threads received or missed */

static bool poll(int i) {
    edo_cx cx = { .waker = &rungs[i].waker, .budget = 2 };
    return edo_poll(&sends[i].base, &cx) == EDO_READY;
}

static void clone_int(void *to, const void *from) {
    *(int *)to = *(const int *)from;
}

static void count_drop(void *elem) {
    MODEL_CHECK(*(int *)elem == 7);
    *(int *)elem = 0;
    (void)edoi_add_rlx_u32(&drops_n, 1);
}

/* A channel of one value, which is full, with `receivers`. */
static void begin(bool owns, int receivers, int sends_n) {
    static const int seven = 7;
    edo_broadcast_opts opts = { .lossless = true };
    if (owns) {
        opts.clone = clone_int;
        opts.drop = count_drop;
    }
    MODEL_CHECK(edo_broadcast_new(&tx, &rx, sizeof(int), 1, &opts) == 0);
    if (receivers > 1) MODEL_CHECK(edo_broadcast_subscribe(&second, tx) == 0);
    MODEL_CHECK(edo_broadcast_try_send(tx, &seven) == 0);
    for (int i = 0; i < sends_n; i++) {
        (void)edo_broadcast_send_init(&sends[i], tx, &seven);
        MODEL_CHECK(!poll(i));
    }
}

/* Receives once; returns how many values that was, or how many were missed. */
static uint64_t receive(edo_broadcast_rx *from) {
    int value = 0;
    uint64_t missed = 0;
    int got = edo_broadcast_try_recv(from, &value, &missed);
    if (got == 0) MODEL_CHECK(value == 7);
    return got == 0 ? 1 : got == -EDO_ELAGGED ? missed : 0;
}

static uint64_t receive_rest(edo_broadcast_rx *from) {
    uint64_t n = 0;
    for (uint64_t more; (more = receive(from)) > 0;) n += more;
    return n;
}

static void receive_one(void *arg) {
    there_n = receive(arg);
}

static void fall_behind(void *arg) {
    edo_broadcast_fall_behind(arg);
}

static void go(void *arg) {
    edo_broadcast_rx_free(arg);
}

/* The send `i` is ready, or was woken and is ready now. */
static void expect_over(int i, bool ready, int result) {
    if (!ready) MODEL_CHECK(rungs[i].n > 0 && poll(i));
    MODEL_CHECK(sends[i].base.result == result);
}

static void end(void) {
    edo_broadcast_rx_free(rx);
    edo_broadcast_rx_free(second);
    edo_broadcast_tx_unref(tx);
}

/* ---- Polled by hand -------------------------------------------------------------------------- */

/* Room comes while the send that waits for it looks again. */
static void room_comes_while_a_send_looks(void) {
    begin(true, 1, 1);
    edoi_model_start(receive_one, rx);
    bool ready = poll(0);
    edoi_model_wait();
    expect_over(0, ready, 0);
    MODEL_CHECK(there_n == 1 && receive_rest(rx) == 1);
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 2);
    end();
}

/* The first in line goes, woken or not; then the next has the room. */
static void first_in_line_goes_while_room_comes(void) {
    begin(false, 1, 2);
    edoi_model_start(receive_one, rx);
    edo_drop(&sends[0].base);
    edoi_model_wait();
    expect_over(1, false, 0);
    MODEL_CHECK(receive_rest(rx) == 1);
    end();
}

/* The one behind it goes: the first has the room still. */
static void next_in_line_goes_while_room_comes(void) {
    begin(true, 1, 2);
    edoi_model_start(receive_one, rx);
    bool ready = poll(0);
    edo_drop(&sends[1].base);
    edoi_model_wait();
    expect_over(0, ready, 0);
    MODEL_CHECK(receive_rest(rx) == 1);
    end();
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 2);
}

/* The last of two receivers makes the room, and wakes the send. */
static void room_made_by_two(void) {
    begin(true, 2, 1);
    edoi_model_start(receive_one, rx);
    here_n = receive(second);
    edoi_model_wait();
    MODEL_CHECK(there_n == 1 && here_n == 1);
    MODEL_CHECK(rungs[0].n == 1 && poll(0) && sends[0].base.result == 0);
    end();
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 2);
}

static void receiver_falls_behind_while_it_receives(void) {
    begin(true, 1, 1);
    edoi_model_start(fall_behind, rx);
    here_n = receive(rx);
    bool ready = poll(0);
    edoi_model_wait();
    expect_over(0, ready, 0);
    MODEL_CHECK(here_n + receive_rest(rx) == 2);
    end();
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 2);
}

/* The last receiver goes: the send has no receiver left, and its value is the caller's. */
static void last_receiver_goes_while_a_send_looks(void) {
    begin(true, 1, 2);
    edoi_model_start(go, rx);
    rx = NULL;
    bool ready = poll(0);
    edoi_model_wait();
    expect_over(0, ready, -EDO_ECLOSED);
    expect_over(1, false, -EDO_ECLOSED);
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 1);
    end();
}

/* `second` has lost a value and comes back, while a send waits for `rx` and then does not. */
static void receiver_comes_back_while_a_send_goes(void) {
    static const int seven = 7;
    begin(true, 2, 0);
    edo_broadcast_fall_behind(second);
    MODEL_CHECK(receive(rx) == 1);
    MODEL_CHECK(edo_broadcast_try_send(tx, &seven) == 0);
    (void)edo_broadcast_send_init(&sends[0], tx, &seven);
    MODEL_CHECK(!poll(0));
    edoi_model_start(receive_one, second);
    MODEL_CHECK(receive(rx) == 1);
    MODEL_CHECK(rungs[0].n == 1); // with any `second`
    bool ready = poll(0);
    edoi_model_wait();
    MODEL_CHECK(ready && sends[0].base.result == 0);
    MODEL_CHECK(there_n > 0 && there_n + receive_rest(second) == 3);
    MODEL_CHECK(receive_rest(rx) == 1);
    end();
    MODEL_CHECK(edoi_load_rlx_u32(&drops_n) == 3);
}

/* ---- Awaited --------------------------------------------------------------------------------- */

static void send_two(void *arg) {
    static const int seven = 7;
    (void)arg;
    for (int i = 0; i < 2; i++) MODEL_CHECK(edo_broadcast_send(tx, &seven) == 0);
}

static void awaited_sends_all_arrive(void) {
    begin(false, 1, 0);
    edoi_model_start(send_two, NULL);
    for (int i = 0; i < 3; i++) {
        int value = 0;
        MODEL_CHECK(edo_broadcast_recv(rx, &value, NULL) == 0 && value == 7);
    }
    edoi_model_wait();
    MODEL_CHECK(receive(rx) == 0);
    end();
}

static void awaited_sends_go_when_the_receiver_falls_behind(void) {
    begin(false, 1, 0);
    edoi_model_start(send_two, NULL);
    edo_broadcast_fall_behind(rx);
    edoi_model_wait();
    MODEL_CHECK(receive_rest(rx) == 3);
    end();
}

/* ---- The limit ------------------------------------------------------------------------------- */

#define LIMIT_NS INT64_C(1000000)

/* For marks of the channel and of the wheel, which are under different locks. */
static edo_waker *no_mark(edo_waker *w) {
    (void)w;
    return NULL;
}

/* A look of the send `i` when `ns` have passed. */
static bool poll_at(int i, int64_t ns) {
    edo_cx cx = { .waker = &rungs[i].waker, .budget = 2, .worker = rt->worker };
    rt->worker->clock.paused_ns = ns;
    (void)edoi_wheel_advance(rt->worker->wheel, ns);
    return edo_poll(&sends[i].base, &cx) == EDO_READY;
}

/* The limit passes while the receiver does `fn`: the send ends in any case. */
static void limit_passes_while(edoi_model_thread_fn *fn, int result) {
    static const edo_waker_ops ops = { no_mark, rung_nothing, rung_nothing, rung_nothing };
    static const int seven = 7;
    edo_broadcast_opts opts = { .lossless = true, .behind_after = { LIMIT_NS } };
    rungs[0].waker.ops = &ops;
    world_begin();
    int64_t now_ns = edoi_clock_now(&rt->worker->clock);
    edoi_clock_pause(&rt->worker->clock, now_ns);
    MODEL_CHECK(edo_broadcast_new(&tx, &rx, sizeof(int), 1, &opts) == 0);
    MODEL_CHECK(edo_broadcast_try_send(tx, &seven) == 0);
    (void)edo_broadcast_send_init(&sends[0], tx, &seven);
    MODEL_CHECK(!poll_at(0, now_ns));
    edoi_model_start(fn, rx);
    MODEL_CHECK(poll_at(0, now_ns + 2 * LIMIT_NS));
    edoi_model_wait();
    MODEL_CHECK(sends[0].base.result == result || sends[0].base.result == 0);
    if (result == 0) MODEL_CHECK(there_n + receive_rest(rx) == 2);
    if (result != 0) rx = NULL;
    end();
    world_end();
}

static void limit_passes_while_the_receiver_receives(void) {
    limit_passes_while(receive_one, 0);
}

static void limit_passes_while_the_receiver_falls_behind(void) {
    limit_passes_while(fall_behind, 0);
}

static void limit_passes_while_the_receiver_goes(void) {
    limit_passes_while(go, -EDO_ECLOSED);
}

int main(int argc, char **argv) {
    static const edoi_model models[] = {
        MODEL(room_comes_while_a_send_looks),
        MODEL(first_in_line_goes_while_room_comes),
        MODEL(next_in_line_goes_while_room_comes),
        MODEL(room_made_by_two),
        MODEL(receiver_falls_behind_while_it_receives),
        MODEL(last_receiver_goes_while_a_send_looks),
        MODEL(receiver_comes_back_while_a_send_goes),
        MODEL(awaited_sends_all_arrive),
        MODEL(awaited_sends_go_when_the_receiver_falls_behind),
        MODEL(limit_passes_while_the_receiver_receives),
        MODEL(limit_passes_while_the_receiver_falls_behind),
        MODEL(limit_passes_while_the_receiver_goes),
    };
    return edoi_model_main(argc, argv, models, sizeof models / sizeof models[0]);
}
