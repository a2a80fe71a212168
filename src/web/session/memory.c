/* SPDX-License-Identifier: MIT */
/* web/session/memory.c: sessions in memory: a table by id, and two lists by the last save or touch.
 *
 * Ids of stored sessions are random, and made here, so their digits are the hash: the ids that
 * clients send are only looked up. Whenever a session is added, those whose time is over are taken
 * off the old ends of the lists; one in the middle, which ends earlier by its age, goes when it is
 * asked for, or comes to that end.
 *
 * A client gets a new session with each request that brings no cookie. So a session that no request
 * has come back for is in a list of its own, and beyond the share of that list room is made there:
 * a stranger who makes sessions without end ends those of other strangers. Sessions of an address
 * that has its share of the other list stay in the first one, also when requests come back for
 * them. */
#include "base/assert.h"
#include "base/opts.h"
#include "base/table.h"

#include <edo/mutex.h>
#include <edo/sem.h>
#include <edo/session.h>

#include <errno.h>

#define SESSIONS_MAX      10000u
#define SESSIONS_MAX_MOST (1u << 24)
#define BYTES_MAX         ((size_t)64 << 20)
#define NEW_PART          4u /* the share of `fresh`: this part of both limits, and one session */
#define ADDRESS_PART      8u /* that of an address in `known`, likewise of their number */

typedef struct kept_session {
    edoi_table_link link;               /* by its id; lock: mutex, as all members here */
    struct kept_session *newer, *older; /* in its list */
    edo_bytes data;
    edo_instant begun_at, used_at, ends_at;
    bool is_known;                 /* it was loaded */
    edo_keyed_permit *permit;      /* of `shares`; NULL: none */
    char id[EDO_SESSION_ID_BYTES]; /* const */
} kept_session;

/* By the last save or touch; lock: mutex. */
typedef struct kept_list {
    kept_session *newest, *oldest;
    uint32_t n;
    size_t bytes;
} kept_list;

struct edo_session_memory {
    edo_session_memory_opts opts; /* const, with defaults filled in */
    edo_mutex mutex;
    kept_list fresh, known; /* lock: mutex; a session is in one of them by `is_known` */
    edo_keyed_sem *shares;  /* counts the sessions in `known` by address */
    edoi_table sessions;    /* lock: mutex */
    edoi_table_link *chains[];
};

/* ---- The table and the list. Called with `mutex` held ---------------------------------------- */

static uint64_t session_memory_hash_of(const char *id) {
    uint32_t hash = 0;
    for (int i = 0; i < 8; i++) {
        unsigned c = (unsigned char)id[i]; // '0' to '9', 'a' to 'f'
        hash = hash << 4 | ((c & 15) + (c >> 6) * 9);
    }
    return hash;
}

static kept_session *session_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, kept_session, link);
}

static bool session_memory_has_id(edoi_table_link *l, const void *id) {
    return memcmp(session_at(l)->id, id, EDO_SESSION_ID_BYTES) == 0;
}

/* Finds a session, whose time may be over. */
static kept_session *find_any(edo_session_memory *m, edo_str id) {
    edoi_table_link *l = edoi_table_find(&m->sessions, session_memory_hash_of(id.ptr),
                                         session_memory_has_id, id.ptr);
    return l ? session_at(l) : NULL;
}

static size_t kept_session_bytes_of(const kept_session *k) {
    return sizeof *k + k->data.str.len;
}

static kept_list *session_memory_list_of(edo_session_memory *m, const kept_session *k) {
    return k->is_known ? &m->known : &m->fresh;
}

static void session_memory_list_newest(edo_session_memory *m, kept_session *k) {
    kept_list *l = session_memory_list_of(m, k);
    EDO_ASSERT(!l->newest == !l->oldest && !l->newest == (l->n == 0));
    k->newer = NULL;
    k->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = k;
    l->newest = k;
    l->n++;
    l->bytes += kept_session_bytes_of(k);
}

static void session_memory_unlist(edo_session_memory *m, kept_session *k) {
    kept_list *l = session_memory_list_of(m, k);
    EDO_ASSERT(l->n > 0 && l->bytes >= kept_session_bytes_of(k));
    *(k->newer ? &k->newer->older : &l->newest) = k->older;
    *(k->older ? &k->older->newer : &l->oldest) = k->newer;
    l->n--;
    l->bytes -= kept_session_bytes_of(k);
}

/* Takes a session out, and puts it in front of those in `*gone`. */
static void session_memory_take_out(edo_session_memory *m, kept_session *k,
                                    edoi_table_link **gone) {
    edoi_table_remove(&m->sessions, &k->link);
    session_memory_unlist(m, k);
    edo_keyed_sem_release(m->shares, k->permit);
    k->permit = NULL;
    EDO_ASSERT(m->sessions.links_n == m->fresh.n + m->known.n);
    k->link.next = *gone;
    *gone = &k->link;
}

static bool kept_session_is_over(const kept_session *k, edo_instant now) {
    return edo_instant_since(k->ends_at, now).ns <= 0;
}

/* Finds a session whose time is not over. */
static kept_session *session_memory_find(edo_session_memory *m, edo_str id, edo_instant now,
                                         edoi_table_link **gone) {
    kept_session *k = find_any(m, id);
    if (!k || !kept_session_is_over(k, now)) return k;
    session_memory_take_out(m, k, gone);
    return NULL;
}

/* Saves a session with `*data`, which becomes its former data; `data` NULL: its data stay. */
static void session_memory_use(edo_session_memory *m, kept_session *k, edo_bytes *data,
                               edo_instant now, edo_duration ttl) {
    session_memory_unlist(m, k);
    k->used_at = now;
    k->ends_at = edo_instant_add(now, ttl);
    if (data) {
        edo_bytes old = k->data;
        k->data = *data;
        *data = old;
    }
    session_memory_list_newest(m, k);
}

/* Notes that a request has come back for the session, of a client with that key, which is empty for
 * an unknown client. */
static void know(edo_session_memory *m, kept_session *k, edo_str client) {
    if (k->is_known) return;
    if (client.len > 0 && edo_keyed_sem_try_acquire(m->shares, &k->permit, client) < 0) return;
    session_memory_unlist(m, k);
    k->is_known = true;
    session_memory_list_newest(m, k);
}

static void take_over_out(edo_session_memory *m, const kept_list *l, edo_instant now,
                          edoi_table_link **gone) {
    while (l->oldest && kept_session_is_over(l->oldest, now))
        session_memory_take_out(m, l->oldest, gone);
}

/* Has the list more than its share? One session is within it, however large, so the session that is
 * being saved stays. */
static bool has_more_than_its_share(const edo_session_memory *m) {
    const kept_list *l = &m->fresh;
    return l->n > 1 &&
           (l->n > m->opts.sessions_max / NEW_PART || l->bytes > m->opts.bytes_max / NEW_PART);
}

static bool session_memory_is_full(const edo_session_memory *m) {
    return m->fresh.n + m->known.n > m->opts.sessions_max ||
           m->fresh.bytes + m->known.bytes > m->opts.bytes_max;
}

static void session_memory_make_room(edo_session_memory *m, edo_instant now,
                                     edoi_table_link **gone) {
    take_over_out(m, &m->fresh, now, gone);
    take_over_out(m, &m->known, now, gone);
    while (session_memory_is_full(m)) {
        bool of_fresh = !m->known.oldest || has_more_than_its_share(m);
        EDO_ASSERT(!of_fresh || m->fresh.oldest);
        session_memory_take_out(m, of_fresh ? m->fresh.oldest : m->known.oldest, gone);
    }
}

static void session_memory_enter(edo_session_memory *m, kept_session *k) {
    edoi_table_add(&m->sessions, &k->link, session_memory_hash_of(k->id));
    session_memory_list_newest(m, k);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void session_memory_free_all(edoi_table_link *gone) {
    while (gone) {
        kept_session *k = session_at(gone);
        gone = gone->next;
        edo_bytes_unref(&k->data);
        edo_rc_unref(k);
    }
}

static int memory_load_for(void *store, edo_str id, edo_str client, edo_session_record *out) {
    edo_session_memory *m = store;
    edo_instant now = edo_now();
    edoi_table_link *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = session_memory_find(m, id, now, &gone);
    if (k) {
        know(m, k, client);
        *out = (edo_session_record){ .data = edo_bytes_ref(&k->data),
                                     .age = edo_instant_since(now, k->begun_at),
                                     .idle = edo_instant_since(now, k->used_at) };
    }
    edo_mutex_unlock(&m->mutex);
    session_memory_free_all(gone);
    return k ? 0 : -ENOENT;
}

static int memory_load(void *store, edo_str id, edo_session_record *out) {
    return memory_load_for(store, id, (edo_str){ 0 }, out);
}

static int session_memory_add(edo_session_memory *m, kept_session *fresh, edo_instant now,
                              edoi_table_link **gone) {
    if (session_memory_find(m, (edo_str){ fresh->id, sizeof fresh->id }, now, gone)) return -EEXIST;
    session_memory_enter(m, fresh);
    session_memory_make_room(m, now, gone);
    return 0;
}

static int save_new(edo_session_memory *m, kept_session *fresh, edo_instant now) {
    edoi_table_link *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err == 0) {
        err = session_memory_add(m, fresh, now, &gone);
        edo_mutex_unlock(&m->mutex);
    }
    if (err < 0) {
        fresh->link.next = gone;
        gone = &fresh->link;
    }
    session_memory_free_all(gone);
    return err;
}

/* Swaps `data` with the data of the stored session. */
static int save_over(edo_session_memory *m, edo_str id, edo_bytes *data, edo_instant now,
                     edo_duration ttl) {
    edoi_table_link *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = session_memory_find(m, id, now, &gone);
    if (k) {
        session_memory_use(m, k, data, now, ttl);
        session_memory_make_room(m, now, &gone);
    }
    edo_mutex_unlock(&m->mutex);
    session_memory_free_all(gone);
    return k ? 0 : -ENOENT;
}

static int memory_save(void *store, edo_str id, edo_str data, edo_duration age, edo_duration ttl,
                       bool is_new) {
    edo_instant now = edo_now();
    edo_bytes copy;
    int err = edo_bytes_copy(&copy, data.len > 0 ? data.ptr : "", data.len);
    if (err < 0) return err;
    if (!is_new) {
        err = save_over(store, id, &copy, now, ttl);
        edo_bytes_unref(&copy);
        return err;
    }
    kept_session *k = edo_rc_new(sizeof *k, NULL);
    if (!k) {
        edo_bytes_unref(&copy);
        return -ENOMEM;
    }
    *k = (kept_session){ .data = copy,
                         .begun_at = { now.ns - age.ns },
                         .used_at = now,
                         .ends_at = edo_instant_add(now, ttl) };
    memcpy(k->id, id.ptr, sizeof k->id);
    return save_new(store, k, now);
}

static int memory_touch(void *store, edo_str id, edo_duration ttl) {
    edo_session_memory *m = store;
    edo_instant now = edo_now();
    edoi_table_link *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = session_memory_find(m, id, now, &gone);
    if (k) session_memory_use(m, k, NULL, now, ttl);
    edo_mutex_unlock(&m->mutex);
    session_memory_free_all(gone);
    return k ? 0 : -ENOENT;
}

static int memory_remove(void *store, edo_str id) {
    edo_session_memory *m = store;
    edoi_table_link *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = find_any(m, id);
    if (k) session_memory_take_out(m, k, &gone);
    edo_mutex_unlock(&m->mutex);
    session_memory_free_all(gone);
    return 0;
}

const edo_session_store_ops edo_session_memory_ops = { .name = "memory",
                                                       .load = memory_load,
                                                       .save = memory_save,
                                                       .touch = memory_touch,
                                                       .remove = memory_remove,
                                                       .load_for = memory_load_for };

/* ---- Life ------------------------------------------------------------------------------------ */

static int session_memory_fill_in(edo_session_memory_opts *o,
                                  const edo_session_memory_opts *given) {
    *o = given ? *given : (edo_session_memory_opts){ 0 };
    if (!edoi_all_zero(o->reserved, EDO_COUNT(o->reserved))) return -EINVAL;
    if (o->sessions_max == 0) o->sessions_max = SESSIONS_MAX;
    if (o->bytes_max == 0) o->bytes_max = BYTES_MAX;
    return o->sessions_max > SESSIONS_MAX_MOST ? -EINVAL : 0;
}

static void kept_list_free(kept_list *l) {
    for (kept_session *k = l->newest; k;) {
        kept_session *older = k->older;
        edo_bytes_unref(&k->data);
        edo_rc_unref(k);
        k = older;
    }
}

static void session_memory_deinit(void *self) {
    edo_session_memory *m = self;
    kept_list_free(&m->fresh);
    kept_list_free(&m->known);
    edo_keyed_sem_free(m->shares);
}

int edo_session_memory_new(edo_session_memory **out, const edo_session_memory_opts *opts) {
    edo_session_memory_opts o;
    int err = session_memory_fill_in(&o, opts);
    if (err < 0) return err;
    size_t chains_n = edoi_table_chains_for(o.sessions_max, 1);
    edo_session_memory *m =
        edo_rc_new(sizeof *m + chains_n * sizeof m->chains[0], session_memory_deinit);
    if (!m) return -ENOMEM;
    *m = (edo_session_memory){ .opts = o, .mutex = EDO_MUTEX_INIT };
    memset((void *)m->chains, 0, chains_n * sizeof m->chains[0]);
    edoi_table_init(&m->sessions, m->chains, chains_n);
    err = edo_keyed_sem_new(&m->shares, 1 + o.sessions_max / ADDRESS_PART);
    if (err < 0) {
        edo_rc_unref(m);
        return err;
    }
    *out = m;
    return 0;
}

void edo_session_memory_free(edo_session_memory *store) {
    edo_rc_unref(store);
}
