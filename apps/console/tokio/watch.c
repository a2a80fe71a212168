/* SPDX-License-Identifier: MIT */
/* apps/console/tokio/watch.c: see watch.h. */
#include "watch.h"

#include "look.h"

#include <edo/error.h>
#include <edo/protobuf.h>

#define TASKS_MAX 200u

/* The look that `t` makes, as a message. */
static int tokio_look_print(edo_buf *out, const told *t, uint64_t number,
                            const tokio_watch_opts *opts) {
    edo_arena arena = { 0 };
    edoi_look_update u;
    int err = tokio_look(&u, &arena, t, opts->site, opts->tasks_max ? opts->tasks_max : TASKS_MAX);
    u.number = number;
    if (err == 0) err = edo_protobuf_encode(out, &u, &EDOI_LOOK_UPDATE_DESC);
    edo_arena_deinit(&arena);
    return err;
}

static int look_tell(const told *t, uint64_t number, const tokio_watch_opts *opts) {
    edo_buf message = { 0 };
    int err = tokio_look_print(&message, t, number, opts);
    if (err == 0) err = opts->take(opts->arg, (edo_str){ message.ptr, message.len });
    edo_buf_deinit(&message);
    return err;
}

static int take_updates(edo_grpc_call *call, told *t, const tokio_watch_opts *opts) {
    rs_tokio_console_instrument_update u;
    uint64_t number = 0;
    int got;
    while ((got = rs_tokio_console_instrument_instrument_watch_updates_recv(call, &u)) == 1) {
        int err = told_take(t, &u);
        if (err == 0) err = look_tell(t, ++number, opts);
        if (err < 0) return err;
    }
    return got < 0 ? got : -EDO_ECLOSED;
}

int tokio_watch(edo_grpc_channel *channel, const tokio_watch_opts *opts) {
    static const rs_tokio_console_instrument_instrument_request all;
    edo_grpc_call *call;
    told t = { .now_ns = 0 };
    int err =
        rs_tokio_console_instrument_instrument_watch_updates(channel, &call, &all, &opts->call);
    if (err < 0) return err;
    err = take_updates(call, &t, opts);
    edo_grpc_call_free(call);
    told_deinit(&t);
    return err;
}
