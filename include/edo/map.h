/* SPDX-License-Identifier: MIT */
/* edo/map.h: a hash map from texts, or other bytes, to values of one size.
 *
 *     edo_map counts = { .value_size = sizeof(size_t), .owns_keys = true };
 *     for (edo_str rest = text, word; (word = edo_str_word(&rest)).len > 0;) {
 *         size_t *n = edo_map_add(&counts, word); // 0 if the word is new
 *         if (!n) return -ENOMEM;
 *         ++*n;
 *     }
 *     for (edo_map_at at = { 0 }; edo_map_next(&counts, &at);)
 *         if (*(size_t *)at.value == 1) edo_map_remove_at(&counts, &at);
 *     edo_map_deinit(&counts);
 *
 * A value lies in the map, and its address is good until the next key is added: so nothing that is
 * passed in may lie in a value. Values that must stay where they are lie elsewhere, and the map has
 * pointers to them (edo_map_get_ptr()). A map of values of no bytes is a set.
 *
 * Keys are hashed with a secret (SipHash-1-3), so that nobody can choose keys that make it slow.
 * The order of a walk is no order.
 *
 * Unless a function says otherwise:
 * Threads: one at a time; any that only look, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_MAP_H
#define EDO_MAP_H

#include <edo/arena.h>
#include <edo/bytes.h>

EDO_BEGIN_DECLS

/* You place it, in zeroed memory; set the first three fields, or leave them 0, before its first
 * key. `len` is yours to read; the fields behind it are edo's. It must not be copied. */
typedef struct edo_map {
    size_t value_size; /* bytes of a value, which are aligned for a pointer; 0: a set */
    bool owns_keys;    /* keys are copied, or shared (edo_map_add_bytes()); false: borrowed */
    edo_arena *arena;  /* borrowed: keys that are copied, and the map, lie there; NULL: nowhere
                        * but in memory of the map's own */
    size_t len;        /* keys */

    unsigned char *marks; /* of each slot; NULL: it has none yet */
    char *slots;
    void *memory;                /* which both lie in */
    size_t slot_bytes, value_at; /* of a slot, and of the value in it */
    size_t groups_mask;          /* of groups of slots, less one */
    size_t room;                 /* slots that were never taken and may be */
    size_t added_n;              /* changes with each new key, and when slots do */
    uint64_t secret[2];
} edo_map;

/** Returns the value of `key`, which is added with a value of zeros if it is not there. A walk that
 * is under way must not meet a new key: see edo_map_next().
 * Owns:    the value is the map's; its address is good until another key is added. A new key is
 *          copied if the map owns its keys, and borrowed otherwise, until it is removed: it may lie
 *          in what the value points to.
 * Errors:  NULL without memory, or if the arena is full: nothing has changed. */
EDO_MUST_USE EDO_API void *edo_map_add(edo_map *m, edo_str key);

/** As edo_map_add(), for a map that owns its keys: a new key is not copied but shared.
 * Owns:    shares `key`, until it is removed. The value is as that of edo_map_add().
 * Errors:  as edo_map_add(); NULL, too, for a map that borrows its keys: that is misuse. */
EDO_MUST_USE EDO_API void *edo_map_add_bytes(edo_map *m, const edo_bytes *key);

/** Makes the bytes at `value` the value of `key`, which is added if it is not there; NULL: zeros.
 * Returns 1 if the key is new, 0 if its former value is replaced: the map's key stays as it is.
 * Owns:    copies the value, and a new key as edo_map_add() does.
 * Errors:  -ENOMEM  as edo_map_add() */
EDO_MUST_USE EDO_API int edo_map_put(edo_map *m, edo_str key, const void *value);

/** Returns the value of `key`; NULL if it is not there. In a set the result points to no bytes.
 * Owns: the value is the map's; its address is good until another key is added. */
EDO_API void *edo_map_get(const edo_map *m, edo_str key);

/** Returns the pointer that is the value of `key`; NULL if it is not there.
 * Errors: NULL, too, for a map of values of another size: that is misuse. */
EDO_API void *edo_map_get_ptr(const edo_map *m, edo_str key);

/** Returns whether `key` is there. */
EDOI_FRAMED bool edo_map_has(const edo_map *m, edo_str key) {
    return edo_map_get(m, key) != NULL;
}

/** Removes `key`, and returns whether it was there. Its value is copied to `*value`, unless that is
 * NULL.
 * Owns: gives up the key. */
EDO_API bool edo_map_remove(edo_map *m, edo_str key, void *value);

/** Makes room: while the map has at most `n` keys, none that is added fails, but for the copy of
 * the key.
 * Errors:  -ENOMEM  as edo_map_add() */
EDO_MUST_USE EDO_API int edo_map_reserve(edo_map *m, size_t n);

/** Removes all keys, and keeps the room. */
EDO_API void edo_map_clear(edo_map *m);

/** Removes all keys and gives the memory back, unless it is an arena's. The map may be used again.
 * What values point to stays: walk over them before. */
EDO_API void edo_map_deinit(edo_map *m);

/* ---- Walks ----------------------------------------------------------------------------------- */

/* Where a walk is. All zero: before the first key. */
typedef struct edo_map_at {
    edo_str key;    /* the map's */
    void *value;    /* likewise; may be written */
    size_t next;    /* edo's, here and below: the slot behind this one */
    size_t added_n; /* the map's, when the walk began */
} edo_map_at;

/* Behind edo_map_next(). Not to be called. */
EDO_API bool edoi_map_next(const edo_map *m, edo_map_at *at);

/** Goes on to the next key, in no order, and returns whether there is one. Meanwhile keys may be
 * removed, those that were visited and those that were not; a new key, edo_map_reserve() or
 * edo_map_deinit() is misuse: then the walk ends.
 * Owns: `at->key` and `at->value` are the map's, until the key is removed. */
EDOI_FRAMED bool edo_map_next(const edo_map *m, edo_map_at *at) {
    // Of groups of eight slots: the marks of those that have a key have no highest bit.
    if (EDOI_LIKELY(at->next % 8 != 0 && at->added_n == m->added_n)) {
        do {
            size_t i = at->next++;
            // a walk that has begun has slots: NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
            if (m->marks[i] & 0x80) continue;
            char *slot = m->slots + i * m->slot_bytes;
            memcpy(&at->key, slot, sizeof at->key);
            at->value = slot + m->value_at;
            return true;
        } while (at->next % 8 != 0);
    }
    return edoi_map_next(m, at);
}

/** Removes the key at which the walk is; it goes on with the next one.
 * Owns: gives up the key. */
EDO_API void edo_map_remove_at(edo_map *m, edo_map_at *at);

EDO_END_DECLS

#endif
