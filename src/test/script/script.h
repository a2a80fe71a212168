/* SPDX-License-Identifier: MIT */
/* test/script/script.h: a scripted stream: the steps that its user has to go through. script.c
 * adds and removes steps, script_stream.c is the stream, script_says.c words what went wrong.
 *
 * inv. 1: the script's memory lives while its handle or its stream does (`holders`).
 * inv. 2: at most one waiting operation, `napper`, polls `nap`, the timer of a wait. When its
 *         operation ends first, all others are woken, and one of them takes its place.
 * inv. 3: a check fails, and wakers are delivered, only outside the mutex. */
#ifndef EDOI_TEST_SCRIPT_SCRIPT_H
#define EDOI_TEST_SCRIPT_SCRIPT_H

#include "base/atomic.h"

#include <edo/test.h>

#include <pthread.h>

typedef enum edoi_step_kind {
    EDOI_STEP_READ,
    EDOI_STEP_WRITE,
    EDOI_STEP_READ_ERROR,
    EDOI_STEP_WRITE_ERROR,
    EDOI_STEP_WAIT
} edoi_step_kind;

typedef struct edoi_step {
    struct edoi_step *next;
    edoi_step_kind kind;
    int code;            /* of an error, negative */
    edo_duration length; /* of a wait */
    const char *file;    /* of the call that added it */
    int line;
    size_t n, done; /* bytes in all, and read or written so far */
    char bytes[];
} edoi_step;

struct edo_test_script {
    edo_stream stream;      /* first */
    edo_atomic_u32 holders; /* atomic: TH1; the handle and the stream */
    pthread_mutex_t mutex;  /* guards the rest, apart from what is const */
    edoi_step *first;       /* the steps that are left */
    edo_io_wait *waiters;   /* any one of a ring of waiting operations; NULL: none */
    uint32_t waiters_n;
    edo_sleep_future nap; /* pending if there is a napper */
    edo_io_wait *napper;  /* inv. 2; perhaps in the ring no more; NULL: none */
    bool waits;           /* the first step is a wait, and ends at `until` */
    edo_instant until;
    uint64_t read_n, written_n; /* bytes */
    bool is_open;               /* the handle may add steps */
    bool is_closed;             /* the stream is */
    bool is_shut;               /* writing has ended */
    bool no_memory;             /* for a step: what would come to it fails */
    bool no_memory_is_told;     /* something has come to it */
    char name[32];              /* const */
    const char *file;           /* const: of the call that made it */
    int line;                   /* const */
};

extern const edo_stream_ops edoi_script_ops;

/* A failure that is found with the mutex held, and reported after it is released. */
typedef struct edoi_script_failure {
    const char *file; /* NULL: there is none */
    int line;
    char text[1024];
} edoi_script_failure;

/* Removes the first step. Called with the mutex held. */
void edoi_script_pop(edo_test_script *self);

/* Removes `step`, which is there. Called with the mutex held. */
void edoi_script_remove(edo_test_script *self, edoi_step *step);

/* Wakes all waiting operations. Called without a lock. */
void edoi_script_wake(edo_test_script *self);

/* Gives up one of the holders. */
void edoi_script_let_go(edo_test_script *self);

/* Fails if the stream is closed and steps are left or lost. Called without a lock. */
void edoi_script_check_end(edo_test_script *self);

/* The bytes of a write, `got`, differ from those of `step` at its byte `at`. */
void edoi_script_says_differs(edoi_script_failure *out, const edo_test_script *self,
                              const edoi_step *step, size_t at, const char *got, size_t got_n);

/* A write after the last one of the script. */
void edoi_script_says_unexpected(edoi_script_failure *out, const edo_test_script *self,
                                 const char *got, size_t got_n);

/* Steps are left at the end. */
void edoi_script_says_left(edoi_script_failure *out, const edo_test_script *self);

/* Nothing came to the step for which there was no memory. */
void edoi_script_says_lost(edoi_script_failure *out, const edo_test_script *self);

#endif
