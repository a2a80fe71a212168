/* SPDX-License-Identifier: MIT */
/* claim.h: names and people that several programs share, by their store: it says whose a name is,
 * and at which program a person is. docs/design/chat-nodes-people.md has why.
 *
 * A name that nobody has given is "guest-P-N": of the Nth that came to the program P, whose number
 * no other has. So it is nobody else's, also while the store does not respond; and who has not had
 * a name of that form is not given it.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_CLAIM_H
#define CHAT_CLAIM_H

#include "room/directory.h"

/* The member, which has arrived at the directory and came at that time, is here, unless it has come
 * elsewhere since: then the store says so. The time is that at which its first message was read,
 * before any wait: what waited longer is not later. It gets that name, NULL: the one that it had
 * elsewhere. Waits for the store, for a bounded time. Returns 0, also if it has had none; -EEXIST:
 * the name is another's; -EAGAIN: the store does not respond, and is told later; -ENOMEM or
 * -ECANCELED. Then it has its guest's name. */
EDO_MUST_USE int claim_arrive(directory *in, member *who, const name *wanted, edo_instant came);

/* As directory_rename(). */
EDO_MUST_USE int claim_name(directory *in, member *who, const name *to);

/* The member, whose task this is, is about to say something under its name for the first time.
 * Waits for the store as claim_arrive() does, so what it says is not kept before its name is. */
void claim_note_spoken(directory *in, member *who);

/* As directory_is_kept(). */
bool claim_is_anothers(directory *in, const name *of);

/* Whether another person may have had the name, here or at another program: nobody knows all who
 * had it. */
bool claim_may_be_heir(const directory *in, const name *of);

/* As directory_find_elsewhere(). */
int claim_find_elsewhere(directory *in, const name *of, edo_str person, reach *out);

/* ---- With the directory's lock held: the store is told without a wait ------------------------ */

name claim_guest_name(const directory *in, const member *who);
bool claim_is_own_guest(const directory *in, const member *who, const name *n);

/* The member is here, by the name that it has, and came at that time: as claim_arrive(). */
void claim_again(directory *in, member *who, edo_instant came);

void claim_note_departed(directory *in, member *who);

/* ---- What the store makes of it -------------------------------------------------------------- */

/* Of a member, as the store was told. */
typedef struct claim {
    uint64_t id, move; /* as of the member, then */
    bool is_page;      /* it has a session */
    bool is_wanting;   /* it wants another name */
} claim;

/* The members of whom the store has been told all, `*n` of them: in `*moves` what it should know.
 * Both are for free(). Returns 0 or -ENOMEM. */
EDO_MUST_USE int claim_list(directory *in, store_move **moves, claim **of, size_t *n);

/* Whether nothing has befallen the member since. */
bool claim_is_as_it_was(directory *in, const store_move *what, const claim *of);

/* If so, the store is told once more that the member is here; or the member, a terminal, is to give
 * its name up: claim_lose_name(). */
void claim_stay(directory *in, const store_move *what, const claim *of);
void claim_note_lost(directory *in, const store_move *what, const claim *of);

/* Whether it is to give its name up: told once. Called by its task. */
bool claim_has_lost_name(directory *in, member *who);

/* The member, whose task this is, has its guest's name from now on: its name is another's. */
void claim_lose_name(directory *in, member *who);

#endif
