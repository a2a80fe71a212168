/* SPDX-License-Identifier: MIT */
/* driver/epoll.c: the driver on Linux' epoll, edge-triggered, and an eventfd for kicks.
 *
 * The eventfd is never read: each write makes a new edge, and its counter does not fill up in
 * practice.
 *
 * An edge goes to one of the threads in epoll_wait. So a thread that harvests another's driver may
 * get the edge of a kick; it then makes a new one. `kicked` stays set meanwhile, so that no kick is
 * skipped which the new edge does not cover. An event holds no pointer but a source's number and
 * generation: it may be kept for any time, even after the source is freed. */
#include "base/fork.h"
#include "base/memory/alloc.h"
#include "driver/ring/batch.h"
#include "driver/ring/ring.h"
#include "driver/source.h"
#include "driver/spare_pipes.h"
#include "recorder/note.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define KICK_TOKEN  UINT64_MAX
#define RING_TOKEN  (UINT64_MAX - 1)
#define HARVEST_MAX 64
#define NS_PER_MS   INT64_C(1000000)
#define NS_PER_S    INT64_C(1000000000)

struct edoi_driver {
    int epoll;
    int kick;
    edo_atomic_u32 kicked;      /* atomic: EK1, EK2; a kick is in progress */
    edo_atomic_u32 has_sources; /* atomic, relaxed: a descriptor was ever registered; written by the
                                   owner thread */
    bool timed_out;             /* the last turn timed out; owner thread */
    bool no_ns;                 /* the kernel has no epoll_pwait2; owner thread */
    int no_ring;                /* why there is none to be had; 0: there may be; owner thread */
    edoi_batch *batch;          /* NULL: there is none; owner thread */
    int64_t turned_ns;          /* when the last turn had asked the kernel; owner thread */
    uint32_t events_max;        /* const */
    uint32_t forks;             /* const: edoi_forks() when it was made */
    edoi_source_set sources;    /* source.c */
    edo_atomic_ptr ring;        /* atomic: ER1; NULL: there is none */
    edoi_driver_counts counts;
    edoi_spare_pipes spare_pipes; /* owner thread */
    struct epoll_event events[];  /* owner thread */
};

int edoi_driver_new(edoi_driver **out, uint32_t events_max) {
    EDO_ASSERT(events_max > 0 && events_max <= EDOI_EVENTS_MAX);
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = KICK_TOKEN };
    edoi_driver *d = (edoi_driver *)edoi_calloc(1, sizeof *d + events_max * sizeof d->events[0]);
    if (!d) return -ENOMEM;
    d->events_max = events_max;
    d->forks = edoi_forks();
#ifdef EDOI_TSAN
    // The tool does not know epoll_pwait2, and would run a signal's handler only after the call.
    d->no_ns = true;
#endif
    int err;
    d->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (d->epoll < 0) {
        err = -errno;
        goto free_driver;
    }
    d->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (d->kick < 0) {
        err = -errno;
        goto close_epoll;
    }
    if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, d->kick, &event) < 0) {
        err = -errno;
        goto close_kick;
    }
    *out = d;
    return 0;

close_kick:
    (void)close(d->kick);
close_epoll:
    (void)close(d->epoll);
free_driver:
    edoi_free(d);
    return err;
}

void edoi_driver_release(edoi_driver *d) {
    edoi_kring_free((edoi_kring *)edoi_load_rlx_ptr(&d->ring)); // relaxed: nobody else uses it
    edoi_batch_free(d->batch);
    edoi_source_set_deinit(&d->sources);
    edoi_spare_pipes_close(&d->spare_pipes);
    (void)close(d->kick);
    (void)close(d->epoll);
    edoi_free(d);
}

void edoi_driver_free(edoi_driver *d) {
    if (!d) return;
    edoi_driver_forget_sources(d);
    edoi_driver_release(d);
}

int edoi_driver_report(edoi_driver *d, int fd, uint64_t token, uint32_t before, uint32_t now) {
    struct epoll_event event = { .events = EPOLLET | EPOLLRDHUP, .data.u64 = token };
    if (now & 1u << EDOI_READ) event.events |= EPOLLIN | EPOLLPRI;
    if (now & 1u << EDOI_WRITE) event.events |= EPOLLOUT;
    // relaxed: only the driver's own worker adds; for others it is a hint
    if (now & ~before) edoi_store_rlx_u32(&d->has_sources, 1);
    int op = before ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (!now) op = EPOLL_CTL_DEL;
    if (epoll_ctl(d->epoll, op, fd, &event) == 0) return 0;
    // The kernel has the file here already if the user closed a copy of the descriptor without
    // edo's knowledge.
    if (errno == EEXIST && epoll_ctl(d->epoll, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
    return -errno;
}

static int wait_ms(edoi_driver *d, int64_t timeout_ns) {
    int timeout_ms = -1;
    if (timeout_ns >= 0) {
        int64_t ms = timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0); // never too early
        timeout_ms = ms > INT_MAX ? INT_MAX : (int)ms;
    }
    return epoll_wait(d->epoll, d->events, (int)d->events_max, timeout_ms);
}

static int wait_events(edoi_driver *d, int64_t timeout_ns) {
    if (timeout_ns <= 0 || d->no_ns) return wait_ms(d, timeout_ns);
    struct timespec t = { .tv_sec = (time_t)(timeout_ns / NS_PER_S),
                          .tv_nsec = (long)(timeout_ns % NS_PER_S) };
    int n = epoll_pwait2(d->epoll, d->events, (int)d->events_max, &t, NULL);
    if (n >= 0 || errno == EINTR) return n;
    d->no_ns = true;
    return wait_ms(d, timeout_ns);
}

static uint32_t what_happened(uint32_t events) {
    uint32_t what = 0;
    if (events & EPOLLIN) what |= EDOI_EVENT_READ;
    if (events & EPOLLOUT) what |= EDOI_EVENT_WRITE;
    if (events & EPOLLPRI) what |= EDOI_EVENT_URGENT;
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) what |= EDOI_EVENT_HUNG;
    return what;
}

edoi_spare_pipes *edoi_driver_spare_pipes(edoi_driver *d) {
    return &d->spare_pipes;
}

edoi_driver_counts *edoi_driver_get_counts(edoi_driver *d) {
    return &d->counts;
}

edoi_source_set *edoi_driver_get_sources(edoi_driver *d) {
    return &d->sources;
}

/* relaxed: a count; a sibling worker may harvest at the same time */
static void count_ready(edoi_driver *d, int events_n) {
#ifndef EDOI_MODEL
    if (events_n > 0) (void)edoi_add_rlx_u64(&d->counts.ready, (uint64_t)events_n);
#else
    (void)d, (void)events_n;
#endif
}

bool edoi_driver_has_sources(const edoi_driver *d) {
    return edoi_load_rlx_u32(&d->has_sources) != 0;
}

int edoi_driver_lend_fd(edoi_driver *d) {
    edoi_store_rlx_u32(&d->has_sources, 1); // relaxed: as in edoi_driver_report()
    return d->epoll;
}

bool edoi_driver_is_timed_out(const edoi_driver *d) {
    return d->timed_out;
}

/* An event of a source, which may be freed by now. */
static void source_tell(edoi_source *s, uint64_t token, uint32_t what) {
    if (EDOI_RECORDS(EDO_RECORDER_ALL) && s)
        edoi_recorder_note(EDOI_REC_READY, NULL, what, edoi_source_seen_fd(s));
    edoi_source_event(s, token, what);
}

/* events handled after one prefetch; more would evict each other from the cache */
#define BATCH 16

/* Handles events, BATCH at most; returns how many were for sources. Handling takes locks, across
 * which the processor does not prefetch: so all sources are prefetched first, then their waiters
 * (say, the stack of a fiber, which costs a page-table walk too). */
static int take_batch(edoi_driver *d, const struct epoll_event *events, int n) {
    edoi_source *sources[BATCH];
    int events_n = 0;
    for (int i = 0; i < n; i++) sources[i] = edoi_source_expect(events[i].data.u64);
    for (int i = 0; i < n && n > 1; i++)
        if (sources[i]) edoi_source_expect_waiter(sources[i]);
    for (int i = 0; i < n; i++) {
        uint64_t token = events[i].data.u64;
        if (token == RING_TOKEN) continue; // the turn looks at its ring in any case
        if (token == KICK_TOKEN) {
            // EK1: pairs with EK2: data of a kick that this one made needless is seen below
            (void)edoi_swap_acqrel_u32(&d->kicked, 0);
            continue;
        }
        source_tell(sources[i], token, what_happened(events[i].events));
        events_n++;
    }
    return events_n;
}

/* The machine's own time, as of the last tick of its timer: that is the cheapest. */
static int64_t driver_tick(void) {
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

bool edoi_driver_is_fresh(const edoi_driver *d) {
    return driver_tick() == d->turned_ns;
}

/* ---- The ring -------------------------------------------------------------------------------- */

/* Not for the moment: there is none here. */
static bool ring_is_refused(int err) {
    bool may_pass = err == -ENOMEM || err == -EMFILE || err == -ENFILE || err == -ENOSPC;
    return err < 0 && !may_pass;
}

/* Makes the ring, and has the turns hear of its ends. */
static int ring_make(edoi_driver *d, edoi_kring **out) {
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.u64 = RING_TOKEN };
    int err = edoi_kring_new(out);
    if (err < 0) return err;
    if (epoll_ctl(d->epoll, EPOLL_CTL_ADD, edoi_kring_fd(*out), &event) == 0) return 0;
    err = -errno;
    edoi_kring_free(*out);
    return err;
}

int edoi_driver_ring(edoi_driver *d, edoi_kring **out) {
    *out = (edoi_kring *)edoi_load_rlx_ptr(&d->ring); // relaxed: this thread makes it
    if (*out || d->no_ring < 0) return *out ? 0 : d->no_ring;
    int err = ring_make(d, out);
    if (err < 0) {
        if (ring_is_refused(err)) d->no_ring = err;
        return err;
    }
    edoi_store_rlx_u32(&d->has_sources, 1); // relaxed: as in edoi_driver_report()
    edoi_store_rel_ptr(&d->ring, *out);     // ER1: pairs with ER1: who harvests sees it whole
    return 0;
}

void edoi_driver_begin_ops(edoi_driver *d) {
    // relaxed: this thread's, or that of a task which has put something into it
    edoi_kring *ring = (edoi_kring *)edoi_load_rlx_ptr(&d->ring);
    // What was refused is to run, and the kernel to be asked again for what it is to end.
    if (ring && edoi_kring_flush(ring) > 0) edoi_driver_kick(d);
}

bool edoi_driver_has_ops(edoi_driver *d) {
    edoi_kring *ring = (edoi_kring *)edoi_load_rlx_ptr(&d->ring); // relaxed: its thread has ended
    return ring && edoi_kring_is_busy(ring);
}

edoi_batch *edoi_driver_batch(edoi_driver *d) {
    if (d->batch) return edoi_batch_is_refused(d->batch) ? NULL : d->batch;
    if (d->no_ring < 0) return NULL;
    int err = edoi_batch_new(&d->batch);
    if (ring_is_refused(err)) d->no_ring = err;
    return d->batch;
}

/* Sees what has ended. Returns how many. */
static int ring_reap(edoi_driver *d, edoi_kring *ring) {
    int n = ring ? edoi_kring_reap(ring) : 0;
    // relaxed: a count; a sibling worker may harvest at the same time
    if (n > 0) (void)edoi_add_rlx_u64(&d->counts.ring_ops, (uint64_t)n);
    return n;
}

/* What was put begins, and what has ended is seen. Returns how many. */
static int ring_turn(edoi_driver *d, edoi_kring *ring) {
    if (!ring) return 0;
    int refused_n = edoi_kring_flush(ring); // whose tasks this thread has to run
    return refused_n + ring_reap(d, ring);
}

/* ---- Turns ----------------------------------------------------------------------------------- */

int edoi_driver_turn(edoi_driver *d, int64_t timeout_ns) {
    edoi_kring *ring = (edoi_kring *)edoi_load_rlx_ptr(&d->ring); // relaxed: this thread's
    int events_n = ring_turn(d, ring);
    int n = wait_events(d, events_n > 0 ? 0 : timeout_ns);
    EDO_ASSERT(n >= 0 || errno == EINTR); // by a signal, or by what the kernel does for the ring
    d->turned_ns = driver_tick();
    events_n += ring_reap(d, ring);
    d->timed_out = n == 0 && events_n == 0;
    for (int at = 0; at < n; at += BATCH)
        events_n += take_batch(d, d->events + at, n - at < BATCH ? n - at : BATCH);
    count_ready(d, events_n);
    return events_n;
}

static void make_edge(const edoi_driver *d) {
    uint64_t one = 1;
    ssize_t n = write(d->kick, &one, sizeof one);
    EDO_ASSERT(n == (ssize_t)sizeof one);
    (void)n;
}

void edoi_driver_kick(edoi_driver *d) {
    if (edoi_is_inherited(d->forks)) return;                    // the eventfd is shared
    if (edoi_swap_acqrel_u32(&d->kicked, 1) == 0) make_edge(d); // EK2: pairs with EK1
}

int edoi_driver_harvest(edoi_driver *d) {
    struct epoll_event events[HARVEST_MAX];
    int events_n = ring_turn(d, (edoi_kring *)edoi_load_acq_ptr(&d->ring)); // ER1
    int n = epoll_wait(d->epoll, events, HARVEST_MAX, 0);
    for (int i = 0; i < n; i++) { // n < 0: a signal, or an error that cannot be handled here
        uint64_t token = events[i].data.u64;
        if (token == KICK_TOKEN) {
            make_edge(d);
            continue;
        }
        if (token == RING_TOKEN) { // the driver's thread does not get this edge
            // relaxed: the kernel's event of an end comes after all that its putting did
            events_n += ring_reap(d, (edoi_kring *)edoi_load_rlx_ptr(&d->ring));
            continue;
        }
        source_tell(edoi_source_expect(token), token, what_happened(events[i].events));
        events_n++;
    }
    count_ready(d, events_n);
    return events_n;
}
