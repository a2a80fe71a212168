/* SPDX-License-Identifier: MIT */
/* net/connect.c: connects without blocking: the socket becomes writable when the kernel has the
 * result. */
#include "base/atomic.h"
#include "base/memory/handles.h"
#include "net/names.h"
#include "net/tcp.h"

#include <edo/task.h>

#include <errno.h>
#include <unistd.h>

/* Steps of a connecting future. While LOOKING, `lookup` is alive; while CONNECTING, it owns
 * `stream`. */
enum { FRESH, LOOKING, CHOOSING, CONNECTING };

static const edo_tcp_opts defaults = { 0 };

/* Returns address number `f->tried` and increments it; -ENOENT after the last. */
static int next_candidate(edo_addr *out, edo_tcp_connect_future *f) {
    uint32_t at = f->tried++;
    if (f->names) return edoi_names_get(f->names, at, out) ? 0 : -ENOENT;
    if (f->text) return edoi_numeric_get(f->text, at, out);
    if (at > 0) return -ENOENT;
    *out = *f->addr;
    return 0;
}

/* Binds to the requested local address. Only the address is bound, without a port: the port is
 * picked at connect, when the kernel knows both ends. */
static int bind_local(int fd, const char *local) {
    edo_addr addr;
    int err = edo_addr_parse(&addr, local);
    if (err < 0) return err;
    int one = 1;
    int name = edo_addr_port(&addr) == 0 ? IP_BIND_ADDRESS_NO_PORT : SO_REUSEADDR;
    int level = name == SO_REUSEADDR ? SOL_SOCKET : IPPROTO_IP;
    (void)setsockopt(fd, level, name, &one, sizeof one); // optional: bind works without it
    return bind(fd, &addr.sock.any, addr.bytes) < 0 ? edoi_errno() : 0;
}

/* Begins to connect: 0 connected, -EINPROGRESS, or an error; in the first two cases the stream is
 * in `*out`. */
static int begin_connect(edo_stream **out, const edo_addr *addr, const edo_tcp_opts *opts) {
    edo_stream *s;
    int err = edoi_socket_new(&s, &edoi_tcp_ops);
    if (err < 0) return err;
    int fd;
    err = edoi_tcp_socket(&fd, addr, opts);
    if (err < 0) goto close_stream;
    edoi_socket_adopt(s, fd);
    err = edoi_tcp_set_connecting(fd, opts);
    if (err == 0 && opts->bind) err = bind_local(fd, opts->bind);
    if (err < 0) goto close_stream;
    if (connect(fd, &addr->sock.any, addr->bytes) < 0) err = edoi_errno();
    if (err == -EINTR) err = -EINPROGRESS; // connecting continues
    if (err < 0 && err != -EINPROGRESS) goto close_stream;
    *out = s;
    return err;

close_stream:
    edo_close(s);
    return err;
}

/* The kernel's result: 0 connected, -EINPROGRESS none yet, or an error. */
static int outcome(int fd) {
    int err = 0;
    socklen_t bytes = sizeof err;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &bytes) < 0) return edoi_errno();
    if (err != 0) return err == ECANCELED ? -EIO : -err;
    edo_addr peer;
    int name_err = edoi_socket_name(fd, true, &peer);
    return name_err == -ENOTCONN ? -EINPROGRESS : name_err;
}

static edoi_source *source_of(const edo_tcp_connect_future *f) {
    EDO_ASSERT(edo_future_step(&f->base) == CONNECTING && f->stream);
    return edoi_source_behind(f->stream);
}

static void give_up(edo_tcp_connect_future *f) {
    if (edo_future_step(&f->base) != CONNECTING) return;
    edoi_source_unwait(source_of(f), &f->wait);
    edo_close(f->stream);
    f->stream = NULL;
    edo_future_next_step(&f->base, CHOOSING);
}

/* Keeps the first failure: it belongs to the preferred address. */
static void note_failure(edo_tcp_connect_future *f, int err) {
    give_up(f);
    if (f->base.result == 0) f->base.result = err;
}

static edo_polled finish(edo_tcp_connect_future *f, int result) {
    edoi_names_unref(f->names);
    return edo_future_finish(&f->base, result);
}

static edo_polled succeed(edo_tcp_connect_future *f) {
    edoi_source_unwait(source_of(f), &f->wait);
    *f->out = f->stream;
    f->stream = NULL;
    return finish(f, 0);
}

/* Begins to look up `text`, if it is a name. */
static int look_up(edo_tcp_connect_future *f) {
    edo_addr addr;
    bool known = !f->text || edoi_numeric_get(f->text, 0, &addr) == 0;
    int err = known ? 0 : edoi_names_new(&f->names, f->text);
    edo_future_next_step(&f->base, f->names ? LOOKING : CHOOSING);
    if (f->names) (void)edoi_names_init(&f->lookup, f->names);
    return err;
}

/* Tries the next address: 0 connected, -EINPROGRESS, or the final failure. */
static int try_next(edo_tcp_connect_future *f) {
    for (;;) {
        edo_addr addr;
        int err = next_candidate(&addr, f);
        if (err == -ENOENT) return f->base.result;
        if (err == 0) err = edoi_tcp_check(f->opts);
        if (err == 0) err = begin_connect(&f->stream, &addr, f->opts);
        if (err == 0 || err == -EINPROGRESS) {
            edo_future_next_step(&f->base, CONNECTING);
            edoi_source *src = source_of(f);
            // not writable before it is connected, although a fresh source counts as ready
            if (err < 0) edoi_source_clear(src, EDOI_WRITE, edoi_source_ready(src, EDOI_WRITE));
            return err;
        }
        note_failure(f, err);
    }
}

static edo_polled connect_poll(edo_future *base, edo_cx *cx) {
    edo_tcp_connect_future *f = (edo_tcp_connect_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(base) == FRESH) {
        int err = look_up(f);
        if (err < 0) return finish(f, err);
    }
    if (edo_future_step(base) == LOOKING) {
        edo_budget_refund(cx); // the lookup takes its own
        if (edo_poll(&f->lookup.base, cx) == EDO_PENDING) return EDO_PENDING;
        if (edo_result(&f->lookup) < 0) return finish(f, edo_result(&f->lookup));
        edo_future_next_step(base, CHOOSING);
    }
    for (;;) {
        if (edo_future_step(base) == CHOOSING) {
            int err = try_next(f);
            if (err == 0) return succeed(f);
            if (err != -EINPROGRESS) return finish(f, err);
        }
        edoi_source *src = source_of(f);
        uint32_t tick = edoi_source_ready(src, EDOI_WRITE);
        if (tick == 0) {
            int waits = edoi_io_wait(src, EDOI_WRITE, &f->wait, cx);
            if (waits == 0) continue;
            if (waits == 1) {
                edo_budget_refund(cx);
                return EDO_PENDING;
            }
            give_up(f);
            return finish(f, waits);
        }
        int err = outcome(edoi_source_fd(src));
        if (err == 0) return succeed(f);
        if (err == -EINPROGRESS) {
            edoi_source_clear(src, EDOI_WRITE, tick);
        } else {
            note_failure(f, err);
        }
    }
}

static void connect_drop(edo_future *base) {
    edo_tcp_connect_future *f = (edo_tcp_connect_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == LOOKING) edo_drop(&f->lookup.base);
    give_up(f);
    edoi_names_unref(f->names);
    edo_future_retire(base);
}

static const edo_future_ops connect_ops = { .poll = connect_poll,
                                            .drop = connect_drop,
                                            .name = "edo_tcp_connect",
                                            .size = sizeof(edo_tcp_connect_future) };

static edo_future *init(edo_tcp_connect_future *f, edo_stream **out, const edo_tcp_opts *opts) {
    f->out = out;
    f->opts = opts ? opts : &defaults;
    f->stream = NULL;
    f->wait = (edo_io_wait){ 0 };
    f->tried = 0;
    f->names = NULL;
    return edo_future_init(&f->base, &connect_ops);
}

edo_future *edo_tcp_connect_init(edo_tcp_connect_future *f, edo_stream **out, const char *addr,
                                 const edo_tcp_opts *opts) {
    f->text = addr;
    f->addr = NULL;
    return init(f, out, opts);
}

edo_future *edo_tcp_connect_addr_init(edo_tcp_connect_future *f, edo_stream **out,
                                      const edo_addr *addr, const edo_tcp_opts *opts) {
    f->text = NULL;
    f->addr = addr;
    return init(f, out, opts);
}

int edo_tcp_connect_addr(edo_stream **out, const edo_addr *addr, const edo_tcp_opts *opts) {
    edo_tcp_connect_future f;
    int err = edo_await(edo_tcp_connect_addr_init(&f, out, addr, opts));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

/* For a thread outside any runtime, which has no pool and may block. */
static int look_up_here(edo_tcp_connect_future *f) {
    int err = look_up(f);
    if (err < 0 || !f->names) return err;
    edo_drop(&f->lookup.base);
    err = edoi_names_wait(f->names);
    edo_future_next_step(&f->base, CHOOSING);
    if (err < 0) edoi_names_unref(f->names);
    return err;
}

int edo_tcp_connect(edo_stream **out, const char *addr, const edo_tcp_opts *opts) {
    edo_tcp_connect_future f;
    (void)edo_tcp_connect_init(&f, out, addr, opts);
    if (!edo_runtime_current()) {
        int err = look_up_here(&f);
        if (err < 0) return err;
    }
    int err = edo_await(&f.base);
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}
