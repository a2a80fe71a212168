/* SPDX-License-Identifier: MIT */
/* stack.c: slabs, pools and the depot behind them.
 *
 * A stack comes from the caller's pool; otherwise from the depot: a warm one, a cold one, a fresh
 * one carved from a slab with room, or from a new slab. Its guard is made when it first leaves the
 * depot, without the lock, together with guards of the stacks carved next. Pages are released only
 * from stacks unused between two trims, or when the depot holds very many; reusing a warm stack
 * costs no page fault.
 *
 * Called by the runtime's workers; calls only stack_os.h. */
#include "stack.h"

#include <errno.h>
#include <pthread.h>

#include "base/assert.h"
#include "base/atomic.h"
#include "base/fork.h"
#include "base/held.h"
#include "sanitize.h"
#include "stack_os.h"

#define SLAB_BYTES_MAX ((size_t)64 * 1024 * 1024)
#define SLAB_COUNT_MIN 16u
#define SLAB_COUNT_MAX 256u
#define KEEP_BYTES     ((size_t)8 * 1024) /* of a cold stack: as much as a short fiber touches */
#define COLOURS        16u
#define COLOUR_BYTES   ((size_t)128)
#define LOOKED_AT_MAX  ((size_t)8 * 1024 * 1024) /* the largest stack measured once a second */
#define DEPOT_WARM_MAX 16384u                    /* stacks of a class; more make the surplus cold */

_Static_assert(sizeof(edoi_stack) <= 64, "a stack's descriptor is one cache line");
_Static_assert((EDOI_STACK_CLASS_MIN & (EDOI_STACK_CLASS_MIN - 1)) == 0, "stack inv. 4");
_Static_assert(COLOURS *COLOUR_BYTES <= 4096, "stack inv. 4");
_Static_assert(EDOI_STACK_CTX_BYTES % 16 == 0, "keeps the stack aligned");

/* Not static: a debugger finds it by name. */
edo_atomic_ptr edoi_stack_slabs;

#ifdef EDO_FIBER_PORTABLE
#    define IS_PORTABLE 1
#else
#    define IS_PORTABLE 0
#endif

EDOI_LAYOUT const edoi_layout edoi_layout_fibers = {
    .magic = "edo-gdb fibers\n",
    .roots = { &edoi_stack_slabs },
    .n = 9,
    .at = { IS_PORTABLE, EDOI_AT(edoi_stack_slab, next), EDOI_AT(edoi_stack_slab, carved),
            EDOI_AT(edoi_stack_slab, stacks), sizeof(edoi_stack), EDOI_AT(edoi_stack, lo),
            EDOI_AT(edoi_stack, hi), EDOI_AT(edoi_stack, name), EDOI_AT(edoi_stack, fiber) },
};

edo_atomic_u32 edoi_stack_pool_most = { EDOI_STACK_POOL_MAX };

/* Stacks in no pool. lock: mu, for all fields. */
static struct {
    pthread_mutex_t mu;
    edoi_stack_list warm[EDOI_STACK_CLASSES];
    edoi_stack_list cold[EDOI_STACK_CLASSES];
    edoi_stack_list empty[EDOI_STACK_CLASSES]; /* have no page */
    edoi_stack_list bare[EDOI_STACK_CLASSES];  /* could not get their guards */
    edoi_stack_slab *open[EDOI_STACK_CLASSES];
    uint32_t carved_n[EDOI_STACK_CLASSES];
    edoi_stack_pool *pools;                    /* that threads hold, or have held */
    edoi_stack_pool *line[EDOI_STACK_CLASSES]; /* that wait, the first first; by `behind` */
    uint32_t waiting_n;                        /* places in all lines */
} depot = { .mu = PTHREAD_MUTEX_INITIALIZER };

/* In the child the threads of other pools are gone; what their pools have stays there. */
static void stack_begin_child(void) {
    for (edoi_stack_pool *p = depot.pools; p; p = p->next) {
        p->known = false;
        for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++) p->waits[at] = false;
    }
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++) depot.line[at] = NULL;
    depot.pools = NULL;
    depot.waiting_n = 0;
    edoi_store_rlx_u32(&edoi_stack_pool_most, EDOI_STACK_POOL_MAX);
}

EDOI_ON_FORK(.mutex = &depot.mu, .child = stack_begin_child);

static void list_push(edoi_stack_list *list, edoi_stack *s) {
    s->next = list->head;
    list->head = s;
    list->n++;
}

static edoi_stack *list_pop(edoi_stack_list *list) {
    edoi_stack *s = list->head;
    if (!s) return NULL;
    list->head = s->next;
    list->n--;
    if (list->n < list->n_min) list->n_min = list->n;
    return s;
}

/* Cuts off all but the first `keep` and returns them; `*last` is the last one cut off. */
static edoi_stack_list list_cut(edoi_stack_list *list, uint32_t keep, edoi_stack **last) {
    EDO_INV("stack inv. 2", keep <= list->n);
    edoi_stack **link = &list->head;
    for (uint32_t i = 0; i < keep; i++) link = &(*link)->next;
    edoi_stack_list tail = { .head = *link, .n = list->n - keep };
    *link = NULL;
    list->n = keep;
    if (list->n_min > keep) list->n_min = keep;
    *last = NULL;
    for (edoi_stack *s = tail.head; s; s = s->next) *last = s;
    return tail;
}

static void list_splice(edoi_stack_list *list, edoi_stack_list *add, edoi_stack *last) {
    if (!last) return;
    last->next = list->head;
    list->head = add->head;
    list->n += add->n;
}

/* relaxed: numbers for statistics */
static edo_atomic_u64 high_seen, pages_back;

static void stack_note_used(size_t bytes) {
    uint64_t high = edoi_load_rlx_u64(&high_seen);
    while (bytes > high) {
        if (edoi_cas_rlx_u64(&high_seen, &high, bytes)) return;
    }
}

/* Releases the resident pages among the first `bytes` of a stack. */
static void release_first(edoi_stack *s, size_t bytes) {
    size_t page = edoi_stack_os_page();
    char *end = s->lo + bytes / page * page;
    char *first = edoi_stack_os_first_resident(s->lo, end);
    if (first == end) return;
    stack_note_used((size_t)(s->hi - first));
    (void)edoi_add_rlx_u64(&pages_back, (uint64_t)(end - first) / page);
    edoi_stack_os_release(first, (size_t)(end - first));
}

static void make_cold(edoi_stack *s) {
    if (s->cold) return;
    release_first(s, (size_t)(s->hi - s->lo) - KEEP_BYTES);
    s->cold = true;
}

static void list_make_cold(const edoi_stack_list *list) {
    for (edoi_stack *s = list->head; s; s = s->next) make_cold(s);
}

/* A slab of `count` stacks, not published yet, or NULL. */
static edoi_stack_slab *new_slab(size_t stride, uint32_t count) {
    edoi_stack_slab *slab = edoi_calloc(1, sizeof *slab + count * sizeof slab->stacks[0]);
    if (!slab) return NULL;
    if (edoi_stack_os_map(&slab->base, count * stride) < 0) {
        edoi_free(slab);
        return NULL;
    }
    slab->stride = stride;
    slab->count = count;
    return slab;
}

/* ---- Pools that wait ------------------------------------------------------------------------- */

/* The depot's stacks of a class that a get may have without more memory. While a guard cannot be
 * made none can be carved. lock: depot */
static uint32_t stack_ready_n(uint32_t at) {
    uint32_t n = depot.warm[at].n + depot.cold[at].n + depot.empty[at].n;
    const edoi_stack_slab *open = depot.bare[at].head ? NULL : depot.open[at];
    for (; open; open = open->next_open) n += open->count - edoi_load_rlx_u32(&open->carved);
    return n;
}

/* How many pools come before `pool` in the line for a class. lock: depot */
static uint32_t ahead_n(const edoi_stack_pool *pool, uint32_t at) {
    uint32_t n = 0;
    for (const edoi_stack_pool *p = depot.line[at]; p && p != pool; p = p->behind[at]) n++;
    return n;
}

/* Tells the pools that have waited for longest of the stacks of a class, one for each. Their
 * threads may sleep. A pool that was told already has yet to look. lock: depot */
static void stack_tell(uint32_t at) {
    edoi_stack_pool *p = depot.line[at];
    if (EDOI_LIKELY(!p)) return;
    for (uint32_t n = stack_ready_n(at); p && n > 0; p = p->behind[at], n--) {
        if (edoi_or_rlx_u32(&p->told, UINT32_C(1) << at) >> at & 1) continue;
        p->kick(p->kick_arg);
    }
}

/* At the end. lock: depot */
static void join_line(edoi_stack_pool *pool, uint32_t at) {
    edoi_stack_pool **link = &depot.line[at];
    while (*link) link = &(*link)->behind[at];
    *link = pool;
    pool->behind[at] = NULL;
    pool->waits[at] = true;
    depot.waiting_n++;
    edoi_store_rlx_u32(&edoi_stack_pool_most, 0);
}

/* What is left for this pool is for the next in line. lock: depot */
static void stack_pool_leave_line(edoi_stack_pool *pool, uint32_t at) {
    edoi_stack_pool **link = &depot.line[at];
    while (*link != pool) link = &(*link)->behind[at];
    *link = pool->behind[at];
    pool->waits[at] = false;
    (void)edoi_and_rlx_u32(&pool->told, ~(UINT32_C(1) << at));
    if (--depot.waiting_n == 0) edoi_store_rlx_u32(&edoi_stack_pool_most, EDOI_STACK_POOL_MAX);
    stack_tell(at);
}

/* lock: depot */
static void leave_lines(edoi_stack_pool *pool) {
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++)
        if (pool->waits[at]) stack_pool_leave_line(pool, at);
}

/* Moves all stacks of a pool to the depot. lock: depot */
static void stack_pool_give_all(edoi_stack_pool *pool) {
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++) {
        edoi_stack *last;
        if (!pool->free[at].head) continue;
        edoi_stack_list all = list_cut(&pool->free[at], 0, &last);
        list_splice(&depot.warm[at], &all, last);
        stack_tell(at);
    }
}

void edoi_stack_pool_give(edoi_stack_pool *pool) {
    edoi_mutex_acquire(&depot.mu);
    stack_pool_give_all(pool);
    edoi_mutex_release(&depot.mu);
}

void edoi_stack_pool_hold(edoi_stack_pool *pool, void (*kick)(void *arg), void *arg) {
    edoi_mutex_acquire(&depot.mu);
    if (!pool->known) {
        pool->known = true;
        pool->prev = NULL;
        pool->next = depot.pools;
        if (pool->next) pool->next->prev = pool;
        depot.pools = pool;
    }
    pool->kick = kick;
    pool->kick_arg = arg;
    pool->held = true;
    edoi_mutex_release(&depot.mu);
}

void edoi_stack_pool_rest(edoi_stack_pool *pool) {
    edoi_mutex_acquire(&depot.mu);
    pool->held = false;
    leave_lines(pool);
    if (depot.waiting_n > 0) stack_pool_give_all(pool);
    edoi_mutex_release(&depot.mu);
}

bool edoi_stack_pool_wait(edoi_stack_pool *pool, size_t size) {
    uint32_t at = edoi_stack_class(size);
    if (pool->waits[at]) return false;
    edoi_mutex_acquire(&depot.mu);
    EDO_ASSERT(pool->held);
    stack_pool_give_all(pool);
    bool first = depot.waiting_n == 0;
    join_line(pool, at);
    for (edoi_stack_pool *p = first ? depot.pools : NULL; p; p = p->next) {
        if (!p->held) {
            stack_pool_give_all(p);
        } else if (p != pool) {
            p->kick(p->kick_arg); // its next look gives them
        }
    }
    edoi_mutex_release(&depot.mu);
    return true;
}

void edoi_stack_pool_wait_end(edoi_stack_pool *pool) {
    edoi_mutex_acquire(&depot.mu);
    leave_lines(pool);
    edoi_mutex_release(&depot.mu);
}

/* ---- Get and put ----------------------------------------------------------------------------- */

/* Maps a slab, larger if the class has more stacks, and adds it to the depot. */
static int add_slab(uint32_t at, uint32_t carved_n) {
    size_t stride = (EDOI_STACK_CLASS_MIN << at) + edoi_stack_os_page(); // inv. 4
    uint32_t count = carved_n < SLAB_COUNT_MIN ? SLAB_COUNT_MIN : carved_n;
    if (count > SLAB_COUNT_MAX) count = SLAB_COUNT_MAX;
    if (count > SLAB_BYTES_MAX / stride) count = (uint32_t)(SLAB_BYTES_MAX / stride);
    if (count == 0) count = 1;
    edoi_stack_slab *slab = new_slab(stride, count);
    while (!slab && count > 1) { // address space may be short: try fewer
        count /= 2;
        slab = new_slab(stride, count);
    }
    if (!slab) return -ENOMEM;

    edoi_mutex_acquire(&depot.mu);
    slab->next_open = depot.open[at];
    depot.open[at] = slab;
    slab->next = edoi_load_rlx_ptr(&edoi_stack_slabs); // relaxed: written only under this lock
    // SK1: pairs with SK2 in edoi_stack_find, which may run in a signal handler of any thread.
    edoi_store_rel_ptr(&edoi_stack_slabs, slab);
    stack_tell(at);
    edoi_mutex_release(&depot.mu);
    return 0;
}

/* How far the i-th stack of a slab ends below its stride, inside the stride's extra page. If the
 * hot frames had the same offset in every stack they would compete for the same lines of the L1
 * cache, and stores to one would seem to alias those to another (the low 12 bits are compared): a
 * switch around 10 stacks took 10.8 ns instead of 5.8. The factor 7 keeps neighbours far apart. */
static size_t colour(uint32_t i) {
    return i * 7 % COLOURS * COLOUR_BYTES;
}

/* The next stack of a slab, possibly without a guard yet. lock: depot */
static edoi_stack *carve(uint32_t at) {
    edoi_stack_slab *slab = depot.open[at];
    if (!slab) return NULL;
    uint32_t i = edoi_load_rlx_u32(&slab->carved); // relaxed: written only under this lock
    EDO_ASSERT(i < slab->count);
    edoi_stack *s = &slab->stacks[i];
    s->lo = slab->base + i * slab->stride + EDOI_STACK_GUARD;
    s->hi = slab->base + (i + 1) * slab->stride - colour(i);
    s->class_at = at;
    s->guarded = i < slab->guarded_n;
    // SK3: pairs with SK4 in edoi_stack_find: a reader of the count sees the fields.
    edoi_store_rel_u32(&slab->carved, i + 1);
    if (i + 1 == slab->count) depot.open[at] = slab->next_open;
    depot.carved_n[at]++;
    return s;
}

/* Guards `s`, just carved from `slab`, and the next stacks in the same system call: as many as were
 * carved already, so that few stacks cost few guards. False: possibly nothing was done. */
static bool guard_ahead(edoi_stack_slab *slab, const edoi_stack *s, uint32_t carved_n) {
    uint32_t i = (uint32_t)(s - slab->stacks), n = slab->count - i;
    if (n > carved_n) n = carved_n;
    if (n > EDOI_GUARDS_AT_ONCE) n = EDOI_GUARDS_AT_ONCE;
    if (n < 2) return false;
    // Another thread may carve and guard some of them meanwhile: guarding twice is harmless.
    char *first = s->lo - EDOI_STACK_GUARD;
    if (!edoi_stack_os_guard_many(first, EDOI_STACK_GUARD, slab->stride, n)) return false;
    edoi_mutex_acquire(&depot.mu);
    if (slab->guarded_n < i + n) slab->guarded_n = i + n;
    edoi_mutex_release(&depot.mu);
    return true;
}

/* `slab`: where `s` was just carved, otherwise NULL. On failure `s` goes back to the depot. */
static int stack_slab_guard(edoi_stack_slab *slab, edoi_stack *s, uint32_t carved_n) {
    bool done = slab && guard_ahead(slab, s, carved_n);
    int err = done ? 0 : edoi_stack_os_guard(s->lo - EDOI_STACK_GUARD, EDOI_STACK_GUARD);
    s->guarded = err == 0;
    if (err == 0) return 0;
    edoi_mutex_acquire(&depot.mu);
    list_push(&depot.bare[s->class_at], s);
    edoi_mutex_release(&depot.mu);
    return err;
}

/* A stack of the depot that others have not waited for longer, or NULL: then a new slab is needed.
 * `*slab`: where it was just carved. lock: depot */
static edoi_stack *depot_pop(const edoi_stack_pool *pool, uint32_t at, edoi_stack_slab **slab) {
    uint32_t ahead = ahead_n(pool, at);
    *slab = NULL;
    if (depot.warm[at].n + depot.cold[at].n + depot.empty[at].n > ahead) {
        edoi_stack *s = list_pop(&depot.warm[at]);
        if (!s) s = list_pop(&depot.cold[at]);
        return s ? s : list_pop(&depot.empty[at]);
    }
    if (depot.bare[at].n > ahead) return list_pop(&depot.bare[at]);
    if (ahead > 0 && stack_ready_n(at) <= ahead) return NULL; // otherwise carve() says so
    *slab = depot.open[at];
    return carve(at);
}

/* The pool has got what it waited for. */
static void served(edoi_stack_pool *pool, uint32_t at) {
    edoi_mutex_acquire(&depot.mu);
    stack_pool_leave_line(pool, at);
    edoi_mutex_release(&depot.mu);
}

static int get_from_depot(edoi_stack_pool *pool, uint32_t at, edoi_stack **out) {
    for (;;) {
        edoi_stack_slab *slab;
        edoi_mutex_acquire(&depot.mu);
        edoi_stack *s = depot_pop(pool, at, &slab);
        uint32_t carved_n = depot.carved_n[at];
        bool unguarded = depot.bare[at].head != NULL; // so one more slab would not help
        edoi_mutex_release(&depot.mu);
        if (s) {
            if (slab) edoi_san_stack_register(s->lo, s->hi);
            int err = s->guarded ? 0 : stack_slab_guard(slab, s, carved_n);
            if (err < 0) return err;
            if (EDOI_UNLIKELY(pool->waits[at])) served(pool, at);
            *out = s;
            return 0;
        }
        int err = unguarded ? -ENOMEM : add_slab(at, carved_n);
        if (err < 0) return err;
    }
}

int edoi_stack_get_slow(edoi_stack_pool *pool, size_t size, edoi_stack **out) {
    uint32_t at = edoi_stack_class(size);
    if (at >= EDOI_STACK_CLASSES) return -EINVAL;
    EDO_ASSERT(!pool->free[at].head && edoi_stack_min() <= EDOI_STACK_CLASS_MIN);
    return pool->waits[at] ? -ENOMEM : get_from_depot(pool, at, out);
}

int edoi_stack_get_in_turn(edoi_stack_pool *pool, size_t size, edoi_stack **out) {
    uint32_t at = edoi_stack_class(size);
    if (at >= EDOI_STACK_CLASSES || !pool->waits[at]) return edoi_stack_get(pool, size, out);
    return edoi_alloc_refused() ? -ENOMEM : get_from_depot(pool, at, out);
}

/* Moves all but the first `keep` of a pool's list to the depot. */
static void pool_shed(edoi_stack_pool *pool, uint32_t at, uint32_t keep) {
    edoi_stack *last;
    edoi_stack_list tail = list_cut(&pool->free[at], keep, &last);
    edoi_mutex_acquire(&depot.mu);
    bool full = depot.warm[at].n > DEPOT_WARM_MAX;
    edoi_mutex_release(&depot.mu);
    if (full) list_make_cold(&tail);
    edoi_mutex_acquire(&depot.mu);
    list_splice(full ? &depot.cold[at] : &depot.warm[at], &tail, last);
    stack_tell(at);
    edoi_mutex_release(&depot.mu);
}

void edoi_stack_put_surplus(edoi_stack_pool *pool, uint32_t class_at) {
    // The last wait may have ended since edoi_stack_put() has read that there is a surplus.
    uint32_t keep = edoi_load_rlx_u32(&edoi_stack_pool_most) / 2;
    if (keep < pool->free[class_at].n) pool_shed(pool, class_at, keep);
}

static void forget_pool(edoi_stack_pool *pool) {
    edoi_mutex_acquire(&depot.mu);
    leave_lines(pool);
    *(pool->prev ? &pool->prev->next : &depot.pools) = pool->next;
    if (pool->next) pool->next->prev = pool->prev;
    pool->known = pool->held = false;
    edoi_mutex_release(&depot.mu);
}

void edoi_stack_pool_deinit(edoi_stack_pool *pool) {
    if (pool->known) forget_pool(pool); // first: nobody else takes from it any more
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++)
        if (pool->free[at].head) pool_shed(pool, at, 0);
}

/* Moves the stacks of a list of the depot, of a class, that nobody has needed since the last call
 * to another one; releases pages without the lock. */
static void depot_move(uint32_t at, edoi_stack_list *from, edoi_stack_list *to,
                       void (*release)(const edoi_stack_list *list)) {
    edoi_stack *last;
    edoi_mutex_acquire(&depot.mu);
    edoi_stack_list idle = list_cut(from, from->n - from->n_min, &last);
    from->n_min = from->n;
    edoi_mutex_release(&depot.mu);

    release(&idle);

    edoi_mutex_acquire(&depot.mu);
    list_splice(to, &idle, last);
    stack_tell(at);
    edoi_mutex_release(&depot.mu);
}

static void check_cold_are_last(const edoi_stack_list *list) {
    bool was_cold = false;
    uint32_t n = 0;
    for (const edoi_stack *s = list->head; s; s = s->next, n++) {
        EDO_INV("stack inv. 3", s->cold || !was_cold);
        was_cold = s->cold;
    }
    EDO_INV("stack inv. 2", n == list->n);
}

void edoi_stack_trim(edoi_stack_pool *pool) {
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++) {
        if (!pool) {
            depot_move(at, &depot.warm[at], &depot.cold[at], list_make_cold);
            continue;
        }
        edoi_stack_list *list = &pool->free[at];
        edoi_stack *s = list->head;
        if (s && edoi_stack_size(s) <= LOOKED_AT_MAX) stack_note_used(edoi_stack_used(s));
        for (uint32_t i = list->n_min; s && i < list->n; i++) s = s->next;
        for (; s && !s->cold; s = s->next) make_cold(s); // inv. 3
        EDO_CHECK(check_cold_are_last(list));
        list->n_min = list->n;
    }
}

/* The last page of a stack is no other stack's, too. */
static void list_make_empty(const edoi_stack_list *list) {
    size_t page = edoi_stack_os_page();
    for (edoi_stack *s = list->head; s; s = s->next)
        release_first(s, (size_t)(s->hi - s->lo) + page - 1);
}

void edoi_stack_empty(void) {
    for (uint32_t at = 0; at < EDOI_STACK_CLASSES; at++)
        depot_move(at, &depot.cold[at], &depot.empty[at], list_make_empty);
}

void edoi_stack_release_below(edoi_stack *s, const void *sp) {
    size_t page = edoi_stack_os_page();
    size_t red_zone = 128; // below the stack pointer; in use by the x86-64 convention
    EDO_ASSERT((const char *)sp > s->lo && (const char *)sp <= s->hi);
    size_t bytes = (size_t)((const char *)sp - s->lo);
    if (bytes < page + red_zone) return;
    release_first(s, bytes - red_zone);
}

size_t edoi_stack_used(const edoi_stack *s) {
    size_t page = edoi_stack_os_page();
    char *end = s->lo + ((size_t)(s->hi - s->lo) + page - 1) / page * page;
    const char *first = edoi_stack_os_first_resident(s->lo, end);
    return first < s->hi ? (size_t)(s->hi - first) : 0;
}

uint64_t edoi_stack_bytes(void) {
    uint64_t bytes = 0;
    // SK2: pairs with SK1.
    const edoi_stack_slab *slab = edoi_load_acq_ptr(&edoi_stack_slabs);
    for (; slab; slab = slab->next) bytes += edoi_load_rlx_u32(&slab->carved) * slab->stride;
    return bytes;
}

uint64_t edoi_stack_high(void) {
    return edoi_load_rlx_u64(&high_seen);
}

uint64_t edoi_stack_pages_back(void) {
    return edoi_load_rlx_u64(&pages_back);
}

size_t edoi_stack_min(void) {
    size_t page = edoi_stack_os_page();
    size_t usable = edoi_stack_os_signal_frame() + (size_t)8 * 1024;
    return (usable + page - 1) / page * page + EDOI_STACK_GUARD;
}

edoi_stack *edoi_stack_find(const void *addr) {
    uintptr_t at = (uintptr_t)addr;
    // SK2: pairs with SK1.
    edoi_stack_slab *slab = edoi_load_acq_ptr(&edoi_stack_slabs);
    for (; slab; slab = slab->next) {
        uintptr_t base = (uintptr_t)slab->base;
        if (at < base || at - base >= slab->count * slab->stride) continue;
        size_t i = (at - base) / slab->stride;
        // SK4: pairs with SK3.
        return i < edoi_load_acq_u32(&slab->carved) ? &slab->stacks[i] : NULL;
    }
    return NULL;
}
