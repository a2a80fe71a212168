/* SPDX-License-Identifier: MIT */
/* grpc/wire/details.h: grpc-status-details-bin: a google.rpc.Status with details of any type. */
#ifndef EDOI_GRPC_WIRE_DETAILS_H
#define EDOI_GRPC_WIRE_DETAILS_H

#include <edo/grpc_details.h>
#include <edo/protobuf_known.h>

#define EDOI_GRPC_DETAILS_MAX 4096u /* bytes of all details of a failure */

/* Adds a detail, in memory of the arena. Returns 0, -EMSGSIZE, or as edo_protobuf_encode(). */
int edoi_grpc_details_add(edo_grpc_failure *d, edo_arena *arena, const char *type,
                          const void *detail, const edo_desc *desc);

/* Adds a copy of one that is packed. Returns 0, -EMSGSIZE or -ENOMEM. */
int edoi_grpc_details_copy(edo_grpc_failure *d, edo_arena *arena, const google_protobuf_any *any);

/* Finds the first detail of a type in the bytes of a field, and decodes it into the arena. Returns
 * 0; -ENOENT: there is none; as edo_protobuf_decode(). */
int edoi_grpc_details_find(edo_str bytes, const char *type, void *out, const edo_desc *desc,
                           edo_arena *arena);

#endif
