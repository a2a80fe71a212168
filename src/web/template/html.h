/* SPDX-License-Identifier: MIT */
/* web/template/html.h: where in HTML a place of a template lies, by the text before it. It follows
 * the states of the tokenizer of the HTML standard (13.2.5) as far as they say what a value would
 * be there: a template has all text between its values, so this is known when it is compiled.
 *
 * inv. 1: `word` has what is read of a name or of an address's scheme, in lower case, and may be
 *         cut off. */
#ifndef EDOI_WEB_TEMPLATE_HTML_H
#define EDOI_WEB_TEMPLATE_HTML_H

#include <edo/io.h>

typedef enum edoi_html_at {
    EDOI_HTML_TEXT,     /* between tags */
    EDOI_HTML_OPENS,    /* behind "<" or "</" */
    EDOI_HTML_TAG_NAME, /* in a tag: its name, */
    EDOI_HTML_BETWEEN,  /* before the name of an attribute, */
    EDOI_HTML_NAME,     /* in it, */
    EDOI_HTML_BEHIND,   /* behind it, before "=", */
    EDOI_HTML_EQUALS,   /* behind "=", */
    EDOI_HTML_VALUE,    /* in the value; `quote`, or 0 */
    EDOI_HTML_REMARK,   /* in a comment */
    EDOI_HTML_MARKUP,   /* in <! or <?, up to the next ">" */
    EDOI_HTML_RAW       /* in `element`, up to its end */
} edoi_html_at;

/* Elements whose text is no HTML. */
typedef enum edoi_html_element {
    EDOI_HTML_OTHER,
    EDOI_HTML_SCRIPT,
    EDOI_HTML_STYLE,
    EDOI_HTML_WORDS /* textarea and others: only their end is markup, and nothing is code */
} edoi_html_element;

/* What the value of an attribute is. */
typedef enum edoi_html_kind {
    EDOI_HTML_PLAIN,
    EDOI_HTML_URL,  /* its beginning, which may have the scheme */
    EDOI_HTML_PATH, /* an address behind its scheme, or one that has none */
    EDOI_HTML_TYPE, /* of a script */
    EDOI_HTML_CODE  /* of an event, a style, a page, or of what is not known */
} edoi_html_kind;

/* All zero: the beginning of a page, or of a part of one. Compared by its bytes. */
typedef struct edoi_html {
    uint8_t at, element, kind;
    char quote;
    bool is_end;    /* of the tag: </ */
    bool is_json;   /* the script's type says so */
    bool is_unsure; /* NAME: not known whole; URL: a value stands before */
    uint8_t word_n;
    char word[24];
} edoi_html;

/* Goes on behind `text`. Returns NULL; or what is wrong, where `text->ptr` is then. */
EDO_MUST_USE const char *edoi_html_pass(edoi_html *h, edo_str *text);

/* Goes on behind a value, or a partial that ends where it began. */
void edoi_html_pass_other(edoi_html *h);

/* A part that may be left out began at `begin` and has ended at `h`, which becomes what holds
 * either way. Returns false if nothing does. */
EDO_MUST_USE bool edoi_html_join(edoi_html *h, const edoi_html *begin);

bool edoi_html_is_same(const edoi_html *a, const edoi_html *b);

/* May the value begin an address? It has no scheme, or one of http, https and mailto. */
bool edoi_html_url_is_safe(edo_str value);

#endif
