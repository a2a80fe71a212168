/* Made by protoc-gen-edo from google/protobuf/descriptor.proto: changes will be lost. */
#ifndef GOOGLE_PROTOBUF_DESCRIPTOR_EDO_H
#define GOOGLE_PROTOBUF_DESCRIPTOR_EDO_H

#include <edo/protobuf.h>

typedef enum google_protobuf_field_descriptor_proto_type {
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_DOUBLE = 1,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FLOAT = 2,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_INT64 = 3,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_UINT64 = 4,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_INT32 = 5,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FIXED64 = 6,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FIXED32 = 7,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_BOOL = 8,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_STRING = 9,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_GROUP = 10,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_MESSAGE = 11,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_BYTES = 12,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_UINT32 = 13,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_ENUM = 14,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SFIXED32 = 15,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SFIXED64 = 16,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SINT32 = 17,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SINT64 = 18,
} google_protobuf_field_descriptor_proto_type;
EDO_DESCRIBE_ENUM(google_protobuf_field_descriptor_proto_type,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_DOUBLE, "TYPE_DOUBLE"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FLOAT, "TYPE_FLOAT"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_INT64, "TYPE_INT64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_UINT64, "TYPE_UINT64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_INT32, "TYPE_INT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FIXED64, "TYPE_FIXED64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_FIXED32, "TYPE_FIXED32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_BOOL, "TYPE_BOOL"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_STRING, "TYPE_STRING"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_GROUP, "TYPE_GROUP"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_MESSAGE, "TYPE_MESSAGE"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_BYTES, "TYPE_BYTES"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_UINT32, "TYPE_UINT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_ENUM, "TYPE_ENUM"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SFIXED32, "TYPE_SFIXED32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SFIXED64, "TYPE_SFIXED64"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SINT32, "TYPE_SINT32"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_TYPE_SINT64, "TYPE_SINT64"))

typedef enum google_protobuf_field_descriptor_proto_label {
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_OPTIONAL = 1,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_REQUIRED = 2,
    GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_REPEATED = 3,
} google_protobuf_field_descriptor_proto_label;
EDO_DESCRIBE_ENUM(google_protobuf_field_descriptor_proto_label,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_OPTIONAL, "LABEL_OPTIONAL"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_REQUIRED, "LABEL_REQUIRED"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_DESCRIPTOR_PROTO_LABEL_REPEATED, "LABEL_REPEATED"))

typedef enum google_protobuf_file_options_optimize_mode {
    GOOGLE_PROTOBUF_FILE_OPTIONS_SPEED = 1,
    GOOGLE_PROTOBUF_FILE_OPTIONS_CODE_SIZE = 2,
    GOOGLE_PROTOBUF_FILE_OPTIONS_LITE_RUNTIME = 3,
} google_protobuf_file_options_optimize_mode;
EDO_DESCRIBE_ENUM(google_protobuf_file_options_optimize_mode,
    EDO_UNIT(GOOGLE_PROTOBUF_FILE_OPTIONS_SPEED, "SPEED"),
    EDO_UNIT(GOOGLE_PROTOBUF_FILE_OPTIONS_CODE_SIZE, "CODE_SIZE"),
    EDO_UNIT(GOOGLE_PROTOBUF_FILE_OPTIONS_LITE_RUNTIME, "LITE_RUNTIME"))

typedef enum google_protobuf_field_options_c_type {
    GOOGLE_PROTOBUF_FIELD_OPTIONS_STRING = 0,
    GOOGLE_PROTOBUF_FIELD_OPTIONS_CORD = 1,
    GOOGLE_PROTOBUF_FIELD_OPTIONS_STRING_PIECE = 2,
} google_protobuf_field_options_c_type;
EDO_DESCRIBE_ENUM(google_protobuf_field_options_c_type,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_STRING, "STRING"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_CORD, "CORD"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_STRING_PIECE, "STRING_PIECE"))

typedef enum google_protobuf_field_options_js_type {
    GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_NORMAL = 0,
    GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_STRING = 1,
    GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_NUMBER = 2,
} google_protobuf_field_options_js_type;
EDO_DESCRIBE_ENUM(google_protobuf_field_options_js_type,
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_NORMAL, "JS_NORMAL"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_STRING, "JS_STRING"),
    EDO_UNIT(GOOGLE_PROTOBUF_FIELD_OPTIONS_JS_NUMBER, "JS_NUMBER"))

typedef enum google_protobuf_method_options_idempotency_level {
    GOOGLE_PROTOBUF_METHOD_OPTIONS_IDEMPOTENCY_UNKNOWN = 0,
    GOOGLE_PROTOBUF_METHOD_OPTIONS_NO_SIDE_EFFECTS = 1,
    GOOGLE_PROTOBUF_METHOD_OPTIONS_IDEMPOTENT = 2,
} google_protobuf_method_options_idempotency_level;
EDO_DESCRIBE_ENUM(google_protobuf_method_options_idempotency_level,
    EDO_UNIT(GOOGLE_PROTOBUF_METHOD_OPTIONS_IDEMPOTENCY_UNKNOWN, "IDEMPOTENCY_UNKNOWN"),
    EDO_UNIT(GOOGLE_PROTOBUF_METHOD_OPTIONS_NO_SIDE_EFFECTS, "NO_SIDE_EFFECTS"),
    EDO_UNIT(GOOGLE_PROTOBUF_METHOD_OPTIONS_IDEMPOTENT, "IDEMPOTENT"))

typedef struct google_protobuf_file_descriptor_set google_protobuf_file_descriptor_set;
typedef struct google_protobuf_file_descriptor_proto google_protobuf_file_descriptor_proto;
typedef struct google_protobuf_descriptor_proto google_protobuf_descriptor_proto;
typedef struct google_protobuf_descriptor_proto_extension_range google_protobuf_descriptor_proto_extension_range;
typedef struct google_protobuf_descriptor_proto_reserved_range google_protobuf_descriptor_proto_reserved_range;
typedef struct google_protobuf_extension_range_options google_protobuf_extension_range_options;
typedef struct google_protobuf_field_descriptor_proto google_protobuf_field_descriptor_proto;
typedef struct google_protobuf_oneof_descriptor_proto google_protobuf_oneof_descriptor_proto;
typedef struct google_protobuf_enum_descriptor_proto google_protobuf_enum_descriptor_proto;
typedef struct google_protobuf_enum_descriptor_proto_enum_reserved_range google_protobuf_enum_descriptor_proto_enum_reserved_range;
typedef struct google_protobuf_enum_value_descriptor_proto google_protobuf_enum_value_descriptor_proto;
typedef struct google_protobuf_service_descriptor_proto google_protobuf_service_descriptor_proto;
typedef struct google_protobuf_method_descriptor_proto google_protobuf_method_descriptor_proto;
typedef struct google_protobuf_file_options google_protobuf_file_options;
typedef struct google_protobuf_message_options google_protobuf_message_options;
typedef struct google_protobuf_field_options google_protobuf_field_options;
typedef struct google_protobuf_oneof_options google_protobuf_oneof_options;
typedef struct google_protobuf_enum_options google_protobuf_enum_options;
typedef struct google_protobuf_enum_value_options google_protobuf_enum_value_options;
typedef struct google_protobuf_service_options google_protobuf_service_options;
typedef struct google_protobuf_method_options google_protobuf_method_options;
typedef struct google_protobuf_uninterpreted_option google_protobuf_uninterpreted_option;
typedef struct google_protobuf_uninterpreted_option_name_part google_protobuf_uninterpreted_option_name_part;
typedef struct google_protobuf_source_code_info google_protobuf_source_code_info;
typedef struct google_protobuf_source_code_info_location google_protobuf_source_code_info_location;
typedef struct google_protobuf_generated_code_info google_protobuf_generated_code_info;
typedef struct google_protobuf_generated_code_info_annotation google_protobuf_generated_code_info_annotation;

/* google.protobuf.FileDescriptorSet */
struct google_protobuf_file_descriptor_set {
    google_protobuf_file_descriptor_proto *file;
    size_t file_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.FileDescriptorProto */
struct google_protobuf_file_descriptor_proto {
    edo_str name;
    bool has_name;
    edo_str package;
    bool has_package;
    edo_str *dependency;
    size_t dependency_n;
    int32_t *public_dependency;
    size_t public_dependency_n;
    int32_t *weak_dependency;
    size_t weak_dependency_n;
    google_protobuf_descriptor_proto *message_type;
    size_t message_type_n;
    google_protobuf_enum_descriptor_proto *enum_type;
    size_t enum_type_n;
    google_protobuf_service_descriptor_proto *service;
    size_t service_n;
    google_protobuf_field_descriptor_proto *extension;
    size_t extension_n;
    google_protobuf_file_options *options;
    google_protobuf_source_code_info *source_code_info;
    edo_str syntax;
    bool has_syntax;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.DescriptorProto */
struct google_protobuf_descriptor_proto {
    edo_str name;
    bool has_name;
    google_protobuf_field_descriptor_proto *field;
    size_t field_n;
    google_protobuf_field_descriptor_proto *extension;
    size_t extension_n;
    google_protobuf_descriptor_proto *nested_type;
    size_t nested_type_n;
    google_protobuf_enum_descriptor_proto *enum_type;
    size_t enum_type_n;
    google_protobuf_descriptor_proto_extension_range *extension_range;
    size_t extension_range_n;
    google_protobuf_oneof_descriptor_proto *oneof_decl;
    size_t oneof_decl_n;
    google_protobuf_message_options *options;
    google_protobuf_descriptor_proto_reserved_range *reserved_range;
    size_t reserved_range_n;
    edo_str *reserved_name;
    size_t reserved_name_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.DescriptorProto.ExtensionRange */
struct google_protobuf_descriptor_proto_extension_range {
    int32_t start;
    bool has_start;
    int32_t end;
    bool has_end;
    google_protobuf_extension_range_options *options;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.DescriptorProto.ReservedRange */
struct google_protobuf_descriptor_proto_reserved_range {
    int32_t start;
    bool has_start;
    int32_t end;
    bool has_end;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.ExtensionRangeOptions */
struct google_protobuf_extension_range_options {
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.FieldDescriptorProto */
struct google_protobuf_field_descriptor_proto {
    edo_str name;
    bool has_name;
    int32_t number;
    bool has_number;
    google_protobuf_field_descriptor_proto_label label;
    bool has_label;
    google_protobuf_field_descriptor_proto_type type;
    bool has_type;
    edo_str type_name;
    bool has_type_name;
    edo_str extendee;
    bool has_extendee;
    edo_str default_value;
    bool has_default_value;
    int32_t oneof_index;
    bool has_oneof_index;
    edo_str json_name;
    bool has_json_name;
    google_protobuf_field_options *options;
    bool proto3_optional;
    bool has_proto3_optional;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.OneofDescriptorProto */
struct google_protobuf_oneof_descriptor_proto {
    edo_str name;
    bool has_name;
    google_protobuf_oneof_options *options;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumDescriptorProto */
struct google_protobuf_enum_descriptor_proto {
    edo_str name;
    bool has_name;
    google_protobuf_enum_value_descriptor_proto *value;
    size_t value_n;
    google_protobuf_enum_options *options;
    google_protobuf_enum_descriptor_proto_enum_reserved_range *reserved_range;
    size_t reserved_range_n;
    edo_str *reserved_name;
    size_t reserved_name_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumDescriptorProto.EnumReservedRange */
struct google_protobuf_enum_descriptor_proto_enum_reserved_range {
    int32_t start;
    bool has_start;
    int32_t end;
    bool has_end;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumValueDescriptorProto */
struct google_protobuf_enum_value_descriptor_proto {
    edo_str name;
    bool has_name;
    int32_t number;
    bool has_number;
    google_protobuf_enum_value_options *options;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.ServiceDescriptorProto */
struct google_protobuf_service_descriptor_proto {
    edo_str name;
    bool has_name;
    google_protobuf_method_descriptor_proto *method;
    size_t method_n;
    google_protobuf_service_options *options;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.MethodDescriptorProto */
struct google_protobuf_method_descriptor_proto {
    edo_str name;
    bool has_name;
    edo_str input_type;
    bool has_input_type;
    edo_str output_type;
    bool has_output_type;
    google_protobuf_method_options *options;
    bool client_streaming;
    bool has_client_streaming;
    bool server_streaming;
    bool has_server_streaming;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.FileOptions */
struct google_protobuf_file_options {
    edo_str java_package;
    bool has_java_package;
    edo_str java_outer_classname;
    bool has_java_outer_classname;
    bool java_multiple_files;
    bool has_java_multiple_files;
    bool java_generate_equals_and_hash;
    bool has_java_generate_equals_and_hash;
    bool java_string_check_utf8;
    bool has_java_string_check_utf8;
    google_protobuf_file_options_optimize_mode optimize_for;
    bool has_optimize_for;
    edo_str go_package;
    bool has_go_package;
    bool cc_generic_services;
    bool has_cc_generic_services;
    bool java_generic_services;
    bool has_java_generic_services;
    bool py_generic_services;
    bool has_py_generic_services;
    bool php_generic_services;
    bool has_php_generic_services;
    bool deprecated;
    bool has_deprecated;
    bool cc_enable_arenas;
    bool has_cc_enable_arenas;
    edo_str objc_class_prefix;
    bool has_objc_class_prefix;
    edo_str csharp_namespace;
    bool has_csharp_namespace;
    edo_str swift_prefix;
    bool has_swift_prefix;
    edo_str php_class_prefix;
    bool has_php_class_prefix;
    edo_str php_namespace;
    bool has_php_namespace;
    edo_str php_metadata_namespace;
    bool has_php_metadata_namespace;
    edo_str ruby_package;
    bool has_ruby_package;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.MessageOptions */
struct google_protobuf_message_options {
    bool message_set_wire_format;
    bool has_message_set_wire_format;
    bool no_standard_descriptor_accessor;
    bool has_no_standard_descriptor_accessor;
    bool deprecated;
    bool has_deprecated;
    bool map_entry;
    bool has_map_entry;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.FieldOptions */
struct google_protobuf_field_options {
    google_protobuf_field_options_c_type ctype;
    bool has_ctype;
    bool packed;
    bool has_packed;
    google_protobuf_field_options_js_type jstype;
    bool has_jstype;
    bool lazy;
    bool has_lazy;
    bool unverified_lazy;
    bool has_unverified_lazy;
    bool deprecated;
    bool has_deprecated;
    bool weak;
    bool has_weak;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.OneofOptions */
struct google_protobuf_oneof_options {
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumOptions */
struct google_protobuf_enum_options {
    bool allow_alias;
    bool has_allow_alias;
    bool deprecated;
    bool has_deprecated;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.EnumValueOptions */
struct google_protobuf_enum_value_options {
    bool deprecated;
    bool has_deprecated;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.ServiceOptions */
struct google_protobuf_service_options {
    bool deprecated;
    bool has_deprecated;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.MethodOptions */
struct google_protobuf_method_options {
    bool deprecated;
    bool has_deprecated;
    google_protobuf_method_options_idempotency_level idempotency_level;
    bool has_idempotency_level;
    google_protobuf_uninterpreted_option *uninterpreted_option;
    size_t uninterpreted_option_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.UninterpretedOption */
struct google_protobuf_uninterpreted_option {
    google_protobuf_uninterpreted_option_name_part *name;
    size_t name_n;
    edo_str identifier_value;
    bool has_identifier_value;
    uint64_t positive_int_value;
    bool has_positive_int_value;
    int64_t negative_int_value;
    bool has_negative_int_value;
    double double_value;
    bool has_double_value;
    edo_bytes string_value;
    bool has_string_value;
    edo_str aggregate_value;
    bool has_aggregate_value;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.UninterpretedOption.NamePart */
struct google_protobuf_uninterpreted_option_name_part {
    edo_str name_part;
    bool has_name_part;
    bool is_extension;
    bool has_is_extension;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.SourceCodeInfo */
struct google_protobuf_source_code_info {
    google_protobuf_source_code_info_location *location;
    size_t location_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.SourceCodeInfo.Location */
struct google_protobuf_source_code_info_location {
    int32_t *path;
    size_t path_n;
    int32_t *span;
    size_t span_n;
    edo_str leading_comments;
    bool has_leading_comments;
    edo_str trailing_comments;
    bool has_trailing_comments;
    edo_str *leading_detached_comments;
    size_t leading_detached_comments_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.GeneratedCodeInfo */
struct google_protobuf_generated_code_info {
    google_protobuf_generated_code_info_annotation *annotation;
    size_t annotation_n;
    edo_str unknown; /* what this description has not, as it came */
};

/* google.protobuf.GeneratedCodeInfo.Annotation */
struct google_protobuf_generated_code_info_annotation {
    int32_t *path;
    size_t path_n;
    edo_str source_file;
    bool has_source_file;
    int32_t begin;
    bool has_begin;
    int32_t end;
    bool has_end;
    edo_str unknown; /* what this description has not, as it came */
};

EDO_DESCRIBED_LATER(google_protobuf_file_descriptor_set)
EDO_DESCRIBED_LATER(google_protobuf_file_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_descriptor_proto_extension_range)
EDO_DESCRIBED_LATER(google_protobuf_descriptor_proto_reserved_range)
EDO_DESCRIBED_LATER(google_protobuf_extension_range_options)
EDO_DESCRIBED_LATER(google_protobuf_field_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_oneof_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_enum_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_enum_descriptor_proto_enum_reserved_range)
EDO_DESCRIBED_LATER(google_protobuf_enum_value_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_service_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_method_descriptor_proto)
EDO_DESCRIBED_LATER(google_protobuf_file_options)
EDO_DESCRIBED_LATER(google_protobuf_message_options)
EDO_DESCRIBED_LATER(google_protobuf_field_options)
EDO_DESCRIBED_LATER(google_protobuf_oneof_options)
EDO_DESCRIBED_LATER(google_protobuf_enum_options)
EDO_DESCRIBED_LATER(google_protobuf_enum_value_options)
EDO_DESCRIBED_LATER(google_protobuf_service_options)
EDO_DESCRIBED_LATER(google_protobuf_method_options)
EDO_DESCRIBED_LATER(google_protobuf_uninterpreted_option)
EDO_DESCRIBED_LATER(google_protobuf_uninterpreted_option_name_part)
EDO_DESCRIBED_LATER(google_protobuf_source_code_info)
EDO_DESCRIBED_LATER(google_protobuf_source_code_info_location)
EDO_DESCRIBED_LATER(google_protobuf_generated_code_info)
EDO_DESCRIBED_LATER(google_protobuf_generated_code_info_annotation)

EDO_DESCRIBE(google_protobuf_file_descriptor_set,
    EDO_FIELD_LIST_OF(google_protobuf_file_descriptor_set, file, file_n, google_protobuf_file_descriptor_proto_desc,
              .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_file_descriptor_set, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_file_descriptor_proto,
    EDO_FIELD(google_protobuf_file_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_file_descriptor_proto, has_name)),
    EDO_FIELD(google_protobuf_file_descriptor_proto, package,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_file_descriptor_proto, has_package)),
    EDO_FIELD_LIST(google_protobuf_file_descriptor_proto, dependency, dependency_n,
              .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_file_descriptor_proto, message_type, message_type_n, google_protobuf_descriptor_proto_desc,
              .number = 4, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_file_descriptor_proto, enum_type, enum_type_n, google_protobuf_enum_descriptor_proto_desc,
              .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_file_descriptor_proto, service, service_n, google_protobuf_service_descriptor_proto_desc,
              .number = 6, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_file_descriptor_proto, extension, extension_n, google_protobuf_field_descriptor_proto_desc,
              .number = 7, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_file_descriptor_proto, options, google_protobuf_file_options_desc,
              .number = 8, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_file_descriptor_proto, source_code_info, google_protobuf_source_code_info_desc,
              .number = 9, .optional = true),
    EDO_FIELD_LIST(google_protobuf_file_descriptor_proto, public_dependency, public_dependency_n,
              .number = 10, .wire = EDO_WIRE_UNPACKED, .optional = true),
    EDO_FIELD_LIST(google_protobuf_file_descriptor_proto, weak_dependency, weak_dependency_n,
              .number = 11, .wire = EDO_WIRE_UNPACKED, .optional = true),
    EDO_FIELD(google_protobuf_file_descriptor_proto, syntax,
              .number = 12, .optional = true, EDO_HAS(google_protobuf_file_descriptor_proto, has_syntax)),
    EDO_FIELD(google_protobuf_file_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_descriptor_proto,
    EDO_FIELD(google_protobuf_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_descriptor_proto, has_name)),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, field, field_n, google_protobuf_field_descriptor_proto_desc,
              .number = 2, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, nested_type, nested_type_n, google_protobuf_descriptor_proto_desc,
              .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, enum_type, enum_type_n, google_protobuf_enum_descriptor_proto_desc,
              .number = 4, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, extension_range, extension_range_n, google_protobuf_descriptor_proto_extension_range_desc,
              .number = 5, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, extension, extension_n, google_protobuf_field_descriptor_proto_desc,
              .number = 6, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_descriptor_proto, options, google_protobuf_message_options_desc,
              .number = 7, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, oneof_decl, oneof_decl_n, google_protobuf_oneof_descriptor_proto_desc,
              .number = 8, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_descriptor_proto, reserved_range, reserved_range_n, google_protobuf_descriptor_proto_reserved_range_desc,
              .number = 9, .optional = true),
    EDO_FIELD_LIST(google_protobuf_descriptor_proto, reserved_name, reserved_name_n,
              .number = 10, .optional = true),
    EDO_FIELD(google_protobuf_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_descriptor_proto_extension_range,
    EDO_FIELD(google_protobuf_descriptor_proto_extension_range, start,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_descriptor_proto_extension_range, has_start)),
    EDO_FIELD(google_protobuf_descriptor_proto_extension_range, end,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_descriptor_proto_extension_range, has_end)),
    EDO_FIELD_PTR_OF(google_protobuf_descriptor_proto_extension_range, options, google_protobuf_extension_range_options_desc,
              .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_descriptor_proto_extension_range, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_descriptor_proto_reserved_range,
    EDO_FIELD(google_protobuf_descriptor_proto_reserved_range, start,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_descriptor_proto_reserved_range, has_start)),
    EDO_FIELD(google_protobuf_descriptor_proto_reserved_range, end,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_descriptor_proto_reserved_range, has_end)),
    EDO_FIELD(google_protobuf_descriptor_proto_reserved_range, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_extension_range_options,
    EDO_FIELD_LIST_OF(google_protobuf_extension_range_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_extension_range_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_field_descriptor_proto,
    EDO_FIELD(google_protobuf_field_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_name)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, extendee,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_extendee)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, number,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_number)),
    EDO_FIELD_OF(google_protobuf_field_descriptor_proto, label, google_protobuf_field_descriptor_proto_label_desc,
              .number = 4, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_label), .preset = "LABEL_OPTIONAL"),
    EDO_FIELD_OF(google_protobuf_field_descriptor_proto, type, google_protobuf_field_descriptor_proto_type_desc,
              .number = 5, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_type), .preset = "TYPE_DOUBLE"),
    EDO_FIELD(google_protobuf_field_descriptor_proto, type_name,
              .number = 6, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_type_name)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, default_value,
              .number = 7, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_default_value)),
    EDO_FIELD_PTR_OF(google_protobuf_field_descriptor_proto, options, google_protobuf_field_options_desc,
              .number = 8, .optional = true),
    EDO_FIELD(google_protobuf_field_descriptor_proto, oneof_index,
              .number = 9, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_oneof_index)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, json_name,
              .number = 10, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_json_name)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, proto3_optional,
              .number = 17, .optional = true, EDO_HAS(google_protobuf_field_descriptor_proto, has_proto3_optional)),
    EDO_FIELD(google_protobuf_field_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_oneof_descriptor_proto,
    EDO_FIELD(google_protobuf_oneof_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_oneof_descriptor_proto, has_name)),
    EDO_FIELD_PTR_OF(google_protobuf_oneof_descriptor_proto, options, google_protobuf_oneof_options_desc,
              .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_oneof_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_descriptor_proto,
    EDO_FIELD(google_protobuf_enum_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_enum_descriptor_proto, has_name)),
    EDO_FIELD_LIST_OF(google_protobuf_enum_descriptor_proto, value, value_n, google_protobuf_enum_value_descriptor_proto_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_enum_descriptor_proto, options, google_protobuf_enum_options_desc,
              .number = 3, .optional = true),
    EDO_FIELD_LIST_OF(google_protobuf_enum_descriptor_proto, reserved_range, reserved_range_n, google_protobuf_enum_descriptor_proto_enum_reserved_range_desc,
              .number = 4, .optional = true),
    EDO_FIELD_LIST(google_protobuf_enum_descriptor_proto, reserved_name, reserved_name_n,
              .number = 5, .optional = true),
    EDO_FIELD(google_protobuf_enum_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_descriptor_proto_enum_reserved_range,
    EDO_FIELD(google_protobuf_enum_descriptor_proto_enum_reserved_range, start,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_enum_descriptor_proto_enum_reserved_range, has_start)),
    EDO_FIELD(google_protobuf_enum_descriptor_proto_enum_reserved_range, end,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_enum_descriptor_proto_enum_reserved_range, has_end)),
    EDO_FIELD(google_protobuf_enum_descriptor_proto_enum_reserved_range, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_value_descriptor_proto,
    EDO_FIELD(google_protobuf_enum_value_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_enum_value_descriptor_proto, has_name)),
    EDO_FIELD(google_protobuf_enum_value_descriptor_proto, number,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_enum_value_descriptor_proto, has_number)),
    EDO_FIELD_PTR_OF(google_protobuf_enum_value_descriptor_proto, options, google_protobuf_enum_value_options_desc,
              .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_enum_value_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_service_descriptor_proto,
    EDO_FIELD(google_protobuf_service_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_service_descriptor_proto, has_name)),
    EDO_FIELD_LIST_OF(google_protobuf_service_descriptor_proto, method, method_n, google_protobuf_method_descriptor_proto_desc,
              .number = 2, .optional = true),
    EDO_FIELD_PTR_OF(google_protobuf_service_descriptor_proto, options, google_protobuf_service_options_desc,
              .number = 3, .optional = true),
    EDO_FIELD(google_protobuf_service_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_method_descriptor_proto,
    EDO_FIELD(google_protobuf_method_descriptor_proto, name,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_method_descriptor_proto, has_name)),
    EDO_FIELD(google_protobuf_method_descriptor_proto, input_type,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_method_descriptor_proto, has_input_type)),
    EDO_FIELD(google_protobuf_method_descriptor_proto, output_type,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_method_descriptor_proto, has_output_type)),
    EDO_FIELD_PTR_OF(google_protobuf_method_descriptor_proto, options, google_protobuf_method_options_desc,
              .number = 4, .optional = true),
    EDO_FIELD(google_protobuf_method_descriptor_proto, client_streaming,
              .number = 5, .optional = true, EDO_HAS(google_protobuf_method_descriptor_proto, has_client_streaming), .preset = "false"),
    EDO_FIELD(google_protobuf_method_descriptor_proto, server_streaming,
              .number = 6, .optional = true, EDO_HAS(google_protobuf_method_descriptor_proto, has_server_streaming), .preset = "false"),
    EDO_FIELD(google_protobuf_method_descriptor_proto, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_file_options,
    EDO_FIELD(google_protobuf_file_options, java_package,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_package)),
    EDO_FIELD(google_protobuf_file_options, java_outer_classname,
              .number = 8, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_outer_classname)),
    EDO_FIELD_OF(google_protobuf_file_options, optimize_for, google_protobuf_file_options_optimize_mode_desc,
              .number = 9, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_file_options, has_optimize_for), .preset = "SPEED"),
    EDO_FIELD(google_protobuf_file_options, java_multiple_files,
              .number = 10, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_multiple_files), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, go_package,
              .number = 11, .optional = true, EDO_HAS(google_protobuf_file_options, has_go_package)),
    EDO_FIELD(google_protobuf_file_options, cc_generic_services,
              .number = 16, .optional = true, EDO_HAS(google_protobuf_file_options, has_cc_generic_services), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, java_generic_services,
              .number = 17, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_generic_services), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, py_generic_services,
              .number = 18, .optional = true, EDO_HAS(google_protobuf_file_options, has_py_generic_services), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, java_generate_equals_and_hash,
              .number = 20, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_generate_equals_and_hash)),
    EDO_FIELD(google_protobuf_file_options, deprecated,
              .number = 23, .optional = true, EDO_HAS(google_protobuf_file_options, has_deprecated), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, java_string_check_utf8,
              .number = 27, .optional = true, EDO_HAS(google_protobuf_file_options, has_java_string_check_utf8), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, cc_enable_arenas,
              .number = 31, .optional = true, EDO_HAS(google_protobuf_file_options, has_cc_enable_arenas), .preset = "true"),
    EDO_FIELD(google_protobuf_file_options, objc_class_prefix,
              .number = 36, .optional = true, EDO_HAS(google_protobuf_file_options, has_objc_class_prefix)),
    EDO_FIELD(google_protobuf_file_options, csharp_namespace,
              .number = 37, .optional = true, EDO_HAS(google_protobuf_file_options, has_csharp_namespace)),
    EDO_FIELD(google_protobuf_file_options, swift_prefix,
              .number = 39, .optional = true, EDO_HAS(google_protobuf_file_options, has_swift_prefix)),
    EDO_FIELD(google_protobuf_file_options, php_class_prefix,
              .number = 40, .optional = true, EDO_HAS(google_protobuf_file_options, has_php_class_prefix)),
    EDO_FIELD(google_protobuf_file_options, php_namespace,
              .number = 41, .optional = true, EDO_HAS(google_protobuf_file_options, has_php_namespace)),
    EDO_FIELD(google_protobuf_file_options, php_generic_services,
              .number = 42, .optional = true, EDO_HAS(google_protobuf_file_options, has_php_generic_services), .preset = "false"),
    EDO_FIELD(google_protobuf_file_options, php_metadata_namespace,
              .number = 44, .optional = true, EDO_HAS(google_protobuf_file_options, has_php_metadata_namespace)),
    EDO_FIELD(google_protobuf_file_options, ruby_package,
              .number = 45, .optional = true, EDO_HAS(google_protobuf_file_options, has_ruby_package)),
    EDO_FIELD_LIST_OF(google_protobuf_file_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_file_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_message_options,
    EDO_FIELD(google_protobuf_message_options, message_set_wire_format,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_message_options, has_message_set_wire_format), .preset = "false"),
    EDO_FIELD(google_protobuf_message_options, no_standard_descriptor_accessor,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_message_options, has_no_standard_descriptor_accessor), .preset = "false"),
    EDO_FIELD(google_protobuf_message_options, deprecated,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_message_options, has_deprecated), .preset = "false"),
    EDO_FIELD(google_protobuf_message_options, map_entry,
              .number = 7, .optional = true, EDO_HAS(google_protobuf_message_options, has_map_entry)),
    EDO_FIELD_LIST_OF(google_protobuf_message_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_message_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_field_options,
    EDO_FIELD_OF(google_protobuf_field_options, ctype, google_protobuf_field_options_c_type_desc,
              .number = 1, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_field_options, has_ctype), .preset = "STRING"),
    EDO_FIELD(google_protobuf_field_options, packed,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_field_options, has_packed)),
    EDO_FIELD(google_protobuf_field_options, deprecated,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_field_options, has_deprecated), .preset = "false"),
    EDO_FIELD(google_protobuf_field_options, lazy,
              .number = 5, .optional = true, EDO_HAS(google_protobuf_field_options, has_lazy), .preset = "false"),
    EDO_FIELD_OF(google_protobuf_field_options, jstype, google_protobuf_field_options_js_type_desc,
              .number = 6, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_field_options, has_jstype), .preset = "JS_NORMAL"),
    EDO_FIELD(google_protobuf_field_options, weak,
              .number = 10, .optional = true, EDO_HAS(google_protobuf_field_options, has_weak), .preset = "false"),
    EDO_FIELD(google_protobuf_field_options, unverified_lazy,
              .number = 15, .optional = true, EDO_HAS(google_protobuf_field_options, has_unverified_lazy), .preset = "false"),
    EDO_FIELD_LIST_OF(google_protobuf_field_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_field_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_oneof_options,
    EDO_FIELD_LIST_OF(google_protobuf_oneof_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_oneof_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_options,
    EDO_FIELD(google_protobuf_enum_options, allow_alias,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_enum_options, has_allow_alias)),
    EDO_FIELD(google_protobuf_enum_options, deprecated,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_enum_options, has_deprecated), .preset = "false"),
    EDO_FIELD_LIST_OF(google_protobuf_enum_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_enum_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_enum_value_options,
    EDO_FIELD(google_protobuf_enum_value_options, deprecated,
              .number = 1, .optional = true, EDO_HAS(google_protobuf_enum_value_options, has_deprecated), .preset = "false"),
    EDO_FIELD_LIST_OF(google_protobuf_enum_value_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_enum_value_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_service_options,
    EDO_FIELD(google_protobuf_service_options, deprecated,
              .number = 33, .optional = true, EDO_HAS(google_protobuf_service_options, has_deprecated), .preset = "false"),
    EDO_FIELD_LIST_OF(google_protobuf_service_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_service_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_method_options,
    EDO_FIELD(google_protobuf_method_options, deprecated,
              .number = 33, .optional = true, EDO_HAS(google_protobuf_method_options, has_deprecated), .preset = "false"),
    EDO_FIELD_OF(google_protobuf_method_options, idempotency_level, google_protobuf_method_options_idempotency_level_desc,
              .number = 34, .wire = EDO_WIRE_CLOSED, .optional = true, EDO_HAS(google_protobuf_method_options, has_idempotency_level), .preset = "IDEMPOTENCY_UNKNOWN"),
    EDO_FIELD_LIST_OF(google_protobuf_method_options, uninterpreted_option, uninterpreted_option_n, google_protobuf_uninterpreted_option_desc,
              .number = 999, .optional = true),
    EDO_FIELD(google_protobuf_method_options, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_uninterpreted_option,
    EDO_FIELD_LIST_OF(google_protobuf_uninterpreted_option, name, name_n, google_protobuf_uninterpreted_option_name_part_desc,
              .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_uninterpreted_option, identifier_value,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_identifier_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, positive_int_value,
              .number = 4, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_positive_int_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, negative_int_value,
              .number = 5, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_negative_int_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, double_value,
              .number = 6, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_double_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, string_value,
              .number = 7, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_string_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, aggregate_value,
              .number = 8, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option, has_aggregate_value)),
    EDO_FIELD(google_protobuf_uninterpreted_option, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_uninterpreted_option_name_part,
    EDO_FIELD(google_protobuf_uninterpreted_option_name_part, name_part,
              .number = 1, .wire = EDO_WIRE_REQUIRED, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option_name_part, has_name_part)),
    EDO_FIELD(google_protobuf_uninterpreted_option_name_part, is_extension,
              .number = 2, .wire = EDO_WIRE_REQUIRED, .optional = true, EDO_HAS(google_protobuf_uninterpreted_option_name_part, has_is_extension)),
    EDO_FIELD(google_protobuf_uninterpreted_option_name_part, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_source_code_info,
    EDO_FIELD_LIST_OF(google_protobuf_source_code_info, location, location_n, google_protobuf_source_code_info_location_desc,
              .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_source_code_info, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_source_code_info_location,
    EDO_FIELD_LIST(google_protobuf_source_code_info_location, path, path_n,
              .number = 1, .optional = true),
    EDO_FIELD_LIST(google_protobuf_source_code_info_location, span, span_n,
              .number = 2, .optional = true),
    EDO_FIELD(google_protobuf_source_code_info_location, leading_comments,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_source_code_info_location, has_leading_comments)),
    EDO_FIELD(google_protobuf_source_code_info_location, trailing_comments,
              .number = 4, .optional = true, EDO_HAS(google_protobuf_source_code_info_location, has_trailing_comments)),
    EDO_FIELD_LIST(google_protobuf_source_code_info_location, leading_detached_comments, leading_detached_comments_n,
              .number = 6, .optional = true),
    EDO_FIELD(google_protobuf_source_code_info_location, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_generated_code_info,
    EDO_FIELD_LIST_OF(google_protobuf_generated_code_info, annotation, annotation_n, google_protobuf_generated_code_info_annotation_desc,
              .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_generated_code_info, unknown, .wire = EDO_WIRE_REST, .skip = true))

EDO_DESCRIBE(google_protobuf_generated_code_info_annotation,
    EDO_FIELD_LIST(google_protobuf_generated_code_info_annotation, path, path_n,
              .number = 1, .optional = true),
    EDO_FIELD(google_protobuf_generated_code_info_annotation, source_file,
              .number = 2, .optional = true, EDO_HAS(google_protobuf_generated_code_info_annotation, has_source_file)),
    EDO_FIELD(google_protobuf_generated_code_info_annotation, begin,
              .number = 3, .optional = true, EDO_HAS(google_protobuf_generated_code_info_annotation, has_begin)),
    EDO_FIELD(google_protobuf_generated_code_info_annotation, end,
              .number = 4, .optional = true, EDO_HAS(google_protobuf_generated_code_info_annotation, has_end)),
    EDO_FIELD(google_protobuf_generated_code_info_annotation, unknown, .wire = EDO_WIRE_REST, .skip = true))

#ifdef GOOGLE_PROTOBUF_DESCRIPTOR_TYPES
#    error "two files make GOOGLE_PROTOBUF_DESCRIPTOR_TYPES: give one another name, or undefine it between their headers"
#endif
/* For edo_protobuf_json_opts.types: what an Any may hold. */
#define GOOGLE_PROTOBUF_DESCRIPTOR_TYPES \
    { "google.protobuf.FileDescriptorSet", &google_protobuf_file_descriptor_set_desc }, \
    { "google.protobuf.FileDescriptorProto", &google_protobuf_file_descriptor_proto_desc }, \
    { "google.protobuf.DescriptorProto", &google_protobuf_descriptor_proto_desc }, \
    { "google.protobuf.DescriptorProto.ExtensionRange", &google_protobuf_descriptor_proto_extension_range_desc }, \
    { "google.protobuf.DescriptorProto.ReservedRange", &google_protobuf_descriptor_proto_reserved_range_desc }, \
    { "google.protobuf.ExtensionRangeOptions", &google_protobuf_extension_range_options_desc }, \
    { "google.protobuf.FieldDescriptorProto", &google_protobuf_field_descriptor_proto_desc }, \
    { "google.protobuf.OneofDescriptorProto", &google_protobuf_oneof_descriptor_proto_desc }, \
    { "google.protobuf.EnumDescriptorProto", &google_protobuf_enum_descriptor_proto_desc }, \
    { "google.protobuf.EnumDescriptorProto.EnumReservedRange", &google_protobuf_enum_descriptor_proto_enum_reserved_range_desc }, \
    { "google.protobuf.EnumValueDescriptorProto", &google_protobuf_enum_value_descriptor_proto_desc }, \
    { "google.protobuf.ServiceDescriptorProto", &google_protobuf_service_descriptor_proto_desc }, \
    { "google.protobuf.MethodDescriptorProto", &google_protobuf_method_descriptor_proto_desc }, \
    { "google.protobuf.FileOptions", &google_protobuf_file_options_desc }, \
    { "google.protobuf.MessageOptions", &google_protobuf_message_options_desc }, \
    { "google.protobuf.FieldOptions", &google_protobuf_field_options_desc }, \
    { "google.protobuf.OneofOptions", &google_protobuf_oneof_options_desc }, \
    { "google.protobuf.EnumOptions", &google_protobuf_enum_options_desc }, \
    { "google.protobuf.EnumValueOptions", &google_protobuf_enum_value_options_desc }, \
    { "google.protobuf.ServiceOptions", &google_protobuf_service_options_desc }, \
    { "google.protobuf.MethodOptions", &google_protobuf_method_options_desc }, \
    { "google.protobuf.UninterpretedOption", &google_protobuf_uninterpreted_option_desc }, \
    { "google.protobuf.UninterpretedOption.NamePart", &google_protobuf_uninterpreted_option_name_part_desc }, \
    { "google.protobuf.SourceCodeInfo", &google_protobuf_source_code_info_desc }, \
    { "google.protobuf.SourceCodeInfo.Location", &google_protobuf_source_code_info_location_desc }, \
    { "google.protobuf.GeneratedCodeInfo", &google_protobuf_generated_code_info_desc }, \
    { "google.protobuf.GeneratedCodeInfo.Annotation", &google_protobuf_generated_code_info_annotation_desc }

/* The .proto, which servers show (google.protobuf.FileDescriptorSet). */
static EDO_PROTOBUF_FILE_SET(edo_FILE_google_protobuf_descriptor) = {
    10, 243, 59, 10, 32, 103, 111, 111, 103, 108, 101, 47, 112, 114, 111, 116, 111, 98, 117, 102,
    47, 100, 101, 115, 99, 114, 105, 112, 116, 111, 114, 46, 112, 114, 111, 116, 111, 18, 15, 103,
    111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 34, 77, 10, 17, 70, 105,
    108, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 83, 101, 116, 18, 56, 10, 4, 102,
    105, 108, 101, 24, 1, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 108, 101, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 80, 114, 111, 116, 111, 82, 4, 102, 105, 108, 101, 34, 228, 4, 10, 19, 70, 105,
    108, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 18, 18, 10,
    4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 24, 10,
    7, 112, 97, 99, 107, 97, 103, 101, 24, 2, 32, 1, 40, 9, 82, 7, 112, 97, 99, 107,
    97, 103, 101, 18, 30, 10, 10, 100, 101, 112, 101, 110, 100, 101, 110, 99, 121, 24, 3, 32,
    3, 40, 9, 82, 10, 100, 101, 112, 101, 110, 100, 101, 110, 99, 121, 18, 43, 10, 17, 112,
    117, 98, 108, 105, 99, 95, 100, 101, 112, 101, 110, 100, 101, 110, 99, 121, 24, 10, 32, 3,
    40, 5, 82, 16, 112, 117, 98, 108, 105, 99, 68, 101, 112, 101, 110, 100, 101, 110, 99, 121,
    18, 39, 10, 15, 119, 101, 97, 107, 95, 100, 101, 112, 101, 110, 100, 101, 110, 99, 121, 24,
    11, 32, 3, 40, 5, 82, 14, 119, 101, 97, 107, 68, 101, 112, 101, 110, 100, 101, 110, 99,
    121, 18, 67, 10, 12, 109, 101, 115, 115, 97, 103, 101, 95, 116, 121, 112, 101, 24, 4, 32,
    3, 40, 11, 50, 32, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 82, 11, 109,
    101, 115, 115, 97, 103, 101, 84, 121, 112, 101, 18, 65, 10, 9, 101, 110, 117, 109, 95, 116,
    121, 112, 101, 24, 5, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 69, 110, 117, 109, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 80, 114, 111, 116, 111, 82, 8, 101, 110, 117, 109, 84, 121, 112, 101, 18, 65, 10,
    7, 115, 101, 114, 118, 105, 99, 101, 24, 6, 32, 3, 40, 11, 50, 39, 46, 103, 111, 111,
    103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 101, 114, 118, 105, 99, 101,
    68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 82, 7, 115, 101, 114,
    118, 105, 99, 101, 18, 67, 10, 9, 101, 120, 116, 101, 110, 115, 105, 111, 110, 24, 7, 32,
    3, 40, 11, 50, 37, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 70, 105, 101, 108, 100, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111,
    116, 111, 82, 9, 101, 120, 116, 101, 110, 115, 105, 111, 110, 18, 54, 10, 7, 111, 112, 116,
    105, 111, 110, 115, 24, 8, 32, 1, 40, 11, 50, 28, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 108, 101, 79, 112, 116, 105, 111, 110, 115,
    82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 73, 10, 16, 115, 111, 117, 114, 99, 101, 95,
    99, 111, 100, 101, 95, 105, 110, 102, 111, 24, 9, 32, 1, 40, 11, 50, 31, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 111, 117, 114, 99, 101,
    67, 111, 100, 101, 73, 110, 102, 111, 82, 14, 115, 111, 117, 114, 99, 101, 67, 111, 100, 101,
    73, 110, 102, 111, 18, 22, 10, 6, 115, 121, 110, 116, 97, 120, 24, 12, 32, 1, 40, 9,
    82, 6, 115, 121, 110, 116, 97, 120, 34, 185, 6, 10, 15, 68, 101, 115, 99, 114, 105, 112,
    116, 111, 114, 80, 114, 111, 116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1,
    40, 9, 82, 4, 110, 97, 109, 101, 18, 59, 10, 5, 102, 105, 101, 108, 100, 24, 2, 32,
    3, 40, 11, 50, 37, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 70, 105, 101, 108, 100, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111,
    116, 111, 82, 5, 102, 105, 101, 108, 100, 18, 67, 10, 9, 101, 120, 116, 101, 110, 115, 105,
    111, 110, 24, 6, 32, 3, 40, 11, 50, 37, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 80, 114, 111, 116, 111, 82, 9, 101, 120, 116, 101, 110, 115, 105, 111, 110, 18, 65,
    10, 11, 110, 101, 115, 116, 101, 100, 95, 116, 121, 112, 101, 24, 3, 32, 3, 40, 11, 50,
    32, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 68, 101,
    115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 82, 10, 110, 101, 115, 116, 101,
    100, 84, 121, 112, 101, 18, 65, 10, 9, 101, 110, 117, 109, 95, 116, 121, 112, 101, 24, 4,
    32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98,
    117, 102, 46, 69, 110, 117, 109, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111,
    116, 111, 82, 8, 101, 110, 117, 109, 84, 121, 112, 101, 18, 88, 10, 15, 101, 120, 116, 101,
    110, 115, 105, 111, 110, 95, 114, 97, 110, 103, 101, 24, 5, 32, 3, 40, 11, 50, 47, 46,
    103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 68, 101, 115, 99,
    114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 46, 69, 120, 116, 101, 110, 115, 105, 111,
    110, 82, 97, 110, 103, 101, 82, 14, 101, 120, 116, 101, 110, 115, 105, 111, 110, 82, 97, 110,
    103, 101, 18, 68, 10, 10, 111, 110, 101, 111, 102, 95, 100, 101, 99, 108, 24, 8, 32, 3,
    40, 11, 50, 37, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102,
    46, 79, 110, 101, 111, 102, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116,
    111, 82, 9, 111, 110, 101, 111, 102, 68, 101, 99, 108, 18, 57, 10, 7, 111, 112, 116, 105,
    111, 110, 115, 24, 7, 32, 1, 40, 11, 50, 31, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 77, 101, 115, 115, 97, 103, 101, 79, 112, 116, 105, 111,
    110, 115, 82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 85, 10, 14, 114, 101, 115, 101, 114,
    118, 101, 100, 95, 114, 97, 110, 103, 101, 24, 9, 32, 3, 40, 11, 50, 46, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 68, 101, 115, 99, 114, 105,
    112, 116, 111, 114, 80, 114, 111, 116, 111, 46, 82, 101, 115, 101, 114, 118, 101, 100, 82, 97,
    110, 103, 101, 82, 13, 114, 101, 115, 101, 114, 118, 101, 100, 82, 97, 110, 103, 101, 18, 35,
    10, 13, 114, 101, 115, 101, 114, 118, 101, 100, 95, 110, 97, 109, 101, 24, 10, 32, 3, 40,
    9, 82, 12, 114, 101, 115, 101, 114, 118, 101, 100, 78, 97, 109, 101, 26, 122, 10, 14, 69,
    120, 116, 101, 110, 115, 105, 111, 110, 82, 97, 110, 103, 101, 18, 20, 10, 5, 115, 116, 97,
    114, 116, 24, 1, 32, 1, 40, 5, 82, 5, 115, 116, 97, 114, 116, 18, 16, 10, 3, 101,
    110, 100, 24, 2, 32, 1, 40, 5, 82, 3, 101, 110, 100, 18, 64, 10, 7, 111, 112, 116,
    105, 111, 110, 115, 24, 3, 32, 1, 40, 11, 50, 38, 46, 103, 111, 111, 103, 108, 101, 46,
    112, 114, 111, 116, 111, 98, 117, 102, 46, 69, 120, 116, 101, 110, 115, 105, 111, 110, 82, 97,
    110, 103, 101, 79, 112, 116, 105, 111, 110, 115, 82, 7, 111, 112, 116, 105, 111, 110, 115, 26,
    55, 10, 13, 82, 101, 115, 101, 114, 118, 101, 100, 82, 97, 110, 103, 101, 18, 20, 10, 5,
    115, 116, 97, 114, 116, 24, 1, 32, 1, 40, 5, 82, 5, 115, 116, 97, 114, 116, 18, 16,
    10, 3, 101, 110, 100, 24, 2, 32, 1, 40, 5, 82, 3, 101, 110, 100, 34, 124, 10, 21,
    69, 120, 116, 101, 110, 115, 105, 111, 110, 82, 97, 110, 103, 101, 79, 112, 116, 105, 111, 110,
    115, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 95, 111,
    112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114, 112, 114,
    101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101, 114, 112,
    114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 42, 9, 8, 232, 7, 16, 128, 128, 128,
    128, 2, 34, 193, 6, 10, 20, 70, 105, 101, 108, 100, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 80, 114, 111, 116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40,
    9, 82, 4, 110, 97, 109, 101, 18, 22, 10, 6, 110, 117, 109, 98, 101, 114, 24, 3, 32,
    1, 40, 5, 82, 6, 110, 117, 109, 98, 101, 114, 18, 65, 10, 5, 108, 97, 98, 101, 108,
    24, 4, 32, 1, 40, 14, 50, 43, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116,
    111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114,
    80, 114, 111, 116, 111, 46, 76, 97, 98, 101, 108, 82, 5, 108, 97, 98, 101, 108, 18, 62,
    10, 4, 116, 121, 112, 101, 24, 5, 32, 1, 40, 14, 50, 42, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 68, 101, 115, 99,
    114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 46, 84, 121, 112, 101, 82, 4, 116, 121,
    112, 101, 18, 27, 10, 9, 116, 121, 112, 101, 95, 110, 97, 109, 101, 24, 6, 32, 1, 40,
    9, 82, 8, 116, 121, 112, 101, 78, 97, 109, 101, 18, 26, 10, 8, 101, 120, 116, 101, 110,
    100, 101, 101, 24, 2, 32, 1, 40, 9, 82, 8, 101, 120, 116, 101, 110, 100, 101, 101, 18,
    35, 10, 13, 100, 101, 102, 97, 117, 108, 116, 95, 118, 97, 108, 117, 101, 24, 7, 32, 1,
    40, 9, 82, 12, 100, 101, 102, 97, 117, 108, 116, 86, 97, 108, 117, 101, 18, 31, 10, 11,
    111, 110, 101, 111, 102, 95, 105, 110, 100, 101, 120, 24, 9, 32, 1, 40, 5, 82, 10, 111,
    110, 101, 111, 102, 73, 110, 100, 101, 120, 18, 27, 10, 9, 106, 115, 111, 110, 95, 110, 97,
    109, 101, 24, 10, 32, 1, 40, 9, 82, 8, 106, 115, 111, 110, 78, 97, 109, 101, 18, 55,
    10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 8, 32, 1, 40, 11, 50, 29, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 79,
    112, 116, 105, 111, 110, 115, 82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 39, 10, 15, 112,
    114, 111, 116, 111, 51, 95, 111, 112, 116, 105, 111, 110, 97, 108, 24, 17, 32, 1, 40, 8,
    82, 14, 112, 114, 111, 116, 111, 51, 79, 112, 116, 105, 111, 110, 97, 108, 34, 182, 2, 10,
    4, 84, 121, 112, 101, 18, 15, 10, 11, 84, 89, 80, 69, 95, 68, 79, 85, 66, 76, 69,
    16, 1, 18, 14, 10, 10, 84, 89, 80, 69, 95, 70, 76, 79, 65, 84, 16, 2, 18, 14,
    10, 10, 84, 89, 80, 69, 95, 73, 78, 84, 54, 52, 16, 3, 18, 15, 10, 11, 84, 89,
    80, 69, 95, 85, 73, 78, 84, 54, 52, 16, 4, 18, 14, 10, 10, 84, 89, 80, 69, 95,
    73, 78, 84, 51, 50, 16, 5, 18, 16, 10, 12, 84, 89, 80, 69, 95, 70, 73, 88, 69,
    68, 54, 52, 16, 6, 18, 16, 10, 12, 84, 89, 80, 69, 95, 70, 73, 88, 69, 68, 51,
    50, 16, 7, 18, 13, 10, 9, 84, 89, 80, 69, 95, 66, 79, 79, 76, 16, 8, 18, 15,
    10, 11, 84, 89, 80, 69, 95, 83, 84, 82, 73, 78, 71, 16, 9, 18, 14, 10, 10, 84,
    89, 80, 69, 95, 71, 82, 79, 85, 80, 16, 10, 18, 16, 10, 12, 84, 89, 80, 69, 95,
    77, 69, 83, 83, 65, 71, 69, 16, 11, 18, 14, 10, 10, 84, 89, 80, 69, 95, 66, 89,
    84, 69, 83, 16, 12, 18, 15, 10, 11, 84, 89, 80, 69, 95, 85, 73, 78, 84, 51, 50,
    16, 13, 18, 13, 10, 9, 84, 89, 80, 69, 95, 69, 78, 85, 77, 16, 14, 18, 17, 10,
    13, 84, 89, 80, 69, 95, 83, 70, 73, 88, 69, 68, 51, 50, 16, 15, 18, 17, 10, 13,
    84, 89, 80, 69, 95, 83, 70, 73, 88, 69, 68, 54, 52, 16, 16, 18, 15, 10, 11, 84,
    89, 80, 69, 95, 83, 73, 78, 84, 51, 50, 16, 17, 18, 15, 10, 11, 84, 89, 80, 69,
    95, 83, 73, 78, 84, 54, 52, 16, 18, 34, 67, 10, 5, 76, 97, 98, 101, 108, 18, 18,
    10, 14, 76, 65, 66, 69, 76, 95, 79, 80, 84, 73, 79, 78, 65, 76, 16, 1, 18, 18,
    10, 14, 76, 65, 66, 69, 76, 95, 82, 69, 81, 85, 73, 82, 69, 68, 16, 2, 18, 18,
    10, 14, 76, 65, 66, 69, 76, 95, 82, 69, 80, 69, 65, 84, 69, 68, 16, 3, 34, 99,
    10, 20, 79, 110, 101, 111, 102, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111,
    116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97,
    109, 101, 18, 55, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 2, 32, 1, 40, 11, 50,
    29, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 79, 110,
    101, 111, 102, 79, 112, 116, 105, 111, 110, 115, 82, 7, 111, 112, 116, 105, 111, 110, 115, 34,
    227, 2, 10, 19, 69, 110, 117, 109, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114,
    111, 116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110,
    97, 109, 101, 18, 63, 10, 5, 118, 97, 108, 117, 101, 24, 2, 32, 3, 40, 11, 50, 41,
    46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 69, 110, 117,
    109, 86, 97, 108, 117, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116,
    111, 82, 5, 118, 97, 108, 117, 101, 18, 54, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24,
    3, 32, 1, 40, 11, 50, 28, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 69, 110, 117, 109, 79, 112, 116, 105, 111, 110, 115, 82, 7, 111, 112, 116,
    105, 111, 110, 115, 18, 93, 10, 14, 114, 101, 115, 101, 114, 118, 101, 100, 95, 114, 97, 110,
    103, 101, 24, 4, 32, 3, 40, 11, 50, 54, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 46, 69, 110, 117, 109, 68, 101, 115, 99, 114, 105, 112, 116, 111,
    114, 80, 114, 111, 116, 111, 46, 69, 110, 117, 109, 82, 101, 115, 101, 114, 118, 101, 100, 82,
    97, 110, 103, 101, 82, 13, 114, 101, 115, 101, 114, 118, 101, 100, 82, 97, 110, 103, 101, 18,
    35, 10, 13, 114, 101, 115, 101, 114, 118, 101, 100, 95, 110, 97, 109, 101, 24, 5, 32, 3,
    40, 9, 82, 12, 114, 101, 115, 101, 114, 118, 101, 100, 78, 97, 109, 101, 26, 59, 10, 17,
    69, 110, 117, 109, 82, 101, 115, 101, 114, 118, 101, 100, 82, 97, 110, 103, 101, 18, 20, 10,
    5, 115, 116, 97, 114, 116, 24, 1, 32, 1, 40, 5, 82, 5, 115, 116, 97, 114, 116, 18,
    16, 10, 3, 101, 110, 100, 24, 2, 32, 1, 40, 5, 82, 3, 101, 110, 100, 34, 131, 1,
    10, 24, 69, 110, 117, 109, 86, 97, 108, 117, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111,
    114, 80, 114, 111, 116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9,
    82, 4, 110, 97, 109, 101, 18, 22, 10, 6, 110, 117, 109, 98, 101, 114, 24, 2, 32, 1,
    40, 5, 82, 6, 110, 117, 109, 98, 101, 114, 18, 59, 10, 7, 111, 112, 116, 105, 111, 110,
    115, 24, 3, 32, 1, 40, 11, 50, 33, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111,
    116, 111, 98, 117, 102, 46, 69, 110, 117, 109, 86, 97, 108, 117, 101, 79, 112, 116, 105, 111,
    110, 115, 82, 7, 111, 112, 116, 105, 111, 110, 115, 34, 167, 1, 10, 22, 83, 101, 114, 118,
    105, 99, 101, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 18, 18,
    10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40, 9, 82, 4, 110, 97, 109, 101, 18, 62,
    10, 6, 109, 101, 116, 104, 111, 100, 24, 2, 32, 3, 40, 11, 50, 38, 46, 103, 111, 111,
    103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 77, 101, 116, 104, 111, 100, 68,
    101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111, 116, 111, 82, 6, 109, 101, 116, 104,
    111, 100, 18, 57, 10, 7, 111, 112, 116, 105, 111, 110, 115, 24, 3, 32, 1, 40, 11, 50,
    31, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 83, 101,
    114, 118, 105, 99, 101, 79, 112, 116, 105, 111, 110, 115, 82, 7, 111, 112, 116, 105, 111, 110,
    115, 34, 137, 2, 10, 21, 77, 101, 116, 104, 111, 100, 68, 101, 115, 99, 114, 105, 112, 116,
    111, 114, 80, 114, 111, 116, 111, 18, 18, 10, 4, 110, 97, 109, 101, 24, 1, 32, 1, 40,
    9, 82, 4, 110, 97, 109, 101, 18, 29, 10, 10, 105, 110, 112, 117, 116, 95, 116, 121, 112,
    101, 24, 2, 32, 1, 40, 9, 82, 9, 105, 110, 112, 117, 116, 84, 121, 112, 101, 18, 31,
    10, 11, 111, 117, 116, 112, 117, 116, 95, 116, 121, 112, 101, 24, 3, 32, 1, 40, 9, 82,
    10, 111, 117, 116, 112, 117, 116, 84, 121, 112, 101, 18, 56, 10, 7, 111, 112, 116, 105, 111,
    110, 115, 24, 4, 32, 1, 40, 11, 50, 30, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 46, 77, 101, 116, 104, 111, 100, 79, 112, 116, 105, 111, 110, 115,
    82, 7, 111, 112, 116, 105, 111, 110, 115, 18, 48, 10, 16, 99, 108, 105, 101, 110, 116, 95,
    115, 116, 114, 101, 97, 109, 105, 110, 103, 24, 5, 32, 1, 40, 8, 58, 5, 102, 97, 108,
    115, 101, 82, 15, 99, 108, 105, 101, 110, 116, 83, 116, 114, 101, 97, 109, 105, 110, 103, 18,
    48, 10, 16, 115, 101, 114, 118, 101, 114, 95, 115, 116, 114, 101, 97, 109, 105, 110, 103, 24,
    6, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 15, 115, 101, 114, 118, 101, 114,
    83, 116, 114, 101, 97, 109, 105, 110, 103, 34, 145, 9, 10, 11, 70, 105, 108, 101, 79, 112,
    116, 105, 111, 110, 115, 18, 33, 10, 12, 106, 97, 118, 97, 95, 112, 97, 99, 107, 97, 103,
    101, 24, 1, 32, 1, 40, 9, 82, 11, 106, 97, 118, 97, 80, 97, 99, 107, 97, 103, 101,
    18, 48, 10, 20, 106, 97, 118, 97, 95, 111, 117, 116, 101, 114, 95, 99, 108, 97, 115, 115,
    110, 97, 109, 101, 24, 8, 32, 1, 40, 9, 82, 18, 106, 97, 118, 97, 79, 117, 116, 101,
    114, 67, 108, 97, 115, 115, 110, 97, 109, 101, 18, 53, 10, 19, 106, 97, 118, 97, 95, 109,
    117, 108, 116, 105, 112, 108, 101, 95, 102, 105, 108, 101, 115, 24, 10, 32, 1, 40, 8, 58,
    5, 102, 97, 108, 115, 101, 82, 17, 106, 97, 118, 97, 77, 117, 108, 116, 105, 112, 108, 101,
    70, 105, 108, 101, 115, 18, 68, 10, 29, 106, 97, 118, 97, 95, 103, 101, 110, 101, 114, 97,
    116, 101, 95, 101, 113, 117, 97, 108, 115, 95, 97, 110, 100, 95, 104, 97, 115, 104, 24, 20,
    32, 1, 40, 8, 66, 2, 24, 1, 82, 25, 106, 97, 118, 97, 71, 101, 110, 101, 114, 97,
    116, 101, 69, 113, 117, 97, 108, 115, 65, 110, 100, 72, 97, 115, 104, 18, 58, 10, 22, 106,
    97, 118, 97, 95, 115, 116, 114, 105, 110, 103, 95, 99, 104, 101, 99, 107, 95, 117, 116, 102,
    56, 24, 27, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 19, 106, 97, 118, 97,
    83, 116, 114, 105, 110, 103, 67, 104, 101, 99, 107, 85, 116, 102, 56, 18, 83, 10, 12, 111,
    112, 116, 105, 109, 105, 122, 101, 95, 102, 111, 114, 24, 9, 32, 1, 40, 14, 50, 41, 46,
    103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 108, 101,
    79, 112, 116, 105, 111, 110, 115, 46, 79, 112, 116, 105, 109, 105, 122, 101, 77, 111, 100, 101,
    58, 5, 83, 80, 69, 69, 68, 82, 11, 111, 112, 116, 105, 109, 105, 122, 101, 70, 111, 114,
    18, 29, 10, 10, 103, 111, 95, 112, 97, 99, 107, 97, 103, 101, 24, 11, 32, 1, 40, 9,
    82, 9, 103, 111, 80, 97, 99, 107, 97, 103, 101, 18, 53, 10, 19, 99, 99, 95, 103, 101,
    110, 101, 114, 105, 99, 95, 115, 101, 114, 118, 105, 99, 101, 115, 24, 16, 32, 1, 40, 8,
    58, 5, 102, 97, 108, 115, 101, 82, 17, 99, 99, 71, 101, 110, 101, 114, 105, 99, 83, 101,
    114, 118, 105, 99, 101, 115, 18, 57, 10, 21, 106, 97, 118, 97, 95, 103, 101, 110, 101, 114,
    105, 99, 95, 115, 101, 114, 118, 105, 99, 101, 115, 24, 17, 32, 1, 40, 8, 58, 5, 102,
    97, 108, 115, 101, 82, 19, 106, 97, 118, 97, 71, 101, 110, 101, 114, 105, 99, 83, 101, 114,
    118, 105, 99, 101, 115, 18, 53, 10, 19, 112, 121, 95, 103, 101, 110, 101, 114, 105, 99, 95,
    115, 101, 114, 118, 105, 99, 101, 115, 24, 18, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115,
    101, 82, 17, 112, 121, 71, 101, 110, 101, 114, 105, 99, 83, 101, 114, 118, 105, 99, 101, 115,
    18, 55, 10, 20, 112, 104, 112, 95, 103, 101, 110, 101, 114, 105, 99, 95, 115, 101, 114, 118,
    105, 99, 101, 115, 24, 42, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 18, 112,
    104, 112, 71, 101, 110, 101, 114, 105, 99, 83, 101, 114, 118, 105, 99, 101, 115, 18, 37, 10,
    10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 23, 32, 1, 40, 8, 58, 5, 102,
    97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 18, 46, 10, 16,
    99, 99, 95, 101, 110, 97, 98, 108, 101, 95, 97, 114, 101, 110, 97, 115, 24, 31, 32, 1,
    40, 8, 58, 4, 116, 114, 117, 101, 82, 14, 99, 99, 69, 110, 97, 98, 108, 101, 65, 114,
    101, 110, 97, 115, 18, 42, 10, 17, 111, 98, 106, 99, 95, 99, 108, 97, 115, 115, 95, 112,
    114, 101, 102, 105, 120, 24, 36, 32, 1, 40, 9, 82, 15, 111, 98, 106, 99, 67, 108, 97,
    115, 115, 80, 114, 101, 102, 105, 120, 18, 41, 10, 16, 99, 115, 104, 97, 114, 112, 95, 110,
    97, 109, 101, 115, 112, 97, 99, 101, 24, 37, 32, 1, 40, 9, 82, 15, 99, 115, 104, 97,
    114, 112, 78, 97, 109, 101, 115, 112, 97, 99, 101, 18, 33, 10, 12, 115, 119, 105, 102, 116,
    95, 112, 114, 101, 102, 105, 120, 24, 39, 32, 1, 40, 9, 82, 11, 115, 119, 105, 102, 116,
    80, 114, 101, 102, 105, 120, 18, 40, 10, 16, 112, 104, 112, 95, 99, 108, 97, 115, 115, 95,
    112, 114, 101, 102, 105, 120, 24, 40, 32, 1, 40, 9, 82, 14, 112, 104, 112, 67, 108, 97,
    115, 115, 80, 114, 101, 102, 105, 120, 18, 35, 10, 13, 112, 104, 112, 95, 110, 97, 109, 101,
    115, 112, 97, 99, 101, 24, 41, 32, 1, 40, 9, 82, 12, 112, 104, 112, 78, 97, 109, 101,
    115, 112, 97, 99, 101, 18, 52, 10, 22, 112, 104, 112, 95, 109, 101, 116, 97, 100, 97, 116,
    97, 95, 110, 97, 109, 101, 115, 112, 97, 99, 101, 24, 44, 32, 1, 40, 9, 82, 20, 112,
    104, 112, 77, 101, 116, 97, 100, 97, 116, 97, 78, 97, 109, 101, 115, 112, 97, 99, 101, 18,
    33, 10, 12, 114, 117, 98, 121, 95, 112, 97, 99, 107, 97, 103, 101, 24, 45, 32, 1, 40,
    9, 82, 11, 114, 117, 98, 121, 80, 97, 99, 107, 97, 103, 101, 18, 88, 10, 20, 117, 110,
    105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 95, 111, 112, 116, 105, 111, 110, 24, 231,
    7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111,
    98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116,
    105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112,
    116, 105, 111, 110, 34, 58, 10, 12, 79, 112, 116, 105, 109, 105, 122, 101, 77, 111, 100, 101,
    18, 9, 10, 5, 83, 80, 69, 69, 68, 16, 1, 18, 13, 10, 9, 67, 79, 68, 69, 95,
    83, 73, 90, 69, 16, 2, 18, 16, 10, 12, 76, 73, 84, 69, 95, 82, 85, 78, 84, 73,
    77, 69, 16, 3, 42, 9, 8, 232, 7, 16, 128, 128, 128, 128, 2, 74, 4, 8, 38, 16,
    39, 34, 227, 2, 10, 14, 77, 101, 115, 115, 97, 103, 101, 79, 112, 116, 105, 111, 110, 115,
    18, 60, 10, 23, 109, 101, 115, 115, 97, 103, 101, 95, 115, 101, 116, 95, 119, 105, 114, 101,
    95, 102, 111, 114, 109, 97, 116, 24, 1, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101,
    82, 20, 109, 101, 115, 115, 97, 103, 101, 83, 101, 116, 87, 105, 114, 101, 70, 111, 114, 109,
    97, 116, 18, 76, 10, 31, 110, 111, 95, 115, 116, 97, 110, 100, 97, 114, 100, 95, 100, 101,
    115, 99, 114, 105, 112, 116, 111, 114, 95, 97, 99, 99, 101, 115, 115, 111, 114, 24, 2, 32,
    1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 28, 110, 111, 83, 116, 97, 110, 100, 97,
    114, 100, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 65, 99, 99, 101, 115, 115, 111, 114,
    18, 37, 10, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 3, 32, 1, 40, 8,
    58, 5, 102, 97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 18,
    27, 10, 9, 109, 97, 112, 95, 101, 110, 116, 114, 121, 24, 7, 32, 1, 40, 8, 82, 8,
    109, 97, 112, 69, 110, 116, 114, 121, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112,
    114, 101, 116, 101, 100, 95, 111, 112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50,
    36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110,
    105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117,
    110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 42, 9,
    8, 232, 7, 16, 128, 128, 128, 128, 2, 74, 4, 8, 4, 16, 5, 74, 4, 8, 5, 16,
    6, 74, 4, 8, 6, 16, 7, 74, 4, 8, 8, 16, 9, 74, 4, 8, 9, 16, 10, 34,
    146, 4, 10, 12, 70, 105, 101, 108, 100, 79, 112, 116, 105, 111, 110, 115, 18, 65, 10, 5,
    99, 116, 121, 112, 101, 24, 1, 32, 1, 40, 14, 50, 35, 46, 103, 111, 111, 103, 108, 101,
    46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 70, 105, 101, 108, 100, 79, 112, 116, 105, 111,
    110, 115, 46, 67, 84, 121, 112, 101, 58, 6, 83, 84, 82, 73, 78, 71, 82, 5, 99, 116,
    121, 112, 101, 18, 22, 10, 6, 112, 97, 99, 107, 101, 100, 24, 2, 32, 1, 40, 8, 82,
    6, 112, 97, 99, 107, 101, 100, 18, 71, 10, 6, 106, 115, 116, 121, 112, 101, 24, 6, 32,
    1, 40, 14, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117,
    102, 46, 70, 105, 101, 108, 100, 79, 112, 116, 105, 111, 110, 115, 46, 74, 83, 84, 121, 112,
    101, 58, 9, 74, 83, 95, 78, 79, 82, 77, 65, 76, 82, 6, 106, 115, 116, 121, 112, 101,
    18, 25, 10, 4, 108, 97, 122, 121, 24, 5, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115,
    101, 82, 4, 108, 97, 122, 121, 18, 46, 10, 15, 117, 110, 118, 101, 114, 105, 102, 105, 101,
    100, 95, 108, 97, 122, 121, 24, 15, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82,
    14, 117, 110, 118, 101, 114, 105, 102, 105, 101, 100, 76, 97, 122, 121, 18, 37, 10, 10, 100,
    101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 3, 32, 1, 40, 8, 58, 5, 102, 97, 108,
    115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 18, 25, 10, 4, 119, 101,
    97, 107, 24, 10, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 4, 119, 101, 97,
    107, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 95, 111,
    112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114, 112, 114,
    101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101, 114, 112,
    114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 34, 47, 10, 5, 67, 84, 121, 112, 101,
    18, 10, 10, 6, 83, 84, 82, 73, 78, 71, 16, 0, 18, 8, 10, 4, 67, 79, 82, 68,
    16, 1, 18, 16, 10, 12, 83, 84, 82, 73, 78, 71, 95, 80, 73, 69, 67, 69, 16, 2,
    34, 53, 10, 6, 74, 83, 84, 121, 112, 101, 18, 13, 10, 9, 74, 83, 95, 78, 79, 82,
    77, 65, 76, 16, 0, 18, 13, 10, 9, 74, 83, 95, 83, 84, 82, 73, 78, 71, 16, 1,
    18, 13, 10, 9, 74, 83, 95, 78, 85, 77, 66, 69, 82, 16, 2, 42, 9, 8, 232, 7,
    16, 128, 128, 128, 128, 2, 74, 4, 8, 4, 16, 5, 34, 115, 10, 12, 79, 110, 101, 111,
    102, 79, 112, 116, 105, 111, 110, 115, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112,
    114, 101, 116, 101, 100, 95, 111, 112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50,
    36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110,
    105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117,
    110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 42, 9,
    8, 232, 7, 16, 128, 128, 128, 128, 2, 34, 192, 1, 10, 11, 69, 110, 117, 109, 79, 112,
    116, 105, 111, 110, 115, 18, 31, 10, 11, 97, 108, 108, 111, 119, 95, 97, 108, 105, 97, 115,
    24, 2, 32, 1, 40, 8, 82, 10, 97, 108, 108, 111, 119, 65, 108, 105, 97, 115, 18, 37,
    10, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 3, 32, 1, 40, 8, 58, 5,
    102, 97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 18, 88, 10,
    20, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 95, 111, 112, 116, 105, 111,
    110, 24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100,
    79, 112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101,
    100, 79, 112, 116, 105, 111, 110, 42, 9, 8, 232, 7, 16, 128, 128, 128, 128, 2, 74, 4,
    8, 5, 16, 6, 34, 158, 1, 10, 16, 69, 110, 117, 109, 86, 97, 108, 117, 101, 79, 112,
    116, 105, 111, 110, 115, 18, 37, 10, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24,
    1, 32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99,
    97, 116, 101, 100, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101,
    100, 95, 111, 112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111,
    111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101,
    114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116,
    101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 42, 9, 8, 232, 7, 16,
    128, 128, 128, 128, 2, 34, 156, 1, 10, 14, 83, 101, 114, 118, 105, 99, 101, 79, 112, 116,
    105, 111, 110, 115, 18, 37, 10, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 33,
    32, 1, 40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97,
    116, 101, 100, 18, 88, 10, 20, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100,
    95, 111, 112, 116, 105, 111, 110, 24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111,
    103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114,
    112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101,
    114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 42, 9, 8, 232, 7, 16, 128,
    128, 128, 128, 2, 34, 224, 2, 10, 13, 77, 101, 116, 104, 111, 100, 79, 112, 116, 105, 111,
    110, 115, 18, 37, 10, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101, 100, 24, 33, 32, 1,
    40, 8, 58, 5, 102, 97, 108, 115, 101, 82, 10, 100, 101, 112, 114, 101, 99, 97, 116, 101,
    100, 18, 113, 10, 17, 105, 100, 101, 109, 112, 111, 116, 101, 110, 99, 121, 95, 108, 101, 118,
    101, 108, 24, 34, 32, 1, 40, 14, 50, 47, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114,
    111, 116, 111, 98, 117, 102, 46, 77, 101, 116, 104, 111, 100, 79, 112, 116, 105, 111, 110, 115,
    46, 73, 100, 101, 109, 112, 111, 116, 101, 110, 99, 121, 76, 101, 118, 101, 108, 58, 19, 73,
    68, 69, 77, 80, 79, 84, 69, 78, 67, 89, 95, 85, 78, 75, 78, 79, 87, 78, 82, 16,
    105, 100, 101, 109, 112, 111, 116, 101, 110, 99, 121, 76, 101, 118, 101, 108, 18, 88, 10, 20,
    117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 95, 111, 112, 116, 105, 111, 110,
    24, 231, 7, 32, 3, 40, 11, 50, 36, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111,
    116, 111, 98, 117, 102, 46, 85, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79,
    112, 116, 105, 111, 110, 82, 19, 117, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100,
    79, 112, 116, 105, 111, 110, 34, 80, 10, 16, 73, 100, 101, 109, 112, 111, 116, 101, 110, 99,
    121, 76, 101, 118, 101, 108, 18, 23, 10, 19, 73, 68, 69, 77, 80, 79, 84, 69, 78, 67,
    89, 95, 85, 78, 75, 78, 79, 87, 78, 16, 0, 18, 19, 10, 15, 78, 79, 95, 83, 73,
    68, 69, 95, 69, 70, 70, 69, 67, 84, 83, 16, 1, 18, 14, 10, 10, 73, 68, 69, 77,
    80, 79, 84, 69, 78, 84, 16, 2, 42, 9, 8, 232, 7, 16, 128, 128, 128, 128, 2, 34,
    154, 3, 10, 19, 85, 110, 105, 110, 116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116,
    105, 111, 110, 18, 65, 10, 4, 110, 97, 109, 101, 24, 2, 32, 3, 40, 11, 50, 45, 46,
    103, 111, 111, 103, 108, 101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 85, 110, 105, 110,
    116, 101, 114, 112, 114, 101, 116, 101, 100, 79, 112, 116, 105, 111, 110, 46, 78, 97, 109, 101,
    80, 97, 114, 116, 82, 4, 110, 97, 109, 101, 18, 41, 10, 16, 105, 100, 101, 110, 116, 105,
    102, 105, 101, 114, 95, 118, 97, 108, 117, 101, 24, 3, 32, 1, 40, 9, 82, 15, 105, 100,
    101, 110, 116, 105, 102, 105, 101, 114, 86, 97, 108, 117, 101, 18, 44, 10, 18, 112, 111, 115,
    105, 116, 105, 118, 101, 95, 105, 110, 116, 95, 118, 97, 108, 117, 101, 24, 4, 32, 1, 40,
    4, 82, 16, 112, 111, 115, 105, 116, 105, 118, 101, 73, 110, 116, 86, 97, 108, 117, 101, 18,
    44, 10, 18, 110, 101, 103, 97, 116, 105, 118, 101, 95, 105, 110, 116, 95, 118, 97, 108, 117,
    101, 24, 5, 32, 1, 40, 3, 82, 16, 110, 101, 103, 97, 116, 105, 118, 101, 73, 110, 116,
    86, 97, 108, 117, 101, 18, 33, 10, 12, 100, 111, 117, 98, 108, 101, 95, 118, 97, 108, 117,
    101, 24, 6, 32, 1, 40, 1, 82, 11, 100, 111, 117, 98, 108, 101, 86, 97, 108, 117, 101,
    18, 33, 10, 12, 115, 116, 114, 105, 110, 103, 95, 118, 97, 108, 117, 101, 24, 7, 32, 1,
    40, 12, 82, 11, 115, 116, 114, 105, 110, 103, 86, 97, 108, 117, 101, 18, 39, 10, 15, 97,
    103, 103, 114, 101, 103, 97, 116, 101, 95, 118, 97, 108, 117, 101, 24, 8, 32, 1, 40, 9,
    82, 14, 97, 103, 103, 114, 101, 103, 97, 116, 101, 86, 97, 108, 117, 101, 26, 74, 10, 8,
    78, 97, 109, 101, 80, 97, 114, 116, 18, 27, 10, 9, 110, 97, 109, 101, 95, 112, 97, 114,
    116, 24, 1, 32, 2, 40, 9, 82, 8, 110, 97, 109, 101, 80, 97, 114, 116, 18, 33, 10,
    12, 105, 115, 95, 101, 120, 116, 101, 110, 115, 105, 111, 110, 24, 2, 32, 2, 40, 8, 82,
    11, 105, 115, 69, 120, 116, 101, 110, 115, 105, 111, 110, 34, 167, 2, 10, 14, 83, 111, 117,
    114, 99, 101, 67, 111, 100, 101, 73, 110, 102, 111, 18, 68, 10, 8, 108, 111, 99, 97, 116,
    105, 111, 110, 24, 1, 32, 3, 40, 11, 50, 40, 46, 103, 111, 111, 103, 108, 101, 46, 112,
    114, 111, 116, 111, 98, 117, 102, 46, 83, 111, 117, 114, 99, 101, 67, 111, 100, 101, 73, 110,
    102, 111, 46, 76, 111, 99, 97, 116, 105, 111, 110, 82, 8, 108, 111, 99, 97, 116, 105, 111,
    110, 26, 206, 1, 10, 8, 76, 111, 99, 97, 116, 105, 111, 110, 18, 22, 10, 4, 112, 97,
    116, 104, 24, 1, 32, 3, 40, 5, 66, 2, 16, 1, 82, 4, 112, 97, 116, 104, 18, 22,
    10, 4, 115, 112, 97, 110, 24, 2, 32, 3, 40, 5, 66, 2, 16, 1, 82, 4, 115, 112,
    97, 110, 18, 41, 10, 16, 108, 101, 97, 100, 105, 110, 103, 95, 99, 111, 109, 109, 101, 110,
    116, 115, 24, 3, 32, 1, 40, 9, 82, 15, 108, 101, 97, 100, 105, 110, 103, 67, 111, 109,
    109, 101, 110, 116, 115, 18, 43, 10, 17, 116, 114, 97, 105, 108, 105, 110, 103, 95, 99, 111,
    109, 109, 101, 110, 116, 115, 24, 4, 32, 1, 40, 9, 82, 16, 116, 114, 97, 105, 108, 105,
    110, 103, 67, 111, 109, 109, 101, 110, 116, 115, 18, 58, 10, 25, 108, 101, 97, 100, 105, 110,
    103, 95, 100, 101, 116, 97, 99, 104, 101, 100, 95, 99, 111, 109, 109, 101, 110, 116, 115, 24,
    6, 32, 3, 40, 9, 82, 23, 108, 101, 97, 100, 105, 110, 103, 68, 101, 116, 97, 99, 104,
    101, 100, 67, 111, 109, 109, 101, 110, 116, 115, 34, 209, 1, 10, 17, 71, 101, 110, 101, 114,
    97, 116, 101, 100, 67, 111, 100, 101, 73, 110, 102, 111, 18, 77, 10, 10, 97, 110, 110, 111,
    116, 97, 116, 105, 111, 110, 24, 1, 32, 3, 40, 11, 50, 45, 46, 103, 111, 111, 103, 108,
    101, 46, 112, 114, 111, 116, 111, 98, 117, 102, 46, 71, 101, 110, 101, 114, 97, 116, 101, 100,
    67, 111, 100, 101, 73, 110, 102, 111, 46, 65, 110, 110, 111, 116, 97, 116, 105, 111, 110, 82,
    10, 97, 110, 110, 111, 116, 97, 116, 105, 111, 110, 26, 109, 10, 10, 65, 110, 110, 111, 116,
    97, 116, 105, 111, 110, 18, 22, 10, 4, 112, 97, 116, 104, 24, 1, 32, 3, 40, 5, 66,
    2, 16, 1, 82, 4, 112, 97, 116, 104, 18, 31, 10, 11, 115, 111, 117, 114, 99, 101, 95,
    102, 105, 108, 101, 24, 2, 32, 1, 40, 9, 82, 10, 115, 111, 117, 114, 99, 101, 70, 105,
    108, 101, 18, 20, 10, 5, 98, 101, 103, 105, 110, 24, 3, 32, 1, 40, 5, 82, 5, 98,
    101, 103, 105, 110, 18, 16, 10, 3, 101, 110, 100, 24, 4, 32, 1, 40, 5, 82, 3, 101,
    110, 100, 66, 126, 10, 19, 99, 111, 109, 46, 103, 111, 111, 103, 108, 101, 46, 112, 114, 111,
    116, 111, 98, 117, 102, 66, 16, 68, 101, 115, 99, 114, 105, 112, 116, 111, 114, 80, 114, 111,
    116, 111, 115, 72, 1, 90, 45, 103, 111, 111, 103, 108, 101, 46, 103, 111, 108, 97, 110, 103,
    46, 111, 114, 103, 47, 112, 114, 111, 116, 111, 98, 117, 102, 47, 116, 121, 112, 101, 115, 47,
    100, 101, 115, 99, 114, 105, 112, 116, 111, 114, 112, 98, 248, 1, 1, 162, 2, 3, 71, 80,
    66, 170, 2, 26, 71, 111, 111, 103, 108, 101, 46, 80, 114, 111, 116, 111, 98, 117, 102, 46,
    82, 101, 102, 108, 101, 99, 116, 105, 111, 110,
};
EDO_PROTOBUF_FILE(edo_FILE_google_protobuf_descriptor, NULL)

#endif
