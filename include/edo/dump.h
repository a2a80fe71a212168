/* SPDX-License-Identifier: MIT */
/* edo/dump.h: what all tasks are doing, in text, from inside the program: for the question why it
 * hangs. */
#ifndef EDO_DUMP_H
#define EDO_DUMP_H

#include <edo/runtime.h>

#include <stdio.h>

EDO_BEGIN_DECLS

/**
 * Writes every task of every runtime of the process to `out`: name, state, age, what it waits for
 * and for how long, and the stack of each fiber that waits.
 *
 * A stack is the fiber's own, function by function, with names from the symbol table of the
 * program, those of `static` functions too. A stripped program, or library, shows the names that it
 * exports (-rdynamic); program and offset stand there always, for addr2line. Tasks that run are
 * named with their worker. If its thread waits in the kernel the system call is named, with the
 * stack, and goes on as if nobody had looked; if it computes there is a stack after
 * edo_stacks_by_signal(). Nobody stops meanwhile: tasks that work are asked again for at most 250
 * ms in all, and then listed without a stack. It is a look at each task at its own moment, not at
 * all at one moment.
 *
 * Ages and times are not known where the clock was paused from the start. With `sched_hist` or
 * `task_monitors`, of edo_runtime_opts, only tasks that have a monitor show their age: the time of
 * the last wake stands in its place.
 *
 * Owns:    borrows `out`, whose writing may not await.
 * Errors:  those of `out`, see ferror().
 * Threads: any, in tasks and outside, whoever drives the runtimes; not in a signal handler.
 * Waits:   for the writing, as fprintf(), and for another dump. What begins or ends a runtime waits
 *          for it meanwhile: a pipe that nobody reads holds up both.
 * Limits:  dumps go one after another. The watchdog and whoever ends a runtime, of any thread, wait
 *          for a dump as well: for those 250 ms at most, for threads that compute and get no CPU
 *          time (100 ms each, see edo_stacks_by_signal()), and for `out`. The exit of the process,
 *          in debug builds, waits for 100 ms.
 * Since:   0.1
 */
EDO_API void edo_dump_tasks(FILE *out);

/**
 * From now on `signo` makes a thread of its own write edo_dump_tasks() to standard error: SIGQUIT
 * is the custom, which a terminal sends for Ctrl-\. It stays so until the process ends. The kernel
 * delivers such a signal to one thread, mostly the main thread, and a system call of that thread is
 * interrupted (SA_RESTART). The dump itself interrupts none. A signal has one handler: what is set
 * later, by the program or edo_signal_listen(), takes its place, and another call takes it back. A
 * child made by fork() treats the signal as before the first call.
 *
 * Errors:  -EINVAL  no such signal, or one that cannot be caught; -EAGAIN  no thread
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_dump_on_signal(int signo);

/**
 * Lets the watchdog and dumps see the stack of a worker that computes in the middle of a poll: a
 * handler of `signo` writes it down. edo_main() does this with SIGURG if the program has no use for
 * that.
 *
 * The signal goes to a thread that has been reported or is dumped. A timer of the thread's CPU time
 * sends it, so it comes only while the thread runs, and with SA_RESTART. A thread that waits in a
 * system call gets none: its stack is read from outside, for which this function is not needed. On
 * Linux before 5.11 a call that begins just when the timer goes off may fail with EINTR, if it is
 * one of those that never go on, such as nanosleep(). If the program sets a handler of its own
 * later no signal is sent any more. A child made by fork() treats the signal as before, until it
 * calls this itself.
 *
 * Errors:  -EBUSY  the signal is in use, or another was given before; -EINVAL  it cannot be caught
 * Threads: any, at once.   Waits: never.   Since: 0.1
 */
EDO_API EDO_MUST_USE int edo_stacks_by_signal(int signo);

EDO_END_DECLS

#endif
