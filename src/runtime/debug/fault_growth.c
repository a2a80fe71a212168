/* SPDX-License-Identifier: MIT */
/* runtime/debug/fault_growth.c: see faults.h. What is open is looked at EDOI_FAULTS_LOOKS times: a
 * number grows if it has fallen at none of them and has grown at half of them. */
#include "runtime/debug/faults.h"

#include "runtime/watch/look.h"
#include "runtime/watch/registry.h"

#include <inttypes.h>
#include <string.h>

#define NUMBERS_MAX    (2 * EDOI_OPEN_ROWS) /* of the first look */
#define NAME_MAX_BYTES 256u

/* A number of a row. */
typedef struct fault_number {
    uint64_t key;
    bool is_values;
    bool has_fallen;
    uint32_t grown_n;
    uint64_t from, now;
} fault_number;

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
}

void edoi_fault_growth_look(void) {
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_BRIEFLY);
    for (uint32_t i = 0; i < edoi_open_shown.rows_n; i++) {
        if (edoi_open_shown.rows[i].is_total) continue;
        number_step(&edoi_open_shown.rows[i], false);
        number_step(&edoi_open_shown.rows[i], true);
    }
    is_first = false;
}

static void number_tell(edoi_faults *f, const edoi_open_row *row, const fault_number *n) {
    char name[NAME_MAX_BYTES];
    const uint64_t gain = n->now - n->from;
    const uint64_t ms = (uint64_t)(f->now_ns - f->began_ns) / 1000000;
    const uint64_t tenths = gain * 10000 / (ms > 0 ? ms : 1);
    edoi_open_name(name, sizeof name, row);
    edoi_fault_begin(f);
    (void)fprintf(f->out,
                  "grows: %s%s%s%s %s%s: by %" PRIu64 " from %" PRIu64 ", %" PRIu64 ".%" PRIu64
                  " a second\n",
                  n->is_values ? "values in " : "", row->kind, row->by ? row->by : "",
                  *name ? "" : ", without a name", name, row->state ? row->state : "", gain,
                  n->from, tenths / 10, tenths % 10);
}

void edoi_fault_growth_tell(edoi_faults *f) {
    edoi_registry_acquire();
    edoi_open_look(&edoi_open_shown, EDOI_OPEN_BRIEFLY); // others may have looked since
    for (uint32_t i = 0; i < edoi_open_shown.rows_n && !ferror(f->out); i++) {
        const edoi_open_row *row = &edoi_open_shown.rows[i];
        for (uint32_t k = 0; k < numbers_n; k++) {
            const fault_number *n = &numbers[k];
            bool grows = !n->has_fallen && n->grown_n >= EDOI_FAULTS_LOOKS / 2;
            if (n->key == row->key && grows) number_tell(f, row, n);
        }
    }
    edoi_registry_release();
}
