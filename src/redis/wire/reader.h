/* SPDX-License-Identifier: MIT */
/* redis/wire/reader.h: replies out of bytes, by hiredis' reader, which is kept from what it does
 * not look at: lengths beyond the limits, lines without an end, and the memory of what a server
 * only announces.
 *
 * inv. 1: after a failure there is nothing more to be had: the connection ends.
 * inv. 2: memory is taken for what has come, but for a constant: not for a length or a count.
 *
 * inv. 1 is not asserted: it is what the callers do.
 * inv. 2 is not asserted: reader_test.c counts it. */
#ifndef EDOI_REDIS_WIRE_READER_H
#define EDOI_REDIS_WIRE_READER_H

#include <edo/redis.h>

#define EDOI_REDIS_TEXT_MAX  ((size_t)512 << 20)
#define EDOI_REDIS_ITEMS_MAX ((size_t)1 << 20)
#define EDOI_REDIS_LINE_MAX  ((size_t)64 << 10) /* of a status or an error, and of a length */
#define EDOI_REDIS_DEPTH_MAX 7                  /* arrays in arrays; hiredis' own */

typedef struct edoi_redis_limits {
    size_t text_max, items_max; /* of one reply, in all its arrays */
} edoi_redis_limits;

/* It must not move. */
typedef struct edoi_redis_reader {
    struct redisReader *inner;
    edoi_redis_limits limits; /* const */
    bool is_large;            /* its buffer has been */
    size_t items_n;           /* of the reply that is being read, in all its arrays */
    size_t bytes_n;           /* of its texts */
    int err;                  /* 0, or what has failed */
    const char *why;          /* static; what was wrong with the bytes */
} edoi_redis_reader;

/* Returns 0 or -ENOMEM. */
int edoi_redis_reader_init(edoi_redis_reader *r, const edoi_redis_limits *limits);
void edoi_redis_reader_deinit(edoi_redis_reader *r);

/* Takes a copy of bytes that have come. Returns 0 or -ENOMEM. */
int edoi_redis_reader_feed(edoi_redis_reader *r, const void *bytes, size_t n);

/* Returns 1 with the next reply in `*out`; 0: more bytes are needed; -EPROTO: what came is no
 * RESP2,
 * -EDO_ETOOLONG: it is beyond a limit, which `why` describes; -ENOMEM. */
int edoi_redis_reader_next(edoi_redis_reader *r, edo_redis_reply **out);

#endif
