/* SPDX-License-Identifier: MIT */
/* runtime/scope/values.c: see values.h. */
#include "runtime/scope/values.h"

#include "base/memory/cache.h"
#include "log/span/span.h"
#include "log/start.h"
#include "records/brackets.h"
#include "runtime/scope/bracket.h"
#include "runtime/scope/ctx.h"
#include "runtime/task/fiber_ctx.h"
#include "runtime/worker/here.h"

#include <errno.h>
#include <string.h>

/* ---- The chain of here ----------------------------------------------------------------------- */

/* Where the chain of here is kept; not to be kept over an await. */
typedef struct values_place {
    edo_context_block **chain;
    edoi_fiber_task *fiber; /* NULL: it is a state machine's, or a thread's */
} values_place;

static values_place place_here(void) {
    values_place p;
    p.chain = edoi_task_values_here(&p.fiber);
    if (!p.chain) p.chain = &edoi_thread_here()->values;
    return p;
}

static void place_set(values_place p, edo_context_block *chain) {
    *p.chain = chain;
    if (p.fiber) p.fiber->ctx->ctx.has_values = chain != NULL;
}

edo_context_block *edoi_values_here(void) {
    return *place_here().chain;
}

/* Debug only: notes who began the innermost block of here, and forgets it again. */
static void block_note(const edo_context_block *b, const void *caller) {
#ifdef EDO_DEBUG
    edoi_bracket_note(edoi_ctx_here(), EDOI_OPENED_VALUE, b->depth, caller);
#else
    (void)b, (void)caller;
#endif
}

static void block_forget(const edo_context_block *b) {
#ifdef EDO_DEBUG
    edoi_bracket_forget(edoi_ctx_here(), EDOI_OPENED_VALUE, b->depth);
#else
    (void)b;
#endif
}

/* Does what is begun here have to end before the task's next wait? For debug's report. */
static bool is_in_poll(void) {
#ifdef EDO_DEBUG
    return edoi_machine_runs_here() || edoi_ctx_here()->polling;
#else
    return false;
#endif
}

/* For a call of the program's: debug looks whether a block on this stack was left. */
static values_place place_asked_for(const char *frame) {
#ifdef EDO_DEBUG
    if (edoi_fiber_here()) edoi_values_check(edoi_fiber_served_here(), frame);
#else
    (void)frame;
#endif
    return place_here();
}

/* ---- A value --------------------------------------------------------------------------------- */

static void *value_counted(const edo_context_block *b) {
    return b->key->bytes == 0 && !b->is_hidden ? (void *)(uintptr_t)b->value[0] : NULL;
}

static void value_set(edo_context_block *b, const void *value) {
    if (b->key->bytes == 0) {
        b->value[0] = (uintptr_t)value;
    } else {
        memcpy(b->value, value, b->key->bytes);
    }
}

/* ---- Blocks ---------------------------------------------------------------------------------- */

void edoi_values_begin(edo_context_block *b, const edo_context_key *key, const void *value,
                       const void *caller) {
    values_place p = place_asked_for(EDOI_FRAME());
    edo_context_block *outer = *p.chain;
    bool is_good = !EDO_MISUSE(key->bytes > EDO_CONTEXT_BYTES_MAX,
                               "a value of more than EDO_CONTEXT_BYTES_MAX bytes: count it");
    *b = (edo_context_block){ .outer = outer,
                              .key = key,
                              .depth = outer ? outer->depth + 1 : 1,
                              .is_hidden = !value || !is_good,
                              .is_in_poll = is_in_poll() };
    if (!b->is_hidden) value_set(b, value);
    block_note(b, caller);
    place_set(p, b);
}

void edo_context_begin(edo_context_block *b, const edo_context_key *key, const void *value) {
    if (value && key->bytes == 0) value = edo_rc_ref((void *)(uintptr_t)value);
    edoi_values_begin(b, key, value, EDOI_CALLER());
}

int edo_context_end(edo_context_block *b, int result) {
    values_place p = place_here();
    if (EDO_MISUSE(!b->key ||
                       (b != *p.chain && edoi_bracket_tell(edoi_ctx_here(), EDOI_OPENED_VALUE)),
                   "blocks of values are ended in reverse order, each once, by who began them"))
        return -EDO_EMISUSE;
    block_forget(b);
    place_set(p, b->outer);
    edoi_values_unref(b->values);
    edo_rc_unref(value_counted(b));
    b->key = NULL;
    return result;
}

void edoi_context_leave(edo_context_block *b) {
    if (b->key) (void)edo_context_end(b, 0);
}

static const edo_context_block *chain_find(const edo_context_block *b, const edo_context_key *key) {
    while (b && b->key != key) b = b->outer;
    return b;
}

const void *edo_context_get(const edo_context_key *key) {
    const edo_context_block *b = chain_find(*place_asked_for(EDOI_FRAME()).chain, key);
    if (!b || b->is_hidden) return NULL;
    return key->bytes == 0 ? value_counted(b) : b->value;
}

/* ---- What is inherited ----------------------------------------------------------------------- */

static size_t values_bytes(uint32_t n) {
    return sizeof(edoi_values) + n * sizeof(edo_context_block);
}

/* Is `b`, of the chain that begins with `first`, inherited? */
static bool is_inherited(const edo_context_block *first, const edo_context_block *b) {
    return !b->is_hidden && !b->key->no_inherit && chain_find(first, b->key) == b;
}

static uint32_t inherited_n(const edo_context_block *first) {
    uint32_t n = 0;
    for (const edo_context_block *b = first; b; b = b->outer) n += is_inherited(first, b);
    return n;
}

/* Copies what is inherited of the chain into `v`, which has room for it. */
static void values_fill(edoi_values *v, const edo_context_block *first) {
    uint32_t n = 0;
    for (const edo_context_block *b = first; b; b = b->outer) {
        if (!is_inherited(first, b)) continue;
        edo_context_block *part = &v->parts[n++];
        *part = (edo_context_block){ .key = b->key, .values = v };
        part->outer = n < v->n ? part + 1 : NULL;
        memcpy(part->value, b->value, sizeof part->value);
        if (value_counted(b)) (void)edo_rc_ref(value_counted(b));
    }
}

/* With two references; NULL without memory. */
static edoi_values *values_new(const edo_context_block *first, uint32_t n) {
    edoi_values *v = edoi_cache_get(values_bytes(n));
    if (!v) return NULL;
    edoi_store_rlx_u32(&v->refs, 2); // relaxed: no other thread knows it
    v->n = n;
    values_fill(v, first);
    return v;
}

int edoi_values_inherit_with(edoi_values **out, const edo_spawn_opts *opts) {
    edo_context_block bound;
    *out = NULL;
    if (!opts->span) return opts->no_context ? 0 : edoi_values_inherit(out);
    values_place p = place_here();
    edo_context_block *before = *p.chain;
    if (opts->no_context) place_set(p, NULL);
    edo_context_begin(&bound, &edoi_span_key, opts->span);
    int err = edo_context_end(&bound, edoi_values_inherit(out));
    place_set(p, before);
    return err;
}

int edoi_values_inherit(edoi_values **out) {
    edo_context_block *first = edoi_values_here();
    *out = NULL;
    if (!first) return 0;
    if (!first->values) { // a block, in which nothing was started yet
        uint32_t n = inherited_n(first);
        if (n == 0) return 0;
        *out = first->values = values_new(first, n);
        return first->values ? 0 : -ENOMEM;
    }
    *out = first->values;
    (void)edoi_add_rlx_u32(&first->values->refs, 1); // relaxed: the chain holds one
    return 0;
}

void edoi_values_unref(edoi_values *v) {
    // VL1: pairs with VL1: what other tasks read of it happens before the end
    if (!v || edoi_sub_acqrel_u32(&v->refs, 1) != 1) return;
    for (uint32_t i = 0; i < v->n; i++) edo_rc_unref(value_counted(&v->parts[i]));
    edoi_cache_put(v, values_bytes(v->n));
}

/* ---- Those who inherit ----------------------------------------------------------------------- */

void edoi_values_fiber_began(edoi_fiber_task *fiber, edoi_values *v) {
    fiber->ctx->values = edoi_values_chain(v);
    fiber->ctx->ctx.has_values = true;
}

struct edo_span *edoi_values_span(const edo_context_block *chain) {
    const edo_context_block *b = chain_find(chain, &edoi_span_key);
    return b ? value_counted(b) : NULL;
}

void edoi_values_end(edoi_values *v, bool ends_span, int result) {
    edo_span *s = ends_span ? edoi_values_span(v->parts) : NULL;
    if (s) edoi_span_close(s, result);
    edoi_values_unref(v);
}

edo_context_block *edoi_values_enter(edoi_values *v) {
    values_place p = place_here();
    edo_context_block *before = *p.chain;
    place_set(p, edoi_values_chain(v));
    return before;
}

void edoi_values_leave(edo_context_block *before) {
    place_set(place_here(), before);
}

/* ---- Misuse ---------------------------------------------------------------------------------- */

#ifdef EDO_DEBUG
void edoi_values_check(const edoi_fiber_task *fiber, const char *frame) {
    const char *at = (const char *)fiber->ctx->values;
    bool is_gone = at >= (const char *)fiber->ctx->fiber.stack->lo && at < frame;
    (void)EDO_MISUSE(is_gone && edoi_bracket_tell(&fiber->ctx->ctx, EDOI_OPENED_VALUE),
                     "a block of a value on this stack was left without edo_context_end()");
}

void edoi_values_check_closed(const edoi_fiber_task *fiber, edoi_values *inherited) {
    (void)EDO_MISUSE(fiber->ctx->values != edoi_values_chain(inherited) &&
                         edoi_bracket_tell(&fiber->ctx->ctx, EDOI_OPENED_VALUE),
                     "a block of a value on this stack was left without edo_context_end()");
}

void edoi_values_check_poll(void) {
    const edo_context_block *b = edoi_values_here();
    (void)EDO_MISUSE(b && b->is_in_poll && edoi_bracket_tell(edoi_ctx_here(), EDOI_OPENED_VALUE),
                     "a poll ended in a block of a value");
}
#endif
