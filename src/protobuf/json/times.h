/* SPDX-License-Identifier: MIT */
/* protobuf/json/times.h: Timestamp and Duration as text. */
#ifndef EDOI_PROTOBUF_JSON_TIMES_H
#define EDOI_PROTOBUF_JSON_TIMES_H

#include <edo/bytes.h>

#define EDOI_TIME_TEXT_MAX 48u

/* Write seconds and nanoseconds, the latter as 0, 3, 6 or 9 digits: 1972-01-01T10:00:20.021Z (RFC
 * 3339), 3.000000001s. Return the length; 0: they are out of their range. */
size_t edoi_timestamp_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos);
size_t edoi_duration_seconds_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos);

/* Read them; a Timestamp with any offset. False: it is none. */
bool edoi_timestamp_parse(edo_str text, int64_t *seconds, int32_t *nanos);
bool edoi_duration_seconds_parse(edo_str text, int64_t *seconds, int32_t *nanos);

/* What a text must be that is none. */
EDOI_INLINE const char *edoi_time_wants(bool is_duration) {
    return is_duration ? "must be a duration such as \"1.5s\""
                       : "must be a time such as \"1972-01-01T10:00:20Z\"";
}

#endif
