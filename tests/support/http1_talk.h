/* SPDX-License-Identifier: MIT */
/* support/http1_talk.h: reads the messages of one connection, which comes in pieces, and writes
 * down what it found as text, so that two ways of reading can be compared. Each piece comes in new
 * memory that ends where the bytes end. */
#ifndef EDO_TESTS_HTTP1_TALK_H
#define EDO_TESTS_HTTP1_TALK_H

#include "http/h1/chunked.h"
#include "http/h1/fields.h"
#include "http/h1/framing.h"
#include "http/h1/head.h"

#include <edo/test.h>

#include <stdio.h>
#include <stdlib.h>

typedef enum talk_verdict { TALK_ACCEPT, TALK_REJECT, TALK_INCOMPLETE } talk_verdict;

typedef struct talk {
    edoi_h1_kind kind;
    edoi_h1_opts opts;
    bool checks_host;
    talk_verdict verdict;
    int err; /* of the rejection */
    edo_status refusal;
    size_t messages;
    edo_buf text; /* of each message: its first line, its fields, an empty line, its body, and 1e if
                     it is whole */

    /* Its own. */
    char *memory, *bytes; /* all of it; what was fed */
    size_t n, at;         /* bytes so far; what is done with */
    enum { TALK_HEAD, TALK_LENGTH, TALK_CHUNKED, TALK_TRAILERS, TALK_CLOSE, TALK_OVER } state;
    edoi_h1_head head;
    edo_headers headers;
    uint64_t left;
    edoi_chunked chunked;
    bool is_last;
} talk;

static inline void talk_put(talk *t, edo_str s) {
    EDO_TEST_OK(edo_buf_append(&t->text, s.ptr ? s.ptr : "", s.len));
}

static inline void talk_next(talk *t) {
    edo_headers_deinit(&t->headers);
    edoi_h1_head_init(&t->head, t->kind, &t->headers, &t->opts);
    t->state = TALK_HEAD;
    t->chunked = (edoi_chunked){ 0 };
}

static inline void talk_whole(talk *t) {
    talk_put(t, EDO_STR("\x1e"));
    t->messages++;
    if (t->is_last)
        t->state = TALK_OVER;
    else
        talk_next(t);
}

static inline void talk_print_head(talk *t) {
    const edoi_h1_head *h = &t->head;
    char digits[16];
    if (t->kind == EDOI_H1_REQUEST) {
        talk_put(t, h->method_name);
        talk_put(t, EDO_STR(" "));
        talk_put(t, h->target);
    } else {
        (void)snprintf(digits, sizeof digits, "%d ", h->status);
        talk_put(t, edo_str_of(digits));
        talk_put(t, h->reason);
    }
    talk_put(t, h->version == EDO_HTTP_10 ? EDO_STR(" 1.0\n") : EDO_STR(" 1.1\n"));
    EDO_TEST_OK(edo_headers_print(&t->headers, &t->text));
    talk_put(t, EDO_STR("\n"));
}

static inline void talk_begin_body(talk *t) {
    const edoi_h1_head *h = &t->head;
    edoi_h1_framing framing = h->framing;
    bool is_connect = h->method == EDO_METHOD_CONNECT;
    if (t->kind == EDOI_H1_RESPONSE) framing = edoi_h1_response_framing(h, EDO_METHOD_GET);
    if (is_connect) framing = EDOI_H1_NO_BODY;
    // Behind a final response to an upgrade that was refused HTTP goes on.
    bool is_upgraded = t->kind == EDOI_H1_REQUEST ? h->is_upgrade : h->status == 101;
    t->is_last = is_connect || is_upgraded || !h->keeps_alive;
    t->left = h->content_length;
    switch (framing) {
    case EDOI_H1_NO_BODY: talk_whole(t); break;
    case EDOI_H1_LENGTH: t->state = TALK_LENGTH; break;
    case EDOI_H1_CHUNKED: t->state = TALK_CHUNKED; break;
    case EDOI_H1_UNTIL_CLOSE: t->state = TALK_CLOSE; break;
    }
}

static inline int talk_head(talk *t) {
    int n = edoi_h1_head_parse(&t->head, t->bytes + t->at, t->n - t->at);
    if (n <= 0) return n;
    t->at += (size_t)n;
    if (t->state == TALK_TRAILERS) {
        talk_whole(t);
        return 1;
    }
    talk_print_head(t);
    int err = t->checks_host ? edoi_h1_check_host(&t->head) : 0;
    if (err < 0) return err;
    talk_begin_body(t);
    return 1;
}

static inline int talk_chunked(talk *t) {
    size_t used;
    edo_str data, in = { t->bytes + t->at, t->n - t->at };
    int what = edoi_chunked_next(&t->chunked, in, &used, &data);
    t->at += used;
    if (what == EDOI_CHUNKED_DATA) talk_put(t, data);
    if (what == EDOI_CHUNKED_LAST) {
        t->state = TALK_TRAILERS;
        edo_headers_deinit(&t->headers);
        edoi_h1_head_init(&t->head, EDOI_H1_TRAILERS, &t->headers, &t->opts);
    }
    return what;
}

/* Returns 1 if it got on, 0 if it wants more, or an error. */
static inline int talk_step(talk *t) {
    size_t n = t->n - t->at;
    switch (t->state) {
    case TALK_HEAD:
    case TALK_TRAILERS: return talk_head(t);
    case TALK_CHUNKED: return talk_chunked(t);
    case TALK_LENGTH:
        if (n > t->left) n = (size_t)t->left;
        talk_put(t, (edo_str){ t->bytes + t->at, n });
        t->at += n;
        t->left -= n;
        if (t->left > 0) return 0;
        talk_whole(t);
        return 1;
    case TALK_CLOSE:
        talk_put(t, (edo_str){ t->bytes + t->at, n });
        t->at = t->n; // NOLINT(clang-analyzer-unix.Malloc): `t` keeps the memory
        return 0;
    case TALK_OVER: break;
    }
    return 0;
}

static inline void talk_begin(talk *t, edoi_h1_kind kind) {
    *t = (talk){ .kind = kind };
    edo_headers_init(&t->headers);
    talk_next(t);
}

static inline void talk_feed(talk *t, const char *piece, size_t n) {
    if (t->verdict == TALK_REJECT) return;
    char *moved = malloc(t->n + n + 1);
    EDO_TEST_TRUE(moved);
    // Exactly at the end of the memory, where the address sanitizer looks.
    memcpy(moved + 1, t->bytes ? t->bytes : "", t->n);
    memcpy(moved + 1 + t->n, piece, n);
    char *old = t->memory;
    t->memory = moved;
    t->bytes = moved + 1;
    t->n += n;
    int went = 1;
    while (went > 0) went = talk_step(t);
    free(old);
    t->err = went;
    t->refusal = t->head.refusal;
    if (went < 0) {
        t->verdict = TALK_REJECT;
        return;
    }
    bool is_between = t->state == TALK_OVER ||
                      (t->state == TALK_HEAD && !t->head.is_in_fields &&
                       t->at + t->head.scanned == t->n && t->head.line == t->head.scanned);
    t->verdict = is_between && t->messages > 0 ? TALK_ACCEPT : TALK_INCOMPLETE;
}

static inline void talk_end(talk *t) {
    edo_headers_deinit(&t->headers);
    edo_buf_deinit(&t->text);
    free(t->memory);
}

/* Feeds all of it in pieces of `piece` bytes. */
static inline void talk_in_pieces(talk *t, const char *bytes, size_t n, size_t piece) {
    size_t at = 0;
    do {
        size_t m = n - at < piece ? n - at : piece;
        talk_feed(t, bytes + at, m);
        at += m;
    } while (at < n);
}

static inline void talk_check_same(const talk *a, const talk *b) {
    EDO_TEST_EQ(a->verdict, b->verdict);
    EDO_TEST_EQ(a->err, b->err);
    EDO_TEST_EQ(a->refusal, b->refusal);
    EDO_TEST_EQ(a->messages, b->messages);
    EDO_TEST_EQ(a->text.len, b->text.len);
    EDO_TEST_TRUE(a->text.len == 0 || memcmp(a->text.ptr, b->text.ptr, a->text.len) == 0);
}

#endif
