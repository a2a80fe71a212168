/* SPDX-License-Identifier: MIT */
/* Goal: a debug build names a wake that is delivered, or a reference that is given back, while the
 * thread holds a lock of edo's: a short lock or a mutex; and is silent once the lock is released.
 * All kinds of references are covered.
 * Method: each case runs in a child process, whose standard error is read. */
#include "base/held.h"
#include "base/lock.h"
#include "io/op.h"
#include "net/names/names.h"
#include "runtime/blocking/blocking.h"
#include "runtime/blocking/job.h"
#include "runtime/worker/core.h"
#include "sync/channel/shared_value.h"

#include <edo/edo.h>
#include <edo/task_monitor.h>

#include <signal.h>
#include <string.h>

#include "last_words.h"

#ifdef EDO_DEBUG

enum lock_kind { NO_LOCK, LOCK_LEFT, SHORT_LOCK, MUTEX, LOCKS };

static edoi_lock lock;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static edo_runtime *rt;
static edo_task *task;

/* A lock that is still held when the child ends. */
static void hold(enum lock_kind kind) {
    if (kind == SHORT_LOCK || kind == LOCK_LEFT) edoi_lock_acquire(&lock);
    if (kind == LOCK_LEFT) edoi_lock_release(&lock);
    if (kind == MUTEX) edoi_mutex_acquire(&mutex);
}

static int deliver(void *kind) {
    edo_waker *marked = edo_waker_noop(); // as if it were claimed
    hold(*(enum lock_kind *)kind);
    edo_waker_deliver(marked);
    return 0;
}

static int nothing(void *arg) {
    (void)arg;
    return 0;
}

/* A runtime without threads, and a task that has not run. */
static int begin(void) {
    const edo_runtime_opts one_thread = { .flavor = EDO_RUNTIME_CURRENT };
    if (edo_runtime_new(&rt, &one_thread) < 0) return 1;
    task = edo_spawn_on(rt, nothing, NULL);
    return task ? 0 : 1;
}

static int end(void) {
    edo_task_unref(task);
    edo_runtime_free(rt);
    return 0;
}

/* Gives back a reference that is not the last one, so that only the check happens. */
static int give_task_back(void *kind) {
    if (begin() != 0) return 1;
    (void)edo_task_ref(task);
    hold(*(enum lock_kind *)kind);
    edo_task_unref(task);
    return end();
}

static int give_runtime_back(void *kind) {
    if (begin() != 0) return 1;
    (void)edo_runtime_ref(rt);
    hold(*(enum lock_kind *)kind);
    edo_runtime_unref(rt);
    return end();
}

/* ---- Separate counts ------------------------------------------------------------------------- */

#    define GIVES_BACK(name, type, make, give_back)                                                \
        static int name(void *kind) {                                                              \
            type it = NULL;                                                                        \
            if ((make) < 0 || !it) return 1;                                                       \
            hold(*(enum lock_kind *)kind);                                                         \
            give_back;                                                                             \
            return 0;                                                                              \
        }

static void free_nothing(edo_stream *s) {
    (void)s;
}

static const edo_stream_ops stream_ops = { .name = "stand-in", .free = free_nothing };
static edo_stream stream = { .ops = &stream_ops, .refs = { 1 } };
static const edoi_elem elem = { .bytes = 8 };
static uint64_t value;
static struct {
    edo_oneshot_tx *tx;
    edo_oneshot_rx *rx;
} oneshot;
static struct {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
} mpsc;
static struct {
    edo_chan_tx *tx;
    edo_chan_rx *rx;
} chan;
static struct {
    edo_watch_tx *tx;
    edo_watch_rx *rx;
} watch;
static struct {
    edo_broadcast_tx *tx;
    edo_broadcast_rx *rx;
} broadcast;

static int make_oneshot(void) {
    return edo_oneshot_new(&oneshot.tx, &oneshot.rx, sizeof value, NULL);
}

static int make_mpsc(void) {
    return edo_mpsc_new(&mpsc.tx, &mpsc.rx, sizeof value, 1, NULL);
}

static int make_chan(void) {
    return edo_chan_new(&chan.tx, &chan.rx, sizeof value, 1, NULL);
}

static int make_watch(void) {
    return edo_watch_new(&watch.tx, &watch.rx, sizeof value, &value, NULL);
}

static int make_broadcast(void) {
    return edo_broadcast_new(&broadcast.tx, &broadcast.rx, sizeof value, 1, NULL);
}

static edoi_blocking *pool_of_another(void) {
    if (begin() != 0) return NULL;
    edoi_blocking_ref(rt->blocking);
    return rt->blocking;
}

GIVES_BACK(give_stream, edo_stream *, (it = &stream, 0), edo_stream_unref(it))
GIVES_BACK(give_held_stream, edo_stream *, (it = &stream, 0), edoi_stream_let_go(it))
GIVES_BACK(give_listener, edo_listener *, edo_tcp_listen(&it, "127.0.0.1:0", NULL),
           edo_listener_unref(it))
GIVES_BACK(close_listener, edo_listener *, edo_tcp_listen(&it, "127.0.0.1:0", NULL),
           edo_listener_close(it))
GIVES_BACK(give_signal, edo_signal *, edo_signal_listen(&it, SIGUSR2), edo_signal_close(it))
GIVES_BACK(give_token, edo_cancel_token *, edo_cancel_new(&it), edo_cancel_unref(it))
GIVES_BACK(give_counted, void *, (it = edo_rc_new(8, NULL), 0), edo_rc_unref(it))
GIVES_BACK(give_monitor, edo_task_monitor *, edo_task_monitor_new(&it, NULL),
           edo_task_monitor_unref(it))
GIVES_BACK(give_box, edoi_shared_value *, (it = edoi_shared_value_alloc(&elem), 0),
           edoi_shared_value_unref(it, &elem))
GIVES_BACK(give_job, edoi_job *, (it = edoi_job_new(nothing, NULL, NULL, NULL), 0),
           edoi_job_unref(it))
GIVES_BACK(give_names, edoi_names *, edoi_names_new(&it, "example.org:80"), edoi_names_unref(it))
GIVES_BACK(give_pool, edoi_blocking *, (it = pool_of_another(), 0), edoi_blocking_unref(it))
GIVES_BACK(send_oneshot, edo_oneshot_tx *, (make_oneshot(), it = oneshot.tx, 0),
           (void)edo_oneshot_send(it, &value))
GIVES_BACK(give_oneshot_tx, edo_oneshot_tx *, (make_oneshot(), it = oneshot.tx, 0),
           edo_oneshot_tx_free(it))
GIVES_BACK(give_oneshot_rx, edo_oneshot_rx *, (make_oneshot(), it = oneshot.rx, 0),
           edo_oneshot_rx_free(it))
GIVES_BACK(give_mpsc_tx, edo_mpsc_tx *, (make_mpsc(), it = mpsc.tx, 0), edo_mpsc_tx_unref(it))
GIVES_BACK(give_mpsc_rx, edo_mpsc_rx *, (make_mpsc(), it = mpsc.rx, 0), edo_mpsc_rx_free(it))
GIVES_BACK(give_mpsc_weak, edo_mpsc_weak *, (make_mpsc(), it = edo_mpsc_tx_downgrade(mpsc.tx), 0),
           edo_mpsc_weak_unref(it))
GIVES_BACK(give_chan_tx, edo_chan_tx *, (make_chan(), it = chan.tx, 0), edo_chan_tx_unref(it))
GIVES_BACK(give_chan_rx, edo_chan_rx *, (make_chan(), it = edo_chan_rx_ref(chan.rx), 0),
           edo_chan_rx_unref(it))
GIVES_BACK(give_watch_tx, edo_watch_tx *, (make_watch(), it = watch.tx, 0), edo_watch_tx_unref(it))
GIVES_BACK(give_watch_rx, edo_watch_rx *, (make_watch(), it = watch.rx, 0), edo_watch_rx_free(it))
GIVES_BACK(give_broadcast_tx, edo_broadcast_tx *, (make_broadcast(), it = broadcast.tx, 0),
           edo_broadcast_tx_unref(it))
GIVES_BACK(give_broadcast_rx, edo_broadcast_rx *, (make_broadcast(), it = broadcast.rx, 0),
           edo_broadcast_rx_free(it))
GIVES_BACK(give_broadcast_weak, edo_broadcast_weak *,
           (make_broadcast(), it = edo_broadcast_tx_downgrade(broadcast.tx), 0),
           edo_broadcast_weak_unref(it))

static const struct {
    int (*fn)(void *kind);
    const char *what;
} cases[] = {
    { deliver, "a wake is delivered" },
    { give_task_back, "a task's reference is given back" },
    { give_runtime_back, "a runtime's reference is given back" },
    { give_stream, "a stream's reference is given back" },
    { give_held_stream, "a stream's reference is given back" },
    { give_listener, "a listener's reference is given back" },
    { close_listener, "a listener's reference is given back" },
    { give_signal, "a signal's reference is given back" },
    { give_token, "a token's reference is given back" },
    { give_counted, "a counted object's reference is given back" },
    { give_monitor, "a counted object's reference is given back" },
    { give_box, "a value's reference is given back" },
    { give_job, "a job's reference is given back" },
    { give_names, "a list of names is given back" },
    { give_pool, "a blocking pool's reference is given back" },
    { send_oneshot, "an end of a channel is given back" },
    { give_oneshot_tx, "an end of a channel is given back" },
    { give_oneshot_rx, "an end of a channel is given back" },
    { give_mpsc_tx, "an end of a channel is given back" },
    { give_mpsc_rx, "an end of a channel is given back" },
    { give_mpsc_weak, "an end of a channel is given back" },
    { give_chan_tx, "an end of a channel is given back" },
    { give_chan_rx, "an end of a channel is given back" },
    { give_watch_tx, "an end of a channel is given back" },
    { give_watch_rx, "an end of a channel is given back" },
    { give_broadcast_tx, "an end of a channel is given back" },
    { give_broadcast_rx, "an end of a channel is given back" },
    { give_broadcast_weak, "an end of a channel is given back" },
};

static void check(int (*fn)(void *kind), const char *what) {
    char said[8192];
    for (enum lock_kind kind = NO_LOCK; kind < LOCKS; kind++) {
        int status = last_words(fn, &kind, said, sizeof said);
        if (kind == SHORT_LOCK || kind == MUTEX) {
            if (!is_abort(status) || !strstr(said, what))
                fail_msg("%s: lock %d: status %x, said: %s", what, kind, (unsigned)status, said);
            assert_non_null(strstr(said, " while this thread holds a lock of edo"));
        } else if (status != 0) {
            fail_msg("%s: lock %d: status %x, said: %s", what, kind, (unsigned)status, said);
        }
    }
}

static void wake_or_release_under_a_lock_is_reported(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(cases); i++) check(cases[i].fn, cases[i].what);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wake_or_release_under_a_lock_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void) {
    return 0; // nothing is counted
}

#endif
