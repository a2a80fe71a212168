/* SPDX-License-Identifier: MIT */
/* What memory calls of the runtime, for programs of fibers without one. */
void edo_no_await_begin(void);
void edo_no_await_end(void);

void edo_no_await_begin(void) {}

void edo_no_await_end(void) {}
