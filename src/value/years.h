/* SPDX-License-Identifier: MIT */
/* value/years.h: which instants of the wall clock have a text, as others have it, too: those of the
 * years 1 to 9999 (RFC 3339, google.protobuf.Timestamp). */
#ifndef EDOI_VALUE_YEARS_H
#define EDOI_VALUE_YEARS_H

#include <edo/time.h>

#define EDOI_WALL_FIRST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define EDOI_WALL_LAST  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

/* What an instant must be that is not edoi_wall_is_good(). */
#define EDOI_WALL_WANTS "must be a time of the years 1 to 9999"

EDOI_INLINE bool edoi_wall_is_good(edo_wall t) {
    return t.s >= EDOI_WALL_FIRST && t.s <= EDOI_WALL_LAST && t.ns >= 0 && t.ns < 1000000000;
}

#endif
