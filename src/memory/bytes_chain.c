/* SPDX-License-Identifier: MIT */
/* memory/bytes_chain.c: bytes in order, some gathered in one buffer, some shared.
 *
 *     buf   │ begin … at of piece 0 │ … at of piece 1 │ … end │ room
 *                                   ^ piece 0         ^ piece 1
 *
 * inv. 1: begin <= at of the first piece <= at of the next … <= end <= cap; no piece is empty.
 * inv. 2: `len` is end - begin plus the lengths of the pieces. */
#include "base/assert.h"
#include "base/memory/cache.h"

#include <edo/bytes.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* Each buffer is GROWTH times as large as the one before, and BUF_MIN more: so the third one holds
 * 8 KiB and a piece. */
#define BUF_MIN    512u
#define GROWTH     4u
#define PIECES_MIN 4u

void edo_bytes_chain_init(edo_bytes_chain *self) {
    *self = (edo_bytes_chain){ 0 };
}

static void chain_check(const edo_bytes_chain *c) {
    size_t at = c->begin, len = c->end - c->begin;
    for (uint32_t i = c->first; i < c->pieces_n; i++) {
        EDO_INV("bytes_chain inv. 1", at <= c->pieces[i].at && c->pieces[i].bytes.str.len > 0);
        at = c->pieces[i].at;
        len += c->pieces[i].bytes.str.len;
    }
    EDO_INV("bytes_chain inv. 1", at <= c->end && c->end <= c->cap);
    EDO_INV("bytes_chain inv. 2", len == c->len);
}

/* Out of line, as most chains have no pieces. */
static EDOI_NOINLINE void end_pieces(edo_bytes_chain *c) {
    for (uint32_t i = c->first; i < c->pieces_n; i++) edo_bytes_unref(&c->pieces[i].bytes);
    edoi_cache_put(c->pieces, c->pieces_cap * sizeof *c->pieces);
}

void edo_bytes_chain_deinit(edo_bytes_chain *self) {
    EDO_CHECK(chain_check(self));
    if (self->pieces) end_pieces(self);
    if (EDOI_LIKELY(self->cap == BUF_MIN)) {
        edoi_cache_put(self->buf, BUF_MIN);
    } else if (self->buf) {
        edoi_cache_put(self->buf, self->cap);
    }
    *self = (edo_bytes_chain){ 0 };
}

/* ---- Appending ------------------------------------------------------------------------------- */

/* Moves the gathered bytes to the front of a buffer with room for `n` more. */
static int bytes_chain_grow(edo_bytes_chain *c, size_t n) {
    size_t held = c->end - c->begin;
    if (n > SIZE_MAX - held) return -ENOMEM;
    size_t cap = c->cap < SIZE_MAX / (2 * GROWTH) ? c->cap * GROWTH + BUF_MIN : SIZE_MAX;
    if (held + n <= c->cap / 2) cap = c->cap; // mostly written already
    if (cap < held + n) cap = held + n;
    char *buf = (char *)edoi_cache_get(cap);
    if (!buf) return -ENOMEM;
    if (c->buf) {
        memcpy(buf, c->buf + c->begin, held);
        edoi_cache_put(c->buf, c->cap);
    }
    for (uint32_t i = c->first; i < c->pieces_n; i++) c->pieces[i].at -= c->begin;
    c->buf = buf;
    c->cap = cap;
    c->begin = 0;
    c->end = held;
    return 0;
}

/* The first buffer of a short frame that is sent at once: cheap to get. */
static int bytes_chain_begin(edo_bytes_chain *c) {
    char *buf = (char *)edoi_cache_get(BUF_MIN);
    if (!buf) return -ENOMEM;
    c->buf = buf;
    c->cap = BUF_MIN;
    return 0;
}

int edo_bytes_chain_reserve(edo_bytes_chain *self, size_t n) {
    if (EDOI_LIKELY(n <= self->cap - self->end)) return 0;
    return !self->buf && n <= BUF_MIN ? bytes_chain_begin(self) : bytes_chain_grow(self, n);
}

int edo_bytes_chain_append(edo_bytes_chain *self, const void *ptr, size_t n) {
    if (n == 0) return 0;
    int err = edo_bytes_chain_reserve(self, n);
    if (err < 0) return err;
    memcpy(self->buf + self->end, ptr, n);
    self->end += n;
    self->len += n;
    return 0;
}

/* Makes room for one more piece. */
static int grow_pieces(edo_bytes_chain *c) {
    uint32_t n = c->pieces_n - c->first;
    uint32_t cap = n < PIECES_MIN / 2 ? PIECES_MIN : n * 2;
    edo_chain_piece *pieces = (edo_chain_piece *)edoi_cache_get(cap * sizeof *pieces);
    if (!pieces) return -ENOMEM;
    if (n > 0) memcpy(pieces, c->pieces + c->first, n * sizeof *pieces);
    edoi_cache_put(c->pieces, c->pieces_cap * sizeof *pieces);
    c->pieces = pieces;
    c->pieces_cap = cap;
    c->pieces_n = n;
    c->first = 0;
    return 0;
}

int edo_bytes_chain_push(edo_bytes_chain *self, edo_bytes *b) {
    size_t n = b->str.len;
    int err = 0;
    if (n <= EDO_CHAIN_COPY_MAX) {
        err = edo_bytes_chain_append(self, b->str.ptr, n);
        if (err == 0) edo_bytes_unref(b);
        return err;
    }
    if (self->pieces_n == self->pieces_cap) err = grow_pieces(self);
    if (err < 0) return err;
    self->pieces[self->pieces_n++] = (edo_chain_piece){ .at = self->end, .bytes = *b };
    self->len += n;
    *b = (edo_bytes){ 0 };
    return 0;
}

/* ---- Reading --------------------------------------------------------------------------------- */

size_t edo_bytes_chain_vecs(const edo_bytes_chain *self, struct iovec *vecs, size_t n) {
    if (EDOI_LIKELY(self->first == self->pieces_n)) { // one stretch, or none
        bool any = n > 0 && self->len > 0;
        if (any)
            *vecs = (struct iovec){ .iov_base = self->buf + self->begin, .iov_len = self->len };
        return any;
    }
    size_t at = self->begin, used = 0;
    for (uint32_t i = self->first; i <= self->pieces_n && used < n; i++) {
        size_t until = i < self->pieces_n ? self->pieces[i].at : self->end;
        if (until > at)
            vecs[used++] = (struct iovec){ .iov_base = self->buf + at, .iov_len = until - at };
        at = until;
        if (i == self->pieces_n || used == n) break;
        edo_str piece = self->pieces[i].bytes.str;
        vecs[used++] =
            (struct iovec){ .iov_base = (void *)(uintptr_t)piece.ptr, .iov_len = piece.len };
    }
    return used;
}

void edo_bytes_chain_advance(edo_bytes_chain *self, size_t n) {
    if (n >= self->len) {
        edo_bytes_chain_deinit(self);
        return;
    }
    self->len -= n;
    while (n > 0) {
        bool is_last = self->first == self->pieces_n;
        size_t gathered = (is_last ? self->end : self->pieces[self->first].at) - self->begin;
        size_t taken = n < gathered ? n : gathered;
        self->begin += taken;
        n -= taken;
        if (n == 0) return;
        edo_bytes *piece = &self->pieces[self->first].bytes;
        taken = n < piece->str.len ? n : piece->str.len;
        edo_bytes_advance(piece, taken);
        n -= taken;
        if (piece->str.len > 0) return;
        edo_bytes_unref(piece);
        self->first++;
    }
}

void edo_bytes_chain_truncate(edo_bytes_chain *self, size_t len) {
    if (len >= self->len) return;
    size_t excess = self->len - len;
    self->len = len;
    while (excess > 0) {
        bool is_last = self->first == self->pieces_n;
        size_t gathered = self->end - (is_last ? self->begin : self->pieces[self->pieces_n - 1].at);
        size_t taken = excess < gathered ? excess : gathered;
        self->end -= taken;
        excess -= taken;
        if (excess == 0) break;
        edo_bytes *piece = &self->pieces[self->pieces_n - 1].bytes;
        taken = excess < piece->str.len ? excess : piece->str.len;
        piece->str.len -= taken;
        excess -= taken;
        if (piece->str.len > 0) break;
        edo_bytes_unref(piece);
        self->pieces_n--;
    }
    if (len == 0) edo_bytes_chain_deinit(self);
}
