/* SPDX-License-Identifier: MIT */
/* runtime/task/task_slab.c: pages of task slots (layout and invariants: task_slab.h). */
#include "runtime/task/task_slab.h"

#include "base/fork.h"
#include "base/held.h"
#include "base/memory/alloc.h"
#include "runtime/task/foreign.h"
#include "runtime/task/task.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_BYTES     65536u
#define CARVED_AT_ONCE 16u
#define PAGES_AT_ONCE  64u /* compared in one hold of the lock */

_Static_assert(sizeof(edoi_page) <= EDOI_PAGE_HEADER_BYTES, "the header has its place");

/* Guards every slab's list of pages and its looks. Slow paths only; never held for longer than one
 * page is read. Rank: leaf. */
static pthread_mutex_t pages_mutex = PTHREAD_MUTEX_INITIALIZER;

/* In a child of fork() a new runtime has lists of its own. */
static void task_slab_begin_child(void) {
    pages_mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

EDOI_ON_FORK(.child = task_slab_begin_child);

static edoi_page *page_of(const edo_task *t) {
    return (edoi_page *)((uintptr_t)t & ~(uintptr_t)(PAGE_BYTES - 1));
}

/* relaxed: the worker's thread wrote it itself; other threads only compare it */
static edoi_task_slab *slab_of(const edoi_page *p) {
    return edoi_load_rlx_ptr(&p->slab);
}

static uint32_t slots_of(const edoi_page *p) {
    return edoi_load_rlx_u32(&p->slots_n);
}

static edo_task *slot_at(edoi_page *p, uint32_t i) {
    return (edo_task *)(void *)((char *)p + EDOI_PAGE_HEADER_BYTES + (size_t)i * p->slot_bytes);
}

static size_t bytes_for(size_t slot_bytes) {
    if (slot_bytes <= SLAB_BYTES_MAX) return PAGE_BYTES;
    return (slot_bytes + EDOI_PAGE_HEADER_BYTES + PAGE_BYTES - 1) & ~(size_t)(PAGE_BYTES - 1);
}

static bool is_in_use(uint32_t word) {
    return word != 0 && !(word & TASK_FREED);
}

#ifdef EDOI_ASAN
/* From malloc, so that the leak checker sees what tasks refer to. */
static void *map_aligned(size_t bytes) {
    void *at = aligned_alloc(PAGE_BYTES, bytes);
    return at ? memset(at, 0, bytes) : NULL; // zeroed like a mapping: an untouched slot is free
}
static void unmap(void *page, size_t bytes) {
    (void)bytes;
    free(page);
}
static void populate(void *page, size_t bytes) {
    (void)page;
    (void)bytes;
}
#else
static char *map(size_t bytes) {
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return at == MAP_FAILED ? NULL : at;
}
static void *map_aligned(size_t bytes) {
    char *at = map(bytes);
    if (!at || ((uintptr_t)at & (PAGE_BYTES - 1)) == 0) return at; // often: next to the last
    (void)munmap(at, bytes);
    at = map(bytes + PAGE_BYTES);
    if (!at) return NULL;
    size_t before = (PAGE_BYTES - ((uintptr_t)at & (PAGE_BYTES - 1))) & (PAGE_BYTES - 1);
    if (before) (void)munmap(at, before);
    if (before < PAGE_BYTES) (void)munmap(at + before + bytes, PAGE_BYTES - before);
    return at + before;
}
/* The kernel may refuse, as a hole could exceed the limit of mappings: then the addresses are lost,
 * but not the memory. */
static void unmap(void *page, size_t bytes) {
    if (munmap(page, bytes) < 0) (void)madvise(page, bytes, MADV_DONTNEED);
}
/* One call instead of a fault for every 4 KiB. A kernel that does not know the call faults as
 * before. */
static void populate(void *page, size_t bytes) {
#    ifdef MADV_POPULATE_WRITE
    (void)madvise(page, bytes, MADV_POPULATE_WRITE);
#    else
    (void)page;
    (void)bytes;
#    endif
}
#endif

static edoi_page *page_new(edoi_task_slab *s, size_t slot_bytes) {
    if (!s->foreign) {
        s->foreign = edoi_calloc(1, sizeof *s->foreign);
        if (s->foreign) s->foreign->forks = edoi_forks();
    }
    if (!s->foreign || edoi_alloc_refused()) return NULL;
    size_t bytes = bytes_for(slot_bytes);
    edoi_page *p = map_aligned(bytes);
    if (!p) return NULL;
    edoi_store_rlx_ptr(&p->slab, s);
    p->runtime = s->runtime;
    p->free = slot_bytes > SLAB_BYTES_MAX ? NULL : &s->free[edoi_slab_class(slot_bytes)];
    p->foreign = s->foreign;
    p->slot_bytes = (uint32_t)slot_bytes;
    p->slots_max =
        slot_bytes > SLAB_BYTES_MAX ? 1 : (uint32_t)((bytes - EDOI_PAGE_HEADER_BYTES) / slot_bytes);
    edoi_store_rlx_u32(&p->slots_n, 0);
    edoi_store_rlx_u32(&p->left_n, 0);
    p->next = s->pages;
    p->prev = NULL;
    edoi_mutex_acquire(&pages_mutex);
    if (p->next) p->next->prev = p;
    s->pages = p;
    edoi_mutex_release(&pages_mutex);
    return p;
}

/* Takes the next slot of `p` that was never used; there is one. */
static edo_task *next_slot(edoi_page *p) {
    uint32_t slots_n = slots_of(p);
    edoi_store_rlx_u32(&p->slots_n, slots_n + 1);
    return slot_at(p, slots_n);
}

static edo_task *page_bump(edoi_page *p) {
    return p && slots_of(p) < p->slots_max ? next_slot(p) : NULL;
}

/* Takes the next slot of `p` that was never used. Frees some more, in order, so that not every
 * spawn comes here; called when the class has no free slot. */
static edo_task *page_carve(edoi_page *p) {
    edo_task *t = page_bump(p);
    if (!t) return NULL;
    edo_task **at = p->free;
    for (uint32_t i = 1; i < CARVED_AT_ONCE && slots_of(p) < p->slots_max; i++) {
        edo_task *more = next_slot(p);
        edoi_store_rlx_u32(&more->word, 0); // relaxed: only the worker's thread walks the slots
        *at = more;
        at = &more->next;
    }
    *at = NULL;
    return t;
}

static EDOI_NOINLINE void remove_page(edoi_task_slab *s, edoi_page *p) {
    edoi_page *next = p->next;
    if (s->some_at == p) s->some_at = next;
    edoi_mutex_acquire(&pages_mutex);
    for (edoi_task_slab_look *l = s->looks; l; l = l->next) {
        if (l->page != p) continue;
        l->page = next;
        l->slot = 0;
    }
    EDO_INV("task_slab inv. 2", (p->prev ? p->prev->next : s->pages) == p);
    if (next) next->prev = p->prev;
    if (p->prev) {
        p->prev->next = next;
    } else {
        s->pages = next;
    }
    edoi_mutex_release(&pages_mutex);
    unmap(p, bytes_for(p->slot_bytes));
}

/* Frees a slot of `p`. */
EDOI_INLINE void put(edoi_task_slab *s, edoi_page *p, edo_task *t) {
    edoi_store_rlx_u32(&t->word, 0); // relaxed: only the worker's thread walks the slots
    edo_task **free = p->free;
    if (EDOI_UNLIKELY(!free)) {
        remove_page(s, p);
        return;
    }
    t->next = *free;
    *free = t;
}

/* Takes back the slots that other threads have freed. */
static void task_slab_put_all(edoi_task_slab *s, edo_task *t) {
    for (edo_task *next; t; t = next) {
        next = t->next;
        put(s, page_of(t), t);
    }
}

edo_task *edoi_slab_get_slow(edoi_task_slab *s, size_t bytes) {
    if (bytes > UINT32_MAX / 2) return NULL;
    size_t rounded = (bytes + SLAB_STEP - 1) & ~(size_t)(SLAB_STEP - 1);
    if (rounded > SLAB_BYTES_MAX) {
        if (s->foreign) task_slab_put_all(s, edoi_foreign_take(s->foreign));
        return page_bump(page_new(s, rounded));
    }
    size_t class_at = edoi_slab_class(bytes);
    edo_task *t = page_carve(s->open[class_at]);
    if (!t && s->foreign) {
        task_slab_put_all(s, edoi_foreign_take(s->foreign));
        t = edoi_task_slab_get_used(s, bytes);
    }
    if (!t) {
        edoi_page *fresh = page_new(s, rounded);
        if (!fresh) return NULL;
        // The class has filled a page already, and will probably fill this one too.
        if (s->open[class_at]) populate(fresh, PAGE_BYTES);
        s->open[class_at] = fresh;
        t = page_carve(fresh);
    }
    return t;
}

void edoi_task_slab_put(edoi_task_slab *s, edo_task *t) {
    edoi_page *p = page_of(t);
    EDO_ASSERT(slab_of(p) == s);
    put(s, p, t);
}

/* Lists that outlive their runtime, with the last of its tasks' handles. Only mapped pages refer to
 * them, which a leak checker does not read; so this does. Lock: pages_mutex. */
static edoi_foreign *left_foreign;

static void foreign_left(edoi_foreign *f) {
    edoi_mutex_acquire(&pages_mutex);
    f->next = left_foreign;
    f->at = &left_foreign;
    if (f->next) f->next->at = &f->next;
    left_foreign = f;
    edoi_mutex_release(&pages_mutex);
}

static void foreign_free(edoi_foreign *f) {
    edoi_mutex_acquire(&pages_mutex);
    *f->at = f->next;
    if (f->next) f->next->at = f->at;
    edoi_mutex_release(&pages_mutex);
    edoi_free(f);
}

static void pages_let_go(edoi_foreign *f) {
    if (edoi_sub_acqrel_u32(&f->pages_n, 1) == 1) foreign_free(f); // FR3: pairs with FR3
}

/* Releases a slot that is no longer used, of a page that its runtime has left. */
static void task_let_go(edo_task *t) {
    edoi_page *p = page_of(t);
    edoi_foreign *f = p->foreign; // the page may be gone below
    // FR2: pairs with FR2: the thread that unmaps the page comes after all that used it. The count
    //     may wrap below 0 while the owner counts.
    if (edoi_sub_acqrel_u32(&p->left_n, 1) != 1) return;
    EDO_INV("task_slab inv. 3", !slab_of(p));
    unmap(p, bytes_for(p->slot_bytes));
    pages_let_go(f);
}

void edoi_task_slab_flush(edoi_frees *frees) {
    edo_task *t = frees->first;
    frees->n = 0;
    if (edoi_foreign_push(frees->to, t, frees->last)) return;
    frees->last->next = NULL;
    for (edo_task *next; t; t = next) {
        next = t->next;
        task_let_go(t);
    }
}

EDOI_NOINLINE void edoi_task_slab_put_foreign(edoi_frees *frees, edo_task *t) {
    edoi_foreign *f = page_of(t)->foreign;
    // TS2: pairs with TS1 in edoi_task_slab_each()
    edoi_store_rel_u32(&t->word, TASK_DONE | TASK_FREED);
    edoi_frees one = { .n = 0 };
    if (!frees) frees = &one;
    if (frees->n > 0 && frees->to != f) edoi_task_slab_flush(frees);
    if (frees->n == 0) {
        frees->to = f;
        frees->last = t;
    } else {
        t->next = frees->first;
    }
    frees->first = t;
    if (++frees->n == SLAB_FREES_MAX || frees == &one) edoi_task_slab_flush(frees);
}

bool edoi_task_slab_is_of(const edoi_task_slab *s, const edo_task *t) {
    return slab_of(page_of(t)) == s;
}

bool edoi_task_slab_is_forked(const edo_task *t) {
    return edoi_is_inherited(page_of(t)->foreign->forks);
}

size_t edoi_task_slab_bytes(const edo_task *t) {
    const edoi_page *p = page_of(t);
    return p->slots_max > 1 ? p->slot_bytes : bytes_for(p->slot_bytes);
}

edo_runtime *edoi_task_slab_runtime(const edo_task *t) {
    return page_of(t)->runtime;
}

static void page_each(edoi_page *p, edoi_task_slab_each_fn *fn, void *arg) {
    uint32_t slots_n = slots_of(p);
    for (uint32_t i = 0; i < slots_n; i++) {
        edo_task *t = slot_at(p, i);
        // TS1: pairs with TS2 in edoi_task_slab_put_foreign: a free slot is not touched
        if (is_in_use(edoi_load_acq_u32(&t->word))) fn(arg, t);
    }
}

void edoi_task_slab_each(edoi_task_slab *s, edoi_task_slab_each_fn *fn, void *arg) {
    for (edoi_page *p = s->pages, *next; p; p = next) {
        next = p->next; // fn may free the task of a large page, and its page
        page_each(p, fn, arg);
    }
}

void edoi_task_slab_some(edoi_task_slab *s, uint32_t pages_n, edoi_task_slab_each_fn *fn,
                         void *arg) {
    if (!s->some_at) s->some_at = s->pages;
    for (edoi_page *p; pages_n > 0 && (p = s->some_at) != NULL; pages_n--) {
        s->some_at = p->next; // `fn` may free that page too, which then advances some_at
        page_each(p, fn, arg);
    }
}

/* Called with pages_mutex held. False: `fn` wants to stop. */
static bool page_look(edoi_page *p, uint32_t *slot, edoi_task_slab_look_fn *fn, void *arg) {
    uint32_t slots_n = slots_of(p);
    for (; *slot < slots_n; ++*slot) {
        edo_task *t = slot_at(p, *slot);
        // relaxed: a holder then sees the task's state, others read atomics only
        if (is_in_use(edoi_load_rlx_u32(&t->word)) && !fn(arg, t)) return false;
    }
    return true;
}

void edoi_task_slab_look_begin(edoi_task_slab_look *l, edoi_task_slab *s) {
    edoi_mutex_acquire(&pages_mutex);
    *l = (edoi_task_slab_look){ .slab = s, .page = s->pages, .next = s->looks };
    s->looks = l;
    edoi_mutex_release(&pages_mutex);
}

bool edoi_task_slab_look_on(edoi_task_slab_look *l, edoi_task_slab_look_fn *fn, void *arg) {
    edoi_mutex_acquire(&pages_mutex);
    if (l->page && page_look(l->page, &l->slot, fn, arg)) {
        l->page = l->page->next;
        l->slot = 0;
    }
    bool more = l->page != NULL;
    edoi_mutex_release(&pages_mutex);
    return more;
}

void edoi_task_slab_look_end(edoi_task_slab_look *l) {
    edoi_mutex_acquire(&pages_mutex);
    edoi_task_slab_look **at = &l->slab->looks;
    while (*at != l) at = &(*at)->next; // at most two looks: a dump, and the end of the runtime
    *at = l->next;
    edoi_mutex_release(&pages_mutex);
}

void edoi_task_slab_look_over(edoi_task_slab *s, edoi_task_slab_look_fn *fn, void *arg) {
    edoi_task_slab_look look;
    edoi_task_slab_look_begin(&look, s);
    while (edoi_task_slab_look_on(&look, fn, arg)) { // one page at a time
    }
    edoi_task_slab_look_end(&look);
}

/* Searches the next few pages for that of `t`: writes the name if it is there. Returns whether the
 * search is over. */
static bool find_site(edoi_task_slab_look *l, const edo_task *t, const char **site) {
    edoi_mutex_acquire(&pages_mutex);
    for (uint32_t i = 0; l->page && !*site && i < PAGES_AT_ONCE; i++) {
        if (l->page == page_of(t)) *site = edoi_task_seen_site(t);
        l->page = l->page->next;
    }
    bool is_over = *site || !l->page;
    edoi_mutex_release(&pages_mutex);
    return is_over;
}

const char *edoi_task_slab_site(edoi_task_slab *s, const edo_task *t) {
    const char *site = NULL;
    edoi_task_slab_look l;
    edoi_task_slab_look_begin(&l, s);
    while (!find_site(&l, t, &site)) continue;
    edoi_task_slab_look_end(&l);
    return site;
}

/* Counts the slots in use. */
static uint32_t in_use(edoi_page *p) {
    uint32_t n = 0; // relaxed: slots that others free later are released in task_let_go()
    for (uint32_t i = 0; i < slots_of(p); i++) n += edoi_load_rlx_u32(&slot_at(p, i)->word) != 0;
    return n;
}

/* True: another thread will unmap the page. */
static bool page_leave(edoi_page *p) {
    uint32_t n = in_use(p);
    p->runtime = NULL;
    edoi_store_rlx_ptr(&p->slab, NULL);
    // FR2: pairs with FR2. Slots released since the list was closed are counted here too.
    if (n > 0 && edoi_add_acqrel_u32(&p->left_n, n) + n != 0) return true;
    unmap(p, bytes_for(p->slot_bytes));
    return false;
}

void edoi_task_slab_deinit(edoi_task_slab *s) {
    edoi_foreign *f = s->foreign;
    if (!f) return;
    EDO_ASSERT(!s->looks);
    task_slab_put_all(s, edoi_foreign_close(f));
    foreign_left(f); // before a page is left, whose last slot frees it
    uint32_t left_n = 0;
    for (edoi_page *p = s->pages, *next; p; p = next) {
        next = p->next;
        if (page_leave(p)) left_n++;
    }
    s->pages = s->some_at = NULL;
    s->foreign = NULL;
    // FR3: pairs with FR3
    if (edoi_add_acqrel_u32(&f->pages_n, left_n) + left_n == 0) foreign_free(f);
}
