/* SPDX-License-Identifier: MIT */
/* edo/grpc_layers.h: layers around a channel of gRPC (`layers` of edo_grpc_channel_opts): those of
 * edo/service.h, as around a client of HTTP. In libedo-grpc.
 *
 *     edo_stack_push(&layers, edo_breaker_layer(b));   // `outcome` of it: edo_grpc_outcome
 *     int err = edo_grpc_channel_new(&ch, EDO_STR("dns:///store.internal:50051"),
 *                                    &(edo_grpc_channel_opts){ .layers = &layers });
 *
 * A unary call is within the layers from its begin to its status; one with a stream until it has a
 * connection and its request was sent: its messages pass no layer, and none learns its status. The
 * `timeout` of a call and of the channel is around all layers. Each attempt is a call to the
 * channel's metrics.
 *
 * Retries are better left to `service_config`, which knows the statuses and what the server asks
 * for; a retry layer needs a `decide` of its own: to the default NOT_FOUND is a failure, too.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_GRPC_LAYERS_H
#define EDO_GRPC_LAYERS_H

#include <edo/grpc.h>
#include <edo/http_server.h>
#include <edo/layers.h>
#include <edo/outcome.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

/* A call, as layers see it: the request of their service, whose kind is "edo_grpc_client_request".
 * A layer may pass a changed copy on, as with more metadata in other `opts`. */
typedef struct edo_grpc_client_request {
    edo_grpc_channel *channel;
    edo_str path;                   /* "/hello.v1.Greeter/Greet" */
    const edo_grpc_call_opts *opts; /* not NULL; its `kept` and `timeout` are not looked at */
    edo_instant deadline;           /* EDO_FOREVER_NS: none */
    edo_str message;                /* the only one, as it is sent; NULL as its pointer: a stream */
    bool streams_out;               /* the server sends any number of replies */
    edo_str key; /* of a unary call: path and message; calls with equal ones are equal. NULL as its
                    pointer: the call has a stream, metadata of its own or a codec */
    void *edoi_asked; /* edo's */
} edo_grpc_client_request;

/* What a call has come to: the response of their service, after 0. A layer that responds by itself
 * sets `message` alone, of a unary call. */
typedef struct edo_grpc_client_response {
    edo_grpc_call *call; /* owned; NULL: a layer has responded */
    edo_str message;     /* of a unary call: the reply, as it has come */
    void *held;          /* a reference to memory of edo_rc_new() in which `message` lies, or NULL:
                            it is of `call`, or lives as long as the channel */
} edo_grpc_client_response;

/** An edo_outcome_fn for layers of a channel, such as a circuit breaker: UNKNOWN,
 * DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, INTERNAL, UNAVAILABLE and DATA_LOSS are failures. So are
 * codes that stand for them. What edo_outcome_of() ignores is ignored, INVALID_ARGUMENT too; any
 * other status is a success: the server works. */
EDO_API edo_call_outcome edo_grpc_outcome(void *arg, const void *request, const void *response,
                                          int result);

/** An edo_call_fields_fn for edo_call_log_layer() around a channel: service, method and status. */
EDO_API size_t edo_grpc_call_fields(void *arg, const void *request, const void *response,
                                    int result, struct edo_kv *to, size_t most);

/** `is_failure` of edo_trace_layer_with() around routes of gRPC: is the status of the call a fault
 * of the server, as error_type of edo/grpc.h says? What is none of gRPC is one from 500 on. In
 * gRPC-Web and Connect the status of a call with streams is in the body, and not looked at. */
EDO_API bool edo_grpc_trace_failure(void *arg, const edo_request *req, edo_response *res);

/** Frees what a response has: `discard` of edo_hedge_opts, whose `response_bytes` is
 * sizeof(edo_grpc_client_response), and `reset` of edo_fallback_opts.
 * Owns:    takes what `response` points to, and makes it all zero. */
EDO_API void edo_grpc_discard(void *ctx, void *response);

/** For edo_coalesce_layer() around a channel, its `share` and `fill`, and `bytes_of` of the cache:
 * equal unary calls are one, or are kept. Its `key` is the program's, as only that knows which
 * methods nobody minds to be asked once for many, and that no interceptor adds credentials of one
 * user:
 *
 *     static edo_str key(void *arg, const void *request) {
 *         const edo_grpc_client_request *r = request;
 *         bool is_shared = edo_str_equal(r->path, EDO_STR("/store.v1.Store/Get"));
 *         return is_shared ? r->key : (edo_str){ NULL, 0 };
 *     }
 *
 * Callers of a shared call, but its first one, have no `kept`.
 * Owns:    as edo_coalesce_opts says.
 * Errors:  -ENOMEM */
EDO_MUST_USE EDO_API int edo_grpc_coalesce_share(void *arg, void **shared, const void *request,
                                                 void *response);
EDO_MUST_USE EDO_API int edo_grpc_coalesce_fill(void *arg, void *response, const void *shared);
EDO_API size_t edo_grpc_coalesce_bytes(const void *value);

EDO_END_DECLS

#endif
