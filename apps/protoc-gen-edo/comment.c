/* SPDX-License-Identifier: MIT */
/* protoc-gen-edo/comment.c: see comment.h. */
#include "comment.h"

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

static edo_str comment_text(const file_proto *f, const gen_place *place) {
    const google_protobuf_source_code_info_location *l = place_find(f, place);
    if (!l) return EDO_STR("");
    return l->leading_comments.len > 0 ? l->leading_comments : l->trailing_comments;
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

/* One line, without blanks at its end, and without what would end the comment. */
static void put_line(gen *g, edo_str line) {
    while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t' ||
                            line.ptr[line.len - 1] == '\r'))
        line.len--;
    for (size_t i = 0; i < line.len; i++)
        gen_put(g, line_is_split_at(line, i) ? " %c" : "%c", line.ptr[i]);
}

void gen_put_comment(gen *g, const file_proto *f, const gen_place *place, const char *indent,
                     edo_str title) {
    edo_str text = g->has_no_comments ? EDO_STR("") : comment_text(f, place);
    const char *begin = "/* ";
    while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == ' '))
        text.len--;
    if (title.len > 0) {
        gen_put(g, "%s%s%.*s", indent, begin, GEN_STR(title));
        begin = " * ";
        if (text.len > 0) gen_put(g, ":\n");
    } else if (text.len == 0) {
        return;
    }
    while (text.len > 0) {
        const char *end = (const char *)memchr(text.ptr, '\n', text.len);
        size_t n = end ? (size_t)(end - text.ptr) : text.len;
        edo_str line = { text.ptr, n };
        if (line.len > 0 && *line.ptr == ' ') line = (edo_str){ line.ptr + 1, line.len - 1 };
        gen_put(g, "%s%s", indent, line.len > 0 ? begin : " *");
        put_line(g, line);
        begin = " * ";
        n += end != NULL;
        text = (edo_str){ text.ptr + n, text.len - n };
        if (text.len > 0) gen_put(g, "\n");
    }
    gen_put(g, " */\n");
}
