/* SPDX-License-Identifier: MIT */
/* late.c: see late.h. */
#include "person/late.h"

#include "person/sessions.h"
#include "server.h"
#include "storage/storage.h"

#include <stdlib.h>

/* `arg` is a share of the user, which it gives back; a task's function. */
static int late_go_on(void *arg) {
    user *u = arg;
    if (edo_mutex_lock(&u->using) == 0) {
        user_go_on(u);
        edo_mutex_unlock(&u->using);
    }
    edo_rc_unref(u);
    return 0;
}

/* Owns: takes the share. */
static void late_begin(user *u, edo_scope *tellers) {
    bool is_late = atomic_exchange(&u->is_late, false);
    if (is_late && edo_scope_spawn(tellers, late_go_on, u) == 0) return;
    if (is_late) user_note_late(u); // the next time
    edo_rc_unref(u);
}

void late_look(server *at, edo_scope *tellers) {
    size_t n;
    if (!atomic_load(&at->has_late) || !storage_is_well(at->storage)) return;
    user **all = sessions_by_person(at->sessions, &n);
    if (!all) return;
    atomic_store(&at->has_late, false); // before any of them may be noted again
    for (size_t i = 0; i < n; i++) late_begin(all[i], tellers);
    free(all);
}
