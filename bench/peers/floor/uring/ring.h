/* SPDX-License-Identifier: MIT */
/* ring.h: how the programs of this folder set up their ring, by the same options.
 *
 *     --single       SINGLE_ISSUER: one thread alone submits
 *     --coop         COOP_TASKRUN: the kernel does not interrupt that thread for completions
 *     --defer        DEFER_TASKRUN, with SINGLE_ISSUER: they come when it enters the kernel to wait
 *     --registered   the ring's own descriptor is registered
 *     --direct       sockets and files lie in the ring's table, and have no descriptor */
#ifndef FLOOR_RING_H
#define FLOOR_RING_H

#include <liburing.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct ring_opts {
    unsigned setup; /* IORING_SETUP_... */
    bool registered, direct;
} ring_opts;

/* `code` is what liburing returned: negative, if it failed. */
static inline int ring_must(int code, const char *what) {
    if (code >= 0) return code;
    fprintf(stderr, "%s: %s\n", what, strerror(-code));
    exit(1);
}

/* Whether `text` is an option of the ring, which it then sets. */
static inline bool ring_option(ring_opts *o, const char *text) {
    static const struct {
        const char *name;
        unsigned setup;
    } flags[] = {
        { "--single", IORING_SETUP_SINGLE_ISSUER },
        { "--coop", IORING_SETUP_COOP_TASKRUN },
        { "--defer", IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SINGLE_ISSUER },
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (!strcmp(text, flags[i].name)) {
            o->setup |= flags[i].setup;
            return true;
        }
    bool *wanted = !strcmp(text, "--registered") ? &o->registered
                   : !strcmp(text, "--direct")   ? &o->direct
                                                 : NULL;
    if (wanted) *wanted = true;
    return wanted != NULL;
}

/* Opens a ring for `entries` submissions at once; `slots` descriptors fit its table. */
static inline void ring_open(struct io_uring *ring, const ring_opts *o, unsigned entries,
                             unsigned slots) {
    struct io_uring_params p = { .flags = o->setup | IORING_SETUP_CQSIZE };
    p.cq_entries = 4 * entries;
    ring_must(io_uring_queue_init_params(entries, ring, &p), "io_uring_setup");
    if (o->registered) ring_must(io_uring_register_ring_fd(ring), "the ring's descriptor");
    if (o->direct) ring_must(io_uring_register_files_sparse(ring, slots), "the ring's table");
}

/* The next submission, zeroed; a full queue is submitted first. */
static inline struct io_uring_sqe *ring_next(struct io_uring *ring) {
    struct io_uring_sqe *sqe;
    while (!(sqe = io_uring_get_sqe(ring))) ring_must(io_uring_submit(ring), "io_uring_enter");
    return sqe;
}

static inline double ring_clock_s(clockid_t clock) {
    struct timespec ts;
    (void)clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

#endif
