/* SPDX-License-Identifier: MIT */
/* late.c: see late.h. A task goes through all people, and begins one for each who is late, with a
 * place to read. That task waits for its page, and for nobody else. */
#include "person/late.h"

#include "person/sessions.h"
#include "server.h"
#include "storage/storage.h"

#include <stdlib.h>

/* One who is late. */
typedef struct late_one {
    server *at;
    user *who;     /* a share */
    late_place in; /* for its next read */
} late_one;

static void late_one_free(late_one *self) {
    late_place_return(&self->in);
    edo_rc_unref(self->who);
    free(self);
}

/* Whether the store may be read for it now. Then `using` is locked: whoever has it may wait for the
 * page, so it is not waited for. */
static bool late_may_read(const late_one *self) {
    return storage_is_well(self->at->storage) && edo_mutex_try_lock(&self->who->using) == 0;
}

/* Shows it a room. Returns whether there are more. */
static bool late_show_room(late_one *self, bool is_first) {
    user *u = self->who;
    if (!late_may_read(self)) {
        user_note_late(u); // the next time
        return false;
    }
    bool has_more = user_go_on(u, &self->in, is_first);
    edo_mutex_unlock(&u->using);
    return has_more;
}

/* Its rooms one by one: whoever wants the person meanwhile waits for one of them at most. `arg` is
 * a late_one, which it frees; a task's function. */
static int late_show(void *arg) {
    late_one *self = arg;
    bool has_more = late_show_room(self, true);
    late_place_return(&self->in);
    while (has_more && late_place_take(&self->in, &self->at->late.pages) == 0) {
        has_more = late_show_room(self, false);
        late_place_return(&self->in);
    }
    late_one_free(self);
    return 0;
}

/* All who may be late. */
typedef struct late_list {
    server *at;
    edo_scope *tellers;
    user **all; /* shares */
    size_t n;
} late_list;

static void late_list_free(late_list *self) {
    for (size_t i = 0; i < self->n; i++) edo_rc_unref(self->all[i]);
    free(self->all);
    free(self);
}

/* NULL without memory. */
static late_list *late_list_new(server *at, edo_scope *tellers) {
    late_list *self = calloc(1, sizeof *self);
    if (!self) return NULL;
    *self = (late_list){ .at = at, .tellers = tellers };
    self->all = sessions_by_person(at->sessions, &self->n);
    if (self->all) return self;
    free(self);
    return NULL;
}

/* Waits for a place for it. Returns whether it is shown what it has missed. */
static bool late_begin(const late_list *l, user *u) {
    late_one *one = calloc(1, sizeof *one);
    if (!one) return false;
    *one = (late_one){ .at = l->at, .who = edo_rc_ref(u) };
    int err = late_place_take(&one->in, &l->at->late.pages);
    if (err == 0) err = edo_scope_spawn(l->tellers, late_show, one);
    if (err < 0) late_one_free(one);
    return err == 0;
}

/* `arg` is the list, which it frees; a task's function. */
static int late_go_through(void *arg) {
    late_list *l = arg;
    server *at = l->at;
    bool goes_on = true;
    for (size_t i = 0; i < l->n && goes_on; i++) {
        user *u = l->all[i];
        if (!atomic_exchange(&u->is_late, false)) continue;
        goes_on = storage_is_well(at->storage) && late_begin(l, u);
        if (!goes_on) user_note_late(u); // the others are still late, too
    }
    late_list_free(l);
    atomic_store(&at->late.are_gone_over, false);
    return 0;
}

void late_look(server *at, edo_scope *tellers) {
    late_people *late = &at->late;
    if (atomic_load(&late->are_gone_over) || !storage_is_well(at->storage)) return;
    if (!atomic_exchange(&late->has_some, false)) return; // before the list: who is noted later is
    late_list *l = late_list_new(at, tellers);            // looked for again
    atomic_store(&late->are_gone_over, l != NULL);
    if (l && edo_scope_spawn(tellers, late_go_through, l) == 0) return;
    if (l) late_list_free(l);
    atomic_store(&late->are_gone_over, false);
    atomic_store(&late->has_some, true);
}
