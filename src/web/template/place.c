/* SPDX-License-Identifier: MIT */
/* web/template/place.c: see place.h. */
#include "web/template/place.h"

#include <string.h>

/* What is printed has digits, or is a word of ours: neither CSS nor JavaScript ends with it. */
static bool is_number(const edo_field *f, uint8_t kind) {
    return kind == EDOI_TEMPLATE_VALUE && f->kind <= EDO_VALUE_F64;
}

static const char *place_in_image(const edoi_html *h, const edo_field *f, uint8_t kind) {
    bool is_image = h->word_n > 6 && memcmp(h->word, "image/", 6) == 0 && !h->is_escape;
    bool is_bytes = kind == EDOI_TEMPLATE_VALUE && f->kind == EDO_VALUE_BYTES;
    return is_image && (is_bytes || is_number(f, kind))
               ? NULL
               : "data: takes only the bytes of an image, as in data:image/png;base64,:";
}

static const char *place_in_code(const edoi_html *h, const edo_field *f, uint8_t kind) {
    return is_number(f, kind) && !h->is_escape
               ? NULL
               : "an attribute with code takes no value but a number:";
}

/* In the value of an attribute. */
static const char *place_in_attribute(const edoi_html *h, const edo_field *f, uint8_t *kind) {
    if (!h->quote) return "an attribute needs quotes around";
    if (edoi_html_is_in_entity(h))
        return "in an address & stands before a value as &amp;, or as in &page=:";
    switch (h->kind) {
    case EDOI_HTML_NUMBERS: return place_in_code(h, f, *kind);
    case EDOI_HTML_DATA: return place_in_image(h, f, *kind);
    case EDOI_HTML_CODE:
    case EDOI_HTML_TYPE:
    case EDOI_HTML_EQUIV: return "an attribute with code takes no value:";
    case EDOI_HTML_ORIGIN:
        if (h->address.origin == EDOI_ADDRESS_EITHER)
            return "a section decides whose script this is: write the whole address into it, and "
                   "into its else:";
        return "the address of a script, and of a base, has its origin in the template, as in "
               "\"/js/...\":";
    case EDOI_HTML_CONTENT:
        if (h->is_meta_set) return place_in_code(h, f, *kind);
        break;
    case EDOI_HTML_URL:
        if (*kind == EDOI_TEMPLATE_VALUE) *kind = EDOI_TEMPLATE_URL;
        break;
    default: break;
    }
    return *kind == EDOI_TEMPLATE_RAW ? "an attribute takes only what is escaped:" : NULL;
}

/* In the text of an element that is no HTML. */
static const char *place_in_raw(const edoi_html *h, const edo_field *f, uint8_t *kind) {
    bool is_code = h->element == EDOI_HTML_SCRIPT || h->element == EDOI_HTML_STYLE;
    if (is_code && edoi_html_is_strict(h))
        return "in svg, math, select and noscript a script or style takes no value:";
    if (h->element == EDOI_HTML_STYLE)
        return is_number(f, *kind) && !h->is_escape ? NULL : "a style takes no value but a number:";
    if (h->element == EDOI_HTML_SCRIPT) {
        if (*kind != EDOI_TEMPLATE_JSON || h->type != EDOI_HTML_JSON)
            return "a script takes a value only as {{@name}}, of type application/json:";
        *kind = EDOI_TEMPLATE_SCRIPT;
    }
    return *kind == EDOI_TEMPLATE_RAW ? "only text between tags takes what is not escaped:" : NULL;
}

const char *edoi_template_place(const edoi_html *h, const edo_field *field, uint8_t *kind) {
    if (h->at == EDOI_HTML_TEXT) return NULL;
    if (h->at == EDOI_HTML_RAW) return place_in_raw(h, field, kind);
    if (h->at == EDOI_HTML_EQUALS || h->at == EDOI_HTML_VALUE)
        return place_in_attribute(h, field, kind);
    if (h->at >= EDOI_HTML_REMARK && h->at <= EDOI_HTML_REMARK_BANG)
        return "a comment takes no value, which could end it; {{! }} leaves a comment out:";
    return "a value cannot be a part of a tag:";
}
