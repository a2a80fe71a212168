/* SPDX-License-Identifier: MIT */
/* support/leftovers.h: after each test no descriptor, thread, child, timer, fiber and mapping of it
 * is left.
 *
 * leftovers.c takes the place of cmocka's runner in every test program: it looks what there is
 * before each test's setup and again after its teardown. A test that leaves something fails, with
 * the names of what is left. A test that has to leave something says so:
 *
 *     may_leave(LEFT_THREADS, 1, "the thread hangs for ever: that is the case under test");
 *
 * A descriptor whose number now names another thing is left, unless both things have one text in
 * /proc/self/fd, as two eventfds have. Mappings are those that the program makes itself, by calls
 * of mmap() in edo or in the test, without the stacks of fibers: those stay mapped for the next
 * fibers. /proc/self/maps would show libc's, too, of threads and of its heap, which come and go as
 * libc likes; that memory is checked by the address sanitizer. */
#ifndef EDO_TESTS_LEFTOVERS_H
#define EDO_TESTS_LEFTOVERS_H

typedef enum leftover {
    LEFT_DESCRIPTORS,
    LEFT_THREADS,
    LEFT_CHILDREN,
    LEFT_TIMERS,   /* that were armed when their runtime or thread ended */
    LEFT_FIBERS,   /* that have a stack */
    LEFT_MAPPINGS, /* in pages */
    LEFTOVERS_N,
} leftover;

/* Pages of a runtime's tasks: it keeps them while it lives, or has abandoned one of them. */
#define PAGES_OF_RUNTIME 160

#define HUB_STAYS "the descriptor of the process' signal handler stays"

#ifdef EDO_TEST_LEFTOVERS
/* The running test may leave `n` things of this kind, or fewer. In its body, setup or teardown; any
 * thread. */
void may_leave(leftover what, unsigned n, const char *why);

/* How long things that are about to end, as a thread that was joined, have for it. */
extern int leftovers_wait_ms;
#else // a cross build, which has no runner to replace
static inline void may_leave(leftover what, unsigned n, const char *why) {
    (void)what, (void)n, (void)why;
}
#endif

#endif
