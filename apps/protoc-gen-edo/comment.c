/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/comment.c: see comment.h. */
#include "comment.h"

#include <edo/str.h>

static bool place_is(const google_protobuf_source_code_info_location *l, const gen_place *p) {
    return l->path_n == p->n &&
           (p->n == 0 || memcmp(l->path, p->path, p->n * sizeof *p->path) == 0);
}

/* NULL: protoc does not say. */
static const google_protobuf_source_code_info_location *place_find(const file_proto *f,
                                                                   const gen_place *place) {
    for (size_t i = 0; f->source_code_info && i < f->source_code_info->location_n; i++)
        if (place_is(&f->source_code_info->location[i], place))
            return &f->source_code_info->location[i];
    return NULL;
}

static edo_str without_blank_end(edo_str text) {
    const edo_str inner = edo_str_trim(text);
    return (edo_str){ text.ptr, inner.len > 0 ? (size_t)(inner.ptr - text.ptr) + inner.len : 0 };
}

/* Without the blank lines around it: authors begin comments with one. */
static edo_str without_blank_lines(edo_str text) {
    text = without_blank_end(text);
    for (edo_str rest = text; rest.len > 0 && edo_str_trim(edo_str_cut(&rest, '\n')).len == 0;)
        text = rest;
    return text;
}

static edo_str comment_text(const file_proto *f, const gen_place *place) {
    const google_protobuf_source_code_info_location *l = place_find(f, place);
    if (!l) return EDO_STR("");
    const edo_str leading = without_blank_lines(l->leading_comments);
    return leading.len > 0 ? leading : without_blank_lines(l->trailing_comments);
}

int gen_line_of(const file_proto *f, const gen_place *place) {
    const google_protobuf_source_code_info_location *l = place_find(f, place);
    return l && l->span_n > 0 ? l->span[0] + 1 : 0;
}

/* Must a blank stand before the byte at `i`? "*" and "/" would end the comment, or begin another
 * one; the trigraph of a backslash at its end would join the line with the next one. */
static bool line_is_split_at(edo_str line, size_t i) {
    const char c = line.ptr[i], before = i > 0 ? line.ptr[i - 1] : ' ';
    if (c == '/' && before == '?') return i > 1 && line.ptr[i - 2] == '?';
    return (c == '/' && before == '*') || (c == '*' && before == '/');
}

/* Without what would end the comment. */
static void put_line(gen *g, edo_str line) {
    for (size_t i = 0; i < line.len; i++)
        gen_put(g, line_is_split_at(line, i) ? " %c" : "%c", line.ptr[i]);
}

/* Each line that is not the first begins with a star, a blank one is that alone. */
void gen_put_comment(gen *g, const file_proto *f, const gen_place *place, const char *indent,
                     edo_str title) {
    edo_str text = g->has_no_comments ? EDO_STR("") : comment_text(f, place);
    const char *begin = "/*";
    if (title.len > 0) {
        gen_put(g, "%s%s %.*s%s", indent, begin, GEN_STR(title), text.len > 0 ? ":\n" : "");
        begin = " *";
    } else if (text.len == 0) {
        return;
    }
    while (text.len > 0) {
        edo_str line = without_blank_end(edo_str_cut(&text, '\n'));
        (void)edo_str_skip(&line, EDO_STR(" "));
        gen_put(g, "%s%s%s", indent, begin, line.len > 0 ? " " : "");
        put_line(g, line);
        begin = " *";
        if (text.len > 0) gen_put(g, "\n");
    }
    gen_put(g, " */\n");
}
