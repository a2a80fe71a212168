/* SPDX-License-Identifier: MIT */
/* kept.h: names that are kept for people who have gone: a person with a session comes back to the
 * name that it has spoken under, for a day. Nobody else gets it meanwhile, also over a restart, if
 * there is a store: that is told of each change, and what it has is taken over at the start.
 *
 * There are KEPT_MAX of them at most, and KEPT_OF_ADDRESS of one address: of more than that the
 * oldest ones are free, in all those of an address that has most. So nobody's give way to those of
 * a few addresses. A call takes the same time whatever number there is, but for the height of the
 * trees.
 *
 * A person is one of token.h; empty: it is not known who.
 *
 * Threads: callers hold one lock, the directory's. */
#ifndef CHAT_KEPT_H
#define CHAT_KEPT_H

#include "name/name.h"
#include "storage/storage.h"
#include "text.h"

#include <edo/net.h>
#include <edo/time.h>

#include <sys/queue.h>

#define KEPT_MAX        8192
#define KEPT_OF_ADDRESS 64
#define KEPT_OLD_AT_ONCE                                                                           \
    16 /* names whose day is over, that are freed by one call, under the lock */
#define KEPT_FOR edo_s(24 * 60 * 60)

typedef struct kept_names {
    struct storage *storage;     /* const; NULL: there is no store */
    void *by_name, *shares;      /* trees: of the names, and of what each address has */
    TAILQ_HEAD(, kept_name) all; /* the one whose time ends first is the first */
    uint32_t n, most;            /* of all; and of an address that has most */
    /* Addresses by how many they have; the first that came to it is the first. */
    TAILQ_HEAD(, kept_share) of_size[KEPT_OF_ADDRESS + 1];
} kept_names;

/* Takes over what is in the store; names of people who were here are kept for a day. */
void kept_init(kept_names *self, struct storage *in);
void kept_deinit(kept_names *self);

/* The person, who comes from that address, is here and has spoken under the name: if the program is
 * killed the name is kept. */
void kept_use(kept_names *self, const name *n, const char *person, const char *address);

/* The person, who is here, has another name now. */
void kept_give_up(kept_names *self, const name *n);

/* The person, who has spoken under the name, has gone. Without memory the name is free. */
void kept_put(kept_names *self, const name *n, const char *person,
              const char address[EDO_ADDR_KEY_BYTES]);

/* The person takes the name, which is kept for nobody else. Returns whether it was kept for it. */
bool kept_take(kept_names *self, const name *n);

/* Whether the name is kept for another person. */
bool kept_is_anothers(const kept_names *self, const name *n, const char *person);

#endif
