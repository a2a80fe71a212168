/* SPDX-License-Identifier: MIT */
/* redis/link/queue.c: see queue.h. */
#include "redis/link/queue.h"
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "driver/clock.h"

#include <edo/error.h>

#include <errno.h>

/* What is due once the lock is released. */
typedef struct dues {
    edo_waker *wakers[EDOI_REDIS_AT_ONCE];
    size_t wakers_n;
    bool has_work;
} dues;

static void queue_lock(edoi_redis_queue *q) {
    (void)pthread_mutex_lock(&q->lock);
}

static edoi_redis_entry *queue_entry(const edoi_redis_queue *q, uint64_t number) {
    return &q->ring[number & (q->room - 1)];
}

static bool queue_has_room(const edoi_redis_queue *q) {
    return q->tail - q->head < q->room;
}

/* Is a reply owed behind which nothing may be sent, or is the connection left? See queue.h. */
static bool queue_is_held(const edoi_redis_queue *q) {
    return q->is_left || (q->head < q->taken_at && (q->late_n > 0 || q->live_n == 0));
}

static bool queue_may_take(const edoi_redis_queue *q) {
    return q->taken_at < q->tail && !queue_is_held(q);
}

static void entry_check(const edoi_redis_queue *q, uint64_t number) {
    const edoi_redis_entry *e = queue_entry(q, number);
    const edoi_redis_request *r = e->who;
    bool is_taken = number < q->taken_at, is_asking = e->asks && e->is_tx;
    EDO_INV("queue inv. 2", !r || (r->stage == EDOI_REDIS_PLACED && r->number == number));
    EDO_INV("queue inv. 4", is_taken ? !e->bytes : e->bytes || !r);
    EDO_INV("queue inv. 6", !r || r->got_n + e->replies_n <= r->replies_n);
    EDO_INV("queue inv. 7", !is_asking || number + 1 == q->taken_at);
    EDO_INV("queue inv. 7", !is_asking || q->grant == EDOI_REDIS_UNTOLD);
    EDO_INV("queue inv. 8", e->end <= q->taken_bytes);
    EDO_INV("queue inv. 9", !e->is_late || (is_taken && !r && q->late_n > 0));
    EDO_INV("queue inv. 9", !is_taken || !r || q->live_n > 0);
}

/* Called with the lock held; in debug builds each time before that is released. So it walks the
 * entries at both ends of what was taken, and of what was not, and none between. */
static void queue_check(const edoi_redis_queue *q) {
    EDO_INV("queue inv. 1", q->head <= q->taken_at && q->taken_at <= q->tail);
    EDO_INV("queue inv. 1", q->tail - q->head <= q->room);
    EDO_INV("queue inv. 3", TAILQ_EMPTY(&q->waiting) || !queue_has_room(q));
    EDO_INV("queue inv. 5", !q->is_idle || !queue_may_take(q));
    EDO_INV("queue inv. 9", q->live_n + q->late_n <= q->taken_at - q->head);
    if (q->head < q->taken_at) {
        entry_check(q, q->head);
        entry_check(q, q->taken_at - 1);
    }
    if (q->taken_at < q->tail) {
        entry_check(q, q->taken_at);
        entry_check(q, q->tail - 1);
    }
}

static void queue_unlock(edoi_redis_queue *q) {
    EDO_CHECK(queue_check(q));
    (void)pthread_mutex_unlock(&q->lock);
}

/* Does what is due, and releases the lock. */
static void queue_unlock_and_do(edoi_redis_queue *q, const dues *d) {
    queue_unlock(q);
    for (size_t i = 0; i < d->wakers_n; i++) edo_waker_deliver(d->wakers[i]);
    if (d->has_work) q->work(q->arg);
}

void edoi_redis_queue_check(edoi_redis_queue *q) {
    uint32_t live_n = 0, late_n = 0;
    queue_lock(q);
    queue_check(q);
    for (uint64_t i = q->head; i < q->tail; i++) {
        entry_check(q, i);
        live_n += i < q->taken_at && queue_entry(q, i)->who;
        late_n += queue_entry(q, i)->is_late;
    }
    EDO_INV("queue inv. 9", live_n == q->live_n && late_n == q->late_n);
    queue_unlock(q);
}

int edoi_redis_queue_init(edoi_redis_queue *q, uint32_t room, bool asks_each) {
    uint32_t n = 1;
    while (n < room) n *= 2;
    q->ring = edoi_calloc(n, sizeof *q->ring);
    if (!q->ring) return -ENOMEM;
    q->room = n;
    q->asks_each = asks_each;
    TAILQ_INIT(&q->waiting);
    (void)pthread_mutex_init(&q->lock, NULL);
    return 0;
}

void edoi_redis_queue_deinit(edoi_redis_queue *q) {
    if (!q->ring) return;
    EDO_ASSERT(q->head == q->tail && TAILQ_EMPTY(&q->waiting));
    edoi_free(q->ring);
    (void)pthread_mutex_destroy(&q->lock);
}

/* ---- Requests -------------------------------------------------------------------------------- */

/* The following are called with the lock held. */

static void request_end(edoi_redis_request *r, int err, const char *why, dues *d) {
    edo_waker *marked = r->waker ? edo_waker_mark(r->waker) : NULL;
    r->stage = EDOI_REDIS_DONE;
    r->err = err;
    r->why = why;
    r->waker = NULL;
    if (marked) d->wakers[d->wakers_n++] = marked;
}

/* The writer has to know if it sleeps, and something may be taken now. */
static void queue_offer(edoi_redis_queue *q, dues *d) {
    if (!q->is_idle || !queue_may_take(q)) return;
    d->has_work = true;
    q->is_idle = false;
}

/* Gives a request an entry. */
static void queue_enter(edoi_redis_queue *q, edoi_redis_request *r, dues *d) {
    r->stage = EDOI_REDIS_PLACED;
    r->number = q->tail;
    *queue_entry(q, q->tail++) = (edoi_redis_entry){ .who = r,
                                                     .bytes = r->command.bytes,
                                                     .n = r->command.n,
                                                     .replies_n = r->replies_n,
                                                     .is_patient = r->is_patient,
                                                     .is_tx = r->command.is_tx,
                                                     .at_ns = r->at_ns };
    r->command.bytes = NULL;
    queue_offer(q, d);
}

/* Moves waiting requests into the ring while it has room. */
static void queue_enter_waiting(edoi_redis_queue *q, dues *d) {
    while (queue_has_room(q) && !TAILQ_EMPTY(&q->waiting)) {
        edoi_redis_request *r = TAILQ_FIRST(&q->waiting);
        TAILQ_REMOVE(&q->waiting, r, next);
        r->line_ns += edo_now_coarse().ns;
        queue_enter(q, r, d);
    }
}

/* The end of the oldest entry. */
static void queue_pop(edoi_redis_queue *q, int err, const char *why, dues *d) {
    edoi_redis_entry *e = queue_entry(q, q->head);
    EDO_ASSERT(!e->bytes && q->head < q->taken_at);
    q->late_n -= e->is_late;
    if (e->who) {
        q->live_n--;
        request_end(e->who, err, why, d);
    }
    q->head++;
    queue_enter_waiting(q, d);
    queue_offer(q, d);
}

/* Passes over entries that need no reply. */
static void queue_pop_dead(edoi_redis_queue *q, dues *d) {
    while (q->head < q->taken_at && queue_entry(q, q->head)->replies_n == 0)
        queue_pop(q, 0, NULL, d);
}

static void request_begin(edoi_redis_request *r, edo_cx *cx, dues *d) {
    edoi_redis_queue *q = r->queue;
    if (q->is_closed) {
        r->stage = EDOI_REDIS_DONE;
        r->err = -EDO_ECLOSED;
        return;
    }
    r->at_ns = edo_now_coarse().ns;
    r->waker = edo_cx_waker(cx);
    if (TAILQ_EMPTY(&q->waiting) && queue_has_room(q)) {
        queue_enter(q, r, d);
        return;
    }
    r->stage = EDOI_REDIS_WAITING;
    r->line_ns = -r->at_ns;
    TAILQ_INSERT_TAIL(&q->waiting, r, next);
}

static edo_polled request_poll(edo_future *f, edo_cx *cx) {
    edoi_redis_request *r = (edoi_redis_request *)(void *)f;
    dues d = { .wakers_n = 0 };
    if (!edo_budget_take(cx)) return EDO_PENDING;
    queue_lock(r->queue);
    if (r->stage == EDOI_REDIS_FRESH) request_begin(r, cx, &d);
    bool is_done = r->stage == EDOI_REDIS_DONE;
    if (!is_done) r->waker = edo_cx_waker(cx);
    queue_unlock_and_do(r->queue, &d);
    if (!is_done) {
        edo_budget_refund(cx);
        return EDO_PENDING;
    }
    edoi_redis_command_free(r->command.bytes); // it was refused
    r->command.bytes = NULL;
    return edo_future_finish(f, r->err);
}

/* No task waits any more for the replies to a taken entry. If no task waits for any missing reply,
 * and one is late, the writer is woken to check the connection. Called with the lock held. */
static void queue_abandon(edoi_redis_queue *q, dues *d) {
    q->live_n--;
    d->has_work |= q->live_n == 0 && q->late_n > 0;
}

/* Takes a request out of the queue, and returns its bytes if they are not needed any more. Called
 * with the lock held. */
static char *request_leave(edoi_redis_request *r, dues *d) {
    edoi_redis_queue *q = r->queue;
    if (r->stage == EDOI_REDIS_WAITING) TAILQ_REMOVE(&q->waiting, r, next);
    if (r->stage != EDOI_REDIS_PLACED) return r->command.bytes;
    edoi_redis_entry *e = queue_entry(q, r->number);
    char *bytes = e->bytes;
    e->who = NULL;
    e->bytes = NULL;
    if (r->number >= q->taken_at)
        e->replies_n = 0;
    else
        queue_abandon(q, d);
    return bytes;
}

static void request_drop(edo_future *f) {
    edoi_redis_request *r = (edoi_redis_request *)(void *)f;
    dues d = { .wakers_n = 0 };
    if (edo_future_is_over(f)) return;
    queue_lock(r->queue);
    char *bytes = request_leave(r, &d);
    r->stage = EDOI_REDIS_DONE;
    queue_unlock_and_do(r->queue, &d);
    r->command.bytes = NULL;
    edoi_redis_command_free(bytes);
    edo_future_retire(f);
}

static void request_describe(const edo_future *f, edo_description *to) {
    const edoi_redis_request *r = (const edoi_redis_request *)(const void *)f;
    edo_describe_text(to, "%u repl%s of Redis", (unsigned)r->replies_n,
                      r->replies_n == 1 ? "y" : "ies");
}

static const edo_future_ops request_ops = { .poll = request_poll,
                                            .drop = request_drop,
                                            .name = "edo_redis_cmd",
                                            .size = sizeof(edoi_redis_request),
                                            .describe = request_describe };

edo_future *edoi_redis_request_init(edoi_redis_request *r, edoi_redis_queue *q,
                                    edoi_redis_command command, edo_redis_reply **replies,
                                    uint32_t replies_n, bool is_patient) {
    *r = (edoi_redis_request){ .queue = q,
                               .command = command,
                               .replies = replies,
                               .replies_n = replies_n,
                               .is_patient = is_patient };
    return edo_future_init(&r->base, &request_ops);
}

/* ---- The writer's ---------------------------------------------------------------------------- */

/* Takes the next entry. Returns false if none may be taken with it. Called with the lock held. */
static bool queue_take_one(edoi_redis_queue *q, edoi_redis_piece *out, size_t *n) {
    edoi_redis_entry *e = queue_entry(q, q->taken_at++);
    if (!e->bytes) return true;
    q->live_n++;
    e->end = q->taken_bytes += e->n;
    e->asks = e->is_tx && !q->knows_tx;
    out[(*n)++] = (edoi_redis_piece){ e->bytes, e->n, e->asks };
    e->bytes = NULL;
    if (e->asks) q->grant = EDOI_REDIS_UNTOLD;
    return !e->asks;
}

size_t edoi_redis_queue_take(edoi_redis_queue *q, edoi_redis_piece *out, size_t most) {
    size_t n = 0;
    dues d = { .wakers_n = 0 };
    queue_lock(q);
    if (!queue_is_held(q))
        while (n < most && q->taken_at < q->tail && queue_take_one(q, out, &n)) continue;
    queue_pop_dead(q, &d);
    q->is_idle = n == 0 && !queue_may_take(q);
    d.has_work = false; // the writer is this one
    queue_unlock_and_do(q, &d);
    return n;
}

edoi_redis_grant edoi_redis_queue_grant(edoi_redis_queue *q) {
    queue_lock(q);
    edoi_redis_grant grant = q->grant;
    queue_unlock(q);
    return grant;
}

bool edoi_redis_queue_has_work(edoi_redis_queue *q) {
    queue_lock(q);
    bool has_work = queue_may_take(q);
    q->is_idle = !has_work;
    queue_unlock(q);
    return has_work;
}

/* Ends the wait for an entry; its bytes, if they are not taken, go back to the request. */
static void entry_end(edoi_redis_queue *q, uint64_t number, int err, const char *why, dues *d) {
    edoi_redis_entry *e = queue_entry(q, number);
    edoi_redis_request *r = e->who;
    if (!r) return;
    if (number >= q->taken_at) {
        r->command.bytes = e->bytes;
        e->bytes = NULL;
        e->replies_n = 0;
    } else {
        q->live_n--;
    }
    e->who = NULL;
    request_end(r, err, why, d);
}

/* Limits of one look. */
typedef struct expiry {
    int64_t since_ns; /* waits that began before are over */
    int64_t first_ns; /* the begin of the oldest that is not; EDO_FOREVER_NS: there is none */
    dues d;
} expiry;

/* Is a wait that began at `at_ns` over? Called for the oldest first. */
static bool expiry_has(expiry *x, int64_t at_ns) {
    bool is_over = at_ns <= x->since_ns;
    if (!is_over && at_ns < x->first_ns) x->first_ns = at_ns;
    return is_over;
}

#define WHY_LATE   "no reply came in time"
#define WHY_UNSENT "it was not sent in time"

/* The time limit of an entry has passed; a task may still wait for it, or not. */
static void entry_expire(edoi_redis_queue *q, uint64_t number, dues *d) {
    bool is_taken = number < q->taken_at;
    entry_end(q, number, -ETIMEDOUT, is_taken ? WHY_LATE : WHY_UNSENT, d);
    queue_entry(q, number)->is_late = is_taken;
    q->late_n += is_taken;
}

/* Can the time limit of an entry not pass any more? It has none, it has passed, or the entry was
 * not taken and no task waits for it. */
static bool entry_is_beyond_limits(const edoi_redis_queue *q, uint64_t number) {
    const edoi_redis_entry *e = queue_entry(q, number);
    return e->is_patient || e->is_late || (!e->who && number >= q->taken_at);
}

/* Returns false if there may be more of them. */
static bool queue_expire_some(edoi_redis_queue *q, expiry *x) {
    for (uint64_t i = q->head; i < q->tail; i++) {
        if (entry_is_beyond_limits(q, i)) continue;
        if (!expiry_has(x, queue_entry(q, i)->at_ns)) return true; // nor is any that came later
        if (x->d.wakers_n == EDOI_REDIS_AT_ONCE) return false;
        entry_expire(q, i, &x->d);
    }
    edoi_redis_request *r, *next;
    for (r = TAILQ_FIRST(&q->waiting); r; r = next) {
        next = TAILQ_NEXT(r, next);
        if (r->is_patient) continue;
        if (!expiry_has(x, r->at_ns)) return true;
        if (x->d.wakers_n == EDOI_REDIS_AT_ONCE) return false;
        TAILQ_REMOVE(&q->waiting, r, next);
        request_end(r, -ETIMEDOUT, WHY_UNSENT, &x->d);
    }
    return true;
}

/* Since when has the server been silent while it owes replies that no task waits for?
 * EDO_FOREVER_NS: it owes none, or a task waits for another reply. */
static int64_t queue_silent_since(const edoi_redis_queue *q) {
    if (q->head == q->taken_at || q->live_n > 0) return EDO_FOREVER_NS;
    const edoi_redis_entry *e = queue_entry(q, q->head);
    if (e->is_patient) return EDO_FOREVER_NS;
    return q->heard_ns > e->at_ns ? q->heard_ns : e->at_ns;
}

edo_instant edoi_redis_queue_expire(edoi_redis_queue *q, edo_instant now, edo_duration limit,
                                    bool *is_silent) {
    expiry x;
    bool is_done = false;
    int64_t silent_ns = EDO_FOREVER_NS;
    *is_silent = false;
    if (limit.ns == EDO_FOREVER_NS) return (edo_instant){ EDO_FOREVER_NS };
    while (!is_done) {
        x = (expiry){ .since_ns = now.ns - limit.ns, .first_ns = EDO_FOREVER_NS };
        queue_lock(q);
        is_done = queue_expire_some(q, &x);
        silent_ns = queue_silent_since(q);
        queue_unlock_and_do(q, &x.d);
    }
    *is_silent = silent_ns <= x.since_ns;
    if (silent_ns < x.first_ns) x.first_ns = silent_ns;
    if (x.first_ns == EDO_FOREVER_NS) return (edo_instant){ EDO_FOREVER_NS };
    return (edo_instant){ edoi_time_after(x.first_ns, limit.ns) };
}

bool edoi_redis_queue_moves(edoi_redis_queue *q, edo_instant now, uint64_t arrived) {
    queue_lock(q);
    bool is_there = q->head == q->taken_at || queue_entry(q, q->head)->end <= arrived;
    bool was_on_way = q->on_way == q->head + 1;
    bool moves = arrived > q->arrived && (!is_there || was_on_way);
    q->on_way = is_there ? 0 : q->head + 1;
    q->arrived = arrived;
    if (moves) q->heard_ns = now.ns;
    queue_unlock(q);
    return moves;
}

/* ---- The reader's ---------------------------------------------------------------------------- */

/* The reply to the MULTI of a transaction. */
static void queue_hear_multi(edoi_redis_queue *q, edoi_redis_entry *e, bool is_refused, dues *d) {
    e->is_tx = false;
    q->knows_tx = !is_refused && !q->asks_each;
    if (!e->asks) return; // all of it was sent
    q->grant = is_refused ? EDOI_REDIS_REFUSED : EDOI_REDIS_GRANTED;
    if (is_refused) e->replies_n = 1;
    d->has_work = true;
}

/* Gives the oldest entry its next reply; returns false if there is none that wants one. */
static bool queue_give(edoi_redis_queue *q, edo_redis_reply **reply, dues *d) {
    if (q->head == q->taken_at) return false;
    edoi_redis_entry *e = queue_entry(q, q->head);
    EDO_ASSERT(e->replies_n > 0); // dead ones are passed over when they come first
    if (e->is_tx) queue_hear_multi(q, e, edo_redis_reply_kind(*reply) == EDO_REDIS_ERROR, d);
    e->replies_n--;
    if (e->who) {
        e->who->replies[e->who->got_n++] = *reply;
        *reply = NULL;
    }
    if (e->replies_n == 0) {
        queue_pop(q, 0, NULL, d);
        queue_pop_dead(q, d);
    }
    return true;
}

int edoi_redis_queue_reply(edoi_redis_queue *q, edo_instant now, edo_redis_reply **replies,
                           size_t n) {
    dues d = { .wakers_n = 0 };
    int err = 0;
    EDO_ASSERT(n <= EDOI_REDIS_AT_ONCE);
    queue_lock(q);
    q->heard_ns = now.ns;
    for (size_t i = 0; i < n && err == 0; i++)
        if (!queue_give(q, &replies[i], &d)) err = -EPROTO;
    queue_unlock_and_do(q, &d);
    for (size_t i = 0; i < n; i++) edo_redis_reply_free(replies[i]);
    return err;
}

bool edoi_redis_queue_leave(edoi_redis_queue *q) {
    queue_lock(q);
    q->is_left = true;
    bool is_answered = q->head == q->taken_at;
    queue_unlock(q);
    return is_answered;
}

/* ---- The connection's ------------------------------------------------------------------------ */

void edoi_redis_queue_connected(edoi_redis_queue *q, edo_instant now) {
    edoi_redis_request *r;
    queue_lock(q);
    EDO_ASSERT(q->head == q->taken_at);
    q->heard_ns = now.ns;
    q->knows_tx = false;
    q->taken_bytes = q->arrived = q->on_way = 0;
    for (uint64_t i = q->head; i < q->tail; i++) queue_entry(q, i)->at_ns = now.ns;
    TAILQ_FOREACH(r, &q->waiting, next) r->at_ns = now.ns;
    queue_unlock(q);
}

/* Ends up to EDOI_REDIS_AT_ONCE waits for what was taken. Returns false if there may be more. */
static bool queue_lose_some(edoi_redis_queue *q, int err, const char *why, dues *d) {
    while (q->head < q->taken_at && d->wakers_n < EDOI_REDIS_AT_ONCE) queue_pop(q, err, why, d);
    return q->head == q->taken_at;
}

void edoi_redis_queue_lost(edoi_redis_queue *q, int err, const char *why) {
    bool is_done = false;
    while (!is_done) {
        dues d = { .wakers_n = 0 };
        queue_lock(q);
        q->is_left = q->is_idle = false; // whoever is next looks for work itself
        is_done = queue_lose_some(q, err, why, &d);
        queue_unlock_and_do(q, &d);
    }
}

/* Likewise, of all waits. */
static bool queue_fail_some(edoi_redis_queue *q, int err, const char *why, dues *d) {
    while (!TAILQ_EMPTY(&q->waiting) && d->wakers_n < EDOI_REDIS_AT_ONCE) {
        edoi_redis_request *r = TAILQ_FIRST(&q->waiting);
        TAILQ_REMOVE(&q->waiting, r, next);
        request_end(r, err, why, d);
    }
    while (q->head < q->tail && d->wakers_n < EDOI_REDIS_AT_ONCE) {
        if (q->taken_at == q->head) {
            entry_end(q, q->head, err, why, d);
            q->taken_at++;
        }
        queue_pop(q, err, why, d);
    }
    return q->head == q->tail;
}

static void queue_fail(edoi_redis_queue *q, int err, const char *why, bool closes) {
    bool is_done = false;
    while (!is_done) {
        dues d = { .wakers_n = 0 };
        queue_lock(q);
        q->is_closed |= closes;
        is_done = queue_fail_some(q, err, why, &d);
        queue_unlock_and_do(q, &d);
    }
}

void edoi_redis_queue_fail(edoi_redis_queue *q, int err, const char *why) {
    queue_fail(q, err, why, false);
}

void edoi_redis_queue_close(edoi_redis_queue *q, int err, const char *why) {
    queue_fail(q, err, why, true);
}
