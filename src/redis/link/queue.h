/* SPDX-License-Identifier: MIT */
/* redis/link/queue.h: the commands of one connection, and the requests that wait for their replies.
 *
 *     waiting ──> ring: taken_at ... tail      not given to the writer yet
 *                       head ... taken_at      given to it, and perhaps sent: a reply comes for
 *                       each
 *
 * Replies come in the order of the commands. So an entry stays in the ring until all its replies
 * have come, even if its task has given up; a command whose task gives up before the writer has
 * taken it is not sent. When the connection is lost, commands that were taken fail, and the others
 * go over the next connection.
 *
 * If a server or a proxy loses a reply, each later reply would be given to the wrong command. So
 * the queue is held, and nothing more is sent, while a reply is missing whose limit has passed, or
 * while no task waits for any of the missing replies. If they do not come, the connection ends
 * without harm: no task waits for a sent command, and the others go over the next connection.
 *
 * inv. 1: head <= taken_at <= tail, and tail - head <= room.
 * inv. 2: a request that is in the ring has an entry with its number, which names it.
 * inv. 3: while requests wait the ring is full, or the queue is closed.
 * inv. 4: an entry has its bytes until it is taken.
 * inv. 5: while the writer sleeps nothing is left that may be taken.
 * inv. 6: a request has room for the replies that have come and for those that its entry waits for.
 * inv. 7: while a MULTI that asks has no reply yet, its transaction is the last taken entry;
 *         `grant` says that the reply is missing.
 * inv. 8: the bytes of an entry end within `taken_bytes`, which counts all that were taken.
 * inv. 9: `live_n` counts the taken entries with a task that waits for their replies; `late_n` the
 *         taken entries whose limit has passed, and which no task waits for.
 *
 * The commands after MULTI may only be sent if the server accepts the MULTI: else it would execute
 * each of them at once, alone. So the first transaction of a connection asks: its MULTI is sent
 * alone, and its rest after the server's OK. Later ones are sent in one piece, except on a
 * connection that only one task uses: there each one asks, as no other task has to wait for it.
 *
 * The lock is a leaf; nothing is allocated or freed under it, and no task woken. */
#ifndef EDOI_REDIS_LINK_QUEUE_H
#define EDOI_REDIS_LINK_QUEUE_H

#include "redis/wire/command.h"

#include <edo/future.h>
#include <edo/time.h>

#include <pthread.h>
#include <sys/queue.h>

#define EDOI_REDIS_AT_ONCE 64u /* replies, or wakes, of one hold of the lock */

typedef enum edoi_redis_stage {
    EDOI_REDIS_FRESH,
    EDOI_REDIS_WAITING, /* for room in the ring */
    EDOI_REDIS_PLACED,
    EDOI_REDIS_DONE,
} edoi_redis_stage;

typedef struct edoi_redis_queue edoi_redis_queue;

/* A command, or several behind each other, whose replies a task waits for: a future, ready with 0
 * when all replies are there, or with a negative code. lock: the queue's, once it is polled. */
typedef struct edoi_redis_request {
    edo_future base;
    edoi_redis_queue *queue;
    TAILQ_ENTRY(edoi_redis_request) next; /* while it waits */
    edo_waker *waker;                     /* borrowed while it is pending */
    edoi_redis_command command;           /* until it is in the ring */
    edo_redis_reply **replies;            /* room for all; the first `got_n` are there */
    uint32_t replies_n, got_n;
    bool is_patient; /* const; no limit is on it, nor does it show that the server is silent */
    edoi_redis_stage stage;
    uint64_t number; /* of its entry */
    int64_t at_ns;   /* since when it waits */
    int64_t line_ns; /* how long it has waited for room in the ring; not above 0: it has not, or
                        does */
    int err;
    const char *why; /* static; what `err` is about; NULL: nothing */
} edoi_redis_request;
TAILQ_HEAD(edoi_redis_requests, edoi_redis_request);

/* A place of the queue's ring, for what is sent or waits for replies. Owns `bytes`, until they are
 * taken to be written. */
typedef struct edoi_redis_entry {
    edoi_redis_request *who; /* NULL: no task waits for it any more */
    char *bytes;             /* NULL: it is taken, or is not to be sent */
    size_t n;
    uint32_t replies_n; /* that have not come */
    bool is_patient;
    bool is_tx;    /* the first of them is that to MULTI */
    bool asks;     /* the rest is sent when that has come */
    bool is_late;  /* it was taken, and its limit has passed */
    int64_t at_ns; /* since when it waits, for the limit */
    uint64_t end;  /* of its bytes, among all that were taken for this connection */
} edoi_redis_entry;

/* What the server has said to the MULTI that asks. */
typedef enum edoi_redis_grant {
    EDOI_REDIS_UNTOLD,
    EDOI_REDIS_GRANTED,
    EDOI_REDIS_REFUSED,
} edoi_redis_grant;

struct edoi_redis_queue {
    pthread_mutex_t lock;
    edoi_redis_entry *ring;             /* const */
    uint32_t room;                      /* const; a power of two */
    uint64_t head, taken_at, tail;      /* lock */
    struct edoi_redis_requests waiting; /* lock; the oldest first */
    bool is_closed;                     /* lock */
    bool is_idle;                       /* lock; the writer sleeps, or is about to */
    uint32_t live_n, late_n;            /* lock; inv. 9 */
    int64_t heard_ns;                   /* lock; when bytes have come last */
    uint64_t taken_bytes;               /* lock; for this connection */
    uint64_t arrived;                   /* lock; of them at the last look */
    uint64_t on_way;                    /* lock; number of the entry on its way, plus 1; 0: none */
    bool asks_each;                     /* const */
    bool is_left;                       /* lock; nothing more is taken for this connection */
    bool knows_tx;                      /* lock; the server takes MULTI on this connection */
    edoi_redis_grant grant;             /* lock; of what asks */
    void (*work)(void *arg); /* const: wakes the writer, without the lock: it has something to
                                send, or to look at */
    void *arg;
};

/* What the writer gets of a command. */
typedef struct edoi_redis_piece {
    char *bytes; /* its own: edoi_redis_command_free() */
    size_t n;
    bool asks; /* behind its MULTI edoi_redis_queue_grant() says whether the rest may be sent */
} edoi_redis_piece;

/* Returns 0 or -ENOMEM. `room`: at least 1. `asks_each`: so does each transaction. */
int edoi_redis_queue_init(edoi_redis_queue *q, uint32_t room, bool asks_each);

/* Once it is closed, and no request is pending. */
void edoi_redis_queue_deinit(edoi_redis_queue *q);

/* The future of a command, which it takes. */
edo_future *edoi_redis_request_init(edoi_redis_request *r, edoi_redis_queue *q,
                                    edoi_redis_command command, edo_redis_reply **replies,
                                    uint32_t replies_n, bool is_patient);

/* ---- The writer's ---------------------------------------------------------------------------- */

/* Takes up to `most` commands to send; the last one may ask. 0: none was taken, as there is none or
 * the queue is held. Requests that had waited for room may be in the ring now: see
 * edoi_redis_queue_has_work(). */
size_t edoi_redis_queue_take(edoi_redis_queue *q, edoi_redis_piece *out, size_t most);

/* May the rest of the transaction that asks be sent? `work` is called once the reply has come. If
 * it is refused, no more replies to the transaction are expected. */
edoi_redis_grant edoi_redis_queue_grant(edoi_redis_queue *q);

/* Is there something that may be sent? If not `work` is called once there is. */
bool edoi_redis_queue_has_work(edoi_redis_queue *q);

/* Ends the waits that have lasted for `limit`: -ETIMEDOUT. Returns when to look again, or
 * EDO_FOREVER_NS; in `*is_silent` whether the connection is useless: the server has sent nothing
 * for `limit` although it owes replies, and no task waits for these. */
edo_instant edoi_redis_queue_expire(edoi_redis_queue *q, edo_instant now, edo_duration limit,
                                    bool *is_silent);

/* The server sends nothing; it, or its machine, has received `arrived` of the bytes taken. True:
 * the number has grown, and the oldest command was on its way at the last call, or it is not on its
 * way now. Then the silence counts from now on. */
bool edoi_redis_queue_moves(edoi_redis_queue *q, edo_instant now, uint64_t arrived);

/* ---- The reader's ---------------------------------------------------------------------------- */

/* Bytes have come, and with them `n` replies, at most EDOI_REDIS_AT_ONCE, which it takes. Returns
 * 0, or -EPROTO: there are more replies than commands. */
int edoi_redis_queue_reply(edoi_redis_queue *q, edo_instant now, edo_redis_reply **replies,
                           size_t n);

/* Nothing more is taken for this connection. Returns whether all that was taken is answered. */
bool edoi_redis_queue_leave(edoi_redis_queue *q);

/* ---- The connection's ------------------------------------------------------------------------ */

/* A connection is there: the limits of what waits begin anew. */
void edoi_redis_queue_connected(edoi_redis_queue *q, edo_instant now);

/* It is lost: what was taken fails with `err`. */
void edoi_redis_queue_lost(edoi_redis_queue *q, int err, const char *why);

/* There will be none: all fails that waits now. */
void edoi_redis_queue_fail(edoi_redis_queue *q, int err, const char *why);

/* Likewise, and all that comes. */
void edoi_redis_queue_close(edoi_redis_queue *q, int err, const char *why);

/* For tests: walks all entries, and asserts the invariants. Takes the lock. Debug builds walk the
 * first and the last entries at the end of each hold of the lock. */
void edoi_redis_queue_check(edoi_redis_queue *q);

#endif
