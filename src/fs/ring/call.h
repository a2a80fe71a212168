/* SPDX-License-Identifier: MIT */
/* fs/ring/call.h: a call on a file that the ring of the driver makes, where there is one. */
#ifndef EDOI_FS_RING_CALL_H
#define EDOI_FS_RING_CALL_H

#include "driver/ring/ring.h"

/* Of no code: there is no ring here, it does not know the call, or refuses it. Nothing was done. */
#define EDOI_FS_NO_RING EDOI_KRING_REFUSES

/* Makes a call, which `op` says, in a fiber of a runtime; returns when it is over, also if the task
 * is cancelled: what `op` points to may lie on the caller's stack. An open is not cut
 * short. Returns its result, -ECANCELED if it did not begin or was cut short, or
 * EDOI_FS_NO_RING. -EINTR: a call that cannot be made
 * twice was ended by a signal, as a file system of a network or a process may let it be: it may
 * have been done. */
EDO_MUST_USE int edoi_fs_ring_call(edoi_kring_op *op);

#endif
