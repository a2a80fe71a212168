/* SPDX-License-Identifier: MIT */
/* member.h: what a person in the chat does, whether it has a terminal or a page: a client has a
 * member inside, and is its face. */
#ifndef CHAT_MEMBER_H
#define CHAT_MEMBER_H

#include "room/directory.h"

#define MEMBER_BURST 100 /* things that may come at once after a silence */

/* Makes one that may do `rate` things a second, 0: any number, with a burst after a silence.
 * Returns 0 or a negative code. */
EDO_MUST_USE int member_init(member *self, directory *in, uint32_t rate);

/* The store is to be waited for, or another program: others may use the member meanwhile, and
 * member_take_back() waits until they do not. Then nothing that may change is as it was: it may
 * have other rooms and another name. The first returns by which connection it is used, for the
 * second, which returns whether that is so still: else it may be gone, and its task leaves it. Both
 * do nothing else for one whose `using` is NULL. */
EDO_MUST_USE const void *member_lend(const member *self);
EDO_MUST_USE bool member_take_back(const member *self, const void *by);

/* Whether it may do one thing more now. */
bool member_may_speak(member *self);

/* Takes another name. Returns 0, -EPERM if the name is reserved, -EEXIST if it is another member's,
 * or kept for one who has gone, or -ENOMEM; -EAGAIN or -ECANCELED as of directory_rename(). */
EDO_MUST_USE int member_rename(member *self, const name *to);

/* Tells a room that it has another name now than `old`, which had that naming. NULL without
 * memory. */
message *member_renamed(const member *self, const name *old, uint64_t old_naming,
                        const name *where);

/* Takes the seat, which the room is told: `*told`, a share, says what; NULL is allowed. Returns as
 * room_move(). */
int member_enter(member *self, seat *s, room *r, message **told);

/* It has left that room, which is told; terminals not, if `is_quiet`. Owns: takes the room. Returns
 * as room_move(). */
int member_left(member *self, room *from, bool is_quiet);

/* It comes from that address, which has EDO_ADDR_KEY_BYTES bytes: what it says is told in the turns
 * of that. */
void member_set_address(member *self, edo_str address);

/* The address. */
edo_str member_address(const member *self);

/* What it says in that room now. Borrows the texts. */
saying member_saying(member *self, const room *in, edo_str text, bool is_action);

/* Tells one person; one with a page is not told what it tells itself. `to_person`, as of token.h:
 * it is told whatever its name is; empty: who has the name is told, if known_allows() it. `*own`, a
 * share, is what was told, for the page of the author; NULL: it has none, or there was no memory.
 * Returns as reach_tell(); -EDO_ECLOSED also if nobody has the name, nor is that person here;
 * -EEXIST if another person has the name. Of people that several programs share also -EBUSY: the
 * store does not say where the person is; -EHOSTUNREACH: it is at another program, which cannot be
 * told; -ETIMEDOUT: that one has not replied, so perhaps it is told. Others may use the member
 * while it waits for the store, or that program: -ESTALE: it has another connection now, and
 * perhaps the person is told. */
EDO_MUST_USE int member_tell(member *self, const name *to, edo_str to_person, edo_str text,
                             message **own);

#endif
