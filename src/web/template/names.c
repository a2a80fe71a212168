/* SPDX-License-Identifier: MIT */
/* web/template/names.c: see names.h. */
#include "web/template/names.h"

static const char *const elements[] = {
    [EDOI_HTML_SCRIPT] = "script",
    [EDOI_HTML_STYLE] = "style",
    [EDOI_HTML_TITLE] = "title",
    [EDOI_HTML_TEXTAREA] = "textarea",
    [EDOI_HTML_XMP] = "xmp",
    [EDOI_HTML_IFRAME] = "iframe",
    [EDOI_HTML_NOEMBED] = "noembed",
    [EDOI_HTML_NOFRAMES] = "noframes",
    [EDOI_HTML_NOSCRIPT] = "noscript",
    [EDOI_HTML_SELECT] = "select",
    [EDOI_HTML_FRAMESET] = "frameset",
    [EDOI_HTML_TEMPLATE] = "template",
    [EDOI_HTML_COL] = "col",
    [EDOI_HTML_SVG] = "svg",
    [EDOI_HTML_MATH] = "math",
    [EDOI_HTML_FOREIGN_OBJECT] = "foreignobject",
    [EDOI_HTML_ANNOTATION] = "annotation-xml",
    [EDOI_HTML_DESC] = "desc",
    [EDOI_HTML_MI] = "mi",
    [EDOI_HTML_MO] = "mo",
    [EDOI_HTML_MN] = "mn",
    [EDOI_HTML_MS] = "ms",
    [EDOI_HTML_MTEXT] = "mtext",
    [EDOI_HTML_ANIMATE] = "animate",
    [EDOI_HTML_SET] = "set",
    [EDOI_HTML_ANIMATE_MOTION] = "animatemotion",
    [EDOI_HTML_ANIMATE_TRANSFORM] = "animatetransform",
    [EDOI_HTML_ANIMATE_COLOR] = "animatecolor",
    [EDOI_HTML_META] = "meta",
    [EDOI_HTML_LINK] = "link",
    [EDOI_HTML_BASE] = "base",
    [EDOI_HTML_FORM] = "form",
    [EDOI_HTML_OBJECT] = "object",
    [EDOI_HTML_EMBED] = "embed",
    [EDOI_HTML_IMG] = "img",
};

/* An attribute of `in` alone, or of all elements: OTHER. */
typedef struct attribute_rule {
    const char *name;
    uint8_t in, kind;
} attribute_rule;

/* The first one that fits. Lists of addresses (srcset, imagesrcset, ping, archive) are none: what
 * they name is fetched as an image or by http alone, and is not run whatever its scheme is. */
static const attribute_rule attributes[] = {
    { "type", EDOI_HTML_SCRIPT, EDOI_HTML_TYPE },
    { "src", EDOI_HTML_SCRIPT, EDOI_HTML_ORIGIN },
    { "href", EDOI_HTML_SCRIPT, EDOI_HTML_ORIGIN }, // in svg
    { "xlink:href", EDOI_HTML_SCRIPT, EDOI_HTML_ORIGIN },
    { "href", EDOI_HTML_BASE, EDOI_HTML_ORIGIN },
    { "http-equiv", EDOI_HTML_META, EDOI_HTML_EQUIV },
    { "content", EDOI_HTML_META, EDOI_HTML_CONTENT },
    { "rel", EDOI_HTML_LINK, EDOI_HTML_CODE },
    { "action", EDOI_HTML_FORM, EDOI_HTML_URL },
    { "data", EDOI_HTML_OBJECT, EDOI_HTML_URL },
    { "type", EDOI_HTML_OBJECT, EDOI_HTML_CODE },
    { "type", EDOI_HTML_EMBED, EDOI_HTML_CODE },
    { "sandbox", EDOI_HTML_IFRAME, EDOI_HTML_CODE }, // what the frame may do
    { "allow", EDOI_HTML_IFRAME, EDOI_HTML_CODE },
    { "srcdoc", EDOI_HTML_OTHER, EDOI_HTML_CODE },
    { "charset", EDOI_HTML_OTHER, EDOI_HTML_CODE },
    { "style", EDOI_HTML_OTHER, EDOI_HTML_NUMBERS },
    { "href", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "src", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "formaction", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "xlink:href", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "xml:base", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "cite", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "poster", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "background", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "manifest", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "longdesc", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "codebase", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "classid", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "dynsrc", EDOI_HTML_OTHER, EDOI_HTML_URL },
    { "lowsrc", EDOI_HTML_OTHER, EDOI_HTML_URL },
};

/* Of an element that sets an attribute of another one. */
static const char *const animated[] = { "to", "from", "by", "values", "attributename" };

edoi_html_element edoi_html_element_of(edo_str name) {
    for (size_t i = 1; i < EDO_COUNT(elements); i++)
        if (edo_str_equal(name, edo_str_of(elements[i]))) return (edoi_html_element)i;
    return EDOI_HTML_OTHER;
}

edoi_html_kind edoi_html_kind_of(edoi_html_element in, edo_str attribute) {
    if (attribute.len > 2 && attribute.ptr[0] == 'o' && attribute.ptr[1] == 'n')
        return EDOI_HTML_NUMBERS;
    if (in >= EDOI_HTML_ANIMATE && in <= EDOI_HTML_ANIMATE_COLOR)
        for (size_t i = 0; i < EDO_COUNT(animated); i++)
            if (edo_str_equal(attribute, edo_str_of(animated[i]))) return EDOI_HTML_NUMBERS;
    for (size_t i = 0; i < EDO_COUNT(attributes); i++) {
        const attribute_rule *r = &attributes[i];
        if (r->in != EDOI_HTML_OTHER && r->in != in) continue;
        if (edo_str_equal(attribute, edo_str_of(r->name))) return (edoi_html_kind)r->kind;
    }
    return EDOI_HTML_PLAIN;
}
