/* SPDX-License-Identifier: MIT */
/* console/live/rows.c: see rows.h. */
#include "console/live/rows.h"

uint64_t edoi_live_told_all(const edoi_live *l) {
    uint64_t told = l->version;
    edoi_live_watcher *w;
    LIST_FOREACH(w, &l->watchers, next)
    if (w->from < told) told = w->from;
    return told;
}

uint64_t edoi_live_told_any(const edoi_live *l) {
    uint64_t told = 0;
    edoi_live_watcher *w;
    LIST_FOREACH(w, &l->watchers, next)
    if (w->from > told) told = w->from;
    return told;
}
