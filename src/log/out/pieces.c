/* SPDX-License-Identifier: MIT */
/* log/out/pieces.c: writes times, numbers and escaped texts, within bounds. */
#include "log/out/pieces.h"

#include "base/text/decimal.h"
#include "base/text/utf8.h"
#include "value/text/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX           120u
#define SECONDS_A_DAY     86400u
#define SECONDS_MAX       INT64_C(253402300800) /* the year 10000 */
#define VALUE_ESCAPED_MAX (2 * EDOI_VALUE_MAX)

/* As edoi_line_put_escaped(), piece by piece: plain ones, and what is escaped between them. */
static EDOI_NOINLINE void line_put_pieces(edoi_log_line *line, const char *s, size_t n,
                                          edoi_escape form, size_t most) {
    size_t end = line->n + most;
    char one[EDOI_ESCAPE_ONE_MAX];
    while (n > 0) {
        size_t took = edoi_escape_plain(s, n), length = took;
        const char *from = s;
        if (took == 0) {
            length = edoi_escape_one(one, s, n, form, &took);
            from = one;
        } else if (length > end - line->n) {
            length = took = end - line->n; // plain text can be cut anywhere
        }
        if (length == 0 || length > end - line->n) {
            line->is_cut = true;
            return;
        }
        edoi_line_put_bytes(line, from, length);
        s += took;
        n -= took;
    }
}

/* Most texts are plain and fit. */
void edoi_line_put_escaped(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                           size_t most) {
    if (EDOI_LIKELY(n <= most && edoi_escape_plain(s, n) == n)) {
        edoi_line_put_bytes(line, s, n);
    } else {
        line_put_pieces(line, s, n, form, most);
    }
}

size_t edoi_line_clip(edoi_log_line *line, const char *s, size_t n, size_t most) {
    if (n <= most) return n;
    line->is_cut = true;
    return edoi_utf8_cut(s, most);
}

/* ---- The time -------------------------------------------------------------------------------- */

/* Writes `n` digits and what separates them from the next ones. */
static char *time_put(char *at, uint64_t number, int n, char behind) {
    at = edoi_decimal_print_fixed(at, number, n);
    *at = behind;
    return at + 1;
}

/* Writes the day, counted from 1970-01-01. Years begin in March here, so that the day which only
 * some have is a year's last: then 5 * day + 2 over 153 is the month, for any year. */
static char *time_put_day(char *at, uint64_t days) {
    uint64_t since = days + 719468; // 0000-03-01
    uint64_t era = since / 146097;  // 400 years
    uint64_t day = since % 146097;  // of the era
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100; // of the year
    uint64_t month = (5 * day + 2) / 153;      // 0 is March
    day -= (153 * month + 2) / 5;              // of the month
    year += 400 * era + (month >= 10);         // January and February are in the next year
    at = time_put(at, year, 4, '-');
    at = time_put(at, month < 10 ? month + 3 : month - 9, 2, '-');
    return time_put(at, day + 1, 2, 'T');
}

/* "08:31:16." */
static char *time_put_clock(char *at, uint64_t of_day) {
    at = time_put(at, of_day / 3600, 2, ':');
    at = time_put(at, of_day / 60 % 60, 2, ':');
    return time_put(at, of_day % 60, 2, '.');
}

#define SECOND_N 20u /* "2026-11-27T08:31:16." */

/* The second that this thread has printed last: most lines are of that. */
static EDOI_THREAD_LOCAL struct time_printed {
    uint64_t second; /* and 1; 0: none */
    char text[SECOND_N];
} printed;

/* Opaque, since a fiber must not keep the address of the thread-local. */
static EDOI_OPAQUE void time_put_second(char text[SECOND_N], uint64_t second) {
    EDOI_COMPILER_BARRIER();
    if (printed.second != second + 1) {
        char *at = time_put_day(printed.text, second / SECONDS_A_DAY);
        (void)time_put_clock(at, second % SECONDS_A_DAY);
        printed.second = second + 1;
    }
    memcpy(text, printed.text, SECOND_N);
}

/* By hand: gmtime_r() and snprintf() took longer than all of the rest of a line. A clock that is
 * set beyond the year 9999 has no text. */
void edoi_line_put_time(edoi_log_line *line, const struct timespec *time) {
    char text[32];
    if (time->tv_sec < 0 || time->tv_sec >= SECONDS_MAX) return;
    time_put_second(text, (uint64_t)time->tv_sec);
    char *end = time_put(text + SECOND_N, (uint64_t)time->tv_nsec / 1000, 6, 'Z');
    edoi_line_put_bytes(line, text, (size_t)(end - text));
}

void edoi_line_put_clock(edoi_log_line *line, const struct timespec *time) {
    char text[16];
    if (time->tv_sec < 0) return;
    char *at = time_put_clock(text, (uint64_t)time->tv_sec % SECONDS_A_DAY);
    at = edoi_decimal_print_fixed(at, (uint64_t)time->tv_nsec / 1000000, 3);
    edoi_line_put_bytes(line, text, (size_t)(at - text));
}

/* ---- Values ---------------------------------------------------------------------------------- */

void edoi_line_put_quoted(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                          size_t most) {
    edoi_line_put(line, "\"");
    edoi_line_put_escaped(line, s, n, form, most);
    edoi_line_put(line, "\"");
}

/* The shortest text that reads back as the same number. */
static size_t double_text(char text[EDOI_FIELD_TEXT_MAX], double number) {
    if (isfinite(number)) return edoi_number_print(text, number, false);
    const char *name = isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
    size_t n = strlen(name);
    memcpy(text, name, n);
    return n;
}

_Static_assert(EDOI_NUMBER_TEXT_MAX <= EDOI_FIELD_TEXT_MAX, "a number has room");

void edoi_line_put_uint(edoi_log_line *line, uint64_t number) {
    char text[EDOI_DECIMAL_ROOM];
    edoi_line_put_bytes(line, text, (size_t)(edoi_decimal_print(text, number) - text));
}

static size_t int_text(char *text, int64_t number) {
    char *at = text;
    if (number < 0) *at++ = '-';
    at = edoi_decimal_print(at, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
    return (size_t)(at - text);
}

size_t edoi_field_text(char text[EDOI_FIELD_TEXT_MAX], const edo_kv *kv) {
    int n = 0;
    switch (kv->kind) {
    case EDO_KV_BOOL:
        n = snprintf(text, EDOI_FIELD_TEXT_MAX, kv->value.boolean ? "true" : "false");
        break;
    case EDO_KV_INT: return int_text(text, kv->value.integer);
    case EDO_KV_UINT: return (size_t)(edoi_decimal_print(text, kv->value.whole) - text);
    case EDO_KV_DOUBLE: return double_text(text, kv->value.number);
    case EDO_KV_POINTER:
        n = snprintf(text, EDOI_FIELD_TEXT_MAX, "0x%" PRIxPTR, (uintptr_t)kv->value.pointer);
        break;
    case EDO_KV_NONE:
    case EDO_KV_DESCRIBED: // without memory for its text
    case EDO_KV_JSON:
    case EDO_KV_TEXT: n = snprintf(text, EDOI_FIELD_TEXT_MAX, "null"); break;
    }
    return n > 0 ? (size_t)n : 0;
}

/* Is it a text in JSON, too? */
static bool is_quoted(const edo_kv *kv) {
    return kv->kind == EDO_KV_POINTER || (kv->kind == EDO_KV_DOUBLE && !isfinite(kv->value.number));
}

static void line_put_value(edoi_log_line *line, const edo_kv *kv, bool is_json) {
    char text[EDOI_FIELD_TEXT_MAX];
    if (kv->kind == EDO_KV_TEXT && kv->value.text) {
        size_t n = edoi_line_clip(line, kv->value.text, kv->text_n, EDOI_VALUE_MAX);
        edoi_line_put_quoted(line, kv->value.text, n,
                             is_json ? EDOI_ESCAPE_JSON : EDOI_ESCAPE_QUOTED, VALUE_ESCAPED_MAX);
        return;
    }
    if (kv->kind == EDO_KV_JSON) {
        edoi_line_put_bytes(line, kv->value.text, kv->text_n);
        return;
    }
    size_t n = edoi_field_text(text, kv);
    if (is_json && is_quoted(kv)) {
        edoi_line_put_quoted(line, text, n, EDOI_ESCAPE_JSON, n);
    } else {
        edoi_line_put_bytes(line, text, n);
    }
}

void edoi_line_put_field(edoi_log_line *line, const edo_kv *kv, bool is_json) {
    if (is_json) {
        edoi_line_put_quoted(line, kv->key, strlen(kv->key), EDOI_ESCAPE_JSON, KEY_MAX);
        edoi_line_put(line, ":");
    } else {
        edoi_line_put_escaped(line, kv->key, strlen(kv->key), EDOI_ESCAPE_QUOTED, KEY_MAX);
        edoi_line_put(line, "=");
    }
    line_put_value(line, kv, is_json);
}
