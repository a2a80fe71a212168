/* SPDX-License-Identifier: MIT */
/* Question: who waits, and how long, while one task burns 50 ms of CPU in one poll? Run it with -t
 *           2.
 * Guards: that the sibling that idles takes over timers, sockets and queued tasks. An operation is
 * one such poll; the extras are the longest delay of each kind, in us: of a timer and a socket that
 * were waited for on that worker, of one spawned from outside, and of a fiber that lives there,
 * which waits to the end; and of 64 tasks that were queued there, how many did so at most: a batch,
 * 32. */
#include "cases/bench.h"

#include <edo/net.h>
#include <edo/runtime.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define BURN_NS   INT64_C(50000000)
#define LEAD_NS   INT64_C(3000000) /* until all wait, and the sibling sleeps */
#define STEP_NS   INT64_C(4000000) /* between two of a kind */
#define OF_A_KIND 10u
#define QUEUED    64u

enum { TIMER, SOCKET, OUTSIDE, PINNED, KINDS };

static const char *const names[KINDS] = { "timer_us", "socket_us", "outside_us", "pinned_us" };

static struct {
    edo_runtime *rt;
    edo_stream *streams[OF_A_KIND];
    int peers[OF_A_KIND];
    atomic_int_fast64_t written_ns[OF_A_KIND];
    atomic_int_fast64_t worst_ns[KINDS];
    atomic_uint queued_n, kept_most;
    atomic_int_fast64_t burn_from_ns; /* 0: the others rest; negative: they end */
} shared;

static void late(int kind, int64_t since_ns) {
    int_fast64_t ns = bench_wall_ns() - since_ns, worst = atomic_load(&shared.worst_ns[kind]);
    while (ns > worst && !atomic_compare_exchange_weak(&shared.worst_ns[kind], &worst, ns)) {
    }
}

/* ---- Those who wait -------------------------------------------------------------------------- */

EDO_ASYNC(at_time, int64_t at_ns; edo_sleep_future sleep;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_sleep_at_init(&self->sleep, (edo_instant){ self->at_ns }));
    late(TIMER, self->at_ns);
    EDO_END;
}

EDO_ASYNC(at_input, uint64_t i; char byte; edo_read_future read;) {
    EDO_BEGIN;
    EDO_AWAIT(edo_read_init(&self->read, shared.streams[self->i], &self->byte, 1));
    late(SOCKET, atomic_load(&shared.written_ns[self->i]));
    EDO_END;
}

EDO_ASYNC(from_outside, int64_t since_ns;) {
    EDO_BEGIN;
    late(OUTSIDE, self->since_ns);
    EDO_END;
}

EDO_ASYNC(queued, uint64_t unused;) {
    EDO_BEGIN;
    atomic_fetch_sub(&shared.queued_n, 1);
    EDO_END;
}

static int pinned(void *arg) {
    int64_t at_ns = *(const int64_t *)arg;
    if (edo_sleep_at((edo_instant){ at_ns }) == 0) late(PINNED, at_ns);
    return 0;
}

/* In the task that burns; the sockets' bytes and the spawns come from the other thread. */
static void spawn_others(int64_t from_ns) {
    static int64_t pinned_at_ns;
    for (uint64_t i = 0; i < OF_A_KIND; i++) {
        at_time timer;
        timer.at_ns = from_ns + (int64_t)(i + 1) * STEP_NS;
        bench_must(edo_spawn_future_detached(at_time_init(&timer)));
        at_input input;
        input.i = i;
        bench_must(edo_spawn_future_detached(at_input_init(&input)));
    }
    pinned_at_ns = from_ns + STEP_NS;
    bench_must(edo_spawn_detached(pinned, &pinned_at_ns));
}

static void burn(void) {
    int64_t from_ns = bench_wall_ns();
    atomic_store(&shared.queued_n, QUEUED);
    for (uint32_t i = 0; i < QUEUED; i++) {
        queued one;
        bench_must(edo_spawn_future_detached(queued_init(&one)));
    }
    atomic_store(&shared.burn_from_ns, from_ns);
    while (bench_wall_ns() - from_ns < BURN_NS) {
    }
    unsigned kept = atomic_load(&shared.queued_n);
    if (kept > atomic_load(&shared.kept_most)) atomic_store(&shared.kept_most, kept);
}

/* ---- The world outside ----------------------------------------------------------------------- */

static void nap_until(int64_t at_ns) {
    while (bench_wall_ns() < at_ns) (void)usleep(200);
}

static void *outside(void *arg) {
    (void)arg;
    bench_must(edo_runtime_enter(shared.rt));
    for (int64_t from_ns; (from_ns = atomic_exchange(&shared.burn_from_ns, 0)) >= 0;) {
        (void)usleep(200);
        for (uint32_t i = 0; i < OF_A_KIND && from_ns > 0; i++) {
            nap_until(from_ns + (i + 1) * STEP_NS);
            atomic_store(&shared.written_ns[i], bench_wall_ns());
            bench_must((int)write(shared.peers[i], "x", 1));
            from_outside one;
            one.since_ns = bench_wall_ns();
            bench_must(edo_spawn_future_detached(from_outside_init(&one)));
        }
    }
    edo_runtime_leave(shared.rt);
    return NULL;
}

/* As a fiber: connects the sockets. */
static int connect_all(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_addr addr;
    bench_must(edo_tcp_listen(&l, "127.0.0.1:0", NULL));
    bench_must(edo_listener_addr(l, &addr));
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(edo_addr_port(&addr)),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    for (uint32_t i = 0; i < OF_A_KIND; i++) {
        shared.peers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        bench_must(connect(shared.peers[i], (struct sockaddr *)(void *)&to, sizeof to));
        bench_must(edo_accept(l, &shared.streams[i]));
    }
    edo_listener_close(l);
    return 0;
}

static pthread_t thread;

static void begin(bench *b) {
    shared.rt = edo_runtime_current();
    for (int kind = 0; kind < KINDS; kind++) atomic_store(&shared.worst_ns[kind], 0);
    atomic_store(&shared.kept_most, 0);
    atomic_store(&shared.burn_from_ns, 0);
    bench_must(-pthread_create(&thread, NULL, outside, NULL));
    bench_start(b);
}

static void finish(bench *b) {
    bench_stop(b, b->n);
    atomic_store(&shared.burn_from_ns, -1);
    (void)pthread_join(thread, NULL);
    for (uint32_t i = 0; i < OF_A_KIND; i++) {
        edo_close(shared.streams[i]);
        (void)close(shared.peers[i]);
    }
    for (int kind = 0; kind < KINDS; kind++)
        bench_add_extra(b, names[kind], (double)atomic_load(&shared.worst_ns[kind]) / 1000.0);
    bench_add_extra(b, "queued_kept", (double)atomic_load(&shared.kept_most));
}

/* ---- The long poll --------------------------------------------------------------------------- */

EDO_ASYNC(burning, bench *b; uint64_t i; edo_task * task; edo_task_join_future join;
          edo_sleep_future sleep;) {
    EDO_BEGIN;
    self->task = bench_spawned(edo_spawn(connect_all, NULL));
    EDO_AWAIT(edo_task_join_init(&self->join, self->task));
    begin(self->b);
    for (self->i = 0; self->i < self->b->n; self->i++) {
        spawn_others(bench_wall_ns() + LEAD_NS);
        EDO_AWAIT(edo_sleep_init(&self->sleep, edo_ns(LEAD_NS)));
        burn();
        EDO_AWAIT(edo_sleep_init(&self->sleep, edo_ns(LEAD_NS)));
    }
    finish(self->b);
    EDO_END;
}
BENCH_STATE(long_poll, burning, .i = 0)

int long_poll_fiber(void *arg) {
    bench *b = arg;
    bench_must(edo_task_join(bench_spawned(edo_spawn(connect_all, NULL))));
    begin(b);
    for (uint64_t i = 0; i < b->n; i++) {
        spawn_others(bench_wall_ns() + LEAD_NS);
        bench_must(edo_sleep(edo_ns(LEAD_NS)));
        burn();
        bench_must(edo_sleep(edo_ns(LEAD_NS)));
    }
    finish(b);
    return 0;
}
