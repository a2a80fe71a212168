/* SPDX-License-Identifier: MIT */
/* web/session/memory.c: sessions in memory: a table by id, and two lists by the last save or touch.
 *
 * Ids of sessions that are stored are random, and ours, so their own digits are the hash: what
 * clients send is only looked for. Sessions that are over are taken off the old ends of the lists
 * whenever one is added; one in the middle, which ends earlier by its age, goes when it is asked
 * for, or comes to that end.
 *
 * A client gets a new session with each request that brings no cookie. So one that no request has
 * come back for is in a list of its own, and beyond the share of that list room is made there: a
 * stranger who makes sessions without end ends those of other strangers. */
#include <edo/mutex.h>
#include <edo/session.h>

#include <errno.h>

#define SESSIONS_MAX      10000u
#define SESSIONS_MAX_MOST (1u << 24)
#define BYTES_MAX         ((size_t)64 << 20)
#define NEW_PART          4u /* the share of `fresh`: this part of both limits, and one session */

typedef struct kept_session {
    struct kept_session *next;          /* in its chain; lock: mutex, as all here */
    struct kept_session *newer, *older; /* in its list */
    edo_bytes data;
    edo_instant begun_at, used_at, ends_at;
    bool is_known;                 /* it was loaded */
    char id[EDO_SESSION_ID_BYTES]; /* const */
} kept_session;

/* By last save or touch; lock: mutex. */
typedef struct kept_list {
    kept_session *newest, *oldest;
    uint32_t n;
    size_t bytes;
} kept_list;

struct edo_session_memory {
    edo_session_memory_opts opts; /* const, with defaults filled in */
    edo_mutex mutex;
    kept_list fresh, known; /* lock: mutex; by `is_known` */
    uint32_t mask;          /* const: number of chains - 1 */
    kept_session *chains[];
};

/* ---- The table and the list. Called with `mutex` held ---------------------------------------- */

static kept_session **chain_of(edo_session_memory *m, edo_str id) {
    uint32_t hash = 0;
    for (int i = 0; i < 8; i++) {
        unsigned c = (unsigned char)id.ptr[i]; // '0' to '9', 'a' to 'f'
        hash = hash << 4 | ((c & 15) + (c >> 6) * 9);
    }
    return &m->chains[hash & m->mask];
}

static kept_session **link_of(edo_session_memory *m, edo_str id) {
    kept_session **link = chain_of(m, id);
    while (*link && memcmp((*link)->id, id.ptr, sizeof(*link)->id) != 0) link = &(*link)->next;
    return link;
}

static size_t bytes_of(const kept_session *k) {
    return sizeof *k + k->data.str.len;
}

static kept_list *list_of(edo_session_memory *m, const kept_session *k) {
    return k->is_known ? &m->known : &m->fresh;
}

static void list_newest(edo_session_memory *m, kept_session *k) {
    kept_list *l = list_of(m, k);
    k->newer = NULL;
    k->older = l->newest;
    *(l->newest ? &l->newest->newer : &l->oldest) = k;
    l->newest = k;
    l->n++;
    l->bytes += bytes_of(k);
}

static void unlist(edo_session_memory *m, kept_session *k) {
    kept_list *l = list_of(m, k);
    *(k->newer ? &k->newer->older : &l->newest) = k->older;
    *(k->older ? &k->older->newer : &l->oldest) = k->newer;
    l->n--;
    l->bytes -= bytes_of(k);
}

/* Takes one out, in front of those in `*gone`. */
static void take_out(edo_session_memory *m, kept_session **link, kept_session **gone) {
    kept_session *k = *link;
    *link = k->next;
    unlist(m, k);
    k->next = *gone;
    *gone = k;
}

static bool is_over(const kept_session *k, edo_instant now) {
    return edo_instant_since(k->ends_at, now).ns <= 0;
}

/* Finds a session whose time has not run out. */
static kept_session *find(edo_session_memory *m, edo_str id, edo_instant now, kept_session **gone) {
    kept_session **link = link_of(m, id);
    if (*link && is_over(*link, now)) take_out(m, link, gone);
    return *link && memcmp((*link)->id, id.ptr, sizeof(*link)->id) == 0 ? *link : NULL;
}

/* Saves it with `*data`, and gives back what it had; NULL: it keeps that. */
static void use(edo_session_memory *m, kept_session *k, edo_bytes *data, edo_instant now,
                edo_duration ttl) {
    unlist(m, k);
    k->used_at = now;
    k->ends_at = edo_instant_add(now, ttl);
    if (data) {
        edo_bytes old = k->data;
        k->data = *data;
        *data = old;
    }
    list_newest(m, k);
}

/* A request has come back for it. */
static void know(edo_session_memory *m, kept_session *k) {
    if (k->is_known) return;
    unlist(m, k);
    k->is_known = true;
    list_newest(m, k);
}

static void take_oldest_out(edo_session_memory *m, const kept_list *l, kept_session **gone) {
    edo_str id = { l->oldest->id, sizeof l->oldest->id };
    take_out(m, link_of(m, id), gone);
}

static void take_over_out(edo_session_memory *m, const kept_list *l, edo_instant now,
                          kept_session **gone) {
    while (l->oldest && is_over(l->oldest, now)) take_oldest_out(m, l, gone);
}

/* One session is within the share, however large: so the one that is being saved stays. */
static bool has_more_than_its_share(const edo_session_memory *m) {
    const kept_list *l = &m->fresh;
    return l->n > 1 &&
           (l->n > m->opts.sessions_max / NEW_PART || l->bytes > m->opts.bytes_max / NEW_PART);
}

static bool is_full(const edo_session_memory *m) {
    return m->fresh.n + m->known.n > m->opts.sessions_max ||
           m->fresh.bytes + m->known.bytes > m->opts.bytes_max;
}

static void make_room(edo_session_memory *m, edo_instant now, kept_session **gone) {
    take_over_out(m, &m->fresh, now, gone);
    take_over_out(m, &m->known, now, gone);
    while (is_full(m)) {
        bool of_fresh = !m->known.oldest || has_more_than_its_share(m);
        take_oldest_out(m, of_fresh ? &m->fresh : &m->known, gone);
    }
}

static void enter(edo_session_memory *m, kept_session *k) {
    kept_session **chain = chain_of(m, (edo_str){ k->id, sizeof k->id });
    k->next = *chain;
    *chain = k;
    list_newest(m, k);
}

/* ---- Operations ------------------------------------------------------------------------------ */

static void free_all(kept_session *gone) {
    while (gone) {
        kept_session *k = gone;
        gone = k->next;
        edo_bytes_unref(&k->data);
        edo_rc_unref(k);
    }
}

static int memory_load(void *store, edo_str id, edo_session_record *out) {
    edo_session_memory *m = store;
    edo_instant now = edo_now();
    kept_session *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = find(m, id, now, &gone);
    if (k) {
        know(m, k);
        *out = (edo_session_record){ .data = edo_bytes_ref(&k->data),
                                     .age = edo_instant_since(now, k->begun_at),
                                     .idle = edo_instant_since(now, k->used_at) };
    }
    edo_mutex_unlock(&m->mutex);
    free_all(gone);
    return k ? 0 : -ENOENT;
}

static int add(edo_session_memory *m, kept_session *fresh, edo_instant now, kept_session **gone) {
    if (find(m, (edo_str){ fresh->id, sizeof fresh->id }, now, gone)) return -EEXIST;
    enter(m, fresh);
    make_room(m, now, gone);
    return 0;
}

static int save_new(edo_session_memory *m, kept_session *fresh, edo_instant now) {
    kept_session *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err == 0) {
        err = add(m, fresh, now, &gone);
        edo_mutex_unlock(&m->mutex);
    }
    if (err < 0) {
        fresh->next = gone;
        gone = fresh;
    }
    free_all(gone);
    return err;
}

/* Puts `data` in the place of what is there, and that into `data`. */
static int save_over(edo_session_memory *m, edo_str id, edo_bytes *data, edo_instant now,
                     edo_duration ttl) {
    kept_session *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = find(m, id, now, &gone);
    if (k) {
        use(m, k, data, now, ttl);
        make_room(m, now, &gone);
    }
    edo_mutex_unlock(&m->mutex);
    free_all(gone);
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
    kept_session *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session *k = find(m, id, now, &gone);
    if (k) use(m, k, NULL, now, ttl);
    edo_mutex_unlock(&m->mutex);
    free_all(gone);
    return k ? 0 : -ENOENT;
}

static int memory_remove(void *store, edo_str id) {
    edo_session_memory *m = store;
    kept_session *gone = NULL;
    int err = edo_mutex_lock(&m->mutex);
    if (err < 0) return err;
    kept_session **link = link_of(m, id);
    if (*link) take_out(m, link, &gone);
    edo_mutex_unlock(&m->mutex);
    free_all(gone);
    return 0;
}

const edo_session_store_ops edo_session_memory_ops = { .name = "memory",
                                                       .load = memory_load,
                                                       .save = memory_save,
                                                       .touch = memory_touch,
                                                       .remove = memory_remove };

/* ---- Life ------------------------------------------------------------------------------------ */

static int fill_in(edo_session_memory_opts *o, const edo_session_memory_opts *given) {
    *o = given ? *given : (edo_session_memory_opts){ 0 };
    for (size_t i = 0; i < EDO_COUNT(o->reserved); i++)
        if (o->reserved[i] != 0) return -EINVAL;
    if (o->sessions_max == 0) o->sessions_max = SESSIONS_MAX;
    if (o->bytes_max == 0) o->bytes_max = BYTES_MAX;
    return o->sessions_max > SESSIONS_MAX_MOST ? -EINVAL : 0;
}

static void free_list(kept_list *l) {
    for (kept_session *k = l->newest; k;) {
        kept_session *older = k->older;
        edo_bytes_unref(&k->data);
        edo_rc_unref(k);
        k = older;
    }
}

static void deinit(void *self) {
    edo_session_memory *m = self;
    free_list(&m->fresh);
    free_list(&m->known);
}

int edo_session_memory_new(edo_session_memory **out, const edo_session_memory_opts *opts) {
    edo_session_memory_opts o;
    int err = fill_in(&o, opts);
    if (err < 0) return err;
    uint32_t chains = 1;
    while (chains < o.sessions_max) chains *= 2;
    edo_session_memory *m = edo_rc_new(sizeof *m + chains * sizeof(kept_session *), deinit);
    if (!m) return -ENOMEM;
    *m = (edo_session_memory){ .opts = o, .mutex = EDO_MUTEX_INIT, .mask = chains - 1 };
    memset((void *)m->chains, 0, chains * sizeof(kept_session *));
    *out = m;
    return 0;
}

void edo_session_memory_free(edo_session_memory *store) {
    edo_rc_unref(store);
}
