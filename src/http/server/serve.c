/* SPDX-License-Identifier: MIT */
/* http/server/serve.c: edo_http_serve(): listens, and ends in order. */
#include "http/server/server.h"

#include <edo/scope.h>

#include <errno.h>

/* ---- Options --------------------------------------------------------------------------------- */

static void or_s(edo_duration *d, int64_t seconds) {
    if (d->ns == 0) *d = edo_s(seconds);
    if (d->ns < 0) *d = (edo_duration){ EDO_FOREVER_NS };
}

static void or_n(uint32_t *n, uint32_t usual) {
    if (*n == 0) *n = usual;
}

static int fill_in(edo_http_server_opts *o) {
    for (size_t i = 0; i < EDO_COUNT(o->reserved); i++)
        if (o->reserved[i] != 0) return -EINVAL;
    if (!o->listen && o->listeners_n == 0) return -EINVAL;
    if (o->proxy > EDO_HTTP_PROXY_OPTIONAL) return -EINVAL;
    if (o->proxy == EDO_HTTP_PROXY_OPTIONAL && o->proxies_n == 0) return -EINVAL;
    or_n(&o->headers_max, EDO_HTTP_HEADERS_MAX);
    or_n(&o->head_bytes_max, EDO_HTTP_HEAD_BYTES_MAX);
    or_n(&o->conns_max, UINT32_MAX);
    or_n(&o->requests_max, UINT32_MAX);
    or_s(&o->header_timeout, 10);
    or_s(&o->idle_timeout, 60);
    or_s(&o->body_timeout, 30);
    or_s(&o->write_timeout, 30);
    or_s(&o->drain_max, 30);
    or_s(&o->cancel_max, 5);
    if (o->age_max.ns <= 0) o->age_max = (edo_duration){ EDO_FOREVER_NS };
    return 0;
}

/* ---- Listening ------------------------------------------------------------------------------- */

typedef struct door {
    edoi_http_server *server;
    edo_listener *listener; /* owned */
} door;

static int accept_all(void *arg) {
    door *d = arg;
    edo_sem *places = &d->server->places;
    edo_stream *stream;
    int err;
    while ((err = edo_sem_acquire(places, 1)) == 0) {
        if ((err = edo_accept(d->listener, &stream)) == 0)
            err = edoi_http_conn_start(d->server, stream);
        if (err < 0) edo_sem_release(places, 1);
        if (err < 0 && err != -ENOMEM) break;
    }
    return err;
}

/* Accepts from all listeners until this task is cancelled or one of them fails. */
static int accept_from(door *doors, size_t n) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (size_t i = 0; i < n; i++) edo_scope_spawn(&s, accept_all, &doors[i]);
    return edo_scope_end(&s);
}

#define DOORS_MAX 64u

static int open_doors(edoi_http_server *server, door *doors, size_t *n) {
    edo_http_server_opts *o = &server->opts;
    if (o->listeners_n > DOORS_MAX - 1) return -EINVAL;
    for (size_t i = 0; i < o->listeners_n; i++)
        doors[(*n)++] = (door){ server, edo_listener_ref(o->listeners[i]) };
    if (!o->listen) return 0;
    edo_listener *l;
    int err = edo_tcp_listen(&l, o->listen, NULL);
    if (err < 0) return edo_fail(err, "listening on %s", o->listen);
    doors[(*n)++] = (door){ server, l };
    return 0;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int wait_for_all(edoi_http_server *s, edo_duration most) {
    edo_tracker_wait_future wait;
    return edo_timeout(edo_tracker_wait_init(&wait, &s->alive), most);
}

static edo_duration sum(edo_duration a, edo_duration b) {
    return edo_ns(a.ns > EDO_FOREVER_NS - b.ns ? EDO_FOREVER_NS : a.ns + b.ns);
}

/* Returns 0 once all connections have ended, -ETIMEDOUT if handlers had to be cancelled. */
static int drain(edoi_http_server *s) {
    edo_shield shield = edo_shield_begin(sum(s->opts.drain_max, s->opts.cancel_max));
    edoi_http_server_drain(s);
    edo_tracker_close(&s->alive);
    int err = wait_for_all(s, s->opts.drain_max);
    if (err < 0) {
        edo_cancel(s->kill, EDO_CANCEL_SHUTDOWN);
        (void)wait_for_all(s, s->opts.cancel_max);
    }
    edo_shield_end(&shield);
    return err;
}

int edo_http_serve(edo_http_handler *handler, void *arg, const edo_http_server_opts *opts) {
    edo_http_server_opts o = opts ? *opts : (edo_http_server_opts){ 0 };
    int err = handler ? fill_in(&o) : -EINVAL;
    if (err < 0) return err;
    edoi_http_server *s;
    if ((err = edoi_http_server_new(&s, handler, arg, &o)) < 0) return err;
    door doors[DOORS_MAX];
    size_t n = 0;
    err = open_doors(s, doors, &n);
    if (err == 0) err = accept_from(doors, n);
    for (size_t i = 0; i < n; i++) edo_listener_close(doors[i].listener);
    int drained = drain(s);
    edo_rc_unref(s);
    if (err != -ECANCELED) return err;
    return drained;
}
