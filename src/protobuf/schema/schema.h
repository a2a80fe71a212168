/* SPDX-License-Identifier: MIT */
/* protobuf/schema/schema.h: what the parts of a schema share while it is made: all types of a set
 * of files, by their full names.
 *
 * All memory is the arena's. The first failure is kept: what follows it does nothing.
 *
 * inv. 1: the pointers at `sorted` are in the order of names, each of which is there once.
 * inv. 2: the description of a message that is laid out has its fields in the order of numbers. */
#ifndef EDOI_PROTOBUF_SCHEMA_SCHEMA_H
#define EDOI_PROTOBUF_SCHEMA_SCHEMA_H

#include <edo/protobuf_schema.h>

#include <google/protobuf/descriptor.edo.h>

typedef google_protobuf_file_descriptor_proto edoi_file_proto;
typedef google_protobuf_descriptor_proto edoi_message_proto;
typedef google_protobuf_enum_descriptor_proto edoi_enum_proto;
typedef google_protobuf_field_descriptor_proto edoi_field_proto;

/* A message or an enum. */
typedef struct edoi_schema_type {
    edo_desc desc;                     /* first: what is made of it */
    edo_field *fields;                 /* of `desc` */
    const edo_desc *used;              /* that, or edo's own of a message with a form of its own */
    edo_str full;                      /* ".hello.v1.Person", with a NUL behind it */
    const edoi_message_proto *message; /* NULL: an enum */
    const edoi_enum_proto *values;
    bool is_proto3;
} edoi_schema_type;

struct edo_protobuf_schema {
    edo_arena *arena;
    size_t bytes_max; /* of the arena */
    int err;          /* the first failure */
    google_protobuf_file_descriptor_set files;
    edoi_schema_type *types;
    size_t types_n;
    const edoi_schema_type **sorted;
    edo_protobuf_type *messages;
    size_t messages_n;
};

/* Keeps a failure; returns NULL. */
void *edoi_schema_fails(edo_protobuf_schema *s, int err);

/* Keeps -EDO_EPROTOBUF with "hello.v1.Person.name: reason" as its trail; without `part`
 * "hello.v1.Person: reason". */
void edoi_schema_refuses(edo_protobuf_schema *s, edo_str full, edo_str part, const char *reason);

/* `n` elements of `bytes` bytes each, all zero; NULL: it failed. */
void *edoi_schema_alloc(edo_protobuf_schema *s, size_t n, size_t bytes);

/* The name of a field as descriptions have it: ,"name": and behind it that of JSON, if it is not the
 * usual one (EDO_AS_JSON()). */
const char *edoi_schema_key(edo_protobuf_schema *s, edo_str name, edo_str json_name);

/* Finds all types of the files, and gives them their names. */
void edoi_schema_find_types(edo_protobuf_schema *s);

/* The description of a message or enum by its name, "hello.v1.Person"; NULL: there is none. */
const edo_desc *edoi_schema_desc_named(const edo_protobuf_schema *s, edo_str name);

/* The type that a description was made of; NULL: it is one of edo's own. */
EDOI_INLINE const edoi_schema_type *edoi_schema_type_of(const edo_protobuf_schema *s,
                                                        const edo_desc *desc) {
    const uintptr_t at = (uintptr_t)desc, from = (uintptr_t)s->types;
    const bool is_ours = at >= from && at < (uintptr_t)(s->types + s->types_n);
    return is_ours ? (const edoi_schema_type *)desc : NULL;
}

/* Is it the entry of a map? */
bool edoi_schema_is_entry(const edoi_schema_type *t);

/* Is it what a .proto may call something: letters, digits, and '_'? */
bool edoi_schema_name_is_good(edo_str name);

/* Makes a field of the message `owner`, but for its place. Returns whether there is one: not of a
 * group, and not after a failure. */
bool edoi_schema_field(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                       const edoi_field_proto *p);

/* Gives a field the default that it has in the .proto. */
void edoi_schema_preset(edo_protobuf_schema *s, edo_field *f, const edoi_schema_type *owner,
                        const edoi_field_proto *p);

/* Make the description of an enum, and of a message. */
void edoi_schema_lay_out_enum(edo_protobuf_schema *s, edoi_schema_type *t);
void edoi_schema_lay_out(edo_protobuf_schema *s, edoi_schema_type *t);

#endif
