/* SPDX-License-Identifier: MIT */
/* http2/bucket.h: tokens, which come back with time. */
#ifndef EDOI_HTTP2_BUCKET_H
#define EDOI_HTTP2_BUCKET_H

#include <edo/time.h>

#define EDOI_H2_TOKEN 1000 /* thousandths */

typedef struct edoi_h2_bucket {
    int64_t left;      /* in thousandths; below 0: what is owed */
    int64_t filled_ns; /* up to when they are filled up */
} edoi_h2_bucket;

EDOI_INLINE void edoi_h2_bucket_begin(edoi_h2_bucket *b, uint32_t most, int64_t now_ns) {
    *b = (edoi_h2_bucket){ (int64_t)most * EDOI_H2_TOKEN, now_ns };
}

EDOI_INLINE void edoi_h2_bucket_put_part(edoi_h2_bucket *b, int64_t thousandths, uint32_t most) {
    int64_t full = (int64_t)most * EDOI_H2_TOKEN;
    b->left = full - b->left < thousandths ? full : b->left + thousandths;
}

/* Puts `n` tokens in, at most as many as there is room for. */
EDOI_INLINE void edoi_h2_bucket_put(edoi_h2_bucket *b, uint32_t n, uint32_t most) {
    edoi_h2_bucket_put_part(b, (int64_t)n * EDOI_H2_TOKEN, most);
}

/* Puts in what the time since the last filling has brought. */
EDOI_INLINE void edoi_h2_bucket_fill(edoi_h2_bucket *b, uint32_t per_s, uint32_t most) {
    int64_t now_ns = edo_now().ns, ms = (now_ns - b->filled_ns) / 1000000;
    if (ms <= 0) return;
    int64_t full_ms = ((int64_t)most * EDOI_H2_TOKEN - b->left) / per_s + 1; // with what is owed
    edoi_h2_bucket_put_part(b, (ms < full_ms ? ms : full_ms) * per_s, most);
    b->filled_ns += ms * 1000000; // the rest counts the next time
}

/* Returns false if there are less than `n`, also after a look at the clock. Of a full one it looks,
 * too: the time in which it was full brings nothing. */
EDOI_INLINE bool edoi_h2_bucket_take_n(edoi_h2_bucket *b, uint32_t n, uint32_t per_s,
                                       uint32_t most) {
    const int64_t cost = (int64_t)n * EDOI_H2_TOKEN;
    if (b->left < cost || b->left == (int64_t)most * EDOI_H2_TOKEN)
        edoi_h2_bucket_fill(b, per_s, most);
    if (b->left < cost) return false;
    b->left -= cost;
    return true;
}

EDOI_INLINE bool edoi_h2_bucket_take(edoi_h2_bucket *b, uint32_t per_s, uint32_t most) {
    return edoi_h2_bucket_take_n(b, 1, per_s, most);
}

/* Takes one that is not there. Returns false if `most` are owed already. */
EDOI_INLINE bool edoi_h2_bucket_owe(edoi_h2_bucket *b, uint32_t most) {
    if (b->left - EDOI_H2_TOKEN < -(int64_t)most * EDOI_H2_TOKEN) return false;
    b->left -= EDOI_H2_TOKEN;
    return true;
}

/* Is one owed, also after a look at the clock? */
EDOI_INLINE bool edoi_h2_bucket_owes(edoi_h2_bucket *b, uint32_t per_s, uint32_t most) {
    if (b->left < 0) edoi_h2_bucket_fill(b, per_s, most);
    return b->left < 0;
}

#endif
