/* Made by protoc-gen-edo from rs/tokio/console/instrument.proto: changes will be lost. */
#ifndef RS_TOKIO_CONSOLE_INSTRUMENT_EDO_H
#define RS_TOKIO_CONSOLE_INSTRUMENT_EDO_H

#include <edo/grpc.h>

#include "google/protobuf/timestamp.edo.h"
#include "rs/tokio/console/common.edo.h"
#include "rs/tokio/console/async_ops.edo.h"
#include "rs/tokio/console/resources.edo.h"
#include "rs/tokio/console/tasks.edo.h"

typedef enum rs_tokio_console_instrument_temporality {
    RS_TOKIO_CONSOLE_INSTRUMENT_LIVE = 0,
    RS_TOKIO_CONSOLE_INSTRUMENT_PAUSED = 1,
} rs_tokio_console_instrument_temporality;
EDO_DESCRIBE_ENUM(rs_tokio_console_instrument_temporality,
    EDO_UNIT(RS_TOKIO_CONSOLE_INSTRUMENT_LIVE, "LIVE"),
    EDO_UNIT(RS_TOKIO_CONSOLE_INSTRUMENT_PAUSED, "PAUSED"))

typedef struct rs_tokio_console_instrument_instrument_request rs_tokio_console_instrument_instrument_request;
typedef struct rs_tokio_console_instrument_task_details_request rs_tokio_console_instrument_task_details_request;
typedef struct rs_tokio_console_instrument_pause_request rs_tokio_console_instrument_pause_request;
typedef struct rs_tokio_console_instrument_resume_request rs_tokio_console_instrument_resume_request;
typedef struct rs_tokio_console_instrument_pause_response rs_tokio_console_instrument_pause_response;
typedef struct rs_tokio_console_instrument_resume_response rs_tokio_console_instrument_resume_response;
typedef struct rs_tokio_console_instrument_state_request rs_tokio_console_instrument_state_request;
typedef struct rs_tokio_console_instrument_update rs_tokio_console_instrument_update;
typedef struct rs_tokio_console_instrument_state rs_tokio_console_instrument_state;

/* rs.tokio.console.instrument.InstrumentRequest */
struct rs_tokio_console_instrument_instrument_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.TaskDetailsRequest */
struct rs_tokio_console_instrument_task_details_request {
    rs_tokio_console_common_id *id;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.PauseRequest */
struct rs_tokio_console_instrument_pause_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.ResumeRequest */
struct rs_tokio_console_instrument_resume_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.PauseResponse */
struct rs_tokio_console_instrument_pause_response {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.ResumeResponse */
struct rs_tokio_console_instrument_resume_response {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.StateRequest */
struct rs_tokio_console_instrument_state_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.Update */
struct rs_tokio_console_instrument_update {
    google_protobuf_timestamp *now;
    rs_tokio_console_tasks_task_update *task_update;
    rs_tokio_console_resources_resource_update *resource_update;
    rs_tokio_console_async_ops_async_op_update *async_op_update;
    rs_tokio_console_common_register_metadata *new_metadata;
    edo_str unknown; /* what this description has not, as it came */
};

/* rs.tokio.console.instrument.State */
struct rs_tokio_console_instrument_state {
    rs_tokio_console_instrument_temporality temporality;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(rs_tokio_console_instrument_instrument_request)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_task_details_request)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_pause_request)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_resume_request)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_pause_response)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_resume_response)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_state_request)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_update)
EDO_DESCRIBED_LATER(rs_tokio_console_instrument_state)

EDO_DESCRIBE(rs_tokio_console_instrument_instrument_request,
    EDO_FIELD(rs_tokio_console_instrument_instrument_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_task_details_request,
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_task_details_request, id, rs_tokio_console_common_id_desc,
              .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_instrument_task_details_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_pause_request,
    EDO_FIELD(rs_tokio_console_instrument_pause_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_resume_request,
    EDO_FIELD(rs_tokio_console_instrument_resume_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_pause_response,
    EDO_FIELD(rs_tokio_console_instrument_pause_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_resume_response,
    EDO_FIELD(rs_tokio_console_instrument_resume_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_state_request,
    EDO_FIELD(rs_tokio_console_instrument_state_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_update,
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_update, now, google_protobuf_timestamp_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_update, task_update, rs_tokio_console_tasks_task_update_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_update, resource_update, rs_tokio_console_resources_resource_update_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_update, async_op_update, rs_tokio_console_async_ops_async_op_update_desc,
              .number = 4, .optional = true),
    EDO_FIELD_PTR_OF(rs_tokio_console_instrument_update, new_metadata, rs_tokio_console_common_register_metadata_desc,
              .number = 5, .optional = true),
    EDO_FIELD(rs_tokio_console_instrument_update, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(rs_tokio_console_instrument_state,
    EDO_FIELD_OF(rs_tokio_console_instrument_state, temporality, rs_tokio_console_instrument_temporality_desc,
              .number = 1, .optional = true),
    EDO_FIELD(rs_tokio_console_instrument_state, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef RS_TOKIO_CONSOLE_INSTRUMENT_TYPES
#    error "two files make RS_TOKIO_CONSOLE_INSTRUMENT_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define RS_TOKIO_CONSOLE_INSTRUMENT_TYPES \
    { "rs.tokio.console.instrument.InstrumentRequest", &rs_tokio_console_instrument_instrument_request_desc }, \
    { "rs.tokio.console.instrument.TaskDetailsRequest", &rs_tokio_console_instrument_task_details_request_desc }, \
    { "rs.tokio.console.instrument.PauseRequest", &rs_tokio_console_instrument_pause_request_desc }, \
    { "rs.tokio.console.instrument.ResumeRequest", &rs_tokio_console_instrument_resume_request_desc }, \
    { "rs.tokio.console.instrument.PauseResponse", &rs_tokio_console_instrument_pause_response_desc }, \
    { "rs.tokio.console.instrument.ResumeResponse", &rs_tokio_console_instrument_resume_response_desc }, \
    { "rs.tokio.console.instrument.StateRequest", &rs_tokio_console_instrument_state_request_desc }, \
    { "rs.tokio.console.instrument.Update", &rs_tokio_console_instrument_update_desc }, \
    { "rs.tokio.console.instrument.State", &rs_tokio_console_instrument_state_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_rs_tokio_console_instrument) = {
    10, 136, 11, 10, 33, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108,
    101, 47, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 112, 114, 111, 116, 111, 18, 27,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 105, 110, 115,
    116, 114, 117, 109, 101, 110, 116, 26, 31, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116,
    111, 98, 117, 102, 47, 116, 105, 109, 101, 115, 116, 97, 109, 112, 46, 112, 114, 111, 116, 111,
    26, 32, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 97,
    115, 121, 110, 99, 95, 111, 112, 115, 46, 112, 114, 111, 116, 111, 26, 29, 114, 115, 47, 116,
    111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 99, 111, 109, 109, 111, 110, 46,
    112, 114, 111, 116, 111, 26, 32, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115,
    111, 108, 101, 47, 114, 101, 115, 111, 117, 114, 99, 101, 115, 46, 112, 114, 111, 116, 111, 26,
    28, 114, 115, 47, 116, 111, 107, 105, 111, 47, 99, 111, 110, 115, 111, 108, 101, 47, 116, 97,
    115, 107, 115, 46, 112, 114, 111, 116, 111, 34, 19, 10, 17, 73, 110, 115, 116, 114, 117, 109,
    101, 110, 116, 82, 101, 113, 117, 101, 115, 116, 34, 65, 10, 18, 84, 97, 115, 107, 68, 101,
    116, 97, 105, 108, 115, 82, 101, 113, 117, 101, 115, 116, 18, 43, 10, 2, 105, 100, 24, 1,
    32, 1, 40, 11, 50, 27, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115,
    111, 108, 101, 46, 99, 111, 109, 109, 111, 110, 46, 73, 100, 82, 2, 105, 100, 34, 14, 10,
    12, 80, 97, 117, 115, 101, 82, 101, 113, 117, 101, 115, 116, 34, 15, 10, 13, 82, 101, 115,
    117, 109, 101, 82, 101, 113, 117, 101, 115, 116, 34, 15, 10, 13, 80, 97, 117, 115, 101, 82,
    101, 115, 112, 111, 110, 115, 101, 34, 16, 10, 14, 82, 101, 115, 117, 109, 101, 82, 101, 115,
    112, 111, 110, 115, 101, 34, 14, 10, 12, 83, 116, 97, 116, 101, 82, 101, 113, 117, 101, 115,
    116, 34, 241, 2, 10, 6, 85, 112, 100, 97, 116, 101, 18, 44, 10, 3, 110, 111, 119, 24,
    1, 32, 1, 40, 11, 50, 26, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 84, 105, 109, 101, 115, 116, 97, 109, 112, 82, 3, 110, 111, 119, 18, 67,
    10, 11, 116, 97, 115, 107, 95, 117, 112, 100, 97, 116, 101, 24, 2, 32, 1, 40, 11, 50,
    34, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 116,
    97, 115, 107, 115, 46, 84, 97, 115, 107, 85, 112, 100, 97, 116, 101, 82, 10, 116, 97, 115,
    107, 85, 112, 100, 97, 116, 101, 18, 83, 10, 15, 114, 101, 115, 111, 117, 114, 99, 101, 95,
    117, 112, 100, 97, 116, 101, 24, 3, 32, 1, 40, 11, 50, 42, 46, 114, 115, 46, 116, 111,
    107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 114, 101, 115, 111, 117, 114, 99, 101,
    115, 46, 82, 101, 115, 111, 117, 114, 99, 101, 85, 112, 100, 97, 116, 101, 82, 14, 114, 101,
    115, 111, 117, 114, 99, 101, 85, 112, 100, 97, 116, 101, 18, 81, 10, 15, 97, 115, 121, 110,
    99, 95, 111, 112, 95, 117, 112, 100, 97, 116, 101, 24, 4, 32, 1, 40, 11, 50, 41, 46,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 97, 115, 121,
    110, 99, 95, 111, 112, 115, 46, 65, 115, 121, 110, 99, 79, 112, 85, 112, 100, 97, 116, 101,
    82, 13, 97, 115, 121, 110, 99, 79, 112, 85, 112, 100, 97, 116, 101, 18, 76, 10, 12, 110,
    101, 119, 95, 109, 101, 116, 97, 100, 97, 116, 97, 24, 5, 32, 1, 40, 11, 50, 41, 46,
    114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 99, 111, 109,
    109, 111, 110, 46, 82, 101, 103, 105, 115, 116, 101, 114, 77, 101, 116, 97, 100, 97, 116, 97,
    82, 11, 110, 101, 119, 77, 101, 116, 97, 100, 97, 116, 97, 34, 83, 10, 5, 83, 116, 97,
    116, 101, 18, 74, 10, 11, 116, 101, 109, 112, 111, 114, 97, 108, 105, 116, 121, 24, 1, 32,
    1, 40, 14, 50, 40, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111,
    108, 101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 84, 101, 109, 112, 111, 114,
    97, 108, 105, 116, 121, 82, 11, 116, 101, 109, 112, 111, 114, 97, 108, 105, 116, 121, 42, 35,
    10, 11, 84, 101, 109, 112, 111, 114, 97, 108, 105, 116, 121, 18, 8, 10, 4, 76, 73, 86,
    69, 16, 0, 18, 10, 10, 6, 80, 65, 85, 83, 69, 68, 16, 1, 50, 129, 4, 10, 10,
    73, 110, 115, 116, 114, 117, 109, 101, 110, 116, 18, 101, 10, 12, 87, 97, 116, 99, 104, 85,
    112, 100, 97, 116, 101, 115, 18, 46, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111,
    110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 73, 110, 115,
    116, 114, 117, 109, 101, 110, 116, 82, 101, 113, 117, 101, 115, 116, 26, 35, 46, 114, 115, 46,
    116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117,
    109, 101, 110, 116, 46, 85, 112, 100, 97, 116, 101, 48, 1, 18, 106, 10, 16, 87, 97, 116,
    99, 104, 84, 97, 115, 107, 68, 101, 116, 97, 105, 108, 115, 18, 47, 46, 114, 115, 46, 116,
    111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117, 109,
    101, 110, 116, 46, 84, 97, 115, 107, 68, 101, 116, 97, 105, 108, 115, 82, 101, 113, 117, 101,
    115, 116, 26, 35, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108,
    101, 46, 116, 97, 115, 107, 115, 46, 84, 97, 115, 107, 68, 101, 116, 97, 105, 108, 115, 48,
    1, 18, 93, 10, 10, 87, 97, 116, 99, 104, 83, 116, 97, 116, 101, 18, 41, 46, 114, 115,
    46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114,
    117, 109, 101, 110, 116, 46, 83, 116, 97, 116, 101, 82, 101, 113, 117, 101, 115, 116, 26, 34,
    46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108, 101, 46, 105, 110,
    115, 116, 114, 117, 109, 101, 110, 116, 46, 83, 116, 97, 116, 101, 48, 1, 18, 94, 10, 5,
    80, 97, 117, 115, 101, 18, 41, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110,
    115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 80, 97, 117, 115,
    101, 82, 101, 113, 117, 101, 115, 116, 26, 42, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46,
    99, 111, 110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 80,
    97, 117, 115, 101, 82, 101, 115, 112, 111, 110, 115, 101, 18, 97, 10, 6, 82, 101, 115, 117,
    109, 101, 18, 42, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111, 110, 115, 111, 108,
    101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 82, 101, 115, 117, 109, 101, 82,
    101, 113, 117, 101, 115, 116, 26, 43, 46, 114, 115, 46, 116, 111, 107, 105, 111, 46, 99, 111,
    110, 115, 111, 108, 101, 46, 105, 110, 115, 116, 114, 117, 109, 101, 110, 116, 46, 82, 101, 115,
    117, 109, 101, 82, 101, 115, 112, 111, 110, 115, 101, 98, 6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_rs_tokio_console_instrument, &edo_FILE_google_protobuf_timestamp, &edo_FILE_rs_tokio_console_common, &edo_FILE_rs_tokio_console_async_ops_eed23811, &edo_FILE_rs_tokio_console_resources, &edo_FILE_rs_tokio_console_tasks, NULL)

/* rs.tokio.console.instrument.Instrument */
typedef struct rs_tokio_console_instrument_instrument_ops {
    int (*watch_updates)(edo_grpc_call *call, const rs_tokio_console_instrument_instrument_request *in);
    int (*watch_task_details)(edo_grpc_call *call, const rs_tokio_console_instrument_task_details_request *in);
    int (*watch_state)(edo_grpc_call *call, const rs_tokio_console_instrument_state_request *in);
    int (*pause)(edo_grpc_call *call, rs_tokio_console_instrument_pause_response *out, const rs_tokio_console_instrument_pause_request *in);
    int (*resume)(edo_grpc_call *call, rs_tokio_console_instrument_resume_response *out, const rs_tokio_console_instrument_resume_request *in);
} rs_tokio_console_instrument_instrument_ops;

static inline int rs_tokio_console_instrument_instrument_watch_updates_send(edo_grpc_call *call,
    const rs_tokio_console_instrument_update *message) {
    return edo_grpc_send(call, message, &rs_tokio_console_instrument_update_desc);
}

static inline int rs_tokio_console_instrument_instrument_watch_task_details_send(edo_grpc_call *call,
    const rs_tokio_console_tasks_task_details *message) {
    return edo_grpc_send(call, message, &rs_tokio_console_tasks_task_details_desc);
}

static inline int rs_tokio_console_instrument_instrument_watch_state_send(edo_grpc_call *call,
    const rs_tokio_console_instrument_state *message) {
    return edo_grpc_send(call, message, &rs_tokio_console_instrument_state_desc);
}

EDO_GRPC_METHOD_SERVER_STREAM(rs_tokio_console_instrument_instrument, watch_updates, rs_tokio_console_instrument_instrument_request, rs_tokio_console_instrument_update)
EDO_GRPC_METHOD_SERVER_STREAM(rs_tokio_console_instrument_instrument, watch_task_details, rs_tokio_console_instrument_task_details_request, rs_tokio_console_tasks_task_details)
EDO_GRPC_METHOD_SERVER_STREAM(rs_tokio_console_instrument_instrument, watch_state, rs_tokio_console_instrument_state_request, rs_tokio_console_instrument_state)
EDO_GRPC_METHOD_UNARY(rs_tokio_console_instrument_instrument, pause, rs_tokio_console_instrument_pause_request, rs_tokio_console_instrument_pause_response)
EDO_GRPC_METHOD_UNARY(rs_tokio_console_instrument_instrument, resume, rs_tokio_console_instrument_resume_request, rs_tokio_console_instrument_resume_response)
static const edo_grpc_method rs_tokio_console_instrument_instrument_methods[] = {
    { "WatchUpdates", &rs_tokio_console_instrument_instrument_request_desc, &rs_tokio_console_instrument_update_desc, rs_tokio_console_instrument_instrument_watch_updates_serve,
      offsetof(rs_tokio_console_instrument_instrument_ops, watch_updates), false, true, false },
    { "WatchTaskDetails", &rs_tokio_console_instrument_task_details_request_desc, &rs_tokio_console_tasks_task_details_desc, rs_tokio_console_instrument_instrument_watch_task_details_serve,
      offsetof(rs_tokio_console_instrument_instrument_ops, watch_task_details), false, true, false },
    { "WatchState", &rs_tokio_console_instrument_state_request_desc, &rs_tokio_console_instrument_state_desc, rs_tokio_console_instrument_instrument_watch_state_serve,
      offsetof(rs_tokio_console_instrument_instrument_ops, watch_state), false, true, false },
    { "Pause", &rs_tokio_console_instrument_pause_request_desc, &rs_tokio_console_instrument_pause_response_desc, rs_tokio_console_instrument_instrument_pause_serve,
      offsetof(rs_tokio_console_instrument_instrument_ops, pause), false, false, false },
    { "Resume", &rs_tokio_console_instrument_resume_request_desc, &rs_tokio_console_instrument_resume_response_desc, rs_tokio_console_instrument_instrument_resume_serve,
      offsetof(rs_tokio_console_instrument_instrument_ops, resume), false, false, false },
};
static const edo_grpc_service rs_tokio_console_instrument_instrument_service = {
    "rs.tokio.console.instrument.Instrument", rs_tokio_console_instrument_instrument_methods, 5, &edo_FILE_rs_tokio_console_instrument, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void rs_tokio_console_instrument_instrument_routes(edo_router *r,
    const rs_tokio_console_instrument_instrument_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &rs_tokio_console_instrument_instrument_service, ops, arg, opts);
}

/* Calls of rs.tokio.console.instrument.Instrument: see edo_grpc_channel. */

static inline int rs_tokio_console_instrument_instrument_watch_updates(edo_grpc_channel *ch,
    edo_grpc_call **call, const rs_tokio_console_instrument_instrument_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/rs.tokio.console.instrument.Instrument/WatchUpdates",
        in, &rs_tokio_console_instrument_instrument_request_desc, opts);
}

static inline int rs_tokio_console_instrument_instrument_watch_updates_recv(edo_grpc_call *call,
    rs_tokio_console_instrument_update *message) {
    return edo_grpc_recv(call, message, &rs_tokio_console_instrument_update_desc);
}

static inline int rs_tokio_console_instrument_instrument_watch_task_details(edo_grpc_channel *ch,
    edo_grpc_call **call, const rs_tokio_console_instrument_task_details_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/rs.tokio.console.instrument.Instrument/WatchTaskDetails",
        in, &rs_tokio_console_instrument_task_details_request_desc, opts);
}

static inline int rs_tokio_console_instrument_instrument_watch_task_details_recv(edo_grpc_call *call,
    rs_tokio_console_tasks_task_details *message) {
    return edo_grpc_recv(call, message, &rs_tokio_console_tasks_task_details_desc);
}

static inline int rs_tokio_console_instrument_instrument_watch_state(edo_grpc_channel *ch,
    edo_grpc_call **call, const rs_tokio_console_instrument_state_request *in,
    const edo_grpc_call_opts *opts) {
    return edo_grpc_server_stream(ch, call, "/rs.tokio.console.instrument.Instrument/WatchState",
        in, &rs_tokio_console_instrument_state_request_desc, opts);
}

static inline int rs_tokio_console_instrument_instrument_watch_state_recv(edo_grpc_call *call,
    rs_tokio_console_instrument_state *message) {
    return edo_grpc_recv(call, message, &rs_tokio_console_instrument_state_desc);
}

static inline int rs_tokio_console_instrument_instrument_pause(edo_grpc_channel *ch,
    rs_tokio_console_instrument_pause_response *out,
    const rs_tokio_console_instrument_pause_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/rs.tokio.console.instrument.Instrument/Pause",
        out, &rs_tokio_console_instrument_pause_response_desc,
        in, &rs_tokio_console_instrument_pause_request_desc, arena, opts);
}

static inline int rs_tokio_console_instrument_instrument_resume(edo_grpc_channel *ch,
    rs_tokio_console_instrument_resume_response *out,
    const rs_tokio_console_instrument_resume_request *in,
    edo_arena *arena, const edo_grpc_call_opts *opts) {
    return edo_grpc_unary(ch, "/rs.tokio.console.instrument.Instrument/Resume",
        out, &rs_tokio_console_instrument_resume_response_desc,
        in, &rs_tokio_console_instrument_resume_request_desc, arena, opts);
}

#endif
