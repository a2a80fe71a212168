/* SPDX-License-Identifier: MIT */
/* http/types/ext.c: extensions, a list of slots: a message has few.
 *
 * inv. 1: a tag has at most one slot with a value.
 * inv. 2: the list is in the order of setting, the last first. */
#include <edo/ext.h>

#include "base/assert.h"

#include <errno.h>

typedef struct edoi_ext_slot {
    struct edoi_ext_slot *next;
    const edo_ext_tag *tag;
    void *value;
} edoi_ext_slot;

static void ext_tag_drop(const edo_ext_tag *tag, void *value) {
    if (tag->drop) tag->drop(value);
}

/* Returns the pointer to the slot of the tag, or the one at the end of the list if there is
 * none. */
static edoi_ext_slot **ext_find(edo_ext *ext, const edo_ext_tag *tag) {
    edoi_ext_slot **at = &ext->first;
    while (*at && (*at)->tag != tag) at = &(*at)->next;
    return at;
}

static void free_slot(const edo_ext *ext, edoi_ext_slot *slot) {
    if (!ext->arena) edo_rc_unref(slot);
}

static edoi_ext_slot *new_slot(const edo_ext *ext) {
    if (ext->arena) return edo_arena_alloc(ext->arena, sizeof(edoi_ext_slot));
    return edo_rc_new(sizeof(edoi_ext_slot), NULL);
}

int edo_ext_set(edo_ext *ext, const edo_ext_tag *tag, void *value) {
    if (EDO_MISUSE(!value, "an extension has no value")) return -EDO_EMISUSE;
    edoi_ext_slot **at = ext_find(ext, tag), *slot = *at;
    void *old = slot ? slot->value : NULL;
    if (slot) {
        *at = slot->next;
    } else if (!(slot = new_slot(ext))) {
        return -ENOMEM;
    }
    *slot = (edoi_ext_slot){ .next = ext->first, .tag = tag, .value = value };
    ext->first = slot;
    EDO_INV("ext inv. 1", !*ext_find(&(edo_ext){ .first = slot->next }, tag));
    EDO_INV("ext inv. 2", edo_ext_get(ext, tag) == value);
    if (old) ext_tag_drop(tag, old);
    return 0;
}

void *edo_ext_get(const edo_ext *ext, const edo_ext_tag *tag) {
    for (const edoi_ext_slot *slot = ext->first; slot; slot = slot->next)
        if (slot->tag == tag) return slot->value;
    return NULL;
}

void *edo_ext_take(edo_ext *ext, const edo_ext_tag *tag) {
    edoi_ext_slot **at = ext_find(ext, tag), *slot = *at;
    if (!slot) return NULL;
    void *value = slot->value;
    *at = slot->next;
    free_slot(ext, slot);
    return value;
}

void edo_ext_deinit(edo_ext *ext) {
    while (ext->first) {
        edoi_ext_slot *slot = ext->first;
        ext->first = slot->next;
        ext_tag_drop(slot->tag, slot->value);
        free_slot(ext, slot);
    }
}
