/* SPDX-License-Identifier: MIT */
/* edo/log.h: events with a level, a message and typed fields, written as text or JSON.
 *
 *     #define EDO_TARGET "chat"
 *     #include <edo/log.h>
 *
 *     edo_info("listening on %s", address);
 *     edo_info_kv("joined", EDO_KV("nick", nick), EDO_KV("room", room));
 *
 *     2026-11-20T08:31:16.123456Z  INFO chat: listening on 127.0.0.1:7000
 *     2026-11-20T08:31:17.004210Z  INFO chat: joined nick="bo" room="#edo" task="serve at c.c:9"
 *
 * edo_main() starts the log at the level WARN, on standard error, so that a request that has failed
 * and a part of a program that does not stop are told without a line of code; and as the
 * environment variable EDO_LOG says if it is set, so `EDO_LOG=debug ./program` shows all that the
 * library has to say. A program that wants INFO, JSON or another descriptor calls
 * edo_log_start(), one that wants silence edo_log_stop(). Without edo_main() nothing is written
 * before edo_log_start(). EDO_LOG, or a filter, says which events are on (see
 * edo_log_set_filter()). An event that is off costs one relaxed load and a branch; its arguments
 * are not evaluated. Values are escaped: text from a client cannot control a terminal, forge a line
 * or break the JSON.
 *
 * A line waits for nobody. In edo_main() the thread that logs builds the line and puts it into a
 * queue of 1 MiB, and a thread of edo's own, "edo-log", writes it: mostly at once, else within 10
 * ms; that of an error at once. The thread that logs makes no system call but one that wakes the
 * other: at most one in 10 ms, and one for an error. If the log is not read, or its disk is full,
 * lines wait in the queue, and then they are dropped: DEBUG and TRACE from when half of it is full,
 * INFO from three quarters, WARN from seven eighths, ERROR when all is. A line says how many were,
 * by level, once there is room again. What is queued is written, within one second, when the log
 * stops or goes elsewhere, when edo_main() ends, at exit(), and before the program ends by abort()
 * or a fault; not at _exit() or a SIGKILL, which lose the lines of the last 10 ms, or more if
 * nobody reads: edo_log_stop() before an _exit() has them written. A child of fork() has none of
 * its parent's lines, and a thread of its own once it logs. Lines of one thread come in order;
 * those of two threads may, within microseconds, not come in the order of their times.
 *
 * With `.at_once`, and always without edo_main(), before it and after it, an event is one write(2)
 * on the calling thread, one thread at a time. If the log is not read, or read more slowly than it
 * is written, it then holds up the program for one second in all, and then lines are dropped: a
 * line says how many, with the next event for which there is room again, or else when the log stops
 * or goes elsewhere, if there is room then. That second is there again when the reader has kept up
 * for ten. Only one thread waits so; lines of others meanwhile are dropped. A pipe that another
 * process fills at the same moment may hold that thread up for longer.
 *
 * Only a disk that is full, or fails, tears a line; the next one begins anew. The access logs of
 * edo/web_log.h go the same ways, and share the queue if they have the same descriptor. The log
 * goes where that leads, also after a dup2(). No SIGPIPE is raised. Do not log in a signal handler.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_LOG_H
#define EDO_LOG_H

#include <edo/bytes.h>
#include <edo/time.h>

#include <string.h>

EDO_BEGIN_DECLS

/* The severity of an event: a lower level is more severe. */
typedef enum edo_level {
    EDO_LEVEL_OFF = 0, /* for filters only */
    EDO_LEVEL_ERROR = 1,
    EDO_LEVEL_WARN = 2,
    EDO_LEVEL_INFO = 3,
    EDO_LEVEL_DEBUG = 4,
    EDO_LEVEL_TRACE = 5,
} edo_level;

/* The compiler leaves out events above this level; define it before the include. */
#ifndef EDO_LEVEL_MAX
#    define EDO_LEVEL_MAX EDO_LEVEL_TRACE
#endif

/* The source of events, which filters match: a string literal such as "chat.room". NULL, the
 * default, means the name of the source file without directories and extension. */
#ifndef EDO_TARGET
#    define EDO_TARGET NULL
#endif

/* ---- Starting and choosing ------------------------------------------------------------------- */

/* Forms of an event's line. */
typedef enum edo_log_format {
    EDO_LOG_TEXT, /* time, level, target, message, fields as key=value, span */
    EDO_LOG_JSON, /* an object with time, level, target, file, line, task, message, fields, ended,
                     trace_id, span_id, spans */
    EDO_LOG_COMPACT, /* for a narrow terminal: "08:31:16.123 I chat: joined nick="bo" span=serve":
                        the time of day, UTC, a letter for the level, no task, spans by name only */
} edo_log_format;

/* Colour of the level in lines of text. */
typedef enum edo_log_colour {
    EDO_LOG_COLOUR_AUTO, /* on a terminal, unless TERM is "dumb" or nothing; NO_COLOR with any text:
                            none; CLICOLOR_FORCE with any but "0": everywhere */
    EDO_LOG_COLOUR_NEVER,
    EDO_LOG_COLOUR_ALWAYS,
} edo_log_colour;

/* Options of edo_log_start(). All zero: level INFO or the filter of EDO_LOG, text, to standard
 * error. */
typedef struct edo_log_opts {
    const char *filter;    /* as for edo_log_set_filter(); NULL: `level` for all targets */
    edo_level level;       /* 0: EDO_LEVEL_INFO; for silence use the filter "off" */
    edo_log_format format; /* text, JSON or compact */
    int fd;                /* where lines go, borrowed; 0: standard error */
    bool ignore_env;       /* EDO_LOG does not replace `filter` and `level` */
    bool no_time;          /* no time in lines: the log's collector adds it */
    bool at_once;          /* no queue: the thread that logs writes the line itself */
    bool spans; /* the end of a span (edo/span.h) is a line of its level: how long it took,
                              and its error */
    edo_log_colour colour; /* JSON has none */
    const char *name;     /* of edo_log_add_lines(), as for edo_receiver_opts; the log's is "log" */
    uint64_t reserved[4]; /* must be 0 */
} edo_log_opts;

/** Starts writing events, or changes how they are written.
 *
 * An invalid part of EDO_LOG is ignored with a warning; an empty EDO_LOG counts as not set. `opts`
 * may be NULL: all defaults.
 * Owns:    copies `opts`; borrows the descriptor until edo_log_stop() or the next start has
 *          returned.
 * Errors:  -EINVAL  the filter is invalid, the level or format unknown, or `reserved` not 0;
 *                   nothing has changed
 *          -ENOMEM  likewise */
EDO_MUST_USE EDO_API int edo_log_start(const edo_log_opts *opts);

/** Stops writing; all events are off. Lines that are queued or being written are finished first.
 * Waits:   for their reader, one second at most; what is left then is dropped. */
EDO_API void edo_log_stop(void);

/** Chooses the events that are written: a list of `level`, `target=level` and `target`, separated
 * by commas.
 *
 * Levels are off, error, warn, info, debug, trace, in upper or lower case, or 0 to 5. A level alone
 * applies to all targets that no other part matches; without one they are off. A target alone means
 * all its levels. A target matches itself and targets that continue it after `/`, `.` or `::`:
 * "net" matches "net.tcp", not "network". The longest matching target decides, in any order; of two
 * equal targets the last one counts. An empty list means "error".
 *
 * A part may speak of a span and a field of it (edo/span.h), of which all but the brackets may be
 * missing: what is said in such a span, or deeper, passes, too, and the span is made.
 *
 *     info,chat.room=debug,edo=warn
 *     warn,shop[place{customer=7}]=trace
 * Errors:  -EINVAL  an invalid part, which the trail names, a target longer than 63 bytes, more
 *                   than 16 targets, or 4 parts with spans, whose words have 31 bytes at most;
 *                   nothing has changed
 * Limits:  takes effect after edo_log_start() only; a start sets a new filter. */
EDO_MUST_USE EDO_API int edo_log_set_filter(edo_str filter);

/** Sets one level for every target; EDO_LEVEL_OFF is silence. */
EDO_API void edo_log_set_level(edo_level level);

/** Finds a level by its name (upper or lower case) or digit, for command-line options.
 * Errors:  -EINVAL  `name` is not a level */
EDO_MUST_USE EDO_API int edo_log_parse_level(edo_level *level, const char *name);

/** Returns how many lines were dropped because they were not read or the descriptor failed: of the
 * log, and of access logs that are written to a descriptor. The metric is
 * edo_log_dropped_lines_total. */
EDO_API uint64_t edo_log_dropped(void);

/* ---- Files ----------------------------------------------------------------------------------- */

/* A file that a log goes to, and that begins anew by size and by time. */
typedef struct edo_log_file edo_log_file;

/* Is called with the path of each finished file, on the blocking pool of edo_main()'s runtime, or
 * without one on a thread made for it: that is where one compresses it. */
typedef void edo_log_finished_fn(void *arg, const char *path);

/* Options of edo_log_file_new(). A path is needed; all else may be zero. */
typedef struct edo_log_file_opts {
    const char *path;
    uint64_t roll_bytes;     /* a file has no more bytes than that, if that is as much as a line or
                                piece of lines has: 64 KiB; 0: any number */
    edo_duration roll_every; /* whole seconds; a file begins anew with each such period, counted
                                from the epoch in UTC: edo_s(86400) is at midnight; 0: never */
    uint32_t keep;           /* finished files that stay, the newest; 0: all */
    uint32_t mode;           /* of a new file, within the umask; 0: 0640 */
    edo_log_finished_fn *finished; /* NULL: nobody is told */
    void *arg;            /* of `finished`; borrowed for as long as the process lives: a call may
                             come after the file has been freed */
    uint64_t reserved[2]; /* must be 0 */
} edo_log_file_opts;

/** Opens a file for logs, or makes it; what it has stays.
 *
 *     edo_log_file *file;
 *     int err = edo_log_file_new(&file, &(edo_log_file_opts){ .path = "/var/log/todo.log",
 *                                                             .roll_every = edo_s(86400),
 *                                                             .keep = 14 });
 *     if (err == 0) err = edo_log_start(&(edo_log_opts){ .fd = edo_log_file_fd(file) });
 *
 * A finished file has the time of its end behind its name: "todo.log.20261127T000000Z", or "…Z-01".
 * What has that form in the folder counts for `keep`, with any ending. One that was removed is made
 * again once it is due; one that cannot be begun anew is told once, goes on, and is tried each
 * minute. One file is for one process: others at the same path go on in the finished one.
 * Owns:    returns new in `*out`: edo_log_file_free(); copies `opts`.
 * Errors:  -EINVAL  options; those of open(2); -ENXIO  a FIFO that nobody reads;  -ENOMEM
 * Waits:   for the disk. */
EDO_MUST_USE EDO_API int edo_log_file_new(edo_log_file **out, const edo_log_file_opts *opts);

/** Returns its descriptor, which stays the same: for edo_log_start() and edo_access_log_layer(). */
EDO_API int edo_log_file_fd(const edo_log_file *file);

/** Opens the path again: another program, as logrotate, has moved the file away.
 * Errors:  those of open(2); the old file is written to as before.   Waits: for the disk. */
EDO_MUST_USE EDO_API int edo_log_file_reopen(edo_log_file *file);

/* Is called after SIGHUP, and may wait: that is where settings are read again. */
typedef void edo_log_hangup_fn(void *arg);

/** Has SIGHUP reopen each file of edo_log_file_new(), and call `fn` (may be NULL), from now on
 * until the caller's runtime ends. Other listeners of the signal go on. A second call is a second
 * listener: files are reopened twice. A file that cannot be reopened is told in the log.
 * Owns:    borrows `arg` until the runtime ends.
 * Errors:  those of edo_signal_listen() and edo_spawn_detached()
 * Threads: a fiber. */
EDO_MUST_USE EDO_API int edo_log_on_hangup(edo_log_hangup_fn *fn, void *arg);

/** Closes the file. No log writes to it any more.
 * Owns: takes `file`; NULL does nothing. */
EDO_API void edo_log_file_free(edo_log_file *file);

/* ---- Fields ---------------------------------------------------------------------------------- */

/* The kind of a field's value. */
typedef enum edo_kv_kind {
    EDO_KV_NONE,
    EDO_KV_BOOL,
    EDO_KV_INT,
    EDO_KV_UINT,
    EDO_KV_DOUBLE,
    EDO_KV_TEXT,
    EDO_KV_POINTER,
    EDO_KV_DESCRIBED, /* a struct, enum or union: EDO_KV_OF() */
    EDO_KV_JSON,      /* what a receiver gets in its place: the text of a value, as JSON */
} edo_kv_kind;

struct edo_desc;

/* A key and a value; made by EDO_KV() and EDO_KV_STR(), borrowed for one event. */
typedef struct edo_kv {
    const char *key;
    union {
        bool boolean;
        int64_t integer;
        uint64_t whole;
        double number;
        const void *pointer;
        const char *text;
    } value;
    union {
        size_t text_n;
        const struct edo_desc *desc;
    };
    edo_kv_kind kind;
} edo_kv;

/* A field whose `member` is `v`. In C an initialiser: gcc writes that where it is used. A field
 * that is set member by member it makes elsewhere and copies, which waits for each store: 10 ns. */
#ifdef __cplusplus
#    define EDOI_KV_RETURN(key, member, v, n, kind)                                                \
        edo_kv edoi_made = { (key), { false }, { (n) }, (kind) };                                  \
        edoi_made.value.member = (v);                                                              \
        return edoi_made
#else
#    define EDOI_KV_RETURN(key, member, v, n, kind)                                                \
        return (edo_kv) {                                                                          \
            (key), { .member = (v) }, { (n) }, (kind)                                              \
        }
#endif

EDOI_INLINE edo_kv edoi_kv_none(void) {
    EDOI_KV_RETURN(NULL, boolean, false, 0, EDO_KV_NONE);
}
EDOI_INLINE edo_kv edoi_kv_bool(const char *key, bool value) {
    EDOI_KV_RETURN(key, boolean, value, 0, EDO_KV_BOOL);
}
EDOI_INLINE edo_kv edoi_kv_int(const char *key, int64_t value) {
    EDOI_KV_RETURN(key, integer, value, 0, EDO_KV_INT);
}
EDOI_INLINE edo_kv edoi_kv_uint(const char *key, uint64_t value) {
    EDOI_KV_RETURN(key, whole, value, 0, EDO_KV_UINT);
}
EDOI_INLINE edo_kv edoi_kv_double(const char *key, double value) {
    EDOI_KV_RETURN(key, number, value, 0, EDO_KV_DOUBLE);
}
EDOI_INLINE edo_kv edoi_kv_pointer(const char *key, const void *value) {
    EDOI_KV_RETURN(key, pointer, value, 0, EDO_KV_POINTER);
}
EDOI_INLINE edo_kv edoi_kv_str(const char *key, const char *text, size_t n) {
    EDOI_KV_RETURN(key, text, text, n, EDO_KV_TEXT);
}
EDOI_INLINE edo_kv edoi_kv_piece(const char *key, edo_str text) {
    return edoi_kv_str(key, text.ptr, text.len);
}
EDOI_INLINE edo_kv edoi_kv_text(const char *key, const char *text) {
    return edoi_kv_str(key, text, text ? strlen(text) : 0);
}

EDOI_INLINE edo_kv edoi_kv_of(const char *key, const void *value, const struct edo_desc *desc) {
    edo_kv kv = { key, { false }, { 0 }, EDO_KV_NONE };
    if (!value) return kv;
    kv.value.pointer = value;
    kv.desc = desc;
    kv.kind = EDO_KV_DESCRIBED;
    return kv;
}

/* A field whose value is described (edo/value.h): EDO_KV_OF("order", order, &order_desc). Lines have
 * it as JSON, nested, with *** for what its description calls secret; one of more than 1,000 bytes
 * is cut, and a text then. It needs memory; without it is null, as it is for a `value` of NULL. */
#define EDO_KV_OF(key, value, desc) edoi_kv_of((key), (value), (desc))

/* A field whose value is a text of `n` bytes, without need for a NUL; NULL is written as null. */
#define EDO_KV_STR(key, text, n) edoi_kv_str((key), (text), (n))

/* A field: a key, a string literal, and a value: bool, any integer or floating-point number, a text
 * (NULL is allowed), an edo_str, or a pointer. In C `true` is an int; a variable of type bool is a
 * bool. */
#ifndef __cplusplus
#    define EDO_KV(key, value)                                                                     \
        _Generic((value), bool                                                                     \
                 : edoi_kv_bool, char                                                              \
                 : edoi_kv_int, signed char                                                        \
                 : edoi_kv_int, short                                                              \
                 : edoi_kv_int, int                                                                \
                 : edoi_kv_int, long                                                               \
                 : edoi_kv_int, long long                                                          \
                 : edoi_kv_int, unsigned char                                                      \
                 : edoi_kv_uint, unsigned short                                                    \
                 : edoi_kv_uint, unsigned                                                          \
                 : edoi_kv_uint, unsigned long                                                     \
                 : edoi_kv_uint, unsigned long long                                                \
                 : edoi_kv_uint, float                                                             \
                 : edoi_kv_double, double                                                          \
                 : edoi_kv_double, char *                                                          \
                 : edoi_kv_text, const char *                                                      \
                 : edoi_kv_text, edo_str                                                           \
                 : edoi_kv_piece, void *                                                           \
                 : edoi_kv_pointer, const void *                                                   \
                 : edoi_kv_pointer)(key, value)
#else
#    define EDO_KV(key, value) edoi_kv(key, value)
#endif

/* ---- Events ---------------------------------------------------------------------------------- */

/* A place in the source that makes events: static, one for each use of a macro. */
typedef struct edo_callsite {
    const char *target; /* NULL: from `file` */
    const char *file;
    const char *function;
    uint32_t line;
    edo_level level;
    edo_atomic_u32 interest; /* edo's: who wants it, and by which filters */
    const char *span;        /* the name of the spans that it makes; NULL: it makes events */
} edo_callsite;

/* The highest level that is on for any target. */
extern EDO_API edo_atomic_u32 edoi_log_level_max;

/* Returns who wants an event of `site` here and now, a bit for the log and each receiver: by the
 * filters, or their stored last result. */
EDO_API uint32_t edoi_log_wants(edo_callsite *site);

/* Writes an event for those of whom `who` has a bit. */
EDO_API void edoi_log_write(const edo_callsite *site, uint32_t who, const edo_kv *fields,
                            size_t fields_n, const char *format, ...) EDO_PRINTF(5, 6);

#define EDOI_LOG_LEVEL_ON(level)                                                                   \
    ((level) <= EDO_LEVEL_MAX &&                                                                   \
     EDOI_UNLIKELY((uint32_t)(level) <=                                                            \
                   EDOI_ATOMIC_LOAD(&edoi_log_level_max.edoi_value, EDOI_RELAXED)))
#define EDOI_LOG_UNWRAP(...) __VA_ARGS__

/** Returns whether events of `level` and `target` (a string literal, or NULL for this file) are on.
 * For work that is done only for an event. A macro. */
#define edo_log_enabled(level, target)                                                             \
    (EDOI_LOG_LEVEL_ON(level) && edoi_log_asks((level), (target), __FILE__))
EDO_API bool edoi_log_asks(edo_level level, const char *target, const char *file);

/** Writes an event: `fields` is a list of EDO_KV() in parentheses, which may be empty; a printf
 * format and its arguments follow.
 *
 *     edo_log_event(EDO_LEVEL_WARN, "chat.room", (EDO_KV("room", name)), "%u are slow", n);
 * Owns:    borrows all arguments until return; level and target must be constants.
 * Limits:  a message of 2,000 bytes, a text value of 1,000, a line of 8,192; longer ones are cut.
 * Waits:   never; with `.at_once` while the line is written. */
#define edo_log_event(level, target, fields, ...)                                                  \
    do {                                                                                           \
        if (EDOI_LOG_LEVEL_ON(level)) {                                                            \
            static edo_callsite edoi_site = { (target), __FILE__, __func__, __LINE__,              \
                                              (level),  { 0 },    NULL };                          \
            uint32_t edoi_who = edoi_log_wants(&edoi_site);                                        \
            if (edoi_who) {                                                                        \
                const edo_kv edoi_fields[] = { edoi_kv_none(), EDOI_LOG_UNWRAP fields };           \
                edoi_log_write(&edoi_site, edoi_who, edoi_fields + 1, EDO_COUNT(edoi_fields) - 1,  \
                               __VA_ARGS__);                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)

/* Events by level: a printf format and its arguments. Otherwise as edo_log_event(). */
#define edo_error(...) edo_log_event(EDO_LEVEL_ERROR, EDO_TARGET, (), __VA_ARGS__)
#define edo_warn(...)  edo_log_event(EDO_LEVEL_WARN, EDO_TARGET, (), __VA_ARGS__)
#define edo_info(...)  edo_log_event(EDO_LEVEL_INFO, EDO_TARGET, (), __VA_ARGS__)
#define edo_debug(...) edo_log_event(EDO_LEVEL_DEBUG, EDO_TARGET, (), __VA_ARGS__)
#define edo_trace(...) edo_log_event(EDO_LEVEL_TRACE, EDO_TARGET, (), __VA_ARGS__)

/* Events by level with fields: a plain message (no printf format), then one EDO_KV() or more. */
#define EDOI_LOG_KV(level, message, ...)                                                           \
    edo_log_event(level, EDO_TARGET, (__VA_ARGS__), "%s", (message))
#define edo_error_kv(message, ...) EDOI_LOG_KV(EDO_LEVEL_ERROR, message, __VA_ARGS__)
#define edo_warn_kv(message, ...)  EDOI_LOG_KV(EDO_LEVEL_WARN, message, __VA_ARGS__)
#define edo_info_kv(message, ...)  EDOI_LOG_KV(EDO_LEVEL_INFO, message, __VA_ARGS__)
#define edo_debug_kv(message, ...) EDOI_LOG_KV(EDO_LEVEL_DEBUG, message, __VA_ARGS__)
#define edo_trace_kv(message, ...) EDOI_LOG_KV(EDO_LEVEL_TRACE, message, __VA_ARGS__)

/* ---- Less of the same ------------------------------------------------------------------------ */

/* Counts a time; true for the first of each `n`. */
EDOI_INLINE bool edoi_every_n(edo_atomic_u64 *times, uint64_t n) {
    return EDOI_ATOMIC_FETCH_ADD(&times->edoi_value, 1, EDOI_RELAXED) % (n ? n : 1) == 0;
}

/* Is it `every` since it last was? */
EDO_API bool edoi_every(edo_atomic_u64 *next_ns, edo_duration every);

/** Is this the first of each `n` times that this place is reached? A macro, with a count of its own
 * for each place.
 *
 *     if (EDO_EVERY_N(1000)) edo_warn("a client sends what is no request");
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#define EDO_EVERY_N(n)                                                                             \
    (__extension__({                                                                               \
        static edo_atomic_u64 edoi_times;                                                          \
        edoi_every_n(&edoi_times, (n));                                                            \
    }))

/** Is this place reached for the first time in `d`? As EDO_EVERY_N(), by time: of many threads one
 * is told so.
 *
 *     if (EDO_EVERY(edo_s(1))) edo_warn("the upstream is away"); */
#define EDO_EVERY(d)                                                                               \
    (__extension__({                                                                               \
        static edo_atomic_u64 edoi_next_ns;                                                        \
        edoi_every(&edoi_next_ns, (d));                                                            \
    }))

EDO_END_DECLS

#ifdef __cplusplus
/* In C++: overloads in place of _Generic. */
#    define EDOI_KV_OVERLOAD(type, maker)                                                          \
        EDOI_INLINE edo_kv edoi_kv(const char *key, type value) {                                  \
            return maker(key, value);                                                              \
        }
EDOI_KV_OVERLOAD(bool, edoi_kv_bool)
EDOI_KV_OVERLOAD(int, edoi_kv_int)
EDOI_KV_OVERLOAD(long, edoi_kv_int)
EDOI_KV_OVERLOAD(long long, edoi_kv_int)
EDOI_KV_OVERLOAD(unsigned, edoi_kv_uint)
EDOI_KV_OVERLOAD(unsigned long, edoi_kv_uint)
EDOI_KV_OVERLOAD(unsigned long long, edoi_kv_uint)
EDOI_KV_OVERLOAD(double, edoi_kv_double)
EDOI_KV_OVERLOAD(const char *, edoi_kv_text)
EDOI_KV_OVERLOAD(edo_str, edoi_kv_piece)
EDOI_KV_OVERLOAD(const void *, edoi_kv_pointer)
#    undef EDOI_KV_OVERLOAD
#endif

#endif
