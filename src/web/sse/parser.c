/* SPDX-License-Identifier: MIT */
/* web/sse/parser.c: see parser.h. A line is gathered up to its end, whatever the pieces in which it
 * comes. */
#include "web/sse/parser.h"

#include "base/assert.h"

#include <errno.h>
#include <string.h>

#define RETRY_DIGITS_MAX 9 /* digits of milliseconds: eleven days */

static int sse_parser_append(edoi_sse_parser *p, edo_buf *to, const char *ptr, size_t n) {
    EDO_ASSERT(to->len <= p->bytes_max);
    if (n > p->bytes_max - to->len) return -EDO_ETOOLONG;
    return n > 0 ? edo_buf_append(to, ptr, n) : 0;
}

static int sse_parser_set(edoi_sse_parser *p, edo_buf *to, edo_str value) {
    to->len = 0;
    return sse_parser_append(p, to, value.ptr, value.len);
}

static edo_str str_of(const edo_buf *b) {
    return (edo_str){ b->len > 0 ? b->ptr : "", b->len };
}

static void set_retry(edoi_sse_parser *p, edo_str value) {
    int64_t ms = 0;
    if (value.len == 0 || value.len > RETRY_DIGITS_MAX) return;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') return;
        ms = ms * 10 + (value.ptr[i] - '0');
    }
    p->retry = edo_ms(ms);
}

static int take_field(edoi_sse_parser *p, edo_str name, edo_str value) {
    if (edo_str_equal(name, EDO_STR("data"))) {
        int err = sse_parser_append(p, &p->data, value.ptr, value.len);
        return err < 0 ? err : sse_parser_append(p, &p->data, "\n", 1);
    }
    if (edo_str_equal(name, EDO_STR("event"))) return sse_parser_set(p, &p->type, value);
    if (edo_str_equal(name, EDO_STR("id")) && !memchr(value.ptr, 0, value.len)) {
        p->has_id = true;
        return sse_parser_set(p, &p->new_id, value);
    }
    if (edo_str_equal(name, EDO_STR("retry"))) set_retry(p, value);
    return 0;
}

/* Keeps the id of an event that has ended. An event that was cut off has to be asked for again. */
static void keep_id(edoi_sse_parser *p) {
    if (!p->has_id) return;
    edo_buf old = p->id;
    p->id = p->new_id;
    p->new_id = old;
    p->has_id = false;
}

/* Ends an event at an empty line. Returns 1 if it is one to hand out. */
static int end_event(edoi_sse_parser *p, edo_sse_message *m) {
    p->has_told = true;
    keep_id(p);
    if (p->data.len == 0) return 0;
    *m = (edo_sse_message){ .data = { p->data.ptr, p->data.len - 1 },
                            .event = p->type.len > 0 ? str_of(&p->type) : EDO_STR("message"),
                            .id = str_of(&p->id) };
    return 1;
}

static int sse_parser_end_line(edoi_sse_parser *p, edo_sse_message *m) {
    edo_str line = str_of(&p->line);
    p->line.len = 0;
    if (p->has_told) p->data.len = p->type.len = 0;
    p->has_told = false;
    if (line.len == 0) return end_event(p, m);
    const char *colon = memchr(line.ptr, ':', line.len);
    size_t n = colon ? (size_t)(colon - line.ptr) : line.len;
    size_t from = !colon ? n : n + 1 + (n + 1 < line.len && line.ptr[n + 1] == ' ');
    return take_field(p, (edo_str){ line.ptr, n }, (edo_str){ line.ptr + from, line.len - from });
}

/* Adds to the line. A byte order mark at the very beginning is dropped first: it counts for no
 * limit, whatever the pieces in which it comes. */
static int grow_line(edoi_sse_parser *p, const char *ptr, size_t n) {
    static const char mark[] = { '\xef', '\xbb', '\xbf' };
    if (!p->has_begun) {
        EDO_ASSERT(p->line.len < sizeof mark);
        size_t some = sizeof mark - p->line.len;
        if (some > n) some = n;
        int err = sse_parser_append(p, &p->line, ptr, some);
        if (err < 0 || p->line.len < sizeof mark) return err;
        p->has_begun = true;
        if (memcmp(p->line.ptr, mark, sizeof mark) == 0) p->line.len = 0;
        ptr += some;
        n -= some;
    }
    return sse_parser_append(p, &p->line, ptr, n);
}

int edoi_sse_parse(edoi_sse_parser *p, edo_str *in, edo_sse_message *m) {
    while (in->len > 0) {
        size_t n = 0;
        if (p->after_cr && in->ptr[0] == '\n') in->ptr++, in->len--;
        p->after_cr = false;
        while (n < in->len && in->ptr[n] != '\n' && in->ptr[n] != '\r') n++;
        int err = grow_line(p, in->ptr, n);
        if (err < 0) return err;
        bool has_end = n < in->len;
        p->after_cr = has_end && in->ptr[n] == '\r';
        in->ptr += n + has_end;
        in->len -= n + has_end;
        if (!has_end) break;
        p->has_begun = true;
        int told = sse_parser_end_line(p, m);
        if (told != 0) return told;
    }
    return 0;
}

void edoi_sse_parser_reset(edoi_sse_parser *p) {
    p->line.len = p->data.len = p->type.len = 0;
    p->after_cr = p->has_begun = p->has_id = p->has_told = false;
}

void edoi_sse_parser_deinit(edoi_sse_parser *p) {
    edo_buf_deinit(&p->line);
    edo_buf_deinit(&p->data);
    edo_buf_deinit(&p->type);
    edo_buf_deinit(&p->id);
    edo_buf_deinit(&p->new_id);
}
