/* SPDX-License-Identifier: MIT */
/* wire.c: see wire.h. The lock is a leaf, but for what edo_ws_post() takes: rooms post under
 * theirs. */
#include "wire.h"

#include <edo/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct wire {
    pthread_mutex_t lock;
    edo_ws *ws; /* lock: lock; NULL: none */
    size_t key_bytes;
    char key[];
};

static atomic_uint_fast64_t full_n;

uint64_t wire_full_n(void) {
    return atomic_load_explicit(&full_n, memory_order_relaxed); // a number to look at
}

static void wire_drop(void *arg) {
    wire *self = arg;
    edo_ws_unref(self->ws);
    pthread_mutex_destroy(&self->lock);
}

wire *wire_new(edo_str key) {
    wire *self = edo_rc_new(sizeof *self + key.len, wire_drop);
    if (!self) return NULL;
    *self = (wire){ .key_bytes = key.len };
    memcpy(self->key, key.ptr, key.len);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void wire_attach(wire *self, edo_ws *ws) {
    if (ws) edo_ws_ref(ws);
    pthread_mutex_lock(&self->lock);
    edo_ws *old = self->ws;
    self->ws = ws;
    pthread_mutex_unlock(&self->lock);
    edo_ws_unref(old);
}

/* The socket, for edo_ws_unref(); NULL: it has none. */
static edo_ws *socket_of(wire *self) {
    pthread_mutex_lock(&self->lock);
    edo_ws *ws = self->ws ? edo_ws_ref(self->ws) : NULL;
    pthread_mutex_unlock(&self->lock);
    return ws;
}

void wire_close(wire *self, uint16_t code, const char *reason) {
    edo_ws *ws = socket_of(self);
    if (ws) (void)edo_ws_close(ws, code, reason); // a socket that is over needs none
    edo_ws_unref(ws);
}

static int post(edo_ws *ws, message *m) {
    int err = message_share(m);
    return err < 0 ? err : edo_ws_post(ws, m->shared);
}

/* The socket was full, and has closed: it is the wire's no more. Two threads may both find it
 * so. */
static void drop_full(wire *self, const edo_ws *full) {
    pthread_mutex_lock(&self->lock);
    edo_ws *old = self->ws == full ? self->ws : NULL;
    if (old) self->ws = NULL;
    pthread_mutex_unlock(&self->lock);
    if (old) atomic_fetch_add_explicit(&full_n, 1, memory_order_relaxed); // a number to look at
    edo_ws_unref(old);
}

/* The message with its reference, if its author is at this wire; else the message itself. NULL
 * without memory. */
static message *own_form(const wire *self, message *m) {
    edo_str ref = message_own_ref(m->what.ref, (edo_str){ self->key, self->key_bytes });
    return ref.len > 0 ? message_with_ref(m, ref) : m;
}

int wire_post(wire *self, message *m) {
    edo_ws *ws = socket_of(self);
    if (!ws) return -EDO_ECLOSED;
    message *own = own_form(self, m);
    int err = own ? post(ws, own) : -ENOMEM;
    if (own != m) edo_rc_unref(own);
    if (err == -ENOBUFS) drop_full(self, ws);
    edo_ws_unref(ws);
    return err;
}

int wire_reply(wire *self, message *m) {
    if (!m) return -ENOMEM;
    int err = wire_post(self, m);
    edo_rc_unref(m);
    return err;
}

int wire_send(wire *self, message *m) {
    if (!m) return -ENOMEM;
    edo_ws *ws = socket_of(self);
    message *own = own_form(self, m);
    int err = !own ? -ENOMEM : ws ? edo_ws_send_text(ws, own->frame) : -EDO_ECLOSED;
    if (own != m) edo_rc_unref(own);
    edo_rc_unref(m);
    edo_ws_unref(ws);
    return err;
}
