/* SPDX-License-Identifier: MIT */
/* records/slab_mark.c: a slab's debug checks: where an object was got, and late writes. */
#include "records/slab_mark.h"

#ifdef EDO_DEBUG

#    include "base/error/end_soon.h"

#    include <string.h>

#    define FREE_BYTE    0xdb /* fills free objects: no address, no small number, no text */
#    define REPORTED_MAX 8

static edoi_slab_mark *records_mark_of(edoi_block *block) {
    return (edoi_slab_mark *)(void *)block;
}

/* Encodes a pointer so that leak checkers do not see it (inv. 2). */
static uintptr_t hide(const edoi_slab_mark *mark) {
    return mark ? ~(uintptr_t)mark : 0;
}

static edoi_slab_mark *slab_mark_find(uintptr_t hidden) {
    return hidden ? (edoi_slab_mark *)~hidden : NULL;
}

/* FNV-1a over words, the last one padded with zeros: a change of one word is always detected, since
 * the factor is odd. */
static uint64_t sum_of(const edoi_slab_marks *m, edoi_block *block) {
    const char *bytes = (const char *)edoi_slab_object(m, block);
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < m->bytes; i += sizeof sum) {
        uint64_t word = 0;
        size_t left = m->bytes - i;
        memcpy(&word, bytes + i, left < sizeof word ? left : sizeof word);
        sum = (sum ^ word) * UINT64_C(1099511628211);
    }
    return sum;
}

/* Prints where the object was last got, and where it was last put. */
static void say_places(const edoi_slab_marks *m, edoi_slab_mark *mark) {
    const char *got_at = mark->got_at ? mark->got_at : "no place";
    const char *put_at = mark->put_at ? mark->put_at : "no place";
    edoi_end_say("edo: slab %s, object %p: last got at %s, last put at %s\n", m->name,
                 edoi_slab_object(m, &mark->link), got_at, put_at);
}

static void say_breach(const edoi_slab_marks *m, const char *place) {
    edoi_end_say("edo: slab %s: bad put at %s\n", m->name, place);
}

void edoi_slab_mark_fill(const edoi_slab_marks *m, edoi_block *block) {
    if (!m->plain) memset(edoi_slab_object(m, block), FREE_BYTE, m->bytes);
}

void edoi_slab_mark_link(edoi_slab_marks *m, edoi_block *block) {
    edoi_slab_mark *mark = records_mark_of(block);
    *mark = (edoi_slab_mark){ .of = m, .next = m->first };
    if (slab_mark_find(m->first)) slab_mark_find(m->first)->previous = hide(mark);
    m->first = hide(mark);
    EDO_INV("slab_mark inv. 2", m->first != (uintptr_t)mark && slab_mark_find(m->first) == mark);
}

void edoi_slab_mark_unlink(edoi_slab_marks *m, edoi_block *block) {
    edoi_slab_mark *mark = records_mark_of(block), *next = slab_mark_find(mark->next);
    if (next) next->previous = mark->previous;
    if (slab_mark_find(mark->previous)) {
        slab_mark_find(mark->previous)->next = mark->next;
    } else {
        m->first = mark->next;
    }
    mark->of = NULL; // a late put finds no slab
}

void edoi_slab_mark_out(const edoi_slab_marks *m, edoi_block *block, const char *place) {
    edoi_slab_mark *mark = records_mark_of(block);
    EDO_INV("slab_mark inv. 1", !edoi_load_rlx_u32(&mark->is_out));
    edoi_slab_mark_unseal(m, block);
    mark->got_at = place;
    edoi_store_rlx_u32(&mark->is_out, 1); // relaxed: only detects a second put by the owner
}

bool edoi_slab_mark_back(const edoi_slab_marks *m, edoi_block *block, const char *place) {
    edoi_slab_mark *mark = records_mark_of(block);
    if (mark->of != m) say_breach(m, place);
    if (EDO_MISUSE(mark->of != m, "edo_slab_put of an object that is not of this slab"))
        return false;
    // SM1: pairs with SM1: of two concurrent puts one sees the other.
    bool was_out = edoi_swap_acqrel_u32(&mark->is_out, 0) != 0;
    if (!was_out) {
        say_places(m, mark);
        say_breach(m, place);
    }
    if (EDO_MISUSE(!was_out, "edo_slab_put of an object that was put before")) return false;
    mark->put_at = place;
    return true;
}

void edoi_slab_mark_seal(const edoi_slab_marks *m, edoi_block *block) {
    if (m->plain) memset(edoi_slab_object(m, block), FREE_BYTE, m->bytes);
    records_mark_of(block)->sum = sum_of(m, block);
    edoi_slab_poison(m, block);
}

void edoi_slab_mark_unseal(const edoi_slab_marks *m, edoi_block *block) {
    edoi_slab_unpoison(m, block);
    bool same = sum_of(m, block) == records_mark_of(block)->sum;
    if (!same) say_places(m, records_mark_of(block));
    (void)EDO_MISUSE(!same, "an object of a slab was written to after it was put");
}

void edoi_slab_mark_report(const edoi_slab_marks *m) {
    uint32_t said = 0;
    for (edoi_slab_mark *mark = slab_mark_find(m->first); mark && said < REPORTED_MAX;
         mark = slab_mark_find(mark->next)) {
        if (!edoi_load_rlx_u32(&mark->is_out)) continue;
        say_places(m, mark);
        said++;
    }
}

#endif
