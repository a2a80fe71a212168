/* SPDX-License-Identifier: MIT */
/* json/encode.h: described values as JSON for others. */
#ifndef EDOI_JSON_ENCODE_H
#define EDOI_JSON_ENCODE_H

#include <edo/bytes.h>
#include <edo/value.h>

/* As edo_json_encode(), for whoever asks a program: secrets without the option `reply` are left
 * out; as what a union is, or of an entry of a map, they are null. */
EDO_MUST_USE EDO_API int edoi_json_encode_reply(edo_buf *out, const void *value,
                                                const edo_desc *desc);

#endif
