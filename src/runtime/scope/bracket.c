/* SPDX-License-Identifier: MIT */
/* runtime/scope/bracket.c: see bracket.h. */
#include "runtime/scope/bracket.h"

#include "runtime/task/fiber_ctx.h"

#ifdef EDO_DEBUG
static void name_gone(bool of_token) {
    (void)EDO_MISUSE(!of_token, "a scope on this stack was left without edo_scope_end()");
    (void)EDO_MISUSE(of_token, "a token's block on this stack was left without edo_cancel_end()");
}
#endif

#if EDOI_REMEMBERS

/* What edo keeps of a scope or block with a record: by the record's number. */
typedef struct kept_bracket {
    edo_cancel_block block; /* of a scope only the bracket */
    bool leaves_nothing;    /* a scope's option */
} kept_bracket;

static kept_bracket kept[EDOI_OPENED_MAX];

static kept_bracket *kept_of(const edoi_opened *r) {
    return &kept[edoi_opened_number(r)];
}

/* ---- Scopes and blocks ----------------------------------------------------------------------- */

edoi_bracket *edoi_bracket_begin(edoi_ctx *c, edoi_bracket *b, const void *caller) {
    edoi_opened what = { .at = b, .caller = caller };
    what.kind = b->of_token ? EDOI_OPENED_BLOCK : EDOI_OPENED_SCOPE;
    edoi_opened *r = edoi_opened_begin(&c->opened_brackets, &what);
    c->bracket = b;
    if (!r) return b;
    kept_bracket *k = kept_of(r);
    *k = (kept_bracket){ .block.bracket = *b };
    if (b->of_token) k->block = *(edo_cancel_block *)(void *)b;
    if (!b->of_token) k->leaves_nothing = ((edo_scope *)(void *)b)->opts.leaves_nothing;
    c->bracket = &k->block.bracket;
    return c->bracket;
}

bool edoi_bracket_clean_scope(const edoi_ctx *c, const edo_scope **clean) {
    const edoi_opened *r = edoi_opened_find(c->opened_brackets, EDOI_OPENED_SCOPE);
    *clean = r && kept_of(r)->leaves_nothing ? (const edo_scope *)r->at : NULL;
    return r != NULL;
}

edoi_bracket *edoi_bracket_of(const edoi_ctx *c, edoi_bracket *b) {
    if (c->bracket == b) return b; // the innermost, without a record
    edoi_opened *r = c->opened_brackets;
    while (r && r->at != b) r = r->outer;
    return r ? &kept_of(r)->block.bracket : b;
}

void edoi_bracket_end(edoi_ctx *c, const edoi_bracket *b) {
    edoi_opened **link = &c->opened_brackets;
    bool is_kept = c->bracket != b; // without a record the list need not be searched
    c->bracket = b->outer;
    if (!is_kept) return;
    while (*link && (*link)->at != b) link = &(*link)->outer;
    if (*link) edoi_opened_end(link);
}

/* ---- The others ------------------------------------------------------------------------------ */

void edoi_bracket_note(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth, const void *caller) {
    edoi_opened what = { .kind = kind, .depth = depth, .caller = caller };
    (void)edoi_opened_begin(&c->opened_others, &what);
}

void edoi_bracket_forget(edoi_ctx *c, edoi_opened_kind kind, uint32_t depth) {
    edoi_opened_forget(&c->opened_others, kind, depth);
}

/* ---- Reports --------------------------------------------------------------------------------- */

bool edoi_bracket_tell(const edoi_ctx *c, edoi_opened_kind kind) {
    bool has_address = kind == EDOI_OPENED_SCOPE || kind == EDOI_OPENED_BLOCK;
    edoi_opened_tell(edoi_opened_find(has_address ? c->opened_brackets : c->opened_others, kind));
    return true;
}

bool edoi_bracket_tell_innermost(const edoi_ctx *c) {
    if (!c->bracket) return true;
    return edoi_bracket_tell(c, c->bracket->of_token ? EDOI_OPENED_BLOCK : EDOI_OPENED_SCOPE);
}

/* Does the frame still hold what its function wrote there? Other functions may use it by now. */
__attribute__((no_sanitize("address"))) static EDOI_NOINLINE bool is_whole(const edoi_opened *r) {
    const edoi_bracket *b = (const edoi_bracket *)r->at, *was = &kept_of(r)->block.bracket;
    return b->cut == was->cut && b->outer == was->outer && b->shields_n == was->shields_n &&
           b->deadlines_n == was->deadlines_n;
}

void edoi_bracket_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame) {
    for (const edoi_opened *r = c->opened_brackets; r; r = r->outer) {
        const char *at = (const char *)r->at;
        if (at < lo || at >= hi || (at >= frame && is_whole(r))) continue;
        edoi_opened_tell(r);
        name_gone(r->kind == EDOI_OPENED_BLOCK);
    }
}

#elif defined(EDO_DEBUG)

void edoi_bracket_check(const edoi_ctx *c, const char *lo, const char *hi, const char *frame) {
    const char *at = (const char *)c->bracket;
    (void)hi;
    if (at >= lo && at < frame) name_gone(c->bracket->of_token);
}

#endif
