/* SPDX-License-Identifier: MIT */
/* edo/service.h: a service turns a request into a response; layers around it change how.
 *
 *     edo_service *svc;
 *     edo_stack stack;
 *     int err = edo_service_from_fn(&svc, look_up, db, NULL);
 *     if (err < 0) return err;
 *     edo_stack_init(&stack);
 *     edo_stack_push(&stack, edo_timeout_layer(edo_s(5)));            // first: outermost
 *     edo_stack_push(&stack, edo_concurrency_layer(100));
 *     err = edo_stack_build(&svc, &stack, svc);
 *     edo_stack_deinit(&stack);
 *     if (err < 0) return err;
 *     err = edo_service_oneshot(svc, &question, &answer);
 *     edo_service_unref(svc);
 *
 * A call has two halves. edo_service_ready() waits until the service can take one more call, and
 * puts the right to it into a permit that the caller owns: back-pressure reaches the caller before
 * it has a request. edo_service_call() uses the permit up; edo_permit_release() gives it back.
 * edo_service_oneshot() is both halves. One service is shared by any number of fibers and threads,
 * each with a permit of its own.
 *
 * Ready and call are plain functions that await, so they run in fibers and on plain threads; a
 * layer is a plain function around the call of the next service. A state machine spawns a fiber.
 *
 * Requests and responses are pointers that only the two ends understand, and layers that name their
 * kind: one that is put around a service of another kind is refused. The caller places both, and
 * every layer borrows them until the call returns. What a response refers to (a body, rows) is
 * the caller's once the call has returned 0, and was given back by the service otherwise.
 *
 * The layers are in edo/layers.h, edo/retry_layer.h and edo/reconnect.h; edo/steer.h puts one
 * service in front of several; how to write a layer of your own: examples/services/own_layer.c.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any.   Waits: never.   Since: 0.1 */
#ifndef EDO_SERVICE_H
#define EDO_SERVICE_H

#include <edo/seq.h>

EDO_BEGIN_DECLS

typedef struct edo_service edo_service;

/* ---- Permits --------------------------------------------------------------------------------- */

#define EDO_SERVICE_LEVELS 24 /* services with a `ready` that may lie under each other */

/* What one service keeps in a permit. Fields are edo's, except `word`. */
typedef struct edo_permit_slot {
    const edo_service *of; /* the service that was made ready; NULL: none */
    uintptr_t word;        /* that service's own, from its ready to its call or release */
} edo_permit_slot;

/* The right to one call. You place it, EDO_PERMIT_INIT at first; after a call or a release it can
 * be used again. While it is held it must not be moved or copied. Fields are edo's. */
typedef struct edo_permit {
    edo_service *top; /* that the caller made ready; NULL: nothing is held */
    bool no_wait;     /* edo_service_try_ready() is under way */
    edo_permit_slot slots[EDO_SERVICE_LEVELS]; /* by the level of the service */
} edo_permit;

#define EDO_PERMIT_INIT                                                                            \
    {                                                                                              \
        NULL, false, {                                                                             \
            { NULL, 0 }                                                                            \
        }                                                                                          \
    }

/** Waits until `self` can take a call, and puts the right to it into `permit`.
 *
 * The permit may be kept as long as the caller likes, but what it holds (a place among the calls
 * at once, a connection) is missed by others meanwhile. It ends with edo_service_call() or
 * edo_permit_release().
 * Owns:    borrows `self` until the permit has ended; fills `permit`.
 * Errors:  -ECANCELED    this task was cancelled or a deadline around it passed
 *          -ENOMEM
 *          -EDO_EMISUSE  the permit is held already, for this service or another one
 *          any other: this service will not recover; drop it. The permit holds nothing.
 * Cancel: safe: what was reserved is given back.   Threads: any, at once, each with its own permit.
 * Waits:   as the service says. */
EDO_MUST_USE EDO_API int edo_service_ready(edo_service *self, edo_permit *permit);

/** As edo_service_ready(), but never waits. For callers that would rather refuse than wait, and for
 * event loops.
 * Owns:    as edo_service_ready().
 * Errors:  -EAGAIN  it would have to wait; else as edo_service_ready()
 * Threads: any, at once, each with its own permit. */
EDO_MUST_USE EDO_API int edo_service_try_ready(edo_service *self, edo_permit *permit);

/** Sends `request` and fills `response`. Uses up the permit, also on failure.
 * Owns:    borrows `self`, and `request` and `response` until return; takes what `permit` holds.
 * Errors:  -EDO_EMISUSE  the permit is not held for this service: edo_service_ready() comes first
 *          -ECANCELED    this task was cancelled or a deadline around it passed
 *          those of the service and its layers
 * Cancel:  ends the call; all that was reserved for it is given back. Whether the request was
 *          carried out is for the service to say.
 * Threads: any, at once, each with its own permit.   Waits: for the response. */
EDO_MUST_USE EDO_API int edo_service_call(edo_service *self, edo_permit *permit, void *request,
                                          void *response);

/** Gives the right to a call back, unused. A permit that holds nothing is allowed.
 * Owns: takes what `permit` holds.   Threads: any, for the owner of the permit. */
EDO_API void edo_permit_release(edo_permit *permit);

/** Gives back what `permit` holds for `self` and the services inside it, if anything. For services
 * that choose among several, in their `release`; and for a layer that keeps its caller waiting and
 * will not call the inner service.
 * Owns:    borrows `self`; takes what `permit` holds for it.
 * Threads: any, for the owner of the permit. */
EDO_API void edo_service_release(edo_service *self, edo_permit *permit);

/** Waits until `self` is ready, and calls it: the usual way to call a service.
 * Errors: those of edo_service_ready() and edo_service_call()   Cancel: as both.
 * Threads: any, at once.   Waits: as both. */
EDO_MUST_USE EDO_API int edo_service_oneshot(edo_service *self, void *request, void *response);

/* ---- Services -------------------------------------------------------------------------------- */

/* The operations of one kind of service. Const and static. In C initialise it by the names of its
 * members. The functions run in the caller's fiber or thread, for several callers at once, and may
 * await, except `release` and `deinit`. */
typedef struct edo_service_ops {
    const char *name;
    /* Reserves what one call needs. It keeps it in edo_permit_word(), calls edo_service_ready() of
     * the inner service, and on failure gives back what it has reserved itself; what the inner
     * service holds is given back by edo. If `permit->no_wait` it must not wait, but returns
     * -EAGAIN. NULL: ready when the inner service is; without one, always. */
    int (*ready)(edo_service *self, edo_permit *permit);
    /* Carries out the request; most layers call the inner service with edo_service_call(). If it
     * returns and the permit still holds the inner service, edo gives that back. */
    int (*call)(edo_service *self, edo_permit *permit, void *request, void *response);
    /* Gives back what `ready` has reserved: there will be no call. Not for the inner service.
     * NULL: nothing was. */
    void (*release)(edo_service *self, edo_permit *permit);
    /* The last reference is gone: ends what the service owns, except its memory and `inner`. NULL:
     * it owns nothing. */
    void (*deinit)(edo_service *self);
    /* The kind of its requests, by the name of their type: "edo_web" are those of routes,
     * "edo_http_request" those of clients. NULL: the kind of the inner service; without one, any
     * fits. "": any fits, though the inner service has a kind, since this one turns requests into
     * others. */
    const char *kind;
    void (*reserved[2])(void); /* must be NULL */
} edo_service_ops;

/* First member of every service. const, once made; layers may read `inner`. */
struct edo_service {
    const edo_service_ops *ops;
    edo_service *inner;    /* shared; NULL: none, or not one */
    edo_service *reserves; /* itself if it has a `ready` or no inner one; else its inner one's */
    const char *kind;      /* of its requests: see edo_service_ops; NULL or "": any fits */
    uint32_t level;        /* of the slot of `reserves` in a permit: above those that it calls */
};

/** Makes a service of `bytes` bytes that begin with an edo_service; the rest is zero. For writers
 * of services and layers.
 * Owns:    returns new: edo_service_unref(). Takes `inner` (may be NULL) on success; on failure it
 *          stays the caller's. Borrows `ops` for good.
 * Errors:  -ENOMEM; -EINVAL  more than EDO_SERVICE_LEVELS services under each other
 *          -EDO_EMISUSE  `bytes` is too small, or `ops` has no call or a reserved entry */
EDO_MUST_USE EDO_API int edo_service_new(edo_service **self, size_t bytes,
                                         const edo_service_ops *ops, edo_service *inner);

/** Says that `self` will call services that lie `levels` deep, itself not counted, and are not its
 * `inner`: for services that choose among several, or make the inner one later. Its permit slot
 * lies above theirs. Before the service is shared.
 * Errors:  -EINVAL  more than EDO_SERVICE_LEVELS services under each other
 * Threads: the one that made it. */
EDO_MUST_USE EDO_API int edo_service_set_levels(edo_service *self, uint32_t levels);

/* The word of `self` in a permit, for its functions. */
EDOI_INLINE uintptr_t *edo_permit_word(edo_permit *permit, const edo_service *self) {
    return &permit->slots[self->level].word;
}

/** Takes one more reference and returns `self`.
 * Owns: shares `self`.   Threads: any, at once. */
EDO_API edo_service *edo_service_ref(edo_service *self);

/** Gives one reference back; the last one ends the service and gives back its inner one. NULL is
 * allowed. No permit of it may be held any more.
 * Owns: takes the reference.   Threads: any, at once. */
EDO_API void edo_service_unref(edo_service *self);

/* A request carried out by a function, which may await. Returns 0 or a count, or a negative
 * code. */
typedef int edo_service_fn(void *arg, void *request, void *response);

/** Makes a service of a function. It is always ready.
 * Owns:    returns new: edo_service_unref(). Borrows `arg` until the service has ended, then calls
 *          `drop(arg)`, if it is not NULL; not on failure.
 * Errors: -ENOMEM   Threads: any; `fn` must bear calls at once. */
EDO_MUST_USE EDO_API int edo_service_from_fn(edo_service **self, edo_service_fn *fn, void *arg,
                                             void (*drop)(void *arg));

/* ---- Layers ---------------------------------------------------------------------------------- */

#define EDO_LAYER_BYTES 128 /* of a layer's options, at most */

typedef struct edo_layer edo_layer;

/* Makes the service that `layer` puts around `inner`. Takes `inner` on success; on failure it stays
 * the caller's. */
typedef int edo_layer_fn(edo_service **self, edo_service *inner, const edo_layer *layer);

/* A recipe for a service around another, as a value: copy it as you like. All zero is a layer that
 * adds nothing: the other arm of a `cond ? layer : none`. Fields are edo's, except `kind`. */
struct edo_layer {
    edo_layer_fn *wrap; /* NULL: adds nothing */
    const char *kind;   /* of the requests that it can pass on, as that of edo_service_ops; it is
                           not put around a service of another one. NULL: fits all, but for a
                           function of edo's in its options that looks into requests of one kind */
    int failure;        /* of the options: returned by edo_stack_build() */
    union {
        uint64_t words[EDO_LAYER_BYTES / 8];
        void *pointers[EDO_LAYER_BYTES / sizeof(void *)];
    } opts; /* a copy of the options */
};

/** A layer of `wrap` with a copy of `opts` (`bytes` bytes, EDO_LAYER_BYTES at most; NULL: zeros),
 * which `wrap` finds at `&layer->opts`. For writers of layers. One that looks into its requests
 * sets `kind` of what this returns.
 * Owns:    copies `opts`.
 * Errors:  none here; more bytes than EDO_LAYER_BYTES are misuse, and the build returns
 *          -EDO_EMISUSE. */
EDO_MUST_USE EDO_API edo_layer edo_layer_make(edo_layer_fn *wrap, const void *opts, size_t bytes);

/* The rest of a call, for a function that is a layer: the inner service and the permit, which is
 * held for it. */
typedef struct edo_next {
    edo_service *inner;
    edo_permit *permit;
} edo_next;

/* A layer as a function: does what it likes before and after edo_layer_next(), or instead of it. */
typedef int edo_around_fn(void *arg, edo_next *next, void *request, void *response);

/** A layer that is a function: each call is `fn(arg, next, request, response)`. It passes another
 * request or response on by passing other pointers to edo_layer_next(), of any kind. For a second
 * call it makes `next->inner` ready again, with `next->permit`.
 * Owns:    borrows `arg` until every service made of the layer has ended.
 * Threads: any; `fn` must bear calls at once. */
EDO_MUST_USE EDO_API edo_layer edo_layer_from_fn(edo_around_fn *fn, void *arg);

/* Calls the inner service, once, as edo_service_call() does. */
EDOI_INLINE int edo_layer_next(edo_next *next, void *request, void *response) {
    return edo_service_call(next->inner, next->permit, request, response);
}

/** Puts one layer around `inner`. It may be that `self` and `&inner` are the same variable.
 * Owns:    returns new: edo_service_unref(). Takes `inner`, also on failure; borrows `layer`.
 * Errors:  -ENOMEM; -EINVAL  options, too many services under each other, or a layer for requests
 *          of another kind, both of which the trail names */
EDO_MUST_USE EDO_API int edo_layer_wrap(edo_service **self, const edo_layer *layer,
                                        edo_service *inner);

/* Layers in order. You place it; end it with edo_stack_deinit(). Fields are edo's. */
typedef struct edo_stack {
    struct edoi_stacked *last; /* the innermost */
    int failure;               /* the first of a push */
} edo_stack;

/** Begins an empty stack.
 * Threads: one at a time. */
EDO_API void edo_stack_init(edo_stack *stack);

/** Adds a layer inside those pushed before: the first one is the outermost, and sees a call first.
 * A failure (no memory, bad options) is kept for edo_stack_build().
 *
 * The order matters. A timeout outside a retry limits all attempts together, inside it each. Load
 * shed belongs outside the limit whose queue it refuses.
 * Owns: copies `layer`.   Threads: one at a time. */
EDO_API void edo_stack_push(edo_stack *stack, edo_layer layer);

/** Puts the layers around `inner`. May be called again, for another service; each has layers of its
 * own then (but what their options point to is shared).
 * Owns:    returns new: edo_service_unref(). Takes `inner`, also on failure.
 * Errors:  the first failure of a push; those of edo_layer_wrap()
 * Threads: any, at once, while nothing is pushed. */
EDO_MUST_USE EDO_API int edo_stack_build(edo_service **self, const edo_stack *stack,
                                         edo_service *inner);

/** Frees the stack; services made of it stay.
 * Threads: one at a time. */
EDO_API void edo_stack_deinit(edo_stack *stack);

/* ---- Many calls ------------------------------------------------------------------------------ */

/* How edo_call_all() calls; all zero is the default. */
typedef struct edo_call_all_opts {
    size_t at_once;       /* most calls at once; 0: 16 */
    bool unordered;       /* responses come as they are made, not in the order of the requests */
    uint64_t reserved[2]; /* must be 0 */
} edo_call_all_opts;

/** Calls `service` once for each item of `requests`, whose bytes are the request, and makes a
 * sequence of the responses, of `response_bytes` bytes each. A failed call is an item that failed.
 * The calls run in tasks of their own; nothing is called while nothing is read.
 * Owns:    returns new: edo_seq_shutdown() or edo_seq_free(). Takes `requests`, also on failure;
 *          borrows `service` until the tasks have ended.
 * Errors:  NULL without memory, and for `requests` that is NULL; a sequence whose one item is
 *          -EINVAL for bad options */
EDO_MUST_USE EDO_API edo_seq *edo_call_all(edo_service *service, edo_seq *requests,
                                           size_t response_bytes, const edo_call_all_opts *opts);

EDO_END_DECLS

#endif
