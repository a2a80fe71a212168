/* SPDX-License-Identifier: MIT */
/* records/brackets.h: debug builds record which brackets a fiber or thread has begun and not
 * ended, and where: scopes, blocks of tokens and of values, deadlines, shields and
 * edo_no_await_begin().
 *
 * The records of one fiber or thread are lists, the innermost first; `list` below is the head of
 * one.
 *
 * inv. 1: a record in use belongs to one fiber or thread, and only that touches it.
 *
 * inv. 1 is not asserted: a record does not know its fiber or thread. */
#ifndef EDOI_RECORDS_BRACKETS_H
#define EDOI_RECORDS_BRACKETS_H

#include "records/records.h"

typedef enum edoi_opened_kind {
    EDOI_OPENED_SCOPE,
    EDOI_OPENED_BLOCK,
    EDOI_OPENED_DEADLINE,
    EDOI_OPENED_SHIELD,
    EDOI_OPENED_NO_AWAIT,
    EDOI_OPENED_VALUE
} edoi_opened_kind;

#if EDOI_REMEMBERS

#    define EDOI_OPENED_MAX 16384u

typedef struct edoi_opened {
    struct edoi_opened *outer; /* in its list; or the next free record */
    const void *at;            /* in the program's frame; NULL: it does not lie there */
    const void *caller;        /* the return address of the call that began it */
    uint32_t depth;            /* distinguishes those of one kind without an address */
    edoi_opened_kind kind;
} edoi_opened;

/* Puts a record of what begins before the others; NULL: all records are in use. */
edoi_opened *edoi_opened_begin(edoi_opened **list, const edoi_opened *what);

/* Removes the record to which `link` points, in its list. */
void edoi_opened_end(edoi_opened **link);

/* Removes the record of this kind and depth, if there is one. Inner ones of one kind have a greater
 * depth than outer ones. */
void edoi_opened_forget(edoi_opened **list, edoi_opened_kind kind, uint32_t depth);

/* The number of the record, below EDOI_OPENED_MAX. No other record in use has it. */
uint32_t edoi_opened_number(const edoi_opened *r);

/* The innermost of this kind; NULL: there is none. */
const edoi_opened *edoi_opened_find(const edoi_opened *list, edoi_opened_kind kind);

/* Writes to standard error where it was begun, and that it was not ended; NULL: nothing. */
void edoi_opened_tell(const edoi_opened *r);

#endif

#endif
