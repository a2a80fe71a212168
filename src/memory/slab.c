/* SPDX-License-Identifier: MIT */
/* memory/slab.c: a pool of objects of one size.
 *
 *     thread's shelf       depot of the slab         allocator
 *     list of blocks  <->  batches of blocks   <->   single blocks
 *     no lock              the slab's lock           slow
 *
 * Each object is a separate block of the allocator, so any object can be freed at any time. A
 * thread finds its shelf by the slab's index in its own table. A shelf belongs to its slab: when
 * the thread ends it becomes an orphan, which the next new thread adopts, and from which other
 * threads refill.
 *
 * inv. 1: the share of a shelf is its room plus its blocks; at most two batches, not counting a
 *         refill from an orphan.
 * inv. 2: the shares of all shelves, the blocks in the depot and room_left are kept_max together.
 * inv. 3: only the shelf's thread touches the list and writes the room; for an orphan any thread,
 *         under the slab's lock.
 * inv. 4: ids are never reused, so that a thread's table may name slabs that do not exist any
 *         more.
 * inv. 3 is not asserted: a shelf does not say whose it is. The thread sanitizer would find it. */
#include "memory/slabs.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"
#include "base/opts.h"
#include "records/handles.h"
#include "records/slab_mark.h"

#include <edo/slab.h>
#include <edo/task.h>

#include <errno.h>
#include <pthread.h>
#include <string.h>

#define OBJECT_BYTES_MAX (UINT64_C(1) << 30)
#define KEPT_BYTES       (1024u * 1024u)
#define KEPT_MIN         64u
#define BATCH_BYTES_MAX  (32u * 1024u)
#define BATCH_MAX        128u
#define BATCHES_MIN      8u /* minimum number of batches in kept_max */
#define TABLE_FIRST      8u

/* A thread's blocks of one slab. */
typedef struct shelf {
    edoi_block *first;   /* inv. 3 */
    edo_atomic_u32 room; /* blocks that may still be put; inv. 3; atomic: other threads read it */
    uint32_t share;      /* lock: the slab's */
    bool orphan;         /* lock: the slab's */
    struct shelf *next;  /* const once linked */
    char apart[32];      /* separate cache lines for different threads' shelves */
} shelf;

_Static_assert(sizeof(shelf) >= 64, "a cache line apart");

/* The slab of an index. Never freed, so that threads' tables may refer to it. */
typedef struct seat {
    edo_slab *slab;    /* NULL: free; lock: all_mu */
    struct seat *next; /* next free seat; lock: all_mu */
    struct seat *made; /* that which was made before; const once linked */
    uint32_t index;    /* const while in use */
} seat;

struct edo_slab {
    uint64_t id;        /* const; inv. 4 */
    uint32_t index;     /* const: in threads' tables; unique among living slabs */
    uint32_t batch;     /* const: blocks per batch */
    uint32_t forks;     /* const: edoi_forks() when it was made */
    size_t block_bytes; /* const */
    uint64_t kept_max;  /* const */
    edo_slab_opts opts; /* const */
    edoi_slab_marks marks;
    struct seat *seat; /* const: of the index */

    char apart[64]; /* separates fields that each call reads from those written under the lock */
    edoi_lock mu;
    edoi_batches depot;                   /* lock: mu */
    shelf *shelves;                       /* lock: mu */
    uint64_t room_left;                   /* lock: mu: of kept_max */
    uint64_t blocks_n, blocks_most, made; /* lock: mu */
};

/* A row of a thread's table. */
typedef struct mark_row {
    uint64_t id; /* 0: none */
    shelf *shelf;
} mark_row;

enum { UNUSED, IN_USE, ENDED };

static EDOI_THREAD_LOCAL struct table {
    mark_row *rows; /* by slab index */
    seat **seats;   /* by slab index; for rows that name a slab */
    uint32_t rows_n;
    uint32_t state;
} table;

static shelf nothing; /* never written to, so that the fast paths need no check */

static edoi_lock all_mu = EDOI_LOCK_INIT;
static seat *free_seats; /* lock: all_mu */
static seat *last_made;  /* lock: all_mu; of all that were ever made */
static uint32_t seats_n; /* number ever made; lock: all_mu */
static uint64_t ids_n;   /* lock: all_mu */

EDOI_ON_FORK(.lock = &all_mu);

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_is_made;

/* ---- Shelves --------------------------------------------------------------------------------- */

/* This thread's shelf; `nothing`, which is empty and has no room, if there is none yet. */
EDOI_INLINE shelf *shelf_here(const edo_slab *s) {
    if (EDOI_UNLIKELY(s->index >= table.rows_n)) return &nothing;
    mark_row *r = &table.rows[s->index];
    return EDOI_LIKELY(r->id == s->id) ? r->shelf : &nothing;
}

EDOI_INLINE uint32_t room_of(const shelf *h) {
    return edoi_load_rlx_u32(&h->room); // relaxed: the thread's own, or a number for statistics
}

EDOI_INLINE void set_room(shelf *h, uint32_t room) {
    edoi_store_rlx_u32(&h->room, room); // relaxed: as above
}

EDOI_INLINE edoi_block *shelf_pop(shelf *h) {
    edoi_block *block = h->first;
    h->first = block->next;
    set_room(h, room_of(h) + 1);
    return block;
}

EDOI_INLINE void shelf_push(shelf *h, edoi_block *block) {
    block->next = h->first;
    h->first = block;
    set_room(h, room_of(h) - 1);
}

/* Takes all blocks and their part of the share; the room stays. lock: s->mu */
static edoi_block *shelf_empty(shelf *h, uint32_t *n) {
    edoi_block *list = h->first;
    *n = h->share - room_of(h);
    h->first = NULL;
    h->share -= *n;
    return list;
}

/* Called when the thread ends. lock: s->mu */
static void shelf_orphan(edo_slab *s, shelf *h) {
    uint32_t room = room_of(h);
    s->room_left += room;
    h->share -= room;
    set_room(h, 0);
    h->orphan = true;
}

static uint32_t blocks_in(const edoi_block *list) {
    uint32_t n = 0;
    for (; list; list = list->next) n++;
    return n;
}

/* Asserts the invariants; called with mu held. Of the shelves only this thread's own is walked. */
static void slab_check(const edo_slab *s) {
    const shelf *mine = shelf_here(s);
    uint64_t shares = 0;
    for (const shelf *h = s->shelves; h; h = h->next) {
        shares += h->share;
        EDO_INV("slab inv. 1", room_of(h) <= h->share);
        if (h == mine) EDO_INV("slab inv. 1", blocks_in(h->first) == h->share - room_of(h));
    }
    EDO_INV("slab inv. 2", shares + (uint64_t)s->depot.n * s->batch + s->room_left == s->kept_max);
}

static void slab_end_thread(void *arg) {
    struct table *self = (struct table *)arg;
    edoi_lock_acquire(&all_mu);
    for (uint32_t i = 0; i < self->rows_n; i++) {
        const mark_row *r = &self->rows[i];
        edo_slab *s = r->id ? self->seats[i]->slab : NULL;
        if (!s || r->id != s->id) continue;
        if (edoi_is_inherited(s->forks)) continue; // the parent's: its lock may have been held
        edoi_lock_acquire(&s->mu);
        shelf_orphan(s, r->shelf);
        edoi_lock_release(&s->mu);
    }
    edoi_lock_release(&all_mu);
    edoi_free(self->rows);
    edoi_free(self->seats);
    *self = (struct table){ .state = ENDED }; // later calls use the allocator
}

static void slab_make_key(void) {
    key_is_made = pthread_key_create(&key, slab_end_thread) == 0;
}

/* Makes this thread's table reach row `index`; false: impossible. */
static bool table_reaches(uint32_t index) {
    if (table.state == ENDED) return false;
    if (table.state == UNUSED) {
        pthread_once(&key_once, slab_make_key);
        if (!key_is_made || pthread_setspecific(key, &table)) return false;
        table.state = IN_USE;
    }
    if (index < table.rows_n) return true;
    uint32_t rows_n = table.rows_n ? table.rows_n : TABLE_FIRST;
    while (rows_n <= index) rows_n *= 2;
    seat **seats = (seat **)edoi_realloc(table.seats, rows_n * sizeof(seat *));
    if (!seats) return false;
    table.seats = seats;
    mark_row *rows = (mark_row *)edoi_realloc(table.rows, rows_n * sizeof *rows);
    if (!rows) return false;
    memset(rows + table.rows_n, 0, (rows_n - table.rows_n) * sizeof *rows);
    table.rows = rows;
    table.rows_n = rows_n;
    return true;
}

/* Adopts an orphan for this thread; NULL: there is none. */
static shelf *shelf_adopt(edo_slab *s) {
    edoi_lock_acquire(&s->mu);
    shelf *h = s->shelves;
    while (h && !h->orphan) h = h->next;
    if (h) h->orphan = false;
    edoi_lock_release(&s->mu);
    return h;
}

/* Gives this thread a shelf; NULL without memory, and at the thread's end. */
static shelf *shelf_begin(edo_slab *s) {
    if (!table_reaches(s->index)) return NULL;
    shelf *h = shelf_adopt(s);
    if (!h) {
        h = (shelf *)edoi_calloc(1, sizeof *h);
        if (!h) return NULL;
        edoi_lock_acquire(&s->mu);
        h->next = s->shelves;
        s->shelves = h;
        edoi_lock_release(&s->mu);
    }
    table.rows[s->index] = (mark_row){ s->id, h };
    table.seats[s->index] = s->seat;
    return h;
}

/* Called when the shelf is empty: takes a batch, or the blocks of an orphan. False: there were
 * none. */
static bool shelf_refill(edo_slab *s, shelf *h) {
    EDO_ASSERT(!h->first);
    edoi_lock_acquire(&s->mu);
    uint32_t n = s->batch;
    edoi_block *list = edoi_batches_pop(&s->depot);
    for (shelf *o = s->shelves; !list && o; o = o->next)
        if (o->orphan) list = shelf_empty(o, &n);
    if (list) {
        h->first = list;
        h->share += n;
        uint32_t most = 2 * s->batch, surplus = h->share > most ? h->share - most : 0;
        if (surplus > room_of(h)) surplus = room_of(h);
        h->share -= surplus;
        s->room_left += surplus;
        set_room(h, room_of(h) - surplus);
    }
    EDO_CHECK(slab_check(s));
    edoi_lock_release(&s->mu);
    return list != NULL;
}

/* Called when the shelf has no room: gives up a batch, or gets a larger share. False: there is
 * still no room. */
static bool shelf_make_room(edo_slab *s, shelf *h) {
    EDO_ASSERT(room_of(h) == 0);
    uint32_t most = 2 * s->batch;
    edoi_lock_acquire(&s->mu);
    if (h->share >= most) {
        edoi_batches_push(&s->depot, edoi_batch_cut(&h->first, s->batch));
        h->share -= s->batch;
    }
    uint64_t more = h->share < most ? most - h->share : 0;
    if (more > s->room_left) more = s->room_left;
    s->room_left -= more;
    h->share += (uint32_t)more;
    set_room(h, (uint32_t)more);
    EDO_CHECK(slab_check(s));
    edoi_lock_release(&s->mu);
    return more > 0;
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

/* The functions of the options must not await: a fiber that went on on another thread would have
 * the shelf of the first one. */
static int slab_construct(const edo_slab *s, edoi_block *block) {
    if (!s->opts.construct) return 0;
    edo_no_await_begin();
    int err = s->opts.construct(s->opts.arg, edoi_slab_object(&s->marks, block));
    edo_no_await_end();
    return err;
}

static void slab_call(const edo_slab *s, void (*fn)(void *arg, void *object), edoi_block *block) {
    edo_no_await_begin();
    fn(s->opts.arg, edoi_slab_object(&s->marks, block));
    edo_no_await_end();
}

/* A new, free object; NULL without memory or if `construct` failed. */
static edoi_block *slab_block_new(edo_slab *s) {
    edoi_block *block = (edoi_block *)edoi_alloc(s->block_bytes);
    if (!block) return NULL;
    edoi_slab_mark_fill(&s->marks, block);
    if (slab_construct(s, block) < 0) {
        edoi_free(block);
        return NULL;
    }
    edoi_lock_acquire(&s->mu);
    edoi_slab_mark_link(&s->marks, block);
    s->made++;
    if (++s->blocks_n > s->blocks_most) s->blocks_most = s->blocks_n;
    edoi_lock_release(&s->mu);
    edoi_slab_mark_seal(&s->marks, block);
    return block;
}

static void block_free(edo_slab *s, edoi_block *block) {
    edoi_slab_mark_unseal(&s->marks, block);
    if (s->opts.destruct) slab_call(s, s->opts.destruct, block);
    edoi_lock_acquire(&s->mu);
    edoi_slab_mark_unlink(&s->marks, block);
    s->blocks_n--;
    edoi_lock_release(&s->mu);
    edoi_free(block);
}

static size_t free_batches(edo_slab *s, edoi_batches *b) {
    size_t n = 0;
    for (edoi_block *list; (list = edoi_batches_pop(b));)
        for (edoi_block *next; list; list = next, n++) {
            next = list->next;
            block_free(s, list);
        }
    return n;
}

EDOI_INLINE void *hand_out(edo_slab *s, edoi_block *block, const char *place) {
    edoi_slab_mark_out(&s->marks, block, place);
    void *object = edoi_slab_object(&s->marks, block);
    return s->opts.zeroed ? memset(object, 0, s->marks.bytes) : object;
}

static EDOI_NOINLINE void *get_slow(edo_slab *s, const char *place) {
    shelf *h = shelf_here(s);
    if (h == &nothing) h = shelf_begin(s);
    edoi_block *block;
    if (h && (h->first || shelf_refill(s, h))) {
        block = edoi_alloc_refused() ? NULL : shelf_pop(h);
    } else {
        block = slab_block_new(s);
    }
    return block ? hand_out(s, block, place) : NULL;
}

static EDOI_NOINLINE void put_slow(edo_slab *s, edoi_block *block) {
    shelf *h = shelf_here(s);
    if (h == &nothing) h = shelf_begin(s);
    if (h && (room_of(h) > 0 || shelf_make_room(s, h))) {
        shelf_push(h, block);
    } else {
        block_free(s, block);
    }
}

/* ---- Public ---------------------------------------------------------------------------------- */

static bool are_good(size_t bytes, const edo_slab_opts *opts) {
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved))) return false;
    bool has_function = opts->construct || opts->reset || opts->destruct;
    return bytes > 0 && bytes <= OBJECT_BYTES_MAX && !(opts->zeroed && has_function);
}

/* A free index; NULL without memory. */
static seat *seat_get(void) {
    edoi_lock_acquire(&all_mu);
    seat *p = free_seats;
    if (p) free_seats = p->next;
    edoi_lock_release(&all_mu);
    if (p) return p;
    p = (seat *)edoi_calloc(1, sizeof *p);
    if (!p) return NULL;
    edoi_lock_acquire(&all_mu);
    p->index = seats_n++;
    p->made = last_made;
    last_made = p;
    edoi_lock_release(&all_mu);
    return p;
}

static int slab_enter(edo_slab *s) {
    seat *p = seat_get();
    if (!p) return -ENOMEM;
    edoi_lock_acquire(&all_mu);
    p->slab = s;
    s->seat = p;
    s->index = p->index;
    s->id = ++ids_n;
    EDO_INV("slab inv. 4", s->index >= table.rows_n || table.rows[s->index].id < s->id);
    edoi_lock_release(&all_mu);
    return 0;
}

static void slab_leave(edo_slab *s) {
    seat *p = s->seat;
    edoi_lock_acquire(&all_mu);
    p->slab = NULL;
    p->next = free_seats;
    free_seats = p;
    edoi_lock_release(&all_mu);
}

int edo_slab_new(edo_slab **out, size_t bytes, const edo_slab_opts *opts) {
    static const edo_slab_opts defaults = { 0 };
    if (!opts) opts = &defaults;
    if (!are_good(bytes, opts)) return -EINVAL;
    edo_slab *s = (edo_slab *)edoi_calloc(1, sizeof *s);
    if (!s) return -ENOMEM;
    bool plain = !opts->construct && !opts->reset && !opts->destruct;
    s->opts = *opts;
    s->forks = edoi_forks();
    s->marks.name = opts->name ? opts->name : "unnamed";
    s->marks.bytes = bytes;
    s->marks.plain = plain;
    s->marks.head_bytes = edoi_slab_head_bytes(plain);
    s->block_bytes = s->marks.head_bytes + bytes;
    if (s->block_bytes < sizeof(edoi_block)) s->block_bytes = sizeof(edoi_block);

    size_t kept = opts->kept_max ? opts->kept_max : KEPT_BYTES / s->block_bytes;
    if (!opts->kept_max && kept < KEPT_MIN) kept = KEPT_MIN;
    size_t batch = BATCH_BYTES_MAX / s->block_bytes;
    if (batch > BATCH_MAX) batch = BATCH_MAX;
    if (batch > kept / BATCHES_MIN) batch = kept / BATCHES_MIN;
    s->batch = batch ? (uint32_t)batch : 1;
    s->kept_max = s->room_left = kept;
    int err = slab_enter(s);
    if (err < 0) {
        edoi_free(s);
        return err;
    }
    *out = edoi_handle_made_here(EDOI_SLAB, s, EDOI_CALLER());
    return 0;
}

EDOI_OPAQUE_READER void *edo_slab_get_at(edo_slab *s, const char *place) {
    EDOI_ENTERS(EDOI_SLAB, s);
    shelf *h = shelf_here(s);
    if (EDOI_UNLIKELY(!h->first)) return get_slow(s, place);
    if (edoi_alloc_refused()) return NULL;
    return hand_out(s, shelf_pop(h), place);
}

EDOI_INLINE void put_block(edo_slab *s, edoi_block *block) {
    edoi_slab_mark_seal(&s->marks, block);
    shelf *h = shelf_here(s);
    if (EDOI_UNLIKELY(room_of(h) == 0)) {
        put_slow(s, block);
    } else {
        shelf_push(h, block);
    }
}

/* A separate function, so that the caller saves no registers. */
static EDOI_NOINLINE void put_reset(edo_slab *s, edoi_block *block) {
    slab_call(s, s->opts.reset, block);
    put_block(s, block);
}

EDOI_OPAQUE_READER void edo_slab_put_at(edo_slab *s, void *object, const char *place) {
    if (!object) return;
    EDOI_ENTERS(EDOI_SLAB, s);
    edoi_block *block = edoi_slab_block(&s->marks, object);
    if (!edoi_slab_mark_back(&s->marks, block, place)) return;
    if (s->opts.reset) {
        put_reset(s, block);
    } else {
        put_block(s, block);
    }
}

EDOI_OPAQUE_READER size_t edo_slab_trim(edo_slab *s) {
    EDOI_ENTERS(EDOI_SLAB, s);
    shelf *mine = shelf_here(s);
    edoi_lock_acquire(&s->mu);
    edoi_batches gone = s->depot;
    s->depot = (edoi_batches){ NULL, 0 };
    s->room_left += (uint64_t)gone.n * s->batch;
    for (shelf *h = s->shelves; h; h = h->next) {
        if (h != mine && !h->orphan) continue;
        uint32_t n;
        edoi_block *list = shelf_empty(h, &n);
        s->room_left += n;
        if (list) edoi_batches_push(&gone, list);
    }
    EDO_CHECK(slab_check(s));
    edoi_lock_release(&s->mu);
    return free_batches(s, &gone);
}

static void slab_read(edo_slab *s, edo_slab_stats *out) {
    edoi_lock_acquire(&s->mu);
    EDO_CHECK(slab_check(s));
    uint64_t kept = (uint64_t)s->depot.n * s->batch;
    for (const shelf *h = s->shelves; h; h = h->next) kept += h->share - room_of(h);
    *out = (edo_slab_stats){
        .in_use = s->blocks_n - kept,
        .kept = kept,
        .made = s->made,
        .bytes = s->blocks_n * s->block_bytes,
        .bytes_most = s->blocks_most * s->block_bytes,
    };
    edoi_lock_release(&s->mu);
}

void edo_slab_get_stats(edo_slab *s, edo_slab_stats *out) {
    EDOI_ENTERS(EDOI_SLAB, s);
    slab_read(s, out);
}

void edo_slab_free(edo_slab *s) {
    if (!s) return;
    EDOI_ENTERS(EDOI_SLAB, s);
    edo_slab_stats now;
    edo_slab_get_stats(s, &now);
    if (now.in_use > 0) edoi_slab_mark_report(&s->marks);
    if (EDO_MISUSE(now.in_use > 0, "edo_slab_free with objects still out")) return;
    edoi_handle_given_up(EDOI_SLAB, s, EDOI_CALLER());
    slab_leave(s);
    edoi_batches gone = s->depot;
    for (shelf *h = s->shelves, *next; h; h = next) {
        next = h->next;
        if (h->first) edoi_batches_push(&gone, h->first);
        edoi_free(h);
    }
    (void)free_batches(s, &gone);
    EDO_ASSERT(s->blocks_n == 0);
    edoi_handle_free(EDOI_SLAB, s, s, sizeof *s);
}

/* ---- All slabs ------------------------------------------------------------------------------- */

/* The row of a name, which is made if there is room; the last one stands for all others. */
static edoi_slabs_row *slabs_row_of(edoi_slabs_row *rows, size_t most, size_t *n,
                                    const char *name) {
    if (*n + 1 == most) name = "other";
    for (size_t i = 0; i < *n; i++)
        if (strncmp(rows[i].name, name, EDOI_SLABS_NAME_BYTES - 1) == 0) return &rows[i];
    if (*n == most) return &rows[most - 1];
    edoi_slabs_row *r = &rows[(*n)++];
    *r = (edoi_slabs_row){ .used = 0 };
    (void)memccpy(r->name, name, 0, EDOI_SLABS_NAME_BYTES - 1);
    return r;
}

size_t edoi_slabs_read(edoi_slabs_row *rows, size_t most) {
    size_t n = 0;
    edoi_lock_acquire(&all_mu);
    for (const seat *p = last_made; p && most > 0; p = p->made) {
        edo_slab_stats now;
        if (!p->slab || edoi_is_inherited(p->slab->forks)) continue;
        slab_read(p->slab, &now);
        edoi_slabs_row *r = slabs_row_of(rows, most, &n, p->slab->marks.name);
        r->used += now.in_use;
        r->kept += now.kept;
        r->bytes += now.bytes;
    }
    edoi_lock_release(&all_mu);
    return n;
}
