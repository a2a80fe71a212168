/* SPDX-License-Identifier: MIT */
/* support/spans.h: the spans that have ended, each as a line:
 *
 *     query in transaction of pg = ENOENT db.query.text=select 1; rows=1; */
#ifndef EDO_TESTS_SPANS_H
#define EDO_TESTS_SPANS_H

#include <edo/receiver.h>
#include <edo/test.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct {
    pthread_mutex_t lock; /* a leaf; guards what follows */
    size_t n;
    char text[1 << 16];
    edo_receiver *receiver;
} spans = { .lock = PTHREAD_MUTEX_INITIALIZER };

EDO_PRINTF(1, 2)
static inline void spans_put(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(spans.text + spans.n, sizeof spans.text - spans.n, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < sizeof spans.text - spans.n) spans.n += (size_t)n;
}

static inline int spans_put_field(void *arg, const edo_kv *kv) {
    (void)arg;
    if (kv->kind == EDO_KV_TEXT && !kv->value.text) return 0;
    spans_put("%s=", kv->key);
    if (kv->kind == EDO_KV_TEXT) spans_put("%.*s", (int)kv->text_n, kv->value.text);
    if (kv->kind == EDO_KV_INT) spans_put("%" PRId64, kv->value.integer);
    if (kv->kind == EDO_KV_UINT) spans_put("%" PRIu64, kv->value.whole);
    if (kv->kind == EDO_KV_BOOL) spans_put("%s", kv->value.boolean ? "true" : "false");
    spans_put("; ");
    return 0;
}

static inline void spans_on_event(void *arg, const edo_event *e) {
    (void)arg;
    if (!e->ended) return;
    const edo_span *parent = edo_span_parent(e->ended);
    int result = edo_span_result(e->ended);
    (void)pthread_mutex_lock(&spans.lock);
    spans_put("%s in %s of %.*s = %s ", edo_span_name(e->ended),
              parent ? edo_span_name(parent) : "none", (int)e->target.len, e->target.ptr,
              result < 0 ? edo_error_name(result) : "0");
    (void)edo_span_each_field(e->ended, spans_put_field, NULL);
    spans_put("\n");
    (void)pthread_mutex_unlock(&spans.lock);
}

/* From now on spans that pass the filter are noted. */
static inline void spans_begin(const char *filter) {
    static const edo_receiver_ops ops = { .event = spans_on_event };
    spans.n = 0;
    spans.text[0] = '\0';
    EDO_TEST_OK(edo_log_add(&spans.receiver, &ops, NULL,
                            &(edo_receiver_opts){ .filter = filter, .spans = true }));
}

static inline void spans_end(void) {
    edo_log_remove(spans.receiver);
}

static inline void spans_forget(void) {
    spans.n = 0;
    spans.text[0] = '\0';
}

/* How many lines have `text`. */
static inline unsigned spans_count(const char *text) {
    unsigned n = 0;
    for (const char *at = spans.text; (at = strstr(at, text)); at += strlen(text)) n++;
    return n;
}

/* Is there a line that begins so, and has the other texts (NULL: none)? Prints all, if not. */
static inline bool spans_have(const char *begin, const char *one, const char *two) {
    for (const char *at = spans.text; *at; at = strchr(at, '\n') + 1) {
        size_t n = strcspn(at, "\n");
        const char *found_one = one ? strstr(at, one) : at, *found_two = two ? strstr(at, two) : at;
        if (strncmp(at, begin, strlen(begin)) == 0 && found_one && found_one < at + n &&
            found_two && found_two < at + n)
            return true;
    }
    (void)fprintf(stderr, "missing: %s … %s … %s, in:\n%s", begin, one ? one : "", two ? two : "",
                  spans.text);
    return false;
}

#endif
