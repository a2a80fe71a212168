/* SPDX-License-Identifier: MIT */
/* log/span/traceparent.c: see traceparent.h. */
#include "log/span/traceparent.h"

#include "base/text/hex.h"

#include <string.h>

#define PARENT_N (EDO_TRACEPARENT_BYTES - 1)
#define TRACE_AT 3u
#define SPAN_AT  36u
#define FLAGS_AT 53u

/* Reads 2n digits in lower case. */
static bool read_hex(unsigned char *to, const char *text, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const int byte = edoi_hex_byte_lower(text + 2 * i);
        if (byte < 0) return false;
        to[i] = (unsigned char)byte;
    }
    return true;
}

static bool is_zero(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (bytes[i] != 0) return false;
    return true;
}

/* Does nothing follow in version 00, and in a later one what a dash separates? */
static bool ends_well(edo_str s, unsigned char version) {
    return s.len == PARENT_N || (version != 0 && s.ptr[PARENT_N] == '-');
}

bool edoi_traceparent_parse(edoi_span_id *out, edo_str s) {
    unsigned char version, flags;
    if (s.len < PARENT_N || s.ptr[TRACE_AT - 1] != '-' || s.ptr[SPAN_AT - 1] != '-' ||
        s.ptr[FLAGS_AT - 1] != '-')
        return false;
    if (!read_hex(&version, s.ptr, 1) || version == 0xff || !ends_well(s, version)) return false;
    if (!read_hex(out->trace, s.ptr + TRACE_AT, sizeof out->trace) ||
        !read_hex(out->id, s.ptr + SPAN_AT, sizeof out->id) ||
        !read_hex(&flags, s.ptr + FLAGS_AT, 1))
        return false;
    out->is_sampled = flags & 1;
    return !is_zero(out->trace, sizeof out->trace) && !is_zero(out->id, sizeof out->id);
}

void edoi_traceparent_print(char text[EDO_TRACEPARENT_BYTES], const edoi_span_id *id) {
    memcpy(text, "00-00000000000000000000000000000000-0000000000000000-00", PARENT_N + 1);
    // one loop over whole vectors
    unsigned char bytes[32] = { 0 };
    char digits[2 * sizeof bytes];
    memcpy(bytes, id->trace, sizeof id->trace);
    memcpy(bytes + sizeof id->trace, id->id, sizeof id->id);
    edoi_hex_print(digits, bytes, sizeof bytes);
    memcpy(text + TRACE_AT, digits, 2 * sizeof id->trace);
    memcpy(text + SPAN_AT, digits + 2 * sizeof id->trace, 2 * sizeof id->id);
    if (id->is_sampled) text[FLAGS_AT + 1] = '1';
}

edo_span *edo_span_remote(edo_str traceparent) {
    edoi_span_id id;
    return edoi_traceparent_parse(&id, traceparent) ? edoi_span_of(&id) : NULL;
}

size_t edo_span_traceparent(const edo_span *s, char text[EDO_TRACEPARENT_BYTES]) {
    text[0] = '\0';
    if (!s) return 0;
    edoi_traceparent_print(text, &s->self);
    return PARENT_N;
}
