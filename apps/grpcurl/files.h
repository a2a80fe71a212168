/* SPDX-License-Identifier: MIT */
/* files.h: the .proto files that are known so far, as descriptors, each once. */
#ifndef GRPCURL_FILES_H
#define GRPCURL_FILES_H

#include "options.h"

#include <edo/protobuf_schema.h>

typedef struct proto_file {
    edo_str name;
    edo_str bytes; /* a FileDescriptorProto */
    const edo_str *imports;
    size_t imports_n;
} proto_file;

/* All of it is the arena's, which also has the schemas. */
typedef struct files {
    edo_arena *arena;
    proto_file *all;
    size_t n, room;
    size_t at, import_at; /* of all imports, the next one that files_missing() looks at */
} files;

/* Adds a file, unless it is there. Returns 0 or a negative code. */
int files_add(files *self, edo_str bytes);

/* Adds those of a FileDescriptorSet that protoc has written to `path`. */
int files_add_set(files *self, const char *path);

/* Adds those of -proto, and what they import, as protoc reads them. What it says of them goes to
 * standard error. */
int files_add_protos(files *self, const options *o);

/* The next import that is not there, each once; NULL: there is no more. */
const edo_str *files_missing(files *self);

/* Makes the descriptions of all messages. */
int files_schema(const files *self, const edo_protobuf_schema **out);

#endif
