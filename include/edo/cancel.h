/* SPDX-License-Identifier: MIT */
/* edo/cancel.h: cancel tokens: a tree of stop signals that any code may watch.
 *
 *     edo_cancel_token *all, *one;
 *     int err = edo_cancel_new(&all);
 *     …
 *     err = edo_cancel_child(&one, all);       // fired with `all`, or alone
 *
 *     err = edo_cancel_run(one, &work.base);   // -ECANCELED when `one` fires
 *
 *     edo_cancel(all, EDO_CANCEL_SHUTDOWN);
 *
 * A token fires at most once and stays fired. Firing a token also fires its descendants, never its
 * parent. Giving back the last reference of a token does not fire it.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_CANCEL_H
#define EDO_CANCEL_H

#include <edo/task.h>

EDO_BEGIN_DECLS

/** Makes a token without a parent. Tokens are counted: a token is freed when its last reference and
 * its last child are gone.
 * Owns: returns new: one reference, given back by edo_cancel_unref().   Errors: -ENOMEM
 * Threads: any. */
EDO_MUST_USE EDO_API int edo_cancel_new(edo_cancel_token **out);

/** Makes a token that fires when `parent` does. The child of a fired token has fired from the
 * start.
 * Owns:    returns new: one reference, given back by edo_cancel_unref(). Shares `parent`: the
 *          caller may give its own reference of it back, and the tree stays whole.
 * Errors:  -ENOMEM
 *          -EDO_EFORKED  `parent` belongs to the process that forked */
EDO_MUST_USE EDO_API int edo_cancel_child(edo_cancel_token **out, edo_cancel_token *parent);

/** Takes one more reference and returns `t`.
 * Owns:    shares `t`. */
EDO_API edo_cancel_token *edo_cancel_ref(edo_cancel_token *t);

/** Gives one reference back; NULL is allowed.
 * Owns:    takes the reference. */
EDO_API void edo_cancel_unref(edo_cancel_token *t);

/** Fires `t` and its descendants, and wakes the tasks and threads that wait on them.
 *
 * `reason` is an edo_cancel_cause or a number of the program's own, EDO_CANCEL_USER or more; 0
 * (EDO_CANCEL_NONE) or less counts as EDO_CANCEL_ASKED, and a number above EDO_CANCEL_REASON_MAX as
 * EDO_CANCEL_REASON_MAX. The first call sets the reason. On a token that has fired already the call
 * does nothing, and may return before the first call has reached the whole tree.
 * Waits:   never; takes time in proportion to the tree. */
EDO_API void edo_cancel(edo_cancel_token *t, int reason);

/** Returns whether `t` has fired. */
EDO_API bool edo_cancel_is_set(const edo_cancel_token *t);

/** Returns the reason with which `t` fired (an edo_cancel_cause, or the program's own), or
 * EDO_CANCEL_NONE. */
EDO_API int edo_cancel_get_reason(const edo_cancel_token *t);

/* Future behind edo_cancel_wait(). */
typedef struct edo_cancel_wait_future {
    edo_future base;
    edo_cancel_token *token; /* borrowed */
    edo_wait_node node;      /* among the token's waiters while pending; lock: the token's */
} edo_cancel_wait_future;

/** Waits until `t` has fired; a future is then ready with 0.
 * Errors:  -ECANCELED    this task was cancelled or a deadline around it passed
 *          -EDO_EFORKED  `t` belongs to the process that forked, and had not fired there
 * Cancel: safe.   Waits: until the token fires. */
EDO_MUST_USE EDO_API int edo_cancel_wait(edo_cancel_token *t);
EDO_MUST_USE EDO_API edo_future *edo_cancel_wait_init(edo_cancel_wait_future *f,
                                                      edo_cancel_token *t);

/* Future behind edo_cancel_run(). */
typedef struct edo_cancel_run_future {
    edo_future base;
    edo_future *inner; /* borrowed */
    edo_cancel_wait_future fired;
} edo_cancel_run_future;

/** Awaits `inner` unless `t` fires. `inner` is polled first: a ready result wins over a fired
 * token. But if `t` has fired before, `inner` is not polled at all.
 * Owns:    borrows `t`; consumes `inner`, which is dropped on return, or when the future is.
 * Errors:  those of `inner`
 *          -ECANCELED  the token fired, see edo_cancel_is_set(), of a future, too; or this task was
 *                      cancelled
 * Cancel: as safe as `inner`.   Waits: for `inner` or `t`. */
EDO_MUST_USE EDO_API int edo_cancel_run(edo_cancel_token *t, edo_future *inner);
EDO_MUST_USE EDO_API edo_future *edo_cancel_run_init(edo_cancel_run_future *f, edo_cancel_token *t,
                                                     edo_future *inner);

/* ---- A function that is called --------------------------------------------------------------- */

/* What a hook calls. It must not await, and should be short: it wakes, closes or marks something,
 * or tells a library that knows no tokens to stop. */
typedef void edo_cancel_hook_fn(void *arg);

/* A function that waits for a token to fire. You place it; it must not move while it is set. All
 * zero is one that is not set. Fields are edo's. */
typedef struct edo_cancel_hook {
    edo_cancel_token *token;              /* shared; NULL: not set. Owner only */
    struct edo_cancel_hook *next, **link; /* among the token's hooks; lock: the token's */
    edo_cancel_hook_fn *fn;               /* const while it is set, as `arg` */
    void *arg;
} edo_cancel_hook;

/** Sets a hook: `fn(arg)` is called once when `t` fires, on the thread that fires it; at once, in
 * this call, if `t` has fired already. Any number of hooks may be set on a token.
 *
 *     edo_cancel_hook stop;
 *     edo_cancel_hook_set(&stop, token, library_interrupt, job);
 *     int n = library_run(job);                          // a call that knows no tokens
 *     bool is_whole = edo_cancel_hook_clear(&stop);      // true: nobody has interrupted it
 *
 * When `fn` runs, edo_cancel_is_set() and edo_cancel_get_reason() of `t` tell of it. Where `t`
 * fires after the set, the tasks that wait on `t` have been woken, and its children have fired;
 * their own waiters and hooks may come later. Such hooks of one token run one after the other, in
 * no order to rely on; one that is set later runs beside them, and perhaps before those tasks are
 * woken. edo holds no lock around `fn`: it may set and clear hooks, this one too, and fire, make
 * and give back tokens, `t` too. A hook that fires another token nests: a chain of tokens of that
 * kind is as deep on the stack as it is long. An await in `fn` is misuse. Locks of the program that
 * the caller of edo_cancel(), or of this, holds are held in `fn`.
 *
 * In a child of fork() a token that the parent made calls no hook, one that is set there neither.
 * Owns:    borrows `h`, and `arg`, until edo_cancel_hook_clear(), which must follow; shares `t`
 *          until then. No memory is asked for.
 * Errors:  none.
 * Threads: one at a time for one hook; `fn` runs on any. */
EDO_API void edo_cancel_hook_set(edo_cancel_hook *h, edo_cancel_token *t, edo_cancel_hook_fn *fn,
                                 void *arg);

/** Takes a hook back. Returns true if its function has not been called, and never will be; false
 * if it has: it has then run to its end, and what it wrote is seen. So the memory of `h` and `arg`
 * may go either way. A hook that is not set returns false.
 *
 * If another thread is in the function the call waits for its end, and keeps its thread while it
 * does: hold no lock that the function takes. Two functions of hooks that take each other back on
 * two threads wait for ever. Called in the function itself, or in what that calls, it returns false
 * at once: the function still runs, edo does not touch `h` any more, and it may be freed or set
 * again there.
 * Owns:    gives `h` and `arg` back, and the share of the token, which may end with it.
 * Errors:  none.
 * Threads: one at a time for one hook.   Waits: never for a task; see above. */
EDO_API bool edo_cancel_hook_clear(edo_cancel_hook *h);

/* ---- A token over a block -------------------------------------------------------------------- */

/* A block whose awaits a token cancels. You place it; it must not move between begin and end.
 * Fields are edo's. */
typedef struct edo_cancel_block {
    edoi_bracket bracket;    /* first */
    edo_cancel_token *token; /* shared; NULL: the block has ended */
    edo_wait_node node;      /* among the token's waiters until it fires; lock: the token's */
} edo_cancel_block;

/** Begins a block that `t` cancels: once `t` has fired, every await until edo_cancel_end() returns
 * -ECANCELED, also in functions called there, and edo_cancel_reason() returns the reason. If `t`
 * has fired before the block begins, its first await is cut short.
 *
 *     edo_cancel_block b;
 *     edo_cancel_begin(&b, self->stop);
 *     int err = serve(self);
 *     return edo_cancel_end(&b, err); // -ECANCELED and edo_cancel_is_set(): the token fired
 *
 * Blocks nest with each other and with deadlines, shields and scopes in any order. In a shield
 * begun inside the block awaits ignore the token; scopes begun inside pass the cancellation on to
 * their children.
 *
 * In a child of fork() a token that the parent made cancels no block, and no task that was spawned
 * with it, whether it fires before or after the fork: make a new token there.
 * Owns:    borrows `b` until edo_cancel_end(); shares `t` until then.
 * Threads: fibers and plain threads. */
EDO_API void edo_cancel_begin(edo_cancel_block *b, edo_cancel_token *t);

/** Ends the block and returns `result`. Awaits then obey only the blocks around it.
 * Errors:  `result`; -EDO_EMISUSE  it is not the innermost block, or a deadline or shield begun in
 *          it is still open
 * Threads: the fiber or thread that began it. */
EDO_API int edo_cancel_end(edo_cancel_block *b, int result);

/** EDO_CANCEL(b, token): declares `b` and begins it, as a guard (edo/scope.h): the block of the
 * token ends where the block of the program is left, at the latest.
 * Owns:    shares `token` until then.   Errors: none.   Threads: fibers and plain threads. */
#define EDO_CANCEL(b, ...)                                                                         \
    EDOI_CLEANUP(edoi_cancel_leave) edo_cancel_block b = EDOI_ZEROED;                              \
    edo_cancel_begin(&(b), (__VA_ARGS__))

/* Behind EDO_CANCEL(). Not to be called. */
EDO_API void edoi_cancel_leave(edo_cancel_block *b);

EDO_END_DECLS

#ifdef __cplusplus
namespace edo {

/* The block as an object, as those of edo/scope.h. */
class cancel_block : public edo_cancel_block {
  public:
    explicit cancel_block(edo_cancel_token *t) {
        edo_cancel_begin(this, t);
    }
    ~cancel_block() {
        edoi_cancel_leave(this);
    }
    cancel_block(const cancel_block &) = delete;
    cancel_block &operator=(const cancel_block &) = delete;
    /* As edo_cancel_end(). */
    int end(int result) {
        return edo_cancel_end(this, result);
    }
};

} // namespace edo
#endif

#endif
