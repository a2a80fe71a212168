/* SPDX-License-Identifier: MIT */
/* service/cache/note.h: what becomes of a question to a cache or flight, for the log. */
#ifndef EDOI_SERVICE_CACHE_NOTE_H
#define EDOI_SERVICE_CACHE_NOTE_H

#include <edo/log.h>

/* Tells the log, at level DEBUG, what came of a question: "hit", "miss", "waited" for another. */
void edoi_cache_tell(const char *name, const char *result);

EDOI_INLINE void edoi_cache_note(const char *name, const char *result) {
#ifdef EDOI_MODEL // which has no log
    (void)name, (void)result;
#else
    if (EDOI_LOG_LEVEL_ON(EDO_LEVEL_DEBUG)) edoi_cache_tell(name, result);
#endif
}

#endif
