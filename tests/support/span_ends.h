/* SPDX-License-Identifier: MIT */
/* support/span_ends.h: a receiver that writes down which spans end within which, with what:
 *
 *     "fetch in request: http.request.method=GET http.response.status_code=404 -> 0;"
 *
 * and which events there were, without those of no target that is looked for. For tests on one
 * thread. */
#ifndef EDO_TESTS_SPAN_ENDS_H
#define EDO_TESTS_SPAN_ENDS_H

#include <edo/receiver.h>
#include <edo/test.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static char span_ends[8192];

/* The steps of those that have ended last, by name. */
static struct {
    const char *name;
    char step[EDO_TRACEPARENT_BYTES];
} span_steps[16];

static inline void span_ends_add(const char *text, int n) {
    size_t at = strlen(span_ends);
    (void)snprintf(span_ends + at, sizeof span_ends - at, "%.*s", n, text);
}

static inline int span_ends_add_field(void *arg, const edo_kv *field) {
    char number[32];
    (void)arg;
    (void)snprintf(number, sizeof number, "%" PRId64, field->value.integer);
    bool is_text = field->kind == EDO_KV_TEXT;
    span_ends_add(" ", 1);
    span_ends_add(field->key, (int)strlen(field->key));
    span_ends_add("=", 1);
    span_ends_add(is_text ? field->value.text : number,
                  is_text ? (int)field->text_n : (int)strlen(number));
    return 0;
}

static inline void span_ends_keep_step(const edo_span *s) {
    for (size_t i = 0; i < sizeof span_steps / sizeof span_steps[0]; i++) {
        const char *name = span_steps[i].name;
        if (name && strcmp(name, edo_span_name(s)) != 0) continue;
        span_steps[i].name = edo_span_name(s);
        (void)edo_span_traceparent(s, span_steps[i].step);
        return;
    }
}

static inline const char *span_step(const char *name) {
    for (size_t i = 0; i < sizeof span_steps / sizeof span_steps[0]; i++)
        if (span_steps[i].name && strcmp(span_steps[i].name, name) == 0) return span_steps[i].step;
    return "";
}

static inline void span_ends_event(void *arg, const edo_event *e) {
    char result[32];
    (void)arg;
    const edo_span *s = e->ended, *outer = s ? edo_span_parent(s) : e->span;
    const char *name = s ? edo_span_name(s) : e->message.ptr;
    const char *within = outer ? edo_span_name(outer) : "none";
    span_ends_add(name, (int)strlen(name));
    span_ends_add(" in ", 4);
    span_ends_add(within, (int)strlen(within));
    span_ends_add(":", 1);
    for (size_t i = 0; !s && i < e->fields_n; i++) (void)span_ends_add_field(NULL, &e->fields[i]);
    if (s) (void)edo_span_each_field(s, span_ends_add_field, NULL);
    if (s) span_ends_keep_step(s);
    int n = snprintf(result, sizeof result, s ? " -> %d;" : ";", s ? edo_span_result(s) : 0);
    span_ends_add(result, n);
}

static inline void span_ends_clear(void) {
    span_ends[0] = 0;
    memset(span_steps, 0, sizeof span_steps);
}

static inline edo_receiver *span_ends_begin(const char *filter) {
    static const edo_receiver_ops ops = { .event = span_ends_event };
    edo_receiver *r;
    span_ends_clear();
    EDO_TEST_OK(
        edo_log_add(&r, &ops, NULL, &(edo_receiver_opts){ .filter = filter, .spans = true }));
    return r;
}

/* Says what there is, if the text is not in it. */
static inline bool span_ended(const char *text) {
    bool has = strstr(span_ends, text) != NULL;
    if (!has) (void)fprintf(stderr, "no \"%s\" in:\n%s\n", text, span_ends);
    return has;
}

#endif
