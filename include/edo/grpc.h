/* SPDX-License-Identifier: MIT */
/* edo/grpc.h: gRPC: services of a .proto as routes of edo/web.h, whose messages are described
 * structs (edo/protobuf.h). In a library of its own, libedo-grpc (pkg-config edo-grpc), over
 * libedo-web and libedo-http2.
 *
 *     #include "hello.edo.h"                      // protoc --edo_out=. hello.proto
 *     #include <edo/web.h>
 *
 *     static int greet(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
 *         if (in->name.len == 0)
 *             return edo_grpc_fail(call, EDO_GRPC_INVALID_ARGUMENT, "a name is missing");
 *         out->text = in->name;
 *         return 0;
 *     }
 *
 *     static const hello_v1_greeter_ops greeter = { .greet = greet };   // NULL: UNIMPLEMENTED
 *     hello_v1_greeter_routes(router, &greeter, arg, NULL);
 *     return edo_web_serve(router, &(edo_web_opts){ .listen = "0.0.0.0:50051" });
 *
 * A handler runs in a fiber and may wait, as every handler of edo/web.h. By its method it is one of
 *
 *     rpc Greet(Person) returns (Reply)                  int fn(call, Reply *out, const Person *in)
 *     rpc Count(Person) returns (stream Reply)           int fn(call, const Person *in)
 *     rpc Sum(stream Person) returns (Reply)             int fn(call, Reply *out)
 *     rpc Chat(stream Person) returns (stream Reply)     int fn(call)
 *
 * and reads and writes streams by greeter_sum_recv(), greeter_count_send() and their like. When it
 * returns the call ends: with the status OK after 0; after the code of edo_grpc_fail() with what
 * that was told; else with edo_grpc_status_of() of the code, and no message: nothing of the
 * inside is told, the log has it. Only of a time that is over, and of a server that ends, the
 * message says so.
 *
 * A call that its client takes back, or whose time is over, is cancelled: its awaits return
 * -ECANCELED. So is one that the server ends: one with a stream when a drain begins, unless
 * `streams_stay` of edo_grpc_opts is set (its handler then looks at
 * edo_request_drain(edo_grpc_request(call))), any at the end of a drain, or by `age_grace` of
 * edo_http2_opts: it has the status UNAVAILABLE if its handler returns that code. Messages wait for
 * each other by the windows of HTTP/2: a send waits while the client does not read, and the
 * client's own sends stop while nobody receives. The server's limits of time
 * for bodies (`body_timeout`, `write_timeout`, `rate_min` of edo_http_server_opts) do not count for
 * calls with a stream: both sides may be silent for as long as the deadline allows. What a handler
 * that has ended has left to be sent is reset if the client takes nothing for `write_timeout`, or,
 * beyond the first such time, takes it slower than `rate_min`. Without a least rate that lasts as
 * long as the client takes a byte in each such time.
 *
 * With `metrics` in their options services and channels count, by the names of OpenTelemetry's
 * semantic conventions:
 *
 *     rpc.server.call.duration    histogram, s: from the call's head to the end of its handler
 *     rpc.client.call.duration    histogram, s: from the begin of a call to its status, with the
 *                                 wait for a connection and all attempts
 *         with rpc_system_name ("grpc"), rpc_method ("hello.v1.Greeter/Greet"; "_OTHER" of a method
 *         that a service does not have, and of edo_grpc_route()), rpc_status_code ("NOT_FOUND") and
 *         error_type: that again, of a server if it is UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED,
 *         INTERNAL, UNAVAILABLE or DATA_LOSS, of a client if it is not OK
 *
 * Calls that a layer has ended before their handler are counted by the metrics of HTTP alone.
 *
 * Calls are spans "call" (edo/span.h) at level INFO, of the targets "grpc.server" and
 * "grpc.client". A handler runs in that of the server, which lies within the span of its request
 * (edo_traceparent_layer()) or, without that layer, within the step that the client tells. That of
 * a client lies within the span of its caller, its step goes with the request, or that of the
 * attempt where attempts are spans, and it ends with the status, of a call with streams when that
 * is received or the call is freed; it is not the span of what the program does meanwhile.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_GRPC_H
#define EDO_GRPC_H

#include <edo/balance.h>
#include <edo/protobuf.h>
#include <edo/time.h>

#include <stddef.h>

EDO_BEGIN_DECLS

/* Of edo/web.h and edo/http_server.h, which a program that serves includes beside this: one that
 * uses no more than the messages of a .proto needs no library but libedo. */
typedef struct edo_router edo_router;
typedef struct edo_web edo_web;
typedef struct edo_request edo_request;
typedef struct edo_health edo_health;
typedef struct edo_metrics edo_metrics;
struct edo_stream;
struct edo_headers;

/* ---- Statuses -------------------------------------------------------------------------------- */

/* How a call has ended. */
typedef enum edo_grpc_status {
    EDO_GRPC_OK = 0,
    EDO_GRPC_CANCELLED = 1,
    EDO_GRPC_UNKNOWN = 2,
    EDO_GRPC_INVALID_ARGUMENT = 3,
    EDO_GRPC_DEADLINE_EXCEEDED = 4,
    EDO_GRPC_NOT_FOUND = 5,
    EDO_GRPC_ALREADY_EXISTS = 6,
    EDO_GRPC_PERMISSION_DENIED = 7,
    EDO_GRPC_RESOURCE_EXHAUSTED = 8,
    EDO_GRPC_FAILED_PRECONDITION = 9,
    EDO_GRPC_ABORTED = 10,
    EDO_GRPC_OUT_OF_RANGE = 11,
    EDO_GRPC_UNIMPLEMENTED = 12,
    EDO_GRPC_INTERNAL = 13,
    EDO_GRPC_UNAVAILABLE = 14,
    EDO_GRPC_DATA_LOSS = 15,
    EDO_GRPC_UNAUTHENTICATED = 16,
} edo_grpc_status;

/** Returns the name of a status as gRPC writes it: "NOT_FOUND"; of another number "UNKNOWN".
 * Owns: static.   Threads: any, at once. */
EDO_API const char *edo_grpc_status_name(edo_grpc_status status);

/** Returns the status that an error stands for.
 *
 *     0                CANCELLED  -ECANCELED         UNKNOWN  all that is not here, -EIO
 *     INVALID_ARGUMENT -EINVAL                       DEADLINE_EXCEEDED    -ETIMEDOUT
 *     NOT_FOUND        -ENOENT                       ALREADY_EXISTS       -EEXIST
 *     FAILED_PRECONDITION  -EBUSY                    PERMISSION_DENIED    -EACCES, -EPERM
 *     ABORTED          -EDEADLK                      RESOURCE_EXHAUSTED   -EDQUOT, -ENOMEM,
 *     OUT_OF_RANGE     -ERANGE                           -ENOSPC, -EMSGSIZE, -EDO_ERATELIMITED
 *     INTERNAL         -EPROTO, -EDO_EPROTOBUF,      UNIMPLEMENTED        -ENOTSUP, -ENOSYS
 *                          -EDO_EJSON                UNAVAILABLE          -EAGAIN, -ECONNREFUSED,
 *     DATA_LOSS        -EBADMSG                          -ECONNRESET, -ECONNABORTED,
 *     UNAUTHENTICATED  -EKEYREJECTED                     -ENETUNREACH, -ENETDOWN,
 *                                                        -EHOSTUNREACH, -EHOSTDOWN,
 *                                                        -EDO_EOVERLOADED, -EDO_ECIRCUITOPEN
 *
 * For a handler that returns -EBUSY, -EDO_ESQL or -EDO_EREDIS of a database that starts, has too
 * many clients, or that another process has, the status is UNAVAILABLE.
 * Threads: any, at once. */
EDO_API edo_grpc_status edo_grpc_status_of(int err);

/** Returns the error that stands for a status: the first one of its row above; 0 for OK.
 * Threads: any, at once. */
EDO_API int edo_grpc_error_of(edo_grpc_status status);

/* ---- A call ---------------------------------------------------------------------------------- */

/* One call, in its handler. */
typedef struct edo_grpc_call edo_grpc_call;

/** Says how the call ends, and returns edo_grpc_error_of(status), for the handler to return:
 *
 *     return edo_grpc_fail(call, EDO_GRPC_NOT_FOUND, "no book %" PRId64, in->id);
 *
 * The message (printf) is for the client to read: up to 1,023 bytes, of UTF-8; behind those it is
 * cut. It counts if the handler returns this code; a later call replaces it. OK is no failure: it
 * becomes UNKNOWN, as does a number that gRPC has not. A receive that fails calls it, too: so a
 * task that sends, beside one that receives, leaves it to that one.
 * Owns:    copies.   Errors: the code, in any case */
EDO_API int edo_grpc_fail(edo_grpc_call *call, edo_grpc_status status, const char *format, ...)
    EDO_PRINTF(3, 4);

/** Returns the arena of the call: for what shall live until it has ended, as the texts of a reply.
 * Owns:    lends an arena that lives as long as the call. */
EDO_API edo_arena *edo_grpc_arena(edo_grpc_call *call);

/** Returns the argument with which the routes of the service were made. */
EDO_API void *edo_grpc_arg(const edo_grpc_call *call);

/** Returns the path of the method: "/hello.v1.Greeter/Greet".
 * Owns:    lives as long as the call. */
EDO_API edo_str edo_grpc_path(const edo_grpc_call *call);

/** Returns the request of HTTP below: for the peer (edo_request_peer()), TLS, all fields, and the
 * values that layers have left with it (`ext`).
 * Owns:    borrowed until the handler returns. */
EDO_API edo_request *edo_grpc_request(edo_grpc_call *call);

/** Returns how much time the call has left, by the client's deadline and the option `timeout`: 0:
 * none any more; negative: there is no deadline. Calls that the handler makes have it as theirs. */
EDO_API edo_duration edo_grpc_deadline(const edo_grpc_call *call);

/* ---- Metadata -------------------------------------------------------------------------------- */

/** Returns a value of the client's metadata: the first one of the key, or number `i` of several, in
 * their order. The pointer is NULL if there is none. The values of keys that end with "-bin" are
 * bytes, decoded; one that is no base64 is passed over.
 * Owns:    lives as long as the call. */
EDO_API edo_str edo_grpc_metadata(edo_grpc_call *call, const char *key);
EDO_API edo_str edo_grpc_metadata_at(edo_grpc_call *call, const char *key, size_t i);

/** Returns all metadata that have come, as the fields of HTTP that they are: of a server's call
 * those of the request, of a client's those before the first message, none before they are there.
 * The values of keys that end with "-bin" are base64; fields of gRPC and HTTP are among them.
 * Owns:    borrowed until the handler returns, or edo_grpc_call_free(). */
EDO_API const struct edo_headers *edo_grpc_headers(const edo_grpc_call *call);

/** Add an entry to the metadata that go before the first message, and to those that go with the
 * status. A key has small letters, digits, '_', '-' and '.', and does not begin with "grpc-"; one
 * that ends with "-bin" takes any bytes, all others text from 0x20 to 0x7E, without blanks at its
 * ends.
 * Owns:    copy both.
 * Errors:  -EINVAL    no such key, or no such text
 *          -EBUSY     of the first: the metadata were sent already
 *          -ENOTSUP   of the second: a client has no status to send
 *          -EMSGSIZE  more than 6 KiB, both kinds each; many peers take 8 KiB in all
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_grpc_add_metadata(edo_grpc_call *call, const char *key, edo_str value);
EDO_MUST_USE EDO_API int edo_grpc_add_trailer(edo_grpc_call *call, const char *key, edo_str value);

/** Sends the metadata now, before there is a message.
 * Errors:  -EBUSY  they were sent already;  as edo_response_stream()
 * Cancel: not safe: they may be sent.   Waits: for room in the connection. */
EDO_MUST_USE EDO_API int edo_grpc_send_metadata(edo_grpc_call *call);

/* ---- Messages of streams --------------------------------------------------------------------- */

/* The functions of a header that protoc-gen-edo has made are these with the description of their
 * message. Receiving and sending may be two tasks', at once. */

/** Waits for the next message, which is decoded into the struct at `out`. Returns 1, or 0 if the
 * client has sent all.
 * Owns:    fills `out`, whose texts and lists live until the next one is received.
 * Errors:  the code of a failure that edo_grpc_fail() was told: of a message that is too long, also
 *          when it was decompressed (RESOURCE_EXHAUSTED), cut off, or not valid (INTERNAL)
 *          -ECANCELED  the client has gone, or the time is over;  as edo_read()
 * Cancel: not safe: a part of a message may be read.   Waits: for a message. */
EDO_MUST_USE EDO_API int edo_grpc_recv(edo_grpc_call *call, void *out, const edo_desc *desc);

/** Sends the struct at `message`, and the metadata if they were not sent before.
 * Errors:  as edo_protobuf_encode(): nothing was sent
 *          -EDQUOT  the message is longer than `send_max`: RESOURCE_EXHAUSTED, nothing was sent
 *          -ECANCELED, -ECONNRESET  the client has gone;  as edo_response_stream()
 * Cancel: safe: after -ECANCELED nothing was sent. Where a part has gone when the cut comes, the
 *         rest follows, and it returns 0: behind this call, or, of a response that layers change, of
 *         HTTP/1.1, and of more than a connection holds, within a second; a client that does not
 *         read that long gets no status. A client's call is ended by such a cut, as by
 *         edo_grpc_cancel().
 * Waits:  while the client does not read. */
EDO_MUST_USE EDO_API int edo_grpc_send(edo_grpc_call *call, const void *message,
                                       const edo_desc *desc);

/** As edo_grpc_recv() and edo_grpc_send(), with the message as it is on the wire: for proxies, and
 * for codecs of other kinds.
 * Owns:    what was received lives until the next one is.
 * Errors: as those   Cancel: as those.   Waits: as those. */
EDO_MUST_USE EDO_API int edo_grpc_recv_bytes(edo_grpc_call *call, edo_str *out);
EDO_MUST_USE EDO_API int edo_grpc_send_bytes(edo_grpc_call *call, edo_str message);

/** Says whether messages that are sent from now on are compressed, as they are at first if the call
 * has a coding (`send_codings`): not those that mix a secret with text of somebody else, whose
 * length would tell of it. One that does not become shorter is sent as it is, in any case.
 * Threads: that of the sends. */
EDO_API void edo_grpc_compress(edo_grpc_call *call, bool is_on);

/** Returns whether the last message that was received was compressed.
 * Threads: that of the receives. */
EDO_API bool edo_grpc_was_compressed(const edo_grpc_call *call);

/* ---- Services -------------------------------------------------------------------------------- */

#define EDO_GRPC_RECV_MAX (4u << 20)

/* Options of the routes of a service; all zero is the default. */
typedef struct edo_grpc_opts {
    size_t recv_max; /* bytes of a message of the client's: RESOURCE_EXHAUSTED beyond; 0: 4 MiB;
                             SIZE_MAX: no limit */
    size_t send_max; /* bytes of a message to the client; 0: no limit */
    edo_duration timeout;    /* of a call, if the client allows no less: DEADLINE_EXCEEDED after it,
                                with a message that says so; 0 and negative: none */
    uint32_t send_codings;   /* EDO_CODING_GZIP, _DEFLATE, _ZSTD of edo/web_compress.h, by which
                                messages are compressed for clients that take one of them; what the
                                build lacks is left out. 0: none */
    uint32_t accept_codings; /* likewise, of messages of the client's; another coding ends the call
                                with UNIMPLEMENTED. 0: none */
    bool web; /* serve gRPC-Web, too, "application/grpc-web" and "-text", over any version of HTTP:
                 unary calls and streams of the server's. A page of another origin has
                 to be one of `guards.csrf` of edo_web_opts, and needs edo_cors_layer(), with POST,
                 and grpc-status, grpc-message and grpc-status-details-bin exposed */
    bool connect;   /* serve the Connect protocol, too, over any version of HTTP: methods of one
                     message and one reply as POST with "application/json" or "application/proto",
                     and as GET if they are safe; streams as "application/connect+json" and
                     "…+proto", both ways at once over HTTP/2 only. The codings are those of
                     `send_codings` and `accept_codings` */
    bool transcode; /* serve HTTP and JSON, too, by the option google.api.http of the methods: each
                       of its bindings is a route. Messages are of path, query and body; a stream of
                       replies is a line for each; methods that take a stream are left out */
    bool streams_stay; /* calls with a stream, and those of edo_grpc_route(), go on when the server
                          drains, as all others do: their handlers look at edo_request_drain(), or
                          take `drain_max` of edo_http_server_opts */
    edo_metrics *metrics; /* the registry that has the service's numbers, see above; shared; NULL:
                             nothing is counted */
    uint64_t reserved[5]; /* must be 0 */
} edo_grpc_opts;

/* Calls the handler of a method that is a member of the struct of handlers at `ops`; `out` and `in`
 * are NULL for a side that is a stream. Made by protoc-gen-edo. */
typedef int edo_grpc_serve_fn(const void *ops, edo_grpc_call *call, void *out, const void *in);

/* A method. All is static. */
typedef struct edo_grpc_method {
    const char *name; /* "Greet" */
    const edo_desc *in, *out;
    edo_grpc_serve_fn *serve;
    size_t member; /* where the handler lies in the struct of handlers */
    bool streams_in, streams_out;
    bool is_safe; /* option idempotency_level = NO_SIDE_EFFECTS */
} edo_grpc_method;

/* How a method is called over HTTP and JSON, by the option google.api.http. All is static. */
typedef struct edo_grpc_binding {
    size_t method;    /* its index */
    const char *verb; /* "GET" */
    const char *path; /* "/v1/books/{name}:lend" */
    const char *body; /* the field of the message that the body is; "*": the body is the message;
                         NULL: there is none */
    const char *response_body; /* the field of the reply that the response is; NULL: all of it */
} edo_grpc_binding;

/* A service. All is static. */
typedef struct edo_grpc_service {
    const char *name; /* "hello.v1.Greeter" */
    const edo_grpc_method *methods;
    size_t methods_n;
    const edo_protobuf_file *file; /* its .proto; may be NULL: then servers do not show it */
    const edo_grpc_binding *bindings;
    size_t bindings_n;
} edo_grpc_service;

/* Make the `serve` of a method, of each kind; for headers that protoc-gen-edo has made. */
#define EDO_GRPC_METHOD_UNARY(service, method, in_type, out_type)                                  \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        return ((const service##_ops *)ops)->method(call, (out_type *)out, (const in_type *)in);   \
    }
#define EDO_GRPC_METHOD_SERVER_STREAM(service, method, in_type, out_type)                          \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)out;                                                                                 \
        return ((const service##_ops *)ops)->method(call, (const in_type *)in);                    \
    }
#define EDO_GRPC_METHOD_CLIENT_STREAM(service, method, in_type, out_type)                          \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)in;                                                                                  \
        return ((const service##_ops *)ops)->method(call, (out_type *)out);                        \
    }
#define EDO_GRPC_METHOD_BIDI(service, method, in_type, out_type)                                   \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)out, (void)in;                                                                       \
        return ((const service##_ops *)ops)->method(call);                                         \
    }

/* Headers of an older protoc-gen-edo have these: their tables are laid out otherwise. */
#define EDO_GRPC_SERVE_UNARY(service, method, in_type, out_type)                                   \
    EDOI_STATIC_ASSERT(0, "this header is of an older protoc-gen-edo: make it again");
#define EDO_GRPC_SERVE_SERVER_STREAM EDO_GRPC_SERVE_UNARY
#define EDO_GRPC_SERVE_CLIENT_STREAM EDO_GRPC_SERVE_UNARY
#define EDO_GRPC_SERVE_BIDI          EDO_GRPC_SERVE_UNARY

/** Adds the routes of a service: "POST /hello.v1.Greeter/Greet" and so on; headers made by
 * protoc-gen-edo have it with the types of their service, as hello_v1_greeter_routes().
 *
 * They are routes as all others: layers around them see each call as an edo_web, its metadata as
 * fields of the request, and can end it by edo_grpc_reject(). Another content type than
 * "application/grpc" and "application/grpc+…" ("+json": messages are JSON) is refused with 415,
 * but for those that an option adds; a method or service that is not there, or whose handler is
 * NULL, ends with UNIMPLEMENTED: so do all calls of gRPC for which `r` has no route.
 * Owns:    borrows `service`, `ops` and `arg` for the router's life; copies `opts` (may be NULL).
 * Errors:  kept for the call that takes the router: those of edo_router_add(); -EINVAL  a reserved
 *          field is not 0, or the header of `service` is of an older protoc-gen-edo
 * Threads: one at a time. */
EDO_API void edo_grpc_routes(edo_router *r, const edo_grpc_service *service, const void *ops,
                             void *arg, const edo_grpc_opts *opts);

/* Handles a call whose messages it reads and writes as bytes. */
typedef int edo_grpc_fn(edo_grpc_call *call);

/** Adds a route for calls whose messages are bytes: for proxies. `path` may have captures, so that
 * "/{service}/{method}" is all calls for which there is no nearer route.
 * Owns:    copies `path` and `opts` (may be NULL); borrows `arg` for the router's life.
 * Errors: kept, as edo_grpc_routes()   Threads: one at a time. */
EDO_API void edo_grpc_route(edo_router *r, const char *path, edo_grpc_fn *fn, void *arg,
                            const edo_grpc_opts *opts);

/** Adds the service grpc.health.v1.Health, by which balancers and orchestrators look after the
 * program: Check, Watch and List. "" is the program; each service of the router is as ready as it:
 * SERVING while the probe /readyz of edo/health.h would be 200. A watch is told at once what
 * edo_health_set_ready() says and edo_health_run() finds; it looks each second where `busy`, or
 * checks that run only when somebody asks, decide. It ends with NOT_SERVING and UNAVAILABLE when
 * the server drains.
 * Owns:    borrows `health` for the router's life.
 * Errors: kept, as edo_grpc_routes()   Threads: one at a time. */
EDO_API void edo_grpc_health_routes(edo_router *r, edo_health *health);

/** Adds the services grpc.reflection.v1.ServerReflection and v1alpha, by which tools such as
 * grpcurl learn the services that the router has, and the .proto files that they come from.
 * Errors: kept, as edo_grpc_routes()   Threads: one at a time. */
EDO_API void edo_grpc_reflection_routes(edo_router *r);

/** Ends a call in a layer, before it has come to its handler: makes the response, and returns 0,
 * for the layer to return.
 *
 *     static int check(edo_web *w, edo_next *next) {
 *         if (!is_good(edo_web_header(w, "authorization")))
 *             return edo_grpc_reject(w, EDO_GRPC_UNAUTHENTICATED, "who are you?");
 *         return edo_next_call(next, w);
 *     }
 *
 * The message (printf) is as that of edo_grpc_fail(). What other layers refuse, as 401 or 503,
 * clients of gRPC know, too: they take it for UNAUTHENTICATED or UNAVAILABLE. A request of Connect
 * gets Connect's JSON, and one that is none of gRPC a google.rpc.Status in JSON.
 * Owns: copies.   Errors: -EBUSY  the head was sent already;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_grpc_reject(edo_web *w, edo_grpc_status status, const char *format,
                                         ...) EDO_PRINTF(3, 4);

/* ---- Channels -------------------------------------------------------------------------------- */

/* A channel is where a client's calls go: connections to the endpoints of a target, which are made
 * when the first call needs one, and anew when they end.
 *
 *     edo_grpc_channel *ch;
 *     int err = edo_grpc_channel_new(&ch, EDO_STR("dns:///greeter.internal:50051"), NULL);
 *     …
 *     edo_arena arena = { 0 };
 *     hello_v1_reply reply;
 *     err = hello_v1_greeter_greet(ch, &reply, &me, &arena,
 *                                  &(edo_grpc_call_opts){ .timeout = edo_s(2) });
 *     if (err == 0) use(reply.text);             // lies in the arena
 *     edo_arena_deinit(&arena);
 *     edo_grpc_channel_unref(ch);
 *
 * By its method a call is one of these, of the header that protoc-gen-edo has made:
 *
 *     rpc Greet(Person) returns (Reply)
 *         greeter_greet(ch, &reply, &person, &arena, opts)
 *     rpc Count(Person) returns (stream Reply)
 *         greeter_count(ch, &call, &person, opts)
 *         greeter_count_recv(call, &reply)                  1, 0 the end, or why it has failed
 *     rpc Sum(stream Person) returns (Reply)
 *         greeter_sum(ch, &call, opts)
 *         greeter_sum_send(call, &person)
 *         greeter_sum_finish(call, &reply)
 *     rpc Chat(stream Person) returns (stream Reply)
 *         greeter_chat(ch, &call, opts)
 *         greeter_chat_client_send(call, &person)          edo_grpc_close_send(call) after the last
 *         greeter_chat_client_recv(call, &reply)
 *
 * and edo_grpc_call_free(call) at the end of each that has a `call`. Of one call a task may send
 * while another one receives.
 *
 * A request of one message that its server has not looked at, as the connection is about to end, is
 * sent once more, on another connection; so is one with a stream that may be tried again at all.
 * All else is tried again as `service_config` says: the task that receives, or waits for the
 * metadata, does so, and sends of another one wait meanwhile. A message that was sent goes with
 * each attempt.
 *
 * A call that ends with another status than OK returns edo_grpc_error_of() of that; the trail has
 * the path, the status and its message. So edo_grpc_status_of() of the code is the status again. */
typedef struct edo_grpc_channel edo_grpc_channel;

struct edo_http2_opts;
struct edo_stack;
struct edo_tls_client;

typedef enum edo_grpc_channel_state {
    EDO_GRPC_IDLE, /* no connection, and none is being made: before the first call, and after
                      `idle_timeout` without one */
    EDO_GRPC_CONNECTING,
    EDO_GRPC_READY,             /* there is one at least */
    EDO_GRPC_TRANSIENT_FAILURE, /* no endpoint can be reached; tried again after a pause */
    EDO_GRPC_SHUTDOWN,          /* edo_grpc_channel_close() was called */
} edo_grpc_channel_state;

/* Makes the stream of a connection to `address` in place of edo: for tests without a network, and
 * for networks that edo does not know. Names are not looked up before it. It is called in a task of
 * its own, and may await. Returns 0 with a stream in `*out`, which is the channel's from then on,
 * or why there is none. */
typedef int edo_grpc_connect_fn(void *arg, struct edo_stream **out, const char *address);

/* Is called with each call before its request is sent: it may add metadata, and await within the
 * time of the call, as for a token. Returns 0, or a code that ends the call: after edo_grpc_fail()
 * with what that was told. */
typedef int edo_grpc_intercept_fn(void *arg, edo_grpc_call *call);

typedef struct edo_grpc_interceptor {
    edo_grpc_intercept_fn *fn;
    void *arg;
    bool is_secret;       /* it adds credentials: over clear text calls end with UNAUTHENTICATED */
    bool dangerous_clear; /* of a secret: over clear text, too */
} edo_grpc_interceptor;

/* Options of a channel; all zero is the default. */
typedef struct edo_grpc_channel_opts {
    struct edo_tls_client *tls; /* its `alpn` has to be "h2"; NULL: clear text */
    const char *tls_name;   /* with `tls`, what its certificate is for; NULL: host of `authority` */
    const char *authority;  /* that servers are told, "host:port"; NULL: that of the target */
    const char *user_agent; /* NULL: "grpc-c-edo/" and its version */
    /* how a call picks an endpoint: EDO_BALANCE_P2C if not set. PICK_FIRST tries the addresses of a
     * name in a random order, and those of a list in its own */
    edo_balance_kind balance;
    edo_duration timeout;    /* of calls that have none of their own; 0 and negative: none */
    size_t recv_max;         /* bytes of a message of the server's: RESOURCE_EXHAUSTED beyond; 0:
                                   4 MiB; SIZE_MAX: no limit */
    size_t send_max;         /* bytes of a message to the server; 0: no limit */
    uint32_t send_codings;   /* EDO_CODING_GZIP, _DEFLATE, _ZSTD of edo/web_compress.h: messages are
                              compressed by the best of them that the build has, which the server
                              has to know. 0: none */
    uint32_t accept_codings; /* by which messages of the server may be compressed. 0: none */
    edo_duration idle_timeout;          /* a channel without calls for so long closes its
                                           connections, and is IDLE until the next one; 0: 30 min;
                                           negative: never */
    edo_duration connect_timeout;       /* of one connection; 0: 20 s */
    edo_duration pause_min, pause_max;  /* between two attempts, see edo/balance.h; 0: 1 s, 120 s */
    const struct edo_http2_opts *http2; /* windows, limits and PINGs (`ping_interval`) of its
                                           connections, and `tcp`, which has to stay; NULL: none */
    const edo_grpc_interceptor *interceptors; /* called one after the other */
    size_t interceptors_n;
    edo_str service_config;       /* JSON, as gRPC's service config: `timeout`, `waitForReady`,
                               `retryPolicy` and `hedgingPolicy` of `methodConfig`,
                               `retryThrottling`, `healthCheckConfig`, and of
                               `loadBalancingConfig`, in place of `balance`, the first that is
                               round_robin or pick_first; the rest is passed over.
                               No bytes: none. A request is tried again while its messages are at
                               most 256 KiB, those of all calls of the channel that wait for
                               metadata 16 MiB, and no metadata have come. Unary calls of at most
                               256 KiB are hedged: the first attempt that has metadata, or ends
                               with OK, is the call, and the others are cancelled; interceptors see
                               each. With a `serviceName` an endpoint is ready, and
                               gets calls, while its server's grpc.health.v1 says that this service
                               is SERVING, or there is none; not with PICK_FIRST */
    edo_grpc_connect_fn *connect; /* NULL: TCP, or Unix sockets */
    void *arg;                    /* of `connect` */
    edo_metrics *metrics; /* the registry that has the numbers of its calls, see above; shared;
                             NULL: nothing is counted */
    const struct edo_stack *layers; /* around each call, see edo/grpc_layers.h; NULL: none */
    bool no_context; /* x-request-id, traceparent and tracestate that are bound where a call is
                        made, as by the layers of edo/web_layers.h, do not go along */
    bool baggage;    /* the baggage that is bound where a call is made (edo/baggage.h) goes along:
                        a channel has one target, so this names who gets it */
    uint64_t reserved[5]; /* must be 0 */
} edo_grpc_channel_opts;

/** Makes a channel to a target:
 *
 *     dns:///greeter.internal:50051    all addresses of the name, looked up again every 30 s at
 *     greeter.internal:50051           least; an address in numbers will do, too
 *     ipv4:10.0.0.7:80,10.0.0.8:80     these; "ipv6:[::1]:80"; "static:" has names as well
 *     unix:/run/greeter.sock           a Unix socket; "unix-abstract:NAME"
 *
 * Nothing is connected before the first call, whose runtime has to last as long as the channel.
 * Owns:    copies `target` and `opts` (may be NULL), shares `tls`, borrows `arg` until the channel
 *          and its connections have ended; returns new in `*out`: edo_grpc_channel_unref().
 * Errors:  -EINVAL  no such target, or an option;  -ENOMEM;  a failure of `layers`
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_grpc_channel_new(edo_grpc_channel **out, edo_str target,
                                              const edo_grpc_channel_opts *opts);

/** Takes one more reference, and returns `ch`.
 * Owns: shares.   Threads: any, at once. */
EDO_API edo_grpc_channel *edo_grpc_channel_ref(edo_grpc_channel *ch);

/** Gives a reference back; each call has one, too. NULL is allowed.
 * Owns: takes the reference.   Threads: any, at once. */
EDO_API void edo_grpc_channel_unref(edo_grpc_channel *ch);

/** Closes the channel: calls that are under way go on, those that wait for a connection, and later
 * ones, end with UNAVAILABLE.
 * Threads: any, at once. */
EDO_API void edo_grpc_channel_close(edo_grpc_channel *ch);

/** Begins to connect, before there is a call.
 * Errors:  -EDO_ECLOSED  the channel was closed;  -ENOMEM; -EDO_ENORUNTIME
 * Threads: any that is in a runtime. */
EDO_MUST_USE EDO_API int edo_grpc_channel_connect(edo_grpc_channel *ch);

/** Returns the state of the channel.
 * Threads: any, at once. */
EDO_API edo_grpc_channel_state edo_grpc_channel_get_state(edo_grpc_channel *ch);

/** Waits until the state is another one than `seen`, and returns it; SHUTDOWN is the last one, and
 * is returned at once. One that lasts for a moment only may be missed.
 * Errors:  -ECANCELED; -ECONNABORTED  the runtime of the channel has ended
 * Cancel: safe.   Threads: any, at once.   Waits: for a change. */
EDO_MUST_USE EDO_API int edo_grpc_channel_wait_state(edo_grpc_channel *ch,
                                                     edo_grpc_channel_state seen);

/* ---- Calls of a client ----------------------------------------------------------------------- */

/* An entry of metadata: see edo_grpc_add_metadata(). */
typedef struct edo_grpc_entry {
    const char *key;
    edo_str value;
} edo_grpc_entry;

/* Options of a call; all zero is the default. */
typedef struct edo_grpc_call_opts {
    edo_duration timeout; /* DEADLINE_EXCEEDED after it; 0: the channel's; negative: none. A
                             deadline in force around the call, as a handler's, holds in any case,
                             and the server is told the earlier one */
    bool wait_for_ready;  /* wait for an endpoint that cannot be reached; else the call ends with
                             UNAVAILABLE as soon as a connect has failed */
    const edo_grpc_entry *metadata;
    size_t metadata_n;
    size_t recv_max;      /* 0: the channel's */
    bool no_compress;     /* as edo_grpc_compress(call, false) from the begin on */
    const char *codec;    /* how messages are written, behind "application/grpc+" of the content
                             type: "json": as JSON; another one, of small letters, digits, '.' and
                             '-': by the program, which sends and receives bytes; NULL: protobuf */
    edo_grpc_call **kept; /* of a unary call: it is left here, however it has ended, for its
                             metadata and the message of its status: edo_grpc_call_free(). NULL
                             after a call that could not be made, or in whose place a layer has
                             responded. NULL: it is not kept */
    uint64_t reserved[5]; /* must be 0 */
} edo_grpc_call_opts;

/** Makes a unary call: sends the struct at `in` to "/hello.v1.Greeter/Greet", and decodes the reply
 * into that at `out`. Returns 0. Made by protoc-gen-edo with the types of a method.
 * Owns:    borrows all until return; fills `out`, whose texts and lists lie in `arena`.
 * Errors:  edo_grpc_error_of() of the status; what ends a call here has one, too: UNAVAILABLE, no
 *          connection, or it has ended; DEADLINE_EXCEEDED; RESOURCE_EXHAUSTED, -ENOMEM or a limit;
 *          INTERNAL, what has come is not gRPC, and other failures of the protocol; UNIMPLEMENTED,
 *          there was not one reply
 *          -ECANCELED  also: this task was cancelled;  -EINVAL  also: an option
 *          as edo_protobuf_encode();  what layers of the channel return
 * Cancel:  ends the call, and tells the server.   Threads: in a task.
 * Waits:   for a connection and the reply. */
EDO_MUST_USE EDO_API int edo_grpc_unary(edo_grpc_channel *ch, const char *path, void *out,
                                        const edo_desc *out_desc, const void *in,
                                        const edo_desc *in_desc, edo_arena *arena,
                                        const edo_grpc_call_opts *opts);

/** Begins a call with a stream: edo_grpc_server_stream() of a method that takes one message, which
 * is sent; edo_grpc_stream() of one that takes a stream. Made by protoc-gen-edo with the types of a
 * method.
 * Owns:    borrow all until return; return new in `*out`: edo_grpc_call_free().
 * Errors:  as edo_grpc_unary(), of what happens before the server says something
 * Cancel:  safe: there is no call.   Threads: in a task.
 * Waits:   for a connection, and not for the server's metadata. */
EDO_MUST_USE EDO_API int edo_grpc_server_stream(edo_grpc_channel *ch, edo_grpc_call **out,
                                                const char *path, const void *in,
                                                const edo_desc *in_desc,
                                                const edo_grpc_call_opts *opts);
EDO_MUST_USE EDO_API int edo_grpc_stream(edo_grpc_channel *ch, edo_grpc_call **out,
                                         const char *path, const edo_grpc_call_opts *opts);

/** Says that no more messages are sent. Again: nothing happens.
 * Errors:  -ECANCELED; as edo_shutdown()
 * Threads: that of the sends. */
EDO_API int edo_grpc_close_send(edo_grpc_call *call);

/** Ends the sends, and waits for the one message that a method without a stream of replies has, and
 * for the status. Returns 0.
 * Owns:    fills `out`, whose texts and lists live until edo_grpc_call_free().
 * Errors:  as edo_grpc_unary()
 * Cancel: safe: it may be called again.   Threads: that of the sends.   Waits: for the end. */
EDO_MUST_USE EDO_API int edo_grpc_finish(edo_grpc_call *call, void *out, const edo_desc *desc);

/** Waits for the server's metadata, which edo_grpc_metadata() has from then on; edo_grpc_recv()
 * does so, too. Returns 0.
 * Errors:  as edo_grpc_unary()
 * Cancel: safe.   Threads: that of the receives.   Waits: for the metadata. */
EDO_MUST_USE EDO_API int edo_grpc_recv_metadata(edo_grpc_call *call);

/** Ends a call here: the server is told, and what waits ends with CANCELLED. A call that has ended
 * stays as it is.
 * Threads: any, at once, while the call is there. */
EDO_API void edo_grpc_cancel(edo_grpc_call *call);

/** Frees a call; one that is under way is cancelled. NULL is allowed.
 * Owns: takes `call`.   Threads: any, once, when no other task uses it. */
EDO_API void edo_grpc_call_free(edo_grpc_call *call);

/** Say how a call has ended: its status, and the message of that, no bytes if there is none. Before
 * its end, or if it was freed in the middle, the status is CANCELLED.
 * Owns:    the message lives as long as the call.   Threads: that of the receives. */
EDO_API edo_grpc_status edo_grpc_get_status(const edo_grpc_call *call);
EDO_API edo_str edo_grpc_get_message(const edo_grpc_call *call);

/** Returns a value of the metadata that came with the status, as edo_grpc_metadata_at().
 * Owns:    lives as long as the call.   Threads: that of the receives. */
EDO_API edo_str edo_grpc_trailer(edo_grpc_call *call, const char *key, size_t i);

/** Returns all of them, as edo_grpc_headers(); NULL before the end.
 * Owns:    borrowed until edo_grpc_call_free().   Threads: that of the receives. */
EDO_API const struct edo_headers *edo_grpc_trailers(const edo_grpc_call *call);

EDO_END_DECLS

#endif
