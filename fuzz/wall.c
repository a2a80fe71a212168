/* SPDX-License-Identifier: MIT */
/* fuzz/wall.c: instants of the wall clock and durations of ISO 8601 as text. Properties: a naive
 * reader, which counts years and days one by one, finds the same; what was read is printed, and is
 * read as the same again; the order of texts of SQLite is that of time; protobuf's form is RFC
 * 3339's without leap seconds and small letters. */
#include "value/text/wall.h"
#include "fuzz.h"

#include <edo/error.h>
#include <edo/test.h>

#include <stdlib.h>
#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("2026-11-27T15:04:05Z"),
    FUZZ_SEED("2024-02-29T23:59:59.123456789+23:59"),
    FUZZ_SEED("2023-02-28t00:00:00.5z"),
    FUZZ_SEED("2016-12-31T23:59:60Z"),
    FUZZ_SEED("2017-01-01T05:29:60.25+05:30"),
    FUZZ_SEED("0001-01-01T00:00:00-00:01"),
    FUZZ_SEED("0000-12-31T23:59:00-00:01"),
    FUZZ_SEED("9999-12-31T23:59:59+00:00"),
    FUZZ_SEED("1900-02-29T00:00:00Z"),
    FUZZ_SEED("2000-02-29 00:00"),
    FUZZ_SEED("PT1H30M0.000000001S"),
    FUZZ_SEED("-P1DT12H"),
    FUZZ_SEED("P3W"),
    FUZZ_SEED("PT2562047H47M16.854775807S"),
    FUZZ_SEED("1d2h3m4s5ms6us7ns"),
    FUZZ_SEED("off"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

/* ---- A naive reader -------------------------------------------------------------------------- */

static bool is_digit(edo_str t, size_t at) {
    return at < t.len && t.ptr[at] >= '0' && t.ptr[at] <= '9';
}

/* The number of two digits; -1: there are none. */
static int two(edo_str t, size_t at) {
    if (!is_digit(t, at) || !is_digit(t, at + 1)) return -1;
    return (t.ptr[at] - '0') * 10 + (t.ptr[at + 1] - '0');
}

static bool is_leap_year(int y) {
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static int days_in_month(int y, int m) {
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    return days[m - 1] + (m == 2 && is_leap_year(y));
}

/* Days from the first one of the year 0. */
static int64_t days_before(int year, int month, int day) {
    int64_t n = day - 1;
    for (int y = 0; y < year; y++) n += is_leap_year(y) ? 366 : 365;
    for (int m = 1; m < month; m++) n += days_in_month(year, m);
    return n;
}

/* Takes the fraction and the offset, which begin at `at`; false: they are none. */
static bool naive_end(edo_str t, size_t at, int64_t *ns, int *offset_min) {
    int digits = 0;
    *ns = 0;
    *offset_min = 0;
    if (at < t.len && t.ptr[at] == '.') {
        for (at++; is_digit(t, at); at++, digits++)
            *ns = *ns * 10 + (digits < 9 ? t.ptr[at] - '0' : 0);
        if (digits == 0 || digits > 9) return false;
        for (; digits < 9; digits++) *ns *= 10;
    }
    if (at + 1 == t.len && (t.ptr[at] == 'Z' || t.ptr[at] == 'z')) return true;
    if (at + 6 != t.len || !memchr("+-", t.ptr[at], 2) || t.ptr[at + 3] != ':') return false;
    int h = two(t, at + 1), m = two(t, at + 4);
    *offset_min = (t.ptr[at] == '-' ? -1 : 1) * (h * 60 + m);
    return h >= 0 && h < 24 && m >= 0 && m < 60;
}

static bool naive_read(edo_wall *out, edo_str t) {
    int64_t ns;
    int offset;
    if (t.len < 20 || t.ptr[4] != '-' || t.ptr[7] != '-' || !memchr("Tt", t.ptr[10], 2) ||
        t.ptr[13] != ':' || t.ptr[16] != ':')
        return false;
    int century = two(t, 0), rest = two(t, 2), month = two(t, 5), day = two(t, 8);
    int h = two(t, 11), min = two(t, 14), sec = two(t, 17), year = century * 100 + rest;
    if (century < 0 || rest < 0 || month < 1 || month > 12) return false;
    if (day < 1 || day > days_in_month(year, month)) return false;
    if (h < 0 || h > 23 || min < 0 || min > 59 || sec < 0 || sec > 60) return false;
    if (!naive_end(t, 19, &ns, &offset)) return false;
    int64_t minutes = days_before(year, month, day) * 1440 + h * 60 + min - offset;
    if (sec == 60 && (minutes + 1440) % 1440 != 1439) return false;
    int64_t s = minutes * 60 + sec, first = days_before(1, 1, 1) * 86400;
    if (s < first || s >= days_before(10000, 1, 1) * 86400) return false;
    *out = (edo_wall){ s - days_before(1970, 1, 1) * 86400, (int32_t)ns };
    return true;
}

/* ---- The properties -------------------------------------------------------------------------- */

static bool is_same(edo_wall a, edo_wall b) {
    return a.s == b.s && a.ns == b.ns;
}

/* What is written is read again, by each form; texts of SQLite have the order of time. */
static void check_written(edo_wall t) {
    const edo_wall later = edo_wall_add(t, edo_ns(1 + t.s % 90000));
    char text[EDO_WALL_TEXT_MAX], behind[EDO_WALL_TEXT_MAX];
    for (int form = EDOI_WALL_RFC3339; form <= EDOI_WALL_SQLITE; form++) {
        edo_wall again = { 0 };
        const size_t n = edoi_wall_write(text, t, (edoi_wall_form)form);
        EDO_TEST_TRUE(n < EDO_WALL_TEXT_MAX);
        EDO_TEST_TRUE(!edoi_wall_read(&again, (edo_str){ text, n }, (edoi_wall_form)form));
        EDO_TEST_TRUE(is_same(again, t));
    }
    if (!edoi_wall_is_good(later)) return;
    const size_t n = edoi_wall_write(text, t, EDOI_WALL_SQLITE);
    const size_t m = edoi_wall_write(behind, later, EDOI_WALL_SQLITE);
    text[n] = behind[m] = '\0';
    EDO_TEST_EQ(strcmp(text, behind) < 0, edo_wall_compare(t, later) < 0);
    EDO_TEST_EQ(strcmp(text, behind) > 0, edo_wall_compare(t, later) > 0);
}

static void check_wall(edo_str text) {
    edo_wall t = { 0 }, naive = { 0 }, strict = { 0 }, lax = { 0 };
    int err = edo_wall_parse(&t, text);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EVALUE);
    EDO_TEST_EQ(err == 0, naive_read(&naive, text));
    EDO_TEST_TRUE(is_same(t, naive));
    edo_trail_clear();
    if (!edoi_wall_read(&strict, text, EDOI_WALL_PROTOBUF))
        EDO_TEST_TRUE(err == 0 && is_same(strict, t));
    const bool is_lax = !edoi_wall_read(&lax, text, EDOI_WALL_SQLITE);
    if (err == 0) EDO_TEST_TRUE(is_lax && is_same(lax, t));
    if (is_lax) check_written(lax);
}

static void check_duration(edo_str text) {
    char printed[EDO_DURATION_TEXT_MAX];
    edo_duration d, again;
    int err = edo_duration_parse(&d, text);
    EDO_TEST_TRUE(err == 0 || err == -EDO_EVALUE);
    edo_trail_clear();
    if (err < 0) return;
    size_t n = edoi_duration_print_iso(printed, d);
    EDO_TEST_TRUE(n < sizeof printed);
    EDO_TEST_OK(edo_duration_parse(&again, (edo_str){ printed, n }));
    EDO_TEST_EQ(again.ns, d.ns);
    if (d.ns < -1) return; // the form for people has "off" for all of these
    n = edo_duration_print(printed, d);
    EDO_TEST_OK(edo_duration_parse(&again, (edo_str){ printed, n }));
    EDO_TEST_EQ(again.ns, d.ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    char *text =
        malloc(n > 0 ? n : 1); // no longer than it is, so that a sanitizer sees what is beyond
    EDO_TEST_TRUE(text != NULL);
    if (n > 0) memcpy(text, data, n);
    check_wall((edo_str){ text, n });
    check_duration((edo_str){ text, n });
    free(text);
    return 0;
}
