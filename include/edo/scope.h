/* SPDX-License-Identifier: MIT */
/* edo/scope.h: blocks around awaits: scopes (child tasks that end before the block does), deadlines
 * and shields.
 *
 * They have one shape, and so has the block of a token (edo/cancel.h). The end takes what the block
 * has come to, and returns what the bracket makes of it: a negative code that is the block's, or
 * the bracket's own; otherwise `result`, which may be a count.
 *
 *     edo_deadline d;
 *     edo_deadline_begin(&d, edo_s(30));
 *     int err = fetch();
 *     return edo_deadline_end(&d, err);
 *
 * As a guard, in one line, a bracket also ends where its block is left without that call: by a
 * return, a break or a goto. It then does what follows a failure: a scope cancels its children. It
 * has no say in what is returned: of a limit that has passed that would be -ECANCELED.
 *
 *     EDO_DEADLINE(d, edo_s(30));
 *     int err = job_prepare(&job);
 *     if (err < 0) return err; // it has awaited nothing
 *     return edo_deadline_end(&d, job_run(&job));
 *
 * No goto and no case label may lead into that block past its guard: clang refuses that, and gcc
 * warns of it by -Wjump-misses-init. In C++ they are classes, too, at the end of this file.
 *
 * A deadline of edo_s(-1) never comes: what computes one, or gets one, needs no case for none.
 *
 * They belong to the fiber or plain thread that opened them, nest, and are ended in reverse order.
 * Debug builds report one that is left open or that crosses another. In a state machine they are
 * misuse: use edo_timeout() there, or spawn a fiber.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: the owner of the scope.   Waits: never.   Since: 0.1 */
#ifndef EDO_SCOPE_H
#define EDO_SCOPE_H

#include <edo/task.h>
#include <edo/time.h>

#ifdef EDOI_IS_GCC
#    pragma GCC system_header
#     44 __FILE__
#endif

EDO_BEGIN_DECLS

/* ---- Scopes: tasks that end before the block ------------------------------------------------- */

/* What ends a scope early. Where the failure of a child does, the log (edo/log.h) has an event with
 * its name, where it was spawned, the error and the trail; its target is "edo.scope". It is a WARN
 * for a child that another task than the owner has spawned, of which the owner may know nothing,
 * else DEBUG, as edo_scope_end() returns that failure. */
typedef enum edo_scope_policy {
    EDO_SCOPE_FAIL_FAST, /* the first failure cancels the other children, and the owner's awaits */
    EDO_SCOPE_ANY,       /* the first success cancels the other children */
    EDO_SCOPE_ALL,       /* nothing: all children run to their end */
} edo_scope_policy;

/* Options of a scope; all zero is the default. */
typedef struct edo_scope_opts {
    edo_scope_policy policy;
    bool spread;               /* the children live long: see edo_spawn_opts */
    bool leaves_nothing;       /* debug builds name each thing (stream, listener, channel end, timer
                                  and so on) that the owner makes inside the scope, or a child makes
                                  at any time, and that is still open when the scope ends. Scopes
                                  inside count by their own option */
    size_t at_once;            /* most children alive at once: a spawn beyond waits; 0: no limit */
    edo_task_monitor *monitor; /* counts the children, see edo_spawn_opts; borrowed until the scope
                                  has ended */
    uint64_t reserved[3];      /* must be 0 */
} edo_scope_opts;

struct edoi_child;
struct edoi_ctx;
struct edoi_fiber_task;
struct edoi_trail;
struct edoi_values;

/* A scope. You place it; it must not move between begin and end. Fields are edo's. */
typedef struct edo_scope {
    edoi_bracket bracket;         /* first; const after begin */
    edoi_lock lock;               /* guards the fields up to `waker` */
    edo_atomic_u32 cut;           /* atomic: not 0: the owner's awaits fail */
    struct edoi_child *children;  /* alive, newest first */
    size_t alive_n;               /* and the places that are kept for children to come */
    edo_wait_list places;         /* tasks that wait for a place */
    int failure;                  /* first failure, 0: none yet */
    int success;                  /* first success, valid with `won` */
    bool won;                     /* a child succeeded */
    bool stopped;                 /* the children have been cancelled */
    bool waits_for_end;           /* the owner waits for the end */
    struct edoi_trail *trail;     /* of the first failure */
    edo_waker *waker;             /* the owner's; written by the owner */
    edo_scope_opts opts;          /* const after begin */
    const struct edoi_ctx *owner; /* const after begin; its context: who has another is a guest */
    const struct edoi_fiber_task *owned_by; /* const after begin; the owner; NULL: a thread */
    int64_t deadline_ns;                    /* const after begin; of guests' children: in force */
    struct edoi_values *values; /* const after begin; theirs, too: what was bound; NULL: nothing */
    bool lacks_values;          /* const after begin: there was no memory for `values` */
    size_t starting_n;          /* other tasks that wait for a start: the scope ends behind them */
    bool over;                  /* owner only: the owner itself was cancelled */
    bool ended;                 /* owner only */
    bool is_race;               /* const after begin: the owner cancels children when one has won */
} edo_scope;

/** Opens a scope: the tasks spawned in it may borrow the caller's locals, and none of them outlives
 * edo_scope_end(), which must follow.
 * Owns:    borrows `s` until edo_scope_end(); copies `opts` (NULL: all defaults).
 * Errors:  none here; -EDO_EMISUSE from edo_scope_end() for `reserved` that is not 0, and where it
 *          was begun between edo_no_await_begin() and its end: it takes no children.
 * Threads: fibers and plain threads. */
EDO_API void edo_scope_begin(edo_scope *s, const edo_scope_opts *opts);

/** Starts `fn(arg)` as a child of the scope. Waits for a free place while `at_once` children live,
 * in order of arrival. A macro over edo_scope_spawn_at().
 *
 * A child that the owner spawns inherits the deadline and the values (edo/context.h) that are in
 * force where it is spawned. A failed spawn of the owner counts as a failure of the scope, so its
 * result may be ignored: edo_scope_end() returns the first failure.
 *
 * Another task may spawn, too, as a request that starts something for the whole program. Its child
 * takes nothing of that task, neither limits nor values nor span, and lives on when the task is cut
 * short or ends: it inherits the deadline, the values and the span that were in force at the owner
 * when the scope began. A spawn of that task that fails is its own failure, and not the scope's.
 * Owns:    `fn` takes `arg` on success; on failure it stays the caller's.
 * Errors:  -ENOMEM; -EDO_ECLOSED; -EDO_ENORUNTIME
 *          -ECANCELED  the scope or the caller was cancelled, or a deadline passed
 *          -ENOTSUP    a monitor, and the runtime was made without `task_monitors`
 * Cancel: safe.   Threads: any, while the scope is open.   Waits: for a place. */
#define edo_scope_spawn(s, fn, ...) edo_scope_spawn_at((s), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/* edo_scope_spawn_with(s, fn, arg, opts): as edo_scope_spawn(), with options; NULL means all
 * defaults. Where `spread` or `monitor` is not set the scope's option holds. Further failure:
 * -EINVAL  bad options. A child that returns -ECANCELED because its own `.cancel` token fired is no
 * failure of the scope (except under EDO_SCOPE_ANY: it did not succeed). */
#define edo_scope_spawn_with(s, fn, ...)                                                           \
    edo_scope_spawn_with_at((s), (fn), __VA_ARGS__, EDOI_SITE(fn))

/** As edo_scope_spawn(), but returns a handle of the child, by which it can be cancelled alone. A
 * child that returns -ECANCELED because it was cancelled so is no failure of the scope (except
 * under EDO_SCOPE_ANY: it did not succeed). A macro over edo_scope_spawn_handle_at().
 *
 *     edo_task *one = edo_scope_spawn_handle(&s, fetch, &jobs[0]);
 *     edo_task_cancel(one);
 *     edo_task_unref(one);
 * Owns:    returns new: give the handle to edo_task_unref() or edo_task_join(), in the scope or
 *          after it; in both cases the scope waits for the child. edo_task_join() returns the
 *          child's result and trail, but the trail of the scope's first failure goes to
 *          edo_scope_end().
 *          `fn` takes `arg` on success; on failure it stays the caller's.
 * Errors:  NULL; the failure counts as with edo_scope_spawn(), and edo_task_join(NULL) returns it.
 * Cancel: safe.   Threads: any, while the scope is open.   Waits: for a place. */
#define edo_scope_spawn_handle(s, fn, ...)                                                         \
    edo_scope_spawn_handle_at((s), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** As edo_scope_spawn(), but returns when the child says that it is ready: for a server that has to
 * listen, or a subscription that has to stand, before the owner goes on. Returns what the child
 * gives to edo_task_started(), which may be a port; what is larger it writes to memory that it
 * borrows. A macro over edo_scope_spawn_started_at().
 *
 *     int port = edo_scope_spawn_started(&s, serve, &job); // serve() calls edo_task_started()
 *     return edo_scope_end(&s, port < 0 ? port : talk_to(port));
 *
 * Where the child ends without that, its result is returned; a failure of it is the scope's, as
 * that of any child, and comes with its trail.
 * Owns:    borrows `arg` until the scope has ended, whatever is returned: the child may have begun.
 * Errors:  as edo_scope_spawn(); the child's own failure before it is ready
 *          -ECANCELED  also: the wait was cut short
 * Cancel: safe: the child is cancelled, and the scope waits for its end. One that is ready by then
 *         wins.
 * Threads: any, while the scope is open.
 * Waits:   for a place, and until the child is ready or has ended. */
#define edo_scope_spawn_started(s, fn, ...)                                                        \
    edo_scope_spawn_started_at((s), (fn), (__VA_ARGS__), EDOI_SITE(fn))

/** Says that the calling task is ready: the edo_scope_spawn_started() that has started it returns
 * `value`, 0 or more. It does nothing in a task that was started in another way, and when called
 * once more, so a function need not know how it was started.
 * Owns: nothing.   Errors: none; a negative value is misuse.   Threads: any. */
EDO_API void edo_task_started(int value);

/** The functions behind the macros of the same name; `site` is a string literal "fn at file:line".
 * Owns: as the macros.   Errors: as the macros; -EINVAL  bad options.   Cancel: safe.
 * Threads: any, while the scope is open.   Waits: for a place. */
EDO_API int edo_scope_spawn_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site);
EDO_API int edo_scope_spawn_with_at(edo_scope *s, edo_task_fn *fn, void *arg,
                                    const edo_spawn_opts *opts, const char *site);
EDO_MUST_USE EDO_API edo_task *edo_scope_spawn_handle_at(edo_scope *s, edo_task_fn *fn, void *arg,
                                                         const char *site);
EDO_API int edo_scope_spawn_started_at(edo_scope *s, edo_task_fn *fn, void *arg, const char *site);

/** Cancels the children of the scope. The scope stays open.
 * Threads: any, while the scope is open. */
EDO_API void edo_scope_cancel(edo_scope *s);

/** Waits until the last child has ended, closes the scope, and returns its result. `result` is what
 * the owner's own part has come to. If that is negative it is a failure as that of a child: it
 * cancels the children, except under EDO_SCOPE_ALL. A -ECANCELED that the owner has from a child's
 * failure is no failure of its own, as that child's came first.
 *
 * The wait is not cut short: a cancellation of the caller is passed on to the children. To limit
 * just this wait, begin a deadline before it: edo_deadline_end(&d, edo_scope_end(&s, 0)).
 * Errors:  under EDO_SCOPE_ANY the first success, if a child succeeded; else the first failure, of
 *          a child or of the owner; else -ECANCELED if the caller was cancelled; else `result`, 0
 *          or a count. The trail of a child's failure moves to the caller, with the failures of
 *          the others beside it: edo_trail_each_failure().
 *          -EDO_EFORKED  the scope belongs to the process that forked
 *          -EDO_EMISUSE  it is not the innermost, or the options of its begin were wrong
 * Cancel: not cut short.   Waits: for all children. */
EDO_API int edo_scope_end(edo_scope *s, int result);

/** EDO_SCOPE(s, opts): declares `s` and begins it, as a guard. Where the block is left without
 * edo_scope_end(), the children are cancelled, whatever the policy, and awaited; what they return
 * is lost. They borrow what is declared before the guard: locals behind it may end before it does.
 *
 *     EDO_SCOPE(s, NULL);
 *     edo_scope_spawn(&s, fetch, &job);
 *     int err = edo_write_all(out, head, n);
 *     if (err < 0) return err; // nothing uses `job` any more
 *     return edo_scope_end(&s, 0);
 * Owns:    as edo_scope_begin().   Errors: none.
 * Threads: fibers and plain threads.   Waits: for all children, where the block is left. */
#define EDO_SCOPE(s, ...)                                                                          \
    EDOI_CLEANUP(edoi_scope_leave) edo_scope s = EDOI_ZEROED;                                      \
    edo_scope_begin(&(s), (__VA_ARGS__))

/* Behind EDO_SCOPE(). Not to be called. */
EDO_API void edoi_scope_leave(edo_scope *s);

/* One function of a race. */
typedef struct edo_race_entry {
    edo_task_fn *fn;
    void *arg;
} edo_race_entry;

/** Runs `n` functions as tasks, cancels the others after the first success, waits until all have
 * ended, and returns the index of the first to succeed; `*result` (may be NULL) is its result.
 * None of them still uses what it borrowed, jobs of theirs included.
 * Owns:    each `fn` takes its `arg`; one that could not be started leaves it to the caller.
 * Errors:  -EINVAL  n is 0; the first failure if all failed; -ECANCELED
 * Cancel: all are cancelled and awaited.   Threads: fibers and plain threads in a runtime.
 * Waits:   for the first success and the end of the others. */
EDO_MUST_USE EDO_API int edo_race(int *result, const edo_race_entry *entries, size_t n);

/* ---- Deadlines ------------------------------------------------------------------------------- */

/* A time limit over a block. You place it. Fields are edo's. */
typedef struct edo_deadline {
    int64_t at_ns, outer_ns, length_ns;
    uint32_t depth, shields_n; /* deadlines open, this one included (0: it has ended); shields open
                                  around it */
} edo_deadline;

/** Begins a time limit: once `length` is over, every await until edo_deadline_end() returns
 * -ECANCELED, also in functions called there. Of nested limits the earliest holds. A length of 0 is
 * over at once; a negative one never is, as what edo_deadline_left() returns where there is none.
 * So where `length` is what is left until an instant, which may have passed, pass 0 for less.
 * Owns:    borrows `d` until edo_deadline_end().
 * Threads: fibers and plain threads. */
EDO_API void edo_deadline_begin(edo_deadline *d, edo_duration length);

/** Ends the limit and returns `result`, with -ETIMEDOUT in place of -ECANCELED if this limit cut
 * the await short. In that case the trail names the limit below the lines that belong to `result`,
 * and these lines now belong to -ETIMEDOUT: "reading the header: limit of 20 ms passed in edo_read
 * at todo.c:40 (-ETIMEDOUT)".
 *
 * What a task waited for, and where, is that of the first wait that the limit cut short: of a
 * hundred a second in the process the place, of others the name alone. The line of a place that is
 * new is looked for by a thread of edo's, as for a dump (edo/dump.h), and nobody waits for it:
 * until it is found, mostly within milliseconds, the place is told as "todo+0x4f1c", as addr2line
 * takes it, or not at all in a program that is linked with libedo.a. A plain thread has the limit
 * alone.
 * Errors:  -ETIMEDOUT; else `result`; -EDO_EMISUSE  it is not the innermost deadline, or a bracket
 *          begun in it is still open
 * Threads: the fiber or thread that began it. */
EDO_API int edo_deadline_end(edo_deadline *d, int result);

/** Moves a limit: it now passes `length` from now, later or sooner than before, as a limit for
 * silence does whenever something is heard. What was begun outside of it still holds. Children of
 * scopes that have been spawned keep the instant that they have inherited, and so does a scope that
 * is open, for those that other tasks spawn. 0 and negative are as for edo_deadline_begin(); the
 * trail tells the last length.
 *
 *     EDO_DEADLINE(silence, edo_minutes(5));
 *     while ((err = edo_mpsc_recv(rx, &word)) == 0) (void)edo_deadline_move(&silence, edo_minutes(5));
 *     return edo_deadline_end(&silence, err);
 * Errors:  -ETIMEDOUT  it has cut an await short, and stays passed
 *          -EDO_EMISUSE  it is not the innermost deadline, or a shield begun in it is open
 * Threads: the fiber or thread that began it. */
EDO_API int edo_deadline_move(edo_deadline *d, edo_duration length);

/** EDO_DEADLINE(d, length): declares `d` and begins it, as a guard. Where the block is left without
 * edo_deadline_end(), the limit ends and nothing is turned into -ETIMEDOUT.
 * Owns: nothing.   Errors: none.   Threads: fibers and plain threads. */
#define EDO_DEADLINE(d, ...)                                                                       \
    EDOI_CLEANUP(edoi_deadline_leave) edo_deadline d = EDOI_ZEROED;                                \
    edo_deadline_begin(&(d), (__VA_ARGS__))

/* Behind EDO_DEADLINE(). Not to be called. */
EDO_API void edoi_deadline_leave(edo_deadline *d);

/** Returns how long it is until the earliest deadline in force: for a program that tells another
 * one how long it has. 0: it has passed; negative: there is none. So edo_deadline_begin() with
 * the result makes the limit again, elsewhere.
 * Threads: any; in a state machine there is none. */
EDO_API edo_duration edo_deadline_left(void);

/* ---- Shields --------------------------------------------------------------------------------- */

/* A block whose awaits work although the task was cancelled. You place it. Fields are edo's. */
typedef struct edo_shield {
    int64_t outer_ns, cut_ns;
    edo_cancel_cause cut;        /* the reason for which it was begun */
    uint32_t depth, deadlines_n; /* shields open, this one included (0: it has ended); deadlines
                                    open around it */
    const void *trail;           /* of an error before it */
    int64_t noted_ns;            /* a deadline around it that has cut a wait short */
    const char *noted;           /* what that wait was for */
    const void *noted_at;        /* where it was */
} edo_shield;

/** Begins a shield, for cleaning up: until edo_shield_end() awaits ignore the cancellation and the
 * deadlines around the shield, for at most `length` (0: 5 s; negative: without limit). An error
 * that is being returned keeps its trail: failures in the shield have trails of their own
 * (edo/error.h).
 * Owns:    borrows `sh` until edo_shield_end().
 * Threads: fibers and plain threads. */
EDO_API void edo_shield_begin(edo_shield *sh, edo_duration length);

/** Ends the shield and returns `result`.
 * Errors:  `result`; -EDO_EMISUSE  it is not the innermost shield, or a bracket begun in it is
 *          still open
 * Threads: the fiber or thread that began it. */
EDO_API int edo_shield_end(edo_shield *sh, int result);

/** EDO_SHIELD(sh, length): declares `sh` and begins it, as a guard: the shield ends where the block
 * is left, at the latest.
 *
 *     EDO_SHIELD(sh, edo_s(2));
 *     (void)edo_write_all(s, "bye\n", 4);
 * Owns: nothing.   Errors: none.   Threads: fibers and plain threads. */
#define EDO_SHIELD(sh, ...)                                                                        \
    EDOI_CLEANUP(edoi_shield_leave) edo_shield sh = EDOI_ZEROED;                                   \
    edo_shield_begin(&(sh), (__VA_ARGS__))

/* Behind EDO_SHIELD(). Not to be called. */
EDO_API void edoi_shield_leave(edo_shield *sh);

/** Returns the reason for which an await of this fiber or thread was last cut short. The reason
 * stays when the deadline, scope or shield around that await ends. An await that is cut short
 * inside a shield does not replace the reason for which the shield was begun. A -ECANCELED that is
 * the result of the awaited operation, for example of a task that was cancelled, is no cut.
 * Errors: EDO_CANCEL_NONE if none was.   Threads: any. */
EDO_API edo_cancel_cause edo_cancel_reason(void);

EDO_END_DECLS

#ifdef __cplusplus
/* ---- In C++ ---------------------------------------------------------------------------------- */

namespace edo {

/* The brackets as objects, beside edo::cancel_block of edo/cancel.h: begun by the constructor, and
 * ended by end(), or by the destructor as a guard is, so also while an exception passes. Each is
 * the C type, so `&s` goes where a function takes an edo_scope *.
 *
 *     edo::deadline d(edo_s(30));
 *     return d.end(fetch());
 */
class deadline : public edo_deadline {
  public:
    explicit deadline(edo_duration length) {
        edo_deadline_begin(this, length);
    }
    ~deadline() {
        edoi_deadline_leave(this);
    }
    deadline(const deadline &) = delete;
    deadline &operator=(const deadline &) = delete;
    /* As edo_deadline_end(). */
    int end(int result) {
        return edo_deadline_end(this, result);
    }
};

class shield : public edo_shield {
  public:
    explicit shield(edo_duration length) {
        edo_shield_begin(this, length);
    }
    ~shield() {
        edoi_shield_leave(this);
    }
    shield(const shield &) = delete;
    shield &operator=(const shield &) = delete;
    /* As edo_shield_end(). */
    int end(int result) {
        return edo_shield_end(this, result);
    }
};

class scope : public edo_scope {
  public:
    explicit scope(const edo_scope_opts *options = nullptr) {
        edo_scope_begin(this, options);
    }
    ~scope() {
        edoi_scope_leave(this);
    }
    scope(const scope &) = delete;
    scope &operator=(const scope &) = delete;
    /* As edo_scope_end(). */
    int end(int result) {
        return edo_scope_end(this, result);
    }
};

} // namespace edo
#endif

#endif
