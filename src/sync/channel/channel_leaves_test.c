/* SPDX-License-Identifier: MIT */
/* Goal: every future of the channels passes the generic tests of support/leaf.h.
 * Method: each future is made pending, and the other end causes its event. */
#include <edo/broadcast.h>
#include <edo/chan.h>
#include <edo/mpsc.h>
#include <edo/oneshot.h>
#include <edo/watch.h>

#include "leaf.h"

#define VALUE 7u /* what is sent */

/* The event may be requested while an allocation is to fail; it fails once. */
#define UNTIL_MEMORY(call)                                                                         \
    do {                                                                                           \
    } while ((call) == -ENOMEM)

/* ---- mpsc ------------------------------------------------------------------------------------ */

typedef struct mpsc_env {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_mpsc_permit permit;
    uint64_t in, out, many[4];
    union {
        edo_mpsc_recv_future recv;
        edo_mpsc_recv_many_future recv_many;
        edo_mpsc_send_future send;
        edo_mpsc_reserve_future reserve;
        edo_mpsc_closed_future closed;
    } f;
} mpsc_env;

static int mpsc_new(mpsc_env *e) {
    e->in = VALUE;
    return edo_mpsc_new(&e->tx, &e->rx, sizeof e->in, 1, NULL);
}

static int mpsc_new_full(mpsc_env *e) {
    int err = mpsc_new(e);
    if (err < 0) return err;
    err = edo_mpsc_try_send(e->tx, &e->out);
    if (err == 0) return 0;
    edo_mpsc_tx_unref(e->tx);
    edo_mpsc_rx_free(e->rx);
    e->tx = NULL; // what is made of them is not polled
    e->rx = NULL;
    return err;
}

static int recv_make(void *env, edo_future **f) {
    mpsc_env *e = env;
    int err = mpsc_new(e);
    *f = edo_mpsc_recv_init(&e->f.recv, e->rx, &e->out);
    return err;
}

static int recv_many_make(void *env, edo_future **f) {
    mpsc_env *e = env;
    int err = mpsc_new(e);
    *f = edo_mpsc_recv_many_init(&e->f.recv_many, e->rx, e->many, EDO_COUNT(e->many));
    return err;
}

static void mpsc_poke_send(void *env) {
    mpsc_env *e = env;
    UNTIL_MEMORY(edo_mpsc_try_send(e->tx, &e->in));
}

static void mpsc_value_is_there(void *env) {
    mpsc_env *e = env;
    e->out = 0;
    assert_int_equal(edo_mpsc_try_recv(e->rx, &e->out), 0);
    assert_int_equal(e->out, VALUE);
    assert_int_equal(edo_mpsc_try_recv(e->rx, &e->out), -EAGAIN);
}

static void mpsc_cleanup(void *env) {
    mpsc_env *e = env;
    edo_mpsc_tx_unref(e->tx);
    edo_mpsc_rx_free(e->rx);
}

static int send_make(void *env, edo_future **f) {
    mpsc_env *e = env;
    int err = mpsc_new_full(e);
    *f = edo_mpsc_send_init(&e->f.send, e->tx, &e->in);
    return err;
}

static int reserve_make(void *env, edo_future **f) {
    mpsc_env *e = env;
    int err = mpsc_new_full(e);
    *f = edo_mpsc_reserve_init(&e->f.reserve, e->tx, &e->permit);
    return err;
}

static void mpsc_poke_recv(void *env) {
    mpsc_env *e = env;
    assert_int_equal(edo_mpsc_try_recv(e->rx, &e->out), 0);
}

static void reserve_undo(void *env) {
    mpsc_env *e = env;
    edo_mpsc_permit_release(&e->permit);
}

static void mpsc_slot_is_free(void *env) {
    mpsc_env *e = env;
    assert_int_equal(edo_mpsc_cap(e->tx), 1);
    assert_int_equal(edo_mpsc_try_recv(e->rx, &e->out), -EAGAIN);
}

static int mpsc_closed_make(void *env, edo_future **f) {
    mpsc_env *e = env;
    int err = mpsc_new(e);
    *f = edo_mpsc_closed_init(&e->f.closed, e->tx);
    return err;
}

static void mpsc_poke_close(void *env) {
    mpsc_env *e = env;
    edo_mpsc_close(e->rx);
}

/* ---- oneshot --------------------------------------------------------------------------------- */

typedef struct oneshot_env {
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    uint64_t in, out;
    bool received;
    union {
        edo_oneshot_recv_future recv;
        edo_oneshot_closed_future closed;
    } f;
} oneshot_env;

static int oneshot_new(oneshot_env *e) {
    e->in = VALUE;
    return edo_oneshot_new(&e->tx, &e->rx, sizeof e->in, NULL);
}

static int oneshot_recv_make(void *env, edo_future **f) {
    oneshot_env *e = env;
    int err = oneshot_new(e);
    *f = edo_oneshot_recv_init(&e->f.recv, e->rx, &e->out);
    return err;
}

static void oneshot_poke_send(void *env) {
    oneshot_env *e = env;
    assert_int_equal(edo_oneshot_send(e->tx, &e->in), 0);
    e->tx = NULL;
}

static void oneshot_undo(void *env) {
    oneshot_env *e = env;
    e->received = true;
}

static void oneshot_value_is_there(void *env) {
    oneshot_env *e = env;
    if (!e->received) assert_int_equal(edo_oneshot_try_recv(e->rx, &e->out), 0);
    assert_int_equal(e->out, VALUE);
    assert_int_equal(edo_oneshot_try_recv(e->rx, &e->out), -EDO_ECLOSED);
}

static int oneshot_closed_make(void *env, edo_future **f) {
    oneshot_env *e = env;
    int err = oneshot_new(e);
    *f = edo_oneshot_closed_init(&e->f.closed, e->tx);
    return err;
}

static void oneshot_poke_close(void *env) {
    oneshot_env *e = env;
    edo_oneshot_close(e->rx);
}

static void oneshot_cleanup(void *env) {
    oneshot_env *e = env;
    edo_oneshot_tx_free(e->tx);
    edo_oneshot_rx_free(e->rx);
}

/* ---- broadcast ------------------------------------------------------------------------------- */

typedef struct broadcast_env {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    uint64_t in, out, missed;
    bool received;
    union {
        edo_broadcast_recv_future recv;
        edo_broadcast_send_future send;
        edo_broadcast_closed_future closed;
    } f;
} broadcast_env;

static void word_clone(void *to, const void *from) {
    *(uint64_t *)to = *(const uint64_t *)from;
}

static int broadcast_make(void *env, edo_future **f) {
    broadcast_env *e = env;
    e->in = VALUE;
    int err = edo_broadcast_new(&e->tx, &e->rx, sizeof e->in, 2, NULL);
    *f = edo_broadcast_recv_init(&e->f.recv, e->rx, &e->out, &e->missed);
    return err;
}

static int broadcast_clone_make(void *env, edo_future **f) {
    static const edo_broadcast_opts opts = { .clone = word_clone };
    broadcast_env *e = env;
    e->in = VALUE;
    int err = edo_broadcast_new(&e->tx, &e->rx, sizeof e->in, 2, &opts);
    *f = edo_broadcast_recv_init(&e->f.recv, e->rx, &e->out, &e->missed);
    return err;
}

static void broadcast_poke_send(void *env) {
    broadcast_env *e = env;
    UNTIL_MEMORY(edo_broadcast_send(e->tx, &e->in));
}

static void broadcast_undo(void *env) {
    broadcast_env *e = env;
    e->received = true;
}

static void broadcast_value_is_there(void *env) {
    broadcast_env *e = env;
    if (!e->received) assert_int_equal(edo_broadcast_try_recv(e->rx, &e->out, NULL), 0);
    assert_int_equal(e->out, VALUE);
    assert_int_equal(edo_broadcast_len(e->rx), 0);
}

static int broadcast_full(broadcast_env *e, edo_future **f, const edo_broadcast_opts *opts) {
    e->in = VALUE;
    int err = edo_broadcast_new(&e->tx, &e->rx, sizeof e->in, 1, opts);
    if (err < 0) return err;
    err = edo_broadcast_try_send(e->tx, &e->out);
    if (err < 0) {
        edo_broadcast_tx_unref(e->tx);
        edo_broadcast_rx_free(e->rx);
        return err;
    }
    *f = edo_broadcast_send_init(&e->f.send, e->tx, &e->in);
    return 0;
}

static int broadcast_send_make(void *env, edo_future **f) {
    static const edo_broadcast_opts opts = { .lossless = true };
    return broadcast_full(env, f, &opts);
}

static int broadcast_send_clone_make(void *env, edo_future **f) {
    static const edo_broadcast_opts opts = { .clone = word_clone, .lossless = true };
    return broadcast_full(env, f, &opts);
}

static void broadcast_poke_recv(void *env) {
    broadcast_env *e = env;
    assert_int_equal(edo_broadcast_try_recv(e->rx, &e->out, NULL), 0);
}

static void broadcast_send_undo(void *env) {
    broadcast_env *e = env;
    assert_int_equal(edo_broadcast_try_recv(e->rx, &e->out, NULL), 0);
    assert_int_equal(e->out, VALUE);
}

static void broadcast_nothing_is_there(void *env) {
    broadcast_env *e = env;
    assert_int_equal(edo_broadcast_len(e->rx), 0);
    UNTIL_MEMORY(edo_broadcast_try_send(e->tx, &e->in));
    assert_int_equal(edo_broadcast_len(e->rx), 1);
}

static int broadcast_closed_make(void *env, edo_future **f) {
    broadcast_env *e = env;
    int err = edo_broadcast_new(&e->tx, &e->rx, sizeof e->in, 2, NULL);
    *f = edo_broadcast_closed_init(&e->f.closed, e->tx);
    return err;
}

static void broadcast_poke_free(void *env) {
    broadcast_env *e = env;
    edo_broadcast_rx_free(e->rx);
    e->rx = NULL;
}

static void broadcast_cleanup(void *env) {
    broadcast_env *e = env;
    edo_broadcast_tx_unref(e->tx);
    edo_broadcast_rx_free(e->rx);
}

/* ---- watch ----------------------------------------------------------------------------------- */

typedef struct watch_env {
    edo_watch_tx *tx;
    edo_watch_rx *rx;
    uint64_t in, out;
    union {
        edo_watch_changed_future changed;
        edo_watch_wait_for_future wait_for;
        edo_watch_closed_future closed;
    } f;
} watch_env;

static bool is_value(void *arg, const void *value) {
    (void)arg;
    return *(const uint64_t *)value == VALUE;
}

static int watch_new(watch_env *e) {
    static const edo_watch_opts opts = { .clone = word_clone };
    int err = edo_watch_new(&e->tx, &e->rx, sizeof e->in, &e->in, &opts);
    e->in = VALUE;
    return err;
}

static int changed_make(void *env, edo_future **f) {
    watch_env *e = env;
    int err = watch_new(e);
    *f = edo_watch_changed_init(&e->f.changed, e->rx);
    return err;
}

static int wait_for_make(void *env, edo_future **f) {
    watch_env *e = env;
    int err = watch_new(e);
    *f = edo_watch_wait_for_init(&e->f.wait_for, e->rx, &e->out, is_value, NULL);
    return err;
}

static void watch_poke_send(void *env) {
    watch_env *e = env;
    UNTIL_MEMORY(edo_watch_send(e->tx, &e->in));
}

static void watch_undo(void *env) {
    watch_env *e = env;
    edo_watch_mark_changed(e->rx);
}

static void watch_value_is_there(void *env) {
    watch_env *e = env;
    assert_int_equal(edo_watch_has_changed(e->rx), 1);
    edo_watch_read_update(e->rx, &e->out);
    assert_int_equal(e->out, VALUE);
}

static int watch_closed_make(void *env, edo_future **f) {
    watch_env *e = env;
    int err = watch_new(e);
    *f = edo_watch_closed_init(&e->f.closed, e->tx);
    return err;
}

static void watch_poke_free(void *env) {
    watch_env *e = env;
    edo_watch_rx_free(e->rx);
    e->rx = NULL;
}

static void watch_cleanup(void *env) {
    watch_env *e = env;
    edo_watch_tx_unref(e->tx);
    edo_watch_rx_free(e->rx);
}

/* ---- chan ------------------------------------------------------------------------------------ */

typedef struct chan_env {
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    uint64_t in, out, many[4];
    union {
        edo_chan_recv_future recv;
        edo_chan_recv_many_future recv_many;
        edo_chan_send_future send;
        edo_chan_closed_future closed;
    } f;
} chan_env;

static int chan_new(chan_env *e) {
    e->in = VALUE;
    return edo_chan_new(&e->tx, &e->rx, sizeof e->in, 1, NULL);
}

static void chan_cleanup(void *env) {
    chan_env *e = env;
    edo_chan_tx_unref(e->tx);
    edo_chan_rx_unref(e->rx);
    e->tx = NULL; // what is made of them is not polled
    e->rx = NULL;
}

static int chan_recv_make(void *env, edo_future **f) {
    chan_env *e = env;
    int err = chan_new(e);
    *f = edo_chan_recv_init(&e->f.recv, e->rx, &e->out);
    return err;
}

static int chan_recv_many_make(void *env, edo_future **f) {
    chan_env *e = env;
    int err = chan_new(e);
    *f = edo_chan_recv_many_init(&e->f.recv_many, e->rx, e->many, EDO_COUNT(e->many));
    return err;
}

static void chan_poke_send(void *env) {
    chan_env *e = env;
    UNTIL_MEMORY(edo_chan_try_send(e->tx, &e->in));
}

static void chan_value_is_there(void *env) {
    chan_env *e = env;
    e->out = 0;
    assert_int_equal(edo_chan_try_recv(e->rx, &e->out), 0);
    assert_int_equal(e->out, VALUE);
    assert_int_equal(edo_chan_try_recv(e->rx, &e->out), -EAGAIN);
}

static int chan_send_make(void *env, edo_future **f) {
    chan_env *e = env;
    int err = chan_new(e);
    if (err < 0) return err;
    err = edo_chan_try_send(e->tx, &e->out);
    if (err < 0) chan_cleanup(e);
    *f = edo_chan_send_init(&e->f.send, e->tx, &e->in);
    return err;
}

static void chan_poke_recv(void *env) {
    chan_env *e = env;
    assert_int_equal(edo_chan_try_recv(e->rx, &e->out), 0);
}

static void chan_slot_is_free(void *env) {
    chan_env *e = env;
    assert_int_equal(edo_chan_cap(e->tx), 1);
    UNTIL_MEMORY(edo_chan_try_send(e->tx, &e->in));
    assert_int_equal(edo_chan_cap(e->tx), 0);
}

static int chan_closed_make(void *env, edo_future **f) {
    chan_env *e = env;
    int err = chan_new(e);
    *f = edo_chan_closed_init(&e->f.closed, e->tx);
    return err;
}

static void chan_poke_close(void *env) {
    edo_chan_close(((chan_env *)env)->rx);
}

/* ---- All of them ----------------------------------------------------------------------------- */

#define MPSC      .env_bytes = sizeof(mpsc_env), .cleanup = mpsc_cleanup
#define CHAN      .env_bytes = sizeof(chan_env), .cleanup = chan_cleanup
#define ONESHOT   .env_bytes = sizeof(oneshot_env), .cleanup = oneshot_cleanup
#define BROADCAST .env_bytes = sizeof(broadcast_env), .cleanup = broadcast_cleanup
#define WATCH     .env_bytes = sizeof(watch_env), .cleanup = watch_cleanup

static const leaf leaves[] = {
    { .name = "edo_mpsc_recv",
      MPSC,
      .make = recv_make,
      .poke = mpsc_poke_send,
      .undo = mpsc_poke_send,
      .intact = mpsc_value_is_there },
    { .name = "edo_mpsc_recv_many",
      MPSC,
      .make = recv_many_make,
      .poke = mpsc_poke_send,
      .undo = mpsc_poke_send,
      .intact = mpsc_value_is_there,
      .result = 1 },
    { .name = "edo_mpsc_send",
      MPSC,
      .make = send_make,
      .poke = mpsc_poke_recv,
      .undo = mpsc_poke_recv,
      .intact = mpsc_slot_is_free },
    { .name = "edo_mpsc_reserve",
      MPSC,
      .make = reserve_make,
      .poke = mpsc_poke_recv,
      .undo = reserve_undo,
      .intact = mpsc_slot_is_free },
    { .name = "edo_mpsc_closed", MPSC, .make = mpsc_closed_make, .poke = mpsc_poke_close },
    { .name = "edo_chan_recv",
      CHAN,
      .make = chan_recv_make,
      .poke = chan_poke_send,
      .undo = chan_poke_send,
      .intact = chan_value_is_there },
    { .name = "edo_chan_recv_many",
      CHAN,
      .make = chan_recv_many_make,
      .poke = chan_poke_send,
      .undo = chan_poke_send,
      .intact = chan_value_is_there,
      .result = 1 },
    { .name = "edo_chan_send",
      CHAN,
      .make = chan_send_make,
      .poke = chan_poke_recv,
      .undo = chan_poke_recv,
      .intact = chan_slot_is_free },
    { .name = "edo_chan_closed", CHAN, .make = chan_closed_make, .poke = chan_poke_close },
    { .name = "edo_oneshot_recv",
      ONESHOT,
      .make = oneshot_recv_make,
      .poke = oneshot_poke_send,
      .undo = oneshot_undo,
      .intact = oneshot_value_is_there },
    { .name = "edo_oneshot_closed",
      ONESHOT,
      .make = oneshot_closed_make,
      .poke = oneshot_poke_close },
    { .name = "edo_broadcast_recv",
      BROADCAST,
      .make = broadcast_make,
      .poke = broadcast_poke_send,
      .undo = broadcast_undo,
      .intact = broadcast_value_is_there },
    { .name = "edo_broadcast_recv, cloned",
      BROADCAST,
      .make = broadcast_clone_make,
      .poke = broadcast_poke_send,
      .undo = broadcast_undo,
      .intact = broadcast_value_is_there },
    { .name = "edo_broadcast_send",
      BROADCAST,
      .make = broadcast_send_make,
      .poke = broadcast_poke_recv,
      .undo = broadcast_send_undo,
      .intact = broadcast_nothing_is_there },
    { .name = "edo_broadcast_send, cloned",
      BROADCAST,
      .make = broadcast_send_clone_make,
      .poke = broadcast_poke_recv,
      .undo = broadcast_send_undo,
      .intact = broadcast_nothing_is_there },
    { .name = "edo_broadcast_closed",
      BROADCAST,
      .make = broadcast_closed_make,
      .poke = broadcast_poke_free },
    { .name = "edo_watch_changed",
      WATCH,
      .make = changed_make,
      .poke = watch_poke_send,
      .undo = watch_undo,
      .intact = watch_value_is_there },
    { .name = "edo_watch_wait_for",
      WATCH,
      .make = wait_for_make,
      .poke = watch_poke_send,
      .undo = watch_undo,
      .intact = watch_value_is_there },
    { .name = "edo_watch_closed", WATCH, .make = watch_closed_make, .poke = watch_poke_free },
};

static void every_leaf_of_the_channels_passes(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(leaves); i++) leaf_run(&leaves[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_leaf_of_the_channels_passes) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
