/* SPDX-License-Identifier: MIT */
/* seq/from_reader.c: the lines or other pieces of a reader as a sequence. */
#include "base/memory/cache.h"
#include "seq/seq.h"

#include <stddef.h>

typedef struct from_reader {
    edo_seq base;
    edo_buf_reader *reader; /* const, borrowed */
    char delim;             /* const */
    bool reads_lines;       /* const */
    char *piece;
    edo_read_line_future next; /* pending while the sequence waits */
} from_reader;

static edo_polled pieces_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    from_reader *self = (from_reader *)(void *)s;
    if (!s->waits && self->reads_lines)
        (void)edo_read_line_init(&self->next, self->reader, &self->piece);
    if (!s->waits && !self->reads_lines)
        (void)edo_read_delim_init(&self->next, self->reader, &self->piece, self->delim);
    if (edo_poll(&self->next.base, cx) == EDO_PENDING) return EDO_PENDING;
    int n = edo_result(&self->next);
    *result = n == -EDO_EEOF ? 0 : n < 0 ? n : 1;
    if (n < 0) return EDO_READY;
    edo_str piece = { self->piece, (size_t)n };
    edoi_seq_copy(item, &piece, sizeof piece);
    return EDO_READY;
}

static void pieces_leave(edo_seq *s) {
    edo_drop(&((from_reader *)(void *)s)->next.base);
}

static void pieces_drop(edo_seq *s) {
    edoi_cache_put(s, sizeof(from_reader));
}

static edo_seq *from_reader_make(from_reader like) {
    static const edo_seq_ops ops = { .poll_next = pieces_poll,
                                     .leave = pieces_leave,
                                     .drop = pieces_drop,
                                     .name = "edo_seq_from_reader" };
    from_reader *self = edoi_cache_get(sizeof *self);
    if (!self) return NULL;
    *self = like;
    return edo_seq_init(&self->base, &ops, sizeof(edo_str));
}

edo_seq *edo_seq_from_lines(edo_buf_reader *reader) {
    return from_reader_make((from_reader){ .reader = reader, .reads_lines = true });
}

edo_seq *edo_seq_from_delim(edo_buf_reader *reader, char delim) {
    return from_reader_make((from_reader){ .reader = reader, .delim = delim });
}
