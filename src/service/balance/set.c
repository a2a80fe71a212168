/* SPDX-License-Identifier: MIT */
/* service/balance/set.c: the members of the set, and their states. pick.c chooses among them.
 *
 * The states of a member (begin, failed and connected are its task's; the others come from any
 * thread):
 *
 *              IDLE              CONNECTING             READY      FAILED
 *   seek       CONNECTING        -                      -          (it is wanted again)
 *   begin      CONNECTING, if    -                      (never)    CONNECTING, or IDLE if it
 *              it is wanted                                        is not wanted
 *   failed     FAILED, behind a  FAILED                 (never)    (never)
 *              connection of no
 *              use, or an ill one
 *   connected  (never)           READY, or IDLE if it   (never)    (never)
 *                                is not wanted any more
 *   lost       (never)           (never)                IDLE       (never)
 *
 * With P2C and ROUND_ROBIN all members are wanted, always. With PICK_FIRST a member is wanted if it
 * was asked to connect since a member was last ready: one after the other, as each fails, or is
 * slow.
 *
 * inv. 1: `ready` has the connection of each member that is READY, at its `ready_at`, and no other.
 * inv. 2: a member counts in `shown` by its state, but as FAILED while its `err` stands, and while
 *         it is ejected or ill.
 * inv. 3: a member that is not in `all` has no connection that is picked.
 * inv. 4: `standby` is in `all`, and IDLE.
 * inv. 5: the first `open_n` of `ready` are those whose members are neither ejected nor ill.
 * inv. 6: `picks_n` is `open_n`; but `ready_n` in a panic: while less than `panic_below` of all
 *         members are open; and 0 as long as HASH has no table.
 * inv. 7: of HASH `places` has each member with a `place` there, and no other; of a key with
 *         several members one has a place.
 * inv. 8: `leases` is the sum of the leases of all ready connections.
 *
 * Lock order: `lock` is a leaf. What an event owes (a wake, a close, a cancel) is done after it. */
#include "service/balance/set.h"

#include "base/assert.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "memory/rc.h"
#include "service/balance/maglev.h"
#include "service/discover/discovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- Making ---------------------------------------------------------------------------------- */

static void set_deinit(void *memory) {
    edoi_balance_set *set = memory;
    EDO_ASSERT(set->all_n == 0 && set->ready_n == 0);
    edo_cancel_unref(set->ending);
    edoi_free(set->all);
    edoi_free(set->ready);
    edoi_free(set->places);
    edoi_free(set->table);
    edoi_free(set->name);
    edoi_balance_counts_deinit(&set->counts);
    if (set->is_made && set->ops->drop) set->ops->drop(set->arg);
}

/* The name is a copy. */
static int set_begin_counts(edoi_balance_set *set) {
    const char *name = set->opts.name ? set->opts.name : "unnamed";
    const size_t bytes = strlen(name) + 1;
    set->opts.name = set->name = edoi_alloc(bytes);
    if (!set->name) return -ENOMEM;
    memcpy(set->name, name, bytes);
    return edoi_balance_counts_init(&set->counts, set->opts.metrics, set->name);
}

int edoi_balance_set_new(edoi_balance_set **out, const edo_balance_ops *ops, void *arg,
                         const edo_balance_opts *opts) {
    edo_cancel_token *ending;
    int err = edo_cancel_new(&ending);
    if (err < 0) return err;
    edoi_balance_set *set = edoi_rc_new(sizeof *set, set_deinit);
    if (!set) {
        edo_cancel_unref(ending);
        return -ENOMEM;
    }
    memset(set, 0, sizeof *set);
    set->changed = set->ejected = set->reshaped = (edo_notify)EDO_NOTIFY_INIT;
    set->random = edoi_random();
    set->state = EDO_BALANCE_CONNECTING;
    set->ending = ending;
    set->ops = ops;
    set->arg = arg;
    set->opts = *opts;
    set->is_timed = opts->load == EDO_LOAD_PEAK_EWMA;
    set->ejects = edoi_outlier_is_on(&opts->outlier);
    set->ewma = (edoi_ewma_clock){ (double)opts->load_decay.ns, edoi_balance_set_time(set) };
    err = set_begin_counts(set);
    if (err < 0) {
        edoi_balance_set_unref(set);
        return err;
    }
    *out = set;
    return 0;
}

edoi_balance_set *edoi_balance_set_ref(edoi_balance_set *set) {
    return edoi_rc_ref(set);
}

void edoi_balance_set_unref(edoi_balance_set *set) {
    edoi_rc_unref(EDOI_COUNTED, set);
}

static void member_deinit(void *memory) {
    edoi_member *m = memory;
    edo_cancel_unref(m->ending);
    edoi_balance_set_unref(m->set);
}

static edoi_member *member_new(edoi_balance_set *set, const edo_endpoint *e) {
    edo_cancel_token *ending;
    if (edo_cancel_new(&ending) < 0) return NULL;
    edoi_member *m = edoi_rc_new(sizeof *m, member_deinit);
    if (!m) {
        edo_cancel_unref(ending);
        return NULL;
    }
    const edoi_pause pause = { .min_ns = set->opts.pause_min.ns, .max_ns = set->opts.pause_max.ns };
    *m = (edoi_member){ .set = edoi_balance_set_ref(set),
                        .endpoint = *e,
                        .ending = ending,
                        .go = EDO_NOTIFY_INIT,
                        .weight = e->weight ? e->weight : 1,
                        .place = EDOI_MAGLEV_NOBODY,
                        .hash = edoi_maglev_hash(edo_str_of(edoi_endpoint_key(e))),
                        .pause = pause };
    return m;
}

void edoi_member_unref(edoi_member *m) {
    edoi_rc_unref(EDOI_COUNTED, m);
}

/* ---- States; with the lock held -------------------------------------------------------------- */

static edo_balance_state member_shows(const edoi_member *m) {
    return m->err < 0 || edoi_record_is_shut(&m->record) ? EDO_BALANCE_FAILED : m->state;
}

/* What a pick that fails fast returns. */
static void set_failed_at(edoi_balance_set *set, const edoi_member *m, int err) {
    set->failed_err = err;
    memcpy(set->failed_at, m->endpoint.address, sizeof set->failed_at);
    set->failed_why[0] = '\0';
}

static void member_enter(edoi_member *m, edo_balance_state state, int err) {
    m->set->shown[member_shows(m)]--;
    m->state = state;
    m->err = err;
    m->set->shown[member_shows(m)]++;
}

static bool set_is_hash(const edoi_balance_set *set) {
    return set->opts.kind == EDO_BALANCE_HASH;
}

static edo_balance_state set_state(const edoi_balance_set *set) {
    bool awaits_table = set_is_hash(set) && !set->table && set->ready_n > 0;
    if (set->picks_n > 0) return EDO_BALANCE_READY;
    if (set->shown[EDO_BALANCE_CONNECTING] > 0 || awaits_table) return EDO_BALANCE_CONNECTING;
    if (set->shown[EDO_BALANCE_IDLE] > 0) return EDO_BALANCE_IDLE;
    if (set->all_n > 0 || set->empty_err < 0) return EDO_BALANCE_FAILED;
    return EDO_BALANCE_CONNECTING;
}

/* The next member in order that was not tried; NULL: none. */
static edoi_member *set_untried(const edoi_balance_set *set) {
    for (size_t i = 0; i < set->all_n; i++)
        if (set->all[i]->state == EDO_BALANCE_IDLE) return set->all[i];
    return NULL;
}

/* The next member stands by from now on. */
static void set_name_standby(edoi_balance_set *set, edoi_duties *owed) {
    const edo_duration stagger = set->opts.stagger;
    set->standby = stagger.ns < 0 ? NULL : set_untried(set);
    if (!set->standby) return;
    set->standby_at = edo_instant_add(edo_now(), stagger);
    owed->go[1] = edoi_rc_ref(set->standby);
}

/* PICK_FIRST: the next member in order connects, if no member connects now, or they are slow. */
static void set_try_next(edoi_balance_set *set, edoi_duties *owed) {
    const bool seeks = set->is_seeking && set->ready_n == 0;
    const bool is_due = set->is_slow || set->shown[EDO_BALANCE_CONNECTING] == 0;
    edoi_member *m = seeks && is_due ? set_untried(set) : NULL;
    set->is_slow = false;
    if (m) {
        m->is_wanted = true;
        member_enter(m, EDO_BALANCE_CONNECTING, 0);
        EDO_ASSERT(!owed->go[0]);
        owed->go[0] = edoi_rc_ref(m);
    }
    if (m || !seeks) set->standby = NULL;
    if (seeks && !set->standby) set_name_standby(set, owed);
}

/* Too few endpoints are healthy to look at that. */
static bool set_panics(const edoi_balance_set *set) {
    return (double)set->open_n < set->opts.panic_below * (double)set->all_n;
}

static size_t set_picks(const edoi_balance_set *set) {
    if (set_is_hash(set) && !set->table) return 0;
    return set_panics(set) ? set->ready_n : set->open_n;
}

/* What HASH needs besides. */
static void set_settle_hash(edoi_balance_set *set, edoi_duties *owed) {
    set->weights = 0;
    for (size_t i = 0; i < set->picks_n; i++) set->weights += set->ready[i]->of->weight;
    owed->reshaped |= set->shape != set->shape_told;
    set->shape_told = set->shape;
}

static void set_tell_counts(edoi_balance_set *set) {
    const size_t in_use = set->open_n;
    const size_t now[] = { [EDOI_ENDPOINT_READY] = in_use,
                           [EDOI_ENDPOINT_EJECTED] = set->ejected_n,
                           [EDOI_ENDPOINT_AWAY] = set->all_n - in_use - set->ejected_n };
    edoi_balance_count_endpoints(&set->counts, now);
}

void edoi_set_settle(edoi_balance_set *set, edoi_duties *owed) {
    set->picks_n = set_picks(set);
    if (set_is_hash(set)) set_settle_hash(set, owed);
    set_tell_counts(set);
    set_try_next(set, owed);
    edo_balance_state state = set_state(set);
    owed->changed |= state != set->state;
    set->state = state;
    EDO_CHECK(edoi_balance_set_check(set));
}

void edoi_set_unlock(edoi_balance_set *set, const edoi_duties *owed) {
    edoi_lock_release(&set->lock);
    if (owed->changed) edo_notify_all(&set->changed);
    if (owed->ejected) edo_notify_one(&set->ejected);
    if (owed->reshaped) edo_notify_one(&set->reshaped);
    for (size_t i = 0; i < EDO_COUNT(owed->go); i++) {
        if (!owed->go[i]) continue;
        edo_notify_one(&owed->go[i]->go);
        edoi_member_unref(owed->go[i]);
    }
}

void edoi_set_advance(edoi_balance_set *set, int64_t now_ns) {
    const double factor = edoi_ewma_clock_advance(&set->ewma, now_ns);
    for (size_t i = 0; i < set->ready_n && factor < 1; i++) set->ready[i]->took.scaled *= factor;
}

/* ---- Which are ready ------------------------------------------------------------------------- */

static void ready_swap(edoi_balance_set *set, size_t i, size_t j) {
    edoi_balance_conn *a = set->ready[i], *b = set->ready[j];
    set->ready[i] = b;
    set->ready[j] = a;
    a->ready_at = j;
    b->ready_at = i;
}

static void ready_open(edoi_balance_set *set, const edoi_balance_conn *c) {
    ready_swap(set, c->ready_at, set->open_n++);
}

static void ready_close(edoi_balance_set *set, const edoi_balance_conn *c) {
    ready_swap(set, c->ready_at, --set->open_n);
}

static void ready_put(edoi_balance_set *set, edoi_balance_conn *c) {
    c->ready_at = set->ready_n;
    set->ready[set->ready_n++] = c->of->conn = c;
    if (!edoi_record_is_shut(&c->of->record)) ready_open(set, c);
}

/* Takes a connection out; false: it was already. */
static bool conn_take_out(edoi_balance_conn *c) {
    edoi_balance_set *set = c->of->set;
    if (c->ready_at == EDOI_NOT_READY) return false;
    if (c->ready_at < set->open_n) ready_close(set, c);
    ready_swap(set, c->ready_at, --set->ready_n);
    c->ready_at = EDOI_NOT_READY;
    set->leases -= c->leases;
    c->of->conn = NULL;
    c->of->is_wanted = set->opts.kind != EDO_BALANCE_PICK_FIRST;
    member_enter(c->of, EDO_BALANCE_IDLE, 0);
    return true;
}

/* Shuts or opens a member. */
static void member_judge(edoi_member *m, bool is_out, bool is_ill) {
    edoi_balance_set *set = m->set;
    const bool was_shut = edoi_record_is_shut(&m->record);
    set->ejected_n += (size_t)is_out - (size_t)m->record.is_out;
    set->shown[member_shows(m)]--;
    m->record.is_out = is_out;
    m->record.is_ill = is_ill;
    set->shown[member_shows(m)]++;
    const bool is_shut = edoi_record_is_shut(&m->record);
    if (!m->conn || was_shut == is_shut) return;
    if (is_shut) {
        ready_close(set, m->conn);
    } else {
        ready_open(set, m->conn);
    }
}

void edoi_member_close(edoi_member *m, int err) {
    member_judge(m, true, m->record.is_ill);
    set_failed_at(m->set, m, err);
}

void edoi_member_open(edoi_member *m) {
    member_judge(m, false, m->record.is_ill);
}

/* With the lock held. PICK_FIRST has one connection: the endpoint behind it is no more ill than the
 * others, which have none, but left, so that they are tried. */
static bool member_note_check(edoi_member *m, int result) {
    const edo_balance_opts *o = &m->set->opts;
    edoi_record *record = &m->record;
    const bool is_ill = result < 0;
    if (!is_ill && record->is_out) edoi_member_open(m);
    record->checks = is_ill == record->is_ill ? 0 : record->checks + 1;
    if (record->checks < (is_ill ? o->checks_down : o->checks_up)) return false;
    if (is_ill) set_failed_at(m->set, m, result);
    if (is_ill && o->kind == EDO_BALANCE_PICK_FIRST && m->set->all_n > 1) {
        record->checks--; // one more is enough, until one succeeds
        return true;
    }
    record->checks = 0;
    member_judge(m, record->is_out, is_ill);
    return false;
}

bool edoi_member_checked(edoi_member *m, int result) {
    edoi_balance_set *set = m->set;
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    const bool is_left = m->is_in && member_note_check(m, result);
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    return is_left;
}

/* ---- Places of the table --------------------------------------------------------------------- */

static void member_give_place(edoi_member *m, size_t place) {
    m->place = (uint16_t)place;
    m->set->places[place] = m;
}

/* A place that is free, if there is one. */
static void member_find_place(edoi_member *m) {
    edoi_balance_set *set = m->set;
    size_t place = 0;
    while (place < set->room && place < EDOI_MAGLEV_NOBODY && set->places[place]) place++;
    if (place == set->room || place == EDOI_MAGLEV_NOBODY) return;
    member_give_place(m, place);
    set->shape++;
}

static void member_leave_place(edoi_member *m) {
    if (m->place == EDOI_MAGLEV_NOBODY) return;
    m->set->places[m->place] = NULL;
    m->place = EDOI_MAGLEV_NOBODY;
    m->set->shape++;
}

/* It replaces one with its key from now on, whose keys it gets: they are the same in the table. */
static void member_inherit_place(edoi_member *m) {
    const edoi_balance_set *set = m->set;
    edoi_member *old = NULL;
    for (size_t i = 0; i < set->all_n && set->all[i] != m && !old; i++)
        if (set->all[i]->place != EDOI_MAGLEV_NOBODY && set->all[i]->hash == m->hash)
            old = set->all[i];
    if (!old) {
        member_find_place(m);
        return;
    }
    member_give_place(m, old->place);
    if (m->weight != old->weight) m->set->shape++;
    old->place = EDOI_MAGLEV_NOBODY;
}

/* Takes the member at `i` out; the set's reference becomes the caller's. */
static edoi_member *set_pull(edoi_balance_set *set, size_t i) {
    edoi_member *m = set->all[i];
    if (m->conn) (void)conn_take_out(m->conn);
    if (set->standby == m) set->standby = NULL;
    member_leave_place(m);
    set->shown[member_shows(m)]--;
    set->ejected_n -= m->record.is_out;
    set->all_n--;
    memmove(&set->all[i], &set->all[i + 1], (set->all_n - i) * sizeof(edoi_member *));
    m->is_in = m->is_wanted = false;
    if (set->all_n == 0) set->empty_err = -ENOENT;
    return m;
}

/* ---- Members come and go --------------------------------------------------------------------- */

/* The index of the first member with this key before `before`, or all_n. With the lock held. */
static size_t set_find(const edoi_balance_set *set, const char *key, const edoi_member *before) {
    for (size_t i = 0; i < set->all_n && set->all[i] != before; i++)
        if (strcmp(edoi_endpoint_key(&set->all[i]->endpoint), key) == 0) return i;
    return set->all_n;
}

void edoi_balance_set_remove(edoi_balance_set *set, const char *key, const edoi_member *before) {
    for (;;) {
        edoi_duties owed = { .changed = false };
        edoi_lock_acquire(&set->lock);
        size_t i = set_find(set, key, before);
        edoi_member *m = i < set->all_n ? set_pull(set, i) : NULL;
        edoi_set_settle(set, &owed);
        edoi_set_unlock(set, &owed);
        if (!m) return;
        edo_cancel(m->ending, EDO_CANCEL_ASKED);
        edoi_member_unref(m);
    }
}

static bool set_is_full(edoi_balance_set *set) {
    edoi_lock_acquire(&set->lock);
    bool is_full = set->all_n == set->room;
    edoi_lock_release(&set->lock);
    return is_full;
}

/* Room for one more. Only the task that reads the source adds, and others take out, so there is
 * room still between the locks, and no other writer of `room`. */
static int set_reserve(edoi_balance_set *set) {
    if (!set_is_full(set)) return 0;
    size_t room = set->room ? 2 * set->room : 8;
    edoi_member **all = edoi_calloc(room, sizeof(edoi_member *));
    edoi_balance_conn **ready = all ? edoi_calloc(room, sizeof(edoi_balance_conn *)) : NULL;
    edoi_member **places = ready ? edoi_calloc(room, sizeof(edoi_member *)) : NULL;
    if (!places) {
        edoi_free(all);
        edoi_free(ready);
        return -ENOMEM;
    }
    edoi_lock_acquire(&set->lock);
    edoi_member **old_all = set->all;
    edoi_balance_conn **old_ready = set->ready;
    edoi_member **old_places = set->places;
    if (set->all_n > 0) memcpy(all, old_all, set->all_n * sizeof(edoi_member *));
    if (set->ready_n > 0) memcpy(ready, old_ready, set->ready_n * sizeof(edoi_balance_conn *));
    if (set->room > 0) memcpy(places, old_places, set->room * sizeof(edoi_member *));
    set->all = all;
    set->ready = ready;
    set->places = places;
    set->room = room;
    edoi_lock_release(&set->lock);
    edoi_free(old_all);
    edoi_free(old_ready);
    edoi_free(old_places);
    return 0;
}

/* Is there a member with the key and address of `e`? It gets the weight. Else `*replaces` says
 * whether there is one with the key. */
static bool set_reweigh(edoi_balance_set *set, const edo_endpoint *e, bool *replaces) {
    edoi_duties owed = { .changed = false };
    bool found = false;
    edoi_lock_acquire(&set->lock);
    for (size_t i = 0; i < set->all_n; i++) {
        edoi_member *m = set->all[i];
        if (strcmp(edoi_endpoint_key(&m->endpoint), edoi_endpoint_key(e)) != 0) continue;
        *replaces = true;
        found = strcmp(m->endpoint.address, e->address) == 0; // of several the newest counts
        if (found) m->weight = e->weight ? e->weight : 1;
        set->shape += found;
    }
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    return found;
}

/* Adds a member: at the end, or at a random index, each index equally likely. */
static void set_put(edoi_balance_set *set, edoi_member *m) {
    size_t at = set->all_n++;
    if (set->opts.shuffles && set->opts.kind == EDO_BALANCE_PICK_FIRST) {
        const uint64_t random = edoi_random_step(&set->random) >> 32;
        const size_t other = (size_t)(random * set->all_n >> 32);
        set->all[at] = set->all[other];
        at = other;
    }
    set->all[at] = m;
}

int edoi_balance_set_add(edoi_balance_set *set, const edo_endpoint *e, edoi_member **out) {
    bool replaces = false, is_first = set->opts.kind == EDO_BALANCE_PICK_FIRST;
    *out = NULL;
    if (set_reweigh(set, e, &replaces)) return 0;
    int err = set_reserve(set);
    edoi_member *m = err == 0 ? member_new(set, e) : NULL;
    if (!m) return -ENOMEM;
    // of PICK_FIRST the new one might not be tried while the old one is ready
    if (replaces && is_first) edoi_balance_set_remove(set, edoi_endpoint_key(e), NULL);
    m->replaces = replaces && !is_first;
    m->is_in = true;
    m->is_wanted = !is_first;
    m->state = is_first ? EDO_BALANCE_IDLE : EDO_BALANCE_CONNECTING;
    *out = edoi_rc_ref(m);
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    set_put(set, m);
    if (set_is_hash(set) && !m->replaces) member_find_place(m);
    set->shown[member_shows(m)]++;
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    return 0;
}

void edoi_balance_set_unsourced(edoi_balance_set *set, int err) {
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    set->empty_err = err;
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
}

void edoi_balance_set_end(edoi_balance_set *set, int err) {
    edoi_member *m;
    do {
        edoi_duties owed = { .changed = true };
        edoi_lock_acquire(&set->lock);
        set->over = err;
        set->is_seeking = false;
        m = set->all_n > 0 ? set_pull(set, set->all_n - 1) : NULL;
        edoi_set_settle(set, &owed);
        edoi_set_unlock(set, &owed);
        if (m) {
            edo_cancel(m->ending, EDO_CANCEL_ASKED);
            edoi_member_unref(m);
        }
    } while (m);
}

/* ---- The task of a member -------------------------------------------------------------------- */

edo_duration edoi_member_patience(edoi_member *m) {
    edo_duration left = { EDO_FOREVER_NS };
    edoi_lock_acquire(&m->set->lock);
    if (m->set->standby == m) left = edo_instant_since(m->set->standby_at, edo_now());
    edoi_lock_release(&m->set->lock);
    return edo_ns(left.ns > 0 ? left.ns : 0);
}

void edoi_member_stand_in(edoi_member *m) {
    edoi_balance_set *set = m->set;
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    set->is_slow = set->standby == m && edo_instant_since(edo_now(), set->standby_at).ns >= 0;
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
}

bool edoi_member_begin(edoi_member *m) {
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&m->set->lock);
    bool wanted = m->is_wanted;
    if (m->is_in && !wanted) member_enter(m, EDO_BALANCE_IDLE, 0);
    if (m->is_in && wanted) member_enter(m, EDO_BALANCE_CONNECTING, m->err);
    edoi_set_settle(m->set, &owed);
    edoi_set_unlock(m->set, &owed);
    return wanted;
}

void edoi_member_failed(edoi_member *m, int err) {
    edoi_balance_set *set = m->set;
    edoi_duties owed = { .changed = false };
    const edo_trail_entry *why = edo_trail_find(err);
    edoi_lock_acquire(&set->lock);
    if (m->is_in) {
        if (set->standby == m) set->standby = NULL;
        member_enter(m, EDO_BALANCE_FAILED, err);
        set_failed_at(set, m, err);
        if (why) (void)snprintf(set->failed_why, sizeof set->failed_why, "%s", why->text);
    }
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
}

/* A connection of PICK_FIRST is ready: the others need not go on. With the lock held. */
static void set_found(edoi_balance_set *set, const edoi_member *found) {
    set->is_seeking = false;
    for (size_t i = 0; i < set->all_n; i++)
        if (set->all[i] != found) set->all[i]->is_wanted = false;
}

/* A connection begins with an estimate. With the lock held. */
static void set_time_conn(edoi_balance_set *set, edoi_balance_conn *c, int64_t now_ns) {
    edoi_set_advance(set, now_ns);
    edoi_ewma_begin(&c->took, &set->ewma, (double)set->opts.load_start.ns, now_ns);
}

bool edoi_member_connected(edoi_member *m, edoi_balance_conn *c) {
    edoi_balance_set *set = m->set;
    const int64_t now_ns = edoi_balance_set_time(set);
    edoi_duties owed = { .changed = true };
    edoi_lock_acquire(&set->lock);
    bool wanted = m->is_wanted; // and so it is in
    if (wanted) {
        if (set->is_timed) set_time_conn(set, c, now_ns);
        c->is_kept = true;
        ready_put(set, c);
        if (set_is_hash(set) && m->place == EDOI_MAGLEV_NOBODY) member_inherit_place(m);
        member_enter(m, EDO_BALANCE_READY, 0);
        if (set->opts.kind == EDO_BALANCE_PICK_FIRST) set_found(set, m);
    }
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    if (wanted && m->replaces) edoi_balance_set_remove(set, edoi_endpoint_key(&m->endpoint), m);
    return wanted;
}

/* ---- Connections ----------------------------------------------------------------------------- */

int edoi_balance_conn_new(edoi_balance_conn **out, edoi_member *of) {
    edoi_balance_conn *c = edoi_calloc(1, sizeof *c);
    if (!c) return -ENOMEM;
    int err = edo_cancel_new(&c->lost);
    if (err < 0) {
        edoi_free(c);
        return err;
    }
    c->of = edoi_rc_ref(of);
    c->ready_at = EDOI_NOT_READY;
    *out = c;
    return 0;
}

void edoi_balance_conn_drop(edoi_balance_conn *c) {
    const edoi_balance_set *set = c->of->set;
    EDO_ASSERT(c->ready_at == EDOI_NOT_READY && c->leases == 0 && !c->is_kept);
    if (c->made) (set->ops->close)(set->arg, c->made);
    edo_cancel_unref(c->lost);
    edoi_member_unref(c->of);
    edoi_free(c);
}

bool edoi_balance_conn_leave(edoi_balance_conn *c, bool said_goodbye) {
    edoi_balance_set *set = c->of->set;
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    (void)conn_take_out(c);
    c->is_kept = false;
    bool is_last = c->leases == 0;
    bool was_of_use = c->of->has_served || (said_goodbye && !is_last);
    c->of->has_served = false;
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    if (is_last) edoi_balance_conn_drop(c);
    return was_of_use;
}

void edoi_conn_lost(edoi_balance_conn *c) {
    edoi_balance_set *set = c->of->set;
    edoi_duties owed = { .changed = false };
    edoi_lock_acquire(&set->lock);
    bool was_ready = conn_take_out(c);
    edoi_set_settle(set, &owed);
    edoi_set_unlock(set, &owed);
    if (was_ready) edo_cancel(c->lost, EDO_CANCEL_ASKED);
}

/* ---- Looking on ------------------------------------------------------------------------------ */

int edoi_balance_set_state(edoi_balance_set *set) {
    edoi_lock_acquire(&set->lock);
    int state = set->over < 0 ? set->over : (int)set->state;
    edoi_lock_release(&set->lock);
    return state;
}

static edo_duration member_rest(const edoi_member *m) {
    if (!m->record.is_out) return edo_ns(0);
    const edo_duration rest = edo_instant_since(m->record.until, edo_now());
    return rest.ns > 0 ? rest : edo_ns(0);
}

size_t edoi_balance_set_at(edoi_balance_set *set, size_t i, edo_balance_endpoint *out) {
    const int64_t now_ns = edoi_balance_set_time(set);
    edoi_lock_acquire(&set->lock);
    size_t n = set->all_n;
    if (i < n) {
        const edoi_member *m = set->all[i];
        out->endpoint = m->endpoint;
        out->endpoint.weight = m->weight;
        out->state = m->state;
        out->err = m->err;
        out->in_flight = m->conn ? m->conn->leases : 0;
        out->is_ejected = m->record.is_out;
        out->is_ill = m->record.is_ill;
        out->ejected_for = member_rest(m);
        out->ejections = m->record.times;
        out->latency.ns = m->conn ? (int64_t)edoi_ewma_read(&m->conn->took, &set->ewma, now_ns) : 0;
    }
    edoi_lock_release(&set->lock);
    return n;
}

void edoi_balance_set_check(const edoi_balance_set *set) {
    size_t shown[4] = { 0 }, ready_n = 0;
    uint64_t leases = 0;
    bool has_standby = !set->standby;
    EDO_INV("set inv. 3", set->ready_n <= set->all_n && set->all_n <= set->room);
    EDO_INV("set inv. 6", set->picks_n == set_picks(set));
    for (size_t i = 0; i < set->all_n; i++) {
        const edoi_member *m = set->all[i];
        EDO_INV("set inv. 3", m->is_in);
        EDO_INV("set inv. 1", (m->state == EDO_BALANCE_READY) == (m->conn != NULL));
        EDO_INV("set inv. 1", !m->conn || set->ready[m->conn->ready_at] == m->conn);
        EDO_INV("set inv. 5",
                !m->conn || edoi_record_is_shut(&m->record) == (m->conn->ready_at >= set->open_n));
        EDO_INV("set inv. 7", m->place == EDOI_MAGLEV_NOBODY || set->places[m->place] == m);
        has_standby |= m == set->standby && m->state == EDO_BALANCE_IDLE;
        ready_n += m->conn != NULL;
        leases += m->conn ? m->conn->leases : 0;
        shown[member_shows(m)]++;
    }
    EDO_INV("set inv. 1", ready_n == set->ready_n);
    EDO_INV("set inv. 4", has_standby);
    EDO_INV("set inv. 8", leases == set->leases);
    for (size_t i = 0; i < 4; i++) EDO_INV("set inv. 2", shown[i] == set->shown[i]);
}
