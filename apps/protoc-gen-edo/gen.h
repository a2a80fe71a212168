/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/gen.h: what the parts of the generator share: the request, an index of all types
 * in it, and the text that is being made.
 *
 * All memory is one arena, which ends with the program. The first failure is kept, and what follows
 * it does nothing. */
#ifndef EDO_PROTOC_GEN_GEN_H
#define EDO_PROTOC_GEN_GEN_H

#include "plugin.h"

typedef google_protobuf_file_descriptor_proto file_proto;
typedef google_protobuf_descriptor_proto message_proto;
typedef google_protobuf_field_descriptor_proto field_proto;
typedef google_protobuf_enum_descriptor_proto enum_proto;

/* Where something stands in its file, as SourceCodeInfo counts it. */
typedef struct gen_place {
    int32_t path[80];
    size_t n;
} gen_place;

/* A message or an enum. */
typedef struct gen_type {
    edo_str full;                 /* ".hello.v1.Person" */
    edo_str name;                 /* hello_v1_person */
    edo_str scope;                /* of names in it: hello_v1_person; of an enum: what it lies in */
    const message_proto *message; /* NULL: an enum */
    const enum_proto *values;
    gen_place place;
    uint32_t file;
} gen_type;

typedef struct gen {
    edo_arena *arena;
    const gen_request *request;
    gen_type *types; /* in the order of files, outer ones before inner ones */
    size_t types_n, types_room;
    struct gen_type_index *index; /* of the types by their full names */
    size_t *first_types;          /* of each file, and behind the last one the end */
    uint64_t *sees;               /* sets of files, see gen_sees() */
    uint64_t *used, *had;         /* of the header that is being made: files whose headers it
                                     includes, and all that those see */
    edo_str *file_names;          /* of each file, what its description is called */
    struct gen_names *names;
    edo_buf out;          /* the header that is being made */
    bool has_no_comments; /* by the parameter "no_comments" */
    bool has_no_services; /* by the parameter "no_services" */
    bool numbers_clashes; /* by the parameter "number_clashes" */
    bool has_times;       /* by the parameter "times" */
    bool is_asked_for;    /* it: so a comment says what is passed over */
    int err;              /* the first failure */
} gen;

/* Keeps a failure; returns NULL. */
void *gen_fails(gen *g, int err);

/* Memory for the life of the program, all zero; NULL: it failed. */
void *gen_alloc(gen *g, size_t bytes);

/* `all`, an array of `n` of `*room` elements, or a copy of it, that has room for one more; NULL: it
 * failed, and `all` is as it was. */
void *gen_room(gen *g, void *all, size_t n, size_t *room, size_t element_bytes);

/* A text, formed as by printf(). */
edo_str gen_text(gen *g, const char *format, ...) EDO_PRINTF(2, 3);

/* Appends to the header. */
void gen_put(gen *g, const char *format, ...) EDO_PRINTF(2, 3);

/* FNV-1a. */
static inline uint32_t gen_hash(edo_str text) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.len; i++) hash = (hash ^ (unsigned char)text.ptr[i]) * 16777619u;
    return hash;
}

/* Words of 64 files each, in a set of files. */
static inline size_t gen_words(const gen *g) {
    return (g->request->proto_file_n + 63) / 64;
}
static inline bool gen_has(const uint64_t *set, size_t file) {
    return set[file / 64] >> (file % 64) & 1;
}
static inline void gen_add(uint64_t *set, size_t file) {
    set[file / 64] |= UINT64_C(1) << (file % 64);
}

/* Does the file `a` import `b`, also over others, or is it the same? */
static inline bool gen_sees(const gen *g, size_t a, size_t b) {
    return gen_has(g->sees + a * gen_words(g), b);
}

/* Is the header of the file wanted? */
bool gen_is_asked_for(const gen *g, edo_str file);

/* An edo_str as the arguments of %.*s. */
#define GEN_STR(s) (int)(s).len, (s).len > 0 ? (s).ptr : ""

#endif
