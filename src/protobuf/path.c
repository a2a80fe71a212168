/* SPDX-License-Identifier: MIT */
/* protobuf/path.c: see path.h. */
#include "protobuf/path.h"

#include "base/error/escape.h"

#include <stdio.h>

void edoi_wire_path_init(edoi_wire_path *self) {
    self->at = EDOI_WIRE_PATH_MAX - 1;
    self->text[self->at] = '\0';
}

static void path_part(edoi_wire_path *self, const char *part, size_t n) {
    bool dot = self->at < EDOI_WIRE_PATH_MAX - 1 && self->text[self->at] != '[';
    if (n + dot > self->at) return;
    if (dot) self->text[--self->at] = '.';
    self->at -= n;
    memcpy(self->text + self->at, part, n);
}

void edoi_wire_path_field(edoi_wire_path *self, const edo_field *f) {
    path_part(self, f->key + 2, f->name_len);
}

void edoi_wire_path_element(edoi_wire_path *self, size_t i) {
    char part[24];
    path_part(self, part, (size_t)snprintf(part, sizeof part, "[%zu]", i));
}

void edoi_wire_path_name(edoi_wire_path *self, edo_str name) {
    char part[64];
    path_part(self, part, edoi_escape_cut(part, sizeof part, name.ptr, name.len, EDOI_ESCAPE_TEXT));
}
