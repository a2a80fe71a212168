/* SPDX-License-Identifier: MIT */
/* redis/wire/reply.h: a reply in memory: one block for each value, with its text behind it. While
 * an array is read, `items` grows with the items that come, and not by the length that the server
 * has announced. */
#ifndef EDOI_REDIS_WIRE_REPLY_H
#define EDOI_REDIS_WIRE_REPLY_H

#include <edo/redis.h>

struct edo_redis_reply {
    edo_redis_kind kind;
    uint32_t items_n, items_room; /* of an array: items that have come, and allocated slots */
    union {
        int64_t value;           /* of an integer */
        size_t len;              /* of a text */
        edo_redis_reply **items; /* of an array */
    };
    char text[]; /* with a NUL behind it */
};

/* NULL: no memory. */
edo_redis_reply *edoi_redis_reply_text(edo_redis_kind kind, const char *text, size_t len);
edo_redis_reply *edoi_redis_reply_new(edo_redis_kind kind);

/* Adds an item, which is taken. Returns false, and leaves it, without memory. */
bool edoi_redis_reply_add(edo_redis_reply *array, edo_redis_reply *item);

/* Is it the array that `name` stands first in? */
bool edoi_redis_reply_is(const edo_redis_reply *r, edo_str name);

/* The code word of an error, as "WRONGTYPE"; or an empty text. */
edo_str edoi_redis_reply_code(const edo_redis_reply *r);

#endif
