/* SPDX-License-Identifier: MIT */
/* edo/dump.h: text dumps of all tasks, made inside the program, to find out why it hangs, and of
 * what is open, to find out what it gathers: by a call, by a signal, as SIGQUIT in edo_main(), or
 * as routes, by edo_dump_routes() of edo/web.h. A program with runtimes of its own asks for the
 * signal by edo_dump_on_signal() of edo/runtime.h.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_DUMP_H
#define EDO_DUMP_H

#include <edo/runtime.h>

#include <stdio.h>

EDO_BEGIN_DECLS

/** Writes every task of every runtime of the process to `out`: name, state, age, what it waits for
 * and for how long, and the stack of each waiting fiber. Tasks of the same name, state and stack
 * that wait for the same are shown once, with their number, the range of their times, and the
 * address of one of them. They are gathered first: with more than 128 kinds of tasks a kind may be
 * shown more than once. In a stack the functions of edo that the program has not called itself are
 * left out; "... 12 of edo" is their number.
 *
 * A stack lists the fiber's functions, with names from the symbol table of the program, those of
 * `static` functions too, and lines if it was built with -g. A stripped program or library shows
 * the names that it exports (-rdynamic). Names and lines, and the stacks of threads that wait, are
 * found by elfutils' libdw; where it is not installed there are program and offset, and a command
 * for addr2line. Running tasks are named with their worker. If the worker's thread waits in the
 * kernel, its call and stack are shown, and the call is not disturbed. If it computes, its stack
 * is shown after edo_stacks_by_signal(). No thread is stopped: running tasks are tried again for
 * at most 250 ms in all, and then listed without a stack. Each task is shown as of its own moment,
 * not all as of one moment.
 *
 * Where the flight recorder is on (edo/recorder.h), a task that is shown alone has a line of its
 * last events: four at most, of the last 4,096 of each ring.
 *
 * Behind the tasks stand the locks that are held, where they are watched (edo/locks.h), and what
 * edo_dump_open() writes, without the tasks.
 *
 * Ages and times are unknown if the clock was paused from the start. With `sched_hist` or
 * `task_monitors` of edo_runtime_opts only tasks that have a monitor show their age: for others the
 * time of the last wake is kept in its place.
 * Owns: borrows `out`; writing to it must not await.
 * Errors: those of `out`, see ferror(); the dump ends soon after the first one.
 * Threads: any, in tasks and outside, whichever thread drives the runtimes; not in a signal
 *          handler.
 * Waits:   for the writing, as fprintf(), and for another dump. A call that begins or ends a
 *          runtime waits for the dump: a pipe that is not read holds up both.
 * Limits:  dumps run one after another. The watchdog, and every thread that ends a runtime, wait
 *          for a dump too: for these 250 ms at most, for computing threads that get no CPU time
 *          (100 ms each, see edo_stacks_by_signal()), for names (5 s, if a thread hangs in malloc()
 *          or dlopen()), and for `out`. In debug builds the exit of the process waits for 100 ms.
 */
EDO_API void edo_dump_tasks(FILE *out);

/* The forms of edo_dump_open(). */
typedef enum edo_dump_form {
    EDO_DUMP_TEXT, /* a line for each kind of object */
    EDO_DUMP_JSON, /* one object: `pid`, `at_ms` of the monotonic clock, `rows`, and `rest`, the
                      number of objects for which there was no row */
} edo_dump_form;

/** Writes what is open in the process to `out`, as numbers, by kind and by what made it: tasks by
 * where they were spawned, and what they wait for since when, descriptors by the task that has
 * opened them, files by the call, timers, channels by where they were made or by their names, with
 * their values and who waits there, objects of pools with who has them since when, connections of
 * servers with what they wait for, and of clients by host. Two of these a while apart show what
 * grows, which `edo look` does.
 *
 *     1,000 x task echo at echo.c:31
 *     998 x wait of echo at echo.c:31, edo_read, for up to 40.2 s
 *     1,001 x descriptor opened by edo_main, TCP
 *     1 x mpsc made at room.c:40, 5,210 values
 *
 * In release builds too. It costs nothing until it is called, but for what is made: 8 bytes for a
 * descriptor, 32 for a channel or file, and some nanoseconds for each. Nothing is stopped: each
 * number is of its own moment, and called in a task it leaves out up to eight waits, those that
 * have begun last on its worker. An object of JSON has `n`, `kind`, and where they are known
 * `name`, `state`, `values`, of one that has a `limit` the `most`, `waiting` and `age_ms`, that of
 * the oldest.
 * Owns: borrows `out`; writing to it must not await.
 * Errors: those of `out`, see ferror().
 * Threads: any, in tasks and outside; not in a signal handler.
 * Waits:   as edo_dump_tasks(). With 100,000 descriptors it takes some 50 ms.
 * Limits:  384 rows, of which eight are of each kind and 256 of any; 100,000 channels, pools,
 *          servers and clients; of one server the connections that came last, 100,000. */
EDO_API void edo_dump_open(FILE *out, edo_dump_form form);

/** Looks at the process for `between` (0: 2 s), again and again, and writes what is wrong to `out`,
 * each with the stacks of its tasks:
 *
 *     a worker that was in one poll at all looks: its task computes, or waits in the kernel
 *     tasks that were runnable at all looks, at a worker whose polls are long
 *     deadlocks, as edo/locks.h has them
 *     locks for which tasks wait since before the first look, and who has them
 *     waits that nobody can end, since the future kept no waker
 *     tasks, descriptors and values in channels that only become more
 *
 *     fault: chop at kitchen.c:40 has kept worker 0 of runtime edo for 2.0 s or longer …
 *     1 fault in 2.0 s
 *
 * What it names was so at each look, so a busy program has none of these. Deadlocks, holders of
 * locks, and waits without a waker are known where locks are watched: EDO_WATCH=locks. `edo look
 * PID` does this from outside, to any program of edo_main().
 * Owns: borrows `out`; writing to it must not await.
 * Returns: how many faults it has told.
 * Errors:  -EINVAL  `between` is less than 100 ms, or more than ten minutes
 *          -ECANCELED  in a job whose result nobody wants any more, as edo_blocking_cancelled()
 *                      says; nothing was written
 * Threads: any but those of workers, of which it would be the fault: edo_blocking() has one.
 * Waits:   for `between`, and as edo_dump_tasks().
 * Limits:  256 workers, and 64 runnable tasks, are followed; 32 locks and 256 kinds of objects. */
EDO_MUST_USE EDO_API int edo_dump_faults(FILE *out, edo_duration between);

/** Sets how often the program looks at what is open, and tells what only grows: once, as an event
 * of the log (target "growth", level WARN) with `kind`, `name`, and its numbers, counted as
 * edo.growth.reports, by edo_metrics_add_process(). So a queue that is too slow, tasks that are
 * left behind, and descriptors that are not closed are named with where they come from.
 *
 * What goes up and down with the load is not told: of each ten looks the least number counts, as
 * that of the quietest moment. It is told when it has grown seven times in a row, and doubled; and
 * so is, for what leaks slowly, the least of 1440 looks, which are a day, when it has grown three
 * times in a row, and by a half in a week. Both only if it is above all such numbers before: a
 * morning that is steeper than that is told on the first day at most. What has not grown since may
 * be told again.
 *
 * A program of edo_main() does so each minute, if it dumps on SIGQUIT: a thread that is there for
 * that looks, and costs what edo_dump_open() does, without a call for each descriptor. 0 is a
 * minute in any other program, too; negative ends it, as the environment does: EDO_GROWTH=0. Less
 * than a second is a second.
 * Errors:  -EAGAIN  no thread can be made for it
 * Threads: any, at once.   Waits: never.
 * Limits:  768 numbers are remembered, and 32 told at a look. Less than ten more is not told, nor
 *          is what leaks by less than a fifteenth of what is there at night in a day. */
EDO_MUST_USE EDO_API int edo_dump_growth(edo_duration every);

/** Lets the watchdog and dumps show the stack of a worker that computes in the middle of a poll: a
 * handler of `signo` records it. edo_main() does this with SIGURG if the program does not use that
 * signal.
 *
 * The signal is sent to a thread that was reported or is being dumped, by a timer of that thread's
 * CPU time: so it comes only while the thread runs. It is handled with SA_RESTART. A thread that
 * waits in a system call gets no signal: its stack is read from outside, without this function. On
 * Linux before 5.11 a system call that begins just when the timer expires may fail with EINTR, if
 * it is one that is never restarted, such as nanosleep(). If the program later sets a handler of
 * its own no signal is sent any more. A child made by fork() treats the signal as before, until it
 * calls this function itself.
 * Errors:  -EBUSY  the signal is in use, or another one was set before; -EINVAL  it cannot be
 *          caught
 * Threads: any, at once.   Waits: never. */
EDO_MUST_USE EDO_API int edo_stacks_by_signal(int signo);

EDO_END_DECLS

#endif
