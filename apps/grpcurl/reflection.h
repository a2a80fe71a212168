/* SPDX-License-Identifier: MIT */
/* reflection.h: asks a server for the services that it has, and for their files. */
#ifndef GRPCURL_REFLECTION_H
#define GRPCURL_REFLECTION_H

#include "files.h"

#include <edo/grpc.h>

/* Questions go over one stream of grpc.reflection.v1; of v1alpha, if the server knows no other. */
typedef struct reflection {
    edo_grpc_channel *channel;
    const edo_grpc_call_opts *opts;
    edo_grpc_call *call; /* NULL: nothing was asked so far */
    bool is_alpha;
} reflection;

void reflection_end(reflection *self);

/* The full names of all services, in the arena. Returns 0 or a negative code. */
int reflection_list(reflection *self, edo_arena *arena, edo_str **out, size_t *n);

/* Adds the file that has a symbol, and all that it imports; an import that the server does not have
 * is left out. -ENOENT: the server does not know the symbol. */
int reflection_fetch(reflection *self, files *to, edo_str symbol);

#endif
