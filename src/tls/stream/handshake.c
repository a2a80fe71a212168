/* SPDX-License-Identifier: MIT */
/* tls/stream/handshake.c: a handshake, in the task that asks for it; no other task has the stream
 * yet. */
#include "tls/stream/fault.h"

#include <edo/compute.h>
#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>
#include <string.h>

#define IN_BYTES         ((size_t)4 << 10) /* of one read: a hello, or a flight without its certificates */
#define LINGER           edo_s(2) /* how long a client of plain HTTP that still sends has to read the reply */
#define LINGER_BYTES_MAX ((size_t)1 << 20)
#define REST_MAX         ((size_t)64 << 10) /* of what came before a failed write */

/* Sends what OpenSSL has to say, an alert too. */
static int handshake_send(edoi_tls *self) {
    if (self->next.len == 0) return 0;
    int err = edo_write_all(self->below, self->next.ptr, self->next.len);
    edo_buf_deinit(&self->next);
    return err < 0 ? err : edo_flush(self->below);
}

static int handshake_is_left(void) {
    return edo_fail(-EDO_ETRUNCATED, "the other end went away in the handshake");
}

static int handshake_recv(edoi_tls *self) {
    int n = edo_read_bytes(&self->in, self->below, IN_BYTES);
    if (n > 0) return 0;
    return n < 0 ? n : handshake_is_left();
}

/* ---- A client of plain HTTP ------------------------------------------------------------------ */

/* The first bytes of the other end: as many as OpenSSL looks at. */
typedef struct handshake_begin {
    char bytes[SSL3_RT_HEADER_LENGTH];
    size_t n;
} handshake_begin;

static void begin_take(handshake_begin *begin, edo_str came) {
    size_t room = sizeof begin->bytes - begin->n, n = came.len < room ? came.len : room;
    memcpy(begin->bytes + begin->n, came.ptr, n);
    begin->n += n;
}

/* Does a request begin there? A method has at least three letters, and is longer than these bytes
 * or ends with a space; a record of TLS begins with no letter. */
static bool begin_is_http(const handshake_begin *begin) {
    size_t n = 0;
    while (n < begin->n && begin->bytes[n] >= 'A' && begin->bytes[n] <= 'Z') n++;
    return n == sizeof begin->bytes || (n >= 3 && n < begin->n && begin->bytes[n] == ' ');
}

/* In place of an alert, which the client would show as garbage. What it still sends is read, for a
 * while: a close with unread input would reset the connection, and take the text back. */
static void handshake_tell_plain(edoi_tls *self, edo_str text) {
    edo_buf_deinit(&self->next);
    if (edo_write_all(self->below, text.ptr, text.len) < 0 || edo_shutdown(self->below) < 0) return;
    EDO_DEADLINE(limit, LINGER);
    size_t total = 0;
    int n;
    while (total < LINGER_BYTES_MAX && (n = edo_read_bytes(&self->in, self->below, IN_BYTES)) > 0 &&
           edo_yield() == 0) {
        total += (size_t)n;
        edo_buf_deinit(&self->in);
    }
}

/* ---- Steps ----------------------------------------------------------------------------------- */

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
static int handshake_step(edoi_tls *self) {
    int why, n = handshake_go(self, &why);
    if (n == 1) return 0;
    if (self->verdict < 0) return self->verdict; // the trail has it
    if (why == SSL_ERROR_WANT_READ) return -EAGAIN;
    if (why == SSL_ERROR_ZERO_RETURN) return handshake_is_left(); // by close_notify
    return edoi_tls_fault(why);
}

/* The last words go as any others: the other end need not read a server's tickets before it has
 * written what it wants. */
static int handshake_end(edoi_tls *self) {
    int err;
    (void)edoi_tls_poll_flush(self, NULL, NULL, &err);
    return err == -EAGAIN ? 0 : edoi_tls_why(self, err);
}

/* What could not be sent: the other end may have said why, before it went away. */
static int handshake_unsent(edoi_tls *self, int sent) {
    if (sent != -EPIPE && sent != -ECONNRESET) return sent;
    while (self->in.len < REST_MAX) {
        int n = edo_buf_reserve(&self->in, IN_BYTES);
        if (n == 0) n = edo_try_read(self->below, self->in.ptr + self->in.len, IN_BYTES);
        if (n <= 0) break;
        self->in.len += (size_t)n;
    }
    int err = handshake_step(self);
    return err < 0 && err != -EAGAIN ? err : sent;
}

static int handshake_run(edoi_tls *self, edo_str to_plain) {
    handshake_begin begin = { .n = 0 };
    for (;;) {
        int err = handshake_step(self);
        if (err == 0) return handshake_end(self);
        if (err != -EAGAIN && to_plain.len > 0 && begin_is_http(&begin)) {
            handshake_tell_plain(self, to_plain);
            return err;
        }
        int sent = handshake_send(self);
        if (err == -EAGAIN) err = sent < 0 ? handshake_unsent(self, sent) : handshake_recv(self);
        if (err < 0) return err;
        begin_take(&begin, (edo_str){ self->in.ptr, self->in.len });
    }
}

int edoi_tls_handshake(edoi_tls *self, edo_duration limit, edo_str to_plain) {
    int err;
    if (limit.ns < 0) {
        err = handshake_run(self, to_plain);
    } else {
        EDO_DEADLINE(d, limit);
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
