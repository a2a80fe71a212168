/* SPDX-License-Identifier: MIT */
/* base/error/away.c: see away.h. */
#include "base/error/away.h"
#include "base/error/trail.h"

#include <string.h>

bool edoi_code_is_of_absence(int err) {
    switch (err) {
    case -EAGAIN: // of a name that cannot be looked up now
    case -ECONNREFUSED:
    case -ECONNRESET:
    case -ECONNABORTED:
    case -ENETDOWN:
    case -ENETUNREACH:
    case -EHOSTDOWN:
    case -EHOSTUNREACH: return true;
    default: return false;
    }
}

static bool entry_is_marked(const edo_trail_entry *entry) {
    return entry->payload_bytes == sizeof edoi_away &&
           memcmp(entry->payload, &edoi_away, sizeof edoi_away) == 0;
}

/* A cleanup may have failed with another code since. */
bool edoi_trail_tells_away(int err) {
    const edoi_trail *trail = edoi_trail_look(err);
    for (uint32_t i = 0; trail && i < trail->lines_n; i++)
        if (entry_is_marked(&trail->lines[i]->entry)) return true;
    return false;
}
