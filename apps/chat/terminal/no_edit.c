/* SPDX-License-Identifier: MIT */
/* no_edit.c: in the place of edit.c where libedit was not found: the terminal's own lines do. */
#include "terminal/edit.h"

#include <errno.h>

int edit_new(edit **out, edo_stream *input) {
    (void)out, (void)input;
    return -ENOTSUP;
}

int edit_line(edit *self, const char **line) {
    (void)self, (void)line;
    return -ENOTSUP;
}

void edit_prompt(edit *self, const char *text) {
    (void)self, (void)text;
}

void edit_on_tab(edit *self, edit_tab_fn *fn, void *arg) {
    (void)self, (void)fn, (void)arg;
}

bool edit_has_text(const edit *self) {
    (void)self;
    return false;
}

void edit_take_back(edit *self, const char *line) {
    (void)self, (void)line;
}

void edit_hide(edit *self) {
    (void)self;
}

void edit_show(edit *self) {
    (void)self;
}

void edit_restore(edit *self) {
    (void)self;
}

void edit_free(edit *self) {
    (void)self;
}
