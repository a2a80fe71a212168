/* SPDX-License-Identifier: MIT */
/* blog.h: articles and what readers say of them, in memory.
 *
 * An article never changes and never moves, but for the newest comments of an article, so one
 * lock is enough: pages are made while it is held for reading. */
#ifndef BLOG_H
#define BLOG_H

#include <edo/edo.h>
#include <edo/value.h>

#define ARTICLES_MAX 1000
#define COMMENTS_MAX 200 /* of an article */

typedef struct comment {
    edo_str by, text;
    edo_wall at;
} comment;

typedef struct article {
    int64_t id; /* the first one is 1 */
    edo_str title, by;
    edo_wall at;
    edo_str *paragraphs;
    size_t paragraphs_n;
    comment *comments; /* has room for a power of two */
    size_t comments_n;
} article;

typedef struct blog {
    edo_rwlock lock;
    edo_arena arena;
    article articles[ARTICLES_MAX]; /* from the end to the beginning, so that the newest is first */
    size_t articles_n;
} blog;

/* Each is called with `lock` held for writing, and returns 0, -ENOSPC or -ENOMEM; `text` is cut
 * into paragraphs at empty lines. */
int blog_add_article(blog *b, edo_str title, edo_str by, edo_str text);
int blog_add_comment(blog *b, article *a, edo_str by, edo_str text);

/* Called with `lock` held: the article, or NULL; the newest one. */
article *blog_find(blog *b, int64_t id);
article *blog_newest(blog *b);

#endif
