/* SPDX-License-Identifier: MIT */
/* guests.h: a source, its waiters with drivers of their own, and what must hold of them. Thread 0
 * makes all, and checks at the end: `end` takes the source away, after an event that must reach
 * every waiter whose driver is being turned. */
#ifndef EDOI_MODEL_GUESTS_H
#define EDOI_MODEL_GUESTS_H

#include "model.h"

#include "driver/driver.h"
#include "driver/source.h"

#include <sys/epoll.h>

#define DRIVERS 3
#define GUESTS  1u /* in a home, see source.c */

static edoi_driver *d[DRIVERS];
static bool away[DRIVERS]; /* left, or never made */
static edoi_source *source;
static bool kicks; /* waiting threads sleep in their own drivers */

/* A waiter; at first it waits with the driver of its own number. */
typedef struct waiter {
    edo_waker waker;
    edo_wait_link link;
    edo_atomic_u32 rung;
    edoi_dir dir;
    uint32_t at; /* the driver that it comes with */
    bool waits;  /* it was pending when it was last polled */
} waiter;

static waiter w[DRIVERS];

static edo_waker *mark(edo_waker *waker) {
    return waker;
}

static void deliver(edo_waker *waker) {
    waiter *x = (waiter *)(void *)waker;
    edoi_store_rlx_u32(&x->rung, 1);
    if (kicks) edoi_driver_kick(d[x->at]);
}

static void nothing(edo_waker *waker) {
    (void)waker;
}

static const edo_waker_ops ops = { mark, deliver, nothing, nothing };

EDOI_INLINE uint32_t events_of(edoi_dir dir) {
    return dir == EDOI_READ ? EPOLLIN : EPOLLOUT;
}

/* As an operation does: tries, and waits if there is nothing. */
EDOI_INLINE void poll(uint32_t n) {
    waiter *x = &w[n];
    edo_cx cx = { .waker = &x->waker, .budget = 2 };
    int waits = 0;
    bool has = false;
    edoi_store_rlx_u32(&x->rung, 0);
    while (!waits && !has) {
        uint32_t tick = edoi_source_ready(source, x->dir);
        has = tick && (edoi_source_tick_is_closed(tick) ||
                       edoi_model_socket_take(edoi_source_fd(source), events_of(x->dir)));
        if (has) break;
        edoi_source_clear(source, x->dir, tick);
        waits = edoi_source_wait(source, x->dir, &x->link, &cx, d[x->at]);
        MODEL_CHECK(waits >= 0 || waits == -EDO_ECLOSED);
    }
    if (waits != 1) edoi_source_unwait(source, &x->link);
    x->waits = waits == 1;
}

EDOI_INLINE void open_source(void) {
    MODEL_CHECK(edoi_source_new(&source, edoi_model_socket()) == 0);
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++)
        edoi_source_clear(source, dir, edoi_source_ready(source, dir));
}

/* Host and guests wait for these directions; the host does already. */
EDOI_INLINE void begin(const edoi_dir *dirs, uint32_t n) {
    for (uint32_t i = 0; i < DRIVERS; i++) away[i] = i >= n;
    for (uint32_t i = 0; i < n; i++) {
        MODEL_CHECK(edoi_driver_new(&d[i], 1) == 0);
        w[i].waker.ops = &ops;
        w[i].dir = dirs[i];
        w[i].at = i;
    }
    open_source();
    poll(0);
}

EDOI_INLINE void begin_reading(uint32_t n) {
    static const edoi_dir dirs[DRIVERS] = { EDOI_READ, EDOI_READ, EDOI_READ };
    begin(dirs, n);
}

/* ---- What must hold -------------------------------------------------------------------------- */

EDOI_INLINE edoi_driver *home(edoi_dir dir) {
    return (edoi_driver *)(source->home[dir] & ~(uintptr_t)GUESTS);
}

EDOI_INLINE void check_counts(void) {
    for (uint32_t i = 0; i < DRIVERS; i++) {
        if (!d[i]) continue;
        bool has_guests = false;
        uint64_t known = 0;
        for (edoi_dir dir = EDOI_READ; source && dir <= EDOI_WRITE; dir++) {
            has_guests |= source->home[dir] == ((uintptr_t)d[i] | GUESTS);
            known |= home(dir) == d[i];
        }
        edoi_driver_counts *counts = edoi_driver_get_counts(d[i]);
        edoi_source_set *set = edoi_driver_get_sources(d[i]);
        uint32_t at = edoi_source_set_next(set, 0), guest = edoi_source_set_next_guest(set, 0);
        MODEL_CHECK(at == (known ? source->index : EDOI_SOURCE_NONE));
        MODEL_CHECK(guest == (has_guests ? source->index : EDOI_SOURCE_NONE));
        MODEL_CHECK(set->guests_n == has_guests && set->is_left == away[i]);
        known += edoi_load_rlx_u64(&counts->deregistered);
        MODEL_CHECK(edoi_load_rlx_u64(&counts->registered) == known);
        if (away[i]) MODEL_CHECK(!has_guests);
    }
}

/* Waits, and is not left alone by the thread that came with that driver. */
EDOI_INLINE bool is_there(uint32_t n) {
    return w[n].waits && !away[w[n].at];
}

/* A waiter that was woken looks again. */
EDOI_INLINE void go_on(uint32_t n) {
    if (!is_there(n) || edoi_source_waiters_has(&w[n].link)) return;
    MODEL_CHECK(edoi_load_rlx_u32(&w[n].rung) == 1);
    poll(n);
}

/* It waits with its own driver, or with one that is being turned, and is counted there; and for at
 * least one direction. */
EDOI_INLINE void check_place(uint32_t n) {
    if (!is_there(n)) return;
    MODEL_CHECK(!edoi_source_ready(source, w[n].dir));
    const edoi_driver *at = home(w[n].dir);
    if (at == d[w[n].at]) return;
    MODEL_CHECK(source->home[w[n].dir] & GUESTS);
    for (uint32_t i = 0; i < DRIVERS; i++) MODEL_CHECK(at != d[i] || !away[i]);
}

/* A driver that is turned takes events; none comes where nothing is registered. */
EDOI_INLINE void turn_all(void) {
    for (uint32_t i = 0; i < DRIVERS; i++) {
        bool is_home = home(EDOI_READ) == d[i] || home(EDOI_WRITE) == d[i];
        if (!d[i] || (is_home && away[i])) continue;
        for (uint32_t times = 0; times < 3; times++) { // one may be that of a kick
            int n = edoi_driver_turn(d[i], 0);
            MODEL_CHECK(n == 0 || is_home);
        }
    }
}

EDOI_INLINE void check_event(void) {
    edoi_model_socket_ready(edoi_source_fd(source), EPOLLIN | EPOLLOUT);
    turn_all();
    for (uint32_t i = 0; i < DRIVERS; i++) {
        if (!is_there(i)) continue;
        MODEL_CHECK(!edoi_source_waiters_has(&w[i].link) && edoi_load_rlx_u32(&w[i].rung) == 1);
    }
    for (edoi_dir dir = EDOI_READ; dir <= EDOI_WRITE; dir++) // no waiter of a turned driver is left
        MODEL_CHECK(!(source->home[dir] & GUESTS));
}

EDOI_INLINE void end_source(void) {
    for (uint32_t i = 0; i < DRIVERS; i++) edoi_source_unwait(source, &w[i].link);
    edoi_source_free(source);
    source = NULL;
}

EDOI_INLINE void end(void) {
    edoi_model_wait();
    if (source) {
        check_counts();
        for (uint32_t i = 0; i < DRIVERS; i++) go_on(i);
        for (uint32_t i = 0; i < DRIVERS; i++) check_place(i);
        check_counts();
        check_event();
        end_source();
    }
    check_counts();
    for (uint32_t i = 0; i < DRIVERS; i++) edoi_driver_free(d[i]);
}

#endif
