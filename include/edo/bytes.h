/* SPDX-License-Identifier: MIT */
/* edo/bytes.h: bytes in memory: borrowed, counted, and growing.
 *
 *     edo_str     borrowed: a pointer and a length
 *     edo_bytes   counted and const: shared, sliced and split without a copy, on any thread
 *     edo_buf     grows; what was gathered becomes edo_bytes without a copy
 *     edo_bytes_chain   pieces in order, copied or shared, to be written with one call
 *
 * What programs do with texts, trim, cut, compare, is in edo/str.h.
 *
 *     edo_buf in = { 0 };
 *     int err = edo_buf_append(&in, "header body", 11);
 *     edo_bytes header = edo_buf_take(&in, 6);       // err < 0: takes what is there
 *     … header.str.ptr, header.str.len …
 *     edo_bytes_unref(&header);
 *     edo_buf_deinit(&in);
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Waits: never.   Since: 0.1 */
#ifndef EDO_BYTES_H
#define EDO_BYTES_H

#include <edo/base.h>

#include <stddef.h>
#include <string.h>
#include <sys/uio.h>

EDO_BEGIN_DECLS

/* ---- Borrowed -------------------------------------------------------------------------------- */

/* Bytes that belong to somebody else; not ended by a NUL. All zero: none. */
typedef struct edo_str {
    const char *ptr;
    size_t len;
} edo_str;

/* An edo_str of a string literal. */
#ifdef __cplusplus
#    define EDO_STR(literal) (edo_str{ "" literal, sizeof(literal) - 1 })
#else
#    define EDO_STR(literal) ((edo_str){ "" literal, sizeof(literal) - 1 })
#endif

/** Returns the bytes of `text`, up to its NUL.
 * Owns: the result borrows `text`.   Threads: any, at once. */
EDO_API edo_str edo_str_of(const char *text);

/** Returns whether `a` and `b` have the same bytes.
 * Threads: any, at once. */
EDO_API bool edo_str_equal(edo_str a, edo_str b);

/** As edo_str_equal(), for what must not be guessed: tokens, codes of edo/hmac.h. The time that it
 * takes depends on the length of `given` alone: it tells nothing of where they differ, nor how long
 * `right` is.
 * Threads: any, at once. */
EDO_API bool edo_str_equal_secret(edo_str given, edo_str right);

/** Returns whether all of `s` is UTF-8 (RFC 3629: shortest forms, no surrogates), as text from
 * edo_read_all() or edo_fs_read_all() should be. ASCII is, also with NUL bytes.
 * Threads: any, at once. */
EDO_API bool edo_str_is_utf8(edo_str s);

/* ---- Counted --------------------------------------------------------------------------------- */

/* A share of bytes that never change. A value: keep it, and pass it on, by copying the struct; give
 * each share back once. All zero: no bytes. */
typedef struct edo_bytes {
    edo_str str; /* yours to read */
    void *owner; /* counted memory; NULL: static */
} edo_bytes;

/** Makes `n` bytes, to be written through `*fill` before the first share is passed on.
 * Owns: returns new in `*out`: edo_bytes_unref().   Errors: -ENOMEM   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_bytes_new(edo_bytes *out, char **fill, size_t n);

/** Makes a copy of `n` bytes at `ptr`.
 * Owns: returns new in `*out`: edo_bytes_unref(). Copies.   Errors: -ENOMEM
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_bytes_copy(edo_bytes *out, const void *ptr, size_t n);

/** Returns `s` as bytes that need no memory.
 * Owns:    borrows the bytes of `s` for as long as shares live: a literal, or a constant.
 * Threads: any, at once. */
EDO_API edo_bytes edo_bytes_from_static(edo_str s);

/** Returns one more share of the bytes.
 * Owns: returns new: edo_bytes_unref().   Threads: any, at once. */
EDO_API edo_bytes edo_bytes_ref(const edo_bytes *b);

/** Returns a share of the bytes from `from` up to, and without, `to`. Places behind the end count
 * as the end.
 * Owns: returns new: edo_bytes_unref(). It keeps all the memory of `b`.   Threads: any, at once. */
EDO_API edo_bytes edo_bytes_slice(const edo_bytes *b, size_t from, size_t to);

/** Takes the first `n` bytes out of `*b`, which keeps the rest, and returns them; all if there are
 * fewer.
 * Owns: returns new: edo_bytes_unref().   Threads: one at a time for `b`. */
EDO_API edo_bytes edo_bytes_split(edo_bytes *b, size_t n);

/** Takes the first `n` bytes off `*b`, all if there are fewer.
 * Threads: one at a time for `b`. */
EDO_API void edo_bytes_advance(edo_bytes *b, size_t n);

/** Gives a share back and makes `*b` all zero. The last share frees the memory.
 * Owns: takes the share.   Threads: one at a time for `b`; shares: any, at once. */
EDO_API void edo_bytes_unref(edo_bytes *b);

/* ---- Growing --------------------------------------------------------------------------------- */

/* Bytes that are gathered. You place it; all zero is empty. After edo_buf_reserve() you may also
 * write to the room, from ptr + len to ptr + cap, and raise `len`. */
typedef struct edo_buf {
    char *ptr; /* the bytes; NULL: none, and no room */
    size_t len;
    size_t cap;  /* bytes and room */
    void *owner; /* counted memory, shared with what was taken */
} edo_buf;

/** Makes an empty buffer, as { 0 } does. */
EDO_API void edo_buf_init(edo_buf *self);

/** Gives the buffer's memory back; it is empty afterwards. What was taken from it stays. */
EDO_API void edo_buf_deinit(edo_buf *self);

/** Makes room for at least `n` more bytes. The bytes may move.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_buf_reserve(edo_buf *self, size_t n);

/** Appends `n` bytes.
 * Owns: copies.   Errors: -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_buf_append(edo_buf *self, const void *ptr, size_t n);

/** Appends a text, as printf() forms it, without a NUL. No argument may lie in the buffer itself,
 * whose bytes may move.
 * Owns:    copies.
 * Errors:  -ENOMEM; those of vsnprintf(): -EOVERFLOW, -EILSEQ.  Nothing has changed then. */
EDO_MUST_USE EDO_API int edo_buf_printf(edo_buf *self, const char *format, ...) EDO_PRINTF(2, 3);

/** Takes the first `n` bytes, all if there are fewer, out of the buffer, without a copy.
 * Owns:    returns new: edo_bytes_unref(). It keeps all the memory that the buffer has now. */
EDO_API edo_bytes edo_buf_take(edo_buf *self, size_t n);

/** Returns the bytes that the buffer has.
 * Owns: the result borrows them until the buffer changes. */
EDOI_INLINE edo_str edo_buf_str(const edo_buf *self) {
    edo_str s = { self->ptr, self->len };
    return s;
}

/** Forgets the first `n` bytes, all if there are fewer. */
EDO_API void edo_buf_advance(edo_buf *self, size_t n);

/** Takes all bytes, without a copy, and gives the buffer's memory away with them.
 * Owns:    returns new: edo_bytes_unref(). */
EDO_API edo_bytes edo_buf_freeze(edo_buf *self);

/* ---- As text --------------------------------------------------------------------------------- */

/** Appends bytes as base64, with padding. Spec: RFC 4648 section 4.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_base64_encode(edo_str bytes, edo_buf *out);

/* What edo_base64_decode() takes. */
typedef enum edo_base64_form {
    EDO_BASE64_STRICT, /* what edo_base64_encode() writes, and nothing else */
    EDO_BASE64_LAX     /* also without padding, and with bits at the end that no byte has */
} edo_base64_form;

/** Appends the bytes of a base64 text.
 * Errors:  -EINVAL  it is none: nothing has changed
 *          -ENOMEM  likewise */
EDO_MUST_USE EDO_API int edo_base64_decode(edo_str text, edo_base64_form form, edo_buf *out);

/** Writes bytes as hexadecimal digits, two for each, with small letters, and a NUL to `to`, which
 * has room for `2 * bytes.len + 1`, and returns the digits.
 * Owns: the result borrows `to`, which must not overlap the bytes.   Threads: any, at once.
 * Spec: RFC 4648 section 8 */
EDO_API edo_str edo_hex_encode(char *to, edo_str bytes);

/** Reads `n` bytes from the `2 * n` hexadecimal digits of `text`, whose letters may be of both
 * cases, and nothing else.
 * Errors:  -EINVAL  it has other characters, or another length; what is at `to` is untouched
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_hex_decode(void *to, size_t n, edo_str text);

/* ---- In pieces ------------------------------------------------------------------------------- */

#define EDO_CHAIN_COPY_MAX 1024u /* a longer piece is shared, not copied */

/* One shared piece: it comes behind the gathered bytes up to `at`. Fields are edo's. */
typedef struct edo_chain_piece {
    size_t at;
    edo_bytes bytes;
} edo_chain_piece;

/* Bytes in order, of which short pieces are gathered in one buffer, and long ones shared. You place
 * it; all zero is empty. Once all bytes are
 * taken off, it has no memory. Only `len` is yours to read. */
typedef struct edo_bytes_chain {
    size_t len;              /* bytes in all pieces */
    char *buf;               /* gathered bytes, from `begin` to `end` */
    size_t begin, end, cap;  /* of `buf` */
    edo_chain_piece *pieces; /* from `first` on, of `pieces_cap` */
    uint32_t first, pieces_n, pieces_cap;
} edo_bytes_chain;

/** Makes an empty chain, as { 0 } does. */
EDO_API void edo_bytes_chain_init(edo_bytes_chain *self);

/** Gives all pieces back; the chain is empty afterwards. */
EDO_API void edo_bytes_chain_deinit(edo_bytes_chain *self);

/** Makes room for `n` bytes that are copied: appending that many cannot fail then.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_bytes_chain_reserve(edo_bytes_chain *self, size_t n);

/** Appends `n` bytes.
 * Owns: copies.   Errors: -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_bytes_chain_append(edo_bytes_chain *self, const void *ptr, size_t n);

/** Appends the bytes of a share: copied if they are at most EDO_CHAIN_COPY_MAX, without a copy
 * otherwise.
 * Owns:    takes the share on success, and makes `*b` all zero.
 * Errors:  -ENOMEM  nothing has changed */
EDO_MUST_USE EDO_API int edo_bytes_chain_push(edo_bytes_chain *self, edo_bytes *b);

/** Lists the first pieces, at most `n`, in `vecs`, and returns their number: for edo_writev().
 * Owns:    the pieces stay the chain's, and valid until it changes. */
EDO_API size_t edo_bytes_chain_vecs(const edo_bytes_chain *self, struct iovec *vecs, size_t n);

/** Takes the first `n` bytes off, all if there are fewer. */
EDO_API void edo_bytes_chain_advance(edo_bytes_chain *self, size_t n);

/** Takes bytes off the end until at most `len` are left. */
EDO_API void edo_bytes_chain_truncate(edo_bytes_chain *self, size_t len);

EDO_END_DECLS

#endif
