/* SPDX-License-Identifier: MIT */
/* outlet.h: what carries messages to one client that is there: a WebSocket, or a stream of gRPC. It
 * has a bounded queue of its own; one that is full ends the connection.
 *
 * Threads: all operations may be called from any, at once. */
#ifndef CHAT_OUTLET_H
#define CHAT_OUTLET_H

#include "message.h"

/* A message for an outlet. */
typedef struct outlet_post {
    void *to;
    message *m; /* NULL: there was no memory for it */
    int result; /* as `post` returns it */
} outlet_post;

#define OUTLET_POSTS_MAX 32

typedef struct outlet_ops {
    void (*ref)(void *to);
    void (*unref)(void *to);

    /* Puts the message into the queue. Of one that others share its `shared` is there already, or
     * nobody else posts it meanwhile. Owns: shares `m`. Returns 0; -ENOBUFS: the queue was full,
     * and the connection ends; -ENOMEM; or another code: it is over. */
    int (*post)(void *to, message *m);

    /* As `post`, but before all that is posted later: waits while the client does not read, within
     * a bound. Returns also -ETIMEDOUT and -ECANCELED. */
    int (*send)(void *to, message *m);

    /* The session has another connection now: this one ends, and its client learns why. */
    void (*take_over)(void *to);

    /* As `post` for each of at most OUTLET_POSTS_MAX outlets of this kind. NULL: one by one. */
    void (*post_many)(outlet_post *all, size_t n);
} outlet_ops;

typedef struct outlet {
    const outlet_ops *ops;
    void *to; /* shared by counting; NULL: there is none */
} outlet;

#endif
