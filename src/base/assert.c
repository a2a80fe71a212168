/* SPDX-License-Identifier: MIT */
/* base/assert.c: the end of a debug build whose invariant does not hold. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

void edoi_assert_failed(const char *file, int line, const char *function, const char *condition) {
    fprintf(stderr, "edo: invariant broken in %s (%s:%d): %s\n", function, file, line, condition);
    abort();
}
