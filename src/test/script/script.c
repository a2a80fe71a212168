/* SPDX-License-Identifier: MIT */
/* test/script/script.c: the steps of a scripted stream, and its end. */
#include "test/script/script.h"

#include "base/assert.h"

#include "base/held.h"
#include "base/memory/alloc.h"
#include "records/handles.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int edo_test_script_new_at(edo_test_script **script, edo_stream **stream, const char *name,
                           const char *file, int line) {
    edo_test_script *self = edoi_calloc(1, sizeof *self);
    if (!self) return -ENOMEM;
    self->stream = (edo_stream){ .ops = &edoi_script_ops, .refs = { 1 } };
    edoi_store_rlx_u32(&self->holders, 2); // relaxed: no other thread knows it
    (void)pthread_mutex_init(&self->mutex, NULL);
    (void)snprintf(self->name, sizeof self->name, "%s", name ? name : "script");
    self->is_open = true;
    self->file = file;
    self->line = line;
    edoi_handle_made_here(EDOI_STREAM, &self->stream, EDOI_CALLER());
    *script = self;
    *stream = &self->stream;
    return 0;
}

void edoi_script_let_go(edo_test_script *self) {
    // TH1: pairs with TH1: the other holder's accesses happen before the end
    uint32_t holders = edoi_sub_acqrel_u32(&self->holders, 1);
    EDO_INV("script inv. 1", holders > 0);
    if (holders != 1) return;
    while (self->first) edoi_script_pop(self);
    (void)pthread_mutex_destroy(&self->mutex);
    edoi_handle_free(EDOI_STREAM, &self->stream, self, sizeof *self);
}

/* ---- Steps ----------------------------------------------------------------------------------- */

void edoi_script_remove(edo_test_script *self, edoi_step *step) {
    edoi_step **at = &self->first;
    while (*at != step) at = &(*at)->next;
    *at = step->next;
    edoi_free(step);
}

void edoi_script_pop(edo_test_script *self) {
    edoi_script_remove(self, self->first);
}

static void test_script_add(edo_test_script *self, const edoi_step *step, const void *data) {
    edoi_step *copy = edoi_alloc(sizeof *copy + step->n);
    if (copy) {
        *copy = *step;
        if (step->n > 0) memcpy(copy->bytes, data, step->n);
    }
    edoi_mutex_acquire(&self->mutex);
    edoi_step **at = &self->first;
    while (*at) at = &(*at)->next;
    if (self->no_memory) { // what comes after a lost step is lost too
        edoi_free(copy);
    } else {
        *at = copy;
        self->no_memory = !copy;
    }
    edoi_mutex_release(&self->mutex);
    edoi_script_wake(self);
}

void edo_test_script_read_at(edo_test_script *script, const void *data, size_t n, const char *file,
                             int line) {
    test_script_add(
        script, &(edoi_step){ .kind = EDOI_STEP_READ, .n = n, .file = file, .line = line }, data);
}

void edo_test_script_write_at(edo_test_script *script, const void *data, size_t n, const char *file,
                              int line) {
    if (n == 0) edo_test_fail_at(file, line, "a write of no bytes is no step");
    test_script_add(
        script, &(edoi_step){ .kind = EDOI_STEP_WRITE, .n = n, .file = file, .line = line }, data);
}

void edo_test_script_wait_at(edo_test_script *script, edo_duration d, const char *file, int line) {
    test_script_add(script,
                    &(edoi_step){ .kind = EDOI_STEP_WAIT, .length = d, .file = file, .line = line },
                    NULL);
}

void edo_test_script_error_at(edo_test_script *script, uint32_t what, int code, const char *file,
                              int line) {
    bool is_valid = (what == EDO_IO_READ || what == EDO_IO_WRITE) && code < 0;
    if (!is_valid) edo_test_fail_at(file, line, "an error is negative, of a read or of a write");
    test_script_add(
        script,
        &(edoi_step){ .kind = what == EDO_IO_READ ? EDOI_STEP_READ_ERROR : EDOI_STEP_WRITE_ERROR,
                      .code = code,
                      .file = file,
                      .line = line },
        NULL);
}

/* ---- The end --------------------------------------------------------------------------------- */

void edoi_script_check_end(edo_test_script *self) {
    edoi_script_failure failure = { .file = NULL };
    edoi_mutex_acquire(&self->mutex);
    bool waits_only = true;
    for (const edoi_step *step = self->first; step; step = step->next)
        if (step->kind != EDOI_STEP_WAIT) waits_only = false;
    if (self->is_closed && !waits_only) edoi_script_says_left(&failure, self);
    bool is_lost = self->no_memory && !self->no_memory_is_told;
    if (self->is_closed && waits_only && is_lost) edoi_script_says_lost(&failure, self);
    edoi_mutex_release(&self->mutex);
    if (failure.file) edo_test_fail_at(failure.file, failure.line, "%s", failure.text);
}

void edo_test_script_close(edo_test_script *script) {
    if (!script) return;
    edoi_mutex_acquire(&script->mutex);
    script->is_open = false;
    edoi_mutex_release(&script->mutex);
    edoi_script_wake(script);
    edoi_script_check_end(script);
    edoi_script_let_go(script);
}
