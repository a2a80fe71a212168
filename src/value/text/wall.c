/* SPDX-License-Identifier: MIT */
/* value/text/wall.c: instants of the wall clock as text (RFC 3339). See wall.h and edo/value.h.
 *
 * Nothing here asks libc for a calendar, so that neither TZ nor the locale matter. */
#include "value/text/wall.h"

#include "base/text/calendar.h"
#include "base/text/decimal.h"

#include <edo/error.h>

#include <inttypes.h>
#include <stdio.h>

#define DAY_S      INT64_C(86400)
#define DIGITS_MAX 9 /* behind the point */

static const char wall_wants_form[] = "must be a time such as 2026-11-27T15:04:05Z";
static const char wall_wants_day[] = "must be a day and a time that exist";

/* ---- Reading --------------------------------------------------------------------------------- */

/* A text in parts, of which each has its number of digits, and nothing else is known. */
typedef struct wall_parts {
    int year, month, day, hour, minute, second;
    int32_t ns;
    int offset_s;
} wall_parts;

/* Takes exactly `n` digits. */
static bool wall_take_digits(edo_str *text, size_t n, int *out) {
    int read = 0;
    if (text->len < n) return false;
    for (size_t i = 0; i < n; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9') return false;
        read = read * 10 + (text->ptr[i] - '0');
    }
    *out = read;
    *text = (edo_str){ text->ptr + n, text->len - n };
    return true;
}

static bool wall_take_char(edo_str *text, char c) {
    if (text->len == 0 || *text->ptr != c) return false;
    *text = (edo_str){ text->ptr + 1, text->len - 1 };
    return true;
}

/* Takes a letter, which may be small but in protobuf's form. */
static bool wall_take_letter(edo_str *text, char upper, edoi_wall_form form) {
    if (wall_take_char(text, upper)) return true;
    return form != EDOI_WALL_PROTOBUF && wall_take_char(text, (char)(upper - 'A' + 'a'));
}

bool edoi_wall_take_fraction(edo_str *text, int32_t *ns) {
    int32_t unit = 100000000;
    size_t n = 0;
    *ns = 0;
    if (!wall_take_char(text, '.')) return true;
    for (; n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9'; n++, unit /= 10) {
        if (n == DIGITS_MAX) return false;
        *ns += (text->ptr[n] - '0') * unit;
    }
    *text = (edo_str){ text->ptr + n, text->len - n };
    return n > 0;
}

static bool wall_take_date(edo_str *text, wall_parts *p) {
    return wall_take_digits(text, 4, &p->year) && wall_take_char(text, '-') &&
           wall_take_digits(text, 2, &p->month) && wall_take_char(text, '-') &&
           wall_take_digits(text, 2, &p->day);
}

static bool wall_take_clock(edo_str *text, wall_parts *p, edoi_wall_form form) {
    if (!wall_take_digits(text, 2, &p->hour) || !wall_take_char(text, ':') ||
        !wall_take_digits(text, 2, &p->minute))
        return false;
    if (!wall_take_char(text, ':')) return form == EDOI_WALL_SQLITE;
    return wall_take_digits(text, 2, &p->second) && edoi_wall_take_fraction(text, &p->ns);
}

static bool wall_take_offset(edo_str *text, wall_parts *p, edoi_wall_form form) {
    int hours, minutes;
    if (form == EDOI_WALL_SQLITE && text->len == 0) return true;
    if (wall_take_letter(text, 'Z', form)) return true;
    const bool is_west = wall_take_char(text, '-');
    if (!is_west && !wall_take_char(text, '+')) return false;
    if (!wall_take_digits(text, 2, &hours) || !wall_take_char(text, ':') ||
        !wall_take_digits(text, 2, &minutes))
        return false;
    p->offset_s = (hours * 60 + minutes) * (is_west ? -60 : 60);
    return hours < 24 && minutes < 60;
}

static bool wall_take_all(edo_str text, wall_parts *p, edoi_wall_form form) {
    if (!wall_take_date(&text, p)) return false;
    if (form == EDOI_WALL_SQLITE && text.len == 0) return true;
    const bool is_blank = form == EDOI_WALL_SQLITE && wall_take_char(&text, ' ');
    return (is_blank || wall_take_letter(&text, 'T', form)) && wall_take_clock(&text, p, form) &&
           wall_take_offset(&text, p, form) && text.len == 0;
}

/* Days since 1970; false: the month has no such day. */
static bool wall_days(const wall_parts *p, int64_t *days) {
    int64_t year;
    int month, day;
    if (p->month < 1 || p->month > 12) return false;
    *days = edoi_calendar_days(p->year, p->month, p->day);
    edoi_calendar_date(*days, &year, &month, &day);
    return year == p->year && month == p->month && day == p->day;
}

const char *edoi_wall_read(edo_wall *out, edo_str text, edoi_wall_form form) {
    wall_parts p = { 0 };
    int64_t days = 0;
    if (!wall_take_all(text, &p, form)) return wall_wants_form;
    if (!wall_days(&p, &days) || p.hour > 23 || p.minute > 59) return wall_wants_day;
    const bool is_leap = p.second == 60 && form != EDOI_WALL_PROTOBUF;
    if (p.second > 59 && !is_leap) return wall_wants_day;
    const edo_wall t = { days * DAY_S + p.hour * 3600 + p.minute * 60 + p.second - p.offset_s,
                         p.ns };
    if (is_leap && t.s % DAY_S != 0) return wall_wants_day; // it is not 23:59:60 in UTC
    if (!edoi_wall_is_good(t)) return EDOI_WALL_WANTS;
    *out = t;
    return NULL;
}

int edo_wall_parse(edo_wall *out, edo_str text) {
    const char *wants = edoi_wall_read(out, text, EDOI_WALL_RFC3339);
    return wants ? edo_fail(-EDO_EVALUE, "%s", wants) : 0;
}

/* ---- Writing --------------------------------------------------------------------------------- */

char *edoi_wall_write_fraction(char *to, uint32_t ns) {
    int digits = DIGITS_MAX;
    if (ns == 0) return to;
    for (; ns % 1000 == 0; ns /= 1000) digits -= 3;
    *to = '.';
    return edoi_decimal_print_fixed(to + 1, ns, digits);
}

/* Writes a date or a time of the day: numbers with `between` between them. */
static char *wall_write_parts(char *to, const int parts[3], int first_digits, char between) {
    to = edoi_decimal_print_fixed(to, (uint64_t)parts[0], first_digits);
    for (int i = 1; i < 3; i++) {
        *to = between;
        to = edoi_decimal_print_fixed(to + 1, (uint64_t)parts[i], 2);
    }
    return to;
}

size_t edoi_wall_write(char *to, edo_wall t, edoi_wall_form form) {
    const int64_t days = (t.s - EDOI_WALL_FIRST) / DAY_S + EDOI_WALL_FIRST / DAY_S;
    const int second = (int)(t.s - days * DAY_S);
    const int clock[] = { second / 3600, second / 60 % 60, second % 60 };
    const bool is_sqlite = form == EDOI_WALL_SQLITE;
    int date[3];
    int64_t year;
    edoi_calendar_date(days, &year, &date[1], &date[2]);
    date[0] = (int)year;
    char *at = wall_write_parts(to, date, 4, '-');
    *at = is_sqlite ? ' ' : 'T';
    at = wall_write_parts(at + 1, clock, 2, ':');
    at = edoi_wall_write_fraction(at, (uint32_t)t.ns);
    if (!is_sqlite) *at++ = 'Z';
    return (size_t)(at - to);
}

size_t edo_wall_print(char text[EDO_WALL_TEXT_MAX], edo_wall t) {
    if (!edoi_wall_is_good(t)) return (size_t)snprintf(text, EDO_WALL_TEXT_MAX, "@%" PRId64, t.s);
    size_t n = edoi_wall_write(text, t, EDOI_WALL_RFC3339);
    text[n] = '\0';
    return n;
}
