/* SPDX-License-Identifier: MIT */
/* edo/http_sfv.h: structured fields (RFC 9651): Priority, Cache-Status, RateLimit, Sec-Fetch-*,
 * Signature, and most fields that are defined nowadays. In libedo-http.
 *
 * A field is an item, a list or a dictionary. Members are read one after the other, as views into
 * the field; nothing is allocated. A field that is wrong at any place is to be ignored as a whole:
 * ask edo_sfv_check() first.
 *
 *     edo_str field = edo_headers_get(h, EDO_HEADER_PRIORITY); // u=2, i
 *     edo_sfv_item urgency;
 *     if (edo_sfv_get(&urgency, field, EDO_STR("u")) == 0 && urgency.kind == EDO_SFV_INTEGER) …
 *
 * Printers append to a buffer, write the one form that RFC 9651 section 4.1 wants, and on failure
 * leave the buffer as it was; of parameters that come twice they write both, of which a reader
 * takes the last.
 *
 * Unless a function says otherwise:
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_HTTP_SFV_H
#define EDO_HTTP_SFV_H

#include <edo/base.h>
#include <edo/bytes.h>
#include <edo/error.h>

EDO_BEGIN_DECLS

typedef enum edo_sfv_kind {
    EDO_SFV_INTEGER, /* 42 */
    EDO_SFV_DECIMAL, /* 4.5 */
    EDO_SFV_STRING,  /* "a \"b\"" */
    EDO_SFV_TOKEN,   /* text/html */
    EDO_SFV_BYTES,   /* :cHJldGVuZA==: */
    EDO_SFV_BOOLEAN, /* ?1 */
    EDO_SFV_DATE,    /* @1659578233 */
    EDO_SFV_DISPLAY, /* %"f%c3%bc": a text in Unicode */
    EDO_SFV_INNER    /* (a b): a list in a list or dictionary */
} edo_sfv_kind;

#define EDO_SFV_INTEGER_MAX INT64_C(999999999999999) /* fifteen digits, also of the thousandths */

/* A member, an element of an inner list, or the value of a parameter. */
typedef struct edo_sfv_item {
    edo_sfv_kind kind;
    int64_t n;      /* the integer; thousandths of a decimal; 0 or 1; seconds since 1970 */
    edo_str text;   /* of the other kinds, as it stands between its delimiters: edo_sfv_decode();
                       of an inner list its elements: edo_sfv_inner_next() */
    edo_str params; /* ";a=1;b": edo_sfv_param_next() */
} edo_sfv_item;

/* What a field is. */
typedef enum edo_sfv_form { EDO_SFV_ITEM, EDO_SFV_LIST, EDO_SFV_DICT } edo_sfv_form;

/** Reads a whole field.
 * Errors:  -EINVAL  it is no such field; one that is empty is a list or dictionary without members
 */
EDO_MUST_USE EDO_API int edo_sfv_check(edo_sfv_form form, edo_str field);

/** Reads a field that is an item.
 * Owns: `*out` borrows the field.   Errors: -EINVAL  it is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_sfv_item_parse(edo_sfv_item *out, edo_str field);

/** Takes the next member off `*rest`, which is a field that is a list at first. Several fields of
 * one name are one list: edo_headers_combine().
 * Owns:    `*out` borrows the field.
 * Errors:  returns 1, or 0 at the end, or
 *          -EINVAL  it is none: `*rest` is empty */
EDO_MUST_USE EDO_API int edo_sfv_list_next(edo_sfv_item *out, edo_str *rest);

/** Takes the next member off `*rest`, which is a field that is a dictionary at first. A key may
 * come again: its last value counts, in the place of the first.
 * Owns: key and `*out` borrow the field.   Errors: as edo_sfv_list_next() */
EDO_MUST_USE EDO_API int edo_sfv_dict_next(edo_str *key, edo_sfv_item *out, edo_str *rest);

/** Reads a whole dictionary, and finds the last member with this key.
 * Owns:    `*out` borrows the field.
 * Errors:  -ENOENT  there is none
 *          -EINVAL  the field is no dictionary
 *          In each case `*out` is untouched. */
EDO_MUST_USE EDO_API int edo_sfv_get(edo_sfv_item *out, edo_str field, edo_str key);

/** Takes the next element off `*rest`, which is the text of an inner list at first.
 * Owns: `*out` borrows the text.   Errors: as edo_sfv_list_next() */
EDO_MUST_USE EDO_API int edo_sfv_inner_next(edo_sfv_item *out, edo_str *rest);

/** Takes the next parameter off `*rest`, which is `params` of an item at first. One without a value
 * is true. A key may come again: its last value counts.
 * Owns: key and `*out` borrow the parameters.   Errors: as edo_sfv_list_next() */
EDO_MUST_USE EDO_API int edo_sfv_param_next(edo_str *key, edo_sfv_item *out, edo_str *rest);

/** Finds the last parameter with this key.
 * Owns: `*out` borrows from `item`.   Errors: -ENOENT  there is none: `*out` is untouched */
EDO_MUST_USE EDO_API int edo_sfv_param_get(edo_sfv_item *out, const edo_sfv_item *item,
                                           edo_str key);

/** Appends the text of a string, token, display string (in UTF-8) or byte sequence as it is meant:
 * without escapes, and decoded.
 * Errors:  -EINVAL  the item is of another kind, or its text is none
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_sfv_decode(const edo_sfv_item *item, edo_buf *out);

/** Appends what `text` of an item must be to mean `plain`.
 * Errors:  -EINVAL  items of this kind cannot mean it: a string of other bytes than ASCII's visible
 *                   ones and the blank, a display string that is not UTF-8
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_sfv_encode(edo_sfv_kind kind, edo_str plain, edo_buf *out);

/** Appends an item or an inner list, with its parameters.
 * Errors:  -EINVAL  it could not be read back
 *          -ENOMEM */
EDO_MUST_USE EDO_API int edo_sfv_item_print(const edo_sfv_item *item, edo_buf *out);

/** As edo_sfv_item_print(), of a member of a list: behind ", " if the buffer is not empty. */
EDO_MUST_USE EDO_API int edo_sfv_list_print(const edo_sfv_item *item, edo_buf *out);

/** As edo_sfv_item_print(), of a member of a dictionary: behind ", " if the buffer is not empty. */
EDO_MUST_USE EDO_API int edo_sfv_dict_print(edo_str key, const edo_sfv_item *item, edo_buf *out);

/** As edo_sfv_item_print(), of an element of an inner list's text: behind a blank if the buffer is
 * not empty. */
EDO_MUST_USE EDO_API int edo_sfv_inner_print(const edo_sfv_item *item, edo_buf *out);

/** As edo_sfv_item_print(), of a parameter, which has no parameters: ";a=1". */
EDO_MUST_USE EDO_API int edo_sfv_param_print(edo_str key, const edo_sfv_item *item, edo_buf *out);

EDO_END_DECLS

#endif
