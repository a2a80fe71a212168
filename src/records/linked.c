/* SPDX-License-Identifier: MIT */
/* records/linked.c: see linked.h. A bucket has the nodes in some lines of 64 bytes. */
#include "records/linked.h"

#if EDOI_KNOWS_LINKS
#    include "base/fork.h"
#    include "base/places.h"

#    define BUCKETS 16384u /* a power of 2 */
#    define SLOTS   8u

typedef struct bucket {
    edo_atomic_ptr slots[SLOTS]; /* atomic, relaxed: see the header */
} bucket;

static bucket buckets[BUCKETS];

static bucket *linked_bucket_of(uintptr_t line) {
    return &buckets[edoi_place_of(line, BUCKETS)];
}

static bucket *bucket_at(const void *node) {
    return linked_bucket_of((uintptr_t)node >> 6);
}

void edoi_linked_add(const void *node) {
    bucket *b = bucket_at(node);
    for (size_t i = 0; i < SLOTS; i++) {
        void *none = NULL;
        if (edoi_cas_rlx_ptr(&b->slots[i], &none, (void *)(uintptr_t)node)) return;
    }
}

void edoi_linked_remove(const void *node) {
    bucket *b = bucket_at(node);
    for (size_t i = 0; i < SLOTS; i++) {
        if (edoi_load_rlx_ptr(&b->slots[i]) != node) continue;
        edoi_store_rlx_ptr(&b->slots[i], NULL);
        return;
    }
}

bool edoi_linked_within(const void *from, size_t bytes) {
    uintptr_t begin = (uintptr_t)from, end = begin + bytes;
    for (uintptr_t line = begin >> 6; line << 6 < end; line++) {
        const bucket *b = linked_bucket_of(line);
        for (size_t i = 0; i < SLOTS; i++) {
            uintptr_t node = (uintptr_t)edoi_load_rlx_ptr(&b->slots[i]);
            if (node >= begin && node < end) return true;
        }
    }
    return false;
}

/* Lists of the parent's other threads point to stacks that are this process's to use again. */
static void linked_begin_child(void) {
    for (size_t i = 0; i < BUCKETS; i++)
        for (size_t k = 0; k < SLOTS; k++) edoi_store_rlx_ptr(&buckets[i].slots[k], NULL);
}

EDOI_ON_FORK(.child = linked_begin_child);
#endif
