/* SPDX-License-Identifier: MIT */
/* edo/ext.h: extensions: values that a message or a connection carries along for layers and
 * handlers: who the user is, which route was taken, what a library wants to find again. In
 * libedo-http.
 *
 *     static void user_drop(void *user) { free(user); }
 *     static const edo_ext_tag user_tag = { .name = "user", .drop = user_drop };
 *
 *     err = edo_ext_set(&req->ext, &user_tag, user);        // a layer
 *     const struct user *u = edo_ext_get(&req->ext, &user_tag); // a handler, further inside
 *
 * The address of the tag is the key: two libraries cannot meet in one, and a tag that is static in
 * its file is private to it. Give each tag two functions that know the type of its value.
 *
 * Unless a function says otherwise:
 * Threads: one at a time.   Since: 0.1 */
#ifndef EDO_EXT_H
#define EDO_EXT_H

#include <edo/arena.h>
#include <edo/base.h>
#include <edo/error.h>

EDO_BEGIN_DECLS

/* A kind of value. Its address is the key, so it is one object, static as a rule. */
typedef struct edo_ext_tag {
    const char *name;          /* for dumps; may be NULL */
    void (*drop)(void *value); /* ends a value; NULL: there is nothing to end */
} edo_ext_tag;

/* Values by their tags, one of each. All zero: none. Fields are edo's. */
typedef struct edo_ext {
    struct edoi_ext_slot *first;
    edo_arena *arena; /* where the slots lie; NULL: in memory of their own */
} edo_ext;

/** Makes `value` the value of the tag; the one that was there is dropped. It is dropped with the
 * message or the connection, those that were set last first.
 * Owns:    takes `value` (not NULL) on success; borrows `tag` until the value is dropped.
 * Errors:  -ENOMEM: nothing has changed, the value stays the caller's.
 * Waits:   never, unless `drop` does. */
EDO_MUST_USE EDO_API int edo_ext_set(edo_ext *ext, const edo_ext_tag *tag, void *value);

/** Returns the value of the tag, NULL if there is none.
 * Owns: borrows from `ext` until the value is replaced or dropped.   Waits: never. */
EDO_API void *edo_ext_get(const edo_ext *ext, const edo_ext_tag *tag);

/** Removes the value of the tag, which is not dropped, and returns it; NULL if there is none.
 * Owns: the value is the caller's.   Waits: never. */
EDO_API void *edo_ext_take(edo_ext *ext, const edo_ext_tag *tag);

/** Drops all values, those that were set last first; it is empty then, and may be used again. edo
 * does it for its messages and connections. A `drop` may still look at the values set before its
 * own.
 * Waits:   never, unless a `drop` does. */
EDO_API void edo_ext_deinit(edo_ext *ext);

EDO_END_DECLS

#endif
