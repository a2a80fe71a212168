/* SPDX-License-Identifier: MIT */
/* web/ws/in/input.c: reads input, and says how long it may be waited for. */
#include "base/assert.h"
#include "web/ws/ws.h"

#include <edo/task.h>
#include <edo/time.h>

#include <errno.h>

/* ---- Memory ----------------------------------------------------------------------------------
 *
 * Level 0 is for a few short messages, and small enough for the fast path of allocators. A read
 * that fills its room, or a frame that does not fit, makes the next memory larger; one that was
 * used to less than a quarter makes it smaller. A driver may lend a stage, which is used for levels
 * that fit into it. */

#define LEVEL_BYTES 640u
#define LEVEL_MAX   6u

static size_t cap_of(unsigned level) {
    return (size_t)LEVEL_BYTES << level; // to 40 KiB
}

void edoi_ws_expect(edo_ws *ws, uint64_t bytes) {
    while (ws->reader.level < LEVEL_MAX && cap_of(ws->reader.level) < bytes) ws->reader.level++;
}

static void reading_init(edoi_ws_reading *in, char *input, size_t cap, bool is_staged) {
    in->input = input;
    in->cap = (uint32_t)cap;
    in->begin = in->end = 0;
    in->is_timed = in->in_frame = in->in_message = in->is_lent = false;
    in->is_staged = is_staged;
    edo_buf_init(&in->message);
    edo_buf_init(&in->expanded);
    in->expansion.machine = NULL;
}

static void reading_deinit(void *self) {
    edoi_ws_reading *in = self;
    edo_buf_deinit(&in->message);
    edo_buf_deinit(&in->expanded);
    if (EDOI_UNLIKELY(in->expansion.machine)) edoi_ws_expansion_deinit(&in->expansion);
}

static int take_memory(edo_ws *ws, size_t cap) {
    edoi_ws_reading *in = edo_rc_new(sizeof *in + cap, reading_deinit);
    if (!in) return -ENOMEM;
    reading_init(in, (char *)(in + 1), cap, false);
    ws->reader.in = in;
    return 0;
}

static void ws_free_memory(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    ws->reader.in = NULL;
    if (in && in->is_staged) {
        reading_deinit(in);
    } else {
        edo_rc_unref(in);
    }
}

/* Frees the memory, which is empty. A stage stays if it is as large as the next memory is to be. */
void edoi_ws_give_back(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    if (in->is_staged && in->end == 0) return; // and nothing to free
    if (ws->reader.level > 0 && in->end < in->cap / 4 && cap_of(ws->reader.level) <= in->cap)
        ws->reader.level--;
    if (in->is_staged && cap_of(ws->reader.level) <= in->cap) {
        in->begin = in->end = 0;
    } else {
        ws_free_memory(ws);
    }
}

void edoi_ws_take_stage(edo_ws *ws, edoi_ws_stage *stage) {
    if (ws->reader.in || cap_of(ws->reader.level) > sizeof stage->bytes) return;
    reading_init(&stage->in, stage->bytes, sizeof stage->bytes, true);
    ws->reader.in = &stage->in;
}

/* Does the reason of the socket's end lie in the memory? */
static bool has_reason(const edo_ws *ws) {
    return ws->reader.reason_n > 0 && ws->reader.reason == ws->reader.in->reason;
}

/* Moves the input from the stage to memory of its own. */
static int leave_with_input(edo_ws *ws, edoi_ws_reading *from) {
    bool keeps_reason = has_reason(ws);
    if (take_memory(ws, from->cap) < 0) {
        if (keeps_reason) ws->reader.reason_n = 0;
        ws_free_memory(ws);
        return -ENOMEM;
    }
    edoi_ws_reading *to = ws->reader.in;
    char *input = to->input;
    *to = *from;
    to->input = input;
    to->is_staged = false;
    memcpy(input, from->input, from->end);
    if (keeps_reason) ws->reader.reason = to->reason;
    return 0;
}

/* ---- The socket ------------------------------------------------------------------------------ */

void edoi_ws_init(edo_ws *ws, const edoi_ws_driver *driver, const edo_ws_opts *opts) {
    *ws = (edo_ws){ .driver = driver, .opts = opts, .writer = { .sending = EDO_MUTEX_INIT } };
    edoi_posts_init(&ws->queue);
}

void edoi_ws_deinit(edo_ws *ws) {
    EDO_CHECK(edoi_ws_check(ws));
    edoi_ws_drop_out(ws);
    edoi_posts_deinit(&ws->queue);
    if (ws->deflate) edoi_ws_deflate_deinit(ws->deflate);
    edo_rc_unref(ws->deflate);
    edo_rc_unref(ws->writer.masks);
    ws_free_memory(ws);
    if (ws->stream) edo_stream_unref(ws->stream);
}

int edoi_ws_be_client(edo_ws *ws) {
    ws->writer.masks = edo_rc_new(sizeof *ws->writer.masks, NULL);
    if (!ws->writer.masks) return -ENOMEM;
    ws->writer.masks->left = 0;
    return 0;
}

int edoi_ws_attach(edo_ws *ws, edo_stream *stream, edo_str rest) {
    ws->stream = edo_stream_ref(stream);
    if (rest.len == 0) return 0;
    edoi_ws_expect(ws, rest.len);
    int err =
        take_memory(ws, rest.len > cap_of(ws->reader.level) ? rest.len : cap_of(ws->reader.level));
    if (err < 0) return err;
    memcpy(ws->reader.in->input, rest.ptr, rest.len);
    ws->reader.in->end = (uint32_t)rest.len;
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

int edoi_ws_without_closed(int err) {
    return err == -EDO_ECLOSED ? -ECONNABORTED : err;
}

/* Sends the gathered bytes before the peer is waited for. */
static void ws_flush(edo_ws *ws) {
    edoi_store_rlx_u16(&ws->writer.gathers,
                       0); // relaxed: a sender that still gathers has a flusher
    if (edoi_load_rlx_u16(&ws->writer.has_out)) edoi_ws_flush(ws);
}

int edoi_ws_take_turn(edo_cx *cx) {
    if (!cx) return edo_budget_consume();
    return edo_budget_take(cx) ? 0 : -EAGAIN;
}

/* Reads what has arrived. A peer that sends without a pause does not starve other tasks. */
static int try_read(edo_ws *ws, edo_cx *cx, char *to, size_t room) {
    int err = edoi_ws_take_turn(cx);
    if (err < 0) return err;
    int n = edo_try_read(ws->stream, to, room);
    ws->driver->has_read(ws, n, room);
    if (n > 0 && edoi_ws_time_left(ws) < 0) return -ETIMEDOUT;
    if (n == -EAGAIN) return ws->driver->await_input(ws);
    return n == 0 ? -EDO_EEOF : edoi_ws_without_closed(n);
}

int edoi_ws_read_into(edo_ws *ws, edo_cx *cx, char *to, size_t room) {
    ws_flush(ws);
    int err = ws->driver->may_read(ws, false);
    return err < 0 ? err : try_read(ws, cx, to, room);
}

static bool is_idle(const edo_ws *ws) {
    const edoi_ws_reading *in = ws->reader.in;
    return in->begin == in->end && !in->in_frame && !in->in_message && !has_reason(ws);
}

int edoi_ws_read_more(edo_ws *ws, edo_cx *cx, uint32_t wanted) {
    ws_flush(ws);
    bool was_idle = !ws->reader.in || is_idle(ws);
    int err = ws->driver->may_read(ws, was_idle);
    if (err < 0) return err;
    if (was_idle && ws->reader.in) edoi_ws_give_back(ws); // the next message may be long in coming
    if (!ws->reader.in && (err = take_memory(ws, cap_of(ws->reader.level))) < 0) return err;
    edoi_ws_reading *in = ws->reader.in;
    if (in->cap - in->begin < wanted) {
        memmove(in->input, in->input + in->begin, in->end - in->begin);
        in->end -= in->begin;
        in->begin = 0;
    }
    int n = try_read(ws, cx, in->input + in->end, in->cap - in->end);
    if (n < 0) return n;
    in->end += (uint32_t)n;
    if (in->end == in->cap) edoi_ws_expect(ws, (uint64_t)in->cap + 1);
    return 0;
}

int edoi_ws_leave_stage(edo_ws *ws) {
    edoi_ws_reading *in = ws->reader.in;
    if (!in) return 0;
    if (!is_idle(ws)) return in->is_staged ? leave_with_input(ws, in) : 0;
    edoi_ws_give_back(ws);
    ws_free_memory(ws);
    return 0;
}
