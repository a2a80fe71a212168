/* SPDX-License-Identifier: MIT */
/* source.h: what is known of services and messages: from files, or from the server, which is asked
 * when something is looked for. */
#ifndef GRPCURL_SOURCE_H
#define GRPCURL_SOURCE_H

#include "options.h"
#include "reflection.h"

typedef struct source {
    edo_arena *arena;
    files files;
    reflection reflection; /* without a channel: the files are all there is */
    const edo_protobuf_schema *schema;
} source;

/* Reads the files that the options name. With a channel and without files the server is asked. */
int source_init(source *self, const options *o, edo_grpc_channel *channel,
                const edo_grpc_call_opts *opts, edo_arena *arena);
void source_deinit(source *self);

/* The full names of all services, in order. */
int source_list(source *self, edo_str **out, size_t *n);

/* Puts names in order. */
void source_sort(edo_str *names, size_t n);

/* Puts names in order. */
void source_sort(edo_str *names, size_t n);

/* Sees to it that the schema has a symbol, if there is one. */
int source_need(source *self, edo_str symbol);

/* Sees to it that the schema has the types of all that an Any in the value holds, as far as they
 * are to be had. */
void source_need_any(source *self, const void *value, const edo_desc *desc);

#endif
