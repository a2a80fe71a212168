/* SPDX-License-Identifier: MIT */
/* base/error/trail_text.c: prints an error's trail in its three forms, to a buffer or a file.
 *
 * A file gets it in one call of fwrite(), into which other threads cannot write. A text too long
 * for the stack is built in allocated memory; without memory the file's lock keeps its pieces
 * together. */
#include "base/error/error.h"
#include "base/error/report.h"
#include "base/error/trail.h"
#include "base/memory/alloc.h"

#define PIECE_BYTES 1024

/* "text of the code (-ENAME)" */
static void put_code(edoi_report *r, int err, const char *text) {
    const char *name = edoi_error_name(err);
    edoi_report_escaped(r, text, EDOI_ESCAPE_TEXT);
    if (err == 0) return;
    edoi_report_text(r, name && err < 0 ? " (-" : " (");
    if (name) {
        edoi_report_text(r, name);
    } else {
        edoi_report_number(r, err);
    }
    edoi_report_text(r, ")");
}

/* What happened: the text of the code, or the line that replaces it. */
static const char *cause_of(const edoi_trail *trail, int err) {
    return trail && trail->has_cause ? trail->lines[0]->entry.text : edo_strerror(err);
}

/* The index of the first context line. */
static uint32_t trail_first_of(const edoi_trail *trail) {
    return trail && trail->has_cause ? 1 : 0;
}

static uint32_t trail_lines_of(const edoi_trail *trail) {
    return trail ? trail->lines_n : 0;
}

/* The failures beside `trail`, oldest first; returns how many. */
static uint32_t beside_of(const edoi_trail *trail, const edoi_trail *all[EDO_TRAIL_FAILURES_MAX]) {
    uint32_t at = trail ? trail->beside_n : 0;
    for (const edoi_trail *t = at > 0 ? trail->beside : NULL; t; t = t->earlier) all[--at] = t;
    return trail ? trail->beside_n : 0;
}

static void put_left_out(edoi_report *r, const char *before, const edoi_trail *trail,
                         const char *behind) {
    if (!trail || trail->beside_left_out == 0) return;
    edoi_report_text(r, before);
    edoi_report_number(r, trail->beside_left_out);
    edoi_report_text(r, behind);
}

static void put_line_alone(edoi_report *r, const edoi_trail *trail, int err) {
    for (uint32_t i = trail_lines_of(trail); i-- > trail_first_of(trail);) {
        edoi_report_escaped(r, trail->lines[i]->entry.text, EDOI_ESCAPE_TEXT);
        edoi_report_text(r, i == 1 && trail->left_out > 0 ? ": ...: " : ": ");
    }
    put_code(r, err, cause_of(trail, err));
}

static void trail_text_put_line(edoi_report *r, const edoi_trail *trail, int err) {
    const edoi_trail *beside[EDO_TRAIL_FAILURES_MAX];
    uint32_t n = beside_of(trail, beside);
    put_line_alone(r, trail, err);
    for (uint32_t i = 0; i < n; i++) {
        edoi_report_text(r, "; also ");
        put_line_alone(r, beside[i], beside[i]->code);
    }
    put_left_out(r, "; and ", trail, " more");
}

/* The lines of a list below the code. */
static void put_entries(edoi_report *r, const edoi_trail *trail) {
    for (uint32_t i = trail_lines_of(trail); i-- > trail_first_of(trail);) {
        const edo_trail_entry *entry = &trail->lines[i]->entry;
        edoi_report_text(r, "\n  ");
        edoi_report_escaped(r, entry->text, EDOI_ESCAPE_TEXT);
        edoi_report_text(r, " (");
        edoi_report_text(r, entry->file);
        edoi_report_text(r, ":");
        edoi_report_number(r, entry->line);
        if (entry->task) edoi_report_text(r, ", task ");
        if (entry->task) edoi_report_text(r, entry->task);
        if (entry->span) edoi_report_text(r, ", span ");
        if (entry->span) edoi_report_text(r, entry->span);
        edoi_report_text(r, ")");
        if (i != 1 || trail->left_out == 0) continue;
        edoi_report_text(r, "\n  (");
        edoi_report_number(r, trail->left_out);
        edoi_report_text(r, " left out)");
    }
}

static void trail_text_put_list(edoi_report *r, const edoi_trail *trail, int err) {
    const edoi_trail *beside[EDO_TRAIL_FAILURES_MAX];
    uint32_t n = beside_of(trail, beside);
    put_code(r, err, cause_of(trail, err));
    put_entries(r, trail);
    put_left_out(r, "\nalso ", trail, " failures, left out");
    for (uint32_t i = 0; i < n; i++) {
        edoi_report_text(r, "\nalso ");
        put_code(r, beside[i]->code, cause_of(beside[i], beside[i]->code));
        if (beside[i]->child) edoi_report_text(r, ", task ");
        if (beside[i]->child) edoi_report_text(r, beside[i]->child);
        put_entries(r, beside[i]);
    }
}

static void trail_text_put_member(edoi_report *r, const char *name, const char *value) {
    edoi_report_text(r, ",\"");
    edoi_report_text(r, name);
    edoi_report_text(r, "\":\"");
    edoi_report_escaped(r, value, EDOI_ESCAPE_JSON);
    edoi_report_text(r, "\"");
}

/* The members common to all objects. */
static void put_json_code(edoi_report *r, int err, const char *text) {
    const char *name = edoi_error_name(err);
    edoi_report_text(r, "{\"code\":");
    edoi_report_number(r, err);
    if (name) trail_text_put_member(r, "name", name);
    trail_text_put_member(r, "text", text);
}

/* The objects of a trail; the last one, the code's own, is left open. */
static void put_objects(edoi_report *r, const edoi_trail *trail, int err) {
    edoi_report_text(r, "[");
    for (uint32_t i = trail_lines_of(trail); i-- > trail_first_of(trail);) {
        const edo_trail_entry *entry = &trail->lines[i]->entry;
        put_json_code(r, err, entry->text);
        trail_text_put_member(r, "file", entry->file);
        edoi_report_text(r, ",\"line\":");
        edoi_report_number(r, entry->line);
        if (entry->task) trail_text_put_member(r, "task", entry->task);
        if (entry->span) trail_text_put_member(r, "span", entry->span);
        edoi_report_text(r, "},");
        if (i != 1 || trail->left_out == 0) continue;
        edoi_report_text(r, "{\"left_out\":");
        edoi_report_number(r, trail->left_out);
        edoi_report_text(r, "},");
    }
    put_json_code(r, err, cause_of(trail, err));
}

static void trail_text_put_json(edoi_report *r, const edoi_trail *trail, int err) {
    const edoi_trail *beside[EDO_TRAIL_FAILURES_MAX];
    uint32_t n = beside_of(trail, beside);
    put_objects(r, trail, err);
    if (n > 0) edoi_report_text(r, ",\"also\":[");
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0) edoi_report_text(r, ",");
        put_objects(r, beside[i], beside[i]->code);
        if (beside[i]->child) trail_text_put_member(r, "task", beside[i]->child);
        edoi_report_text(r, "}]");
    }
    if (n > 0) edoi_report_text(r, "]");
    put_left_out(r, ",\"also_left_out\":", trail, "");
    edoi_report_text(r, "}]");
}

/* Fills `r`; returns the length of the whole text. `trail`: that of `err`, or NULL. */
static size_t build(edoi_report *r, const edoi_trail *trail, int err, uint32_t form) {
    switch (form) {
    case EDO_TRAIL_LIST: trail_text_put_list(r, trail, err); break;
    case EDO_TRAIL_JSON: trail_text_put_json(r, trail, err); break;
    default: trail_text_put_line(r, trail, err); break;
    }
    return r->n;
}

static size_t print_to(char *text, size_t text_bytes, const edoi_trail *trail, int err,
                       uint32_t form) {
    size_t room = text_bytes > 0 ? text_bytes - 1 : 0;
    edoi_report r = { .at = text, .room = room };
    size_t n = build(&r, trail, err, form);
    if (text_bytes > 0) text[n < room ? n : room] = '\0';
    return n;
}

size_t edo_trail_print_text(char *text, size_t text_bytes, int err, uint32_t form) {
    return print_to(text, text_bytes, edoi_trail_look(err), err, form);
}

size_t edoi_trail_print_open(char *text, size_t text_bytes, int err) {
    return print_to(text, text_bytes, edoi_trail_look_open(err), err, EDO_TRAIL_LINE);
}

size_t edoi_trail_print_of(char *text, size_t text_bytes, const edoi_trail *trail, int err) {
    return print_to(text, text_bytes, trail, err, EDO_TRAIL_LINE);
}

/* Prints piece by piece, the last one with the line end. Not inlined: fibers have small stacks, and
 * this has a buffer of its own. */
static EDOI_NOINLINE void print_pieces(FILE *out, int err, uint32_t form) {
    char piece[PIECE_BYTES];
    flockfile(out);
    for (size_t from = 0, n = 1; from < n; from += sizeof piece) {
        edoi_report r = { .at = piece, .room = sizeof piece, .from = from };
        (void)build(&r, edoi_trail_look(err), err, form);
        edoi_report_text(&r, "\n");
        n = r.n;
        (void)fwrite(piece, 1, n - from < sizeof piece ? n - from : sizeof piece, out);
    }
    funlockfile(out);
}

void edo_trail_print(FILE *out, int err, uint32_t form) {
    char piece[PIECE_BYTES];
    char *text = piece;
    size_t n = edo_trail_print_text(piece, sizeof piece, err, form);
    if (n >= sizeof piece) {
        text = edoi_alloc(n + 1);
        if (!text) {
            print_pieces(out, err, form);
            return;
        }
        (void)edo_trail_print_text(text, n + 1, err, form);
    }
    text[n] = '\n'; // replaces the terminator
    (void)fwrite(text, 1, n + 1, out);
    if (text != piece) edoi_free(text);
}
