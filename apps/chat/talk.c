/* SPDX-License-Identifier: MIT */
/* talk.c: see talk.h. */
#include "talk.h"

#include "client.h"
#include "storage.h"

#include <edo/error.h>

#include <errno.h>
#include <stdlib.h>

static int tell(const reach *to, message *m) {
    if (!m) return -ENOMEM;
    if (!to->wire) return client_post(to->mailbox, &(pending){ .message = m }, to->is_stuck);
    if (wire_post(to->wire, m) < 0) return -EAGAIN; // the page may come back
    edo_rc_unref(m);                                // it is shared
    return 0;
}

int talk_tell(directory *self, const name *to, message *m) {
    reach person = { 0 };
    int err = directory_find(self, to, &person) ? tell(&person, m) : -EDO_ECLOSED;
    reach_drop(&person);
    if (err < 0) edo_rc_unref(m);
    return err;
}

static void recall(room *r) {
    store_found *found;
    uint64_t before = room_numbers_now(r).last + 1;
    if (storage_page(r->storage, &r->name, 0, before, r->past_max, &found) < 0) return;
    message **older = calloc(found->n + 1, sizeof(message *));
    for (size_t i = 0; older && i < found->n; i++) older[i] = storage_message(&found->messages[i]);
    if (older) room_recall(r, older, found->n);
    for (size_t i = 0; older && i < found->n; i++) edo_rc_unref(older[i]);
    free(older);
    free(found);
}

void talk_recall(room *r) {
    if (!r || !r->storage || edo_mutex_lock(&r->recalling) < 0) return;
    if (!r->is_recalled && r->past_max > 0) recall(r);
    r->is_recalled = true;
    edo_mutex_unlock(&r->recalling);
}
