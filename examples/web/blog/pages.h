/* SPDX-License-Identifier: MIT */
/* pages.h: the pages of the blog. */
#ifndef PAGES_H
#define PAGES_H

#include "blog.h"

#include <edo/template.h>
#include <edo/web_static.h>

#define FRONT_MAX 20 /* articles on the front page */

typedef struct front_page {
    const char *title;
    article *articles;
    size_t articles_n;
} front_page;

typedef struct article_page {
    edo_str title;
    article *article;
} article_page;

/* Something is wrong with a form, or nothing is there. */
typedef struct fault_line {
    edo_str field, detail;
} fault_line;

typedef struct fault_page {
    const char *title;
    edo_str detail;
    fault_line *faults;
    size_t faults_n;
} fault_page;

typedef struct pages {
    edo_template *front, *article, *write, *fault;
} pages;

int pages_open(pages *p);
void pages_close(pages *p);

extern const edo_asset blog_assets[1]; /* the style */

#endif
