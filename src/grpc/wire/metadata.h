/* SPDX-License-Identifier: MIT */
/* grpc/wire/metadata.h: metadata as fields of HTTP. A key that ends with "-bin" has bytes as its
 * values, which are base64 on the wire, several of them perhaps as one field with commas. */
#ifndef EDOI_GRPC_WIRE_METADATA_H
#define EDOI_GRPC_WIRE_METADATA_H

#include <edo/arena.h>
#include <edo/headers.h>

/* May a program use the key? "grpc-…" and fields of HTTP are not its own. */
bool edoi_grpc_key_is_valid(edo_str key);

bool edoi_grpc_key_is_binary(edo_str key);

/* Appends an entry. Returns 0; -EINVAL: no key of a program, or, of a text, a byte outside of 0x20
 * to 0x7E; -ENOMEM, -ENOSPC. */
int edoi_grpc_metadata_add(edo_headers *h, edo_str key, edo_str value);

/* Appends bytes under any name, as base64 without padding. Returns 0 or a code. */
int edoi_grpc_metadata_add_bytes(edo_headers *h, edo_str name, edo_str bytes);

/* Returns value number `i` of the key, from 0 on; its pointer is NULL if the key has no more than
 * `i` values, or memory is lacking. Bytes are decoded into the arena; what is no base64 is passed
 * over. */
edo_str edoi_grpc_metadata_get(const edo_headers *h, edo_str key, size_t i, edo_arena *arena);

#endif
