/* SPDX-License-Identifier: MIT */
/* base/error/chain.c: see chain.h. */
#include "base/error/chain.h"

#include "base/assert.h"
#include "base/memory/cache.h"

edoi_trail edoi_trail_moved;

static bool is_open(const edoi_trail *trail) {
    return trail && trail->kept_n == 0;
}

void edoi_trail_line_free(edoi_trail_line *line) {
    edoi_cache_put(line, line->bytes);
}

edoi_trail *edoi_trail_bare(int code) {
    edoi_trail *trail = (edoi_trail *)edoi_cache_get(sizeof *trail);
    if (trail) *trail = (edoi_trail){ .code = code };
    return trail;
}

static void trail_free_one(edoi_trail *trail) {
    edoi_chain_cut(&trail->beside, NULL); // one level deep: inv. 3
    for (uint32_t i = 0; i < trail->lines_n; i++) edoi_trail_line_free(trail->lines[i]);
    edoi_cache_put(trail, sizeof *trail);
}

void edoi_trail_free(edoi_trail *trail) {
    if (trail != &edoi_trail_moved) edoi_chain_cut(&trail, NULL);
}

edoi_trail *edoi_chain_find(edoi_trail *newest, int code) {
    edoi_trail *t = newest;
    while (t && t->code != code) t = t->earlier;
    return t;
}

edoi_trail *edoi_chain_open(edoi_trail *newest, int code) {
    edoi_trail *t = newest;
    while (is_open(t) && t->code != code) t = t->earlier;
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
        trail_free_one(newest);
    }
}

/* The first trail is open: is at most one behind it, of another code? */
static bool has_room_for_its_open(const edoi_trail *trail) {
    const edoi_trail *next = trail->earlier;
    return !is_open(next) || (next->code != trail->code && !is_open(next->earlier));
}

/* Restores inv. 2 after `trail` has come before the others. */
static void trail_settle(edoi_trail *trail) {
    if (!is_open(trail)) return;
    edoi_trail **slot = &trail->earlier;
    if (is_open(*slot) && (*slot)->code == trail->code) edoi_chain_cut(slot, (*slot)->earlier);
    if (is_open(*slot)) slot = &(*slot)->earlier;
    edoi_chain_cut(slot, edoi_chain_kept(*slot));
    EDO_INV("chain inv. 2", has_room_for_its_open(trail));
}

void edoi_chain_push(edoi_trail **slot, edoi_trail *trail) {
    trail->earlier = *slot;
    *slot = trail;
    trail_settle(trail);
}

/* Ends a bracket over `kept`. False: the bracket is not the innermost of those that were begun. */
static bool trail_release(edoi_trail *newest, const edoi_trail *kept) {
    edoi_trail *t = edoi_chain_kept(newest);
    if (t != kept) return false;
    if (t) t->kept_n--;
    return true;
}

void edoi_chain_keep_end(edoi_trail **slot, const edoi_trail *kept, int result) {
    edoi_trail *mine = result < 0 ? edoi_chain_open(*slot, result) : NULL;
    if (!trail_release(*slot, kept)) return;
    if (mine) edoi_chain_unlink(slot, mine);
    edoi_chain_cut(slot, kept);
    if (mine) edoi_chain_push(slot, mine);
}

void edoi_chain_cleanup_end(edoi_trail **slot, const edoi_trail *kept) {
    edoi_trail *within = *slot;
    if (!kept || !trail_release(*slot, kept) || within == kept || kept->kept_n > 0) return;
    edoi_chain_unlink(slot, within);
    edoi_chain_cut(slot, kept);
    edoi_trail *own = *slot;
    if (within->code == own->code) {
        trail_free_one(within);
        return;
    }
    within->earlier = own->earlier;
    own->earlier = within;
    trail_settle(own);
}

edoi_trail *edoi_trail_only(edoi_trail *trails, int err) {
    edoi_trail *own = err < 0 ? edoi_chain_find(trails, err) : NULL;
    if (own) edoi_chain_unlink(&trails, own);
    if (own) own->kept_n = 0; // a bracket may have been left open
    edoi_trail_free(trails);
    return own;
}
