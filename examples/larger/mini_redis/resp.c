/* SPDX-License-Identifier: MIT */
#include "resp.h"

#include <errno.h>

/* ---- Requests -------------------------------------------------------------------------------- */

/* Takes a line's number, after its first byte `kind`, off the front of `in`: 1, 0 if the line is
 * not whole yet, or a negative code. */
static int take_number(edo_str *in, char kind, size_t most, size_t *out) {
    if (in->len == 0) return 0;
    if (in->ptr[0] != kind) return -EPROTO;
    size_t n = 0, at = 1;
    for (; at < in->len && in->ptr[at] != '\r'; at++) {
        unsigned digit = (unsigned char)in->ptr[at] - (unsigned)'0';
        if (digit > 9 || at > 10) return -EPROTO;
        n = n * 10 + digit;
    }
    if (n > most) return -EMSGSIZE;
    if (in->len - at < 2) return 0;
    if (at == 1 || in->ptr[at + 1] != '\n') return -EPROTO;
    *in = (edo_str){ in->ptr + at + 2, in->len - at - 2 };
    *out = n;
    return 1;
}

/* A request that was typed by hand: words with blanks between them. */
static int read_line(request *r, edo_str in) {
    edo_str rest = in, line = edo_str_cut(&rest, '\n');
    if (!rest.ptr) return in.len > EDO_LINE_MAX ? -EMSGSIZE : 0;
    for (edo_str word; (word = edo_str_word(&line)).len > 0; r->words[r->n++] = word)
        if (r->n == WORDS_MAX) return -EMSGSIZE;
    return (int)(rest.ptr - in.ptr);
}

int read_request(request *r, edo_str in, size_t most) {
    r->n = 0;
    if (in.len == 0) return 0;
    if (in.ptr[0] != '*') return read_line(r, in);
    edo_str left = in;
    size_t words, bytes;
    int got = take_number(&left, '*', WORDS_MAX, &words);
    for (; got > 0 && r->n < words; r->n++) {
        got = take_number(&left, '$', most, &bytes);
        if (got <= 0) break;
        if (left.len < bytes + 2) return in.len - left.len + bytes > most ? -EMSGSIZE : 0;
        if (left.ptr[bytes] != '\r' || left.ptr[bytes + 1] != '\n') return -EPROTO;
        r->words[r->n] = (edo_str){ left.ptr, bytes };
        left = (edo_str){ left.ptr + bytes + 2, left.len - bytes - 2 };
    }
    return got > 0 ? (int)(left.ptr - in.ptr) : got;
}

/* ---- Replies --------------------------------------------------------------------------------- */

void put(output *o, const void *ptr, size_t n) {
    if (o->err == 0 && o->buf.len + n > REPLY_MAX) o->err = -EMSGSIZE;
    if (o->err == 0) o->err = edo_buf_append(&o->buf, ptr, n);
}

void put_text(output *o, const char *text) {
    put(o, text, strlen(text));
}

void put_int(output *o, char kind, long long n) {
    char text[24], *end = text + sizeof text, *at = end;
    unsigned long long left = n < 0 ? 0 - (unsigned long long)n : (unsigned long long)n;
    *--at = '\n';
    *--at = '\r';
    do *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0) *--at = '-';
    *--at = kind;
    put(o, at, (size_t)(end - at));
}

void put_word(output *o, edo_str word) {
    put_int(o, '$', (long long)word.len);
    put(o, word.ptr, word.len);
    put(o, "\r\n", 2);
}

void put_nil(output *o) {
    put(o, "$-1\r\n", 5);
}
