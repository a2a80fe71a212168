/* SPDX-License-Identifier: MIT */
/* driver/source_waiters.c: links beside others, unlinks, wakes (layout and invariants:
 * source_waiters.h). */
#include "driver/source_waiters.h"

#include "driver/driver.h"

#ifdef EDOI_MODEL
#    define AT_ONCE 1u // so that a model sees the lock released between two
#else
#    define AT_ONCE 32u
#endif

/* relaxed: `next` changes only under the lock, which the caller holds */
static edo_wait_link *source_waiters_next_of(const edo_wait_link *link) {
    return (edo_wait_link *)edoi_load_rlx_ptr(&link->next);
}

/* relaxed: under the lock; readers without it only compare with NULL */
static void source_waiters_join(edo_wait_link *before, edo_wait_link *behind) {
    edoi_store_rlx_ptr(&before->next, behind);
    behind->prev = before;
}

static void source_waiters_let_go(edo_wait_link *link) {
    edoi_linked_remove(link);
    edoi_store_rel_ptr(&link->next, NULL); // SW1: pairs with SW2: inv. 2
}

void edoi_source_waiters_push_beside(edoi_source_waiters *list, edo_wait_link *link) {
    edo_wait_link *last = list->last, *first = source_waiters_next_of(last);
    source_waiters_join(last, link);
    source_waiters_join(link, first);
    if (edoi_source_waiters_dir(link) == EDOI_WRITE) edoi_source_waiters_set_last(list, link);
}

void edoi_source_waiters_remove(edoi_source_waiters *list, edo_wait_link *link) {
    edo_wait_link *next = source_waiters_next_of(link);
    if (next == link) {
        EDO_INV("source_waiters inv. 1", list->last == link);
        edoi_source_waiters_set_last(list, NULL);
    } else {
        EDO_INV("source_waiters inv. 1",
                next->prev == link && source_waiters_next_of(link->prev) == link);
        if (list->last == link) edoi_source_waiters_set_last(list, link->prev);
        source_waiters_join(link->prev, next);
    }
    source_waiters_let_go(link);
}

void edoi_source_waiters_check(const edoi_source_waiters *list) {
    const edo_wait_link *last = list->last, *link = last ? source_waiters_next_of(last) : NULL;
    bool lone = link == last, writes = false;
    for (; link; link = link == last ? NULL : source_waiters_next_of(link)) {
        bool write = edoi_source_waiters_dir(link) == EDOI_WRITE;
        EDO_INV("source_waiters inv. 2", source_waiters_next_of(link));
        EDO_INV("source_waiters inv. 1", lone || source_waiters_next_of(link)->prev == link);
        EDO_INV("source_waiters inv. 1", write || !writes); // writers come last
        writes = write;
    }
}

/* The newest waiter for `dir`; NULL: there is none. */
static edo_wait_link *newest(const edoi_source_waiters *list, uint32_t dir) {
    edo_wait_link *link = list->last;
    if (link && dir == EDOI_READ) link = source_waiters_next_of(link);
    return link && edoi_source_waiters_dir(link) == dir ? link : NULL;
}

/* The next older waiter for `dir` after `link`; NULL: `link` is the oldest. */
static edo_wait_link *older(const edoi_source_waiters *list, edo_wait_link *link, uint32_t dir) {
    edo_wait_link *last = list->last, *first = source_waiters_next_of(last);
    if (link == (dir == EDOI_READ ? last : first)) return NULL;
    edo_wait_link *at = dir == EDOI_READ ? source_waiters_next_of(link) : link->prev;
    return edoi_source_waiters_dir(at) == dir ? at : NULL;
}

bool edoi_source_waiters_any(const edoi_source_waiters *list, uint32_t dir) {
    return newest(list, dir) != NULL;
}

bool edoi_source_waiters_two(const edoi_source_waiters *list, uint32_t dir) {
    edo_wait_link *link = newest(list, dir);
    return link && older(list, link, dir);
}

/* The last reader of a ring that has both. Called with the lock held, which other threads want: so
 * the search begins at both ends, and looks at few of many that wait beside one for the other
 * direction. */
static edo_wait_link *last_reader(const edoi_source_waiters *list) {
    edo_wait_link *reader = source_waiters_next_of(list->last), *writer = list->last;
    for (;;) {
        edo_wait_link *next = source_waiters_next_of(reader);
        if (edoi_source_waiters_dir(next) == EDOI_WRITE) return reader;
        reader = next;
        if (edoi_source_waiters_dir(writer->prev) == EDOI_READ) return writer->prev;
        writer = writer->prev;
    }
}

/* Moves all waiters for `dir`, at least one, into the ring of `head`. */
static void move_all(edoi_source_waiters *list, uint32_t dir, edo_wait_link *head) {
    edo_wait_link *to = list->last, *from = source_waiters_next_of(to);
    if (edoi_source_waiters_dir(from) == edoi_source_waiters_dir(to)) {
        edoi_source_waiters_set_last(list, NULL); // they are the whole ring
    } else {
        edo_wait_link *reader = last_reader(list);
        if (dir == EDOI_READ) {
            to = reader;
        } else {
            from = source_waiters_next_of(reader);
            edoi_source_waiters_set_last(list, reader);
        }
        source_waiters_join(from->prev, source_waiters_next_of(to));
    }
    source_waiters_join(head, from);
    source_waiters_join(to, head);
}

/* Marks some of a wake's ring, the longest waiting first, and unlinks them; returns how many must
 * be delivered. */
static size_t source_waiters_mark_some(edo_wait_link *head, uint32_t dir, edo_waker **marked) {
    size_t marked_n = 0;
    for (uint32_t n = 0; n < AT_ONCE && source_waiters_next_of(head) != head; n++) {
        edo_wait_link *link = dir == EDOI_READ ? head->prev : source_waiters_next_of(head);
        EDO_INV("source_waiters inv. 4", source_waiters_next_of(link) != link);
        source_waiters_join(link->prev, source_waiters_next_of(link));
        edo_waker *w = edo_waker_mark((edo_waker *)(link->who - dir));
        source_waiters_let_go(link);
        if (w) marked[marked_n++] = w;
    }
    return marked_n;
}

static EDOI_NOINLINE void source_waiters_wake_all(edoi_source_waiters *list, uint32_t dir,
                                                  edoi_lock *lock) {
    edo_wait_link head;
    edoi_lock_offers offers = { 0 };
    if (!edoi_source_waiters_any(list, dir)) return;
    move_all(list, dir, &head);
    while (source_waiters_next_of(&head) != &head) {
        edo_waker *marked[AT_ONCE];
        size_t marked_n = source_waiters_mark_some(&head, dir, marked);
        if (source_waiters_next_of(&head) == &head) {
            edoi_lock_release(lock);
        } else {
            edoi_lock_offer(lock);
        }
        for (size_t i = 0; i < marked_n; i++) edo_waker_deliver(marked[i]);
        edoi_lock_retake(lock, &offers);
    }
}

/* Wakes the list's only link, which waits for `dir`. */
EDOI_INLINE void wake_only(edoi_source_waiters *list, edo_wait_link *link, uint32_t dir,
                           edoi_lock *lock) {
    edoi_source_waiters_set_last(list, NULL);
    edo_waker *marked = edo_waker_mark((edo_waker *)(link->who - dir));
    source_waiters_let_go(link);
    if (EDOI_LIKELY(!marked)) return;
    edoi_lock_release(lock);
    edo_waker_deliver(marked);
    edoi_lock_acquire(lock);
}

void edoi_source_waiters_wake(edoi_source_waiters *list, uint32_t dir, edoi_lock *lock) {
    edo_wait_link *last = list->last;
    if (!last) return;
    if (EDOI_LIKELY(source_waiters_next_of(last) == last && edoi_source_waiters_dir(last) == dir)) {
        wake_only(list, last, dir, lock);
    } else {
        source_waiters_wake_all(list, dir, lock);
    }
}
