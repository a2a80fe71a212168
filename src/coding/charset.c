/* SPDX-License-Identifier: MIT */
/* coding/charset.c: texts of others as UTF-8. What the web has besides UTF-8, US-ASCII and
 * ISO-8859-1 becomes rare, and needs tables. */
#include "coding/charset.h"

#include <edo/http_fields.h>

#include <errno.h>

static bool charset_is_ascii(edo_str text) {
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80) return false;
    return true;
}

/* Each byte is the character of its number. */
static int charset_from_latin1(edo_buf *text, size_t from) {
    edo_buf utf8 = { 0 };
    int err = edo_buf_append(&utf8, text->ptr, from);
    for (size_t i = from; i < text->len && err == 0; i++) {
        unsigned char c = (unsigned char)text->ptr[i];
        char two[2] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)) };
        err = c < 0x80 ? edo_buf_append(&utf8, &text->ptr[i], 1) : edo_buf_append(&utf8, two, 2);
    }
    if (err < 0) {
        edo_buf_deinit(&utf8);
        return err;
    }
    edo_buf_deinit(text);
    *text = utf8;
    return 0;
}

int edoi_charset_to_utf8(edo_buf *text, size_t from, edo_str content_type) {
    edo_media_type type;
    edo_str charset = { 0 }, bytes = { text->ptr ? text->ptr + from : "", text->len - from };
    if (content_type.ptr && edo_media_type_parse(&type, content_type) == 0)
        charset = edo_header_param_get(type.params, EDO_STR("charset"));
    if (edo_header_has(charset, EDO_STR("iso-8859-1"))) return charset_from_latin1(text, from);
    if (edo_header_has(charset, EDO_STR("us-ascii"))) return charset_is_ascii(bytes) ? 0 : -EILSEQ;
    if (charset.len > 0 && !edo_header_has(charset, EDO_STR("utf-8"))) return -ENOTSUP;
    return edo_str_is_utf8(bytes) ? 0 : -EILSEQ;
}
