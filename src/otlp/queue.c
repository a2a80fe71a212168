/* SPDX-License-Identifier: MIT */
/* otlp/queue.c: see queue.h. */
#include "otlp/queue.h"

#include "base/memory/alloc.h"

#include <edo/metrics.h>

static size_t item_bytes(const edoi_otlp_item *item) {
    return sizeof *item + item->scope_n + item->message_n;
}

/* Never 0: an empty queue is not half full. */
static uint64_t otlp_queue_half(uint64_t max) {
    return max > 1 ? max / 2 : 1;
}

bool edoi_otlp_is_half_full(const edoi_otlp_queue *q) {
    return edoi_load_rlx_u64(&q->items_n) >= otlp_queue_half(q->items_max) ||
           edoi_load_rlx_u64(&q->bytes_n) >= otlp_queue_half(q->bytes_max);
}

/* Takes room for one more item; false: there is none. `*passes_half`: this item makes the queue
 * half full, in items or in bytes; only the thread that adds it learns that. */
static bool otlp_queue_enter(edoi_otlp_queue *q, size_t bytes, bool *passes_half) {
    uint64_t items_n = edoi_add_rlx_u64(&q->items_n, 1) + 1;
    uint64_t before = edoi_add_rlx_u64(&q->bytes_n, bytes), bytes_n = before + bytes;
    uint64_t half = otlp_queue_half(q->bytes_max);
    *passes_half = items_n == otlp_queue_half(q->items_max) || (before < half && bytes_n >= half);
    if (EDOI_LIKELY(items_n <= q->items_max && bytes_n <= q->bytes_max)) return true;
    (void)edoi_sub_rlx_u64(&q->items_n, 1);
    (void)edoi_sub_rlx_u64(&q->bytes_n, bytes);
    return false;
}

static void otlp_queue_leave(edoi_otlp_queue *q, const edoi_otlp_item *item) {
    (void)edoi_sub_rlx_u64(&q->items_n, 1);
    (void)edoi_sub_rlx_u64(&q->bytes_n, item_bytes(item));
}

edoi_otlp_item *edoi_otlp_item_new(edo_str scope, edoi_otlp_part_fn *fn, const void *arg,
                                   size_t message_n) {
    edoi_otlp_item *item = edoi_alloc(sizeof *item + scope.len + message_n);
    if (!item) return NULL;
    item->scope_n = (uint32_t)scope.len;
    item->message_n = (uint32_t)message_n;
    memcpy(item->bytes, scope.ptr, scope.len);
    fn(&(edoi_otlp_out){ .to = item->bytes + scope.len }, arg);
    return item;
}

static void otlp_queue_link(edoi_otlp_queue *q, edoi_otlp_item *item) {
    void *newest = edoi_load_rlx_ptr(&q->newest); // relaxed: the next line looks again
    do item->next = newest;
    while (!edoi_cas_acqrel_ptr(&q->newest, &newest, item)); // OQ1: its bytes are visible first
}

static void otlp_queue_drop(edoi_otlp_queue *q) {
    (void)edoi_add_rlx_u64(&q->dropped, 1);
    edo_counter_add(q->counter, 1);
}

bool edoi_otlp_push(edoi_otlp_queue *q, edo_str scope, edoi_otlp_part_fn *fn, const void *arg) {
    size_t message_n = edoi_otlp_count(fn, arg);
    size_t bytes = sizeof(edoi_otlp_item) + scope.len + message_n;
    bool passes_half;
    if (!otlp_queue_enter(q, bytes, &passes_half)) {
        otlp_queue_drop(q);
        return passes_half;
    }
    edoi_otlp_item *item = edoi_otlp_item_new(scope, fn, arg, message_n);
    if (item) {
        otlp_queue_link(q, item);
        return passes_half;
    }
    (void)edoi_sub_rlx_u64(&q->items_n, 1);
    (void)edoi_sub_rlx_u64(&q->bytes_n, bytes);
    otlp_queue_drop(q);
    return false;
}

/* Finds what was pushed, the newest first, and turns it round. */
static edoi_otlp_item *otlp_queue_find(edoi_otlp_queue *q) {
    edoi_otlp_item *found = edoi_swap_acq_ptr(&q->newest, NULL); // OQ1: pairs with OQ1 above
    edoi_otlp_item *oldest = NULL;
    while (found) {
        edoi_otlp_item *next = found->next;
        found->next = oldest;
        oldest = found;
        found = next;
    }
    return oldest;
}

edoi_otlp_item *edoi_otlp_take(edoi_otlp_queue *q, uint64_t most, uint64_t *n) {
    if (!q->oldest) q->oldest = otlp_queue_find(q);
    edoi_otlp_item *first = q->oldest, *last = NULL;
    for (*n = 0; q->oldest && *n < most; ++*n) {
        last = q->oldest;
        q->oldest = last->next;
    }
    if (last) last->next = NULL;
    return first;
}

void edoi_otlp_give_back(edoi_otlp_queue *q, edoi_otlp_item *items) {
    while (items) {
        edoi_otlp_item *next = items->next;
        otlp_queue_leave(q, items);
        edoi_free(items);
        items = next;
    }
}

void edoi_otlp_queue_deinit(edoi_otlp_queue *q) {
    uint64_t n;
    edoi_otlp_item *items;
    while ((items = edoi_otlp_take(q, UINT64_MAX, &n))) edoi_otlp_give_back(q, items);
}
