/* SPDX-License-Identifier: MIT */
/* tests/growth/ends.c: the ends of threads, runtimes and sources, where n sources were made
 * before. */
#include "growth.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#define SOURCES_MAX  8000u /* each has a descriptor */
#define RUNTIMES_MAX 2000u /* as each of these has */
#define ENDS         16u   /* sources for each thread or runtime that ends */

static edo_signal **make_sources(uint32_t n) {
    edo_signal **all = growth_alloc(n, sizeof(edo_signal *));
    for (uint32_t i = 0; i < n; i++) GROWTH_CHECK(edo_signal_listen(&all[i], SIGUSR2) == 0);
    return all;
}

static void close_sources(edo_signal **all, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) edo_signal_close(all[growth_at(AT_RANDOM, i, n)]);
    free(all);
}

/* Waits until the source is registered with the driver of the polling thread. */
static edo_polled poll_once(void *arg, edo_cx *cx, int *result) {
    edo_signal_recv_future *f = arg;
    GROWTH_CHECK(edo_poll(&f->base, cx) == EDO_PENDING);
    *result = 0;
    return EDO_READY;
}

static void wait_a_little(edo_signal *s) {
    edo_signal_recv_future recv;
    edo_poll_fn_future once;
    (void)edo_signal_recv_init(&recv, s);
    GROWTH_CHECK(edo_await(edo_poll_fn_init(&once, poll_once, &recv)) == 0);
    edo_drop(&recv.base);
}

static void *wait_and_end(void *arg) {
    wait_a_little(arg);
    return NULL;
}

static void plain_threads(const void *arg, uint32_t n) {
    (void)arg;
    growth_begin();
    edo_signal **all = make_sources(n);
    for (uint32_t i = 0; i < n / ENDS; i++) {
        pthread_t thread;
        GROWTH_CHECK(pthread_create(&thread, NULL, wait_and_end, all[i]) == 0);
        GROWTH_CHECK(pthread_join(thread, NULL) == 0);
    }
    close_sources(all, n);
    growth_end("one after another");
}

/* A thread that has awaited each of n sources. */
static void *wait_for_all(void *arg) {
    edo_signal **all = arg;
    for (uint32_t i = 0; all[i]; i++) wait_a_little(all[i]);
    return NULL;
}

static void thread_of_many(const void *arg, uint32_t n) {
    (void)arg;
    growth_begin();
    edo_signal **made = make_sources(n), **all = growth_alloc(n + 1, sizeof(edo_signal *));
    for (uint32_t i = 0; i < n; i++) all[i] = made[i];
    pthread_t thread;
    GROWTH_CHECK(pthread_create(&thread, NULL, wait_for_all, all) == 0);
    GROWTH_CHECK(pthread_join(thread, NULL) == 0);
    close_sources(made, n);
    free(all);
    growth_end("all");
}

static int wait_inside(void *arg) {
    wait_a_little(arg);
    return 0;
}

static void runtimes(const void *arg, uint32_t n) {
    (void)arg;
    growth_begin();
    edo_signal **all = make_sources(n);
    for (uint32_t i = 0; i < n / ENDS; i++) growth_inside(wait_inside, all[i]);
    close_sources(all, n);
    growth_end("one after another");
}

/* ---- Runtimes that belong to a thread -------------------------------------------------------- */

static edo_notify never = EDO_NOTIFY_INIT;

static int wait_for_ever(void *arg) {
    (void)arg;
    return edo_notify_wait(&never);
}

/* A fiber that has run binds it to this thread. Its clock stands: a second that passes gives idle
 * stacks back, a cost that depends on the machine's speed. */
static edo_runtime *make_bound(void) {
    edo_runtime *rt;
    GROWTH_CHECK(edo_runtime_new(&rt, &(edo_runtime_opts){ .start_paused = true }) == 0);
    GROWTH_CHECK(edo_runtime_enter(rt) == 0);
    edo_task_detach(edo_spawn(wait_for_ever, NULL));
    GROWTH_CHECK(edo_yield() == 0);
    edo_runtime_leave(rt);
    return rt;
}

static void *await_and_end(void *arg) {
    edo_ready_future f;
    (void)arg;
    GROWTH_CHECK(edo_await(edo_ready_init(&f, 0)) == 0);
    return NULL;
}

/* Other threads end while n runtimes belong to this one. */
static void bound_runtimes(const void *arg, uint32_t n) {
    (void)arg;
    edo_runtime **all = growth_alloc(n, sizeof(edo_runtime *));
    for (uint32_t i = 0; i < n; i++) all[i] = make_bound();
    growth_begin();
    for (uint32_t i = 0; i < n; i++) {
        pthread_t thread;
        GROWTH_CHECK(pthread_create(&thread, NULL, await_and_end, NULL) == 0);
        GROWTH_CHECK(pthread_join(thread, NULL) == 0);
    }
    growth_end("other threads end");
    growth_begin();
    for (uint32_t i = 0; i < n; i++) edo_runtime_free(all[growth_at(AT_RANDOM, i, n)]);
    growth_end("freed");
    free(all);
}

/* ---- Streams --------------------------------------------------------------------------------- */

typedef struct streams {
    uint32_t n;
    edo_stream **near_end, **far_end;
} streams;

static void connect_all(streams *s) {
    char at[32];
    edo_listener *l;
    GROWTH_CHECK(edo_tcp_listen(&l, "127.0.0.1:0", NULL) == 0);
    (void)snprintf(at, sizeof at, "127.0.0.1:%u", (unsigned)edo_listener_port(l));
    for (uint32_t i = 0; i < s->n; i++) {
        GROWTH_CHECK(edo_tcp_connect(&s->near_end[i], at, NULL) == 0);
        GROWTH_CHECK(edo_accept(l, &s->far_end[i]) == 0);
    }
    edo_listener_close(l);
}

static int streams_body(void *arg) {
    streams *s = arg;
    char byte;
    edo_read_future *reads = growth_alloc(s->n, sizeof *reads);
    growth_begin();
    connect_all(s);
    for (uint32_t i = 0; i < s->n; i++)
        GROWTH_CHECK(edo_poll_once(edo_read_init(&reads[i], s->near_end[i], &byte, 1)) ==
                     EDO_PENDING);
    for (uint32_t i = 0; i < s->n; i++) edo_drop(&reads[growth_at(AT_RANDOM, i, s->n)].base);
    for (uint32_t i = 0; i < s->n; i++) edo_close(s->near_end[growth_at(REVERSED, i, s->n)]);
    for (uint32_t i = 0; i < s->n; i++) edo_close(s->far_end[growth_at(AT_RANDOM, i, s->n)]);
    growth_end("opened and closed");
    free(reads);
    return 0;
}

static void open_and_close(const void *arg, uint32_t n) {
    (void)arg;
    streams s = { .n = n,
                  .near_end = growth_alloc(n, sizeof(edo_stream *)),
                  .far_end = growth_alloc(n, sizeof(edo_stream *)) };
    growth_inside(streams_body, &s);
    free(s.near_end);
    free(s.far_end);
}

const growth_case growth_ends[] = {
    { .name = "plain_threads", .run = plain_threads, .n_max = SOURCES_MAX },
    { .name = "thread_of_many", .run = thread_of_many, .n_max = SOURCES_MAX },
    { .name = "runtimes", .run = runtimes, .n_max = SOURCES_MAX },
    { .name = "bound_runtimes", .run = bound_runtimes, .n_max = RUNTIMES_MAX },
    { .name = "streams", .run = open_and_close, .n_max = SOURCES_MAX / 2 },
    { .name = NULL },
};
