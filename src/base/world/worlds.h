/* SPDX-License-Identifier: MIT */
/* base/world/worlds.h: chance and time that a process or a thread has once, where a simulated world
 * (src/sim) runs.
 *
 * A world's run follows from its seed alone, also that of the second world of a process. So what is
 * drawn at first use and kept, as a secret, and what is kept of a time, as that of the last
 * warning, may not be of the world before; and what is a world's may not stay behind it. Code that
 * draws asks edoi_world_draws() first, and a file that keeps such a thing forgets it by
 * EDOI_ON_WORLD.
 *
 * What depends on neither chance nor time (what the environment has said, a key of pthread's, a
 * method of OpenSSL's) needs nothing of this; nor does what a runtime has, since each host has one
 * of its own.
 *
 * Threads: a world is of the thread that makes it. What a thread keeps is that world's alone; what
 * the process keeps is shared by worlds of several threads. */
#ifndef EDOI_BASE_WORLD_WORLDS_H
#define EDOI_BASE_WORLD_WORLDS_H

#include <edo/base.h>

/* Has this thread a world? */
EDO_API bool edoi_world_is_here(void);

/* A number that follows from the seed of this thread's world, in hosts and outside them. False: it
 * has none. */
EDO_API bool edoi_world_draws(uint64_t *number);

/* The same outside hosts alone: a host has such numbers from getrandom(). */
EDO_API bool edoi_world_draws_outside(uint64_t *number);

typedef struct edoi_world_hook {
    void (*forget)(void); /* on the thread of a world, which has begun, or is over */
    struct edoi_world_hook *next;
} edoi_world_hook;

/* Called by EDOI_ON_WORLD as its library is loaded: before main(), or by dlopen() while no other
 * thread has a world that begins or ends. A library that has such a hook stays loaded. */
EDO_API void edoi_world_hook_add(edoi_world_hook *hook);

/* A world begins on this thread; it is over. */
EDO_API void edoi_worlds_begin(const uint64_t seed[2]);
EDO_API void edoi_worlds_end(void);

/* From now on something of a host of the world runs; or nothing does. */
EDO_API void edoi_worlds_switch(bool is_host);

/* `EDOI_ON_WORLD(forget);` at file scope, once per file. */
#ifdef EDOI_MODEL
#    define EDOI_ON_WORLD(fn)                                                                      \
        EDOI_INLINE const edoi_world_hook *edoi_on_world(void) {                                   \
            static const edoi_world_hook hook = { .forget = (fn) };                                \
            return &hook;                                                                          \
        }                                                                                          \
        extern int edoi_on_world_end
#else
#    define EDOI_ON_WORLD(fn)                                                                      \
        __attribute__((constructor)) static void edoi_on_world(void) {                             \
            static edoi_world_hook hook = { .forget = (fn) };                                      \
            edoi_world_hook_add(&hook);                                                            \
        }                                                                                          \
        extern int edoi_on_world_end
#endif

#endif
