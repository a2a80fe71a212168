/* SPDX-License-Identifier: MIT */
/* web/router/pattern.c: see pattern.h. */
#include "web/router/pattern.h"
#include "base/text/ascii.h"

#include "web/request/spelling.h"

#include <errno.h>
#include <string.h>

/* The reading of one segment. */
typedef struct segment_reader {
    const char *at, *end;
    char *to;         /* where the text without its escapes is written */
    const char **why; /* the reason of a refusal */
} segment_reader;

static int segment_reader_refuse(segment_reader *r, const char *why) {
    *r->why = why;
    return -EINVAL;
}

static bool is_doubled(const segment_reader *r) {
    return r->end - r->at > 1 && r->at[0] == r->at[1];
}

/* Has the text a byte that no path has (RFC 3986 section 3.3)? It would never match. */
static bool has_foreign(edo_str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= ' ' || c >= 0x7f || strchr("#<>?", c)) return true;
    }
    return false;
}

/* Reads the text up to a capture, or to the segment's end. */
static int read_text(segment_reader *r, edo_str *out) {
    char *begin = r->to;
    for (; r->at < r->end; r->at++) {
        bool is_brace = *r->at == '{' || *r->at == '}';
        if (is_brace && !is_doubled(r)) break;
        if (is_brace) r->at++;
        *r->to++ = *r->at;
    }
    r->to = begin + edoi_path_respell(begin, (size_t)(r->to - begin));
    *out = (edo_str){ begin, (size_t)(r->to - begin) };
    if (has_foreign(*out))
        return segment_reader_refuse(
            r, "a character that no path has: a capture is {name}, a query no part of it, "
               "all else in percent encoding");
    return r->at < r->end && *r->at == '}' ? segment_reader_refuse(r, "a '}' without its '{'") : 0;
}

/* Is it a name of fields, with dots for structs within structs? Other frameworks allow more, such
 * as "{id:int}" or "{path...}", which would become a part of the name here. */
static bool pattern_is_name(edo_str s) {
    for (size_t i = 0; i < s.len; i++) {
        bool is_dot = s.ptr[i] == '.' && i > 0 && i + 1 < s.len;
        if (!edoi_is_alnum(s.ptr[i]) && !strchr("_-", s.ptr[i]) && !is_dot) return false;
    }
    return true;
}

/* Reads "{name}" or "{*name}". */
static int read_capture(segment_reader *r, edoi_segment *s) {
    const char *close = memchr(r->at, '}', (size_t)(r->end - r->at));
    if (!close) return segment_reader_refuse(r, "a '{' without its '}'");
    const char *begin = r->at + 1;
    s->kind = *begin == '*' ? EDOI_SEGMENT_REST : EDOI_SEGMENT_CAPTURE;
    begin += s->kind == EDOI_SEGMENT_REST;
    s->name = (edo_str){ begin, (size_t)(close - begin) };
    if (s->name.len == 0) return segment_reader_refuse(r, "a capture without a name");
    if (!pattern_is_name(s->name))
        return segment_reader_refuse(
            r, "the name of a capture has letters, digits, '_', '-' and '.', and no type "
               "or pattern behind it");
    r->at = close + 1;
    return 0;
}

static int read_segment(segment_reader *r, edoi_segment *s, bool is_last) {
    bool is_old = r->at < r->end && (*r->at == ':' || *r->at == '*');
    if (is_old)
        return segment_reader_refuse(r,
                                     "write a capture as {name}, the rest of the path as {*name}");
    int err = read_text(r, &s->text);
    if (err < 0 || r->at == r->end) return err;
    s->prefix = s->text;
    err = read_capture(r, s);
    if (err == 0) err = read_text(r, &s->suffix);
    if (err < 0) return err;
    if (r->at < r->end) return segment_reader_refuse(r, "two captures in one segment");
    if (s->kind != EDOI_SEGMENT_REST) return 0;
    if (!is_last) return segment_reader_refuse(r, "something behind {*rest}");
    return s->prefix.len + s->suffix.len > 0
               ? segment_reader_refuse(r, "{*rest} is not a segment of its own")
               : 0;
}

static int check_names(const edoi_pattern *p, segment_reader *r) {
    if (p->captures_n > EDOI_CAPTURES_MAX) return segment_reader_refuse(r, "more than 16 captures");
    for (uint32_t i = 0; i < p->captures_n; i++)
        for (uint32_t k = 0; k < i; k++)
            if (edo_str_equal(p->names[i], p->names[k]))
                return segment_reader_refuse(r, "two captures of one name");
    return 0;
}

static uint32_t pattern_count(edo_str s, char wanted) {
    uint32_t n = 0;
    for (size_t i = 0; i < s.len; i++) n += s.ptr[i] == wanted;
    return n;
}

static int pattern_read_all(edoi_pattern *p, segment_reader *r) {
    const char *end = r->end;
    for (uint32_t i = 0; i < p->n; i++) {
        r->at++; // the slash
        const char *slash = memchr(r->at, '/', (size_t)(end - r->at));
        r->end = slash ? slash : end;
        edoi_segment *s = &p->segments[i];
        *s = (edoi_segment){ .kind = EDOI_SEGMENT_STATIC };
        int err = read_segment(r, s, i + 1 == p->n);
        if (err < 0) return err;
        if (s->kind != EDOI_SEGMENT_STATIC) p->names[p->captures_n++] = s->name;
    }
    return check_names(p, r);
}

int edoi_pattern_parse(edoi_pattern *out, edo_arena *arena, edo_str path, const char **why) {
    segment_reader r = { .why = why };
    if (path.len == 0 || path.ptr[0] != '/')
        return segment_reader_refuse(&r, "it does not begin with '/'");
    uint32_t n = pattern_count(path, '/');
    if (n > EDOI_SEGMENTS_MAX) return segment_reader_refuse(&r, "more than 64 segments");
    const char *text = edo_arena_copy(arena, path.ptr, path.len);
    r.to = edo_arena_text(arena, path.len);
    edoi_segment *segments = edo_arena_alloc(arena, n * sizeof *segments);
    edo_str *names = edo_arena_alloc(arena, n * sizeof *names);
    if (!text || !r.to || !segments || !names) return -ENOMEM;
    r.at = text;
    r.end = text + path.len;
    *out =
        (edoi_pattern){ .text = { text, path.len }, .segments = segments, .names = names, .n = n };
    return pattern_read_all(out, &r);
}
