/* SPDX-License-Identifier: MIT */
/* web/template/address.h: how far an address in an attribute has come: whether it has a scheme, and
 * which, and whose it is.
 *
 * The text before ":" is a set: sections may be left out. For each scheme that is code, `schemes`
 * has a bit for each number of its first letters that may be all there is so far. */
#ifndef EDOI_WEB_TEMPLATE_ADDRESS_H
#define EDOI_WEB_TEMPLATE_ADDRESS_H

#include <edo/io.h>

#define EDOI_ADDRESS_CODES_N 10u

typedef enum edoi_address_origin {
    EDOI_ADDRESS_NEW,   /* nothing stands before */
    EDOI_ADDRESS_SLASH, /* "/" */
    EDOI_ADDRESS_HOST,  /* a host, or what the first folder may be */
    EDOI_ADDRESS_DEEP,  /* slashes, or ":" */
    EDOI_ADDRESS_KNOWN, /* what follows does not change it */
    EDOI_ADDRESS_EITHER /* one or another, by a section: it takes no value */
} edoi_address_origin;

typedef struct edoi_address {
    uint16_t schemes[EDOI_ADDRESS_CODES_N];
    uint16_t origin;
    bool is_unsure; /* a value, or an address whose beginning is over, may stand before */
    bool is_path;   /* its scheme is known, or that it has none */
} edoi_address;

_Static_assert(sizeof(edoi_address) == 2 * EDOI_ADDRESS_CODES_N + 4, "no byte of it is unnamed");

typedef enum edoi_address_step {
    EDOI_ADDRESS_BEGINS, /* what follows may be its scheme */
    EDOI_ADDRESS_PATH,   /* what follows does not change its scheme */
    EDOI_ADDRESS_CODE,   /* its scheme says that it is code, */
    EDOI_ADDRESS_DATA,   /* or the data itself, */
    EDOI_ADDRESS_WRONG   /* or is not known */
} edoi_address_step;

void edoi_address_begin(edoi_address *a);

/* A byte of the text. */
edoi_address_step edoi_address_byte(edoi_address *a, char c);

/* A value, or what is not known, stands before. */
void edoi_address_pass_value(edoi_address *a);

/* `a` becomes what holds for both. */
void edoi_address_join(edoi_address *a, const edoi_address *other);

/* How far an address has come that is being printed. */
typedef enum edoi_address_printed {
    EDOI_ADDRESS_NOTHING,
    EDOI_ADDRESS_TEXT,   /* which may be the beginning of a scheme */
    EDOI_ADDRESS_DECIDED /* it has a scheme, or has none, whatever follows */
} edoi_address_printed;

/* `html` was printed behind `before`. */
edoi_address_printed edoi_address_behind(edoi_address_printed before, edo_str html);

/* May the value follow in an address? It has no scheme; or, at its beginning, one of http, https
 * and mailto. */
bool edoi_address_is_safe(edo_str value, edoi_address_printed before);

#endif
