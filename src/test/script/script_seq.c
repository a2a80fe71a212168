/* SPDX-License-Identifier: MIT */
/* test/script/script_seq.c: a sequence that is played by a script (contract: edo/test_seq.h).
 *
 * Its memory lives while its handle or its sequence does (`holders`). `pending` is what the
 * reader's last poll waits for; only the reader touches it. A step that is added notifies `added`,
 * which stores that for a reader that does not wait yet. A check fails only outside the mutex. */
#include <edo/test_seq.h>

#include "base/assert.h"
#include "base/atomic.h"
#include "base/held.h"
#include "base/memory/alloc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

typedef enum seq_step_kind { SEQ_STEP_ITEM, SEQ_STEP_ERROR, SEQ_STEP_WAIT } seq_step_kind;

typedef struct seq_step {
    struct seq_step *next;
    seq_step_kind kind;
    int code;            /* of an error, negative */
    edo_duration length; /* of a wait */
    const char *file;    /* of the call that added it */
    int line;
    char item[];
} seq_step;

struct edo_test_seq {
    edo_seq seq;                   /* first */
    edo_atomic_u32 holders;        /* atomic: TQ1; the handle and the sequence */
    edo_notify added;              /* steps, or the end */
    edo_future *pending;           /* the reader's; NULL: nothing */
    edo_sleep_future nap;          /* the reader's */
    edo_notify_wait_future change; /* the reader's */
    bool naps;                     /* the first step is a wait, and ends at `until`. The reader's */
    edo_instant until;             /* the reader's */
    pthread_mutex_t mutex;         /* guards the steps and flags that follow */
    seq_step *first;
    uint64_t read_n;        /* items */
    bool is_open;           /* the handle may add steps */
    bool is_freed;          /* the sequence is */
    bool no_memory;         /* for a step: what would come to it fails */
    bool no_memory_is_told; /* a read has come to it */
    char name[32];          /* const */
    const char *file;       /* const: of the call that made it */
    int line;               /* const */
};

static edo_test_seq *script_seq_of(edo_seq *s) {
    return (edo_test_seq *)(void *)s;
}

static void script_seq_pop(edo_test_seq *self) {
    seq_step *step = self->first;
    self->first = step->next;
    edoi_free(step);
}

static void script_seq_let_go(edo_test_seq *self) {
    // TQ1: pairs with TQ1: the other holder's accesses happen before the end
    uint32_t holders = edoi_sub_acqrel_u32(&self->holders, 1);
    EDO_ASSERT(holders > 0);
    if (holders != 1) return;
    while (self->first) script_seq_pop(self);
    (void)pthread_mutex_destroy(&self->mutex);
    edoi_free(self);
}

/* ---- The end --------------------------------------------------------------------------------- */

/* Says what did not happen to `left`, the first step that is no wait. */
static void script_seq_say_left(const edo_test_seq *self, const seq_step *left, char *text,
                                size_t room) {
    size_t n = 0;
    for (const seq_step *step = self->first; step; step = step->next) n++;
    int at =
        snprintf(text, room, "%s: freed with %zu step%s left: ", self->name, n, n == 1 ? "" : "s");
    if (at < 0 || (size_t)at >= room) return;
    if (left->kind == SEQ_STEP_ITEM) {
        (void)snprintf(text + at, room - (size_t)at, "item %" PRIu64 " was not read",
                       self->read_n + 1);
    } else {
        (void)snprintf(text + at, room - (size_t)at, "no read got the error %s",
                       edo_error_name(left->code));
    }
}

/* Fails if the sequence is freed and steps are left or lost. Called without a lock. */
static void script_seq_check_end(edo_test_seq *self) {
    char text[256] = "";
    const char *file = self->file;
    int line = self->line;
    edoi_mutex_acquire(&self->mutex);
    const seq_step *left = self->first;
    while (left && left->kind == SEQ_STEP_WAIT) left = left->next;
    if (self->is_freed && left) {
        file = left->file;
        line = left->line;
        script_seq_say_left(self, left, text, sizeof text);
    } else if (self->is_freed && self->no_memory && !self->no_memory_is_told) {
        (void)snprintf(text, sizeof text, "%s: freed before a step for which there was no memory",
                       self->name);
    }
    edoi_mutex_release(&self->mutex);
    if (text[0]) edo_test_fail_at(file, line, "%s", text);
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* Takes a step for the reader: true with its result; false: `pending` is what has to come first.
 * Called with the mutex held. */
static bool script_seq_take(edo_test_seq *self, void *item, int *result) {
    while (self->first && self->first->kind == SEQ_STEP_WAIT) {
        edo_instant now = edo_now();
        if (!self->naps) self->until = edo_instant_add(now, self->first->length);
        self->naps = now.ns < self->until.ns;
        if (self->naps) self->pending = edo_sleep_at_init(&self->nap, self->until);
        if (self->naps) return false;
        script_seq_pop(self);
    }
    seq_step *step = self->first;
    if (!step && self->is_open && !self->no_memory) {
        self->pending = edo_notify_wait_init(&self->change, &self->added);
        return false;
    }
    if (!step) {
        self->no_memory_is_told = self->no_memory;
        *result = self->no_memory ? -ENOMEM : 0;
        return true;
    }
    *result = step->kind == SEQ_STEP_ERROR ? step->code : 1;
    if (step->kind == SEQ_STEP_ITEM && self->seq.item_size > 0)
        memcpy(item, step->item, self->seq.item_size);
    if (step->kind == SEQ_STEP_ITEM) self->read_n++;
    script_seq_pop(self);
    return true;
}

static edo_polled script_seq_poll(edo_seq *s, edo_cx *cx, void *item, int *result) {
    edo_test_seq *self = script_seq_of(s);
    for (bool is_taken = false; !is_taken;) {
        if (self->pending && edo_poll(self->pending, cx) == EDO_PENDING) return EDO_PENDING;
        *result = self->pending ? self->pending->result : 0; // of a sleep without a runtime
        self->pending = NULL;
        if (*result < 0) return EDO_READY;
        edoi_mutex_acquire(&self->mutex);
        is_taken = script_seq_take(self, item, result);
        edoi_mutex_release(&self->mutex);
    }
    return EDO_READY;
}

static void script_seq_leave(edo_seq *s) {
    edo_test_seq *self = script_seq_of(s);
    edo_drop(self->pending);
    self->pending = NULL;
}

static void script_seq_drop(edo_seq *s) {
    edo_test_seq *self = script_seq_of(s);
    edoi_mutex_acquire(&self->mutex);
    self->is_freed = true;
    edoi_mutex_release(&self->mutex);
    script_seq_check_end(self);
    script_seq_let_go(self);
}

/* ---- The script ------------------------------------------------------------------------------ */

int edo_test_seq_new_at(edo_test_seq **script, edo_seq **seq, size_t item_size, const char *name,
                        const char *file, int line) {
    static const edo_seq_ops ops = { .poll_next = script_seq_poll,
                                     .leave = script_seq_leave,
                                     .drop = script_seq_drop,
                                     .name = "edo_test_seq" };
    edo_test_seq *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    edoi_store_rlx_u32(&self->holders, 2); // relaxed: no other thread knows it
    (void)pthread_mutex_init(&self->mutex, NULL);
    (void)snprintf(self->name, sizeof self->name, "%s", name ? name : "sequence");
    self->is_open = true;
    self->file = file;
    self->line = line;
    *script = self;
    *seq = edo_seq_init(&self->seq, &ops, item_size);
    return 0;
}

static void test_seq_add(edo_test_seq *self, const seq_step *step, const void *item) {
    size_t bytes = step->kind == SEQ_STEP_ITEM ? self->seq.item_size : 0;
    seq_step *copy = edoi_alloc(sizeof *copy + bytes);
    if (copy) *copy = *step;
    if (copy && item && bytes > 0) memcpy(copy->item, item, bytes);
    edoi_mutex_acquire(&self->mutex);
    seq_step **at = &self->first;
    while (*at) at = &(*at)->next;
    if (self->no_memory) { // what comes after a lost step is lost too
        edoi_free(copy);
    } else {
        *at = copy;
        self->no_memory = !copy;
    }
    edoi_mutex_release(&self->mutex);
    edo_notify_one(&self->added);
}

void edo_test_seq_item_at(edo_test_seq *script, const void *item, const char *file, int line) {
    if (!item && script->seq.item_size > 0)
        edo_test_fail_at(file, line, "an item is NULL, and has %zu bytes", script->seq.item_size);
    test_seq_add(script, &(seq_step){ .kind = SEQ_STEP_ITEM, .file = file, .line = line }, item);
}

void edo_test_seq_wait_at(edo_test_seq *script, edo_duration d, const char *file, int line) {
    test_seq_add(script,
                 &(seq_step){ .kind = SEQ_STEP_WAIT, .length = d, .file = file, .line = line },
                 NULL);
}

void edo_test_seq_error_at(edo_test_seq *script, int code, const char *file, int line) {
    if (code >= 0) edo_test_fail_at(file, line, "an error is negative");
    test_seq_add(script,
                 &(seq_step){ .kind = SEQ_STEP_ERROR, .code = code, .file = file, .line = line },
                 NULL);
}

void edo_test_seq_close(edo_test_seq *script) {
    if (!script) return;
    edoi_mutex_acquire(&script->mutex);
    script->is_open = false;
    edoi_mutex_release(&script->mutex);
    edo_notify_one(&script->added);
    script_seq_check_end(script);
    script_seq_let_go(script);
}
