/* SPDX-License-Identifier: MIT */
/* edo/span.h: spans: what is done, for how long, with which fields, and within what.
 *
 *     static int place(const order *in) {
 *         EDO_FN_SPAN(EDO_KV("customer", in->customer)); // "place", until the function returns
 *         edo_info("looking for a courier");             // the line names the span and those around
 *         int err = take_stock(in);                      // a span in there lies within this one
 *         return EDO_RET(err);                           // the span knows what has come of it
 *     }
 *
 *     2026-11-27T08:31:16.123456Z  INFO orders: looking for a courier span=serve{id=9}:place{customer=7}
 *
 * A span is opened for a block, for a task (`.span` of edo_spawn_opts), or for a future
 * (edo_instrument_init()). It follows the task over its awaits, and what is started in it inherits
 * it, as a value of edo/context.h: a span that is opened there lies within it, also when the outer
 * one has ended meanwhile. Spans of one request, and of those that it has caused on other machines,
 * form a trace: one number for all, and one for each of them, as in the W3C's Trace Context.
 *
 * The filter of the log (edo/log.h) says by level and target which spans there are; one that is off
 * costs a relaxed load and a branch, its fields are not evaluated, it is NULL, and all functions
 * here take NULL. A span that is on is an object that is counted. Lines name the innermost 16.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_SPAN_H
#define EDO_SPAN_H

#include <edo/context.h>
#include <edo/future.h>
#include <edo/log.h>

EDO_BEGIN_DECLS

typedef struct edo_span edo_span;

/* ---- Making one ------------------------------------------------------------------------------ */

/** edo_info_span(name, fields…): makes a span within the one of here, or, where there is none, the
 * first of a trace. `name` is a string literal, the fields are EDO_KV() and its like, and may be
 * left out. They are copied: a text of 1,000 bytes at most. Macros, for each level.
 * Owns:    returns new: give it to edo_span_begin(), a spawn, or edo_span_unref().
 * Errors:  NULL  it is off, or there is no memory. */
#define edo_error_span(...) EDOI_SPAN(EDO_LEVEL_ERROR, __VA_ARGS__, )
#define edo_warn_span(...)  EDOI_SPAN(EDO_LEVEL_WARN, __VA_ARGS__, )
#define edo_info_span(...)  EDOI_SPAN(EDO_LEVEL_INFO, __VA_ARGS__, )
#define edo_debug_span(...) EDOI_SPAN(EDO_LEVEL_DEBUG, __VA_ARGS__, )
#define edo_trace_span(...) EDOI_SPAN(EDO_LEVEL_TRACE, __VA_ARGS__, )
#define EDOI_SPAN(level, name, ...)                                                                \
    edo_span_new(level, EDO_TARGET, edo_span_current(), (__VA_ARGS__), name)

/* What is decided of a span before its fields are evaluated. */
typedef struct edoi_span_plan {
    edo_span *parent;
    uint64_t trace[2];
    bool is_sampled;
    bool is_light; /* it is there for its number alone: nobody wants to know what was done in it */
} edoi_span_plan;

/** As edo_info_span() with a level, a target, and the span around it: NULL is none, so that a trace
 * begins. `fields` is a list of EDO_KV() in parentheses, which may be empty. A macro.
 * Owns: as edo_info_span(); shares `parent`.   Errors: as edo_info_span() */
#define edo_span_new(level, target, parent, fields, name)                                          \
    (__extension__({                                                                               \
        edo_span *edoi_span = NULL;                                                                \
        if (EDOI_LOG_LEVEL_ON(level)) {                                                            \
            static edo_callsite edoi_site = { (target), __FILE__, __func__, __LINE__,              \
                                              (level),  { 0 },    (name) };                        \
            edoi_span_plan edoi_plan;                                                              \
            if (edoi_span_is_wanted(&edoi_site, (parent), &edoi_plan)) {                           \
                if (edoi_plan.is_light) {                                                          \
                    edoi_span = edoi_span_make(&edoi_site, &edoi_plan, NULL, 0);                   \
                } else {                                                                           \
                    const edo_kv edoi_fields[] = { edoi_kv_none(), EDOI_LOG_UNWRAP fields };       \
                    edoi_span = edoi_span_make(&edoi_site, &edoi_plan, edoi_fields + 1,            \
                                               EDO_COUNT(edoi_fields) - 1);                        \
                }                                                                                  \
            }                                                                                      \
        }                                                                                          \
        edoi_span;                                                                                 \
    }))

/* Behind edo_span_new(). Not to be called. */
EDO_MUST_USE EDO_API bool edoi_span_is_wanted(edo_callsite *site, edo_span *parent,
                                              edoi_span_plan *plan);
EDO_MUST_USE EDO_API edo_span *edoi_span_make(const edo_callsite *site, const edoi_span_plan *plan,
                                              const edo_kv *fields, size_t fields_n);

/** Takes one more reference and returns `s`.   Owns: shares. */
EDO_API edo_span *edo_span_ref(edo_span *s);

/** Gives a reference back.   Owns: takes `s`. */
EDO_API void edo_span_unref(edo_span *s);

/* ---- For a block ----------------------------------------------------------------------------- */

/* A block with a span. You place it. Fields are edo's. */
typedef struct edo_span_block {
    edo_context_block bound;
    edo_span *span; /* NULL: none */
} edo_span_block;

/** Opens `s`: it is the span of here until edo_span_end(). NULL: the block has none of its own.
 * Owns:    borrows `b` until edo_span_end(); takes `s`. */
EDO_API void edo_span_begin(edo_span_block *b, edo_span *s);

/** Ends the span and returns `result`. A negative one is what the span has come to: its error. A
 * span that is shared ends with the first block or task that ends it.
 * Errors:  `result`; -EDO_EMISUSE  as edo_context_end()
 * Threads: the fiber or thread that began it. */
EDO_API int edo_span_end(edo_span_block *b, int result);

/** EDO_SPAN(b, span): declares `b` and begins it, as a guard: the span ends where the block is
 * left, at the latest, without a result. What the guards of edo/scope.h say of jumps holds here,
 * too.
 *
 *     EDO_SPAN(b, edo_debug_span("merge", EDO_KV("parts", n)));
 * Owns: as edo_span_begin().   Errors: none. */
#define EDO_SPAN(b, ...)                                                                           \
    EDOI_CLEANUP(edoi_span_leave) edo_span_block b = EDOI_ZEROED;                                  \
    edo_span_begin(&(b), (__VA_ARGS__))

/* Behind EDO_SPAN(). Not to be called. */
EDO_API void edoi_span_leave(edo_span_block *b);

/** EDO_FN_SPAN(fields…): a span for the rest of the function, with its name, at the level INFO; the
 * fields are those of the arguments that one wants to see. It stands among the function's
 * declarations, once. */
#define EDO_FN_SPAN(...)                                                                           \
    EDO_SPAN(edoi_fn_span, edo_span_new(EDO_LEVEL_INFO, EDO_TARGET, edo_span_current(),            \
                                        (__VA_ARGS__), __func__))

/** EDO_RET(result): behind EDO_FN_SPAN(): ends the span with the function's result, an int, which
 * it returns: `return EDO_RET(err);`. */
#define EDO_RET(result) edo_span_end(&edoi_fn_span, (result))

/* ---- What is open ---------------------------------------------------------------------------- */

/** Returns the span of here: the innermost block's, or the inherited one; NULL if there is none.
 * Owns: borrows from the block or task. */
EDO_API edo_span *edo_span_current(void);

/** Adds a field to a span, also while it is open elsewhere, or after: lines and receivers see it
 * from then on.
 *
 *     edo_span_record(edo_span_current(), EDO_KV("rows", n));
 * Limits: 128 for a span; more, and those without memory, are left out. What is told again and
 *         again while a span lives is for lines of the log. */
EDO_API void edo_span_record(edo_span *s, edo_kv field);

/** Says that `s` was caused by a span which it does not lie within, as one of another trace: a
 * message that was taken from a queue. At most 8; more are left out. */
EDO_API void edo_span_follows(edo_span *s, const edo_span *cause);

/** Returns the name of a span; NULL: of none, or of another program's. */
EDO_API const char *edo_span_name(const edo_span *s);

/** Says which share of new traces is sampled: 0 none, 1 all, as it is at first. The number of a
 * trace decides, as OpenTelemetry's TraceIdRatioBased has it; spans within others follow these,
 * also those of other programs. Lines and receivers have all spans; what exports them (edo/otlp.h)
 * leaves out those that are not sampled, and their traceparent says so.
 * Limits: takes effect for traces that begin later. */
EDO_API void edo_span_sample(double ratio);

/* ---- Over machines --------------------------------------------------------------------------- */

#define EDO_TRACEPARENT_BYTES 56 /* with its NUL */

/** Writes the traceparent of a span (W3C Trace Context, version 00), and returns its length; of
 * NULL nothing, and 0.
 * Owns: fills `text`, with a NUL. */
EDO_API size_t edo_span_traceparent(const edo_span *s, char text[EDO_TRACEPARENT_BYTES]);

/** Returns the span of another program, known by the traceparent that has come, to be the parent of
 * one here, or to be opened for a block. It has no name, and receivers are not told of it.
 * Owns:    returns new: edo_span_unref().
 * Errors:  NULL  it is no traceparent, or there is no memory. */
EDO_MUST_USE EDO_API edo_span *edo_span_remote(edo_str traceparent);

/* ---- For a future ---------------------------------------------------------------------------- */

/* The future of edo_instrument_init(). */
typedef struct edo_instrument_future {
    edo_future base;
    edo_future *inner;
    edo_span *span;
} edo_instrument_future;

/** Makes `f` await `inner` in the span: it is the span of here in each poll, and ends with the
 * future, with its result.
 * Owns:    borrows `inner`; takes `s`.
 * Cancel:  drops `inner`, and ends the span. */
EDO_MUST_USE EDO_API edo_future *edo_instrument_init(edo_instrument_future *f, edo_future *inner,
                                                     edo_span *s);

EDO_END_DECLS

#endif
