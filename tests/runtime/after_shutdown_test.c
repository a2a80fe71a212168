/* SPDX-License-Identifier: MIT */
/* Goal: the promises of the book's chapter 6 for a runtime that has ended: handles, wakers,
 * channels, locks and sockets made in it work on, and calls that need it to run return an error.
 * Method: make them in a runtime of each kind, shut it down, and use them on this thread. */
#include <edo/edo.h>
#include <edo/stats.h>

#include "inside.h"
#include "leftovers.h"

#include <signal.h>

static int give_seven(void *arg) {
    (void)arg;
    return 7;
}

static int wait_for_ever(void *arg) {
    edo_notify *bell = arg;
    return edo_notify_wait(bell);
}

static edo_runtime *ended_runtime(const edo_runtime_opts *kind, edo_task_fn *fn, void *arg) {
    edo_runtime *rt;
    assert_int_equal(edo_runtime_new(&rt, kind), 0);
    if (fn) assert_int_equal(edo_run(rt, fn, arg), 0);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    return rt;
}

/* ---- Handles --------------------------------------------------------------------------------- */

typedef struct handles {
    edo_notify bell;
    edo_task *done, *waiting;
} handles;

static int spawn_both(void *arg) {
    handles *h = arg;
    h->done = edo_spawn(give_seven, NULL);
    h->waiting = edo_spawn(wait_for_ever, &h->bell);
    return edo_task_wait(h->done) == 7 ? 0 : -EINVAL;
}

static void handles_show_how_their_tasks_ended_on(const edo_runtime_opts *kind) {
    handles h = { .bell = EDO_NOTIFY_INIT };
    edo_runtime_free(ended_runtime(kind, spawn_both, &h));
    assert_true(edo_task_is_finished(h.waiting));
    assert_int_equal(edo_task_get_outcome(h.done), EDO_OUTCOME_RETURNED);
    assert_int_equal(edo_task_get_outcome(h.waiting), EDO_OUTCOME_CANCELED);
    edo_task_cancel(h.done);
    edo_task_cancel(h.waiting);
    assert_int_equal(edo_task_wait(h.done), 7);
    assert_int_equal(edo_task_join(h.done), 7);
    assert_int_equal(edo_task_join(h.waiting), -ECANCELED);
}
ON_EACH_KIND(handles_show_how_their_tasks_ended)

/* ---- What needs it to run -------------------------------------------------------------------- */

static void spawn_when_closed(edo_runtime *rt) {
    assert_null(edo_spawn(give_seven, NULL));
    assert_int_equal(edo_task_join(NULL), -EDO_ECLOSED);
    assert_int_equal(edo_blocking(give_seven, NULL), -EDO_ECLOSED);
    edo_scope s;
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, give_seven, NULL);
    assert_int_equal(edo_scope_end(&s, 0), -EDO_ECLOSED);
    assert_int_equal(edo_sleep(edo_ms(1)), 0);
    assert_ptr_equal(edo_runtime_current(), rt);
}

static void calls_that_need_it_to_run_return_closed_on(const edo_runtime_opts *kind) {
    edo_runtime *rt = ended_runtime(kind, NULL, NULL);
    assert_null(edo_spawn_on(rt, give_seven, NULL));
    assert_int_equal(edo_task_join(NULL), -EDO_ECLOSED);
    assert_int_equal(edo_run(rt, give_seven, NULL), -EDO_ECLOSED);
    assert_int_equal(edo_runtime_enter(rt), 0);
    spawn_when_closed(rt);
    edo_runtime_leave(rt);

    edo_sleep_future nap;
    assert_int_equal(edo_block_on(rt, edo_sleep_init(&nap, edo_ms(1))), 0);
    edo_runtime_stats stats = { 0 };
    edo_runtime_get_stats(rt, &stats);
    assert_int_equal(edo_runtime_shutdown(rt, edo_s(5)), 0);
    edo_runtime_free(rt);
}
ON_EACH_KIND(calls_that_need_it_to_run_return_closed)

/* ---- Wakers, channels, locks ----------------------------------------------------------------- */

static edo_waker *kept;

static edo_polled keep_waker(void *arg, edo_cx *cx, int *result) {
    edo_oneshot_tx **ready = arg;
    (void)result;
    if (!kept) {
        kept = edo_waker_ref(edo_cx_waker(cx));
        CHECK_EQ(edo_oneshot_send(*ready, "x"), 0);
    }
    return EDO_PENDING;
}

static int spawn_keeper(void *arg) {
    (void)arg;
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
    int err = edo_oneshot_new(&tx, &rx, 1, NULL);
    if (err < 0) return err;
    static edo_oneshot_tx *shared;
    shared = tx;
    edo_poll_fn_future f;
    err = edo_spawn_future_detached(edo_poll_fn_init(&f, keep_waker, &shared));
    char c;
    if (err == 0) err = edo_oneshot_recv(rx, &c);
    edo_oneshot_rx_free(rx);
    return err;
}

static void kept_waker_may_be_woken_after_the_shutdown_on(const edo_runtime_opts *kind) {
    kept = NULL;
    edo_runtime_free(ended_runtime(kind, spawn_keeper, NULL));
    assert_non_null(kept);
    edo_waker_wake(kept);
    edo_waker_unref(kept);
}
ON_EACH_KIND(kept_waker_may_be_woken_after_the_shutdown)

typedef struct shared {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    edo_mutex mutex;
} shared;

static int lock_and_send(void *arg) {
    shared *s = arg;
    int err = edo_mpsc_new(&s->tx, &s->rx, sizeof(int), 4, NULL);
    for (int i = 1; i <= 2 && err == 0; i++) err = edo_mpsc_send(s->tx, &i);
    return err < 0 ? err : edo_mutex_lock(&s->mutex); // and ends while it holds it
}

static void channels_and_locks_are_as_they_were_on(const edo_runtime_opts *kind) {
    shared s = { .mutex = EDO_MUTEX_INIT };
    edo_runtime_free(ended_runtime(kind, lock_and_send, &s));
    int value = 0, three = 3;
    assert_int_equal(edo_mpsc_recv(s.rx, &value), 0);
    assert_int_equal(value, 1);
    assert_int_equal(edo_mpsc_send(s.tx, &three), 0);
    edo_mpsc_tx_unref(s.tx);
    assert_int_equal(edo_mpsc_recv(s.rx, &value), 0);
    assert_int_equal(edo_mpsc_recv(s.rx, &value), 0);
    assert_int_equal(value, 3);
    assert_int_equal(edo_mpsc_recv(s.rx, &value), -EDO_ECLOSED);
    edo_mpsc_rx_free(s.rx);
    edo_mutex_lock_future lock;
    assert_int_equal(edo_timeout(edo_mutex_lock_init(&lock, &s.mutex), edo_ms(1)), -ETIMEDOUT);
    edo_mutex_unlock(&s.mutex);
    assert_int_equal(edo_mutex_lock(&s.mutex), 0);
    edo_mutex_unlock(&s.mutex);
}
ON_EACH_KIND(channels_and_locks_are_as_they_were)

/* ---- What waits for descriptors -------------------------------------------------------------- */

typedef struct sockets {
    edo_listener *listener;
    edo_stream *client, *served;
    edo_signal *signal;
} sockets;

static int accept_one(void *arg) {
    sockets *s = arg;
    return edo_accept(s->listener, &s->served);
}

static int open_sockets(void *arg) {
    sockets *s = arg;
    edo_addr addr;
    int err = edo_tcp_listen(&s->listener, "127.0.0.1:0", NULL);
    if (err == 0) err = edo_signal_listen(&s->signal, SIGUSR1);
    if (err == 0) err = edo_listener_addr(s->listener, &addr);
    if (err < 0) return err;
    edo_task *t = edo_spawn(accept_one, s);
    err = edo_tcp_connect_addr(&s->client, &addr, NULL);
    int accepted = edo_task_join(t);
    return err < 0 ? err : accepted;
}

/* Each operation waits in vain first, so that this thread or runtime asks the kernel itself. */
static void use_sockets(sockets *s) {
    char said[4];
    edo_read_future read;
    edo_accept_future accept;
    edo_signal_recv_future recv;
    edo_stream *nobody;
    CHECK_EQ(edo_timeout(edo_read_init(&read, s->served, said, sizeof said), edo_ms(1)),
             -ETIMEDOUT);
    CHECK_EQ(edo_timeout(edo_accept_init(&accept, s->listener, &nobody), edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(edo_timeout(edo_signal_recv_init(&recv, s->signal), edo_ms(1)), -ETIMEDOUT);
    CHECK_EQ(edo_write_all(s->client, "abc", 3), 0);
    CHECK_EQ(edo_read(s->served, said, sizeof said), 3);
    CHECK_EQ(raise(SIGUSR1), 0);
    CHECK_EQ(edo_signal_recv(s->signal), 0);
}

static int use_sockets_in_a_task(void *arg) {
    use_sockets(arg);
    return 0;
}

static void sockets_are_awaited_elsewhere_on(const edo_runtime_opts *kind) {
    may_leave(LEFT_DESCRIPTORS, 1, HUB_STAYS);
    sockets s = { 0 };
    edo_runtime_free(ended_runtime(kind, open_sockets, &s));
    use_sockets(&s);
    assert_int_equal(inside_each(use_sockets_in_a_task, &s), 0);
    edo_close(s.client);
    edo_close(s.served);
    edo_listener_close(s.listener);
    edo_signal_close(s.signal);
}
ON_EACH_KIND(sockets_are_awaited_elsewhere)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handles_show_how_their_tasks_ended),
        cmocka_unit_test(calls_that_need_it_to_run_return_closed),
        cmocka_unit_test(kept_waker_may_be_woken_after_the_shutdown),
        cmocka_unit_test(channels_and_locks_are_as_they_were),
        cmocka_unit_test(sockets_are_awaited_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
