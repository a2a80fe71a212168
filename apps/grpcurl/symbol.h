/* SPDX-License-Identifier: MIT */
/* symbol.h: finds what a full name of a .proto is. */
#ifndef GRPCURL_SYMBOL_H
#define GRPCURL_SYMBOL_H

#include <edo/protobuf_schema.h>

#include <google/protobuf/descriptor.edo.h>

typedef enum symbol_kind {
    SYMBOL_MESSAGE,
    SYMBOL_FIELD,
    SYMBOL_ONEOF,
    SYMBOL_ENUM,
    SYMBOL_VALUE,
    SYMBOL_SERVICE,
    SYMBOL_METHOD,
    SYMBOL_EXTENSION,
} symbol_kind;

typedef struct symbol {
    symbol_kind kind;
    const google_protobuf_file_descriptor_proto *file;
    const google_protobuf_descriptor_proto *message; /* it, or that which has the field or oneof */
    size_t oneof;                                    /* which of the message */
    const google_protobuf_field_descriptor_proto *field; /* or extension */
    const google_protobuf_enum_descriptor_proto *values; /* it, or that which has the value */
    const google_protobuf_enum_value_descriptor_proto *value;
    const google_protobuf_service_descriptor_proto *service; /* it, or that which has the method */
    const google_protobuf_method_descriptor_proto *method;
} symbol;

/* Returns whether there is one of the name, "hello.v1.Greeter.Greet". */
bool symbol_find(symbol *out, const edo_protobuf_schema *schema, edo_str name);

/* "a service", as people read it. */
const char *symbol_kind_name(symbol_kind kind);

#endif
