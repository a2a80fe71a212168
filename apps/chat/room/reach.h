/* SPDX-License-Identifier: MIT */
/* reach.h: how one person is reached, in a terminal or on a page. */
#ifndef CHAT_REACH_H
#define CHAT_REACH_H

#include "room/page_socket.h"
#include "store/token.h"

#include <edo/mpsc.h>

/* What waits in a mailbox to be shown, in order: a private message, a reply to a command of the
 * client, or a room that it listens to from here on. Neither: from here on numbers are shown. */
typedef struct pending {
    message *message;
    struct subscriber *room; /* NULL: a message */
} pending;

/* Puts it into a mailbox, and waits up to a second for room unless the client there is stuck.
 * Owns: takes what `p` holds on success. Returns 0, -EAGAIN if there was none, -EDO_ECLOSED,
 * -ENOMEM or -ECANCELED. */
int mailbox_post(edo_mpsc_tx *to, const pending *p, bool is_stuck);

/* How a person is reached. All zero: not at all. */
typedef struct reach {
    edo_mpsc_tx *mailbox; /* of a terminal; a share */
    bool is_stuck;        /* the terminal does not read */
    page_socket *socket;  /* of a page; a share */
    name name;            /* that it has now */
    uint64_t naming;      /* of that name */
    bool is_heir;         /* of another person, who has had the name */
    uint64_t program;     /* where it is reached by a letter; 0: it is here */
    char person[PERSON_BYTES + 1];
} reach;

/* What is written to one person who is at another program. It borrows all. */
typedef struct letter {
    const reach *to;
    const saying *what;
    const char *from_person;
    edo_str address; /* that its author comes from: EDO_ADDR_KEY_BYTES bytes */
} letter;

/* That `n` letters of an author, who is at another program, were not delivered to somebody here. */
typedef struct returned {
    uint64_t program; /* the author's */
    const char *to_author;
    const name *of; /* whom they were written to, as the author has it */
    const char *of_person;
    size_t n;
} returned;

void reach_drop(reach *self);

/* Tells one person, of directory_find(). Waits up to a second for room in a terminal's mailbox;
 * a page that is away is told when it comes back. Owns: takes `m`, which is numbered for a page;
 * NULL: there was no memory for it. Returns 0, -EDO_ECLOSED if the person has gone, -EAGAIN if it
 * has not read earlier messages, -ENOMEM or -ECANCELED. */
int reach_tell(const reach *to, message *m);

/* ---- The author of a message ----------------------------------------------------------------- */

/* Makes known to the message, which was not told yet, whom to tell if it cannot be delivered to
 * `to`: its author, who has that mailbox or that socket. Without memory nobody is told. */
void reach_sign(message *m, edo_mpsc_tx *mailbox, page_socket *socket, const reach *to);

/* As reach_sign(), of an author that is the person `from` of that program, who is told by `by`. */
struct room_carrier;
void reach_sign_letter(message *m, const struct room_carrier *by, uint64_t program,
                       const char *from, const reach *to);

/* Messages that were not delivered, next to each other those of one author. All zero: none. */
typedef struct undelivered {
    message *last; /* a share */
    size_t n;
} undelivered;

/* Adds one, as of page_socket_end(): `arg` is an undelivered. What is about others is told before.
 * Owns: takes `m`. */
void undelivered_add(void *arg, message *m);

/* Tells the author of what was added, without waiting for room in a mailbox. */
void undelivered_tell(undelivered *self);

#endif
