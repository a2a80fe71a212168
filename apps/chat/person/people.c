/* SPDX-License-Identifier: MIT */
/* people.c: see people.h. */
#include "person/people.h"

#include "node/carrier.h"
#include "person/late.h"
#include "person/past.h"
#include "server.h"

#include <edo/scope.h>

#include <errno.h>
#include <stdlib.h>

static const edo_duration tick = EDO_S(1);

int people_open(server *at) {
    at->sessions = calloc(1, sizeof *at->sessions);
    if (!at->sessions) return -ENOMEM;
    sessions_init(at->sessions);
    return 0;
}

void people_close(server *at) {
    if (!at->sessions) return;
    sessions_deinit(at->sessions);
    free(at->sessions);
}

/* Tells everybody which rooms there are when that has changed: at most once a second, and more
 * rarely with many people. */
static void tell_rooms(server *self, uint64_t *told, uint64_t second) {
    uint64_t changes = self->directory.changes_n;
    if (changes == *told || second % (1 + self->sessions->users_n / 1000) != 0) return;
    message *m = past_rooms_frame(&self->directory, "rooms", (edo_str){ 0 });
    if (m && sessions_tell_all(self->sessions, &self->directory.turns, m) == 0) *told = changes;
    edo_rc_unref(m);
}

/* Of a file people see by each message whether it is stored. `*is_due`: there is news that was not
 * told, as there was no memory. */
static void tell_trouble(server *self, bool *is_due) {
    bool is_store_away = storage_gives_numbers(self->storage) && !storage_is_well(self->storage);
    bool are_nodes_away = self->carrier && !carrier_carries(self->carrier);
    *is_due |= trouble_look(&self->trouble, is_store_away, are_nodes_away);
    if (!*is_due) return;
    message *m = trouble_frame(&self->trouble);
    *is_due = !m || sessions_tell_all(self->sessions, &self->directory.turns, m) < 0;
    edo_rc_unref(m);
}

int people_run(void *arg) {
    server *self = arg;
    uint64_t told = 0;
    bool is_trouble_due = false;
    int err = 0;
    EDO_SCOPE(tellers, &(edo_scope_opts){ .policy = EDO_SCOPE_ALL });
    for (uint64_t second = 1; (err = edo_sleep(tick)) == 0; second++) {
        sessions_reap(self->sessions);
        tell_trouble(self, &is_trouble_due);
        tell_rooms(self, &told, second);
        late_look(self, &tellers);
    }
    return err;
}
