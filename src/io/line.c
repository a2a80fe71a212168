/* SPDX-License-Identifier: MIT */
/* io/line.c: reads lines from a stream, resumable and bounded.
 *
 *     buf   handed out │ begin: the line so far, no end in its first `seen` │ end: room │ bytes
 *
 * inv. 1: begin <= begin + seen <= end <= bytes.
 * inv. 2: at most line_max + 2 bytes without a line end are kept, so a buffer of that size
 *         suffices.
 * inv. 3: while it waits without data, a reader that manages its own buffer has none.
 *
 * A last line "x\r" keeps its CR, as in Rust and Tokio, since only CR LF is an end: a program that
 * copies lines loses no byte, and a line that was cut off in the middle of its end is not taken for
 * complete. */
#include "base/memory/cache.h"
#include "base/opts.h"
#include "io/op.h"

#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define BUF_SMALL 512u  /* holds most lines, and is cheap to get and put */
#define BUF_LARGE 4096u /* for input that comes in bulk */

int edo_line_reader_init(edo_line_reader *self, edo_stream *s, const edo_line_opts *opts) {
    static const edo_line_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    (void)edoi_handle_misused(EDOI_STREAM, s);
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    uint32_t line_max = opts->line_max;
    size_t buf_bytes = opts->buf_bytes < INT_MAX ? opts->buf_bytes : INT_MAX;
    if (line_max == 0)
        line_max = opts->buf && buf_bytes > 2 ? (uint32_t)buf_bytes - 2 : EDO_LINE_MAX;
    if (line_max > INT_MAX - 2) return -EINVAL;
    if (opts->buf && buf_bytes < line_max + 2) return -EINVAL;
    *self = (edo_line_reader){ .stream = s, .line_max = line_max, .input_at_ns = edo_now().ns };
    if (opts->buf) {
        self->buf = (char *)opts->buf;
        self->bytes = (uint32_t)buf_bytes;
        self->borrowed = 1;
    }
    return 0;
}

static void release_buf(edo_line_reader *r) {
    if (r->borrowed) return;
    edoi_cache_put(r->buf, r->bytes);
    r->buf = NULL;
    r->bytes = 0;
}

void edo_line_reader_deinit(edo_line_reader *self) {
    release_buf(self);
    *self = (edo_line_reader){ 0 };
}

edo_instant edo_line_reader_input_at(const edo_line_reader *self) {
    return (edo_instant){ self->input_at_ns };
}

/* Moves the kept bytes to a buffer of `bytes` bytes. */
static int replace_buf(edo_line_reader *r, uint32_t bytes) {
    char *buf = (char *)edoi_cache_get(bytes);
    if (!buf) return -ENOMEM;
    uint32_t kept = r->end - r->begin;
    EDO_ASSERT(kept < bytes);
    if (kept > 0) memcpy(buf, r->buf + r->begin, kept);
    release_buf(r);
    r->buf = buf;
    r->bytes = bytes;
    r->begin = 0;
    r->end = kept;
    return 0;
}

/* Makes room for at least one byte. */
static int make_room(edo_line_reader *r) {
    uint32_t kept = r->end - r->begin;
    if (kept == 0) {
        r->begin = r->end = 0;
    } else if (r->begin > 0 && r->bytes - r->end < r->bytes / 2) {
        memmove(r->buf, r->buf + r->begin, kept);
        r->begin = 0;
        r->end = kept;
    }
    if (r->borrowed) return 0;
    uint32_t most = r->line_max + 2;
    uint32_t wanted = r->roomy ? BUF_LARGE : BUF_SMALL;
    if (wanted < r->bytes) wanted = r->bytes;
    if (kept == r->bytes && kept > 0) wanted = r->bytes < most / 2 ? r->bytes * 2 : most;
    return wanted > r->bytes ? replace_buf(r, wanted) : 0;
}

/* Hands out the line of `n` bytes at `begin`; the next one begins at `next`. */
static int hand_out(edo_line_reader *r, uint32_t n, uint32_t next, char **line) {
    uint32_t begin = r->begin;
    r->begin = next;
    r->seen = 0;
    if (n > r->line_max) return -EDO_ETOOLONG;
    r->buf[begin + n] = '\0';
    *line = r->buf + begin;
    return (int)n;
}

/* The kept bytes contain no line end: a result if there is one nevertheless. */
static int without_end(edo_line_reader *r, char **line) {
    uint32_t kept = r->end - r->begin;
    r->seen = kept;
    if (r->at_end) return kept > 0 ? hand_out(r, kept, r->end, line) : -EDO_EEOF;
    // one more byte is allowed if it may be the first half of a line end
    bool half_end = kept == r->line_max + 1 && r->buf[r->end - 1] == '\r';
    if (kept <= r->line_max || half_end) return -EAGAIN;
    r->dropping = 1;
    r->begin = r->end = r->seen = 0;
    return -EDO_ETOOLONG;
}

/* The next line in the buffer; -EAGAIN if more input is needed. */
static int next_line(edo_line_reader *r, char **line) {
    while (r->end > r->begin + r->seen) {
        const char *from = r->buf + r->begin + r->seen;
        const char *found = (const char *)memchr(from, '\n', r->end - r->begin - r->seen);
        if (!found) break;
        uint32_t at = (uint32_t)(found - r->buf);
        if (!r->dropping) {
            bool cr = at > r->begin && r->buf[at - 1] == '\r';
            return hand_out(r, at - r->begin - cr, at + 1, line);
        }
        r->dropping = 0; // `seen` is 0 while a line is dropped
        r->begin = at + 1;
    }
    if (r->dropping) {
        r->begin = r->end = r->seen = 0;
        return r->at_end ? -EDO_EEOF : -EAGAIN;
    }
    return without_end(r, line);
}

static edo_polled read_line_poll(edo_future *base, edo_cx *cx) {
    edo_read_line_future *f = (edo_read_line_future *)(void *)base;
    edo_line_reader *r = f->reader;
    edo_stream *s = r->stream;
    if (!edo_budget_take(cx)) return edoi_io_pend(base, s);
    for (bool paid = true;; paid = false) {
        int result = next_line(r, f->line);
        if (result == -EAGAIN && make_room(r) < 0) result = -ENOMEM;
        if (result != -EAGAIN) return edoi_io_end(base, s, &f->wait, result);
        // the first read and its line are one operation for the budget
        if (!paid && !edo_budget_take(cx)) return edoi_io_pend(base, s);
        struct iovec to = { .iov_base = r->buf + r->end, .iov_len = r->bytes - r->end };
        EDO_ASSERT(to.iov_len > 0); // inv. 2
        if (s->ops->poll_read(s, cx, &f->wait, &to, 1, 0, &result) == EDO_PENDING) {
            if (r->begin == r->end) release_buf(r); // inv. 3
            edo_budget_refund(cx);
            return edoi_io_pend(base, s);
        }
        if (result < 0) return edoi_io_end(base, s, &f->wait, result);
        if (result == 0) r->at_end = 1;
        r->roomy = (size_t)result == to.iov_len;
        r->end += (uint32_t)result;
        if (result > 0) r->input_at_ns = edo_now().ns;
    }
}

static void read_line_drop(edo_future *base) {
    edo_read_line_future *f = (edo_read_line_future *)(void *)base;
    if (edo_future_is_over(base)) return; // its reader may be gone
    edoi_io_drop(base, f->reader->stream, &f->wait);
}

static const edo_future_ops read_line_ops = { .poll = read_line_poll,
                                              .drop = read_line_drop,
                                              .name = "edo_read_line",
                                              .size = sizeof(edo_read_line_future) };

edo_future *edo_read_line_init(edo_read_line_future *f, edo_line_reader *self, char **line) {
    (void)edoi_handle_misused(EDOI_STREAM, self->stream);
    f->reader = self;
    f->line = line;
    f->wait = (edo_io_wait){ 0 };
    return edo_future_init(&f->base, &read_line_ops);
}

int edo_read_line(edo_line_reader *self, char **line) {
    edo_read_line_future f;
    return edo_await(edo_read_line_init(&f, self, line));
}
