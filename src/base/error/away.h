/* SPDX-License-Identifier: MIT */
/* base/error/away.h: failures because something that a program depends on, a database or another
 * service, is away or busy: that passes by itself. To the client of a handler it is a 503, or
 * UNAVAILABLE, whatever it is that is away; the log and a probe have the lines of the trail.
 *
 * The codes of the network say it by themselves. Where another code does (a database that another
 * process has, a server that starts) the line that tells of it is marked. */
#ifndef EDOI_BASE_ERROR_AWAY_H
#define EDOI_BASE_ERROR_AWAY_H

#include <edo/error.h>

/* What the trail has beside a marked line. */
typedef struct edoi_away_mark {
    char text[12];
} edoi_away_mark;

static const edoi_away_mark edoi_away = { "away for now" };

/* As edo_fail(), and marks the line. */
#define edoi_fail_away(err, ...) edo_fail_with((err), &edoi_away, __VA_ARGS__)

/* Is it the code of a network on whose other end nobody is, or nobody any more? */
EDO_API bool edoi_code_is_of_absence(int err);

/* Does this task's trail of `err` have a line that is marked? */
EDO_API bool edoi_trail_tells_away(int err);

#endif
