/* SPDX-License-Identifier: MIT */
/* tls/stream/stream.c: the operations of a TLS stream. See tls.h. */
#include "tls/stream/tls.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define IN_BYTES                                                                                   \
    (EDOI_TLS_RECORD_MAX + 512)           /* of one read from below: a record with its overhead */
#define TURNS_MAX 8                       /* reads from below in one poll */
#define LEFT_MAX  (4 * EDOI_TLS_NEXT_MAX) /* of a peer that makes this end write and does not read */

static edoi_tls *tls_of(edo_stream *s) {
    return (edoi_tls *)(void *)s;
}

/* Every poll begins in no list of the stream below: it may wait for the other direction now. */
static void tls_unlink(const edoi_tls *self, edo_io_wait *wait) {
    // relaxed: only the operation looks at its link from outside of the list
    if (wait && edoi_load_rlx_ptr(&wait->next)) self->below->ops->unwait(self->below, wait);
}

/* The operation gave way to another thread, which has the stream for the length of one call. */
static edo_polled tls_give_way(edo_cx *cx, int *result) {
    *result = -EAGAIN;
    if (!cx) return EDO_READY;
    edo_cx_wake(cx);
    return EDO_PENDING;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Called with `mu` held, after a call of OpenSSL for reading that failed. Returns 0 at the end,
 * -EAGAIN, or a code. */
static int tls_read_failure(edoi_tls *self, int why) {
    if (why == SSL_ERROR_WANT_READ) return -EAGAIN;
    if (why == SSL_ERROR_ZERO_RETURN) {
        self->read_err = 1;
        return 0;
    }
    self->read_fault = edoi_tls_fault_take();
    self->read_err = edoi_tls_read_fault(self, why);
    if (self->write_err == 0) self->write_err = -EPIPE; // OpenSSL sends nothing any more
    return self->read_err;
}

/* Would OpenSSL find anything? It takes a thousand instructions to find nothing, which a read sees
 * before and after the bytes that come. */
static bool tls_has_input(const edoi_tls *self) {
    return self->in.len + self->fresh.len > 0 || self->in_ended || SSL_pending(self->ssl) > 0;
}

/* Decrypts into one buffer. Returns the bytes, 0 at the end, -EAGAIN, or a code. Called with `mu`
 * held. */
static int tls_decrypt(edoi_tls *self, const struct iovec *to, uint32_t flags) {
    size_t n = 0, room = to->iov_len < INT_MAX ? to->iov_len : INT_MAX;
    if (self->read_err != 0) return self->read_err < 0 ? self->read_err : 0;
    if (!tls_has_input(self)) return -EAGAIN;
    edoi_tls_forget_faults();
    int ok = flags & EDO_IO_PEEK ? SSL_peek_ex(self->ssl, to->iov_base, room, &n)
                                 : SSL_read_ex(self->ssl, to->iov_base, room, &n);
    return ok == 1 ? (int)n : tls_read_failure(self, SSL_get_error(self->ssl, ok));
}

/* Decrypts as much as is there and has room. Called with `mu` held. */
static int tls_read_now(edoi_tls *self, const struct iovec *to, size_t n, uint32_t flags) {
    int total = 0;
    for (size_t i = 0; i < n; i++) {
        struct iovec room = to[i];
        while (room.iov_len > 0) {
            int got = tls_decrypt(self, &room, flags);
            if (got <= 0) return total > 0 ? total : got;
            if (got > INT_MAX - total || flags & EDO_IO_PEEK) return total + got;
            total += got;
            room.iov_base = (char *)room.iov_base + got;
            room.iov_len -= (size_t)got;
        }
    }
    return total;
}

/* Takes what came from below, and decrypts. Called with `mu` held, and the bytes in a buffer of
 * this thread. Returns as tls_read_now(). */
static int tls_read_fresh(edoi_tls *self, edo_str came, const struct iovec *to, size_t n,
                          uint32_t flags) {
    EDO_INV("tls inv. 1", self->in.len == 0 && self->fresh.len == 0);
    self->fresh = came;
    int got = tls_read_now(self, to, n, flags);
    if (self->fresh.len > 0 && edo_buf_append(&self->in, self->fresh.ptr, self->fresh.len) < 0)
        self->read_err = -ENOMEM; // bytes are lost: nothing behind them can be read
    self->fresh = (edo_str){ NULL, 0 };
    return got;
}

/* What a read wants, and whether its last look below has brought bytes, or the end. */
typedef struct tls_wish {
    const struct iovec *to;
    size_t n;
    uint32_t flags;
    bool has_come;
} tls_wish;

/* Where ciphertext lies until it is decrypted: a buffer of the thread, which is used up before
 * anything else runs there, unless a stream below is one of TLS, too, and reads at this moment. */
typedef struct tls_room {
    char *at;
    edo_buf own;
} tls_room;

static _Thread_local char here[IN_BYTES];
static _Thread_local bool is_here_taken;

static int tls_room_begin(tls_room *room) {
    *room = (tls_room){ .at = here };
    int err = is_here_taken ? edo_buf_reserve(&room->own, IN_BYTES) : 0;
    if (is_here_taken) room->at = room->own.ptr;
    is_here_taken = true;
    return err;
}

static void tls_room_end(tls_room *room) {
    if (room->at == here) is_here_taken = false;
    edo_buf_deinit(&room->own);
}

/* Reads from below, and decrypts that. OpenSSL has taken all that came before. */
static edo_polled tls_fill(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, tls_wish *wish,
                           int *result) {
    edoi_tls_lock(self);
    bool is_busy = self->is_reading || self->in.len > 0 || self->read_err != 0 || self->is_closed ||
                   SSL_pending(self->ssl) > 0; // another reader was quicker
    if (!is_busy) self->is_reading = true;
    edoi_tls_unlock(self);
    if (is_busy) return tls_give_way(cx, result);

    tls_room room;
    *result = tls_room_begin(&room);
    if (*result < 0) {
        edoi_tls_lock(self);
        self->is_reading = false;
        edoi_tls_unlock(self);
        return EDO_READY;
    }
    const struct iovec vec = { room.at, IN_BYTES };
    edo_polled polled = self->below->ops->poll_read(self->below, cx, wait, &vec, 1, 0, result);
    edoi_tls_lock(self);
    self->is_reading = false;
    bool is_late = polled == EDO_PENDING && self->is_closed; // no close wakes it
    if (polled == EDO_PENDING && !is_late) self->read_wait = wait;
    if (polled == EDO_READY && *result >= 0) {
        edo_str came = { room.at, (size_t)*result };
        wish->has_come = true;
        if (came.len == 0) self->in_ended = true;
        *result = tls_read_fresh(self, came, wish->to, wish->n, wish->flags);
    }
    bool is_left = edoi_tls_left(self) > 0;
    edoi_tls_unlock(self);
    tls_room_end(&room);
    if (is_late) {
        self->below->ops->unwait(self->below, wait);
        *result = -EDO_ECLOSED;
        return EDO_READY;
    }
    int flushed; // an alert, or a reply to what came; a write says what is wrong
    if (EDOI_UNLIKELY(is_left)) (void)edoi_tls_poll_flush(self, NULL, NULL, &flushed);
    return polled;
}

/* A read that has to wait writes first what is left, if that is much: its peer makes this end write
 * and does not read. Ready with 0 when it may read. */
static edo_polled tls_write_first(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, bool is_much,
                                  int *result) {
    if (is_much) return edoi_tls_poll_flush(self, cx, wait, result);
    (void)edoi_tls_poll_flush(self, NULL, NULL, result);
    *result = 0; // a write says what is wrong
    return EDO_READY;
}

static edo_polled tls_read_once(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, tls_wish *wish,
                                int *result) {
    edoi_tls_lock(self);
    int got = self->is_closed ? -EDO_ECLOSED : tls_read_now(self, wish->to, wish->n, wish->flags);
    size_t left = edoi_tls_left(self);
    edoi_tls_unlock(self);
    if (EDOI_UNLIKELY(left > 0)) {
        bool is_much = got == -EAGAIN && left > LEFT_MAX;
        edo_polled polled = tls_write_first(self, cx, wait, is_much, result);
        if (polled == EDO_PENDING || *result < 0) return polled;
    }
    *result = got;
    return got == -EAGAIN ? tls_fill(self, cx, wait, wish, result) : EDO_READY;
}

/* ---- Why it has ended ------------------------------------------------------------------------ */

/* Has the other end said why? Called with `mu` held. */
static bool tls_was_told(const edoi_tls *self) {
    return self->read_fault != 0 && (self->read_err == -EDO_ETLS || self->read_err == -EDO_ECERT);
}

/* Tells the trail of this task what another one has read, or it before. Called with `mu` held. */
static void tls_tell(const edoi_tls *self) {
    if (!edo_trail_find(self->read_err)) (void)edoi_tls_read_fault(self, 0);
}

/* Adds the text of an alert to the trail of each task that reads it. Called without `mu`. */
static void tls_retell(edoi_tls *self) {
    edoi_tls_lock(self);
    if (tls_was_told(self)) tls_tell(self);
    edoi_tls_unlock(self);
}

/* Reads what has come, without waiting, behind what has come before. Called without `mu`, by the
 * task that is reading. */
static void tls_take_rest(edoi_tls *self) {
    tls_room room;
    int result = tls_room_begin(&room);
    for (int turn = 0; turn < TURNS_MAX && result >= 0; turn++) {
        const struct iovec vec = { room.at, IN_BYTES };
        edo_io_wait none = { 0 };
        (void)self->below->ops->poll_read(self->below, NULL, &none, &vec, 1, 0, &result);
        if (result <= 0) break;
        edoi_tls_lock(self);
        int err = edo_buf_append(&self->in, room.at, (size_t)result);
        if (err < 0) self->read_err = result = err; // as in tls_read_fresh()
        edoi_tls_unlock(self);
    }
    if (result == 0) {
        edoi_tls_lock(self);
        self->in_ended = true;
        edoi_tls_unlock(self);
    }
    tls_room_end(&room);
}

int edoi_tls_why(edoi_tls *self, int err) {
    char byte;
    const struct iovec one = { &byte, 1 };
    if (err != -EPIPE && err != -ECONNRESET) return err;
    edoi_tls_lock(self);
    bool looks = self->read_err == 0 && !self->is_reading && !self->in_ended && !self->is_closed;
    if (looks) self->is_reading = true;
    edoi_tls_unlock(self);
    if (looks) tls_take_rest(self);
    edoi_tls_lock(self);
    if (looks) self->is_reading = false;
    if (looks) (void)tls_decrypt(self, &one, EDO_IO_PEEK); // not past bytes for a reader
    if (tls_was_told(self)) {
        err = self->write_err = self->read_err;
        tls_tell(self);
    }
    edoi_tls_unlock(self);
    return err;
}

static edo_polled tls_read(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *to,
                           size_t n, uint32_t flags, int *result) {
    edoi_tls *self = tls_of(s);
    tls_wish wish = { to, n, flags, false };
    tls_unlink(self, wait);
    for (int turn = 0; turn < TURNS_MAX; turn++) { // a record may come in pieces
        wish.has_come = false;
        edo_polled polled = tls_read_once(self, cx, wait, &wish, result);
        bool has_failed = *result == -EDO_ETLS || *result == -EDO_ECERT;
        if (EDOI_UNLIKELY(polled == EDO_READY && has_failed)) tls_retell(self);
        if (polled == EDO_PENDING || *result != -EAGAIN || !wish.has_come) return polled;
    }
    return tls_give_way(cx, result); // much came, and no byte for the reader
}

/* ---- Writing --------------------------------------------------------------------------------- */

/* Encrypts the bytes. Returns how many, which are few if they would be too many at once, or a code.
 * Called with `mu` held. */
static int tls_encrypt(edoi_tls *self, const char *bytes, size_t n) {
    size_t total = 0;
    EDO_INV("tls inv. 4", self->next.len < EDOI_TLS_NEXT_MAX);
    while (total < n && self->next.len < EDOI_TLS_NEXT_MAX) {
        size_t done = 0;
        size_t record = n - total < EDOI_TLS_RECORD_MAX ? n - total : EDOI_TLS_RECORD_MAX;
        edoi_tls_forget_faults();
        int ok = SSL_write_ex(self->ssl, bytes + total, record, &done);
        if (ok != 1) {
            self->write_err = edoi_tls_fault(SSL_get_error(self->ssl, ok));
            return self->write_err;
        }
        total += done;
    }
    return (int)total;
}

/* Encrypts some bytes of the buffers: small ones go into one record together. Called with `mu`
 * held. */
static int tls_encrypt_some(edoi_tls *self, const struct iovec *from, size_t n) {
    while (n > 0 && from->iov_len == 0) {
        from++;
        n--;
    }
    if (n == 1 || from->iov_len >= EDOI_TLS_RECORD_MAX)
        return tls_encrypt(self, from->iov_base, from->iov_len);
    edo_buf together = { 0 };
    int err = 0;
    for (size_t i = 0; i < n && err == 0 && together.len < EDOI_TLS_RECORD_MAX; i++) {
        size_t room = EDOI_TLS_RECORD_MAX - together.len;
        size_t bytes = from[i].iov_len < room ? from[i].iov_len : room;
        if (bytes > 0) err = edo_buf_append(&together, from[i].iov_base, bytes);
    }
    if (err == 0) err = tls_encrypt(self, together.ptr, together.len);
    edo_buf_deinit(&together);
    return err;
}

/* Why nothing can be written; 0: it can. Called with `mu` held. */
static int tls_write_error(const edoi_tls *self) {
    return self->is_closed ? -EDO_ECLOSED : self->write_err;
}

/* Makes sure that there is room for another record. As a poll: ready with 0, or a code. */
static edo_polled tls_poll_room(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_tls_lock(self);
    bool is_free = edoi_tls_left(self) == 0;
    bool has_room = self->is_flushing && self->next.len < EDOI_TLS_NEXT_MAX;
    *result = tls_write_error(self);
    edoi_tls_unlock(self);
    if (is_free || has_room || *result < 0) return EDO_READY;
    return edoi_tls_poll_flush(self, cx, wait, result);
}

static edo_polled tls_write_once(edoi_tls *self, edo_cx *cx, edo_io_wait *wait,
                                 const struct iovec *from, size_t n, int *result) {
    edo_polled polled = tls_poll_room(self, cx, wait, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    edoi_tls_lock(self);
    *result = tls_write_error(self);
    bool has_room = self->next.len < EDOI_TLS_NEXT_MAX; // else another writer was quicker
    if (*result == 0 && has_room) *result = tls_encrypt_some(self, from, n);
    edoi_tls_unlock(self);
    if (*result == 0 && !has_room) return tls_give_way(cx, result);
    int flushed;
    if (*result > 0) (void)edoi_tls_poll_flush(self, NULL, NULL, &flushed);
    return EDO_READY;
}

/* What an operation that writes has come to. */
static edo_polled tls_written(edoi_tls *self, edo_polled polled, int *result) {
    if (EDOI_UNLIKELY(polled == EDO_READY && *result < 0)) *result = edoi_tls_why(self, *result);
    return polled;
}

static edo_polled tls_write(edo_stream *s, edo_cx *cx, edo_io_wait *wait, const struct iovec *from,
                            size_t n, int *result) {
    edoi_tls *self = tls_of(s);
    tls_unlink(self, wait);
    return tls_written(self, tls_write_once(self, cx, wait, from, n, result), result);
}

static edo_polled tls_flush_once(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edo_stream *below = self->below;
    edoi_tls_lock(self);
    *result = self->is_closed ? -EDO_ECLOSED : 0;
    edoi_tls_unlock(self);
    if (*result < 0) return EDO_READY;
    edo_polled polled = edoi_tls_poll_flush(self, cx, wait, result);
    if (polled == EDO_PENDING || *result < 0 || !below->ops->poll_flush) return polled;
    return below->ops->poll_flush(below, cx, wait, result);
}

static edo_polled tls_flush(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_tls *self = tls_of(s);
    tls_unlink(self, wait);
    return tls_written(self, tls_flush_once(self, cx, wait, result), result);
}

/* ---- Readiness ------------------------------------------------------------------------------- */

static edo_polled tls_ready(edo_stream *s, edo_cx *cx, edo_io_wait *wait, uint32_t what,
                            int *result) {
    edoi_tls *self = tls_of(s);
    edo_stream *below = self->below;
    tls_unlink(self, wait);
    edoi_tls_lock(self);
    bool is_readable =
        self->in.len > 0 || self->in_ended || self->read_err != 0 || SSL_pending(self->ssl) > 0;
    bool is_closed = self->is_closed, is_left = edoi_tls_left(self) > 0;
    edoi_tls_unlock(self);
    *result = is_closed ? -EDO_ECLOSED : (int)what;
    if (is_closed || (what == EDO_IO_READ && is_readable)) return EDO_READY;
    if (what == EDO_IO_WRITE && is_left) {
        edo_polled polled = edoi_tls_poll_flush(self, cx, wait, result);
        if (polled == EDO_PENDING || *result == -EAGAIN) return polled;
        tls_unlink(self, wait);
    }
    bool can_tell = below->ops->poll_ready &&
                    (what != EDO_IO_READ_CLOSED || below->ops->flags & EDO_STREAM_TELLS_END);
    *result = -ENOTSUP;
    if (!can_tell) return EDO_READY;
    edo_polled polled = below->ops->poll_ready(below, cx, wait, what, result);
    if (polled == EDO_PENDING) {
        edoi_tls_lock(self);
        if (what == EDO_IO_WRITE) self->write_wait = wait;
        if (what != EDO_IO_WRITE) self->read_wait = wait;
        edoi_tls_unlock(self);
    }
    return polled;
}

static void tls_unwait(edo_stream *s, edo_io_wait *wait) {
    edoi_tls *self = tls_of(s);
    edoi_tls_lock(self);
    if (self->read_wait == wait) self->read_wait = NULL;
    if (self->write_wait == wait) self->write_wait = NULL;
    edoi_tls_unlock(self);
    self->below->ops->unwait(self->below, wait);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

/* Encrypts close_notify, after which nothing can be written. Returns 0, also if that was done
 * before, or why it cannot be. Called with `mu` held. */
static int tls_say_end(edoi_tls *self) {
    if (self->said_end) return self->is_broken ? self->write_err : 0;
    if (self->write_err != 0) return self->write_err;
    if (!SSL_is_init_finished(self->ssl)) return -EPIPE;
    edoi_tls_forget_faults();
    self->write_err = -EPIPE;
    int ok = SSL_shutdown(self->ssl);
    self->said_end = ok >= 0;
    return self->said_end ? 0 : edoi_tls_fault(SSL_get_error(self->ssl, ok));
}

static edo_polled tls_shutdown_once(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_tls_lock(self);
    *result = self->is_closed ? -EDO_ECLOSED : tls_say_end(self);
    edoi_tls_unlock(self);
    if (*result < 0) return EDO_READY;
    edo_polled polled = edoi_tls_poll_flush(self, cx, wait, result);
    if (polled == EDO_PENDING || *result < 0) return polled;
    return self->below->ops->poll_shutdown(self->below, cx, wait, result);
}

static edo_polled tls_shutdown(edo_stream *s, edo_cx *cx, edo_io_wait *wait, int *result) {
    edoi_tls *self = tls_of(s);
    tls_unlink(self, wait);
    return tls_written(self, tls_shutdown_once(self, cx, wait, result), result);
}

/* Does a flusher end the stream, once it has written what is left? Not where an operation waits,
 * which the close of the stream below wakes. */
static bool tls_lingers(edoi_tls *self) {
    int flushed;
    (void)edoi_tls_poll_flush(self, NULL, NULL, &flushed);
    edoi_tls_lock(self);
    bool lingers =
        edoi_tls_left(self) > 0 && self->has_flusher && !self->read_wait && !self->write_wait;
    edoi_tls_unlock(self);
    return lingers;
}

static void tls_close(edo_stream *s) {
    edoi_tls *self = tls_of(s);
    edoi_tls_lock(self);
    bool was_closed = self->is_closed;
    self->is_closed = true;
    if (!was_closed) (void)tls_say_end(self);
    edoi_tls_unlock(self);
    if (!was_closed && !tls_lingers(self)) self->below->ops->close(self->below);
}

static void tls_free(edo_stream *s) {
    edoi_tls *self = tls_of(s);
    if (!self->is_closed) { // no other thread has it any more
        (void)tls_say_end(self);
        edoi_tls_flush_last(self);
    }
    SSL_free(self->ssl);
    edo_buf_deinit(&self->in);
    edo_buf_deinit(&self->next);
    edo_buf_deinit(&self->going);
    (void)pthread_mutex_destroy(&self->mu);
    edo_rc_unref(self->peer);
    edo_rc_unref(self->setup);
    edo_stream_unref(self->below);
    OPENSSL_free(self->host);
    OPENSSL_free(self->server);
    OPENSSL_free(self->asked);
    OPENSSL_free(self->hello);
    OPENSSL_free(self);
}

static int tls_fd(edo_stream *s) {
    edo_stream *below = tls_of(s)->below;
    return below->ops->fd(below);
}

static const edo_stream_ops tls_ops = {
    .name = "edo_tls",
    .flags = EDO_STREAM_VECTORED | EDO_STREAM_OVER | EDO_STREAM_TELLS_END,
    .poll_read = tls_read,
    .poll_write = tls_write,
    .poll_shutdown = tls_shutdown,
    .poll_ready = tls_ready,
    .unwait = tls_unwait,
    .close = tls_close,
    .free = tls_free,
    .fd = tls_fd,
    .poll_flush = tls_flush,
};

edoi_tls *edoi_tls_of(edo_stream *s) {
    return s && s->ops == &tls_ops ? tls_of(s) : NULL;
}

int edoi_tls_stream_new(edoi_tls **out, edo_stream *below, SSL_CTX *ctx, void *setup) {
    edoi_tls *self = OPENSSL_zalloc(sizeof *self);
    if (!self) return -ENOMEM;
    self->ssl = SSL_new(ctx);
    int err = self->ssl ? edoi_tls_bio_attach(self) : -ENOMEM;
    if (err < 0) {
        SSL_free(self->ssl);
        OPENSSL_free(self);
        return err;
    }
    (void)pthread_mutex_init(&self->mu, NULL);
    self->base = (edo_stream){ .ops = &tls_ops, .refs = EDOI_ATOMIC_INIT(1) };
    self->below = below;
    self->setup = edo_rc_ref(setup);
    *out = self;
    return 0;
}
