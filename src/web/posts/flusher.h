/* SPDX-License-Identifier: MIT */
/* web/posts/flusher.h: the flusher, a task without a stack that writes to a connection what its
 * owner has posted, and ends when nothing is left. It holds a reference to the owner. */
#ifndef EDOI_WEB_POSTS_FLUSHER_H
#define EDOI_WEB_POSTS_FLUSHER_H

#include "web/posts/queue.h"

#include <edo/io.h>
#include <edo/mutex.h>

/* What the flusher asks its owner, with `sending` held if there is one. */
typedef struct edoi_flusher_ops {
    /* Takes what is to be written next: a post, with its reference, and its bytes, or none of them.
     * Returns 1; 0 if nothing is left, and the flusher ends; or a code, as if a write had failed
     * with it. */
    int (*next)(void *owner, edoi_post **post, edo_str *bytes);
    void (*wrote)(void *owner); /* called after some bytes were written */
    /* Called when the last post was written (`err` is 0), or when nothing more can be: the stream
     * is closed next. */
    void (*ended)(void *owner, int err);
} edoi_flusher_ops;

typedef struct edoi_flush {
    const edoi_flusher_ops *ops;
    void *owner;        /* counted by edo_rc */
    edo_stream *stream; /* the owner's */
    edo_mutex *sending; /* the owner's; NULL: no other task writes */
    edo_duration limit; /* how long the peer may take no byte; negative: no limit */
} edoi_flush;

/* Starts a flusher. With `post`, which it shares, it begins with `rest`, the bytes of that which
 * are to be written, and has `sending` from now on. Returns 0, or a code if nothing was started. */
int edoi_flusher_start(const edoi_flush *flush, edoi_post *post, edo_str rest);

#endif
