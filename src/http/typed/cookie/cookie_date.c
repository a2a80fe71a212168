/* SPDX-License-Identifier: MIT */
/* http/typed/cookie/cookie_date.c: see cookie_date.h. */
#include "http/typed/cookie/cookie_date.h"

#include "http/types/bytes_of.h"

#include <stdio.h>

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* The parts found so far; -1: none yet. Months count from 0. */
typedef struct parts {
    int hour, minute, second, day, month, year;
} parts;

static bool is_delimiter(char c) {
    unsigned char u = (unsigned char)c;
    return u == '\t' || (u >= 0x20 && u <= 0x2f) || (u >= 0x3b && u <= 0x40) ||
           (u >= 0x5b && u <= 0x60) || (u >= 0x7b && u <= 0x7e);
}

/* Takes `least` to `most` digits, behind which no digit follows. Returns -1 if there are none. */
static int cookie_date_take_digits(edo_str *rest, size_t least, size_t most) {
    size_t n = 0;
    int value = 0;
    for (; n < rest->len && edoi_byte_is(rest->ptr[n], EDOI_BYTE_DIGIT); n++) {
        if (n == most) return -1;
        value = value * 10 + (rest->ptr[n] - '0');
    }
    if (n < least) return -1;
    *rest = edoi_after(*rest, n);
    return value;
}

static bool take_colon(edo_str *rest) {
    if (rest->len == 0 || rest->ptr[0] != ':') return false;
    *rest = edoi_after(*rest, 1);
    return true;
}

static bool parts_is_time(parts *p, edo_str word) {
    int hour = cookie_date_take_digits(&word, 1, 2);
    if (hour < 0 || !take_colon(&word)) return false;
    int minute = cookie_date_take_digits(&word, 1, 2);
    if (minute < 0 || !take_colon(&word)) return false;
    int second = cookie_date_take_digits(&word, 1, 2);
    if (second < 0) return false;
    p->hour = hour;
    p->minute = minute;
    p->second = second;
    return true;
}

static int month_of(edo_str word) {
    for (int m = 0; word.len >= 3 && m < 12; m++) {
        int i = 0;
        while (i < 3 && edoi_lower(word.ptr[i]) == edoi_lower(months[3 * m + i])) i++;
        if (i == 3) return m;
    }
    return -1;
}

/* Takes a word for the first part that it can be and that is not found yet. */
static void parts_take_word(parts *p, edo_str word) {
    edo_str digits = word;
    if (p->hour < 0 && parts_is_time(p, word)) return;
    if (p->day < 0 && (p->day = cookie_date_take_digits(&digits, 1, 2)) >= 0) return;
    if (p->month < 0 && (p->month = month_of(word)) >= 0) return;
    if (p->year < 0) p->year = cookie_date_take_digits(&word, 2, 4);
}

int edoi_cookie_date_parse(int64_t *out, edo_str text) {
    parts p = { -1, -1, -1, -1, -1, -1 };
    char date[64];
    while (text.len > 0) {
        size_t n = 0, gone;
        while (n < text.len && !is_delimiter(text.ptr[n])) n++;
        if (n > 0) parts_take_word(&p, (edo_str){ text.ptr, n });
        gone = n < text.len ? n + 1 : n;
        text = edoi_after(text, gone);
    }
    if (p.hour < 0 || p.day < 0 || p.month < 0 || p.year < 0) return -EINVAL;
    if (p.year < 100) p.year += p.year < 70 ? 2000 : 1900;
    if (p.second > 59) return -EINVAL; // cookies have no leap seconds
    // The day of the week is not checked.
    (void)snprintf(date, sizeof date, "Sun, %02d %.3s %04d %02d:%02d:%02d GMT", p.day,
                   months + 3 * (size_t)p.month, p.year, p.hour, p.minute, p.second);
    return edo_http_date_parse(out, edo_str_of(date), 0);
}
