/* SPDX-License-Identifier: MIT */
/* memory/rc.h: counted memory for edo's objects that are handles of their own kinds. In debug
 * builds edo_rc_new() and its like record their objects as counted ones; these functions record
 * nothing. */
#ifndef EDOI_MEMORY_RC_H
#define EDOI_MEMORY_RC_H

#include "records/handles.h"

#include <edo/base.h>

/* As edo_rc_new() and edo_rc_ref(). */
EDO_MUST_USE void *edoi_rc_new(size_t bytes, void (*deinit)(void *self));
void *edoi_rc_ref(void *self);

/* As edo_rc_unref(), except for NULL; the memory ends like that of a handle of `kind`. */
void edoi_rc_unref(edoi_kind kind, void *self);

#endif
