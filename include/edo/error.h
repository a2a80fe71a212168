/* SPDX-License-Identifier: MIT */
/* edo/error.h: negative codes, their texts, and the trail: lines of context for an error.
 *
 * Success is 0: a function that does something, all or nothing, returns 0, or a negative code:
 * -errno where the kernel has one, -EDO_E… where it has none. So steps follow each other as
 *
 *     if (err == 0) err = edo_write_all(s, text, n);
 *
 * More than 0 is returned only as what the call was asked for: how much was done where a part is a
 * success (edo_read(), edo_write(), edo_udp_send_many()), a length (edo_read_line()), an index
 * (edo_select()), whether there was one more (edo_seq_next()), the status of a program. A count
 * beside success comes by an output argument (edo_copy()).
 *
 * edo_fail() adds a line of context on the way up. The trail belongs to the task and moves to what
 * waits for its end: a task or thread that joins it, or that awaits a job of a pool. In a state
 * machine lines last for one poll: those of the poll that fails move on.
 *
 * A trail belongs to the error that is being returned. A call of edo that succeeds leaves the trail
 * as it was, whatever failed in it. What fails between edo_shield_begin() and edo_shield_end(), in
 * a cleanup, has a trail of its own, and after the shield the error before it has its lines again.
 * Outside shields the last two errors of different codes keep their lines, and a line with the code
 * of one of them is added to that. If a program makes up for a failure by itself, and goes on, it
 * calls edo_trail_clear(), or the next failure with the same code would continue the story.
 *
 * Unless a function says otherwise:
 * Threads: any; the trail belongs to the calling fiber or thread.   Waits: never.   Since: 0.1 */
#ifndef EDO_ERROR_H
#define EDO_ERROR_H

#include <edo/base.h>

#include <errno.h> /* codes are negative errno values: -ECANCELED, -ENOMEM, … */
#include <stdio.h>

EDO_BEGIN_DECLS

/* edo's own codes, above any errno: X(name, value, text). */
#define EDO_ERRORS(X)                                                                              \
    X(EDO_EMISUSE, 4096, "the caller broke the contract of the call")                              \
    X(EDO_ECLOSED, 4097, "the other end, or this end, is closed")                                  \
    X(EDO_EEOF, 4098, "the stream ended before everything was read")                               \
    X(EDO_ELAGGED, 4099, "the receiver was too slow and missed messages")                          \
    X(EDO_ENOBRANCH, 4100, "no branch of the select, or delay of the queue, is left")              \
    X(EDO_ENORUNTIME, 4101, "this needs a runtime, and none is there")                             \
    X(EDO_ETOOLONG, 4102, "the input is longer than the given limit")                              \
    X(EDO_EFORKED, 4103, "this belongs to the process that forked, not to its child")              \
    X(EDO_EVALUE, 4104, "a value is not as its description demands")                               \
    X(EDO_EJSON, 4105, "the JSON is not valid")                                                    \
    X(EDO_EROUTECONFLICT, 4106, "two routes match the same requests")                              \
    X(EDO_ECIRCUITOPEN, 4109, "refused: the circuit breaker is open")                              \
    X(EDO_ERATELIMITED, 4110, "the rate limit does not let this pass now")                         \
    X(EDO_EOVERLOADED, 4111, "refused: too many calls are under way")                              \
    X(EDO_ETLS, 4112, "the TLS connection failed")                                                 \
    X(EDO_ECERT, 4113, "a certificate is not trusted, or cannot be used")                          \
    X(EDO_ETRUNCATED, 4114, "the input ended without a farewell: bytes may be missing")            \
    X(EDO_ESTATUS, 4115, "the server responded with a status that is a failure")                   \
    X(EDO_EPROTOBUF, 4116, "the protobuf message is not valid")                                    \
    X(EDO_ENOROW, 4117, "the query has no row")                                                    \
    X(EDO_ESQL, 4118, "the database refused")                                                      \
    X(EDO_EREDIS, 4119, "Redis has refused the command")

#define EDOI_ERROR_ENUM(name, value, text) name = value,
enum { EDO_ERRORS(EDOI_ERROR_ENUM) EDO_ERROR_USER = 8192 /* first code of application domains */ };
#undef EDOI_ERROR_ENUM

/** Names a code in words: an errno, one of edo's, or one of a registered domain.
 *
 * `code` may be given as it was returned (negative) or positive. 0 is "success".
 * Owns:    returns a static string, or one of the domain's.
 * Errors: an unknown code is returned with "unknown error".   Threads: any, at once. */
EDO_API const char *edo_strerror(int code);

/** Names a code as the source spells it ("EDO_ECLOSED", "ENOENT"), without its sign; 0 is "0". The
 * result is never NULL, so that any result of a call can be printed.
 * Owns:    returns a static string, or one of the domain's.
 * Errors: an unknown code is named "unknown error".   Threads: any, at once. */
EDO_API const char *edo_error_name(int code);

/* One code of an application: `code` is positive, at least EDO_ERROR_USER. */
typedef struct edo_error_code {
    int code;
    const char *name, *text;
} edo_error_code;

/* An application's own codes. You place it; it must live as long as the program. */
typedef struct edo_error_domain {
    const char *name;
    const edo_error_code *codes;
    size_t codes_n;
    const struct edo_error_domain *next; /* edo's */
} edo_error_domain;

/** Makes the codes of `domain` known to edo_strerror(), edo_error_name() and the trail.
 * Owns:    borrows `domain` for the life of the program.
 * Errors:  -EINVAL  a code is below EDO_ERROR_USER
 *          -EEXIST  a code is taken by a domain that was registered before
 * Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_error_domain_register(edo_error_domain *domain);

/* One line of a trail. */
typedef struct edo_trail_entry {
    int code;            /* negative, as it was returned */
    uint32_t line;       /* of `file` */
    const char *file;    /* that of the edo_fail() call */
    const char *task;    /* spawn site of the task that added the line; NULL: a plain thread */
    const char *span;    /* name of the innermost span of edo/span.h there; NULL: none */
    const void *payload; /* of edo_fail_with(); NULL if there is none; lives as long as the trail */
    size_t payload_bytes;
    const char *text;
} edo_trail_entry;

/* Called for one entry; anything but 0 ends the walk and is returned. */
typedef int edo_trail_fn(void *arg, const edo_trail_entry *entry);

#define EDO_TRAIL_LINES_MAX 8   /* of more lines the first and the newest are kept */
#define EDO_TRAIL_TEXT_MAX  160 /* bytes of a text, with its NUL; longer ones end with an ellipsis */

/** Adds a line of context to the error `err` of this task and returns `err`.
 *
 * A line with the code of the previous line, or of the error before that, continues its trail; a
 * different code begins a new trail. Without memory the text is lost and the code is kept. A macro
 * over edo_fail_at().
 * Owns:    copies the text.
 * Errors:  returns `err` in every case; 0 or a positive `err` is returned untouched. */
#define edo_fail(err, ...) edo_fail_at((err), __FILE__, __LINE__, NULL, 0, __VA_ARGS__)

/** As edo_fail(); it also keeps a copy of `*payload` (256 bytes at most) for edo_trail_find().
 * Owns:    copies the payload and the text.
 * Errors:  as edo_fail(); a payload that is too large is left out. */
#define edo_fail_with(err, payload, ...)                                                           \
    edo_fail_at((err), __FILE__, __LINE__, (payload), sizeof *(payload), __VA_ARGS__)

/** The function behind edo_fail() and edo_fail_with().
 * Owns: copies text and payload; `file` is a string literal.   Errors: returns `err`. */
EDO_API int edo_fail_at(int err, const char *file, uint32_t line, const void *payload,
                        size_t payload_bytes, const char *format, ...) EDO_PRINTF(6, 7);

/** Finds the newest line of `code` (negative) with a payload in this task's trail, or the newest
 * line of `code` if none has a payload.
 * Owns:    borrows from the trail: valid until the next edo_fail() or edo_trail_clear() here.
 * Errors:  NULL if there is none. */
EDO_API const edo_trail_entry *edo_trail_find(int code);

/** Calls `fn` for each line of the trail of this task's last error, the newest (outermost) first.
 * Owns:    entries are borrowed until `fn` returns; `fn` must not change the trail.
 * Errors:  returns the first value of `fn` that is not 0, else 0. */
EDO_API int edo_trail_each(edo_trail_fn *fn, void *arg);

/* ---- More than one failure ------------------------------------------------------------------- */

/* A scope (edo/scope.h) returns its first failure. Those of its other children stay beside it: they
 * go with its trail, and edo_trail_print() tells them behind it. The latest eight have their lines;
 * of older ones only the number is kept. */
#define EDO_TRAIL_FAILURES_MAX 8

/* One of them. */
typedef struct edo_trail_failure {
    int code;         /* negative, as it was returned */
    const char *task; /* spawn site or name of the child; NULL: not a child's, or not known */
} edo_trail_failure;

/* Called for one failure; anything but 0 ends the walk and is returned. */
typedef int edo_trail_failure_fn(void *arg, const edo_trail_failure *failure);

/** Calls `fn` for each failure that the error `err` of this task stands for: itself, then those
 * beside it, the oldest first. While `fn` runs, the task's trail is that of this failure alone, for
 * edo_trail_print(), edo_trail_find() and edo_trail_each(); what `fn` adds to it is lost.
 * Owns:    `failure` is borrowed until `fn` returns.
 * Errors:  returns the first value of `fn` that is not 0, else 0; 0 without a call if `err` is no
 *          error. */
EDO_API int edo_trail_each_failure(int err, edo_trail_failure_fn *fn, void *arg);

/** Returns how many failures the error `err` of this task stands for: those that
 * edo_trail_each_failure() tells, and those of which only the number was kept. 0 if `err` is no
 * error; without memory for those beside it 1.
 * Errors: none. */
EDO_API size_t edo_trail_failures_n(int err);

/* ---- Printing -------------------------------------------------------------------------------- */

/* Forms of edo_trail_print() and edo_trail_print_text(). Control bytes and invalid UTF-8 in the
 * texts are escaped. The code comes with its text; after one of edo's own time limits
 * (edo/scope.h, edo_timeout()) with "limit of 700 ms passed" instead, and of a deadline with what
 * it cut short: "limit of 700 ms passed in edo_read at todo.c:40". Failures beside the error follow:
 * in a line as "; also …", in a list each as a list that begins with "also", and in JSON as arrays
 * in "also" of the last object. */
#define EDO_TRAIL_LINE 0u /* "outer: inner: text of the code (-ENAME)" */
#define EDO_TRAIL_LIST 1u /* the code, then one entry a line, with file, line, task and span */
#define EDO_TRAIL_JSON 2u /* an array of objects, one line; the last is the code's own */

/** Writes this task's trail of `err`, if there is one, and the text of the code `err` to `out`,
 * with a line end. Other threads that write to `out` do not tear it: it is one call of fwrite(),
 * and so mostly one write(2) to an unbuffered file. Without memory a text of more than a kilobyte
 * is written in pieces with the file's lock held; another process may write between them.
 * Errors:  those of the file: see ferror(). */
EDO_API void edo_trail_print(FILE *out, int err, uint32_t form);

/** Writes the text of edo_trail_print() to `text`, without the line end, and returns its length as
 * snprintf() does: that of the whole text, without the NUL. If the result is `text_bytes` or more
 * the text was cut.
 * Owns:    fills `text`, always with a NUL at the end if `text_bytes` is not 0; `text` may be NULL
 *          if `text_bytes` is 0. */
EDO_API size_t edo_trail_print_text(char *text, size_t text_bytes, int err, uint32_t form);

/** Clears this task's trail; in a shield, what was told since that began. */
EDO_API void edo_trail_clear(void);

/** Checks the contract of a call: returns whether it was broken, that is, whether `cond` holds.
 *
 * If it holds, a debug build of the library reports the task, the place and the text, and aborts; a
 * release build goes on, so that the caller can return -EDO_EMISUSE.
 * Threads: any, at once.   Waits: never. */
#define EDO_MISUSE(cond, text)                                                                     \
    (EDOI_UNLIKELY(cond) && ((void)edoi_misuse(__FILE__, __LINE__, __func__, (text)), true))

/* Behind EDO_MISUSE(): returns true, or aborts in a debug build. Not to be called. */
EDO_API bool edoi_misuse(const char *file, int line, const char *function, const char *text);

/* Behind the assertions of edo's libraries: prints the expected condition and its place, then
 * aborts. */
EDO_API EDOI_NORETURN void edoi_assert_failed(const char *file, int line, const char *function,
                                              const char *condition);

EDO_END_DECLS

#endif
