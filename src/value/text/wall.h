/* SPDX-License-Identifier: MIT */
/* value/text/wall.h: instants and durations as text in the forms that others want; what is wrong is
 * returned, and not in the trail. See edo/value.h. */
#ifndef EDOI_VALUE_TEXT_WALL_H
#define EDOI_VALUE_TEXT_WALL_H

#include "value/years.h"

#include <edo/value.h>

/* How an instant is written. */
typedef enum edoi_wall_form {
    EDOI_WALL_RFC3339,
    EDOI_WALL_PROTOBUF, /* as that, but no leap second, and 'T' and 'Z' in upper case */
    EDOI_WALL_SQLITE,   /* "2026-11-27 15:04:05.25": a blank or 'T'; without an offset it is UTC;
                           without a time, seconds or a fraction they are 0 */
} edoi_wall_form;

/* Reads all of the text; NULL, or what it must be. */
EDO_API const char *edoi_wall_read(edo_wall *out, edo_str text, edoi_wall_form form);

/* Writes a good one, without a NUL, and returns the length. As SQLite's form it has no offset, so
 * that texts are in the order of time. */
EDO_API size_t edoi_wall_write(char *to, edo_wall t, edoi_wall_form form);

/* Appends the nanoseconds as 0, 3, 6 or 9 digits behind a point, and returns the end. */
char *edoi_wall_write_fraction(char *to, uint32_t ns);

/* Takes a fraction of up to nine digits off the text, if there is one; false: it is none. */
bool edoi_wall_take_fraction(edo_str *text, int32_t *ns);

/* Writes a duration by ISO 8601, exactly, and returns the length: hours, minutes and seconds behind
 * a PT, and that behind a minus. EDO_OFF is "off". */
EDO_API size_t edoi_duration_print_iso(char text[EDO_DURATION_TEXT_MAX], edo_duration d);

#endif
