/* SPDX-License-Identifier: MIT */
/* protobuf/times.c: see times.h. */
#include "protobuf/times.h"

#include "value/years.h"

#define SECOND_NS 1000000000

const char *edoi_wire_time_of(edoi_wire_time *out, const void *element, const edo_field *f) {
    if (f->kind == EDO_VALUE_DURATION) {
        const int64_t ns = ((const edo_duration *)element)->ns;
        *out = (edoi_wire_time){ ns / SECOND_NS, (int32_t)(ns % SECOND_NS) };
        return NULL;
    }
    const edo_wall t = *(const edo_wall *)element;
    if (!edoi_wall_is_good(t)) return EDOI_WALL_WANTS;
    *out = (edoi_wire_time){ t.s, t.ns };
    return NULL;
}

static const char *wire_time_store_duration(edo_duration *out, edoi_wire_time t) {
    int64_t ns;
    const bool is_one = t.ns > -SECOND_NS && t.ns < SECOND_NS;
    if (!is_one || (t.s > 0 && t.ns < 0) || (t.s < 0 && t.ns > 0))
        return "must have nanoseconds of less than a second, with the sign of its seconds";
    if (__builtin_mul_overflow(t.s, INT64_C(1000000000), &ns) ||
        __builtin_add_overflow(ns, t.ns, &ns))
        return "must be at most 292 years";
    out->ns = ns;
    return NULL;
}

const char *edoi_wire_time_store(void *element, const edo_field *f, edoi_wire_time t) {
    if (f->kind == EDO_VALUE_DURATION) return wire_time_store_duration((edo_duration *)element, t);
    const edo_wall wall = { t.s, t.ns };
    if (!edoi_wall_is_good(wall)) return EDOI_WALL_WANTS;
    *(edo_wall *)element = wall;
    return NULL;
}
