/* SPDX-License-Identifier: MIT */
/* edo/async.h: a function body as a future that needs no stack.
 *
 *     EDO_ASYNC(ticker, int left; edo_sleep_future nap;)
 *     {
 *         EDO_BEGIN;
 *         while (self->left-- > 0)
 *             EDO_AWAIT(edo_sleep_init(&self->nap, edo_ms(10)));
 *         EDO_RETURN(0);
 *         EDO_END;
 *     }
 *
 * declares `ticker`, a future struct with the given locals, and ticker_init(). Set arguments in the
 * frame before or after ticker_init(), which leaves them alone. A value that must survive an await
 * lives in the frame; a plain C local does not survive an await. The frame costs 16 bytes plus its
 * locals: EDO_ONE_OF lets futures that are never alive together share storage.
 *
 * An await may stand in any loop or block, but not inside a `switch` of yours: that is a compile
 * error (duplicate case), since the body is resumed by a switch. Two awaits on one source line,
 * also those that one macro expands to, do not compile either: the line number tells where to
 * resume.
 *
 * In C++17 it works the same way. The frame must be trivially copyable: it is moved as bytes, and
 * no destructors run in it, so release resources after EDO_CLEANUP. A local with an initialiser
 * does not compile if there is an await in its scope, and no exception may leave the body. */
#ifndef EDO_ASYNC_H
#define EDO_ASYNC_H

#include <edo/future.h>

EDO_BEGIN_DECLS

/* Declares the struct `name`, name_init(), and the body, which follows in braces. */
#define EDO_ASYNC(name, ...)                                                                       \
    EDO_ASYNC_FRAME(name, __VA_ARGS__);                                                            \
    EDO_ASYNC_BODY(static EDOI_UNUSED, name)

/* The long form, for a future that other files await: put the frame in a header, with the prototype
 * `edo_future *name_init(name *self);`, and the body in one source file, as
 * EDO_ASYNC_BODY(, name) { … }. */
#define EDO_ASYNC_FRAME(name, ...)                                                                 \
    typedef struct name {                                                                          \
        edo_future base;                                                                           \
        __VA_ARGS__                                                                                \
    } name;                                                                                        \
    EDOI_ASSERT_MOVED_AS_BYTES(name)

#define EDO_ASYNC_BODY(linkage, name)                                                              \
    static edo_polled name##_run(name *self, edo_cx *cx);                                          \
    static edo_polled name##_poll(edo_future *f, edo_cx *cx) {                                     \
        return name##_run((name *)(void *)f, cx);                                                  \
    }                                                                                              \
    static void name##_drop(edo_future *f) {                                                       \
        if (!edoi_async_dropping(f)) return;                                                       \
        (void)name##_run((name *)(void *)f, NULL);                                                 \
        edo_future_retire(f);                                                                      \
    }                                                                                              \
    static const edo_future_ops name##_ops = { name##_poll,  name##_drop, #name,                   \
                                               sizeof(name), 0,           edoi_async_describe,     \
                                               NULL };                                             \
    EDO_MUST_USE linkage edo_future *name##_init(name *self) {                                     \
        return edo_future_init(&self->base, &name##_ops);                                          \
    }                                                                                              \
    static edo_polled name##_run(name *self, edo_cx *cx)

/* First line of the body. */
#define EDO_BEGIN                                                                                  \
    uint32_t edoi_step = cx ? edo_future_step(&self->base) : EDOI_STEP_CLEANUP;                    \
edoi_dispatch:                                                                                     \
    EDOI_UNUSED;                                                                                   \
    switch ((edoi_wide)edoi_step) {                                                                \
    case 0:

/* Ends the body with `value`. */
#define EDO_RETURN(value)                                                                          \
    do {                                                                                           \
        self->base.result = (value);                                                               \
        edoi_step = EDOI_STEP_CLEANUP;                                                             \
        goto edoi_dispatch;                                                                        \
    } while (0)

/* The code after it runs once, however the body ends: by EDO_RETURN, by an error, or by a drop at
 * any await or before the first poll. So the fields that it releases must be set, or zero, before
 * name_init(). No await and no EDO_RETURN may follow. */
#define EDO_CLEANUP                                                                                \
    self->base.result = 0;                                                                         \
    edoi_step = EDOI_STEP_CLEANUP;                                                                 \
    EDOI_FALLTHROUGH;                                                                              \
case EDOI_STEP_CLEANUP:

/* Last line of the body. A body that reaches it returns 0. */
#define EDO_END                                                                                    \
    EDOI_FALLTHROUGH;                                                                              \
default: break;                                                                                    \
    }                                                                                              \
    if (edoi_step != EDOI_STEP_CLEANUP) self->base.result = 0;                                     \
    return cx ? edo_future_finish(&self->base, self->base.result) : EDO_READY

/* Awaits the future that `init` returns, which must lie in this frame; read its result with
 * edo_result() afterwards. */
#define EDO_AWAIT(init) EDOI_AWAIT((init), false, false)

/* Awaits a future outside the frame (boxed, or lent) that the frame member `ptr` points to. */
#define EDO_AWAIT_PTR(ptr) EDOI_AWAIT((edo_future *)(void *)&(ptr), true, false)

/* As EDO_AWAIT; on failure it ends the body with that failure, after the cleanup. */
#define EDO_TRY_AWAIT(init) EDOI_AWAIT((init), false, true)

/* Futures (or other locals) of which only one at a time is alive: they share storage. */
#define EDO_ONE_OF(...)                                                                            \
    union {                                                                                        \
        __VA_ARGS__                                                                                \
    }

/* Fails the build if the frame of `name` outgrows `bytes`. */
#define EDO_FRAME_MAX(name, bytes)                                                                 \
    EDOI_STATIC_ASSERT(sizeof(name) <= (bytes), "the frame of " #name " is larger than " #bytes)

/* ---- Behind the macros ----------------------------------------------------------------------- */

/* The first poll is separate from the polls after a wake: there the compiler knows the future and
 * calls its poll directly, and a future that is ready at once needs no step. With `trying` a
 * failure ends the body.
 *
 * The step is the line of the await. Each case is emitted twice, the second time beyond 64 bits: in
 * a switch of the user around the await both would be one value, and the compiler refuses that. */
#define EDOI_STEP_CLEANUP EDO_STEP_MAX
#define EDOI_STEP_CASE(n)                                                                          \
case (n):                                                                                          \
case (edoi_wide)(n) + ((edoi_wide)1 << EDOI_WIDE_SHIFT)

#define EDOI_AWAIT(init, indirect, trying)                                                         \
    do {                                                                                           \
        EDOI_STATIC_ASSERT(__LINE__ < EDOI_STEP_CLEANUP, "await beyond line 16382 of a file");     \
        edoi_step = __LINE__;                                                                      \
        {                                                                                          \
            edo_future *edoi_f = edoi_async_begin(&self->base, sizeof *self, init, indirect);      \
            if (EDOI_UNLIKELY(!edoi_f)) EDO_RETURN(-EDO_EMISUSE);                                  \
            if (edoi_async_poll(edoi_f, cx) == EDO_READY) {                                        \
                if ((trying) && edoi_f->result < 0) EDO_RETURN(edoi_f->result);                    \
                break;                                                                             \
            }                                                                                      \
        }                                                                                          \
        edo_future_next_step(&self->base, edoi_step);                                              \
        return EDO_PENDING;                                                                        \
        EDOI_STEP_CASE(__LINE__) : {                                                               \
            edo_future *edoi_f = edoi_async_awaited(&self->base, indirect);                        \
            if (edoi_async_poll_again(edoi_f, cx) == EDO_PENDING) return EDO_PENDING;              \
            if ((trying) && edoi_f->result < 0) EDO_RETURN(edoi_f->result);                        \
        }                                                                                          \
    } while (0)

/* While a frame is pending its `own` locates the awaited future: its distance from the frame,
 * and in bit 0 whether a pointer to the future is there (futures are 8-aligned). So a frame that
 * was moved awaits a future that was moved with it; debug builds report that. Returns the future as
 * `awaited` names it, so that the compiler knows its poll. NULL: not in the frame; the body
 * ends. */
EDOI_FRAMED edo_future *edoi_async_begin(edo_future *self, size_t frame_bytes, edo_future *awaited,
                                         bool indirect) {
    ptrdiff_t at = (char *)awaited - (char *)self;
    if (EDO_MISUSE(at < 0 || (size_t)at >= frame_bytes,
                   "EDO_AWAIT of a future outside the frame: keep a pointer to it in the frame and "
                   "use EDO_AWAIT_PTR")) {
        edo_drop(indirect ? *(edo_future **)(void *)awaited : awaited);
        return NULL;
    }
    if (indirect &&
        EDO_MISUSE(!*(edo_future **)(void *)awaited, "EDO_AWAIT_PTR of a pointer that is NULL"))
        return NULL;
    self->own = (uint32_t)at | (uint32_t)indirect;
    return indirect ? *(edo_future **)(void *)awaited : awaited;
}

/* The first poll of what is awaited. A future that is ready without having taken from the budget,
 * as one that fails at once, costs one operation, and if none is left the body goes on behind
 * others: so a loop of such awaits lets them run. */
EDOI_FRAMED edo_polled edoi_async_poll(edo_future *awaited, edo_cx *cx) {
    uint32_t budget = cx->budget;
    if (edo_poll(awaited, cx) == EDO_PENDING) return EDO_PENDING;
    if (EDOI_LIKELY(cx->budget != budget)) return EDO_READY;
    if (EDOI_LIKELY(budget > 0)) {
        cx->budget = budget - 1;
        return EDO_READY;
    }
    edoi_budget_spent(cx);
    return EDO_PENDING;
}

/* A poll of it after a wake; it may be over since the first one, see there. */
EDOI_FRAMED edo_polled edoi_async_poll_again(edo_future *awaited, edo_cx *cx) {
    return edo_future_is_over(awaited) ? EDO_READY : edo_poll(awaited, cx);
}

EDOI_INLINE edo_future *edoi_async_awaited(edo_future *self, bool indirect) {
    char *at = (char *)self + self->own - indirect;
    if (indirect) return *(edo_future **)(void *)at;
    return (edo_future *)(void *)at;
}

EDO_API void edoi_async_describe(const edo_future *self, edo_description *to);

/* Returns true if the cleanup has yet to run, after dropping the awaited future. */
EDOI_FRAMED bool edoi_async_dropping(edo_future *self) {
    if (edo_future_is_over(self)) return false;
    if (edo_future_step(self) != 0) edo_drop(edoi_async_awaited(self, self->own & 1));
    return true;
}

EDO_END_DECLS

#endif
