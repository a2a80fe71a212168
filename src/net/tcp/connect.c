/* SPDX-License-Identifier: MIT */
/* net/tcp/connect.c: connects to an address, or to the addresses of a name. */
#include "net/tcp/attempt.h"
#include "net/tcp/race.h"
#include "records/handles.h"

#include <edo/task.h>
#include <edo/vsock.h>

#include <errno.h>

/* Steps of a connecting future. While LOOKING, `lookup` is alive; while CONNECTING, `race` or
 * `attempt` is. */
enum { FRESH, LOOKING, FOUND, CONNECTING };

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

static edo_polled tcp_connect_finish(edo_tcp_connect_future *f, int result) {
    edoi_race_free(f->race);
    edoi_names_unref(f->names);
    return edo_future_finish(&f->base, result);
}

static edo_polled tcp_connect_succeed(edo_tcp_connect_future *f, edo_stream *s) {
    *f->out = s;
    return tcp_connect_finish(f, 0);
}

/* Begins to look up `text`, if it is a name. */
static int tcp_connect_look_up(edo_tcp_connect_future *f) {
    edo_addr addr;
    bool known = !f->text || edoi_numeric_get(f->text, 0, &addr) == 0;
    int err = known ? 0 : edoi_names_new(&f->names, f->text);
    edo_future_next_step(&f->base, f->names ? LOOKING : FOUND);
    if (f->names) (void)edoi_names_init(&f->lookup, f->names);
    return err;
}

/* Tries the next address: 0 connected, -EINPROGRESS, or the final failure: the first, which belongs
 * to the best address. */
static int try_next(edo_tcp_connect_future *f) {
    for (;;) {
        edo_addr addr;
        int err = next_candidate(&addr, f);
        if (err == -ENOENT) return f->base.result;
        if (err == 0) err = edoi_attempt_begin(&f->attempt, &addr, f->opts);
        if (err == 0 || err == -EINPROGRESS) return err;
        if (f->base.result == 0) f->base.result = err;
    }
}

/* One address after the other. */
static edo_polled try_all(edo_tcp_connect_future *f, edo_cx *cx) {
    for (;;) {
        if (!edoi_attempt_is_made(&f->attempt)) {
            int err = try_next(f);
            if (err == 0) return tcp_connect_succeed(f, edoi_attempt_take(&f->attempt));
            if (err != -EINPROGRESS) return tcp_connect_finish(f, err);
        }
        int result;
        if (edoi_attempt_poll(&f->attempt, cx, &result) == EDO_PENDING) return EDO_PENDING;
        if (result == 0) return tcp_connect_succeed(f, edoi_attempt_take(&f->attempt));
        edoi_attempt_drop(&f->attempt);
        if (f->base.result == 0) f->base.result = result;
    }
}

static edo_polled race(edo_tcp_connect_future *f, edo_cx *cx) {
    edo_stream *s = NULL;
    int result;
    if (edoi_race_poll(f->race, cx, &s, &result) == EDO_PENDING) return EDO_PENDING;
    return result == 0 ? tcp_connect_succeed(f, s) : tcp_connect_finish(f, result);
}

/* The lookup has succeeded: several addresses race. */
static int tcp_connect_choose(edo_tcp_connect_future *f) {
    edo_addr second;
    edo_future_next_step(&f->base, CONNECTING);
    if (!f->names || !edoi_names_get(f->names, 1, &second)) return 0;
    return edoi_race_new(&f->race, f->names, f->opts);
}

static edo_polled tcp_connect_poll(edo_future *base, edo_cx *cx) {
    edo_tcp_connect_future *f = (edo_tcp_connect_future *)(void *)base;
    if (!edo_budget_take(cx)) return EDO_PENDING;
    if (edo_future_step(base) == FRESH) {
        int err = tcp_connect_look_up(f);
        if (err < 0) return tcp_connect_finish(f, err);
    }
    if (edo_future_step(base) == LOOKING) {
        edo_budget_refund(cx); // the lookup takes its own
        if (edo_poll(&f->lookup.base, cx) == EDO_PENDING) return EDO_PENDING;
        if (edo_result(&f->lookup) < 0) return tcp_connect_finish(f, edo_result(&f->lookup));
        edo_future_next_step(base, FOUND);
    }
    if (edo_future_step(base) == FOUND) {
        int err = tcp_connect_choose(f);
        if (err < 0) return tcp_connect_finish(f, err);
    }
    if ((f->race ? race(f, cx) : try_all(f, cx)) == EDO_READY) return EDO_READY;
    edo_budget_refund(cx);
    return EDO_PENDING;
}

static void tcp_connect_drop(edo_future *base) {
    edo_tcp_connect_future *f = (edo_tcp_connect_future *)(void *)base;
    if (edo_future_is_over(base)) return;
    if (edo_future_step(base) == LOOKING) edo_drop(&f->lookup.base);
    edoi_attempt_drop(&f->attempt);
    edoi_race_free(f->race);
    edoi_names_unref(f->names);
    edo_future_retire(base);
}

static const edo_future_ops connect_ops = { .poll = tcp_connect_poll,
                                            .drop = tcp_connect_drop,
                                            .name = "edo_tcp_connect",
                                            .size = sizeof(edo_tcp_connect_future) };

static edo_future *tcp_connect_init(edo_tcp_connect_future *f, edo_stream **out,
                                    const edo_tcp_opts *opts) {
    f->out = out;
    f->opts = opts ? opts : &defaults;
    f->attempt = (edoi_attempt){ 0 };
    f->tried = 0;
    f->names = NULL;
    f->race = NULL;
    return edo_future_init(&f->base, &connect_ops);
}

edo_future *edo_tcp_connect_init(edo_tcp_connect_future *f, edo_stream **out, const char *addr,
                                 const edo_tcp_opts *opts) {
    f->text = addr;
    f->addr = NULL;
    return tcp_connect_init(f, out, opts);
}

edo_future *edo_tcp_connect_addr_init(edo_tcp_connect_future *f, edo_stream **out,
                                      const edo_addr *addr, const edo_tcp_opts *opts) {
    f->text = NULL;
    f->addr = addr;
    return tcp_connect_init(f, out, opts);
}

int edo_tcp_connect_addr(edo_stream **out, const edo_addr *addr, const edo_tcp_opts *opts) {
    edo_tcp_connect_future f;
    int err = edo_await(edo_tcp_connect_addr_init(&f, out, addr, opts));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

edo_future *edo_vsock_connect_init(edo_tcp_connect_future *f, edo_stream **out,
                                   const edo_addr *addr) {
    (void)edo_tcp_connect_addr_init(f, out, addr, NULL);
    f->opts = NULL;
    return &f->base;
}

int edo_vsock_connect(edo_stream **out, const edo_addr *addr) {
    edo_tcp_connect_future f;
    int err = edo_await(edo_vsock_connect_init(&f, out, addr));
    if (err == 0) edoi_handle_made_by(EDOI_STREAM, *out, EDOI_CALLER());
    return err;
}

/* For a thread outside any runtime, which has no pool and may block. */
static int look_up_here(edo_tcp_connect_future *f) {
    int err = tcp_connect_look_up(f);
    if (err < 0 || !f->names) return err;
    edo_drop(&f->lookup.base);
    err = edoi_names_wait(f->names);
    edo_future_next_step(&f->base, FOUND);
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
