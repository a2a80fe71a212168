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

#endif
