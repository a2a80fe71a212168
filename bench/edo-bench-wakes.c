/* SPDX-License-Identifier: MIT */
/* edo-bench-wakes [-d SECONDS] [-k KIND] [-n WAITERS]: what a large wake costs others. Each kind
 * runs for a while in a process of its own.
 *
 * Question: how long does a small operation of another thread take while 500,000 tasks are woken
 * that wait for the same thing? The small operation is the drop of a future that waits there, too:
 * each takes the short lock of what it waits for. The wake comes from a task of the
 * runtime, which then only queues them, and from a plain thread in turn. They run afterwards, on
 * that thread: so two cores are enough.
 *
 * Time in which either thread waited for a core does not count, where the kernel tells it.
 *
 * Exit status 1: a small operation took longer than LONGEST_US, or there were fewer than FEW beside
 * all wakes of a kind. */
#include <edo/edo.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

#define LEAVERS    20000 /* futures that the other thread drops */
#define FEW        100
#define LONGEST_US 2000

static unsigned seconds = 1;
static size_t waiters_n = 500000;

static void need(bool ok, const char *what) {
    if (ok) return;
    (void)fprintf(stderr, "edo-bench-wakes: %s\n", what);
    exit(1);
}

/* ---- What is waited for ---------------------------------------------------------------------- */

typedef union any {
    edo_future base;
    edo_notify_wait_future notify;
    edo_broadcast_recv_future broadcast;
    edo_watch_changed_future watch;
    edo_cancel_wait_future cancel;
    edo_setonce_wait_future once;
    edo_sem_acquire_future sem;
    edo_rwlock_read_future rwlock;
    edo_mpsc_send_future send;
    edo_chan_recv_future recv;
} any;

static uint64_t zero, received, missed;

static edo_notify notify;

static void notify_begin(void) {
    notify = (edo_notify)EDO_NOTIFY_INIT;
}
static edo_future *notify_wait(any *f, size_t i) {
    (void)i;
    return edo_notify_wait_init(&f->notify, &notify);
}
static void notify_wake(void) {
    edo_notify_all(&notify);
}
static void nothing(void) {}

static edo_broadcast_tx *broadcast_tx;
static edo_broadcast_rx **broadcast_rx;

static void broadcast_begin(void) {
    broadcast_rx = calloc(waiters_n + LEAVERS, sizeof(edo_broadcast_rx *));
    need(broadcast_rx && edo_broadcast_new(&broadcast_tx, NULL, 8, 4, NULL) == 0, "no broadcast");
}
static edo_future *broadcast_wait(any *f, size_t i) {
    need(edo_broadcast_subscribe(&broadcast_rx[i], broadcast_tx) == 0, "no receiver");
    return edo_broadcast_recv_init(&f->broadcast, broadcast_rx[i], &received, &missed);
}
static void broadcast_wake(void) {
    need(edo_broadcast_send(broadcast_tx, &zero) >= 0, "not sent");
}
static void broadcast_end(void) {
    for (size_t i = 0; i < waiters_n + LEAVERS; i++) edo_broadcast_rx_free(broadcast_rx[i]);
    edo_broadcast_tx_unref(broadcast_tx);
    free(broadcast_rx);
}

static edo_watch_tx *watch_tx;
static edo_watch_rx **watch_rx;

static void watch_begin(void) {
    watch_rx = calloc(waiters_n + LEAVERS, sizeof(edo_watch_rx *));
    need(watch_rx && edo_watch_new(&watch_tx, NULL, 8, &zero, NULL) == 0, "no watch");
}
static edo_future *watch_wait(any *f, size_t i) {
    need(edo_watch_subscribe(&watch_rx[i], watch_tx) == 0, "no receiver");
    return edo_watch_changed_init(&f->watch, watch_rx[i]);
}
static void watch_wake(void) {
    need(edo_watch_send(watch_tx, &zero) >= 0, "not sent");
}
static void watch_end(void) {
    for (size_t i = 0; i < waiters_n + LEAVERS; i++) edo_watch_rx_free(watch_rx[i]);
    edo_watch_tx_unref(watch_tx);
    free(watch_rx);
}

static edo_cancel_token *token;

static void cancel_begin(void) {
    need(edo_cancel_new(&token) == 0, "no token");
}
static edo_future *cancel_wait(any *f, size_t i) {
    (void)i;
    return edo_cancel_wait_init(&f->cancel, token);
}
static void cancel_wake(void) {
    edo_cancel(token, 0);
}
static void cancel_end(void) {
    edo_cancel_unref(token);
}

static edo_setonce once;
static void *once_seen;

static void once_begin(void) {
    once = (edo_setonce)EDO_SETONCE_INIT;
}
static edo_future *once_wait(any *f, size_t i) {
    (void)i;
    return edo_setonce_wait_init(&f->once, &once, &once_seen);
}
static void once_wake(void) {
    need(edo_setonce_set(&once, &once) == 0, "not set");
}

static edo_sem sem;

static void sem_begin(void) {
    edo_sem_init(&sem, 0);
}
static edo_future *sem_wait_for(any *f, size_t i) {
    (void)i;
    return edo_sem_acquire_init(&f->sem, &sem, 1);
}
static void sem_wake(void) {
    edo_sem_release(&sem, waiters_n + LEAVERS);
}
static void sem_close(void) {
    edo_sem_close(&sem);
}

static edo_rwlock rwlock;

static void rwlock_begin(void) {
    rwlock = (edo_rwlock)EDO_RWLOCK_INIT;
    need(edo_rwlock_try_write(&rwlock) == 0, "not locked");
}
static edo_future *rwlock_wait(any *f, size_t i) {
    (void)i;
    return edo_rwlock_read_init(&f->rwlock, &rwlock);
}
static void rwlock_wake(void) {
    edo_rwlock_unlock(&rwlock);
}
static void rwlock_end(void) {
    for (size_t i = 0; i < waiters_n; i++) edo_rwlock_unlock(&rwlock);
}

static edo_mpsc_tx *mpsc_tx;
static edo_mpsc_rx *mpsc_rx;

static void mpsc_begin(void) {
    need(edo_mpsc_new(&mpsc_tx, &mpsc_rx, 8, 1, NULL) == 0, "no channel");
    need(edo_mpsc_try_send(mpsc_tx, &zero) == 0, "not sent");
}
static edo_future *mpsc_wait(any *f, size_t i) {
    (void)i;
    return edo_mpsc_send_init(&f->send, mpsc_tx, &zero);
}
static void mpsc_wake(void) {
    edo_mpsc_close(mpsc_rx);
}
static void mpsc_end(void) {
    edo_mpsc_tx_unref(mpsc_tx);
    edo_mpsc_rx_free(mpsc_rx);
}

static edo_chan_tx *chan_tx;
static edo_chan_rx *chan_rx;

static void chan_begin(void) {
    need(edo_chan_new(&chan_tx, &chan_rx, 8, 1, NULL) == 0, "no channel");
}
static edo_future *chan_wait(any *f, size_t i) {
    (void)i;
    return edo_chan_recv_init(&f->recv, chan_rx, &received);
}
static void chan_wake(void) {
    edo_chan_close(chan_rx);
}
static void chan_end(void) {
    edo_chan_tx_unref(chan_tx);
    edo_chan_rx_unref(chan_rx);
}

typedef struct kind {
    const char *name;
    void (*begin)(void);
    edo_future *(*wait)(any *f, size_t i);
    void (*wake)(void);
    void (*end)(void);
} kind;

static const kind kinds[] = {
    { "notify", notify_begin, notify_wait, notify_wake, nothing },
    { "broadcast", broadcast_begin, broadcast_wait, broadcast_wake, broadcast_end },
    { "watch", watch_begin, watch_wait, watch_wake, watch_end },
    { "cancel", cancel_begin, cancel_wait, cancel_wake, cancel_end },
    { "once", once_begin, once_wait, once_wake, nothing },
    { "sem", sem_begin, sem_wait_for, sem_wake, nothing },
    { "sem closed", sem_begin, sem_wait_for, sem_close, nothing },
    { "rwlock", rwlock_begin, rwlock_wait, rwlock_wake, rwlock_end },
    { "mpsc closed", mpsc_begin, mpsc_wait, mpsc_wake, mpsc_end },
    { "chan closed", chan_begin, chan_wait, chan_wake, chan_end },
};

/* ---- The other thread ------------------------------------------------------------------------ */

/* How long the thread of such a file has waited for a core; 0 where the kernel does not tell. */
static int64_t kept_off_us(int schedstat) {
    char text[64] = "";
    long long ran_ns, waited_ns;
    if (schedstat < 0 || pread(schedstat, text, sizeof text - 1, 0) <= 0) return 0;
    return sscanf(text, "%lld %lld", &ran_ns, &waited_ns) == 2 ? waited_ns / 1000 : 0;
}

static int open_schedstat(void) {
    return open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
}

enum { GETS_READY, READY, WAKES, OVER };

typedef struct other {
    any *leavers;
    size_t left_n; /* those that were dropped during the wake */
    int64_t longest_us;
    int waker_stat;
    int stage; /* atomic */
} other;

static int stage_of(other *o) {
    return __atomic_load_n(&o->stage, __ATOMIC_ACQUIRE);
}

static void set_stage(other *o, int stage) {
    __atomic_store_n(&o->stage, stage, __ATOMIC_RELEASE);
}

static int64_t now_us(void) {
    return edo_now().ns / 1000;
}

static void *leave(void *arg) {
    other *o = arg;
    int own_stat = open_schedstat();
    set_stage(o, READY);
    while (stage_of(o) < WAKES) {
    }
    size_t n = 0;
    while (n < LEAVERS && stage_of(o) == WAKES) {
        int64_t off_us = kept_off_us(own_stat) + kept_off_us(o->waker_stat), began_us = now_us();
        edo_drop(&o->leavers[n++].base);
        int64_t took_us = now_us() - began_us;
        took_us -= kept_off_us(own_stat) + kept_off_us(o->waker_stat) - off_us;
        if (took_us > o->longest_us) o->longest_us = took_us;
    }
    o->left_n = n;
    if (own_stat >= 0) (void)close(own_stat);
    return NULL;
}

/* ---- A wake ---------------------------------------------------------------------------------- */

typedef struct outcome {
    unsigned rounds;
    size_t left_n;
    int64_t longest_us, wake_us; /* the longest operation, the shortest wake */
} outcome;

static size_t waiting_n;

static edo_polled wait_for(void *arg, edo_cx *cx, int *result) {
    any *f = arg;
    edo_polled polled = edo_poll(&f->base, cx);
    *result = 0;
    if (polled == EDO_PENDING) waiting_n++;
    return polled;
}

typedef struct round {
    const kind *kind;
    edo_task **tasks;
    any *waits;
    other other;
    int64_t took_us; /* the wake */
} round;

static int park_all(void *arg) {
    round *r = arg;
    edo_poll_fn_future f;
    waiting_n = 0;
    for (size_t i = 0; i < waiters_n; i++) {
        (void)r->kind->wait(&r->waits[i], i);
        r->tasks[i] = edo_spawn_future(edo_poll_fn_init(&f, wait_for, &r->waits[i]));
        need(r->tasks[i], "no task");
    }
    while (waiting_n < waiters_n) need(edo_yield() == 0, "no turn");
    return 0;
}

static int wake_all(void *arg) {
    round *r = arg;
    int64_t began_us = now_us();
    set_stage(&r->other, WAKES);
    r->kind->wake();
    r->took_us = now_us() - began_us;
    set_stage(&r->other, OVER);
    return 0;
}

static int join_all(void *arg) {
    round *r = arg;
    for (size_t i = 0; i < waiters_n; i++) {
        need(edo_task_join(r->tasks[i]) == 0, "not woken");
        edo_drop(&r->waits[i].base);
    }
    return 0;
}

static void wake_once(round *r, edo_runtime *rt, outcome *out) {
    pthread_t thread;
    other *o = &r->other;
    r->kind->begin();
    need(edo_run(rt, park_all, r) == 0, "not parked");
    edo_cx cx = { .waker = edo_waker_noop(), .budget = UINT32_MAX };
    for (size_t i = 0; i < LEAVERS; i++) {
        edo_future *f = r->kind->wait(&o->leavers[i], waiters_n + i);
        need(edo_poll(f, &cx) == EDO_PENDING, "no wait");
    }
    o->longest_us = 0;
    set_stage(o, GETS_READY);
    need(pthread_create(&thread, NULL, leave, o) == 0, "no thread");
    while (stage_of(o) != READY) {
    }
    if (out->rounds % 2 == 0) {
        need(edo_run(rt, wake_all, r) == 0, "not woken");
    } else {
        (void)wake_all(r);
    }
    (void)pthread_join(thread, NULL);
    for (size_t i = o->left_n; i < LEAVERS; i++) edo_drop(&o->leavers[i].base);
    need(edo_run(rt, join_all, r) == 0, "not joined");
    r->kind->end();
    out->left_n += o->left_n;
    if (out->rounds++ == 0 || r->took_us < out->wake_us) out->wake_us = r->took_us;
    if (o->longest_us > out->longest_us) out->longest_us = o->longest_us;
}

static int wake_often(const kind *k) {
    edo_runtime *rt;
    outcome out = { 0 };
    round r = { .kind = k,
                .tasks = calloc(waiters_n, sizeof(edo_task *)),
                .waits = calloc(waiters_n, sizeof(any)),
                .other = { .leavers = calloc(LEAVERS, sizeof(any)),
                           .waker_stat = open_schedstat() } };
    need(r.tasks && r.waits && r.other.leavers, "no memory");
    const edo_runtime_opts opts = { .flavor = EDO_RUNTIME_CURRENT };
    need(edo_runtime_new(&rt, &opts) == 0, "no runtime");
    int64_t end_us = now_us() + (int64_t)seconds * 1000000;
    do wake_once(&r, rt, &out);
    while (now_us() < end_us);
    printf("%-12s %3u wakes of %zu, the shortest %6lld us; beside them %6zu small operations, the "
           "longest %6lld us\n",
           k->name, out.rounds, waiters_n, (long long)out.wake_us, out.left_n,
           (long long)out.longest_us);
    edo_runtime_unref(rt);
    if (r.other.waker_stat >= 0) (void)close(r.other.waker_stat);
    free(r.other.leavers);
    free(r.waits);
    free(r.tasks);
    return out.longest_us > LONGEST_US || out.left_n < FEW;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int run_apart(const kind *k) {
    (void)fflush(stdout);
    pid_t child = fork();
    if (child == 0) exit(wake_often(k));
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) < 0) perror("edo-bench-wakes");
    if (status == 0) return 0;
    printf("%s: %s\n", k->name,
           WIFSIGNALED(status) ? strsignal(WTERMSIG(status))
                               : "failed: an operation may take 2,000 us");
    return 1;
}

static void usage(void) {
    (void)fputs("usage: edo-bench-wakes [-d SECONDS] [-k KIND] [-n WAITERS]\n", stderr);
    exit(EXIT_USAGE);
}

int main(int argc, char **argv) {
    const char *only = NULL;
    (void)argc;
    for (char **at = argv + 1; *at; at++) {
        if (!strcmp(*at, "-d") && at[1]) {
            seconds = (unsigned)strtoul(*++at, NULL, 10);
        } else if (!strcmp(*at, "-k") && at[1]) {
            only = *++at;
        } else if (!strcmp(*at, "-n") && at[1]) {
            waiters_n = strtoul(*++at, NULL, 10);
        } else {
            usage();
        }
    }
    if (waiters_n == 0) usage();
    int bad = 0;
    for (size_t i = 0; i < EDO_COUNT(kinds); i++)
        if (!only || !strcmp(only, kinds[i].name)) bad |= run_apart(&kinds[i]);
    return bad;
}
