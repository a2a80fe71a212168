/* SPDX-License-Identifier: MIT */
/* config/plain.h: flat structs from texts that are as described: the usual request, without a list
 * of fields. All that is not so simple is left to leaves.h, which also tells what is wrong. */
#ifndef EDOI_CONFIG_PLAIN_H
#define EDOI_CONFIG_PLAIN_H

#include "value/elements.h"
#include "value/names.h"

#include <edo/config.h>

/* The texts of a request. */
typedef struct edoi_plain {
    void *value;
    const edo_desc *desc;
    edo_arena *arena;
    uint64_t seen; /* a bit for each field that was set */
    bool is_mixed; /* fields come from the parts that they name; else all from one */
    bool yields;   /* as edo_config_opts.yields */
} edoi_plain;

/* Clears the struct. False: there are too many fields, or there is no arena. */
bool edoi_plain_begin(edoi_plain *p, void *value, const edo_desc *desc, const edo_config_opts *opts,
                      bool is_mixed);

/* Each returns false if something is not as described, or not simple: begin anew with leaves. */
bool edoi_plain_set(edoi_plain *p, edo_str name, edo_str text, edo_value_in part);
bool edoi_plain_query(edoi_plain *p, edo_str query, edo_value_in part);

/* The other parts, which are `in` (NULL: there are none); what was not given has its preset. */
bool edoi_plain_end(edoi_plain *p, const edo_inputs *in);

/* Is the field's text in a query or form empty, and the field so missing? A browser also sends
 * inputs that the user left empty: if an empty text cannot be a value, the field is missing. */
EDOI_INLINE bool edoi_is_left_empty(const edo_field *f, edo_str text) {
    if (EDOI_LIKELY(text.len > 0)) return false;
    bool is_text = f->kind >= EDO_VALUE_STR && f->kind <= EDO_VALUE_BYTES;
    return !is_text && f->shape != EDO_SHAPE_FIXED && edoi_may_be_missing(f, EDOI_SOURCE_OMITS);
}

/* The part of the path with that name; without a pointer: there is none. */
EDOI_INLINE edo_str edoi_path_text(const edo_inputs *in, edo_str name) {
    for (size_t i = 0; i < in->path_n; i++)
        if (in->path_names[i].len == name.len &&
            edoi_same_bytes(in->path_names[i].ptr, name.ptr, name.len))
            return in->path_texts[i];
    return (edo_str){ 0 };
}

/* The name that a header has for a field: '_' is '-'. Returns the text in `room`, cut to it. */
edo_str edoi_header_name_of(char *room, size_t bytes, edo_str name);

#endif
