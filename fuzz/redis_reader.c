/* SPDX-License-Identifier: MIT */
/* fuzz/redis_reader.c: replies of Redis. Properties: whole, byte by byte, and in two parts the
 * replies are the same, up to a fault; no text and no array is beyond the limits, nor arrays lie
 * deeper than hiredis has them. */
#include "fuzz.h"
#include "redis/wire/reader.h"
#include "redis/wire/reply.h"

#include <errno.h>

#define TEXT_MAX  64u
#define ITEMS_MAX 16u

const fuzz_seed fuzz_seeds[] = {
    FUZZ_SEED("+OK\r\n-ERR no\r\n:-7\r\n$-1\r\n*-1\r\n$5\r\na\r\nb\0\r\n"),
    FUZZ_SEED("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n*0\r\n$0\r\n\r\n"),
    FUZZ_SEED("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:5\r\n"),
    FUZZ_SEED("$64\r\n*16\r\n$65\r\n*17\r\n$9223372036854775807\r\n"),
    FUZZ_SEED("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nb\r\n>1\r\n%1\r\n_\r\n"),
};
const size_t fuzz_seeds_n = EDO_COUNT(fuzz_seeds);

static void require(bool holds) {
    if (!holds) abort();
}

/* Appends what a reply is. */
static void put(edo_buf *out, const edo_redis_reply *r, int depth) {
    edo_redis_kind kind = edo_redis_reply_kind(r);
    edo_str text = edo_redis_reply_text(r);
    int64_t number = kind == EDO_REDIS_INT ? edo_redis_reply_int(r) : (int64_t)text.len;
    size_t n = edo_redis_reply_count(r);
    require(depth <= EDOI_REDIS_DEPTH_MAX + 1 && n <= ITEMS_MAX);
    require(kind != EDO_REDIS_TEXT || text.len <= TEXT_MAX);
    require(edo_buf_append(out, &kind, sizeof kind) == 0);
    require(edo_buf_append(out, &number, sizeof number) == 0);
    require(edo_buf_append(out, &n, sizeof n) == 0);
    if (text.len > 0) require(edo_buf_append(out, text.ptr, text.len) == 0);
    for (size_t i = 0; i < n; i++) put(out, edo_redis_reply_at(r, i), depth + 1);
}

/* Reads in pieces of at most `piece` bytes, the first of `first`. Returns how it ended. */
static int read_all(edo_buf *out, const char *bytes, size_t n, size_t first, size_t piece) {
    static const edoi_redis_limits limits = { TEXT_MAX, ITEMS_MAX };
    edoi_redis_reader r;
    int rc = edoi_redis_reader_init(&r, &limits);
    for (size_t at = 0, some = first; at < n && rc >= 0; at += some, some = piece) {
        edo_redis_reply *reply = NULL;
        if (some > n - at) some = n - at;
        rc = edoi_redis_reader_feed(&r, bytes + at, some);
        while (rc >= 0 && (rc = edoi_redis_reader_next(&r, &reply)) == 1) {
            put(out, reply, 0);
            edo_redis_reply_free(reply);
        }
    }
    require(rc == 0 || rc == -EPROTO || rc == -EDO_ETOOLONG);
    require((rc < 0) == (r.why != NULL));
    edoi_redis_reader_deinit(&r);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    edo_buf whole = { 0 }, bytes = { 0 }, parts = { 0 };
    const char *text = (const char *)data;
    int rc = read_all(&whole, text, n, n ? n : 1, 1);
    require((read_all(&bytes, text, n, 1, 1) < 0) == (rc < 0));
    require((read_all(&parts, text, n, n / 2 + 1, n + 1) < 0) == (rc < 0));
    require(edo_str_equal((edo_str){ whole.ptr, whole.len }, (edo_str){ bytes.ptr, bytes.len }));
    require(edo_str_equal((edo_str){ whole.ptr, whole.len }, (edo_str){ parts.ptr, parts.len }));
    edo_buf_deinit(&whole);
    edo_buf_deinit(&bytes);
    edo_buf_deinit(&parts);
    return 0;
}
