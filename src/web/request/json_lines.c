/* SPDX-License-Identifier: MIT */
/* web/request/json_lines.c: see edo/web_lines.h. */
#include "base/opts.h"
#include "web/request/web.h"

#include <edo/web_lines.h>

#include <errno.h>

#define LINE_MOST (1u << 30)

int edo_web_lines_init(edo_web_lines *self, edo_web *w, const edo_web_lines_opts *opts) {
    static const char *const types[] = { "application/x-ndjson", "application/ndjson",
                                         "application/jsonl", "application/x-jsonlines",
                                         "application/jsonlines" };
    const edo_web_lines_opts o = opts ? *opts : (edo_web_lines_opts){ 0 };
    *self = (edo_web_lines){ .w = w };
    if (!edoi_all_zero(o.reserved, EDO_COUNT(o.reserved))) return -EINVAL;
    if (o.line_max > LINE_MOST) return -EINVAL;
    bool is_right = o.any_type;
    for (size_t i = 0; i < EDO_COUNT(types); i++)
        is_right = is_right || edoi_web_is_of_type(w, types[i]);
    if (!is_right)
        return edoi_web_refuse(w, -EINVAL, EDO_STATUS_UNSUPPORTED_MEDIA_TYPE,
                               "the content type is not application/x-ndjson");
    const edo_buf_reader_opts in = { .line_max = o.line_max ? o.line_max : EDO_WEB_LINE_MAX };
    return edo_buf_reader_init(&self->in, edo_web_body_stream(w), &in);
}

/* Frees the last value. */
static void lines_forget(edo_web_lines *self) {
    edo_json_value_free(self->value);
    self->value = NULL;
    edo_arena_reset(&self->arena);
}

void edo_web_lines_deinit(edo_web_lines *self) {
    lines_forget(self);
    edo_arena_deinit(&self->arena);
    edo_buf_reader_deinit(&self->in);
    self->in = (edo_buf_reader){ 0 };
}

static bool json_lines_is_blank(edo_str line) {
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r') return false;
    return true;
}

EDOI_NOINLINE static int refuse_long(edo_web_lines *self) {
    char text[64];
    (void)snprintf(text, sizeof text, "line %llu is too long", (unsigned long long)self->line + 1);
    return edoi_web_refuse(self->w, -EMSGSIZE, EDO_STATUS_CONTENT_TOO_LARGE, text);
}

/* Reads the next line that is not empty. Returns 1, or 0 at the end. */
static int lines_next_line(edo_web_lines *self, edo_str *line) {
    char *text;
    lines_forget(self);
    do {
        int n = edo_read_line(&self->in, &text);
        if (n == -EDO_EEOF && self->in.at_end) return 0; // otherwise the client has left
        if (n == -EDO_ETOOLONG) return refuse_long(self);
        if (n < 0) return edoi_web_refuse_body(self->w, n);
        self->line++;
        *line = (edo_str){ text, (size_t)n };
    } while (json_lines_is_blank(*line));
    return 1;
}

/* Refuses a line, and replaces the number of its only line by that within the body. */
EDOI_NOINLINE static int refuse_line(const edo_web_lines *self, int err, const edo_json_error *why,
                                     const edo_faults *faults) {
    bool is_json = faults->n > 0 || faults->is_cut; // otherwise no field is at fault
    edo_trail_clear();
    (void)edo_fail(err, "line %llu, column %llu: %s", (unsigned long long)self->line,
                   (unsigned long long)why->column, why->text);
    return edoi_web_refuse_fields(
        self->w, err, is_json ? EDO_STATUS_UNPROCESSABLE_CONTENT : EDO_STATUS_BAD_REQUEST, faults);
}

int edo_web_lines_next(edo_web_lines *self, void *out, const edo_desc *desc) {
    edo_str line = { 0 };
    edo_json_error why = { 0 };
    int n = lines_next_line(self, &line);
    if (n <= 0) return n;
    edo_faults faults = { .arena = self->w->req->arena };
    const edo_json_opts opts = { .arena = &self->arena,
                                 .borrows = true,
                                 .refuses_unknown = self->w->to.settings->refuses_unknown,
                                 .faults = &faults,
                                 .error = &why };
    size_t before = edoi_web_decode_begin(self->w, &self->arena);
    int err = edoi_web_decode_end(self->w, &self->arena, before,
                                  edo_json_decode_with(out, desc, line, &opts));
    if (err == -EDO_EVALUE || err == -EDO_EJSON) return refuse_line(self, err, &why, &faults);
    return err < 0 ? err : 1;
}

int edo_web_lines_next_value(edo_web_lines *self, const edo_json_value **out) {
    edo_str line = { 0 };
    edo_json_error why = { 0 };
    int n = lines_next_line(self, &line);
    if (n <= 0) return n;
    int err = edo_json_value_parse(&self->value, line, &(edo_json_opts){ .error = &why });
    if (err == -EDO_EJSON) return refuse_line(self, err, &why, &(edo_faults){ 0 });
    if (err == 0) *out = self->value;
    return err < 0 ? err : 1;
}
