/* SPDX-License-Identifier: MIT */
/* value/desc.h: integers and tags of any size in memory. */
#ifndef EDOI_VALUE_DESC_H
#define EDOI_VALUE_DESC_H

#include <edo/value.h>

/* Reads, or writes, an integer of 1, 2, 4 or 8 bytes. */
int64_t edoi_int_load(const void *at, size_t size, bool is_signed);
void edoi_int_store(void *at, size_t size, int64_t n);

/* Makes the enum (of `size` bytes) or union at `value` the one with the tag. */
void edoi_tag_store(const edo_desc *desc, void *value, size_t size, int64_t tag);

/* Is the kind a signed integer? An integer at all? */
EDOI_INLINE bool edoi_kind_is_int(uint8_t kind) {
    return kind >= EDO_VALUE_I8 && kind <= EDO_VALUE_U64;
}
EDOI_INLINE bool edoi_kind_is_signed(uint8_t kind) {
    return kind >= EDO_VALUE_I8 && kind <= EDO_VALUE_I64;
}

#endif
