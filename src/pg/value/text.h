/* SPDX-License-Identifier: MIT */
/* pg/value/text.h: one value of a row, as PostgreSQL writes it, into an element of a described
 * struct. */
#ifndef EDOI_PG_VALUE_TEXT_H
#define EDOI_PG_VALUE_TEXT_H

#include <edo/value.h>

/* Types that are read in a way of their own, by their number in pg_type. */
enum {
    EDOI_PG_BYTEA = 17,
    EDOI_PG_BYTEAS = 1001, /* an array of them */
    EDOI_PG_DATE = 1082,
    EDOI_PG_TIME = 1083,
    EDOI_PG_TIMESTAMP = 1114,
    EDOI_PG_TIMESTAMPTZ = 1184,
    EDOI_PG_INTERVAL = 1186,
};

/* Where what is read lies. */
typedef struct edoi_pg_memory {
    edo_arena *arena; /* NULL: the heap */
    bool borrows;     /* an edo_str may point into the text; needs an arena */
} edoi_pg_memory;

/* Reads the text of a column of the type `oid` into the field of the struct at `value`, which is
 * zero, or has presets; the text has a NUL behind it. Errors: -EDO_EVALUE, -EDO_EJSON: it does not
 * fit, and the trail says what is demanded, but nothing of the text; -ENOMEM. */
EDO_MUST_USE int edoi_pg_text_read(void *value, const edo_field *f, uint32_t oid, edo_str text,
                                   const edoi_pg_memory *memory);

/* Microseconds: of a timestamp, with a zone or without, and a date since 1970, UTC; of a time since
 * midnight. Infinity is INT64_MAX, -infinity INT64_MIN. false: it is none, or too far away. */
EDO_MUST_USE bool edoi_pg_time_parse(int64_t *us, uint32_t oid, edo_str text);

/* An interval without months and years, whose length is not known. */
EDO_MUST_USE bool edoi_pg_interval_parse(edo_duration *out, edo_str text);

#endif
