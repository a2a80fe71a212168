/* SPDX-License-Identifier: MIT */
/* web/router/path.c: prints the path of a route with values for its captures. */
#include "web/request/web.h"

#include <edo/uri.h>
#include <edo/value.h>
#include <edo/web_routes.h>

#include <errno.h>
#include <string.h>

/* A path that is being printed. */
typedef struct path_printer {
    edo_buf *out;
    const void *value;
    const edo_desc *desc;
    const edoi_pattern *pattern;
    bool has_query; /* fields without a capture follow as the query */
    bool is_bad;    /* a field of a capture is not as described */
} path_printer;

static int route_path_refuse(edo_str name, const char *why) {
    return edo_fail(-EDO_EVALUE, "\"%.*s\" %s", (int)name.len, name.ptr, why);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Is the fault at `path`, such as "tags" or "tags[0]", about the field `name`? */
static bool is_about(edo_str name, const char *path) {
    if (strncmp(path, name.ptr, name.len) != 0) return false;
    return path[name.len] == 0 || path[name.len] == '[';
}

static void route_path_note_fault(void *arg, const char *path, const char *wants) {
    path_printer *p = arg;
    for (uint32_t i = 0; i < p->pattern->captures_n && !p->is_bad; i++) {
        if (!is_about(p->pattern->names[i], path)) continue;
        p->is_bad = true;
        (void)route_path_refuse(p->pattern->names[i], wants);
    }
}

/* Is it "nan" or "inf"? No number is read from these. */
static bool is_infinite(const edo_field *f, const edo_buf *text) {
    bool is_float = f->kind == EDO_VALUE_F32 || f->kind == EDO_VALUE_F64;
    return is_float && text->len > 0 && text->ptr[text->len - 1] > '9';
}

/* Appends the text of the field `name` to `text`, without encoding. */
static int path_printer_get_text(const path_printer *p, edo_str name, edo_buf *text) {
    size_t n = 0;
    const edo_field *f = p->desc ? edo_desc_find(p->desc, name) : NULL;
    if (!f || f->secret)
        return edo_fail(-EINVAL, "no field, or a secret, for {%.*s}", (int)name.len, name.ptr);
    const void *element = edo_field_elements(f, p->value, &n);
    if (n != 1) return route_path_refuse(name, "must be there, once");
    int err = edo_value_text(text, f, element);
    return err == 0 && is_infinite(f, text) ? route_path_refuse(name, "must be finite") : err;
}

/* Is the segment "." or ".."? Clients remove those from a path, however they are encoded (RFC 3986
 * section 5.2.4, and the URL Standard). */
static bool route_path_is_dots(edo_str s) {
    return (s.len == 1 || s.len == 2) && s.ptr[0] == '.' && s.ptr[s.len - 1] == '.';
}

static bool has_dots(edo_str path) {
    size_t begin = 0;
    for (size_t i = 0; i <= path.len; i++) {
        if (i < path.len && path.ptr[i] != '/') continue;
        if (route_path_is_dots((edo_str){ path.ptr + begin, i - begin })) return true;
        begin = i + 1;
    }
    return false;
}

/* ---- Segments -------------------------------------------------------------------------------- */

static int route_path_put(edo_buf *out, edo_str s) {
    return s.len > 0 ? edo_buf_append(out, s.ptr, s.len) : 0;
}

/* Appends the text, and encodes all but slashes. */
static int put_rest(edo_buf *out, edo_str rest) {
    size_t begin = 0;
    int err = 0;
    for (size_t i = 0; i <= rest.len && err == 0; i++) {
        if (i < rest.len && rest.ptr[i] != '/') continue;
        err = edo_uri_encode((edo_str){ rest.ptr + begin, i - begin }, out);
        if (err == 0 && i < rest.len) err = edo_buf_append(out, "/", 1);
        begin = i + 1;
    }
    return err;
}

static int path_printer_put_value(const path_printer *p, const edoi_segment *s, edo_str value) {
    bool is_rest = s->kind == EDOI_SEGMENT_REST;
    if (value.len == 0) return route_path_refuse(s->name, "must not be empty");
    if (!edo_str_is_utf8(value)) return route_path_refuse(s->name, "must be UTF-8");
    if (is_rest && value.ptr[0] == '/')
        return route_path_refuse(s->name, "must not begin with a slash");
    return is_rest ? put_rest(p->out, value) : edo_uri_encode(value, p->out);
}

static int put_capture(const path_printer *p, const edoi_segment *s) {
    edo_buf text = { 0 };
    size_t begin = p->out->len;
    int err = path_printer_get_text(p, s->name, &text);
    if (err == 0) err = route_path_put(p->out, s->prefix);
    if (err == 0) err = path_printer_put_value(p, s, (edo_str){ text.ptr, text.len });
    if (err == 0) err = route_path_put(p->out, s->suffix);
    edo_buf_deinit(&text);
    if (err == 0 && has_dots((edo_str){ p->out->ptr + begin, p->out->len - begin }))
        err = route_path_refuse(s->name, "must not make a segment \".\" or \"..\"");
    return err;
}

static int put_segment(const path_printer *p, const edoi_segment *s) {
    int err = edo_buf_append(p->out, "/", 1);
    if (err < 0) return err;
    return s->kind == EDOI_SEGMENT_STATIC ? route_path_put(p->out, s->text) : put_capture(p, s);
}

static int path_printer_put_all(path_printer *p) {
    if (p->desc && edo_value_check(p->value, p->desc, route_path_note_fault, p) < 0 && p->is_bad)
        return -EDO_EVALUE;
    size_t before = p->out->len;
    int err = 0;
    for (uint32_t i = 0; i < p->pattern->n && err == 0; i++)
        err = put_segment(p, &p->pattern->segments[i]);
    if (err == 0 && p->has_query && p->desc)
        err = edoi_web_print_query(p->out, p->pattern, p->value, p->desc);
    if (err < 0) p->out->len = before;
    return err;
}

static int route_path_print(edo_buf *out, const char *path, const void *value, const edo_desc *desc,
                            bool has_query) {
    edo_arena arena = { 0 };
    edoi_pattern pattern;
    const char *why = "no memory";
    int err = edoi_pattern_parse(&pattern, &arena, edo_str_of(path), &why);
    path_printer p = {
        .out = out, .value = value, .desc = desc, .pattern = &pattern, .has_query = has_query
    };
    err = err < 0 ? edo_fail(err, "the path %s: %s", path, why) : path_printer_put_all(&p);
    edo_arena_deinit(&arena);
    return err;
}

int edo_web_print_path(edo_buf *out, const char *path, const void *value, const edo_desc *desc) {
    return route_path_print(out, path, value, desc, false);
}

int edo_web_print_link(edo_buf *out, const char *path, const void *value, const edo_desc *desc) {
    return route_path_print(out, path, value, desc, true);
}
