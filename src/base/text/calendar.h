/* SPDX-License-Identifier: MIT */
/* base/text/calendar.h: dates of the Gregorian calendar as days since 1970-01-01, without the time
 * zones of libc. Inline, for libedo-http, which sees only the public functions of libedo.
 *
 * Years begin in March here, so that a leap day is the last of its year; 400 of them have 146,097
 * days (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
#ifndef EDOI_BASE_TEXT_CALENDAR_H
#define EDOI_BASE_TEXT_CALENDAR_H

#include <edo/base.h>

#define EDOI_DAYS_TO_1970 719468 /* from 0000-03-01 */
#define EDOI_DAYS_OF_ERA  146097

/* Month and day are from 1 on. */
EDOI_INLINE int64_t edoi_calendar_days(int64_t year, int month, int day) {
    year -= month <= 2;
    const int64_t era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    const int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    const int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return era * EDOI_DAYS_OF_ERA + days - EDOI_DAYS_TO_1970;
}

EDOI_INLINE void edoi_calendar_date(int64_t days, int64_t *year, int *month, int *day) {
    days += EDOI_DAYS_TO_1970;
    const int64_t era = (days >= 0 ? days : days - (EDOI_DAYS_OF_ERA - 1)) / EDOI_DAYS_OF_ERA;
    const int64_t n = days - era * EDOI_DAYS_OF_ERA;
    const int64_t y = (n - n / 1460 + n / 36524 - n / 146096) / 365;
    const int64_t of_year = n - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = y + era * 400 + (*month <= 2);
}

#endif
