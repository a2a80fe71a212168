/* Made by protoc-gen-edo from grpc/testing/messages.proto: changes will be lost. */
#ifndef GRPC_TESTING_MESSAGES_EDO_H
#define GRPC_TESTING_MESSAGES_EDO_H

#include <edo/protobuf.h>

typedef enum grpc_testing_payload_type {
    GRPC_TESTING_COMPRESSABLE = 0,
} grpc_testing_payload_type;
EDO_DESCRIBE_ENUM(grpc_testing_payload_type,
    EDO_UNIT(GRPC_TESTING_COMPRESSABLE, "COMPRESSABLE"))

typedef enum grpc_testing_grpclb_route_type {
    GRPC_TESTING_GRPCLB_ROUTE_TYPE_UNKNOWN = 0,
    GRPC_TESTING_GRPCLB_ROUTE_TYPE_FALLBACK = 1,
    GRPC_TESTING_GRPCLB_ROUTE_TYPE_BACKEND = 2,
} grpc_testing_grpclb_route_type;
EDO_DESCRIBE_ENUM(grpc_testing_grpclb_route_type,
    EDO_UNIT(GRPC_TESTING_GRPCLB_ROUTE_TYPE_UNKNOWN, "GRPCLB_ROUTE_TYPE_UNKNOWN"),
    EDO_UNIT(GRPC_TESTING_GRPCLB_ROUTE_TYPE_FALLBACK, "GRPCLB_ROUTE_TYPE_FALLBACK"),
    EDO_UNIT(GRPC_TESTING_GRPCLB_ROUTE_TYPE_BACKEND, "GRPCLB_ROUTE_TYPE_BACKEND"))

typedef enum grpc_testing_load_balancer_stats_response_metadata_type {
    GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_UNKNOWN = 0,
    GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_INITIAL = 1,
    GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_TRAILING = 2,
} grpc_testing_load_balancer_stats_response_metadata_type;
EDO_DESCRIBE_ENUM(grpc_testing_load_balancer_stats_response_metadata_type,
    EDO_UNIT(GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_UNKNOWN, "UNKNOWN"),
    EDO_UNIT(GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_INITIAL, "INITIAL"),
    EDO_UNIT(GRPC_TESTING_LOAD_BALANCER_STATS_RESPONSE_TRAILING, "TRAILING"))

typedef enum grpc_testing_client_configure_request_rpc_type {
    GRPC_TESTING_CLIENT_CONFIGURE_REQUEST_EMPTY_CALL = 0,
    GRPC_TESTING_CLIENT_CONFIGURE_REQUEST_UNARY_CALL = 1,
} grpc_testing_client_configure_request_rpc_type;
EDO_DESCRIBE_ENUM(grpc_testing_client_configure_request_rpc_type,
    EDO_UNIT(GRPC_TESTING_CLIENT_CONFIGURE_REQUEST_EMPTY_CALL, "EMPTY_CALL"),
    EDO_UNIT(GRPC_TESTING_CLIENT_CONFIGURE_REQUEST_UNARY_CALL, "UNARY_CALL"))

typedef enum grpc_testing_hook_request_hook_request_command {
    GRPC_TESTING_HOOK_REQUEST_UNSPECIFIED = 0,
    GRPC_TESTING_HOOK_REQUEST_START = 1,
    GRPC_TESTING_HOOK_REQUEST_STOP = 2,
    GRPC_TESTING_HOOK_REQUEST_RETURN = 3,
} grpc_testing_hook_request_hook_request_command;
EDO_DESCRIBE_ENUM(grpc_testing_hook_request_hook_request_command,
    EDO_UNIT(GRPC_TESTING_HOOK_REQUEST_UNSPECIFIED, "UNSPECIFIED"),
    EDO_UNIT(GRPC_TESTING_HOOK_REQUEST_START, "START"),
    EDO_UNIT(GRPC_TESTING_HOOK_REQUEST_STOP, "STOP"),
    EDO_UNIT(GRPC_TESTING_HOOK_REQUEST_RETURN, "RETURN"))

typedef struct grpc_testing_bool_value grpc_testing_bool_value;
typedef struct grpc_testing_payload grpc_testing_payload;
typedef struct grpc_testing_echo_status grpc_testing_echo_status;
typedef struct grpc_testing_simple_request grpc_testing_simple_request;
typedef struct grpc_testing_simple_response grpc_testing_simple_response;
typedef struct grpc_testing_streaming_input_call_request grpc_testing_streaming_input_call_request;
typedef struct grpc_testing_streaming_input_call_response grpc_testing_streaming_input_call_response;
typedef struct grpc_testing_response_parameters grpc_testing_response_parameters;
typedef struct grpc_testing_streaming_output_call_request grpc_testing_streaming_output_call_request;
typedef struct grpc_testing_streaming_output_call_response grpc_testing_streaming_output_call_response;
typedef struct grpc_testing_reconnect_params grpc_testing_reconnect_params;
typedef struct grpc_testing_reconnect_info grpc_testing_reconnect_info;
typedef struct grpc_testing_load_balancer_stats_request grpc_testing_load_balancer_stats_request;
typedef struct grpc_testing_load_balancer_stats_response grpc_testing_load_balancer_stats_response;
typedef struct grpc_testing_load_balancer_stats_response_metadata_entry grpc_testing_load_balancer_stats_response_metadata_entry;
typedef struct grpc_testing_load_balancer_stats_response_rpc_metadata grpc_testing_load_balancer_stats_response_rpc_metadata;
typedef struct grpc_testing_load_balancer_stats_response_metadata_by_peer grpc_testing_load_balancer_stats_response_metadata_by_peer;
typedef struct grpc_testing_load_balancer_stats_response_rpcs_by_peer grpc_testing_load_balancer_stats_response_rpcs_by_peer;
typedef struct grpc_testing_load_balancer_accumulated_stats_request grpc_testing_load_balancer_accumulated_stats_request;
typedef struct grpc_testing_load_balancer_accumulated_stats_response grpc_testing_load_balancer_accumulated_stats_response;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_method_stats grpc_testing_load_balancer_accumulated_stats_response_method_stats;
typedef struct grpc_testing_client_configure_request grpc_testing_client_configure_request;
typedef struct grpc_testing_client_configure_request_metadata grpc_testing_client_configure_request_metadata;
typedef struct grpc_testing_client_configure_response grpc_testing_client_configure_response;
typedef struct grpc_testing_memory_size grpc_testing_memory_size;
typedef struct grpc_testing_test_orca_report grpc_testing_test_orca_report;
typedef struct grpc_testing_set_return_status_request grpc_testing_set_return_status_request;
typedef struct grpc_testing_hook_request grpc_testing_hook_request;
typedef struct grpc_testing_hook_response grpc_testing_hook_response;
typedef struct grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry;
typedef struct grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry;
typedef struct grpc_testing_load_balancer_stats_response_rpcs_by_method_entry grpc_testing_load_balancer_stats_response_rpcs_by_method_entry;
typedef struct grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry;
typedef struct grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry;
typedef struct grpc_testing_test_orca_report_request_cost_entry grpc_testing_test_orca_report_request_cost_entry;
typedef struct grpc_testing_test_orca_report_utilization_entry grpc_testing_test_orca_report_utilization_entry;

/* grpc.testing.BoolValue */
struct grpc_testing_bool_value {
    bool value;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.Payload */
struct grpc_testing_payload {
    grpc_testing_payload_type type;
    edo_bytes body;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.EchoStatus */
struct grpc_testing_echo_status {
    int32_t code;
    edo_str message;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.SimpleRequest */
struct grpc_testing_simple_request {
    grpc_testing_payload_type response_type;
    int32_t response_size;
    grpc_testing_payload *payload;
    bool fill_username;
    bool fill_oauth_scope;
    grpc_testing_bool_value *response_compressed;
    grpc_testing_echo_status *response_status;
    grpc_testing_bool_value *expect_compressed;
    bool fill_server_id;
    bool fill_grpclb_route_type;
    grpc_testing_test_orca_report *orca_per_query_report;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.SimpleResponse */
struct grpc_testing_simple_response {
    grpc_testing_payload *payload;
    edo_str username;
    edo_str oauth_scope;
    edo_str server_id;
    grpc_testing_grpclb_route_type grpclb_route_type;
    edo_str hostname;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.StreamingInputCallRequest */
struct grpc_testing_streaming_input_call_request {
    grpc_testing_payload *payload;
    grpc_testing_bool_value *expect_compressed;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.StreamingInputCallResponse */
struct grpc_testing_streaming_input_call_response {
    int32_t aggregated_payload_size;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ResponseParameters */
struct grpc_testing_response_parameters {
    int32_t size;
    int32_t interval_us;
    grpc_testing_bool_value *compressed;
    grpc_testing_bool_value *fill_peer_socket_address;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.StreamingOutputCallRequest */
struct grpc_testing_streaming_output_call_request {
    grpc_testing_payload_type response_type;
    grpc_testing_response_parameters *response_parameters;
    size_t response_parameters_n;
    grpc_testing_payload *payload;
    grpc_testing_echo_status *response_status;
    grpc_testing_test_orca_report *orca_oob_report;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.StreamingOutputCallResponse */
struct grpc_testing_streaming_output_call_response {
    grpc_testing_payload *payload;
    edo_str peer_socket_address;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ReconnectParams */
struct grpc_testing_reconnect_params {
    int32_t max_reconnect_backoff_ms;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ReconnectInfo */
struct grpc_testing_reconnect_info {
    bool passed;
    int32_t *backoff_ms;
    size_t backoff_ms_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsRequest */
struct grpc_testing_load_balancer_stats_request {
    int32_t num_rpcs;
    int32_t timeout_sec;
    edo_str *metadata_keys;
    size_t metadata_keys_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse */
struct grpc_testing_load_balancer_stats_response {
    grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry *rpcs_by_peer;
    size_t rpcs_by_peer_n;
    int32_t num_failures;
    grpc_testing_load_balancer_stats_response_rpcs_by_method_entry *rpcs_by_method;
    size_t rpcs_by_method_n;
    grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry *metadatas_by_peer;
    size_t metadatas_by_peer_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse.MetadataEntry */
struct grpc_testing_load_balancer_stats_response_metadata_entry {
    edo_str key;
    edo_str value;
    grpc_testing_load_balancer_stats_response_metadata_type type;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse.RpcMetadata */
struct grpc_testing_load_balancer_stats_response_rpc_metadata {
    grpc_testing_load_balancer_stats_response_metadata_entry *metadata;
    size_t metadata_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse.MetadataByPeer */
struct grpc_testing_load_balancer_stats_response_metadata_by_peer {
    grpc_testing_load_balancer_stats_response_rpc_metadata *rpc_metadata;
    size_t rpc_metadata_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse.RpcsByPeer */
struct grpc_testing_load_balancer_stats_response_rpcs_by_peer {
    grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry *rpcs_by_peer;
    size_t rpcs_by_peer_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerAccumulatedStatsRequest */
struct grpc_testing_load_balancer_accumulated_stats_request {
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse */
struct grpc_testing_load_balancer_accumulated_stats_response {
    grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry *num_rpcs_started_by_method;
    size_t num_rpcs_started_by_method_n;
    grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry *num_rpcs_succeeded_by_method;
    size_t num_rpcs_succeeded_by_method_n;
    grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry *num_rpcs_failed_by_method;
    size_t num_rpcs_failed_by_method_n;
    grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry *stats_per_method;
    size_t stats_per_method_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.MethodStats */
struct grpc_testing_load_balancer_accumulated_stats_response_method_stats {
    int32_t rpcs_started;
    grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry *result;
    size_t result_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ClientConfigureRequest */
struct grpc_testing_client_configure_request {
    grpc_testing_client_configure_request_rpc_type *types;
    size_t types_n;
    grpc_testing_client_configure_request_metadata *metadata;
    size_t metadata_n;
    int32_t timeout_sec;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ClientConfigureRequest.Metadata */
struct grpc_testing_client_configure_request_metadata {
    grpc_testing_client_configure_request_rpc_type type;
    edo_str key;
    edo_str value;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.ClientConfigureResponse */
struct grpc_testing_client_configure_response {
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.MemorySize */
struct grpc_testing_memory_size {
    int64_t rss;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.TestOrcaReport */
struct grpc_testing_test_orca_report {
    double cpu_utilization;
    double memory_utilization;
    grpc_testing_test_orca_report_request_cost_entry *request_cost;
    size_t request_cost_n;
    grpc_testing_test_orca_report_utilization_entry *utilization;
    size_t utilization_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.SetReturnStatusRequest */
struct grpc_testing_set_return_status_request {
    int32_t grpc_code_to_return;
    edo_str grpc_status_description;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.HookRequest */
struct grpc_testing_hook_request {
    grpc_testing_hook_request_hook_request_command command;
    int32_t grpc_code_to_return;
    edo_str grpc_status_description;
    int32_t server_port;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.HookResponse */
struct grpc_testing_hook_response {
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.testing.LoadBalancerStatsResponse.RpcsByPeer.RpcsByPeerEntry */
struct grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry {
    edo_str key;
    int32_t value;
};

/* grpc.testing.LoadBalancerStatsResponse.RpcsByPeerEntry */
struct grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry {
    edo_str key;
    int32_t value;
};

/* grpc.testing.LoadBalancerStatsResponse.RpcsByMethodEntry */
struct grpc_testing_load_balancer_stats_response_rpcs_by_method_entry {
    edo_str key;
    grpc_testing_load_balancer_stats_response_rpcs_by_peer value;
};

/* grpc.testing.LoadBalancerStatsResponse.MetadatasByPeerEntry */
struct grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry {
    edo_str key;
    grpc_testing_load_balancer_stats_response_metadata_by_peer value;
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.NumRpcsStartedByMethodEntry */
struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry {
    edo_str key;
    int32_t value;
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.NumRpcsSucceededByMethodEntry */
struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry {
    edo_str key;
    int32_t value;
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.NumRpcsFailedByMethodEntry */
struct grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry {
    edo_str key;
    int32_t value;
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.MethodStats.ResultEntry */
struct grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry {
    int32_t key;
    int32_t value;
};

/* grpc.testing.LoadBalancerAccumulatedStatsResponse.StatsPerMethodEntry */
struct grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry {
    edo_str key;
    grpc_testing_load_balancer_accumulated_stats_response_method_stats value;
};

/* grpc.testing.TestOrcaReport.RequestCostEntry */
struct grpc_testing_test_orca_report_request_cost_entry {
    edo_str key;
    double value;
};

/* grpc.testing.TestOrcaReport.UtilizationEntry */
struct grpc_testing_test_orca_report_utilization_entry {
    edo_str key;
    double value;
};

EDO_DESCRIBED_LATER(grpc_testing_bool_value)
EDO_DESCRIBED_LATER(grpc_testing_payload)
EDO_DESCRIBED_LATER(grpc_testing_echo_status)
EDO_DESCRIBED_LATER(grpc_testing_simple_request)
EDO_DESCRIBED_LATER(grpc_testing_simple_response)
EDO_DESCRIBED_LATER(grpc_testing_streaming_input_call_request)
EDO_DESCRIBED_LATER(grpc_testing_streaming_input_call_response)
EDO_DESCRIBED_LATER(grpc_testing_response_parameters)
EDO_DESCRIBED_LATER(grpc_testing_streaming_output_call_request)
EDO_DESCRIBED_LATER(grpc_testing_streaming_output_call_response)
EDO_DESCRIBED_LATER(grpc_testing_reconnect_params)
EDO_DESCRIBED_LATER(grpc_testing_reconnect_info)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_request)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_metadata_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_rpc_metadata)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_metadata_by_peer)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_rpcs_by_peer)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_request)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_method_stats)
EDO_DESCRIBED_LATER(grpc_testing_client_configure_request)
EDO_DESCRIBED_LATER(grpc_testing_client_configure_request_metadata)
EDO_DESCRIBED_LATER(grpc_testing_client_configure_response)
EDO_DESCRIBED_LATER(grpc_testing_memory_size)
EDO_DESCRIBED_LATER(grpc_testing_test_orca_report)
EDO_DESCRIBED_LATER(grpc_testing_set_return_status_request)
EDO_DESCRIBED_LATER(grpc_testing_hook_request)
EDO_DESCRIBED_LATER(grpc_testing_hook_response)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_rpcs_by_method_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry)
EDO_DESCRIBED_LATER(grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry)
EDO_DESCRIBED_LATER(grpc_testing_test_orca_report_request_cost_entry)
EDO_DESCRIBED_LATER(grpc_testing_test_orca_report_utilization_entry)

EDO_DESCRIBE(grpc_testing_bool_value,
    EDO_FIELD(grpc_testing_bool_value, value, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_bool_value, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_payload,
    EDO_FIELD_OF(grpc_testing_payload, type, grpc_testing_payload_type_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_payload, body, .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_payload, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_echo_status,
    EDO_FIELD(grpc_testing_echo_status, code, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_echo_status, message, .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_echo_status, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_simple_request,
    EDO_FIELD_OF(grpc_testing_simple_request, response_type, grpc_testing_payload_type_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, response_size, .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_simple_request, payload, grpc_testing_payload_desc,
              .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, fill_username, .number = 4, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, fill_oauth_scope, .number = 5, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_simple_request, response_compressed, grpc_testing_bool_value_desc,
              .number = 6, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_simple_request, response_status, grpc_testing_echo_status_desc,
              .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_simple_request, expect_compressed, grpc_testing_bool_value_desc,
              .number = 8, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, fill_server_id, .number = 9, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, fill_grpclb_route_type, .number = 10, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_simple_request, orca_per_query_report, grpc_testing_test_orca_report_desc,
              .number = 11, .optional = true),
    EDO_FIELD(grpc_testing_simple_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_simple_response,
    EDO_FIELD_PTR_OF(grpc_testing_simple_response, payload, grpc_testing_payload_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_simple_response, username, .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_simple_response, oauth_scope, .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_simple_response, server_id, .number = 4, .optional = true),
    EDO_FIELD_OF(grpc_testing_simple_response, grpclb_route_type, grpc_testing_grpclb_route_type_desc,
              .number = 5, .optional = true),
    EDO_FIELD(grpc_testing_simple_response, hostname, .number = 6, .optional = true),
    EDO_FIELD(grpc_testing_simple_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_streaming_input_call_request,
    EDO_FIELD_PTR_OF(grpc_testing_streaming_input_call_request, payload, grpc_testing_payload_desc,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_streaming_input_call_request, expect_compressed, grpc_testing_bool_value_desc,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_streaming_input_call_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_streaming_input_call_response,
    EDO_FIELD(grpc_testing_streaming_input_call_response, aggregated_payload_size,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_streaming_input_call_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_response_parameters,
    EDO_FIELD(grpc_testing_response_parameters, size, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_response_parameters, interval_us, .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_response_parameters, compressed, grpc_testing_bool_value_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_response_parameters, fill_peer_socket_address, grpc_testing_bool_value_desc,
              .number = 4, .optional = true),
    EDO_FIELD(grpc_testing_response_parameters, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_streaming_output_call_request,
    EDO_FIELD_OF(grpc_testing_streaming_output_call_request, response_type, grpc_testing_payload_type_desc,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_streaming_output_call_request, response_parameters, response_parameters_n, grpc_testing_response_parameters_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_streaming_output_call_request, payload, grpc_testing_payload_desc,
              .number = 3, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_streaming_output_call_request, response_status, grpc_testing_echo_status_desc,
              .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(grpc_testing_streaming_output_call_request, orca_oob_report, grpc_testing_test_orca_report_desc,
              .number = 8, .optional = true),
    EDO_FIELD(grpc_testing_streaming_output_call_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_streaming_output_call_response,
    EDO_FIELD_PTR_OF(grpc_testing_streaming_output_call_response, payload, grpc_testing_payload_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_streaming_output_call_response, peer_socket_address,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_streaming_output_call_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_reconnect_params,
    EDO_FIELD(grpc_testing_reconnect_params, max_reconnect_backoff_ms,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_reconnect_params, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_reconnect_info,
    EDO_FIELD(grpc_testing_reconnect_info, passed, .number = 1, .optional = true),
    EDO_FIELD_LIST(grpc_testing_reconnect_info, backoff_ms, backoff_ms_n,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_reconnect_info, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_request,
    EDO_FIELD(grpc_testing_load_balancer_stats_request, num_rpcs, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_request, timeout_sec, .number = 2, .optional = true),
    EDO_FIELD_LIST(grpc_testing_load_balancer_stats_request, metadata_keys, metadata_keys_n,
              .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response,
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response, rpcs_by_peer, rpcs_by_peer_n, grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry_desc,
              .number = 1, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response, num_failures,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response, rpcs_by_method, rpcs_by_method_n, grpc_testing_load_balancer_stats_response_rpcs_by_method_entry_desc,
              .number = 3, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response, metadatas_by_peer, metadatas_by_peer_n, grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry_desc,
              .number = 4, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_metadata_entry,
    EDO_FIELD(grpc_testing_load_balancer_stats_response_metadata_entry, key,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_metadata_entry, value,
              .number = 2, .optional = true),
    EDO_FIELD_OF(grpc_testing_load_balancer_stats_response_metadata_entry, type, grpc_testing_load_balancer_stats_response_metadata_type_desc,
              .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_metadata_entry, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_rpc_metadata,
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response_rpc_metadata, metadata, metadata_n, grpc_testing_load_balancer_stats_response_metadata_entry_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpc_metadata, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_metadata_by_peer,
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response_metadata_by_peer, rpc_metadata, rpc_metadata_n, grpc_testing_load_balancer_stats_response_rpc_metadata_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_metadata_by_peer, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_rpcs_by_peer,
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_stats_response_rpcs_by_peer, rpcs_by_peer, rpcs_by_peer_n, grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry_desc,
              .number = 1, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_peer, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_request,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response,
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_accumulated_stats_response, num_rpcs_started_by_method, num_rpcs_started_by_method_n, grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry_desc,
              .number = 1, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_accumulated_stats_response, num_rpcs_succeeded_by_method, num_rpcs_succeeded_by_method_n, grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry_desc,
              .number = 2, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_accumulated_stats_response, num_rpcs_failed_by_method, num_rpcs_failed_by_method_n, grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry_desc,
              .number = 3, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_accumulated_stats_response, stats_per_method, stats_per_method_n, grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry_desc,
              .number = 4, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_method_stats,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_method_stats, rpcs_started,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_load_balancer_accumulated_stats_response_method_stats, result, result_n, grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry_desc,
              .number = 2, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_method_stats, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_client_configure_request,
    EDO_FIELD_LIST_OF(grpc_testing_client_configure_request, types, types_n, grpc_testing_client_configure_request_rpc_type_desc,
              .number = 1, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_client_configure_request, metadata, metadata_n, grpc_testing_client_configure_request_metadata_desc,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_client_configure_request, timeout_sec, .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_client_configure_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_client_configure_request_metadata,
    EDO_FIELD_OF(grpc_testing_client_configure_request_metadata, type, grpc_testing_client_configure_request_rpc_type_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_client_configure_request_metadata, key, .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_client_configure_request_metadata, value, .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_client_configure_request_metadata, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_client_configure_response,
    EDO_FIELD(grpc_testing_client_configure_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_memory_size,
    EDO_FIELD(grpc_testing_memory_size, rss, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_memory_size, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_test_orca_report,
    EDO_FIELD(grpc_testing_test_orca_report, cpu_utilization, .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_test_orca_report, memory_utilization, .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_test_orca_report, request_cost, request_cost_n, grpc_testing_test_orca_report_request_cost_entry_desc,
              .number = 3, .map = true, .optional = true),
    EDO_FIELD_LIST_OF(grpc_testing_test_orca_report, utilization, utilization_n, grpc_testing_test_orca_report_utilization_entry_desc,
              .number = 4, .map = true, .optional = true),
    EDO_FIELD(grpc_testing_test_orca_report, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_set_return_status_request,
    EDO_FIELD(grpc_testing_set_return_status_request, grpc_code_to_return,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_set_return_status_request, grpc_status_description,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_set_return_status_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_hook_request,
    EDO_FIELD_OF(grpc_testing_hook_request, command, grpc_testing_hook_request_hook_request_command_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_testing_hook_request, grpc_code_to_return, .number = 2, .optional = true),
    EDO_FIELD(grpc_testing_hook_request, grpc_status_description, .number = 3, .optional = true),
    EDO_FIELD(grpc_testing_hook_request, server_port, .number = 4, .optional = true),
    EDO_FIELD(grpc_testing_hook_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_hook_response,
    EDO_FIELD(grpc_testing_hook_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry,
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry, key,
              .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_peer_rpcs_by_peer_entry, value,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry,
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry, key, .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_peer_entry, value, .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_rpcs_by_method_entry,
    EDO_FIELD(grpc_testing_load_balancer_stats_response_rpcs_by_method_entry, key, .number = 1),
    EDO_FIELD_OF(grpc_testing_load_balancer_stats_response_rpcs_by_method_entry, value, grpc_testing_load_balancer_stats_response_rpcs_by_peer_desc,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry,
    EDO_FIELD(grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry, key, .number = 1),
    EDO_FIELD_OF(grpc_testing_load_balancer_stats_response_metadatas_by_peer_entry, value, grpc_testing_load_balancer_stats_response_metadata_by_peer_desc,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry, key,
              .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_started_by_method_entry, value,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry, key,
              .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_succeeded_by_method_entry, value,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry, key,
              .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_num_rpcs_failed_by_method_entry, value,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry, key,
              .number = 1),
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_method_stats_result_entry, value,
              .number = 2))

EDO_DESCRIBE(grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry,
    EDO_FIELD(grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry, key,
              .number = 1),
    EDO_FIELD_OF(grpc_testing_load_balancer_accumulated_stats_response_stats_per_method_entry, value, grpc_testing_load_balancer_accumulated_stats_response_method_stats_desc,
              .number = 2))

EDO_DESCRIBE(grpc_testing_test_orca_report_request_cost_entry,
    EDO_FIELD(grpc_testing_test_orca_report_request_cost_entry, key, .number = 1),
    EDO_FIELD(grpc_testing_test_orca_report_request_cost_entry, value, .number = 2))

EDO_DESCRIBE(grpc_testing_test_orca_report_utilization_entry,
    EDO_FIELD(grpc_testing_test_orca_report_utilization_entry, key, .number = 1),
    EDO_FIELD(grpc_testing_test_orca_report_utilization_entry, value, .number = 2))

#ifdef GRPC_TESTING_MESSAGES_TYPES
#    error "two files make GRPC_TESTING_MESSAGES_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GRPC_TESTING_MESSAGES_TYPES \
    { "grpc.testing.BoolValue", &grpc_testing_bool_value_desc }, \
    { "grpc.testing.Payload", &grpc_testing_payload_desc }, \
    { "grpc.testing.EchoStatus", &grpc_testing_echo_status_desc }, \
    { "grpc.testing.SimpleRequest", &grpc_testing_simple_request_desc }, \
    { "grpc.testing.SimpleResponse", &grpc_testing_simple_response_desc }, \
    { "grpc.testing.StreamingInputCallRequest", &grpc_testing_streaming_input_call_request_desc }, \
    { "grpc.testing.StreamingInputCallResponse", &grpc_testing_streaming_input_call_response_desc }, \
    { "grpc.testing.ResponseParameters", &grpc_testing_response_parameters_desc }, \
    { "grpc.testing.StreamingOutputCallRequest", &grpc_testing_streaming_output_call_request_desc }, \
    { "grpc.testing.StreamingOutputCallResponse", &grpc_testing_streaming_output_call_response_desc }, \
    { "grpc.testing.ReconnectParams", &grpc_testing_reconnect_params_desc }, \
    { "grpc.testing.ReconnectInfo", &grpc_testing_reconnect_info_desc }, \
    { "grpc.testing.LoadBalancerStatsRequest", &grpc_testing_load_balancer_stats_request_desc }, \
    { "grpc.testing.LoadBalancerStatsResponse", &grpc_testing_load_balancer_stats_response_desc }, \
    { "grpc.testing.LoadBalancerStatsResponse.MetadataEntry", &grpc_testing_load_balancer_stats_response_metadata_entry_desc }, \
    { "grpc.testing.LoadBalancerStatsResponse.RpcMetadata", &grpc_testing_load_balancer_stats_response_rpc_metadata_desc }, \
    { "grpc.testing.LoadBalancerStatsResponse.MetadataByPeer", &grpc_testing_load_balancer_stats_response_metadata_by_peer_desc }, \
    { "grpc.testing.LoadBalancerStatsResponse.RpcsByPeer", &grpc_testing_load_balancer_stats_response_rpcs_by_peer_desc }, \
    { "grpc.testing.LoadBalancerAccumulatedStatsRequest", &grpc_testing_load_balancer_accumulated_stats_request_desc }, \
    { "grpc.testing.LoadBalancerAccumulatedStatsResponse", &grpc_testing_load_balancer_accumulated_stats_response_desc }, \
    { "grpc.testing.LoadBalancerAccumulatedStatsResponse.MethodStats", &grpc_testing_load_balancer_accumulated_stats_response_method_stats_desc }, \
    { "grpc.testing.ClientConfigureRequest", &grpc_testing_client_configure_request_desc }, \
    { "grpc.testing.ClientConfigureRequest.Metadata", &grpc_testing_client_configure_request_metadata_desc }, \
    { "grpc.testing.ClientConfigureResponse", &grpc_testing_client_configure_response_desc }, \
    { "grpc.testing.MemorySize", &grpc_testing_memory_size_desc }, \
    { "grpc.testing.TestOrcaReport", &grpc_testing_test_orca_report_desc }, \
    { "grpc.testing.SetReturnStatusRequest", &grpc_testing_set_return_status_request_desc }, \
    { "grpc.testing.HookRequest", &grpc_testing_hook_request_desc }, \
    { "grpc.testing.HookResponse", &grpc_testing_hook_response_desc }

#endif
