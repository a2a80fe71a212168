/* SPDX-License-Identifier: MIT */
/* log/span/span.c: see span.h. */
#include "log/span/span.h"

#include "base/assert.h"
#include "base/error/trail.h"
#include "base/fork.h"
#include "base/memory/alloc.h"
#include "base/world/random.h"
#include "base/world/worlds.h"
#include "log/out/pieces.h"
#include "log/span/clock.h"
#include "log/span/described.h"
#include "log/span/note.h"
#include "recorder/note.h"

#include <edo/binary.h>

#include <string.h>

const edo_context_key edoi_span_key = { .name = "span" };

/* ---- Numbers --------------------------------------------------------------------------------- */

/* Of xoroshiro128+ (Blackman and Vigna, 2018), of each thread: an id has to differ, not to be
 * secret. */
typedef struct id_source {
    uint64_t state[2];
    bool is_seeded;
} id_source;

static EDOI_THREAD_LOCAL id_source source;

/* The thread that forked has other numbers in the child. */
static void ids_begin_child(void) {
    source.is_seeded = false;
}

EDOI_ON_FORK(.child = ids_begin_child);

static void source_seed(id_source *s) {
    edoi_random_seed(s->state, sizeof s->state);
    s->state[1] |= 1; // not both may be 0
    s->is_seeded = true;
}

/* In a world they are by its seed, and behind it no longer. */
static EDOI_OPAQUE void ids_forget(void) {
    uint64_t drawn;
    source = (id_source){ .is_seeded = false };
    if (edoi_world_draws(&drawn)) source = (id_source){ .state = { drawn, 1 }, .is_seeded = true };
}

EDOI_ON_WORLD(ids_forget);

static uint64_t rotate(uint64_t x, int n) {
    return x << n | x >> (64 - n);
}

/* Opaque, since a fiber must not keep the address of the thread-local. Never 0. */
static EDOI_OPAQUE uint64_t new_id(void) {
    EDOI_COMPILER_BARRIER();
    id_source *s = &source;
    if (EDOI_UNLIKELY(!s->is_seeded)) source_seed(s);
    uint64_t a = s->state[0], b = s->state[1], sum = a + b;
    b ^= a;
    s->state[0] = rotate(a, 24) ^ b ^ b << 16;
    s->state[1] = rotate(b, 37);
    return sum ? sum : 1;
}

void edoi_span_id_fill(edoi_span_id *id) {
    const uint64_t ids[3] = { new_id(), new_id(), new_id() };
    memcpy(id->trace, ids, sizeof id->trace);
    memcpy(id->id, &ids[2], sizeof id->id);
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static bool has_text(const edo_kv *kv) {
    return (kv->kind == EDO_KV_TEXT || kv->kind == EDO_KV_JSON) && kv->value.text;
}

static size_t field_text_n(const edo_kv *kv) {
    if (!has_text(kv)) return 0;
    return kv->text_n < EDOI_VALUE_MAX ? kv->text_n : EDOI_VALUE_MAX;
}

static size_t fields_bytes(const edo_kv *kv, size_t n) {
    size_t bytes = sizeof(edoi_span_fields) + n * sizeof *kv;
    for (size_t i = 0; i < n; i++) bytes += field_text_n(&kv[i]);
    return bytes;
}

/* Copies fields that have a key to memory of fields_bytes(). */
static void fields_fill(edoi_span_fields *f, const edo_kv *kv, size_t n, size_t bytes) {
    char *text = (char *)&f->kv[n];
    edo_kv *to = f->kv;
    edoi_store_rlx_ptr(&f->next, NULL); // relaxed: no other thread knows it
    f->bytes = (uint32_t)bytes;
    for (size_t i = 0; i < n; i++) {
        size_t text_n = field_text_n(&kv[i]);
        if (!kv[i].key) continue;
        *to = kv[i];
        if (has_text(&kv[i])) {
            memcpy(text, kv[i].value.text, text_n);
            to->value.text = text;
            to->text_n = text_n;
            text += text_n;
        }
        to++;
    }
    f->n = (uint32_t)(to - f->kv);
}

edoi_span_fields *edoi_span_fields_next(const edoi_span_fields *f) {
    return edoi_load_acq_ptr(&f->next); // SF1: pairs with SF1 in edo_span_record
}

static void span_add(edo_span *s, const edo_kv *fields, size_t n) {
    size_t bytes = fields_bytes(fields, n);
    edoi_span_fields *f = edoi_alloc(bytes);
    if (!f) return;
    fields_fill(f, fields, n, bytes);
    edoi_lock_acquire(&s->lock);
    edoi_store_rel_ptr(&s->last->next, f); // SF1: the field is visible before it is found
    s->last = f;
    edoi_lock_release(&s->lock);
}

/* A span may live for as long as the program does, and be told of something each second. */
static bool span_has_room(edo_span *s) {
    return edoi_add_rlx_u64(&s->added, 1) < EDOI_SPAN_ADDED_MAX; // relaxed: a number
}

uint32_t edoi_span_left_out(const edo_span *s) {
    uint64_t added = edoi_load_rlx_u64(&s->added);
    uint64_t left_out = added > EDOI_SPAN_ADDED_MAX ? added - EDOI_SPAN_ADDED_MAX : 0;
    return left_out < UINT32_MAX ? (uint32_t)left_out : UINT32_MAX;
}

void edo_span_record(edo_span *s, edo_kv field) {
    edoi_described d;
    if (!edoi_span_has_fields(s) || !span_has_room(s)) return;
    edoi_described_begin(&d, &field, 1);
    span_add(s, d.kv, 1);
    edoi_described_end(&d);
}

bool edoi_span_is_of(const edo_span *s, const char *target) {
    return s->site && s->site->target && strcmp(s->site->target, target) == 0;
}

void edoi_span_record_all(edo_span *s, const edo_kv *fields, size_t n) {
    if (edoi_span_has_fields(s)) span_add(s, fields, n);
}

/* ---- A span ---------------------------------------------------------------------------------- */

static void span_deinit(void *self) {
    edo_span *s = self;
    for (edoi_span_fields *f = s->first ? edoi_span_fields_next(s->first) : NULL; f;) {
        edoi_span_fields *next = edoi_span_fields_next(f);
        edoi_free(f);
        f = next;
    }
    edoi_free(s->links);
    edo_rc_unref(s->parent);
}

/* Of how many new traces a share is sampled: those whose number is below; all: UINT64_MAX. */
static edo_atomic_u64 sampled_below = EDOI_ATOMIC_INIT(UINT64_MAX); /* relaxed: a setting */

void edo_span_sample(double ratio) {
    uint64_t below = UINT64_MAX;
    if (!(ratio > 0)) below = 0;
    if (ratio > 0 && ratio < 1) below = (uint64_t)(ratio * 0x1p63);
    edoi_store_rlx_u64(&sampled_below, below);
}

/* Decides by the last eight bytes of the trace id, as OpenTelemetry's ratio samplers do: so all
 * programs with the same ratio decide alike for one trace. */
bool edoi_span_trace_is_sampled(const unsigned char trace[16]) {
    return edo_load_u64be(trace + 8) >> 1 < edoi_load_rlx_u64(&sampled_below);
}

void edoi_span_plan_trace(edoi_span_plan *p) {
    if (p->parent) {
        memcpy(p->trace, p->parent->self.trace, sizeof p->trace);
        p->is_sampled = p->parent->self.is_sampled;
        return;
    }
    p->trace[0] = new_id();
    p->trace[1] = new_id();
    p->is_sampled = edoi_span_trace_is_sampled((const unsigned char *)p->trace);
}

/* The parent that a span within `s` keeps: `s`, or beyond EDOI_SPAN_KEPT_MAX spans (inv. 3) only
 * its ids. NULL without memory. */
static edo_span *span_keep(edo_span *s) {
    if (EDOI_LIKELY(s->depth < EDOI_SPAN_KEPT_MAX)) return edo_rc_ref(s);
    edo_span *far = edoi_span_of(&s->self);
    if (far) far->is_far = true;
    return far;
}

static bool span_begin_within(edo_span *s, edo_span *parent) {
    s->parent = span_keep(parent);
    if (s->parent) s->depth = (uint8_t)(s->parent->depth + 1);
    EDO_INV("span inv. 3", s->depth <= EDOI_SPAN_KEPT_MAX);
    return s->parent != NULL;
}

/* Without memory for fields, but for `bytes` behind it. */
static edo_span *span_blank(size_t bytes) {
    edo_span *s = edo_rc_new(sizeof *s + bytes, span_deinit);
    if (s) memset(s, 0, sizeof *s);
    return s;
}

/* With `bytes` of memory for its fields. */
static edo_span *span_new(const edo_callsite *site, const edoi_span_plan *plan, size_t bytes) {
    edo_span *s = span_blank(bytes);
    if (!s) return NULL;
    s->site = site;
    s->name = site->span;
    s->is_light = plan->is_light;
    if (plan->parent && !span_begin_within(s, plan->parent)) {
        edo_rc_unref(s);
        return NULL;
    }
    const uint64_t id = new_id();
    memcpy(s->self.trace, plan->trace, sizeof s->self.trace);
    memcpy(s->self.id, &id, sizeof id);
    s->self.is_sampled = plan->is_sampled;
    return s;
}

static edo_span *span_new_with(const edo_callsite *site, const edoi_span_plan *plan,
                               const edo_kv *fields, size_t fields_n) {
    const size_t bytes = fields_bytes(fields, fields_n);
    edo_span *s = span_new(site, plan, bytes);
    if (!s) return NULL;
    s->first = s->last = (edoi_span_fields *)(void *)(s + 1);
    fields_fill(s->first, fields, fields_n, bytes);
    return s;
}

/* Its number: in what order spans lie in memory says enough. */
static void span_note(const edo_span *s, edoi_recorder_kind kind) {
    if (EDOI_RECORDS(EDO_RECORDER_TURNS))
        edoi_recorder_note_site(kind, edoi_recorder_task(), (uint32_t)((uintptr_t)s >> 4), s->name);
}

static edo_span *span_make_light(const edo_callsite *site, const edoi_span_plan *plan) {
    edo_span *s = span_new(site, plan, 0);
    if (s) span_note(s, EDOI_REC_SPAN_BEGIN);
    return s;
}

edo_span *edoi_span_make(const edo_callsite *site, const edoi_span_plan *plan, const edo_kv *fields,
                         size_t fields_n) {
    if (plan->is_light) return span_make_light(site, plan);
    edoi_described d;
    edoi_described_begin(&d, fields, fields_n);
    edo_span *s = span_new_with(site, plan, d.kv, fields_n);
    edoi_described_end(&d);
    if (!s) return s;
    span_note(s, EDOI_REC_SPAN_BEGIN);
    s->began_ns = edoi_span_clock_ns();
    s->began = edoi_span_clock_wall(s->began_ns);
    return s;
}

edo_span *edoi_span_of(const edoi_span_id *id) {
    edo_span *s = span_blank(0);
    if (s) s->self = *id;
    return s;
}

edo_span *edoi_span_silent(void) {
    static const edoi_span_id unsampled = { .is_sampled = false };
    edo_span *s = edoi_span_of(&unsampled);
    if (s) s->is_silent = true;
    return s;
}

edo_span *edo_span_ref(edo_span *s) {
    return s ? edo_rc_ref(s) : NULL;
}

void edo_span_unref(edo_span *s) {
    edo_rc_unref(s);
}

const char *edo_span_name(const edo_span *s) {
    return s ? s->name : NULL;
}

void edo_span_follows(edo_span *s, const edo_span *cause) {
    if (!s || !cause) return;
    edoi_lock_acquire(&s->lock);
    if (!s->links) s->links = edoi_calloc(1, sizeof *s->links);
    if (s->links && s->links->n < EDO_COUNT(s->links->at))
        s->links->at[s->links->n++] = cause->self;
    edoi_lock_release(&s->lock);
}

uint32_t edoi_span_get_links(const edo_span *s, edoi_span_id out[EDOI_SPAN_LINKS_MAX]) {
    edoi_lock *lock = (edoi_lock *)(uintptr_t)&s->lock;
    edoi_lock_acquire(lock);
    uint32_t n = s->links ? s->links->n : 0;
    for (uint32_t i = 0; i < n; i++) out[i] = s->links->at[i];
    edoi_lock_release(lock);
    return n;
}

/* ---- Its end --------------------------------------------------------------------------------- */

bool edoi_span_has_ended(const edo_span *s) {
    return edoi_load_acq_u64(&s->took_ns) > 0; // SF2: pairs with SF2: the result is visible
}

uint64_t edoi_span_took_ns(const edo_span *s) {
    uint64_t took = edoi_load_acq_u64(&s->took_ns); // SF2: pairs with SF2: the result is visible
    return took > 0 ? took - 1 : 0;
}

bool edoi_span_finish(edo_span *s, int result) {
    if (edoi_swap_rlx_u32(&s->is_ending, 1)) return false; // relaxed: SF2 shows the result
    int64_t took_ns = s->is_light ? 0 : edoi_span_clock_ns() - s->began_ns;
    EDO_INV("span inv. 2", edoi_load_rlx_u64(&s->took_ns) == 0);
    s->result = result;
    if (s->site) span_note(s, EDOI_REC_SPAN_END);
    edoi_store_rel_u64(&s->took_ns, (took_ns > 0 ? (uint64_t)took_ns : 0) + 1); // SF2: result first
    return true;
}

/* ---- The span of here ------------------------------------------------------------------------ */

static edo_atomic_ptr here_hook; /* atomic, relaxed: an edoi_span_here_fn, which is code */

/* For trails, which know no spans. */
static const char *span_name_here(void) {
    const edo_span *s = edoi_span_here();
    return s ? s->name : NULL;
}

void edoi_span_here_by(edoi_span_here_fn *fn) {
    edoi_store_rlx_ptr(&here_hook, (void *)(uintptr_t)fn);
    edoi_span_name_by(span_name_here);
}

const edo_span *edoi_span_here(void) {
    edoi_span_here_fn *fn = (edoi_span_here_fn *)(uintptr_t)edoi_load_rlx_ptr(&here_hook);
    return fn ? fn() : NULL;
}
