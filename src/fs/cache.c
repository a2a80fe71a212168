/* SPDX-License-Identifier: MIT */
/* fs/cache.c: a table of files by their paths, and a list of them by their last use.
 *
 * The job of a caller that finds no file, or one to be checked, opens and reads it without the
 * lock; what it has found is entered afterwards. A caller that begins a check sets `checked_at`, so
 * that the others take the old file meanwhile and do not check it, too. With `check_each_time` the
 * callers of one path take turns; each takes in its turn what a check has found that began after it
 * had asked.
 *
 * inv. 1: each file is in the chain of its path, and in the list.
 * inv. 2: bytes_n is what they take, with their entries.
 * inv. 3: when the lock is released there are at most files_max files and bytes_max bytes.
 *
 * Lock order: `lock` is a leaf; files that go are freed after its release. */
#include "base/assert.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "base/siphash.h"
#include "base/table.h"
#include "fs/cached_file.h"

#include <edo/blocking.h>
#include <edo/file_cache.h>
#include <edo/sem.h>
#include <edo/task.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#define BYTES_MAX_DEFAULT      ((size_t)64 << 20)
#define FILE_BYTES_MAX_DEFAULT ((size_t)256 << 10)
#define FILES_MAX_DEFAULT      1024u
#define FILES_MAX_MOST         (1u << 20)

typedef struct cached {
    edoi_table_link link;
    struct cached *newer, *older; /* by last use */
    edo_cached_file file;         /* `bytes` are the cache's reference */
    edoi_file_version version;
    edo_instant checked_at;
    bool is_too_large; /* nothing but that is known */
    size_t path_len;   /* const */
    char path[];       /* const */
} cached;

#define TURNS_CHAINS 64

/* The checks of one path, while some ask for it. The caller that has `turn` checks, and alone uses
 * what stands below it. */
typedef struct check_turns {
    edoi_table_link link;
    uint32_t callers_n; /* lock: that of the cache; the last one frees it */
    uint64_t begun;     /* lock: that of the cache; checks */
    edo_sem turn;
    uint64_t done;        /* the number of the last check that has told of the file; 0: none */
    int result;           /* what it has found */
    edo_cached_file file; /* likewise, if `result` is 0; a reference */
    size_t path_len;      /* const */
    char path[];          /* const */
} check_turns;

struct edo_file_cache {
    edo_file_cache_opts opts; /* const, with defaults filled in */
    char *beneath;            /* const; NULL: none */
    edoi_siphash_secret secret;
    edoi_lock lock;
    size_t bytes_n;          /* lock: lock; also what follows: of files and of their entries */
    cached *newest, *oldest; /* by last use */
    edoi_table files;
    edoi_table turns; /* of check_turns */
    edoi_table_link *turns_chains[TURNS_CHAINS];
    edoi_table_link *chains[];
};

/* ---- The table and the list. Called with `lock` held ----------------------------------------- */

static size_t file_cache_bytes_of(const cached *e) {
    return sizeof *e + e->path_len + 1 + e->file.bytes.str.len;
}

static cached *cached_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, cached, link);
}

static bool has_path(edoi_table_link *l, const void *wanted) {
    const cached *e = cached_at(l);
    const edo_str *path = wanted;
    return e->path_len == path->len && memcmp(e->path, path->ptr, path->len) == 0;
}

static cached *file_cache_find(const edo_file_cache *c, uint64_t hash, edo_str path) {
    edoi_table_link *l = edoi_table_find(&c->files, hash, has_path, &path);
    return l ? cached_at(l) : NULL;
}

static void file_cache_unlist(edo_file_cache *c, cached *e) {
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
}

static void list_first(edo_file_cache *c, cached *e) {
    e->newer = NULL;
    e->older = c->newest;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static void file_cache_enter(edo_file_cache *c, cached *e, uint64_t hash) {
    edoi_table_add(&c->files, &e->link, hash);
    list_first(c, e);
    c->bytes_n += file_cache_bytes_of(e);
}

static bool is_too_full(const edo_file_cache *c) {
    return c->files.links_n > c->opts.files_max || c->bytes_n > c->opts.bytes_max;
}

/* Walks the cache and asserts its invariants. */
static void file_cache_check(edo_file_cache *c) {
    const cached *newer = NULL;
    uint32_t n = 0;
    size_t bytes = 0;
    for (const cached *e = c->newest; e; e = e->older, n++) {
        EDO_INV("cache inv. 1", e->newer == newer);
        EDO_INV("cache inv. 1",
                file_cache_find(c, e->link.hash, (edo_str){ e->path, e->path_len }) == e);
        bytes += file_cache_bytes_of(e);
        newer = e;
    }
    EDO_INV("cache inv. 1", c->oldest == newer && n == c->files.links_n);
    EDO_INV("cache inv. 2", bytes == c->bytes_n);
    EDO_INV("cache inv. 3", !is_too_full(c));
}

/* Takes an entry out, in front of those in `*gone`. */
static void file_cache_take_out(edo_file_cache *c, cached *e, edoi_table_link **gone) {
    edoi_table_remove(&c->files, &e->link);
    file_cache_unlist(c, e);
    c->bytes_n -= file_cache_bytes_of(e);
    e->link.next = *gone;
    *gone = &e->link;
}

static void file_cache_free_all(edoi_table_link *gone) {
    while (gone) {
        cached *e = cached_at(gone);
        gone = gone->next;
        edo_bytes_unref(&e->file.bytes);
        edoi_free(e);
    }
}

/* ---- Life ------------------------------------------------------------------------------------ */

static int file_cache_fill_in(edo_file_cache_opts *o, const edo_file_cache_opts *given) {
    *o = given ? *given : (edo_file_cache_opts){ 0 };
    if (o->bytes_max == 0) o->bytes_max = BYTES_MAX_DEFAULT;
    if (o->file_bytes_max == 0)
        o->file_bytes_max =
            o->bytes_max < FILE_BYTES_MAX_DEFAULT ? o->bytes_max : FILE_BYTES_MAX_DEFAULT;
    if (o->files_max == 0) o->files_max = FILES_MAX_DEFAULT;
    if (o->check_after.ns == 0) o->check_after = edo_s(1);
    bool is_good = o->check_after.ns > 0 && o->file_bytes_max <= o->bytes_max &&
                   o->file_bytes_max < SIZE_MAX && o->files_max <= FILES_MAX_MOST &&
                   edoi_all_zero(o->reserved, EDO_COUNT(o->reserved));
    return is_good ? 0 : -EINVAL;
}

static char *file_cache_copy(const char *text) {
    size_t n = strlen(text) + 1;
    char *copied = edoi_alloc(n);
    if (copied) memcpy(copied, text, n);
    return copied;
}

static void file_cache_deinit(void *cache) {
    edo_file_cache *c = cache;
    edoi_table_link *gone = NULL;
    EDO_CHECK(file_cache_check(c));
    while (c->newest) file_cache_take_out(c, c->newest, &gone);
    file_cache_free_all(gone);
    edoi_free(c->beneath);
}

int edo_file_cache_new(edo_file_cache **out, const edo_file_cache_opts *opts) {
    edo_file_cache_opts o;
    int err = file_cache_fill_in(&o, opts);
    if (err < 0) return err;
    size_t chains_n = edoi_table_chains_for(o.files_max, 1);
    edo_file_cache *c = edo_rc_new(sizeof *c + chains_n * sizeof c->chains[0], file_cache_deinit);
    if (!c) return -ENOMEM;
    *c = (edo_file_cache){ .opts = o };
    c->opts.beneath = NULL; // a copy is kept
    memset((void *)c->chains, 0, chains_n * sizeof c->chains[0]);
    edoi_table_init(&c->files, c->chains, chains_n);
    edoi_table_init(&c->turns, c->turns_chains, TURNS_CHAINS);
    edoi_siphash_secret_make(&c->secret);
    if (o.beneath && !(c->beneath = file_cache_copy(o.beneath))) {
        edo_rc_unref(c);
        return -ENOMEM;
    }
    *out = c;
    return 0;
}

edo_file_cache *edo_file_cache_ref(edo_file_cache *cache) {
    return edo_rc_ref(cache);
}

void edo_file_cache_unref(edo_file_cache *cache) {
    edo_rc_unref(cache);
}

/* ---- Looking up ------------------------------------------------------------------------------ */

/* A path, and what is known and found of it. */
typedef struct asking {
    edo_str path; /* with a 0 behind it */
    const char *beneath;
    uint64_t hash;
    edo_instant asked_at; /* before the file is looked at */
    bool is_known;
    edoi_file_version known;    /* if `is_known`, as is what follows */
    edo_instant checked_before; /* when it was checked last */
    edoi_file_reading found;    /* by the job */
} asking;

static int file_cache_give(const cached *e, edo_cached_file *out) {
    if (e->is_too_large) return -EFBIG;
    *out = e->file;
    out->bytes = edo_bytes_ref(&e->file.bytes);
    return 0;
}

/* Returns the file in `*result`, unless it must be read or checked. */
static bool get_fresh(edo_file_cache *c, asking *l, edo_cached_file *out, int *result) {
    l->asked_at = edo_now();
    edoi_lock_acquire(&c->lock);
    cached *e = file_cache_find(c, l->hash, l->path);
    bool is_fresh = e && !c->opts.check_each_time &&
                    edo_instant_since(l->asked_at, e->checked_at).ns < c->opts.check_after.ns;
    if (e) {
        file_cache_unlist(c, e);
        list_first(c, e);
        l->is_known = true;
        l->known = e->version;
        l->checked_before = e->checked_at;
        if (is_fresh) *result = file_cache_give(e, out);
        if (!is_fresh) e->checked_at = l->asked_at;
    }
    edoi_lock_release(&c->lock);
    return is_fresh;
}

static int file_cache_read_job(void *arg) {
    asking *l = arg;
    return edoi_file_read_if_changed(l->beneath, l->path.ptr, l->is_known ? &l->known : NULL,
                                     &l->found);
}

/* Returns the file in `*result` if it is entered, in the version that is wanted; NULL: in any. */
static bool get_entered(edo_file_cache *c, const asking *l, const edoi_file_version *wanted,
                        edo_cached_file *out, int *result) {
    edoi_lock_acquire(&c->lock);
    const cached *e = file_cache_find(c, l->hash, l->path);
    bool is_it = e && (!wanted || edoi_file_version_is_same(&e->version, wanted));
    if (is_it) *result = file_cache_give(e, out);
    edoi_lock_release(&c->lock);
    return is_it;
}

/* The check was cut short: the next task that asks begins it again. */
static void leave_to_the_next(edo_file_cache *c, const asking *l) {
    edoi_lock_acquire(&c->lock);
    cached *e = file_cache_find(c, l->hash, l->path);
    bool is_ours = e && edo_instant_since(e->checked_at, l->asked_at).ns == 0;
    if (is_ours && l->is_known) e->checked_at = l->checked_before;
    edoi_lock_release(&c->lock);
}

/* Does a failure say nothing of the file? */
static bool file_cache_is_shortage(int err) {
    return err == -ENOMEM || err == -EAGAIN || err == -EMFILE || err == -ENFILE;
}

/* The file is not there any more, or cannot be read. */
static void file_cache_forget(edo_file_cache *c, const asking *l) {
    edoi_table_link *gone = NULL;
    edoi_lock_acquire(&c->lock);
    cached *e = file_cache_find(c, l->hash, l->path);
    if (e) file_cache_take_out(c, e, &gone);
    edoi_lock_release(&c->lock);
    file_cache_free_all(gone);
}

/* What was read may be what was there: then that stays, and is not there twice. */
static void keep_same_bytes(edo_file_cache *c, asking *l) {
    edo_cached_file old;
    int result;
    if (!get_entered(c, l, NULL, &old, &result) || result < 0) return;
    bool is_same = !l->found.is_too_large && edo_str_equal(old.bytes.str, l->found.bytes.str);
    edo_bytes *surplus = is_same ? &l->found.bytes : &old.bytes;
    edo_bytes_unref(surplus);
    if (is_same) l->found.bytes = old.bytes;
}

/* Enters what the job has found, and what others find from now on. */
static int replace(edo_file_cache *c, const asking *l, edo_cached_file *out) {
    cached *e = edoi_alloc(sizeof *e + l->path.len + 1);
    if (!e) return -ENOMEM;
    *e = (cached){ .version = l->found.version,
                   .checked_at = l->asked_at,
                   .is_too_large = l->found.is_too_large,
                   .path_len = l->path.len,
                   .file = { .modified_ns = l->found.version.modified_ns,
                             .ino = l->found.version.ino,
                             .dev = l->found.version.dev } };
    memcpy(e->path, l->path.ptr, l->path.len + 1);
    e->file.bytes = edo_bytes_ref(&l->found.bytes);
    edoi_table_link *gone = NULL;
    int result = file_cache_give(e, out);
    edoi_lock_acquire(&c->lock);
    cached *old = file_cache_find(c, l->hash, l->path);
    if (old) file_cache_take_out(c, old, &gone);
    file_cache_enter(c, e, l->hash);
    while (c->oldest && is_too_full(c)) file_cache_take_out(c, c->oldest, &gone);
    EDO_INV("cache inv. 3", !is_too_full(c));
    edoi_lock_release(&c->lock);
    file_cache_free_all(gone);
    return result;
}

static int file_cache_read_now(edo_file_cache *c, asking *l, edo_cached_file *out) {
    for (;;) {
        l->found = (edoi_file_reading){ .bytes_max = c->opts.file_bytes_max };
        int result = edo_blocking(file_cache_read_job, l);
        if (result == 0 && l->found.is_unchanged) {
            if (get_entered(c, l, &l->known, out, &result)) return result;
            l->is_known = false; // forgotten, or an earlier call has entered what it found before
            continue;
        }
        if (result == 0) {
            keep_same_bytes(c, l);
            result = replace(c, l, out);
        }
        if (file_cache_is_shortage(result) && l->is_known)
            (void)get_entered(c, l, NULL, out, &result); // better than none
        else if (result == -ECANCELED)
            leave_to_the_next(c, l);
        else if (result < 0 && !l->found.is_too_large)
            file_cache_forget(c, l);
        edo_bytes_unref(&l->found.bytes);
        return result;
    }
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static check_turns *turns_at(edoi_table_link *l) {
    return EDO_CONTAINER_OF(l, check_turns, link);
}

static bool turns_have_path(edoi_table_link *l, const void *wanted) {
    const check_turns *t = turns_at(l);
    return edo_str_equal((edo_str){ t->path, t->path_len }, *(const edo_str *)wanted);
}

static check_turns *turns_new(const asking *l) {
    check_turns *t = edoi_alloc(sizeof *t + l->path.len + 1);
    if (!t) return NULL;
    *t = (check_turns){ .turn = EDO_SEM_INIT(1), .path_len = l->path.len };
    memcpy(t->path, l->path.ptr, l->path.len + 1);
    return t;
}

/* Counts a caller, and tells how many checks have begun before. Returns NULL without memory. */
static check_turns *turns_enter(edo_file_cache *c, const asking *l, uint64_t *before) {
    check_turns *fresh = turns_new(l);
    if (!fresh) return NULL;
    edoi_lock_acquire(&c->lock);
    edoi_table_link *there = edoi_table_find(&c->turns, l->hash, turns_have_path, &l->path);
    check_turns *t = there ? turns_at(there) : fresh;
    if (!there) edoi_table_add(&c->turns, &t->link, l->hash);
    t->callers_n++;
    *before = t->begun;
    edoi_lock_release(&c->lock);
    if (there) edoi_free(fresh);
    return t;
}

static void turns_leave(edo_file_cache *c, check_turns *t) {
    edoi_lock_acquire(&c->lock);
    bool is_last = --t->callers_n == 0;
    if (is_last) edoi_table_remove(&c->turns, &t->link);
    edoi_lock_release(&c->lock);
    if (!is_last) return;
    edo_bytes_unref(&t->file.bytes);
    edoi_free(t);
}

/* Keeps what a check has found for those that wait. */
static void turns_tell(check_turns *t, uint64_t number, int result, const edo_cached_file *found) {
    if (result == -ECANCELED || file_cache_is_shortage(result)) return; // nothing of the file
    edo_bytes_unref(&t->file.bytes);
    t->file = (edo_cached_file){ 0 };
    t->done = number;
    t->result = result;
    if (result < 0) return;
    t->file = *found;
    t->file.bytes = edo_bytes_ref(&found->bytes);
}

/* Called by who has the turn. */
static int turns_check(edo_file_cache *c, check_turns *t, asking *l, uint64_t before,
                       edo_cached_file *out) {
    int result = t->result;
    if (t->done > before) {
        if (result < 0) return result;
        *out = t->file;
        out->bytes = edo_bytes_ref(&t->file.bytes);
        return 0;
    }
    edoi_lock_acquire(&c->lock);
    uint64_t number = ++t->begun;
    edoi_lock_release(&c->lock);
    (void)get_fresh(c, l, out, &result); // none is fresh: what is known is told
    result = file_cache_read_now(c, l, out);
    turns_tell(t, number, result, out);
    return result;
}

static int get_in_turn(edo_file_cache *c, asking *l, edo_cached_file *out) {
    uint64_t before;
    check_turns *t = turns_enter(c, l, &before);
    if (!t) return -ENOMEM;
    int result = edo_sem_acquire(&t->turn, 1);
    if (result == 0) {
        result = turns_check(c, t, l, before, out);
        edo_sem_release(&t->turn, 1);
    }
    turns_leave(c, t);
    return result;
}

int edo_file_cache_get(edo_file_cache *cache, const char *path, edo_cached_file *out) {
    asking l = { .path = edo_str_of(path), .beneath = cache->beneath };
    int err = edo_budget_consume();
    if (err < 0) return err;
    if (l.path.len >= PATH_MAX) return -ENAMETOOLONG;
    l.hash = edoi_siphash13(&cache->secret, path, l.path.len);
    // what is no task may be a job that holds the thread for which the check of another one waits
    bool takes_turns = cache->opts.check_each_time && edo_task_current_id() != 0;
    if (takes_turns) return get_in_turn(cache, &l, out);
    int result;
    if (get_fresh(cache, &l, out, &result)) return result;
    return file_cache_read_now(cache, &l, out);
}
