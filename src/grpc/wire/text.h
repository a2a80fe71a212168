/* SPDX-License-Identifier: MIT */
/* grpc/wire/text.h: grpc-web-text: bytes as base64, which may be padded in their middle, where a
 * piece ends. */
#ifndef EDOI_GRPC_WIRE_TEXT_H
#define EDOI_GRPC_WIRE_TEXT_H

#include <edo/bytes.h>

/* Appends the bytes of a whole text. Returns 0; -EINVAL: it is none; -ENOMEM. */
int edoi_grpc_text_decode(edo_buf *out, edo_str text);

#endif
