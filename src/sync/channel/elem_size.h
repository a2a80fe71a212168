/* SPDX-License-Identifier: MIT */
/* sync/channel/elem_size.h: what the rest of the library asks a channel: the bytes of a value. Any
 * thread. */
#ifndef EDOI_SYNC_CHANNEL_ELEM_SIZE_H
#define EDOI_SYNC_CHANNEL_ELEM_SIZE_H

#include <edo/chan.h>
#include <edo/mpsc.h>
#include <edo/watch.h>

size_t edoi_chan_elem_size(edo_chan_rx *rx);
size_t edoi_mpsc_elem_size(edo_mpsc_rx *rx);
size_t edoi_watch_elem_size(edo_watch_rx *rx);

#endif
