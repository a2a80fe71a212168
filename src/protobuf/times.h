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

#define EDOI_WIRE_DURATION_MOST INT64_C(315576000000) /* seconds: 10,000 years (duration.proto) */

/* Has a Duration two parts of one sign, the second of less than a second? */
EDOI_INLINE bool edoi_wire_duration_is_one(edoi_wire_time t) {
    if (t.ns <= -1000000000 || t.ns >= 1000000000) return false;
    return (t.s <= 0 || t.ns >= 0) && (t.s >= 0 || t.ns <= 0);
}

/* Is it one that protobuf has? */
EDOI_INLINE bool edoi_wire_duration_is_good(edoi_wire_time t) {
    return t.s >= -EDOI_WIRE_DURATION_MOST && t.s <= EDOI_WIRE_DURATION_MOST &&
           edoi_wire_duration_is_one(t);
}

EDOI_INLINE edoi_wire_time edoi_wire_duration_of(edo_duration d) {
    return (edoi_wire_time){ d.ns / 1000000000, (int32_t)(d.ns % 1000000000) };
}

/* false: it is too long. */
EDOI_INLINE bool edoi_wire_duration_get(edo_duration *out, edoi_wire_time t) {
    int64_t ns;
    if (__builtin_mul_overflow(t.s, INT64_C(1000000000), &ns) ||
        __builtin_add_overflow(ns, t.ns, &ns))
        return false;
    out->ns = ns;
    return true;
}

EDOI_INLINE bool edoi_field_is_time(const edo_field *f) {
    return f->kind == EDO_VALUE_DURATION || f->kind == EDO_VALUE_WALL;
}

/* From and to an element of such a field. NULL, or what the element must be; nothing is written
 * then. */
const char *edoi_wire_time_of(edoi_wire_time *out, const void *element, const edo_field *f);
const char *edoi_wire_time_store(void *element, const edo_field *f, edoi_wire_time t);

#endif
