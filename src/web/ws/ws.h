/* SPDX-License-Identifier: MIT */
/* web/ws/ws.h: a WebSocket.
 *
 * inv. 1: what is written goes through `sending`, so that frames do not mix; `broken` says that a
 *         frame was cut short, or that the peer has not read for too long.
 * inv. 2: what the part "receiving" names belongs to the task that receives.
 * inv. 3: `out` holds whole frames, or the rest of one of which a part was written: so whatever
 *         follows is written behind it. While it is there a flusher is under way (flush.c), unless
 *         the socket is broken.
 * inv. 4: the rest of a frame that was posted is a flusher's, which has `sending` until it is
 *         written.
 *
 * Lock order: `sending`, then `lock`, which is a leaf. */
#ifndef EDOI_WEB_WS_WS_H
#define EDOI_WEB_WS_WS_H

#include "base/atomic.h"
#include "web/ws/deflate.h"
#include "web/ws/frame.h"

#include <edo/cancel.h>
#include <edo/mutex.h>
#include <edo/ws.h>

#include <pthread.h>

#define EDOI_WS_OUT_BYTES 8192u /* that gather */
#define EDOI_WS_CLOSE_S   5     /* that a peer has to close after our close */

/* The state of our close. Nothing is queued behind a close, nor written behind one. */
typedef enum edoi_ws_close_state {
    EDOI_WS_NO_CLOSE,
    EDOI_WS_CLOSE_QUEUED,
    EDOI_WS_CLOSE_WRITTEN, /* or nothing is sent any more */
} edoi_ws_close_state;

/* The memory of a socket while input is there, or a message has come in part. Counted, or on the
 * stack of a detached socket's run. */
typedef struct edoi_ws_reading {
    char *input;          /* behind it */
    uint32_t begin, end;  /* of `input`: what was not taken yet */
    uint32_t cap;         /* of `input` */
    edoi_ws_head frame;   /* that is being read, if `in_frame` */
    uint64_t taken;       /* of its payload */
    edoi_utf8_state utf8; /* of the message, if it is text */
    edo_buf message;      /* its bytes so far, as they were sent */
    edo_buf expanded;     /* what they mean, if is_deflated */
    int64_t left_ns;   /* is_timed: how long the peer may be waited for at its rate; EDO_FOREVER_NS:
                              there is no least one */
    int64_t waited_ns; /* is_timed: for the message so far */
    int64_t since_ns;  /* detached, is_timed: when the last run has ended */
    uint8_t kind;      /* of it */
    bool is_deflated;  /* the message is compressed */
    bool is_timed;     /* a message or frame has begun whose rest is waited for */
    bool in_frame;
    bool in_message;                  /* fragments of one have arrived */
    bool is_lent;                     /* `message` was the result of the last receive */
    bool is_staged;                   /* it is on the stack */
    char reason[EDOI_WS_CONTROL_MAX]; /* of the peer's close */
} edoi_ws_reading;

#define EDOI_WS_STAGE_BYTES 1280u

/* The memory of a run, on its stack: most messages come and go there. */
typedef struct edoi_ws_stage {
    edoi_ws_reading in;
    char bytes[EDOI_WS_STAGE_BYTES];
} edoi_ws_stage;

/* A client's masks: random bytes that wait to be used. Counted memory. */
typedef struct edoi_ws_masks {
    uint32_t left; /* of `bytes`, at their end */
    unsigned char bytes[256];
} edoi_ws_masks;

/* Frames that wait: a ring. Counted memory. */
typedef struct edoi_ws_queue {
    uint32_t cap, first, n;
    size_t bytes;
    edo_ws_frame *ring[];
} edoi_ws_queue;

/* Counted by edo_rc. */
struct edo_ws {
    edo_stream *stream;       /* const, shared */
    const edo_ws_opts *opts;  /* const, borrowed or behind it */
    const char *protocol;     /* const */
    edoi_ws_deflate *deflate; /* counted; what it keeps is used by the sender with `sending`
                                  held, and by the receiver; NULL: no compression */
    union {
        edo_cancel_token *drain; /* const; in a fiber; NULL: nothing that drains */
        void *arg;               /* of functions */
    };
    edo_atomic_u32 close_sent; /* edoi_ws_close_state; WRITTEN with `sending` held, QUEUED with
                                  `lock`; read by all */
    edo_atomic_u32 gathers;    /* written by the receiver: more messages have come; read by all */
    edo_atomic_u32 has_out;    /* written with `sending` held; read by the receiver */
    edo_atomic_u32 broken;     /* written with `sending` held; 0, or the code of all later sends,
                                  positive; the log reads it without */

    edo_mutex sending;
    char *out; /* with `sending` held; NULL: none */
    uint32_t out_begin, out_n;

    bool is_flushing;   /* lock: a task will send all that is queued */
    uint8_t reason_n;   /* receiving: with `reason`. It and `code` fill holes here */
    uint8_t piece_kind; /* with `sending` held: of a message that is sent in pieces; 0: none */
    edoi_utf8_state piece_utf8; /* of it */
    uint16_t code;              /* receiving; 0: it has not ended */
    edoi_ws_queue *queue;       /* lock; NULL: nothing is queued */
    pthread_mutex_t lock;       /* a leaf */

    /* Receiving. */
    edo_atomic_u16 is_receiving; /* atomic, relaxed: a task is in a receive; tells misuse */
    bool was_pinged;             /* and has not sent a byte since */
    bool has_failed;             /* the peer broke the protocol */
    bool is_closing;             /* our close was sent, the peer's is waited for */
    bool has_drained : 1;        /* our close was sent because the server drains */
    bool is_drained : 1;         /* detached: nothing is to be read before the next event */
    bool is_owned : 1;    /* a reference is the request's, or that of a detached connection, which
                              ends the socket; tells misuse */
    uint8_t level;        /* how large the next memory for input is */
    uint8_t reads_left;   /* detached: of this run */
    const char *reason;   /* static, or in `in` */
    edoi_ws_reading *in;  /* NULL while nothing has arrived */
    int64_t silent_ns;    /* waited since the peer's last byte, or since it was pinged; detached:
                            when that was, or our close was sent */
    edoi_ws_masks *masks; /* const, counted; with `sending` held; NULL: it is a server's */
    const edo_ws_handler *handler; /* const; NULL: it is in a fiber of its own */
};

_Static_assert(sizeof(struct edo_ws) <= 216 || sizeof(pthread_mutex_t) != 40,
               "with its count and malloc's word 240 bytes, of which each idle socket has as many");

/* A socket whose receives return -EAGAIN instead of waiting. */
EDOI_INLINE bool edoi_ws_is_detached(const edo_ws *ws) {
    return ws->handler != NULL;
}

EDOI_INLINE edo_duration edoi_ws_or_s(edo_duration d, int64_t s) {
    return d.ns == 0 ? edo_s(s) : d;
}

EDOI_INLINE edo_duration edoi_ws_write_timeout(const edo_ws *ws) {
    return edoi_ws_or_s(ws->opts->write_timeout, 30);
}

/* Makes a socket without a connection; edo_rc_unref(). It borrows `opts`, or copies them: a handler
 * returns before its socket has ended. NULL without memory. */
edo_ws *edoi_ws_new(const edo_ws_opts *opts, bool copies);

/* Makes it the client's end: it masks what it sends. Returns 0 or -ENOMEM. */
int edoi_ws_be_client(edo_ws *ws);

/* Gives it its connection, which it shares; `rest` is input that was read before. Returns 0 or
 * -ENOMEM. */
int edoi_ws_attach(edo_ws *ws, edo_stream *stream, edo_str rest);

/* ---- Sending: send.c, flush.c ---------------------------------------------------------------- */

/* Sends a frame; control frames go between others. */
int edoi_ws_send_frame(edo_ws *ws, edoi_ws_opcode opcode, edo_str payload);

/* Sends a close, once. `code` EDO_WS_CLOSE_NO_CODE: an empty one. */
int edoi_ws_send_close(edo_ws *ws, uint16_t code, edo_str reason);

/* Sends what has gathered. */
int edoi_ws_flush(edo_ws *ws);

/* With `sending` held: puts a frame behind what has gathered. Returns false if it is to be written:
 * nothing more is at hand, or there is no room. */
bool edoi_ws_gather(edo_ws *ws, edo_str head, edo_str payload);

/* Was a close sent, or queued? */
EDOI_INLINE bool edoi_ws_is_after_close(const edo_ws *ws) {
    return edoi_load_rlx_u32(&ws->close_sent) != EDOI_WS_NO_CLOSE; // relaxed: locks order frames
}

/* ---- Frames that wait: post.c ---------------------------------------------------------------- */

struct edo_ws_frame {
    size_t n;
    /* Atomic, by bits of the window: the same message compressed, counted; itself: that would not
     * be smaller; NULL: nobody has asked. */
    edo_atomic_ptr deflated[EDOI_WS_BITS_MAX - EDOI_WS_BITS_MIN + 1];
    uint8_t opcode;
    uint8_t head_n; /* bytes of the head */
    char bytes[];   /* head and payload */
};

/* With `sending` held: takes the oldest frame from the queue, with its reference; NULL: the queue
 * is empty, or has to wait for the end of a message in pieces, and its flusher is over. */
edo_ws_frame *edoi_ws_next_frame(edo_ws *ws);

/* Starts a flusher for what was queued while a message was sent in pieces. */
void edoi_ws_resume_queue(edo_ws *ws);

/* Drops the queue. */
void edoi_ws_drop_queue(edo_ws *ws);

/* Ends all sending: nothing uses the stream any more, and what has gathered is dropped. A sender
 * that waits for the peer loses the connection. */
void edoi_ws_retire(edo_ws *ws);

/* With `sending` held: a close of edo_ws_close() was written, and the peer has its time to close
 * (farewell.c). */
void edoi_ws_begin_farewell(edo_ws *ws);

/* With `sending` held: gives the memory of `out` back. */
void edoi_ws_drop_out(edo_ws *ws);

/* Starts a task that sends what has gathered, if nothing else does before. Returns 0 or a code. */
int edoi_ws_start_flusher(edo_ws *ws);

/* With `sending` held: starts a task that sends the rest of the frame, of which `at` bytes are
 * written, and has `sending` on success. Returns 0 or a code. */
int edoi_ws_start_rest(edo_ws *ws, edo_ws_frame *frame, size_t at);

/* ---- Receiving: input.c, receive.c ----------------------------------------------------------- */

/* Bytes that have arrived and were not taken. */
EDOI_INLINE uint32_t edoi_ws_available(const edo_ws *ws) {
    return ws->in ? ws->in->end - ws->in->begin : 0;
}

/* A frame of that many bytes has come: as large as that shall the memory for the next input be, up
 * to a bound. */
void edoi_ws_expect(edo_ws *ws, uint64_t bytes);

/* Reads more input behind what there is, of which `wanted` bytes are to be in one piece. Returns 0;
 * -EDO_ECLOSED: the server drains; or a code. */
int edoi_ws_read_more(edo_ws *ws, uint32_t wanted);

/* Reads some bytes to where they belong, while nothing that has arrived is left. */
int edoi_ws_read_into(edo_ws *ws, char *to, size_t room);

/* As edo_ws_recv(), also after the end, and for messages behind our close. */
int edoi_ws_receive(edo_ws *ws, edo_ws_message *m);

/* Receives until the peer's close, and keeps nothing of what comes before it. Returns 0 or a
 * code. */
int edoi_ws_drop_messages(edo_ws *ws);

/* ---- The end: end.c -------------------------------------------------------------------------- */

void edoi_ws_note_end(edo_ws *ws, uint16_t code, edo_str reason);

/* Ends the socket when its handler has returned `code`, and gives it back. */
void edoi_ws_end(edo_ws *ws, int code);

/* Our close was sent: waits for the peer's, for up to 5 s. Returns 0 or a code. */
int edoi_ws_await_close(edo_ws *ws);

/* Is this a code and a reason that may be sent? */
bool edoi_ws_is_end(uint16_t code, edo_str reason);

/* With `sending` held: `err` has ended what can be sent. */
void edoi_ws_break(edo_ws *ws, int err);

/* 0, or the code of all later sends. With `sending` held, or for the log, which may be late. */
static inline int edoi_ws_broken(const edo_ws *ws) {
    return -(int)edoi_load_rlx_u32(&ws->broken); // relaxed: `sending` orders it
}

/* Logs that a handler has failed: a warning, unless it is the peer that has gone, or does not read,
 * as any peer may do as often as it likes. */
void edoi_ws_tell_failure(edo_ws *ws, int code);

/* The peer broke the protocol, and was told: reads on for a while. */
void edoi_ws_linger(edo_ws *ws);

/* Sends a close and begins to wait for the peer's, in a detached socket. Returns 0 or a code. */
int edoi_ws_begin_close(edo_ws *ws, uint16_t code, edo_str reason);

/* ---- Without a fiber: detached.c ------------------------------------------------------------- */

/* Makes the socket of the request, which has had its 101, one that calls `h`. Takes `ws` on
 * success. Returns 0 or a code. */
int edoi_ws_detach(edo_ws *ws, edo_request *req, const edo_ws_handler *h, void *arg);

/* ---- Waiting: input.c, patience.c ------------------------------------------------------------ */

/* A message or frame has begun whose rest is waited for: its time begins, unless it runs. */
void edoi_ws_begin_waiting(edo_ws *ws);

/* Bytes of a message have come. */
void edoi_ws_pay(edo_ws *ws, size_t n);

/* The peer was waited for that long. */
void edoi_ws_spend(edo_ws *ws, int64_t waited_ns);

/* How long the rest of the message may be waited for: negative: it was for too long;
 * EDO_FOREVER_NS: without an end. */
int64_t edoi_ws_time_left(const edo_ws *ws);

/* Detached: a run begins, which has `stage` until edoi_ws_leave_stage(). It reads a bounded number
 * of times, so that a peer that never stops to send hides neither the drain nor the time: what is
 * left starts the next one. */
void edoi_ws_begin_run(edo_ws *ws, edoi_ws_stage *stage, bool has_input, edo_instant now);

/* Detached: the run ends. What has come in part moves to memory of its own. Returns 0 or -ENOMEM:
 * it is lost. */
int edoi_ws_leave_stage(edo_ws *ws);

/* Detached: looks whether the peer has been silent for too long, or slow, and pings it. Returns 0
 * or -ETIMEDOUT. */
int edoi_ws_check_silence(edo_ws *ws);

/* Detached: when to look again. */
edo_instant edoi_ws_next_check(const edo_ws *ws);

#endif
