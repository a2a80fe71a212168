/* SPDX-License-Identifier: MIT */
/* runtime/fiber/label.c: see label.h. */
#include "runtime/fiber/label.h"

#include "base/fork.h"
#include "base/held.h"
#include "runtime/task/fiber_task.h"
#include "runtime/task/task.h"
#include "runtime/worker/here.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 4096u /* of a program that makes routes up for ever the later ones have none */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the next two; a leaf */
static char *labels[2 * LABELS_MAX];
static uint32_t labels_n;

EDOI_ON_FORK(.mutex = &mutex);

static char *label_new(edo_str verb, edo_str object) {
    char *text = malloc(verb.len + 1 + object.len + 1); // never freed, so not the program's memory
    if (!text) return NULL;
    memcpy(text, verb.ptr, verb.len);
    text[verb.len] = ' ';
    memcpy(text + verb.len + 1, object.ptr, object.len);
    text[verb.len + 1 + object.len] = '\0';
    return text;
}

static size_t label_slot(const char *text) {
    uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return (size_t)(hash >> 32) % EDO_COUNT(labels);
}

/* Called with the mutex held. Takes `text`. */
static const char *label_enter(char *text) {
    size_t at = label_slot(text);
    for (; labels[at]; at = (at + 1) % EDO_COUNT(labels)) {
        if (strcmp(labels[at], text) != 0) continue;
        free(text);
        return labels[at];
    }
    if (labels_n == LABELS_MAX) {
        free(text);
        return NULL;
    }
    labels_n++;
    return labels[at] = text;
}

const char *edoi_label_of(edo_str verb, edo_str object) {
    char *text = label_new(verb, object);
    if (!text) return NULL;
    edoi_mutex_acquire(&mutex);
    const char *label = label_enter(text);
    edoi_mutex_release(&mutex);
    return label;
}

/* The report of a stack overflow has the stack's name. */
static void label_set(edo_task *t, const char *name) {
    edoi_fiber_task *fiber = (edoi_fiber_task *)(void *)edoi_task_future(t);
    EDOI_ATOMIC_STORE(&t->site, name, EDOI_RELAXED);
    fiber->ctx->fiber.stack->name = name;
}

const char *edoi_label_begin(const char *label) {
    edo_task *t = label ? edoi_fiber_here() : NULL;
    if (!t) return NULL;
    const char *before = t->site;
    label_set(t, label);
    return before;
}

void edoi_label_end(const char *before) {
    edo_task *t = before ? edoi_fiber_here() : NULL;
    if (t) label_set(t, before);
}
