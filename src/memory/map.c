/* SPDX-License-Identifier: MIT */
/* memory/map.c: see edo/map.h. Slots in groups of eight, and a byte for each slot, its mark, by
 * which a look-up finds the few slots that may have the key:
 *
 *     slots  | 0 … 7 | 8 … 15 | … | marks  | 8 bytes | 8 bytes | … |
 *
 *     mark   0xxxxxxx  taken: the highest seven bits of the key's hash
 *            11111111  never taken
 *            10000000  its key was removed
 *
 * A look-up begins with the group that the lowest bits of the hash name, and goes on with others,
 * each once, until one has a slot that was never taken. The eight marks of a group are compared as
 * one word. A group that is full of keys stays full of marks when some are removed, as look-ups may
 * have to go past it; in any other a slot becomes as never taken. When no more slots may be taken,
 * the map gets twice as many, or, if it has removed many keys, places those that are left anew.
 *
 * inv. 1: the number of groups is a power of two.
 * inv. 2: `len` slots are taken, and at least an eighth of all were never taken: `room` of them
 *         more may be.
 * inv. 3: each group on the way to a key, before its own, has no slot that was never taken.
 * inv. 4: the mark of a key is of its hash. */
#include <edo/map.h>

#include "base/assert.h"
#include "base/memory/alloc.h"
#include "base/siphash.h"
#include "base/world/worlds.h"
#include "memory/map.h"

#include <errno.h>
#include <sys/mman.h>

#define GROUP       8u /* slots */
#define NEVER_TAKEN 0xffu
#define REMOVED     0x80u
#define WALKED      (2 * GROUP) /* slots that a walk looks at, at once */
#define EACH        UINT64_C(0x0101010101010101)
#define TOP_BITS    (EACH << 7)
#define NOWHERE     SIZE_MAX
#define LINE        64u /* bytes */
#define FEW_SLOTS   1024u
#define LARGE_PAGE  ((uintptr_t)2 << 20) /* bytes */

/* What a map does with the keys of its slots: `keys_are`, once it has slots. */
enum { BORROWED, OWNED, NUMBERS };

typedef struct slot {
    union {
        edo_str key;
        uint64_t number; /* in a map by number */
    };
    uint64_t hash;
    void *owner; /* of the key's bytes; only if the map owns its keys */
} slot;

/* ---- Groups ---------------------------------------------------------------------------------- */

EDOI_INLINE slot *map_slot(const edo_map *m, size_t i) {
    return (slot *)(void *)(m->slots + i * m->slot_bytes);
}

EDOI_INLINE void *value_of(const edo_map *m, slot *s) {
    return (char *)s + m->value_at;
}

/* The marks of a group, the first in the lowest byte. */
EDOI_INLINE uint64_t group_marks(const edo_map *m, size_t group) {
    return edoi_siphash_word(m->marks + group * GROUP);
}

/* The highest bit of each byte that equals `mark`; perhaps also of the one above such a byte. */
EDOI_INLINE uint64_t marks_equal(uint64_t marks, unsigned char mark) {
    uint64_t others = marks ^ EACH * mark;
    return (others - EACH) & ~others & TOP_BITS;
}

EDOI_INLINE uint64_t marks_never_taken(uint64_t marks) {
    return marks & marks << 1 & TOP_BITS;
}

EDOI_INLINE uint64_t group_taken(const edo_map *m, size_t group) {
    return ~group_marks(m, group) & TOP_BITS;
}

EDOI_INLINE size_t first_of(uint64_t bits) {
    return (size_t)EDOI_CTZ64(bits) / 8;
}

EDOI_INLINE unsigned char mark_of(uint64_t hash) {
    return (unsigned char)(hash >> 57);
}

static size_t slots_n(const edo_map *m) {
    return m->marks ? (m->groups_mask + 1) * GROUP : 0;
}

static size_t most_taken(size_t n) {
    return n / GROUP * (GROUP - 1);
}

/* ---- Look-ups -------------------------------------------------------------------------------- */

EDOI_INLINE uint64_t load32(const char *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

EDOI_INLINE uint64_t load64(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Are the bytes of two keys equal? Their hashes are, so they are, as a rule: words of them, the
 * last of which may overlap the one before, and no way out of the middle. A call of memcmp() would
 * have the look-up around it keep all that it knows in memory. */
EDOI_INLINE bool same_bytes(const char *a, const char *b, size_t n) {
    if (n >= 8) {
        uint64_t differ = load64(a + n - 8) ^ load64(b + n - 8);
        for (size_t i = 0; i + 8 < n; i += 8) differ |= load64(a + i) ^ load64(b + i);
        return differ == 0;
    }
    if (n >= 4) return load32(a) == load32(b) && load32(a + n - 4) == load32(b + n - 4);
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) return false;
    return true;
}

EDOI_INLINE uint64_t hash_of(const edo_map *m, edo_str key) {
    const edoi_siphash_secret secret = { m->secret[0], m->secret[1] };
    return edoi_siphash_of(&secret, key.ptr, key.len, false);
}

/* By another secret than texts: so no text finds a number, whose bytes it would take for an
 * address. */
EDOI_INLINE uint64_t hash_of_number(const edo_map *m, uint64_t number) {
    const edoi_siphash_secret secret = { m->secret[1], m->secret[0] };
    return edoi_siphash_of(&secret, &number, sizeof number, false);
}

/* A key that is looked for, or added. */
typedef struct wanted_key {
    edo_str text;
    uint64_t number;
    bool by_number; /* `number` counts; else `text` does */
} wanted_key;

EDOI_INLINE wanted_key wanted_text(edo_str text) {
    return (wanted_key){ .text = text, .by_number = false };
}

EDOI_INLINE wanted_key wanted_number(uint64_t number) {
    return (wanted_key){ .number = number, .by_number = true };
}

EDOI_INLINE uint64_t hash_of_wanted(const edo_map *m, wanted_key w) {
    return w.by_number ? hash_of_number(m, w.number) : hash_of(m, w.text);
}

EDOI_INLINE bool slot_has(const slot *s, wanted_key w) {
    if (w.by_number) return s->number == w.number;
    return s->key.len == w.text.len && same_bytes(s->key.ptr, w.text.ptr, w.text.len);
}

/* The index of the slot of a key, in a map that has slots; NOWHERE: it is not there. */
EDOI_INLINE size_t find(const edo_map *m, wanted_key w, uint64_t hash) {
    size_t group = (size_t)hash & m->groups_mask;
    // Slots are taken from the first on, so the key is mostly in the first lines of its group: they
    // are on their way while the marks are.
    EDOI_PREFETCH(m->slots + group * GROUP * m->slot_bytes);
    EDOI_PREFETCH(m->slots + group * GROUP * m->slot_bytes + LINE);
    for (size_t step = 1;; group = (group + step++) & m->groups_mask) {
        uint64_t marks = group_marks(m, group);
        uint64_t hits = marks_equal(marks, mark_of(hash));
        for (; hits; hits &= hits - 1) {
            size_t i = group * GROUP + first_of(hits);
            const slot *s = map_slot(m, i);
            if (s->hash == hash && slot_has(s, w)) return i;
        }
        if (EDOI_LIKELY(marks_never_taken(marks))) return NOWHERE;
    }
}

/* find() of a text, once more for look-ups alone: a choice of kinds on their way, though compilers
 * take it out again, costs each three instructions. */
EDOI_INLINE size_t find_text(const edo_map *m, edo_str key, uint64_t hash) {
    size_t group = (size_t)hash & m->groups_mask;
    EDOI_PREFETCH(m->slots + group * GROUP * m->slot_bytes);
    EDOI_PREFETCH(m->slots + group * GROUP * m->slot_bytes + LINE);
    for (size_t step = 1;; group = (group + step++) & m->groups_mask) {
        uint64_t marks = group_marks(m, group);
        uint64_t hits = marks_equal(marks, mark_of(hash));
        for (; hits; hits &= hits - 1) {
            size_t i = group * GROUP + first_of(hits);
            const slot *s = map_slot(m, i);
            if (s->hash == hash && s->key.len == key.len &&
                same_bytes(s->key.ptr, key.ptr, key.len))
                return i;
        }
        if (EDOI_LIKELY(marks_never_taken(marks))) return NOWHERE;
    }
}

/* The first slot on the way of a hash that is not taken; there is one (inv. 2). */
EDOI_INLINE size_t map_free_slot(const edo_map *m, uint64_t hash) {
    size_t group = (size_t)hash & m->groups_mask;
    for (size_t step = 1;; group = (group + step++) & m->groups_mask) {
        uint64_t untaken = group_marks(m, group) & TOP_BITS;
        if (EDOI_LIKELY(untaken)) return group * GROUP + first_of(untaken);
    }
}

void *edo_map_get(const edo_map *m, edo_str key) {
    if (m->len == 0) return NULL;
    size_t i = find_text(m, key, hash_of(m, key));
    return i != NOWHERE ? value_of(m, map_slot(m, i)) : NULL;
}

void *edo_map_get_ptr(const edo_map *m, edo_str key) {
    if (EDO_MISUSE(m->value_size != sizeof(void *), "edo_map_get_ptr() of values of another size"))
        return NULL;
    void *const *value = edo_map_get(m, key);
    return value ? *value : NULL;
}

/* ---- Room ------------------------------------------------------------------------------------ */

/* A word that others cannot guess, the same in all calls, of the process. Any thread. */
static uint64_t secret_word(edo_atomic_u64 *word) {
    edoi_siphash_secret secret;
    // relaxed: nothing but the word itself hangs on it
    uint64_t now = edoi_load_rlx_u64(word);
    if (now != 0) return now;
    edoi_siphash_secret_make(&secret);
    return edoi_cas_rlx_u64(word, &now, secret.k0 | 1) ? secret.k0 | 1 : now;
}

/* The same of the world that this thread has. */
static EDOI_THREAD_LOCAL struct {
    uint64_t first, second, maps_n; /* `first` 0: neither was drawn */
} of_world;

static EDOI_OPAQUE void secrets_forget(void) {
    EDOI_COMPILER_BARRIER();
    memset(&of_world, 0, sizeof of_world);
}

EDOI_ON_WORLD(secrets_forget);

/* Opaque, since a fiber must not keep the address of the thread-local. */
static EDOI_OPAQUE void take_secret_of_world(edo_map *m) {
    edoi_siphash_secret first, second;
    EDOI_COMPILER_BARRIER();
    if (of_world.first == 0) {
        edoi_siphash_secret_make(&first);
        edoi_siphash_secret_make(&second);
        of_world.first = first.k0 | 1;
        of_world.second = second.k0 | 1;
    }
    m->secret[0] = of_world.first;
    m->secret[1] = of_world.second + of_world.maps_n++;
}

/* Each map has a secret of its own: were they equal, keys that a walk over one map adds to another
 * would come in the order of their groups there, and fill some groups first. */
static void take_secret(edo_map *m) {
    static edo_atomic_u64 first, second, maps_n;
    if (EDOI_UNLIKELY(edoi_world_is_here())) {
        take_secret_of_world(m);
        return;
    }
    m->secret[0] = secret_word(&first);
    m->secret[1] = secret_word(&second) + edoi_add_rlx_u64(&maps_n, 1);
}

/* Each look-up in a large map touches a page that the last ones did not: with large pages its
 * address is at hand, and a map that grows is not stopped at each 4 KiB. It is a hint: whether
 * there are such pages is the system's affair. */
static void want_large_pages(const char *memory, size_t bytes) {
    uintptr_t begin = ((uintptr_t)memory + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
    uintptr_t end = ((uintptr_t)memory + bytes) & ~(LARGE_PAGE - 1);
    int kept = errno;
    (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    errno = kept;
}

/* Memory for slots and their marks, none of which was taken. Slots begin at a line of the cache, so
 * that those of a size that divides it lie in one line each. There are no fewer marks than a walk
 * looks at. */
static int map_slots_new(edo_map *m, size_t groups) {
    const size_t marks = groups > 1 ? groups * GROUP : WALKED;
    if (groups > PTRDIFF_MAX / 2 / GROUP / (m->slot_bytes + 1)) return -ENOMEM;
    size_t bytes = groups * GROUP * m->slot_bytes + marks + LINE;
    char *memory = m->arena ? edo_arena_alloc(m->arena, bytes) : edoi_alloc(bytes);
    if (!memory) return -ENOMEM;
    if (bytes >= 2 * LARGE_PAGE) want_large_pages(memory, bytes);
    m->memory = memory;
    m->slots = memory + (LINE - (uintptr_t)memory % LINE);
    m->marks = (unsigned char *)m->slots + groups * GROUP * m->slot_bytes;
    m->groups_mask = groups - 1;
    m->room = most_taken(groups * GROUP) - m->len;
    m->changes_n++;
    memset(m->marks, NEVER_TAKEN, marks);
    return 0;
}

/* Copies words, as memcpy() does; a call for the few of them would take longer. */
EDOI_INLINE void copy_words(void *to, const void *from, size_t n) {
    for (size_t at = 0; at < n; at += 8) memcpy((char *)to + at, (const char *)from + at, 8);
}

/* Moves all keys into `groups` groups of slots, which have room for them. */
static int resize(edo_map *m, size_t groups) {
    const edo_map former = *m;
    if (map_slots_new(m, groups) < 0) return -ENOMEM;
    for (size_t group = 0; former.len > 0 && group <= former.groups_mask; group++) {
        for (uint64_t taken = group_taken(&former, group); taken; taken &= taken - 1) {
            size_t i = group * GROUP + first_of(taken);
            const slot *s = map_slot(&former, i);
            size_t to = map_free_slot(m, s->hash);
            copy_words(map_slot(m, to), s, m->slot_bytes);
            m->marks[to] = former.marks[i];
        }
    }
    if (!m->arena) edoi_free(former.memory);
    EDO_CHECK(edoi_map_check(m));
    return 0;
}

static void swap_slots(edo_map *m, size_t i, size_t j) {
    char *a = (char *)map_slot(m, i), *b = (char *)map_slot(m, j);
    for (size_t at = 0; at < m->slot_bytes; at += 8) {
        uint64_t word = load64(a + at);
        memcpy(a + at, b + at, sizeof word);
        memcpy(b + at, &word, sizeof word);
    }
}

/* Places the key of slot `i` anew, and those that it displaces; a slot with the mark REMOVED has a
 * key that was not placed yet, and counts as free. */
static void place_anew(edo_map *m, size_t i) {
    while (m->marks[i] == REMOVED) {
        uint64_t hash = map_slot(m, i)->hash;
        size_t to = map_free_slot(m, hash);
        if (to / GROUP == i / GROUP) to = i;
        bool was_empty = m->marks[to] == NEVER_TAKEN;
        m->marks[to] = mark_of(hash);
        if (to != i) swap_slots(m, i, to);
        if (was_empty) m->marks[i] = NEVER_TAKEN;
    }
}

/* Frees the slots of removed keys, in the memory that there is. */
static void place_all_anew(edo_map *m) {
    size_t n = slots_n(m);
    for (size_t i = 0; i < n; i++) m->marks[i] = m->marks[i] & REMOVED ? NEVER_TAKEN : REMOVED;
    for (size_t i = 0; i < n; i++) place_anew(m, i);
    m->room = most_taken(n) - m->len;
    m->changes_n++;
    EDO_CHECK(edoi_map_check(m));
}

/* Makes room for a key when there is none. Four times the slots while they are few, so that keys
 * are seldom moved, then twice; unless half of those that may be taken are of removed keys:
 * otherwise few removals later there would be no room again. */
static int make_room(edo_map *m) {
    size_t groups = m->groups_mask + 1, most = most_taken(slots_n(m));
    size_t more = groups * GROUP < FEW_SLOTS ? 4 * groups : 2 * groups;
    if (m->len > most / 2 && resize(m, more) == 0) return 0;
    if (m->len == most) return -ENOMEM;
    place_all_anew(m);
    return 0;
}

/* Before the first key. */
static int begin(edo_map *m, size_t groups) {
    m->keys_are = m->by_number ? NUMBERS : m->owns_keys ? OWNED : BORROWED;
    m->value_at = m->keys_are == OWNED ? sizeof(slot) : offsetof(slot, owner);
    if (m->value_size > PTRDIFF_MAX / 2) return -ENOMEM;
    m->slot_bytes = m->value_at + (m->value_size + 7) / 8 * 8;
    take_secret(m);
    return map_slots_new(m, groups);
}

int edo_map_reserve(edo_map *m, size_t n) {
    size_t groups = m->marks ? m->groups_mask + 1 : 1;
    if (n > PTRDIFF_MAX / 2) return -ENOMEM;
    while (groups * (GROUP - 1) < n) groups *= 2;
    if (!m->marks) return begin(m, groups);
    return groups - 1 == m->groups_mask ? 0 : resize(m, groups);
}

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Makes the key of `s` one of the map's own, by a share of `shared` unless it is NULL. */
static int own_key(const edo_map *m, slot *s, const edo_bytes *shared) {
    edo_bytes own = { .str = s->key };
    if (EDO_MISUSE(m->keys_are == NUMBERS, "a text as a key of a map by number")) return -EINVAL;
    if (shared) {
        own = edo_bytes_ref(shared);
    } else if (m->arena) {
        own.str.ptr = edo_arena_copy(m->arena, s->key.ptr, s->key.len);
        if (!own.str.ptr) return -ENOMEM;
    } else {
        int err = edo_bytes_copy(&own, s->key.ptr, s->key.len);
        if (err < 0) return err;
    }
    s->key = own.str;
    s->owner = own.owner;
    return 0;
}

static void give_up_key(const slot *s) {
    edo_bytes own = { s->key, s->owner };
    edo_bytes_unref(&own);
}

/* Adds a key that is not there; its value is not set. NULL without memory. */
EDOI_INLINE slot *add_new(edo_map *m, wanted_key w, const edo_bytes *shared, uint64_t hash) {
    size_t i = map_free_slot(m, hash);
    if (EDOI_UNLIKELY(m->room == 0 && m->marks[i] == NEVER_TAKEN)) {
        if (make_room(m) < 0) return NULL;
        i = map_free_slot(m, hash);
    }
    slot *s = map_slot(m, i);
    if (w.by_number)
        s->number = w.number;
    else
        s->key = w.text;
    s->hash = hash;
    if (!w.by_number && m->keys_are != BORROWED && own_key(m, s, shared) < 0) return NULL;
    m->room -= m->marks[i] == NEVER_TAKEN;
    m->marks[i] = mark_of(hash);
    m->len++;
    m->changes_n++;
    return s;
}

/* The slot of a key, added if it is not there; NULL without memory. */
EDOI_INLINE slot *find_or_add(edo_map *m, wanted_key w, const edo_bytes *shared, bool *is_new) {
    *is_new = false;
    if (EDOI_UNLIKELY(!m->marks) && begin(m, 1) < 0) return NULL;
    uint64_t hash = hash_of_wanted(m, w);
    size_t i = find(m, w, hash);
    if (i != NOWHERE) return map_slot(m, i);
    *is_new = true;
    return add_new(m, w, shared, hash);
}

EDOI_INLINE void *value_added(edo_map *m, slot *s, bool is_new) {
    if (!s) return NULL;
    if (is_new) memset(value_of(m, s), 0, m->value_size);
    return value_of(m, s);
}

static void *add(edo_map *m, edo_str key, const edo_bytes *shared) {
    bool is_new;
    slot *s = find_or_add(m, wanted_text(key), shared, &is_new);
    return value_added(m, s, is_new);
}

void *edo_map_add(edo_map *m, edo_str key) {
    return add(m, key, NULL);
}

void *edo_map_add_bytes(edo_map *m, const edo_bytes *key) {
    if (EDO_MISUSE(!m->owns_keys, "edo_map_add_bytes() to a map that borrows its keys"))
        return NULL;
    return add(m, key->str, key);
}

EDOI_INLINE int put(edo_map *m, wanted_key w, const void *value) {
    bool is_new;
    slot *s = find_or_add(m, w, NULL, &is_new);
    if (!s) return -ENOMEM;
    if (value && m->value_size == 8) // the usual one: without a call
        memcpy(value_of(m, s), value, 8);
    else if (value)
        memcpy(value_of(m, s), value, m->value_size);
    else
        memset(value_of(m, s), 0, m->value_size);
    return is_new;
}

int edo_map_put(edo_map *m, edo_str key, const void *value) {
    return put(m, wanted_text(key), value);
}

EDOI_INLINE void remove_slot(edo_map *m, size_t i) {
    if (m->keys_are == OWNED) give_up_key(map_slot(m, i));
    bool was_passed = !marks_never_taken(group_marks(m, i / GROUP));
    m->marks[i] = was_passed ? REMOVED : NEVER_TAKEN;
    m->room += !was_passed;
    m->len--;
    m->changes_n++;
}

EDOI_INLINE bool remove_found(edo_map *m, size_t i, void *value) {
    if (i == NOWHERE) return false;
    if (value) memcpy(value, value_of(m, map_slot(m, i)), m->value_size);
    remove_slot(m, i);
    return true;
}

bool edo_map_remove(edo_map *m, edo_str key, void *value) {
    size_t i = m->len > 0 ? find_text(m, key, hash_of(m, key)) : NOWHERE;
    return remove_found(m, i, value);
}

void edo_map_clear(edo_map *m) {
    size_t n = slots_n(m);
    for (size_t i = 0; m->keys_are == OWNED && i < n; i++)
        if (!(m->marks[i] & REMOVED)) give_up_key(map_slot(m, i));
    if (n > 0) memset(m->marks, NEVER_TAKEN, n);
    m->changes_n += m->len;
    m->len = 0;
    m->room = most_taken(n);
}

void edo_map_deinit(edo_map *m) {
    if (m->marks) EDO_CHECK(edoi_map_check(m));
    edo_map_clear(m);
    if (!m->arena) edoi_free(m->memory);
    m->marks = NULL;
    m->slots = NULL;
    m->memory = NULL;
    m->room = 0;
    m->changes_n++;
}

/* ---- By number ------------------------------------------------------------------------------- */

static bool is_of_texts(const edo_map *m) {
    return EDO_MISUSE(!m->by_number, "a number as a key of a map of texts");
}

void *edo_map_add_by_number(edo_map *m, uint64_t key) {
    bool is_new;
    if (is_of_texts(m)) return NULL;
    slot *s = find_or_add(m, wanted_number(key), NULL, &is_new);
    return value_added(m, s, is_new);
}

int edo_map_put_by_number(edo_map *m, uint64_t key, const void *value) {
    if (is_of_texts(m)) return -EINVAL;
    return put(m, wanted_number(key), value);
}

EDOI_INLINE size_t find_number(const edo_map *m, uint64_t key) {
    if (is_of_texts(m) || m->len == 0) return NOWHERE;
    return find(m, wanted_number(key), hash_of_number(m, key));
}

void *edo_map_get_by_number(const edo_map *m, uint64_t key) {
    size_t i = find_number(m, key);
    return i != NOWHERE ? value_of(m, map_slot(m, i)) : NULL;
}

void *edo_map_get_ptr_by_number(const edo_map *m, uint64_t key) {
    if (EDO_MISUSE(m->value_size != sizeof(void *),
                   "edo_map_get_ptr_by_number() of values of another size"))
        return NULL;
    void *const *value = edo_map_get_by_number(m, key);
    return value ? *value : NULL;
}

bool edo_map_remove_by_number(edo_map *m, uint64_t key, void *value) {
    return remove_found(m, find_number(m, key), value);
}

/* ---- Walks ----------------------------------------------------------------------------------- */

bool edoi_map_walk_is_misuse(void) {
    return !EDO_MISUSE(true,
                       "a map was added to, given room or deinitialised during a walk over it");
}

void edo_map_remove_at(edo_map *m, edo_map_at *at) {
    bool is_there = at->value && at->slot < slots_n(m) && !(m->marks[at->slot] & REMOVED);
    if (EDO_MISUSE(!is_there, "edo_map_remove_at() of a key that is not in the map")) return;
    bool is_told = at->changes_n == m->changes_n;
    remove_slot(m, at->slot);
    if (is_told) at->changes_n = m->changes_n, at->len = m->len; // it needs not look again
}

/* ---- The walk that checks it ----------------------------------------------------------------- */

static wanted_key map_key_of(const edo_map *m, const slot *s) {
    return m->keys_are == NUMBERS ? wanted_number(s->number) : wanted_text(s->key);
}

void edoi_map_check(const edo_map *m) {
    size_t n = slots_n(m), taken_n = 0, never_taken_n = 0;
    EDO_INV("map inv. 1", (m->groups_mask & (m->groups_mask + 1)) == 0);
    for (size_t i = 0; i < n; i++) {
        never_taken_n += m->marks[i] == NEVER_TAKEN;
        if (m->marks[i] & REMOVED) continue;
        taken_n++;
        const slot *s = map_slot(m, i);
        EDO_INV("map inv. 4", m->marks[i] == mark_of(s->hash));
        EDO_INV("map inv. 3", find(m, map_key_of(m, s), s->hash) == i);
    }
    EDO_INV("map inv. 2", taken_n == m->len);
    EDO_INV("map inv. 2", never_taken_n == m->room + n / GROUP);
}
