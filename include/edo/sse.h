/* SPDX-License-Identifier: MIT */
/* edo/sse.h: server-sent events: a response that goes on, in which the server tells a browser what
 * happens; and the other side of it. Spec: WHATWG HTML, "Server-sent events". In libedo-web.
 *
 *     static int ticks(edo_web *w) {
 *         edo_sse sse;
 *         int err = edo_sse_start(&sse, w, NULL);
 *         while (err == 0 && (err = edo_sleep(edo_s(1))) == 0)
 *             err = edo_sse_send(&sse, &(edo_sse_event){ .data = EDO_STR("tick") });
 *         return edo_sse_end(&sse, err);
 *     }
 *
 * The handler is a loop, and the response ends with it. When the client goes away its task is
 * cancelled, as that of any handler; when the server drains its awaits behind the start are cut
 * short, too (it need not look at edo_request_drain()), and the response ends in order: a browser
 * then connects again by itself, to whatever serves the address now, and says what it has got last
 * (edo_sse_last_id()). While nothing is sent a comment keeps proxies from closing the connection.
 *
 * Such a response keeps a fiber and the buffers of its request, 22 KiB. Where nothing but posts of
 * other tasks is sent, edo_sse_handle() keeps neither: a silent response takes less than 768 bytes.
 *
 * Unless a function says otherwise:
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_SSE_H
#define EDO_SSE_H

#include <edo/metrics.h>
#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- The server ------------------------------------------------------------------------------ */

/* One event. A member without bytes (ptr is NULL) is not sent. */
typedef struct edo_sse_event {
    edo_str data;       /* text of any lines, which end with LF, CR or CRLF: the client has them
                             with LF between. Without it nothing happens at the client, though it
                             keeps `id` and `retry` */
    edo_str event;      /* the type; a browser takes none for "message" */
    edo_str id;         /* the client sends the last one when it connects again */
    edo_duration retry; /* how long it waits before that, rounded up to ms; 0: not said */
    edo_str comment;    /* of any lines; nobody sees it but who reads along */
    const void *value;  /* with `desc`: the data is a described value as JSON, instead of `data`, as
                           edo_web_reply_json() writes it */
    const edo_desc *desc; /* NULL: there is none */
    uint64_t reserved[2]; /* must be 0 */
} edo_sse_event;

/* All zero is the default. */
typedef struct edo_sse_opts {
    edo_duration keep_alive; /* a comment is sent after this long without an event; 0: 15 s;
                                negative: never */
    edo_duration retry;      /* as that of an event, told at the start; 0: not said */
    edo_str keep_alive_text; /* of that comment, of any lines; copied; no bytes: it is empty */
    uint32_t queue_max;      /* events of edo_sse_post() that wait; 0: 256 */
    size_t queue_bytes_max;  /* bytes of theirs; 0: 1 MiB */
    edo_counter *dropped;    /* counts the events that were left out since the queue was full: the
                                oldest ones with `drop_oldest`, else the one for which the events
                                ended. Borrowed until they end; NULL: nobody counts them */
    bool drop_oldest;        /* when either is reached, instead of ending the events */
    uint64_t reserved[4];    /* must be 0 */
} edo_sse_opts;

typedef struct edo_sse_events edo_sse_events;

/* A response of events. You place it. Fields are edo's. */
typedef struct edo_sse {
    edo_sse_events *events; /* of the request; NULL: none */
} edo_sse;

/** Begins the response: 200, "text/event-stream", "Cache-Control: no-cache", and
 * "X-Accel-Buffering: no", without which nginx holds events back. Headers of these names that were
 * set before are replaced. The head is sent.
 * Owns:    borrows `w`; fills `*s`, also after a failure. The events end with edo_sse_end(), or when
 *          the handler returns: then what it returns is changed as edo_sse_end() does.
 * Errors:  -EINVAL  `retry` is negative, or a reserved field is not 0;  -ENOMEM; -EBUSY; those of
 *          edo_response_stream()
 *          -EDO_ECLOSED  the method was HEAD, for which the head is all
 *          -ECANCELED    the client has left, or the server drains
 * Cancel: not safe: the head may be sent.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_sse_start(edo_sse *s, edo_web *w, const edo_sse_opts *opts);

/** Sends an event, at once. Returns 0 when the socket has taken it.
 * Owns:    borrows `event`, and what it points to, until return.
 * Errors:  -EINVAL  `event` has a CR, LF or NUL, so it would be more than one field; `id` has a
 *                   control byte, so it could not be said in a request; a reserved field is not 0;
 *                   `retry` is negative; both `data` and `desc` are there. Nothing was sent.
 *          -ENOMEM, those of edo_json_encode(): nothing was sent;  -ETIMEDOUT  the client takes
 *                   nothing
 *          -EDO_ECLOSED  edo_sse_start() has failed, or edo_sse_end() was called
 *          -EPIPE        only a part of an event before this one was sent
 *          -ECANCELED    it may be sent;  those of writes
 * Cancel:  the event is sent whole, or not; the rest of one that was begun has a second, by HTTP/2
 *          `write_timeout`. If the client does not take it the events end: nothing follows half of
 *          one.
 * Threads: any task that the handler waits for; several at once.   Waits: for room in the socket.
 */
EDO_MUST_USE EDO_API int edo_sse_send(edo_sse *s, const edo_sse_event *event);

/** Ends the response and returns what the handler is to return: 0 for -EDO_ECLOSED, and for
 * -ECANCELED if the server drains; else `result`. What is sent afterwards returns -EDO_ECLOSED.
 * Without it the events end when the handler returns.
 * Errors: `result`   Waits: until a comment that is being sent was given up. */
EDO_MUST_USE EDO_API int edo_sse_end(edo_sse *s, int result);

/* ---- Events from other tasks ----------------------------------------------------------------- */

/** Waits until the events are to end: for a handler that has nothing to send itself, since others
 * post.
 *
 *     static int listen_in(edo_web *w) {
 *         room *r = edo_web_state(w);
 *         edo_sse sse;
 *         int err = edo_sse_start(&sse, w, NULL);
 *         if (err == 0) err = enter(r, edo_sse_ref(&sse)); // the room posts, and unrefs
 *         if (err == 0) err = edo_sse_wait(&sse);
 *         leave(r, &sse);
 *         return edo_sse_end(&sse, err);
 *     }
 * Errors:  -ECANCELED  the client has left, the server drains, or an event that was posted is lost;
 *                      or this task was cancelled otherwise
 *          -EDO_ECLOSED  as edo_sse_send()
 * Cancel: safe.   Waits: as said. */
EDO_MUST_USE EDO_API int edo_sse_wait(edo_sse *s);

/** Shares the events of a response, for tasks that post to them while they may end: then posts
 * return -EDO_ECLOSED. NULL if `s` has no events, as after a start that has failed; it can be
 * posted to and given back, too. A reference to events that have ended keeps some 400 bytes, and to
 * those of edo_sse_handle() the descriptor of the connection, too: give it back when `on_close` is
 * called, or the handler returns.
 * Owns:    returns new: edo_sse_unref().
 * Threads: edo_sse_ref(): the handler's; the others: any, at once. */
EDO_MUST_USE EDO_API edo_sse_events *edo_sse_ref(edo_sse *s);
EDO_MUST_USE EDO_API edo_sse_events *edo_sse_events_ref(edo_sse_events *events);
EDO_API void edo_sse_unref(edo_sse_events *events);

/* An event as it is sent, which many responses share. */
typedef struct edo_sse_frame edo_sse_frame;

/** Prints an event, once for all that it is posted to.
 * Owns:    returns new: edo_sse_frame_unref(). Copies what the event has.
 * Errors: as edo_sse_send(), of the event itself   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_sse_frame_new(edo_sse_frame **out, const edo_sse_event *event);

/** Share a frame, and give it back. NULL is allowed for the latter.
 * Threads: any, at once. */
EDO_API edo_sse_frame *edo_sse_frame_ref(edo_sse_frame *f);
EDO_API void edo_sse_frame_unref(edo_sse_frame *f);

/** Sends an event without waiting: it is queued, at most `queue_max` events and `queue_bytes_max`
 * bytes, and a task without a stack sends the queue as the client reads. Beyond that the events
 * end, and with them the awaits of their handler (-ECANCELED): a browser connects again, and says
 * what it has got last. With `drop_oldest` the oldest events are left out instead. Events of one
 * task arrive in order; between them and those of edo_sse_send() there is none. What is queued when
 * the events end is dropped.
 * Owns:    shares `f` while it is queued.
 * Errors:  -EDO_ECLOSED  the events have ended, or have not started
 *          -ENOBUFS      the queue was full: the events end;  -ENOMEM  likewise, without memory for
 *                        the queue or for the task that sends it
 * Threads: any, at once; to events of edo_sse_handle() any that is in a runtime. */
EDO_MUST_USE EDO_API int edo_sse_post(edo_sse_events *events, edo_sse_frame *f);

/* ---- Events without a fiber ------------------------------------------------------------------ */

/* The functions of a response of events: called one at a time, in a fiber that exists for as long
 * as they run, so they may wait. Initialise by name; it lives as long as its responses. */
typedef struct edo_sse_handler {
    /* The response has begun: what is to post to it shares it by edo_sse_events_ref(). A negative
     * code breaks it off; -EDO_ECLOSED ends it in order. May be NULL. */
    int (*on_open)(edo_sse_events *events);
    /* The response is over. The last call, once if it has begun, and not if the runtime shuts down
     * before. May be NULL. */
    void (*on_close)(edo_sse_events *events);
    void (*reserved[2])(void); /* must be NULL */
} edo_sse_handler;

/** Begins a response of events, as edo_sse_start() does, which goes on when the handler has
 * returned. What is sent is what other tasks post, and comments while they do not:
 *
 *     static int enter(edo_sse_events *e) { return room_add(edo_sse_events_ref(e)); }
 *     static void leave(edo_sse_events *e) { room_remove(e); } // which unrefs
 *     static const edo_sse_handler listener = { .on_open = enter, .on_close = leave };
 *     static int listen_in(edo_web *w) { return edo_sse_handle(w, &listener, NULL, NULL); }
 *
 * It ends when the client ends its input, by edo_sse_close(), and when the server drains, in order
 * then, behind what is queued; broken off when an event is lost, or the client takes no byte of one
 * for the server's `write_timeout`. When descriptors run out, the server may close the connection
 * that has been idle for longest. Layers see the head of the response, but not its events. To a
 * HEAD the head is all: no function of `h` is called.
 * Owns:    borrows `h` and `arg` until the response is over, and what `opts` points to; copies
 *          `opts`.
 * Errors:  -EINVAL  as edo_sse_start(), or the request's body was not read;  -ENOMEM; -EBUSY; those
 *          of edo_response_raw(): no function of `h` is called
 * Cancel: not safe: the head may be sent.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_sse_handle(edo_web *w, const edo_sse_handler *h, void *arg,
                                        const edo_sse_opts *opts);

/** Return and replace the `arg` of edo_sse_handle(): replaced in `on_open`, it is what belongs to
 * this response. Of events of a handler that goes on there is none: NULL.
 * Threads: those of the functions of the handler. */
EDO_API void *edo_sse_arg(const edo_sse_events *events);
EDO_API void edo_sse_set_arg(edo_sse_events *events, void *arg);

/** Ends the events of edo_sse_handle() in order, behind what is queued; `on_close` follows.
 * Errors:  -EDO_ECLOSED  they have ended, or will
 *          -ENOMEM       the response is broken off instead
 *          -ENOTSUP      their handler goes on, and ends them by its return
 * Threads: any that is in a runtime, at once. */
EDO_MUST_USE EDO_API int edo_sse_close(edo_sse_events *events);

/* ---- The last id ----------------------------------------------------------------------------- */

/** Returns the id of the last event that the client has got; empty if it says none.
 * Owns:    borrows from the request. */
EDO_API edo_str edo_sse_last_id(edo_web *w);

/* ---- The client ------------------------------------------------------------------------------ */

/* An event as it was received; it lives until the next one is asked for. */
typedef struct edo_sse_message {
    edo_str data;
    edo_str event; /* "message" if the server has not said */
    edo_str id;    /* the last id that was received, with this event or before */
} edo_sse_message;

/* Connects: returns in `*out` a stream whose input is the body of a response, to a request with
 * "Last-Event-ID: `last_id`" if that is not empty. 0, or a negative code: -EDO_ECLOSED, as for a
 * status 204, is the end, after all others it is called again. */
typedef int edo_sse_open_fn(void *arg, edo_str last_id, edo_stream **out);

/* Ends what edo_sse_open_fn has opened. */
typedef void edo_sse_close_fn(void *arg, edo_stream *stream);

#define EDO_SSE_BYTES_MAX (1u << 20)
#define EDO_SSE_ID_MAX    4096u /* bytes of an id that a client says: servers refuse longer fields */

/* All zero is the default, but an address is needed, or the two functions. */
typedef struct edo_sse_client_opts {
    edo_str url; /* "https://host:port/path?query", or http (ports 443 and 80 unless they are
                        named): each connection is a GET to it, over HTTP/1.1. Copied. The head of
                        its response has to come within 10 s, with the status 200 (204 is the end)
                        and the type of events; redirects are not followed */
    const edo_headers *headers; /* with `url`, of each request, besides those about events:
                                   `Authorization`, `Cookie`; borrowed for the client's life; NULL:
                                   none */
    edo_sse_open_fn *open;      /* instead of `url`: over a pool, a tunnel */
    edo_sse_close_fn *close;
    void *arg;          /* of both */
    edo_str last_id;    /* known from before; copied */
    edo_duration retry; /* pause before connecting again, until the server says another one; 0:
                             3 s */
    int attempts;       /* to connect, in a row; 0: 10 */
    size_t bytes_max;   /* of a line and of the data of an event; 0: 1 MiB */
    struct edo_http_client *client; /* with `url`: makes the connections, with its TLS, proxies,
                                       addresses; borrowed for the client's life; NULL: the
                                       runtime's own for https, none for http */
    uint64_t reserved[1];           /* must be 0 */
} edo_sse_client_opts;

/* A client of events. */
typedef struct edo_sse_client edo_sse_client;

/** Makes a client. It connects when it is asked for an event.
 *
 *     edo_sse_client *c;
 *     edo_sse_message m;
 *     int err = edo_sse_client_new(&c, &(edo_sse_client_opts){ .url = EDO_STR("http://[::1]:8080/ticks") });
 *     if (err < 0) return err;
 *     while ((err = edo_sse_client_event_next(c, &m)) > 0) show(&m); // then 0: no more
 *     edo_sse_client_free(c);
 * Owns:    returns new in `*out`: edo_sse_client_free(). Copies `opts`; borrows its `arg` and
 *          `headers`.
 * Errors:  -EINVAL  neither an address nor the functions, or both; a bad address; a reserved field
 *                   is not 0;  -ENOTSUP  the scheme of `url` is neither http nor https;  -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_sse_client_new(edo_sse_client **out, const edo_sse_client_opts *opts);

/** Ends the client and its connection. NULL is allowed.
 * Owns: takes `c`.   Threads: one at a time.   Waits: as `close` does. */
EDO_API void edo_sse_client_free(edo_sse_client *c);

/** Waits for the next event: returns 1, or 0 when `open` has returned -EDO_ECLOSED, or the server
 * of `url` 204: there are no more, and a further call asks again. When the connection ends or
 * fails it connects again after a pause, and says the last id; but not if a deadline in force
 * would pass during the pause. Comments and events without data are passed over. An id of more
 * than EDO_SSE_ID_MAX bytes is not said, nor, with `url`, one that cannot stand in a field, as
 * one with a control byte: the source then begins anew.
 * Owns:    `*m` borrows from the client until the next call.
 * Errors:  -EDO_EEOF  the connection has ended, and there is no time to connect again
 *          -EDO_ETOOLONG  a line or an event is longer than `bytes_max`: the connection is closed
 *          -ECANCELED; -ENOMEM; after the last attempt that of `open`; with `url` those of
 *          edo_http1_connect() and edo_http1_send(), -EACCES  another status, -EPROTO  another type,
 *          -ETIMEDOUT
 * Cancel: safe: nothing that was received is lost.   Threads: one at a time.
 * Waits:   for an event, and for pauses. */
EDO_MUST_USE EDO_API int edo_sse_client_event_next(edo_sse_client *c, edo_sse_message *m);

EDO_END_DECLS

#endif
