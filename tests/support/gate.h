/* SPDX-License-Identifier: MIT */
/* support/gate.h: jobs that begin, record it, and wait on their thread until the gate is opened. A
 * wait for the jobs has an end, as patience.h has it. */
#ifndef EDO_TESTS_GATE_H
#define EDO_TESTS_GATE_H

#include <edo/blocking.h>
#include <edo/task.h>

#include "patience.h"

#include <pthread.h>

typedef struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool open;
    uint32_t begun, ended, dropped; /* calls */
    uint32_t told;                  /* calls that have seen their cancellation */
} gate;

#define GATE                                                                                       \
    { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

/* Parks this thread, which holds the mutex, until something has changed, or for a second. */
static inline void gate_park(gate *g, int64_t since_s, const char *what) {
    struct timespec soon;
    patience_check(since_s, what, __FILE__, __LINE__);
    (void)clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_sec++;
    (void)pthread_cond_timedwait(&g->changed, &g->mutex, &soon);
}

/* Called with the mutex held. */
static inline void gate_park_until_open(gate *g) {
    int64_t since_s = patience_now_s();
    while (!g->open) gate_park(g, since_s, "the gate is open");
}

/* A job: waits until the gate is open, returns 7. A task that does so keeps its worker. */
static inline int gate_pass(void *arg) {
    gate *g = arg;
    pthread_mutex_lock(&g->mutex);
    g->begun++;
    pthread_cond_broadcast(&g->changed);
    gate_park_until_open(g);
    g->ended++;
    if (edo_blocking_cancelled()) g->told++;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mutex);
    return 7;
}

/* As gate_pass(), but first it polls until it sees its cancellation, for which gate_yield_told()
 * waits. */
static inline int gate_pass_cancelled(void *arg) {
    gate *g = arg;
    int64_t since_s = patience_now_s();
    pthread_mutex_lock(&g->mutex);
    g->begun++;
    while (!edo_blocking_cancelled()) {
        pthread_mutex_unlock(&g->mutex);
        patience_check(since_s, "the job is cancelled", __FILE__, __LINE__);
        sched_yield();
        pthread_mutex_lock(&g->mutex);
    }
    g->told++;
    gate_park_until_open(g);
    g->ended++;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mutex);
    return 7;
}

static inline void gate_drop(void *arg) {
    gate *g = arg;
    pthread_mutex_lock(&g->mutex);
    g->dropped++;
    pthread_mutex_unlock(&g->mutex);
}

static inline void gate_open(gate *g) {
    pthread_mutex_lock(&g->mutex);
    g->open = true;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->mutex);
}

/* Parks this thread until `*n`, guarded by the mutex, is `at_least`. */
static inline void gate_wait_until(gate *g, const char *what, const uint32_t *n,
                                   uint32_t at_least) {
    int64_t since_s = patience_now_s();
    pthread_mutex_lock(&g->mutex);
    while (*n < at_least) gate_park(g, since_s, what);
    pthread_mutex_unlock(&g->mutex);
}

/* Parks this thread until `n` jobs have begun. */
static inline void gate_wait_begun(gate *g, uint32_t n) {
    gate_wait_until(g, "the jobs have begun", &g->begun, n);
}

/* Lets the other tasks of the worker run until `*n`, guarded by the mutex, is `at_least`; 0, or
 * -ECANCELED. */
static inline int gate_yield_until(gate *g, const uint32_t *n, uint32_t at_least) {
    int64_t since_s = patience_now_s();
    for (;;) {
        pthread_mutex_lock(&g->mutex);
        uint32_t now = *n;
        pthread_mutex_unlock(&g->mutex);
        if (now >= at_least) return 0;
        patience_check(since_s, "the jobs have come so far", __FILE__, __LINE__);
        int err = edo_yield();
        if (err < 0) return err;
    }
}

/* In a task: yields until `n` jobs have begun. */
static inline int gate_yield_begun(gate *g, uint32_t n) {
    return gate_yield_until(g, &g->begun, n);
}

/* In a task: yields until `n` jobs have seen their cancellation. */
static inline int gate_yield_told(gate *g, uint32_t n) {
    return gate_yield_until(g, &g->told, n);
}

static inline void gate_wait_ended(gate *g, uint32_t n) {
    gate_wait_until(g, "the jobs have ended", &g->ended, n);
}

/* The numbers of `rt` once no job runs and none is queued. */
static inline edo_blocking_stats gate_quiet(edo_runtime *rt) {
    edo_blocking_stats s;
    int64_t since_s = patience_now_s();
    for (;;) {
        edo_blocking_get_stats(rt, &s);
        if (s.running == 0 && s.queue == 0) return s;
        patience_check(since_s, "no job runs or is queued", __FILE__, __LINE__);
        sched_yield();
    }
}

#endif
