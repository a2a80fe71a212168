/* SPDX-License-Identifier: MIT */
/* log/out/pieces.c: writes times, numbers and escaped texts, within bounds. */
#include "log/out/pieces.h"

#include "value/text/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY_MAX           120u
#define VALUE_ESCAPED_MAX (2 * EDOI_VALUE_MAX)

void edoi_line_put_bytes(edoi_log_line *line, const char *s, size_t n) {
    if (n > line->limit - line->n) {
        line->is_full = true;
        return;
    }
    memcpy(line->bytes + line->n, s, n);
    line->n += n;
}

void edoi_line_put(edoi_log_line *line, const char *s) {
    edoi_line_put_bytes(line, s, strlen(s));
}

/* Writes `s` escaped, in at most `most` bytes; the rest is cut. */
void edoi_line_put_escaped(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                           size_t most) {
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

size_t edoi_line_clip(edoi_log_line *line, const char *s, size_t n, size_t most) {
    if (n <= most) return n;
    line->is_cut = true;
    while (most > 0 && ((unsigned char)s[most - 1] & 0xc0u) == 0x80u) most--;
    return most > 0 && (unsigned char)s[most - 1] >= 0xc0u ? most - 1 : most;
}

void edoi_line_put_time(edoi_log_line *line, const struct timespec *time) {
    struct tm tm;
    char text[64];
    if (!gmtime_r(&time->tv_sec, &tm)) return;
    int n =
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, time->tv_nsec / 1000);
    if (n > 0) edoi_line_put_bytes(line, text, (size_t)n);
}

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

size_t edoi_field_text(char text[EDOI_FIELD_TEXT_MAX], const edo_kv *kv) {
    int n = 0;
    switch (kv->kind) {
    case EDO_KV_BOOL:
        n = snprintf(text, EDOI_FIELD_TEXT_MAX, kv->value.boolean ? "true" : "false");
        break;
    case EDO_KV_INT: n = snprintf(text, EDOI_FIELD_TEXT_MAX, "%" PRId64, kv->value.integer); break;
    case EDO_KV_UINT: n = snprintf(text, EDOI_FIELD_TEXT_MAX, "%" PRIu64, kv->value.whole); break;
    case EDO_KV_DOUBLE: return double_text(text, kv->value.number);
    case EDO_KV_POINTER:
        n = snprintf(text, EDOI_FIELD_TEXT_MAX, "0x%" PRIxPTR, (uintptr_t)kv->value.pointer);
        break;
    case EDO_KV_NONE:
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
