/* SPDX-License-Identifier: MIT */
/* runtime/scope/opened.c: see opened.h. The records are static, so that nothing here allocates: a
 * test of failing allocations would notice. */
#include "runtime/scope/opened.h"

#ifdef EDO_DEBUG
static void name_gone(bool of_token) {
    (void)EDO_MISUSE(!of_token, "a scope on this stack was left without edo_scope_end()");
    (void)EDO_MISUSE(of_token, "a token's block on this stack was left without edo_cancel_end()");
}
#endif

#if EDOI_REMEMBERS

#    include "base/fork.h"
#    include "base/lock.h"
#    include "base/symbols/frames.h"

#    include <stdio.h>

#    define RECORDS_MAX 16384u
#    define PLACE_BYTES 256u

struct edoi_opened {
    edo_cancel_block block;    /* of a scope or a token's block: the part that edo keeps */
    struct edoi_opened *outer; /* in its list of the context; or the next free record */
    const edoi_bracket *at;    /* in the program's frame; NULL: neither a scope nor a block */
    const void *caller;
    uint32_t depth;
    edoi_opened_kind kind;
    bool leaves_nothing; /* a scope's option */
};

static struct {
    edoi_lock mu;
    uint32_t used;     /* records ever in use; lock: mu, as for the next two members */
    edoi_opened *free; /* linked by `outer` */
    edoi_opened records[RECORDS_MAX];
} table;

EDOI_ON_FORK(.lock = &table.mu);

/* ---- Records --------------------------------------------------------------------------------- */

/* Takes a free record and makes it the first of `list`; NULL: there is none. */
static edoi_opened *take_record(edoi_opened **list) {
    edoi_lock_acquire(&table.mu);
    edoi_opened *r = table.free;
    if (r) {
        table.free = r->outer;
    } else if (table.used < RECORDS_MAX) {
        r = &table.records[table.used++];
    }
    edoi_lock_release(&table.mu);
    if (!r) return NULL;
    *r = (edoi_opened){ .outer = *list };
    *list = r;
    return r;
}

/* `link` points to the record in its list. */
static void free_record(edoi_opened **link) {
    edoi_opened *r = *link;
    *link = r->outer;
    edoi_lock_acquire(&table.mu);
    r->outer = table.free;
    table.free = r;
    edoi_lock_release(&table.mu);
}

/* ---- Scopes and blocks ----------------------------------------------------------------------- */

edoi_bracket *edoi_bracket_begin(edoi_ctx *c, edoi_bracket *b, const void *caller) {
    edoi_opened *r = take_record(&c->opened_brackets);
    c->bracket = b;
    if (!r) return b;
    r->block.bracket = *b;
    if (b->of_token) r->block = *(edo_cancel_block *)(void *)b;
    r->kind = b->of_token ? EDOI_OPENED_BLOCK : EDOI_OPENED_SCOPE;
    r->leaves_nothing = !b->of_token && ((edo_scope *)(void *)b)->opts.leaves_nothing;
    r->at = b;
    r->caller = caller;
    c->bracket = &r->block.bracket;
    return c->bracket;
}

bool edoi_opened_clean_scope(const edoi_ctx *c, const edo_scope **clean) {
    const edoi_opened *r = c->opened_brackets;
    while (r && r->kind != EDOI_OPENED_SCOPE) r = r->outer;
    *clean = r && r->leaves_nothing ? (const edo_scope *)(const void *)r->at : NULL;
    return r != NULL;
}

edoi_bracket *edoi_bracket_of(const edoi_ctx *c, edoi_bracket *b) {
    if (c->bracket == b) return b; // the innermost, without a record
    edoi_opened *r = c->opened_brackets;
    while (r && r->at != b) r = r->outer;
    return r ? &r->block.bracket : b;
}

void edoi_bracket_end(edoi_ctx *c, const edoi_bracket *b) {
    edoi_opened **link = &c->opened_brackets;
    bool is_kept = c->bracket != b; // without a record the list need not be searched
    c->bracket = b->outer;
    if (!is_kept) return;
    while (*link && (*link)->at != b) link = &(*link)->outer;
    if (*link) free_record(link);
}

/* ---- The others ------------------------------------------------------------------------------ */

void edoi_opened_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth, const void *caller) {
    edoi_opened *r = take_record(&c->opened_others);
    if (!r) return;
    r->kind = kind;
    r->depth = depth;
    r->caller = caller;
}

void edoi_opened_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth) {
    edoi_opened **link = &c->opened_others;
    // Inner ones have a greater depth: one of the same kind with a smaller depth lies outside, so
    // this one has no record.
    while (*link && ((*link)->kind != kind || (*link)->depth > depth)) link = &(*link)->outer;
    if (*link && (*link)->depth == depth) free_record(link);
}

/* ---- Reports --------------------------------------------------------------------------------- */

static void tell(const edoi_opened *r) {
    static const char *const names[] = {
        [EDOI_OPENED_SCOPE] = "a scope",
        [EDOI_OPENED_BLOCK] = "a token's block",
        [EDOI_OPENED_DEADLINE] = "a deadline",
        [EDOI_OPENED_SHIELD] = "a shield",
        [EDOI_OPENED_NO_AWAIT] = "a bracket of edo_no_await_begin()",
    };
    char place[PLACE_BYTES];
    edoi_place_tell(place, sizeof place, r->caller);
    (void)fprintf(stderr, "edo: %s that was not ended was begun at %s\n", names[r->kind], place);
}

bool edoi_opened_tell(const edoi_ctx *c, edoi_opened_kind kind) {
    bool is_bracket = kind == EDOI_OPENED_SCOPE || kind == EDOI_OPENED_BLOCK;
    const edoi_opened *r = is_bracket ? c->opened_brackets : c->opened_others;
    while (r && r->kind != kind) r = r->outer;
    if (r) tell(r);
    return true;
}

/* Does the frame still hold what its function wrote there? Other functions may use it by now. */
__attribute__((no_sanitize("address"))) static EDOI_NOINLINE bool is_whole(const edoi_opened *r) {
    const edoi_bracket *b = r->at, *kept = &r->block.bracket;
    return b->cut == kept->cut && b->outer == kept->outer && b->shields_n == kept->shields_n &&
           b->deadlines_n == kept->deadlines_n;
}

void edoi_opened_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame) {
    for (const edoi_opened *r = c->opened_brackets; r; r = r->outer) {
        const char *at = (const char *)r->at;
        if (at < lo || at >= hi || (at >= frame && is_whole(r))) continue;
        tell(r);
        name_gone(r->kind == EDOI_OPENED_BLOCK);
    }
}

#elif defined(EDO_DEBUG)

void edoi_opened_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame) {
    const char *at = (const char *)c->bracket;
    (void)hi;
    if (at >= lo && at < frame) name_gone(c->bracket->of_token);
}

#endif
