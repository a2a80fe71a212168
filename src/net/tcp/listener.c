/* SPDX-License-Identifier: MIT */
/* net/tcp/listener.c: listens and accepts.
 *
 * Accepted sockets inherit the options of the listening socket, so they cost no system calls.
 *
 * When descriptors or memory run out the kernel keeps the connection in the queue and would report
 * it again at once. The accepting future then clears the listener's readiness, pauses, and sets it
 * again, so that no task spins; meanwhile it is linked, so that a close wakes it.
 *
 * inv. 1: a future that cleared readiness for a pause (step NAPPING) sets it again, also when
 *         dropped.
 * inv. 1 is not asserted: another event may have cleared it again. A test has the drop. */
#include "base/error/trail.h"
#include "base/held.h"
#include "io/op.h"
#include "net/names/names.h"
#include "net/tcp/tcp.h"
#include "records/handles.h"

#include <edo/error.h>
#include <edo/task.h>

#define EDO_TARGET "edo.net"
#include <edo/log.h>

#include <errno.h>
#include <limits.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG    4096
#define DEAD_MAX   16u /* connections that died in the queue, until other tasks have a turn */
#define NAP_MS_MIN 10u
#define NAP_MS_MAX 1000u

/* Steps of an accepting future. */
enum { FRESH, HELD, NAPPING };

struct edo_listener {
    edoi_source *source;        /* const */
    const edo_stream_ops *kind; /* const; of the streams that it accepts */
    edo_atomic_u32 refs;        /* atomic: LI1 */
    edo_atomic_u32 nap;         /* the last pause, ms; 0 after a success */
    edo_atomic_u32 is_shared;   /* atomic, relaxed: a flag; others may have the socket */
};

/* ---- Opening and closing --------------------------------------------------------------------- */

int edoi_listen(int fd, uint32_t backlog) {
    int n = BACKLOG;
    if (backlog > 0) n = backlog < INT_MAX ? (int)backlog : INT_MAX;
    return listen(fd, n) < 0 ? edoi_errno() : 0;
}

int edoi_listener_new(edo_listener **out, int fd, const edo_stream_ops *kind, const void *caller) {
    edo_listener *l = (edo_listener *)edoi_cache_get(sizeof *l);
    if (!l) return -ENOMEM;
    *l = (edo_listener){ .kind = kind, .refs = { 1 } };
    int err = edoi_source_new(&l->source, fd);
    if (err < 0) {
        edoi_cache_put(l, sizeof *l);
        return err;
    }
    edoi_handle_made_here(EDOI_LISTENER, l, caller);
    *out = l;
    return 0;
}

static int bind_and_listen(int fd, const edo_addr *addr, const edo_tcp_opts *opts) {
    int err = edoi_set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (err < 0) return err;
    if (bind(fd, &addr->sock.any, addr->bytes) < 0) return edoi_errno();
    return edoi_listen(fd, opts->backlog);
}

static int listen_at(edo_listener **out, const edo_addr *at, const edo_tcp_opts *opts,
                     const void *caller) {
    int fd;
    int err = edoi_tcp_socket(&fd, at, opts, true);
    if (err < 0) return err;
    err = bind_and_listen(fd, at, opts);
    if (err == 0) err = edoi_listener_new(out, fd, &edoi_tcp_ops, caller);
    if (err < 0) (void)close(fd);
    return err;
}

/* Listens on the first usable address of a name; otherwise returns the first failure. */
static int listen_by_name(edo_listener **out, const char *addr, const edo_tcp_opts *opts,
                          const void *caller) {
    edoi_names *names;
    int err = edoi_names_new(&names, addr);
    if (err < 0) return err;
    err = edoi_names_wait(names);
    if (err >= 0) {
        edo_addr at;
        int failure = 0;
        err = -ENOENT;
        for (uint32_t i = 0; err < 0 && edoi_names_get(names, i, &at); i++) {
            err = listen_at(out, &at, opts, caller);
            if (failure == 0) failure = err;
        }
        if (err < 0) err = failure;
    }
    edoi_names_unref(names);
    return err;
}

static const edo_tcp_opts defaults = { 0 };

int edo_tcp_listen_addr(edo_listener **out, const edo_addr *addr, const edo_tcp_opts *opts) {
    if (!opts) opts = &defaults;
    int err = edoi_tcp_check(opts);
    return err < 0 ? err : listen_at(out, addr, opts, EDOI_CALLER());
}

/* Tells the address in the trail of a failure, which begins here. */
static int listen_fail(int err, const char *addr, bool is_name) {
    edoi_trail_drop(err);
    if (err == -EINVAL && is_name)
        err = edo_fail(err, "the form is 127.0.0.1:8080, [::]:8080 or localhost:8080");
    if (err == -ENOENT) err = edo_fail(err, "host not found");
    return edo_fail(err, "listening on %s", addr);
}

int edo_tcp_listen(edo_listener **out, const char *addr, const edo_tcp_opts *opts) {
    if (!opts) opts = &defaults;
    int err = edoi_tcp_check(opts);
    if (err < 0) return err;
    edo_addr at;
    bool is_name = edo_addr_parse(&at, addr) < 0;
    err = is_name ? listen_by_name(out, addr, opts, EDOI_CALLER())
                  : listen_at(out, &at, opts, EDOI_CALLER());
    return err < 0 ? listen_fail(err, addr, is_name) : err;
}

/* Takes a reference for a future, not for the program. */
static void listener_hold(edo_listener *l) {
    (void)edoi_add_rlx_u32(&l->refs, 1); // relaxed: the caller holds one
}

static void listener_let_go(edo_listener *l) {
    edoi_held_check("a listener's reference is given back");
    // LI1: pairs with LI1: other owners' accesses happen before the end
    if (edoi_sub_acqrel_u32(&l->refs, 1) != 1) return;
    edoi_source_free(l->source);
    edoi_handle_cache_put(EDOI_LISTENER, l, sizeof *l);
}

/* Called before any use: true, or in effect an abort, if it is NULL or was given up. */
static bool listener_misused(const edo_listener *l) {
    if (EDO_MISUSE(!l, "a listener is used that is NULL")) return true;
    EDOI_ENTERS(EDOI_LISTENER, l);
    return false;
}

edo_listener *edo_listener_ref(edo_listener *l) {
    if (listener_misused(l)) return NULL;
    edoi_handle_shared(EDOI_LISTENER, l);
    listener_hold(l);
    return l;
}

void edo_listener_unref(edo_listener *l) {
    if (!l) return;
    edoi_handle_given_up(EDOI_LISTENER, l, EDOI_CALLER());
    listener_let_go(l);
}

void edo_listener_close(edo_listener *l) {
    if (!l) return;
    edoi_handle_given_up(EDOI_LISTENER, l, EDOI_CALLER());
    // relaxed: if this is the only reference no thread can add one; otherwise the close is only
    // extra work
    if (edoi_load_rlx_u32(&l->refs) > 1) {
        if (edoi_load_rlx_u32(&l->is_shared)) { // relaxed: as below
            edoi_source_end_file(l->source);
        } else {
            edoi_source_close(l->source);
        }
    }
    listener_let_go(l);
}

/* The descriptor of an open listener, or an error. */
static int listener_open_fd(edo_listener *l) {
    if (listener_misused(l)) return -EDO_EMISUSE;
    return edoi_source_is_closed(l->source) ? edoi_source_closed_error(l->source)
                                            : edoi_source_fd(l->source);
}

int edo_listener_fd(edo_listener *l) {
    int fd = listener_open_fd(l);
    if (fd < 0) return fd;
    edoi_listener_share(l);
    return fd;
}

void edoi_listener_share(edo_listener *l) {
    // relaxed: a flag; the caller's own close comes later
    edoi_store_rlx_u32(&l->is_shared, 1);
    edoi_source_lend(); // a copy would stay registered
}

int edo_listener_get_stats(edo_listener *l, edo_listener_stats *out) {
    struct tcp_info info = { 0 };
    uint32_t memory[SK_MEMINFO_VARS] = { 0 };
    socklen_t info_bytes = sizeof info, memory_bytes = sizeof memory;
    int fd = listener_open_fd(l);
    if (fd < 0) return fd;
    if (l->kind != &edoi_tcp_ops) return -ENOTSUP;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &info_bytes) < 0) return edoi_errno();
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &memory_bytes) < 0) return edoi_errno();
    *out = (edo_listener_stats){ .queued = info.tcpi_unacked, // as ss(8) reads them
                                 .queue_max = info.tcpi_sacked,
                                 .dropped = memory[SK_MEMINFO_DROPS] };
    return 0;
}

int edo_listener_addr(edo_listener *l, edo_addr *out) {
    int fd = listener_open_fd(l);
    return fd < 0 ? fd : edoi_socket_name(fd, false, out);
}

uint16_t edo_listener_port(edo_listener *l) {
    edo_addr addr;
    return edo_listener_addr(l, &addr) == 0 ? edo_addr_port(&addr) : 0;
}

/* ---- Accepting ------------------------------------------------------------------------------- */

/* The connection died in the queue: an error of its network, not of the listener (accept(2)). */
static bool is_of_that_connection(int err) {
    static const int codes[] = { ECONNABORTED, EINTR,    EPROTO,       ENOPROTOOPT,
                                 EHOSTDOWN,    ENONET,   EHOSTUNREACH, EOPNOTSUPP,
                                 ENETUNREACH,  ENETDOWN, EPERM };
    for (size_t i = 0; i < EDO_COUNT(codes); i++) {
        if (codes[i] == err) return true;
    }
    return false;
}

static bool listener_is_shortage(int err) {
    return err == -EMFILE || err == -ENFILE || err == -ENOMEM || err == -ENOBUFS;
}

/* Accepts one connection: 0, -EAGAIN, or an error; that of a connection if DEAD_MAX died one after
 * the other. The stream is made first: without memory for it the connection stays in the queue. */
static int accept_one(edo_listener *l, edo_stream **out) {
    if (edoi_source_is_closed(l->source)) return edoi_source_closed_error(l->source);
    edo_stream *s;
    int err = edoi_socket_new(&s, l->kind);
    if (err < 0) return err;
    int fd;
    uint32_t dead_n = 0;
    do {
        fd = accept4(edoi_source_fd(l->source), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    } while (fd < 0 && is_of_that_connection(errno) && ++dead_n < DEAD_MAX);
    if (fd < 0) {
        err = edoi_source_is_closed(l->source) ? edoi_source_closed_error(l->source) : edoi_errno();
        edoi_stream_let_go(s); // no handle yet: its address may be that of one given up before
        return err;
    }
    edoi_socket_adopt(s, fd);
    *out = s;
    return 0;
}

int edo_try_accept(edo_listener *l, edo_stream **out) {
    if (listener_misused(l)) return -EDO_EMISUSE;
    int err = accept_one(l, out);
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return is_of_that_connection(-err) ? -EAGAIN : err;
}

static edo_polled accept_pend(edo_accept_future *f) {
    if (edo_future_step(&f->base) == FRESH) {
        listener_hold(f->listener);
        edo_future_next_step(&f->base, HELD);
    }
    return EDO_PENDING;
}

static void accept_hold(edo_future *base) {
    edo_accept_future *f = (edo_accept_future *)(void *)base;
    if (f->listener) (void)accept_pend(f); // the first poll reports a NULL
}

/* Releases what the future holds; it is FRESH again. */
static void accept_release(edo_accept_future *f) {
    uint32_t step = edo_future_step(&f->base);
    if (step == FRESH) return;
    edoi_source_unwait(f->listener->source, &f->wait);
    if (step == NAPPING) {
        edo_drop(&f->nap.base);
        edoi_source_nudge(f->listener->source, EDOI_READ); // inv. 1
    }
    edo_future_next_step(&f->base, FRESH);
    listener_let_go(f->listener);
}

static edo_polled accept_end(edo_accept_future *f, int result) {
    accept_release(f);
    return edo_future_finish(&f->base, result);
}

/* Begins a pause: `tick` is the readiness under which the shortage `err` occurred. */
static void accept_begin_nap(edo_accept_future *f, uint32_t tick, int err) {
    edo_listener *l = f->listener;
    // relaxed: a heuristic; it is harmless if two tasks double it at once
    uint32_t ms = edoi_load_rlx_u32(&l->nap) * 2;
    if (ms == 0) // once until a connection is accepted again
        edo_warn_kv("accept pauses: short of descriptors or memory",
                    EDO_KV("error", edo_error_name(err)));
    ms = ms < NAP_MS_MIN ? NAP_MS_MIN : ms < NAP_MS_MAX ? ms : NAP_MS_MAX;
    edoi_store_rlx_u32(&l->nap, ms);
    edoi_source_clear(l->source, EDOI_READ, tick);
    (void)accept_pend(f);
    edo_future_next_step(&f->base, NAPPING);
    (void)edo_sleep_init(&f->nap, edo_ms(ms));
}

/* During a pause: true if the pause decides the poll, whose outcome is then in `*polled`. */
static bool goes_on_napping(edo_accept_future *f, edo_cx *cx, edo_polled *polled) {
    edoi_source *src = f->listener->source;
    if (edoi_source_is_closed(src)) {
        *polled = accept_end(f, edoi_source_closed_error(src));
        return true;
    }
    if (edo_poll(&f->nap.base, cx) == EDO_PENDING) {
        // linked so that a close wakes it; a new connection wakes it too, without effect
        int waits;
        while ((waits = edoi_io_wait(src, EDOI_READ, &f->wait, cx)) == 0)
            edoi_source_clear(src, EDOI_READ, edoi_source_ready(src, EDOI_READ));
        if (waits == -EDO_ECLOSED) return goes_on_napping(f, cx, polled);
        *polled = EDO_PENDING;
        return true;
    }
    int err = edo_result(&f->nap);
    edo_future_next_step(&f->base, HELD);
    edoi_source_nudge(src, EDOI_READ); // inv. 1
    if (err == 0) return false;
    *polled = accept_end(f, err);
    return true;
}

static edo_polled accept_poll(edo_future *base, edo_cx *cx) {
    edo_accept_future *f = (edo_accept_future *)(void *)base;
    edo_listener *l = f->listener;
    edo_polled polled;
    if (edoi_io_lacks_handle(base, l)) return edo_future_finish(base, -EDO_EMISUSE);
    if (edo_future_step(base) == NAPPING && goes_on_napping(f, cx, &polled)) return polled;
    if (!edo_budget_take(cx)) return accept_pend(f);
    for (;;) {
        uint32_t tick = edoi_source_ready(l->source, EDOI_READ);
        if (tick == 0) {
            int waits = edoi_io_wait(l->source, EDOI_READ, &f->wait, cx);
            if (waits == 0) continue;
            if (waits < 0) return accept_end(f, waits);
            edo_budget_refund(cx);
            return accept_pend(f);
        }
        edo_stream *stream = NULL;
        int err = accept_one(l, &stream);
        if (err == 0) {
            // relaxed: see accept_begin_nap()
            if (edoi_load_rlx_u32(&l->nap) != 0) edoi_store_rlx_u32(&l->nap, 0);
            *f->out = stream;
            return accept_end(f, 0);
        }
        if (err == -EAGAIN) {
            edoi_source_clear(l->source, EDOI_READ, tick);
            continue;
        }
        if (is_of_that_connection(-err)) {
            edo_cx_wake(cx);
            return accept_pend(f);
        }
        if (!listener_is_shortage(err) || f->no_pause) return accept_end(f, err);
        accept_begin_nap(f, tick, err);
        edo_budget_refund(cx);
        if (goes_on_napping(f, cx, &polled)) return polled;
    }
}

static void accept_drop(edo_future *base) {
    edo_accept_future *f = (edo_accept_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    accept_release(f);
    edo_future_retire(base);
}

static const edo_future_ops accept_ops = { .poll = accept_poll,
                                           .drop = accept_drop,
                                           .name = "edo_accept",
                                           .size = sizeof(edo_accept_future),
                                           .flags = EDOI_FUTURE_OF(EDOI_LISTENER),
                                           .hold = accept_hold };

edo_future *edo_accept_init(edo_accept_future *f, edo_listener *l, edo_stream **out) {
    EDOI_ENTERS(EDOI_LISTENER, l);
    f->listener = l;
    f->out = out;
    f->wait = (edo_io_wait){ 0 };
    f->no_pause = false;
    return edo_future_init(&f->base, &accept_ops);
}

int edo_accept(edo_listener *l, edo_stream **out) {
    edo_accept_future f;
    int err = edo_await(edo_accept_init(&f, l, out));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

int edo_accept_no_pause(edo_listener *l, edo_stream **out) {
    edo_accept_future f;
    edo_future *accept = edo_accept_init(&f, l, out);
    f.no_pause = true;
    int err = edo_await(accept);
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}
