/* SPDX-License-Identifier: MIT */
/* sync/channel/mpsc.h: what the rest of the library asks a channel. */
#ifndef EDOI_SYNC_CHANNEL_MPSC_H
#define EDOI_SYNC_CHANNEL_MPSC_H

#include <edo/mpsc.h>

/* Bytes of a value. Any thread. */
size_t edoi_mpsc_elem_size(edo_mpsc_rx *rx);

#endif
