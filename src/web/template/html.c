/* SPDX-License-Identifier: MIT */
/* web/template/html.c: see html.h. */
#include "web/template/html.h"
#include "base/assert.h"

#include <string.h>

static const char tags_only[] = "in noscript < begins tags only: write &lt;";
static const char raw_tags_only[] =
    "an svg, math, select or noscript may be open, where < in a script, style or title is a tag: "
    "move it before that";

static const char scheme_unsure[] = "behind a section that decides the scheme of an address : and "
                                    "& are refused: write them into it";

static bool html_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool html_is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool ends_name(char c) {
    return html_is_space(c) || c == '/' || c == '>';
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void word_begin(edoi_html *h) {
    memset(h->word, 0, sizeof h->word);
    h->word_n = 0;
}

static void word_add(edoi_html *h, char c) {
    if (c >= 'A' && c <= 'Z') c = (char)(c | 0x20);
    if (h->word_n < sizeof h->word) h->word[h->word_n++] = c;
    EDO_INV("html inv. 1", h->word_n <= sizeof h->word);
}

static edo_str word_of(const edoi_html *h) {
    return (edo_str){ h->word, h->word_n };
}

static void go(edoi_html *h, edoi_html_at to) {
    h->at = (uint8_t)to;
    word_begin(h);
}

/* ---- What is open ---------------------------------------------------------------------------- */

bool edoi_html_is_strict(const edoi_html *h) {
    return h->is_tangled || h->col_in > 0 || h->foreign_n > 0 || h->is_select || h->is_noscript;
}

static void one_more(edoi_html *h, uint8_t *n) {
    if (*n == UINT8_MAX) {
        h->is_tangled = true;
    } else {
        ++*n;
    }
}

/* An element begins. Is it read as the standard's tree construction has it? In svg and math other
 * rules hold, but not in the elements of theirs that have HTML in them. */
static void open_element(edoi_html *h) {
    const bool is_foreign = h->foreign_n > 0;
    const uint8_t e = h->element;
    if (h->point || (e == EDOI_HTML_TEMPLATE && h->is_select)) h->is_tangled = true;
    if (e == EDOI_HTML_SELECT) h->is_select = true;
    if (e == EDOI_HTML_NOSCRIPT && !h->is_noscript) h->is_noscript_in = edoi_html_is_strict(h);
    if (e == EDOI_HTML_NOSCRIPT) h->is_noscript = true;
    if (e == EDOI_HTML_FRAMESET) h->is_tangled = true;
    if (e == EDOI_HTML_COL && h->col_in == 0) h->col_in = h->template_n;
    bool is_point = e >= EDOI_HTML_FOREIGN_OBJECT && e <= EDOI_HTML_MTEXT;
    if (is_foreign && is_point && !h->is_slash) h->point = e;
    if ((e == EDOI_HTML_SVG || e == EDOI_HTML_MATH) && !h->is_slash) {
        if (is_foreign && e != h->foreign) h->is_tangled = true; // HTML between may have ended it
        if (!is_foreign) h->foreign = e;
        if (e == h->foreign) one_more(h, &h->foreign_n);
    }
    if (e == EDOI_HTML_TEMPLATE) one_more(h, &h->template_n);
}

/* What has begun in it, and did not end, is open where it is no text. */
static void end_noscript(edoi_html *h) {
    bool is_open = h->foreign_n > 0 || h->is_select;
    if (h->is_noscript && !h->is_noscript_in && is_open) h->is_tangled = true;
    h->is_noscript = h->is_noscript_in = false;
}

static void end_template(edoi_html *h) {
    if (h->col_in == h->template_n) h->col_in = 0;
    if (h->template_n > 0) h->template_n--;
}

static void close_element(edoi_html *h) {
    const uint8_t e = h->element;
    if (e == EDOI_HTML_NOSCRIPT) end_noscript(h);
    if (h->is_noscript && h->is_noscript_in) return; // as text it ends nothing
    if (e == EDOI_HTML_SELECT) h->is_select = false;
    if (e == EDOI_HTML_TEMPLATE && !h->is_noscript) end_template(h);
    if (e != EDOI_HTML_OTHER && e == h->point) h->point = 0;
    if (e == EDOI_HTML_OTHER || e != h->foreign) return;
    if (--h->foreign_n > 0) return;
    if (h->point) h->is_tangled = true; // "</svg>" in a desc
    h->foreign = h->point = 0;
}

/* ---- Steps in a tag -------------------------------------------------------------------------- */

static void end_tag_name(edoi_html *h) {
    h->element = (uint8_t)edoi_html_element_of(word_of(h));
    go(h, EDOI_HTML_BETWEEN);
}

static void end_tag(edoi_html *h) {
    bool is_tangled = h->is_tangled;
    if (h->is_end) {
        close_element(h);
    } else {
        open_element(h);
    }
    EDO_INV("html inv. 2", h->is_tangled || !is_tangled);
    bool is_raw = !h->is_end && edoi_html_is_raw((edoi_html_element)h->element);
    go(h, is_raw ? EDOI_HTML_RAW : EDOI_HTML_TEXT);
    if (!is_raw) {
        h->element = EDOI_HTML_OTHER;
        h->type = EDOI_HTML_UNTYPED;
    }
    h->is_end = h->is_slash = h->is_escape = false;
    h->is_meta_set = h->is_meta_out = h->is_hidden = false;
}

/* Of what is the value of the attribute whose name is the word? */
static edoi_html_kind html_kind(edoi_html *h) {
    edoi_html_kind k = edoi_html_kind_of((edoi_html_element)h->element, word_of(h));
    return k == EDOI_HTML_TYPE && h->type != EDOI_HTML_UNTYPED ? EDOI_HTML_CODE : k;
}

/* The type of a script has ended: its last bytes are the word. A type of JSON is none of a script,
 * whatever stands before. */
static void end_type(edoi_html *h) {
    edo_str word = word_of(h);
    bool is_json = edo_str_equal(word, EDO_STR("/json")) || edo_str_equal(word, EDO_STR("+json"));
    h->type = is_json && !h->is_escape ? EDOI_HTML_JSON : EDOI_HTML_TYPED;
}

/* An attribute without a value. */
static void end_name(edoi_html *h) {
    if (html_kind(h) == EDOI_HTML_TYPE) h->type = EDOI_HTML_TYPED;
    go(h, EDOI_HTML_BETWEEN);
}

static void end_value(edoi_html *h) {
    if (h->kind == EDOI_HTML_TYPE) end_type(h);
    memset(&h->address, 0, sizeof h->address);
    h->kind = EDOI_HTML_PLAIN;
    h->is_escape = false;
    h->quote = 0;
    go(h, EDOI_HTML_BETWEEN);
}

/* May the place still be in an entity, or in an escape of CSS or JavaScript? A number there would
 * be any character. "<!-" and a number below 0 would be a comment. */
static void escape_byte(edoi_html *h, char c) {
    if (c == '&' || c == '\\' || c == '!') {
        h->is_escape = true;
    } else if (!html_is_letter(c) && !(c >= '0' && c <= '9') && !memchr("#-{", c, 3)) {
        h->is_escape = false;
    }
}

/* Does what stands between "&" and ";" mean a byte that is no escape of CSS or JavaScript? */
static bool is_plain_entity(edo_str name) {
    static const char *const plain[] = { "&quot", "&apos", "&amp", "&lt",
                                         "&gt",   "&nbsp", "&#34", "&#39" };
    for (size_t i = 0; i < EDO_COUNT(plain); i++)
        if (edo_str_equal(name, edo_str_of(plain[i]))) return true;
    return false;
}

/* A byte of CSS or JavaScript in an attribute: "&bsol;" is an escape there, too. The word is the
 * entity that is not at its end. */
static void code_byte(edoi_html *h, char c) {
    const bool is_entity = h->word_n > 0;
    const bool is_in_name = html_is_letter(c) || (c >= '0' && c <= '9') || c == '#';
    if (c == ';' && is_entity) {
        h->is_escape = !is_plain_entity(word_of(h));
    } else {
        escape_byte(h, c);
    }
    if (c == '&' || !is_in_name) word_begin(h);
    if (c == '&' || (is_entity && is_in_name)) word_add(h, c);
}

/* Another entity may begin on the way to here, which is not at its end. */
static void unsure_entity(edoi_html *h) {
    word_begin(h);
    word_add(h, '&');
    word_add(h, '?');
    h->is_escape = true;
}

static void type_byte(edoi_html *h, char c) {
    if (c == ';') {
        end_type(h);
        h->kind = EDOI_HTML_PLAIN;
        return;
    }
    if (c == '&') h->is_escape = true;
    if (html_is_space(c)) return;
    if (h->word_n == 5) memmove(h->word, h->word + 1, --h->word_n);
    word_add(h, c);
}

static void go_in_address(edoi_html *h, edoi_html_kind to) {
    h->kind = (uint8_t)to;
    h->is_escape = false;
    word_begin(h);
    memset(&h->address, 0, sizeof h->address);
}

/* A byte behind "&" in the beginning of an address. "&amp;" is no part of a scheme, nor is "&"
 * before a name and "=", which is no entity; what any other one means is not known. Returns what is
 * wrong. */
static const char *address_entity_byte(edoi_html *h, char c) {
    bool is_name = html_is_letter(c) || (c >= '0' && c <= '9') || memchr("_-.[]", c, 5);
    if (is_name) return word_add(h, c), NULL;
    bool is_over = c == '=' || (c == ';' && edo_str_equal(word_of(h), EDO_STR("amp")));
    if (!is_over && h->address.is_unsure)
        return "behind a value or a section an address has & as &amp;, or as in &page=";
    go_in_address(h, is_over ? EDOI_HTML_PATH : EDOI_HTML_CODE);
    return NULL;
}

/* A byte of an address whose beginning is not over. Returns what is wrong. */
static const char *address_byte(edoi_html *h, char c) {
    if (h->is_escape) return address_entity_byte(h, c);
    if (c == '&' && h->kind == EDOI_HTML_URL) {
        h->is_escape = true;
        word_begin(h);
        return NULL;
    }
    edoi_address_step step = c == '&' ? EDOI_ADDRESS_CODE : edoi_address_byte(&h->address, c);
    bool is_url = h->kind == EDOI_HTML_URL;
    switch (step) {
    case EDOI_ADDRESS_BEGINS: return NULL;
    case EDOI_ADDRESS_PATH:
        if (is_url || h->address.origin == EDOI_ADDRESS_KNOWN) go_in_address(h, EDOI_HTML_PATH);
        return NULL;
    case EDOI_ADDRESS_WRONG: return "a value cannot be the scheme of an address";
    case EDOI_ADDRESS_DATA:
    case EDOI_ADDRESS_CODE: break;
    }
    bool is_image = step == EDOI_ADDRESS_DATA && is_url && h->element == EDOI_HTML_IMG;
    go_in_address(h, is_image ? EDOI_HTML_DATA : EDOI_HTML_CODE);
    return NULL;
}

/* A byte of an attribute's value. Returns what is wrong. */
static const char *value_byte(edoi_html *h, char c) {
    switch (h->kind) {
    case EDOI_HTML_TYPE: type_byte(h, c); break;
    case EDOI_HTML_URL:
    case EDOI_HTML_ORIGIN: return address_byte(h, c);
    case EDOI_HTML_DATA:
        word_add(h, c);
        escape_byte(h, c);
        break;
    case EDOI_HTML_CONTENT:
    case EDOI_HTML_NUMBERS: code_byte(h, c); break;
    case EDOI_HTML_CODE: return h->address.is_unsure && memchr(":&", c, 2) ? scheme_unsure : NULL;
    default: break;
    }
    return NULL;
}

/* Behind "=". Returns what is wrong. */
static const char *begin_attribute(edoi_html *h) {
    h->kind = (uint8_t)html_kind(h);
    if (h->kind == EDOI_HTML_EQUIV && h->is_meta_out)
        return "http-equiv stands before content, which takes only numbers then";
    if (h->kind == EDOI_HTML_EQUIV) h->is_meta_set = true;
    edoi_address_begin(&h->address);
    go(h, EDOI_HTML_EQUALS);
    return NULL;
}

static const char *between_byte(edoi_html *h, char c) {
    if (c == '=') return "the name of an attribute is missing, or ends in a section";
    if (c == '>') return end_tag(h), NULL;
    h->is_slash = c == '/';
    if (!html_is_space(c) && c != '/') {
        go(h, EDOI_HTML_NAME);
        word_add(h, c);
    }
    return NULL;
}

/* In the name of an attribute, or behind it. */
static const char *attribute_name_byte(edoi_html *h, char c) {
    if (c == '=') return begin_attribute(h);
    if (html_is_space(c)) {
        h->at = EDOI_HTML_BEHIND;
    } else if (h->at == EDOI_HTML_BEHIND || ends_name(c)) {
        end_name(h);
        return between_byte(h, c);
    } else {
        word_add(h, c);
    }
    return NULL;
}

static const char *equals_byte(edoi_html *h, char c) {
    if (html_is_space(c)) return NULL;
    go(h, EDOI_HTML_VALUE);
    if (c == '>') {
        end_value(h);
        end_tag(h);
    } else if (c == '"' || c == '\'') {
        h->quote = c;
    } else {
        return value_byte(h, c);
    }
    return NULL;
}

/* The tag may end an svg or math as it begins, or may not. */
static void unsure_slash(edoi_html *h) {
    bool is_foreign = h->element == EDOI_HTML_SVG || h->element == EDOI_HTML_MATH;
    if (is_foreign && !h->is_end) h->is_tangled = true;
    h->is_slash = false;
}

static const char *gap_byte(edoi_html *h, char c) {
    if (!ends_name(c)) return "in a tag a space, / or > stands behind a section";
    if (html_is_space(c)) go(h, EDOI_HTML_BETWEEN);
    if (c == '/') unsure_slash(h); // or the end of a value
    return c == '>' ? between_byte(h, c) : NULL;
}

/* A byte within a tag. Returns what is wrong. */
static const char *tag_byte(edoi_html *h, char c) {
    switch (h->at) {
    case EDOI_HTML_TAG_NAME:
        if (!ends_name(c)) return word_add(h, c), NULL;
        end_tag_name(h);
        return between_byte(h, c);
    case EDOI_HTML_BETWEEN: return between_byte(h, c);
    case EDOI_HTML_NAME:
    case EDOI_HTML_BEHIND: return attribute_name_byte(h, c);
    case EDOI_HTML_GAP: return gap_byte(h, c);
    case EDOI_HTML_EQUALS: return equals_byte(h, c);
    default: break;
    }
    bool ends = h->quote ? c == h->quote : html_is_space(c) || c == '>';
    if (!ends) return value_byte(h, c);
    end_value(h);
    if (c == '>') end_tag(h);
    return NULL;
}

/* ---- Comments, and what is read as one ------------------------------------------------------- */

static const char *bang_byte(edoi_html *h, char c) {
    edoi_html_at at = (edoi_html_at)h->at;
    if (at == EDOI_HTML_BANG_SQUARE && c == 'C')
        return "HTML has no CDATA, and ends it at the first >";
    if (at == EDOI_HTML_BANG && (c == '-' || c == '[')) {
        go(h, c == '-' ? EDOI_HTML_BANG_DASH : EDOI_HTML_BANG_SQUARE);
    } else if (at == EDOI_HTML_BANG_DASH && c == '-') {
        go(h, EDOI_HTML_REMARK_NEW);
    } else {
        go(h, c == '>' ? EDOI_HTML_TEXT : EDOI_HTML_MARKUP);
    }
    return NULL;
}

static edoi_html_at remark_behind(edoi_html_at at, char c) {
    const bool is_new = at == EDOI_HTML_REMARK_NEW || at == EDOI_HTML_REMARK_NEW_DASH;
    const bool is_end = at == EDOI_HTML_REMARK_END;
    if (c == '>' && (is_new || is_end || at == EDOI_HTML_REMARK_BANG)) return EDOI_HTML_TEXT;
    if (c == '!' && is_end) return EDOI_HTML_REMARK_BANG;
    if (c != '-') return EDOI_HTML_REMARK;
    if (at == EDOI_HTML_REMARK_NEW) return EDOI_HTML_REMARK_NEW_DASH;
    return is_new || is_end || at == EDOI_HTML_REMARK_DASH ? EDOI_HTML_REMARK_END
                                                           : EDOI_HTML_REMARK_DASH;
}

/* ---- Text that is no HTML -------------------------------------------------------------------- */

/* "<", "</" and a name in the text of an element, before a byte that is none of its letters. */
static const char *raw_name_byte(edoi_html *h, char c) {
    edoi_html_element name = edoi_html_element_of(word_of(h));
    bool is_end = h->at == EDOI_HTML_RAW_ENDS && name == h->element && ends_name(c);
    if (is_end) {
        h->is_end = true;
        h->at = EDOI_HTML_TAG_NAME;
        return tag_byte(h, c);
    }
    if (edoi_html_is_strict(h)) return raw_tags_only;
    if (h->element == EDOI_HTML_STYLE) escape_byte(h, c);
    if (h->is_hidden && h->at == EDOI_HTML_RAW_OPENS && name == EDOI_HTML_SCRIPT && ends_name(c))
        return "in a script <script behind <!-- hides where it ends";
    go(h, c == '<' ? EDOI_HTML_RAW_OPENS : EDOI_HTML_RAW);
    return NULL;
}

static const char *raw_byte(edoi_html *h, char c) {
    const edoi_html_at at = (edoi_html_at)h->at;
    if (at == EDOI_HTML_RAW_OPENS && h->word_n == 0) {
        if (c == '/') return go(h, EDOI_HTML_RAW_ENDS), NULL;
        if (c == '!' && !edoi_html_is_strict(h)) return go(h, EDOI_HTML_RAW_BANG), NULL;
    }
    if (at == EDOI_HTML_RAW_OPENS || at == EDOI_HTML_RAW_ENDS)
        return html_is_letter(c) ? word_add(h, c), NULL : raw_name_byte(h, c);
    if (at == EDOI_HTML_RAW_BANG && c == '-') return go(h, EDOI_HTML_RAW_BANG_DASH), NULL;
    if (at == EDOI_HTML_RAW_BANG_DASH && c == '-') h->is_hidden = h->element == EDOI_HTML_SCRIPT;
    if (h->element == EDOI_HTML_STYLE) escape_byte(h, c);
    go(h, c == '<' ? EDOI_HTML_RAW_OPENS : EDOI_HTML_RAW);
    return NULL;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static void text_byte(edoi_html *h, char c) {
    if (h->at == EDOI_HTML_TEXT) {
        if (c == '<') h->at = EDOI_HTML_OPENS;
    } else if (html_is_letter(c)) {
        h->is_end = h->at == EDOI_HTML_ENDS;
        go(h, EDOI_HTML_TAG_NAME);
        word_add(h, c);
    } else if (h->at == EDOI_HTML_ENDS) {
        h->at = c == '>' ? EDOI_HTML_TEXT : EDOI_HTML_MARKUP;
    } else if (c == '/') {
        h->at = EDOI_HTML_ENDS;
    } else if (c == '!') {
        h->at = EDOI_HTML_BANG;
    } else if (c == '?') {
        h->at = EDOI_HTML_MARKUP;
    } else if (c != '<') {
        h->at = EDOI_HTML_TEXT;
    }
}

static const char *html_byte(edoi_html *h, char c) {
    if (c == '<' && h->at >= EDOI_HTML_ENDS && h->at < EDOI_HTML_RAW && h->is_noscript)
        return tags_only; // where scripts run, all text up to </noscript> is raw
    if (h->at <= EDOI_HTML_ENDS) return text_byte(h, c), NULL;
    if (h->at <= EDOI_HTML_VALUE) return tag_byte(h, c);
    if (h->at == EDOI_HTML_MARKUP) {
        if (c == '>') h->at = EDOI_HTML_TEXT;
        return NULL;
    }
    if (h->at <= EDOI_HTML_BANG_SQUARE) return bang_byte(h, c);
    if (h->at <= EDOI_HTML_REMARK_BANG)
        return h->at = (uint8_t)remark_behind((edoi_html_at)h->at, c), NULL;
    return raw_byte(h, c);
}

const char *edoi_html_pass(edoi_html *h, edo_str *text) {
    const char *end = text->ptr + text->len, *wrong = NULL;
    for (const char *at = text->ptr; at < end && !wrong; at++) {
        text->ptr = at;
        wrong = html_byte(h, *at);
    }
    return wrong;
}

bool edoi_html_is_in_entity(const edoi_html *h) {
    return h->at == EDOI_HTML_VALUE && h->quote && h->kind == EDOI_HTML_URL && h->is_escape;
}

/* ---- Values, and two ways -------------------------------------------------------------------- */

bool edoi_html_is_same(const edoi_html *a, const edoi_html *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

void edoi_html_pass_value(edoi_html *h) {
    if (h->at != EDOI_HTML_VALUE) return;
    if (h->kind == EDOI_HTML_URL) edoi_address_pass_value(&h->address);
    if (h->kind == EDOI_HTML_CONTENT) h->is_meta_out = true;
}

/* In a tag, where another attribute may follow behind a space? */
static bool is_in_tag(const edoi_html *h) {
    return (h->at >= EDOI_HTML_TAG_NAME && h->at <= EDOI_HTML_GAP) ||
           (h->at == EDOI_HTML_VALUE && !h->quote);
}

/* What holds in a tag if what is read there may have ended. */
static void end_in_tag(edoi_html *h) {
    const edoi_html_at at = (edoi_html_at)h->at;
    if (at == EDOI_HTML_TAG_NAME) {
        end_tag_name(h);
    } else if (at == EDOI_HTML_NAME || at == EDOI_HTML_BEHIND) {
        end_name(h);
    } else if (at == EDOI_HTML_VALUE) {
        end_value(h);
    }
    bool is_over = at == EDOI_HTML_BETWEEN || at == EDOI_HTML_BEHIND;
    h->at = is_over ? EDOI_HTML_BETWEEN : EDOI_HTML_GAP;
}

static bool is_address(const edoi_html *h) {
    return (h->kind >= EDOI_HTML_URL && h->kind <= EDOI_HTML_DATA) || h->kind == EDOI_HTML_CODE;
}

/* Two addresses in the same quotes become one. */
static void join_addresses(edoi_html *a, edoi_html *b) {
    const bool is_origin = (a->kind == EDOI_HTML_ORIGIN || a->kind == EDOI_HTML_PATH) &&
                           (b->kind == EDOI_HTML_ORIGIN || b->kind == EDOI_HTML_PATH);
    const bool is_url = (a->kind == EDOI_HTML_URL || a->kind == EDOI_HTML_PATH) &&
                        (b->kind == EDOI_HTML_URL || b->kind == EDOI_HTML_PATH);
    if (is_url) {
        edoi_address_join(&a->address, &b->address);
        if (a->kind != b->kind) edoi_address_pass_value(&a->address);
        if (b->kind == EDOI_HTML_URL) a->kind = EDOI_HTML_URL;
    } else if (is_origin && !edoi_html_is_same(a, b)) {
        go_in_address(a, EDOI_HTML_ORIGIN);
        a->address.origin = EDOI_ADDRESS_EITHER;
    } else if (!edoi_html_is_same(a, b)) {
        bool is_unsure = a->address.is_unsure || b->address.is_unsure;
        go_in_address(a, EDOI_HTML_CODE); // takes no value; nor ":", which a value may stand before
        a->address.is_unsure = is_unsure;
    }
    b->kind = a->kind;
    b->address = a->address;
    b->is_escape = a->is_escape;
    memcpy(b->word, a->word, sizeof b->word);
    b->word_n = a->word_n;
}

/* What is of a whole tag, or of a whole page: each way may have set it. */
static void join_flags(edoi_html *a, edoi_html *b) {
    if (a->is_slash != b->is_slash) {
        unsure_slash(a);
        unsure_slash(b);
    }
    if (a->type != b->type) a->type = b->type = EDOI_HTML_TYPED;
    a->is_meta_set = b->is_meta_set = a->is_meta_set || b->is_meta_set;
    a->is_meta_out = b->is_meta_out = a->is_meta_out || b->is_meta_out;
    a->is_hidden = b->is_hidden = a->is_hidden || b->is_hidden;
    a->is_escape = b->is_escape = a->is_escape || b->is_escape;
    a->is_tangled = b->is_tangled = a->is_tangled || b->is_tangled;
    bool is_outer = b->col_in > 0 && (a->col_in == 0 || b->col_in < a->col_in);
    a->col_in = b->col_in = is_outer ? b->col_in : a->col_in;
}

bool edoi_html_join(edoi_html *h, const edoi_html *other) {
    edoi_html a = *h, b = *other;
    if (edoi_html_is_same(&a, &b)) return true;
    if (edoi_html_is_in_entity(&a) || edoi_html_is_in_entity(&b)) return false;
    if (is_in_tag(&a) && is_in_tag(&b)) {
        end_in_tag(&a);
        end_in_tag(&b);
        if (a.at != b.at) a.at = b.at = EDOI_HTML_GAP;
    } else if (a.at == EDOI_HTML_VALUE && b.at == EDOI_HTML_VALUE) {
        if (is_address(&a) && is_address(&b)) join_addresses(&a, &b);
        if (a.kind == EDOI_HTML_TYPE && b.kind == EDOI_HTML_TYPE) {
            a.is_escape = true;
            word_begin(&a);
            word_begin(&b);
        }
        bool is_code = a.kind == EDOI_HTML_NUMBERS || a.kind == EDOI_HTML_CONTENT;
        if (is_code && !edo_str_equal(word_of(&a), word_of(&b))) {
            unsure_entity(&a);
            unsure_entity(&b);
        }
    }
    join_flags(&a, &b);
    *h = a;
    return edoi_html_is_same(&a, &b);
}

void edoi_html_pass_part(edoi_html *h) {
    if (edoi_html_is_in_entity(h)) return; // only a part without a byte fits
    if (is_in_tag(h)) {
        end_in_tag(h);
        h->at = EDOI_HTML_GAP;
        if (h->is_slash) unsure_slash(h);
        if (h->element == EDOI_HTML_SCRIPT && h->type == EDOI_HTML_UNTYPED)
            h->type = EDOI_HTML_TYPED;
    } else if (h->at == EDOI_HTML_VALUE) {
        edoi_html_pass_value(h);
        if (h->kind == EDOI_HTML_TYPE) word_begin(h);
        h->is_escape = h->kind == EDOI_HTML_TYPE;
        if (h->kind == EDOI_HTML_NUMBERS || h->kind == EDOI_HTML_CONTENT) unsure_entity(h);
        edoi_html code = *h;
        code.kind = EDOI_HTML_CODE;
        if (h->kind == EDOI_HTML_ORIGIN || h->kind == EDOI_HTML_DATA) join_addresses(h, &code);
    } else if (h->at == EDOI_HTML_RAW) {
        h->is_escape = h->element == EDOI_HTML_STYLE;
    }
}

bool edoi_html_fits(const edoi_html *begin, const edoi_html *end) {
    edoi_html whole = *begin;
    edoi_html_pass_part(&whole);
    edoi_html joined = whole;
    return edoi_html_join(&joined, end) && edoi_html_is_same(&joined, &whole);
}

const char *edoi_html_parting(const edoi_html *begin, const edoi_html *end) {
    if (end->is_tangled && !begin->is_tangled)
        return "it has HTML within svg or math, or a frameset, which changes how the rest of a "
               "page "
               "is read: write it into the page itself:";
    if (edoi_html_is_in_entity(begin) || edoi_html_is_in_entity(end))
        return "in an address & and what it begins stand in one text:";
    bool is_value = begin->at == EDOI_HTML_VALUE && end->at == EDOI_HTML_VALUE;
    if (is_value && is_address(begin) && is_address(end))
        return "it decides the scheme of an address, and only the page itself can:";
    return "where it ends another part of HTML is open than where it begins:";
}
