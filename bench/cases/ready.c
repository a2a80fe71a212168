/* SPDX-License-Identifier: MIT */
/* Question: how long do others wait beside tasks that are always ready, with their budget and
 *           without?
 * Guards: that a task which finds all its messages there still lets the others run. Eight tasks
 * have 4,000 messages each in a full channel, with some work for each message, and fill that
 * again when it is empty; only then do they yield of their own accord. A byte comes to a socket at
 * random times, a millisecond apart, and is waited for by a task of the same runtime. An operation
 * is such a byte; n of them come with the budget, then n without: each await then begins with a
 * fresh one. The extras are the delays, in us of the process's CPU time, so that what else the
 * machine does is not in them, and by how much the p99 is less with the budget. */
#include "cases/bench.h"

#include <edo/mpsc.h>
#include <edo/net.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define CROWD    8u
#define MESSAGES 4000u
#define TURNS    800 /* of dependent arithmetic, for a message */
#define FRESH    128u

static struct {
    bool is_limited; /* by the budget; written while no consumer runs */
    atomic_bool is_over;
    edo_stream *stream;
    int peer;
    uint64_t n;
    atomic_uint_fast64_t got_n;
    atomic_int_fast64_t written_ns; /* CPU time of the process, as is all that is late */
    int64_t *late_ns;               /* of each byte */
    edo_task *crowd[CROWD];
} all;

static void work_on(uint64_t message) {
    volatile uint64_t seed = message;
    uint64_t x = seed | 1;
    for (int i = 0; i < TURNS; i++) x = (x ^ x >> 13) * UINT64_C(0x9e3779b97f4a7c15);
    seed = x;
    (void)seed;
}

/* ---- A receive that the budget does not limit ------------------------------------------------ */

typedef struct unlimited {
    edo_future base;
    edo_mpsc_recv_future recv;
} unlimited;

static edo_polled unlimited_poll(edo_future *f, edo_cx *cx) {
    unlimited *self = (unlimited *)(void *)f;
    if (!all.is_limited) cx->budget = FRESH;
    if (edo_poll(&self->recv.base, cx) == EDO_PENDING) return EDO_PENDING;
    return edo_future_finish(f, edo_result(&self->recv));
}

static void unlimited_drop(edo_future *f) {
    edo_drop(&((unlimited *)(void *)f)->recv.base);
}

static const edo_future_ops unlimited_ops = {
    .poll = unlimited_poll, .drop = unlimited_drop, .name = "unlimited", .size = sizeof(unlimited)
};

static edo_future *unlimited_init(unlimited *f, edo_mpsc_rx *rx, uint64_t *message) {
    (void)edo_mpsc_recv_init(&f->recv, rx, message);
    return edo_future_init(&f->base, &unlimited_ops);
}

/* ---- Tasks that are always ready ------------------------------------------------------------- */

static void fill(edo_mpsc_tx *tx) {
    for (uint64_t i = 0; i < MESSAGES; i++) bench_must(edo_mpsc_try_send(tx, &i));
}

EDO_ASYNC(always_ready, edo_mpsc_tx *tx; edo_mpsc_rx * rx; uint64_t left, message;
          EDO_ONE_OF(unlimited recv; edo_yield_future yield;);) {
    EDO_BEGIN;
    bench_must(edo_mpsc_new(&self->tx, &self->rx, sizeof(uint64_t), MESSAGES, NULL));
    while (!atomic_load(&all.is_over)) {
        fill(self->tx);
        for (self->left = MESSAGES; self->left > 0; self->left--) {
            EDO_AWAIT(unlimited_init(&self->recv, self->rx, &self->message));
            work_on(self->message);
        }
        EDO_AWAIT(edo_yield_init(&self->yield));
    }
    EDO_CLEANUP;
    edo_mpsc_tx_unref(self->tx);
    edo_mpsc_rx_free(self->rx);
    EDO_END;
}

static int always_ready_fiber(void *arg) {
    edo_mpsc_tx *tx;
    edo_mpsc_rx *rx;
    (void)arg;
    bench_must(edo_mpsc_new(&tx, &rx, sizeof(uint64_t), MESSAGES, NULL));
    while (!atomic_load(&all.is_over)) {
        fill(tx);
        for (uint64_t left = MESSAGES, message; left > 0; left--) {
            unlimited recv;
            bench_must(edo_await(unlimited_init(&recv, rx, &message)));
            work_on(message);
        }
        bench_must(edo_yield());
    }
    edo_mpsc_tx_unref(tx);
    edo_mpsc_rx_free(rx);
    return 0;
}

/* ---- The other one --------------------------------------------------------------------------- */

EDO_ASYNC(byte_reader, char byte; edo_read_future read;) {
    EDO_BEGIN;
    while (atomic_load(&all.got_n) < all.n) {
        EDO_AWAIT(edo_read_init(&self->read, all.stream, &self->byte, 1));
        if (edo_result(&self->read) <= 0) break;
        all.late_ns[atomic_load(&all.got_n)] = bench_cpu_ns() - atomic_load(&all.written_ns);
        atomic_fetch_add(&all.got_n, 1); // the thread outside goes on
    }
    EDO_END;
}

/* Writes a byte, waits until it was read, and for a random time after that. */
static void *write_bytes(void *arg) {
    uint64_t random = BENCH_SEED;
    (void)arg;
    for (uint64_t i = 0; i < all.n; i++) {
        (void)usleep((useconds_t)bench_random(&random, 500, 1500));
        atomic_store(&all.written_ns, bench_cpu_ns());
        bench_must((int)write(all.peer, "x", 1));
        while (atomic_load(&all.got_n) == i) (void)usleep(50);
    }
    return NULL;
}

static int connect_it(void *arg) {
    edo_listener *l;
    edo_addr addr;
    (void)arg;
    bench_must(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    bench_must(edo_listener_addr(l, &addr));
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(edo_addr_port(&addr)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    all.peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(connect(all.peer, (struct sockaddr *)(void *)&to, sizeof to));
    bench_must(edo_accept(l, &all.stream));
    edo_listener_close(l);
    return 0;
}

/* ---- Both phases ----------------------------------------------------------------------------- */

static pthread_t outside;

static edo_task *phase_begin(bool is_limited) {
    all.is_limited = is_limited;
    atomic_store(&all.is_over, false);
    atomic_store(&all.got_n, 0);
    byte_reader one;
    edo_task *t = bench_spawned(edo_spawn_future(byte_reader_init(&one)));
    bench_must(-pthread_create(&outside, NULL, write_bytes, NULL));
    return t;
}

static int by_length(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Returns the p99 in us. */
static double phase_end(bench *b, const char *p50, const char *p99) {
    (void)pthread_join(outside, NULL);
    qsort(all.late_ns, all.n, sizeof *all.late_ns, by_length);
    size_t middle = all.n / 2, near_end = all.n * 99 / 100;
    double most = (double)all.late_ns[near_end] / 1000.0;
    bench_add_extra(b, p50, (double)all.late_ns[middle] / 1000.0);
    bench_add_extra(b, p99, most);
    return most;
}

static void ready_begin(bench *b) {
    all.n = b->n;
    all.late_ns = bench_array(all.n, sizeof *all.late_ns);
    bench_start(b);
}

static void ready_end(bench *b, double limited, double without) {
    bench_stop(b, 2 * b->n);
    bench_add_extra(b, "ratio", without / limited);
    free(all.late_ns);
    edo_close(all.stream);
    (void)close(all.peer);
}

EDO_ASYNC(ready_all, bench *b; int phase; double p99[2]; size_t i; edo_task * task;
          edo_task_join_future join;) {
    EDO_BEGIN;
    self->task = bench_spawned(edo_spawn(connect_it, NULL));
    EDO_AWAIT(edo_task_join_init(&self->join, self->task));
    ready_begin(self->b);
    for (self->phase = 0; self->phase < 2; self->phase++) {
        self->task = phase_begin(self->phase == 0);
        for (size_t i = 0; i < CROWD; i++) {
            always_ready one;
            all.crowd[i] = bench_spawned(edo_spawn_future(always_ready_init(&one)));
        }
        EDO_AWAIT(edo_task_join_init(&self->join, self->task));
        atomic_store(&all.is_over, true);
        for (self->i = 0; self->i < CROWD; self->i++)
            EDO_AWAIT(edo_task_join_init(&self->join, all.crowd[self->i]));
        self->p99[self->phase] =
            phase_end(self->b, self->phase == 0 ? "with_p50_us" : "without_p50_us",
                      self->phase == 0 ? "with_p99_us" : "without_p99_us");
    }
    ready_end(self->b, self->p99[0], self->p99[1]);
    EDO_END;
}
BENCH_STATE(ready_others, ready_all, .phase = 0)

int ready_others_fiber(void *arg) {
    bench *b = arg;
    double p99[2];
    bench_must(connect_it(NULL));
    ready_begin(b);
    for (int phase = 0; phase < 2; phase++) {
        edo_task *reads = phase_begin(phase == 0);
        for (size_t i = 0; i < CROWD; i++)
            all.crowd[i] = bench_spawned(edo_spawn(always_ready_fiber, NULL));
        bench_must(edo_task_join(reads));
        atomic_store(&all.is_over, true);
        for (size_t i = 0; i < CROWD; i++) bench_must(edo_task_join(all.crowd[i]));
        p99[phase] = phase_end(b, phase == 0 ? "with_p50_us" : "without_p50_us",
                               phase == 0 ? "with_p99_us" : "without_p99_us");
    }
    ready_end(b, p99[0], p99[1]);
    return 0;
}
