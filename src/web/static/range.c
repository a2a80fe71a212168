/* SPDX-License-Identifier: MIT */
/* web/static/range.c: see range.h. */
#include "web/static/range.h"

#include "base/assert.h"

#include <edo/file.h>
#include <edo/random.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define BOUNDARY_BYTES 25 /* 24 hexadecimal digits and a NUL */
#define PIECE_BYTES    ((uint64_t)1 << 20)

static bool touches(const edo_byte_range *a, const edo_byte_range *b) {
    return a->first <= b->last + 1 && b->first <= a->last + 1; // `last` is below the file's size
}

static void absorb(edo_byte_range *a, const edo_byte_range *b) {
    if (b->first < a->first) a->first = b->first;
    if (b->last > a->last) a->last = b->last;
}

size_t edoi_ranges_merge(edo_byte_range *ranges, size_t n) {
    for (size_t i = 0; i < n;) {
        size_t j = i + 1;
        while (j < n && !touches(&ranges[i], &ranges[j])) j++;
        if (j == n) {
            i++;
            continue;
        }
        absorb(&ranges[i], &ranges[j]); // which may touch others now
        EDO_ASSERT(ranges[i].first <= ranges[i].last);
        memmove(&ranges[j], &ranges[j + 1], (n - j - 1) * sizeof *ranges);
        n--;
    }
    return n;
}

static uint64_t byte_range_length_of(const edo_byte_range *r) {
    return r->last - r->first + 1;
}

/* ---- One ------------------------------------------------------------------------------------- */

static int send_one(edo_web *w, const edo_static_file *file, edoi_static_source *source,
                    edo_str type, const edo_byte_range *r) {
    edo_response *res = edo_web_response(w);
    char text[96];
    int n = snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, r->first, r->last,
                     edoi_static_size(file));
    int err =
        edo_headers_set(&res->headers, EDO_HEADER_CONTENT_RANGE, (edo_str){ text, (size_t)n });
    res->status = EDO_STATUS_PARTIAL_CONTENT;
    if (err < 0) return err;
    if (file->source)
        return edoi_static_source_send(w, source, type, r->first, byte_range_length_of(r));
    if (file->stream)
        return edo_response_file_part(res, type, file->stream, r->first, byte_range_length_of(r));
    edo_bytes part = edo_bytes_slice(&file->bytes, (size_t)r->first, (size_t)r->last + 1);
    err = edo_response_bytes(res, EDO_STATUS_PARTIAL_CONTENT, type, &part);
    edo_bytes_unref(&part);
    return err;
}

/* ---- Several --------------------------------------------------------------------------------- */

typedef struct part {
    edo_byte_range range;
    edo_str head; /* in front of its bytes */
} part;

/* Makes a random boundary, so that no file can have it. */
static int make_boundary(char boundary[BOUNDARY_BYTES]) {
    unsigned char random[(BOUNDARY_BYTES - 1) / 2];
    int err = edo_random(random, sizeof random);
    if (err < 0) return err;
    (void)edo_hex_encode(boundary, (edo_str){ (const char *)random, sizeof random });
    return 0;
}

/* Appends the head of a part to `text`, and sets its length to where it ends. */
static int print_head(edo_buf *text, part *p, bool is_first, const char *boundary, edo_str type,
                      uint64_t size) {
    char line[160];
    size_t before = text->len;
    int n =
        snprintf(line, sizeof line, "%s--%s\r\ncontent-type: ", is_first ? "" : "\r\n", boundary);
    int err = edo_buf_append(text, line, (size_t)n);
    if (err == 0) err = edo_buf_append(text, type.ptr, type.len);
    n = snprintf(line, sizeof line,
                 "\r\ncontent-range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n\r\n",
                 p->range.first, p->range.last, size);
    if (err == 0) err = edo_buf_append(text, line, (size_t)n);
    p->head.len = text->len - before;
    return err;
}

/* Writes in pieces that one write may have. */
static int range_write_bytes(edo_stream *out, edo_str s) {
    while (s.len > 0) {
        size_t n = s.len < PIECE_BYTES ? s.len : (size_t)PIECE_BYTES;
        int err = edo_write_all(out, s.ptr, n);
        if (err < 0) return err;
        s = (edo_str){ s.ptr + n, s.len - n };
    }
    return 0;
}

static int write_part(edo_stream *out, const edo_static_file *file, edoi_static_source *source,
                      const part *p) {
    if (file->stream)
        return edo_sendfile(out, file->stream, p->range.first, byte_range_length_of(&p->range),
                            p->head, NULL);
    int err = range_write_bytes(out, p->head);
    if (err < 0) return err;
    if (file->source)
        return edoi_static_source_write(source, out, p->range.first,
                                        byte_range_length_of(&p->range));
    return range_write_bytes(out, (edo_str){ file->bytes.str.ptr + p->range.first,
                                             (size_t)byte_range_length_of(&p->range) });
}

/* Sends all parts. `text` has their heads, and the end of the body. */
static int send_parts(edo_web *w, const edo_static_file *file, edoi_static_source *source,
                      part *parts, size_t n, const edo_buf *text) {
    edo_stream *out;
    edo_response *res = edo_web_response(w);
    uint64_t length = text->len;
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        length += byte_range_length_of(&parts[i].range);
        parts[i].head.ptr = text->ptr + at;
        at += parts[i].head.len;
    }
    EDO_ASSERT(at <= text->len);
    res->status = EDO_STATUS_PARTIAL_CONTENT;
    if (length > INT64_MAX) return -EFBIG;
    int err = edo_response_stream(res, &out, (int64_t)length);
    for (size_t i = 0; i < n && err == 0; i++) err = write_part(out, file, source, &parts[i]);
    return err < 0 ? err : range_write_bytes(out, (edo_str){ text->ptr + at, text->len - at });
}

static int range_set_type(edo_web *w, const char *boundary) {
    char type[64 + BOUNDARY_BYTES];
    int n = snprintf(type, sizeof type, "multipart/byteranges; boundary=%s", boundary);
    return edo_headers_set(&edo_web_response(w)->headers, EDO_HEADER_CONTENT_TYPE,
                           (edo_str){ type, (size_t)n });
}

static int send_several(edo_web *w, const edo_static_file *file, edoi_static_source *source,
                        edo_str type, const edo_byte_range *ranges, size_t n) {
    char boundary[BOUNDARY_BYTES], end[8 + BOUNDARY_BYTES];
    part parts[EDOI_RANGES_MAX];
    edo_buf text = { 0 };
    if (n > EDOI_RANGES_MAX) return -EINVAL;
    int err = make_boundary(boundary);
    if (err == 0) err = range_set_type(w, boundary);
    for (size_t i = 0; i < n && err == 0; i++) {
        parts[i] = (part){ .range = ranges[i] };
        err = print_head(&text, &parts[i], i == 0, boundary, type, edoi_static_size(file));
    }
    int len = snprintf(end, sizeof end, "\r\n--%s--\r\n", boundary);
    if (err == 0) err = edo_buf_append(&text, end, (size_t)len);
    if (err == 0) err = send_parts(w, file, source, parts, n, &text);
    edo_buf_deinit(&text);
    return err;
}

int edoi_ranges_send(edo_web *w, const edo_static_file *file, edoi_static_source *source,
                     edo_str type, const edo_byte_range *ranges, size_t n) {
    return n == 1 ? send_one(w, file, source, type, ranges)
                  : send_several(w, file, source, type, ranges, n);
}
