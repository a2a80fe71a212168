/* SPDX-License-Identifier: MIT */
/* late.c: see late.h. */
#include "person/late.h"

#include "person/sessions.h"
#include "server.h"
#include "storage/storage.h"

#include <stdlib.h>

/* Each reads for one person after the other: the past is read by one at a time, and many who stood
 * in line would keep those out who come. */
#define LATE_WORKERS 4

/* All who may be late, each with a share; the workers take one after the other. */
typedef struct late_list {
    server *at;
    user **all;
    size_t n;
    atomic_size_t next;
} late_list;

static void late_list_drop(void *arg) {
    late_list *self = arg;
    for (size_t i = 0; i < self->n; i++) edo_rc_unref(self->all[i]);
    free(self->all);
}

/* NULL without memory. */
static late_list *late_list_new(server *at) {
    late_list *self = edo_rc_new(sizeof *self, late_list_drop);
    if (!self) return NULL;
    *self = (late_list){ .at = at };
    self->all = sessions_by_person(at->sessions, &self->n);
    if (self->all) return self;
    edo_rc_unref(self);
    return NULL;
}

/* Its rooms one by one: whoever wants the person meanwhile waits for one of them at most. */
static void go_on_if_late(const server *at, user *u) {
    bool is_first = true, has_more = atomic_exchange(&u->is_late, false);
    while (has_more) {
        if (!storage_is_well(at->storage) || edo_mutex_lock(&u->using) < 0) {
            user_note_late(u); // the next time
            return;
        }
        has_more = user_go_on(u, is_first);
        edo_mutex_unlock(&u->using);
        is_first = false;
    }
}

/* `arg` is a share of the list, which it gives back; a task's function. */
static int late_work(void *arg) {
    late_list *l = arg;
    server *at = l->at;
    for (size_t i; (i = atomic_fetch_add(&l->next, 1)) < l->n;) go_on_if_late(at, l->all[i]);
    edo_rc_unref(l);
    atomic_fetch_sub(&at->late_workers_n, 1);
    return 0;
}

static bool late_begin(late_list *l, edo_scope *tellers) {
    atomic_fetch_add(&l->at->late_workers_n, 1);
    if (edo_scope_spawn(tellers, late_work, edo_rc_ref(l)) == 0) return true;
    atomic_fetch_sub(&l->at->late_workers_n, 1);
    edo_rc_unref(l);
    return false;
}

void late_look(server *at, edo_scope *tellers) {
    size_t busy_n = atomic_load(&at->late_workers_n);
    bool has_begun = false;
    if (busy_n >= LATE_WORKERS || !storage_is_well(at->storage)) return;
    if (!atomic_exchange(&at->has_late, false)) return; // before the list: who is noted later is
    late_list *l = late_list_new(at);                   // looked for again
    for (size_t i = busy_n; l && i < LATE_WORKERS; i++) has_begun |= late_begin(l, tellers);
    if (!has_begun) atomic_store(&at->has_late, true);
    edo_rc_unref(l);
}
