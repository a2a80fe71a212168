/* SPDX-License-Identifier: MIT */
/* tls/stream/handshake.c: a handshake, in the task that asks for it; nobody else has the stream
 * yet. */
#include "tls/stream/fault.h"

#include <edo/compute.h>
#include <edo/scope.h>

#include <errno.h>

#define IN_BYTES ((size_t)4 << 10) /* of one read: a hello, or a flight without its certificates */

/* Sends what OpenSSL has to say, an alert too. */
static int handshake_send(edoi_tls *self) {
    if (self->next.len == 0) return 0;
    int err = edo_write_all(self->below, self->next.ptr, self->next.len);
    edo_buf_deinit(&self->next);
    return err < 0 ? err : edo_flush(self->below);
}

static int handshake_recv(edoi_tls *self) {
    int n = edo_read_bytes(&self->in, self->below, IN_BYTES);
    if (n > 0) return 0;
    return n < 0 ? n : edo_fail(-EDO_ETRUNCATED, "the other end went away in the handshake");
}

/* The client sends plain HTTP: in place of an alert, which it would show as garbage. */
static void handshake_tell_plain(edoi_tls *self, edo_str text) {
    edo_buf_deinit(&self->next);
    if (edo_write_all(self->below, text.ptr, text.len) == 0) (void)edo_shutdown(self->below);
}

/* One call of OpenSSL. */
typedef struct handshake_call {
    edoi_tls *self;
    int n, why;
    unsigned long fault; /* what it has noted on another thread */
} handshake_call;

static void handshake_call_here(handshake_call *c) {
    edoi_tls_forget_faults();
    c->n = SSL_do_handshake(c->self->ssl);
    c->why = SSL_get_error(c->self->ssl, c->n);
}

static int handshake_call_away(void *arg) {
    handshake_call *c = arg;
    handshake_call_here(c);
    c->fault = edoi_tls_fault_take();
    return 0;
}

/* By the compute pool, while the worker runs other tasks. A job that was not begun when the task is
 * cancelled is not done; without a thread for it the worker does it. */
static void handshake_call_pool(handshake_call *c) {
    edoi_tls *self = c->self;
    self->where = EDOI_TLS_AWAY;
    int err = edo_compute(handshake_call_away, c);
    if (err == -ECANCELED) {
        self->verdict = err;
        c->n = -1;
        c->why = SSL_ERROR_NONE;
    } else if (err < 0) {
        handshake_call_here(c);
    } else if (c->fault != 0) {
        ERR_raise(ERR_GET_LIB(c->fault), ERR_GET_REASON(c->fault));
    }
    self->where = EDOI_TLS_HERE;
}

/* Lets OpenSSL go on until it is done, fails, or wants more bytes. Where it stops for the program,
 * that is asked here: outside of OpenSSL, so it may wait. */
static int handshake_go(edoi_tls *self, int *why) {
    for (;;) {
        handshake_call c = { .self = self };
        if (self->where == EDOI_TLS_MOVES) {
            handshake_call_pool(&c);
        } else {
            handshake_call_here(&c);
        }
        *why = c.why;
        bool stops =
            c.why == SSL_ERROR_WANT_RETRY_VERIFY || c.why == SSL_ERROR_WANT_CLIENT_HELLO_CB;
        if (!stops) return c.n;
        if (self->where == EDOI_TLS_HERE) self->verdict = self->ask(self);
    }
}

/* One step of OpenSSL: 0 the handshake is done, -EAGAIN more must come, or a code. */
static int handshake_step(edoi_tls *self, edo_str to_plain) {
    int why, n = handshake_go(self, &why);
    if (n == 1) return 0;
    if (self->verdict < 0) return self->verdict; // the trail has it
    if (why == SSL_ERROR_WANT_READ) return -EAGAIN;
    bool is_plain = to_plain.len > 0 && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
    int err = edoi_tls_fault(why);
    if (is_plain) handshake_tell_plain(self, to_plain);
    return err;
}

/* The last words go as any others: the other end need not read a server's tickets before it has
 * written what it wants. */
static int handshake_end(edoi_tls *self) {
    int err;
    (void)edoi_tls_poll_flush(self, NULL, NULL, &err);
    return err == -EAGAIN ? 0 : err;
}

static int handshake_run(edoi_tls *self, edo_str to_plain) {
    for (;;) {
        int err = handshake_step(self, to_plain);
        if (err == 0) return handshake_end(self);
        int sent = handshake_send(self);
        if (err == -EAGAIN) err = sent < 0 ? sent : handshake_recv(self);
        if (err < 0) return err;
    }
}

int edoi_tls_handshake(edoi_tls *self, edo_duration limit, edo_str to_plain) {
    int err;
    if (limit.ns < 0) {
        err = handshake_run(self, to_plain);
    } else {
        edo_deadline d = edo_deadline_begin(limit);
        err = edo_deadline_end(&d, handshake_run(self, to_plain));
    }
    if (err < 0) {
        edo_close(&self->base);
    } else if (!self->ask) {
        OPENSSL_free(self->asked); // an idle connection keeps what it needs
        self->asked = NULL;
    }
    return err;
}
