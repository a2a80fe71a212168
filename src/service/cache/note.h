/* SPDX-License-Identifier: MIT */
/* service/cache/note.h: what becomes of a question to a cache or flight, for the log. */
#ifndef EDOI_SERVICE_CACHE_NOTE_H
#define EDOI_SERVICE_CACHE_NOTE_H

#include <edo/log.h>

/* Logs the result of a lookup at level DEBUG: "hit", "miss", or "waited" for another caller. */
void edoi_cache_tell(const char *name, const char *result);

EDOI_INLINE void edoi_cache_note(const char *name, const char *result) {
#ifdef EDOI_MODEL // which has no log
    (void)name, (void)result;
#else
    if (EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG)) edoi_cache_tell(name, result);
#endif
}

#endif
