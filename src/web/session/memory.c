/* SPDX-License-Identifier: MIT */
/* web/session/memory.c: sessions in memory: a table by id, and a list by the last save or touch.
 *
 * Ids of sessions that are stored are random, and ours, so their own digits are the hash: what
 * clients send is only looked for. Sessions that are over are taken off the old end of the list
 * whenever one is added; one in the middle, which ends earlier by its age, goes when it is asked
 * for, or comes to that end. */
#include <edo/mutex.h>
#include <edo/session.h>

#include <errno.h>

#define SESSIONS_MAX      10000u
#define SESSIONS_MAX_MOST (1u << 24)
#define BYTES_MAX         ((size_t)64 << 20)

typedef struct kept_session {
    struct kept_session *next;          /* in its chain; lock: mutex, as all here */
    struct kept_session *newer, *older; /* by last save or touch */
    edo_bytes data;
    edo_instant begun_at, used_at, ends_at;
    char id[EDO_SESSION_ID_BYTES]; /* const */
} kept_session;

struct edo_session_memory {
    edo_session_memory_opts opts; /* const, with defaults filled in */
    edo_mutex mutex;
    uint32_t sessions_n; /* lock: mutex; also what follows */
    size_t bytes_n;
    kept_session *newest, *oldest;
    uint32_t mask; /* const: number of chains - 1 */
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

static void list_newest(edo_session_memory *m, kept_session *k) {
    k->newer = NULL;
    k->older = m->newest;
    *(m->newest ? &m->newest->newer : &m->oldest) = k;
    m->newest = k;
}

static void unlist(edo_session_memory *m, kept_session *k) {
    *(k->newer ? &k->newer->older : &m->newest) = k->older;
    *(k->older ? &k->older->newer : &m->oldest) = k->newer;
}

/* Takes one out, in front of those in `*gone`. */
static void take_out(edo_session_memory *m, kept_session **link, kept_session **gone) {
    kept_session *k = *link;
    *link = k->next;
    unlist(m, k);
    m->sessions_n--;
    m->bytes_n -= bytes_of(k);
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

static void use(edo_session_memory *m, kept_session *k, edo_instant now, edo_duration ttl) {
    k->used_at = now;
    k->ends_at = edo_instant_add(now, ttl);
    unlist(m, k);
    list_newest(m, k);
}

static void make_room(edo_session_memory *m, edo_instant now, kept_session **gone) {
    while (m->oldest && (is_over(m->oldest, now) || m->sessions_n > m->opts.sessions_max ||
                         m->bytes_n > m->opts.bytes_max)) {
        edo_str id = { m->oldest->id, sizeof m->oldest->id };
        take_out(m, link_of(m, id), gone);
    }
}

static void enter(edo_session_memory *m, kept_session *k) {
    kept_session **chain = chain_of(m, (edo_str){ k->id, sizeof k->id });
    k->next = *chain;
    *chain = k;
    list_newest(m, k);
    m->sessions_n++;
    m->bytes_n += bytes_of(k);
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
    const kept_session *k = find(m, id, now, &gone);
    if (k)
        *out = (edo_session_record){ .data = edo_bytes_ref(&k->data),
                                     .age = edo_instant_since(now, k->begun_at),
                                     .idle = edo_instant_since(now, k->used_at) };
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
        edo_bytes old = k->data;
        m->bytes_n = m->bytes_n - old.str.len + data->str.len;
        k->data = *data;
        *data = old;
        use(m, k, now, ttl);
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
    if (k) use(m, k, now, ttl);
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

static void deinit(void *self) {
    edo_session_memory *m = self;
    for (kept_session *k = m->newest; k;) {
        kept_session *older = k->older;
        edo_bytes_unref(&k->data);
        edo_rc_unref(k);
        k = older;
    }
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
