/* SPDX-License-Identifier: MIT */
/* protobuf/json/decode.h: one field of a message from JSON. */
#ifndef EDOI_PROTOBUF_JSON_DECODE_H
#define EDOI_PROTOBUF_JSON_DECODE_H

#include <edo/json.h>

/* Reads a field of the struct at `value`; elements of a list are added to those that are there.
 * -EDO_EJSON: `*reason` says what it must be; NULL: the trail does, or there is none. */
EDO_MUST_USE int edoi_protobuf_json_read_field(void *value, const edo_field *f,
                                               const edo_json_value *from, edo_arena *arena,
                                               const char **reason);

#endif
