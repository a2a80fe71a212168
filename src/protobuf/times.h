/* SPDX-License-Identifier: MIT */
/* protobuf/times.h: an edo_wall as google.protobuf.Timestamp, an edo_duration as
 * google.protobuf.Duration: messages of seconds and nanoseconds. */
#ifndef EDOI_PROTOBUF_TIMES_H
#define EDOI_PROTOBUF_TIMES_H

#include <edo/value.h>

/* Both messages have these: of a Duration `ns` has the sign of `s`. */
typedef struct edoi_wire_time {
    int64_t s;  /* number 1 */
    int32_t ns; /* number 2 */
} edoi_wire_time;

EDOI_INLINE bool edoi_field_is_time(const edo_field *f) {
    return f->kind == EDO_VALUE_DURATION || f->kind == EDO_VALUE_WALL;
}

/* From and to an element of such a field. NULL, or what the element must be; nothing is written
 * then. */
const char *edoi_wire_time_of(edoi_wire_time *out, const void *element, const edo_field *f);
const char *edoi_wire_time_store(void *element, const edo_field *f, edoi_wire_time t);

#endif
