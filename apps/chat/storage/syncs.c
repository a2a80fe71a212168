/* SPDX-License-Identifier: MIT */
/* syncs.c: see syncs.h. */
#include "storage/syncs.h"

#include <errno.h>

void syncs_ask(syncs *self) {
    uint64_t n = atomic_load(&self->of->appended_n);
    if (atomic_load(&self->since_ns) == 0) atomic_store(&self->since_ns, edo_now().ns);
    int err = store_sync(self->kept);
    if (err == -ECANCELED) return; // it was not asked, and is waited for
    if (err == 0) atomic_store(&self->synced_n, n);
    if (err < 0) atomic_store(&self->is_heeded, false);
    atomic_store(&self->err, err);
    atomic_store(&self->since_ns, 0);
    if (err < 0) health_note_failure(self->health, err);
}

bool syncs_lack(const syncs *self) {
    return atomic_load(&self->err) < 0 ||
           atomic_load(&self->of->appended_n) != atomic_load(&self->synced_n);
}

bool syncs_ask_if_due(syncs *self) {
    bool was_synced = atomic_load(&self->err) == 0;
    if (!syncs_lack(self)) return false;
    if (was_synced || atomic_load(&self->is_heeded)) syncs_ask(self);
    return true;
}

void syncs_heed(syncs *self) {
    atomic_store(&self->is_heeded, true);
}
