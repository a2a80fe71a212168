/* SPDX-License-Identifier: MIT */
/* http/server/date.c: see date.h. */
#include "http/server/date.h"

#include <string.h>
#include <time.h>

static EDOI_THREAD_LOCAL struct {
    time_t at;
    char text[EDOI_DATE_BYTES];
} shown;

static void two_digits(char *to, int n) {
    to[0] = (char)('0' + n / 10);
    to[1] = (char)('0' + n % 10);
}

/* IMF-fixdate (RFC 9110 section 5.6.7), in English whatever the locale. */
static void print(char *to, time_t at) {
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    static const char blank[] = "date: Xxx, 00 Xxx 0000 00:00:00 GMT\r\n";
    struct tm t;
    if (!gmtime_r(&at, &t)) t = (struct tm){ .tm_mday = 1 };
    memcpy(to, blank, EDOI_DATE_BYTES);
    to += sizeof "date: " - 1;
    memcpy(to, days + 3 * (t.tm_wday % 7), 3);
    two_digits(to + 5, t.tm_mday);
    memcpy(to + 8, months + 3 * (t.tm_mon % 12), 3);
    int year = t.tm_year + 1900;
    two_digits(to + 12, year / 100 % 100);
    two_digits(to + 14, year % 100);
    two_digits(to + 17, t.tm_hour);
    two_digits(to + 20, t.tm_min);
    two_digits(to + 23, t.tm_sec);
}

const char *edoi_http_date_line(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != shown.at || shown.text[0] == 0) {
        shown.at = now.tv_sec;
        print(shown.text, now.tv_sec);
    }
    return shown.text;
}
