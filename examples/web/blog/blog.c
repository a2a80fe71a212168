/* SPDX-License-Identifier: MIT */
/* blog.c: what the blog remembers. */
#include "blog.h"

#include <errno.h>
#include <string.h>

static bool copy(blog *b, edo_str *out, edo_str s) {
    *out = (edo_str){ edo_arena_copy(&b->arena, s.ptr, s.len), s.len };
    return out->ptr != NULL;
}

/* Takes the first paragraph, with its line ends, off the text. */
static edo_str next_paragraph(edo_str *text) {
    const char *at = text->ptr, *end = at + text->len;
    while (at < end && strchr(" \t\r\n", *at)) at++;
    edo_str p = { at, 0 };
    for (size_t newlines = 0; at < end && newlines < 2; at++) {
        if (*at == '\n') newlines++;
        if (strchr(" \t\r\n", *at)) continue;
        newlines = 0;
        p.len = (size_t)(at + 1 - p.ptr);
    }
    *text = (edo_str){ at, (size_t)(end - at) };
    return p;
}

static int cut(blog *b, article *a, edo_str text) {
    edo_str rest = text;
    while (next_paragraph(&rest).len > 0) a->paragraphs_n++;
    a->paragraphs = edo_arena_alloc(&b->arena, a->paragraphs_n * sizeof *a->paragraphs);
    if (!a->paragraphs) return -ENOMEM;
    for (size_t i = 0; i < a->paragraphs_n; i++)
        if (!copy(b, &a->paragraphs[i], next_paragraph(&text))) return -ENOMEM;
    return 0;
}

article *blog_newest(blog *b) {
    return &b->articles[ARTICLES_MAX - b->articles_n];
}

article *blog_find(blog *b, int64_t id) {
    return id >= 1 && id <= (int64_t)b->articles_n ? &b->articles[ARTICLES_MAX - id] : NULL;
}

int blog_add_article(blog *b, edo_str title, edo_str by, edo_str text) {
    article a = { .id = (int64_t)b->articles_n + 1, .at = edo_wall_now() };
    if (b->articles_n == ARTICLES_MAX) return -ENOSPC;
    int err = cut(b, &a, text);
    if (err < 0 || !copy(b, &a.title, title) || !copy(b, &a.by, by)) return -ENOMEM;
    b->articles_n++;
    *blog_newest(b) = a;
    return 0;
}

int blog_add_comment(blog *b, article *a, edo_str by, edo_str text) {
    comment c = { .at = edo_wall_now() };
    if (a->comments_n == COMMENTS_MAX) return -ENOSPC;
    if (!copy(b, &c.by, by) || !copy(b, &c.text, text)) return -ENOMEM;
    size_t n = a->comments_n;
    if ((n & (n - 1)) == 0) { // full
        comment *all = edo_arena_alloc(&b->arena, (n ? 2 * n : 1) * sizeof *all);
        if (!all) return -ENOMEM;
        if (n > 0) memcpy(all, a->comments, n * sizeof *all);
        a->comments = all;
    }
    a->comments[a->comments_n++] = c;
    return 0;
}
