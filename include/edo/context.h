/* SPDX-License-Identifier: MIT */
/* edo/context.h: values that are bound to a block, and to all that is started in it: on whose
 * behalf something is done, which tenant's, within which trace.
 *
 *     static const edo_context_key tenant_key = { .name = "tenant", .bytes = sizeof(uint32_t) };
 *
 *     EDO_CONTEXT(tenant, &tenant_key, &(uint32_t){ 7 }); // until the block is left
 *     edo_task *t = edo_spawn(store, order);              // store() and what it calls see it, too
 *
 *     const uint32_t *tenant = edo_context_get(&tenant_key); // in store(), or any function below
 *
 * A block binds one value to one key. What is bound is seen in the functions that the block calls,
 * and it is inherited by the tasks, children of scopes, and jobs of edo_blocking() and
 * edo_compute() that are started there, on whatever runtime. A child that another task than the
 * owner spawns into a scope inherits what was bound at the owner when the scope began
 * (edo/scope.h): what a request starts for the program is not on the request's behalf. A task holds
 * what it inherited until it ends, also when the block has ended long before. A block inside that
 * binds the same key hides the value of the outer one.
 *
 * What a value costs: its block nothing but its place on the stack; the first spawn in it one
 * object with all values that are seen there, which each further spawn counts. A spawn where
 * nothing is bound costs nothing more.
 *
 * A state machine has, at each poll, the values of its spawn. A block in a poll ends in that poll.
 *
 * Tasks that edo starts for itself and that outlive the call, such as that of a connection, inherit
 * nothing; a task of one's own does not with `.no_context` of edo_spawn_opts.
 *
 * The address of the key is the key: two libraries cannot meet in one, and a key that is static in
 * its file is private to it. Give each key two functions that know the type of its value.
 *
 * Unless a function says otherwise:
 * Threads: any, in a task or not.   Waits: never.   Since: 0.1 */
#ifndef EDO_CONTEXT_H
#define EDO_CONTEXT_H

#include <edo/base.h>

EDO_BEGIN_DECLS

#define EDO_CONTEXT_BYTES_MAX 16u

/* What a value is found by. One object, static as a rule. */
typedef struct edo_context_key {
    const char *name; /* for dumps and reports */
    uint32_t bytes;   /* of a value, which is copied: 1 to EDO_CONTEXT_BYTES_MAX, of an alignment of
                         8 at most; 0: a value is memory of edo_rc_new(), which is shared */
    bool no_inherit;  /* what is started in the block does not see the value */
} edo_context_key;

/* A block with a value. You place it. Fields are edo's. */
typedef struct edo_context_block {
    struct edo_context_block *outer;           /* the next in the chain */
    const edo_context_key *key;                /* NULL: the block has ended */
    uint64_t value[EDO_CONTEXT_BYTES_MAX / 8]; /* or the address of counted memory, in the first */
    struct edoi_values *values; /* what tasks inherit here; NULL: none was started yet */
    uint32_t depth;             /* blocks open, this one included; 0: it is a task's inheritance */
    bool is_hidden;             /* the key has no value here */
    bool is_in_poll;            /* it ends in this poll */
} edo_context_block;

/** Binds a value to `key` until edo_context_end(). NULL hides the value that an outer block has
 * bound: edo_context_get() returns NULL.
 * Owns:    borrows `b` and `key` until edo_context_end(), and the key as long as tasks that were
 *          started there live; copies `value`, or shares it if it is counted. */
EDO_API void edo_context_begin(edo_context_block *b, const edo_context_key *key, const void *value);

/** Ends the block and returns `result`.
 * Errors:  `result`; -EDO_EMISUSE  it is not the innermost block of this fiber or thread
 * Threads: the fiber or thread that began it. */
EDO_API int edo_context_end(edo_context_block *b, int result);

/** EDO_CONTEXT(b, key, value): declares `b` and begins it, as a guard: it ends where the block is
 * left, at the latest. What the guards of edo/scope.h say of jumps holds here, too.
 * Owns: as edo_context_begin().   Errors: none. */
#define EDO_CONTEXT(b, key, ...)                                                                   \
    EDOI_CLEANUP(edoi_context_leave) edo_context_block b = EDOI_ZEROED;                            \
    edo_context_begin(&(b), (key), (__VA_ARGS__))

/* Behind EDO_CONTEXT(). Not to be called. */
EDO_API void edoi_context_leave(edo_context_block *b);

/** Returns the value that is bound to `key` here: where its copy lies, or the counted memory. NULL:
 * none is bound, or it is hidden.
 * Owns:    borrows from the block that bound it, or from the task that inherited it, until either
 *          ends. */
EDO_API const void *edo_context_get(const edo_context_key *key);

EDO_END_DECLS

#ifdef __cplusplus
namespace edo {

/* The block as an object, as those of edo/scope.h. */
class context : public edo_context_block {
  public:
    context(const edo_context_key *key, const void *value) {
        edo_context_begin(this, key, value);
    }
    ~context() {
        edoi_context_leave(this);
    }
    context(const context &) = delete;
    context &operator=(const context &) = delete;
    /* As edo_context_end(). */
    int end(int result) {
        return edo_context_end(this, result);
    }
};

} // namespace edo
#endif

#endif
