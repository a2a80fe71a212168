/* SPDX-License-Identifier: MIT */
/* An await inside a switch of the user would jump wrongly: it must not compile.
 * expect-error: duplicate case */
#include <edo/async.h>

EDO_ASYNC(wrong, int kind; edo_ready_future f;) {
    EDO_BEGIN;
    switch (self->kind) {
    case 1: EDO_AWAIT(edo_ready_init(&self->f, 1)); break;
    default: break;
    }
    EDO_END;
}
