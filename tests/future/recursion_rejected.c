/* SPDX-License-Identifier: MIT */
/* A frame inside itself has no size: recursion needs a box.
 * expect-error: error: */
#include <edo/async.h>

EDO_ASYNC(endless, struct endless inner;) {
    EDO_BEGIN;
    EDO_END;
}
