/* SPDX-License-Identifier: MIT */
/* sync/channel/elem.h: values of a channel: bytes of one size, moved by copying. */
#ifndef EDOI_SYNC_CHANNEL_ELEM_H
#define EDOI_SYNC_CHANNEL_ELEM_H

#include <edo/base.h>

#include <string.h>

/* What a channel's values are. Const after the constructor. */
typedef struct edoi_elem {
    size_t bytes;
    void (*clone)(void *to, const void *from); /* NULL: copying the bytes is enough */
    void (*drop)(void *elem);                  /* NULL: nothing is owned */
} edoi_elem;

#define EDOI_ELEM_BYTES_MAX ((size_t)1 << 30) /* so that a few values cannot overflow a size */

/* Moves one value. The usual sizes are constants, so that they cost no call; the size of a pointer
 * or number comes first, so that it costs no jump. */
EDOI_INLINE void edoi_elem_copy(void *to, const void *from, size_t bytes) {
    EDOI_FORGET(to);
    EDOI_FORGET(from);
    if (EDOI_LIKELY(bytes == 8)) {
        memcpy(to, from, 8);
        return;
    }
    switch (bytes) {
    case 0: break;
    case 4: memcpy(to, from, 4); break;
    case 16: memcpy(to, from, 16); break;
    default: memcpy(to, from, bytes); break;
    }
}

#endif
