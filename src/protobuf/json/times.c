/* SPDX-License-Identifier: MIT */
/* protobuf/json/times.c: see times.h. */
#include "protobuf/json/times.h"

#include "base/text/calendar.h"

#include <stdio.h>
#include <string.h>

#define NANOS         1000000000
#define DAY           86400
#define FIRST_SECOND  INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_SECOND   INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MOST INT64_C(315576000000)

/* ---- Printing -------------------------------------------------------------------------------- */

/* A fraction of 0, 3, 6 or 9 digits. */
static size_t times_print_fraction(char *to, size_t room, int32_t nanos) {
    if (nanos == 0) return 0;
    int n = nanos % 1000000 == 0 ? snprintf(to, room, ".%03d", (int)(nanos / 1000000))
            : nanos % 1000 == 0  ? snprintf(to, room, ".%06d", (int)(nanos / 1000))
                                 : snprintf(to, room, ".%09d", (int)nanos);
    return (size_t)n;
}

size_t edoi_timestamp_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos) {
    if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos >= NANOS) return 0;
    int64_t year;
    int month, day;
    const int64_t days = (seconds - FIRST_SECOND) / DAY + FIRST_SECOND / DAY;
    const int rest = (int)(seconds - days * DAY);
    edoi_calendar_date(days, &year, &month, &day);
    size_t n = (size_t)snprintf(text, EDOI_TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d",
                                (int)year, month, day, rest / 3600, rest / 60 % 60, rest % 60);
    n += times_print_fraction(text + n, EDOI_TIME_TEXT_MAX - n, nanos);
    text[n++] = 'Z';
    return n;
}

size_t edoi_duration_seconds_print(char text[EDOI_TIME_TEXT_MAX], int64_t seconds, int32_t nanos) {
    const bool is_negative = seconds < 0 || nanos < 0;
    if (seconds < -DURATION_MOST || seconds > DURATION_MOST || nanos <= -NANOS || nanos >= NANOS)
        return 0;
    if ((seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0)) return 0;
    if (is_negative) seconds = -seconds, nanos = -nanos;
    size_t n = (size_t)snprintf(text, EDOI_TIME_TEXT_MAX, "%s%lld", is_negative ? "-" : "",
                                (long long)seconds);
    n += times_print_fraction(text + n, EDOI_TIME_TEXT_MAX - n, nanos);
    text[n++] = 's';
    return n;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Takes exactly `n` digits. */
static bool times_take_digits(edo_str *text, size_t n, int *out) {
    *out = 0;
    if (text->len < n) return false;
    for (size_t i = 0; i < n; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9') return false;
        *out = *out * 10 + (text->ptr[i] - '0');
    }
    *text = (edo_str){ text->ptr + n, text->len - n };
    return true;
}

static bool times_take_char(edo_str *text, char c) {
    if (text->len == 0 || *text->ptr != c) return false;
    *text = (edo_str){ text->ptr + 1, text->len - 1 };
    return true;
}

/* A fraction of up to 9 digits, if there is one. */
static bool times_take_fraction(edo_str *text, int32_t *nanos) {
    int32_t unit = NANOS / 10;
    *nanos = 0;
    if (!times_take_char(text, '.')) return true;
    size_t n = 0;
    for (; text->len > 0 && *text->ptr >= '0' && *text->ptr <= '9'; n++, unit /= 10) {
        if (n == 9) return false;
        *nanos += (*text->ptr - '0') * unit;
        *text = (edo_str){ text->ptr + 1, text->len - 1 };
    }
    return n > 0;
}

static bool times_take_offset(edo_str *text, int *seconds) {
    int hours, minutes;
    *seconds = 0;
    if (times_take_char(text, 'Z')) return true;
    const bool is_before = times_take_char(text, '-');
    if (!is_before && !times_take_char(text, '+')) return false;
    if (!times_take_digits(text, 2, &hours) || !times_take_char(text, ':') ||
        !times_take_digits(text, 2, &minutes))
        return false;
    *seconds = (hours * 3600 + minutes * 60) * (is_before ? -1 : 1);
    return hours < 24 && minutes < 60;
}

static bool times_take_date(edo_str *text, int64_t *days) {
    int64_t year_again;
    int year, month, day, month_again, day_again;
    if (!times_take_digits(text, 4, &year) || !times_take_char(text, '-') ||
        !times_take_digits(text, 2, &month) || !times_take_char(text, '-') ||
        !times_take_digits(text, 2, &day))
        return false;
    if (month < 1 || month > 12) return false;
    *days = edoi_calendar_days(year, month, day);
    edoi_calendar_date(*days, &year_again, &month_again, &day_again);
    return year == year_again && month == month_again && day == day_again; // no 30th of February
}

bool edoi_timestamp_parse(edo_str text, int64_t *seconds, int32_t *nanos) {
    int64_t days = 0;
    int hour = 0, minute = 0, second = 0, offset = 0;
    bool ok = times_take_date(&text, &days) && times_take_char(&text, 'T') &&
              times_take_digits(&text, 2, &hour) && times_take_char(&text, ':') &&
              times_take_digits(&text, 2, &minute) && times_take_char(&text, ':') &&
              times_take_digits(&text, 2, &second) && times_take_fraction(&text, nanos) &&
              times_take_offset(&text, &offset) && text.len == 0;
    if (!ok || hour > 23 || minute > 59 || second > 59) return false;
    *seconds = days * DAY + hour * 3600 + minute * 60 + second - offset;
    return *seconds >= FIRST_SECOND && *seconds <= LAST_SECOND;
}

bool edoi_duration_seconds_parse(edo_str text, int64_t *seconds, int32_t *nanos) {
    const bool is_negative = times_take_char(&text, '-');
    size_t n = 0;
    *seconds = 0;
    for (; text.len > 0 && *text.ptr >= '0' && *text.ptr <= '9'; n++) {
        *seconds = *seconds * 10 + (*text.ptr - '0');
        if (*seconds > DURATION_MOST) return false;
        text = (edo_str){ text.ptr + 1, text.len - 1 };
    }
    if (n == 0 || !times_take_fraction(&text, nanos) || !times_take_char(&text, 's') ||
        text.len > 0)
        return false;
    if (is_negative) *seconds = -*seconds, *nanos = -*nanos;
    return true;
}
