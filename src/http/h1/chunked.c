/* SPDX-License-Identifier: MIT */
/* http/h1/chunked.c: parses the line of a size byte by byte, and skips data all at once.
 *
 *     size [;name[=value]]... CR LF data CR LF ... 0 [;name[=value]]... CR LF trailers
 *
 * That line may have no blanks, nor end with LF alone: programs differ in how they read them. */
#include "http/h1/chunked.h"

#include "base/assert.h"
#include "http/types/bytes_of.h"

enum {
    SIZE_BEGIN,  /* before the first digit of a size */
    SIZE,        /* behind a digit */
    EXT_BEGIN,   /* before the name of an extension */
    EXT_NAME,    /* in the name */
    VALUE_BEGIN, /* before its value */
    VALUE,       /* in it */
    QUOTED,      /* in a value in quotes */
    QUOTED_PAIR, /* in such a value, behind a backslash */
    QUOTED_END,  /* behind the closing quote */
    LINE_LF,     /* behind the CR of the line */
    DATA,        /* in the data, of which `left` is not 0 */
    DATA_CR,     /* behind the data */
    DATA_LF,     /* behind the CR that follows the data */
    LAST,        /* behind the line of the last chunk */
    NEVER        /* behind an error */
};

static int chunked_bad(edoi_chunked *c, const char *why) {
    c->why = why;
    return -EPROTO;
}

static int take_digit(edoi_chunked *c, char ch) {
    if (c->left > (INT64_MAX >> 4)) return chunked_bad(c, "the size of a chunk is too large");
    if (c->state == SIZE && c->left == 0) c->extra++;
    c->left = c->left << 4 | (uint64_t)edoi_hex_digit(ch);
    return SIZE;
}

/* Takes a byte behind a size, or behind an extension that may end there. */
static int chunked_take_separator(edoi_chunked *c, char ch) {
    if (ch == ';') return EXT_BEGIN;
    if (ch == '\r') return LINE_LF;
    return chunked_bad(c, "a byte behind the size of a chunk");
}

static int take_quoted(edoi_chunked *c, char ch) {
    if (!edoi_byte_is(ch, EDOI_BYTE_VALUE))
        return chunked_bad(c, "a byte in the value of an extension");
    if (c->state == QUOTED_PAIR) return QUOTED;
    if (ch == '\\') return QUOTED_PAIR;
    return ch == '"' ? QUOTED_END : QUOTED;
}

/* Takes a byte that is not data. Returns the next state. */
static int chunked_take(edoi_chunked *c, char ch) {
    bool is_token = edoi_byte_is(ch, EDOI_BYTE_TOKEN);
    switch (c->state) {
    case SIZE_BEGIN:
        if (!edoi_byte_is(ch, EDOI_BYTE_HEX)) return chunked_bad(c, "a chunk has no size");
        return take_digit(c, ch);
    case SIZE:
        return edoi_byte_is(ch, EDOI_BYTE_HEX) ? take_digit(c, ch) : chunked_take_separator(c, ch);
    case EXT_BEGIN: return is_token ? EXT_NAME : chunked_bad(c, "an extension has no name");
    case EXT_NAME:
        if (is_token) return EXT_NAME;
        return ch == '=' ? VALUE_BEGIN : chunked_take_separator(c, ch);
    case VALUE_BEGIN:
        if (is_token) return VALUE;
        return ch == '"' ? QUOTED : chunked_bad(c, "an extension has no value");
    case VALUE: return is_token ? VALUE : chunked_take_separator(c, ch);
    case QUOTED:
    case QUOTED_PAIR: return take_quoted(c, ch);
    case QUOTED_END: return chunked_take_separator(c, ch);
    case LINE_LF:
        if (ch != '\n') return chunked_bad(c, "CR without LF");
        return c->left > 0 ? DATA : LAST;
    case DATA_CR: return ch == '\r' ? DATA_LF : chunked_bad(c, "more data than the chunk's size");
    case DATA_LF: return ch == '\n' ? SIZE_BEGIN : chunked_bad(c, "CR without LF");
    default: return chunked_bad(c, "behind the end of a body");
    }
}

static bool is_extension(int state) {
    return state >= EXT_BEGIN && state <= QUOTED_END;
}

static int data_of(edoi_chunked *c, edo_str in, size_t *used, edo_str *data) {
    size_t n = in.len - *used;
    EDO_ASSERT(n > 0 && c->left > 0);
    if (n > c->left) n = (size_t)c->left;
    *data = (edo_str){ in.ptr + *used, n };
    *used += n;
    c->left -= n;
    if (c->left == 0) c->state = DATA_CR;
    return EDOI_CHUNKED_DATA;
}

int edoi_chunked_next(edoi_chunked *c, edo_str in, size_t *used, edo_str *data) {
    for (*used = 0; *used < in.len; ++*used) {
        if (c->state == DATA) return data_of(c, in, used, data);
        int next = chunked_take(c, in.ptr[*used]);
        if (next < 0) {
            c->state = NEVER;
            return next;
        }
        c->state = (uint8_t)next;
        if (is_extension(next)) c->extra++;
        if (c->extra > EDOI_CHUNKED_EXTRA_MAX) {
            c->state = NEVER;
            c->why = "too many extensions";
            return -EDO_ETOOLONG;
        }
        if (next == LAST) {
            EDO_ASSERT(c->left == 0);
            ++*used;
            return EDOI_CHUNKED_LAST;
        }
    }
    return EDOI_CHUNKED_MORE;
}
