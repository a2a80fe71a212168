/* SPDX-License-Identifier: MIT */
/* http/server/exchange/date.c: see date.h. */
#include "http/server/exchange/date.h"

#include <edo/http_fields.h>

#include <string.h>
#include <time.h>

#define NAME "date: "

static EDOI_THREAD_LOCAL struct {
    time_t at;
    char line[EDOI_DATE_BYTES];
} shown;

/* Prints the Date field. For a year that edo_http_date_print() refuses the line stays as it was, or
 * is that of the first second of 1970. */
static void date_line_print(time_t now) {
    char date[EDO_HTTP_DATE_BYTES] = "Thu, 01 Jan 1970 00:00:00 GMT";
    if (edo_http_date_print(now, date) < 0 && shown.line[0] != 0) return;
    memcpy(shown.line, NAME, sizeof NAME - 1);
    memcpy(shown.line + sizeof NAME - 1, date, sizeof date - 1);
    memcpy(shown.line + EDOI_DATE_BYTES - 2, "\r\n", 2);
}

const char *edoi_http_date_line(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != shown.at || shown.line[0] == 0) {
        shown.at = now.tv_sec;
        date_line_print(now.tv_sec);
    }
    return shown.line;
}
