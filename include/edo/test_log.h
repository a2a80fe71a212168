/* SPDX-License-Identifier: MIT */
/* edo/test_log.h: what is logged while a test runs, to be counted and looked into.
 *
 *     edo_test_log *log;
 *     EDO_TEST_OK(edo_test_log_new(&log, &(edo_test_log_opts){ .filter = "shop=debug" }));
 *     place_order();
 *     EDO_TEST_EQ(edo_test_log_count(log, " WARN shop: "), 1);
 *     EDO_TEST_LOGGED(log, "item=13");
 *     edo_test_log_free(log);
 *
 * A receiver (edo/receiver.h) keeps the events, beside the log, which need not be on. Each is there
 * as a line of text without its time, so that what one looks for is a part of the line:
 *
 *      WARN shop: nothing is left item=13 span=place{customer=7} task="serve at shop.c:9"
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TEST_LOG_H
#define EDO_TEST_LOG_H

#include <edo/log.h>
#include <edo/test.h>

EDO_BEGIN_DECLS

/* Events that are kept. */
typedef struct edo_test_log edo_test_log;

/* Options of edo_test_log_new(); all may be zero. */
typedef struct edo_test_log_opts {
    const char *filter;   /* as for edo_log_set_filter(); NULL: "info" */
    bool spans;           /* ends of spans are events, too */
    bool own_only;        /* only what this task says, or this thread outside of tasks */
    uint32_t events_max;  /* 0: 10,000 are kept; later ones are lost */
    uint64_t reserved[2]; /* must be 0 */
} edo_test_log_opts;

/* An event that is kept. All texts have a NUL behind them. */
typedef struct edo_test_event {
    edo_level level;
    const char *target;
    const char *message;
    const char *spans; /* names, the outermost first, "request:place"; "" */
    const char *line;  /* all of it, as text, without a line end */
    const edo_kv *fields;
    size_t fields_n;
} edo_test_event;

/** Keeps events from now on.
 * Owns:    returns new in `*out`: edo_test_log_free(); copies `opts`, which may be NULL.
 * Errors:  as edo_log_add() */
EDO_MUST_USE EDO_API int edo_test_log_new(edo_test_log **out, const edo_test_log_opts *opts);

/** Ends that.
 * Owns: takes `log` with its events; NULL does nothing. */
EDO_API void edo_test_log_free(edo_test_log *log);

/** Returns how many of the events have `text` in their line; NULL: how many there are. */
EDO_API size_t edo_test_log_count(edo_test_log *log, const char *text);

/** Returns the first event behind `after` (NULL: of all) that has `text` in its line; NULL: none.
 * Owns: borrows from `log`, until that is freed. */
EDO_API const edo_test_event *edo_test_log_find(edo_test_log *log, const edo_test_event *after,
                                                const char *text);

/** Returns a field of an event by its name; NULL: it has none.   Owns: borrows from the event. */
EDO_API const edo_kv *edo_test_log_field(const edo_test_event *event, const char *key);

/** Returns how many events were not kept: beyond `.events_max`, or without memory. */
EDO_API uint64_t edo_test_log_lost(const edo_test_log *log);

/** EDO_TEST_LOGGED(log, text): checks that an event has `text` in its line, and returns the first.
 * A failure shows all lines. A macro.   Owns: borrows from `log`. */
#define EDO_TEST_LOGGED(log, text) edo_test_logged_at(__FILE__, __LINE__, (log), (text))
EDO_API const edo_test_event *edo_test_logged_at(const char *file, int line, edo_test_log *log,
                                                 const char *text);

EDO_END_DECLS

#endif
