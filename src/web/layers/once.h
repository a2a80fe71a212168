/* SPDX-License-Identifier: MIT */
/* web/layers/once.h: responses that are kept by the keys of idempotent requests.
 *
 * A key runs from the first request with it to the end of its response. Then it is kept, with the
 * response or without, until its time is over or its place is needed.
 *
 * inv. 1: an entry that runs is in the table alone, and only edoi_once_end() takes it out; one that
 *         is kept is in a list, too.
 * inv. 2: each list counts the bytes of its entries, and all lists together do. */
#ifndef EDOI_WEB_LAYERS_ONCE_H
#define EDOI_WEB_LAYERS_ONCE_H

#include <edo/bytes.h>
#include <edo/headers.h>
#include <edo/http.h>
#include <edo/time.h>

#include "base/table.h"
#include "base/text/sha1.h"

#include <pthread.h>

#define EDOI_ONCE_LISTS 64u

typedef struct edoi_once_field {
    edo_str name, value;
    bool is_beside; /* sent beside fields of this name that layers outside have set */
} edoi_once_field;

/* A response. Counted by edo_rc. It does not change once it is kept. */
typedef struct edoi_once_response {
    size_t bytes; /* of all its memory */
    edo_status status;
    uint32_t fields_n;
    edo_str body; /* in counted memory of its own; NULL as its pointer: none yet */
    edoi_once_field fields[];
} edoi_once_response;

typedef struct edoi_once_entry {
    edoi_table_link link;                  /* guarded by `lock`, as all members that are not
                                              const */
    struct edoi_once_entry *newer, *older; /* in the entry's list */
    unsigned char id[EDOI_SHA1_BYTES];     /* const: the digest of the key and its owner */
    unsigned char print[EDOI_SHA1_BYTES];  /* const: the digest of what was asked for */
    uint8_t list;                          /* const: the list of its owner */
    bool is_kept;
    edoi_once_response *response; /* set if it is kept; NULL: it is not known any more */
    edo_instant ends_at;          /* set if it is kept */
} edoi_once_entry;

typedef struct edoi_once_list {
    edoi_once_entry *newest, *oldest;
    size_t bytes;
} edoi_once_list;

typedef struct edoi_once {
    pthread_mutex_t lock; /* a leaf; nothing is allocated or freed under it */
    uint32_t n_max;       /* const, as `bytes_max` and `ttl` */
    size_t bytes, bytes_max;
    edo_duration ttl;
    uint32_t swept;
    edoi_table entries; /* by ids, which are digests with a secret */
    edoi_once_list lists[EDOI_ONCE_LISTS];
    edoi_table_link *chains[];
} edoi_once;

typedef enum edoi_once_what {
    EDOI_ONCE_FIRST, /* the caller has the entry until edoi_once_end() */
    EDOI_ONCE_RUNS,  /* a request with this key has no response yet */
    EDOI_ONCE_OTHER, /* the key was used for another request */
    EDOI_ONCE_KEPT,  /* with the response */
    EDOI_ONCE_LOST,  /* the request was handled, and its response was not kept */
} edoi_once_what;

/* Returns a new one; NULL without memory. */
edoi_once *edoi_once_new(uint32_t n_max, size_t bytes_max, edo_duration ttl);
void edoi_once_free(edoi_once *o); /* no request runs; NULL is allowed */

/* A key, its owner, and the request that it was used for. */
typedef struct edoi_once_key {
    unsigned char id[EDOI_SHA1_BYTES], print[EDOI_SHA1_BYTES];
    uint8_t list;
} edoi_once_key;

/* Looks for a key, and adds it if it is not there. Returns the state of the key, with the entry
 * (FIRST) or a share of the response (KEPT) in the outputs; -ENOMEM; or -EDO_EOVERLOADED if all
 * places run. */
int edoi_once_begin(edoi_once *o, const edoi_once_key *key, edoi_once_entry **entry,
                    edoi_once_response **response);

/* Ends the request. Takes the share of `response`. Without one the key is free again, unless
 * `is_lost`: the request was handled, which must not happen again. */
void edoi_once_end(edoi_once *o, edoi_once_entry *entry, edoi_once_response *response,
                   bool is_lost);

#endif
