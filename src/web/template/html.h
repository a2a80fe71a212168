/* SPDX-License-Identifier: MIT */
/* web/template/html.h: where in HTML a place of a template lies, by the text before it. It follows
 * the states of the tokenizer of the HTML standard (13.2.5), byte by byte, as far as they say what
 * a value would be there: a template has all text between its values, so this is known when it is
 * compiled.
 *
 * A state holds for whatever the values are and whichever sections are there. Where two ways meet
 * the state says less, never something else: what it does not know takes no value, or lets no text
 * follow that would be read in two ways.
 *
 * inv. 1: `word` has what is read of a name, in lower case, and may be cut off.
 * inv. 2: `is_tangled` stays, once set. */
#ifndef EDOI_WEB_TEMPLATE_HTML_H
#define EDOI_WEB_TEMPLATE_HTML_H

#include "web/template/address.h"
#include "web/template/names.h"

typedef enum edoi_html_at {
    EDOI_HTML_TEXT,        /* between tags */
    EDOI_HTML_OPENS,       /* behind "<" */
    EDOI_HTML_ENDS,        /* behind "</" */
    EDOI_HTML_TAG_NAME,    /* in a tag: its name, */
    EDOI_HTML_BETWEEN,     /* before the name of an attribute, */
    EDOI_HTML_NAME,        /* in it, */
    EDOI_HTML_BEHIND,      /* behind it, before "=", */
    EDOI_HTML_GAP,         /* in or behind a name or a value without quotes: which is not known, */
    EDOI_HTML_EQUALS,      /* behind "=", */
    EDOI_HTML_VALUE,       /* in the value; `quote`, or 0 */
    EDOI_HTML_MARKUP,      /* in <! or <?, up to the next ">" */
    EDOI_HTML_BANG,        /* behind "<!", "<!-", "<![" */
    EDOI_HTML_BANG_DASH,   //
    EDOI_HTML_BANG_SQUARE, //
    EDOI_HTML_REMARK,      /* in a comment, */
    EDOI_HTML_REMARK_NEW,  /* at its beginning, behind "-" there, */
    EDOI_HTML_REMARK_NEW_DASH,
    EDOI_HTML_REMARK_DASH, /* behind "-", "--", "--!" in it */
    EDOI_HTML_REMARK_END,
    EDOI_HTML_REMARK_BANG,
    EDOI_HTML_RAW,       /* in `element`, up to its end, */
    EDOI_HTML_RAW_OPENS, /* there behind "<" and a name in `word`, */
    EDOI_HTML_RAW_ENDS,  /* "</" and a name, */
    EDOI_HTML_RAW_BANG,  /* "<!", "<!-" */
    EDOI_HTML_RAW_BANG_DASH
} edoi_html_at;

/* All zero: the beginning of a page, or of a part of one. Compared by its bytes. */
typedef struct edoi_html {
    uint8_t at, element, kind;
    char quote;
    uint8_t type;     /* of the tag's script: edoi_html_type */
    bool is_end;      /* of the tag: </, */
    bool is_slash;    /* and / directly before */
    bool is_meta_set; /* the tag is a meta, of which http-equiv may stand before, */
    bool is_meta_out; /* and a value in content */
    bool is_hidden;   /* of the script: <!-- stands before */
    bool is_escape;   /* an entity or another escape is not at its end */
    bool is_tangled;  /* svg, math, a frameset may be open, */
    uint8_t foreign;  /* svg or math is open, */
    uint8_t foreign_n;
    uint8_t point;       /* and an element in it in which HTML is HTML; */
    bool is_select;      /* select is open, */
    bool is_noscript;    /* noscript is open, */
    bool is_noscript_in; /* within one of these, */
    uint8_t template_n;  /* templates, */
    uint8_t col_in;      /* a col in so many of them: it drops what follows there */
    uint8_t word_n;
    char word[25];
    edoi_address address;
} edoi_html;

_Static_assert(sizeof(edoi_html) == 46 + sizeof(edoi_address), "no byte of it is unnamed");

/* Goes on behind `text`. Returns NULL; or what is wrong, where `text->ptr` is then. */
EDO_MUST_USE const char *edoi_html_pass(edoi_html *h, edo_str *text);

/* Goes on behind a value, which stays one. */
void edoi_html_pass_value(edoi_html *h);

/* Goes on behind a partial, of which is known that it fits (edoi_html_fits()). */
void edoi_html_pass_part(edoi_html *h);

/* May a partial that begins at `begin` end at `end`? */
EDO_MUST_USE bool edoi_html_fits(const edoi_html *begin, const edoi_html *end);

/* `h` becomes what holds both there and at `other`. Returns false if nothing does. */
EDO_MUST_USE bool edoi_html_join(edoi_html *h, const edoi_html *other);

/* Why do they not fit or join? */
const char *edoi_html_parting(const edoi_html *begin, const edoi_html *end);

bool edoi_html_is_same(const edoi_html *a, const edoi_html *b);

/* Behind "&" in the beginning of an address, where a value would be a part of an entity? */
bool edoi_html_is_in_entity(const edoi_html *h);

/* May what is read here be read in two ways: as the text of an element, and as tags? */
bool edoi_html_is_strict(const edoi_html *h);

#endif
