/* SPDX-License-Identifier: MIT */
/* protobuf/json/known.h: messages that have a form of their own in JSON, and names of fields. */
#ifndef EDOI_PROTOBUF_JSON_KNOWN_H
#define EDOI_PROTOBUF_JSON_KNOWN_H

#include <edo/protobuf.h>

typedef enum edoi_known {
    EDOI_KNOWN_NONE,
    EDOI_KNOWN_ANY,
    EDOI_KNOWN_TIMESTAMP,
    EDOI_KNOWN_DURATION,
    EDOI_KNOWN_FIELD_MASK,
    EDOI_KNOWN_STRUCT,
    EDOI_KNOWN_VALUE,
    EDOI_KNOWN_LIST,
    EDOI_KNOWN_WRAPPER, /* of one field, "value" */
} edoi_known;

/* Which of them a description is, by the name and size that the headers of edo give it. */
edoi_known edoi_known_of(const edo_desc *desc);

/* The description that edo has of one of them, or of the enum NullValue, by its name in the .proto,
 * "google.protobuf.Any"; NULL: it is none. */
const edo_desc *edoi_known_desc(edo_str name);

/* All of these messages. */
const edo_protobuf_type *edoi_known_types(size_t *n);

/* Is it the enum google.protobuf.NullValue, which is null? */
bool edoi_known_is_null(const edo_field *f);

/* Is a null of this field a value, and not as if the field was not there? */
bool edoi_known_takes_null(const edo_field *f);

/* The type that an Any is of, "type.googleapis.com/hello.v1.Person": one of the options', or one of
 * those above; NULL: it is none of them. */
const edo_desc *edoi_known_type(const edo_protobuf_json_opts *opts, edo_str url);

/* The name that JSON has for a field beside the usual ones, behind its key; no bytes: none. */
EDOI_INLINE edo_str edoi_field_json_name(const edo_field *f) {
    return edo_str_of(f->key + f->name_len + 4); // ,"":
}

/* Does a path of a FieldMask come back from lowerCamelCase? */
bool edoi_path_comes_back(edo_str path);

/* Appends the name in lowerCamelCase. */
EDO_MUST_USE int edoi_camel_append(edo_buf *out, edo_str name);

/* Appends the name of the field in JSON. */
EDO_MUST_USE EDO_API int edoi_field_json_append(edo_buf *out, const edo_field *f);

/* Appends a name in lowerCamelCase as it is in the .proto. */
EDO_MUST_USE int edoi_snake_append(edo_buf *out, edo_str name);

/* The field that a member is: by its name in the .proto, or by that of JSON. NULL: none.
 * `scratch` is overwritten. */
const edo_field *edoi_field_of_member(const edo_desc *desc, edo_str name, edo_buf *scratch);

#endif
