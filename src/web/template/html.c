/* SPDX-License-Identifier: MIT */
/* web/template/html.c: see html.h. */
#include "web/template/html.h"
#include "base/assert.h"

#include <string.h>

static bool html_is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static char html_lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* ---- Words ----------------------------------------------------------------------------------- */

static void word_begin(edoi_html *h) {
    memset(h->word, 0, sizeof h->word);
    h->word_n = 0;
}

static void word_add(edoi_html *h, char c) {
    if (h->word_n < sizeof h->word) h->word[h->word_n++] = html_lower(c);
    EDO_INV("html inv. 1", h->word_n <= sizeof h->word);
}

static bool html_word_is(const edoi_html *h, const char *word) {
    return h->word_n == strlen(word) && memcmp(h->word, word, h->word_n) == 0;
}

static bool word_is_one_of(const edoi_html *h, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (html_word_is(h, words[i])) return true;
    return false;
}

/* ---- Elements and attributes ----------------------------------------------------------------- */

static const char *const textual[] = { "textarea", "xmp", "iframe", "noembed", "noframes" };

static edoi_html_element element_of(const edoi_html *h) {
    if (html_word_is(h, "script")) return EDOI_HTML_SCRIPT;
    if (html_word_is(h, "style")) return EDOI_HTML_STYLE;
    return word_is_one_of(h, textual, EDO_COUNT(textual)) ? EDOI_HTML_WORDS : EDOI_HTML_OTHER;
}

static edoi_html_kind kind_of(const edoi_html *h) {
    static const char *const urls[] = { "href",     "src",        "action", "formaction",
                                        "cite",     "poster",     "data",   "background",
                                        "ping",     "manifest",   "srcset", "imagesrcset",
                                        "longdesc", "xlink:href", "icon",   "codebase",
                                        "archive" };
    if (h->is_unsure) return EDOI_HTML_CODE;
    if (h->word_n > 2 && memcmp(h->word, "on", 2) == 0) return EDOI_HTML_CODE;
    if (html_word_is(h, "style") || html_word_is(h, "srcdoc")) return EDOI_HTML_CODE;
    if (html_word_is(h, "type") && h->element == EDOI_HTML_SCRIPT) return EDOI_HTML_TYPE;
    return word_is_one_of(h, urls, EDO_COUNT(urls)) ? EDOI_HTML_URL : EDOI_HTML_PLAIN;
}

/* The scheme of an address is read whole: may a value follow? */
static edoi_html_kind kind_behind_scheme(const edoi_html *h) {
    bool is_code =
        html_word_is(h, "javascript") || html_word_is(h, "vbscript") || html_word_is(h, "data");
    return is_code ? EDOI_HTML_CODE : EDOI_HTML_PATH;
}

static bool type_is_json(const edoi_html *h) {
    bool ends = h->word_n >= 4 && memcmp(h->word + h->word_n - 4, "json", 4) == 0;
    return !h->is_unsure && (ends || html_word_is(h, "application/json"));
}

/* ---- Steps ----------------------------------------------------------------------------------- */

static void go(edoi_html *h, edoi_html_at to) {
    h->at = (uint8_t)to;
    h->is_unsure = false;
    word_begin(h);
}

static void end_tag_name(edoi_html *h) {
    h->element = (uint8_t)element_of(h);
    h->is_json = false;
    go(h, EDOI_HTML_BETWEEN);
}

static void end_tag(edoi_html *h) {
    bool is_raw = !h->is_end && h->element != EDOI_HTML_OTHER;
    go(h, is_raw ? EDOI_HTML_RAW : EDOI_HTML_TEXT);
    if (!is_raw) h->element = EDOI_HTML_OTHER, h->is_json = false;
    h->kind = EDOI_HTML_PLAIN;
    h->is_end = false;
}

static void end_value(edoi_html *h) {
    if (h->kind == EDOI_HTML_TYPE) h->is_json = type_is_json(h);
    h->kind = EDOI_HTML_PLAIN;
    h->quote = 0;
    go(h, EDOI_HTML_BETWEEN);
}

/* A byte of an attribute's value. Returns what is wrong. */
static const char *value_byte(edoi_html *h, char c) {
    if (h->kind == EDOI_HTML_TYPE) return word_add(h, c), NULL;
    if (h->kind != EDOI_HTML_URL || (unsigned char)c <= ' ') return NULL;
    if (c == ':' && h->is_unsure) return "a value cannot be the scheme of an address";
    if (c == ':') h->kind = (uint8_t)kind_behind_scheme(h);
    if (c == '/' || c == '?' || c == '#') h->kind = EDOI_HTML_PATH;
    if (h->kind == EDOI_HTML_URL) {
        word_add(h, c);
    } else {
        word_begin(h);
        h->is_unsure = false;
    }
    return NULL;
}

static void begin_value(edoi_html *h, char quote) {
    h->quote = quote;
    go(h, EDOI_HTML_VALUE);
}

static void between_byte(edoi_html *h, char c) {
    if (c == '>') {
        end_tag(h);
    } else if (!html_is_space(c) && c != '/') {
        go(h, EDOI_HTML_NAME);
        word_add(h, c);
    }
}

static void attribute_name_byte(edoi_html *h, char c) {
    if (c == '=') {
        h->kind = (uint8_t)kind_of(h);
        go(h, EDOI_HTML_EQUALS);
    } else if (h->at == EDOI_HTML_BEHIND && !html_is_space(c)) {
        go(h, EDOI_HTML_BETWEEN);
        between_byte(h, c);
    } else if (html_is_space(c)) {
        h->at = EDOI_HTML_BEHIND;
    } else if (c == '/' || c == '>') {
        go(h, EDOI_HTML_BETWEEN);
        between_byte(h, c);
    } else {
        word_add(h, c);
    }
}

/* A byte within a tag. Returns what is wrong. */
static const char *tag_byte(edoi_html *h, char c) {
    switch (h->at) {
    case EDOI_HTML_TAG_NAME:
        if (!html_is_space(c) && c != '/' && c != '>') return word_add(h, c), NULL;
        end_tag_name(h);
        between_byte(h, c);
        break;
    case EDOI_HTML_BETWEEN: between_byte(h, c); break;
    case EDOI_HTML_NAME:
    case EDOI_HTML_BEHIND: attribute_name_byte(h, c); break;
    case EDOI_HTML_EQUALS:
        if (html_is_space(c)) break;
        if (c == '>') {
            end_tag(h);
        } else if (c == '"' || c == '\'') {
            begin_value(h, c);
        } else {
            begin_value(h, 0);
            return value_byte(h, c);
        }
        break;
    default:
        if (h->quote ? c == h->quote : html_is_space(c) || c == '>') {
            end_value(h);
            if (c == '>') end_tag(h);
            break;
        }
        return value_byte(h, c);
    }
    return NULL;
}

/* ---- Text ------------------------------------------------------------------------------------ */

static bool html_begins(const char *at, const char *end, const char *with) {
    size_t n = strlen(with);
    return (size_t)(end - at) >= n && memcmp(at, with, n) == 0;
}

/* Behind "<" of a text: returns where the rest goes on. */
static const char *opens(edoi_html *h, const char *at, const char *end) {
    if (at == end) return at;
    if (*at == '/' && !h->is_end) {
        h->is_end = true;
        return at + 1;
    }
    if (is_letter(*at)) {
        go(h, EDOI_HTML_TAG_NAME);
        return at;
    }
    bool is_markup = h->is_end || *at == '!' || *at == '?';
    h->is_end = false;
    if (html_begins(at, end, "!-->") || html_begins(at, end, "!--->")) {
        go(h, EDOI_HTML_MARKUP); // a comment that ends at once
    } else if (html_begins(at, end, "!--")) {
        go(h, EDOI_HTML_REMARK);
        at += 3;
    } else {
        go(h, is_markup ? EDOI_HTML_MARKUP : EDOI_HTML_TEXT);
    }
    return at;
}

/* Is here the end tag of the element whose text is read? Its name becomes the word. */
static bool ends_element(edoi_html *h, const char *at, const char *end) {
    if (!html_begins(at, end, "</")) return false;
    edoi_html name = { 0 };
    for (at += 2; at < end && is_letter(*at); at++) word_add(&name, *at);
    bool is_whole = at == end || html_is_space(*at) || *at == '/' || *at == '>';
    if (!is_whole || element_of(&name) != (edoi_html_element)h->element) return false;
    h->is_end = true;
    return true;
}

/* Text that is no HTML, up to its end. Returns where the rest goes on. */
static const char *raw(edoi_html *h, const char *at, const char *end, const char **wrong) {
    for (; at < end; at++) {
        if (h->element == EDOI_HTML_SCRIPT && html_begins(at, end, "<!--"))
            return *wrong = "in a script <!-- may hide where it ends", at;
        if (!ends_element(h, at, end)) continue;
        go(h, EDOI_HTML_TAG_NAME);
        return at + 2;
    }
    return end;
}

static const char *remark(edoi_html *h, const char *at, const char *end) {
    for (; at < end; at++) {
        if (!html_begins(at, end, "-->") && !html_begins(at, end, "--!>")) continue;
        go(h, EDOI_HTML_TEXT);
        return at + (at[2] == '>' ? 3 : 4);
    }
    return end;
}

/* Text between tags, up to the next one. */
static const char *words(edoi_html *h, const char *at, const char *end) {
    const char *tag = memchr(at, '<', (size_t)(end - at));
    if (!tag) return end;
    go(h, EDOI_HTML_OPENS);
    return tag + 1;
}

static const char *markup(edoi_html *h, const char *at) {
    if (*at == '>') go(h, EDOI_HTML_TEXT);
    return at + 1;
}

const char *edoi_html_pass(edoi_html *h, edo_str *text) {
    const char *end = text->ptr + text->len, *wrong = NULL;
    for (const char *at = text->ptr; at < end && !wrong;) {
        text->ptr = at;
        switch (h->at) {
        case EDOI_HTML_TEXT: at = words(h, at, end); break;
        case EDOI_HTML_OPENS: at = opens(h, at, end); break;
        case EDOI_HTML_REMARK: at = remark(h, at, end); break;
        case EDOI_HTML_MARKUP: at = markup(h, at); break;
        case EDOI_HTML_RAW: text->ptr = at = raw(h, at, end, &wrong); break;
        default: wrong = tag_byte(h, *at++);
        }
    }
    return wrong;
}

/* ---- Two ways -------------------------------------------------------------------------------- */

bool edoi_html_is_same(const edoi_html *a, const edoi_html *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

static bool is_in_tag(const edoi_html *h) {
    return h->at >= EDOI_HTML_TAG_NAME && h->at <= EDOI_HTML_BEHIND;
}

/* In a tag, not in a value: what is known of it, but the name of an attribute that may go on. */
static edoi_html unsure_tag(const edoi_html *h) {
    edoi_html t = *h;
    if (t.at == EDOI_HTML_TAG_NAME) end_tag_name(&t);
    go(&t, EDOI_HTML_NAME);
    t.is_unsure = true;
    return t;
}

void edoi_html_pass_other(edoi_html *h) {
    if (is_in_tag(h)) *h = unsure_tag(h);
    if (h->at == EDOI_HTML_VALUE && h->kind != EDOI_HTML_PLAIN) h->is_unsure = true;
}

bool edoi_html_join(edoi_html *h, const edoi_html *begin) {
    if (edoi_html_is_same(h, begin)) return true;
    edoi_html a = *begin, b = *h;
    if (is_in_tag(&a) && is_in_tag(&b)) {
        if (b.at == EDOI_HTML_TAG_NAME) return false; // the name of the tag goes on
        a = unsure_tag(&a);
        b = unsure_tag(&b);
    } else if (a.at == EDOI_HTML_VALUE && b.at == EDOI_HTML_VALUE && a.kind != EDOI_HTML_CODE &&
               b.kind != EDOI_HTML_CODE) {
        // An address whose beginning may be left out is still at its beginning.
        if (a.kind == EDOI_HTML_URL) b.kind = EDOI_HTML_URL;
        a.is_unsure = b.is_unsure = a.kind != EDOI_HTML_PLAIN;
        word_begin(&a);
        word_begin(&b);
    }
    *h = a;
    return edoi_html_is_same(&a, &b);
}

/* ---- Addresses ------------------------------------------------------------------------------- */

bool edoi_html_url_is_safe(edo_str value) {
    static const char *const schemes[] = { "http", "https", "mailto" };
    edoi_html scheme = { 0 };
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '/' || c == '?' || c == '#') return true;
        if (c == ':') return word_is_one_of(&scheme, schemes, EDO_COUNT(schemes));
        word_add(&scheme, c);
    }
    return true;
}
