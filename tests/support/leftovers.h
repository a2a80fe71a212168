/* SPDX-License-Identifier: MIT */
/* support/leftovers.h: after each test no descriptor, thread, child and mapping of it is left.
 *
 * leftovers.c takes the place of cmocka's runner in every test program: it lists them before each
 * test's setup and again after its teardown. A test that leaves something fails, with the names of
 * what is left. A test that has to leave something says so:
 *
 *     leaves(LEFT_THREADS, "the thread hangs for ever: that is the case under test"); */
#ifndef EDO_TESTS_LEFTOVERS_H
#define EDO_TESTS_LEFTOVERS_H

#define LEFT_DESCRIPTORS 1u
#define LEFT_THREADS     2u
#define LEFT_CHILDREN    4u
#define LEFT_MAPPINGS    8u

#ifdef EDO_TEST_LEFTOVERS
/* The running test may leave things of these kinds. In its body, setup or teardown; any thread. */
void leaves(unsigned kinds, const char *why);
#else // a cross build, which has no runner to replace
static inline void leaves(unsigned kinds, const char *why) {
    (void)kinds, (void)why;
}
#endif

#endif
