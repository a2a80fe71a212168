/* SPDX-License-Identifier: MIT */
/* Goal: a use of a handle that was given up is named, whatever the handle and the use, also when
 * others still hold the object, and when a new one was made since.
 * Method: as misuse_test.c. */
#include <edo/dir.h>
#include <edo/edo.h>
#include <edo/slab.h>
#include <edo/stats.h>
#include <edo/task_monitor.h>
#include <edo/tmp.h>

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
    edo_task *t = edo_spawn(wait_for_bell, NULL); // it goes on
    edo_task_detach(t);
    return edo_task_join(t);
}

static int waits_for_joined(void *arg) {
    (void)arg;
    return edo_task_wait(joined());
}

static int aborts_joined(void *arg) {
    (void)arg;
    edo_task_cancel(joined());
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

static int shares_closed_listener(void *arg) {
    (void)arg;
    edo_listener *l = listening();
    edo_listener_close(l);
    return edo_listener_ref(l) != NULL;
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

static int shares_closed_stream(void *arg) {
    (void)arg;
    edo_stream *s = connected();
    edo_close(s);
    return edo_stream_ref(s) != NULL;
}

static int reads_from_closed(void *arg) {
    (void)arg;
    char byte;
    edo_stream *s = connected();
    edo_close(s);
    return edo_read(s, &byte, 1);
}

static int begins_lines_of_closed(void *arg) {
    (void)arg;
    edo_buf_reader r;
    edo_stream *s = connected();
    edo_close(s);
    return edo_buf_reader_init(&r, s, NULL);
}

static int reads_line_from_closed(void *arg) {
    (void)arg;
    edo_buf_reader r;
    char *line;
    edo_stream *s = connected();
    if (edo_buf_reader_init(&r, s, NULL) < 0) abort();
    edo_close(s);
    return edo_read_line(&r, &line);
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

static int broadcasts_after_unref(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx; // keeps the memory
    if (edo_broadcast_new(&tx, &rx, 0, 1, &(edo_broadcast_opts){ .lossless = true }) < 0) abort();
    edo_broadcast_tx_unref(tx);
    return edo_broadcast_try_send(tx, NULL);
}

static int falls_behind_after_free(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
    if (edo_broadcast_new(&tx, &rx, 0, 1, &(edo_broadcast_opts){ .lossless = true }) < 0) abort();
    edo_broadcast_rx_free(rx);
    edo_broadcast_fall_behind(rx);
    return 0;
}

static int sets_token_after_unref(void *arg) {
    (void)arg;
    edo_cancel_token *parent, *child; // the child keeps the parent's memory, and no handle of it
    if (edo_cancel_new(&parent) < 0 || edo_cancel_child(&child, parent) < 0) abort();
    edo_cancel_unref(parent);
    edo_cancel(parent, EDO_CANCEL_ASKED);
    return 0;
}

/* ---- A queue for n workers ------------------------------------------------------------------- */

static int receives_from_a_chan_after_unref(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_chan_tx_unref(tx);
    edo_chan_rx_unref(rx); // the channel is gone
    return edo_chan_recv(rx, NULL);
}

/* ---- Weak senders ---------------------------------------------------------------------------- */

static int unrefs_weak_too_often(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    if (edo_mpsc_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_mpsc_weak *weak = edo_mpsc_tx_downgrade(tx);
    (void)edo_mpsc_tx_downgrade(tx); // the same pointer
    for (int i = 0; i < 3; i++) edo_mpsc_weak_unref(weak);
    return 0;
}

static int upgrades_after_unref(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    if (edo_broadcast_new(&tx, NULL, 0, 1, NULL) < 0) abort();
    edo_broadcast_weak *weak = edo_broadcast_tx_downgrade(tx);
    edo_broadcast_weak_unref(weak);
    return edo_broadcast_tx_upgrade(weak) != NULL;
}

static int shares_gone_sender(void *arg) {
    (void)arg;
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx; // keeps the memory
    if (edo_mpsc_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_mpsc_tx_unref(tx);
    return edo_mpsc_tx_ref(tx) != NULL;
}

static int shares_gone_chan_sender(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx; // keeps the memory
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_chan_tx_unref(tx);
    return edo_chan_tx_ref(tx) != NULL;
}

static int shares_gone_broadcaster(void *arg) {
    (void)arg;
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx; // keeps the memory
    if (edo_broadcast_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_broadcast_tx_unref(tx);
    return edo_broadcast_tx_ref(tx) != NULL;
}

static int shares_gone_watched(void *arg) {
    (void)arg;
    edo_watch_tx *tx;
    edo_watch_rx *rx; // keeps the memory
    int value = 0;
    if (edo_watch_new(&tx, &rx, sizeof value, &value, NULL) < 0) abort();
    edo_watch_tx_unref(tx);
    return edo_watch_tx_ref(tx) != NULL;
}

static int shares_gone_chan_receiver(void *arg) {
    (void)arg;
    edo_chan_tx *tx; // keeps the memory
    edo_chan_rx *rx;
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0) abort();
    edo_chan_rx_unref(rx);
    return edo_chan_rx_ref(rx) != NULL;
}

/* ---- Runtimes -------------------------------------------------------------------------------- */

static edo_runtime *made(void) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT }) < 0) abort();
    return rt;
}

static int unrefs_runtime_too_often(void *arg) {
    (void)arg;
    edo_runtime *rt = edo_runtime_ref(made());
    for (int i = 0; i < 3; i++) edo_runtime_unref(rt);
    return 0;
}

static void *free_twice(void *arg) {
    edo_runtime *rt = made();
    edo_runtime_free(rt);
    edo_runtime_free(rt);
    return arg;
}

static void *run_on_freed(void *arg) {
    edo_runtime *rt = made();
    edo_runtime_free(rt);
    (void)edo_run(rt, end_at_once, arg);
    return arg;
}

static void *ask_freed(void *arg) {
    edo_runtime *rt = made();
    edo_runtime_free(rt);
    edo_runtime_stats s;
    edo_runtime_get_stats(rt, &s);
    return arg;
}

static void *leave_after_unref(void *arg) {
    edo_runtime *rt = made();
    if (edo_runtime_enter(rt) < 0) abort();
    edo_runtime_unref(rt);
    edo_runtime_unref(rt); // that of the thread, which has entered
    edo_runtime_leave(rt);
    return arg;
}

/* Outside tasks. */
static int on_a_thread(void *(*fn)(void *arg)) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, fn, NULL) != 0) abort();
    return pthread_join(thread, NULL);
}

static int frees_runtime_twice(void *arg) {
    (void)arg;
    return on_a_thread(free_twice);
}

static int runs_on_freed(void *arg) {
    (void)arg;
    return on_a_thread(run_on_freed);
}

static int asks_freed(void *arg) {
    (void)arg;
    return on_a_thread(ask_freed);
}

static int leaves_after_unref(void *arg) {
    (void)arg;
    return on_a_thread(leave_after_unref);
}

/* ---- Monitors, slabs, counted memory, boxes -------------------------------------------------- */

static edo_task_monitor *monitor_gone(void) {
    edo_task_monitor *m;
    if (edo_task_monitor_new(&m, NULL) < 0) abort();
    edo_task_monitor_unref(m);
    return m;
}

static int unrefs_monitor_twice(void *arg) {
    (void)arg;
    edo_task_monitor_unref(monitor_gone());
    return 0;
}

static int shares_gone_monitor(void *arg) {
    (void)arg;
    return edo_task_monitor_ref(monitor_gone()) != NULL;
}

static int spawns_for_gone_monitor(void *arg) {
    (void)arg;
    edo_task_monitor *m = monitor_gone();
    return edo_spawn_detached_with(end_at_once, NULL, &(edo_spawn_opts){ .monitor = m });
}

static int reads_gone_monitor(void *arg) {
    (void)arg;
    edo_task_monitor_stats s;
    edo_task_monitor_get_stats(monitor_gone(), &s);
    return 0;
}

static int frees_slab_twice(void *arg) {
    (void)arg;
    edo_slab *s;
    if (edo_slab_new(&s, 16, NULL) < 0) abort();
    edo_slab_free(s);
    edo_slab_free(s);
    return 0;
}

static int gets_from_freed_slab(void *arg) {
    (void)arg;
    edo_slab *s;
    if (edo_slab_new(&s, 16, NULL) < 0) abort();
    edo_slab_free(s);
    return edo_slab_get(s) != NULL;
}

static int puts_to_freed_slab(void *arg) {
    edo_slab *s;
    if (edo_slab_new(&s, 16, NULL) < 0) abort();
    edo_slab_free(s);
    edo_slab_put(s, &arg);
    return 0;
}

static int unrefs_counted_too_often(void *arg) {
    (void)arg;
    char *text = edo_rc_ref(edo_rc_new(16, NULL));
    for (int i = 0; i < 3; i++) edo_rc_unref(text);
    return 0;
}

static int refs_counted_too_late(void *arg) {
    (void)arg;
    char *text = edo_rc_new(16, NULL);
    edo_rc_unref(text);
    return edo_rc_ref(text) != NULL;
}

static int reads_closed_dir(void *arg) {
    edo_dir *d;
    edo_dir_entry e;
    (void)arg;
    if (edo_dir_open(&d, "/") < 0) abort();
    edo_dir_close(d);
    return edo_dir_next(d, &e);
}

static int closes_tmp_twice(void *arg) {
    edo_tmp *t;
    (void)arg;
    if (edo_tmp_open(&t, NULL) < 0) abort();
    (void)edo_tmp_close(t);
    return edo_tmp_close(t);
}

/* The address sanitizer stops at edo_drop() itself, as it looks into the box; and clang inlines
 * that, so the place is the header's. */
#if !defined(EDOI_ASAN) && !defined(__clang__)
static int drops_box_after_await(void *arg) {
    (void)arg;
    edo_ready_future f;
    edo_future *box = edo_boxed_new(edo_ready_init(&f, 0));
    if (edo_await(box) < 0) abort();
    edo_drop(box);
    return 0;
}
#endif

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
      begins_lines_of_closed },
    { "a handle is used that was given up: closed, joined, detached or freed",
      reads_line_from_closed },
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
      broadcasts_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      falls_behind_after_free },
    { "a handle is used that was given up: closed, joined, detached or freed",
      sets_token_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      receives_from_a_chan_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_weak_too_often },
    { "a handle is used that was given up: closed, joined, detached or freed",
      upgrades_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_runtime_too_often },
    { "a handle is used that was given up: closed, joined, detached or freed",
      frees_runtime_twice },
    { "a handle is used that was given up: closed, joined, detached or freed", runs_on_freed },
    { "a handle is used that was given up: closed, joined, detached or freed", asks_freed },
    { "a handle is used that was given up: closed, joined, detached or freed", leaves_after_unref },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_monitor_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      spawns_for_gone_monitor },
    { "a handle is used that was given up: closed, joined, detached or freed", reads_gone_monitor },
    { "a handle is used that was given up: closed, joined, detached or freed", shares_gone_sender },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_gone_chan_sender },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_gone_broadcaster },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_gone_watched },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_gone_chan_receiver },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_closed_listener },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_closed_stream },
    { "a handle is used that was given up: closed, joined, detached or freed",
      shares_gone_monitor },
    { "a handle is used that was given up: closed, joined, detached or freed", frees_slab_twice },
    { "a handle is used that was given up: closed, joined, detached or freed",
      gets_from_freed_slab },
    { "a handle is used that was given up: closed, joined, detached or freed", puts_to_freed_slab },
    { "a handle is used that was given up: closed, joined, detached or freed",
      unrefs_counted_too_often },
    { "a handle is used that was given up: closed, joined, detached or freed",
      refs_counted_too_late },
    { "a handle is used that was given up: closed, joined, detached or freed", reads_closed_dir },
    { "a handle is used that was given up: closed, joined, detached or freed", closes_tmp_twice },
#if !defined(EDOI_ASAN) && !defined(__clang__)
    { "a handle is used that was given up: closed, joined, detached or freed",
      drops_box_after_await },
#endif
};

static void each_breach_is_named(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN)
    print_message("skipped: a release build does not remember, nor one for the thread sanitizer\n");
    skip();
#endif
    assert_each_is_named(rows, EDO_COUNT(rows), "misuse_handles_test.c:");
}

#if defined(EDO_DEBUG) && !defined(EDOI_TSAN) && !defined(EDOI_ASAN)
static int drops_box_twice(void *arg) {
    (void)arg;
    edo_ready_future f;
    edo_future *box = edo_boxed_new(edo_ready_init(&f, 0));
    edo_drop(box);
    edo_drop(box);
    return 0;
}
#endif

static void box_is_named_by_the_line_that_dropped_it(void **state) {
    (void)state;
#if !defined(EDO_DEBUG) || defined(EDOI_TSAN) || defined(EDOI_ASAN)
    print_message("skipped: a box is not remembered in this build\n");
    skip();
#else
    char said[8192];
    (void)last_words(drops_box_twice, NULL, said, sizeof said);
    const char *place = strstr(said, "was given up at "), *end = place ? strchr(place, '\n') : NULL;
    const char *file = place ? strstr(place, "misuse_handles_test.c:") : NULL;
    if (!file || !end || file > end) fail_msg("said: %s", said);
#endif
}

/* ---- What is right --------------------------------------------------------------------------- */

/* The program gives its runtime up, and the runtime goes on until its task has ended. */
static int use_own_runtime(void *arg) {
    edo_runtime *rt = edo_runtime_current();
    (void)edo_notify_wait(arg);
    uint64_t id = edo_runtime_id(rt);
    edo_task *t = edo_spawn_on(edo_runtime_ref(rt), end_at_once, NULL);
    edo_runtime_unref(rt);
    return id > 0 && edo_task_join(t) == -EDO_ECLOSED ? 0 : -1;
}

static int unref_beside_a_task(void *arg) {
    (void)arg;
    edo_notify never = EDO_NOTIFY_INIT;
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) < 0) return 1;
    edo_task *t = edo_spawn_on(rt, use_own_runtime, &never);
    edo_runtime_unref(rt); // cancels the task
    return edo_task_join(t) == 0 ? 0 : 2;
}

/* The result of a task can be had after the end of its runtime. */
static int join_after_the_end(void *arg) {
    edo_runtime *rt;
    if (edo_runtime_new(&rt, &(edo_runtime_opts){ .workers = 1 }) < 0) return 1;
    edo_task *t = edo_spawn_on(rt, end_at_once, arg);
    (void)edo_task_wait(t);
    edo_runtime_free(rt);
    return edo_task_join(t);
}

static int keep_what_is_shared(void *arg) {
    (void)arg;
    edo_chan_tx *tx;
    edo_chan_rx *rx;
    edo_task_monitor *m;
    if (edo_chan_new(&tx, &rx, 0, 1, NULL) < 0 || edo_task_monitor_new(&m, NULL) < 0) return 1;
    edo_chan_tx_unref(edo_chan_tx_ref(tx));
    edo_chan_rx_unref(edo_chan_rx_ref(rx));
    edo_task_monitor_unref(edo_task_monitor_ref(m));
    char *text = edo_rc_new(16, NULL);
    edo_rc_unref(edo_rc_ref(text));
    int err = edo_chan_try_send(tx, NULL);
    edo_chan_tx_unref(tx);
    if (err == 0) err = edo_chan_try_recv(rx, NULL);
    edo_chan_rx_unref(rx);
    edo_task_monitor_unref(m);
    edo_rc_unref(text);
    return err;
}

static int (*const right[])(void *arg) = { unref_beside_a_task, join_after_the_end,
                                           keep_what_is_shared };

static void correct_use_reports_nothing(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(right); i++) {
        char said[8192];
        int status = last_words(right[i], NULL, said, sizeof said);
        if (status != 0 || *said)
            fail_msg("row %zu: status %x, said: %s", i, (unsigned)status, said);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_breach_is_named),
                                        cmocka_unit_test(box_is_named_by_the_line_that_dropped_it),
                                        cmocka_unit_test(correct_use_reports_nothing) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
