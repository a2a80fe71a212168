/* SPDX-License-Identifier: MIT */
/* io/buffered/line.c: cuts a reader's input into lines or other pieces, resumable and bounded.
 *
 * A last line "x\r" keeps its CR, as in Rust and Tokio, since only CR LF is an end: a program that
 * copies lines loses no byte, and a line that was cut off in the middle of its end is not taken for
 * complete. */
#include "io/buffered/buf_reader.h"

#include <edo/task.h>

#include <errno.h>
#include <string.h>

/* Hands out the piece of `n` bytes at `begin`, of one that is too long what may be kept; the next
 * one begins at `next`. */
static int buf_reader_hand_out(edo_buf_reader *r, uint32_t n, uint32_t next, char **line) {
    uint32_t begin = r->begin, kept = n <= r->line_max ? n : r->line_max;
    r->begin = next;
    r->seen = 0;
    r->buf[begin + kept] = '\0';
    *line = r->buf + begin;
    return kept < n ? -EDO_ETOOLONG : (int)n;
}

/* The held bytes contain no end of a piece: a result if there is one nevertheless. */
static int buf_reader_without_end(edo_buf_reader *r, const edo_read_line_future *f) {
    uint32_t held = edoi_buf_held(r);
    r->seen = held;
    if (r->at_end) return held > 0 ? buf_reader_hand_out(r, held, r->end, f->line) : -EDO_EEOF;
    // one more byte is allowed if it may be the first half of a line end
    bool half_end = f->strips_cr && held == r->line_max + 1 && r->buf[r->end - 1] == '\r';
    if (held <= r->line_max || half_end) return -EAGAIN;
    r->dropping = 1;
    return buf_reader_hand_out(r, held, r->end, f->line);
}

/* The next piece in the buffer; -EAGAIN if more input is needed. */
static int next_piece(edo_buf_reader *r, const edo_read_line_future *f) {
    if (r->delim != f->delim && !r->dropping) {
        r->delim = f->delim;
        r->seen = 0;
    }
    while (r->end > r->begin + r->seen) {
        const char *from = r->buf + r->begin + r->seen;
        const char *found = (const char *)memchr(from, r->delim, edoi_buf_held(r) - r->seen);
        if (!found) break;
        uint32_t at = (uint32_t)(found - r->buf);
        if (!r->dropping) {
            bool cr = f->strips_cr && at > r->begin && r->buf[at - 1] == '\r';
            return buf_reader_hand_out(r, at - r->begin - cr, at + 1, f->line);
        }
        r->dropping = 0; // `seen` is 0 while a piece is dropped
        r->begin = at + 1;
        r->delim = f->delim;
    }
    if (r->dropping) {
        r->begin = r->end = r->seen = 0;
        return r->at_end ? -EDO_EEOF : -EAGAIN;
    }
    return buf_reader_without_end(r, f);
}

static edo_polled read_line_poll(edo_future *base, edo_cx *cx) {
    edo_read_line_future *f = (edo_read_line_future *)(void *)base;
    edo_buf_reader *r = f->reader;
    edo_stream *s = r->view.below;
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    for (bool paid = true;; paid = false) {
        int result = next_piece(r, f);
        if (result == -EAGAIN && edoi_buf_make_room(r) < 0) result = -ENOMEM;
        if (result != -EAGAIN) return edoi_io_end(base, s, &f->wait, result);
        // the first read and its piece are one operation for the budget
        if (!paid && !edo_budget_take(cx)) return edoi_io_pend(base, s);
        if (edoi_buf_read_more(r, cx, &f->wait, &result) == EDO_PENDING) {
            edo_budget_refund(cx);
            return edoi_io_pend(base, s);
        }
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
    }
}

static void read_line_drop(edo_future *base) {
    edo_read_line_future *f = (edo_read_line_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its reader may be gone
    edoi_io_drop(base, f->reader->view.below, &f->wait);
}

static const edo_future_ops read_line_ops = { .poll = read_line_poll,
                                              .drop = read_line_drop,
                                              .name = "edo_read_line",
                                              .size = sizeof(edo_read_line_future) };
static const edo_future_ops read_delim_ops = { .poll = read_line_poll,
                                               .drop = read_line_drop,
                                               .name = "edo_read_delim",
                                               .size = sizeof(edo_read_line_future) };

static edo_future *piece_init(edo_read_line_future *f, edo_buf_reader *r, char **line, char delim,
                              const edo_future_ops *ops) {
    edoi_buf_reader_check(r);
    EDOI_ENTERS(EDOI_STREAM, r->view.below);
    f->reader = r;
    f->line = line;
    f->delim = delim;
    f->strips_cr = ops == &read_line_ops;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, ops);
}

edo_future *edo_read_line_init(edo_read_line_future *f, edo_buf_reader *self, char **line) {
    return piece_init(f, self, line, '\n', &read_line_ops);
}

int edo_read_line(edo_buf_reader *self, char **line) {
    edo_read_line_future f;
    return edo_await(edo_read_line_init(&f, self, line));
}

edo_future *edo_read_delim_init(edo_read_line_future *f, edo_buf_reader *self, char **piece,
                                char delim) {
    return piece_init(f, self, piece, delim, &read_delim_ops);
}

int edo_read_delim(edo_buf_reader *self, char **piece, char delim) {
    edo_read_line_future f;
    return edo_await(edo_read_delim_init(&f, self, piece, delim));
}
