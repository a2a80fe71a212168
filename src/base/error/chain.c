/* SPDX-License-Identifier: MIT */
/* base/error/chain.c: see chain.h. */
#include "base/error/chain.h"

#include "base/memory/cache.h"

static int code_of(const edoi_trail *trail) {
    return trail->lines_n > 0 ? trail->lines[0]->entry.code : 0; // trail.c, inv. 1
}

static bool is_open(const edoi_trail *trail) {
    return trail && trail->kept_n == 0;
}

void edoi_trail_line_free(edoi_trail_line *line) {
    edoi_cache_put(line, line->bytes);
}

static void free_one(edoi_trail *trail) {
    for (uint32_t i = 0; i < trail->lines_n; i++) edoi_trail_line_free(trail->lines[i]);
    edoi_cache_put(trail, sizeof *trail);
}

void edoi_trail_free(edoi_trail *trail) {
    if (trail != &edoi_trail_moved) edoi_chain_cut(&trail, NULL);
}

edoi_trail *edoi_chain_find(edoi_trail *newest, int code) {
    edoi_trail *t = newest;
    while (t && code_of(t) != code) t = t->earlier;
    return t;
}

edoi_trail *edoi_chain_open(edoi_trail *newest, int code) {
    edoi_trail *t = newest;
    while (is_open(t) && code_of(t) != code) t = t->earlier;
    return is_open(t) ? t : NULL;
}

edoi_trail *edoi_chain_kept(edoi_trail *newest) {
    edoi_trail *t = newest;
    while (is_open(t)) t = t->earlier;
    return t;
}

void edoi_chain_unlink(edoi_trail **slot, edoi_trail *trail) {
    while (*slot != trail) slot = &(*slot)->earlier;
    *slot = trail->earlier;
    trail->earlier = NULL;
}

void edoi_chain_cut(edoi_trail **slot, const edoi_trail *trail) {
    while (*slot != trail) {
        edoi_trail *newest = *slot;
        *slot = newest->earlier;
        free_one(newest);
    }
}

/* Restores inv. 2 after `trail` has come before the others. */
static void settle(edoi_trail *trail) {
    if (!is_open(trail)) return;
    edoi_trail **slot = &trail->earlier;
    if (is_open(*slot) && code_of(*slot) == code_of(trail)) edoi_chain_cut(slot, (*slot)->earlier);
    if (is_open(*slot)) slot = &(*slot)->earlier;
    edoi_chain_cut(slot, edoi_chain_kept(*slot));
}

void edoi_chain_push(edoi_trail **slot, edoi_trail *trail) {
    trail->earlier = *slot;
    *slot = trail;
    settle(trail);
}

/* Ends a bracket over `kept`. False: the bracket is not the innermost of those that were begun. */
static bool release(edoi_trail *newest, const edoi_trail *kept) {
    edoi_trail *t = edoi_chain_kept(newest);
    if (t != kept) return false;
    if (t) t->kept_n--;
    return true;
}

void edoi_chain_keep_end(edoi_trail **slot, const edoi_trail *kept, int result) {
    edoi_trail *mine = result < 0 ? edoi_chain_open(*slot, result) : NULL;
    if (!release(*slot, kept)) return;
    if (mine) edoi_chain_unlink(slot, mine);
    edoi_chain_cut(slot, kept);
    if (mine) edoi_chain_push(slot, mine);
}

void edoi_chain_cleanup_end(edoi_trail **slot, const edoi_trail *kept) {
    edoi_trail *within = *slot;
    if (!kept || !release(*slot, kept) || within == kept || kept->kept_n > 0) return;
    edoi_chain_unlink(slot, within);
    edoi_chain_cut(slot, kept);
    edoi_trail *own = *slot;
    if (code_of(within) == code_of(own)) {
        free_one(within);
        return;
    }
    within->earlier = own->earlier;
    own->earlier = within;
    settle(own);
}

edoi_trail *edoi_trail_only(edoi_trail *trails, int err) {
    edoi_trail *own = err < 0 ? edoi_chain_find(trails, err) : NULL;
    if (own) edoi_chain_unlink(&trails, own);
    if (own) own->kept_n = 0; // a bracket may have been left open
    edoi_trail_free(trails);
    return own;
}
