/* SPDX-License-Identifier: MIT */
/* unseen.c: see unseen.h. */
#include "room/unseen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOUND_MAX 1000 /* messages that are read from the store for one that comes back */

uint64_t room_newest(const room_numbers *now) {
    return now->last > now->gap_to ? now->last : now->gap_after;
}

uint64_t room_between(const room_numbers *now, uint64_t after, uint64_t before) {
    uint64_t numbers = before > after + 1 ? before - after - 1 : 0;
    uint64_t gap_begin = after > now->gap_after ? after : now->gap_after;
    uint64_t gap_end = before - 1 < now->gap_to ? before - 1 : now->gap_to;
    return gap_end > gap_begin ? numbers - (gap_end - gap_begin) : numbers;
}

uint64_t room_missing(const room_numbers *now, uint64_t after, uint64_t before) {
    return room_between(now, after > now->gap_to ? after : now->gap_to, before);
}

bool bookmark_is_new(const bookmark *self) {
    return self->number == 0 && self->life == 0;
}

/* ---- What the room has forgotten ------------------------------------------------------------- */

message *unseen_message(const namer *by, const saying *found) {
    saying what = *found;
    what.naming = naming_of(by, &what.nick, "");
    return message_said(&what);
}

/* Puts copies of what the store has found before the rest. What there is no memory for, or would
 * be too much, is missing, like all that is older. */
static void unseen_put_before(unseen *u, const store_found *found) {
    message **all = calloc(found->n + u->n + 1, sizeof(message *));
    if (!all) return;
    size_t first = found->n, bytes = 0;
    for (; first > 0 && bytes < UNSEEN_BYTES; first--) {
        all[first - 1] = unseen_message(u->namer, &found->messages[first - 1]);
        if (!all[first - 1]) break;
        bytes += found->messages[first - 1].text.len;
    }
    for (size_t i = 0; i < u->n; i++) all[found->n + i] = u->messages[i];
    u->n += found->n - first;
    memmove(all, all + first, u->n * sizeof(message *));
    free(u->messages);
    u->messages = all;
}

static uint64_t begin_of(const unseen *u) {
    return u->n > 0 ? u->messages[0]->what.number : u->until + 1;
}

bool unseen_is_short(const unseen *self, uint64_t after) {
    return room_between(&self->numbers, after, begin_of(self)) > 0;
}

/* Returns whether what is found may be kept. */
static bool take_permit(unseen *u, const seeker *who) {
    u->permits = who->permits;
    return !u->permits || edo_keyed_sem_try_acquire(u->permits, &u->permit, who->address) == 0;
}

/* What the store has of it, which may be kept; as unseen_find(). */
static int unseen_read(unseen *u, storage *in, const name *of, uint64_t after, const seeker *who,
                       store_found **out) {
    if (!in) return 0;
    if (!who->may_read) return -EAGAIN;
    if (!take_permit(u, who)) return -EBUSY; // before the store has read it in vain
    return storage_page(in, of, after, begin_of(u), FOUND_MAX, out);
}

int unseen_find(unseen *u, storage *in, const name *of, uint64_t after, const seeker *who) {
    store_found *found = NULL;
    size_t had_n = u->n;
    int err = unseen_read(u, in, of, after, who, &found);
    if (err == 0 && found) unseen_put_before(u, found);
    bool has_all = found && !found->has_more && found->fault == 0 && u->n - had_n == found->n;
    u->is_cut |= after < u->numbers.gap_after && !has_all;
    free(found);
    return err;
}

int unseen_prepend(unseen *self, unseen *before) {
    message **all = realloc(before->messages, (before->n + self->n + 1) * sizeof(message *));
    if (!all) return -ENOMEM;
    memcpy(all + before->n, self->messages, self->n * sizeof(message *));
    free(self->messages);
    self->messages = all;
    self->n += before->n;
    self->is_cut |= before->is_cut;
    self->permits = before->permits;
    self->permit = before->permit;
    *before = (unseen){ .n = 0 };
    return 0;
}

unseen_step unseen_step_of(const unseen *self, size_t i, uint64_t seen) {
    bool is_last = i == self->n, is_unknown = i == 0 && self->is_cut;
    uint64_t after = i > 0 ? self->messages[i - 1]->what.number : seen;
    uint64_t before = is_last ? self->until + 1 : self->messages[i]->what.number;
    uint64_t missing = is_unknown ? 0 : room_missing(&self->numbers, after, before);
    return (unseen_step){ after, before, missing, is_unknown || missing > 0,
                          is_last ? NULL : self->messages[i] };
}

void unseen_drop(unseen *self) {
    for (size_t i = 0; i < self->n; i++) edo_rc_unref(self->messages[i]);
    free(self->messages);
    edo_keyed_sem_release(self->permits, self->permit);
    *self = (unseen){ .n = 0 };
}
