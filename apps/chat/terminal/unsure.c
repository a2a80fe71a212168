/* SPDX-License-Identifier: MIT */
/* unsure.c: see unsure.h. */
#include "terminal/unsure.h"

#include <stdlib.h>
#include <string.h>

static bool unsure_begins_with(const char *text, const char *begin) {
    return strncmp(text, begin, strlen(begin)) == 0;
}

bool unsure_is_text(const char *line) {
    if (line[0] != '/') return line[0] != '\0' && line[0] != '\n';
    return line[1] == '/' || unsure_begins_with(line, "/me ");
}

/* Is it for others? */
static bool is_told(const char *line) {
    return unsure_is_text(line) || line_ref_bytes(line) > 0 || unsure_begins_with(line, "/msg ");
}

static void unsure_take_out(unsure *self, size_t i) {
    free(self->lines[i]);
    self->n--;
    memmove(&self->lines[i], &self->lines[i + 1], (self->n - i) * sizeof *self->lines);
}

/* Returns whether there is room for one more. */
static bool unsure_make_room(unsure *self) {
    if (self->n < self->room) return true;
    size_t room = self->room > 0 ? 2 * self->room : UNSURE_LINES;
    char **lines = realloc(self->lines, room * sizeof *lines);
    if (!lines) return false;
    self->lines = lines;
    self->room = room;
    return true;
}

void unsure_put(unsure *self, char *line) {
    if (unsure_make_room(self)) {
        self->lines[self->n++] = line;
    } else {
        self->older_n++;
        free(line);
    }
}

bool unsure_add(unsure *self, char *line) {
    if (!is_told(line)) return false;
    line[strcspn(line, "\r\n")] = '\0';
    if (self->n == UNSURE_LINES) {
        unsure_take_out(self, 0);
        self->older_n++;
    }
    unsure_put(self, line);
    return true;
}

char *unsure_take(unsure *self) {
    char *line = self->n > 0 && self->older_n == 0 ? strdup(self->lines[0]) : NULL;
    if (line) unsure_take_out(self, 0);
    return line;
}

void unsure_came(unsure *self) {
    if (self->older_n > 0) {
        self->older_n--;
        return;
    }
    size_t i = 0;
    while (i < self->n && line_ref_bytes(self->lines[i]) > 0) i++;
    if (i < self->n) unsure_take_out(self, i);
}

void unsure_came_as(unsure *self, const char *ref) {
    const size_t before = sizeof TEXT_REF - 1, n = strlen(ref);
    for (size_t i = 0; i < self->n; i++) {
        const char *line = self->lines[i];
        if (line_ref_bytes(line) != before + n + 1 || strncmp(line + before, ref, n) != 0) continue;
        unsure_take_out(self, i);
        return;
    }
}

/* Takes `begin` off the front of `text`. */
static bool unsure_skip(edo_str *text, const char *begin) {
    size_t n = strlen(begin);
    if (text->len < n || memcmp(text->ptr, begin, n) != 0) return false;
    *text = (edo_str){ text->ptr + n, text->len - n };
    return true;
}

/* "ann: hello" for hello, "ann: /x" for //x, and "- ann waves" for /me waves. */
static bool is_line_of(const char *line, const name *who, edo_str shown) {
    bool is_action = unsure_begins_with(line, "/me ");
    if (is_action && !unsure_skip(&shown, "- ")) return false;
    if (!unsure_skip(&shown, name_as_word(who).text) ||
        !unsure_skip(&shown, is_action ? " " : ": "))
        return false;
    const char *text = is_action ? line + strlen("/me ") : line + (line[0] == '/');
    return edo_str_equal(shown, edo_str_of(text));
}

void unsure_was_said(unsure *self, const name *who, edo_str shown) {
    for (size_t i = 0; i < self->n; i++) {
        if (!is_line_of(self->lines[i], who, shown)) continue;
        unsure_take_out(self, i);
        return;
    }
}

void unsure_move(unsure *self, unsure *from) {
    self->older_n += from->older_n;
    for (size_t i = 0; i < from->n; i++) unsure_put(self, from->lines[i]);
    free(from->lines);
    *from = (unsure){ .n = 0 };
}

void unsure_split(unsure *self, unsure *to) {
    size_t left = 0;
    for (size_t i = 0; i < self->n; i++) {
        if (line_ref_bytes(self->lines[i]) > 0) {
            unsure_put(to, self->lines[i]);
        } else {
            self->lines[left++] = self->lines[i];
        }
    }
    self->n = left;
}

void unsure_forget_refs(unsure *self) {
    for (size_t i = 0; i < self->n; i++) {
        char *line = self->lines[i], *text = line + line_ref_bytes(line);
        memmove(line, text, strlen(text) + 1);
    }
}

void unsure_clear(unsure *self) {
    while (self->n > 0) unsure_take_out(self, self->n - 1);
    free(self->lines);
    *self = (unsure){ .n = 0 };
}
