/* SPDX-License-Identifier: MIT */
/* redis/link/link.c: see link.h. */
#include "redis/link/link.h"
#include "base/assert.h"
#include "base/memory/alloc.h"
#include "records/unfinished.h"
#include "redis/wire/reply.h"

#include <edo/error.h>
#include <edo/net.h>
#include <edo/retry.h>
#include <edo/scope.h>

#include <errno.h>
#include <string.h>

#define OUT_BYTES ((size_t)16 << 10)
#define ROLE_S    5 /* that a connection stays though its server does not write */

/* ---- Walks ----------------------------------------------------------------------------------- */

/* No lock: while there is a writer it alone changes `taken_bytes`. */
void edoi_redis_link_check_written(const edo_redis *r) {
    EDO_INV("link inv. 2", r->written == r->queue.taken_bytes);
}

void edoi_redis_link_check_between(edo_redis *r) {
    (void)pthread_mutex_lock(&r->queue.lock);
    EDO_INV("link inv. 3", !r->wire.stream);
    EDO_INV("link inv. 3", r->queue.head == r->queue.taken_at);
    (void)pthread_mutex_unlock(&r->queue.lock);
}

/* ---- The writer ------------------------------------------------------------------------------ */

/* Is the server silent because the oldest command is still on its way to it? */
static bool writer_moves(edo_redis *r, edo_instant now) {
    edo_tcp_taken taken;
    uint64_t arrived = r->written; // others than TCP do not tell
    if (edo_tcp_get_taken(r->wire.stream, &taken) == 0)
        arrived = arrived > taken.left ? arrived - taken.left : 0;
    return edoi_redis_queue_moves(&r->queue, now, arrived);
}

/* Ends waits that have lasted too long. Returns how long it is until the next look, or -ETIMEDOUT
 * if the server is silent. */
static int writer_look(edo_redis *r, edo_duration *left) {
    edo_duration limit = r->place->opts.response_timeout;
    bool is_silent;
    edo_instant now = edo_now();
    edo_instant next = edoi_redis_queue_expire(&r->queue, now, limit, &is_silent);
    if (is_silent && writer_moves(r, now))
        next = edoi_redis_queue_expire(&r->queue, now, limit, &is_silent);
    if (is_silent) {
        r->said = "the server is silent";
        return -ETIMEDOUT;
    }
    left->ns = next.ns == EDO_FOREVER_NS ? EDO_FOREVER_NS : edo_instant_since(next, now).ns;
    return 0;
}

/* Waits until there is something to send, or to look at. */
static int writer_rest(edo_redis *r) {
    edo_duration left;
    int err = writer_look(r, &left);
    if (err < 0) return err;
    edo_deadline d;
    edo_deadline_begin(&d, left);
    err = edo_deadline_end(&d, edo_notify_wait(&r->work));
    if (err == -ETIMEDOUT) return 0;
    // the tasks that can run now have something to send, too: that is one write then
    return err < 0 ? err : edo_yield();
}

/* The socket is full: waits until the server takes some of these bytes. */
static int writer_wait(edo_redis *r, const char *bytes, size_t n) {
    edo_duration left;
    int err = writer_look(r, &left);
    if (err < 0) return err;
    edo_deadline d;
    edo_deadline_begin(&d, left);
    err = edo_deadline_end(&d, edo_write(r->wire.stream, bytes, n));
    return err == -ETIMEDOUT ? 0 : err;
}

static int writer_put(edo_redis *r, const char *bytes, size_t n) {
    while (n > 0) {
        int done = edo_try_write(r->wire.stream, bytes, n);
        if (done == -EAGAIN) done = writer_wait(r, bytes, n);
        if (done < 0) return done;
        bytes += done;
        n -= (size_t)done;
        r->written += (size_t)done;
    }
    return 0;
}

/* Writes MULTI, and the rest if the server takes that. */
static int writer_ask(edo_redis *r, const edoi_redis_piece *p) {
    edoi_redis_grant grant = EDOI_REDIS_UNTOLD;
    size_t n = EDOI_REDIS_MULTI.len;
    int err = writer_put(r, p->bytes, n);
    while (err == 0 && (grant = edoi_redis_queue_grant(&r->queue)) == EDOI_REDIS_UNTOLD)
        err = writer_rest(r);
    if (grant == EDOI_REDIS_GRANTED) return writer_put(r, p->bytes + n, p->n - n);
    r->written += p->n - n; // which were taken, too
    return err;
}

/* Gathers a piece, or writes it if it is large. `*held` bytes are gathered. */
static int writer_gather(edo_redis *r, const edoi_redis_piece *p, size_t *held) {
    int err = 0;
    if (*held + p->n > OUT_BYTES || p->asks) {
        err = writer_put(r, r->out, *held);
        *held = 0;
    }
    if (err < 0) return err;
    if (p->asks) return writer_ask(r, p);
    if (p->n > OUT_BYTES) return writer_put(r, p->bytes, p->n);
    memcpy(r->out + *held, p->bytes, p->n);
    *held += p->n;
    return 0;
}

static int writer_send(edo_redis *r, const edoi_redis_piece *pieces, size_t n) {
    size_t held = 0;
    int err = 0;
    for (size_t i = 0; i < n; i++) {
        if (err == 0) err = writer_gather(r, &pieces[i], &held);
        edoi_redis_command_free(pieces[i].bytes);
    }
    return err < 0 ? err : writer_put(r, r->out, held);
}

static int writer_run(void *arg) {
    edo_redis *r = arg;
    edoi_redis_piece pieces[EDOI_REDIS_AT_ONCE];
    int err = 0;
    while (err >= 0) {
        size_t n = edoi_redis_queue_take(&r->queue, pieces, EDO_COUNT(pieces));
        if (n > 0) {
            err = writer_send(r, pieces, n);
        } else if (!edoi_redis_queue_has_work(&r->queue)) {
            EDO_CHECK(edoi_redis_link_check_written(r));
            err = writer_rest(r);
        }
    }
    return err;
}

/* ---- The keeper ------------------------------------------------------------------------------ */

/* Does the server say that it does not write any more? Another one may at the same address: once
 * all that was sent is answered the connection is made anew. One that was made just now has found
 * what there is; one of a task's own would not come back. */
static bool keeper_has_lost_writes(const edo_redis *r, const edo_redis_reply *reply) {
    return !r->is_own && reply->kind == EDO_REDIS_ERROR &&
           edo_str_equal(edoi_redis_reply_code(reply), EDO_STR("READONLY")) &&
           edo_instant_since(edo_now_coarse(), r->connected_at).ns >= edo_s(ROLE_S).ns;
}

/* Delivers the replies that have come to the requests that wait for them. */
static int keeper_deliver(edo_redis *r, const char **why) {
    edo_redis_reply *replies[EDOI_REDIS_AT_ONCE];
    int rc = 1;
    while (rc == 1) {
        size_t n = 0;
        while (n < EDO_COUNT(replies) &&
               (rc = edoi_redis_reader_next(&r->wire.reader, &replies[n])) == 1)
            r->is_left |= keeper_has_lost_writes(r, replies[n++]);
        if (edoi_redis_queue_reply(&r->queue, edo_now_coarse(), replies, n) < 0) {
            *why = "the server has sent what nobody asked for";
            return -EPROTO;
        }
    }
    if (rc < 0) *why = edoi_redis_wire_why(&r->wire);
    if (rc < 0 || !r->is_left || !edoi_redis_queue_leave(&r->queue)) return rc;
    *why = "the server does not write any more";
    return -ECONNRESET;
}

static int keeper_read(edo_redis *r, const char **why) {
    int err = 0;
    while (err == 0) {
        err = edoi_redis_wire_fill(&r->wire);
        if (err < 0) *why = edoi_redis_wire_why(&r->wire);
        if (err == 0) err = keeper_deliver(r, why);
    }
    return err == -EDO_EEOF ? -ECONNRESET : err;
}

/* Serves a connection until it is lost; returns why. */
static int keeper_serve(edo_redis *r, const char **why) {
    edo_scope s;
    r->said = NULL;
    r->is_left = false;
    r->written = 0;
    r->connected_at = edo_now();
    edoi_redis_queue_connected(&r->queue, r->connected_at);
    edo_scope_begin(&s, NULL);
    edo_scope_spawn(&s, writer_run, r);
    int err = keeper_read(r, why);
    edo_scope_cancel(&s);
    int end = edo_scope_end(&s, 0);
    if (err == -ECANCELED && end < 0) { // it is the writer that has ended, unless this task has
        err = end;
        *why = r->said ? r->said : "the connection is lost";
    }
    edoi_redis_wire_deinit(&r->wire);
    return err == -EPIPE ? -ECONNRESET : err; // it was noticed by a write
}

static int keeper_connect(edo_redis *r, const char **why) {
    const edo_redis_opts *o = &r->place->opts;
    edo_backoff pauses;
    int err = edo_backoff_init(
        &pauses, &(edo_backoff_opts){ .pause_min = o->pause_min, .pause_max = o->pause_max });
    for (uint32_t i = 1; err == 0 && !r->wire.stream; i++) {
        err = edoi_redis_dial(&r->wire, r->place, why);
        if (err == 0 || err == -ECANCELED || edoi_redis_dial_is_final(err) || i >= o->tries) break;
        err = edo_sleep(edo_backoff_next(&pauses));
    }
    return err;
}

/* Waits until a connection is needed. */
static int keeper_rest(edo_redis *r) {
    int err = 0;
    while (err == 0 && !r->wire.stream && !edoi_redis_queue_has_work(&r->queue))
        err = edo_notify_wait(&r->work);
    return err;
}

/* One connection, from its begin to its end; what it leaves undone fails. */
static int keeper_turn(edo_redis *r, const char **why) {
    int err = keeper_connect(r, why);
    if (err < 0) {
        edoi_redis_queue_fail(&r->queue, err, *why);
        return err;
    }
    err = keeper_serve(r, why);
    edoi_redis_queue_lost(&r->queue, err, *why);
    return err;
}

static int keeper_run(void *arg) {
    edo_redis *r = arg;
    const char *why = NULL;
    int err = keeper_rest(r);
    while (err == 0) {
        err = keeper_turn(r, &why);
        EDO_CHECK(edoi_redis_link_check_between(r));
        edo_trail_clear(); // callers get `why`
        if (err == -ECANCELED || r->is_own) break;
        err = keeper_rest(r);
    }
    edoi_redis_queue_close(&r->queue, -EDO_ECLOSED, why);
    edoi_redis_wire_deinit(&r->wire);
    edo_rc_unref(r);
    return 0;
}

/* ---- Begin and end --------------------------------------------------------------------------- */

static void link_wake_writer(void *arg) {
    edo_redis *r = arg;
    edo_notify_one(&r->work);
}

static void redis_deinit(void *self) {
    edo_redis *r = self;
    EDO_ASSERT(!r->kept);
    edoi_redis_wire_deinit(&r->wire);
    edoi_redis_queue_deinit(&r->queue);
    edo_cancel_unref(r->closing);
    edoi_free(r->out);
    edo_rc_unref(r->place);
}

static int link_init(edo_redis *r, bool connects) {
    const char *why = NULL;
    r->out = edoi_alloc(OUT_BYTES);
    if (!r->out) return -ENOMEM;
    int err = edo_cancel_new(&r->closing);
    if (err == 0) err = edoi_redis_queue_init(&r->queue, r->place->opts.queue_max, r->is_own);
    if (err < 0 || !connects) return err;
    err = edoi_redis_dial(&r->wire, r->place, &why);
    return edoi_redis_place_fail(r->place, err, why);
}

int edoi_redis_link_new(edo_redis **out, edoi_redis_place *place, bool is_own, bool connects) {
    edo_redis *r = edo_rc_new(sizeof *r, redis_deinit);
    if (!r) return -ENOMEM;
    *r = (edo_redis){ .place = edo_rc_ref(place), .is_own = is_own, .work = EDO_NOTIFY_INIT };
    r->queue.work = link_wake_writer;
    r->queue.arg = r;
    int err = link_init(r, connects);
    if (err == 0) {
        edo_spawn_opts opts = { .name = EDOI_OWN_TASK "a connection of Redis",
                                .no_context = true,
                                .cancel = r->closing };
        (void)edo_rc_ref(r);
        err = edo_spawn_detached_with(keeper_run, r, &opts);
        if (err < 0) edo_rc_unref(r);
    }
    if (err < 0) {
        edo_rc_unref(r);
        return err;
    }
    *out = r;
    return 0;
}

void edoi_redis_link_close(edo_redis *r) {
    edoi_redis_queue_close(&r->queue, -EDO_ECLOSED, "it was closed");
    edo_cancel(r->closing, 0);
}

edo_redis *edoi_redis_link_take(edo_redis *r) {
    (void)pthread_mutex_lock(&r->queue.lock);
    edo_redis *kept = r->kept;
    r->kept = NULL;
    (void)pthread_mutex_unlock(&r->queue.lock);
    return kept;
}

bool edoi_redis_link_keep(edo_redis *r, edo_redis *own) {
    EDO_INV("link inv. 1", own->is_own && own != r);
    (void)pthread_mutex_lock(&r->queue.lock);
    bool is_kept = !r->kept && !r->queue.is_closed;
    if (is_kept) r->kept = own;
    (void)pthread_mutex_unlock(&r->queue.lock);
    return is_kept;
}
