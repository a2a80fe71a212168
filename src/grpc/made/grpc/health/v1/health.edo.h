/* Made by protoc-gen-edo from grpc/health/v1/health.proto: changes will be lost. */
#ifndef GRPC_HEALTH_V1_HEALTH_EDO_H
#define GRPC_HEALTH_V1_HEALTH_EDO_H

#include <edo/grpc.h>

typedef enum grpc_health_v1_health_check_response_serving_status {
    GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_UNKNOWN = 0,
    GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVING = 1,
    GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_NOT_SERVING = 2,
    GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVICE_UNKNOWN = 3,
} grpc_health_v1_health_check_response_serving_status;
EDO_DESCRIBE_ENUM(grpc_health_v1_health_check_response_serving_status,
    EDO_UNIT(GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_UNKNOWN, "UNKNOWN"),
    EDO_UNIT(GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVING, "SERVING"),
    EDO_UNIT(GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_NOT_SERVING, "NOT_SERVING"),
    EDO_UNIT(GRPC_HEALTH_V1_HEALTH_CHECK_RESPONSE_SERVICE_UNKNOWN, "SERVICE_UNKNOWN"))

typedef struct grpc_health_v1_health_check_request grpc_health_v1_health_check_request;
typedef struct grpc_health_v1_health_check_response grpc_health_v1_health_check_response;
typedef struct grpc_health_v1_health_list_request grpc_health_v1_health_list_request;
typedef struct grpc_health_v1_health_list_response grpc_health_v1_health_list_response;
typedef struct grpc_health_v1_health_list_response_statuses_entry grpc_health_v1_health_list_response_statuses_entry;

/* grpc.health.v1.HealthCheckRequest */
struct grpc_health_v1_health_check_request {
    edo_str service;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.health.v1.HealthCheckResponse */
struct grpc_health_v1_health_check_response {
    grpc_health_v1_health_check_response_serving_status status;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.health.v1.HealthListRequest */
struct grpc_health_v1_health_list_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.health.v1.HealthListResponse */
struct grpc_health_v1_health_list_response {
    grpc_health_v1_health_list_response_statuses_entry *statuses;
    size_t statuses_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.health.v1.HealthListResponse.StatusesEntry */
struct grpc_health_v1_health_list_response_statuses_entry {
    edo_str key;
    grpc_health_v1_health_check_response value;
};

EDO_DESCRIBED_LATER(grpc_health_v1_health_check_request)
EDO_DESCRIBED_LATER(grpc_health_v1_health_check_response)
EDO_DESCRIBED_LATER(grpc_health_v1_health_list_request)
EDO_DESCRIBED_LATER(grpc_health_v1_health_list_response)
EDO_DESCRIBED_LATER(grpc_health_v1_health_list_response_statuses_entry)

EDO_DESCRIBE(grpc_health_v1_health_check_request,
    EDO_FIELD(grpc_health_v1_health_check_request, service, .number = 1, .optional = true),
    EDO_FIELD(grpc_health_v1_health_check_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_health_v1_health_check_response,
    EDO_FIELD_OF(grpc_health_v1_health_check_response, status, grpc_health_v1_health_check_response_serving_status_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_health_v1_health_check_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_health_v1_health_list_request,
    EDO_FIELD(grpc_health_v1_health_list_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_health_v1_health_list_response,
    EDO_FIELD_LIST_OF(grpc_health_v1_health_list_response, statuses, statuses_n, grpc_health_v1_health_list_response_statuses_entry_desc,
              .number = 1, .map = true, .optional = true),
    EDO_FIELD(grpc_health_v1_health_list_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_health_v1_health_list_response_statuses_entry,
    EDO_FIELD(grpc_health_v1_health_list_response_statuses_entry, key, .number = 1),
    EDO_FIELD_OF(grpc_health_v1_health_list_response_statuses_entry, value, grpc_health_v1_health_check_response_desc,
              .number = 2))

#ifdef GRPC_HEALTH_V1_HEALTH_TYPES
#    error "two files make GRPC_HEALTH_V1_HEALTH_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GRPC_HEALTH_V1_HEALTH_TYPES \
    { "grpc.health.v1.HealthCheckRequest", &grpc_health_v1_health_check_request_desc }, \
    { "grpc.health.v1.HealthCheckResponse", &grpc_health_v1_health_check_response_desc }, \
    { "grpc.health.v1.HealthListRequest", &grpc_health_v1_health_list_request_desc }, \
    { "grpc.health.v1.HealthListResponse", &grpc_health_v1_health_list_response_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_grpc_health_v1_health) = {
    10, 231, 6, 10, 27, 103, 114, 112, 99, 47, 104, 101, 97, 108, 116, 104, 47, 118, 49, 47,
    104, 101, 97, 108, 116, 104, 46, 112, 114, 111, 116, 111, 18, 14, 103, 114, 112, 99, 46, 104,
    101, 97, 108, 116, 104, 46, 118, 49, 34, 46, 10, 18, 72, 101, 97, 108, 116, 104, 67, 104,
    101, 99, 107, 82, 101, 113, 117, 101, 115, 116, 18, 24, 10, 7, 115, 101, 114, 118, 105, 99,
    101, 24, 1, 32, 1, 40, 9, 82, 7, 115, 101, 114, 118, 105, 99, 101, 34, 177, 1, 10,
    19, 72, 101, 97, 108, 116, 104, 67, 104, 101, 99, 107, 82, 101, 115, 112, 111, 110, 115, 101,
    18, 73, 10, 6, 115, 116, 97, 116, 117, 115, 24, 1, 32, 1, 40, 14, 50, 49, 46, 103,
    114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104,
    67, 104, 101, 99, 107, 82, 101, 115, 112, 111, 110, 115, 101, 46, 83, 101, 114, 118, 105, 110,
    103, 83, 116, 97, 116, 117, 115, 82, 6, 115, 116, 97, 116, 117, 115, 34, 79, 10, 13, 83,
    101, 114, 118, 105, 110, 103, 83, 116, 97, 116, 117, 115, 18, 11, 10, 7, 85, 78, 75, 78,
    79, 87, 78, 16, 0, 18, 11, 10, 7, 83, 69, 82, 86, 73, 78, 71, 16, 1, 18, 15,
    10, 11, 78, 79, 84, 95, 83, 69, 82, 86, 73, 78, 71, 16, 2, 18, 19, 10, 15, 83,
    69, 82, 86, 73, 67, 69, 95, 85, 78, 75, 78, 79, 87, 78, 16, 3, 34, 19, 10, 17,
    72, 101, 97, 108, 116, 104, 76, 105, 115, 116, 82, 101, 113, 117, 101, 115, 116, 34, 196, 1,
    10, 18, 72, 101, 97, 108, 116, 104, 76, 105, 115, 116, 82, 101, 115, 112, 111, 110, 115, 101,
    18, 76, 10, 8, 115, 116, 97, 116, 117, 115, 101, 115, 24, 1, 32, 3, 40, 11, 50, 48,
    46, 103, 114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108,
    116, 104, 76, 105, 115, 116, 82, 101, 115, 112, 111, 110, 115, 101, 46, 83, 116, 97, 116, 117,
    115, 101, 115, 69, 110, 116, 114, 121, 82, 8, 115, 116, 97, 116, 117, 115, 101, 115, 26, 96,
    10, 13, 83, 116, 97, 116, 117, 115, 101, 115, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107,
    101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 57, 10, 5, 118, 97, 108,
    117, 101, 24, 2, 32, 1, 40, 11, 50, 35, 46, 103, 114, 112, 99, 46, 104, 101, 97, 108,
    116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104, 67, 104, 101, 99, 107, 82, 101, 115,
    112, 111, 110, 115, 101, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1, 50, 253, 1, 10,
    6, 72, 101, 97, 108, 116, 104, 18, 80, 10, 5, 67, 104, 101, 99, 107, 18, 34, 46, 103,
    114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104,
    67, 104, 101, 99, 107, 82, 101, 113, 117, 101, 115, 116, 26, 35, 46, 103, 114, 112, 99, 46,
    104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104, 67, 104, 101, 99,
    107, 82, 101, 115, 112, 111, 110, 115, 101, 18, 77, 10, 4, 76, 105, 115, 116, 18, 33, 46,
    103, 114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116,
    104, 76, 105, 115, 116, 82, 101, 113, 117, 101, 115, 116, 26, 34, 46, 103, 114, 112, 99, 46,
    104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104, 76, 105, 115, 116,
    82, 101, 115, 112, 111, 110, 115, 101, 18, 82, 10, 5, 87, 97, 116, 99, 104, 18, 34, 46,
    103, 114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116,
    104, 67, 104, 101, 99, 107, 82, 101, 113, 117, 101, 115, 116, 26, 35, 46, 103, 114, 112, 99,
    46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 46, 72, 101, 97, 108, 116, 104, 67, 104, 101,
    99, 107, 82, 101, 115, 112, 111, 110, 115, 101, 48, 1, 66, 112, 10, 17, 105, 111, 46, 103,
    114, 112, 99, 46, 104, 101, 97, 108, 116, 104, 46, 118, 49, 66, 11, 72, 101, 97, 108, 116,
    104, 80, 114, 111, 116, 111, 80, 1, 90, 44, 103, 111, 111, 103, 108, 101, 46, 103, 111, 108,
    97, 110, 103, 46, 111, 114, 103, 47, 103, 114, 112, 99, 47, 104, 101, 97, 108, 116, 104, 47,
    103, 114, 112, 99, 95, 104, 101, 97, 108, 116, 104, 95, 118, 49, 162, 2, 12, 71, 114, 112,
    99, 72, 101, 97, 108, 116, 104, 86, 49, 170, 2, 14, 71, 114, 112, 99, 46, 72, 101, 97,
    108, 116, 104, 46, 86, 49, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_grpc_health_v1_health, NULL)

/* grpc.health.v1.Health */
typedef struct grpc_health_v1_health_ops {
    int (*check)(edo_grpc_call *call, grpc_health_v1_health_check_response *out, const grpc_health_v1_health_check_request *in);
    int (*list)(edo_grpc_call *call, grpc_health_v1_health_list_response *out, const grpc_health_v1_health_list_request *in);
    int (*watch)(edo_grpc_call *call, const grpc_health_v1_health_check_request *in);
} grpc_health_v1_health_ops;

static inline int grpc_health_v1_health_watch_send(edo_grpc_call *call,
    const grpc_health_v1_health_check_response *message) {
    return edo_grpc_send(call, message, &grpc_health_v1_health_check_response_desc);
}

EDO_GRPC_METHOD_UNARY(grpc_health_v1_health, check, grpc_health_v1_health_check_request, grpc_health_v1_health_check_response)
EDO_GRPC_METHOD_UNARY(grpc_health_v1_health, list, grpc_health_v1_health_list_request, grpc_health_v1_health_list_response)
EDO_GRPC_METHOD_SERVER_STREAM(grpc_health_v1_health, watch, grpc_health_v1_health_check_request, grpc_health_v1_health_check_response)
static const edo_grpc_method grpc_health_v1_health_methods[] = {
    { "Check", &grpc_health_v1_health_check_request_desc, &grpc_health_v1_health_check_response_desc, grpc_health_v1_health_check_serve,
      offsetof(grpc_health_v1_health_ops, check), false, false, false },
    { "List", &grpc_health_v1_health_list_request_desc, &grpc_health_v1_health_list_response_desc, grpc_health_v1_health_list_serve,
      offsetof(grpc_health_v1_health_ops, list), false, false, false },
    { "Watch", &grpc_health_v1_health_check_request_desc, &grpc_health_v1_health_check_response_desc, grpc_health_v1_health_watch_serve,
      offsetof(grpc_health_v1_health_ops, watch), false, true, false },
};
static const edo_grpc_service grpc_health_v1_health_service = {
    "grpc.health.v1.Health", grpc_health_v1_health_methods, 3, &edo_FILE_grpc_health_v1_health, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_health_v1_health_routes(edo_router *r,
    const grpc_health_v1_health_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_health_v1_health_service, ops, arg, opts);
}

/* Calls of grpc.health.v1.Health: see edo_grpc_channel. */

static inline int grpc_health_v1_health_check(edo_grpc_channel *ch,
    grpc_health_v1_health_check_response *out,
    const grpc_health_v1_health_check_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.health.v1.Health/Check",
        out, &grpc_health_v1_health_check_response_desc,
        in, &grpc_health_v1_health_check_request_desc, arena, opts);
}

static inline int grpc_health_v1_health_list(edo_grpc_channel *ch,
    grpc_health_v1_health_list_response *out,
    const grpc_health_v1_health_list_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/grpc.health.v1.Health/List",
        out, &grpc_health_v1_health_list_response_desc,
        in, &grpc_health_v1_health_list_request_desc, arena, opts);
}

static inline int grpc_health_v1_health_watch(edo_grpc_channel *ch,
    edo_grpc_call **call, const grpc_health_v1_health_check_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/grpc.health.v1.Health/Watch",
        in, &grpc_health_v1_health_check_request_desc, opts);
}

static inline int grpc_health_v1_health_watch_recv(edo_grpc_call *call,
    grpc_health_v1_health_check_response *message) {
    return edo_grpc_recv(call, message, &grpc_health_v1_health_check_response_desc);
}

#endif
