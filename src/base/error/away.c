/* SPDX-License-Identifier: MIT */
/* base/error/away.c: see away.h. */
#include "base/error/away.h"

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

static int entry_is_marked(void *err, const edo_trail_entry *entry) {
    return entry->code == *(const int *)err && entry->payload_bytes == sizeof edoi_away &&
           memcmp(entry->payload, &edoi_away, sizeof edoi_away) == 0;
}

bool edoi_trail_tells_away(int err) {
    return edo_trail_each(entry_is_marked, &err) == 1;
}
