/* SPDX-License-Identifier: MIT */
/* Goal: a use of a handle that was given up is named, whatever the handle and whatever the use, also
 * when others have the thing still, and when a new one was made since.
 * Method: as misuse_test.c. */
#include <edo/edo.h>

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "breaches.h"

static edo_notify bell = EDO_NOTIFY_INIT;

static int wait_for_bell(void *arg) {
    (void)arg;
    return edo_notify_wait(&bell);
}

/* ---- Handles that were given up -------------------------------------------------------------- */

static int end_at_once(void *arg) {
    (void)arg;
    return 0;
}

static edo_task *joined(void) {
    edo_task *t = edo_spawn(end_at_once, NULL);
    (void)edo_task_join(t);
    return t;
}

static int joins_twice(void *arg) {
    (void)arg;
    return edo_task_join(joined());
}

static int joins_detached(void *arg) {
    (void)arg;
    edo_task *t = edo_spawn(wait_for_bell, NULL); // which goes on
    edo_task_detach(t);
    return edo_task_join(t);
}

static int waits_for_joined(void *arg) {
    (void)arg;
    return edo_task_wait(joined());
}

static int aborts_joined(void *arg) {
    (void)arg;
    edo_task_abort(joined());
    return 0;
}

static int shares_joined(void *arg) {
    (void)arg;
    return edo_task_ref(joined()) != NULL;
}

static int detaches_twice(void *arg) {
    (void)arg;
    edo_task_detach(joined());
    return 0;
}

static int unrefs_too_often(void *arg) {
    (void)arg;
    edo_task *t = edo_task_ref(edo_spawn(wait_for_bell, NULL));
    for (int i = 0; i < 3; i++) edo_task_unref(t);
    return 0;
}

static int asks_joined(void *arg) {
    (void)arg;
    return edo_task_is_finished(joined());
}

static int joins_after_a_cancelled_join(void *arg) {
    (void)arg;
    edo_task_join_future f;
    edo_task *t = edo_spawn(wait_for_bell, NULL);
    (void)edo_poll_once(edo_task_join_init(&f, t));
    edo_drop(&f.base);
    return edo_task_join(t);
}

static void *run_and_end(void *arg) {
    for (int i = 0; i < 20; i++) {
        edo_runtime *rt;
        if (edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) < 0) abort();
        if (edo_run(rt, end_at_once, arg) < 0) abort();
        edo_runtime_free(rt);
    }
    return NULL;
}

/* Other runtimes come and go on another thread. */
static int joins_twice_after_the_end_of_others(void *arg) {
    edo_task *t = joined();
    pthread_t thread;
    if (pthread_create(&thread, NULL, run_and_end, arg) != 0) abort();
    (void)pthread_join(thread, NULL);
    return edo_task_join(t);
}

static void *join_and_end(void *out) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) < 0) abort();
    edo_task *t = edo_spawn_on(rt, end_at_once, NULL);
    if (edo_task_join(t) < 0) abort();
    edo_runtime_free(rt);
    *(edo_task **)out = t;
    return NULL;
}

static int joins_twice_after_the_end_of_its_runtime(void *arg) {
    (void)arg;
    edo_task *t = NULL;
    pthread_t thread;
    if (pthread_create(&thread, NULL, join_and_end, &t) != 0) abort();
    (void)pthread_join(thread, NULL);
    return edo_task_join(t);
}

static edo_listener *listening(void) {
    edo_listener *l = NULL;
    if (edo_tcp_listen(&l, "127.0.0.1:0", NULL) < 0) abort();
    return l;
}

static int closes_listener_twice(void *arg) {
    (void)arg;
    edo_listener *l = listening();
    edo_listener_close(l);
    edo_listener_close(l);
    return 0;
}

static int accepts_from_closed(void *arg) {
    (void)arg;
    edo_listener *l = listening();
    edo_stream *s;
    edo_listener_close(l);
    return edo_accept(l, &s);
}

static edo_stream *connected(void) {
    edo_listener *l = listening();
    char name[64];
    edo_stream *s = NULL;
    (void)snprintf(name, sizeof name, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    if (edo_tcp_connect(&s, name, NULL) < 0) abort();
    edo_listener_close(l);
    return s;
}

static int closes_stream_twice(void *arg) {
    (void)arg;
    edo_stream *s = connected();
    edo_close(s);
    edo_close(s);
    return 0;
}

static int reads_from_closed(void *arg) {
    (void)arg;
    char byte;
    edo_stream *s = connected();
    edo_close(s);
    return edo_read(s, &byte, 1);
}

/* The next stream has not got the memory of the one that was closed. */
static int writes_to_closed_beside_a_new_one(void *arg) {
    (void)arg;
    edo_stream *s = connected();
    edo_close(s);
    (void)connected();
    return edo_try_write(s, "x", 1);
}

static int closes_signal_twice(void *arg) {
    (void)arg;
    edo_signal *s;
    if (edo_signal_listen(&s, SIGHUP) < 0) abort();
    edo_signal_close(s);
    edo_signal_close(s);
    return 0;
}

static int sends_oneshot_twice(void *arg) {
    (void)arg;
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    if (edo_oneshot_new(&tx, &rx, 0, NULL) < 0) abort();
    (void)edo_oneshot_send(tx, NULL);
    return edo_oneshot_send(tx, NULL);
}

static int frees_oneshot_twice(void *arg) {
    (void)arg;
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    if (edo_oneshot_new(&tx, &rx, 0, NULL) < 0) abort();
    edo_oneshot_rx_free(rx);
    edo_oneshot_rx_free(rx);
    return 0;
}

static int sends_after_unref(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    if (edo_mpsc_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_mpsc_tx_unref(tx);
    return edo_mpsc_try_send(tx, NULL);
}

static int receives_after_free(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    if (edo_mpsc_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx); // the channel is gone
    return edo_mpsc_recv(rx, NULL);
}

static int sends_to_chan_after_unref(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_chan_tx_unref(edo_chan_tx_ref(tx)); // one of two
    edo_chan_tx_unref(tx);
    return edo_chan_try_send(tx, NULL);
}

static int unrefs_chan_receiver_twice(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_chan_rx_unref(edo_chan_rx_ref(rx));
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx); // the channel is gone
    edo_chan_rx_unref(rx);
    return 0;
}

static int reads_watch_after_free(void *arg) {
    (void)arg;
    edo_watch_tx *tx;
    edo_watch_rx *rx;
    int value = 0;
    if (edo_watch_new(&tx, &rx, sizeof value, &value, NULL) < 0) abort();
    edo_watch_rx_free(rx);
    edo_watch_read(rx, &value);
    return 0;
}

static int unrefs_broadcast_twice(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    if (edo_broadcast_new(&tx, NULL, 0, 1, NULL) < 0) abort();
    edo_broadcast_tx_unref(tx);
    edo_broadcast_tx_unref(tx);
    return 0;
}

static int sets_token_after_unref(void *arg) {
    (void)arg;
    edo_cancel_token *parent, *child; // the child keeps the parent's memory, and no handle of it
    if (edo_cancel_new(&parent) < 0 || edo_cancel_child(&child, parent) < 0) abort();
    edo_cancel_unref(parent);
    edo_cancel(parent, EDO_CANCEL_ABORT);
    return 0;
}

/* ---- The table ------------------------------------------------------------------------------- */

static const breach rows[] = {
    { "a handle is used that was given up: closed, joined, detached or freed", joins_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      joins_twice_after_the_end_of_others },
    { "a handle is used that was given up: closed, joined, detached or freed",
      joins_twice_after_the_end_of_its_runtime },
    { "a handle is used that was given up: closed, joined, detached or freed", joins_detached },
    { "a handle is used that was given up: closed, joined, detached or freed", waits_for_joined },
    { "a handle is used that was given up: closed, joined, detached or freed", aborts_joined },
    { "a handle is used that was given up: closed, joined, detached or freed", shares_joined },
    { "a handle is used that was given up: closed, joined, detached or freed", detaches_twice },
    { "a handle is used that was given up: closed, joined, detached or freed", unrefs_too_often },
    { "a handle is used that was given up: closed, joined, detached or freed", asks_joined },
    { "a handle is used that was given up: closed, joined, detached or freed",
      joins_after_a_cancelled_join },
    { "a handle is used that was given up: closed, joined, detached or freed",
      closes_listener_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      accepts_from_closed },
    { "a handle is used that was given up: closed, joined, detached or freed",
      closes_stream_twice },
    { "a handle is used that was given up: closed, joined, detached or freed", reads_from_closed },
    { "a handle is used that was given up: closed, joined, detached or freed",
      writes_to_closed_beside_a_new_one },
    { "a handle is used that was given up: closed, joined, detached or freed",
      closes_signal_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      sends_oneshot_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      frees_oneshot_twice },
    { "a handle is used that was given up: closed, joined, detached or freed", sends_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      receives_after_free },
    { "a handle is used that was given up: closed, joined, detached or freed",
      sends_to_chan_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_chan_receiver_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      reads_watch_after_free },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_broadcast_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      sets_token_after_unref },
};

static void each_breach_is_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_handles_test.c:");
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
