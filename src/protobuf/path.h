/* SPDX-License-Identifier: MIT */
/* protobuf/path.h: the name of a place in a value, "people[3].name", put together from its end
 * while a failure goes back up. */
#ifndef EDOI_PROTOBUF_PATH_H
#define EDOI_PROTOBUF_PATH_H

#include <edo/value.h>

#define EDOI_WIRE_PATH_MAX 160u

/* `at` is where it begins in `text`, which ends with a NUL. */
typedef struct edoi_wire_path {
    size_t at;
    char text[EDOI_WIRE_PATH_MAX];
} edoi_wire_path;

void edoi_wire_path_init(edoi_wire_path *self);

/* Put a part before it; if there is no room, the outer parts are left out. */
void edoi_wire_path_field(edoi_wire_path *self, const edo_field *f);
void edoi_wire_path_element(edoi_wire_path *self, size_t i);
void edoi_wire_path_name(edoi_wire_path *self, edo_str name); /* that a stranger has chosen */

#endif
