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
 * inside is told, the log has it.
 *
 * A call that its client takes back, or whose time is over, is cancelled: its awaits return
 * -ECANCELED. Messages wait for each other by the windows of HTTP/2: a send waits while the client
 * does not read, and the client's own sends stop while nobody receives. The server's limits of time
 * for bodies (`body_timeout`, `write_timeout`, `rate_min` of edo_http_server_opts) do not count for
 * calls with a stream: both sides may be silent for as long as the deadline allows.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_GRPC_H
#define EDO_GRPC_H

#include <edo/protobuf.h>
#include <edo/time.h>

#include <stddef.h>

EDO_BEGIN_DECLS

/* Of edo/web.h and edo/http_server.h, which a program that serves includes beside this: one that
 * uses no more than the messages of a .proto needs no library but libedo. */
typedef struct edo_router edo_router;
typedef struct edo_web edo_web;
typedef struct edo_request edo_request;

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
 *     DATA_LOSS        -EBADMSG                          -ECONNRESET, -ENETUNREACH,
 *     UNAUTHENTICATED  -EKEYREJECTED                     -EHOSTUNREACH, -EDO_EOVERLOADED
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
 * becomes UNKNOWN.
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
 *          the code of a failure that edo_grpc_fail() was told: of a message longer than `send_max`
 *          -ECANCELED, -ECONNRESET  the client has gone;  as edo_response_stream()
 * Cancel: not safe: a part of a message may be sent.   Waits: while the client does not read. */
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
    edo_duration timeout;    /* of a call, if the client allows no less; 0 and negative: none */
    uint32_t send_codings;   /* EDO_CODING_GZIP, _DEFLATE, _ZSTD of edo/web_compress.h, by which
                                messages are compressed for clients that take one of them; what the
                                build lacks is left out. 0: none */
    uint32_t accept_codings; /* likewise, of messages of the client's; another coding ends the call
                                with UNIMPLEMENTED. 0: none */
    uint64_t reserved[7];    /* must be 0 */
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
} edo_grpc_method;

/* A service. All is static. */
typedef struct edo_grpc_service {
    const char *name; /* "hello.v1.Greeter" */
    const edo_grpc_method *methods;
    size_t methods_n;
    const unsigned char *files; /* its .proto and what that imports, as a FileDescriptorSet */
    size_t files_n;
} edo_grpc_service;

/* Make the `serve` of a method, of each kind; for headers that protoc-gen-edo has made. */
#define EDO_GRPC_SERVE_UNARY(service, method, in_type, out_type)                                   \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        return ((const service##_ops *)ops)->method(call, (out_type *)out, (const in_type *)in);   \
    }
#define EDO_GRPC_SERVE_SERVER_STREAM(service, method, in_type, out_type)                           \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)out;                                                                                 \
        return ((const service##_ops *)ops)->method(call, (const in_type *)in);                    \
    }
#define EDO_GRPC_SERVE_CLIENT_STREAM(service, method, in_type, out_type)                           \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)in;                                                                                  \
        return ((const service##_ops *)ops)->method(call, (out_type *)out);                        \
    }
#define EDO_GRPC_SERVE_BIDI(service, method, in_type, out_type)                                    \
    static inline int service##_##method##_serve(const void *ops, edo_grpc_call *call, void *out,  \
                                                 const void *in) {                                 \
        (void)out, (void)in;                                                                       \
        return ((const service##_ops *)ops)->method(call);                                         \
    }

/** Adds the routes of a service: "POST /hello.v1.Greeter/Greet" and so on; headers made by
 * protoc-gen-edo have it with the types of their service, as hello_v1_greeter_routes().
 *
 * They are routes as all others: layers around them see each call as an edo_web, its metadata as
 * fields of the request, and can end it by edo_grpc_reject(). Another content type than
 * "application/grpc" and "application/grpc+…" ("+json": messages are JSON) is refused with 415; a
 * method or service that is not there, or whose handler is NULL, ends with UNIMPLEMENTED: so do
 * all calls of gRPC for which `r` has no route.
 * Owns:    borrows `service`, `ops` and `arg` for the router's life; copies `opts` (may be NULL).
 * Errors:  kept for the call that takes the router: those of edo_router_add(); -EINVAL  a reserved
 *          field is not 0
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
 * clients of gRPC know, too: they take it for UNAUTHENTICATED or UNAVAILABLE.
 * Owns: copies.   Errors: -EBUSY  the head was sent already;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_grpc_reject(edo_web *w, edo_grpc_status status, const char *format,
                                         ...) EDO_PRINTF(3, 4);

EDO_END_DECLS

#endif
