/* SPDX-License-Identifier: MIT */
/* redis/link/link.h: one connection, and the two tasks of it: the keeper, which connects, reads,
 * and connects again, and the writer, which the keeper has while there is a connection.
 *
 *     callers ──> queue ──> writer ──> wire
 *     callers <── queue <── keeper <── wire
 *
 * A connection of one task's own is the same, but that it does not come back.
 *
 * inv. 1: `kept` is a connection of a task's own, and another one.
 * inv. 2: when the writer has nothing more to write, the stream has taken all that the queue has
 *         given: `written` is the queue's `taken_bytes`.
 * inv. 3: between two connections there is no stream, and nothing that was taken waits for
 *         replies. */
#ifndef EDOI_REDIS_LINK_LINK_H
#define EDOI_REDIS_LINK_LINK_H

#include "redis/link/dial.h"
#include "redis/link/queue.h"

#include <edo/cancel.h>
#include <edo/notify.h>

struct edo_redis {           /* counted by edo_rc: the program's handle, the keeper, each call */
    edoi_redis_place *place; /* const; a reference */
    bool is_own;             /* const */
    edoi_redis_queue queue;
    edo_notify work;           /* there is something to send */
    edo_cancel_token *closing; /* const; a reference */
    edo_redis *kept; /* lock: the queue's; is_own; for the next transaction that depends on
                                  keys; NULL: none */
    bool is_changed; /* is_own: by a command that holds for later ones */

    /* The keeper's, and while it has one its writer's. */
    edoi_redis_wire wire;
    char *out;        /* commands that are sent by one write */
    uint64_t written; /* bytes of all taken commands that the stream has accepted */
    const char *said; /* static; why the writer has ended */
    edo_instant connected_at;
    bool is_left; /* the connection ends once all that was sent is answered */
};

/* Makes a connection to `place`, which is shared, and its keeper. `connects`: waits for the first
 * one. Returns 0; of edoi_redis_dial(); -ENOMEM; -EDO_ENORUNTIME. */
int edoi_redis_link_new(edo_redis **out, edoi_redis_place *place, bool is_own, bool connects);

/* Ends it; the caller keeps its reference. */
void edoi_redis_link_close(edo_redis *r);

/* Takes the connection that `r` has kept; NULL: there is none. It may have ended. */
edo_redis *edoi_redis_link_take(edo_redis *r);

/* Keeps a connection of a task's own, on which nothing is begun, and takes the reference; false:
 * there is one, or `r` has ended. */
EDO_MUST_USE bool edoi_redis_link_keep(edo_redis *r, edo_redis *own);

/* Debug builds: assert inv. 2, of the writer before it waits; and inv. 3, of the keeper when a
 * connection has ended, which takes the queue's lock. */
void edoi_redis_link_check_written(const edo_redis *r);
void edoi_redis_link_check_between(edo_redis *r);

#endif
