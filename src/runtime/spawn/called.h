/* SPDX-License-Identifier: MIT */
/* runtime/spawn/called.h: which service a fiber asks at this moment, for those who look what it
 * waits for. A call lies on the fiber's stack, and the fiber's context knows the innermost one. */
#ifndef EDOI_RUNTIME_SPAWN_CALLED_H
#define EDOI_RUNTIME_SPAWN_CALLED_H

#include <edo/base.h>

struct edoi_fiber_ctx;

/* All is const until its end. */
typedef struct edoi_called {
    struct edoi_called *outer;
    struct edoi_fiber_ctx *fiber; /* NULL: it is none, and nothing is noted */
    const char *what, *whom;      /* "HTTP" and "api:443"; they live until the end */
    uint32_t since;               /* tenths of a second; 0: not known */
} edoi_called;

/* The running fiber asks `whom`, from here to the end, which is on the same fiber. Waits: never. */
EDO_API void edoi_called_begin(edoi_called *self, const char *what, const char *whom);
EDO_API void edoi_called_end(edoi_called *self);

#endif
