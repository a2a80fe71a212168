/* SPDX-License-Identifier: MIT */
/* edo/history.h: what clients have asked of registers, and whether it can have been so.
 *
 *     int64_t op = edo_history_write(h, EDO_STR("x"), EDO_STR("1")); // before it is asked
 *     err = put(s, "x", "1");
 *     if (err == 0) edo_history_done(h, op);                         // else nobody knows
 *     ...
 *     err = edo_history_check(h); // at the end
 *
 * A register has a value, which is written, read, and swapped for another one if it is what was
 * expected. Its history is linearisable if there is one order of all operations in which each has
 * the result that it had, and in which one that had ended before another began comes before it:
 * Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects" (1990). It
 * is what a client expects of a store that has several copies: who reads what was confirmed never
 * reads an older value afterwards.
 *
 * An operation whose end nobody has heard of, since its reply was lost, may have happened at any
 * time since its begin, or not at all.
 *
 * Each register is looked at alone, as a linearisable whole is one of linearisable parts. The
 * search is that of Wing and Gong, with the states that it has seen (Lowe, "Testing for
 * linearizability", 2017). What it takes grows steeply with the operations that are under way at
 * once; those that nobody knows the end of count as under way for good. Of a thousand operations of
 * a register it takes some milliseconds.
 *
 * Not in edo/edo.h: programs do not need it.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns, copies texts.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HISTORY_H
#define EDO_HISTORY_H

#include <edo/str.h>

#include <stdio.h>

EDO_BEGIN_DECLS

typedef struct edo_history edo_history;

/** Makes an empty history, in which no register has a value.
 *
 * NULL without memory.
 * Owns:    returns new: edo_history_free(). */
EDO_MUST_USE EDO_API edo_history *edo_history_new(void);

/** Frees a history. NULL is allowed. */
EDO_API void edo_history_free(edo_history *h);

/** Notes that somebody begins to ask for the value of the register `name`; to write one, where `{
 * NULL, 0 }` is none, as of what is deleted; or to write one if `expected` is there.
 *
 * Returns the number of the operation, from 1 on, in the order of begins.
 * Errors:  -ENOMEM  which the functions below take for a number, and do nothing */
EDO_API int64_t edo_history_read(edo_history *h, edo_str name);
EDO_API int64_t edo_history_write(edo_history *h, edo_str name, edo_str value);
EDO_API int64_t edo_history_swap(edo_history *h, edo_str name, edo_str expected, edo_str value);

/** Notes that a write or a swap, or a read, has ended well; of a read, with that value (`{ NULL, 0
 * }`: none). Of another kind, or one that has ended, neither notes anything.
 * Errors:  of a value: -ENOMEM  the read counts as one whose end nobody knows */
EDO_API void edo_history_done(edo_history *h, int64_t op);
EDO_API int edo_history_got(edo_history *h, int64_t op, edo_str value);

/** Notes that an operation has certainly not happened; of a swap, since another value was there. Of
 * one whose reply was lost it is not called. */
EDO_API void edo_history_refused(edo_history *h, int64_t op);

/** Looks for an order that explains all that was noted, which may go on afterwards.
 * Errors:  -EPROTO  there is none; the trail names the register, and an operation that fits nowhere
 *          -E2BIG   none was found among the states that fit into 1 GiB: too much was under way at
 *                   once, or in all: 10,000 operations of a register are none too many; the trail
 *                   names it
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_history_check(edo_history *h);

/** Prints the history of a register: a line for each operation, with the moments at which it began
 * and ended, counted over all operations.
 * Errors:  -ENOENT  no such register; -EIO */
EDO_API int edo_history_print(edo_history *h, edo_str name, FILE *to);

EDO_END_DECLS

#endif
