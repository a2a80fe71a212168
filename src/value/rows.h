/* SPDX-License-Identifier: MIT */
/* value/rows.h: the list that the rows of a query fill: the one list of structs that a described
 * struct has. */
#ifndef EDOI_VALUE_ROWS_H
#define EDOI_VALUE_ROWS_H

#include <edo/value.h>

/* A list that is being filled. */
typedef struct edoi_rows {
    void *value; /* the struct that has the list */
    const edo_field *list;
    edo_arena *arena; /* NULL: the heap */
    uint32_t max;     /* rows; `max_len` of the list, its room, or EDO_SQL_ROWS_MAX */
} edoi_rows;

/* Begins with an empty list. Errors: -EDO_EMISUSE: `desc` has no list of structs, or several. */
EDO_MUST_USE EDO_API int edoi_rows_init(edoi_rows *r, void *value, const edo_desc *desc,
                                        edo_arena *arena);

/* Makes room for one more row, which is not cleared. Errors: -EDO_EVALUE: there are `max`;
 * -ENOMEM. */
EDO_MUST_USE EDO_API int edoi_rows_next(const edoi_rows *r, void **row);

/* How many rows the list has. */
EDO_API size_t edoi_rows_n(const edoi_rows *r);

/* The row in that room is filled: it belongs to the list. */
EDO_API void edoi_rows_keep(const edoi_rows *r);

/* It could not be filled: adds the row's number to the trail, from 1. Returns `err`. */
EDO_API int edoi_rows_fail(const edoi_rows *r, int err);

/* After a failure: the list is empty, and what was on the heap is given back. */
EDO_API void edoi_rows_drop(const edoi_rows *r);

#endif
