/* SPDX-License-Identifier: MIT */
/* tls/stream/tls.h: a TLS stream. OpenSSL sees memory only: what has come lies in `in`, what is to
 * go in `next`. So `mu` is held for its calls, which never wait, and never for those of the stream
 * below, which may run wakers.
 *
 *     write ──> SSL_write ──> next ──swap──> going ──> below      (by the task that is flushing)
 *     read  <── SSL_read  <── in   <────────────────── below      (by the task that is reading)
 *
 * Memory comes from OpenSSL or from edo's public functions: a program that gives both an allocator
 * has all.
 *
 * inv. 1: ciphertext comes by the task that is reading, once all of `in` was taken: so it keeps its
 *         order though several tasks read. It lies in a buffer of the thread, since it mostly is
 *         taken whole; what is left is copied to `in` before `mu` is released. Behind a write that
 *         has failed it is appended to `in`, by a task that counts as reading.
 * inv. 2: `going` is older than `next`; while a task is flushing only it touches `going`.
 * inv. 3: if bytes are in `going` or `next`, and no task is flushing, a flusher (flush.c) is under
 *         way, or no runtime was there to start one: then the next operation flushes.
 * inv. 4: `next` holds at most EDOI_TLS_NEXT_MAX bytes when a write encrypts, so the stream keeps
 *         at most twice that, and a record, of a peer that does not read.
 * inv. 5: `going` and `next` have memory only while they have bytes.
 * inv. 6: what ends a direction says so to later operations: a stream that is broken, or has said
 *         its end, has a `write_err`; one of which OpenSSL has told a fault has a `read_err`. */
#ifndef EDOI_TLS_STREAM_TLS_H
#define EDOI_TLS_STREAM_TLS_H

#include "base/assert.h"

#include <edo/tls.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>

#define EDOI_TLS_RECORD_MAX ((size_t)16 << 10) /* plain bytes of a record (RFC 8446, 5.1) */
#define EDOI_TLS_NEXT_MAX   (2 * EDOI_TLS_RECORD_MAX)

/* Where the next step of a handshake is computed. */
typedef enum edoi_tls_where {
    EDOI_TLS_HERE = 0,
    EDOI_TLS_MOVES, /* it takes long: the task moves it to the compute pool */
    EDOI_TLS_AWAY,  /* it is there */
} edoi_tls_where;

typedef struct edoi_tls {
    edo_stream base;
    edo_stream *below; /* const; counted */
    void *setup;     /* counted by edo_rc: what the handshake's callbacks need; of a server: may be
                          another after the hello, then const */
    SSL *ssl;        /* lock: mu */
    char *host;      /* const; of a client: what the certificate must be for; NULL: nothing */
    char *server;    /* const; of a client: which sessions it can resume */
    int64_t until_s; /* lock: mu; of a client: by the wall clock, how long the session that it has
                        resumed is good, or the response that the server has shown */
    char *asked;     /* of a server: the name in the first hello, in lower case; "": none; NULL: no
                    hello yet, or the handshake is done and nobody had chosen by it */
    /* from OPENSSL_malloc; of a server: for the program; NULL: it has seen it */
    struct edoi_tls_hello *hello;
    pthread_mutex_t mu;

    edo_buf in;    /* lock: mu; ciphertext that OpenSSL has not taken */
    edo_str fresh; /* lock: mu; behind `in`, in the buffer of the thread that holds `mu` */
    bool in_ended; /* lock: mu; no more will come */
    int read_err;  /* lock: mu; what all later reads return; 1: close_notify has come */
    unsigned long read_fault; /* lock: mu; what OpenSSL has said of that; 0: nothing */

    edo_buf next;       /* lock: mu; ciphertext */
    edo_buf going;      /* lock: mu, or of the task that is flushing */
    bool is_broken;     /* lock: mu; what was left is lost: later flushes return `write_err` */
    bool said_end;      /* lock: mu; close_notify was encrypted */
    uint64_t written_n; /* lock: mu; bytes that the stream below has taken */
    int write_err;      /* lock: mu; what all later writes return */

    bool is_reading;                           /* lock: mu; a task reads from below */
    bool is_flushing;                          /* lock: mu; a task writes to below */
    bool has_flusher;                          /* lock: mu */
    bool is_closed;                            /* lock: mu */
    const edo_io_wait *read_wait, *write_wait; /* lock: mu; of the operation that has begun to wait
                                                  last; compared only; NULL: none waits */
    int (*ask)(
        struct edoi_tls *self); /* const; what the program says to the handshake: 1 or a code */
    edoi_tls_where where;       /* of the task in the handshake */
    int verdict;                /* of the task in the handshake: 0 not asked, else of `ask`, or
                                          why the certificate is refused */
    struct edoi_tls_peer *peer; /* counted by edo_rc; lock: mu; NULL: not yet made */
} edoi_tls;

/* ---- bio.c ----------------------------------------------------------------------------------- */

/* Makes the BIO by which OpenSSL reaches `in` and `next`, and gives it to `self->ssl`. */
EDO_MUST_USE int edoi_tls_bio_attach(edoi_tls *self);

/* The stream whose OpenSSL calls back. Not by OpenSSL's own data of a program, whose memory each
 * connection would keep. */
EDOI_INLINE edoi_tls *edoi_tls_of_ssl(const SSL *ssl) {
    return BIO_get_data(SSL_get_rbio(ssl));
}

/* ---- stream.c -------------------------------------------------------------------------------- */

/* A stream whose handshake is to be done. Takes `below` on success, and a reference of `setup`. */
EDO_MUST_USE int edoi_tls_stream_new(edoi_tls **out, edo_stream *below, SSL_CTX *ctx, void *setup);

/* Returns the protocol that the handshake of a stream of TLS has agreed on; no bytes: none. It
 * belongs to `s`. */
edo_str edoi_tls_agreed_alpn(edo_stream *s);

/* NULL: it is no TLS stream. */
edoi_tls *edoi_tls_of(edo_stream *s);

/* Called before any use of what a program gives: true, or in effect an abort, if one is NULL. */
EDOI_INLINE bool edoi_tls_misused(const edo_stream *below, const void *config) {
    return EDO_MISUSE(!below, "a stream is used that is NULL") ||
           EDO_MISUSE(!config, "a TLS configuration is used that is NULL");
}

/* Walks a stream, and asserts its invariants. Called with `mu` held: in debug builds each time
 * before that is released. check.c */
void edoi_tls_check(const edoi_tls *self);

EDOI_INLINE void edoi_tls_lock(edoi_tls *self) {
    (void)pthread_mutex_lock(&self->mu);
}

EDOI_INLINE void edoi_tls_unlock(edoi_tls *self) {
    EDO_CHECK(edoi_tls_check(self));
    (void)pthread_mutex_unlock(&self->mu);
}

/* Called before a call of OpenSSL whose failure is looked up: other code of this thread may have
 * left failures. */
EDOI_INLINE void edoi_tls_forget_faults(void) {
    if (EDOI_UNLIKELY(ERR_peek_error() != 0)) ERR_clear_error(); // that clears 16 entries
}

/* Returns why an operation has failed with `err`. An end that refuses this one says so in an alert,
 * and goes away: so a write may fail with -EPIPE or -ECONNRESET before anything has read that. What
 * has come is looked at then; the code of an alert counts more than `err`, and its words are in the
 * trail of this task. Called without `mu`. */
int edoi_tls_why(edoi_tls *self, int err);

/* ---- flush.c --------------------------------------------------------------------------------- */

/* Bytes that are encrypted and not yet written. Called with `mu` held. */
EDOI_INLINE size_t edoi_tls_left(const edoi_tls *self) {
    return self->next.len + self->going.len;
}

/* Writes what is encrypted, and leaves to a flusher what cannot be written now. As a poll of a
 * stream: ready with 0 when nothing is left; with -EAGAIN without `cx`; or with a code, which all
 * later writes return. Called without `mu`, with `wait` in no list. */
edo_polled edoi_tls_poll_flush(edoi_tls *self, edo_cx *cx, edo_io_wait *wait, int *result);

/* As edoi_tls_poll_flush() without waiting, but starts no flusher: for the last reference. */
void edoi_tls_flush_last(edoi_tls *self);

/* ---- handshake.c ----------------------------------------------------------------------------- */

/* Does the handshake, within the limit. Takes `self` if it fails. A client that sends plain HTTP
 * gets `to_plain`, if that is not empty. */
EDO_MUST_USE int edoi_tls_handshake(edoi_tls *self, edo_duration limit, edo_str to_plain);

#endif
