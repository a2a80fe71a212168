/* SPDX-License-Identifier: MIT */
/* test/log.c: see edo/test_log.h. An event is one piece of memory, with its texts behind it; it
 * never changes once it is in the list, so that who has found one reads it without a lock. */
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "log/scratch.h"
#include "log/span/span.h"

#include <edo/receiver.h>
#include <edo/task.h>
#include <edo/test_log.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_MAX 10000u

typedef struct log_node {
    edo_test_event event;  /* first: an event that was found is its node */
    struct log_node *next; /* lock: the log's; written once */
    edo_kv fields[];
} log_node;

struct edo_test_log {
    edo_receiver *receiver; /* const */
    bool own_only;          /* const, as the next three */
    uint64_t task;
    pthread_t thread;
    uint32_t events_max;
    edo_atomic_u64 lost_n;  /* relaxed: a number */
    edoi_lock lock;         /* leaf; guards the rest */
    log_node *first, *last; /* events end with the log */
    uint32_t events_n;
};

/* ---- Keeping --------------------------------------------------------------------------------- */

/* What is put behind a node: copies `text` and a NUL. */
static const char *node_put(char **at, const char *text, size_t n) {
    char *begin = *at;
    if (n > 0) memcpy(begin, text, n);
    begin[n] = '\0';
    *at = begin + n + 1;
    return begin;
}

static bool field_has_text(const edo_kv *kv) {
    return (kv->kind == EDO_KV_TEXT || kv->kind == EDO_KV_JSON) && kv->value.text;
}

static size_t fields_text_n(const edo_kv *kv, size_t n) {
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += strlen(kv[i].key) + 1 + (field_has_text(&kv[i]) ? kv[i].text_n + 1 : 0);
    return bytes;
}

/* The names of the spans, with a NUL; what does not fit is left out at the front. */
static void span_names(const edo_span *s, char text[256]) {
    char *at = text + 255;
    *at = '\0';
    for (; s; s = edo_span_parent(s)) {
        const char *name = edo_span_name(s);
        size_t n = name ? strlen(name) : 0, more = *at ? n + 1 : n;
        if (n == 0 || more > (size_t)(at - text)) break;
        at -= more;
        if (more > n) at[n] = ':';
        memcpy(at, name, n);
    }
    memmove(text, at, strlen(at) + 1);
}

static edo_str build_line(edoi_log_line *line, const edo_event *e) {
    edoi_log_line_write_told(line, e);
    return (edo_str){ line->bytes, line->n - 1 };
}

static log_node *node_new(const edo_event *e, edo_str line, const char *spans) {
    size_t n = e->fields_n;
    log_node *node = edoi_alloc(sizeof *node + n * sizeof(edo_kv) + fields_text_n(e->fields, n) +
                                e->target.len + e->message.len + line.len + strlen(spans) + 4);
    if (!node) return NULL;
    char *at = (char *)&node->fields[n];
    node->next = NULL;
    node->event = (edo_test_event){ .level = e->site->level,
                                    .target = node_put(&at, e->target.ptr, e->target.len),
                                    .message = node_put(&at, e->message.ptr, e->message.len),
                                    .spans = node_put(&at, spans, strlen(spans)),
                                    .line = node_put(&at, line.ptr, line.len),
                                    .fields = node->fields,
                                    .fields_n = n };
    for (size_t i = 0; i < n; i++) {
        const edo_kv *kv = &e->fields[i];
        node->fields[i] = *kv;
        node->fields[i].key = node_put(&at, kv->key, strlen(kv->key));
        if (field_has_text(kv))
            node->fields[i].value.text = node_put(&at, kv->value.text, kv->text_n);
    }
    return node;
}

/* False: there are as many as there may be. */
static bool log_enter(edo_test_log *log, log_node *node) {
    edoi_lock_acquire(&log->lock);
    bool has_place = log->events_n < log->events_max;
    if (has_place) {
        if (log->last) log->last->next = node;
        if (!log->first) log->first = node;
        log->last = node;
        log->events_n++;
    }
    edoi_lock_release(&log->lock);
    return has_place;
}

static void log_event(void *arg, const edo_event *e) {
    edo_test_log *log = arg;
    char spans[256];
    if (log->own_only && (edo_task_current_id() != log->task ||
                          (log->task == 0 && !pthread_equal(pthread_self(), log->thread))))
        return;
    edoi_log_scratch *scratch = edoi_log_scratch_take();
    log_node *node = NULL;
    if (scratch) {
        span_names(e->span, spans);
        node = node_new(e, build_line(&scratch->line, e), spans);
        edoi_log_scratch_give(scratch);
    }
    if (node && log_enter(log, node)) return;
    edoi_free(node);
    edoi_add_rlx_u64(&log->lost_n, 1);
}

static void log_drop(void *arg) {
    edo_test_log *log = arg;
    for (log_node *node = log->first; node;) {
        log_node *next = node->next;
        edoi_free(node);
        node = next;
    }
    edoi_free(log);
}

int edo_test_log_new(edo_test_log **out, const edo_test_log_opts *opts) {
    static const edo_receiver_ops ops = { .event = log_event, .drop = log_drop };
    static const edo_test_log_opts defaults;
    if (!opts) opts = &defaults;
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return -EINVAL;
    edo_test_log *log = edoi_calloc(1, sizeof *log);
    if (!log) return -ENOMEM;
    log->own_only = opts->own_only;
    log->task = edo_task_current_id();
    log->thread = pthread_self();
    log->events_max = opts->events_max ? opts->events_max : EVENTS_MAX;
    int err = edo_log_add(&log->receiver, &ops, log,
                          &(edo_receiver_opts){ .filter = opts->filter, .spans = opts->spans });
    if (err < 0) {
        log_drop(log);
        return err;
    }
    *out = log;
    return 0;
}

void edo_test_log_free(edo_test_log *log) {
    if (log) edo_log_remove(log->receiver);
}

/* ---- Looking --------------------------------------------------------------------------------- */

/* The node behind `node`; NULL: the first. */
static const log_node *log_next(edo_test_log *log, const log_node *node) {
    edoi_lock_acquire(&log->lock);
    const log_node *next = node ? node->next : log->first;
    edoi_lock_release(&log->lock);
    return next;
}

const edo_test_event *edo_test_log_find(edo_test_log *log, const edo_test_event *after,
                                        const char *text) {
    const log_node *node = (const log_node *)(const void *)after;
    while ((node = log_next(log, node)) != NULL)
        if (!text || strstr(node->event.line, text)) return &node->event;
    return NULL;
}

size_t edo_test_log_count(edo_test_log *log, const char *text) {
    const edo_test_event *at = NULL;
    size_t n = 0;
    while ((at = edo_test_log_find(log, at, text)) != NULL) n++;
    return n;
}

const edo_kv *edo_test_log_field(const edo_test_event *event, const char *key) {
    for (size_t i = 0; i < event->fields_n; i++)
        if (strcmp(event->fields[i].key, key) == 0) return &event->fields[i];
    return NULL;
}

uint64_t edo_test_log_lost(const edo_test_log *log) {
    return edoi_load_rlx_u64(&log->lost_n); // relaxed: a number
}

const edo_test_event *edo_test_logged_at(const char *file, int line, edo_test_log *log,
                                         const char *text) {
    const edo_test_event *found = edo_test_log_find(log, NULL, text);
    if (found) return found;
    for (const edo_test_event *at = NULL; (at = edo_test_log_find(log, at, NULL)) != NULL;)
        (void)fprintf(stderr, "%s\n", at->line);
    edo_test_fail_at(file, line, "no line that is logged has \"%s\"", text);
}
