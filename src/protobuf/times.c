/* SPDX-License-Identifier: MIT */
/* protobuf/times.c: see times.h. */
#include "protobuf/times.h"

#include "value/years.h"

const char *edoi_wire_time_of(edoi_wire_time *out, const void *element, const edo_field *f) {
    if (f->kind == EDO_VALUE_DURATION) {
        *out = edoi_wire_duration_of(*(const edo_duration *)element);
        return NULL;
    }
    const edo_wall t = *(const edo_wall *)element;
    if (!edoi_wall_is_good(t)) return EDOI_WALL_WANTS;
    *out = (edoi_wire_time){ t.s, t.ns };
    return NULL;
}

static const char *wire_time_store_duration(edo_duration *out, edoi_wire_time t) {
    if (!edoi_wire_duration_is_one(t))
        return "must have nanoseconds of less than a second, with the sign of its seconds";
    return edoi_wire_duration_get(out, t) ? NULL : "must be at most 292 years";
}

const char *edoi_wire_time_store(void *element, const edo_field *f, edoi_wire_time t) {
    if (f->kind == EDO_VALUE_DURATION) return wire_time_store_duration((edo_duration *)element, t);
    const edo_wall wall = { t.s, t.ns };
    if (!edoi_wall_is_good(wall)) return EDOI_WALL_WANTS;
    *(edo_wall *)element = wall;
    return NULL;
}
