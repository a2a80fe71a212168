/* SPDX-License-Identifier: MIT */
/* protobuf/marks.h: what a program has forgotten to mark. An optional field, or one of a oneof, is
 * there if its mark says so: the bool of EDO_HAS(), or the number of EDO_ONEOF(). One that is set
 * and not marked is not written, and nothing else tells. */
#ifndef EDOI_PROTOBUF_MARKS_H
#define EDOI_PROTOBUF_MARKS_H

#include <edo/value.h>

/* Reports the first such member of the struct at `value`, not of those in it, and aborts. Debug
 * builds call it for each message that is written. */
void edoi_marks_check(const void *value, const edo_desc *desc);

#endif
