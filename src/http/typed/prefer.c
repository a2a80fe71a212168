/* SPDX-License-Identifier: MIT */
/* http/typed/prefer.c: elements with a weight, entity tags, cookies. */
#include <edo/http_headers.h>

#include "http/types/list.h"

/* Where the `;` of the weight stands in an element, or its length. */
static size_t weight_at(edo_str s) {
    bool is_quoted = false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"') is_quoted = !is_quoted;
        if (is_quoted && s.ptr[i] == '\\') i++;
        if (is_quoted || i >= s.len || s.ptr[i] != ';') continue;
        edo_str param = edoi_trim((edo_str){ s.ptr + i + 1, s.len - i - 1 });
        if (param.len >= 2 && edoi_lower(param.ptr[0]) == 'q' && param.ptr[1] == '=') return i;
    }
    return s.len;
}

/* "0", "0.123", "1.000"; -1: none of these. */
static int weight_of(edo_str s) {
    size_t end = 0;
    while (end < s.len && s.ptr[end] != ';') end++; // parameters of the weight say nothing
    s = edoi_trim((edo_str){ s.ptr, end });
    if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1')) return -1;
    if (s.len > 1 && s.ptr[1] != '.') return -1;
    int weight = (s.ptr[0] - '0') * 1000, digit = 100;
    for (size_t i = 2; i < s.len; i++, digit /= 10) {
        if (!edoi_byte_is(s.ptr[i], EDOI_BYTE_DIGIT)) return -1;
        weight += (s.ptr[i] - '0') * digit;
    }
    return weight <= 1000 ? weight : -1;
}

int edo_accept_next(edo_preference *out, edo_str *rest) {
    edo_str element;
    if (!edoi_list_next(rest, &element)) return 0;
    size_t q = weight_at(element), n = 0;
    int weight = 1000;
    if (q < element.len) {
        edo_str param = edoi_trim((edo_str){ element.ptr + q + 1, element.len - q - 1 });
        weight = weight_of((edo_str){ param.ptr + 2, param.len - 2 });
    }
    if (weight < 0) return -EINVAL;
    while (n < q && element.ptr[n] != ';') n++;
    *out = (edo_preference){ .value = edoi_trim((edo_str){ element.ptr, n }),
                             .params = edoi_trim((edo_str){ element.ptr + n, q - n }),
                             .weight = (uint16_t)weight };
    return 1;
}

/* ---- Entity tags ----------------------------------------------------------------------------- */

int edo_etag_parse(edo_etag *out, edo_str text) {
    bool is_weak = text.len >= 2 && text.ptr[0] == 'W' && text.ptr[1] == '/';
    if (is_weak) text = (edo_str){ text.ptr + 2, text.len - 2 };
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"') return -EINVAL;
    edo_str opaque = { text.ptr + 1, text.len - 2 };
    for (size_t i = 0; i < opaque.len; i++) {
        unsigned char c = (unsigned char)opaque.ptr[i];
        if (c <= 0x20 || c == '"' || c == 0x7f) return -EINVAL;
    }
    *out = (edo_etag){ opaque, is_weak };
    return 0;
}

bool edo_etag_equal_strong(const edo_etag *a, const edo_etag *b) {
    return !a->is_weak && !b->is_weak && edo_str_equal(a->opaque, b->opaque);
}

bool edo_etag_equal_weak(const edo_etag *a, const edo_etag *b) {
    return edo_str_equal(a->opaque, b->opaque);
}

/* Takes the next element off a list of tags, in which a backslash is nothing special. */
static bool tag_next(edo_str *rest, edo_str *element) {
    bool is_quoted = false;
    size_t n = 0;
    if (rest->len == 0) return false;
    for (; n < rest->len && (is_quoted || rest->ptr[n] != ','); n++)
        if (rest->ptr[n] == '"') is_quoted = !is_quoted;
    *element = edoi_trim((edo_str){ rest->ptr, n });
    size_t gone = n < rest->len ? n + 1 : n;
    *rest = (edo_str){ rest->ptr + gone, rest->len - gone };
    return true;
}

bool edo_etag_in_list(const edo_etag *tag, edo_str list) {
    edo_str element;
    edo_etag other;
    if (edo_str_equal(edoi_trim(list), EDO_STR("*"))) return true;
    while (tag_next(&list, &element))
        if (edo_etag_parse(&other, element) == 0 && edo_etag_equal_weak(tag, &other)) return true;
    return false;
}

/* ---- Cookies --------------------------------------------------------------------------------- */

bool edo_cookie_next(edo_str *name, edo_str *value, edo_str *rest) {
    while (rest->len > 0) {
        const char *end = memchr(rest->ptr, ';', rest->len);
        size_t n = end ? (size_t)(end - rest->ptr) : rest->len;
        edo_str pair = { rest->ptr, n };
        size_t gone = end ? n + 1 : n;
        *rest = (edo_str){ rest->ptr + gone, rest->len - gone };
        const char *equals = n > 0 ? memchr(pair.ptr, '=', n) : NULL;
        if (!equals) continue;
        size_t at = (size_t)(equals - pair.ptr);
        edo_str key = edoi_trim((edo_str){ pair.ptr, at });
        if (key.len == 0) continue;
        *name = key;
        *value = edoi_trim((edo_str){ equals + 1, n - at - 1 });
        return true;
    }
    return false;
}
