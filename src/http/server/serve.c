/* SPDX-License-Identifier: MIT */
/* http/server/serve.c: edo_http_serve(): listens, and ends in order. */
#include "http/server/count.h"
#include "http/server/head.h"
#include "http/server/server.h"

#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>

#define EDO_TARGET "http"
#include <edo/trace.h>

#include <errno.h>
#include <stdio.h>

/* ---- Options --------------------------------------------------------------------------------- */

static void or_s(edo_duration *d, int64_t seconds) {
    if (d->ns == 0) *d = edo_s(seconds);
    if (d->ns < 0) *d = (edo_duration){ EDO_FOREVER_NS };
}

static void or_n(uint32_t *n, uint32_t usual) {
    if (*n == 0) *n = usual;
}

static bool has_listeners(const edo_http_server_opts *o) {
    return o->listen || o->listeners_n > 0;
}

#define RESPONSE_HEAD_BYTES_MIN 512u /* the head of the 500 that says so has to fit as well */

static int fill_in(edo_http_server_opts *o) {
    for (size_t i = 0; i < EDO_COUNT(o->reserved); i++)
        if (o->reserved[i] != 0) return -EINVAL;
    if (o->reserved_word != 0) return -EINVAL;
    if (o->server_name && !edo_header_value_is_valid(edo_str_of(o->server_name)))
        return edo_fail(-EINVAL, "server_name is no value of a field");
    if (o->lenient & ~EDO_HTTP_LENIENT_ALL) return -EINVAL;
    if (o->proxy > EDO_HTTP_PROXY_OPTIONAL) return -EINVAL;
    if (o->proxy == EDO_HTTP_PROXY_OPTIONAL && o->proxies_n == 0) return -EINVAL;
    or_n(&o->headers_max, EDO_HTTP_HEADERS_MAX);
    or_n(&o->head_bytes_max, EDO_HTTP_HEAD_BYTES_MAX);
    or_n(&o->trailer_bytes_max, EDO_HTTP_TRAILER_BYTES_MAX);
    or_n(&o->response_head_bytes_max, EDOI_HTTP_HEAD_MAX);
    if (o->response_head_bytes_max < RESPONSE_HEAD_BYTES_MIN) return -EINVAL;
    or_n(&o->conns_max, UINT32_MAX);
    or_n(&o->requests_max, UINT32_MAX);
    or_s(&o->header_timeout, 10);
    or_s(&o->idle_timeout, 60);
    or_s(&o->body_timeout, 30);
    or_s(&o->write_timeout, 30);
    or_s(&o->rate_grace, 5);
    or_n(&o->rate_min, EDO_HTTP_RATE_MIN);
    if (o->rate_grace.ns == EDO_FOREVER_NS) o->rate_min = 0;
    or_s(&o->drain_max, 30);
    or_s(&o->cancel_max, 5);
    if (o->age_max.ns <= 0) o->age_max = (edo_duration){ EDO_FOREVER_NS };
    return 0;
}

/* ---- Accepting ------------------------------------------------------------------------------- */

typedef struct door {
    edoi_http_server *server;
    edo_listener *listener; /* owned */
    bool has_told;          /* of a failure */
} door;

static bool is_shortage(int err) {
    return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS;
}

/* The listener is none, or is closed, or this task is to end. Whatever else accept4() says, it may
 * accept the next connection: kernels return codes that its manual does not tell. */
static bool is_the_end(int err) {
    static const int codes[] = { EBADF,     EINVAL,      ENOTSOCK,       EOPNOTSUPP,
                                 ECANCELED, EDO_ECLOSED, EDO_ENORUNTIME, EDO_EMISUSE };
    for (size_t i = 0; i < EDO_COUNT(codes); i++)
        if (err == -codes[i]) return true;
    return false;
}

#define PAUSE_MS_MIN 10
#define PAUSE_MS_MAX 1000

/* An idle connection is closed for one that comes. Its own task closes the descriptor: so there is
 * a pause in any case. */
static int make_place(door *d, int err, int64_t *pause_ms) {
    if (!d->has_told)
        edo_warn_kv("accepting pauses, and idle connections may be closed",
                    EDO_KV("error", edo_error_name(err)));
    d->has_told = true;
    bool closed = is_shortage(err) && edoi_http_server_close_oldest(d->server, true);
    err = edo_sleep(edo_ms(closed ? 1 : *pause_ms));
    if (!closed && *pause_ms < PAUSE_MS_MAX) *pause_ms *= 2;
    return err;
}

static int accept_next(door *d, edo_stream **out) {
    int64_t pause_ms = PAUSE_MS_MIN;
    int err;
    while ((err = edo_accept_no_pause(d->listener, out)) < 0 && !is_the_end(err))
        if ((err = make_place(d, err, &pause_ms)) < 0) return err;
    return err;
}

#define FULL_MS    20   /* until a server that is full looks again for an idle connection */
#define CLOSING_MS 1000 /* until it closes another one, if the place of the first has not come */

/* Takes a place for a connection that has come: if there is none the oldest idle one goes, as soon
 * as there is one. */
static int take_place(edoi_http_server *s) {
    int err = edo_sem_try_acquire(&s->places, 1);
    while (err == -EAGAIN || err == -ETIMEDOUT) {
        edo_sem_acquire_future place;
        bool closed = edoi_http_server_close_oldest(s, false);
        err = edo_timeout(edo_sem_acquire_init(&place, &s->places, 1),
                          edo_ms(closed ? CLOSING_MS : FULL_MS));
    }
    return err;
}

/* Takes `stream`, and gives its place back if it is not served. */
static int start_conn(edoi_http_server *s, edo_stream *stream) {
    int err = edoi_http_conn_start(s, stream);
    if (err < 0) edo_sem_release(&s->places, 1);
    return err == -ENOMEM || err == -EUSERS ? 0 : err;
}

/* Takes `stream`. If the server ends while it waits for a place it is served beyond `conns_max`, as
 * those in the queue are. */
static int serve_next(edoi_http_server *s, edo_stream *stream) {
    int err = take_place(s);
    if (err == 0 || err == -ECANCELED) return start_conn(s, stream);
    edo_close(stream);
    return err;
}

static int accept_all(void *arg) {
    door *d = arg;
    edo_stream *stream;
    int err;
    do {
        err = accept_next(d, &stream);
        if (err == 0) err = serve_next(d->server, stream);
    } while (err == 0);
    return err;
}

#define REST_MAX 4096 /* as many as the kernel lets wait in a queue, unless it was told otherwise */

/* At the end: clients whose connection is in the queue have no way to know that nobody takes it.
 * Those that come meanwhile, perhaps as fast as they are taken, do not hold the end up. Nobody
 * takes places any more, so these connections need none. */
static void accept_rest(door *d) {
    edo_stream *stream;
    for (int i = 0; i < REST_MAX && edo_try_accept(d->listener, &stream) == 0; i++)
        if (start_conn(d->server, stream) < 0) return;
}

/* Accepts from all listeners until this task is cancelled or one of them fails, and then what is in
 * their queues. */
static int accept_from(door *doors, size_t n) {
    edo_scope s;
    edo_scope_begin(&s, NULL);
    for (size_t i = 0; i < n; i++)
        edo_scope_spawn_with(&s, accept_all, &doors[i], &(edo_spawn_opts){ .spread = n > 1 });
    int err = edo_scope_end(&s);
    for (size_t i = 0; i < n; i++) accept_rest(&doors[i]);
    return err;
}

/* ---- Listening ------------------------------------------------------------------------------- */

static size_t workers_n(void) {
    edo_runtime_stats stats = { .workers = 1 };
    edo_runtime *rt = edo_runtime_current();
    if (rt) edo_runtime_get_stats(rt, &stats);
    return stats.workers;
}

static size_t doors_max(const edo_http_server_opts *o) {
    return o->listeners_n + (o->reuse_port ? workers_n() : 1);
}

static int tell_no_listener(int err, const char *listen) {
    if (err == -EINVAL)
        err = edo_fail(err, "the form is 127.0.0.1:8080, [::]:8080 or localhost:8080");
    if (err == -ENOENT) err = edo_fail(err, "a host of which nobody knows the address");
    return edo_fail(err, "listening on %s", listen);
}

/* Listens at `listen`; with `reuse_port` once for each worker, at the port that the first one got.
 */
static int open_own(edoi_http_server *server, door *doors, size_t *n) {
    const edo_http_server_opts *o = &server->opts;
    const edo_tcp_opts opts = { .reuse_port = o->reuse_port };
    edo_listener *l;
    edo_addr at;
    int err = edo_tcp_listen(&l, o->listen, &opts);
    if (err < 0) return tell_no_listener(err, o->listen);
    doors[(*n)++] = (door){ .server = server, .listener = l };
    if (o->reuse_port) err = edo_listener_addr(l, &at);
    for (size_t i = 1; o->reuse_port && i < workers_n() && err == 0; i++) {
        err = edo_tcp_listen_addr(&l, &at, &opts);
        if (err == 0) doors[(*n)++] = (door){ .server = server, .listener = l };
    }
    return err;
}

/* On failure, too, `*n` listeners are open. */
static int open_doors(edoi_http_server *server, door *doors, size_t *n) {
    const edo_http_server_opts *o = &server->opts;
    for (size_t i = 0; i < o->listeners_n; i++)
        doors[(*n)++] = (door){ .server = server, .listener = edo_listener_ref(o->listeners[i]) };
    return o->listen ? open_own(server, doors, n) : 0;
}

static int announce(edo_listener *l) {
    edo_addr at;
    char text[EDO_ADDR_TEXT_MAX];
    int err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_addr_print(&at, text, sizeof text);
    if (err >= 0 && printf("http://%s\n", text) < 0) err = -EIO;
    return err < 0 ? err : 0;
}

/* Those of `reuse_port` have one address. */
static int announce_all(const edo_http_server_opts *o, const door *doors) {
    size_t n = o->listeners_n + (o->listen ? 1 : 0);
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) err = announce(doors[i].listener);
    if (err == 0 && fflush(stdout) != 0) err = -EIO;
    return edo_fail(err, "saying where the server listens");
}

static int listen_and_accept(edoi_http_server *s) {
    size_t n = 0;
    door *doors = edo_rc_new(doors_max(&s->opts) * sizeof *doors, NULL);
    if (!doors) return -ENOMEM;
    int err = open_doors(s, doors, &n);
    if (err == 0 && s->opts.announce) err = announce_all(&s->opts, doors);
    if (err == 0) err = accept_from(doors, n);
    for (size_t i = 0; i < n; i++) edo_listener_close(doors[i].listener);
    edo_rc_unref(doors);
    return err;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int wait_for_all(edoi_http_server *s, edo_duration most) {
    edo_tracker_wait_future wait;
    return edo_timeout(edo_tracker_wait_init(&wait, &s->alive), most);
}

static edo_duration sum(edo_duration a, edo_duration b) {
    return edo_ns(a.ns > EDO_FOREVER_NS - b.ns ? EDO_FOREVER_NS : a.ns + b.ns);
}

/* Waits within `drain_max`. */
static int drain_all(edoi_http_server *s) {
    edo_duration most = s->opts.drain_max, first = edo_ms(EDOI_HTTP_LAST_CALL_MS);
    if (first.ns > most.ns) first = most;
    edoi_http_server_drain(s);
    edo_tracker_close(&s->alive);
    int err = wait_for_all(s, first);
    if (err != -ETIMEDOUT) return err;
    edoi_http_server_end_idle(s);
    return wait_for_all(s, most.ns == EDO_FOREVER_NS ? most : edo_ns(most.ns - first.ns));
}

/* Returns 0 once all connections have ended, -ETIMEDOUT if handlers had to be cancelled. */
static int drain(edoi_http_server *s) {
    edo_shield shield = edo_shield_begin(sum(s->opts.drain_max, s->opts.cancel_max));
    int err = drain_all(s);
    if (err < 0) {
        if (!edoi_http_server_is_busy(s)) err = 0; // the rest only waits for clients to read
        edo_cancel(s->kill, EDO_CANCEL_SHUTDOWN);
        (void)wait_for_all(s, s->opts.cancel_max);
    }
    edo_shield_end(&shield);
    return err;
}

/* Makes a server, by the options, which are filled in. On failure the argument is dropped. */
static int make_server(edoi_http_server **out, edo_http_handler *handler, void *arg,
                       edo_http_server_opts *o) {
    int err = handler ? fill_in(o) : -EINVAL;
    if (err == 0) err = edoi_http_server_new(out, handler, arg, o);
    if (err < 0 && o->drop) o->drop(arg);
    return err;
}

int edo_http_serve_stream(edo_http_handler *handler, void *arg, edo_stream *stream,
                          const edo_http_server_opts *opts) {
    edo_http_server_opts o = opts ? *opts : (edo_http_server_opts){ 0 };
    edoi_http_server *s;
    int err = make_server(&s, handler, arg, &o);
    if (err != 0) {
        edo_close(stream);
        return err;
    }
    (void)edo_sem_try_acquire(&s->places, 1); // the connection's end gives it back
    err = edoi_http_conn_start(s, stream);
    edo_tracker_close(&s->alive);
    if (err == 0) err = wait_for_all(s, (edo_duration){ EDO_FOREVER_NS });
    if (err == -ECANCELED) err = drain(s);
    edo_rc_unref(s);
    return err;
}

int edo_http_serve(edo_http_handler *handler, void *arg, const edo_http_server_opts *opts) {
    edo_http_server_opts o = opts ? *opts : (edo_http_server_opts){ 0 };
    edoi_http_server *s;
    if (!has_listeners(&o)) handler = NULL;
    int err = make_server(&s, handler, arg, &o);
    if (err != 0) return err;
    edo_duration ending = sum(s->opts.drain_max, s->opts.cancel_max);
    edo_runtime_extend_shutdown(edo_runtime_current(), sum(ending, edo_s(1)));
    err = listen_and_accept(s);
    edo_instant begun_at = edo_now();
    int drained = drain(s);
    edoi_http_count_drain(s, edo_instant_since(edo_now(), begun_at));
    edo_rc_unref(s);
    if (err == -ECANCELED || drained == 0) return err == -ECANCELED ? drained : err;
    edo_warn("accepting has failed: %s", edo_strerror(err));
    return drained; // the caller has to know that a handler may still run
}
