/* SPDX-License-Identifier: MIT */
/* edo/seq_generate.h: a sequence of what a function emits in a loop, and awaits whatever it likes
 * between.
 *
 *     static int pages(void *arg, edo_emitter *e) {
 *         page p = { .number = 1 };
 *         int err;
 *         while ((err = page_fetch(arg, &p)) == 0 && p.entries_n > 0) {
 *             err = edo_emit(e, &p);
 *             if (err < 0) break;                       // the sequence was freed
 *             p.number++;
 *         }
 *         return err;
 *     }
 *
 *     edo_seq *s = edo_seq_generate(sizeof(page), pages, site);
 *     page p;
 *     int rc;
 *     while ((rc = edo_seq_next(s, &p)) == 1) use(&p);
 *     int err = edo_seq_shutdown(s);       // rc: 0 the end, or what pages() has failed with
 *
 * The function is a task of its own, in a fiber, that begins with the first read. It runs only
 * while an item is wanted: edo_emit() returns when the item was read and the next one is asked for.
 * So an item may lie in the function's frame, and nothing is made that nobody asks for.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_SEQ_GENERATE_H
#define EDO_SEQ_GENERATE_H

#include <edo/seq.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     37 __FILE__
#endif

EDO_BEGIN_DECLS

/* Where a generator's function puts its items. Valid until the function returns. */
typedef struct edo_emitter edo_emitter;

/* The function of a generator. Its end is that of the sequence; a negative code is first an item
 * that failed, with its trail. */
typedef int edo_generate_fn(void *arg, edo_emitter *e);

/* edo_seq_generate(item_size, fn, arg): the items of `item_size` bytes that `fn(arg, e)` emits. A
 * macro over edo_seq_generate_at(). */
#define edo_seq_generate(item_size, fn, ...)                                                       \
    edo_seq_generate_at((item_size), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** The function behind edo_seq_generate(); `site` is a string literal "fn at file:line", which
 * names the task.
 *
 * The first read starts the task, in the reader's runtime; a sequence that is never read never
 * calls `fn`. The task inherits what a task of edo_spawn() does: so neither the limits nor the
 * tokens around a read are the function's. A read that is cut short leaves it as it is: it goes on
 * to its next edo_emit(), whose item stays for the next read. Where the function is to have a limit
 * it begins one itself.
 *
 * Ended early, the sequence cancels the task: edo_emit() and every other await of the function fail
 * with -ECANCELED, and what it has to await for its cleanup it does in a shield (edo/scope.h).
 * edo_seq_shutdown() waits for its end, edo_seq_free() does not.
 * Owns:    returns new: edo_seq_shutdown(), or edo_seq_free(). Borrows `arg` until the function has
 *          returned.
 * Errors:  NULL without memory. Reading:
 *          -ENOMEM, -EDO_ECLOSED, -EDO_ENORUNTIME  the task could not be started; a further read
 *                         tries again
 *          -ECANCELED     also if the end of the runtime cancelled the task
 *          -EDO_EFORKED   the task belongs to the process that forked; then the sequence ends
 *          any other      what `fn` has returned; then the sequence ends
 * Threads: any; `fn` is called in a task of the reader's runtime. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_generate_at(size_t item_size, edo_generate_fn *fn, void *arg,
                                                  const char *site);

/** Gives `item` to the reader and waits until it was read and the next item is wanted. `item` may
 * be NULL for an `item_size` of 0.
 *
 * 0 says that the item was read; a negative code, that it was not and never will be, so that what
 * it owns is still the caller's. So a call that is cut short when its item was read, before the
 * next one is asked for, returns 0, and the next await fails.
 *
 * Once it has returned -ECANCELED because the sequence was freed or the task cancelled, another
 * call is misuse: it is refused, also in a shield, and the function is to return. After a limit or
 * token of its own the function may emit again.
 * Owns:    borrows `item` until it returns.
 * Errors:  -ECANCELED    the sequence was freed, this task was cancelled, or a limit around the
 *                        call passed: the item was not read
 *          -EDO_EMISUSE  it has returned -ECANCELED before; or two of these wait at once
 * Cancel: safe.   Threads: the generator's task.   Waits: for the reader. */
EDO_MUST_USE EDO_API int edo_emit(edo_emitter *e, const void *item);

EDO_END_DECLS

#endif
