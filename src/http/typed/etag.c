/* SPDX-License-Identifier: MIT */
/* http/typed/etag.c: entity tags, lists of them, and If-Range. */
#include <edo/http_fields.h>

#include "http/typed/put.h"
#include "http/types/bytes_of.h"

static bool is_opaque(edo_str s) {
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c <= 0x20 || c == '"' || c == 0x7f) return false;
    }
    return true;
}

int edo_etag_parse(edo_etag *out, edo_str text) {
    bool is_weak = text.len >= 2 && text.ptr[0] == 'W' && text.ptr[1] == '/';
    if (is_weak) text = (edo_str){ text.ptr + 2, text.len - 2 };
    if (text.len < 2 || text.ptr[0] != '"' || text.ptr[text.len - 1] != '"') return -EINVAL;
    edo_str opaque = { text.ptr + 1, text.len - 2 };
    if (!is_opaque(opaque)) return -EINVAL;
    *out = (edo_etag){ opaque, is_weak };
    return 0;
}

bool edo_etag_equal_strong(const edo_etag *a, const edo_etag *b) {
    return !a->is_weak && !b->is_weak && edo_str_equal(a->opaque, b->opaque);
}

bool edo_etag_equal_weak(const edo_etag *a, const edo_etag *b) {
    return edo_str_equal(a->opaque, b->opaque);
}

/* Takes the next element off a list of tags. A backslash has no meaning there. */
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

static bool etag_is_in(const edo_etag *tag, edo_str list,
                       bool (*is_equal)(const edo_etag *, const edo_etag *)) {
    edo_str element;
    edo_etag other;
    if (edo_str_equal(edoi_trim(list), EDO_STR("*"))) return true;
    while (tag_next(&list, &element))
        if (edo_etag_parse(&other, element) == 0 && is_equal(tag, &other)) return true;
    return false;
}

bool edo_etag_in_list(const edo_etag *tag, edo_str list) {
    return etag_is_in(tag, list, edo_etag_equal_weak);
}

bool edo_etag_in_list_strong(const edo_etag *tag, edo_str list) {
    return etag_is_in(tag, list, edo_etag_equal_strong);
}

int edo_etag_print(const edo_etag *self, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, is_opaque(self->opaque));
    edoi_put_str(&put, self->is_weak ? EDO_STR("W/\"") : EDO_STR("\""));
    edoi_put_str(&put, self->opaque);
    edoi_put_str(&put, EDO_STR("\""));
    return edoi_put_end(&put);
}

int edo_if_range_parse(edo_if_range *out, edo_str text, int64_t now) {
    edo_if_range found = { .is_date = false };
    if (edo_etag_parse(&found.etag, text) < 0) {
        int err = edo_http_date_parse(&found.date, text, now);
        if (err < 0) return err;
        found.is_date = true;
    }
    *out = found;
    return 0;
}

bool edo_if_range_holds(const edo_if_range *self, const edo_etag *tag, int64_t changed) {
    if (self->is_date) return changed >= 0 && changed == self->date;
    return tag && edo_etag_equal_strong(&self->etag, tag);
}
