/* SPDX-License-Identifier: MIT */
/* service/balance/hash.c: keys to connections, by a table.
 *
 * The table has all members, whatever their state. While a member is away, each of its keys goes to
 * the next member that is there behind the key's own slot, so they go to several members, and they
 * come back later. Only a change by the source makes another table, in a task, since that takes a
 * millisecond.
 *
 * A table has places, not members, so one that is out of date is harmless: a place whose member has
 * gone is passed over, and one that was given away serves the new member's keys for a moment.
 *
 * Lock order: as in set.c. */
#include "service/balance/hash.h"

#include "base/lock.h"
#include "base/memory/alloc.h"
#include "service/balance/maglev.h"
#include "service/discover/discovery.h"

#include <edo/scope.h>

#include <errno.h>

#define MAKE_AGAIN edo_ms(100) // without memory

/* ---- Choosing -------------------------------------------------------------------------------- */

/* Has it less than its share of the calls, this one included, and a bit? */
static bool conn_has_room(const edoi_balance_set *set, const edoi_balance_conn *c) {
    if (set->opts.load_spread < 0) return true;
    const double share = (double)c->of->weight / (double)set->weights;
    return (double)c->leases < (1 + set->opts.load_spread) * (double)(set->leases + 1) * share;
}

edoi_balance_conn *edoi_hash_choose(const edoi_balance_set *set, uint64_t hash,
                                    const edoi_had *barred) {
    uint32_t slot = edoi_maglev_slot(hash);
    for (uint32_t i = 0; i < EDOI_MAGLEV_SLOTS; i++) {
        const uint16_t place = set->table[slot];
        const edoi_member *m = place < set->room ? set->places[place] : NULL;
        edoi_balance_conn *c = m ? m->conn : NULL;
        const bool may = c && c->ready_at < set->picks_n && !edoi_had_has(barred, m->hash);
        if (may && conn_has_room(set, c)) return c;
        if (++slot == EDOI_MAGLEV_SLOTS) slot = 0;
    }
    return NULL;
}

/* ---- Making ---------------------------------------------------------------------------------- */

/* Lists the members that have a place. Returns their number; if it is more than `room`, none is
 * listed. */
static size_t set_hosts(edoi_balance_set *set, edoi_maglev_host *hosts, size_t room,
                        uint64_t *shape) {
    size_t n = 0;
    edoi_lock_acquire(&set->lock);
    *shape = set->shape;
    for (size_t i = 0; i < set->all_n && set->all_n <= room; i++) {
        const edoi_member *m = set->all[i];
        if (m->place == EDOI_MAGLEV_NOBODY) continue;
        hosts[n++] = (edoi_maglev_host){ .hash = m->hash, .weight = m->weight, .place = m->place };
    }
    if (set->all_n > room) n = set->all_n;
    edoi_lock_release(&set->lock);
    return n;
}

/* Uses a table; returns what is to be freed. */
static uint16_t *set_use(edoi_balance_set *set, uint16_t *table, uint64_t shape, bool *is_current) {
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    uint16_t *old = set->table;
    set->table = table;
    *is_current = set->shape == shape;
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    return old;
}

/* Makes tables until one is of the set as it is. Returns 0, or -ENOMEM. */
static int hash_make(edoi_balance_set *set) {
    bool is_current = false;
    while (!is_current) {
        uint64_t shape;
        size_t n, room = set_hosts(set, NULL, 0, &shape);
        if (room == 0) return 0; // as long as there are none the last one will do
        edoi_maglev_host *hosts = edoi_calloc(room, sizeof *hosts);
        uint16_t *table = hosts ? edoi_alloc(EDOI_MAGLEV_SLOTS * sizeof *table) : NULL;
        if (table && (n = set_hosts(set, hosts, room, &shape)) <= room) {
            edoi_maglev_fill(table, hosts, n);
            edoi_free(set_use(set, table, shape, &is_current));
        } else {
            edoi_free(table);
        }
        edoi_free(hosts);
        if (!table) return -ENOMEM;
    }
    return 0;
}

int edoi_hash_task(void *arg) {
    edoi_balance_set *set = arg;
    int err = 0;
    while (err == 0) {
        err = edo_notify_wait(&set->reshaped);
        while (err == 0 && hash_make(set) < 0) err = edo_sleep(MAKE_AGAIN);
    }
    edoi_balance_set_unref(set);
    return err;
}
