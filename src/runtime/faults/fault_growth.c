/* SPDX-License-Identifier: MIT */
/* runtime/faults/fault_growth.c: see faults.h. What is open is looked at EDOI_FAULTS_LOOKS times: a
 * number grows if it has fallen at none of them, has grown at half of them, and by ten in all. */
#include "runtime/faults/faults.h"

#include "driver/clock.h"
#include "runtime/debug/dump.h"
#include "runtime/look/growth.h"
#include "runtime/look/rows.h"
#include "runtime/look/tasks.h"
#include "runtime/watch/registry.h"
#include "stacks/frames.h"
#include "stacks/made.h"

#include <inttypes.h>
#include <string.h>

#define NUMBERS_MAX    (2 * EDOI_OPEN_ROWS) /* of the first look */
#define NAME_MAX_BYTES 256u
#define GAINS_MAX      16u /* that are told */

/* A number of a row. */
typedef struct fault_number {
    uint64_t key;
    bool is_values;
    bool has_fallen;
    bool is_seen; /* in this look */
    uint32_t grown_n;
    uint64_t from, now;
} fault_number;

/* A number that grows. */
typedef struct fault_gain {
    edoi_open_row row;
    fault_number number;
} fault_gain;

/* All of the thread that looks. */
static fault_number numbers[NUMBERS_MAX];
static uint32_t numbers_n;
static bool is_first;

void edoi_fault_growth_begin(void) {
    numbers_n = 0;
    is_first = true;
}

/* NULL: there is no room. */
static fault_number *number_of(uint64_t key, bool is_values) {
    for (uint32_t i = 0; i < numbers_n; i++)
        if (numbers[i].key == key && numbers[i].is_values == is_values) return &numbers[i];
    if (numbers_n == NUMBERS_MAX) return NULL;
    fault_number *n = &numbers[numbers_n++];
    *n = (fault_number){ .key = key, .is_values = is_values };
    return n;
}

static void number_step(const edoi_open_row *row, bool is_values) {
    const uint64_t now = is_values ? row->values : row->n;
    fault_number *n = number_of(row->key, is_values);
    if (!n) return;
    if (is_first) n->from = now;
    if (now < n->now) n->has_fallen = true;
    if (now > n->now && !is_first) n->grown_n++;
    n->now = now;
    n->is_seen = true;
}

void edoi_fault_growth_look(void) {
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_BRIEFLY);
    for (uint32_t i = 0; i < numbers_n; i++) numbers[i].is_seen = false;
    for (uint32_t i = 0; i < edoi_open_shown.rows_n; i++) {
        if (edoi_open_shown.rows[i].is_total) continue;
        number_step(&edoi_open_shown.rows[i], false);
        number_step(&edoi_open_shown.rows[i], true);
    }
    for (uint32_t i = 0; i < numbers_n; i++) // what is open no more
        if (!numbers[i].is_seen) numbers[i].has_fallen = true;
    is_first = false;
}

/* The stack of the first one that was made since the looks began. */
static void maker_tell(FILE *out, const edoi_open_row *row, edoi_made_kind kind) {
    static edoi_frame frames[EDOI_MADE_FRAMES]; // of the thread that looks
    static const char *const done[] = { "spawned", "opened", "sent" };
    void *pcs[EDOI_MADE_FRAMES];
    const size_t n = edoi_made_get(kind, kind == EDOI_MADE_VALUE ? row->maker : row->name, pcs);
    if (n == 0) return;
    (void)fprintf(out, "  one is %s here:\n", done[kind]);
    (void)edoi_frames_find(frames, pcs, n, false);
    edoi_frames_print_folded(out, frames, n);
}

static bool is_site(const void *name, const char *site) {
    return site == name;
}

static void one_note(void *arg, const edoi_task_sight *s) {
    const edo_task **one = arg;
    if (!*one && s->is_pinned) *one = s->task;
}

/* Where one of the tasks waits. */
static void waiter_tell(FILE *out, const edoi_open_row *row) {
    const edo_task *one = NULL;
    const edoi_tasks_look how = { .is_site = is_site,
                                  .site_arg = row->name,
                                  .now_ns = edoi_clock_monotonic() };
    edoi_tasks_look_over(&how, one_note, &one);
    if (one) edoi_dump_of(out, &one, 1);
}

static void number_tell(edoi_faults *f, const edoi_open_row *row, const fault_number *n) {
    char name[NAME_MAX_BYTES];
    const uint64_t gain = n->now - n->from;
    const uint64_t ms = (uint64_t)(f->now_ns - f->began_ns) / 1000000;
    const uint64_t tenths = gain * 10000 / (ms > 0 ? ms : 1);
    const bool is_task = strcmp(row->kind, "task") == 0;
    edoi_open_name(name, sizeof name, row);
    edoi_fault_begin(f);
    (void)fprintf(f->out,
                  "grows: %s%s%s%s%s%s%s: by %" PRIu64 " from %" PRIu64 ", %" PRIu64 ".%" PRIu64
                  " a second\n",
                  n->is_values ? "values in " : "", row->kind, row->by ? row->by : "",
                  *name ? " " : "", name, row->state ? ", " : "", row->state ? row->state : "",
                  gain, n->from, tenths / 10, tenths % 10);
    if (is_task) waiter_tell(f->out, row);
    maker_tell(f->out, row,
               n->is_values ? EDOI_MADE_VALUE
               : is_task    ? EDOI_MADE_TASK
                            : EDOI_MADE_DESCRIPTOR);
}

static bool number_grows(const fault_number *n) {
    return !n->has_fallen && n->grown_n >= EDOI_FAULTS_LOOKS / 2 &&
           n->now - n->from >= EDOI_GROWTH_LEAST;
}

/* Called with the lock of registry.h held. */
static uint32_t gains_find(fault_gain *out, uint32_t most) {
    uint32_t found_n = 0;
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_BRIEFLY); // others may have looked since
    for (uint32_t i = 0; i < edoi_open_shown.rows_n; i++)
        for (uint32_t k = 0; k < numbers_n && found_n < most; k++)
            if (numbers[k].key == edoi_open_shown.rows[i].key && number_grows(&numbers[k]))
                out[found_n++] = (fault_gain){ edoi_open_shown.rows[i], numbers[k] };
    return found_n;
}

void edoi_fault_growth_tell(edoi_faults *f) {
    static fault_gain gains[GAINS_MAX]; // of the thread that looks
    edoi_registry_acquire();
    const uint32_t n = gains_find(gains, GAINS_MAX);
    edoi_registry_release();
    for (uint32_t i = 0; i < n && !ferror(f->out); i++)
        number_tell(f, &gains[i].row, &gains[i].number);
}
