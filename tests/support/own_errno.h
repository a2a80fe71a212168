/* SPDX-License-Identifier: MIT */
/* support/own_errno.h: errno for fibers that migrate: opaque, since they may not keep its
 * address. */
#ifndef EDO_TESTS_OWN_ERRNO_H
#define EDO_TESTS_OWN_ERRNO_H

#include <edo/compiler.h>

#include <errno.h>

EDOI_OPAQUE static void set_errno(int err) {
    EDOI_COMPILER_BARRIER();
    errno = err;
}

EDOI_OPAQUE static int ask_errno(void) {
    EDOI_COMPILER_BARRIER();
    return errno;
}

#endif
