/* SPDX-License-Identifier: MIT */
/* web/ws/ws.h: a WebSocket: a reader (in/), a writer and a queue (out/) over one stream, and the
 * driver behind them: a fiber or future that waits (waiting.h), or the runs of a detached
 * connection (detached.c). The struct of a driver begins with the socket.
 *
 * inv. 1: all writes go through `sending`, so that frames do not mix; `broken` says that a frame
 *         was cut short, or that the peer has not read for too long.
 * inv. 2: the reader belongs to the task that receives.
 * inv. 3: the gathered bytes are whole frames, or the rest of one of which a part was written: so
 *         the next frame is written behind them. While there are any a flusher is under way
 *         (out/flush.c), unless the socket is broken.
 * inv. 4: the rest of a posted frame belongs to a flusher, which has `sending` until the rest is
 *         written.
 * inv. 5: while the queue holds frames a flusher is under way, or a message is sent in pieces,
 *         whose end starts one.
 * inv. 6: of the reader: without the code of an end there is no reason, and nobody has failed or
 *         drained; what was taken lies within its memory, and within its frame.
 * inv. 7: of the writer: `has_out` says whether there is `out`; a close only moves on; a message in
 *         pieces is text or binary.
 * inv. 2 and 4 are not asserted: neither a mutex nor a reader says which task has it. So of inv. 1
 * it is asserted that a task has `sending` where bytes are written, but not that it is the one that
 * writes them; and of inv. 3 that gathered bytes are there, but not that a flusher is under way.
 *
 * Lock order: `sending`, then the queue's `lock`. */
#ifndef EDOI_WEB_WS_WS_H
#define EDOI_WEB_WS_WS_H

#include "base/atomic.h"
#include "web/posts/queue.h"
#include "web/ws/codec/deflate.h"
#include "web/ws/codec/frame.h"

#include <edo/cancel.h>
#include <edo/mutex.h>
#include <edo/time.h>
#include <edo/ws.h>

#include <pthread.h>

#define EDOI_WS_OUT_BYTES 8192u /* that may gather */
#define EDOI_WS_CLOSE_S   5     /* s: the time of the peer to close after our close */

/* The state of our close. Nothing is queued or written behind a close. */
typedef enum edoi_ws_close_state {
    EDOI_WS_NO_CLOSE,
    EDOI_WS_CLOSE_QUEUED,
    EDOI_WS_CLOSE_WRITTEN, /* or sending has ended */
} edoi_ws_close_state;

/* The memory of a reader while it has input, or a message has come in part. Counted, or on a
 * stage. */
typedef struct edoi_ws_reading {
    char *input;                 /* lies behind the struct */
    uint32_t begin, end;         /* the bytes of `input` that were not taken yet */
    uint32_t cap;                /* of `input` */
    edoi_ws_head frame;          /* the frame that is being read, if `in_frame` */
    uint64_t taken;              /* bytes of its payload that were taken */
    edoi_utf8_state utf8;        /* the state of the message, if it is text */
    edo_buf message;             /* the bytes of the message so far, as they were sent */
    edo_buf expanded;            /* the same, expanded; if is_deflated */
    edoi_ws_expansion expansion; /* under way if the message is whole, and is being expanded */
    int64_t left_ns;   /* is_timed: how much longer the peer may be waited for, by its rate;
                          EDO_FOREVER_NS: no least rate */
    int64_t waited_ns; /* is_timed: time that the message was waited for */
    int64_t since_ns;  /* is_timed: when the present wait began */
    uint8_t kind;      /* of the message */
    bool is_deflated;  /* the message is compressed */
    bool is_timed;     /* a message or frame has begun, and its rest is waited for */
    bool in_frame;
    bool in_message;                  /* fragments of a message have arrived */
    bool is_lent;                     /* `message` was the result of the last receive */
    bool is_staged;                   /* this memory is a stage's */
    char reason[EDOI_WS_CONTROL_MAX]; /* of the peer's close */
} edoi_ws_reading;

#define EDOI_WS_STAGE_BYTES 1280u

/* Memory on a driver's stack that the reader may use for a while: most messages come and go
 * there. */
typedef struct edoi_ws_stage {
    edoi_ws_reading in;
    char bytes[EDOI_WS_STAGE_BYTES];
} edoi_ws_stage;

/* Random bytes for a client's masks. Counted by edo_rc. */
typedef struct edoi_ws_masks {
    uint32_t left; /* unused bytes, at the end of `bytes` */
    unsigned char bytes[256];
} edoi_ws_masks;

/* Bytes of frames that have gathered. Counted by edo_rc. */
typedef struct edoi_ws_gathered {
    edoi_post post;    /* first: for a flusher, which takes all of it */
    uint32_t begin, n; /* of `bytes`: what was not written yet */
    char bytes[EDOI_WS_OUT_BYTES];
} edoi_ws_gathered;

/* The sending side: out/send.c, out/flush.c. */
typedef struct edoi_ws_writer {
    edo_mutex sending;
    edoi_ws_gathered *out;     /* used with `sending` held; NULL: no bytes have gathered */
    edoi_ws_masks *masks;      /* const, counted; used with `sending` held; NULL: a server's end */
    edo_atomic_u16 close_sent; /* edoi_ws_close_state. Set to WRITTEN with `sending` held, to QUEUED
                                  with the queue's `lock` held; read by all */
    edo_atomic_u16 gathers;    /* more messages have come; written by the receiver, read by all */
    edo_atomic_u16 has_out;    /* there is `out`; written with `sending` held, read by the
                                  receiver */
    edo_atomic_u16 broken;     /* written with `sending` held; 0, or the code of all later sends,
                                  positive; the log reads it without */
    uint8_t piece_kind; /* with `sending` held: of a message that is sent in pieces; 0: none */
    edoi_utf8_state piece_utf8; /* of it */
    edo_atomic_u32 wrote_at;    /* atomic, relaxed: of edoi_ws_note_write() */
} edoi_ws_writer;

/* What comes in: in/input.c, in/receive.c, in/patience.c. The receiver's. */
typedef struct edoi_ws_reader {
    edoi_ws_reading *in; /* NULL: nothing has arrived */
    const char *reason;  /* static, or in `in` */
    uint8_t reason_n;
    uint8_t level;    /* the size of the next memory for input */
    uint16_t code;    /* of the end; 0: no end was noted */
    bool has_failed;  /* the peer broke the protocol */
    bool is_closing;  /* our close was sent, and the peer's is waited for */
    bool has_drained; /* our close was sent because the server drains */
    bool is_telling;  /* the end that was noted has still to be told to the peer */
} edoi_ws_reader;

/* What the reader and the writer ask the driver where they would have to wait. */
typedef struct edoi_ws_driver {
    /* May the stream be read? Returns 0, -EAGAIN if not now, or a code. `is_idle`: the reader's
     * memory is empty, and is freed before a long wait. */
    int (*may_read)(edo_ws *ws, bool is_idle);
    /* Called after a read that had room for `room` bytes and has returned `n`. */
    void (*has_read)(edo_ws *ws, int n, size_t room);
    /* Called when there is nothing to read. Returns -EAGAIN or a code. */
    int (*await_input)(edo_ws *ws);
    /* Called when the receiver needs `sending`, which another task has. Returns 0 if the receiver
     * has it now, -EAGAIN, or a code. */
    int (*await_lock)(edo_ws *ws);
    /* Does edo_ws_shutdown(). */
    int (*shutdown)(edo_ws *ws, uint16_t code, edo_str reason);
    /* Does edo_ws_protocol(). */
    const char *(*protocol)(const edo_ws *ws);
} edoi_ws_driver;

/* Counted by edo_rc. */
struct edo_ws {
    const edoi_ws_driver *driver; /* const */
    edo_stream *stream;           /* const, shared */
    const edo_ws_opts *opts;      /* const, borrowed or the driver's */
    edoi_ws_deflate *deflate;     /* counted. Its machines are used by the sender with `sending`
                                     held, and by the receiver; NULL: no compression */
    edoi_ws_writer writer;
    edoi_post_queue queue; /* frames that were posted while others were written */
    edoi_ws_reader reader;
};

EDOI_INLINE edo_duration edoi_ws_or_s(edo_duration d, int64_t s) {
    return d.ns == 0 ? edo_s(s) : d;
}

EDOI_INLINE edo_duration edoi_ws_write_timeout(const edo_ws *ws) {
    return edoi_ws_or_s(ws->opts->write_timeout, 30);
}

/* Sets up the socket within a driver's struct, without a connection. Borrows `opts`. */
void edoi_ws_init(edo_ws *ws, const edoi_ws_driver *driver, const edo_ws_opts *opts);
void edoi_ws_deinit(edo_ws *ws);

/* Makes the socket a client's end, which masks what it sends. Returns 0 or -ENOMEM. */
int edoi_ws_be_client(edo_ws *ws);

/* Debug builds: the first walks the socket, and aborts with the name of a broken invariant; called
 * by the receiver while no other task sends, takes the queue's `lock`. The second, called by the
 * receiver at any time, walks only the reader if another task has `sending`. */
#ifdef EDO_DEBUG
void edoi_ws_check(edo_ws *ws);
void edoi_ws_check_received(edo_ws *ws);
#else
EDOI_INLINE void edoi_ws_check(edo_ws *ws) {
    (void)ws;
}
EDOI_INLINE void edoi_ws_check_received(edo_ws *ws) {
    (void)ws;
}
#endif

/* Gives the socket its connection, which is shared; `rest` is input that was read before. Returns 0
 * or -ENOMEM. */
int edoi_ws_attach(edo_ws *ws, edo_stream *stream, edo_str rest);

/* ---- Sending: out/send.c, out/flush.c -------------------------------------------------------- */

/* Sends a frame. A control frame may go between those of a message. */
int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload);

/* Sends a close, once. With the `code` EDO_WS_CLOSE_NO_CODE it is empty. */
int edoi_ws_send_close(edo_ws *ws, uint16_t code, edo_str reason);

/* Sends a control frame, for the receiver, without waiting: a flusher sends what the socket has no
 * room for. Returns as edoi_ws_send_frame(), and -EAGAIN while another task has `sending`. */
int edoi_ws_send_control(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload);

/* Sends a close as edoi_ws_send_close(), by edoi_ws_send_control(). */
int edoi_ws_tell_close(edo_ws *ws, uint16_t code, edo_str reason);

/* Waits for the task that has `sending` now, which may be a flusher with the rest of a close. */
void edoi_ws_await_senders(edo_ws *ws);

/* Sends as many of the gathered bytes as the socket has room for; a flusher sends the rest. */
void edoi_ws_flush(edo_ws *ws);

/* Appends a frame to the gathered bytes. Returns false if the frame has to be written: no more
 * messages have come, or there is no room. Called with `sending` held. */
bool edoi_ws_gather(edo_ws *ws, edo_str head, edo_str payload);

/* Was a close sent or queued? */
EDOI_INLINE bool edoi_ws_is_after_close(const edo_ws *ws) {
    return edoi_load_rlx_u16(&ws->writer.close_sent) !=
           EDOI_WS_NO_CLOSE; // relaxed: locks order frames
}

/* A task writes: for the server, which closes what has been idle for longest, so about a second is
 * exact enough, and leaves room in the struct. */
#define EDOI_WS_WROTE_BITS 30 /* of a time in ns that are left out */
EDOI_INLINE void edoi_ws_note_write(edo_ws *ws) {
    uint32_t at = (uint32_t)(edo_now_coarse().ns >> EDOI_WS_WROTE_BITS);
    edoi_store_rlx_u32(&ws->writer.wrote_at, at);
}

/* ---- Frames that wait: out/post.c ------------------------------------------------------------ */

struct edo_ws_frame {
    edoi_post post; /* first: head and payload */
    /* Atomic, by bits of the window: the same message compressed, counted; itself: that would not
     * be smaller; NULL: nobody has asked. */
    edo_atomic_ptr deflated[EDOI_WS_BITS_MAX - EDOI_WS_BITS_MIN + 1];
    uint8_t opcode;
    uint8_t head_n; /* bytes of the head */
    char bytes[];   /* the head and the payload */
};

/* Makes one piece of what has gathered and the bytes of a frame behind it. Returns 0 or -ENOMEM. */
int edoi_ws_frame_of(edo_ws_frame **out, edoi_ws_opcode opcode, edo_str gathered, edo_str frame);

/* Takes the oldest frame from the queue, with its reference. Returns NULL if the queue is empty, or
 * has to wait for the end of a message in pieces; the queue's flusher then ends. Called with
 * `sending` held. */
edo_ws_frame *edoi_ws_next_frame(edo_ws *ws);

/* Starts a flusher for what was queued while a message was sent in pieces. */
void edoi_ws_resume_queue(edo_ws *ws);

/* Drops the queue. */
void edoi_ws_drop_queue(edo_ws *ws);

/* Ends all sending: the stream is not used any more, and the gathered bytes are dropped. A sender
 * that waits for the peer loses the connection. */
void edoi_ws_retire(edo_ws *ws);

/* Begins the peer's time to close, once a close of edo_ws_close() was written (farewell.c). Called
 * with `sending` held. */
void edoi_ws_begin_farewell(edo_ws *ws);

/* The first returns the gathered bytes. The second drops `n` of them, which are written; with the
 * last one their memory is freed. The third frees the memory whatever it holds. Called with
 * `sending` held. */
edo_str edoi_ws_gathered_of(const edo_ws *ws);
void edoi_ws_count_gathered(edo_ws *ws, size_t n);
void edoi_ws_drop_out(edo_ws *ws);

/* With `sending` held: takes what has gathered, with its reference; NULL: nothing. */
edoi_post *edoi_ws_take_gathered(edo_ws *ws);

/* Starts a task that sends what has gathered, if nothing else does before. Returns 0 or a code. */
int edoi_ws_start_flusher(edo_ws *ws);

/* Starts a flusher for the rest of the frame, of which `at` bytes are written. On success the
 * flusher has `sending`. Returns 0 or a code. Called with `sending` held. */
int edoi_ws_start_rest(edo_ws *ws, edo_ws_frame *frame, size_t at);

/* ---- Receiving: in/input.c, in/receive.c -----------------------------------------------------
 *
 * A receive never waits for input: it returns -EAGAIN, and keeps all that it has read for the next
 * call. `cx` is the context of the poll; it is NULL in a fiber, which gives way by itself. */

/* Returns how many bytes have arrived and were not taken. */
EDOI_INLINE uint32_t edoi_ws_available(const edo_ws *ws) {
    return ws->reader.in ? ws->reader.in->end - ws->reader.in->begin : 0;
}

/* Notes a frame of `bytes`: the memory for the next input is to be that large, within a bound. */
void edoi_ws_expect(edo_ws *ws, uint64_t bytes);

/* Takes from the task's budget. Returns 0; -EAGAIN in a poll, whose task was woken; or a code. */
int edoi_ws_take_turn(edo_cx *cx);

/* Frees the reader's memory, which is empty. */
void edoi_ws_give_back(edo_ws *ws);

/* Reads more input behind that which is there, so that `wanted` bytes may be in one piece. Returns
 * 0, -EDO_ECLOSED if the server drains, or a code. */
int edoi_ws_read_more(edo_ws *ws, edo_cx *cx, uint32_t wanted);

/* Reads some bytes to where they belong. Called while no byte that has arrived is left. */
int edoi_ws_read_into(edo_ws *ws, edo_cx *cx, char *to, size_t room);

/* Replaces -EDO_ECLOSED, of an end that a sender has closed because its peer did not read: that is
 * no drain. */
int edoi_ws_without_closed(int err);

/* Receives a message. */
int edoi_ws_receive(edo_ws *ws, edo_cx *cx, edo_ws_message *m);

/* Receives a piece of one. */
int edoi_ws_receive_piece(edo_ws *ws, edo_cx *cx, edo_ws_message *m, bool *is_last);

/* Returns the code of a receive after the end that was noted. */
int edoi_ws_recv_error(const edo_ws *ws);

/* Returns -EAGAIN, or the code of a receive, for what a wait or read has returned. */
int edoi_ws_end_of_input(edo_ws *ws, int err);

/* ---- The end: end.c -------------------------------------------------------------------------- */

void edoi_ws_note_end(edo_ws *ws, uint16_t code, edo_str reason);

/* May this code and this reason be sent? */
bool edoi_ws_is_end(uint16_t code, edo_str reason);

/* Ends all sending, with `err` as its reason. Called with `sending` held. */
void edoi_ws_break(edo_ws *ws, int err);

/* inv. 1: does a task have `sending`? */
EDOI_INLINE bool edoi_ws_is_sending(const edo_ws *ws) {
    return edoi_load_rlx_u32(&ws->writer.sending.state) != 0; // relaxed: the caller has it
}

/* Returns 0, or the code of all later sends. Called with `sending` held, or for the log, which may
 * be late. */
static inline int edoi_ws_send_error(const edo_ws *ws) {
    return -(int)edoi_load_rlx_u16(&ws->writer.broken); // relaxed: `sending` orders it
}

/* Logs that the handler of a `route` has failed, or, with NULL, the code with which a client's
 * socket is ended. It is no warning if the peer has left, or does not read, as any peer may do as
 * often as it likes. */
void edoi_ws_tell_failure(edo_ws *ws, const edo_str *route, int code);

/* Reads for a while from a peer that broke the protocol and was told so. */
void edoi_ws_linger(edo_ws *ws);

/* ---- Without a fiber: detached.c ------------------------------------------------------------- */

/* Makes a socket that calls `h`, without a connection; freed by edo_rc_unref(). Borrows `opts`, and
 * `route`, which is for the log. `protocol` is 1 more than the place among those of the options, or
 * 0. NULL without memory. */
edo_ws *edoi_ws_detached_new(const edo_ws_opts *opts, const edo_ws_handler *h, void *arg,
                             const edo_str *route, uint8_t protocol);

/* Gives the connection of the request, which has got its 101, to the socket. Takes `ws` on success.
 * Returns 0 or a code. */
int edoi_ws_detach(edo_ws *ws, edo_request *req);

/* ---- Waiting: in/patience.c, in/input.c ------------------------------------------------------ */

/* Returns how long the peer may be silent, or leave a ping without a reply, before it is looked at
 * again; negative: for ever. */
edo_duration edoi_ws_silence_max(const edo_ws *ws, bool was_pinged);

/* Begins the time of a message or frame whose rest is waited for, unless that has begun. */
void edoi_ws_begin_waiting(edo_ws *ws);

/* Counts bytes of a message that have come. */
void edoi_ws_pay(edo_ws *ws, size_t n);

/* The first begins a wait for input, the second ends it. */
void edoi_ws_begin_wait(edo_ws *ws);
void edoi_ws_end_wait(edo_ws *ws, edo_instant now);

/* Returns how long the rest of the message may be waited for; negative: it was waited for too long;
 * EDO_FOREVER_NS: no limit. */
int64_t edoi_ws_time_left(const edo_ws *ws);

/* Lends `stage` to the reader until edoi_ws_leave_stage(), which moves a message that has come in
 * part to memory of its own. Returns 0, or -ENOMEM: the message is lost. */
void edoi_ws_take_stage(edo_ws *ws, edoi_ws_stage *stage);
int edoi_ws_leave_stage(edo_ws *ws);

#endif
