/* SPDX-License-Identifier: MIT */
/* seq/merge/seq_set.c: sequences polled only when woken (invariants: seq/merge/seq_set.h).
 *
 * Locks: the set's `lock`, and under it those that the mark of the reader's waker takes. Nothing is
 * polled, freed or delivered with it held. */
#include "seq/merge/seq_set.h"

#include "base/assert.h"
#include "base/atomic.h"
#include "base/lock.h"
#include "base/memory/cache.h"
#include "future/budget.h"
#include "seq/seq.h"

#define IDLE   0u
#define QUEUED 1u
#define WOKEN  2u

#define HASTY_MAX 2u /* members that were woken inside their poll, after which the task yields */

typedef edoi_seq_link seq_link;
typedef edoi_seq_member member;
typedef edoi_seq_set seq_set;

/* ---- Lists ----------------------------------------------------------------------------------- */

static void seq_link_begin(seq_link *head) {
    head->next = head->prev = head;
}

static bool seq_link_is_alone(const seq_link *head) {
    return head->next == head;
}

static void seq_link_push(seq_link *head, seq_link *l) {
    l->next = head;
    l->prev = head->prev;
    head->prev->next = l;
    head->prev = l;
}

static void seq_link_remove(seq_link *l) {
    l->prev->next = l->next;
    l->next->prev = l->prev;
    l->next = l->prev = NULL;
}

/* Puts all of `from` behind what `to` has. */
static void seq_link_move(seq_link *to, seq_link *from) {
    if (seq_link_is_alone(from)) return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    seq_link_begin(from);
}

static member *in_turn(seq_link *l) {
    return EDO_CONTAINER_OF(l, member, turn);
}

static member *in_all(seq_link *l) {
    return EDO_CONTAINER_OF(l, member, all);
}

/* ---- References ------------------------------------------------------------------------------ */

static void seq_set_unref(seq_set *set) {
    // MS1: pairs with MS1: the last reference frees after all other accesses
    if (edoi_sub_acqrel_u32(&set->refs, 1) == 1) edoi_cache_put(set, sizeof *set);
}

static void member_ref(edo_waker *w) {
    member *m = (member *)(void *)w;
    (void)edoi_add_rlx_u32(&m->refs, 1); // relaxed: the caller's reference keeps it alive
}

static void member_unref(edo_waker *w) {
    member *m = (member *)(void *)w;
    seq_set *set = m->set;
    // MS1: pairs with MS1: the last reference frees after all other accesses
    if (edoi_sub_acqrel_u32(&m->refs, 1) != 1) return;
    edoi_cache_put(m, sizeof *m);
    seq_set_unref(set);
}

/* ---- Wakes ----------------------------------------------------------------------------------- */

/* Called with the lock held: marks the waker of a reader that waits, if any. */
static edo_waker *seq_set_mark(seq_set *set) {
    edo_waker *w = set->waker;
    set->waker = NULL;
    return w ? edo_waker_mark(w) : NULL;
}

/* Returns the claim on the task of the reader. */
static edo_waker *member_mark(edo_waker *w) {
    member *m = (member *)(void *)w;
    // MS2: pairs with MS3 and MS4. The reader that polls the sequence next sees the event; and
    //     where the word was IDLE the links are ours.
    if (edoi_swap_acqrel_u32(&m->word, WOKEN) != IDLE) return NULL;
    seq_set *set = m->set;
    edo_waker *marked = NULL;
    edoi_lock_acquire(&set->lock);
    if (!m->gone) {
        EDO_INV("seq_set inv. 1", !m->turn.next);
        seq_link_push(&set->woken, &m->turn);
        edoi_store_rlx_u32(&set->listed, 1); // relaxed: a hint; the reader takes the lock
        marked = seq_set_mark(set);
    }
    edoi_lock_release(&set->lock);
    return marked;
}

static void member_deliver(edo_waker *w) {
    (void)w;
    (void)EDO_NEVER(true); // a mark never returns a member
}

static const edo_waker_ops member_ops = { member_mark, member_deliver, member_ref, member_unref };

void edoi_seq_set_tell(seq_set *set) {
    edoi_lock_acquire(&set->lock);
    edo_waker *marked = seq_set_mark(set);
    edoi_lock_release(&set->lock);
    edo_waker_deliver(marked);
}

/* ---- Which sequences there are --------------------------------------------------------------- */

seq_set *edoi_seq_set_new(void) {
    seq_set *set = edoi_cache_get(sizeof *set);
    if (!set) return NULL;
    *set = (seq_set){ .refs = EDOI_ATOMIC_INIT(1), .lock = EDOI_LOCK_INIT };
    seq_link_begin(&set->woken);
    seq_link_begin(&set->ready);
    seq_link_begin(&set->all);
    return set;
}

member *edoi_seq_set_add(seq_set *set, edo_seq *s, uint64_t key) {
    member *m = edoi_cache_get(sizeof *m);
    if (!m) return NULL;
    *m = (member){ .base = { &member_ops },
                   .refs = EDOI_ATOMIC_INIT(1),
                   .word = EDOI_ATOMIC_INIT(IDLE),
                   .set = set,
                   .seq = s,
                   .key = key };
    (void)edoi_add_rlx_u32(&set->refs, 1); // relaxed: the owner's reference keeps it alive
    seq_link_push(&set->all, &m->all);
    set->len++;
    edo_waker_wake(&m->base); // its first poll is due
    return m;
}

edo_seq *edoi_seq_set_remove(seq_set *set, member *m) {
    edo_seq *s = m->seq;
    edoi_lock_acquire(&set->lock);
    m->gone = true;
    if (m->turn.next) seq_link_remove(&m->turn);
    edoi_lock_release(&set->lock);
    seq_link_remove(&m->all);
    set->len--;
    set->ended_n -= m->ended;
    edo_seq_leave(s); // before the reference, as what `s` waits for borrows the waker
    member_unref(&m->base);
    return s;
}

void edoi_seq_set_free(seq_set *set) {
    EDO_CHECK(edoi_seq_set_check(set));
    EDO_INV("seq_set inv. 3", !set->waits);
    while (set->len > 0) edo_seq_free(edoi_seq_set_remove(set, in_all(set->all.next)));
    seq_set_unref(set);
}

edo_seq_size edoi_seq_set_size(const seq_set *set) {
    edo_seq_size sum = { 0, 0 };
    for (seq_link *l = set->all.next; l != &set->all; l = l->next)
        sum = edoi_seq_size_sum(sum, edo_seq_size_hint(in_all(l)->seq));
    return sum;
}

/* ---- Reading --------------------------------------------------------------------------------- */

/* The progress of one poll of the set. */
typedef struct seq_turn {
    size_t polls;   /* of members */
    size_t most;    /* limit of `polls` in this turn */
    uint32_t hasty; /* members that were woken inside their poll */
    bool over;      /* ready members have to wait for the next turn */
} seq_turn;

/* Takes the members that were woken. Without any that is ready the set keeps the waker of `cx`;
 * else, and if `cx` is NULL, none: an old one may be gone by now. */
static void take_woken(seq_set *set, edo_cx *cx) {
    edoi_lock_acquire(&set->lock);
    seq_link_move(&set->ready, &set->woken);
    edoi_store_rlx_u32(&set->listed, 0); // relaxed: as at the wake
    set->waits = cx && seq_link_is_alone(&set->ready);
    set->waker = set->waits ? edo_cx_waker(cx) : NULL;
    edoi_lock_release(&set->lock);
}

void edoi_seq_set_leave(seq_set *set) {
    if (set->waits) take_woken(set, NULL);
}

/* Returns the member to be polled, the first of `ready`. NULL: none is ready, and the set has the
 * waker of `cx`; or the turn is over. */
static member *take_ready(seq_set *set, seq_turn *t, edo_cx *cx) {
    // relaxed: a wake that is not seen here is seen before the reader waits
    if (set->waits || edoi_load_rlx_u32(&set->listed) || seq_link_is_alone(&set->ready))
        take_woken(set, cx);
    if (seq_link_is_alone(&set->ready)) return NULL;
    if (t->polls == 0) t->most = set->len < EDO_BUDGET ? set->len : EDO_BUDGET;
    t->over = t->polls == t->most || t->hasty == HASTY_MAX || edoi_budget_is_spent(cx);
    if (t->over) return NULL;
    t->polls++;
    member *m = in_turn(set->ready.next);
    // MS3: pairs with MS2: the poll sees the events of the wakes so far. A wake that the load does
    //     not see is found at the end of the poll.
    if (edoi_load_rlx_u32(&m->word) != QUEUED) (void)edoi_swap_acq_u32(&m->word, QUEUED);
    return m;
}

/* The poll of `m` was pending: it waits for a wake, or has had one meanwhile. */
static void seq_member_rest(seq_set *set, member *m, seq_turn *t) {
    uint32_t queued = QUEUED;
    seq_link_remove(&m->turn);
    // MS4: pairs with MS2: the next wake gets the links
    if (edoi_cas_acqrel_u32(&m->word, &queued, IDLE)) return;
    t->hasty++;
    seq_link_push(&set->ready, &m->turn);
}

/* The first of `ready` has given an item: all others come before its next one. */
static void seq_member_again(seq_set *set, member *m) {
    if (m->turn.next == &set->ready) return; // there are no others
    seq_link_remove(&m->turn);
    seq_link_push(&set->ready, &m->turn);
}

/* No member can be polled now. */
static edo_polled seq_set_rest(const seq_turn *t, edo_cx *cx) {
    if (!t->over) return EDO_PENDING;
    if (edoi_budget_is_spent(cx)) return edoi_budget_wait(cx);
    edo_cx_wake(cx);
    return EDO_PENDING;
}

/* Polls for the stop of a member that is in `ready`: it is freed, or rests. */
static void seq_member_stop(seq_set *set, member *m, seq_turn *t, edo_cx *cx) {
    edo_waker *outer = cx->waker;
    cx->waker = &m->base;
    edo_polled polled = edo_seq_poll_stop(m->seq, cx);
    cx->waker = outer;
    if (polled == EDO_PENDING) {
        seq_member_rest(set, m, t);
    } else {
        edo_seq_free(edoi_seq_set_remove(set, m));
    }
}

void edoi_seq_set_end(seq_set *set, member *m, edo_cx *cx) {
    seq_turn t = { .polls = 0 };
    EDO_INV("seq_set inv. 6", !m->ended);
    m->ended = true;
    set->ended_n++;
    seq_member_stop(set, m, &t, cx);
}

/* Polls a member that is in `ready`; true: it has `*result`. */
static bool seq_member_poll(seq_set *set, member *m, seq_turn *t, edo_cx *cx, void *item,
                            int *result) {
    if (EDOI_UNLIKELY(m->ended)) {
        seq_member_stop(set, m, t, cx);
        return false;
    }
    edo_waker *outer = cx->waker;
    cx->waker = &m->base;
    edo_polled polled = edo_seq_poll_next(m->seq, cx, item, result);
    cx->waker = outer;
    if (polled == EDO_PENDING) {
        seq_member_rest(set, m, t);
    } else {
        seq_member_again(set, m);
    }
    return polled == EDO_READY;
}

edo_polled edoi_seq_set_poll(seq_set *set, edo_cx *cx, void *item, int *result, member **from) {
    seq_turn t = { .polls = 0 };
    *result = 0;
    *from = NULL;
    if (edoi_seq_set_len(set) == 0) {
        edoi_seq_set_leave(set);
        return EDO_READY;
    }
    for (member *m; (m = take_ready(set, &t, cx)) != NULL;) {
        if (!seq_member_poll(set, m, &t, cx, item, result)) continue;
        *from = m;
        return EDO_READY;
    }
    return seq_set_rest(&t, cx);
}

edo_polled edoi_seq_set_poll_stop(seq_set *set, edo_cx *cx) {
    seq_turn t = { .polls = 0 };
    if (!set->stopping) {
        edoi_seq_set_leave(set);
        for (seq_link *l = set->all.next; l != &set->all; l = l->next)
            edo_waker_wake(&in_all(l)->base);
    }
    set->stopping = true;
    for (member *m; set->len > 0 && (m = take_ready(set, &t, cx)) != NULL;)
        seq_member_stop(set, m, &t, cx);
    return set->len == 0 ? EDO_READY : seq_set_rest(&t, cx);
}

/* ---- Check ----------------------------------------------------------------------------------- */

static size_t seq_set_check_list(const seq_link *head) {
    size_t n = 0;
    for (seq_link *l = head->next; l != head; l = l->next, n++) {
        EDO_INV("seq_set inv. 4", !in_turn(l)->gone);
        EDO_INV("seq_set inv. 1", edoi_load_rlx_u32(&in_turn(l)->word) != IDLE);
        EDO_INV("seq_set inv. 2", l->next->prev == l);
    }
    return n;
}

void edoi_seq_set_check(seq_set *set) {
    size_t n = 0, ended_n = 0;
    edoi_lock_acquire(&set->lock);
    size_t listed = seq_set_check_list(&set->woken) + seq_set_check_list(&set->ready);
    EDO_INV("seq_set inv. 3", !set->waker || (set->waits && listed == 0));
    for (seq_link *l = set->all.next; l != &set->all; l = l->next, n++) {
        EDO_INV("seq_set inv. 5", edoi_load_rlx_u32(&in_all(l)->refs) > 0);
        ended_n += in_all(l)->ended;
    }
    EDO_INV("seq_set inv. 5", n == set->len && edoi_load_rlx_u32(&set->refs) > n);
    EDO_INV("seq_set inv. 6", ended_n == set->ended_n);
    edoi_lock_release(&set->lock);
}
