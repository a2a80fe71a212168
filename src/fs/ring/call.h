/* SPDX-License-Identifier: MIT */
/* fs/ring/call.h: a call on a file that the ring of the driver makes, where there is one. */
#ifndef EDOI_FS_RING_CALL_H
#define EDOI_FS_RING_CALL_H

#include "driver/ring/ring.h"

#include <errno.h>

/* Of no code: there is no ring here, it does not know the call, or refuses it. Nothing was done. */
#define EDOI_FS_NO_RING EDOI_KRING_REFUSES

/* Makes a call, which `op` says, in a fiber of a runtime; returns when it is over, also if the task
 * is cancelled: what `op` points to may lie on the caller's stack. Returns its result, -ECANCELED
 * if it did not begin or was cut short, or EDOI_FS_NO_RING. */
EDO_MUST_USE int edoi_fs_ring_call(edoi_kring_op *op);

/* Was nothing done, though nobody may have cancelled it? When a thread ends, the kernel ends what
 * that thread has asked for, and says of some reads -EFAULT, since its memory is not at hand then.
 * Where the caller's memory is wrong, another way says so again. */
EDOI_INLINE bool edoi_fs_ring_is_undone(int result) {
    // ERESTARTSYS to ERESTART_RESTARTBLOCK: a call that a signal ends says so within the kernel,
    // and of an open an io_uring passes it on.
    bool is_restart = result <= -512 && result >= -516;
    return is_restart || result == -EINTR || result == -ECANCELED || result == -EAGAIN ||
           result == -EFAULT;
}

/* The ring of the worker behind `cx`; NULL: there is none, it is not wanted, or a thread of the
 * pool costs less. */
edoi_kring *edoi_fs_ring_of(const edo_cx *cx, uint8_t code);

#endif
