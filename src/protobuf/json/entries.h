/* SPDX-License-Identifier: MIT */
/* protobuf/json/entries.h: which entries of a map count: of those with the same key the last
 * one. */
#ifndef EDOI_PROTOBUF_JSON_ENTRIES_H
#define EDOI_PROTOBUF_JSON_ENTRIES_H

#include <edo/value.h>

/* Looks for entries that a later one replaces, among the `n` of the map `f` from `first` on. `*out`
 * has a byte for each, 1: it is replaced; NULL: none is. Returns 0 or -ENOMEM.
 * Owns: returns new in `*out`: edoi_free(). */
EDO_MUST_USE int edoi_entries_replaced(uint8_t **out, const char *first, size_t n,
                                       const edo_field *f);

#endif
