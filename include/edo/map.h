/* SPDX-License-Identifier: MIT */
/* edo/map.h: a hash map from texts, other bytes, or numbers, to values of one size.
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
 * A map has keys of one kind: texts, or, if `by_number` is set, numbers, which the functions
 * …_by_number() take. A pointer is a key as a number: (uintptr_t)p.
 *
 *     edo_map sessions = { .value_size = sizeof(session *), .by_number = true };
 *     int err = edo_map_put_by_number(&sessions, id, &s);
 *     … edo_map_get_ptr_by_number(&sessions, id) …
 *     for (edo_map_at at = { 0 }; edo_map_next(&sessions, &at);) … at.number …
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

/* You place it, in zeroed memory; set the fields before `len`, or leave them 0, before its first
 * key. `len` is yours to read; the fields behind it are edo's. It must not be copied. */
typedef struct edo_map {
    size_t value_size; /* bytes of a value, which are aligned for a pointer; 0: a set */
    bool owns_keys;    /* keys are copied, or shared (edo_map_add_bytes()); false: borrowed */
    bool by_number;    /* keys are numbers, and `owns_keys` says nothing; no text is there then */
    uint8_t keys_are;  /* edo's */
    edo_arena *arena;  /* borrowed: keys that are copied, and the map, lie there; NULL: nowhere
                        * but in memory of the map's own */
    size_t len;        /* keys */

    unsigned char *marks; /* of each slot; NULL: it has none yet */
    char *slots;
    void *memory;                /* which both lie in */
    size_t slot_bytes, value_at; /* of a slot, and of the value in it */
    size_t groups_mask;          /* of groups of slots, less one */
    size_t room;                 /* slots that were never taken and may be */
    size_t changes_n;            /* keys that were added, or removed, and new slots, so far */
    uint64_t secret[2];
} edo_map;

/* ---- Keys ------------------------------------------------------------------------------------ */

/** Returns the value of `key`, which is added with a value of zeros if it is not there. A walk that
 * is under way must not meet a new key: see edo_map_next().
 * Owns:    the value is the map's; its address is good until another key is added. A new key is
 *          copied if the map owns its keys, and borrowed otherwise, until it is removed: it may lie
 *          in what the value points to.
 * Errors:  NULL without memory, or if the arena is full: nothing has changed. NULL, too, for a map
 *          by number: that is misuse. */
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

/* ---- By number ------------------------------------------------------------------------------- */

/** As edo_map_add(), for a key of a map by number.
 * Owns:    the value is the map's; its address is good until another key is added.
 * Errors:  NULL without memory, or if the arena is full: nothing has changed. NULL, too, for a map
 *          of texts: that is misuse. */
EDO_MUST_USE EDO_API void *edo_map_add_by_number(edo_map *m, uint64_t key);

/** As edo_map_put(), for a key of a map by number.
 * Owns:    copies the value.
 * Errors:  -ENOMEM  as edo_map_add_by_number()
 *          -EINVAL  the map is one of texts: that is misuse */
EDO_MUST_USE EDO_API int edo_map_put_by_number(edo_map *m, uint64_t key, const void *value);

/** As edo_map_get(), for a key of a map by number.
 * Owns:    the value is the map's; its address is good until another key is added.
 * Errors:  NULL, too, for a map of texts: that is misuse. */
EDO_API void *edo_map_get_by_number(const edo_map *m, uint64_t key);

/** As edo_map_get_ptr(), for a key of a map by number.
 * Errors: NULL, too, for a map of texts, or of values of another size: that is misuse. */
EDO_API void *edo_map_get_ptr_by_number(const edo_map *m, uint64_t key);

/** Returns whether `key` is there, in a map by number. */
EDOI_FRAMED bool edo_map_has_by_number(const edo_map *m, uint64_t key) {
    return edo_map_get_by_number(m, key) != NULL;
}

/** As edo_map_remove(), for a key of a map by number.
 * Errors: false, too, for a map of texts: that is misuse. */
EDO_API bool edo_map_remove_by_number(edo_map *m, uint64_t key, void *value);

/* ---- Room ------------------------------------------------------------------------------------ */

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
    union {
        edo_str key;     /* the map's */
        uint64_t number; /* the key, in a map by number */
    };
    void *value;           /* the map's; may be written */
    size_t slot;           /* edo's, here and below: that of the key */
    size_t next;           /* the first slot that it has not come to */
    char *slots;           /* the 16 before that */
    uint64_t left;         /* edoi_map_taken() of them, without those that were visited */
    size_t changes_n, len; /* the map's, when that was so */
} edo_map_at;

/* The highest bits of eight bytes, that of the first lowest: the product brings the one of byte i
 * to bit 56 + i, and none of its sums is carried there. */
EDOI_INLINE uint64_t edoi_map_top_bits(const unsigned char *b) {
    const uint64_t word = (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 |
                          (uint64_t)b[3] << 24 | (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 |
                          (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
    return (word & UINT64_C(0x8080808080808080)) * UINT64_C(0x0002040810204081) >> 56;
}

/* A bit for each of 16 slots that has a key: its mark has no highest bit. */
EDOI_INLINE uint64_t edoi_map_taken(const edo_map *m, size_t first) {
    const unsigned char *marks = m->marks + first;
    return (edoi_map_top_bits(marks) | edoi_map_top_bits(marks + 8) << 8) ^ 0xffff;
}

/* Behind edo_map_next(), not to be called: reports that the map has other slots or new keys, and
 * returns false. */
EDO_API bool edoi_map_walk_is_misuse(void);

/** Goes on to the next key, in no order, and returns whether there is one. Meanwhile keys may be
 * removed, those that were visited and those that were not; a new key, edo_map_reserve() or
 * edo_map_deinit() is misuse: then the walk ends.
 * Owns: `at->key` and `at->value` are the map's, until the key is removed. */
EDOI_FRAMED bool edo_map_next(const edo_map *m, edo_map_at *at) {
    // A loop goes on behind none of the calls here, and so has `*at` and the map in registers.
    if (EDOI_UNLIKELY(at->changes_n != m->changes_n)) { // or it begins
        // a key that is removed is a change and a key less; nothing else is
        const bool has_less = m->changes_n - at->changes_n == at->len - m->len;
        if (at->next > 0 && !has_less) return edoi_map_walk_is_misuse();
        if (at->next > 0) at->left &= edoi_map_taken(m, at->next - 16);
        at->changes_n = m->changes_n;
        at->len = m->len;
    }
    while (EDOI_UNLIKELY(at->left == 0)) {
        at->value = NULL; // there is no key if this is the end
        if (!m->marks || at->next > m->groups_mask * 8) return false;
        at->slots = m->slots + at->next * m->slot_bytes;
        at->left = edoi_map_taken(m, at->next);
        at->next += 16;
        // No cache holds so large a map: what comes soon is on its way.
        for (int line = 0; m->groups_mask > 0xffff && line < 8; line++)
            EDOI_PREFETCH(at->slots + 512 * m->slot_bytes + line * 64);
    }
    const unsigned i = (unsigned)EDOI_CTZ64(at->left);
    char *slot = at->slots + i * m->slot_bytes;
    at->left &= at->left - 1;
    at->slot = at->next - 16 + i;
    memcpy(&at->key, slot, sizeof at->key);
    at->value = slot + m->value_at;
    return true;
}

/** Removes the key at which the walk is; it goes on with the next one.
 * Owns: gives up the key. */
EDO_API void edo_map_remove_at(edo_map *m, edo_map_at *at);

EDO_END_DECLS

#endif
