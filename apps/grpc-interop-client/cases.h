/* SPDX-License-Identifier: MIT */
/* cases.h: the cases of gRPC's interop tests (interop-test-descriptions.md). */
#ifndef EDO_GRPC_INTEROP_CLIENT_CASES_H
#define EDO_GRPC_INTEROP_CLIENT_CASES_H

#include <edo/grpc.h>

/* Where the calls of a case go. */
typedef struct site {
    const char *target;
    edo_grpc_channel_opts opts;
    edo_grpc_channel *ch;
    int soak_n;
} site;

/* One case. Returns 0, or a code: the trail says what was not as it has to be. */
typedef int case_fn(const site *s);

/* NULL: there is none of that name. `*is_compressed`: its channel compresses messages. */
case_fn *case_named(const char *name, bool *is_compressed);

#endif
