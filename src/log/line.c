/* SPDX-License-Identifier: MIT */
/* log/line.c: see line.h. */
#include "log/line.h"

#include "base/assert.h"
#include "log/span/text.h"

#include <string.h>

#define TAIL      352u /* kept free of fields: for task, brackets, mark and line end */
#define SHORT_MAX 250u /* escaped bytes of a target, file or task */

_Static_assert(6 * EDOI_MESSAGE_MAX > EDOI_LINE_BYTES_MAX / 2, "a message is bounded once more");
#define MESSAGE_ESCAPED_MAX (EDOI_LINE_BYTES_MAX / 2)

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

/* Writes fields while they fit; inv. 1. */
static void put_fields(edoi_log_line *line, const edoi_event *event, bool is_json) {
    for (size_t i = 0; i < event->fields_n; i++) {
        size_t before = line->n;
        edoi_line_put(line, !is_json ? " " : i > 0 ? "," : "");
        edoi_line_put_field(line, &event->fields[i], is_json);
        if (line->is_full) {
            line->n = before;
            line->is_full = false;
            line->is_cut = true;
            return;
        }
    }
}

/* ---- The forms ------------------------------------------------------------------------------- */

static void put_message(edoi_log_line *line, const edoi_event *event, edoi_escape form) {
    size_t n = edoi_line_clip(line, event->message, event->message_n, EDOI_MESSAGE_MAX);
    edoi_line_put_escaped(line, event->message, n, form, MESSAGE_ESCAPED_MAX);
    EDO_INV("line inv. 1", !line->is_full); // everything before the fields is bounded
}

/* Red, yellow, green, blue, magenta. */
static void put_level(edoi_log_line *line, edo_level level, edo_str text, bool has_colour) {
    static const char *const begins[] = { "",         "\x1b[31m", "\x1b[33m",
                                          "\x1b[32m", "\x1b[34m", "\x1b[35m" };
    if (has_colour) edoi_line_put(line, begins[level]);
    edoi_line_put_bytes(line, text.ptr, text.len);
    edoi_line_put(line, has_colour ? "\x1b[0m " : " ");
}

static void line_put_head(edoi_log_line *line, const edoi_event *event, bool has_colour) {
    if (event->time) {
        edoi_line_put_time(line, event->time);
        edoi_line_put(line, " ");
    }
    put_level(line, event->site->level, edo_str_of(level_texts[event->site->level]), has_colour);
}

static void line_put_short_head(edoi_log_line *line, const edoi_event *event, bool has_colour) {
    if (event->time) {
        edoi_line_put_clock(line, event->time);
        edoi_line_put(line, " ");
    }
    put_level(line, event->site->level, (edo_str){ &"OEWIDT"[event->site->level], 1 }, has_colour);
}

static void write_text(edoi_log_line *line, const edoi_event *event, const edoi_log_look *look) {
    size_t target_n = 0;
    const char *target = edoi_target_of(event->site->target, event->site->file, &target_n);
    bool is_compact = look->format == EDO_LOG_COMPACT;
    if (is_compact) line_put_short_head(line, event, look->has_colour);
    if (!is_compact) line_put_head(line, event, look->has_colour);
    edoi_line_put_escaped(line, target, target_n, EDOI_ESCAPE_TEXT, SHORT_MAX);
    edoi_line_put(line, ": ");
    put_message(line, event, EDOI_ESCAPE_TEXT);
    put_fields(line, event, false);
    edoi_line_put_spans(line, event->span, look->format);
    line->limit = sizeof line->bytes;
    if (event->task && !is_compact) {
        edoi_line_put(line, " task=");
        edoi_line_put_quoted(line, event->task, strlen(event->task), EDOI_ESCAPE_QUOTED, SHORT_MAX);
    }
    if (line->is_cut) edoi_line_put(line, " ...");
}

static void line_put_member(edoi_log_line *line, const char *start, const char *s, size_t n,
                            size_t most) {
    edoi_line_put(line, start);
    edoi_line_put_quoted(line, s, n, EDOI_ESCAPE_JSON, most);
}

static void write_json(edoi_log_line *line, const edoi_event *event) {
    const edo_callsite *site = event->site;
    size_t target_n = 0;
    const char *target = edoi_target_of(site->target, site->file, &target_n);
    edoi_line_put(line, "{");
    if (event->time) {
        edoi_line_put(line, "\"time\":\"");
        edoi_line_put_time(line, event->time);
        edoi_line_put(line, "\",");
    }
    edoi_line_put(line, "\"level\":\"");
    edoi_line_put(line, level_names[site->level]);
    line_put_member(line, "\",\"target\":", target, target_n, SHORT_MAX);
    line_put_member(line, ",\"file\":", site->file, strlen(site->file), SHORT_MAX);
    edoi_line_put(line, ",\"line\":");
    edoi_line_put_uint(line, site->line);
    if (event->task)
        line_put_member(line, ",\"task\":", event->task, strlen(event->task), SHORT_MAX);
    edoi_line_put(line, ",\"message\":\"");
    put_message(line, event, EDOI_ESCAPE_JSON);
    edoi_line_put(line, "\"");
    if (event->fields_n > 0 && !event->ended) {
        edoi_line_put(line, ",\"fields\":{");
        put_fields(line, event, true);
        edoi_line_put(line, "}");
    }
    if (event->ended) edoi_line_put_ended(line, event->ended);
    edoi_line_put_spans(line, event->span, EDO_LOG_JSON);
    line->limit = sizeof line->bytes;
    if (line->is_cut) edoi_line_put(line, ",\"cut\":true");
    edoi_line_put(line, "}");
}

void edoi_log_line_write(edoi_log_line *line, const edoi_event *event, const edoi_log_look *look) {
    line->n = 0;
    line->limit = sizeof line->bytes - TAIL;
    line->is_cut = line->is_full = false;
    if (look->format == EDO_LOG_JSON) {
        write_json(line, event);
    } else {
        write_text(line, event, look);
    }
    EDO_INV("line inv. 2", !memchr(line->bytes, '\n', line->n));
    edoi_line_put(line, "\n");
    EDO_ASSERT(!line->is_full); // inv. 1
}

void edoi_log_line_write_told(edoi_log_line *line, const edo_event *e) {
    static const edoi_log_look look = { .format = EDO_LOG_TEXT };
    const edoi_event event = { .site = e->site,
                               .task = e->task,
                               .span = e->span,
                               .ended = e->ended,
                               .message = e->message.ptr,
                               .message_n = e->message.len,
                               .fields = e->fields,
                               .fields_n = e->fields_n };
    edoi_log_line_write(line, &event, &look);
}
