/* SPDX-License-Identifier: MIT */
/* fuzz/sse.c: streams of events. Properties: whole, byte by byte, and in two parts the events are
 * the same; none has a type or id of more than a line, and data has no CR. */
#include "fuzz.h"
#include "web/sse/parser.h"

#include <string.h>

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("\xef\xbb\xbf: hello\ndata: a\r\ndata:b\rid: 1\nevent: x\nretry: 10\n\n"),
    FUZZ_SEED("data\n\ndata\ndata\n\ndata:\n\nid\n\nid: a\0b\ndata: x\n\n"),
    FUZZ_SEED("event: a\n\ndata: b\n\n\r\r\n\n\rdata: c"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void require(bool holds) {
    if (!holds) abort();
}

static bool has_no(edo_str s, char c) {
    return !memchr(s.ptr, c, s.len);
}

static void put(edo_buf *out, edo_str s) {
    uint64_t n = s.len;
    require(edo_buf_append(out, &n, sizeof n) == 0);
    if (n > 0) require(edo_buf_append(out, s.ptr, s.len) == 0);
}

/* Parses in pieces of at most `piece` bytes, the first of `first`; appends what came of it. */
static void parse(edo_buf *out, const char *text, size_t n, size_t first, size_t piece) {
    edoi_sse_parser p = { .bytes_max = 64 };
    edo_sse_message m;
    int told = 0;
    for (size_t at = 0, some = first; at < n && told >= 0; at += some, some = piece) {
        if (some > n - at) some = n - at;
        edo_str in = { text + at, some };
        while ((told = edoi_sse_parse(&p, &in, &m)) > 0) {
            require(m.data.len <= 64 && has_no(m.data, '\r'));
            require(has_no(m.event, '\r') && has_no(m.event, '\n') && m.event.len > 0);
            require(has_no(m.id, '\r') && has_no(m.id, '\n') && has_no(m.id, 0));
            put(out, m.data);
            put(out, m.event);
            put(out, m.id);
        }
    }
    require(told == 0 || told == -EDO_ETOOLONG);
    require(edo_buf_append(out, &p.retry, sizeof p.retry) == 0);
    edoi_sse_parser_deinit(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_buf whole = { 0 }, bytes = { 0 }, parts = { 0 };
    const char *text = (const char *)data;
    parse(&whole, text, n, n ? n : 1, 1);
    parse(&bytes, text, n, 1, 1);
    parse(&parts, text, n, n / 2 + 1, n + 1);
    require(whole.len == bytes.len && memcmp(whole.ptr, bytes.ptr, whole.len) == 0);
    require(whole.len == parts.len && memcmp(whole.ptr, parts.ptr, whole.len) == 0);
    edo_buf_deinit(&whole);
    edo_buf_deinit(&bytes);
    edo_buf_deinit(&parts);
    return 0;
}
