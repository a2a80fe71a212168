/* SPDX-License-Identifier: MIT */
/* otlp/encode/wire.h: writes messages of OTLP, as protobuf has them, without a struct for each.
 *
 * A writer counts, or writes: what is to be written is counted first by the same function, so that
 * one allocation has its exact length, and a message within a message its length in front. */
#ifndef EDOI_OTLP_ENCODE_WIRE_H
#define EDOI_OTLP_ENCODE_WIRE_H

#include "protobuf/wire.h"

typedef struct edoi_otlp_out {
    char *to; /* NULL: bytes are only counted */
    size_t n;
} edoi_otlp_out;

/* A field of each kind, by its number. */
void edoi_otlp_put_number(edoi_otlp_out *out, uint32_t field, uint64_t n);
void edoi_otlp_put_32(edoi_otlp_out *out, uint32_t field, uint32_t n);
void edoi_otlp_put_64(edoi_otlp_out *out, uint32_t field, uint64_t n);
void edoi_otlp_put_double(edoi_otlp_out *out, uint32_t field, double n);
void edoi_otlp_put_bytes(edoi_otlp_out *out, uint32_t field, const void *bytes, size_t n);

/* A text: of what is no UTF-8 each byte is a '?', since readers refuse the whole message. */
void edoi_otlp_put_text(edoi_otlp_out *out, uint32_t field, edo_str text);

/* The head of a field whose `n` bytes follow, and bytes as they are. */
void edoi_otlp_put_head(edoi_otlp_out *out, uint32_t field, size_t n);
void edoi_otlp_put_raw(edoi_otlp_out *out, const void *bytes, size_t n);

/* Writes the fields of a message. */
typedef void edoi_otlp_part_fn(edoi_otlp_out *out, const void *arg);

/* How many bytes a message has. */
size_t edoi_otlp_count(edoi_otlp_part_fn *fn, const void *arg);

/* A message as a field. */
void edoi_otlp_put_part(edoi_otlp_out *out, uint32_t field, edoi_otlp_part_fn *fn, const void *arg);

#endif
