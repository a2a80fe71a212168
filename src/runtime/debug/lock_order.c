/* SPDX-License-Identifier: MIT */
/* runtime/debug/lock_order.c: see lock_order.h. Contract: edo/locks.h. */
#include "runtime/debug/lock_order.h"

#include "locks/holders.h"
#include "log/tell.h"
#include "runtime/debug/lock_found.h"
#include "runtime/debug/report.h"
#include "stacks/frames.h"

#include <edo/log.h>

#define PLACE_MAX 160u

static const char *order_verb_of(const edoi_order_lock *l) {
    return l->how & EDOI_TAKEN_READ ? "read" : "took";
}

/* "deposit took 0x404080 at bank.c:22, and then 0x404060 at bank.c:23" */
static void order_tell_pair(char *to, size_t bytes, const edoi_order_pair *p) {
    char first[PLACE_MAX], second[PLACE_MAX];
    edoi_place_tell(first, sizeof first, p->first.site);
    edoi_place_tell(second, sizeof second, p->second.site);
    (void)snprintf(to, bytes, "%s %s %p at %s, and then %s %p at %s", p->name,
                   order_verb_of(&p->first), edoi_order_address(p->first.key), first,
                   order_verb_of(&p->second), edoi_order_address(p->second.key), second);
}

static void order_report(const edoi_order_turned *t) {
    char now[3 * PLACE_MAX], before[3 * PLACE_MAX];
    edoi_lock_found(EDOI_LOCK_TURNED);
    if (!edoi_report_may(EDOI_REPORT_ORDER)) return;
#ifndef EDOI_MODEL
    edo_log_event(EDO_LEVEL_WARN, "edo.locks",
                  (EDO_KV("by", t->now.name), EDO_KV("other", t->before.name)),
                  "two locks are taken in both orders");
#endif
    edoi_frames_begin(); // for all its places
    order_tell_pair(now, sizeof now, &t->now);
    order_tell_pair(before, sizeof before, &t->before);
    edoi_frames_end();
    edoi_tell(
        "edo: lock order: two locks are taken in both orders; tasks that do so at once wait for "
        "each other for ever\n  %s\n  %s\n",
        now, before);
    edoi_report_record("two locks are taken in both orders");
}

void edoi_lock_order_install(void) {
    edoi_order_turned_set(order_report);
}
