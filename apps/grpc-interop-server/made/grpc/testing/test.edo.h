/* Made by protoc-gen-edo from grpc/testing/test.proto: changes will be lost. */
#ifndef GRPC_TESTING_TEST_EDO_H
#define GRPC_TESTING_TEST_EDO_H

#include <edo/grpc.h>

#include "grpc/testing/empty.edo.h"
#include "grpc/testing/messages.edo.h"

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_grpc_testing_test) = {
    10, 227, 14, 10, 23, 103, 114, 112, 99, 47, 116, 101, 115, 116, 105, 110, 103, 47, 116, 101,
    115, 116, 46, 112, 114, 111, 116, 111, 18, 12, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105,
    110, 103, 26, 24, 103, 114, 112, 99, 47, 116, 101, 115, 116, 105, 110, 103, 47, 101, 109, 112,
    116, 121, 46, 112, 114, 111, 116, 111, 26, 27, 103, 114, 112, 99, 47, 116, 101, 115, 116, 105,
    110, 103, 47, 109, 101, 115, 115, 97, 103, 101, 115, 46, 112, 114, 111, 116, 111, 50, 203, 5,
    10, 11, 84, 101, 115, 116, 83, 101, 114, 118, 105, 99, 101, 18, 53, 10, 9, 69, 109, 112,
    116, 121, 67, 97, 108, 108, 18, 19, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110,
    103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105,
    110, 103, 46, 69, 109, 112, 116, 121, 18, 70, 10, 9, 85, 110, 97, 114, 121, 67, 97, 108,
    108, 18, 27, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 105, 109,
    112, 108, 101, 82, 101, 113, 117, 101, 115, 116, 26, 28, 46, 103, 114, 112, 99, 46, 116, 101,
    115, 116, 105, 110, 103, 46, 83, 105, 109, 112, 108, 101, 82, 101, 115, 112, 111, 110, 115, 101,
    18, 79, 10, 18, 67, 97, 99, 104, 101, 97, 98, 108, 101, 85, 110, 97, 114, 121, 67, 97,
    108, 108, 18, 27, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 105,
    109, 112, 108, 101, 82, 101, 113, 117, 101, 115, 116, 26, 28, 46, 103, 114, 112, 99, 46, 116,
    101, 115, 116, 105, 110, 103, 46, 83, 105, 109, 112, 108, 101, 82, 101, 115, 112, 111, 110, 115,
    101, 18, 108, 10, 19, 83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116,
    67, 97, 108, 108, 18, 40, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46,
    83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116, 67, 97, 108, 108, 82,
    101, 113, 117, 101, 115, 116, 26, 41, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110,
    103, 46, 83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116, 67, 97, 108,
    108, 82, 101, 115, 112, 111, 110, 115, 101, 48, 1, 18, 105, 10, 18, 83, 116, 114, 101, 97,
    109, 105, 110, 103, 73, 110, 112, 117, 116, 67, 97, 108, 108, 18, 39, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 116, 114, 101, 97, 109, 105, 110, 103, 73, 110,
    112, 117, 116, 67, 97, 108, 108, 82, 101, 113, 117, 101, 115, 116, 26, 40, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 116, 114, 101, 97, 109, 105, 110, 103, 73,
    110, 112, 117, 116, 67, 97, 108, 108, 82, 101, 115, 112, 111, 110, 115, 101, 40, 1, 18, 105,
    10, 14, 70, 117, 108, 108, 68, 117, 112, 108, 101, 120, 67, 97, 108, 108, 18, 40, 46, 103,
    114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 116, 114, 101, 97, 109, 105, 110,
    103, 79, 117, 116, 112, 117, 116, 67, 97, 108, 108, 82, 101, 113, 117, 101, 115, 116, 26, 41,
    46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83, 116, 114, 101, 97, 109,
    105, 110, 103, 79, 117, 116, 112, 117, 116, 67, 97, 108, 108, 82, 101, 115, 112, 111, 110, 115,
    101, 40, 1, 48, 1, 18, 105, 10, 14, 72, 97, 108, 102, 68, 117, 112, 108, 101, 120, 67,
    97, 108, 108, 18, 40, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 83,
    116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116, 67, 97, 108, 108, 82, 101,
    113, 117, 101, 115, 116, 26, 41, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116, 67, 97, 108, 108,
    82, 101, 115, 112, 111, 110, 115, 101, 40, 1, 48, 1, 18, 61, 10, 17, 85, 110, 105, 109,
    112, 108, 101, 109, 101, 110, 116, 101, 100, 67, 97, 108, 108, 18, 19, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 50, 85, 10, 20, 85,
    110, 105, 109, 112, 108, 101, 109, 101, 110, 116, 101, 100, 83, 101, 114, 118, 105, 99, 101, 18,
    61, 10, 17, 85, 110, 105, 109, 112, 108, 101, 109, 101, 110, 116, 101, 100, 67, 97, 108, 108,
    18, 19, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116,
    121, 26, 19, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112,
    116, 121, 50, 137, 1, 10, 16, 82, 101, 99, 111, 110, 110, 101, 99, 116, 83, 101, 114, 118,
    105, 99, 101, 18, 59, 10, 5, 83, 116, 97, 114, 116, 18, 29, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 82, 101, 99, 111, 110, 110, 101, 99, 116, 80, 97, 114,
    97, 109, 115, 26, 19, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69,
    109, 112, 116, 121, 18, 56, 10, 4, 83, 116, 111, 112, 18, 19, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 27, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 82, 101, 99, 111, 110, 110, 101, 99, 116, 73, 110,
    102, 111, 50, 134, 2, 10, 24, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83,
    116, 97, 116, 115, 83, 101, 114, 118, 105, 99, 101, 18, 99, 10, 14, 71, 101, 116, 67, 108,
    105, 101, 110, 116, 83, 116, 97, 116, 115, 18, 38, 46, 103, 114, 112, 99, 46, 116, 101, 115,
    116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97,
    116, 115, 82, 101, 113, 117, 101, 115, 116, 26, 39, 46, 103, 114, 112, 99, 46, 116, 101, 115,
    116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97,
    116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 34, 0, 18, 132, 1, 10, 25, 71, 101, 116,
    67, 108, 105, 101, 110, 116, 65, 99, 99, 117, 109, 117, 108, 97, 116, 101, 100, 83, 116, 97,
    116, 115, 18, 49, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111,
    97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108, 97, 116, 101,
    100, 83, 116, 97, 116, 115, 82, 101, 113, 117, 101, 115, 116, 26, 50, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101,
    114, 65, 99, 99, 117, 109, 117, 108, 97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115,
    112, 111, 110, 115, 101, 34, 0, 50, 204, 1, 10, 11, 72, 111, 111, 107, 83, 101, 114, 118,
    105, 99, 101, 18, 48, 10, 4, 72, 111, 111, 107, 18, 19, 46, 103, 114, 112, 99, 46, 116,
    101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 18, 76, 10, 15, 83, 101, 116,
    82, 101, 116, 117, 114, 110, 83, 116, 97, 116, 117, 115, 18, 36, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 83, 101, 116, 82, 101, 116, 117, 114, 110, 83, 116, 97,
    116, 117, 115, 82, 101, 113, 117, 101, 115, 116, 26, 19, 46, 103, 114, 112, 99, 46, 116, 101,
    115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 18, 61, 10, 17, 67, 108, 101, 97, 114,
    82, 101, 116, 117, 114, 110, 83, 116, 97, 116, 117, 115, 18, 19, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 50, 213, 1, 10, 22, 88,
    100, 115, 85, 112, 100, 97, 116, 101, 72, 101, 97, 108, 116, 104, 83, 101, 114, 118, 105, 99,
    101, 18, 54, 10, 10, 83, 101, 116, 83, 101, 114, 118, 105, 110, 103, 18, 19, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103,
    114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 18, 57, 10,
    13, 83, 101, 116, 78, 111, 116, 83, 101, 114, 118, 105, 110, 103, 18, 19, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 26, 19, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 69, 109, 112, 116, 121, 18, 72, 10, 15,
    83, 101, 110, 100, 72, 111, 111, 107, 82, 101, 113, 117, 101, 115, 116, 18, 25, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 72, 111, 111, 107, 82, 101, 113, 117, 101,
    115, 116, 26, 26, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 72, 111,
    111, 107, 82, 101, 115, 112, 111, 110, 115, 101, 50, 123, 10, 31, 88, 100, 115, 85, 112, 100,
    97, 116, 101, 67, 108, 105, 101, 110, 116, 67, 111, 110, 102, 105, 103, 117, 114, 101, 83, 101,
    114, 118, 105, 99, 101, 18, 88, 10, 9, 67, 111, 110, 102, 105, 103, 117, 114, 101, 18, 36,
    46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 67, 108, 105, 101, 110, 116,
    67, 111, 110, 102, 105, 103, 117, 114, 101, 82, 101, 113, 117, 101, 115, 116, 26, 37, 46, 103,
    114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 67, 108, 105, 101, 110, 116, 67, 111,
    110, 102, 105, 103, 117, 114, 101, 82, 101, 115, 112, 111, 110, 115, 101, 66, 29, 10, 27, 105,
    111, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 105, 110, 116, 101, 103,
    114, 97, 116, 105, 111, 110, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_grpc_testing_test, &edo_FILE_grpc_testing_empty, &edo_FILE_grpc_testing_messages, NULL)

/* grpc.testing.TestService */
typedef struct grpc_testing_test_service_ops {
    int (*empty_call)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
    int (*unary_call)(edo_grpc_call *call, grpc_testing_simple_response *out, const grpc_testing_simple_request *in);
    int (*cacheable_unary_call)(edo_grpc_call *call, grpc_testing_simple_response *out, const grpc_testing_simple_request *in);
    int (*streaming_output_call)(edo_grpc_call *call, const grpc_testing_streaming_output_call_request *in);
    int (*streaming_input_call)(edo_grpc_call *call, grpc_testing_streaming_input_call_response *out);
    int (*full_duplex_call)(edo_grpc_call *call);
    int (*half_duplex_call)(edo_grpc_call *call);
    int (*unimplemented_call)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
} grpc_testing_test_service_ops;

static inline int grpc_testing_test_service_streaming_output_call_send(edo_grpc_call *call,
    const grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_streaming_input_call_recv(edo_grpc_call *call,
    grpc_testing_streaming_input_call_request *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_input_call_request_desc);
}

static inline int grpc_testing_test_service_full_duplex_call_send(edo_grpc_call *call,
    const grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_full_duplex_call_recv(edo_grpc_call *call,
    grpc_testing_streaming_output_call_request *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_output_call_request_desc);
}

static inline int grpc_testing_test_service_half_duplex_call_send(edo_grpc_call *call,
    const grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_half_duplex_call_recv(edo_grpc_call *call,
    grpc_testing_streaming_output_call_request *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_output_call_request_desc);
}

EDO_GRPC_METHOD_UNARY(grpc_testing_test_service, empty_call, grpc_testing_empty, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_test_service, unary_call, grpc_testing_simple_request, grpc_testing_simple_response)
EDO_GRPC_METHOD_UNARY(grpc_testing_test_service, cacheable_unary_call, grpc_testing_simple_request, grpc_testing_simple_response)
EDO_GRPC_METHOD_SERVER_STREAM(grpc_testing_test_service, streaming_output_call, grpc_testing_streaming_output_call_request, grpc_testing_streaming_output_call_response)
EDO_GRPC_METHOD_CLIENT_STREAM(grpc_testing_test_service, streaming_input_call, grpc_testing_streaming_input_call_request, grpc_testing_streaming_input_call_response)
EDO_GRPC_METHOD_BIDI(grpc_testing_test_service, full_duplex_call, grpc_testing_streaming_output_call_request, grpc_testing_streaming_output_call_response)
EDO_GRPC_METHOD_BIDI(grpc_testing_test_service, half_duplex_call, grpc_testing_streaming_output_call_request, grpc_testing_streaming_output_call_response)
EDO_GRPC_METHOD_UNARY(grpc_testing_test_service, unimplemented_call, grpc_testing_empty, grpc_testing_empty)
static const edo_grpc_method grpc_testing_test_service_methods[] = {
    { "EmptyCall", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_test_service_empty_call_serve,
      offsetof(grpc_testing_test_service_ops, empty_call), false, false, false },
    { "UnaryCall", &grpc_testing_simple_request_desc, &grpc_testing_simple_response_desc, grpc_testing_test_service_unary_call_serve,
      offsetof(grpc_testing_test_service_ops, unary_call), false, false, false },
    { "CacheableUnaryCall", &grpc_testing_simple_request_desc, &grpc_testing_simple_response_desc, grpc_testing_test_service_cacheable_unary_call_serve,
      offsetof(grpc_testing_test_service_ops, cacheable_unary_call), false, false, false },
    { "StreamingOutputCall", &grpc_testing_streaming_output_call_request_desc, &grpc_testing_streaming_output_call_response_desc, grpc_testing_test_service_streaming_output_call_serve,
      offsetof(grpc_testing_test_service_ops, streaming_output_call), false, true, false },
    { "StreamingInputCall", &grpc_testing_streaming_input_call_request_desc, &grpc_testing_streaming_input_call_response_desc, grpc_testing_test_service_streaming_input_call_serve,
      offsetof(grpc_testing_test_service_ops, streaming_input_call), true, false, false },
    { "FullDuplexCall", &grpc_testing_streaming_output_call_request_desc, &grpc_testing_streaming_output_call_response_desc, grpc_testing_test_service_full_duplex_call_serve,
      offsetof(grpc_testing_test_service_ops, full_duplex_call), true, true, false },
    { "HalfDuplexCall", &grpc_testing_streaming_output_call_request_desc, &grpc_testing_streaming_output_call_response_desc, grpc_testing_test_service_half_duplex_call_serve,
      offsetof(grpc_testing_test_service_ops, half_duplex_call), true, true, false },
    { "UnimplementedCall", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_test_service_unimplemented_call_serve,
      offsetof(grpc_testing_test_service_ops, unimplemented_call), false, false, false },
};
static const edo_grpc_service grpc_testing_test_service_service = {
    "grpc.testing.TestService", grpc_testing_test_service_methods, 8, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_test_service_routes(edo_router *r,
    const grpc_testing_test_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_test_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.TestService: see edo_grpc_channel. */

static inline int grpc_testing_test_service_empty_call(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.TestService/EmptyCall",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

static inline int grpc_testing_test_service_unary_call(edo_grpc_channel *ch,
    grpc_testing_simple_response *out,
    const grpc_testing_simple_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.TestService/UnaryCall",
        out, &grpc_testing_simple_response_desc,
        in, &grpc_testing_simple_request_desc, arena, opts);
}

static inline int grpc_testing_test_service_cacheable_unary_call(edo_grpc_channel *ch,
    grpc_testing_simple_response *out,
    const grpc_testing_simple_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.TestService/CacheableUnaryCall",
        out, &grpc_testing_simple_response_desc,
        in, &grpc_testing_simple_request_desc, arena, opts);
}

static inline int grpc_testing_test_service_streaming_output_call(edo_grpc_channel *ch,
    edo_grpc_call **call, const grpc_testing_streaming_output_call_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/grpc.testing.TestService/StreamingOutputCall",
        in, &grpc_testing_streaming_output_call_request_desc, opts);
}

static inline int grpc_testing_test_service_streaming_output_call_recv(edo_grpc_call *call,
    grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_streaming_input_call(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/grpc.testing.TestService/StreamingInputCall", opts);
}

static inline int grpc_testing_test_service_streaming_input_call_send(edo_grpc_call *call,
    const grpc_testing_streaming_input_call_request *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_input_call_request_desc);
}

static inline int grpc_testing_test_service_streaming_input_call_finish(edo_grpc_call *call,
    grpc_testing_streaming_input_call_response *message) {
    return edo_grpc_finish(call, message, &grpc_testing_streaming_input_call_response_desc);
}

static inline int grpc_testing_test_service_full_duplex_call(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/grpc.testing.TestService/FullDuplexCall", opts);
}

static inline int grpc_testing_test_service_full_duplex_call_client_send(edo_grpc_call *call,
    const grpc_testing_streaming_output_call_request *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_output_call_request_desc);
}

static inline int grpc_testing_test_service_full_duplex_call_client_recv(edo_grpc_call *call,
    grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_half_duplex_call(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/grpc.testing.TestService/HalfDuplexCall", opts);
}

static inline int grpc_testing_test_service_half_duplex_call_client_send(edo_grpc_call *call,
    const grpc_testing_streaming_output_call_request *message) {
    return edo_grpc_send(call, message, &grpc_testing_streaming_output_call_request_desc);
}

static inline int grpc_testing_test_service_half_duplex_call_client_recv(edo_grpc_call *call,
    grpc_testing_streaming_output_call_response *message) {
    return edo_grpc_recv(call, message, &grpc_testing_streaming_output_call_response_desc);
}

static inline int grpc_testing_test_service_unimplemented_call(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.TestService/UnimplementedCall",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

/* grpc.testing.UnimplementedService */
typedef struct grpc_testing_unimplemented_service_ops {
    int (*unimplemented_call)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
} grpc_testing_unimplemented_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_unimplemented_service, unimplemented_call, grpc_testing_empty, grpc_testing_empty)
static const edo_grpc_method grpc_testing_unimplemented_service_methods[] = {
    { "UnimplementedCall", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_unimplemented_service_unimplemented_call_serve,
      offsetof(grpc_testing_unimplemented_service_ops, unimplemented_call), false, false, false },
};
static const edo_grpc_service grpc_testing_unimplemented_service_service = {
    "grpc.testing.UnimplementedService", grpc_testing_unimplemented_service_methods, 1, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_unimplemented_service_routes(edo_router *r,
    const grpc_testing_unimplemented_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_unimplemented_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.UnimplementedService: see edo_grpc_channel. */

static inline int grpc_testing_unimplemented_service_unimplemented_call(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.UnimplementedService/UnimplementedCall",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

/* grpc.testing.ReconnectService */
typedef struct grpc_testing_reconnect_service_ops {
    int (*start)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_reconnect_params *in);
    int (*stop)(edo_grpc_call *call, grpc_testing_reconnect_info *out, const grpc_testing_empty *in);
} grpc_testing_reconnect_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_reconnect_service, start, grpc_testing_reconnect_params, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_reconnect_service, stop, grpc_testing_empty, grpc_testing_reconnect_info)
static const edo_grpc_method grpc_testing_reconnect_service_methods[] = {
    { "Start", &grpc_testing_reconnect_params_desc, &grpc_testing_empty_desc, grpc_testing_reconnect_service_start_serve,
      offsetof(grpc_testing_reconnect_service_ops, start), false, false, false },
    { "Stop", &grpc_testing_empty_desc, &grpc_testing_reconnect_info_desc, grpc_testing_reconnect_service_stop_serve,
      offsetof(grpc_testing_reconnect_service_ops, stop), false, false, false },
};
static const edo_grpc_service grpc_testing_reconnect_service_service = {
    "grpc.testing.ReconnectService", grpc_testing_reconnect_service_methods, 2, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_reconnect_service_routes(edo_router *r,
    const grpc_testing_reconnect_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_reconnect_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.ReconnectService: see edo_grpc_channel. */

static inline int grpc_testing_reconnect_service_start(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_reconnect_params *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.ReconnectService/Start",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_reconnect_params_desc, arena, opts);
}

static inline int grpc_testing_reconnect_service_stop(edo_grpc_channel *ch,
    grpc_testing_reconnect_info *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.ReconnectService/Stop",
        out, &grpc_testing_reconnect_info_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

/* grpc.testing.LoadBalancerStatsService */
typedef struct grpc_testing_load_balancer_stats_service_ops {
    int (*get_client_stats)(edo_grpc_call *call, grpc_testing_load_balancer_stats_response *out, const grpc_testing_load_balancer_stats_request *in);
    int (*get_client_accumulated_stats)(edo_grpc_call *call, grpc_testing_load_balancer_accumulated_stats_response *out, const grpc_testing_load_balancer_accumulated_stats_request *in);
} grpc_testing_load_balancer_stats_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_load_balancer_stats_service, get_client_stats, grpc_testing_load_balancer_stats_request, grpc_testing_load_balancer_stats_response)
EDO_GRPC_METHOD_UNARY(grpc_testing_load_balancer_stats_service, get_client_accumulated_stats, grpc_testing_load_balancer_accumulated_stats_request, grpc_testing_load_balancer_accumulated_stats_response)
static const edo_grpc_method grpc_testing_load_balancer_stats_service_methods[] = {
    { "GetClientStats", &grpc_testing_load_balancer_stats_request_desc, &grpc_testing_load_balancer_stats_response_desc, grpc_testing_load_balancer_stats_service_get_client_stats_serve,
      offsetof(grpc_testing_load_balancer_stats_service_ops, get_client_stats), false, false, false },
    { "GetClientAccumulatedStats", &grpc_testing_load_balancer_accumulated_stats_request_desc, &grpc_testing_load_balancer_accumulated_stats_response_desc, grpc_testing_load_balancer_stats_service_get_client_accumulated_stats_serve,
      offsetof(grpc_testing_load_balancer_stats_service_ops, get_client_accumulated_stats), false, false, false },
};
static const edo_grpc_service grpc_testing_load_balancer_stats_service_service = {
    "grpc.testing.LoadBalancerStatsService", grpc_testing_load_balancer_stats_service_methods, 2, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_load_balancer_stats_service_routes(edo_router *r,
    const grpc_testing_load_balancer_stats_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_load_balancer_stats_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.LoadBalancerStatsService: see edo_grpc_channel. */

static inline int grpc_testing_load_balancer_stats_service_get_client_stats(edo_grpc_channel *ch,
    grpc_testing_load_balancer_stats_response *out,
    const grpc_testing_load_balancer_stats_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.LoadBalancerStatsService/GetClientStats",
        out, &grpc_testing_load_balancer_stats_response_desc,
        in, &grpc_testing_load_balancer_stats_request_desc, arena, opts);
}

static inline int grpc_testing_load_balancer_stats_service_get_client_accumulated_stats(edo_grpc_channel *ch,
    grpc_testing_load_balancer_accumulated_stats_response *out,
    const grpc_testing_load_balancer_accumulated_stats_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.LoadBalancerStatsService/GetClientAccumulatedStats",
        out, &grpc_testing_load_balancer_accumulated_stats_response_desc,
        in, &grpc_testing_load_balancer_accumulated_stats_request_desc, arena, opts);
}

/* grpc.testing.HookService */
typedef struct grpc_testing_hook_service_ops {
    int (*hook)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
    int (*set_return_status)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_set_return_status_request *in);
    int (*clear_return_status)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
} grpc_testing_hook_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_hook_service, hook, grpc_testing_empty, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_hook_service, set_return_status, grpc_testing_set_return_status_request, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_hook_service, clear_return_status, grpc_testing_empty, grpc_testing_empty)
static const edo_grpc_method grpc_testing_hook_service_methods[] = {
    { "Hook", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_hook_service_hook_serve,
      offsetof(grpc_testing_hook_service_ops, hook), false, false, false },
    { "SetReturnStatus", &grpc_testing_set_return_status_request_desc, &grpc_testing_empty_desc, grpc_testing_hook_service_set_return_status_serve,
      offsetof(grpc_testing_hook_service_ops, set_return_status), false, false, false },
    { "ClearReturnStatus", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_hook_service_clear_return_status_serve,
      offsetof(grpc_testing_hook_service_ops, clear_return_status), false, false, false },
};
static const edo_grpc_service grpc_testing_hook_service_service = {
    "grpc.testing.HookService", grpc_testing_hook_service_methods, 3, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_hook_service_routes(edo_router *r,
    const grpc_testing_hook_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_hook_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.HookService: see edo_grpc_channel. */

static inline int grpc_testing_hook_service_hook(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.HookService/Hook",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

static inline int grpc_testing_hook_service_set_return_status(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_set_return_status_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.HookService/SetReturnStatus",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_set_return_status_request_desc, arena, opts);
}

static inline int grpc_testing_hook_service_clear_return_status(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.HookService/ClearReturnStatus",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

/* grpc.testing.XdsUpdateHealthService */
typedef struct grpc_testing_xds_update_health_service_ops {
    int (*set_serving)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
    int (*set_not_serving)(edo_grpc_call *call, grpc_testing_empty *out, const grpc_testing_empty *in);
    int (*send_hook_request)(edo_grpc_call *call, grpc_testing_hook_response *out, const grpc_testing_hook_request *in);
} grpc_testing_xds_update_health_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_xds_update_health_service, set_serving, grpc_testing_empty, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_xds_update_health_service, set_not_serving, grpc_testing_empty, grpc_testing_empty)
EDO_GRPC_METHOD_UNARY(grpc_testing_xds_update_health_service, send_hook_request, grpc_testing_hook_request, grpc_testing_hook_response)
static const edo_grpc_method grpc_testing_xds_update_health_service_methods[] = {
    { "SetServing", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_xds_update_health_service_set_serving_serve,
      offsetof(grpc_testing_xds_update_health_service_ops, set_serving), false, false, false },
    { "SetNotServing", &grpc_testing_empty_desc, &grpc_testing_empty_desc, grpc_testing_xds_update_health_service_set_not_serving_serve,
      offsetof(grpc_testing_xds_update_health_service_ops, set_not_serving), false, false, false },
    { "SendHookRequest", &grpc_testing_hook_request_desc, &grpc_testing_hook_response_desc, grpc_testing_xds_update_health_service_send_hook_request_serve,
      offsetof(grpc_testing_xds_update_health_service_ops, send_hook_request), false, false, false },
};
static const edo_grpc_service grpc_testing_xds_update_health_service_service = {
    "grpc.testing.XdsUpdateHealthService", grpc_testing_xds_update_health_service_methods, 3, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_xds_update_health_service_routes(edo_router *r,
    const grpc_testing_xds_update_health_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_xds_update_health_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.XdsUpdateHealthService: see edo_grpc_channel. */

static inline int grpc_testing_xds_update_health_service_set_serving(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.XdsUpdateHealthService/SetServing",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

static inline int grpc_testing_xds_update_health_service_set_not_serving(edo_grpc_channel *ch,
    grpc_testing_empty *out,
    const grpc_testing_empty *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.XdsUpdateHealthService/SetNotServing",
        out, &grpc_testing_empty_desc,
        in, &grpc_testing_empty_desc, arena, opts);
}

static inline int grpc_testing_xds_update_health_service_send_hook_request(edo_grpc_channel *ch,
    grpc_testing_hook_response *out,
    const grpc_testing_hook_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.XdsUpdateHealthService/SendHookRequest",
        out, &grpc_testing_hook_response_desc,
        in, &grpc_testing_hook_request_desc, arena, opts);
}

/* grpc.testing.XdsUpdateClientConfigureService */
typedef struct grpc_testing_xds_update_client_configure_service_ops {
    int (*configure)(edo_grpc_call *call, grpc_testing_client_configure_response *out, const grpc_testing_client_configure_request *in);
} grpc_testing_xds_update_client_configure_service_ops;

EDO_GRPC_METHOD_UNARY(grpc_testing_xds_update_client_configure_service, configure, grpc_testing_client_configure_request, grpc_testing_client_configure_response)
static const edo_grpc_method grpc_testing_xds_update_client_configure_service_methods[] = {
    { "Configure", &grpc_testing_client_configure_request_desc, &grpc_testing_client_configure_response_desc, grpc_testing_xds_update_client_configure_service_configure_serve,
      offsetof(grpc_testing_xds_update_client_configure_service_ops, configure), false, false, false },
};
static const edo_grpc_service grpc_testing_xds_update_client_configure_service_service = {
    "grpc.testing.XdsUpdateClientConfigureService", grpc_testing_xds_update_client_configure_service_methods, 1, &edo_FILE_grpc_testing_test, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_testing_xds_update_client_configure_service_routes(edo_router *r,
    const grpc_testing_xds_update_client_configure_service_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_testing_xds_update_client_configure_service_service, ops, arg, opts);
}

/* Calls of grpc.testing.XdsUpdateClientConfigureService: see edo_grpc_channel. */

static inline int grpc_testing_xds_update_client_configure_service_configure(edo_grpc_channel *ch,
    grpc_testing_client_configure_response *out,
    const grpc_testing_client_configure_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.testing.XdsUpdateClientConfigureService/Configure",
        out, &grpc_testing_client_configure_response_desc,
        in, &grpc_testing_client_configure_request_desc, arena, opts);
}

#endif
