/* SPDX-License-Identifier: MIT */
/* future/poll.c: polls with the checks of debug builds, and polls without interest. */
#include "base/assert.h"
#include "base/held.h"
#include "future/budget.h"
#include "records/handles.h"
#include "records/linked.h"

#include <edo/future.h>

#include <string.h>

#define PIN_SHIFT 16u

EDOI_COLD void edoi_budget_spent(edo_cx *cx) {
    edoi_polled_now *now = cx->now;
    if (now && now->waker == cx->waker) { // not for polls without interest
        // once per poll, even if it goes on to other leaves
        if (!(now->after & EDOI_AFTER_AGAIN)) now->spent_n++;
        now->after |= EDOI_AFTER_SPENT;
    }
    edo_cx_wake(cx);
}

EDOI_COLD edo_polled edoi_budget_wait(edo_cx *cx) {
    edoi_budget_spent(cx);
    return EDO_PENDING;
}

edo_polled edoi_poll_over(edo_future *f) {
    (void)EDO_MISUSE(true, "a future was polled after it was ready or dropped");
    f->result = -EDO_EMISUSE;
    return EDO_READY;
}

EDOI_COLD int edoi_result_missing(const edo_future *f) {
    (void)f;
    (void)EDO_MISUSE(true, "the result of a future that is not finished, or was dropped, is asked");
    return -EDO_EMISUSE;
}

bool edoi_future_is_unmade(const edo_future *f) {
    if (EDO_MISUSE(!f, "a future is used that is NULL")) return true;
    // A fresh future has no address tag, a polled one has, and the end leaves nothing but the life.
    uint32_t life = f->state & EDOI_LIFE_MASK, tag = f->state >> PIN_SHIFT;
    bool fits = life & EDOI_LIFE_OVER ? f->state == life : (life == EDOI_LIFE_POLLED) == (tag != 0);
    bool has_ops = f->ops && (uintptr_t)f->ops % _Alignof(edo_future_ops) == 0;
    return EDO_MISUSE(!has_ops || !fits, "a future is used that no _init has made");
}

/* 16 bits of the future's address; never 0, which means "unknown". */
static uint32_t pin_of(const edo_future *f) {
    uintptr_t at = (uintptr_t)f >> 3;
    return (uint32_t)((at ^ at >> 16 ^ at >> 32) & 0xffff) | 1u;
}

/* A future that is ready but not marked so would be polled, or would release what it holds,
 * again. */
static void poll_check_ready(const edo_future *f) {
    static char text[160]; // static: the process ends with it
    if (edo_future_is_over(f)) return;
    (void)snprintf(text, sizeof text, "future %s returned ready without edo_future_finish()",
                   f->ops->name);
    (void)EDO_MISUSE(true, text);
}

/* The list would wake what comes to lie there. */
static void check_unlinked(const edo_future *f) {
    static char text[160]; // static: the process ends with it
    if (!edoi_linked_within(f, f->ops->size)) return;
    (void)snprintf(text, sizeof text, "future %s returned ready and left a wait of its own linked",
                   f->ops->name);
    (void)EDO_MISUSE(true, text);
}

static void check_pending(const edo_future *f, const edo_cx *cx) {
    static char text[160]; // static: the process ends with it
    if (cx->asked) return;
    (void)snprintf(text, sizeof text,
                   "future %s returned pending and kept no waker: nothing can ever wake it",
                   f->ops->name);
    (void)EDO_MISUSE(true, text);
}

/* The handle of a future that has not begun, and holds no reference yet, was not given up. */
static void check_handle(const edo_future *f) {
    uint32_t kind = f->ops->flags >> EDOI_FUTURE_HANDLE_SHIFT;
    if (kind == 0 || (f->state & EDOI_LIFE_MASK) != EDOI_LIFE_FRESH || edo_future_step(f) != 0)
        return;
    const void *handle;
    memcpy(&handle, f + 1, sizeof handle);
    edoi_handle_begins((edoi_kind)(kind - 1), handle, f->ops->name);
}

void edoi_hold_check(const edo_future *f) {
    if (!edoi_future_is_unmade(f)) check_handle(f);
}

edo_polled edoi_poll_checked(edo_future *f, edo_cx *cx) {
    if (edoi_future_is_unmade(f)) return edo_future_finish(f, -EDO_EMISUSE);
    if (edo_future_is_over(f)) return edoi_poll_over(f);
    uint32_t pin = f->state >> PIN_SHIFT;
    if (pin != 0 && pin != pin_of(f)) {
        static char text[160];
        (void)snprintf(text, sizeof text, "future %s was moved after its first poll", f->ops->name);
        (void)EDO_MISUSE(true, text);
    }
    check_handle(f);
    f->state = (f->state & 0xffffu & ~EDOI_LIFE_MASK) | EDOI_LIFE_POLLED | pin_of(f) << PIN_SHIFT;
    uint32_t asked = cx->asked;
    cx->asked = 0;
    edo_polled polled = f->ops->poll(f, cx);
    if (polled == EDO_PENDING) {
        check_pending(f, cx);
    } else {
        poll_check_ready(f);
        check_unlinked(f);
    }
    cx->asked |= asked;
    return polled;
}

void edoi_deliver_check(void) {
    edoi_held_check("a wake is delivered");
}

static edo_waker *noop_mark(edo_waker *self) {
    (void)self;
    return NULL;
}
static void noop(edo_waker *self) {
    (void)self;
}

edo_waker *edo_waker_noop(void) {
    static const edo_waker_ops ops = { noop_mark, noop, noop, noop };
    static edo_waker waker = { &ops };
    return &waker;
}
