/* SPDX-License-Identifier: MIT */
/* pg/value/times.c: dates, times and intervals in the ISO form of PostgreSQL. See text.h. */
#include "pg/value/text.h"

#include "base/text/calendar.h"

#define SECOND_US INT64_C(1000000)
#define DAY_US    (86400 * SECOND_US)

typedef struct time_scan {
    const char *at, *end;
} time_scan;

static bool scan_char(time_scan *s, char c) {
    bool is_there = s->at < s->end && *s->at == c;
    s->at += is_there;
    return is_there;
}

/* Takes digits, at least one; more than `most` are none. */
static bool scan_number(time_scan *s, int most, int64_t *out) {
    int n = 0;
    *out = 0;
    while (s->at < s->end && (unsigned)(*s->at - '0') < 10 && n++ < most)
        *out = *out * 10 + (*s->at++ - '0');
    return n > 0 && n <= most;
}

/* ".123": as microseconds. */
static bool scan_fraction(time_scan *s, int64_t *us) {
    *us = 0;
    if (!scan_char(s, '.')) return true;
    const char *from = s->at;
    if (!scan_number(s, 6, us)) return false;
    for (int64_t n = s->at - from; n < 6; n++) *us *= 10;
    return true;
}

static bool scan_date(time_scan *s, int64_t *year, int64_t *month, int64_t *day) {
    return scan_number(s, 6, year) && scan_char(s, '-') && scan_number(s, 2, month) &&
           scan_char(s, '-') && scan_number(s, 2, day) && *month >= 1 && *month <= 12 &&
           *day >= 1 && *day <= 31;
}

static bool scan_clock(time_scan *s, int hours_most, int64_t *us) {
    int64_t h, m, sec, part;
    if (!scan_number(s, hours_most, &h) || !scan_char(s, ':') || !scan_number(s, 2, &m) ||
        !scan_char(s, ':') || !scan_number(s, 2, &sec) || !scan_fraction(s, &part))
        return false;
    if (m > 59 || sec > 60) return false;
    *us = ((h * 60 + m) * 60 + sec) * SECOND_US + part;
    return true;
}

/* "+02", "-03:30", "+00:19:32" */
static bool scan_zone(time_scan *s, int64_t *us) {
    int64_t parts[3] = { 0 };
    bool is_west = scan_char(s, '-');
    *us = 0;
    if (!is_west && !scan_char(s, '+')) return true;
    if (!scan_number(s, 2, &parts[0])) return false;
    for (int i = 1; i < 3 && scan_char(s, ':'); i++)
        if (!scan_number(s, 2, &parts[i])) return false;
    *us = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * SECOND_US;
    if (is_west) *us = -*us;
    return true;
}

static bool scan_word(time_scan *s, edo_str word) {
    bool is_there = (size_t)(s->end - s->at) >= word.len && memcmp(s->at, word.ptr, word.len) == 0;
    s->at += is_there ? word.len : 0;
    return is_there;
}

bool edoi_pg_time_parse(int64_t *us, uint32_t oid, edo_str text) {
    time_scan s = { text.ptr, text.ptr + text.len };
    int64_t year, month, day, of_day = 0, zone = 0;
    if (oid == EDOI_PG_TIME) return scan_clock(&s, 2, us) && s.at == s.end;
    if (edo_str_equal(text, EDO_STR("infinity"))) return *us = INT64_MAX, true;
    if (edo_str_equal(text, EDO_STR("-infinity"))) return *us = INT64_MIN, true;
    if (!scan_date(&s, &year, &month, &day)) return false;
    if (oid != EDOI_PG_DATE &&
        (!scan_char(&s, ' ') || !scan_clock(&s, 2, &of_day) || !scan_zone(&s, &zone)))
        return false;
    if (scan_word(&s, EDO_STR(" BC"))) year = 1 - year;
    if (s.at != s.end) return false;
    int64_t days = edoi_calendar_days(year, (int)month, (int)day), at;
    if (__builtin_mul_overflow(days, DAY_US, &at)) return false;
    return !__builtin_add_overflow(at, of_day - zone, us);
}

/* "-2 days": takes the number and the unit. */
static bool scan_unit(time_scan *s, bool is_negative, int64_t *us) {
    static const struct {
        edo_str word;
        int64_t us;
    } units[] = { { { " days", 5 }, DAY_US }, { { " day", 4 }, DAY_US } };
    int64_t n;
    if (!scan_number(s, 9, &n)) return false;
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        if (!scan_word(s, units[i].word)) continue;
        int64_t part;
        if (__builtin_mul_overflow(is_negative ? -n : n, units[i].us, &part)) return false;
        return !__builtin_add_overflow(*us, part, us);
    }
    return false;
}

bool edoi_pg_interval_parse(edo_duration *out, edo_str text) {
    time_scan s = { text.ptr, text.ptr + text.len };
    int64_t us = 0, part;
    if (text.len == 0) return false;
    while (s.at < s.end) {
        bool is_negative = scan_char(&s, '-');
        if (!is_negative) (void)scan_char(&s, '+');
        time_scan clock = s;
        if (scan_clock(&clock, 9, &part)) {
            s = clock;
            if (__builtin_add_overflow(us, is_negative ? -part : part, &us)) return false;
        } else if (!scan_unit(&s, is_negative, &us)) {
            return false;
        }
        if (s.at < s.end && !scan_char(&s, ' ')) return false;
    }
    return !__builtin_mul_overflow(us, 1000, &out->ns);
}
