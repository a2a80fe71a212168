/* SPDX-License-Identifier: MIT */
/* value/memory.h: what decoding a value allocates: from an arena, or from the heap.
 *
 * inv. 1: an edo_str or edo_bytes without bytes owns nothing, and has a pointer nevertheless: it is
 *         there.
 * inv. 2: the room of a LIST follows from its count: 4, and twice that when it is full. */
#ifndef EDOI_VALUE_MEMORY_H
#define EDOI_VALUE_MEMORY_H

#include "base/assert.h"
#include "base/memory/alloc.h"

#include <edo/value.h>

#define EDOI_LIST_ROOM_MIN 4u

/* Memory from `arena`, or if that is NULL from the heap; NULL without memory. */
EDOI_INLINE void *edoi_value_alloc(edo_arena *arena, size_t bytes) {
    return arena ? edo_arena_alloc(arena, bytes) : edoi_alloc(bytes);
}

/* Copies `n` bytes to one text element of the field: STR, TEXT or CHARS. 0, -ENOMEM, or -EDO_EVALUE
 * if the text has a NUL where the element ends with one, or no room. */
EDO_MUST_USE int edoi_value_set_text(void *element, const edo_field *f, const char *ptr, size_t n,
                                     edo_arena *arena);

/* Is the preset one of a float that edo_value_parse() takes for none, since no form or option has
 * it: "inf", "-inf" or "nan"? */
EDO_API bool edoi_preset_is_odd(const edo_field *f, double *number);

/* Sets one element to the preset of its field, which has one. As edo_value_parse(). */
EDO_MUST_USE EDO_API int edoi_preset_set(void *element, const edo_field *f, edo_arena *arena);

/* Makes one more element of the field, with its presets, and returns it in `*element`: the one of a
 * ONE, a new one of a PTR or LIST, the next one of an UPTO. Not for a FIXED.
 * 0, -ENOMEM, -ENOSPC (there are as many as there may be), or -EDO_EVALUE: a preset is wrong. */
EDO_MUST_USE int edoi_value_push(void *value, const edo_field *f, edo_arena *arena, void **element);

/* Makes room for one more element behind the `n` of the LIST; it is not cleared. 0 or -ENOMEM. */
EDO_MUST_USE int edoi_value_grow(void *value, const edo_field *f, size_t n, edo_arena *arena);

/* inv. 2: for how many elements a list of `n`, not of none, has room. */
EDOI_INLINE size_t edoi_list_room(size_t n) {
    size_t room = EDOI_LIST_ROOM_MIN;
    while (room < n) room *= 2;
    return room;
}

/* Gives back what one element has allocated. It is not made zero. */
void edoi_element_deinit(void *element, const edo_field *f);

/* Gives back what one field has allocated, and makes it zero. */
void edoi_field_deinit(void *value, const edo_field *f);

/* Fills one element with zeros and, if it is a struct, presets. */
EDO_MUST_USE int edoi_element_init(void *element, const edo_field *f, edo_arena *arena);

#endif
