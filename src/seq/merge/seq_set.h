/* SPDX-License-Identifier: MIT */
/* seq/merge/seq_set.h: sequences of which the next item is read, whichever has one: for merge.c,
 * and with keys for keyed.c.
 *
 * Each sequence in a set has a member, which is the waker that it is polled with. A member that is
 * woken comes into the list `woken`; the reader takes that list and polls only its members, and
 * those that gave it an item and may have more. So a read costs what is ready, however many
 * sequences are in the set, and a sequence that always has an item costs no lock.
 *
 * A member whose sequence has ended stays until the tasks have ended that still work for it, as
 * those behind an edo_seq_take(); it is polled for that only, and the set's end does not wait for
 * it.
 *
 * The set has one reader at a time; wakes come from any thread.
 *
 * The word of a member is one of IDLE, QUEUED and WOKEN:
 *
 *             IDLE                QUEUED                     WOKEN
 *   wake      WOKEN, is listed    WOKEN                      -
 *   claim     (never)             -                          QUEUED; the reader polls it now
 *   rest      (never)             IDLE; it leaves the list   -; the reader polls it again
 *
 * inv. 1: the word is IDLE exactly while the member is in no list, its last poll is pending, and
 *         nothing has woken it since. So one of the wakes that come then lists it, and no other.
 * inv. 2: `woken` and its links are guarded by the lock, `ready` and its links are the reader's. A
 *         wake gets the links of a member with the word, which was IDLE.
 * inv. 3: `waker` is set only while the reader's last poll is pending and found no member to poll:
 *         the wake that lists one takes the waker and marks it. `waits` is set if it may be there.
 * inv. 4: a member that is `gone` is in no list, and is not listed again.
 * inv. 5: a member has one reference of the set, while it is in it, and one of each waker that is
 *         kept; the set has one of its owner and one of each member. So a late wake finds both.
 * inv. 6: `ended_n` members have ended. They are polled for their stop, and no more for an item. */
#ifndef EDOI_SEQ_MERGE_SEQ_SET_H
#define EDOI_SEQ_MERGE_SEQ_SET_H

#include <edo/seq.h>

struct edoi_seq_set;

/* A place in a list; the list's head is one, too. */
typedef struct edoi_seq_link {
    struct edoi_seq_link *next, *prev; /* NULL: in no list */
} edoi_seq_link;

typedef struct edoi_seq_member {
    edo_waker base;           /* first */
    edo_atomic_u32 refs;      /* atomic: MS1; inv. 5 */
    edo_atomic_u32 word;      /* atomic: MS2, MS3, MS4 */
    struct edoi_seq_set *set; /* const */
    edo_seq *seq;             /* owned while it is in the set. reader only */
    uint64_t key;             /* const; of a keyed set */
    edoi_seq_link turn;       /* in `woken` or `ready`; inv. 2 */
    edoi_seq_link all;        /* in `all`. reader only */
    bool gone;                /* inv. 4. lock: set->lock */
    bool ended;               /* inv. 6. reader only */
} edoi_seq_member;

typedef struct edoi_seq_set {
    edo_atomic_u32 refs;   /* atomic: MS1; inv. 5 */
    edo_atomic_u32 listed; /* atomic, relaxed; 1: a member was put into `woken` */
    edoi_lock lock;        /* a leaf */
    edo_waker *waker;      /* of the reader, borrowed; inv. 3. lock: lock */
    edoi_seq_link woken;   /* in the order of wakes. lock: lock */
    edoi_seq_link ready;   /* polled next, in this order. reader only */
    edoi_seq_link all;     /* in the order of their coming. reader only */
    size_t len, ended_n;   /* of all; inv. 6. reader only */
    bool waits;            /* inv. 3. reader only */
    bool stopping;         /* edoi_seq_set_poll_stop() has begun. reader only */
} edoi_seq_set;

/* An empty set; NULL without memory. */
edoi_seq_set *edoi_seq_set_new(void);

/* Frees the sequences that are left, and the set. No read may be waiting. */
void edoi_seq_set_free(edoi_seq_set *set);

/* Takes `s` on success, and returns its member; NULL without memory. A reader that waits is
 * woken. */
edoi_seq_member *edoi_seq_set_add(edoi_seq_set *set, edo_seq *s, uint64_t key);

/* Takes a member out, which may be freed then, and returns its sequence, which keeps no waker. */
edo_seq *edoi_seq_set_remove(edoi_seq_set *set, edoi_seq_member *m);

/* Wakes a reader that waits, so that it finds that the set has changed. */
void edoi_seq_set_tell(edoi_seq_set *set);

/* How many sequences have not ended. */
EDOI_INLINE size_t edoi_seq_set_len(const edoi_seq_set *set) {
    return set->len - set->ended_n;
}

/* Polls the sequences for an item, as edo_seq_ops.poll_next. `*from` becomes the member that has
 * the result; of one that has ended the caller tells edoi_seq_set_end(). NULL: all have ended. */
edo_polled edoi_seq_set_poll(edoi_seq_set *set, edo_cx *cx, void *item, int *result,
                             edoi_seq_member **from);

/* A poll has said that the sequence of `m` has ended: frees both, as soon as its tasks have. */
void edoi_seq_set_end(edoi_seq_set *set, edoi_seq_member *m, edo_cx *cx);

/* As edo_seq_ops.stop: frees each sequence whose tasks have ended. */
edo_polled edoi_seq_set_poll_stop(edoi_seq_set *set, edo_cx *cx);

/* Forgets the waker of a pending poll. The sequences keep their members as wakers. */
void edoi_seq_set_leave(edoi_seq_set *set);

/* The sum of the sizes of all sequences. */
edo_seq_size edoi_seq_set_size(const edoi_seq_set *set);

/* Walks the set and asserts its invariants. Called by the reader, without the lock. */
void edoi_seq_set_check(edoi_seq_set *set);

#endif
