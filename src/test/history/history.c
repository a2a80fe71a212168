/* SPDX-License-Identifier: MIT */
/* test/history/history.c: see edo/history.h. Names and values are numbers, by a map of each. */
#include "test/history/history.h"

#include "base/memory/alloc.h"

#include <edo/error.h>
#include <edo/map.h>

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

/* Texts and their numbers, from 1 on. */
typedef struct texts {
    edo_map numbers; /* a uint32_t by text */
    edo_str *all;    /* copies, which the keys are */
    size_t room;
} texts;

struct edo_history {
    pthread_mutex_t lock;
    texts names, values;  /* lock: lock */
    edoi_history_op *ops; /* lock: lock; by their begin */
    size_t n, room;       /* lock: lock */
    uint64_t moments_n;   /* lock: lock */
};

/* ---- Texts ----------------------------------------------------------------------------------- */

static int texts_grow(texts *self) {
    size_t room = self->room > 0 ? 2 * self->room : 64;
    edo_str *all = edoi_realloc(self->all, room * sizeof *all);
    if (!all) return -ENOMEM;
    self->all = all;
    self->room = room;
    return 0;
}

/* Lock held. The number of a text; 0: `{ NULL, 0 }`, which is none. */
static int texts_number(texts *self, edo_str text, uint32_t *out) {
    *out = 0;
    if (!text.ptr) return 0;
    uint32_t *number = edo_map_get(&self->numbers, text);
    if (number) return *out = *number, 0;
    if (self->numbers.len == self->room && texts_grow(self) < 0) return -ENOMEM;
    char *copy = edoi_alloc(text.len + 1);
    if (!copy) return -ENOMEM;
    memcpy(copy, text.ptr, text.len);
    const edo_str key = { copy, text.len };
    number = edo_map_add(&self->numbers, key);
    if (!number) return edoi_free(copy), -ENOMEM;
    self->all[self->numbers.len - 1] = key;
    *out = *number = (uint32_t)self->numbers.len;
    return 0;
}

static void texts_free(texts *self) {
    const size_t n = self->numbers.len;
    edo_map_deinit(&self->numbers); // which looks at its keys
    for (size_t i = 0; i < n; i++) edoi_free((void *)(uintptr_t)self->all[i].ptr);
    edoi_free(self->all);
}

/* ---- A history ------------------------------------------------------------------------------- */

edo_history *edo_history_new(void) {
    edo_history *h = edoi_calloc(1, sizeof *h);
    if (!h) return NULL;
    (void)pthread_mutex_init(&h->lock, NULL);
    h->names.numbers.value_size = h->values.numbers.value_size = sizeof(uint32_t);
    return h;
}

void edo_history_free(edo_history *h) {
    if (!h) return;
    texts_free(&h->names);
    texts_free(&h->values);
    edoi_free(h->ops);
    (void)pthread_mutex_destroy(&h->lock);
    edoi_free(h);
}

static int history_grow(edo_history *h) {
    size_t room = h->room > 0 ? 2 * h->room : 64;
    edoi_history_op *ops = edoi_realloc(h->ops, room * sizeof *ops);
    if (!ops) return -ENOMEM;
    h->ops = ops;
    h->room = room;
    return 0;
}

/* Lock held. */
static int64_t history_add(edo_history *h, edoi_history_op *op, edo_str name, edo_str expected,
                           edo_str value) {
    int err = h->n == h->room ? history_grow(h) : 0;
    if (!name.ptr) name = EDO_STR(""); // a register all the same
    if (err == 0) err = texts_number(&h->names, name, &op->of);
    if (err == 0) err = texts_number(&h->values, expected, &op->expected);
    if (err == 0) err = texts_number(&h->values, value, &op->value);
    if (err < 0) return err;
    op->began = ++h->moments_n;
    h->ops[h->n++] = *op;
    return (int64_t)h->n;
}

static int64_t history_begin(edo_history *h, edoi_history_kind kind, edo_str name, edo_str expected,
                             edo_str value) {
    edoi_history_op op = { .kind = kind };
    (void)pthread_mutex_lock(&h->lock);
    int64_t number = history_add(h, &op, name, expected, value);
    (void)pthread_mutex_unlock(&h->lock);
    return number;
}

int64_t edo_history_read(edo_history *h, edo_str name) {
    return history_begin(h, EDOI_HISTORY_READ, name, (edo_str){ 0 }, (edo_str){ 0 });
}

int64_t edo_history_write(edo_history *h, edo_str name, edo_str value) {
    return history_begin(h, EDOI_HISTORY_WRITE, name, (edo_str){ 0 }, value);
}

int64_t edo_history_swap(edo_history *h, edo_str name, edo_str expected, edo_str value) {
    return history_begin(h, EDOI_HISTORY_SWAP, name, expected, value);
}

/* Lock held. */
static void history_end(edo_history *h, int64_t op, edoi_history_end end) {
    h->ops[op - 1].end = end;
    h->ops[op - 1].ended = ++h->moments_n;
}

/* Lock held. Is it one that is under way, and a read, or none? */
static bool history_awaits(const edo_history *h, int64_t op, bool is_read) {
    if (op <= 0 || op > (int64_t)h->n) return false;
    const edoi_history_op *o = &h->ops[op - 1];
    return o->ended == 0 && (o->kind == EDOI_HISTORY_READ) == is_read;
}

void edo_history_done(edo_history *h, int64_t op) {
    (void)pthread_mutex_lock(&h->lock);
    if (history_awaits(h, op, false)) history_end(h, op, EDOI_HISTORY_DONE);
    (void)pthread_mutex_unlock(&h->lock);
}

void edo_history_refused(edo_history *h, int64_t op) {
    (void)pthread_mutex_lock(&h->lock);
    if (history_awaits(h, op, false)) history_end(h, op, EDOI_HISTORY_REFUSED);
    (void)pthread_mutex_unlock(&h->lock);
}

int edo_history_got(edo_history *h, int64_t op, edo_str value) {
    int err = 0;
    (void)pthread_mutex_lock(&h->lock);
    if (history_awaits(h, op, true)) {
        err = texts_number(&h->values, value, &h->ops[op - 1].value);
        if (err == 0) history_end(h, op, EDOI_HISTORY_DONE);
    }
    (void)pthread_mutex_unlock(&h->lock);
    return err;
}

/* ---- Words ----------------------------------------------------------------------------------- */

#define VALUE_BYTES 48
#define OP_BYTES    (3 * VALUE_BYTES)

/* Lock held. */
static const char *value_text(const edo_history *h, uint32_t value, char text[VALUE_BYTES]) {
    if (value == 0) return "nothing";
    edo_str s = h->values.all[value - 1];
    (void)snprintf(text, VALUE_BYTES, "\"%.*s\"", s.len < 40 ? (int)s.len : 40, s.ptr);
    return text;
}

/* Lock held. */
static const char *op_text(const edo_history *h, const edoi_history_op *op, char text[OP_BYTES]) {
    static const char *const ends[] = { ", end unknown", "", ", refused" };
    char value[VALUE_BYTES], expected[VALUE_BYTES];
    const char *new = value_text(h, op->value, value), *end = ends[op->end];
    if (op->kind == EDOI_HISTORY_WRITE)
        (void)snprintf(text, OP_BYTES, "write of %s%s", new, end);
    else if (op->kind == EDOI_HISTORY_SWAP)
        (void)snprintf(text, OP_BYTES, "swap of %s for %s%s", value_text(h, op->expected, expected),
                       new, end);
    else if (op->end == EDOI_HISTORY_DONE)
        (void)snprintf(text, OP_BYTES, "read of %s", new);
    else
        (void)snprintf(text, OP_BYTES, "read%s", end);
    return text;
}

int edo_history_print(edo_history *h, edo_str name, FILE *to) {
    char text[OP_BYTES];
    (void)pthread_mutex_lock(&h->lock);
    const uint32_t *of = edo_map_get(&h->names.numbers, name);
    for (size_t i = 0; of && i < h->n; i++)
        if (h->ops[i].of == *of)
            (void)fprintf(to, "%zu, %" PRIu64 " to %" PRIu64 ": %s\n", i + 1, h->ops[i].began,
                          h->ops[i].ended, op_text(h, &h->ops[i], text));
    (void)pthread_mutex_unlock(&h->lock);
    if (!of) return -ENOENT;
    return ferror(to) ? -EIO : 0;
}

/* ---- The check ------------------------------------------------------------------------------- */

/* Lock held. */
static int history_fail(const edo_history *h, uint32_t of, const edoi_history_op *op,
                        uint32_t there, size_t placed_n) {
    char text[OP_BYTES], value[VALUE_BYTES];
    const edo_str name = h->names.all[of - 1];
    return edo_fail(-EPROTO,
                    "register %.*s: operation %td, %s, fits nowhere: behind %zu others there "
                    "was %s",
                    name.len < 40 ? (int)name.len : 40, name.ptr, op - h->ops + 1,
                    op_text(h, op, text), placed_n, value_text(h, there, value));
}

/* Lock held. The operations of one register. */
static int check_register(const edo_history *h, const edoi_history_op *const *own, size_t n) {
    edoi_history_misfit misfit;
    int err = n > 0 ? edoi_history_solve(own, n, &misfit) : 0;
    const edo_str name = n > 0 ? h->names.all[own[0]->of - 1] : (edo_str){ 0 };
    if (err == -EPROTO)
        return history_fail(h, own[0]->of, own[misfit.op], misfit.value, misfit.placed_n);
    return edo_fail(err, "register %.*s, of %zu operations", name.len < 40 ? (int)name.len : 40,
                    name.ptr, n);
}

/* Lock held. `own` gets all operations, by register, and `ends` where those of each end. */
static void sort_by_register(const edo_history *h, const edoi_history_op **own, size_t *ends) {
    size_t at = 0;
    for (size_t i = 0; i < h->n; i++) ends[h->ops[i].of]++;
    for (size_t of = 0; of <= h->names.numbers.len; of++) {
        size_t n = ends[of];
        ends[of] = at; // where it begins, for now
        at += n;
    }
    for (size_t i = 0; i < h->n; i++) own[ends[h->ops[i].of]++] = &h->ops[i];
}

/* Lock held. A register that has no order is told rather than one that is too much. */
static int history_check_all(const edo_history *h, const edoi_history_op **own, size_t *ends) {
    int first = 0;
    sort_by_register(h, own, ends);
    for (size_t of = 1; of <= h->names.numbers.len && first != -EPROTO; of++) {
        int err = check_register(h, own + ends[of - 1], ends[of] - ends[of - 1]);
        if (err < 0 && (first == 0 || err == -EPROTO)) first = err;
    }
    return first;
}

int edo_history_check(edo_history *h) {
    (void)pthread_mutex_lock(&h->lock);
    const edoi_history_op **own = edoi_calloc(h->n + 1, sizeof *own);
    size_t *ends = edoi_calloc(h->names.numbers.len + 1, sizeof *ends);
    int err = own && ends ? history_check_all(h, own, ends) : -ENOMEM;
    edoi_free(own);
    edoi_free(ends);
    (void)pthread_mutex_unlock(&h->lock);
    return err;
}
