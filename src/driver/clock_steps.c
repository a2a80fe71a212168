/* SPDX-License-Identifier: MIT */
/* driver/clock_steps.c: see clock_steps.h; on Linux' timerfd.
 *
 * The timer itself is far away, and if it ever fires, sleepers look at the clock once more: how
 * long a sleep lasts is the wheel's affair, as the wall clock and the monotonic one run equally
 * fast between two steps, also while they are slewed.
 * The kernel makes the descriptor readable at each step, and when the machine resumes; each time is
 * a new edge. It is read only so that it is not readable for good: an event would come each time
 * that the source moves to another worker's driver, and wake all sleepers, of whom the first to run
 * may be one that moves it again. A read may take along a step of which no event has come, so who
 * reads tells the others. */
#include "driver/clock_steps.h"

#include "base/fork.h"
#include "base/lock.h"
#include "base/memory/alloc.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

static edoi_lock steps_mu = EDOI_LOCK_INIT; /* leaf */
static edoi_clock_steps *all_steps;         /* lock: steps_mu; one for each `of` */

/* The parent's sleepers do not go on here. Their descriptors are closed, the rest stays: a future
 * of the parent's may hold it. */
static void clock_steps_begin_child(void) {
    for (const edoi_clock_steps *s = all_steps; s; s = s->next)
        (void)close(edoi_source_fd(s->source));
    all_steps = NULL;
}

EDOI_ON_FORK(.lock = &steps_mu, .child = clock_steps_begin_child);

/* Errors: the kernel's. */
static int open_timer(void) {
    static const struct itimerspec far = { .it_value.tv_sec = INT32_MAX };
    int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0) return -errno;
    int flags = TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET;
    // ECANCELED: a step came just now; the timer is set, and the clock is read after this
    if (timerfd_settime(fd, flags, &far, NULL) == 0 || errno == ECANCELED) return fd;
    int err = -errno;
    (void)close(fd);
    return err;
}

static edoi_clock_steps *clock_steps_make(const void *of) {
    edoi_clock_steps *s = (edoi_clock_steps *)edoi_alloc(sizeof *s);
    if (!s) return NULL;
    *s = (edoi_clock_steps){ .of = of, .users_n = 1 };
    int fd = open_timer();
    if (fd >= 0 && edoi_source_new(&s->source, fd) == 0) return s;
    if (fd >= 0) (void)close(fd);
    edoi_free(s);
    return NULL;
}

static void clock_steps_free(edoi_clock_steps *s) {
    if (!s) return;
    edoi_source_free(s->source);
    edoi_free(s);
}

/* Called with the lock held: shares the object of `of`; NULL: there is none. */
static edoi_clock_steps *clock_steps_find(const void *of) {
    edoi_clock_steps *s = all_steps;
    while (s && s->of != of) s = s->next;
    if (s) s->users_n++;
    return s;
}

edoi_clock_steps *edoi_clock_steps_take(const void *of) {
    edoi_lock_acquire(&steps_mu);
    edoi_clock_steps *s = clock_steps_find(of);
    edoi_lock_release(&steps_mu);
    if (s) return s;
    edoi_clock_steps *made = clock_steps_make(of), *unused = made;
    edoi_lock_acquire(&steps_mu);
    s = clock_steps_find(of); // again: another thread may have made one
    if (!s && made) {
        s = made;
        unused = NULL;
        s->next = all_steps;
        all_steps = s;
    }
    edoi_lock_release(&steps_mu);
    clock_steps_free(unused);
    return s;
}

uint32_t edoi_clock_steps_tick(edoi_clock_steps *s) {
    uint64_t n;
    uint32_t tick = edoi_source_ready(s->source, EDOI_READ);
    // relaxed: a read too many finds nothing, and one too few is made up for after the next event
    if (edoi_load_rlx_u32(&s->read_at) == tick) return tick;
    if (read(edoi_source_fd(s->source), &n, sizeof n) >= 0 || errno == ECANCELED) {
        edoi_source_nudge(s->source, EDOI_READ);
        tick = edoi_source_ready(s->source, EDOI_READ);
    }
    edoi_store_rlx_u32(&s->read_at, tick);
    return tick;
}

void edoi_clock_steps_give(edoi_clock_steps *s) {
    if (!s || edoi_clock_steps_is_inherited(s)) return;
    edoi_lock_acquire(&steps_mu);
    EDO_INV("clock_steps inv. 2", s->users_n > 0);
    bool is_last = --s->users_n == 0;
    if (is_last) {
        edoi_clock_steps **at = &all_steps;
        while (*at != s) at = &(*at)->next;
        *at = s->next;
    }
    edoi_lock_release(&steps_mu);
    if (is_last) clock_steps_free(s);
}

void edoi_clock_steps_tell(const void *of) {
    edoi_lock_acquire(&steps_mu);
    edoi_clock_steps *s = clock_steps_find(of);
    edoi_lock_release(&steps_mu);
    if (!s) return;
    edoi_source_nudge(s->source, EDOI_READ);
    edoi_clock_steps_give(s);
}
