/* SPDX-License-Identifier: MIT */
/* memory/bytes.c: counted bytes, and a buffer that becomes such.
 *
 * inv. 1: bytes below the greatest `ptr + len` that a buffer ever had in a block are never written
 *         again: shares may have them. So a buffer only appends; bytes that were taken from it lie
 *         in front of it.
 * inv. 2: a buffer whose block has no room for more moves to a block of its own.
 * inv. 1 is not asserted: a block does not know how far it was filled. */
#include "base/assert.h"
#include "base/text/utf8.h"
#include "memory/rc.h"

#include <edo/bytes.h>

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define BUF_MIN 64u /* bytes of a buffer's first block */

edo_str edo_str_of(const char *text) {
    return (edo_str){ .ptr = text, .len = strlen(text) };
}

bool edo_str_equal(edo_str a, edo_str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool edo_str_equal_secret(edo_str given, edo_str right) {
    static const char none = '\0';
    const volatile char *x = given.ptr; // volatile, as the next one: all bytes are read
    const volatile char *y = right.len > 0 ? right.ptr : &none;
    unsigned differs = given.len != right.len;
    for (size_t i = 0, at = 0; i < given.len; i++) {
        differs |= (unsigned)(x[i] ^ y[at]);
        at++;
        at *= at < right.len; // from the first byte again: no branch
    }
    return differs == 0;
}

bool edo_str_is_utf8(edo_str s) {
    const unsigned char *at = (const unsigned char *)s.ptr;
    for (size_t left = s.len; left > 0;) {
        uint32_t point;
        size_t n = *at < 0x80 ? 1 : edoi_utf8_decode(at, left, &point);
        if (n == 0) return false;
        at += n;
        left -= n;
    }
    return true;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* Counted memory, for the call that returns to `caller`; NULL without memory. */
static char *bytes_block_new(size_t n, const void *caller) {
    void *block = edoi_rc_new(n, NULL);
    return block ? (char *)edoi_handle_made_here(EDOI_COUNTED, block, caller) : NULL;
}

static void block_unref(void *block, const void *caller) {
    if (!block) return;
    edoi_handle_given_up(EDOI_COUNTED, block, caller);
    edoi_rc_unref(EDOI_COUNTED, block);
}

/* ---- Counted --------------------------------------------------------------------------------- */

static int bytes_new(edo_bytes *out, char **fill, size_t n, const void *caller) {
    char *block = bytes_block_new(n, caller);
    if (!block) return -ENOMEM;
    *fill = block;
    *out = (edo_bytes){ .str = { .ptr = block, .len = n }, .owner = block };
    return 0;
}

int edo_bytes_new(edo_bytes *out, char **fill, size_t n) {
    return bytes_new(out, fill, n, EDOI_CALLER());
}

int edo_bytes_copy(edo_bytes *out, const void *ptr, size_t n) {
    char *fill;
    int err = bytes_new(out, &fill, n, EDOI_CALLER());
    if (err == 0 && n > 0) memcpy(fill, ptr, n);
    return err;
}

edo_bytes edo_bytes_from_static(edo_str s) {
    return (edo_bytes){ .str = s };
}

edo_bytes edo_bytes_slice(const edo_bytes *b, size_t from, size_t to) {
    if (to > b->str.len) to = b->str.len;
    if (from > to) from = to;
    edo_bytes part = { .str = { .ptr = b->str.ptr + from, .len = to - from }, .owner = b->owner };
    if (part.owner) (void)edo_rc_ref(part.owner);
    return part;
}

edo_bytes edo_bytes_ref(const edo_bytes *b) {
    return edo_bytes_slice(b, 0, b->str.len);
}

void edo_bytes_advance(edo_bytes *b, size_t n) {
    if (n > b->str.len) n = b->str.len;
    if (n == 0) return; // there may be no pointer
    b->str.ptr += n;
    b->str.len -= n;
}

edo_bytes edo_bytes_split(edo_bytes *b, size_t n) {
    edo_bytes front = edo_bytes_slice(b, 0, n);
    edo_bytes_advance(b, n);
    return front;
}

void edo_bytes_unref(edo_bytes *b) {
    void *block = b->owner;
    *b = (edo_bytes){ 0 };
    block_unref(block, EDOI_CALLER());
}

/* ---- Growing --------------------------------------------------------------------------------- */

void edo_buf_init(edo_buf *self) {
    *self = (edo_buf){ 0 };
}

void edo_buf_deinit(edo_buf *self) {
    block_unref(self->owner, EDOI_CALLER());
    *self = (edo_buf){ 0 };
}

/* The size of the next block: at least `least`. */
static size_t next_cap(const edo_buf *b, size_t least) {
    size_t cap = b->cap < BUF_MIN / 2 ? BUF_MIN : b->cap < SIZE_MAX / 2 ? b->cap * 2 : SIZE_MAX;
    return cap < least ? least : cap;
}

static int bytes_reserve(edo_buf *self, size_t n, const void *caller) {
    if (n <= self->cap - self->len) return 0;
    if (n > SIZE_MAX - self->len) return -ENOMEM;
    size_t cap = next_cap(self, self->len + n);
    char *block = bytes_block_new(cap, caller);
    if (!block) return -ENOMEM;
    if (self->len > 0) memcpy(block, self->ptr, self->len);
    block_unref(self->owner, caller);
    *self = (edo_buf){ .ptr = block, .len = self->len, .cap = cap, .owner = block };
    return 0;
}

int edo_buf_reserve(edo_buf *self, size_t n) {
    return bytes_reserve(self, n, EDOI_CALLER());
}

int edo_buf_append(edo_buf *self, const void *ptr, size_t n) {
    int err = bytes_reserve(self, n, EDOI_CALLER());
    if (err < 0) return err;
    EDO_INV("bytes inv. 2", n <= self->cap - self->len);
    if (n > 0) memcpy(self->ptr + self->len, ptr, n);
    self->len += n;
    return 0;
}

int edo_buf_printf(edo_buf *self, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0) return -errno;
    int err = bytes_reserve(self, (size_t)n + 1, EDOI_CALLER());
    if (err < 0) return err;
    va_start(args, format);
    (void)vsnprintf(self->ptr + self->len, (size_t)n + 1, format, args);
    va_end(args);
    self->len += (size_t)n; // not the NUL
    return 0;
}

void edo_buf_advance(edo_buf *self, size_t n) {
    if (n > self->len) n = self->len;
    if (n == 0) return; // there may be no pointer
    self->ptr += n;
    self->len -= n;
    self->cap -= n;
}

edo_bytes edo_buf_take(edo_buf *self, size_t n) {
    if (n > self->len) n = self->len;
    edo_bytes front = { .str = { .ptr = self->ptr, .len = n }, .owner = self->owner };
    if (front.owner) (void)edo_rc_ref(front.owner);
    edo_buf_advance(self, n);
    return front;
}

edo_bytes edo_buf_freeze(edo_buf *self) {
    edo_bytes all = { .str = { .ptr = self->ptr, .len = self->len }, .owner = self->owner };
    *self = (edo_buf){ 0 };
    return all;
}
