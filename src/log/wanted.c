/* SPDX-License-Identifier: MIT */
/* log/wanted.c: see wanted.h. What a site keeps, in one word:
 *
 *     number of the filters: 20 | perhaps, a bit for each: 6 | wanted, a bit for each: 6 */
#include "log/wanted.h"

#include "base/assert.h"
#include "base/fork.h"
#include "base/lock.h"
#include "log/line.h"
#include "log/span/span.h"

#define BITS      ((1u << EDOI_WANTED_MAX) - 1)
#define NUMBER_AT (2 * EDOI_WANTED_MAX)

edo_atomic_u32 edoi_log_level_max; /* written under `lock`; wanted inv. 1 */

static struct wanted {
    edoi_lock lock;
    bool is_set[EDOI_WANTED_MAX];         /* lock: lock */
    edoi_filter filters[EDOI_WANTED_MAX]; /* lock: lock */
    edo_atomic_u32 number; /* written under `lock`; shifted to its place; wanted inv. 2 */
} wanted;

EDOI_ON_FORK(.lock = &wanted.lock);

static edo_atomic_u32 sampled; /* atomic, relaxed: a setting; a bit for each that wants so */

void edoi_wanted_set_sampled(uint32_t who, bool is_such) {
    uint32_t others = edoi_load_rlx_u32(&sampled) & ~(1u << who);
    edoi_store_rlx_u32(&sampled, others | (uint32_t)is_such << who);
}

/* Are of `who` all such that want only spans of traces that are sampled? */
static bool wants_sampled_alone(uint32_t who) {
    return (who & BITS & ~edoi_load_rlx_u32(&sampled)) == 0;
}

static edo_level level_max(void) {
    edo_level most = EDO_LEVEL_OFF;
    for (uint32_t i = 0; i < EDOI_WANTED_MAX; i++) {
        edo_level one =
            wanted.is_set[i] ? edoi_filter_level_max(&wanted.filters[i]) : EDO_LEVEL_OFF;
        if (one > most) most = one;
    }
    return most;
}

uint32_t edoi_wanted_set(uint32_t who, const edoi_filter *filter) {
    edoi_lock_acquire(&wanted.lock);
    wanted.is_set[who] = filter != NULL;
    if (filter) wanted.filters[who] = *filter;
    edoi_store_rlx_u32(&edoi_log_level_max, (uint32_t)level_max());
    uint32_t number = edoi_load_rlx_u32(&wanted.number) + (1u << NUMBER_AT);
    EDO_INV("wanted inv. 1", edoi_lock_is_held(&wanted.lock));
    EDO_INV("wanted inv. 2", (number & ((1u << NUMBER_AT) - 1)) == 0);
    edoi_store_rlx_u32(&wanted.number, number); // relaxed: the filters are read under the lock
    edoi_lock_release(&wanted.lock);
    return number;
}

bool edoi_wanted_get(uint32_t who, edoi_filter *filter) {
    edoi_lock_acquire(&wanted.lock);
    bool is_set = wanted.is_set[who];
    if (is_set && filter) *filter = wanted.filters[who];
    edoi_lock_release(&wanted.lock);
    return is_set;
}

/* What a site with these keeps. `span`: the name of the span that it makes; NULL: of events. */
static uint32_t ask_filters(edo_level level, const char *target, const char *file,
                            const char *span) {
    size_t target_n = 0;
    target = edoi_target_of(target, file, &target_n);
    edoi_lock_acquire(&wanted.lock);
    uint32_t found = edoi_load_rlx_u32(&wanted.number);
    for (uint32_t i = 0; i < EDOI_WANTED_MAX; i++) {
        if (!wanted.is_set[i]) continue;
        const edoi_filter_asked asked = { level, { target, target_n }, span };
        switch (edoi_filter_ask(&wanted.filters[i], &asked)) {
        case EDOI_FILTER_NO: break;
        case EDOI_FILTER_PERHAPS: found |= 1u << (EDOI_WANTED_MAX + i); break;
        case EDOI_FILTER_YES: found |= 1u << i; break;
        }
    }
    edoi_lock_release(&wanted.lock);
    return found;
}

/* `perhaps` has the bits of undecided filters. Returns the bits of those that want an event in the
 * span `in` and the spans around it. */
static uint32_t decide(uint32_t perhaps, const edo_callsite *site, const edo_span *in) {
    size_t target_n = 0;
    const char *target = edoi_target_of(site->target, site->file, &target_n);
    const edoi_filter_asked asked = { site->level, { target, target_n }, site->span };
    uint32_t found = 0;
    if (!in) return 0;
    edoi_lock_acquire(&wanted.lock);
    for (uint32_t i = 0; i < EDOI_WANTED_MAX; i++)
        if ((perhaps >> i & 1u) && edoi_filter_passes_in(&wanted.filters[i], &asked, in))
            found |= 1u << i;
    edoi_lock_release(&wanted.lock);
    return found;
}

/* What the site keeps, computed anew if the filters are others by now. */
static uint32_t site_kept(edo_callsite *site) {
    uint32_t number = edoi_load_rlx_u32(&wanted.number);
    uint32_t kept = edoi_load_rlx_u32(&site->interest);
    if (EDOI_LIKELY(kept >> NUMBER_AT << NUMBER_AT == number)) return kept; // inv. 2
    kept = ask_filters(site->level, site->target, site->file, site->span);
    edoi_store_rlx_u32(&site->interest, kept);
    return kept;
}

uint32_t edoi_log_wants(edo_callsite *site) {
    uint32_t kept = site_kept(site), perhaps = kept >> EDOI_WANTED_MAX & BITS, who = kept & BITS;
    if (EDOI_UNLIKELY(perhaps)) who |= decide(perhaps, site, edoi_span_here());
    return who ? who | (kept >> NUMBER_AT << NUMBER_AT) : 0;
}

uint32_t edoi_log_wants_in(edo_callsite *site, const edo_span *in) {
    uint32_t kept = site_kept(site), perhaps = kept >> EDOI_WANTED_MAX & BITS, who = kept & BITS;
    if (perhaps) who |= decide(perhaps, site, in);
    return who ? who | (kept >> NUMBER_AT << NUMBER_AT) : 0;
}

bool edoi_log_asks(edo_level level, const char *target, const char *file) {
    return (ask_filters(level, target, file, NULL) & (BITS | BITS << EDOI_WANTED_MAX)) != 0;
}

/* If only exporters want a span of an unsampled trace, the span is made only to carry an id. Inside
 * another span of this program it is not made at all, since that one has an id. */
bool edoi_span_is_wanted(edo_callsite *site, edo_span *parent, edoi_span_plan *plan) {
    uint32_t who = edoi_log_wants(site);
    if (who == 0 || (parent && EDOI_UNLIKELY(parent->is_silent))) return false;
    plan->parent = parent;
    edoi_span_plan_trace(plan);
    plan->is_light = !plan->is_sampled && wants_sampled_alone(who);
    return !plan->is_light || !parent || !parent->site;
}
