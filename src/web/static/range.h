/* SPDX-License-Identifier: MIT */
/* web/static/range.h: parts of a file. */
#ifndef EDOI_WEB_STATIC_RANGE_H
#define EDOI_WEB_STATIC_RANGE_H

#include <edo/http_fields.h>
#include <edo/web_static.h>

#define EDOI_RANGES_MAX 16u

/* Joins ranges that overlap or touch, in the place of the first of them. Returns how many are
 * left. */
size_t edoi_ranges_merge(edo_byte_range *ranges, size_t n);

/* Returns the bytes of a file. */
EDOI_INLINE uint64_t edoi_static_size(const edo_static_file *file) {
    return file->stream || file->source ? file->size : file->bytes.str.len;
}

/* A source that is being read. */
typedef struct edoi_static_source {
    edo_stream *stream;
    bool has_places;
    uint64_t at; /* the next byte to be read */
} edoi_static_source;

/* Goes to the beginning of the file's source. Returns 0 or a negative code. */
int edoi_static_source_begin(edoi_static_source *s, const edo_static_file *file);

/* Can the ranges be read in their order? */
bool edoi_static_source_has(const edoi_static_source *s, const edo_byte_range *ranges, size_t n);

/* Writes `n` bytes from the byte `first` on to `out`. Returns 0 or a negative code. */
int edoi_static_source_write(edoi_static_source *s, edo_stream *out, uint64_t first, uint64_t n);

/* Sends those bytes as the body of the response, whose status and fields are set. Returns 0 or a
 * negative code. */
int edoi_static_source_send(edo_web *w, edoi_static_source *s, edo_str type, uint64_t first,
                            uint64_t n);

/* Sends the ranges of a file of the given `type`: one as it is, several as multipart/byteranges.
 * `source` is the file's, if it has one. Returns 0 or a negative code. Spec: RFC 9110 section 14.6,
 * 15.3.7. */
int edoi_ranges_send(edo_web *w, const edo_static_file *file, edoi_static_source *source,
                     edo_str type, const edo_byte_range *ranges, size_t n);

#endif
