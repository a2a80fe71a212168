/* SPDX-License-Identifier: MIT */
/* log/line.c: writes times, numbers and escaped texts, within bounds. */
#include "log/line.h"

#include "base/assert.h"
#include "base/error/escape.h"
#include "value/text/number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TAIL      352u /* kept free of fields: for task, brackets, mark and line end */
#define SHORT_MAX 250u /* escaped bytes of a target, file or task */
#define KEY_MAX   120u

_Static_assert(6 * EDOI_MESSAGE_MAX > EDOI_LINE_BYTES_MAX / 2, "a message is bounded once more");
#define MESSAGE_ESCAPED_MAX (EDOI_LINE_BYTES_MAX / 2)
#define VALUE_ESCAPED_MAX   (2 * EDOI_VALUE_MAX)

static const char *const level_texts[] = { "  OFF", "ERROR", " WARN", " INFO", "DEBUG", "TRACE" };
static const char *const level_names[] = { "off", "error", "warn", "info", "debug", "trace" };

const char *edoi_target_of(const char *target, const char *file, size_t *n) {
    if (target) {
        *n = strlen(target);
        return target;
    }
    const char *slash = strrchr(file, '/');
    const char *name = slash ? slash + 1 : file;
    const char *dot = strrchr(name, '.');
    *n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    return name;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

static void log_line_put_bytes(edoi_log_line *line, const char *s, size_t n) {
    if (n > line->limit - line->n) {
        line->is_full = true;
        return;
    }
    memcpy(line->bytes + line->n, s, n);
    line->n += n;
}

static void log_line_put(edoi_log_line *line, const char *s) {
    log_line_put_bytes(line, s, strlen(s));
}

/* Writes `s` escaped, in at most `most` bytes; the rest is cut. */
static void log_line_put_escaped(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
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
        log_line_put_bytes(line, from, length);
        s += took;
        n -= took;
    }
}

/* How many bytes of `s` are written if at most `most` may be: never a part of a character. */
static size_t log_line_clip(edoi_log_line *line, const char *s, size_t n, size_t most) {
    if (n <= most) return n;
    line->is_cut = true;
    while (most > 0 && ((unsigned char)s[most - 1] & 0xc0u) == 0x80u) most--;
    return most > 0 && (unsigned char)s[most - 1] >= 0xc0u ? most - 1 : most;
}

static void log_line_put_time(edoi_log_line *line, const struct timespec *time) {
    struct tm tm;
    char text[64];
    if (!gmtime_r(&time->tv_sec, &tm)) return;
    int n =
        snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, time->tv_nsec / 1000);
    if (n > 0) log_line_put_bytes(line, text, (size_t)n);
}

/* Writes the shortest text that reads back as the same number. */
static void put_double(edoi_log_line *line, double number, bool is_json) {
    if (!isfinite(number)) {
        const char *name = isnan(number) ? "nan" : number < 0 ? "-inf" : "inf";
        if (is_json) log_line_put(line, "\"");
        log_line_put(line, name);
        if (is_json) log_line_put(line, "\"");
        return;
    }
    char text[EDOI_NUMBER_TEXT_MAX];
    log_line_put_bytes(line, text, edoi_number_print(text, number, false));
}

static void put_quoted(edoi_log_line *line, const char *s, size_t n, edoi_escape form,
                       size_t most) {
    log_line_put(line, "\"");
    log_line_put_escaped(line, s, n, form, most);
    log_line_put(line, "\"");
}

static void log_line_put_value(edoi_log_line *line, const edo_kv *kv, bool is_json) {
    char text[64];
    switch (kv->kind) {
    case EDO_KV_BOOL: log_line_put(line, kv->value.boolean ? "true" : "false"); break;
    case EDO_KV_INT:
        snprintf(text, sizeof text, "%" PRId64, kv->value.integer);
        log_line_put(line, text);
        break;
    case EDO_KV_UINT:
        snprintf(text, sizeof text, "%" PRIu64, kv->value.whole);
        log_line_put(line, text);
        break;
    case EDO_KV_DOUBLE: put_double(line, kv->value.number, is_json); break;
    case EDO_KV_POINTER:
        snprintf(text, sizeof text, is_json ? "\"0x%" PRIxPTR "\"" : "0x%" PRIxPTR,
                 (uintptr_t)kv->value.pointer);
        log_line_put(line, text);
        break;
    case EDO_KV_TEXT:
        if (!kv->value.text) {
            log_line_put(line, "null");
        } else {
            size_t n = log_line_clip(line, kv->value.text, kv->text_n, EDOI_VALUE_MAX);
            put_quoted(line, kv->value.text, n, is_json ? EDOI_ESCAPE_JSON : EDOI_ESCAPE_QUOTED,
                       VALUE_ESCAPED_MAX);
        }
        break;
    case EDO_KV_NONE: log_line_put(line, "null"); break;
    }
}

/* Writes fields while they fit; inv. 1. */
static void put_fields(edoi_log_line *line, const edoi_event *event, bool is_json) {
    for (size_t i = 0; i < event->fields_n; i++) {
        const edo_kv *kv = &event->fields[i];
        size_t before = line->n;
        if (is_json) {
            log_line_put(line, i > 0 ? "," : "");
            put_quoted(line, kv->key, strlen(kv->key), EDOI_ESCAPE_JSON, KEY_MAX);
            log_line_put(line, ":");
        } else {
            log_line_put(line, " ");
            log_line_put_escaped(line, kv->key, strlen(kv->key), EDOI_ESCAPE_QUOTED, KEY_MAX);
            log_line_put(line, "=");
        }
        log_line_put_value(line, kv, is_json);
        if (line->is_full) {
            line->n = before;
            line->is_full = false;
            line->is_cut = true;
            return;
        }
    }
}

/* ---- The two forms --------------------------------------------------------------------------- */

static void put_message(edoi_log_line *line, const edoi_event *event, edoi_escape form) {
    size_t n = log_line_clip(line, event->message, event->message_n, EDOI_MESSAGE_MAX);
    log_line_put_escaped(line, event->message, n, form, MESSAGE_ESCAPED_MAX);
    EDO_INV("line inv. 1", !line->is_full); // everything before the fields is bounded
}

static void write_text(edoi_log_line *line, const edoi_event *event) {
    size_t target_n = 0;
    const char *target = edoi_target_of(event->site->target, event->site->file, &target_n);
    if (event->time) {
        log_line_put_time(line, event->time);
        log_line_put(line, " ");
    }
    log_line_put(line, level_texts[event->site->level]);
    log_line_put(line, " ");
    log_line_put_escaped(line, target, target_n, EDOI_ESCAPE_TEXT, SHORT_MAX);
    log_line_put(line, ": ");
    put_message(line, event, EDOI_ESCAPE_TEXT);
    put_fields(line, event, false);
    line->limit = sizeof line->bytes;
    if (event->task) {
        log_line_put(line, " task=");
        put_quoted(line, event->task, strlen(event->task), EDOI_ESCAPE_QUOTED, SHORT_MAX);
    }
    if (line->is_cut) log_line_put(line, " ...");
}

static void log_line_put_member(edoi_log_line *line, const char *start, const char *s, size_t n,
                                size_t most) {
    log_line_put(line, start);
    put_quoted(line, s, n, EDOI_ESCAPE_JSON, most);
}

static void write_json(edoi_log_line *line, const edoi_event *event) {
    const edo_callsite *site = event->site;
    char number[32];
    size_t target_n = 0;
    const char *target = edoi_target_of(site->target, site->file, &target_n);
    log_line_put(line, "{");
    if (event->time) {
        log_line_put(line, "\"time\":\"");
        log_line_put_time(line, event->time);
        log_line_put(line, "\",");
    }
    log_line_put_member(line, "\"level\":", level_names[site->level],
                        strlen(level_names[site->level]), 8);
    log_line_put_member(line, ",\"target\":", target, target_n, SHORT_MAX);
    log_line_put_member(line, ",\"file\":", site->file, strlen(site->file), SHORT_MAX);
    snprintf(number, sizeof number, ",\"line\":%" PRIu32, site->line);
    log_line_put(line, number);
    if (event->task)
        log_line_put_member(line, ",\"task\":", event->task, strlen(event->task), SHORT_MAX);
    log_line_put(line, ",\"message\":\"");
    put_message(line, event, EDOI_ESCAPE_JSON);
    log_line_put(line, "\"");
    if (event->fields_n > 0) {
        log_line_put(line, ",\"fields\":{");
        put_fields(line, event, true);
        log_line_put(line, "}");
    }
    line->limit = sizeof line->bytes;
    if (line->is_cut) log_line_put(line, ",\"cut\":true");
    log_line_put(line, "}");
}

void edoi_log_line_write(edoi_log_line *line, const edoi_event *event, edo_log_format format) {
    line->n = 0;
    line->limit = sizeof line->bytes - TAIL;
    line->is_cut = line->is_full = false;
    if (format == EDO_LOG_JSON) {
        write_json(line, event);
    } else {
        write_text(line, event);
    }
    EDO_INV("line inv. 2", !memchr(line->bytes, '\n', line->n));
    log_line_put(line, "\n");
    EDO_ASSERT(!line->is_full); // inv. 1
}
