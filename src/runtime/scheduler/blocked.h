/* SPDX-License-Identifier: MIT */
/* runtime/scheduler/blocked.h: notes that a fiber waits for a lock, a task or a scope, and reports
 * the wait that closes a deadlock; and the locks that a task still holds when it ends. */
#ifndef EDOI_RUNTIME_SCHEDULER_BLOCKED_H
#define EDOI_RUNTIME_SCHEDULER_BLOCKED_H

#include "locks/holders.h"
#include "locks/waits.h"
#include "runtime/task/fiber_task.h"

/* What to do with a report. Any thread, inside a poll, with no lock held. */
typedef struct edoi_blocked_reports {
    void (*deadlock)(const edoi_cycle *c);
    void (*ended)(const void *lock, const edoi_holder *holder);
    void (*lasting)(const edoi_lasting *l, uint32_t now);
    void (*standing)(const edoi_standing *s);
    void (*all_wait)(uint64_t tasks_n);
    bool (*jobs)(int64_t now_ns); /* do jobs for blocking calls wait for a thread? */
    void (*held)(const void *lock, const edoi_holder *holder, uint32_t now);
    void (*unnoted)(uint64_t waits_n); /* so many have found no room in the table; once */
} edoi_blocked_reports;

/* Reports waits for locks that have lasted, by the monotonic clock. The watchdog's thread, about
 * once a second. */
void edoi_blocked_look(int64_t now_ns);

/* All tasks wait, and edo knows of nothing that can wake one. The watchdog's thread. */
void edoi_blocked_all_wait(uint64_t tasks_n);

/* Reports jobs for blocking calls that wait while none begins. Returns whether any waits. As
 * above. */
bool edoi_blocked_jobs_look(int64_t now_ns);

/* Is there something to look at? */
bool edoi_blocked_any(void);

/* For how long a holder may keep others, and may hold a lock that nobody waits for (0: for ever).
 * Any thread. */
void edoi_blocked_held_set(int64_t ns, int64_t alone_ns);

/* Connects src/locks with the runtime. `reports` lives as long as the program. */
void edoi_blocked_install(const edoi_blocked_reports *reports);

/* The task of that number in a wait or holder. */
EDOI_INLINE const edo_task *edoi_blocked_task_of(uint64_t who) {
    return (const edo_task *)(uintptr_t)(who & ~UINT64_C(1));
}

/* The running fiber is about to wait for `f`, which is pending, and EDOI_LOCKS_WAITS are noted.
 * True: it must not, since the wait would close a deadlock, and the program wants such waits to
 * fail. */
bool edoi_blocked_note(edoi_fiber_task *self, const edo_future *f);

/* The wait of `self` has ended. */
void edoi_blocked_forget(edoi_fiber_task *self);

/* Is the wait of `self` to fail, as a later look has found that it closes a deadlock? */
bool edoi_blocked_is_to_fail(edoi_fiber_task *self);

/* The fiber ends and still holds locks. */
void edoi_blocked_ended(edoi_fiber_task *self);

/* The fiber was abandoned: it waits no more, and gives nothing back. */
void edoi_blocked_abandoned(edoi_fiber_task *self);

/* The state machine `t` has ended. */
void edoi_blocked_machine_is_over(const edo_task *t);

EDOI_INLINE void edoi_blocked_machine_ended(const edo_task *t) {
    if (EDOI_UNLIKELY(EDOI_LOCKS_NOTES(EDOI_LOCKS_HOLDERS))) edoi_blocked_machine_is_over(t);
}

/* `self` was polled and waits on: must it not? True: as edoi_blocked_note(). */
EDOI_INLINE bool edoi_blocked_fails(edoi_fiber_task *self) {
    return EDOI_UNLIKELY(self->is_noted) && EDOI_LOCKS_NOTES(EDOI_LOCKS_FAIL) &&
           edoi_blocked_is_to_fail(self);
}

/* The wait of `self` has ended, if it had begun. */
EDOI_INLINE void edoi_blocked_end(edoi_fiber_task *self) {
    if (EDOI_UNLIKELY(self->is_noted)) edoi_blocked_forget(self);
}

#endif
