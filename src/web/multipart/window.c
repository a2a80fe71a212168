/* SPDX-License-Identifier: MIT */
/* web/multipart/window.c: finds the ends of fields in the input. Each byte is looked at once, or
 * twice if it may belong to a delimiter that was cut. So small pieces, of a client or a handler,
 * cost no more. */
#include "base/assert.h"
#include "web/multipart/multipart.h"

#include <errno.h>
#include <string.h>

#define BLANKS_MAX 64 /* bytes between a boundary and the end of its line */

int edoi_multipart_fill(edo_multipart *m) {
    EDO_INV("multipart inv. 1", m->begin + m->safe <= m->end && m->end <= sizeof m->buf);
    if (m->is_over) return -EDO_EEOF;
    memmove(m->buf, m->buf + m->begin, m->end - m->begin);
    m->end -= m->begin;
    m->begin = 0;
    size_t room = sizeof m->buf - m->end;
    uint64_t left = m->opts.bytes_max - m->read_n;
    if (left < room) room = (size_t)left + 1; // the one byte too many is noticed
    int n = edo_read(m->in, m->buf + m->end, room);
    if (n < 0) return n;
    m->is_over = n == 0;
    m->end += (size_t)n;
    if ((uint64_t)n > left) return -EMSGSIZE;
    m->read_n += (uint64_t)n;
    return n == 0 ? -EDO_EEOF : 0;
}

/* Returns how many of the `n` bytes cannot be the beginning of a delimiter that goes on behind
 * them. */
static size_t without_cut(const edo_multipart *m, const char *at, size_t n) {
    size_t from = n < m->delimiter_n ? 0 : n - m->delimiter_n + 1;
    while (from < n) {
        const char *cr = memchr(at + from, '\r', n - from);
        if (!cr) return n;
        from = (size_t)(cr - at);
        if (memcmp(cr, m->delimiter, n - from) == 0) return from;
        from++;
    }
    return n;
}

/* Finds the safe bytes; there are none yet. */
static int look_again(edo_multipart *m) {
    char *at = m->buf + m->begin;
    size_t n = m->end - m->begin;
    char *found = n < m->delimiter_n ? NULL : memmem(at, n, m->delimiter, m->delimiter_n);
    m->at_delimiter = found != NULL;
    m->safe = found ? (size_t)(found - at) : without_cut(m, at, n);
    m->field_n += m->safe;
    bool is_field = m->fields_n > 0; // the preamble is no field
    return is_field && m->field_n > m->opts.field_bytes_max ? -EMSGSIZE : 0;
}

/* ---- The line of a delimiter ----------------------------------------------------------------- */

/* Reads until `n` bytes are there behind `begin`. */
static int need(edo_multipart *m, size_t n) {
    int err = 0;
    while (err == 0 && m->end - m->begin < n) err = edoi_multipart_fill(m);
    return err;
}

/* Ends the field. A line that goes on behind the boundary ends a field for some readers and not for
 * others, so it is refused. Nothing is taken off before the whole line is there: after a read that
 * was cancelled the delimiter is found again. */
static int end_field(edo_multipart *m) {
    size_t at = m->delimiter_n; // counted from `begin`
    int err = need(m, at + 2);
    if (err == 0 && memcmp(m->buf + m->begin + at, "--", 2) == 0) {
        m->stage = EDOI_MULTIPART_OVER;
        return 0;
    }
    for (int i = 0; err == 0 && i < BLANKS_MAX; i++) {
        char c = m->buf[m->begin + at];
        if (c != ' ' && c != '\t') break;
        at++;
        err = need(m, at + 2);
    }
    if (err == 0 && memcmp(m->buf + m->begin + at, "\r\n", 2) != 0) err = -EBADMSG;
    if (err < 0) return err;
    m->begin += at + 2;
    m->at_delimiter = false;
    m->stage = EDOI_MULTIPART_HEAD;
    return 0;
}

int edoi_multipart_look(edo_multipart *m) {
    int err = 0;
    while (err == 0 && m->stage == EDOI_MULTIPART_DATA && m->safe == 0) {
        if (m->at_delimiter) {
            err = end_field(m);
            continue;
        }
        err = look_again(m);
        if (err == 0 && m->safe == 0 && !m->at_delimiter) err = edoi_multipart_fill(m);
    }
    if (err < 0) return err;
    return m->stage == EDOI_MULTIPART_DATA;
}

void edoi_multipart_use(edo_multipart *m, size_t n) {
    m->begin += n;
    m->safe -= n;
}
