/* SPDX-License-Identifier: MIT */
/* redis/scan.c: SCAN and its like as a sequence: one page after the other, by the cursor that came
 * with the one before. A read that is cut short asks for its page again. */
#include "base/memory/alloc.h"
#include "redis/call.h"
#include "redis/span.h"
#include "redis/wire/reply.h"
#include "runtime/spawn/span.h"

#include <edo/error.h>
#include <edo/seq.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CURSOR_MAX 24u
#define PARTS_MAX  7u

typedef struct scan_seq {
    edo_seq base;
    edo_redis *r; /* a reference; while a page is pending its request is in the queue */
    edo_redis_scan_opts opts;
    char *texts;             /* copies of the options' texts */
    char cursor[CURSOR_MAX]; /* of the next page */
    bool is_last;            /* there is none */
    edo_redis_reply *page;   /* NULL: none */
    size_t at;               /* in it */
    edoi_redis_request request;
    edo_redis_reply *reply; /* of the request */
    edo_span *span;         /* of it, while it is pending; NULL: none */
} scan_seq;

static scan_seq *scan_of(edo_seq *seq) {
    return (scan_seq *)(void *)seq;
}

static const edo_redis_reply *scan_items(const scan_seq *q) {
    return edo_redis_reply_at(q->page, 1);
}

/* Takes the next item of the page that is there. */
static bool scan_take(scan_seq *q, edo_str *item) {
    if (q->at >= edo_redis_reply_count(scan_items(q))) return false;
    *item = edo_redis_reply_text(edo_redis_reply_at(scan_items(q), q->at++));
    return true;
}

static int scan_command(edoi_redis_command *c, const scan_seq *q) {
    const edo_redis_scan_opts *o = &q->opts;
    edo_str parts[PARTS_MAX] = { edo_str_of(o->command ? o->command : "SCAN") };
    char count[16];
    size_t n = 1;
    if (!o->command && o->key.len > 0) // all keys would come instead of what is at this one
        return edo_fail(-EINVAL, "a scan of a `key` without a `command`");
    if (o->command) parts[n++] = o->key;
    parts[n++] = edo_str_of(q->cursor);
    if (o->match.len > 0) parts[n++] = EDO_STR("MATCH");
    if (o->match.len > 0) parts[n++] = o->match;
    if (o->count > 0) {
        (void)snprintf(count, sizeof count, "%u", (unsigned)o->count);
        parts[n++] = EDO_STR("COUNT");
        parts[n++] = edo_str_of(count);
    }
    return edoi_redis_command_make(c, parts, n);
}

/* Keeps a page, which it takes in any case. */
static int scan_keep(scan_seq *q, edo_redis_reply *page) {
    edo_str cursor = edo_redis_reply_text(edo_redis_reply_at(page, 0));
    q->page = page;
    q->at = 0;
    if (edo_redis_reply_kind(page) == EDO_REDIS_ERROR)
        return edoi_redis_fail_reply(q->r->place, page, "SCAN");
    if (cursor.len == 0 || cursor.len >= CURSOR_MAX ||
        edo_redis_reply_kind(scan_items(q)) != EDO_REDIS_ARRAY)
        return edo_fail(-EPROTO, "SCAN: the reply is no page");
    memcpy(q->cursor, cursor.ptr, cursor.len);
    q->cursor[cursor.len] = 0;
    q->is_last = edo_str_equal(cursor, EDO_STR("0"));
    return 0;
}

static int scan_begin(scan_seq *q) {
    edoi_redis_command c;
    int err = scan_command(&c, q);
    if (err < 0) return err;
    edo_redis_reply_free(q->page);
    q->page = q->reply = NULL;
    q->at = 0;
    (void)edoi_redis_request_init(&q->request, &q->r->queue, c, &q->reply, 1, false);
    q->span = edoi_redis_span_make(q->r, q->opts.command ? q->opts.command : "SCAN");
    return 0;
}

/* The request has ended. */
static void scan_end_span(scan_seq *q, int err) {
    edo_span *span = q->span;
    q->span = NULL;
    if (EDOI_UNLIKELY(span))
        edoi_span_end_taken(span, edoi_redis_span_told(span, err, &q->reply, 1));
}

/* A failure is the last item. */
static edo_polled scan_fail(scan_seq *q, int err, int *result) {
    q->is_last = true;
    edo_redis_reply_free(q->page);
    q->page = NULL;
    *result = err;
    return EDO_READY;
}

static edo_polled scan_poll(edo_seq *base, edo_cx *cx, void *item, int *result) {
    scan_seq *q = scan_of(base);
    bool is_asking = base->waits;
    for (;;) {
        if (!is_asking) {
            *result = scan_take(q, item);
            if (*result == 1 || q->is_last) return EDO_READY;
            int err = scan_begin(q);
            if (err < 0) return scan_fail(q, err, result);
        }
        if (edo_poll(&q->request.base, cx) == EDO_PENDING) return EDO_PENDING;
        int err = edo_result(&q->request);
        scan_end_span(q, err);
        if (err < 0) err = edo_fail(err, "SCAN: %s", q->request.why ? q->request.why : "");
        if (err == 0) err = scan_keep(q, q->reply);
        q->reply = NULL;
        if (err < 0) return scan_fail(q, err, result);
        is_asking = false; // a page may be empty
    }
}

static void scan_leave(edo_seq *base) {
    scan_seq *q = scan_of(base);
    edo_drop(&q->request.base);
    scan_end_span(q, -ECANCELED);
    edo_redis_reply_free(q->reply); // a page that has come just then is asked for again
    q->reply = NULL;
}

static void scan_drop(edo_seq *base) {
    scan_seq *q = scan_of(base);
    edo_redis_reply_free(q->page);
    edo_rc_unref(q->r);
    edoi_free(q->texts);
    edoi_free(q);
}

/* Copies the texts of the options. */
static int scan_keep_texts(scan_seq *q) {
    edo_redis_scan_opts *o = &q->opts;
    size_t command_n = o->command ? strlen(o->command) + 1 : 0;
    char *to = q->texts = edoi_alloc(command_n + o->key.len + o->match.len + 1);
    if (!to) return -ENOMEM;
    if (o->command) o->command = memcpy(to, o->command, command_n);
    to += command_n;
    if (o->key.len > 0) o->key.ptr = memcpy(to, o->key.ptr, o->key.len);
    to += o->key.len;
    if (o->match.len > 0) o->match.ptr = memcpy(to, o->match.ptr, o->match.len);
    return 0;
}

edo_seq *edo_seq_from_redis_scan(edo_redis *r, const edo_redis_scan_opts *opts) {
    static const edo_seq_ops ops = { .poll_next = scan_poll,
                                     .leave = scan_leave,
                                     .drop = scan_drop,
                                     .name = "edo_seq_from_redis_scan" };
    scan_seq *q = edoi_calloc(1, sizeof *q);
    if (!q) return NULL;
    if (opts) q->opts = *opts;
    if (scan_keep_texts(q) < 0) {
        edoi_free(q);
        return NULL;
    }
    (void)edo_seq_init(&q->base, &ops, sizeof(edo_str));
    q->r = edo_rc_ref(r);
    q->cursor[0] = '0';
    return &q->base;
}
