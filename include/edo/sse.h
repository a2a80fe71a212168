/* SPDX-License-Identifier: MIT */
/* edo/sse.h: server-sent events: a response that goes on, in which the server tells a browser what
 * happens; and the other side of it. Spec: WHATWG HTML, "Server-sent events".
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
 * short, too, and the response ends in order: a browser then connects again by itself, to whatever
 * serves the address now, and says what it has got last (edo_sse_last_id()). While nothing is sent
 * a comment keeps proxies from closing the connection. */
#ifndef EDO_SSE_H
#define EDO_SSE_H

#include <edo/web.h>

EDO_BEGIN_DECLS

/* ---- The server ------------------------------------------------------------------------------ */

/* One event. A member without bytes (ptr is NULL) is not sent. */
typedef struct edo_sse_event {
    edo_str data;         /* text of any lines, which end with LF, CR or CRLF: the client has them
                             with LF between. Without it nothing happens at the client, though it
                             keeps `id` and `retry` */
    edo_str event;        /* the type; a browser takes none for "message" */
    edo_str id;           /* the client sends the last one when it connects again */
    edo_duration retry;   /* how long it waits before that, rounded up to ms; 0: not said */
    edo_str comment;      /* of any lines; nobody sees it but who reads along */
    uint64_t reserved[2]; /* must be 0 */
} edo_sse_event;

/* All zero is the default. */
typedef struct edo_sse_opts {
    edo_duration keep_alive; /* a comment is sent after this long without an event; 0: 15 s;
                                negative: never */
    edo_duration retry;      /* as that of an event, told at the start; 0: not said */
    uint64_t reserved[4];    /* must be 0 */
} edo_sse_opts;

typedef struct edo_sse_events edo_sse_events;

/* A response of events. You place it. Fields are edo's. */
typedef struct edo_sse {
    edo_sse_events *events; /* of the request; NULL: none */
} edo_sse;

/**
 * Begins the response: 200, "text/event-stream", "Cache-Control: no-cache", and
 * "X-Accel-Buffering: no", without which nginx holds events back. Headers of these names that were
 * set before are replaced. The head is sent.
 *
 * Owns:    borrows `w`; fills `*s`, also after a failure. The events end with edo_sse_end(), or when
 *          the handler returns: then what it returns is changed as edo_sse_end() does.
 * Errors:  -EINVAL  `retry` is negative, or a reserved field is not 0;  -ENOMEM; -EBUSY; those of
 *          edo_response_stream()
 *          -EDO_ECLOSED  the method was HEAD, for which the head is all
 *          -ECANCELED    the client has left, or the server drains
 * Cancel:  not safe: the head may be sent.
 * Threads: the handler's.   Waits: for room in the socket.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_sse_start(edo_sse *s, edo_web *w, const edo_sse_opts *opts);

/**
 * Sends an event, at once. Returns 0 when the socket has taken it.
 *
 * Owns:    borrows `event`, and what it points to, until return.
 * Errors:  -EINVAL  `event` has a CR, LF or NUL, so it would be more than one field; `id` has a
 *                   control byte, so it could not be said in a request; a reserved field is not 0;
 *                   `retry` is negative. Nothing was sent.
 *          -ENOMEM  nothing was sent;  -ETIMEDOUT  the client takes nothing
 *          -EDO_ECLOSED  edo_sse_start() has failed, or edo_sse_end() was called
 *          -ECANCELED; those of writes
 * Cancel:  not safe: a part of the event may be sent, which a client drops at the end.
 * Threads: any task that the handler waits for; several at once.   Waits: for room in the socket.
 * Since:   0.1
 */
EDO_MUST_USE EDO_API int edo_sse_send(edo_sse *s, const edo_sse_event *event);

/**
 * Ends the response and returns what the handler is to return: 0 for -EDO_ECLOSED, and for
 * -ECANCELED if the server drains; else `result`. What is sent afterwards returns -EDO_ECLOSED.
 * Without it the events end when the handler returns.
 *
 * Errors:  `result`
 * Threads: the handler's.   Waits: until a comment that is being sent was given up.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_sse_end(edo_sse *s, int result);

/**
 * Returns the id of the last event that the client has got; empty if it says none.
 *
 * Owns:    borrows from the request.
 * Threads: the handler's.   Waits: never.   Since: 0.1
 */
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

/* All zero is the default, but an address is needed, or the two functions. */
typedef struct edo_sse_client_opts {
    const char *url; /* "http://host:port/path?query" (port 80 unless it is named): each connection
                        is a GET to it. Copied. The head of its response has to come within 10 s,
                        with the status 200 (204 is the end) and the type of events; redirects are
                        not followed */
    const edo_headers *headers; /* with `url`, of each request, besides those about events:
                                   `Authorization`, `Cookie`; borrowed for the client's life; NULL:
                                   none */
    edo_sse_open_fn *open;      /* instead of `url`: over a proxy, a pool, TLS */
    edo_sse_close_fn *close;
    void *arg;            /* of both */
    edo_str last_id;      /* known from before; copied */
    edo_duration retry;   /* pause before connecting again, until the server says another one; 0:
                             3 s */
    int attempts;         /* to connect, in a row; 0: 10 */
    size_t bytes_max;     /* of a line and of the data of an event; 0: 1 MiB */
    uint64_t reserved[2]; /* must be 0 */
} edo_sse_client_opts;

/* A client of events. */
typedef struct edo_sse_client edo_sse_client;

/**
 * Makes a client. It connects when it is asked for an event.
 *
 *     edo_sse_client *c;
 *     edo_sse_message m;
 *     int err = edo_sse_client_new(&c, &(edo_sse_client_opts){ .url = "http://[::1]:8080/ticks" });
 *     if (err < 0) return err;
 *     while ((err = edo_sse_client_next(c, &m)) == 0) show(&m);
 *     edo_sse_client_free(c);
 *
 * Owns:    returns new in `*out`: edo_sse_client_free(). Copies `opts`; borrows its `arg` and
 *          `headers`.
 * Errors:  -EINVAL  neither an address nor the functions, or both; a bad address; a reserved field
 *                   is not 0;  -ENOTSUP  the scheme of `url` is not "http";  -ENOMEM
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_sse_client_new(edo_sse_client **out, const edo_sse_client_opts *opts);

/**
 * Ends the client and its connection. NULL is allowed.
 *
 * Owns:    takes `c`.
 * Threads: one at a time.   Waits: as `close` does.   Since: 0.1
 */
EDO_API void edo_sse_client_free(edo_sse_client *c);

/**
 * Waits for the next event. When the connection ends or fails it connects again after a pause, and
 * says the last id; but not if a deadline in force would pass during the pause. Comments and events
 * without data are passed over. With `url`, an id that cannot stand in a field, as one with a
 * control byte, is not said.
 *
 * Owns:    `*m` borrows from the client until the next call.
 * Errors:  -EDO_ECLOSED  `open` has said that it is the end
 *          -EDO_EEOF  the connection has ended, and there is no time to connect again
 *          -EDO_ETOOLONG  a line or an event is longer than `bytes_max`: the connection is closed
 *          -ECANCELED; -ENOMEM; after the last attempt that of `open`; with `url` those of
 *          edo_http1_connect() and edo_http_send(), -EACCES  another status, -EPROTO  another type,
 *          -ETIMEDOUT
 * Cancel:  safe: nothing that was received is lost.
 * Threads: one at a time.   Waits: for an event, and for pauses.   Since: 0.1
 */
EDO_MUST_USE EDO_API int edo_sse_client_next(edo_sse_client *c, edo_sse_message *m);

EDO_END_DECLS

#endif
