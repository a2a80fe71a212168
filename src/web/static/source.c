/* SPDX-License-Identifier: MIT */
/* web/static/source.c: sends parts of a stream that is no file. */
#include "base/assert.h"
#include "web/static/range.h"

#include <errno.h>
#include <stdio.h>

#define PIECE_BYTES 16384u

int edoi_static_source_begin(edoi_static_source *s, const edo_static_file *file) {
    *s = (edoi_static_source){ .stream = file->source };
    int err = file->source ? edo_seek(file->source, 0, SEEK_SET, NULL) : 0;
    s->has_places = err == 0;
    return err == -ESPIPE ? 0 : err;
}

bool edoi_static_source_has(const edoi_static_source *s, const edo_byte_range *ranges, size_t n) {
    if (!s->stream || s->has_places) return true;
    for (size_t i = 1; i < n; i++)
        if (ranges[i].first <= ranges[i - 1].last) return false;
    return true;
}

/* Reads `n` bytes, and writes them to `out`, which may be NULL. */
static int static_source_move(edoi_static_source *s, edo_stream *out, uint64_t n, char *piece) {
    while (n > 0) {
        int got = edo_read(s->stream, piece, n < PIECE_BYTES ? (size_t)n : PIECE_BYTES);
        if (got == 0) return edo_fail(-EIO, "the source of a response ended too early");
        if (got < 0) return got;
        EDO_ASSERT((uint64_t)got <= n);
        int err = out ? edo_write_all(out, piece, (size_t)got) : 0;
        if (err < 0) return err;
        s->at += (uint64_t)got;
        n -= (uint64_t)got;
    }
    return 0;
}

static int go_to(edoi_static_source *s, uint64_t first, char *piece) {
    if (s->at == first) return 0;
    EDO_ASSERT(s->has_places || s->at < first); // by edoi_static_source_has()
    if (!s->has_places) return static_source_move(s, NULL, first - s->at, piece);
    int err = edo_seek(s->stream, (int64_t)first, SEEK_SET, NULL);
    if (err == 0) s->at = first;
    return err;
}

int edoi_static_source_write(edoi_static_source *s, edo_stream *out, uint64_t first, uint64_t n) {
    edo_buf piece = { 0 };
    int err = edo_buf_reserve(&piece, PIECE_BYTES);
    if (err == 0) err = go_to(s, first, piece.ptr);
    if (err == 0) err = static_source_move(s, out, n, piece.ptr);
    edo_buf_deinit(&piece);
    return err;
}

int edoi_static_source_send(edo_web *w, edoi_static_source *s, edo_str type, uint64_t first,
                            uint64_t n) {
    edo_stream *out = NULL;
    edo_response *res = edo_web_response(w);
    if (first > INT64_MAX || n > INT64_MAX - first) return -EINVAL;
    int err = edo_headers_set(&res->headers, EDO_HEADER_CONTENT_TYPE, type);
    if (err == 0) err = edo_response_stream(res, &out, (int64_t)n);
    if (err < 0 || edo_web_request(w)->method == EDO_METHOD_HEAD) return err;
    return edoi_static_source_write(s, out, first, n);
}
