/* SPDX-License-Identifier: MIT */
/* protobuf/json/scalar.h: numbers, texts, bytes and enums from JSON. */
#ifndef EDOI_PROTOBUF_JSON_SCALAR_H
#define EDOI_PROTOBUF_JSON_SCALAR_H

#include <edo/json.h>

/* Where one is to go. */
typedef struct edoi_json_scalar {
    void *element;
    const edo_field *f;
    edo_arena *arena;
    edo_buf *scratch; /* empty */
} edoi_json_scalar;

/* Read a value, or a text as the name of a member is. -EDO_EJSON: `*reason` says what it must
 * be. */
EDO_MUST_USE int edoi_json_scalar_read(const edoi_json_scalar *into, const edo_json_value *from,
                                       const char **reason);
EDO_MUST_USE int edoi_json_scalar_read_text(const edoi_json_scalar *into, edo_str text,
                                            const char **reason);

#endif
