/* SPDX-License-Identifier: MIT */
/* value/names.c: a hash table from names to fields, made when a description with many fields is
 * asked for the first time. See names.h.
 *
 * `desc->names` has a state, then twice as many slots as there are fields. A slot holds the upper
 * half of a hash and 1 + the index of the field; 0 is empty. Collisions go to the next slot.
 *
 * The names are the program's own, so the hash needs no key: a peer that sends names which it
 * cannot find passes no more slots than those names have filled. Not base/table.h: the slots are
 * static memory of the description, 8 bytes for each field instead of 24, and need no lock.
 *
 * inv. 1: only the thread that has set the state from NONE to BEING_MADE writes slots; slots are
 *         read only in the state MADE.
 * Threads: a thread that finds the table being made searches, and does not wait. */
#include "value/names.h"

#include "base/assert.h"

#include "base/atomic.h"

#define MANY      0xffffu /* fields from which on an index does not fit into a slot */
#define HASH_PART 0xffff0000u

enum { NONE, BEING_MADE, MADE };

static uint32_t names_table_hash_of(edo_str name) {
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t h = name.len * odd, w = 0;
    const char *p = name.ptr, *end = p + name.len;
    for (; end - p >= 8; p += 8) {
        memcpy(&w, p, 8);
        h = (h ^ w) * odd;
        h ^= h >> 32;
    }
    w = 0;
    for (; p < end; p++) w = w << 8 | (unsigned char)*p;
    h = (h ^ w) * odd;
    h = (h ^ h >> 32) * odd;
    return (uint32_t)(h >> 32);
}

/* The slot where the search for a hash begins. */
static uint32_t slot_of(uint32_t hash, uint32_t slots) {
    return (uint32_t)((uint64_t)hash * slots >> 32);
}

static void names_table_make(const edo_desc *desc) {
    const uint32_t slots = 2 * desc->fields_n;
    EDO_INV("names inv. 1", edoi_load_rlx_u32(&desc->names[0]) == BEING_MADE);
    for (uint32_t i = 0; i < desc->fields_n; i++) {
        if (desc->fields[i].skip) continue;
        uint32_t hash = names_table_hash_of(edo_field_name(&desc->fields[i])),
                 at = slot_of(hash, slots);
        while (edoi_load_rlx_u32(&desc->names[1 + at]) != 0) at = at + 1 < slots ? at + 1 : 0;
        edoi_store_rlx_u32(&desc->names[1 + at], (hash & HASH_PART) | (i + 1));
    }
}

/* Is the table made? The first thread that asks makes it. */
static bool names_table_is_made(const edo_desc *desc) {
    uint32_t state = edoi_load_acq_u32(&desc->names[0]); // VN2: pairs with VN1
    if (EDOI_LIKELY(state == MADE)) return true;
    // relaxed: nothing was written before that another thread would have to see
    if (state == BEING_MADE || !edoi_cas_rlx_u32(&desc->names[0], &state, BEING_MADE)) return false;
    names_table_make(desc);
    edoi_store_rel_u32(&desc->names[0], MADE); // VN1: pairs with VN2: the slots are seen
    return true;
}

const edo_field *edoi_field_named_of_many(const edo_desc *desc, const edo_field *from,
                                          edo_str name) {
    if (desc->fields_n >= MANY || !desc->names || !names_table_is_made(desc))
        return edoi_field_searched(desc, from, name);
    const uint32_t hash = names_table_hash_of(name), slots = 2 * desc->fields_n;
    for (uint32_t at = slot_of(hash, slots);; at = at + 1 < slots ? at + 1 : 0) {
        uint32_t slot = edoi_load_rlx_u32(&desc->names[1 + at]);
        if (slot == 0) return NULL;
        if (((slot ^ hash) & HASH_PART) != 0) continue;
        const edo_field *f = &desc->fields[(slot & ~HASH_PART) - 1];
        if (edoi_field_has_name(f, name)) return f;
    }
}
