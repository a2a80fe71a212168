/* SPDX-License-Identifier: MIT */
/* edo/ws.h: WebSockets (RFC 6455). In libedo-web.
 *
 *     static int echo(edo_web *w) {                    // edo_router_get(r, "/echo", echo)
 *         edo_ws *ws;
 *         edo_ws_message m;
 *         int err = edo_ws_upgrade(&ws, w, NULL);      // on failure a response has been made
 *         while (err >= 0 && (err = edo_ws_recv(ws, &m)) == 0) err = edo_ws_send(ws, &m);
 *         return err == -EDO_ECLOSED ? 0 : err;        // the peer said goodbye
 *     }
 *
 * The socket belongs to the request and ends with the handler: its close handshake says 1000 after
 * 0, 1011 after a negative code, and 1001 when the server drains: edo_ws_recv() hears of that, a
 * handler that only sends looks at edo_request_drain(edo_web_request(w)).
 *
 * While edo_ws_recv() waits it responds to pings, sends its own, and holds no buffer for messages;
 * the request that the socket began as keeps its own, about 30 KiB, and a fiber. One task may
 * receive and others send, at once.
 *
 * Messages that have arrived together are received one after the other without a system call, and
 * what is sent in between leaves in one write: before the next wait of edo_ws_recv(), or as soon as
 * the task waits for something else.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_WS_H
#define EDO_WS_H

#include <edo/cancel.h>
#include <edo/metrics.h>
#include <edo/mutex.h>
#include <edo/time.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

typedef struct edo_ws edo_ws;

/* Codes of a close (RFC 6455 section 7.4). */
#define EDO_WS_CLOSE_NORMAL       1000
#define EDO_WS_CLOSE_AWAY         1001 /* the server ends, or the page was left */
#define EDO_WS_CLOSE_PROTOCOL     1002
#define EDO_WS_CLOSE_UNSUPPORTED  1003 /* a kind of data that is not taken */
#define EDO_WS_CLOSE_NO_CODE      1005 /* never sent: the peer's close had none */
#define EDO_WS_CLOSE_ABNORMAL     1006 /* never sent: the connection ended without a close */
#define EDO_WS_CLOSE_INVALID_DATA 1007 /* text that is no UTF-8 */
#define EDO_WS_CLOSE_POLICY       1008
#define EDO_WS_CLOSE_TOO_BIG      1009
#define EDO_WS_CLOSE_ERROR        1011
#define EDO_WS_CLOSE_RESTART      1012
#define EDO_WS_CLOSE_TRY_LATER    1013

/* Sees a pong of the peer, with the payload of the ping that it is the reply to, or an unasked-for
 * one. Called within a receive, or the run of an edo_ws_handler, where nothing is received and
 * nothing waited for: posts are allowed. `payload` is lent until return. */
typedef void edo_ws_pong_fn(edo_ws *ws, edo_str payload, void *arg);

#define EDO_WS_PROTOCOLS_MAX 254u

/* All zero is the default. Durations: 0 is the default, negative (EDO_OFF) never. */
typedef struct edo_ws_opts {
    size_t message_max; /* bytes of a message that is received: more ends with 1009; 0: 16 MiB */
    edo_duration ping_interval; /* without a byte from the peer, before it is pinged; 0: 30 s */
    edo_duration ping_timeout;  /* then, before it counts as gone; 0: 10 s. Of TCP: a peer whose
                                   kernel acknowledges some of what was sent before the ping, a long
                                   message say, gets as much time again */
    edo_duration write_timeout; /* while the peer takes no byte of what is sent, before it counts
                                   as gone; 0: 30 s */
    const char *const *origins; /* pages that may connect: "https://chat.example"; a page of the
                                   host that was asked always may, and so may a client that names
                                   no origin, which no browser does */
    size_t origins_n;
    bool any_origin;              /* all pages may */
    const char *const *protocols; /* subprotocols, the best first: the first one that the client
                                     offers is agreed on */
    size_t protocols_n;           /* at most EDO_WS_PROTOCOLS_MAX */
    edo_duration message_timeout; /* that the peer is waited for within a message: each 240 bytes
                                     buy a second more, up to this long ahead, so this is the
                                     window over which it has to send that many a second. Of a
                                     handler's time nothing counts; 0: 30 s */
    uint32_t queue_max;           /* frames of edo_ws_post() that wait; 0: 256 */
    size_t queue_bytes_max;       /* bytes of theirs; 0: 1 MiB */
    bool drop_oldest;             /* when either is reached, instead of closing the socket */
    bool deflate;                 /* permessage-deflate (RFC 7692) is agreed on if the peer can, and
                                     the library was built with zlib: messages from 64 bytes on */
    bool deflate_keeps_context;   /* what came before is used for the next message: that gets
                                     smaller, and each socket keeps 300 KiB */
    uint8_t deflate_bits;         /* of the window, 9 to 15; 0: 15 */
    uint8_t deflate_level;        /* 1 to 9, above as 9; 0: 3 */
    uint16_t deflate_ratio_max;   /* bytes of a message for each byte that they were sent as, behind
                                     the first 1 MiB: more ends with 1009, a bomb 32 KiB later;
                                     0: 100, and none of a client, which has chosen its server.
                                     Zeros have 1,000: UINT16_MAX is none, too */
    edo_counter *dropped;         /* counts the frames that were left out since a queue was full:
                                     the oldest ones with `drop_oldest`, else the one for which the
                                     socket was closed. Borrowed; NULL: nobody counts them */
    edo_duration message_time_max; /* that the peer is waited for within a message that is held,
                                      whatever it sends; 0: 10 min. Pieces are not held */
    edo_ws_pong_fn *on_pong;       /* called for each pong until a close was sent: those to pings
                                      that edo sends have no payload. NULL: pongs are passed over */
    void *pong_arg;                /* its last argument */
    edo_up_down *open;             /* counts the sockets that are open: from the handshake until the
                                      conversation has ended. Borrowed; NULL: nobody counts them */
    uint64_t reserved[1];          /* must be 0 */
} edo_ws_opts;

/* What a message is. */
typedef enum edo_ws_kind {
    EDO_WS_TEXT = 1, /* UTF-8 */
    EDO_WS_BINARY = 2
} edo_ws_kind;

typedef struct edo_ws_message {
    edo_ws_kind kind;
    edo_str data;
} edo_ws_message;

/** Makes the request of a route, or of a fallback, a WebSocket. If it is none that can be, a
 * response has been made: 405 for another method than GET, 426 without a known version of the
 * protocol or without an upgrade, 400 for a bad key or a body, 403 for a page of another origin.
 * Owns:    lends `*out` until the handler returns. Borrows `opts`, and what it points to, as long.
 * Errors:  -EINVAL  the request is none that can be, there are too many protocols, or a reserved
 *                   field is not 0
 *          -EACCES  the page may not connect;  -ENOMEM;  those of edo_upgrade()
 * Cancel: not safe: a part of the response may be sent.   Threads: the handler's.
 * Waits:   for room in the socket. */
EDO_MUST_USE EDO_API int edo_ws_upgrade(edo_ws **out, edo_web *w, const edo_ws_opts *opts);

/** Ends a socket of edo_ws_connect(), with the close handshake that `code` asks for: 1000 after 0,
 * 1011 after a negative code, none if the peer has closed. Returns `code`, but 0 for the
 * -EDO_ECLOSED of a socket that the peer has closed. A socket of a request ends with its handler.
 * Owns: takes `ws`.   Cancel: a shield of up to 5 s stands around it.
 * Threads: that of edo_ws_recv().   Waits: for the peer's close, up to 5 s. */
EDO_API int edo_ws_end(edo_ws *ws, int code);

/** Receives a message, whole. Pings are answered meanwhile, and a close of the peer, too.
 * Owns:    `m->data` is lent until the next receive, or edo_ws_shutdown().
 * Errors:  -EDO_ECLOSED  the peer has closed, or the server drains: edo_ws_close_code() says more.
 *                        Each later call, too.
 *          -EDO_EMISUSE  another task receives, or the socket is one of an edo_ws_handler
 *          -EDO_EEOF     the connection ended without a close
 *          -EPROTO       the peer broke the protocol, -EILSEQ  a text is no UTF-8, -EMSGSIZE  a
 *                        message above `message_max`: a close says so to the peer
 *          -ETIMEDOUT    the peer does not reply to pings, or takes too long for a message: see
 *                        `message_timeout`
 *          -ECONNABORTED  the peer does not read its pongs or what others have sent, a send was cut
 *                        short, or the peer has not closed after edo_ws_close(): the connection was
 *                        closed
 *          -ENOMEM; those of reads and writes
 * Cancel:  safe: what has arrived of a message is kept for the next call, and so is a ping whose
 *          pong was not sent. What is left of a pong that was sent in part is sent all the same.
 * Threads: one at a time.   Waits: for a message. */
EDO_MUST_USE EDO_API int edo_ws_recv(edo_ws *ws, edo_ws_message *m);

/* Future behind edo_ws_recv(). */
typedef struct edo_ws_recv_future {
    edo_future base;
    edo_ws *ws;              /* borrowed */
    edo_ws_message *message; /* borrowed */
    edo_instant begun_at;    /* of a wait for input */
    bool is_limited, has_drain;
    edo_io_wait input;
    edo_sleep_future limit;
    edo_cancel_wait_future drain;
    edo_mutex_lock_future lock; /* of a wait for its turn to send a pong or a close */
} edo_ws_recv_future;

/** A future that receives a message, as edo_ws_recv(): to wait for it beside other things.
 *
 *     switch (edo_select(edo_ws_recv_init(&said, ws, &m), edo_mpsc_recv_init(&told, rx, &news))) {
 *     case 0: err = edo_result(&said) < 0 ? edo_result(&said) : reply(ws, &m); break;
 *     case 1: err = edo_ws_send_text(ws, news); break;
 *     }
 * Owns:    borrows `ws` and `m` until ready or dropped; else as edo_ws_recv()
 * Errors: as edo_ws_recv()   Cancel: safe: no message is lost by a drop, nor a part of one.
 * Threads: one at a time.   Waits: for a message. */
EDO_MUST_USE EDO_API edo_future *edo_ws_recv_init(edo_ws_recv_future *f, edo_ws *ws,
                                                  edo_ws_message *m);

/** Send a message. Waits while the peer does not read, up to `write_timeout`.
 * Owns:    borrow the bytes until return.
 * Errors:  -EDO_ECLOSED  a close was sent or received
 *          -EILSEQ       text that is no UTF-8: nothing was sent
 *          -ETIMEDOUT    the peer does not read
 *          -EPIPE        an earlier send was cut short
 *          -EBUSY        a message is being sent in pieces
 *          those of writes
 * Cancel:  safe: after -ECANCELED nothing was sent, and more may be, unless it is a message that
 *          is compressed by what was sent before, or a further piece of one: then nothing more can
 *          be sent, and the connection is closed. Where a part has gone when the cut comes, the
 *          rest has a second; if the peer does not read it by then nothing more can be sent, and
 *          the connection is closed, as the receiver hears at once.
 * Threads: any, at once: messages do not mix.
 * Waits:   for room in the socket, and for other
 *          senders. */
EDO_MUST_USE EDO_API int edo_ws_send(edo_ws *ws, const edo_ws_message *m);
EDO_MUST_USE EDO_API int edo_ws_send_text(edo_ws *ws, edo_str text);
EDO_MUST_USE EDO_API int edo_ws_send_binary(edo_ws *ws, edo_str bytes);

/** Sends a ping with `payload`, which comes back in the pong that the option `on_pong` sees: to
 * measure how long the way is, or to hear that what was sent before has arrived. The keep-alive of
 * `ping_interval` goes on as it is, and does not wait for this pong.
 * Owns:    borrows the bytes until return.
 * Errors:  -EINVAL  a payload of more than 125 bytes;  else as edo_ws_send(), but for -EBUSY and
 *          -EILSEQ: it goes between the pieces of a message
 * Cancel: safe, as edo_ws_send().   Waits: for room in the socket, and for other senders. */
EDO_MUST_USE EDO_API int edo_ws_ping(edo_ws *ws, edo_str payload);

/** Receives what has come of a message, for those that are too long to be held: of at most 40 KiB
 * at a time, in order; `*is_last` says whether the message ends with it. `message_max` is not for
 * such messages. A piece of text may end within a character; the whole has to be UTF-8 all the
 * same. A compressed message comes as one piece, and has the limit. What was kept of a message by
 * an edo_ws_recv() that was cut short comes first, as one piece.
 * Owns: `piece->data` is lent until the next receive.   Errors: as edo_ws_recv()
 * Cancel:  safe, as edo_ws_recv().
 * Threads: one at a time, as edo_ws_recv(), which is not to be called within a message. Of a socket
 *          in a fiber, or a client's.
 * Waits:   for input. */
EDO_MUST_USE EDO_API int edo_ws_recv_piece(edo_ws *ws, edo_ws_message *piece, bool *is_last);

/** Sends a message in pieces, as they become known: the first one, and those that follow until
 * `is_last`, have the message's kind. They are not compressed. Meanwhile other messages are refused
 * with -EBUSY, and frames of edo_ws_post() are queued; pongs go between.
 * Owns:    borrows the bytes until return.
 * Errors:  as edo_ws_send();  -EILSEQ  the text so far is no UTF-8: this piece was not sent
 *          -EINVAL  another kind than that of the pieces before
 * Cancel: not safe, as edo_ws_send().   Threads: one at a time.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_ws_send_piece(edo_ws *ws, const edo_ws_message *piece, bool is_last);

/** Ends the conversation: sends a close with `code` and `reason` (at most 123 bytes of UTF-8, or
 * none), and reads on until the peer's close has come, for up to 5 s in all. Data that arrives is
 * dropped, and so are frames of edo_ws_post() that are queued: edo_ws_close() goes behind them.
 * Owns:    copies.
 * Errors:  -EINVAL  no code that may be sent, or a bad reason;  -ETIMEDOUT  the peer did not close
 *          -EDO_ECLOSED  a close was sent before;  those of reads and writes
 * Cancel: not safe, as sends.   Threads: that of edo_ws_recv().   Waits: for the peer's close. */
EDO_MUST_USE EDO_API int edo_ws_shutdown(edo_ws *ws, uint16_t code, edo_str reason);

/** Return the code and the reason with which the conversation ended: those of the peer's close, or
 * of ours, if a receive has sent it; EDO_WS_CLOSE_NO_CODE for a close without one,
 * EDO_WS_CLOSE_ABNORMAL without a close; 0 while it lasts.
 * Owns: the reason is the socket's.   Threads: that of edo_ws_recv(). */
EDO_API uint16_t edo_ws_close_code(const edo_ws *ws);
EDO_API edo_str edo_ws_close_reason(const edo_ws *ws);

/** Returns the subprotocol that was agreed on; NULL: none.
 * Owns: of the options.   Threads: any. */
EDO_API const char *edo_ws_protocol(const edo_ws *ws);

/* ---- Sockets without a fiber ----------------------------------------------------------------- */

/* The functions of a socket: called one at a time, in a fiber that exists for as long as
 * they run, so they may wait. Between messages the socket has neither a fiber nor a buffer.
 * Initialise by name; it lives as long as its sockets. */
typedef struct edo_ws_handler {
    /* The handshake is over. A negative code ends the socket, with 1011. May be NULL. */
    int (*on_open)(edo_ws *ws);
    /* A message has come, which is lent until return. A negative code ends the socket, with
     * 1011. */
    int (*on_message)(edo_ws *ws, const edo_ws_message *m);
    /* The socket is over, for edo_ws_close_code() and edo_ws_close_reason(). The last call, once if
     * the handshake succeeded, and not if the runtime shuts down before. May be NULL. */
    void (*on_close)(edo_ws *ws);
    void (*reserved[3])(void); /* must be NULL */
} edo_ws_handler;

/** Makes the request a WebSocket, as edo_ws_upgrade() does, which goes on when the handler has
 * returned, and calls `h`:
 *
 *     static int say_again(edo_ws *ws, const edo_ws_message *m) { return edo_ws_send(ws, m); }
 *     static const edo_ws_handler echo = { .on_message = say_again };
 *     static int route(edo_web *w) { return edo_ws_handle(w, &echo, NULL, NULL); }
 *
 * An idle socket takes less than 768 bytes in all. When descriptors run out, the server may close
 * the connection that has been idle for longest: then its close code is 1006.
 *
 * In the functions of `h` edo_ws_recv() is not called, and edo_ws_shutdown() does not wait:
 * `on_close` follows. When the server drains, the socket is closed with 1001.
 * Owns:    borrows `h` and `arg` until the socket is over, and `opts` with what it points to for as
 *          long as a frame may be on its way to it: they are static, as a rule.
 * Errors:  as edo_ws_upgrade(): then no function of `h` is called, not even `on_close`
 * Cancel: not safe: a part of the response may be sent.   Threads: the handler's.
 * Waits:   for room in the socket. */
EDO_MUST_USE EDO_API int edo_ws_handle(edo_web *w, const edo_ws_handler *h, void *arg,
                                       const edo_ws_opts *opts);

/** Return and replace the `arg` of edo_ws_handle(): replaced in `on_open`, it is what belongs to
 * this socket. Of a socket in a fiber, or a client's, there is none: NULL.
 * Threads: those of the functions of the handler. */
EDO_API void *edo_ws_arg(const edo_ws *ws);
EDO_API void edo_ws_set_arg(edo_ws *ws, void *arg);

/* ---- Messages to other sockets --------------------------------------------------------------- */

/** Shares the socket, for tasks that send to it while it may end: then sends return -EDO_ECLOSED.
 * edo_ws_unref() gives it back. A reference keeps the descriptor and some 240 bytes of a socket
 * that has ended: give it back when `on_close` is called, or the handler returns.
 * Owns:    shares `ws`. */
EDO_API edo_ws *edo_ws_ref(edo_ws *ws);
EDO_API void edo_ws_unref(edo_ws *ws);

/* A message as it is sent, which many sockets share. */
typedef struct edo_ws_frame edo_ws_frame;

/** Encodes a message, once for all that it is posted to. For sockets that have agreed on
 * compression without contexts it is compressed when the first one gets it, once for each size of
 * window, if it has at most 64 KiB; other sockets get it as it is.
 * Owns:    returns new: edo_ws_frame_unref(). Copies the bytes.
 * Errors:  -EILSEQ  text that is no UTF-8;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_ws_frame_new(edo_ws_frame **out, const edo_ws_message *m);

/** Share a frame, and give it back. NULL is allowed for the latter. */
EDO_API edo_ws_frame *edo_ws_frame_ref(edo_ws_frame *f);
EDO_API void edo_ws_frame_unref(edo_ws_frame *f);

/** Sends a frame without waiting: what the socket has no room for is queued, at most `queue_max`
 * frames and `queue_bytes_max` bytes; beyond that the socket is closed, or with `drop_oldest` the
 * oldest frames are left out. A task without a stack sends the queue as the peer reads, which has
 * `write_timeout` for each byte. Frames of one task arrive in order; between them and messages of
 * edo_ws_send() there is none.
 * Owns:    shares `f` while it is queued.
 * Errors:  -EDO_ECLOSED  a close was sent or received, or the socket is over
 *          -ENOBUFS      the queue was full: the socket is closed, and ends with 1006
 *          -EPIPE        an earlier write was cut short;  -ENOMEM;  those of writes
 *          -ETIMEDOUT    the peer took no byte of an earlier write for `write_timeout`
 *          -ENOTSUP      the socket is a client's, whose frames differ
 * Threads: any that is in a runtime, at once. */
EDO_MUST_USE EDO_API int edo_ws_post(edo_ws *ws, edo_ws_frame *f);

/** Posts a described value as a text of JSON, to one socket, without secrets, as
 * edo_web_reply_json() writes it. To many: edo_json_encode_reply(), and one frame for all.
 *
 *     edo_ws_post_json(ws, &(tick){ .price = 17 }, &tick_desc);
 * Errors:  as edo_ws_post(), and -EDO_EJSON as edo_json_encode(): nothing was posted
 * Threads: any that is in a runtime, at once. */
EDO_MUST_USE EDO_API int edo_ws_post_json(edo_ws *ws, const void *value, const edo_desc *desc);

/* A frame of edo_ws_post_many(), for one socket. */
typedef struct edo_ws_posting {
    edo_ws *ws; /* not that of another one */
    edo_ws_frame *frame;
    int result; /* as edo_ws_post() returns it */
} edo_ws_posting;

/** Posts many frames, as edo_ws_post() does: those that sockets have room for are written together,
 * as by edo_try_write_many(), so it costs less than a call for each.
 * Owns:    borrows the array and what is in it until return.
 * Threads: any that is in a runtime, at once. */
EDO_API void edo_ws_post_many(edo_ws_posting *all, size_t n);

/** Posts a frame to `n` sockets, and returns how many have it or have it queued; failures of single
 * ones are their own matter, since they end.
 * Threads: any that is in a runtime, at once. */
EDO_API size_t edo_ws_broadcast(edo_ws *const *sockets, size_t n, edo_ws_frame *f);

/** Begins the end of the conversation from any task: posts a close with `code` and `reason` (as
 * edo_ws_shutdown()), behind what is queued. A message that is being sent in pieces is not ended:
 * the close takes the place of its next piece, and of what is queued behind it. Messages that come
 * after the close was sent are dropped. The socket ends when the peer's close has come, or 5 s
 * after ours was sent: then the connection is closed, and the receiver gets -ECONNABORTED, or
 * -ETIMEDOUT. A handler that returns meanwhile waits for that end, for up to 5 s. On TCP a peer
 * that still takes what was sent before has up to 30 s; what another one has not taken is
 * discarded.
 * Owns: copies.   Errors: -EINVAL  no code that may be sent, or a bad reason;  as edo_ws_post()
 * Threads: any that is in a runtime, at once. */
EDO_MUST_USE EDO_API int edo_ws_close(edo_ws *ws, uint16_t code, edo_str reason);

EDO_END_DECLS

#endif
