/* SPDX-License-Identifier: MIT */
/* value/text/duration.c: durations as text: 1m30s, and by ISO 8601: PT1M30S. See edo/value.h. */
#include "value/text/wall.h"

#include <edo/error.h>
#include <edo/value.h>

#include <inttypes.h>

/* The largest first. */
static const struct {
    const char *name;
    int64_t ns;
} units[] = {
    { "d", INT64_C(86400000000000) },
    { "h", INT64_C(3600000000000) },
    { "m", INT64_C(60000000000) },
    { "s", 1000000000 },
    { "ms", 1000000 },
    { "us", 1000 },
    { "ns", 1 },
};

static bool duration_is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Takes the number at the beginning of `*text`; false: there is none, or it is too large. */
static bool duration_number(edo_str *text, int64_t *n) {
    size_t at = 0;
    *n = 0;
    for (; at < text->len && duration_is_digit(text->ptr[at]); at++) {
        int64_t digit = text->ptr[at] - '0';
        if (*n > (INT64_MAX - digit) / 10) return false;
        *n = *n * 10 + digit;
    }
    text->ptr += at, text->len -= at;
    return at > 0;
}

/* Takes the unit at the beginning of `*text`; its index, or -1. */
static int unit(edo_str *text) {
    size_t n = 0;
    while (n < text->len && text->ptr[n] >= 'a' && text->ptr[n] <= 'z') n++;
    edo_str name = { text->ptr, n };
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        if (!edo_str_equal(name, edo_str_of(units[i].name))) continue;
        text->ptr += n, text->len -= n;
        return (int)i;
    }
    return -1;
}

static int duration_wrong(void) {
    return edo_fail(-EDO_EVALUE, "must be a duration such as 250ms, 5s or 1m30s");
}

static int duration_is_long(void) {
    return edo_fail(-EDO_EVALUE, "must be at most 292 years");
}

/* What has been read of a duration of ISO 8601. */
typedef struct duration_iso {
    uint64_t ns, most_ns;
    size_t next;  /* the largest unit that may come */
    bool is_time; /* the T has come */
} duration_iso;

/* Adds `n` units; false: there are too many. */
static bool duration_add(duration_iso *d, uint64_t n, uint64_t unit_ns) {
    if (n > (d->most_ns - d->ns) / unit_ns) return false;
    d->ns += n * unit_ns;
    return true;
}

/* The designators of ISO 8601, the largest first; behind the T are those of a time. */
static const struct {
    char letter;
    bool is_time;
    uint64_t ns;
} iso_units[] = {
    { 'W', false, UINT64_C(604800000000000) },
    { 'D', false, UINT64_C(86400000000000) },
    { 'H', true, UINT64_C(3600000000000) },
    { 'M', true, UINT64_C(60000000000) },
    { 'S', true, 1000000000 },
};

/* Takes a number and its unit. */
static int duration_take_iso(edo_str *text, duration_iso *d) {
    int64_t n;
    int32_t ns = 0;
    if (!duration_number(text, &n)) return duration_wrong();
    const bool has_fraction = text->len > 0 && *text->ptr == '.';
    if (!edoi_wall_take_fraction(text, &ns) || text->len == 0) return duration_wrong();
    for (size_t i = d->next; i < EDO_COUNT(iso_units); i++) {
        const char letter = iso_units[i].letter;
        if (letter != *text->ptr || iso_units[i].is_time != d->is_time) continue;
        if (has_fraction && letter != 'S') break;
        *text = (edo_str){ text->ptr + 1, text->len - 1 };
        d->next = letter == 'W' ? EDO_COUNT(iso_units) : i + 1; // weeks stand alone
        bool fits =
            duration_add(d, (uint64_t)n, iso_units[i].ns) && duration_add(d, (uint64_t)ns, 1);
        return fits ? 0 : duration_is_long();
    }
    return duration_wrong();
}

/* Reads what is behind the P. */
static int duration_parse_iso(edo_duration *out, edo_str text, bool is_negative) {
    duration_iso d = { .most_ns = INT64_MAX + (uint64_t)is_negative };
    if (text.len == 0) return duration_wrong();
    while (text.len > 0) {
        if (!d.is_time && *text.ptr == 'T') {
            d.is_time = true;
            text = (edo_str){ text.ptr + 1, text.len - 1 };
        }
        int err = duration_take_iso(&text, &d);
        if (err < 0) return err;
    }
    *out = edo_ns((int64_t)(is_negative ? 0 - d.ns : d.ns));
    return 0;
}

size_t edoi_duration_print_iso(char text[EDO_DURATION_TEXT_MAX], edo_duration d) {
    const bool is_negative = d.ns < 0;
    const uint64_t ns = is_negative ? 0 - (uint64_t)d.ns : (uint64_t)d.ns, s = ns / 1000000000;
    const uint64_t hours = s / 3600, minutes = s / 60 % 60;
    const bool has_seconds = ns % UINT64_C(60000000000) != 0 || ns == 0;
    if (d.ns == -1) return (size_t)snprintf(text, EDO_DURATION_TEXT_MAX, "off");
    char *at = text + snprintf(text, EDO_DURATION_TEXT_MAX, "%sPT", is_negative ? "-" : "");
    if (hours > 0) at += snprintf(at, 24, "%" PRIu64 "H", hours);
    if (minutes > 0 || (hours > 0 && has_seconds)) at += snprintf(at, 8, "%" PRIu64 "M", minutes);
    if (has_seconds) {
        at += snprintf(at, 8, "%" PRIu64, s % 60);
        at = edoi_wall_write_fraction(at, (uint32_t)(ns % 1000000000));
        *at++ = 'S';
    }
    *at = '\0';
    return (size_t)(at - text);
}

int edo_duration_parse(edo_duration *out, edo_str text) {
    int last = -1;
    int64_t sum = 0;
    if (edo_str_equal(text, EDO_STR("off"))) return *out = (edo_duration)EDO_OFF, 0;
    if (edo_str_equal(text, EDO_STR("0"))) return *out = edo_ns(0), 0;
    if (text.len == 0) return duration_wrong();
    const bool is_negative = *text.ptr == '-';
    if (text.len > is_negative && text.ptr[is_negative] == 'P') {
        const size_t skip = 1 + (size_t)is_negative;
        return duration_parse_iso(out, (edo_str){ text.ptr + skip, text.len - skip }, is_negative);
    }
    while (text.len) {
        int64_t n;
        if (!duration_number(&text, &n)) return duration_wrong();
        int u = unit(&text);
        if (u <= last) return duration_wrong(); // unknown, repeated, or not in order
        last = u;
        if (n > (INT64_MAX - sum) / units[u].ns) return duration_is_long();
        sum += n * units[u].ns;
    }
    *out = edo_ns(sum);
    return 0;
}

size_t edo_duration_print(char text[EDO_DURATION_TEXT_MAX], edo_duration d) {
    size_t n = 0;
    if (d.ns < 0) return (size_t)snprintf(text, EDO_DURATION_TEXT_MAX, "off");
    if (d.ns == 0) return (size_t)snprintf(text, EDO_DURATION_TEXT_MAX, "0s");
    for (size_t i = 0; i < EDO_COUNT(units); i++) {
        int64_t count = d.ns / units[i].ns;
        d.ns %= units[i].ns;
        if (count == 0) continue;
        n += (size_t)snprintf(text + n, EDO_DURATION_TEXT_MAX - n, "%" PRId64 "%s", count,
                              units[i].name);
    }
    return n;
}
