/* SPDX-License-Identifier: MIT */
/* sync/channel/watch.h: what the rest of the library asks a watch channel. */
#ifndef EDOI_SYNC_CHANNEL_WATCH_H
#define EDOI_SYNC_CHANNEL_WATCH_H

#include <edo/watch.h>

/* Bytes of a value. Any thread. */
size_t edoi_watch_elem_size(edo_watch_rx *rx);

#endif
