/* SPDX-License-Identifier: MIT */
/* value/duration.c: durations as text: 1m30s. See edo/value.h. */
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

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Reads one number at the beginning of `*text` in whole and 10^-9 parts. */
static bool number(edo_str *text, uint64_t *whole, uint64_t *nanos) {
    size_t at = 0;
    uint64_t place = 100000000;
    *whole = *nanos = 0;
    for (; at < text->len && is_digit(text->ptr[at]); at++) {
        uint64_t digit = (uint64_t)(text->ptr[at] - '0');
        if (*whole > (INT64_MAX - digit) / 10) return false;
        *whole = *whole * 10 + digit;
    }
    size_t digits = at;
    if (at < text->len && text->ptr[at] == '.') {
        for (at++; at < text->len && is_digit(text->ptr[at]); at++, digits++) {
            *nanos += place * (uint64_t)(text->ptr[at] - '0');
            place /= 10;
        }
        if (text->ptr[at - 1] == '.') return false;
    }
    text->ptr += at, text->len -= at;
    return digits > 0;
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

/* `whole` and `nanos` in units of `ns`; negative if it is too long. */
static int64_t scaled(uint64_t whole, uint64_t nanos, int64_t ns) {
    if (whole > (uint64_t)(INT64_MAX / ns)) return -1;
    int64_t high = (int64_t)whole * ns;
    // A unit has at most 86400 s, so the product of its parts does not overflow when halved so.
    int64_t s = ns / 1000000000, rest = ns % 1000000000;
    int64_t low = (int64_t)nanos * s + (int64_t)nanos * rest / 1000000000;
    return high > INT64_MAX - low ? -1 : high + low;
}

static int wrong(void) {
    return edo_fail(-EDO_EVALUE, "must be a duration such as 250ms, 5s or 1m30s");
}

int edo_duration_parse(edo_duration *out, edo_str text) {
    int last = -1;
    int64_t sum = 0;
    if (edo_str_equal(text, EDO_STR("off"))) return *out = (edo_duration)EDO_OFF, 0;
    if (edo_str_equal(text, EDO_STR("0"))) return *out = edo_ns(0), 0;
    if (text.len == 0) return wrong();
    while (text.len) {
        uint64_t whole, nanos;
        if (!number(&text, &whole, &nanos)) return wrong();
        int u = unit(&text);
        if (u <= last) return wrong(); // unknown, repeated, or not in order
        last = u;
        int64_t part = scaled(whole, nanos, units[u].ns);
        if (part < 0 || sum > INT64_MAX - part) {
            return edo_fail(-EDO_EVALUE, "must be at most 292 years");
        }
        sum += part;
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
