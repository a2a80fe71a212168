/* SPDX-License-Identifier: MIT */
/* edo/test_seq.h: a sequence (edo/seq.h) that is played by a script, for tests of what reads one.
 *
 *     edo_test_seq *sensor;
 *     edo_seq *s;
 *     EDO_TEST_OK(edo_test_seq_new(&sensor, &s, sizeof(int), "sensor"));
 *     edo_test_seq_item(sensor, &(int){ 20 });
 *     edo_test_seq_wait(sensor, edo_s(30)); // no time passes where the clock is paused
 *     edo_test_seq_error(sensor, -EIO);     // an item that failed
 *     edo_test_seq_item(sensor, &(int){ 21 });
 *     edo_test_seq_close(sensor);           // then the end
 *     EDO_TEST_EQ(watch(s), 2);             // the tested function
 *     edo_seq_free(s);                      // fails if steps are left
 *
 * Steps are taken in order, one by each read. A failure names the call that added the step. Without
 * memory for a step, reads that come there return -ENOMEM.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TEST_SEQ_H
#define EDO_TEST_SEQ_H

#include <edo/seq.h>
#include <edo/test.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     30 __FILE__
#endif

EDO_BEGIN_DECLS

/* The steps of a sequence. */
typedef struct edo_test_seq edo_test_seq;

/** Makes a script without steps, and its sequence of items of `item_size` bytes. Failures call it
 * `name`, of at most 31 bytes ("sequence" if NULL). A macro over edo_test_seq_new_at().
 * Owns:    returns new: `*script`, end it with edo_test_seq_close(), before or after the sequence;
 *          `*seq`, end it with edo_seq_free().
 * Errors: -ENOMEM */
#define edo_test_seq_new(script, seq, item_size, name)                                             \
    edo_test_seq_new_at((script), (seq), (item_size), (name), __FILE__, __LINE__)
EDO_MUST_USE EDO_API int edo_test_seq_new_at(edo_test_seq **script, edo_seq **seq, size_t item_size,
                                             const char *name, const char *file, int line);

/** Adds a step: one read gets this item. A macro over edo_test_seq_item_at().
 * Owns:    copies the bytes of `*item`, and releases nothing; `item` may be NULL where items have no
 *          bytes. */
#define edo_test_seq_item(script, item) edo_test_seq_item_at((script), (item), __FILE__, __LINE__)
EDO_API void edo_test_seq_item_at(edo_test_seq *script, const void *item, const char *file,
                                  int line);

/** Adds a step: for `d` there is no item, counted from the first read that comes to the step. It
 * runs on when that read is cut short. Reads that wait there need a runtime. A macro over
 * edo_test_seq_wait_at(). */
#define edo_test_seq_wait(script, d) edo_test_seq_wait_at((script), (d), __FILE__, __LINE__)
EDO_API void edo_test_seq_wait_at(edo_test_seq *script, edo_duration d, const char *file, int line);

/** Adds a step: one read fails with `code`, as -EIO. The script goes on. A macro over
 * edo_test_seq_error_at(). */
#define edo_test_seq_error(script, code) edo_test_seq_error_at((script), (code), __FILE__, __LINE__)
EDO_API void edo_test_seq_error_at(edo_test_seq *script, int code, const char *file, int line);

/** Ends the script: after its last step the sequence ends. Until then reads wait there for further
 * steps. If the sequence was freed with steps left, or they were added after that, it is a failure:
 * here, or in the free of the sequence if that comes later. Waits that are left are no failure by
 * themselves. NULL is allowed.
 * Owns: takes `script`.   Threads: any, once. */
EDO_API void edo_test_seq_close(edo_test_seq *script);

EDO_END_DECLS

#endif
