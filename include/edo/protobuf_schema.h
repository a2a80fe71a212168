/* SPDX-License-Identifier: MIT */
/* edo/protobuf_schema.h: descriptions of messages that the program has no header of: made at run
 * time from the descriptors of .proto files, as protoc writes them to a file, and as servers of
 * gRPC give them by reflection.
 *
 *     protoc --include_imports --descriptor_set_out=hello.protoset hello.proto
 *
 *     edo_arena arena = { 0 };
 *     const edo_protobuf_schema *schema;
 *     int err = edo_protobuf_schema_decode(&schema, set, &arena);         // what the file has
 *     …
 *     const edo_desc *person = edo_protobuf_schema_find(schema, EDO_STR("hello.v1.Person"));
 *     void *value = edo_arena_alloc(&arena, person->size);
 *     err = edo_protobuf_json_decode(value, person, EDO_STR("{\"name\": \"Ann\"}"), &arena, NULL);
 *     …
 *     err = edo_protobuf_encode(&out, value, person);
 *     …
 *     edo_arena_deinit(&arena);
 *
 * Such a description is as good as one that protoc-gen-edo has made: messages and JSON are the
 * same, and edo_grpc_unary() and its like take it. A field of a value is found by edo_desc_find(),
 * and its elements by edo_field_elements(). Groups and extensions have no field, and are kept as
 * unknown.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns; what it returns lives as long as the arena.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_PROTOBUF_SCHEMA_H
#define EDO_PROTOBUF_SCHEMA_H

#include <edo/arena.h>
#include <edo/bytes.h>
#include <edo/error.h>
#include <edo/protobuf.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

/* Bytes of the arena for each byte of a set, and those that may be taken whatever its length. */
#define EDO_PROTOBUF_SCHEMA_TIMES      256u
#define EDO_PROTOBUF_SCHEMA_TIMES_FREE (1u << 20)

/* The messages and enums of some .proto files. It is never written. */
typedef struct edo_protobuf_schema edo_protobuf_schema;

struct google_protobuf_file_descriptor_set; /* of <google/protobuf/descriptor.edo.h> */

/** Decodes a google.protobuf.FileDescriptorSet, and makes a description of each message in it. It
 * may be a stranger's.
 *
 * Files may come in any order; all types that a field names have to be there, but for those of
 * google.protobuf that have a form of their own in JSON: edo has these, and a set does not change
 * them.
 * Owns:    copies `set`; returns new in `*out`, all of which is the arena's: at most 256 bytes for
 *          each byte of the set, and 1 MiB. After a failure a part of that is taken.
 * Errors:  -EDO_EPROTOBUF  it is no such set, or no .proto could say this; the trail says where:
 *                          hello.v1.Person.name: a number must be from 1 to 536870911
 *          -ENOENT         a field has a type that is not there
 *          -ENOTSUP        a file is neither proto2 nor proto3, but of an edition; the default of
 *                          a string has a NUL, which a preset cannot have
 *          -EMSGSIZE       it would take more memory than that
 *          -ENOMEM         also if the arena has reached its bytes_max
 * Threads: one at a time for an arena. */
EDO_MUST_USE EDO_API int edo_protobuf_schema_decode(const edo_protobuf_schema **out, edo_str set,
                                                    edo_arena *arena);

/** Returns the description of a message by its full name, "hello.v1.Person".
 * Errors:  NULL if there is none. */
EDO_API const edo_desc *edo_protobuf_schema_find(const edo_protobuf_schema *self, edo_str name);

/** Returns all messages, and in `*n` how many they are: for `types` of edo_protobuf_json_opts. */
EDO_API const edo_protobuf_type *edo_protobuf_schema_types(const edo_protobuf_schema *self,
                                                           size_t *n);

/** Returns the files as they are in the set, with their services, options and comments. */
EDO_API const struct google_protobuf_file_descriptor_set *
edo_protobuf_schema_files(const edo_protobuf_schema *self);

EDO_END_DECLS

#endif
