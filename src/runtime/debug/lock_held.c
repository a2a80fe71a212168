/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_held.c: see lock_held.h. Contract: edo/locks.h. */
#include "runtime/debug/lock_held.h"

#include "locks/tenths.h"
#include "log/tell.h"
#include "runtime/debug/dump.h"
#include "runtime/debug/lock_found.h"
#include "runtime/debug/report.h"
#include "runtime/scheduler/blocked.h"
#include "stacks/frames.h"

#include <edo/log.h>

#include <stdlib.h>

#define PLACE_MAX 160u

/* What the holder does, as a dump shows it. */
static void held_tell_task(const edo_task *t) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (!out) return;
    edoi_dump_of(out, &t, 1);
    if (fclose(out) == 0) (void)edoi_tell_text((edo_str){ text, n });
    free(text);
}

void edoi_lock_held_report(const void *lock, const edoi_holder *h, uint32_t now) {
    char place[PLACE_MAX] = "an unknown place";
    const unsigned held = edoi_tenths_since(now, h->since);
    edoi_lock_found(EDOI_LOCK_LASTING);
    if (!edoi_report_may(EDOI_REPORT_HELD)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_WARN, "edo.locks", (EDO_KV("holder", h->name)),
                  "a lock is held for %u.%u s", held / 10, held % 10);
#endif
    if (h->site) edoi_place_tell(place, sizeof place, h->site);
    edoi_tell("edo: %s has the lock %p for %u.%u s, since %s\n", h->name, lock, held / 10,
              held % 10, place);
    held_tell_task(edoi_blocked_task_of(h->who));
    edoi_report_record("a lock is held for long");
}
