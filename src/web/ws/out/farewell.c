/* SPDX-License-Identifier: MIT */
/* web/ws/out/farewell.c: the time that a peer has to close after edo_ws_close(), which does not
 * wait. A task without a stack begins when the close was written, and closes the connection 5 s
 * later unless it has ended before. The receiver notices that, whether it waits in a fiber, is
 * functions, or drops what the peer still sends. A peer that takes what was written before, and is
 * slow, has more time; what another one has not taken is not left to the kernel. */
#include "net/tcp/taken.h"
#include "web/ws/ws.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

#define TURNS_MAX 6 /* of EDOI_WS_CLOSE_S each, while the peer takes what was written */

typedef struct farewell {
    edo_future base;
    edo_stream *stream; /* counted */
    edo_io_ready_future end;
    edo_sleep_future limit;
    uint64_t taken; /* by the peer when `limit` began */
    unsigned turns; /* of `limit` that are over */
} farewell;

enum { START, WAITING };

static farewell *farewell_of(edo_future *f) {
    return (farewell *)(void *)f;
}

static uint64_t farewell_taken(farewell *f) {
    edo_tcp_taken now = { .bytes = 0 };
    return edo_tcp_get_taken(f->stream, &now) < 0 ? 0 : now.bytes;
}

static void farewell_begin(farewell *f) {
    f->taken = farewell_taken(f);
    (void)edo_io_ready_init(&f->end, f->stream, EDO_IO_READ_CLOSED);
    (void)edo_sleep_init(&f->limit, edo_s(EDOI_WS_CLOSE_S));
    edo_future_next_step(&f->base, WAITING);
}

/* Has the connection ended? A stream that cannot tell is closed at the end of the time. */
static bool farewell_is_over(farewell *f, edo_cx *cx) {
    if (edo_future_is_over(&f->end.base)) return false;
    return edo_poll(&f->end.base, cx) == EDO_READY && edo_result(&f->end) != -ENOTSUP;
}

/* The time is over. Has the peer more of it? */
static bool farewell_goes_on(farewell *f) {
    edo_tcp_taken now = { .left = 0 };
    bool is_awaited = edo_tcp_get_taken(f->stream, &now) == 0 && edoi_tcp_is_awaited(&now);
    bool goes_on = is_awaited && now.bytes > f->taken && ++f->turns < TURNS_MAX;
    f->taken = now.bytes;
    return goes_on;
}

static edo_polled farewell_poll(edo_future *base, edo_cx *cx) {
    farewell *f = farewell_of(base);
    if (edo_future_step(base) == START) farewell_begin(f);
    bool is_over = farewell_is_over(f, cx);
    while (!is_over) {
        if (edo_poll(&f->limit.base, cx) == EDO_PENDING) return EDO_PENDING;
        is_over = !farewell_goes_on(f);
        if (is_over) edoi_tcp_break_off(f->stream);
        if (!is_over) (void)edo_sleep_init(&f->limit, edo_s(EDOI_WS_CLOSE_S));
    }
    edo_drop(&f->end.base);
    edo_drop(&f->limit.base);
    edo_stream_unref(f->stream);
    return edo_future_finish(base, 0);
}

/* Called when the runtime shuts down. */
static void farewell_drop(edo_future *base) {
    if (edo_future_is_over(base)) return;
    farewell *f = farewell_of(base);
    if (edo_future_step(base) == WAITING) {
        edo_drop(&f->end.base);
        edo_drop(&f->limit.base);
    }
    edo_stream_unref(f->stream);
    edo_future_retire(base);
}

static const edo_future_ops farewell_ops = { .poll = farewell_poll,
                                             .drop = farewell_drop,
                                             .name = "edo_ws_farewell",
                                             .size = sizeof(farewell) };

void edoi_ws_begin_farewell(edo_ws *ws) {
    farewell f = { .stream = edo_stream_ref(ws->stream) };
    edo_future_init(&f.base, &farewell_ops);
    if (edo_spawn_future_detached_with(&f.base, &(edo_spawn_opts){ .name = "edo_ws_farewell" }) ==
        0)
        return;
    edo_drop(&f.base);
    edo_close(edo_stream_ref(ws->stream)); // without memory the peer gets no time
}
