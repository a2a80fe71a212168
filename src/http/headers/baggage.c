/* SPDX-License-Identifier: MIT */
/* http/headers/baggage.c: baggage: its text, its members, and the block that it is bound to.
 *
 *     key1 = value1;property;other=5 , key2=value%202
 *     |---------- a member --------|   |------------|
 *
 * What is bound is one object: the text that is passed on, and the members, which have views into
 * it; decoded values lie behind it.
 * Spec: W3C Baggage, "Baggage HTTP Header Format". */
#include "http/headers/baggage.h"
#include "base/text/hex.h"
#include "base/text/utf8.h"
#include "http/types/bytes_of.h"

#include <edo/error.h>

#include <errno.h>
#include <string.h>

typedef struct baggage {
    edo_str text; /* without blanks around its commas */
    size_t n;
    edo_baggage_member members[];
} baggage;

static const edo_context_key baggage_key = { .name = "baggage" };

static const baggage *baggage_here(void) {
    return edo_context_get(&baggage_key);
}

/* ---- The grammar ----------------------------------------------------------------------------- */

/* One member of a text. */
typedef struct list_member {
    edo_str text;                   /* the whole of it */
    edo_str key, value, properties; /* without blanks at their ends; `value` is not decoded */
} list_member;

/* Takes what stands before `mark`, without blanks at its ends, and the mark off `rest`; all if
 * there is none. */
static edo_str baggage_cut(edo_str *rest, char mark) {
    const char *at = rest->len > 0 ? memchr(rest->ptr, mark, rest->len) : NULL;
    const size_t n = at ? (size_t)(at - rest->ptr) : rest->len;
    const edo_str before = { rest->ptr, n };
    *rest = edoi_after(*rest, at ? n + 1 : n);
    return edoi_trim(before);
}

static bool is_octet(char c) {
    return c > 0x20 && c < 0x7f && !edoi_is_one_of(c, "\",;\\");
}

static bool is_value(edo_str s) {
    for (size_t i = 0; i < s.len; i++)
        if (!is_octet(s.ptr[i])) return false;
    return true;
}

/* Is it "key", or "key=value" (also "key=", whose value has no bytes)? */
static bool is_property(edo_str s) {
    const edo_str key = baggage_cut(&s, '=');
    return edoi_is_token(key) && is_value(edoi_trim(s));
}

static bool are_properties(edo_str s) {
    for (;;) {
        const bool is_last = s.len == 0 || !memchr(s.ptr, ';', s.len);
        if (!is_property(baggage_cut(&s, ';'))) return false;
        if (is_last) return true;
    }
}

static bool member_read(list_member *out, edo_str text) {
    edo_str rest = text;
    edo_str head = baggage_cut(&rest, ';');
    const bool has_value = head.len > 0 && memchr(head.ptr, '=', head.len);
    const bool has_properties = head.ptr + head.len < text.ptr + text.len;
    *out = (list_member){ .text = text, .key = baggage_cut(&head, '='), .value = edoi_trim(head) };
    if (has_properties) out->properties = edoi_trim(rest);
    return has_value && edoi_is_token(out->key) && is_value(out->value) &&
           (!has_properties || are_properties(rest));
}

/* Takes the next member off `rest`, and passes over what is none. False: there is no more. */
static bool member_next(list_member *out, edo_str *rest) {
    while (rest->len > 0)
        if (member_read(out, baggage_cut(rest, ','))) return true;
    return false;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* The byte that `s` begins with, and how long it is there: a percent sequence, or itself. */
static unsigned char octet_of(edo_str s, size_t *n) {
    const int byte = edoi_percent_byte(s);
    *n = byte >= 0 ? 3 : 1;
    return (unsigned char)(byte >= 0 ? byte : s.ptr[0]);
}

/* Writes the first character of `s` to `*to`, and moves both on. A byte that is no UTF-8 was a
 * percent sequence, so U+FFFD, three bytes as well, has room. */
static void decode_character(char **to, edo_str *s) {
    unsigned char bytes[4] = { 0 };
    size_t widths[4] = { 0 }, got = 0;
    uint32_t point;
    for (edo_str at = *s; got < 4 && at.len > 0; got++) {
        bytes[got] = octet_of(at, &widths[got]);
        at = edoi_after(at, widths[got]);
    }
    const size_t n = edoi_utf8_decode(bytes, got, &point);
    memcpy(*to, n > 0 ? (const char *)bytes : "\xef\xbf\xbd", n > 0 ? n : 3);
    *to += n > 0 ? n : 3;
    for (size_t i = 0; i < n || i == 0; i++) *s = edoi_after(*s, widths[i]);
}

static edo_str decode(char **to, edo_str s) {
    const char *const begin = *to;
    while (s.len > 0) decode_character(to, &s);
    return (edo_str){ begin, (size_t)(*to - begin) };
}

static int encode(edo_buf *out, edo_str s) {
    int err = edo_buf_reserve(out, s.len * 3);
    for (size_t i = 0; err == 0 && i < s.len; i++) {
        const unsigned char c = (unsigned char)s.ptr[i];
        if (is_octet(s.ptr[i]) && c != '%') {
            out->ptr[out->len++] = s.ptr[i];
            continue;
        }
        out->len = (size_t)(edoi_percent_put(out->ptr + out->len, c) - out->ptr);
    }
    return err;
}

/* ---- What is bound --------------------------------------------------------------------------- */

/* How many members are kept, and in `*bytes` how long their text is. */
static size_t baggage_measure(edo_str text, size_t *bytes) {
    size_t n = 0;
    list_member p;
    *bytes = 0;
    while (n < EDO_BAGGAGE_MEMBERS_MAX && member_next(&p, &text)) {
        const size_t all = *bytes + (n > 0) + p.text.len;
        if (all > EDO_BAGGAGE_BYTES_MAX) break;
        *bytes = all;
        n++;
    }
    return n;
}

/* Moves a view of `from` to the copy of its text. */
static edo_str baggage_move(edo_str view, edo_str from, const char *copy) {
    return view.len > 0 ? (edo_str){ copy + (view.ptr - from.ptr), view.len }
                        : (edo_str){ copy, 0 };
}

static void baggage_fill(baggage *b, edo_str text) {
    char *to = (char *)&b->members[b->n], *values = to + b->text.len;
    list_member p;
    b->text.ptr = to;
    for (size_t i = 0; i < b->n && member_next(&p, &text); i++) {
        if (i > 0) *to++ = ',';
        memcpy(to, p.text.ptr, p.text.len);
        b->members[i] =
            (edo_baggage_member){ .key = baggage_move(p.key, p.text, to),
                                  .value = decode(&values, p.value),
                                  .properties = baggage_move(p.properties, p.text, to) };
        to += p.text.len;
    }
}

/* NULL in `*out`: no member is left. */
static int baggage_new(baggage **out, edo_str text) {
    size_t bytes;
    const size_t n = baggage_measure(text, &bytes);
    *out = NULL;
    if (n == 0) return 0;
    baggage *b = edo_rc_new(sizeof *b + n * sizeof b->members[0] + 2 * bytes, NULL);
    if (!b) return -ENOMEM;
    b->n = n;
    b->text.len = bytes;
    baggage_fill(b, text);
    *out = b;
    return 0;
}

int edo_baggage_begin_text(edo_context_block *b, edo_str text) {
    baggage *made;
    int err = baggage_new(&made, text);
    if (err < 0) return err;
    edo_context_begin(b, &baggage_key, made);
    edo_rc_unref(made); // the block has it
    return 0;
}

edo_str edo_baggage_text(void) {
    const baggage *b = baggage_here();
    return b ? b->text : (edo_str){ NULL, 0 };
}

const edo_baggage_member *edo_baggage_at(size_t i) {
    const baggage *b = baggage_here();
    return b && i < b->n ? &b->members[i] : NULL;
}

edo_str edo_baggage_get(edo_str key) {
    const baggage *b = baggage_here();
    for (size_t i = b ? b->n : 0; i > 0; i--)
        if (edo_str_equal(b->members[i - 1].key, key)) return b->members[i - 1].value;
    return (edo_str){ NULL, 0 };
}

/* ---- Changes --------------------------------------------------------------------------------- */

static bool changes_have(const edo_baggage_member *changes, size_t n, edo_str key) {
    for (size_t i = 0; i < n; i++)
        if (edo_str_equal(changes[i].key, key)) return true;
    return false;
}

/* Appends the comma before a member that is not the first. */
static int put_comma(edo_buf *out) {
    return out->len > 0 ? edo_buf_append(out, ",", 1) : 0;
}

static int put_kept(edo_buf *out, const edo_baggage_member *changes, size_t n) {
    edo_str rest = edo_baggage_text();
    int err = 0;
    for (list_member p; err == 0 && member_next(&p, &rest);) {
        if (changes_have(changes, n, p.key)) continue;
        err = put_comma(out);
        if (err == 0) err = edo_buf_append(out, p.text.ptr, p.text.len);
    }
    return err;
}

static int put_change(edo_buf *out, const edo_baggage_member *m) {
    const edo_str properties = edoi_trim(m->properties);
    if (!edoi_is_token(m->key)) return edo_fail(-EINVAL, "baggage: the key is no token");
    if (!m->value.ptr) return 0;
    if (!edo_str_is_utf8(m->value)) return edo_fail(-EINVAL, "baggage: the value is no UTF-8");
    if (properties.len > 0 &&
        (memchr(properties.ptr, ',', properties.len) || !are_properties(properties)))
        return edo_fail(-EINVAL, "baggage: the properties are none");
    if (m->key.len + m->value.len + properties.len > EDO_BAGGAGE_BYTES_MAX) return -ENOSPC;
    int err = put_comma(out);
    if (err == 0) err = edo_buf_append(out, m->key.ptr, m->key.len);
    if (err == 0) err = edo_buf_append(out, "=", 1);
    if (err == 0) err = encode(out, m->value);
    if (err < 0 || properties.len == 0) return err;
    err = edo_buf_append(out, ";", 1);
    return err < 0 ? err : edo_buf_append(out, properties.ptr, properties.len);
}

/* Are all members of the text within the limits? */
static bool baggage_fits(edo_str text) {
    size_t bytes;
    (void)baggage_measure(text, &bytes);
    return bytes == text.len;
}

int edo_baggage_begin(edo_context_block *b, const edo_baggage_member *changes, size_t n) {
    edo_buf text = { 0 };
    int err = put_kept(&text, changes, n);
    for (size_t i = 0; err == 0 && i < n; i++) err = put_change(&text, &changes[i]);
    if (err == 0 && !baggage_fits(edo_buf_str(&text))) err = -ENOSPC;
    if (err == -ENOSPC) err = edo_fail(err, "baggage: more than 64 members or 8,192 bytes");
    if (err == 0) err = edo_baggage_begin_text(b, edo_buf_str(&text));
    edo_buf_deinit(&text);
    return err;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static int begin_several(edo_context_block *b, const edo_headers *h) {
    edo_buf all = { 0 };
    int err = edo_headers_combine(h, EDO_STR("baggage"), &all);
    if (err == 0) err = edo_baggage_begin_text(b, edo_buf_str(&all));
    edo_buf_deinit(&all);
    return err < 0 ? err : 1;
}

int edoi_baggage_begin_fields(edo_context_block *b, const edo_headers *h) {
    const edo_header *f = edo_headers_next(h, NULL, EDO_HEADER_BAGGAGE);
    if (!f) return 0;
    if (edo_headers_next(h, f, EDO_HEADER_BAGGAGE)) return begin_several(b, h);
    int err = edo_baggage_begin_text(b, f->value);
    return err < 0 ? err : 1;
}

int edoi_baggage_pass_here(edo_headers *h, size_t room) {
    const edo_str text = edo_baggage_text();
    if (text.len == 0 || text.len > room || edo_headers_get(h, EDO_HEADER_BAGGAGE).ptr) return 0;
    return edo_headers_append(h, EDO_HEADER_BAGGAGE, text);
}
