/* SPDX-License-Identifier: MIT */
/* grpc/transcode/template.c: see template.h. */
#include "grpc/transcode/template.h"
#include "base/text/hex.h"

#include <edo/uri.h>

#include <errno.h>
#include <string.h>

/* ---- Reading a template ---------------------------------------------------------------------- */

typedef struct template_reader {
    edoi_template *t;
    const char *at, *end;
    const char **why; /* the reason of a refusal */
} template_reader;

static int template_refuse(const template_reader *r, const char *why) {
    *r->why = why;
    return -EINVAL;
}

static bool template_takes(template_reader *r, char c) {
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* May the character stand in a literal as it is? */
static bool template_is_plain(char c) {
    return edoi_is_alnum(c) || (c != '\0' && strchr("-_.~!$&'()+,;@", c));
}

static edo_str template_literal(template_reader *r) {
    const char *begin = r->at;
    while (r->at < r->end && template_is_plain(*r->at)) r->at++;
    return (edo_str){ begin, (size_t)(r->at - begin) };
}

/* "book.author_name" */
static edo_str template_field(template_reader *r) {
    const char *begin = r->at;
    while (r->at < r->end &&
           (edoi_is_alnum(*r->at) || *r->at == '_' || (*r->at == '.' && r->at > begin)))
        r->at++;
    return (edo_str){ begin, (size_t)(r->at - begin) };
}

static int template_read_segment(template_reader *r) {
    edoi_template *t = r->t;
    if (t->n == EDOI_TEMPLATE_SEGMENTS_MAX) return template_refuse(r, "more than 32 segments");
    if (t->n > 0 && t->segments[t->n - 1].kind == EDOI_TEMPLATE_REST)
        return template_refuse(r, "something behind '**'");
    edoi_template_segment *s = &t->segments[t->n++];
    s->text = EDO_STR("");
    if (template_takes(r, '*')) {
        s->kind = template_takes(r, '*') ? EDOI_TEMPLATE_REST : EDOI_TEMPLATE_ONE;
        return 0;
    }
    s->kind = EDOI_TEMPLATE_TEXT;
    s->text = template_literal(r);
    return s->text.len > 0 ? 0 : template_refuse(r, "a segment that is none");
}

/* What stands behind the '=' of a variable; without one it is a '*'. */
static int template_read_inner(template_reader *r) {
    static const char one[] = "*";
    template_reader inner = { r->t, one, one + 1, r->why };
    if (!template_takes(r, '=')) return template_read_segment(&inner);
    int err;
    do err = template_read_segment(r);
    while (err == 0 && template_takes(r, '/'));
    return err;
}

static int template_read_variable(template_reader *r) {
    edoi_template *t = r->t;
    if (t->variables_n == EDOI_TEMPLATE_VARIABLES_MAX)
        return template_refuse(r, "more than 8 variables");
    edoi_template_variable *v = &t->variables[t->variables_n++];
    v->first = t->n;
    v->field = template_field(r);
    if (v->field.len == 0) return template_refuse(r, "a variable without the name of a field");
    int err = template_read_inner(r);
    if (err < 0) return err;
    v->n = t->n - v->first;
    v->is_long = v->n > 1 || t->segments[v->first].kind == EDOI_TEMPLATE_REST;
    return template_takes(r, '}') ? 0 : template_refuse(r, "a '{' without its '}'");
}

int edoi_template_parse(edoi_template *out, edo_str text, const char **why) {
    template_reader r = { out, text.ptr, text.ptr + text.len, why };
    int err = 0;
    out->n = out->variables_n = 0;
    out->verb = EDO_STR("");
    if (text.len == 0 || *text.ptr != '/') return template_refuse(&r, "it does not begin with '/'");
    while (err == 0 && template_takes(&r, '/'))
        err = template_takes(&r, '{') ? template_read_variable(&r) : template_read_segment(&r);
    if (err < 0) return err;
    if (template_takes(&r, ':')) {
        out->verb = template_literal(&r);
        if (out->verb.len == 0) return template_refuse(&r, "a ':' without its verb");
    }
    return r.at == r.end ? 0 : template_refuse(&r, "a character that no path has here");
}

int edoi_template_route(const edoi_template *t, edo_buf *out) {
    bool has_rest = false;
    unsigned captures = 0;
    int err = 0;
    for (uint32_t i = 0; i < t->n && err == 0; i++) {
        const edoi_template_segment *s = &t->segments[i];
        has_rest = s->kind == EDOI_TEMPLATE_REST;
        err = s->kind == EDOI_TEMPLATE_TEXT
                  ? edo_buf_printf(out, "/%.*s", (int)s->text.len, s->text.ptr)
                  : edo_buf_printf(out, has_rest ? "/{*v%u}" : "/{v%u}", captures++);
    }
    if (err == 0 && t->verb.len > 0 && !has_rest)
        err = edo_buf_printf(out, ":%.*s", (int)t->verb.len, t->verb.ptr);
    return err;
}

/* ---- Matching -------------------------------------------------------------------------------- */

/* Is the segment that text? Its characters may be in percent encoding. */
static bool template_is(edo_str segment, edo_str text) {
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (at == segment.len) return false;
        if (segment.ptr[at] != '%') {
            if (segment.ptr[at++] != text.ptr[i]) return false;
            continue;
        }
        const int byte = edoi_percent_byte((edo_str){ segment.ptr + at, segment.len - at });
        if (byte < 0 || (char)byte != text.ptr[i]) return false;
        at += 3;
    }
    return at == segment.len;
}

/* Takes the verb off the end of a path. Returns whether it was there. */
static bool template_take_verb(edo_str verb, edo_str *path) {
    if (verb.len == 0) return true;
    if (path->len <= verb.len) return false;
    const size_t at = path->len - verb.len;
    if (path->ptr[at - 1] != ':' || memcmp(path->ptr + at, verb.ptr, verb.len) != 0) return false;
    path->len = at - 1;
    return true;
}

/* Takes a slash and what this segment stands for off a path. */
static bool template_take(const edoi_template_segment *s, edo_str *path, edo_str *out) {
    if (path->len == 0 || path->ptr[0] != '/') return false;
    const char *begin = path->ptr + 1, *end = path->ptr + path->len;
    const char *slash = (const char *)memchr(begin, '/', (size_t)(end - begin));
    if (slash && s->kind != EDOI_TEMPLATE_REST) end = slash;
    *out = (edo_str){ begin, (size_t)(end - begin) };
    *path = (edo_str){ end, path->len - (size_t)(end - path->ptr) };
    return s->kind == EDOI_TEMPLATE_TEXT ? template_is(*out, s->text) : out->len > 0;
}

bool edoi_template_match(const edoi_template *t, edo_str path,
                         edo_str values[EDOI_TEMPLATE_VARIABLES_MAX]) {
    edo_str found[EDOI_TEMPLATE_SEGMENTS_MAX];
    if (!template_take_verb(t->verb, &path)) return false;
    for (uint32_t i = 0; i < t->n; i++)
        if (!template_take(&t->segments[i], &path, &found[i])) return false;
    for (uint32_t i = 0; i < t->variables_n; i++) {
        const edoi_template_variable *v = &t->variables[i];
        const edo_str first = found[v->first], last = found[v->first + v->n - 1];
        values[i] = (edo_str){ first.ptr, (size_t)(last.ptr + last.len - first.ptr) };
    }
    return path.len == 0;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* How many bytes there are before "%2F", which no slash between segments is. */
static size_t template_before_slash(edo_str value) {
    for (size_t i = 0; i + 2 < value.len; i++)
        if (value.ptr[i] == '%' && value.ptr[i + 1] == '2' && (value.ptr[i + 2] | 0x20) == 'f')
            return i;
    return value.len;
}

int edoi_template_decode(edo_buf *out, edo_str value, bool is_long) {
    const size_t before = out->len;
    int err = 0;
    while (err == 0 && value.len > 0) {
        const size_t n = is_long ? template_before_slash(value) : value.len;
        err = edo_uri_decode((edo_str){ value.ptr, n }, out);
        value = (edo_str){ value.ptr + n, value.len - n };
        if (err < 0 || value.len == 0) break;
        err = edo_buf_append(out, value.ptr, 3);
        value = (edo_str){ value.ptr + 3, value.len - 3 };
    }
    if (err < 0) out->len = before;
    return err;
}
