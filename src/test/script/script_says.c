/* SPDX-License-Identifier: MIT */
/* test/script/script_says.c: what the failures of a scripted stream say: place, offset, both
 * texts. */
#include "base/assert.h"
#include "test/script/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 80u

/* Bytes as a C string, cut after SHOWN_MAX of them. */
typedef struct shown {
    char text[SHOWN_MAX * 4 + 32];
} shown;

static size_t show_byte(char *to, size_t room, unsigned char c) {
    static const char plain[] = "\n\r\t\"\\", names[] = "nrt\"\\";
    const char *at = c ? strchr(plain, c) : NULL;
    int n;
    if (at) {
        n = snprintf(to, room, "\\%c", names[at - plain]);
    } else if (c >= ' ' && c < 127) {
        n = snprintf(to, room, "%c", c);
    } else {
        char digits[3];
        n = snprintf(to, room, "\\x%s", edo_hex_encode(digits, (edo_str){ (char *)&c, 1 }).ptr);
    }
    return n > 0 ? (size_t)n : 0;
}

static const char *shown_show(shown *s, const char *bytes, size_t n) {
    size_t at = 0;
    s->text[at++] = '"';
    for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
        at += show_byte(s->text + at, sizeof s->text - at, (unsigned char)bytes[i]);
    if (n > SHOWN_MAX) {
        (void)snprintf(s->text + at, sizeof s->text - at, "\"... of %zu bytes", n);
    } else {
        (void)snprintf(s->text + at, sizeof s->text - at, "\"");
    }
    return s->text;
}

static void script_failure_place(edoi_script_failure *out, const edo_test_script *self,
                                 const edoi_step *step) {
    out->file = step ? step->file : self->file;
    out->line = step ? step->line : self->line;
}

void edoi_script_says_differs(edoi_script_failure *out, const edo_test_script *self,
                              const edoi_step *step, size_t at, const char *got, size_t got_n) {
    shown want_text, got_text;
    script_failure_place(out, self, step);
    (void)snprintf(out->text, sizeof out->text,
                   "%s: the output differs at byte %" PRIu64 ": %s was expected, %s was written",
                   self->name, self->written_n + at,
                   shown_show(&want_text, step->bytes + step->done, step->n - step->done),
                   shown_show(&got_text, got, got_n));
}

void edoi_script_says_unexpected(edoi_script_failure *out, const edo_test_script *self,
                                 const char *got, size_t got_n) {
    shown got_text;
    script_failure_place(out, self, NULL);
    (void)snprintf(out->text, sizeof out->text,
                   "%s: the script has no write left at byte %" PRIu64
                   " of the output: %s was written",
                   self->name, self->written_n, shown_show(&got_text, got, got_n));
}

/* What did not happen to `step`. */
static void say_step(char *to, size_t room, const edo_test_script *self, const edoi_step *step) {
    shown rest;
    (void)shown_show(&rest, step->bytes + step->done, step->n - step->done);
    switch (step->kind) {
    case EDOI_STEP_READ:
        (void)snprintf(to, room, "%s was not read, at byte %" PRIu64 " of the input", rest.text,
                       self->read_n);
        break;
    case EDOI_STEP_WRITE:
        (void)snprintf(to, room, "%s was not written, at byte %" PRIu64 " of the output", rest.text,
                       self->written_n);
        break;
    case EDOI_STEP_READ_ERROR:
    case EDOI_STEP_WRITE_ERROR:
        (void)snprintf(to, room, "no %s got the error %s",
                       step->kind == EDOI_STEP_READ_ERROR ? "read" : "write",
                       edo_error_name(step->code));
        break;
    case EDOI_STEP_WAIT: (void)snprintf(to, room, "nothing came to a wait"); break;
    }
}

void edoi_script_says_left(edoi_script_failure *out, const edo_test_script *self) {
    char first[SHOWN_MAX * 4 + 128];
    size_t n = 0;
    EDO_ASSERT(self->first); // the caller has seen that steps are left
    for (const edoi_step *step = self->first; step; step = step->next) n++;
    script_failure_place(out, self, self->first);
    say_step(first, sizeof first, self, self->first);
    (void)snprintf(out->text, sizeof out->text, "%s: closed with %zu step%s left: %s", self->name,
                   n, n == 1 ? "" : "s", first);
}

void edoi_script_says_lost(edoi_script_failure *out, const edo_test_script *self) {
    script_failure_place(out, self, NULL);
    (void)snprintf(out->text, sizeof out->text,
                   "%s: closed before a step for which there was no memory", self->name);
}
