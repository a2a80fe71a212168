/* SPDX-License-Identifier: MIT */
/* http/typed/date.c: dates, without the time zones and locales of libc. */
#include <edo/http_fields.h>

#include "base/assert.h"
#include "base/text/calendar.h"
#include "base/text/decimal.h"
#include "http/types/bytes_of.h"

#define DAY 86400

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

typedef struct date {
    int64_t year;
    int month, day, hour, minute, second; /* month and day from 1 on */
} date;

static int64_t http_date_days(const date *d) {
    return edoi_calendar_days(d->year, d->month, d->day);
}

static date http_date_of(int64_t since_1970) {
    date d = { 0 };
    edoi_calendar_date(since_1970, &d.year, &d.month, &d.day);
    return d;
}

static int days_in(const date *d) {
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool is_leap = d->year % 4 == 0 && (d->year % 100 != 0 || d->year % 400 == 0);
    return lengths[d->month - 1] + (d->month == 2 && is_leap ? 1 : 0);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* A pattern: 'D' is a day's name, 'L' a long one, 'M' a month's, '2' two digits, '_' a digit or a
 * blank before one, '4' four digits, 'y' the last two of a year; other characters are themselves.
 * The letters of `parts` name the numbers in their order. */
typedef struct form {
    const char *pattern;
    const char *parts; /* for each number: d, h, m, s or y */
} form;

static const form forms[] = {
    { "D, 2 M 4 2:2:2 GMT", "dyhms" },
    { "L, 2-M-y 2:2:2 GMT", "dyhms" },
    { "D M _ 2:2:2 4", "dhmsy" },
};

/* Returns the number of the name at the front of `s`, from 1 on; 0 if there is none. */
static int named(edo_str s, const char *names, int n) {
    for (int i = 0; s.len >= 3 && i < n; i++)
        if (memcmp(s.ptr, names + 3 * i, 3) == 0) return i + 1;
    return 0;
}

/* Returns the bytes of the long name of a day; 0 if there is none. */
static size_t long_day(edo_str s) {
    static const char *const names[] = { "Sunday",   "Monday", "Tuesday", "Wednesday",
                                         "Thursday", "Friday", "Saturday" };
    for (size_t i = 0; i < EDO_COUNT(names); i++) {
        size_t n = strlen(names[i]);
        if (s.len >= n && memcmp(s.ptr, names[i], n) == 0) return n;
    }
    return 0;
}

/* Reads `n` digits. Returns -1 if there are other bytes. */
static int http_date_number(edo_str s, size_t n, bool may_be_blank) {
    int value = 0;
    if (s.len < n) return -1;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 && may_be_blank && s.ptr[0] == ' ') continue;
        if (!edoi_byte_is(s.ptr[i], EDOI_BYTE_DIGIT)) return -1;
        value = value * 10 + (s.ptr[i] - '0');
    }
    return value;
}

static void date_keep(date *d, char part, int value) {
    if (part == 'd') d->day = value;
    if (part == 'h') d->hour = value;
    if (part == 'm') d->minute = value;
    if (part == 's') d->second = value;
    if (part == 'y') d->year = value;
}

/* Reads the text for one letter of a pattern. Returns its bytes, or 0 if it is something else. */
static size_t date_take(date *d, edo_str s, char kind, const char **parts) {
    if (kind == 'D') return named(s, days, 7) ? 3 : 0;
    if (kind == 'L') return long_day(s);
    if (kind == 'M') return (d->month = named(s, months, 12)) ? 3 : 0;
    if (!strchr("2_4y", kind)) return s.len > 0 && s.ptr[0] == kind ? 1 : 0;
    size_t n = kind == '4' ? 4 : 2;
    int value = http_date_number(s, n, kind == '_');
    if (value < 0) return 0;
    date_keep(d, *(*parts)++, value);
    return n;
}

static bool is_form(date *d, const form *f, edo_str s) {
    const char *parts = f->parts;
    *d = (date){ .year = 0 };
    for (const char *p = f->pattern; *p; p++) {
        // The M of "GMT" is no month.
        bool is_zone = strcmp(p, "GMT") == 0;
        if (is_zone) return edo_str_equal(s, EDO_STR("GMT"));
        size_t n = date_take(d, s, *p, &parts);
        if (n == 0) return false;
        s = (edo_str){ s.ptr + n, s.len - n };
    }
    return s.len == 0;
}

int edo_http_date_parse(int64_t *out, edo_str text, int64_t now) {
    date d;
    size_t i = 0;
    while (i < EDO_COUNT(forms) && !is_form(&d, &forms[i], text)) i++;
    if (i == EDO_COUNT(forms)) return -EINVAL;
    if (i == 1) {
        int64_t this_year = http_date_of(now / DAY).year;
        d.year += this_year - this_year % 100;
        if (d.year > this_year + 50) d.year -= 100;
        if (d.year <= this_year - 50) d.year += 100;
    }
    // A leap second is read as the second before it.
    if (d.second == 60) d.second = 59;
    if (d.year < 1601 || d.day < 1 || d.day > days_in(&d) || d.hour > 23 || d.minute > 59 ||
        d.second > 59)
        return -EINVAL;
    *out = http_date_days(&d) * DAY + d.hour * 3600 + d.minute * 60 + d.second;
    return 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

static char *http_date_put(char *to, const char *from, size_t n) {
    memcpy(to, from, n);
    return to + n;
}

static char *http_date_put_number(char *to, int64_t value, int digits) {
    return edoi_decimal_print_fixed(to, (uint64_t)value, digits);
}

int edo_http_date_print(int64_t seconds, char text[EDO_HTTP_DATE_BYTES]) {
    if (seconds < INT64_C(-11644473600) || seconds > INT64_C(253402300799)) return -ERANGE;
    int64_t day = seconds / DAY - (seconds % DAY < 0 ? 1 : 0), rest = seconds - day * DAY;
    date d = http_date_of(day);
    EDO_ASSERT(d.year >= 1601 && d.year <= 9999 && d.month >= 1 && d.month <= 12);
    int64_t weekday = ((day + 4) % 7 + 7) % 7; // 1970 began on a Thursday
    char *to = http_date_put(text, days + 3 * weekday, 3);
    to = http_date_put_number(http_date_put(to, ", ", 2), d.day, 2);
    to = http_date_put(http_date_put(to, " ", 1), months + 3 * (d.month - 1), 3);
    to = http_date_put_number(http_date_put(to, " ", 1), d.year, 4);
    to = http_date_put_number(http_date_put(to, " ", 1), rest / 3600, 2);
    to = http_date_put_number(http_date_put(to, ":", 1), rest / 60 % 60, 2);
    to = http_date_put_number(http_date_put(to, ":", 1), rest % 60, 2);
    (void)http_date_put(to, " GMT", 5);
    return 0;
}
