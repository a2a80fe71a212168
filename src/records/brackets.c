/* SPDX-License-Identifier: MIT */
/* records/brackets.c: see brackets.h. The records are static, so that nothing here allocates: a
 * test of failing allocations would notice. */
#include "records/brackets.h"

#if EDOI_REMEMBERS

#    include "base/error/end_soon.h"
#    include "base/fork.h"
#    include "base/lock.h"
#    include "stacks/frames.h"

#    define PLACE_BYTES 256u

static struct {
    edoi_lock mu;
    uint32_t used;     /* records ever in use; lock: mu, as for the next two members */
    edoi_opened *free; /* linked by `outer` */
    edoi_opened records[EDOI_OPENED_MAX];
} table;

EDOI_ON_FORK(.lock = &table.mu);

edoi_opened *edoi_opened_begin(edoi_opened **list, const edoi_opened *what) {
    edoi_lock_acquire(&table.mu);
    edoi_opened *r = table.free;
    if (r) {
        table.free = r->outer;
    } else if (table.used < EDOI_OPENED_MAX) {
        r = &table.records[table.used++];
    }
    edoi_lock_release(&table.mu);
    if (!r) return NULL;
    *r = *what;
    r->outer = *list;
    *list = r;
    return r;
}

void edoi_opened_end(edoi_opened **link) {
    edoi_opened *r = *link;
    *link = r->outer;
    edoi_lock_acquire(&table.mu);
    r->outer = table.free;
    table.free = r;
    edoi_lock_release(&table.mu);
}

void edoi_opened_forget(edoi_opened **list, edoi_opened_kind kind, uint32_t depth) {
    edoi_opened **link = list;
    // One of the same kind with a smaller depth lies outside, so this one has no record.
    while (*link && ((*link)->kind != kind || (*link)->depth > depth)) link = &(*link)->outer;
    if (*link && (*link)->depth == depth) edoi_opened_end(link);
}

uint32_t edoi_opened_number(const edoi_opened *r) {
    return (uint32_t)(r - table.records);
}

const edoi_opened *edoi_opened_find(const edoi_opened *list, edoi_opened_kind kind) {
    const edoi_opened *r = list;
    while (r && r->kind != kind) r = r->outer;
    return r;
}

void edoi_opened_tell(const edoi_opened *r) {
    static const char *const names[] = {
        [EDOI_OPENED_SCOPE] = "a scope",
        [EDOI_OPENED_BLOCK] = "a token's block",
        [EDOI_OPENED_DEADLINE] = "a deadline",
        [EDOI_OPENED_SHIELD] = "a shield",
        [EDOI_OPENED_NO_AWAIT] = "a bracket of edo_no_await_begin()",
        [EDOI_OPENED_VALUE] = "a block of a value",
    };
    char place[PLACE_BYTES];
    if (!r) return;
    edoi_place_tell(place, sizeof place, r->caller);
    edoi_end_say("edo: %s that was not ended was begun at %s\n", names[r->kind], place);
}

#endif
