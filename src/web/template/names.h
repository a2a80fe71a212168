/* SPDX-License-Identifier: MIT */
/* web/template/names.h: what the names of elements and attributes say of the text in them. */
#ifndef EDOI_WEB_TEMPLATE_NAMES_H
#define EDOI_WEB_TEMPLATE_NAMES_H

#include <edo/io.h>

/* An element with a meaning here; 0 is any other. The order is that of the table in names.c. */
typedef enum edoi_html_element {
    EDOI_HTML_OTHER,
    EDOI_HTML_SCRIPT, /* its text is no HTML, to here: */
    EDOI_HTML_STYLE,
    EDOI_HTML_TITLE,
    EDOI_HTML_TEXTAREA,
    EDOI_HTML_XMP,
    EDOI_HTML_IFRAME,
    EDOI_HTML_NOEMBED,
    EDOI_HTML_NOFRAMES,
    EDOI_HTML_NOSCRIPT,
    EDOI_HTML_SELECT,
    EDOI_HTML_FRAMESET,
    EDOI_HTML_TEMPLATE,
    EDOI_HTML_COL,
    EDOI_HTML_SVG,
    EDOI_HTML_MATH,
    EDOI_HTML_FOREIGN_OBJECT, /* in svg and math HTML is in these, to here: */
    EDOI_HTML_ANNOTATION,
    EDOI_HTML_DESC,
    EDOI_HTML_MI,
    EDOI_HTML_MO,
    EDOI_HTML_MN,
    EDOI_HTML_MS,
    EDOI_HTML_MTEXT,
    EDOI_HTML_ANIMATE, /* they set an attribute of another element, to here: */
    EDOI_HTML_SET,
    EDOI_HTML_ANIMATE_MOTION,
    EDOI_HTML_ANIMATE_TRANSFORM,
    EDOI_HTML_ANIMATE_COLOR,
    EDOI_HTML_META,
    EDOI_HTML_LINK,
    EDOI_HTML_BASE,
    EDOI_HTML_FORM,
    EDOI_HTML_OBJECT,
    EDOI_HTML_EMBED,
    EDOI_HTML_IMG
} edoi_html_element;

/* What the value of an attribute is. */
typedef enum edoi_html_kind {
    EDOI_HTML_PLAIN,
    EDOI_HTML_URL,     /* its beginning, which may have the scheme */
    EDOI_HTML_ORIGIN,  /* of a script or base: it takes no value before its origin is known */
    EDOI_HTML_PATH,    /* an address behind its scheme, or one that has none */
    EDOI_HTML_DATA,    /* an image itself */
    EDOI_HTML_TYPE,    /* of a script */
    EDOI_HTML_EQUIV,   /* http-equiv of a meta, */
    EDOI_HTML_CONTENT, /* and its content */
    EDOI_HTML_NUMBERS, /* of an event, a style, an animation */
    EDOI_HTML_CODE     /* of a page, what says how it is run, an address with a scheme of code */
} edoi_html_kind;

/* The type of a script. Of several attributes the first one counts. */
typedef enum edoi_html_type {
    EDOI_HTML_UNTYPED,
    EDOI_HTML_JSON,
    EDOI_HTML_TYPED /* as something else, or as what is not known */
} edoi_html_type;

/* `name` is in lower case, and cut off if it is longer than any name here. */
edoi_html_element edoi_html_element_of(edo_str name);
edoi_html_kind edoi_html_kind_of(edoi_html_element in, edo_str attribute);

EDOI_INLINE bool edoi_html_is_raw(edoi_html_element e) {
    return e >= EDOI_HTML_SCRIPT && e <= EDOI_HTML_NOFRAMES;
}

#endif
