/* SPDX-License-Identifier: MIT */
/* log/span/text.c: see text.h. */
#include "log/span/text.h"

#include "base/text/hex.h"

#include <edo/error.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_ESCAPED 120u

/* ---- Which ----------------------------------------------------------------------------------- */

/* The spans of this program around `s`, and `s`, the innermost first; `*is_all`: there are no
 * others. */
static size_t chain_of(const edo_span *s, const edo_span *chain[EDOI_SPAN_DEPTH_MAX],
                       bool *is_all) {
    size_t n = 0;
    for (; s && s->site && n < EDOI_SPAN_DEPTH_MAX; s = s->parent) chain[n++] = s;
    *is_all = !s || (!s->site && !s->is_far);
    return n;
}

/* ---- One ------------------------------------------------------------------------------------- */

bool edoi_span_field_is_shown(const edo_kv *kv) {
    return strncmp(kv->key, "otel.", 5) != 0;
}

/* Writes all fields between `begin` and "}", the newest last; without fields nothing. */
static void put_fields_of(edoi_log_line *line, const edo_span *s, const char *begin, bool is_json) {
    const char *before = begin;
    for (const edoi_span_fields *f = s->first; f; f = edoi_span_fields_next(f)) {
        for (uint32_t i = 0; i < f->n; i++) {
            if (!edoi_span_field_is_shown(&f->kv[i])) continue;
            edoi_line_put(line, before);
            edoi_line_put_field(line, &f->kv[i], is_json);
            before = is_json ? "," : " ";
        }
    }
    if (before != begin) edoi_line_put(line, "}");
}

static void span_put_text(edoi_log_line *line, const edo_span *s, bool has_fields) {
    edoi_line_put_escaped(line, s->name, strlen(s->name), EDOI_ESCAPE_TEXT, NAME_MAX_ESCAPED);
    if (has_fields) put_fields_of(line, s, "{", false);
}

static void span_put_name(edoi_log_line *line, const edo_span *s) {
    edoi_line_put(line, "{\"name\":");
    edoi_line_put_quoted(line, s->name, strlen(s->name), EDOI_ESCAPE_JSON, NAME_MAX_ESCAPED);
}

static void span_put_json(edoi_log_line *line, const edo_span *s, bool has_fields) {
    span_put_name(line, s);
    if (has_fields) put_fields_of(line, s, ",\"fields\":{", true);
    edoi_line_put(line, "}");
}

/* ---- All ------------------------------------------------------------------------------------- */

static void span_put_hex(edoi_log_line *line, const char *key, const unsigned char *bytes,
                         size_t n) {
    char text[2 * 16];
    edoi_hex_print(text, bytes, n);
    edoi_line_put(line, ",\"");
    edoi_line_put(line, key);
    edoi_line_put(line, "\":\"");
    edoi_line_put_bytes(line, text, 2 * n);
    edoi_line_put(line, "\"");
}

static void span_put_ids(edoi_log_line *line, const edo_span *s) {
    span_put_hex(line, "trace_id", s->self.trace, sizeof s->self.trace);
    span_put_hex(line, "span_id", s->self.id, sizeof s->self.id);
}

/* The innermost `full_n` with their fields. */
static void span_put_all(edoi_log_line *line, const edo_span *s, edo_log_format format,
                         size_t full_n) {
    const edo_span *chain[EDOI_SPAN_DEPTH_MAX];
    bool is_json = format == EDO_LOG_JSON, is_all;
    size_t n = chain_of(s, chain, &is_all);
    if (!is_all) line->is_cut = true;
    edoi_line_put(line, is_json ? ",\"spans\":[" : " span=");
    for (size_t i = n; i-- > 0;) {
        if (is_json) span_put_json(line, chain[i], i < full_n);
        if (!is_json) span_put_text(line, chain[i], i < full_n && format == EDO_LOG_TEXT);
        if (i > 0) edoi_line_put(line, is_json ? "," : ":");
    }
    if (is_json) edoi_line_put(line, "]");
}

/* Takes back what was begun at `before` if it does not fit; true: it did. */
static bool keep_whole(edoi_log_line *line, size_t before) {
    if (!line->is_full) return true;
    line->n = before;
    line->is_full = false;
    line->is_cut = true;
    return false;
}

void edoi_line_put_spans(edoi_log_line *line, const edo_span *s, edo_log_format format) {
    size_t before = line->n;
    if (!s || !s->site) return;
    if (format == EDO_LOG_JSON) span_put_ids(line, s);
    (void)keep_whole(line, before);
    before = line->n; // the numbers stay where the spans have no room
    // if all fields do not fit, the outer spans' fields are left out first, and span names last
    for (size_t full_n = EDOI_SPAN_DEPTH_MAX;; full_n /= 2) {
        span_put_all(line, s, format, full_n);
        if (keep_whole(line, before) || full_n == 0) return;
    }
}

/* ---- An end ---------------------------------------------------------------------------------- */

void edoi_line_put_ended(edoi_log_line *line, const edo_span *s) {
    char text[64];
    size_t before = line->n;
    edoi_line_put(line, ",\"ended\":");
    span_put_name(line, s);
    span_put_hex(line, "id", s->self.id, sizeof s->self.id);
    if (s->parent) span_put_hex(line, "parent", s->parent->self.id, sizeof s->parent->self.id);
    edoi_line_put(line, ",\"began\":\"");
    edoi_line_put_time(line, &s->began);
    (void)snprintf(text, sizeof text, "\",\"took_us\":%" PRIu64, edoi_span_took_ns(s) / 1000);
    edoi_line_put(line, text);
    if (s->result < 0) {
        edoi_line_put(line, ",\"error\":\"");
        edoi_line_put(line, edo_error_name(s->result));
        edoi_line_put(line, "\"");
    }
    edoi_line_put(line, "}");
    (void)keep_whole(line, before);
}
