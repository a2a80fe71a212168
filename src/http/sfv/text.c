/* SPDX-License-Identifier: MIT */
/* http/sfv/text.c: see text.h. */
#include "http/sfv/text.h"

#include "base/text/hex.h"
#include "http/typed/put.h"
#include "http/types/bytes_of.h"

static bool sfv_text_is_lower(char c) {
    return c >= 'a' && c <= 'z';
}

static bool sfv_text_is_digit(char c) {
    return edoi_byte_is(c, EDOI_BYTE_DIGIT);
}

size_t edoi_sfv_key_n(edo_str s) {
    size_t n = 0;
    if (s.len == 0 || (!sfv_text_is_lower(s.ptr[0]) && s.ptr[0] != '*')) return 0;
    while (n < s.len && (sfv_text_is_lower(s.ptr[n]) || sfv_text_is_digit(s.ptr[n]) ||
                         edoi_is_one_of(s.ptr[n], "_-.*")))
        n++;
    return n;
}

size_t edoi_sfv_token_n(edo_str s) {
    size_t n = 0;
    if (s.len == 0 || (!sfv_text_is_lower(edoi_lower(s.ptr[0])) && s.ptr[0] != '*')) return 0;
    while (n < s.len && (edoi_byte_is(s.ptr[n], EDOI_BYTE_TOKEN) || edoi_is_one_of(s.ptr[n], ":/")))
        n++;
    return n;
}

bool edoi_sfv_is_key(edo_str s) {
    return s.len > 0 && edoi_sfv_key_n(s) == s.len;
}

/* ---- Strings --------------------------------------------------------------------------------- */

static bool sfv_text_is_plain(char c) {
    return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f;
}

static bool is_string(edo_str s) {
    for (size_t n = 0; n < s.len; n++) {
        if (!sfv_text_is_plain(s.ptr[n]) || s.ptr[n] == '"') return false;
        if (s.ptr[n] == '\\' && (++n == s.len || !edoi_is_one_of(s.ptr[n], "\"\\"))) return false;
    }
    return true;
}

/* Is it base64? Padding may be missing, and bits that belong to no byte may be set. */
static bool is_base64(edo_str s) {
    size_t pads = 0;
    while (pads < 2 && pads < s.len && s.ptr[s.len - 1 - pads] == '=') pads++;
    size_t n = s.len - pads;
    for (size_t i = 0; i < n; i++) {
        char c = edoi_lower(s.ptr[i]);
        if (!sfv_text_is_lower(c) && !sfv_text_is_digit(c) && c != '+' && c != '/') return false;
    }
    return n % 4 != 1 && (pads == 0 || s.len % 4 == 0);
}

/* ---- Display strings ------------------------------------------------------------------------- */

/* Takes one byte of a display string. Returns -1 if there is none. */
static int sfv_text_take_byte(edo_str *rest) {
    char c = rest->ptr[0];
    if (!sfv_text_is_plain(c) || c == '"') return -1;
    size_t n = c == '%' ? 3 : 1;
    if (n > rest->len) return -1;
    const int byte = n == 3 ? edoi_hex_byte_lower(rest->ptr + 1) : c;
    *rest = edoi_after(*rest, n);
    return byte;
}

/* Returns the bytes of the UTF-8 character that begins with `c`; 0 if none does. */
static size_t char_n(int c) {
    if (c < 0x80) return c >= 0;
    return c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf8 ? 4 : 0;
}

/* Takes one character, of `*n` bytes. */
static bool take_char(char bytes[4], size_t *n, edo_str *rest) {
    int c = sfv_text_take_byte(rest);
    *n = char_n(c);
    for (size_t i = 0; i < *n; i++) {
        if (i > 0) c = rest->len > 0 ? sfv_text_take_byte(rest) : -1;
        if (c < 0) return false;
        bytes[i] = (char)c;
    }
    return *n > 0 && edo_str_is_utf8((edo_str){ bytes, *n });
}

static bool is_display(edo_str s) {
    char bytes[4];
    size_t n;
    while (s.len > 0)
        if (!take_char(bytes, &n, &s)) return false;
    return true;
}

static void sfv_text_put_display(edoi_put *put, edo_str plain) {
    edoi_put_check(put, edo_str_is_utf8(plain));
    for (size_t i = 0; i < plain.len; i++) {
        unsigned char c = (unsigned char)plain.ptr[i];
        char coded[3] = "%";
        edoi_hex_print(coded + 1, &c, 1);
        bool is_as_it_is = sfv_text_is_plain((char)c) && c != '%' && c != '"';
        edoi_put_str(put, is_as_it_is ? (edo_str){ plain.ptr + i, 1 } : (edo_str){ coded, 3 });
    }
}

/* ---- Both ways ------------------------------------------------------------------------------- */

bool edoi_sfv_is_text(edo_sfv_kind kind, edo_str s) {
    if (kind == EDO_SFV_STRING) return is_string(s);
    if (kind == EDO_SFV_TOKEN) return s.len > 0 && edoi_sfv_token_n(s) == s.len;
    if (kind == EDO_SFV_BYTES) return is_base64(s);
    return kind == EDO_SFV_DISPLAY && is_display(s);
}

int edo_sfv_decode(const edo_sfv_item *item, edo_buf *out) {
    edo_str s = item->text;
    edoi_put put = edoi_put_begin(out);
    edoi_put_check(&put, edoi_sfv_is_text(item->kind, s));
    if (put.err < 0 || s.len == 0) return edoi_put_end(&put);
    if (item->kind == EDO_SFV_BYTES) return edo_base64_decode(s, EDO_BASE64_LAX, out);
    if (item->kind == EDO_SFV_TOKEN) edoi_put_str(&put, s);
    if (item->kind == EDO_SFV_DISPLAY) {
        char bytes[4];
        size_t n;
        while (s.len > 0 && take_char(bytes, &n, &s)) edoi_put_str(&put, (edo_str){ bytes, n });
    }
    for (size_t i = 0; item->kind == EDO_SFV_STRING && i < s.len; i++) {
        if (s.ptr[i] == '\\') i++;
        edoi_put_str(&put, (edo_str){ s.ptr + i, 1 });
    }
    return edoi_put_end(&put);
}

int edo_sfv_encode(edo_sfv_kind kind, edo_str plain, edo_buf *out) {
    edoi_put put = edoi_put_begin(out);
    if (kind == EDO_SFV_BYTES) return edo_base64_encode(plain, out);
    if (kind == EDO_SFV_DISPLAY) {
        sfv_text_put_display(&put, plain);
        return edoi_put_end(&put);
    }
    if (kind == EDO_SFV_TOKEN) {
        edoi_put_check(&put, edoi_sfv_is_text(kind, plain));
        edoi_put_str(&put, plain);
        return edoi_put_end(&put);
    }
    edoi_put_check(&put, kind == EDO_SFV_STRING);
    for (size_t i = 0; i < plain.len; i++) {
        edoi_put_check(&put, sfv_text_is_plain(plain.ptr[i]));
        if (edoi_is_one_of(plain.ptr[i], "\"\\")) edoi_put_str(&put, EDO_STR("\\"));
        edoi_put_str(&put, (edo_str){ plain.ptr + i, 1 });
    }
    return edoi_put_end(&put);
}
