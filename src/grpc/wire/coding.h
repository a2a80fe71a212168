/* SPDX-License-Identifier: MIT */
/* grpc/wire/coding.h: messages that are compressed, each by itself: gzip, deflate, zstd. */
#ifndef EDOI_GRPC_WIRE_CODING_H
#define EDOI_GRPC_WIRE_CODING_H

#include "coding/coding.h"

#define EDOI_GRPC_CODINGS_TEXT 40u /* room for all names */

/* The bits EDO_CODING_… that gRPC knows, and this build has, among `wanted`. */
uint32_t edoi_grpc_codings(uint32_t wanted);

/* The coding of a field grpc-encoding: NONE for "identity" and for no field (NULL as its pointer);
 * -1: it is none of `accepted`. */
int edoi_grpc_coding_of(edo_str name, uint32_t accepted);

/* The first of `offered` that a field grpc-accept-encoding names; NONE: there is none. */
edoi_coding edoi_grpc_coding_choose(edo_str names, uint32_t offered);

/* The one of `offered` that all fields of this name ask for; NONE: there is none. HTTP's own,
 * "accept-encoding", has weights (RFC 9110 section 12.5.3); those of gRPC and of Connect's streams
 * are lists, of which the first of `offered` is taken. */
edoi_coding edoi_grpc_coding_agree(const struct edo_headers *h, edo_str field, uint32_t offered);

edo_str edoi_grpc_coding_name(edoi_coding coding);

/* Writes the names of codings, with "identity", as grpc-accept-encoding has them. Returns the
 * length. */
size_t edoi_grpc_coding_names(char text[EDOI_GRPC_CODINGS_TEXT], uint32_t codings);

/* Appends a message, compressed. Returns 0; -E2BIG: it does not become shorter; -ENOMEM;
 * -ECANCELED, since other tasks have their turn meanwhile. */
int edoi_grpc_compress(edo_buf *out, edo_str message, edoi_coding coding);

/* Appends what a compressed message stands for, of gzip and zstd all members. Returns 0; -EMSGSIZE:
 * more than `most` bytes;
 * -EBADMSG: it is broken, or has something behind its end; -ENOMEM; -ECANCELED. */
int edoi_grpc_expand(edo_buf *out, edo_str message, edoi_coding coding, size_t most);

#endif
