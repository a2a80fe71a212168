/* SPDX-License-Identifier: MIT */
/* page_socket.h: how a page is reached, or another client that has a session: by its outlet, while
 * it has one. A page socket belongs to a person and outlives connections, so rooms and others can
 * keep it.
 *
 * A posted message waits in the outlet's own bounded queue, and nobody waits for it: a page that
 * does not read is let go when that is full. It comes back for what it has missed.
 *
 * What is told to the person alone has numbers of its own, and is kept until the page says that it
 * has it: a post into the kernel is no delivery. A page that comes back is told again what it has
 * not seen.
 *
 * Threads: all functions may be called from any, at once. */
#ifndef CHAT_PAGE_SOCKET_H
#define CHAT_PAGE_SOCKET_H

#include "message.h"
#include "room/known.h"
#include "room/outlet.h"

#include <stdatomic.h>

typedef struct page_socket page_socket;

/* A page socket without an outlet, of the session with that key, of which the author of a message
 * is known; shared by counting: edo_rc_ref(), edo_rc_unref(). In `full_n`, NULL: nowhere, it counts
 * the pages that were let go since they did not read. Owns: borrows it. NULL without memory. */
page_socket *page_socket_new(edo_str key, atomic_uint_fast64_t *full_n);

/* From here on the page is reached by `by`; one without a client: by nothing. Owns: shares it. */
void page_socket_attach(page_socket *self, outlet by);

/* Ends its connection, if it has one: another one has the session now. */
void page_socket_take_over(page_socket *self);

/* Posts a message. Owns: shares `m`. Returns 0, -ENOMEM, -EDO_ECLOSED without an outlet, or a
 * failure of that. */
int page_socket_post(page_socket *self, message *m);

/* A page socket, and the outlet that it had when the page was chosen: what is posted then does not
 * come to a later one, which is sent what its page has missed. */
typedef struct page_aim {
    page_socket *socket; /* a share */
    outlet by;           /* a share */
} page_aim;

/* Returns false, and fills in nothing, without an outlet. Owns: returns new: page_aims_post(). */
bool page_socket_aim(page_socket *self, page_aim *out);

/* As page_socket_post(), to those outlets, OUTLET_POSTS_MAX at most. One that takes nothing is
 * gone, or its page comes back: that is its matter. Owns: takes what they have. */
void page_aims_post(page_aim *all, size_t n, message *m);

/* As page_socket_take_over(), of that outlet, if it `is_due`. Owns: takes what `self` has. */
void page_aim_take_over(page_aim *self, bool is_due);

/* As page_socket_post(), of a message that nobody else has. Owns: takes `m`; NULL: there was no
 * memory for it. */
int page_socket_reply(page_socket *self, message *m);

/* As page_socket_reply(), but before all that is posted later: waits for room in the outlet. */
int page_socket_send(page_socket *self, message *m);

#define PAGE_TOLD_MAX       256          /* messages that are kept until the page has them */
#define PAGE_TOLD_BYTES_MAX (256u << 10) /* of them, but for the last */
#define PAGE_TOLD_PARTS     4            /* of both an author has one part */

/* Gives the message, which is numbered and nobody else's, the next number, and keeps it until the
 * page has it; posts it, if the page is there and has been told what came before. Of an author, who
 * is known by the address that pays for the message, or else by an id, a share is kept: so a
 * stranger fills nobody's mail. A page that never says what it has is kept the newest ones alone:
 * of an author who has its share, or else of those who have most, the oldest is gone. Owns: takes
 * `m`. Returns 0; -EAGAIN if too many are kept; -EDO_ECLOSED if the person has gone. */
int page_socket_tell(page_socket *self, message *m);

/* The page has all up to that number. */
void page_socket_got(page_socket *self, uint64_t number);

/* Posts all that is kept and has a larger number than `seen`, which the page has; from here on what
 * is told is posted. `has_seen`: the page counts. */
void page_socket_resume(page_socket *self, bool has_seen, uint64_t seen);

/* The number of what was told last; larger ones follow. */
uint64_t page_socket_told(page_socket *self);

/* The person is gone, and nothing is kept any more: gives what was kept to `each`, with `arg`, the
 * oldest first. Owns: `each` takes the messages. */
void page_socket_end(page_socket *self, void (*each)(void *arg, message *m), void *arg);

/* Whether nothing reaches the page now. */
bool page_socket_is_away(page_socket *self);

/* Whether the message was said by the session, which gave it a reference: also one that comes from
 * the store, where nobody knows its author by an id. */
bool page_socket_has_said(const page_socket *self, const message *m);

/* The names that the page has been shown by its socket. */
known_names *page_socket_known(page_socket *self);

#endif
