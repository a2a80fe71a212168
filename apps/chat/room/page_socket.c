/* SPDX-License-Identifier: MIT */
/* page_socket.c: see page_socket.h. The lock is a leaf, but for what edo_ws_post() takes: rooms
 * post under theirs. */
#include "room/page_socket.h"

#include <edo/error.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

struct page_socket {
    pthread_mutex_t lock;
    edo_ws *ws;         /* lock: lock; NULL: none */
    const edo_ws *full; /* lock: lock; the last one that was full, while no other has come */
    size_t key_bytes;
    char key[];
};

static atomic_uint_fast64_t full_n;

uint64_t page_socket_full_n(void) {
    return atomic_load_explicit(&full_n, memory_order_relaxed); // a number to look at
}

static void page_socket_drop(void *arg) {
    page_socket *self = arg;
    edo_ws_unref(self->ws);
    pthread_mutex_destroy(&self->lock);
}

page_socket *page_socket_new(edo_str key) {
    page_socket *self = edo_rc_new(sizeof *self + key.len, page_socket_drop);
    if (!self) return NULL;
    *self = (page_socket){ .key_bytes = key.len };
    if (key.len > 0) memcpy(self->key, key.ptr, key.len);
    pthread_mutex_init(&self->lock, NULL);
    return self;
}

void page_socket_attach(page_socket *self, edo_ws *ws) {
    if (ws) edo_ws_ref(ws);
    pthread_mutex_lock(&self->lock);
    edo_ws *old = self->ws;
    self->ws = ws;
    if (ws) self->full = NULL;
    pthread_mutex_unlock(&self->lock);
    edo_ws_unref(old);
}

/* The socket, for edo_ws_unref(); NULL: it has none. */
static edo_ws *ws_of(page_socket *self) {
    pthread_mutex_lock(&self->lock);
    edo_ws *ws = self->ws ? edo_ws_ref(self->ws) : NULL;
    pthread_mutex_unlock(&self->lock);
    return ws;
}

void page_socket_close(page_socket *self, uint16_t code, const char *reason) {
    edo_ws *ws = ws_of(self);
    if (ws) (void)edo_ws_close(ws, code, edo_str_of(reason)); // a socket that is over needs none
    edo_ws_unref(ws);
}

static int post_shared(edo_ws *ws, message *m) {
    int err = message_share(m);
    return err < 0 ? err : edo_ws_post(ws, m->shared);
}

/* The WebSocket was full, and has closed: it is the page's no more. Two threads may both find it
 * so, and its page may have been detached already. */
static void drop_full(page_socket *self, const edo_ws *full) {
    pthread_mutex_lock(&self->lock);
    edo_ws *old = self->ws == full ? self->ws : NULL;
    bool is_first = self->full != full;
    if (old) self->ws = NULL;
    self->full = full;
    pthread_mutex_unlock(&self->lock);
    if (is_first)
        atomic_fetch_add_explicit(&full_n, 1, memory_order_relaxed); // a number to look at
    edo_ws_unref(old);
}

/* The message with its reference, if its author is at this page; else the message itself. NULL
 * without memory. */
static message *own_form(const page_socket *self, message *m) {
    edo_str ref = message_own_ref(m->what.ref, (edo_str){ self->key, self->key_bytes });
    return ref.len > 0 ? message_with_ref(m, ref) : m;
}

int page_socket_post(page_socket *self, message *m) {
    edo_ws *ws = ws_of(self);
    if (!ws) return -EDO_ECLOSED;
    message *own = own_form(self, m);
    int err = own ? post_shared(ws, own) : -ENOMEM;
    if (own != m) edo_rc_unref(own);
    if (err == -ENOBUFS) drop_full(self, ws);
    edo_ws_unref(ws);
    return err;
}

int page_socket_reply(page_socket *self, message *m) {
    if (!m) return -ENOMEM;
    int err = page_socket_post(self, m);
    edo_rc_unref(m);
    return err;
}

int page_socket_send(page_socket *self, message *m) {
    if (!m) return -ENOMEM;
    edo_ws *ws = ws_of(self);
    message *own = own_form(self, m);
    int err = !own ? -ENOMEM : ws ? edo_ws_send_text(ws, own->frame) : -EDO_ECLOSED;
    if (own != m) edo_rc_unref(own);
    edo_rc_unref(m);
    edo_ws_unref(ws);
    return err;
}
