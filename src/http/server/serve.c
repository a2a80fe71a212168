/* SPDX-License-Identifier: MIT */
/* http/server/serve.c: edo_http_serve(): listens, and ends in order. */
#define EDO_TARGET "http"
#include "base/opts.h"
#include "http/server/conn.h"
#include "http/server/count.h"
#include "http/server/h1/half.h"
#include "http/server/h1/response_head.h"
#include "log/out/output.h"
#include "net/unix/socket_file.h"

#include <edo/log.h>
#include <edo/runtime.h>
#include <edo/scope.h>
#include <edo/stats.h>
#include <edo/str.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- Options --------------------------------------------------------------------------------- */

static void or_s(edo_duration *d, int64_t seconds) {
    if (d->ns == 0) *d = edo_s(seconds);
    if (d->ns < 0) *d = (edo_duration){ EDO_FOREVER_NS };
}

static void or_n(uint32_t *n, uint32_t usual) {
    if (*n == 0) *n = usual;
}

static bool has_doors(const edo_http_server_opts *o) {
    return o->listen || o->listeners_n > 0 || o->acceptor;
}

#define RESPONSE_HEAD_BYTES_MIN 512u /* the 500 for a head that is too large has to fit */

static int server_fill_in(edo_http_server_opts *o) {
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
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
    or_s(&o->drain_max, 20);
    or_s(&o->cancel_max, 5);
    if (o->age_max.ns <= 0) o->age_max = (edo_duration){ EDO_FOREVER_NS };
    return 0;
}

/* ---- Accepting ------------------------------------------------------------------------------- */

typedef struct door {
    edoi_http_server *server;
    edo_listener *listener; /* owned; NULL: the options' acceptor */
    bool has_told;          /* a failure was logged */
} door;

static bool server_is_shortage(int err) {
    return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS;
}

/* Is the listener bad or closed, or is this task to end? After any other code of accept4() the next
 * connection may be accepted: kernels return codes that its manual does not list. */
static bool is_the_end(int err) {
    static const int codes[] = { EBADF,     EINVAL,      ENOTSOCK,       EOPNOTSUPP,
                                 ECANCELED, EDO_ECLOSED, EDO_ENORUNTIME, EDO_EMISUSE };
    for (size_t i = 0; i < EDO_COUNT(codes); i++)
        if (err == -codes[i]) return true;
    return false;
}

#define PAUSE_MS_MIN 10
#define PAUSE_MS_MAX 1000

/* Closes an idle connection for one that comes. Its own task closes the descriptor, so there is a
 * pause in any case. */
static int make_place(door *d, int err, int64_t *pause_ms) {
    if (!d->has_told)
        edo_warn_kv("accepting pauses, and idle connections may be closed",
                    EDO_KV("error", edo_error_name(err)));
    d->has_told = true;
    bool closed = server_is_shortage(err) && edoi_http_server_close_oldest(d->server);
    err = edo_sleep(edo_ms(closed ? 1 : *pause_ms));
    if (!closed && *pause_ms < PAUSE_MS_MAX) *pause_ms *= 2;
    return err;
}

static int accept_next(door *d, edo_stream **out) {
    const edo_http_acceptor *other = d->server->opts.acceptor;
    int64_t pause_ms = PAUSE_MS_MIN;
    int err;
    if (!d->listener) return other->accept(other->arg, out);
    while ((err = edo_accept_no_pause(d->listener, out)) < 0 && !is_the_end(err))
        if ((err = make_place(d, err, &pause_ms)) < 0) return err;
    return err;
}

#define FULL_MS 20 /* until a full server looks again for idle connections */

/* Takes a place for a connection that has come. If there is none, waits until the oldest idle
 * connection is closed for it, or another one ends. Places go to the connections that have waited
 * longest, on any listener, so each task looks for all of them. */
static int server_take_place(edoi_http_server *s) {
    int err = edo_sem_try_acquire(&s->places, 1);
    if (err != -EAGAIN) return err;
    edoi_http_server_count_newcomer(s, 1);
    do {
        edo_sem_acquire_future place;
        edoi_http_server_make_places(s);
        err = edo_timeout(edo_sem_acquire_init(&place, &s->places, 1), edo_ms(FULL_MS));
    } while (err == -ETIMEDOUT);
    edoi_http_server_count_newcomer(s, -1);
    return err;
}

/* Serves `stream`, which it takes; gives its place back on failure. */
static int start_conn(edoi_http_server *s, edo_stream *stream) {
    int err = edoi_http_conn_start(s, stream);
    if (err < 0) edo_sem_release(&s->places, 1);
    return err == -ENOMEM || err == -EUSERS ? 0 : err;
}

/* Serves `stream`, which it takes. A connection that waits for a place when the server ends is
 * served beyond `conns_max`, as those in the kernel's queue are. */
static int serve_next(edoi_http_server *s, edo_stream *stream) {
    int err = server_take_place(s);
    if (err == 0 || err == -ECANCELED) return start_conn(s, stream);
    edo_close(stream);
    return err;
}

/* ---- Descriptors for handlers ----------------------------------------------------------------
 *
 * A new descriptor is the lowest that is free. So one near the limit says that few are left, which
 * are for handlers: with none they could not do what the connections have asked for. */

#define LEFT_PART 32u /* of the limit are left to handlers, */
#define LEFT_MAX  32u /* at most so many */

#define FEW_MS_MAX 200 /* of one pause: the next connection is accepted after some 300 ms */

static bool is_among_the_last(int fd) {
    struct rlimit limit;
    if (fd < 0 || getrlimit(RLIMIT_NOFILE, &limit) < 0) return false;
    rlim_t most = limit.rlim_cur, left = most / LEFT_PART < LEFT_MAX ? most / LEFT_PART : LEFT_MAX;
    return (rlim_t)fd < most && most - (rlim_t)fd <= left + 1; // a world has numbers of its own
}

/* Would the next connection get one of the last descriptors? */
static bool are_descriptors_short(const door *d) {
    int lowest = fcntl(edo_listener_fd(d->listener), F_DUPFD_CLOEXEC, 0);
    if (lowest < 0) return errno == EMFILE;
    (void)close(lowest);
    return is_among_the_last(lowest);
}

/* Waits until there are some again for handlers; idle connections are closed for them. Others of
 * the process may have them for as long as it runs: so this has an end. */
static int await_descriptors(door *d) {
    int64_t pause_ms = PAUSE_MS_MIN;
    int err = 0;
    while (err == 0 && pause_ms < FEW_MS_MAX && are_descriptors_short(d))
        err = make_place(d, -EMFILE, &pause_ms);
    return err;
}

static int accept_all(void *arg) {
    door *d = arg;
    edo_stream *stream;
    int err;
    do {
        err = accept_next(d, &stream);
        bool is_last = err == 0 && d->listener && is_among_the_last(stream->ops->fd(stream));
        if (err == 0) err = serve_next(d->server, stream);
        if (err == 0 && is_last) err = await_descriptors(d);
    } while (err == 0);
    return err;
}

#define REST_MAX 4096 /* the default length of the kernel's queue */

/* Called at the end: serves the connections in the kernel's queue, whose clients cannot know that
 * nothing accepts them. At most REST_MAX, since clients may connect as fast as they are served. No
 * other connection takes places any more, so these need none. */
static void accept_rest(door *d) {
    edo_stream *stream;
    if (!d->listener) return;
    for (int i = 0; i < REST_MAX && edo_try_accept(d->listener, &stream) == 0; i++)
        if (start_conn(d->server, stream) < 0) return;
}

/* Accepts from all listeners until this task is cancelled or one of them fails, and then what is in
 * their queues. */
static int accept_from(door *doors, size_t n) {
    EDO_SCOPE(s, NULL);
    for (size_t i = 0; i < n; i++)
        edo_scope_spawn_with(&s, accept_all, &doors[i], &(edo_spawn_opts){ .spread = n > 1 });
    int err = edo_scope_end(&s, 0);
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
    return o->listeners_n + (o->reuse_port ? workers_n() : 1) + (o->acceptor ? 1 : 0);
}

/* Bytes that the kernel takes beyond what it can send. Without a bound it takes up to 4 MiB for
 * each client that does not read: 1,000 such clients held 2.2 GB, and no other client was served.
 * Bytes in flight are not bounded, so a long fast path stays full. */
#define UNSENT_MAX (128u << 10)

/* Listens at `listen`; with `reuse_port` once for each worker, at the port of the first
 * listener. */
static int open_own_tcp(edoi_http_server *server, door *doors, size_t *n) {
    const edo_http_server_opts *o = &server->opts;
    const edo_tcp_opts opts = { .reuse_port = o->reuse_port, .notsent_lowat = UNSENT_MAX };
    edo_listener *l;
    edo_addr at;
    int err = edo_tcp_listen(&l, o->listen, &opts);
    if (err < 0) return err;
    doors[(*n)++] = (door){ .server = server, .listener = l };
    if (o->reuse_port) err = edo_listener_addr(l, &at);
    for (size_t i = 1; o->reuse_port && i < workers_n() && err == 0; i++) {
        err = edo_tcp_listen_addr(&l, &at, &opts);
        if (err == 0) doors[(*n)++] = (door){ .server = server, .listener = l };
    }
    return err;
}

/* Listens at `listen`, and fills in `file` if that is a Unix socket. */
static int open_own(edoi_http_server *server, door *doors, size_t *n, edoi_socket_file *file) {
    const edo_http_server_opts *o = &server->opts;
    edo_listener *l = NULL;
    if (!edo_str_begins(edo_str_of(o->listen), EDO_STR("unix:")))
        return open_own_tcp(server, doors, n);
    int err = o->reuse_port ? -EINVAL : edoi_socket_file_listen(&l, file, o->listen);
    if (err < 0) return edo_fail(err, "listening on %s", o->listen);
    doors[(*n)++] = (door){ .server = server, .listener = l };
    return 0;
}

/* Opens the listeners, behind which the acceptor stands. `*n` of them are open on failure, too. */
static int open_doors(edoi_http_server *server, door *doors, size_t *n, edoi_socket_file *file) {
    const edo_http_server_opts *o = &server->opts;
    for (size_t i = 0; i < o->listeners_n; i++)
        doors[(*n)++] = (door){ .server = server, .listener = edo_listener_ref(o->listeners[i]) };
    int err = o->listen ? open_own(server, doors, n, file) : 0;
    if (err == 0 && o->acceptor) doors[(*n)++] = (door){ .server = server };
    return err;
}

/* A server whose standard output nobody reads serves without having said so. */
static int announce_line(edo_str line) {
    edoi_log_output *out = edoi_log_output_of(STDOUT_FILENO);
    if (!out) return -ENOMEM;
    int err = edoi_log_output_write_behind(out, stdout, line);
    edoi_log_output_unref(out);
    return err < 0 ? -EIO : 0;
}

static int announce(edo_listener *l, const edo_http_server_opts *o) {
    const char *name = o->announce_as ? o->announce_as : "";
    const char *on = o->announce_as ? " on " : "", *scheme = o->tls ? "https" : "http";
    edo_addr at;
    edo_buf line = { 0 };
    char text[EDO_ADDR_TEXT_MAX];
    int err = edo_listener_addr(l, &at);
    if (err == 0) err = edo_addr_print(&at, text, sizeof text);
    if (err >= 0) err = edo_buf_printf(&line, "%s%s%s://%s\n", name, on, scheme, text);
    if (err >= 0) err = announce_line((edo_str){ line.ptr, line.len });
    edo_buf_deinit(&line);
    return err < 0 ? err : 0;
}

/* Prints where the server listens; the listeners of `reuse_port` have one address. */
static int announce_all(const edo_http_server_opts *o, const door *doors) {
    size_t n = o->listeners_n + (o->listen ? 1 : 0);
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) err = announce(doors[i].listener, o);
    return edo_fail(err, "saying where the server listens");
}

static int listen_and_accept(edoi_http_server *s) {
    size_t n = 0;
    edoi_socket_file file = { .path = NULL };
    door *doors = edo_rc_new(doors_max(&s->opts) * sizeof *doors, NULL);
    if (!doors) return -ENOMEM;
    int err = open_doors(s, doors, &n, &file);
    if (err == 0 && (s->opts.announce || s->opts.announce_as)) err = announce_all(&s->opts, doors);
    if (err == 0) err = accept_from(doors, n);
    edoi_socket_file_remove(&file); // while it listens the path is its own
    for (size_t i = 0; i < n; i++) edo_listener_close(doors[i].listener);
    edo_rc_unref(doors);
    return err;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int server_wait_for_all(edoi_http_server *s, edo_duration most) {
    edo_tracker_wait_future wait;
    return edo_timeout(edo_tracker_wait_init(&wait, s->alive), most);
}

static edo_duration server_sum(edo_duration a, edo_duration b) {
    return edo_ns(a.ns > EDO_FOREVER_NS - b.ns ? EDO_FOREVER_NS : a.ns + b.ns);
}

static edo_duration server_least(edo_duration a, edo_duration b) {
    return a.ns < b.ns ? a : b;
}

/* Waits for all connections, within `drain_max`. */
static int drain_all(edoi_http_server *s) {
    const edo_duration most = s->opts.drain_max;
    const edo_duration first = server_least(edo_ms(EDOI_HTTP_LAST_CALL_MS), most);
    const edo_duration second = server_least(edo_s(EDOI_HTTP_HURRY_S), most);
    edoi_http_server_drain(s);
    edo_tracker_close(s->alive);
    int err = server_wait_for_all(s, first);
    if (err != -ETIMEDOUT) return err;
    edoi_http_server_end_idle(s);
    err = server_wait_for_all(s, edo_ns(second.ns - first.ns));
    if (err != -ETIMEDOUT) return err;
    edo_cancel(s->late, EDO_CANCEL_SHUTDOWN);
    return server_wait_for_all(s, most.ns == EDO_FOREVER_NS ? most : edo_ns(most.ns - second.ns));
}

/* Drains the server. Returns 0 once no connection is left, also if handlers had to be cancelled for
 * that, or -ETIMEDOUT if some of them go on in spite of it. */
static int server_drain(edoi_http_server *s) {
    EDO_SHIELD(shield, server_sum(s->opts.drain_max, s->opts.cancel_max));
    int err = drain_all(s);
    if (err < 0) {
        if (edoi_http_server_is_busy(s)) // others wait for clients to read
            edo_warn("handlers that were not done within the drain are cancelled");
        edo_cancel(s->kill, EDO_CANCEL_SHUTDOWN);
        err = server_wait_for_all(s, s->opts.cancel_max);
    }
    (void)edo_shield_end(&shield, 0);
    return err < 0 ? edo_fail(-ETIMEDOUT, "handlers go on although they were cancelled") : 0;
}

/* Makes a server, by the options, which are filled in. On failure the argument is dropped. */
static int make_server(edoi_http_server **out, edo_http_handler *handler, void *arg,
                       edo_http_server_opts *o) {
    edo_slab *exchanges = NULL;
    int err = handler ? server_fill_in(o) : -EINVAL;
    if (err == 0) err = edoi_h1_exchanges_new(&exchanges);
    if (err == 0) err = edoi_http_server_new(out, handler, arg, o, exchanges);
    if (err == 0) return 0;
    edo_slab_free(exchanges);
    if (o->drop) o->drop(arg);
    return err;
}

int edo_http_serve_stream(edo_http_handler *handler, void *arg, edo_stream *stream,
                          const edo_http_server_opts *opts) {
    edo_http_server_opts o = opts ? *opts : (edo_http_server_opts){ 0 };
    edoi_http_server *s;
    if (EDO_MISUSE(!stream, "a stream is used that is NULL")) {
        if (o.drop) o.drop(arg);
        return -EDO_EMISUSE;
    }
    int err = make_server(&s, handler, arg, &o);
    if (err != 0) {
        edo_close(stream);
        return err;
    }
    (void)edo_sem_try_acquire(&s->places, 1); // the end of the connection gives it back
    err = edoi_http_conn_start(s, stream);
    edo_tracker_close(s->alive);
    if (err == 0) err = server_wait_for_all(s, (edo_duration){ EDO_FOREVER_NS });
    if (err == -ECANCELED) err = server_drain(s);
    edo_rc_unref(s);
    return err;
}

int edo_http_serve(edo_http_handler *handler, void *arg, const edo_http_server_opts *opts) {
    edo_http_server_opts o = opts ? *opts : (edo_http_server_opts){ 0 };
    edoi_http_server *s;
    if (!has_doors(&o)) handler = NULL;
    int err = make_server(&s, handler, arg, &o);
    if (err != 0) return err;
    edo_duration ending = server_sum(s->opts.drain_max, s->opts.cancel_max);
    edo_runtime_extend_shutdown(edo_runtime_current(), server_sum(ending, edo_s(1)));
    err = listen_and_accept(s);
    edo_instant begun_at = edo_now();
    int drained = server_drain(s);
    edoi_http_count_drain(s, edo_instant_since(edo_now(), begun_at));
    edo_rc_unref(s);
    if (err == -ECANCELED || drained == 0) return err == -ECANCELED ? drained : err;
    edo_warn("accepting has failed: %s", edo_strerror(err));
    return drained; // the caller has to know that a handler may still run
}
