/* SPDX-License-Identifier: MIT */
/* A frame that outgrows its bound must not compile.
 * expect-error: the frame of wide is larger than 32 */
#include <edo/async.h>

EDO_ASYNC(wide, char bytes[17];) {
    EDO_BEGIN;
    self->bytes[0] = 0;
    EDO_END;
}

EDO_FRAME_MAX(wide, 32);
