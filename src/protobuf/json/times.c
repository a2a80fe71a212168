/* SPDX-License-Identifier: MIT */
/* protobuf/json/times.c: see times.h. */
#include "protobuf/json/times.h"

#include "protobuf/times.h"
#include "value/text/wall.h"

#include <stdio.h>
#include <string.h>

size_t edoi_timestamp_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos) {
    const edo_wall t = { seconds, nanos };
    return edoi_wall_is_good(t) ? edoi_wall_write(text, t, EDOI_WALL_PROTOBUF) : 0;
}

size_t edoi_duration_seconds_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos) {
    const bool is_negative = seconds < 0 || nanos < 0;
    if (!edoi_wire_duration_is_good((edoi_wire_time){ seconds, nanos })) return 0;
    if (is_negative) seconds = -seconds, nanos = -nanos;
    size_t n = (size_t)snprintf(text, EDOI_TIME_TEXT_MAX, "%s%lld", is_negative ? "-" : "",
                                (long long)seconds);
    char *end = edoi_wall_write_fraction(text + n, (uint32_t)nanos);
    *end++ = 's';
    return (size_t)(end - text);
}

bool edoi_timestamp_parse(edo_str text, int64_t *seconds, int32_t *nanos) {
    edo_wall t;
    if (edoi_wall_read(&t, text, EDOI_WALL_PROTOBUF)) return false;
    *seconds = t.s;
    *nanos = t.ns;
    return true;
}

bool edoi_duration_seconds_parse(edo_str text, int64_t *seconds, int32_t *nanos) {
    const bool is_negative = text.len > 0 && *text.ptr == '-';
    size_t n = is_negative;
    *seconds = 0;
    for (; n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9'; n++) {
        *seconds = *seconds * 10 + (text.ptr[n] - '0');
        if (*seconds > EDOI_WIRE_DURATION_MOST) return false;
    }
    edo_str rest = { text.ptr + n, text.len - n };
    if (n == is_negative || !edoi_wall_take_fraction(&rest, nanos) ||
        !edo_str_equal(rest, EDO_STR("s")))
        return false;
    if (is_negative) *seconds = -*seconds, *nanos = -*nanos;
    return true;
}
