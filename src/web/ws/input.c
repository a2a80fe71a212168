/* SPDX-License-Identifier: MIT */
/* web/ws/input.c: bytes that come in, and how long they may be waited for. */
#include "web/ws/ws.h"

#include <edo/scope.h>
#include <edo/task.h>

#include <errno.h>

#define PING_INTERVAL_S 30
#define PING_TIMEOUT_S  10

/* ---- Memory ----------------------------------------------------------------------------------
 *
 * Level 0 is for a few short messages, and small enough for the fast path of allocators. A read
 * that fills its room, or a frame that does not fit, makes the next one larger; one that was used
 * to less than a quarter makes it smaller. A run of a detached socket has room on its stack, which
 * it uses for levels that fit there. */

#define LEVEL_BYTES 640u
#define LEVEL_MAX   6u

static size_t cap_of(unsigned level) {
    return (size_t)LEVEL_BYTES << level; // to 40 KiB
}

void edoi_ws_expect(edo_ws *ws, uint64_t bytes) {
    while (ws->level < LEVEL_MAX && cap_of(ws->level) < bytes) ws->level++;
}

static void reading_init(edoi_ws_reading *in, char *input, size_t cap, bool is_staged) {
    in->input = input;
    in->cap = (uint32_t)cap;
    in->begin = in->end = 0;
    in->is_timed = in->in_frame = in->in_message = in->is_lent = false;
    in->is_staged = is_staged;
    edo_buf_init(&in->message);
    edo_buf_init(&in->expanded);
}

static void reading_deinit(void *self) {
    edoi_ws_reading *in = self;
    edo_buf_deinit(&in->message);
    edo_buf_deinit(&in->expanded);
}

static int take_memory(edo_ws *ws, size_t cap) {
    edoi_ws_reading *in = edo_rc_new(sizeof *in + cap, reading_deinit);
    if (!in) return -ENOMEM;
    reading_init(in, (char *)(in + 1), cap, false);
    ws->in = in;
    return 0;
}

static void free_memory(edo_ws *ws) {
    edoi_ws_reading *in = ws->in;
    ws->in = NULL;
    if (in && in->is_staged) {
        reading_deinit(in);
    } else {
        edo_rc_unref(in);
    }
}

/* Nothing is in it. A stage stays, if it is as large as the next memory is to be. */
static void give_memory_back(edo_ws *ws) {
    edoi_ws_reading *in = ws->in;
    if (in->is_staged && in->end == 0) return; // nothing was
    if (ws->level > 0 && in->end < in->cap / 4 && cap_of(ws->level) <= in->cap) ws->level--;
    if (in->is_staged && cap_of(ws->level) <= in->cap) {
        in->begin = in->end = 0;
    } else {
        free_memory(ws);
    }
}

static void take_stage(edo_ws *ws, edoi_ws_stage *stage) {
    if (ws->in || cap_of(ws->level) > sizeof stage->bytes) return;
    reading_init(&stage->in, stage->bytes, sizeof stage->bytes, true);
    ws->in = &stage->in;
}

/* Is the reason of the socket's end in the memory? */
static bool has_reason(const edo_ws *ws) {
    return ws->reason_n > 0 && ws->reason == ws->in->reason;
}

/* Moves what is on the stage to memory of its own. */
static int leave_with_input(edo_ws *ws, edoi_ws_reading *from) {
    bool keeps_reason = has_reason(ws);
    if (take_memory(ws, from->cap) < 0) {
        if (keeps_reason) ws->reason_n = 0;
        free_memory(ws);
        return -ENOMEM;
    }
    edoi_ws_reading *to = ws->in;
    char *input = to->input;
    *to = *from;
    to->input = input;
    to->is_staged = false;
    memcpy(input, from->input, from->end);
    if (keeps_reason) ws->reason = to->reason;
    return 0;
}

/* ---- The socket ------------------------------------------------------------------------------ */

static void ws_deinit(void *self) {
    edo_ws *ws = self;
    (void)EDO_MISUSE(ws->is_owned, "a reference of a WebSocket is given back that was not taken");
    edoi_ws_drop_out(ws);
    edoi_ws_drop_queue(ws);
    if (ws->deflate) edoi_ws_deflate_deinit(ws->deflate);
    edo_rc_unref(ws->deflate);
    edo_rc_unref(ws->masks);
    pthread_mutex_destroy(&ws->lock);
    free_memory(ws);
    if (ws->stream) edo_stream_unref(ws->stream);
}

edo_ws *edoi_ws_new(const edo_ws_opts *opts, bool copies) {
    typedef struct with_opts {
        edo_ws ws;
        edo_ws_opts opts;
    } with_opts;
    edo_ws *ws = edo_rc_new(copies ? sizeof(with_opts) : sizeof *ws, ws_deinit);
    if (!ws) return NULL;
    *ws = (edo_ws){ .opts = opts, .sending = EDO_MUTEX_INIT };
    pthread_mutex_init(&ws->lock, NULL);
    if (!copies) return ws;
    with_opts *both = (with_opts *)(void *)ws;
    both->opts = *opts;
    ws->opts = &both->opts;
    return ws;
}

int edoi_ws_be_client(edo_ws *ws) {
    ws->masks = edo_rc_new(sizeof *ws->masks, NULL);
    if (!ws->masks) return -ENOMEM;
    ws->masks->left = 0;
    return 0;
}

int edoi_ws_attach(edo_ws *ws, edo_stream *stream, edo_str rest) {
    ws->stream = edo_stream_ref(stream);
    if (rest.len == 0) return 0;
    edoi_ws_expect(ws, rest.len);
    int err = take_memory(ws, rest.len > cap_of(ws->level) ? rest.len : cap_of(ws->level));
    if (err < 0) return err;
    memcpy(ws->in->input, rest.ptr, rest.len);
    ws->in->end = (uint32_t)rest.len;
    return 0;
}

/* ---- Waiting --------------------------------------------------------------------------------- */

/* This end was closed by a sender, whose peer has not read: that is no drain. */
static int without_closed(int err) {
    return err == -EDO_ECLOSED ? -ECONNABORTED : err;
}

/* Waits for input: 0; -EDO_ECLOSED: the server drains; or a code. */
static int wait_ready(edo_ws *ws) {
    edo_io_ready_future ready;
    edo_cancel_wait_future drain;
    if (ws->is_closing || !ws->drain) return without_closed(edo_io_ready(ws->stream, EDO_IO_READ));
    int first =
        edo_select_with(EDO_SELECT_BIASED, edo_io_ready_init(&ready, ws->stream, EDO_IO_READ),
                        edo_cancel_wait_init(&drain, ws->drain));
    if (first < 0) return first;
    if (first == 1) return -EDO_ECLOSED;
    return without_closed(edo_result(&ready));
}

/* How long the peer may be silent before something is done; negative: for ever. */
static edo_duration silence_max(const edo_ws *ws) {
    return ws->was_pinged ? edoi_ws_or_s(ws->opts->ping_timeout, PING_TIMEOUT_S)
                          : edoi_ws_or_s(ws->opts->ping_interval, PING_INTERVAL_S);
}

/* How long a wait may take: until the peer has been silent for too long, or has taken too long for
 * a message. */
static edo_duration wait_max(const edo_ws *ws) {
    edo_duration limit = silence_max(ws);
    if (limit.ns >= 0) limit.ns = limit.ns > ws->silent_ns ? limit.ns - ws->silent_ns : 1;
    int64_t left_ns = edoi_ws_time_left(ws);
    if (left_ns == EDO_FOREVER_NS || (limit.ns >= 0 && limit.ns <= left_ns)) return limit;
    return (edo_duration){ left_ns < 0 ? 1 : left_ns + 1 };
}

/* As wait_ready(), for wait_max(): then -ETIMEDOUT. A receive that is cut short and called again
 * goes on with the same silence. */
static int wait_silently(edo_ws *ws) {
    edo_instant begun = edo_now();
    edo_deadline d = edo_deadline_begin(wait_max(ws));
    int err = edo_deadline_end(&d, wait_ready(ws));
    int64_t waited_ns = edo_instant_since(edo_now(), begun).ns;
    ws->silent_ns += waited_ns;
    edoi_ws_spend(ws, waited_ns);
    return err < 0 ? err : 0;
}

/* Waits for input, and pings a peer that is silent. */
static int wait_for_input(edo_ws *ws) {
    if (edoi_ws_is_detached(ws)) return -EAGAIN;
    for (;;) {
        int err = wait_silently(ws);
        if (err != -ETIMEDOUT || ws->was_pinged || edoi_ws_time_left(ws) < 0) return err;
        err = edoi_ws_send_frame(ws, EDOI_WS_PING, EDO_STR(""));
        if (err < 0 && err != -EDO_ECLOSED) return err;
        ws->was_pinged = true;
        ws->silent_ns = 0;
    }
}

/* The gathered bytes leave before the peer is waited for. */
static int flush(edo_ws *ws) {
    edoi_store_rlx_u32(&ws->gathers, 0); // relaxed: a sender that still gathers has a flusher
    return edoi_load_rlx_u32(&ws->has_out) ? without_closed(edoi_ws_flush(ws)) : 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Detached: nothing is read before the next run, which spares a system call. */
static bool has_read_all(const edo_ws *ws) {
    return edoi_ws_is_detached(ws) && (ws->is_drained || ws->reads_left == 0);
}

/* Reads what is there, or -EAGAIN. A peer whose input never ends leaves other tasks their turns,
 * and does not hide the drain. */
static int read_now(edo_ws *ws, char *to, size_t room) {
    if (has_read_all(ws)) return -EAGAIN;
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (edoi_ws_is_detached(ws)) {
        ws->reads_left--;
    } else if (!ws->is_closing && ws->drain && edo_cancel_is_set(ws->drain)) {
        return -EDO_ECLOSED;
    }
    int n = edo_try_read(ws->stream, to, room);
    ws->is_drained = n != 0 && n < (int)room;
    if (n > 0) {
        ws->was_pinged = false;
        if (!edoi_ws_is_detached(ws)) ws->silent_ns = 0;
        if (edoi_ws_time_left(ws) < 0) return -ETIMEDOUT;
    }
    return n == 0 ? -EDO_EEOF : without_closed(n);
}

int edoi_ws_read_into(edo_ws *ws, char *to, size_t room) {
    int n = flush(ws);
    while (n >= 0) {
        n = read_now(ws, to, room);
        if (n != -EAGAIN) return n;
        n = wait_for_input(ws);
    }
    return n;
}

static bool is_idle(const edo_ws *ws) {
    const edoi_ws_reading *in = ws->in;
    return in->begin == in->end && !in->in_frame && !in->in_message && !has_reason(ws);
}

/* There is no memory for input: the wait comes before it. */
static int begin_input(edo_ws *ws) {
    int err = flush(ws);
    if (err == 0 && !edoi_ws_is_detached(ws)) err = wait_for_input(ws);
    return err < 0 ? err : take_memory(ws, cap_of(ws->level));
}

int edoi_ws_read_more(edo_ws *ws, uint32_t wanted) {
    int err;
    if (has_read_all(ws)) return (err = flush(ws)) < 0 ? err : -EAGAIN;
    if (ws->in && is_idle(ws)) give_memory_back(ws); // the next one may be long in coming
    if (!ws->in && (err = begin_input(ws)) < 0) return err;
    edoi_ws_reading *in = ws->in;
    if (in->cap - in->begin < wanted) {
        memmove(in->input, in->input + in->begin, in->end - in->begin);
        in->end -= in->begin;
        in->begin = 0;
    }
    int n = edoi_ws_read_into(ws, in->input + in->end, in->cap - in->end);
    if (n < 0) return n;
    in->end += (uint32_t)n;
    if (in->end == in->cap) edoi_ws_expect(ws, (uint64_t)in->cap + 1);
    return 0;
}

/* ---- Detached -------------------------------------------------------------------------------- */

#define RUN_READS 64 /* of a run */

static edo_instant silence_end(const edo_ws *ws) {
    edo_duration most = ws->is_closing ? edo_s(EDOI_WS_CLOSE_S) : silence_max(ws);
    if (most.ns < 0) return (edo_instant){ EDO_FOREVER_NS };
    return edo_instant_add((edo_instant){ ws->silent_ns }, most);
}

void edoi_ws_begin_run(edo_ws *ws, edoi_ws_stage *stage, bool has_input, edo_instant now) {
    ws->is_drained = !has_input;
    ws->reads_left = RUN_READS;
    if (has_input && !ws->is_closing) ws->silent_ns = now.ns;
    if (ws->in && ws->in->is_timed) edoi_ws_spend(ws, now.ns - ws->in->since_ns);
    take_stage(ws, stage);
}

int edoi_ws_leave_stage(edo_ws *ws) {
    edoi_ws_reading *in = ws->in;
    if (!in) return 0;
    if (in->is_timed) in->since_ns = edo_now().ns;
    if (!is_idle(ws)) return in->is_staged ? leave_with_input(ws, in) : 0;
    give_memory_back(ws);
    free_memory(ws);
    return 0;
}

int edoi_ws_check_silence(edo_ws *ws) {
    edo_instant now = edo_now();
    if (edoi_ws_time_left(ws) < 0) return -ETIMEDOUT;
    if (now.ns < silence_end(ws).ns) return 0;
    if (ws->is_closing || ws->was_pinged) return -ETIMEDOUT;
    int err = edoi_ws_send_frame(ws, EDOI_WS_PING, EDO_STR(""));
    ws->was_pinged = true;
    ws->silent_ns = now.ns;
    return err == -EDO_ECLOSED ? 0 : err;
}

edo_instant edoi_ws_next_check(const edo_ws *ws) {
    edo_instant silence = silence_end(ws);
    int64_t left_ns = edoi_ws_time_left(ws);
    if (left_ns == EDO_FOREVER_NS) return silence;
    int64_t message_ns = ws->in->since_ns + left_ns + 1;
    return message_ns < silence.ns ? (edo_instant){ message_ns } : silence;
}
