/* SPDX-License-Identifier: MIT */
/* support/broken.h: a structure that is broken on purpose: the walker finds it, and names the
 * invariant. As last_words.h, for tests without threads, and before the first fiber. */
#ifndef EDO_TESTS_BROKEN_H
#define EDO_TESTS_BROKEN_H

#include "last_words.h"

#include <string.h>

/* `fn(arg)`, in a child, breaks a structure and lets its walker look: that aborts with a report
 * that has `name`, as "wheel inv. 3: ". Nothing is asserted in release builds, nor here. */
static inline void assert_broken(const char *name, int (*fn)(void *arg), void *arg) {
#ifdef EDO_DEBUG
    char said[4096];
    int status = last_words(fn, arg, said, sizeof said);
    if (!is_abort(status) || !strstr(said, name)) fail_msg("no \"%s\" in: %s", name, said);
#else
    (void)name, (void)fn, (void)arg;
#endif
}

#endif
