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

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_grpc_testing_messages) = {
    10, 188, 48, 10, 27, 103, 114, 112, 99, 47, 116, 101, 115, 116, 105, 110, 103, 47, 109, 101,
    115, 115, 97, 103, 101, 115, 46, 112, 114, 111, 116, 111, 18, 12, 103, 114, 112, 99, 46, 116,
    101, 115, 116, 105, 110, 103, 34, 33, 10, 9, 66, 111, 111, 108, 86, 97, 108, 117, 101, 18,
    20, 10, 5, 118, 97, 108, 117, 101, 24, 1, 32, 1, 40, 8, 82, 5, 118, 97, 108, 117,
    101, 34, 76, 10, 7, 80, 97, 121, 108, 111, 97, 100, 18, 45, 10, 4, 116, 121, 112, 101,
    24, 1, 32, 1, 40, 14, 50, 25, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110,
    103, 46, 80, 97, 121, 108, 111, 97, 100, 84, 121, 112, 101, 82, 4, 116, 121, 112, 101, 18,
    18, 10, 4, 98, 111, 100, 121, 24, 2, 32, 1, 40, 12, 82, 4, 98, 111, 100, 121, 34,
    58, 10, 10, 69, 99, 104, 111, 83, 116, 97, 116, 117, 115, 18, 18, 10, 4, 99, 111, 100,
    101, 24, 1, 32, 1, 40, 5, 82, 4, 99, 111, 100, 101, 18, 24, 10, 7, 109, 101, 115,
    115, 97, 103, 101, 24, 2, 32, 1, 40, 9, 82, 7, 109, 101, 115, 115, 97, 103, 101, 34,
    243, 4, 10, 13, 83, 105, 109, 112, 108, 101, 82, 101, 113, 117, 101, 115, 116, 18, 62, 10,
    13, 114, 101, 115, 112, 111, 110, 115, 101, 95, 116, 121, 112, 101, 24, 1, 32, 1, 40, 14,
    50, 25, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108,
    111, 97, 100, 84, 121, 112, 101, 82, 12, 114, 101, 115, 112, 111, 110, 115, 101, 84, 121, 112,
    101, 18, 35, 10, 13, 114, 101, 115, 112, 111, 110, 115, 101, 95, 115, 105, 122, 101, 24, 2,
    32, 1, 40, 5, 82, 12, 114, 101, 115, 112, 111, 110, 115, 101, 83, 105, 122, 101, 18, 47,
    10, 7, 112, 97, 121, 108, 111, 97, 100, 24, 3, 32, 1, 40, 11, 50, 21, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108, 111, 97, 100, 82, 7,
    112, 97, 121, 108, 111, 97, 100, 18, 35, 10, 13, 102, 105, 108, 108, 95, 117, 115, 101, 114,
    110, 97, 109, 101, 24, 4, 32, 1, 40, 8, 82, 12, 102, 105, 108, 108, 85, 115, 101, 114,
    110, 97, 109, 101, 18, 40, 10, 16, 102, 105, 108, 108, 95, 111, 97, 117, 116, 104, 95, 115,
    99, 111, 112, 101, 24, 5, 32, 1, 40, 8, 82, 14, 102, 105, 108, 108, 79, 97, 117, 116,
    104, 83, 99, 111, 112, 101, 18, 72, 10, 19, 114, 101, 115, 112, 111, 110, 115, 101, 95, 99,
    111, 109, 112, 114, 101, 115, 115, 101, 100, 24, 6, 32, 1, 40, 11, 50, 23, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 66, 111, 111, 108, 86, 97, 108, 117, 101,
    82, 18, 114, 101, 115, 112, 111, 110, 115, 101, 67, 111, 109, 112, 114, 101, 115, 115, 101, 100,
    18, 65, 10, 15, 114, 101, 115, 112, 111, 110, 115, 101, 95, 115, 116, 97, 116, 117, 115, 24,
    7, 32, 1, 40, 11, 50, 24, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 69, 99, 104, 111, 83, 116, 97, 116, 117, 115, 82, 14, 114, 101, 115, 112, 111, 110, 115,
    101, 83, 116, 97, 116, 117, 115, 18, 68, 10, 17, 101, 120, 112, 101, 99, 116, 95, 99, 111,
    109, 112, 114, 101, 115, 115, 101, 100, 24, 8, 32, 1, 40, 11, 50, 23, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 66, 111, 111, 108, 86, 97, 108, 117, 101, 82,
    16, 101, 120, 112, 101, 99, 116, 67, 111, 109, 112, 114, 101, 115, 115, 101, 100, 18, 36, 10,
    14, 102, 105, 108, 108, 95, 115, 101, 114, 118, 101, 114, 95, 105, 100, 24, 9, 32, 1, 40,
    8, 82, 12, 102, 105, 108, 108, 83, 101, 114, 118, 101, 114, 73, 100, 18, 51, 10, 22, 102,
    105, 108, 108, 95, 103, 114, 112, 99, 108, 98, 95, 114, 111, 117, 116, 101, 95, 116, 121, 112,
    101, 24, 10, 32, 1, 40, 8, 82, 19, 102, 105, 108, 108, 71, 114, 112, 99, 108, 98, 82,
    111, 117, 116, 101, 84, 121, 112, 101, 18, 79, 10, 21, 111, 114, 99, 97, 95, 112, 101, 114,
    95, 113, 117, 101, 114, 121, 95, 114, 101, 112, 111, 114, 116, 24, 11, 32, 1, 40, 11, 50,
    28, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 84, 101, 115, 116, 79,
    114, 99, 97, 82, 101, 112, 111, 114, 116, 82, 18, 111, 114, 99, 97, 80, 101, 114, 81, 117,
    101, 114, 121, 82, 101, 112, 111, 114, 116, 34, 130, 2, 10, 14, 83, 105, 109, 112, 108, 101,
    82, 101, 115, 112, 111, 110, 115, 101, 18, 47, 10, 7, 112, 97, 121, 108, 111, 97, 100, 24,
    1, 32, 1, 40, 11, 50, 21, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 80, 97, 121, 108, 111, 97, 100, 82, 7, 112, 97, 121, 108, 111, 97, 100, 18, 26, 10,
    8, 117, 115, 101, 114, 110, 97, 109, 101, 24, 2, 32, 1, 40, 9, 82, 8, 117, 115, 101,
    114, 110, 97, 109, 101, 18, 31, 10, 11, 111, 97, 117, 116, 104, 95, 115, 99, 111, 112, 101,
    24, 3, 32, 1, 40, 9, 82, 10, 111, 97, 117, 116, 104, 83, 99, 111, 112, 101, 18, 27,
    10, 9, 115, 101, 114, 118, 101, 114, 95, 105, 100, 24, 4, 32, 1, 40, 9, 82, 8, 115,
    101, 114, 118, 101, 114, 73, 100, 18, 73, 10, 17, 103, 114, 112, 99, 108, 98, 95, 114, 111,
    117, 116, 101, 95, 116, 121, 112, 101, 24, 5, 32, 1, 40, 14, 50, 29, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 71, 114, 112, 99, 108, 98, 82, 111, 117, 116,
    101, 84, 121, 112, 101, 82, 15, 103, 114, 112, 99, 108, 98, 82, 111, 117, 116, 101, 84, 121,
    112, 101, 18, 26, 10, 8, 104, 111, 115, 116, 110, 97, 109, 101, 24, 6, 32, 1, 40, 9,
    82, 8, 104, 111, 115, 116, 110, 97, 109, 101, 34, 146, 1, 10, 25, 83, 116, 114, 101, 97,
    109, 105, 110, 103, 73, 110, 112, 117, 116, 67, 97, 108, 108, 82, 101, 113, 117, 101, 115, 116,
    18, 47, 10, 7, 112, 97, 121, 108, 111, 97, 100, 24, 1, 32, 1, 40, 11, 50, 21, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108, 111, 97, 100,
    82, 7, 112, 97, 121, 108, 111, 97, 100, 18, 68, 10, 17, 101, 120, 112, 101, 99, 116, 95,
    99, 111, 109, 112, 114, 101, 115, 115, 101, 100, 24, 2, 32, 1, 40, 11, 50, 23, 46, 103,
    114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 66, 111, 111, 108, 86, 97, 108, 117,
    101, 82, 16, 101, 120, 112, 101, 99, 116, 67, 111, 109, 112, 114, 101, 115, 115, 101, 100, 34,
    84, 10, 26, 83, 116, 114, 101, 97, 109, 105, 110, 103, 73, 110, 112, 117, 116, 67, 97, 108,
    108, 82, 101, 115, 112, 111, 110, 115, 101, 18, 54, 10, 23, 97, 103, 103, 114, 101, 103, 97,
    116, 101, 100, 95, 112, 97, 121, 108, 111, 97, 100, 95, 115, 105, 122, 101, 24, 1, 32, 1,
    40, 5, 82, 21, 97, 103, 103, 114, 101, 103, 97, 116, 101, 100, 80, 97, 121, 108, 111, 97,
    100, 83, 105, 122, 101, 34, 212, 1, 10, 18, 82, 101, 115, 112, 111, 110, 115, 101, 80, 97,
    114, 97, 109, 101, 116, 101, 114, 115, 18, 18, 10, 4, 115, 105, 122, 101, 24, 1, 32, 1,
    40, 5, 82, 4, 115, 105, 122, 101, 18, 31, 10, 11, 105, 110, 116, 101, 114, 118, 97, 108,
    95, 117, 115, 24, 2, 32, 1, 40, 5, 82, 10, 105, 110, 116, 101, 114, 118, 97, 108, 85,
    115, 18, 55, 10, 10, 99, 111, 109, 112, 114, 101, 115, 115, 101, 100, 24, 3, 32, 1, 40,
    11, 50, 23, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 66, 111, 111,
    108, 86, 97, 108, 117, 101, 82, 10, 99, 111, 109, 112, 114, 101, 115, 115, 101, 100, 18, 80,
    10, 24, 102, 105, 108, 108, 95, 112, 101, 101, 114, 95, 115, 111, 99, 107, 101, 116, 95, 97,
    100, 100, 114, 101, 115, 115, 24, 4, 32, 1, 40, 11, 50, 23, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 66, 111, 111, 108, 86, 97, 108, 117, 101, 82, 21, 102,
    105, 108, 108, 80, 101, 101, 114, 83, 111, 99, 107, 101, 116, 65, 100, 100, 114, 101, 115, 115,
    34, 233, 2, 10, 26, 83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116, 112, 117, 116,
    67, 97, 108, 108, 82, 101, 113, 117, 101, 115, 116, 18, 62, 10, 13, 114, 101, 115, 112, 111,
    110, 115, 101, 95, 116, 121, 112, 101, 24, 1, 32, 1, 40, 14, 50, 25, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108, 111, 97, 100, 84, 121, 112,
    101, 82, 12, 114, 101, 115, 112, 111, 110, 115, 101, 84, 121, 112, 101, 18, 81, 10, 19, 114,
    101, 115, 112, 111, 110, 115, 101, 95, 112, 97, 114, 97, 109, 101, 116, 101, 114, 115, 24, 2,
    32, 3, 40, 11, 50, 32, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46,
    82, 101, 115, 112, 111, 110, 115, 101, 80, 97, 114, 97, 109, 101, 116, 101, 114, 115, 82, 18,
    114, 101, 115, 112, 111, 110, 115, 101, 80, 97, 114, 97, 109, 101, 116, 101, 114, 115, 18, 47,
    10, 7, 112, 97, 121, 108, 111, 97, 100, 24, 3, 32, 1, 40, 11, 50, 21, 46, 103, 114,
    112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108, 111, 97, 100, 82, 7,
    112, 97, 121, 108, 111, 97, 100, 18, 65, 10, 15, 114, 101, 115, 112, 111, 110, 115, 101, 95,
    115, 116, 97, 116, 117, 115, 24, 7, 32, 1, 40, 11, 50, 24, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 69, 99, 104, 111, 83, 116, 97, 116, 117, 115, 82, 14,
    114, 101, 115, 112, 111, 110, 115, 101, 83, 116, 97, 116, 117, 115, 18, 68, 10, 15, 111, 114,
    99, 97, 95, 111, 111, 98, 95, 114, 101, 112, 111, 114, 116, 24, 8, 32, 1, 40, 11, 50,
    28, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 84, 101, 115, 116, 79,
    114, 99, 97, 82, 101, 112, 111, 114, 116, 82, 13, 111, 114, 99, 97, 79, 111, 98, 82, 101,
    112, 111, 114, 116, 34, 126, 10, 27, 83, 116, 114, 101, 97, 109, 105, 110, 103, 79, 117, 116,
    112, 117, 116, 67, 97, 108, 108, 82, 101, 115, 112, 111, 110, 115, 101, 18, 47, 10, 7, 112,
    97, 121, 108, 111, 97, 100, 24, 1, 32, 1, 40, 11, 50, 21, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 80, 97, 121, 108, 111, 97, 100, 82, 7, 112, 97, 121,
    108, 111, 97, 100, 18, 46, 10, 19, 112, 101, 101, 114, 95, 115, 111, 99, 107, 101, 116, 95,
    97, 100, 100, 114, 101, 115, 115, 24, 2, 32, 1, 40, 9, 82, 17, 112, 101, 101, 114, 83,
    111, 99, 107, 101, 116, 65, 100, 100, 114, 101, 115, 115, 34, 74, 10, 15, 82, 101, 99, 111,
    110, 110, 101, 99, 116, 80, 97, 114, 97, 109, 115, 18, 55, 10, 24, 109, 97, 120, 95, 114,
    101, 99, 111, 110, 110, 101, 99, 116, 95, 98, 97, 99, 107, 111, 102, 102, 95, 109, 115, 24,
    1, 32, 1, 40, 5, 82, 21, 109, 97, 120, 82, 101, 99, 111, 110, 110, 101, 99, 116, 66,
    97, 99, 107, 111, 102, 102, 77, 115, 34, 70, 10, 13, 82, 101, 99, 111, 110, 110, 101, 99,
    116, 73, 110, 102, 111, 18, 22, 10, 6, 112, 97, 115, 115, 101, 100, 24, 1, 32, 1, 40,
    8, 82, 6, 112, 97, 115, 115, 101, 100, 18, 29, 10, 10, 98, 97, 99, 107, 111, 102, 102,
    95, 109, 115, 24, 2, 32, 3, 40, 5, 82, 9, 98, 97, 99, 107, 111, 102, 102, 77, 115,
    34, 123, 10, 24, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97, 116,
    115, 82, 101, 113, 117, 101, 115, 116, 18, 25, 10, 8, 110, 117, 109, 95, 114, 112, 99, 115,
    24, 1, 32, 1, 40, 5, 82, 7, 110, 117, 109, 82, 112, 99, 115, 18, 31, 10, 11, 116,
    105, 109, 101, 111, 117, 116, 95, 115, 101, 99, 24, 2, 32, 1, 40, 5, 82, 10, 116, 105,
    109, 101, 111, 117, 116, 83, 101, 99, 18, 35, 10, 13, 109, 101, 116, 97, 100, 97, 116, 97,
    95, 107, 101, 121, 115, 24, 3, 32, 3, 40, 9, 82, 12, 109, 101, 116, 97, 100, 97, 116,
    97, 75, 101, 121, 115, 34, 208, 9, 10, 25, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99,
    101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 18, 89, 10, 12, 114,
    112, 99, 115, 95, 98, 121, 95, 112, 101, 101, 114, 24, 1, 32, 3, 40, 11, 50, 55, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108,
    97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 82,
    112, 99, 115, 66, 121, 80, 101, 101, 114, 69, 110, 116, 114, 121, 82, 10, 114, 112, 99, 115,
    66, 121, 80, 101, 101, 114, 18, 33, 10, 12, 110, 117, 109, 95, 102, 97, 105, 108, 117, 114,
    101, 115, 24, 2, 32, 1, 40, 5, 82, 11, 110, 117, 109, 70, 97, 105, 108, 117, 114, 101,
    115, 18, 95, 10, 14, 114, 112, 99, 115, 95, 98, 121, 95, 109, 101, 116, 104, 111, 100, 24,
    3, 32, 3, 40, 11, 50, 57, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101,
    115, 112, 111, 110, 115, 101, 46, 82, 112, 99, 115, 66, 121, 77, 101, 116, 104, 111, 100, 69,
    110, 116, 114, 121, 82, 12, 114, 112, 99, 115, 66, 121, 77, 101, 116, 104, 111, 100, 18, 104,
    10, 17, 109, 101, 116, 97, 100, 97, 116, 97, 115, 95, 98, 121, 95, 112, 101, 101, 114, 24,
    4, 32, 3, 40, 11, 50, 60, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101,
    115, 112, 111, 110, 115, 101, 46, 77, 101, 116, 97, 100, 97, 116, 97, 115, 66, 121, 80, 101,
    101, 114, 69, 110, 116, 114, 121, 82, 15, 109, 101, 116, 97, 100, 97, 116, 97, 115, 66, 121,
    80, 101, 101, 114, 26, 129, 1, 10, 13, 77, 101, 116, 97, 100, 97, 116, 97, 69, 110, 116,
    114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121,
    18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 9, 82, 5, 118, 97, 108,
    117, 101, 18, 72, 10, 4, 116, 121, 112, 101, 24, 3, 32, 1, 40, 14, 50, 52, 46, 103,
    114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97,
    110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 77, 101,
    116, 97, 100, 97, 116, 97, 84, 121, 112, 101, 82, 4, 116, 121, 112, 101, 26, 96, 10, 11,
    82, 112, 99, 77, 101, 116, 97, 100, 97, 116, 97, 18, 81, 10, 8, 109, 101, 116, 97, 100,
    97, 116, 97, 24, 1, 32, 3, 40, 11, 50, 53, 46, 103, 114, 112, 99, 46, 116, 101, 115,
    116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 83, 116, 97,
    116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 77, 101, 116, 97, 100, 97, 116, 97, 69,
    110, 116, 114, 121, 82, 8, 109, 101, 116, 97, 100, 97, 116, 97, 26, 104, 10, 14, 77, 101,
    116, 97, 100, 97, 116, 97, 66, 121, 80, 101, 101, 114, 18, 86, 10, 12, 114, 112, 99, 95,
    109, 101, 116, 97, 100, 97, 116, 97, 24, 1, 32, 3, 40, 11, 50, 51, 46, 103, 114, 112,
    99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99,
    101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 82, 112, 99, 77,
    101, 116, 97, 100, 97, 116, 97, 82, 11, 114, 112, 99, 77, 101, 116, 97, 100, 97, 116, 97,
    26, 177, 1, 10, 10, 82, 112, 99, 115, 66, 121, 80, 101, 101, 114, 18, 100, 10, 12, 114,
    112, 99, 115, 95, 98, 121, 95, 112, 101, 101, 114, 24, 1, 32, 3, 40, 11, 50, 66, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108,
    97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 82,
    112, 99, 115, 66, 121, 80, 101, 101, 114, 46, 82, 112, 99, 115, 66, 121, 80, 101, 101, 114,
    69, 110, 116, 114, 121, 82, 10, 114, 112, 99, 115, 66, 121, 80, 101, 101, 114, 26, 61, 10,
    15, 82, 112, 99, 115, 66, 121, 80, 101, 101, 114, 69, 110, 116, 114, 121, 18, 16, 10, 3,
    107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10, 5, 118, 97,
    108, 117, 101, 24, 2, 32, 1, 40, 5, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1,
    26, 61, 10, 15, 82, 112, 99, 115, 66, 121, 80, 101, 101, 114, 69, 110, 116, 114, 121, 18,
    16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10,
    5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 5, 82, 5, 118, 97, 108, 117, 101, 58,
    2, 56, 1, 26, 115, 10, 17, 82, 112, 99, 115, 66, 121, 77, 101, 116, 104, 111, 100, 69,
    110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107,
    101, 121, 18, 72, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 11, 50, 50, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108,
    97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 82,
    112, 99, 115, 66, 121, 80, 101, 101, 114, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1,
    26, 122, 10, 20, 77, 101, 116, 97, 100, 97, 116, 97, 115, 66, 121, 80, 101, 101, 114, 69,
    110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107,
    101, 121, 18, 76, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 11, 50, 54, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108,
    97, 110, 99, 101, 114, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 77,
    101, 116, 97, 100, 97, 116, 97, 66, 121, 80, 101, 101, 114, 82, 5, 118, 97, 108, 117, 101,
    58, 2, 56, 1, 34, 54, 10, 12, 77, 101, 116, 97, 100, 97, 116, 97, 84, 121, 112, 101,
    18, 11, 10, 7, 85, 78, 75, 78, 79, 87, 78, 16, 0, 18, 11, 10, 7, 73, 78, 73,
    84, 73, 65, 76, 16, 1, 18, 12, 10, 8, 84, 82, 65, 73, 76, 73, 78, 71, 16, 2,
    34, 37, 10, 35, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117,
    109, 117, 108, 97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 113, 117, 101, 115, 116, 34,
    134, 9, 10, 36, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117,
    109, 117, 108, 97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101,
    18, 142, 1, 10, 26, 110, 117, 109, 95, 114, 112, 99, 115, 95, 115, 116, 97, 114, 116, 101,
    100, 95, 98, 121, 95, 109, 101, 116, 104, 111, 100, 24, 1, 32, 3, 40, 11, 50, 78, 46,
    103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108,
    97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108, 97, 116, 101, 100, 83, 116, 97, 116,
    115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 78, 117, 109, 82, 112, 99, 115, 83, 116, 97,
    114, 116, 101, 100, 66, 121, 77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121, 66, 2, 24,
    1, 82, 22, 110, 117, 109, 82, 112, 99, 115, 83, 116, 97, 114, 116, 101, 100, 66, 121, 77,
    101, 116, 104, 111, 100, 18, 148, 1, 10, 28, 110, 117, 109, 95, 114, 112, 99, 115, 95, 115,
    117, 99, 99, 101, 101, 100, 101, 100, 95, 98, 121, 95, 109, 101, 116, 104, 111, 100, 24, 2,
    32, 3, 40, 11, 50, 80, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46,
    76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108, 97,
    116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 78, 117, 109,
    82, 112, 99, 115, 83, 117, 99, 99, 101, 101, 100, 101, 100, 66, 121, 77, 101, 116, 104, 111,
    100, 69, 110, 116, 114, 121, 66, 2, 24, 1, 82, 24, 110, 117, 109, 82, 112, 99, 115, 83,
    117, 99, 99, 101, 101, 100, 101, 100, 66, 121, 77, 101, 116, 104, 111, 100, 18, 139, 1, 10,
    25, 110, 117, 109, 95, 114, 112, 99, 115, 95, 102, 97, 105, 108, 101, 100, 95, 98, 121, 95,
    109, 101, 116, 104, 111, 100, 24, 3, 32, 3, 40, 11, 50, 77, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114,
    65, 99, 99, 117, 109, 117, 108, 97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112,
    111, 110, 115, 101, 46, 78, 117, 109, 82, 112, 99, 115, 70, 97, 105, 108, 101, 100, 66, 121,
    77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121, 66, 2, 24, 1, 82, 21, 110, 117, 109,
    82, 112, 99, 115, 70, 97, 105, 108, 101, 100, 66, 121, 77, 101, 116, 104, 111, 100, 18, 112,
    10, 16, 115, 116, 97, 116, 115, 95, 112, 101, 114, 95, 109, 101, 116, 104, 111, 100, 24, 4,
    32, 3, 40, 11, 50, 70, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46,
    76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108, 97,
    116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 83, 116, 97,
    116, 115, 80, 101, 114, 77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121, 82, 14, 115, 116,
    97, 116, 115, 80, 101, 114, 77, 101, 116, 104, 111, 100, 26, 73, 10, 27, 78, 117, 109, 82,
    112, 99, 115, 83, 116, 97, 114, 116, 101, 100, 66, 121, 77, 101, 116, 104, 111, 100, 69, 110,
    116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101,
    121, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 5, 82, 5, 118, 97,
    108, 117, 101, 58, 2, 56, 1, 26, 75, 10, 29, 78, 117, 109, 82, 112, 99, 115, 83, 117,
    99, 99, 101, 101, 100, 101, 100, 66, 121, 77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121,
    18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20,
    10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 5, 82, 5, 118, 97, 108, 117, 101,
    58, 2, 56, 1, 26, 72, 10, 26, 78, 117, 109, 82, 112, 99, 115, 70, 97, 105, 108, 101,
    100, 66, 121, 77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101,
    121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10, 5, 118, 97, 108, 117,
    101, 24, 2, 32, 1, 40, 5, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1, 26, 207,
    1, 10, 11, 77, 101, 116, 104, 111, 100, 83, 116, 97, 116, 115, 18, 33, 10, 12, 114, 112,
    99, 115, 95, 115, 116, 97, 114, 116, 101, 100, 24, 1, 32, 1, 40, 5, 82, 11, 114, 112,
    99, 115, 83, 116, 97, 114, 116, 101, 100, 18, 98, 10, 6, 114, 101, 115, 117, 108, 116, 24,
    2, 32, 3, 40, 11, 50, 74, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108,
    97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 77, 101,
    116, 104, 111, 100, 83, 116, 97, 116, 115, 46, 82, 101, 115, 117, 108, 116, 69, 110, 116, 114,
    121, 82, 6, 114, 101, 115, 117, 108, 116, 26, 57, 10, 11, 82, 101, 115, 117, 108, 116, 69,
    110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24, 1, 32, 1, 40, 5, 82, 3, 107,
    101, 121, 18, 20, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 1, 40, 5, 82, 5, 118,
    97, 108, 117, 101, 58, 2, 56, 1, 26, 129, 1, 10, 19, 83, 116, 97, 116, 115, 80, 101,
    114, 77, 101, 116, 104, 111, 100, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121, 24,
    1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 84, 10, 5, 118, 97, 108, 117, 101, 24,
    2, 32, 1, 40, 11, 50, 62, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103,
    46, 76, 111, 97, 100, 66, 97, 108, 97, 110, 99, 101, 114, 65, 99, 99, 117, 109, 117, 108,
    97, 116, 101, 100, 83, 116, 97, 116, 115, 82, 101, 115, 112, 111, 110, 115, 101, 46, 77, 101,
    116, 104, 111, 100, 83, 116, 97, 116, 115, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1,
    34, 233, 2, 10, 22, 67, 108, 105, 101, 110, 116, 67, 111, 110, 102, 105, 103, 117, 114, 101,
    82, 101, 113, 117, 101, 115, 116, 18, 66, 10, 5, 116, 121, 112, 101, 115, 24, 1, 32, 3,
    40, 14, 50, 44, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 67, 108,
    105, 101, 110, 116, 67, 111, 110, 102, 105, 103, 117, 114, 101, 82, 101, 113, 117, 101, 115, 116,
    46, 82, 112, 99, 84, 121, 112, 101, 82, 5, 116, 121, 112, 101, 115, 18, 73, 10, 8, 109,
    101, 116, 97, 100, 97, 116, 97, 24, 2, 32, 3, 40, 11, 50, 45, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 67, 108, 105, 101, 110, 116, 67, 111, 110, 102, 105,
    103, 117, 114, 101, 82, 101, 113, 117, 101, 115, 116, 46, 77, 101, 116, 97, 100, 97, 116, 97,
    82, 8, 109, 101, 116, 97, 100, 97, 116, 97, 18, 31, 10, 11, 116, 105, 109, 101, 111, 117,
    116, 95, 115, 101, 99, 24, 3, 32, 1, 40, 5, 82, 10, 116, 105, 109, 101, 111, 117, 116,
    83, 101, 99, 26, 116, 10, 8, 77, 101, 116, 97, 100, 97, 116, 97, 18, 64, 10, 4, 116,
    121, 112, 101, 24, 1, 32, 1, 40, 14, 50, 44, 46, 103, 114, 112, 99, 46, 116, 101, 115,
    116, 105, 110, 103, 46, 67, 108, 105, 101, 110, 116, 67, 111, 110, 102, 105, 103, 117, 114, 101,
    82, 101, 113, 117, 101, 115, 116, 46, 82, 112, 99, 84, 121, 112, 101, 82, 4, 116, 121, 112,
    101, 18, 16, 10, 3, 107, 101, 121, 24, 2, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18,
    20, 10, 5, 118, 97, 108, 117, 101, 24, 3, 32, 1, 40, 9, 82, 5, 118, 97, 108, 117,
    101, 34, 41, 10, 7, 82, 112, 99, 84, 121, 112, 101, 18, 14, 10, 10, 69, 77, 80, 84,
    89, 95, 67, 65, 76, 76, 16, 0, 18, 14, 10, 10, 85, 78, 65, 82, 89, 95, 67, 65,
    76, 76, 16, 1, 34, 25, 10, 23, 67, 108, 105, 101, 110, 116, 67, 111, 110, 102, 105, 103,
    117, 114, 101, 82, 101, 115, 112, 111, 110, 115, 101, 34, 30, 10, 10, 77, 101, 109, 111, 114,
    121, 83, 105, 122, 101, 18, 16, 10, 3, 114, 115, 115, 24, 1, 32, 1, 40, 3, 82, 3,
    114, 115, 115, 34, 139, 3, 10, 14, 84, 101, 115, 116, 79, 114, 99, 97, 82, 101, 112, 111,
    114, 116, 18, 39, 10, 15, 99, 112, 117, 95, 117, 116, 105, 108, 105, 122, 97, 116, 105, 111,
    110, 24, 1, 32, 1, 40, 1, 82, 14, 99, 112, 117, 85, 116, 105, 108, 105, 122, 97, 116,
    105, 111, 110, 18, 45, 10, 18, 109, 101, 109, 111, 114, 121, 95, 117, 116, 105, 108, 105, 122,
    97, 116, 105, 111, 110, 24, 2, 32, 1, 40, 1, 82, 17, 109, 101, 109, 111, 114, 121, 85,
    116, 105, 108, 105, 122, 97, 116, 105, 111, 110, 18, 80, 10, 12, 114, 101, 113, 117, 101, 115,
    116, 95, 99, 111, 115, 116, 24, 3, 32, 3, 40, 11, 50, 45, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 84, 101, 115, 116, 79, 114, 99, 97, 82, 101, 112, 111,
    114, 116, 46, 82, 101, 113, 117, 101, 115, 116, 67, 111, 115, 116, 69, 110, 116, 114, 121, 82,
    11, 114, 101, 113, 117, 101, 115, 116, 67, 111, 115, 116, 18, 79, 10, 11, 117, 116, 105, 108,
    105, 122, 97, 116, 105, 111, 110, 24, 4, 32, 3, 40, 11, 50, 45, 46, 103, 114, 112, 99,
    46, 116, 101, 115, 116, 105, 110, 103, 46, 84, 101, 115, 116, 79, 114, 99, 97, 82, 101, 112,
    111, 114, 116, 46, 85, 116, 105, 108, 105, 122, 97, 116, 105, 111, 110, 69, 110, 116, 114, 121,
    82, 11, 117, 116, 105, 108, 105, 122, 97, 116, 105, 111, 110, 26, 62, 10, 16, 82, 101, 113,
    117, 101, 115, 116, 67, 111, 115, 116, 69, 110, 116, 114, 121, 18, 16, 10, 3, 107, 101, 121,
    24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10, 5, 118, 97, 108, 117, 101,
    24, 2, 32, 1, 40, 1, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56, 1, 26, 62, 10,
    16, 85, 116, 105, 108, 105, 122, 97, 116, 105, 111, 110, 69, 110, 116, 114, 121, 18, 16, 10,
    3, 107, 101, 121, 24, 1, 32, 1, 40, 9, 82, 3, 107, 101, 121, 18, 20, 10, 5, 118,
    97, 108, 117, 101, 24, 2, 32, 1, 40, 1, 82, 5, 118, 97, 108, 117, 101, 58, 2, 56,
    1, 34, 127, 10, 22, 83, 101, 116, 82, 101, 116, 117, 114, 110, 83, 116, 97, 116, 117, 115,
    82, 101, 113, 117, 101, 115, 116, 18, 45, 10, 19, 103, 114, 112, 99, 95, 99, 111, 100, 101,
    95, 116, 111, 95, 114, 101, 116, 117, 114, 110, 24, 1, 32, 1, 40, 5, 82, 16, 103, 114,
    112, 99, 67, 111, 100, 101, 84, 111, 82, 101, 116, 117, 114, 110, 18, 54, 10, 23, 103, 114,
    112, 99, 95, 115, 116, 97, 116, 117, 115, 95, 100, 101, 115, 99, 114, 105, 112, 116, 105, 111,
    110, 24, 2, 32, 1, 40, 9, 82, 21, 103, 114, 112, 99, 83, 116, 97, 116, 117, 115, 68,
    101, 115, 99, 114, 105, 112, 116, 105, 111, 110, 34, 165, 2, 10, 11, 72, 111, 111, 107, 82,
    101, 113, 117, 101, 115, 116, 18, 70, 10, 7, 99, 111, 109, 109, 97, 110, 100, 24, 1, 32,
    1, 40, 14, 50, 44, 46, 103, 114, 112, 99, 46, 116, 101, 115, 116, 105, 110, 103, 46, 72,
    111, 111, 107, 82, 101, 113, 117, 101, 115, 116, 46, 72, 111, 111, 107, 82, 101, 113, 117, 101,
    115, 116, 67, 111, 109, 109, 97, 110, 100, 82, 7, 99, 111, 109, 109, 97, 110, 100, 18, 45,
    10, 19, 103, 114, 112, 99, 95, 99, 111, 100, 101, 95, 116, 111, 95, 114, 101, 116, 117, 114,
    110, 24, 2, 32, 1, 40, 5, 82, 16, 103, 114, 112, 99, 67, 111, 100, 101, 84, 111, 82,
    101, 116, 117, 114, 110, 18, 54, 10, 23, 103, 114, 112, 99, 95, 115, 116, 97, 116, 117, 115,
    95, 100, 101, 115, 99, 114, 105, 112, 116, 105, 111, 110, 24, 3, 32, 1, 40, 9, 82, 21,
    103, 114, 112, 99, 83, 116, 97, 116, 117, 115, 68, 101, 115, 99, 114, 105, 112, 116, 105, 111,
    110, 18, 31, 10, 11, 115, 101, 114, 118, 101, 114, 95, 112, 111, 114, 116, 24, 4, 32, 1,
    40, 5, 82, 10, 115, 101, 114, 118, 101, 114, 80, 111, 114, 116, 34, 70, 10, 18, 72, 111,
    111, 107, 82, 101, 113, 117, 101, 115, 116, 67, 111, 109, 109, 97, 110, 100, 18, 15, 10, 11,
    85, 78, 83, 80, 69, 67, 73, 70, 73, 69, 68, 16, 0, 18, 9, 10, 5, 83, 84, 65,
    82, 84, 16, 1, 18, 8, 10, 4, 83, 84, 79, 80, 16, 2, 18, 10, 10, 6, 82, 69,
    84, 85, 82, 78, 16, 3, 34, 14, 10, 12, 72, 111, 111, 107, 82, 101, 115, 112, 111, 110,
    115, 101, 42, 31, 10, 11, 80, 97, 121, 108, 111, 97, 100, 84, 121, 112, 101, 18, 16, 10,
    12, 67, 79, 77, 80, 82, 69, 83, 83, 65, 66, 76, 69, 16, 0, 42, 111, 10, 15, 71,
    114, 112, 99, 108, 98, 82, 111, 117, 116, 101, 84, 121, 112, 101, 18, 29, 10, 25, 71, 82,
    80, 67, 76, 66, 95, 82, 79, 85, 84, 69, 95, 84, 89, 80, 69, 95, 85, 78, 75, 78,
    79, 87, 78, 16, 0, 18, 30, 10, 26, 71, 82, 80, 67, 76, 66, 95, 82, 79, 85, 84,
    69, 95, 84, 89, 80, 69, 95, 70, 65, 76, 76, 66, 65, 67, 75, 16, 1, 18, 29, 10,
    25, 71, 82, 80, 67, 76, 66, 95, 82, 79, 85, 84, 69, 95, 84, 89, 80, 69, 95, 66,
    65, 67, 75, 69, 78, 68, 16, 2, 66, 29, 10, 27, 105, 111, 46, 103, 114, 112, 99, 46,
    116, 101, 115, 116, 105, 110, 103, 46, 105, 110, 116, 101, 103, 114, 97, 116, 105, 111, 110, 98,
    6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_grpc_testing_messages, NULL)

#endif
