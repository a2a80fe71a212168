/* SPDX-License-Identifier: MIT */
/* sync/channel/chan.h: what the rest of the library asks a channel. */
#ifndef EDOI_SYNC_CHANNEL_CHAN_H
#define EDOI_SYNC_CHANNEL_CHAN_H

#include <edo/chan.h>

/* Bytes of a value. Any thread. */
size_t edoi_chan_elem_size(edo_chan_rx *rx);

#endif
