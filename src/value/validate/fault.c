/* SPDX-License-Identifier: MIT */
/* value/validate/fault.c: see check.h. */
#include "value/validate/check.h"

static bool has_room(edo_faults *self) {
    uint32_t most = self->max ? self->max : EDOI_FAULTS_MAX;
    if (self->n == 0) self->all = edo_arena_alloc(self->arena, most * sizeof *self->all);
    return self->all && self->n < most;
}

void edoi_fault_add(edo_faults *self, edo_value_in in, edo_str field, edo_str detail) {
    self->is_cut = true;
    if (!has_room(self)) return;
    const char *name = edo_arena_copy(self->arena, field.ptr, field.len);
    const char *text = name ? edo_arena_copy(self->arena, detail.ptr, detail.len) : NULL;
    if (!text) return;
    self->all[self->n++] =
        (edo_fault){ .in = in, .field = { name, field.len }, .detail = { text, detail.len } };
    self->is_cut = false;
}
