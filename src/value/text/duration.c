/* SPDX-License-Identifier: MIT */
/* value/text/duration.c: durations as text: 1m30s. See edo/value.h. */
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

int edo_duration_parse(edo_duration *out, edo_str text) {
    int last = -1;
    int64_t sum = 0;
    if (edo_str_equal(text, EDO_STR("off"))) return *out = (edo_duration)EDO_OFF, 0;
    if (edo_str_equal(text, EDO_STR("0"))) return *out = edo_ns(0), 0;
    if (text.len == 0) return duration_wrong();
    while (text.len) {
        int64_t n;
        if (!duration_number(&text, &n)) return duration_wrong();
        int u = unit(&text);
        if (u <= last) return duration_wrong(); // unknown, repeated, or not in order
        last = u;
        if (n > (INT64_MAX - sum) / units[u].ns) {
            return edo_fail(-EDO_EVALUE, "must be at most 292 years");
        }
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
