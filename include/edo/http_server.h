/* SPDX-License-Identifier: MIT */
/* edo/http_server.h: an HTTP/1.1 server: a function for each request. With libedo-http2
 * (edo/http2.h) the same functions serve HTTP/2, too. In libedo-http.
 *
 *     static int hello(edo_request *req, edo_response *res, void *arg) {
 *         (void)arg;
 *         if (!edo_str_equal(req->target, EDO_STR("/")))
 *             return edo_response_text(res, EDO_STATUS_NOT_FOUND, EDO_STR("no such page\n"));
 *         return edo_response_text(res, EDO_STATUS_OK, EDO_STR("Hello, World!\n"));
 *     }
 *
 *     static int serve(void *arg) {
 *         return edo_http_serve(hello, arg, &(edo_http_server_opts){ .listen = "127.0.0.1:8080" });
 *     }
 *
 *     int main(void) { return edo_main(serve, NULL); }
 *
 * The function runs in a fiber and may wait; it is called for several requests at once, of
 * different connections. Request, response, and all memory of the request's arena end when it has
 * returned. Between requests a connection has neither a buffer nor a stack.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_SERVER_H
#define EDO_HTTP_SERVER_H

#include <edo/arena.h>
#include <edo/cancel.h>
#include <edo/ext.h>
#include <edo/file_cache.h>
#include <edo/headers.h>
#include <edo/http.h>
#include <edo/http_metrics.h>
#include <edo/io.h>
#include <edo/net.h>
#include <edo/time.h>
#include <edo/unix.h>

EDO_BEGIN_DECLS

/* ---- A request ------------------------------------------------------------------------------- */

/* A request. Its fields are yours to read; what they point to lives as long as the request. */
typedef struct edo_request {
    edo_method method;
    edo_http_version version;
    edo_str method_name; /* as it was sent: tells one EDO_METHOD_OTHER from another */
    edo_str target;      /* as it was sent: "/path?query", "*", "host:port", or a whole URI */
    edo_headers headers;
    int64_t length;   /* bytes of the body; -1: it is chunked, so nobody knows before its end */
    edo_arena *arena; /* for what shall live as long as the request */
    edo_ext ext;      /* yours: values that go with the request, dropped after its response */
    edo_str route;    /* yours: the path of the route that serves it, as "/users/{id}", for metrics;
                         the router of edo/web.h sets it. Borrowed until the response is sent */
    edo_stream *body; /* edo's: as edo_request_set_body() has set it; NULL: as it was sent */
    bool is_tls;      /* the client has come by TLS: to this server, or as a proxy says that is
                         believed: the server's option `proxy` (version 2), edo_real_ip_layer() */
} edo_request;

/** Returns the body of the request as a stream: its input is the body, without the framing. A
 * client that waits for "100 Continue" is sent it at the first read that waits. While nobody reads,
 * the client's writes stop.
 *
 * A read fails, and each one after it, with -EDO_EEOF if the client ends the connection within the
 * body, with -EBADMSG if the framing is bad, and with -ETIMEDOUT after `body_timeout` without a
 * byte, or if it comes slower than `rate_min`. The connection then ends with this response.
 * Owns:    lends a stream that lives as long as the request: it is not to be closed or
 *          unreferenced.
 * Threads: one at a time for the stream. */
EDO_API edo_stream *edo_request_body(edo_request *req);

/** Returns with which of these codes reads of the request's body, as it was sent, have failed; 0:
 * they have not so far. So a handler that reads from elsewhere, too, knows whose end it has met.
 * Threads: that of the stream. */
EDO_API int edo_request_body_failure(edo_request *req);

/** Makes `over` what edo_request_body() returns from now on, and `length` the request's: for layers
 * that count, limit or decode a body before the handler reads it. As a rule `over` reads from what
 * edo_request_body() has returned before. The framing and the trailers stay those of the body that
 * was sent.
 * Owns:    borrows `over` until the response is sent: it lies in the request's arena, or is dropped
 *          with `req->ext`.
 * Threads: the handler's, before the body is read. */
EDO_API void edo_request_set_body(edo_request *req, edo_stream *over, int64_t length);

/** Reads the whole body, of at most `most` bytes, into the request's arena. Returns 0.
 * Owns:    `*out` lives as long as the request.
 * Errors:  -EMSGSIZE  the body is longer: what was not read is lost, and the connection ends with
 *                     this response; 413 is the status to send
 *          -ENOMEM;  else as reads of edo_request_body()
 * Cancel: not safe: the bytes that were read are lost.   Waits: for the body. */
EDO_MUST_USE EDO_API int edo_request_collect(edo_request *req, edo_str *out, size_t most);

/** Returns the trailers of a chunked body, once all of that was read; NULL before.
 * Owns:    lives as long as the request. */
EDO_API const edo_headers *edo_request_trailers(edo_request *req);

/** Writes the address of the client to `*out`: as the proxy told it that the client came through,
 * if the server's option `proxy` is set; else that of the connection.
 * Errors:  as edo_stream_peer_addr() */
EDO_MUST_USE EDO_API int edo_request_peer(edo_request *req, edo_addr *out);

/** Writes to `*out` which process, user and group is at the other end of a connection to a Unix
 * socket, as the kernel says.
 * Errors:  -ENOTSUP      it is no such connection; or a proxy told, by the option `proxy`, whom it
 *                        asks for: it would be the proxy's
 *          -EDO_ECLOSED */
EDO_MUST_USE EDO_API int edo_request_peer_cred(edo_request *req, edo_cred *out);

/** Writes the server's own address, which the client has connected to, to `*out`. Behind a proxy it
 * is the one that the proxy has connected to.
 * Errors:  as edo_stream_local_addr() */
EDO_MUST_USE EDO_API int edo_request_local(edo_request *req, edo_addr *out);

/** Returns the values that go with the request's connection, as long as that lasts: a handler finds
 * what an earlier request of the connection has left. They are dropped when the connection ends, on
 * any thread. Over HTTP/2, where several requests run at once, they are those of the request.
 * Owns:    borrows from the connection until the handler returns. */
EDO_API edo_ext *edo_request_conn_ext(edo_request *req);

/** Returns whether the connection of the request is known to be broken: a read of the request, or a
 * write of its response, has failed, the client has not gone on in time, has ended its input within
 * the body, or has left, for which an await of the handler was cancelled. A handler that fails then
 * fails for that, as a rule, and not for a fault of its own: the server tells the log at the
 * level debug only, since clients may leave as often as they like. */
EDO_API bool edo_request_is_lost(edo_request *req);

/** Returns the TLS stream by which the request has come to this server, for edo_tls_get_info(),
 * edo_tls_get_peer() and edo_tls_export(); NULL: it came in clear text, perhaps from a proxy.
 * Owns:    borrows from the connection until the handler returns. */
EDO_API edo_stream *edo_request_tls(edo_request *req);

/** Returns the id of the request, which a layer has given it (edo_request_id_layer() of
 * edo/web_layers.h); no bytes: it has none.
 * Owns:    lives as long as the request. */
EDO_API edo_str edo_request_id(const edo_request *req);

/** Gives the request an id, for layers.
 * Owns:    borrows `id` as long as the request lives: its arena is a place for it.
 * Errors:  -ENOMEM */
EDO_MUST_USE EDO_API int edo_request_set_id(edo_request *req, edo_str id);

/** Returns a token that fires when the server begins to drain: for handlers that would otherwise go
 * on for as long as their client likes:
 *
 *     while (err >= 0 && !edo_cancel_is_set(edo_request_drain(req))) err = send_next(out);
 *
 * Server-sent events, WebSockets that receive and gRPC calls with a stream hear of it by
 * themselves; other responses go on until `drain_max` has passed.
 * Owns:    borrows from the server until the handler returns. */
EDO_API edo_cancel_token *edo_request_drain(edo_request *req);

/* ---- Its response ---------------------------------------------------------------------------- */

/* The response to a request: 200 without a body until the handler says otherwise. It is sent when
 * the handler returns 0; the functions below that send earlier say so. A handler that returns a
 * negative code before anything was sent makes it a failure: 400 for -EBADMSG, and for -EDO_EEOF if
 * the request's body has ended early (edo_request_body_failure()), 408 for -ETIMEDOUT, 413 for
 * -EMSGSIZE, 503 with `Retry-After: 1` for -EMFILE and -ENFILE, else 500; later the connection is
 * broken off, so that no client takes a part for the whole. A 413 is the last response of its
 * connection, whatever has arrived behind it.
 *
 * Each failure is one line of the log (edo/log.h), with the error trail: at the level WARN; at
 * debug if the client has gone (edo_request_is_lost()), if the handler was cancelled, and for the
 * 400 and the 413 of a request with a body, which may be bad or too long as often as clients like.
 * A client that has gone is sent nothing: metrics and layers see the status 499. */
typedef struct edo_response {
    edo_status status; /* yours to set, from 200 to 999: else it becomes a 500 */
    bool is_told;      /* edo's: its failure stands in the log */
    edo_str reason;    /* yours to set, borrowed until the head is sent; no bytes: the usual one of
                            the status. If it is not valid (edo_status_reason_is_valid()) the
                            response becomes a 500 */
    edo_headers headers; /* yours to change until the head is sent; `Date` and those of the framing
                            are edo's: theirs are passed over. With "close" in `Connection` the
                            connection ends after the response; `Upgrade` is named there by edo */
    edo_ext ext; /* yours: values that go with the response, dropped once it was sent, before
                            those of the request */
    struct edo_response_hook *hooks; /* edo's: edo_response_add_hook() */
} edo_response;

/** Makes the response `status` with the text `text`, as "text/plain; charset=utf-8". Returns 0. Of a
 * text with a NUL at its end: edo_str_of(text); edo_web_reply_text() of edo/web.h takes one as it
 * is.
 * Owns: copies `text`.   Errors: -EBUSY  the head was sent already;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_response_text(edo_response *res, edo_status status, edo_str text);

/** Makes the response `status` with the bytes `body`, of the content type `type`. Returns 0.
 * Owns:    copies `type`; borrows `body` until the handler has returned and the response is sent:
 *          it is static, or of the request or its arena.
 * Errors:  -EBUSY  the head was sent already;  -ENOMEM;  -EDO_EMISUSE  a local of the handler */
EDO_MUST_USE EDO_API int edo_response_data(edo_response *res, edo_status status, edo_str type,
                                           edo_str body);

/** As edo_response_data(), with a share of counted bytes.
 * Owns:    takes the share on success; copies `type`.
 * Errors:  as edo_response_data(): the share stays the caller's. */
EDO_MUST_USE EDO_API int edo_response_bytes(edo_response *res, edo_status status, edo_str type,
                                            edo_bytes *body);

/** Sends the head of the response now, and returns in `*out` a stream for its body: `length` bytes,
 * or -1: chunked (or up to the end of the connection, for a client of HTTP/1.0). The writes wait
 * while the client does not read. A write of a chunked body sends what the socket has room for; the
 * rest, of at most 16 KiB, leaves with the next write or at the end: call edo_flush() before a long
 * wait.
 *
 * A client that waits for "100 Continue" is sent it first if the status is below 300, since the
 * handler may read the request's body while it responds. The head follows when the body begins, or
 * after a second.
 *
 * The handler's return ends the body: in order after 0, if `length` bytes were written; otherwise
 * the connection is broken off: TCP is reset; on a Unix socket, which has no reset, and in memory
 * the last chunk or a part of `length` is missing. What goes to a client of HTTP/1.0 up to the end
 * of the connection is reset in memory, too, and looks whole on a Unix socket only. A write beyond
 * `length` fails with -EMSGSIZE. For a request or a status without a body (HEAD, 204, 205, 304)
 * writes are taken and dropped. So they are after a 2xx to CONNECT, which ends the connection:
 * edo_upgrade() is what such a client waits for. A drain of the server cuts no body before
 * `drain_max` has passed: one without an end looks at edo_request_drain().
 * Owns:    lends a stream that lives as long as the response: it is not to be closed or
 *          unreferenced.
 * Errors:  -EBUSY  the head was sent already;  -EMSGSIZE  headers of more than 8 KiB
 *          -EINVAL  the status is not from 200 to 999, or the reason is not valid
 *          -ETIMEDOUT  as writes
 * Cancel:  not safe: a part of the head may be sent.
 * Threads: the handler's; one at a time for the stream, which may be another task than that which
 *          reads the request's body.
 * Waits:   for room in the socket; after a "100 Continue" for the body, as said. */
EDO_MUST_USE EDO_API int edo_response_stream(edo_response *res, edo_stream **out, int64_t length);

/** Returns the trailers of the response, which has none until you put some in: fields that are sent
 * behind the last chunk of edo_response_stream() without a length, as they are when the handler
 * returns. Only those are sent that `Trailer` among the headers names, to a client that has said
 * "TE: trailers", and none that says how the message is framed, routed or to be read, or who sends
 * it: all others are passed over, since the response is whole without them. Over HTTP/2 they need
 * no name in `Trailer`, and no TE, and follow a body of a known length, too, if this was called
 * before its last byte was written; before edo_response_stream() for one that has none. Trailers of
 * more than 8 KiB break the connection off.
 * Spec:    RFC 9110 section 6.5.
 * Owns:    lives as long as the response. */
EDO_API edo_headers *edo_response_trailers(edo_response *res);

/** Sends the file at `path`, whole, with its length, as `res->status` and of the content type
 * `type`, the way edo_sendfile() does. Returns 0 when all is sent.
 * Errors:  as edo_fs_open(): nothing was sent, so another response may be made;  -EBUSY
 *          -EISDIR, -EINVAL  it is no regular file, likewise
 *          -EIO  the file shrank meanwhile: return it, so that the connection is broken off
 *          else as edo_response_stream()
 * Cancel: not safe: a part may be sent.   Waits: for the file and for room in the socket. */
EDO_MUST_USE EDO_API int edo_response_file(edo_response *res, edo_str type, const char *path);

/** Sends `n` bytes of the open `file` (edo/file.h) from the byte `offset` on, as `res->status` and
 * of the content type `type`, the way edo_sendfile() does. Returns 0 when all is sent. The place of
 * the file does not move.
 * Errors:  -EBUSY; -EINVAL  beyond INT64_MAX, or as edo_response_stream(): nothing was sent
 *          -EIO  the file is shorter, or shrank meanwhile: return it, so that the connection is
 *                broken off
 *          -ENOTSUP  `file` is no file, likewise;  else as edo_response_stream()
 * Cancel: not safe: a part may be sent.   Waits: for the file and for room in the socket. */
EDO_MUST_USE EDO_API int edo_response_file_part(edo_response *res, edo_str type, edo_stream *file,
                                                uint64_t offset, uint64_t n);

/** Makes the file at `path` the body, as edo_response_data() does, from the memory of `cache`
 * (edo/file_cache.h). A file that is too large for the cache is sent as edo_response_file() does.
 * Owns:    borrows `type` and `path` until return; of `cache` nothing is kept.
 * Errors:  as edo_file_cache_get(), then nothing was sent or made, so another response may be made;
 *          as edo_response_data(), edo_response_file()
 * Cancel:  as edo_response_file().
 * Waits:   as edo_file_cache_get();
 *          for a large file as edo_response_file(). */
EDO_MUST_USE EDO_API int edo_response_cached_file(edo_response *res, edo_str type,
                                                  edo_file_cache *cache, const char *path);

/** Sends an informational response now: `status` 102 or 103 with the response's headers, which stay
 * for the final response. A client of HTTP/1.0 gets none.
 * Errors:  -EINVAL  another status;  -EBUSY  the head was sent already;  -EMSGSIZE
 * Cancel: not safe: a part may be sent.   Waits: for room in the socket. */
EDO_MUST_USE EDO_API int edo_response_informational(edo_response *res, edo_status status);

/** Takes the connection over, after "101 Switching Protocols" with the response's headers (among
 * them `Upgrade`), or, for the method CONNECT, after a 200: the stream's input begins with what the
 * client has sent behind its request. HTTP ends on this connection: the handler uses the stream,
 * reads the end of the client's input from it (whatever `half_close` is), and when it returns the
 * connection is closed. The client has asked if `Connection` names `upgrade`, and `Upgrade` is
 * there, on HTTP/1.1.
 * Owns:    lends a stream that lives as long as the request: it is not to be closed or
 *          unreferenced.
 * Errors:  -EINVAL  the client did not ask for it, or its body was not read
 *          -EBUSY  the head was sent already;  -EMSGSIZE
 * Cancel:  not safe: a part of the head may be sent, and no response can follow.
 * Threads: the handler's; reading and writing of the stream may be two tasks'.
 * Waits:   for room in the socket. */
EDO_MUST_USE EDO_API int edo_upgrade(edo_request *req, edo_response *res, edo_stream **out);

/* ---- What layers do to a response ------------------------------------------------------------ */

/* A body as a hook is told of it, before the head is sent. */
typedef struct edo_response_head {
    int64_t length;       /* bytes of the body, which a hook that changes it sets; -1: nobody knows
                             before its end */
    const edo_str *whole; /* the whole body, if the handler has made one; NULL: it is streamed. A
                             hook may set another one, and its length, which live as long as the
                             request */
    bool is_bodiless; /* no body of the handler's follows the head: of HEAD, 204, 205, 304 and what
                             `is_raw` is. `length` and `whole` are those that GET would have, if
                             they are known */
    bool is_raw;      /* an upgrade or edo_response_raw(): what follows does not pass the hooks */
} edo_response_head;

/* The fate of a response. */
typedef struct edo_response_end {
    int err; /* 0: it was sent, or lies in the socket's buffer; else why not all of it */
    uint64_t body_bytes; /* of the body, as it was sent */
} edo_response_end;

/* A part of a layer that meets the response later than the layer's own code: when its head goes,
 * and when it is over. You place it, in the request's arena as a rule, with `ops` set and all else
 * 0; it stays until `done`. */
typedef struct edo_response_hook {
    const struct edo_response_hook_ops *ops;
    edo_stream *over;  /* yours, set by `head`: what the body is written to; NULL: you leave it */
    edo_stream *below; /* edo's: where `over` writes to; set when all of `head` were called */
    struct edo_response_hook *next; /* edo's */
} edo_response_hook;

/* The operations of one kind of hook; each may be NULL. All are called in the handler's fiber.
 * Const and static; initialise by name. */
typedef struct edo_response_hook_ops {
    /* Right before the head is sent: may change status, reason and headers. To change the body it
     * sets `self->over` to a stream that passes on to `self->below`, and `head->length`; that
     * stream's writes come from the handler or a hook inside. A negative code becomes the result of
     * edo_response_stream() and its kin; of a response that is sent after the handler it makes a
     * 500 that no hook sees. Called again, if a head could not be sent and another one is made. */
    int (*head)(edo_response_hook *self, edo_response *res, edo_response_head *head);
    /* Behind the last write of the body, and not if the handler has failed: writes to `self->below`
     * what is left, or sets trailers. A negative code breaks the connection off. */
    int (*finish)(edo_response_hook *self, edo_response *res);
    /* The response is over, in each case, once; request and response are still there. Must not
     * wait. */
    void (*done)(edo_response_hook *self, edo_response *res, const edo_response_end *end);
    void (*reserved[2])(void); /* must be NULL */
} edo_response_hook_ops;

/** Adds a hook. The hook that was added last is called first: layers add theirs on the way in, so
 * that of an inner layer sees the head before that of an outer one, and its stream lies nearer to
 * the handler. A response without hooks costs nothing for them.
 * Owns:    borrows `hook` until its `done` has returned.
 * Threads: the handler's, before the head is sent. */
EDOI_INLINE void edo_response_add_hook(edo_response *res, edo_response_hook *hook) {
    hook->next = res->hooks;
    res->hooks = hook;
}

/* ---- The server ------------------------------------------------------------------------------ */

/* Handles a request: makes or sends the response; 0 or a negative code. */
typedef int edo_http_handler(edo_request *req, edo_response *res, void *arg);

#define EDO_HTTP_HEADERS_MAX    100u
#define EDO_HTTP_HEAD_BYTES_MAX 32768u
#define EDO_HTTP_RATE_MIN       240u

/* Whether connections begin with a header of the PROXY protocol, version 1 or 2 (HAProxy's
 * proxy-protocol.txt, see edo/proxy_header.h), which tells the address of the client. It has to
 * arrive within `header_timeout`, from its first byte on, and to be no longer than
 * `head_bytes_max`; a connection that begins with a bad one ends without a word. */
typedef enum edo_http_proxy_use {
    EDO_HTTP_PROXY_OFF,      /* such a header is a bad request */
    EDO_HTTP_PROXY_REQUIRED, /* connections without one, or from others than `proxies`, end */
    EDO_HTTP_PROXY_OPTIONAL, /* those from `proxies` may begin with one; from others it is a bad
                                request */
} edo_http_proxy_use;

/* Where connections come from that no listener accepts: pipes in memory, tunnels, whatever is a
 * stream. */
typedef struct edo_http_acceptor {
    /* Waits for the next connection. Called again and again in a fiber of the server's; returns 0
     * and a stream, which the server takes, or a negative code, with which the server ends:
     * -ECANCELED from an await if that is because the server ends. Descriptors that run out are the
     * function's to wait for. */
    int (*accept)(void *arg, edo_stream **out);
    void *arg; /* borrowed */
} edo_http_acceptor;

/* Options; all zero is the default, but something to listen on is needed. Durations: 0 is the
 * default, negative (EDO_OFF) no limit. */
typedef struct edo_http_server_opts {
    const char *listen; /* an address, as edo_tcp_listen() takes it, or "unix:PATH": the file of a
                           process that has ended is replaced, and the server's own goes with it.
                           Over TCP the kernel takes at most 128 KiB of a response ahead of what it
                           can send (`notsent_lowat`) */
    edo_listener *const
        *listeners; /* TCP, Unix, inherited; shared until edo_http_serve() returns */
    size_t listeners_n;
    uint32_t headers_max;        /* fields of a request: 431 beyond; 0: 100 */
    uint32_t head_bytes_max;     /* of a request's head: 431, or 414 if the target alone is too
                                       long; 0: 32,768 */
    uint32_t target_bytes_max;   /* of a request's target: 414; 0: 65,534 */
    uint32_t lenient;            /* bits EDO_HTTP_LENIENT_…; 0: strict */
    uint32_t trailer_bytes_max;  /* of the trailers of a body, whose last read fails with -EBADMSG
                                       beyond; 0: 16,384 */
    uint32_t conns_max;          /* connections: for one more the one that has been idle for
                                       longest is closed, as when descriptors run out, of which
                                       accepting leaves a 32nd of the process' limit, 32 at most, to
                                       handlers, less one for each listener, and goes on slowly
                                       while others of the process hold those; while none
                                       has been idle for 100 ms accepting stops; those in the listen
                                       queue at the end are served beyond it; 0: no limit. One whose
                                       client has not taken all of a response is not idle: once no
                                       other one is, it is reset if its client takes less than
                                       `rate_min` for `rate_grace`, or nothing for `write_timeout`,
                                       or if the response ended `write_timeout` ago. One that has
                                       ended counts as long, or until all is taken. All that is for
                                       TCP: over other streams a response is taken once written */
    uint32_t address_conns_max;  /* connections of one address, of IPv6 of its first 64 bits: one
                                       more is closed as it comes; 0: no limit. The address is that
                                       of the peer: with proxies it is theirs */
    uint32_t requests_max;       /* of one connection, which then ends; 0: no limit */
    edo_duration header_timeout; /* from the first byte of a head to its last: 408; 0: 10 s */
    edo_duration idle_timeout;   /* between requests, and before the first byte; 0: 60 s */
    edo_duration body_timeout;   /* without a byte of the body; 0: 30 s */
    edo_duration write_timeout;  /* while the client takes no byte; 0: 30 s */
    uint32_t rate_min;       /* bytes a second that a body has to come with, and a response to be
                                       taken with, on the average of the time in which a handler
                                       waits for that; 0: 240 */
    edo_duration rate_grace; /* waited before `rate_min` counts; 0: 5 s; negative: any rate will
                                       do */
    edo_duration age_max;    /* a connection ends after the request that passes it, less or
                                       more by up to a tenth; one of HTTP/2 is told at that time,
                                       and takes no more requests: see `age_grace` of
                                       edo_http2_opts; 0: none */
    edo_duration drain_max;  /* at the end: for requests that were begun; 0: 20 s */
    edo_duration cancel_max; /* then: for handlers that were cancelled, of whose responses goes out
                                what their clients take within a second; 0: 5 s */
    bool no_keep_alive;      /* a connection ends after its first request */
    bool half_close; /* a client that has ended its input still gets all responses; else a handler
                        that runs is cancelled, and if it fails the connection ends without a
                        response; one that is made goes out whole, within `write_timeout` and
                        `rate_min`, and until the end of a drain */
    bool pipeline_flush; /* send each response at once, also while more requests have arrived */
    bool title_case;     /* write names of fields as "Content-Type"; those with a capital stay */
    bool preserve_case;  /* leave names of a request's fields as they were sent: for proxies,
                                since edo_headers_add() and the client keep them, too */
    bool no_date;        /* no `Date` field */
    bool reuse_port;     /* `listen` is opened for each worker (SO_REUSEPORT), which accepts: the
                                kernel shares the connections out, among processes, too */
    bool no_http2;       /* speak HTTP/1.1 only, though libedo-http2 (edo/http2.h) is linked */
    bool announce;       /* once connections are accepted, "http://HOST:PORT" is printed on standard
                      output, a line for each listener: whoever started the program reads there
                      which port it got. If nobody reads there it is left out, and the
                      server serves */
    const char *server_name; /* the `Server` field, a valid value of one; NULL: none */
    edo_http_proxy_use proxy;
    const char *const *proxies; /* with `proxy`, whose headers are believed: "10.0.0.0/8", "::1";
                                   peers over Unix sockets always are. None: all are believed,
                                   which EDO_HTTP_PROXY_OPTIONAL refuses */
    size_t proxies_n;
    edo_http_metrics *metrics; /* counts requests and connections; shared; NULL: nothing is counted,
                                  at no cost */
    void (*drop)(void *arg);   /* called once with the handler's argument when no handler can
                                  run any more: on any thread, perhaps after edo_http_serve() has
                                  returned, as it may with -ETIMEDOUT. NULL: nothing */
    uint32_t response_head_bytes_max; /* of a response's head, with all its fields: a larger one
                                         becomes a 500, as does over HTTP/2 one that
                                         has more than 64 KiB with 12 bytes more for each
                                         field; at least 512; 0: 8,192 */
    uint32_t reserved_word;           /* must be 0 */
    /* as `announce`, in lines of the form "NAME on http://HOST:PORT": which of a program's servers
     * it is. Borrowed; NULL: `announce` decides */
    const char *announce_as;
    struct edo_tls_server *tls; /* of edo/tls.h: connections are by TLS; shared until the last has
                                   ended. A client that sends plain HTTP gets a 400. With
                                   `proxy` the header comes in clear before TLS, and has
                                   `header_timeout` from the begin of the connection. NULL: plain */
    const struct edo_http2_opts *http2; /* of edo/http2.h; NULL: its defaults. -EINVAL in a program
                                           without libedo-http2 */
    const edo_http_acceptor *acceptor;  /* connections come from here, too; NULL: from listeners
                                           alone */
    uint64_t reserved[1];               /* must be 0 */
} edo_http_server_opts;

/** Serves HTTP/1.1 and 1.0 on the listeners, until this task is cancelled; then ends in order:
 * it serves the connections in the listen queue and accepts no more, connections that wait for a
 * request are closed after 100 ms, each request that comes until then gets the last response of its
 * connection, and requests that were begun are finished within `drain_max` (of a head that has not
 * arrived whole, or a handshake of TLS, the rest has 1 s), and handlers that are left are cancelled
 * and have `cancel_max` to return; responses that are under way end with them. So under
 * edo_main() the program drains on SIGTERM. The bound of its runtime's shutdown is made longer than
 * both (26 s by default) unless the runtime's `shutdown` option is set: set it longer than both,
 * since edo_main() ends the program after that time whatever runs.
 *
 * Returns 0 after such an end, also if handlers had to be cancelled, which the log tells: then no
 * connection is left, `drop` was called, and so were the functions that end values of connections,
 * WebSockets and events; -ETIMEDOUT if some connections go on all the same, whatever began the end:
 * what they use must stay; else the failure that kept it from listening.
 * Owns:    borrows `opts`, and what it points to, and `arg` until return. After -ETIMEDOUT these
 *          have to stay until `drop` is called: `arg`, the state and the functions of handlers,
 *          what they use (a registry of edo_metrics_routes(), too), `server_name`.
 * Errors:  -EINVAL  nothing to listen on, an unknown bit of `lenient`, or a reserved field is not
 *                   0; `proxy`, `proxies`, `server_name` or `response_head_bytes_max` is bad
 *          -ETIMEDOUT  handlers were cancelled, and still run
 *          -ENOMEM; -EIO  `announce` could not write, as to a full disk; as edo_tcp_listen()
 *          and edo_accept()
 * Cancel: ends in order, as said; it takes a while.   Threads: any, at once, in a runtime.
 * Waits:   until it is cancelled. */
EDO_MUST_USE EDO_API int edo_http_serve(edo_http_handler *handler, void *arg,
                                        const edo_http_server_opts *opts);

/** Serves one connection over any stream, as edo_http_serve() serves those that it accepts: until
 * it has ended, and no handler of it runs. If this task is cancelled it drains, as edo_http_serve()
 * does. `listen`, `listeners` and `acceptor` of the options are passed over. It makes a server for
 * this connection alone: for many give one server an `acceptor`.
 * Owns:    takes `stream`, in any case; else as edo_http_serve()
 * Errors:  -ETIMEDOUT  handlers were cancelled, and still run
 *          -EINVAL  as edo_http_serve();  -ENOMEM
 * Cancel: ends in order, as edo_http_serve().   Threads: any, at once, in a runtime.
 * Waits:   for the end of the connection. */
EDO_MUST_USE EDO_API int edo_http_serve_stream(edo_http_handler *handler, void *arg,
                                               edo_stream *stream,
                                               const edo_http_server_opts *opts);

EDO_END_DECLS

#endif
