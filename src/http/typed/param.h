/* SPDX-License-Identifier: MIT */
/* http/typed/param.h: parameters, and the tables that map each to a field of a struct. One reader
 * and one printer serve all headers that are made of parameters; a header adds a table. */
#ifndef EDOI_HTTP_TYPED_PARAM_H
#define EDOI_HTTP_TYPED_PARAM_H

#include "http/typed/put.h"

/* What separates parameters, and where blanks may stand. */
typedef enum edoi_param_form {
    EDOI_PARAM_STRICT, /* ";a=b;c" */
    EDOI_PARAM_LINK,   /* the same with blanks around "=" */
    EDOI_PARAM_COMMA,  /* "a=b, c", with blanks around "=" */
    EDOI_PARAM_COOKIE  /* "a=b; c", where all bytes up to the next ";" are the value */
} edoi_param_form;

/* Takes the next parameter off. Returns as edo_header_param_next() does. */
int edoi_param_next(edo_header_param *out, edo_str *rest, edoi_param_form form);

/* Takes the `*n` bytes of a token, or the text between quotes, off the front of `*rest`. Returns
 * false if there is neither. */
bool edoi_param_text(edo_str *text, edo_str *rest);

/* May these bytes stand between quotes? */
bool edoi_is_quotable(edo_str s);

/* Are the words equal, in any case? */
bool edoi_same_word(edo_str a, edo_str b);

/* The kind of a parameter, with the type of its field. */
typedef enum edoi_param_kind {
    EDOI_PARAM_TEXT,    /* edo_str, with a value */
    EDOI_PARAM_FLAG,    /* bool, without a value */
    EDOI_PARAM_FLAG_OF, /* bool, and an edo_str at `more` if there is a value */
    EDOI_PARAM_SECONDS, /* edo_header_number */
    EDOI_PARAM_LEEWAY,  /* edo_header_number, INT64_MAX without a value */
    EDOI_PARAM_SIGNED,  /* edo_header_number, which may be negative */
    EDOI_PARAM_DATE     /* edo_header_number, printed as a date */
} edoi_param_kind;

typedef struct edoi_param_row {
    const char *name; /* as it is printed */
    edoi_param_kind kind;
    size_t at, more; /* offsets of its fields */
} edoi_param_row;

typedef struct edoi_params {
    const edoi_param_row *rows;
    size_t rows_n; /* at most 32 */
    edoi_param_form form;
    enum { EDOI_FIRST_COUNTS, EDOI_LAST_COUNTS, EDOI_REFUSE_TWICE } twice;
    bool is_lax; /* a wrong value is ignored, not refused */
} edoi_params;

#define EDOI_PARAMS(rows, ...)                                                                     \
    { rows, EDO_COUNT(rows), __VA_ARGS__ }

/* Sets the fields of the struct `out`, which is all zero, from the parameters. `now` is for dates.
 * Returns 0 or -EINVAL. */
int edoi_params_read(const edoi_params *table, void *out, edo_str params, int64_t now);

/* Appends the parameters that are set, in the table's order. The separator of `form` stands between
 * two of them, and in front of the first if something was appended since edoi_put_begin(). */
void edoi_params_put(const edoi_params *table, const void *in, edoi_put *put);

#endif
