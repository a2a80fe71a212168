/* SPDX-License-Identifier: MIT */
/* edo/receiver.h: receivers of events and spans, beside the log: several at once, each with its own
 * filter and form.
 *
 *     static void on_event(void *arg, const edo_event *e) {
 *         foreign_log(arg, syslog_level(e->site->level), e->message.ptr);
 *     }
 *     static const edo_receiver_ops to_foreign = { .event = on_event };
 *
 *     edo_receiver *r;
 *     int err = edo_log_add(&r, &to_foreign, foreign, &(edo_receiver_opts){ .filter = "warn" });
 *
 * The log of edo_log_start() need not be on. What a receiver wants, and the log does not, costs the
 * log nothing, and the other way round. A receiver is called by the thread that logs, and must not
 * wait: what does is for a queue and a task or thread of its own. An await in it is misuse, as
 * after edo_no_await_begin().
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_RECEIVER_H
#define EDO_RECEIVER_H

#include <edo/span.h>
#include <edo/value.h>

EDO_BEGIN_DECLS

/* What a receiver is told of: an event, or the end of a span. All is borrowed for the call. */
typedef struct edo_event {
    const edo_callsite *site; /* its level, file, line and function */
    edo_str target;           /* with what stands for NULL in `site` */
    edo_wall at;
    edo_str message; /* with a NUL behind it; cut at 2,000 bytes */
    const edo_kv *fields;
    size_t fields_n;
    const char *task;      /* NULL: on a plain thread */
    const edo_span *span;  /* it lies in; NULL: in none */
    const edo_span *ended; /* the end of this span is the event; NULL: it is another */
    uint64_t reserved[2];
} edo_event;

typedef struct edo_receiver_ops {
    void (*event)(void *arg, const edo_event *e);
    void (*drop)(void *arg);   /* after the last event; NULL: nothing is to be ended */
    void (*reserved[2])(void); /* must be NULL */
} edo_receiver_ops;

/* Options of a receiver; all may be zero. */
typedef struct edo_receiver_opts {
    const char *filter; /* as for edo_log_set_filter(); NULL: `level` for all targets */
    edo_level level;    /* 0: EDO_LEVEL_INFO */
    bool spans;         /* ends of spans are events, too */
    bool sampled;       /* of these only those of traces that are sampled (edo_span_sample()): the
                             others cost next to nothing, unless somebody else wants them */
    const char *name;   /* for edo_log_set_filter_of(); copied, 31 bytes at most; NULL: "receiver",
                             "lines" of edo_log_add_lines(), "journal" of edo_log_add_journal() */
    uint64_t reserved[4]; /* must be 0 */
} edo_receiver_opts;

typedef struct edo_receiver edo_receiver;

/** Adds a receiver: from now on it is told of what passes its filter.
 *
 * Events that it causes itself, in its functions, it is not told of, and neither are others.
 * Owns:    borrows `ops` for ever; takes `arg` on success; returns new in `*out`: edo_log_remove().
 * Errors:  -EINVAL  the filter, the name, or `reserved`;  -ENOSPC  there are five */
EDO_MUST_USE EDO_API int edo_log_add(edo_receiver **out, const edo_receiver_ops *ops, void *arg,
                                     const edo_receiver_opts *opts);

/** Chooses what it is told of, while the program runs.
 * Errors:  as edo_log_set_filter() */
EDO_MUST_USE EDO_API int edo_receiver_set_filter(edo_receiver *r, edo_str filter);

/* What edo_log_each_filter() calls. */
typedef int edo_log_filter_fn(void *arg, const char *name, edo_str filter);

/** Calls `fn` with the name and the filter of the log, if that writes, and of each receiver: for a
 * page or command that shows and sets them, as edo_log_routes() of edo/web_log.h. Anything but 0
 * ends that and is returned.
 * Owns:    lends name and filter until `fn` returns.   Errors: -ENOMEM; those of `fn` */
EDO_API int edo_log_each_filter(edo_log_filter_fn *fn, void *arg);

/** Sets the filter of the log ("log"), or of all receivers with that name.
 * Errors:  -EINVAL  as edo_log_set_filter();  -ENOENT  nobody has it; the log does not write */
EDO_MUST_USE EDO_API int edo_log_set_filter_of(edo_str name, edo_str filter);

/** Removes a receiver, after the calls that have begun on other threads; `drop` follows. One that
 * removes itself, in its own call, waits for nobody: then `drop` follows the last.
 * Owns: takes `r`; NULL does nothing.   Waits: for those calls. */
EDO_API void edo_log_remove(edo_receiver *r);

/* ---- What a span is to a receiver ------------------------------------------------------------ */

/** Returns the span around `s`; NULL: none, or one of another program. */
EDO_API const edo_span *edo_span_parent(const edo_span *s);

/** Calls `fn` for each field, those that were recorded last behind; anything but 0 ends that and is
 * returned.   Owns: a field is borrowed from the span. */
EDO_API int edo_span_each_field(const edo_span *s, int (*fn)(void *arg, const edo_kv *field),
                                void *arg);

/** Returns when it was made. */
EDO_API edo_wall edo_span_began(const edo_span *s);

/** Returns how long it took; negative: it is open. */
EDO_API edo_duration edo_span_took(const edo_span *s);

/** Returns what it has come to; 0: it is open, or said nothing. */
EDO_API int edo_span_result(const edo_span *s);

/* ---- Ready-made ------------------------------------------------------------------------------ */

/** Adds a receiver that writes lines, as the log does, to another descriptor, or in another form.
 * All of `lines` counts but `.ignore_env`.
 *
 *     err = edo_log_add_lines(&json, &(edo_log_opts){ .fd = edo_log_file_fd(file),
 *                                                     .format = EDO_LOG_JSON,
 *                                                     .level = EDO_LEVEL_DEBUG });
 * Owns:    as edo_log_add(); borrows the descriptor until edo_log_remove() has returned.
 * Errors:  as edo_log_add() and edo_log_start() */
EDO_MUST_USE EDO_API int edo_log_add_lines(edo_receiver **out, const edo_log_opts *lines);

/** Adds a receiver that sends to journald, by its own protocol: MESSAGE, PRIORITY, CODE_FILE,
 * CODE_LINE, CODE_FUNC, EDO_TARGET, EDO_TASK, EDO_SPAN, and each field in upper case behind "EDO_".
 * `path` is the socket; NULL: /run/systemd/journal/socket. What the socket does not take at once is
 * lost, and counts in edo_log_dropped().
 * Owns:    as edo_log_add().
 * Errors:  as edo_log_add(); those of socket(2) and connect(2) */
EDO_MUST_USE EDO_API int edo_log_add_journal(edo_receiver **out, const char *path,
                                             const edo_receiver_opts *opts);

EDO_END_DECLS

#endif
