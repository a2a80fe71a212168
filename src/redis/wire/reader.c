/* SPDX-License-Identifier: MIT */
/* redis/wire/reader.c: see reader.h.
 *
 * hiredis waits for the whole of a text before it makes anything of it. So when it has made no
 * reply of what there is, the length that it waits for stands at its place in the buffer: that is
 * looked at before more is read. Arrays are announced to array_begun(). */
#include "redis/wire/reader.h"
#include "base/assert.h"
#include "redis/wire/reply.h"

#include <errno.h>
#include <hiredis/read.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_KEPT ((size_t)64 << 10) /* a larger one is given back once it is used up */

#define WHY_ITEMS "an array has more items than `items_max`"
#define WHY_TEXT  "the texts of a reply are longer than `text_max`"
#define WHY_MALFORMED                                                                              \
    "a length, a number or a type in a reply is malformed, or arrays lie more than 7 deep"

/* ---- What hiredis calls ---------------------------------------------------------------------- */

static edoi_redis_reader *reader_of(const redisReadTask *task) {
    return task->privdata;
}

/* Notes what is wrong. Returns NULL, which makes hiredis stop. */
static void *reader_refuse(edoi_redis_reader *r, int err, const char *why) {
    r->err = err;
    r->why = why;
    return NULL;
}

/* Puts what was made into its array, if it is in one; frees it without memory for that. Arrays in
 * arrays count together: else a few levels would hold any number of items. */
static void *reader_attach(const redisReadTask *task, edo_redis_reply *made) {
    edoi_redis_reader *r = reader_of(task);
    if (!task->parent) r->items_n = 0;
    if (!made || !task->parent) return made;
    if (++r->items_n > r->limits.items_max) {
        edo_redis_reply_free(made);
        return reader_refuse(r, -EDO_ETOOLONG, WHY_ITEMS);
    }
    if (edoi_redis_reply_add(task->parent->obj, made)) return made;
    edo_redis_reply_free(made);
    return NULL;
}

static edo_redis_kind text_kind(const redisReadTask *task) {
    if (task->type == REDIS_REPLY_ERROR) return EDO_REDIS_ERROR;
    return task->type == REDIS_REPLY_STATUS ? EDO_REDIS_STATUS : EDO_REDIS_TEXT;
}

/* All of it is in the buffer, with the two bytes behind it, which hiredis passes over. */
static void *text_made(const redisReadTask *task, char *text, size_t len) {
    edoi_redis_reader *r = reader_of(task);
    if (len > r->limits.text_max - r->bytes_n) return reader_refuse(r, -EDO_ETOOLONG, WHY_TEXT);
    r->bytes_n += len;
    if (text[len] != '\r' || text[len + 1] != '\n')
        return reader_refuse(r, -EPROTO, "a text is longer than its length says");
    return reader_attach(task, edoi_redis_reply_text(text_kind(task), text, len));
}

static void *array_begun(const redisReadTask *task, int n) {
    edoi_redis_reader *r = reader_of(task);
    if (n < 0 || (size_t)n > r->limits.items_max) return reader_refuse(r, -EDO_ETOOLONG, WHY_ITEMS);
    return reader_attach(task, edoi_redis_reply_new(EDO_REDIS_ARRAY));
}

static void *int_made(const redisReadTask *task, long long value) {
    edo_redis_reply *made = edoi_redis_reply_new(EDO_REDIS_INT);
    if (made) made->value = value;
    return reader_attach(task, made);
}

static void *nil_made(const redisReadTask *task) {
    return reader_attach(task, edoi_redis_reply_new(EDO_REDIS_NIL));
}

static void made_free(void *made) {
    edo_redis_reply_free(made);
}

static redisReplyObjectFunctions functions = { .createString = text_made,
                                               .createArray = array_begun,
                                               .createInteger = int_made,
                                               .createNil = nil_made,
                                               .freeObject = made_free };

/* ---- The reader ------------------------------------------------------------------------------ */

/* Returns NULL without memory. */
static redisReader *inner_new(edoi_redis_reader *r) {
    redisReader *inner = redisReaderCreateWithFunctions(&functions);
    if (!inner) return NULL;
    inner->privdata = r;
    // else hiredis frees the buffer when it is empty, and asserts that it can allocate another
    inner->maxbuf = 0;
    return inner;
}

int edoi_redis_reader_init(edoi_redis_reader *r, const edoi_redis_limits *limits) {
    *r = (edoi_redis_reader){ .limits = *limits };
    r->inner = inner_new(r);
    return r->inner ? 0 : -ENOMEM;
}

void edoi_redis_reader_deinit(edoi_redis_reader *r) {
    if (r->inner) redisReaderFree(r->inner);
    r->inner = NULL;
}

int edoi_redis_reader_feed(edoi_redis_reader *r, const void *bytes, size_t n) {
    if (r->err < 0) return r->err;
    if (redisReaderFeed(r->inner, bytes, n) != REDIS_OK) r->err = -ENOMEM;
    if (r->err == 0 && r->inner->len > BUFFER_KEPT) r->is_large = true;
    return r->err;
}

/* Has no reply begun? */
static bool reader_is_between(const redisReader *in) {
    return in->ridx < 0 || (in->ridx == 0 && in->rstack[0].type < 0);
}

/* And are all bytes used up? */
static bool reader_is_idle(const edoi_redis_reader *r) {
    const redisReader *in = r->inner;
    return in->pos == in->len && reader_is_between(in);
}

/* Gives the memory of a large reply back. */
static void reader_shrink(edoi_redis_reader *r) {
    redisReader *fresh = inner_new(r);
    r->is_large = false;
    if (!fresh) return; // then it is kept
    redisReaderFree(r->inner);
    r->inner = fresh;
}

/* The length that stands at `line`, of `n` digits at most; hiredis has taken it for good. */
static bool length_is_above(const char *line, size_t n, size_t most) {
    uint64_t value = 0;
    for (size_t i = 0; i < n && line[i] >= '0' && line[i] <= '9' && value <= most; i++)
        value = value * 10 + (uint64_t)(line[i] - '0');
    return value > most;
}

/* hiredis waits for more of an item. Refuses one whose announced length, or whose line without an
 * end, is above the limit. Returns 0, or the code of the refusal. */
static int reader_check(edoi_redis_reader *r) {
    const redisReader *in = r->inner;
    if (in->ridx < 0 || in->rstack[in->ridx].type < 0) return 0;
    const char *line = in->buf + in->pos;
    size_t n = in->len - in->pos;
    const char *end = n > 1 ? memchr(line, '\r', n - 1) : NULL;
    bool is_text = in->rstack[in->ridx].type == REDIS_REPLY_STRING;
    size_t left = r->limits.text_max - r->bytes_n;
    if (is_text && end && length_is_above(line, (size_t)(end - line), left))
        (void)reader_refuse(r, -EDO_ETOOLONG, WHY_TEXT);
    else if ((!is_text || !end) && n > EDOI_REDIS_LINE_MAX)
        (void)reader_refuse(r, -EDO_ETOOLONG, "a line has no end");
    return r->err;
}

/* Looks at the type of a reply that begins: after a failure hiredis has its words alone, and no
 * byte of what it did not take. */
static int reader_look(edoi_redis_reader *r) {
    static const char types[] = { '+', '-', ':', '$', '*' };
    static const char others[] = { '%', '~', '_', '#', ',', '(', '=', '>', '|', '!' };
    const redisReader *in = r->inner;
    if (in->pos == in->len || !reader_is_between(in)) return 0;
    char byte = in->buf[in->pos];
    if (memchr(types, byte, sizeof types)) return 0;
    bool is_other = memchr(others, byte, sizeof others) != NULL;
    (void)reader_refuse(r, -EPROTO, is_other ? "a type of RESP3" : "no type of RESP2");
    return r->err;
}

/* hiredis did not take something. Its words are not read: another version has others. */
static int reader_failed(edoi_redis_reader *r) {
    if (r->err < 0) return r->err;
    if (r->inner->err == REDIS_ERR_OOM) return r->err = -ENOMEM;
    (void)reader_refuse(r, -EPROTO, WHY_MALFORMED);
    return r->err;
}

int edoi_redis_reader_next(edoi_redis_reader *r, edo_redis_reply **out) {
    void *reply = NULL;
    if (r->err < 0 || reader_look(r) < 0) return r->err;
    if (redisReaderGetReply(r->inner, &reply) != REDIS_OK || r->err < 0) {
        edo_redis_reply_free(reply);
        return reader_failed(r);
    }
    *out = reply;
    if (reply) {
        r->bytes_n = 0;
        return 1;
    }
    if (r->is_large && reader_is_idle(r)) reader_shrink(r);
    return reader_check(r);
}
