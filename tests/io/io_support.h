/* SPDX-License-Identifier: MIT */
/* io/io_support.h: bytes to send, and a task that collects what arrives. */
#ifndef EDO_TESTS_IO_SUPPORT_H
#define EDO_TESTS_IO_SUPPORT_H

#include "inside.h"

#include <edo/edo.h>

#include <errno.h>
#include <string.h>

/* Bytes whose order shows. */
static inline void fill_pattern(char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) bytes[i] = (char)(i * 7 + (i >> 8));
}

/* What a task has read from `from`. */
typedef struct collected {
    edo_stream *from; /* the task's */
    size_t n;
    int reads;
    char bytes[1u << 18];
} collected;

/* A task: reads to the end, and gives the stream back; 0 or the failure. */
static inline int collects(void *arg) {
    collected *c = arg;
    int n;
    while ((n = edo_read(c->from, c->bytes + c->n, sizeof c->bytes - c->n)) > 0) {
        c->reads++;
        c->n += (size_t)n;
    }
    edo_stream_unref(c->from);
    return n;
}

#endif
