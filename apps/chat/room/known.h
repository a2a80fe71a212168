/* SPDX-License-Identifier: MIT */
/* known.h: which names somebody has been shown, and whose they were: so that what is written to a
 * name does not go to a stranger who has it by now.
 *
 * A name and the person who has it are one number, a naming; 0 is none. The number has the secret
 * of a run of the server in it, so nobody can choose a name or a session whose number is that of
 * another.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_KNOWN_H
#define CHAT_KNOWN_H

#include "name/name.h"
#include "text.h"

#include <pthread.h>
#include <stdint.h>

/* What makes the namings of a server. Const once shared. */
typedef struct namer {
    uint64_t secret;
} namer;

void namer_init(namer *self);

/* `person`: as of token.h; empty: it is not known whose the name was. */
uint64_t naming_of(const namer *by, const name *n, const char *person);

/* The part of it that stands for the name. */
static inline uint32_t naming_name(uint64_t naming) {
    return (uint32_t)(naming >> 32);
}

/* Namings that are remembered: those that were shown last. */
#define KNOWN_TERMINAL 512
#define KNOWN_PAGE     128
#define KNOWN_ASKED    4 /* texts of which it was asked whether they may go to another person */

typedef struct known_names {
    pthread_mutex_t lock; /* a leaf; guards the rest */
    uint64_t *shown;      /* one for a name; the one that was shown last is the last */
    uint32_t n, cap;
    uint32_t cap_max;
    bool has_forgotten;          /* other names were shown, too */
    uint64_t asked[KNOWN_ASKED]; /* hashes; 0: none */
} known_names;

/* One that remembers `most` names. */
void known_init(known_names *self, uint32_t most);
void known_deinit(known_names *self);

/* The name was shown as that person's; of 0 nothing is. Without memory fewer are remembered. */
void known_note(known_names *self, uint64_t naming);

/* Names were shown that nobody has noted. */
void known_forget(known_names *self);

/* Whether a text for a name may go to `owner`, the naming of who has it now: not if the name was
 * shown last as another's, or perhaps so, as others were forgotten and it was another's once
 * (`is_heir`); until the same text comes again for the same owner. From then on the name is known
 * as the owner's. */
bool known_allows(known_names *self, uint64_t owner, bool is_heir, edo_str text);

/* It has been told otherwise that the name is that owner's: the text may go there if it comes
 * again. */
void known_ask(known_names *self, uint64_t owner, edo_str text);

#endif
