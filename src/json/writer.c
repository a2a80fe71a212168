/* SPDX-License-Identifier: MIT */
/* json/writer.c: appends a value to a buffer, piece by piece, and refuses what would be no JSON.
 *
 * inv. 1: a call that fails has appended nothing. */
#include "base/assert.h"
#include "base/opts.h"
#include "json/text/scan.h"
#include "json/text/spread.h"
#include "json/value.h"

#include <string.h>

#define INDENT_MAX 16u

int edo_json_writer_init(edo_json_writer *self, edo_buf *out, const edo_json_writer_opts *opts) {
    static const edo_json_writer_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    *self = (edo_json_writer){ .out = out, .indent = opts->indent };
    bool ok =
        opts->indent <= INDENT_MAX && edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved));
    return ok ? 0 : -EINVAL;
}

/* ---- Before a piece -------------------------------------------------------------------------- */

static bool in_object(const edo_json_writer *w) {
    return edoi_json_in_object(w->levels, w->depth);
}

static void writer_put_line(edo_json_writer *w, uint32_t depth) {
    edo_buf *out = w->out;
    out->ptr[out->len++] = '\n';
    memset(out->ptr + out->len, ' ', (size_t)w->indent * depth);
    out->len += (size_t)w->indent * depth;
}

/* Makes room for what stands before an item, and `n` bytes. */
static int writer_reserve(edo_json_writer *w, size_t n) {
    return edo_buf_reserve(w->out, n + 2 + (size_t)w->indent * w->depth);
}

/* Puts the comma, or the line, before an item; there is room. */
static void writer_put_before(edo_json_writer *w) {
    if (w->has_name) return;
    if (w->has_items) w->out->ptr[w->out->len++] = ',';
    if (w->indent > 0 && w->depth > 0) writer_put_line(w, w->depth);
}

/* May a value stand here? */
static int check_value(const edo_json_writer *w) {
    bool wrong = w->is_over || (in_object(w) && !w->has_name);
    return EDO_MISUSE(wrong, "a JSON value cannot stand here") ? -EDO_EMISUSE : 0;
}

static void put_done(edo_json_writer *w) {
    w->has_items = true;
    w->has_name = false;
    w->is_over = w->depth == 0;
}

/* Appends a value that is already text. */
static int writer_put_text(edo_json_writer *w, const char *text, size_t n) {
    int err = check_value(w);
    if (err == 0) err = writer_reserve(w, n);
    if (err < 0) return err;
    writer_put_before(w);
    memcpy(w->out->ptr + w->out->len, text, n);
    w->out->len += n;
    EDO_ASSERT(w->out->len <= w->out->cap);
    put_done(w);
    return 0;
}

static int put_string(edo_json_writer *w, edo_str text) {
    size_t before = w->out->len;
    int err = writer_reserve(w, 0);
    if (err < 0) return err;
    writer_put_before(w);
    err = edoi_json_put_string(w->out, text);
    if (err < 0) w->out->len = before;
    return err;
}

/* ---- Pieces ---------------------------------------------------------------------------------- */

int edo_json_writer_string(edo_json_writer *self, edo_str text) {
    size_t before = self->out->len;
    int err = check_value(self);
    if (err == 0) err = put_string(self, text);
    if (err == 0) put_done(self);
    EDO_INV("writer inv. 1", err == 0 || self->out->len == before);
    return err;
}

int edo_json_writer_name(edo_json_writer *self, edo_str name) {
    if (EDO_MISUSE(!in_object(self) || self->has_name, "a JSON name cannot stand here"))
        return -EDO_EMISUSE;
    size_t before = self->out->len;
    int err = put_string(self, name);
    if (err == 0 && (err = edo_buf_append(self->out, ": ", self->indent > 0 ? 2 : 1)) < 0)
        self->out->len = before;
    EDO_INV("writer inv. 1", err == 0 || self->out->len == before);
    if (err < 0) return err;
    self->has_name = true;
    return 0;
}

int edo_json_writer_int(edo_json_writer *self, int64_t i) {
    char text[EDOI_JSON_NUMBER_MAX];
    return writer_put_text(self, text, (size_t)(edoi_json_print_int(text, i) - text));
}

int edo_json_writer_uint(edo_json_writer *self, uint64_t u) {
    char text[EDOI_JSON_NUMBER_MAX];
    return writer_put_text(self, text, (size_t)(edoi_json_print_uint(text, u) - text));
}

int edo_json_writer_double(edo_json_writer *self, double d) {
    char text[EDOI_JSON_NUMBER_MAX];
    if (d - d != 0) return edo_fail(-EDO_EJSON, "a number is infinite or not a number");
    return writer_put_text(self, text, (size_t)(edoi_json_print_double(text, d) - text));
}

int edo_json_writer_bool(edo_json_writer *self, bool is_true) {
    return writer_put_text(self, is_true ? "true" : "false", is_true ? 4 : 5);
}

int edo_json_writer_null(edo_json_writer *self) {
    return writer_put_text(self, "null", 4);
}

/* Appends the value at `value`, on as many lines as it has parts. */
static int encode_spread(edo_json_writer *w, const void *value, const edo_desc *desc) {
    edo_buf compact = { 0 };
    int err = edo_json_encode(&compact, value, desc);
    if (err == 0)
        err = edoi_json_spread(w->out, (edo_str){ compact.ptr, compact.len }, w->indent, w->depth);
    edo_buf_deinit(&compact);
    return err;
}

int edo_json_writer_described(edo_json_writer *self, const void *value, const edo_desc *desc) {
    size_t before = self->out->len;
    int err = check_value(self);
    if (err == 0) err = writer_reserve(self, 0);
    if (err < 0) return err;
    writer_put_before(self);
    err = self->indent > 0 ? encode_spread(self, value, desc)
                           : edo_json_encode(self->out, value, desc);
    if (err == 0) put_done(self);
    if (err < 0) self->out->len = before;
    return err;
}

int edo_json_print(edo_buf *out, const void *value, const edo_desc *desc,
                   const edo_json_writer_opts *opts) {
    edo_json_writer w;
    int err = edo_json_writer_init(&w, out, opts);
    return err < 0 ? err : edo_json_writer_described(&w, value, desc);
}

static int writer_begin(edo_json_writer *self, bool is_object) {
    if (self->depth == EDO_JSON_DEPTH_MAX) return -EDO_ETOOLONG;
    int err = writer_put_text(self, is_object ? "{" : "[", 1);
    if (err < 0) return err;
    edoi_json_enter(self->levels, self->depth++, is_object);
    self->has_items = self->is_over = false;
    return 0;
}

static int writer_end(edo_json_writer *self, bool is_object) {
    bool wrong = self->depth == 0 || in_object(self) != is_object || self->has_name;
    if (EDO_MISUSE(wrong, "this end of JSON cannot stand here")) return -EDO_EMISUSE;
    int err = writer_reserve(self, 1);
    if (err < 0) return err;
    self->depth--;
    if (self->indent > 0 && self->has_items) writer_put_line(self, self->depth);
    self->out->ptr[self->out->len++] = is_object ? '}' : ']';
    EDO_ASSERT(self->out->len <= self->out->cap);
    put_done(self);
    return 0;
}

int edo_json_writer_begin_array(edo_json_writer *self) {
    return writer_begin(self, false);
}

int edo_json_writer_end_array(edo_json_writer *self) {
    return writer_end(self, false);
}

int edo_json_writer_begin_object(edo_json_writer *self) {
    return writer_begin(self, true);
}

int edo_json_writer_end_object(edo_json_writer *self) {
    return writer_end(self, true);
}

/* ---- Trees ----------------------------------------------------------------------------------- */

static int put_scalar(edo_json_writer *w, const edo_json_value *v) {
    switch (edo_json_value_kind(v)) {
    case EDO_JSON_BOOL: return edo_json_writer_bool(w, v->is_true);
    case EDO_JSON_INT: return edo_json_writer_int(w, v->i);
    case EDO_JSON_UINT: return edo_json_writer_uint(w, v->u);
    case EDO_JSON_DOUBLE: return edo_json_writer_double(w, v->d);
    case EDO_JSON_NUMBER: return writer_put_text(w, v->text, v->len);
    case EDO_JSON_STRING: return edo_json_writer_string(w, edo_json_value_text(v));
    case EDO_JSON_NULL:
    case EDO_JSON_ARRAY:
    case EDO_JSON_OBJECT:
    case EDO_JSON_ARRAY_END:
    case EDO_JSON_OBJECT_END:
    case EDO_JSON_NAME: break;
    }
    return edo_json_writer_null(w);
}

/* Writes the beginning of a value: all of it, unless it has parts. */
static int put_begin(edo_json_writer *w, const edo_json_value *v) {
    edo_json_kind kind = edo_json_value_kind(v);
    if (kind == EDO_JSON_OBJECT || kind == EDO_JSON_ARRAY)
        return writer_begin(w, kind == EDO_JSON_OBJECT);
    return put_scalar(w, v);
}

/* Writes a value that lies in a container, with its name in an object. */
static int writer_put_item(edo_json_writer *w, const edo_json_value *v) {
    int err = in_object(w) ? edo_json_writer_name(w, edo_json_value_name(v)) : 0;
    return err < 0 ? err : put_begin(w, v);
}

int edo_json_writer_value(edo_json_writer *self, const edo_json_value *v) {
    const edo_json_value *at = v, *open = NULL; // `open`: the container whose items are written
    int err = v ? put_begin(self, v) : edo_json_writer_null(self);
    for (bool is_up = false; err == 0;) {
        edo_json_kind kind = edo_json_value_kind(at);
        bool has_parts = kind == EDO_JSON_OBJECT || kind == EDO_JSON_ARRAY;
        const edo_json_value *item = has_parts && !is_up ? edo_json_value_first(at) : NULL;
        if (has_parts && !item) err = writer_end(self, kind == EDO_JSON_OBJECT);
        if (err < 0 || (at == v && !item)) return err;
        if (item) {
            open = at;
            at = item;
        } else if ((item = edo_json_value_next(at))) {
            at = item;
        } else {
            at = open;
            open = at == v ? NULL : at - at->len;
            is_up = true;
            continue;
        }
        is_up = false;
        err = writer_put_item(self, at);
    }
    return err;
}
