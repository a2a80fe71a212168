/* Made by protoc-gen-edo from grpc/reflection/v1/reflection.proto: changes will be lost. */
#ifndef GRPC_REFLECTION_V1_REFLECTION_EDO_H
#define GRPC_REFLECTION_V1_REFLECTION_EDO_H

#include <edo/grpc.h>

typedef struct grpc_reflection_v1_server_reflection_request grpc_reflection_v1_server_reflection_request;
typedef struct grpc_reflection_v1_extension_request grpc_reflection_v1_extension_request;
typedef struct grpc_reflection_v1_server_reflection_response grpc_reflection_v1_server_reflection_response;
typedef struct grpc_reflection_v1_file_descriptor_response grpc_reflection_v1_file_descriptor_response;
typedef struct grpc_reflection_v1_extension_number_response grpc_reflection_v1_extension_number_response;
typedef struct grpc_reflection_v1_list_service_response grpc_reflection_v1_list_service_response;
typedef struct grpc_reflection_v1_service_response grpc_reflection_v1_service_response;
typedef struct grpc_reflection_v1_error_response grpc_reflection_v1_error_response;

enum {
    GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_BY_FILENAME = 3,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL = 4,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION = 5,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE = 6,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_LIST_SERVICES = 7,
};

/* grpc.reflection.v1.ServerReflectionRequest */
struct grpc_reflection_v1_server_reflection_request {
    edo_str host;
    uint32_t message_request; /* which of these is there; 0: none */
    union {
        edo_str file_by_filename;
        edo_str file_containing_symbol;
        grpc_reflection_v1_extension_request *file_containing_extension;
        edo_str all_extension_numbers_of_type;
        edo_str list_services;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.ExtensionRequest */
struct grpc_reflection_v1_extension_request {
    edo_str containing_type;
    int32_t extension_number;
    edo_str unknown; /* what this description has not, as it came */
};

enum {
    GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE = 4,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE = 5,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE = 6,
    GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_ERROR_RESPONSE = 7,
};

/* grpc.reflection.v1.ServerReflectionResponse */
struct grpc_reflection_v1_server_reflection_response {
    edo_str valid_host;
    grpc_reflection_v1_server_reflection_request *original_request;
    uint32_t message_response; /* which of these is there; 0: none */
    union {
        grpc_reflection_v1_file_descriptor_response *file_descriptor_response;
        grpc_reflection_v1_extension_number_response *all_extension_numbers_response;
        grpc_reflection_v1_list_service_response *list_services_response;
        grpc_reflection_v1_error_response *error_response;
    };
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.FileDescriptorResponse */
struct grpc_reflection_v1_file_descriptor_response {
    edo_bytes *file_descriptor_proto;
    size_t file_descriptor_proto_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.ExtensionNumberResponse */
struct grpc_reflection_v1_extension_number_response {
    edo_str base_type_name;
    int32_t *extension_number;
    size_t extension_number_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.ListServiceResponse */
struct grpc_reflection_v1_list_service_response {
    grpc_reflection_v1_service_response *service;
    size_t service_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.ServiceResponse */
struct grpc_reflection_v1_service_response {
    edo_str name;
    edo_str unknown; /* what this description has not, as it came */
};

/* grpc.reflection.v1.ErrorResponse */
struct grpc_reflection_v1_error_response {
    int32_t error_code;
    edo_str error_message;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(grpc_reflection_v1_server_reflection_request)
EDO_DESCRIBED_LATER(grpc_reflection_v1_extension_request)
EDO_DESCRIBED_LATER(grpc_reflection_v1_server_reflection_response)
EDO_DESCRIBED_LATER(grpc_reflection_v1_file_descriptor_response)
EDO_DESCRIBED_LATER(grpc_reflection_v1_extension_number_response)
EDO_DESCRIBED_LATER(grpc_reflection_v1_list_service_response)
EDO_DESCRIBED_LATER(grpc_reflection_v1_service_response)
EDO_DESCRIBED_LATER(grpc_reflection_v1_error_response)

EDO_DESCRIBE(grpc_reflection_v1_server_reflection_request,
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, host, .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, file_by_filename,
              .number = 3, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_request, message_request)),
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, file_containing_symbol,
              .number = 4, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_request, message_request)),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_request, file_containing_extension, grpc_reflection_v1_extension_request_desc,
              .number = 5, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_request, message_request)),
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, all_extension_numbers_of_type,
              .number = 6, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_request, message_request)),
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, list_services,
              .number = 7, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_request, message_request)),
    EDO_FIELD(grpc_reflection_v1_server_reflection_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_extension_request,
    EDO_FIELD(grpc_reflection_v1_extension_request, containing_type, .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_extension_request, extension_number,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_reflection_v1_extension_request, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_server_reflection_response,
    EDO_FIELD(grpc_reflection_v1_server_reflection_response, valid_host,
              .number = 1, .optional = true),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_response, original_request, grpc_reflection_v1_server_reflection_request_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_response, file_descriptor_response, grpc_reflection_v1_file_descriptor_response_desc,
              .number = 4, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_response, message_response)),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_response, all_extension_numbers_response, grpc_reflection_v1_extension_number_response_desc,
              .number = 5, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_response, message_response)),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_response, list_services_response, grpc_reflection_v1_list_service_response_desc,
              .number = 6, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_response, message_response)),
    EDO_FIELD_PTR_OF(grpc_reflection_v1_server_reflection_response, error_response, grpc_reflection_v1_error_response_desc,
              .number = 7, .optional = true, EDO_ONEOF(grpc_reflection_v1_server_reflection_response, message_response)),
    EDO_FIELD(grpc_reflection_v1_server_reflection_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_file_descriptor_response,
    EDO_FIELD_LIST(grpc_reflection_v1_file_descriptor_response, file_descriptor_proto, file_descriptor_proto_n,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_file_descriptor_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_extension_number_response,
    EDO_FIELD(grpc_reflection_v1_extension_number_response, base_type_name,
              .number = 1, .optional = true),
    EDO_FIELD_LIST(grpc_reflection_v1_extension_number_response, extension_number, extension_number_n,
              .number = 2, .optional = true),
    EDO_FIELD(grpc_reflection_v1_extension_number_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_list_service_response,
    EDO_FIELD_LIST_OF(grpc_reflection_v1_list_service_response, service, service_n, grpc_reflection_v1_service_response_desc,
              .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_list_service_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_service_response,
    EDO_FIELD(grpc_reflection_v1_service_response, name, .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_service_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(grpc_reflection_v1_error_response,
    EDO_FIELD(grpc_reflection_v1_error_response, error_code, .number = 1, .optional = true),
    EDO_FIELD(grpc_reflection_v1_error_response, error_message, .number = 2, .optional = true),
    EDO_FIELD(grpc_reflection_v1_error_response, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GRPC_REFLECTION_V1_REFLECTION_TYPES
#    error "two files make GRPC_REFLECTION_V1_REFLECTION_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GRPC_REFLECTION_V1_REFLECTION_TYPES \
    { "grpc.reflection.v1.ServerReflectionRequest", &grpc_reflection_v1_server_reflection_request_desc }, \
    { "grpc.reflection.v1.ExtensionRequest", &grpc_reflection_v1_extension_request_desc }, \
    { "grpc.reflection.v1.ServerReflectionResponse", &grpc_reflection_v1_server_reflection_response_desc }, \
    { "grpc.reflection.v1.FileDescriptorResponse", &grpc_reflection_v1_file_descriptor_response_desc }, \
    { "grpc.reflection.v1.ExtensionNumberResponse", &grpc_reflection_v1_extension_number_response_desc }, \
    { "grpc.reflection.v1.ListServiceResponse", &grpc_reflection_v1_list_service_response_desc }, \
    { "grpc.reflection.v1.ServiceResponse", &grpc_reflection_v1_service_response_desc }, \
    { "grpc.reflection.v1.ErrorResponse", &grpc_reflection_v1_error_response_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_grpc_reflection_v1_reflection) = {
    10, 208, 13, 10, 35, 103, 114, 112, 99, 47, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110,
    47, 118, 49, 47, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 112, 114, 111, 116, 111,
    18, 18, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 118, 49,
    34, 243, 2, 10, 23, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111,
    110, 82, 101, 113, 117, 101, 115, 116, 18, 18, 10, 4, 104, 111, 115, 116, 24, 1, 32, 1,
    40, 9, 82, 4, 104, 111, 115, 116, 18, 42, 10, 16, 102, 105, 108, 101, 95, 98, 121, 95,
    102, 105, 108, 101, 110, 97, 109, 101, 24, 3, 32, 1, 40, 9, 72, 0, 82, 14, 102, 105,
    108, 101, 66, 121, 70, 105, 108, 101, 110, 97, 109, 101, 18, 54, 10, 22, 102, 105, 108, 101,
    95, 99, 111, 110, 116, 97, 105, 110, 105, 110, 103, 95, 115, 121, 109, 98, 111, 108, 24, 4,
    32, 1, 40, 9, 72, 0, 82, 20, 102, 105, 108, 101, 67, 111, 110, 116, 97, 105, 110, 105,
    110, 103, 83, 121, 109, 98, 111, 108, 18, 98, 10, 25, 102, 105, 108, 101, 95, 99, 111, 110,
    116, 97, 105, 110, 105, 110, 103, 95, 101, 120, 116, 101, 110, 115, 105, 111, 110, 24, 5, 32,
    1, 40, 11, 50, 36, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111,
    110, 46, 118, 49, 46, 69, 120, 116, 101, 110, 115, 105, 111, 110, 82, 101, 113, 117, 101, 115,
    116, 72, 0, 82, 23, 102, 105, 108, 101, 67, 111, 110, 116, 97, 105, 110, 105, 110, 103, 69,
    120, 116, 101, 110, 115, 105, 111, 110, 18, 66, 10, 29, 97, 108, 108, 95, 101, 120, 116, 101,
    110, 115, 105, 111, 110, 95, 110, 117, 109, 98, 101, 114, 115, 95, 111, 102, 95, 116, 121, 112,
    101, 24, 6, 32, 1, 40, 9, 72, 0, 82, 25, 97, 108, 108, 69, 120, 116, 101, 110, 115,
    105, 111, 110, 78, 117, 109, 98, 101, 114, 115, 79, 102, 84, 121, 112, 101, 18, 37, 10, 13,
    108, 105, 115, 116, 95, 115, 101, 114, 118, 105, 99, 101, 115, 24, 7, 32, 1, 40, 9, 72,
    0, 82, 12, 108, 105, 115, 116, 83, 101, 114, 118, 105, 99, 101, 115, 66, 17, 10, 15, 109,
    101, 115, 115, 97, 103, 101, 95, 114, 101, 113, 117, 101, 115, 116, 34, 102, 10, 16, 69, 120,
    116, 101, 110, 115, 105, 111, 110, 82, 101, 113, 117, 101, 115, 116, 18, 39, 10, 15, 99, 111,
    110, 116, 97, 105, 110, 105, 110, 103, 95, 116, 121, 112, 101, 24, 1, 32, 1, 40, 9, 82,
    14, 99, 111, 110, 116, 97, 105, 110, 105, 110, 103, 84, 121, 112, 101, 18, 41, 10, 16, 101,
    120, 116, 101, 110, 115, 105, 111, 110, 95, 110, 117, 109, 98, 101, 114, 24, 2, 32, 1, 40,
    5, 82, 15, 101, 120, 116, 101, 110, 115, 105, 111, 110, 78, 117, 109, 98, 101, 114, 34, 174,
    4, 10, 24, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111, 110, 82,
    101, 115, 112, 111, 110, 115, 101, 18, 29, 10, 10, 118, 97, 108, 105, 100, 95, 104, 111, 115,
    116, 24, 1, 32, 1, 40, 9, 82, 9, 118, 97, 108, 105, 100, 72, 111, 115, 116, 18, 86,
    10, 16, 111, 114, 105, 103, 105, 110, 97, 108, 95, 114, 101, 113, 117, 101, 115, 116, 24, 2,
    32, 1, 40, 11, 50, 43, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105,
    111, 110, 46, 118, 49, 46, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105,
    111, 110, 82, 101, 113, 117, 101, 115, 116, 82, 15, 111, 114, 105, 103, 105, 110, 97, 108, 82,
    101, 113, 117, 101, 115, 116, 18, 102, 10, 24, 102, 105, 108, 101, 95, 100, 101, 115, 99, 114,
    105, 112, 116, 111, 114, 95, 114, 101, 115, 112, 111, 110, 115, 101, 24, 4, 32, 1, 40, 11,
    50, 42, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 118,
    49, 46, 70, 105, 108, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 82, 101, 115, 112,
    111, 110, 115, 101, 72, 0, 82, 22, 102, 105, 108, 101, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 82, 101, 115, 112, 111, 110, 115, 101, 18, 114, 10, 30, 97, 108, 108, 95, 101, 120,
    116, 101, 110, 115, 105, 111, 110, 95, 110, 117, 109, 98, 101, 114, 115, 95, 114, 101, 115, 112,
    111, 110, 115, 101, 24, 5, 32, 1, 40, 11, 50, 43, 46, 103, 114, 112, 99, 46, 114, 101,
    102, 108, 101, 99, 116, 105, 111, 110, 46, 118, 49, 46, 69, 120, 116, 101, 110, 115, 105, 111,
    110, 78, 117, 109, 98, 101, 114, 82, 101, 115, 112, 111, 110, 115, 101, 72, 0, 82, 27, 97,
    108, 108, 69, 120, 116, 101, 110, 115, 105, 111, 110, 78, 117, 109, 98, 101, 114, 115, 82, 101,
    115, 112, 111, 110, 115, 101, 18, 95, 10, 22, 108, 105, 115, 116, 95, 115, 101, 114, 118, 105,
    99, 101, 115, 95, 114, 101, 115, 112, 111, 110, 115, 101, 24, 6, 32, 1, 40, 11, 50, 39,
    46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 118, 49, 46,
    76, 105, 115, 116, 83, 101, 114, 118, 105, 99, 101, 82, 101, 115, 112, 111, 110, 115, 101, 72,
    0, 82, 20, 108, 105, 115, 116, 83, 101, 114, 118, 105, 99, 101, 115, 82, 101, 115, 112, 111,
    110, 115, 101, 18, 74, 10, 14, 101, 114, 114, 111, 114, 95, 114, 101, 115, 112, 111, 110, 115,
    101, 24, 7, 32, 1, 40, 11, 50, 33, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101,
    99, 116, 105, 111, 110, 46, 118, 49, 46, 69, 114, 114, 111, 114, 82, 101, 115, 112, 111, 110,
    115, 101, 72, 0, 82, 13, 101, 114, 114, 111, 114, 82, 101, 115, 112, 111, 110, 115, 101, 66,
    18, 10, 16, 109, 101, 115, 115, 97, 103, 101, 95, 114, 101, 115, 112, 111, 110, 115, 101, 34,
    76, 10, 22, 70, 105, 108, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 82, 101, 115,
    112, 111, 110, 115, 101, 18, 50, 10, 21, 102, 105, 108, 101, 95, 100, 101, 115, 99, 114, 105,
    112, 116, 111, 114, 95, 112, 114, 111, 116, 111, 24, 1, 32, 3, 40, 12, 82, 19, 102, 105,
    108, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 34, 106, 10,
    23, 69, 120, 116, 101, 110, 115, 105, 111, 110, 78, 117, 109, 98, 101, 114, 82, 101, 115, 112,
    111, 110, 115, 101, 18, 36, 10, 14, 98, 97, 115, 101, 95, 116, 121, 112, 101, 95, 110, 97,
    109, 101, 24, 1, 32, 1, 40, 9, 82, 12, 98, 97, 115, 101, 84, 121, 112, 101, 78, 97,
    109, 101, 18, 41, 10, 16, 101, 120, 116, 101, 110, 115, 105, 111, 110, 95, 110, 117, 109, 98,
    101, 114, 24, 2, 32, 3, 40, 5, 82, 15, 101, 120, 116, 101, 110, 115, 105, 111, 110, 78,
    117, 109, 98, 101, 114, 34, 84, 10, 19, 76, 105, 115, 116, 83, 101, 114, 118, 105, 99, 101,
    82, 101, 115, 112, 111, 110, 115, 101, 18, 61, 10, 7, 115, 101, 114, 118, 105, 99, 101, 24,
    1, 32, 3, 40, 11, 50, 35, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116,
    105, 111, 110, 46, 118, 49, 46, 83, 101, 114, 118, 105, 99, 101, 82, 101, 115, 112, 111, 110,
    115, 101, 82, 7, 115, 101, 114, 118, 105, 99, 101, 34, 37, 10, 15, 83, 101, 114, 118, 105,
    99, 101, 82, 101, 115, 112, 111, 110, 115, 101, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1,
    32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 34, 83, 10, 13, 69, 114, 114, 111, 114, 82,
    101, 115, 112, 111, 110, 115, 101, 18, 29, 10, 10, 101, 114, 114, 111, 114, 95, 99, 111, 100,
    101, 24, 1, 32, 1, 40, 5, 82, 9, 101, 114, 114, 111, 114, 67, 111, 100, 101, 18, 35,
    10, 13, 101, 114, 114, 111, 114, 95, 109, 101, 115, 115, 97, 103, 101, 24, 2, 32, 1, 40,
    9, 82, 12, 101, 114, 114, 111, 114, 77, 101, 115, 115, 97, 103, 101, 50, 137, 1, 10, 16,
    83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111, 110, 18, 117, 10, 20,
    83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111, 110, 73, 110, 102, 111,
    18, 43, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 118,
    49, 46, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111, 110, 82, 101,
    113, 117, 101, 115, 116, 26, 44, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116,
    105, 111, 110, 46, 118, 49, 46, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116,
    105, 111, 110, 82, 101, 115, 112, 111, 110, 115, 101, 40, 1, 48, 1, 66, 102, 10, 21, 105,
    111, 46, 103, 114, 112, 99, 46, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 46, 118, 49,
    66, 21, 83, 101, 114, 118, 101, 114, 82, 101, 102, 108, 101, 99, 116, 105, 111, 110, 80, 114,
    111, 116, 111, 80, 1, 90, 52, 103, 111, 111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103,
    46, 111, 114, 103, 47, 103, 114, 112, 99, 47, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110,
    47, 103, 114, 112, 99, 95, 114, 101, 102, 108, 101, 99, 116, 105, 111, 110, 95, 118, 49, 98,
    6, 112, 114, 111, 116, 111, 51,
};
EDO_PROTOBUF_FILE(edo_FILE_grpc_reflection_v1_reflection, NULL)

/* grpc.reflection.v1.ServerReflection */
typedef struct grpc_reflection_v1_server_reflection_ops {
    int (*server_reflection_info)(edo_grpc_call *call);
} grpc_reflection_v1_server_reflection_ops;

static inline int grpc_reflection_v1_server_reflection_server_reflection_info_send(edo_grpc_call *call,
    const grpc_reflection_v1_server_reflection_response *message) {
    return edo_grpc_send(call, message, &grpc_reflection_v1_server_reflection_response_desc);
}

static inline int grpc_reflection_v1_server_reflection_server_reflection_info_recv(edo_grpc_call *call,
    grpc_reflection_v1_server_reflection_request *message) {
    return edo_grpc_recv(call, message, &grpc_reflection_v1_server_reflection_request_desc);
}

EDO_GRPC_METHOD_BIDI(grpc_reflection_v1_server_reflection, server_reflection_info, grpc_reflection_v1_server_reflection_request, grpc_reflection_v1_server_reflection_response)
static const edo_grpc_method grpc_reflection_v1_server_reflection_methods[] = {
    { "ServerReflectionInfo", &grpc_reflection_v1_server_reflection_request_desc, &grpc_reflection_v1_server_reflection_response_desc, grpc_reflection_v1_server_reflection_server_reflection_info_serve,
      offsetof(grpc_reflection_v1_server_reflection_ops, server_reflection_info), true, true, false },
};
static const edo_grpc_service grpc_reflection_v1_server_reflection_service = {
    "grpc.reflection.v1.ServerReflection", grpc_reflection_v1_server_reflection_methods, 1, &edo_FILE_grpc_reflection_v1_reflection, NULL, 0
};

/* As edo_grpc_routes(). A handler that is NULL ends its calls with UNIMPLEMENTED. */
static inline void grpc_reflection_v1_server_reflection_routes(edo_router *r,
    const grpc_reflection_v1_server_reflection_ops *ops, void *arg, const edo_grpc_opts *opts) {
    edo_grpc_routes(r, &grpc_reflection_v1_server_reflection_service, ops, arg, opts);
}

/* Calls of grpc.reflection.v1.ServerReflection: see edo_grpc_channel. */

static inline int grpc_reflection_v1_server_reflection_server_reflection_info(edo_grpc_channel *ch,
    edo_grpc_call **call, const edo_grpc_call_opts *opts) {
    return edo_grpc_stream(ch, call, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", opts);
}

static inline int grpc_reflection_v1_server_reflection_server_reflection_info_client_send(edo_grpc_call *call,
    const grpc_reflection_v1_server_reflection_request *message) {
    return edo_grpc_send(call, message, &grpc_reflection_v1_server_reflection_request_desc);
}

static inline int grpc_reflection_v1_server_reflection_server_reflection_info_client_recv(edo_grpc_call *call,
    grpc_reflection_v1_server_reflection_response *message) {
    return edo_grpc_recv(call, message, &grpc_reflection_v1_server_reflection_response_desc);
}

#endif
