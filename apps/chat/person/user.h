/* SPDX-License-Identifier: MIT */
/* user.h: a person with a session, on a page or a stream of gRPC: the rooms that it is in, and what
 * it says there. What stands here of a page holds for a stream, too.
 *
 * A user outlives its connections; it is shared by counting. One task at a time uses it, which
 * holds the mutex `using`. A task that waits for the store unlocks it meanwhile (member_lend()), so
 * that another connection of the person need not wait; unless it asks for a name, reads what a room
 * has said, or waits for a message to be kept. Behind that the user is the connection's that it was
 * before, or the task leaves it, with -EDO_ECLOSED: its seats may be gone. */
#ifndef CHAT_USER_H
#define CHAT_USER_H

#include "room/directory.h"
#include "storage/late_place.h"
#include "store/token.h"

#include <edo/limiter.h>
#include <edo/mutex.h>

#define SESSION_BYTES_MIN 22
#define SESSION_BYTES_MAX 64
#define REF_BYTES_MAX     TEXT_REF_BYTES_MAX
#define USER_ROOMS_MAX    32
/* Own messages that are known by their references: more than may be said at once, and with that
 * many bytes of text. */
#define USER_REFS      128
#define USER_REF_BYTES ((size_t)16 << 10)

/* Errors of a client: the codes of docs/book/27-the-chat-on-the-web.md. Below 0: the connection
 * ends. */
enum {
    FAULT_NONE,
    FAULT_MESSAGE,
    FAULT_ROOM,
    FAULT_NICK,
    FAULT_TEXT,
    FAULT_LONG,
    FAULT_FAST,
    FAULT_NICK_TAKEN,
    FAULT_NICK_RESERVED,
    FAULT_NICK_LATER,
    FAULT_NOT_IN_ROOM,
    FAULT_ROOMS,
    FAULT_NOBODY,
    FAULT_ANOTHER,
    FAULT_ANOTHER_NOW,
    FAULT_GONE,
    FAULT_NOT_READING,
    FAULT_UNREACHABLE,
    FAULT_UNSURE,
    FAULT_LATER,
    FAULT_WAITS,
    FAULT_HELD,
    FAULT_FULL,
    FAULT_REFUSED,
    FAULTS_N
};

/* A room that a user is in. */
typedef struct user_seat {
    seat seat;
    listener listener;
    uint64_t told; /* the number of the room's newest message, as the page was told it last */
    bool is_attending, is_listening; /* the second: after the first */
    kept_place kept;                 /* from where it is to listen once the store responds */
    const kept_place *place;         /* that, or that of its terminal: see line/client.h */
    bool is_due;                     /* user_go_on() has not tried it yet */
    edo_instant typed_at;            /* when the others were told last */
    TAILQ_ENTRY(user_seat) next;
} user_seat;

typedef struct user {
    edo_mutex using; /* guards all down to `may_have_said` but for what is const */
    member me;
    struct server *server;               /* const */
    char session[SESSION_BYTES_MAX + 1]; /* const */
    char key[TOKEN_KEY_BYTES + 1];       /* const; of the session */
    TAILQ_HEAD(, user_seat) seats;
    size_t seats_n;
    message **said;               /* with references, in USER_REFS places; NULL: none */
    uint64_t said_n, forgotten_n; /* how many there were, and how many of them are gone again */
    size_t said_bytes;            /* of their texts */
    bool is_welcome;    /* its connection has what it is told first: the welcome, of a page */
    bool may_have_said; /* what was used before this connection may not be there: the session is an
                           old one, or some were forgotten */
    atomic_bool is_settling; /* see person/lease.h */
    atomic_bool is_late;     /* a place is kept in a room; see person/late.h */

    /* lock: that of the sessions */
    bool is_gone;               /* it was let go: its session is free */
    edo_instant claimed;        /* when the last one of those who claim the session came */
    bool is_held;               /* it has no connection */
    struct held_share *share;   /* if is_held: of its address; NULL: without memory for it */
    edo_instant held_until;     /* if is_held */
    TAILQ_ENTRY(user) held;     /* if is_held */
    TAILQ_ENTRY(user) of_share; /* if share */
} user;

/* A person of that session, who is not here yet. Owns: returns new: edo_rc_unref(), when it is in
 * no room. NULL without memory. */
user *user_new(struct server *at, const char *session);

/* It came at that time: its first message was read. Gets a name: the wanted one if it is a name and
 * free. Of names that several programs share it is asked for again, once the store responds.
 * Returns 0, -ENOMEM or -ECANCELED. */
int user_arrive(user *self, edo_str wanted, edo_instant came);

/* As user_arrive(), of one that is in the directory already. Returns also -EEXIST: the name is
 * another's; -EAGAIN: it is asked for again. */
int user_take_name(user *self, edo_str wanted, edo_instant came);

/* It has a connection once more, and came at that time: perhaps it was at another program
 * meanwhile. */
void user_return(user *self, edo_instant came);

/* Somebody at another program has its name: it gets its guest's name, and its rooms are told. */
void user_lose_name(user *self);

/* Asks again for the name that it wanted when the store did not respond. */
void user_ask_again(user *self);

/* Leaves all rooms and gives up the name. If `is_told` the rooms are told; and so are the authors
 * of what it was told alone and its page has not said that it has. */
void user_depart(user *self, bool is_told);

/* Begins and ends the time of a connection, which is reached by `by` and comes from that address.
 * Without one the user hears no room, and is sent nothing. */
void user_attach(user *self, const void *connection, outlet by, edo_str address);
void user_detach(user *self);

/* The seat in a room of that name; NULL: the user is in none. */
user_seat *user_find_seat(user *self, edo_str name);

/* Comes into a room, of which the store is asked; NULL with the fault in `*fault`, FAULT_NONE: no
 * memory; -EDO_ECLOSED. The room is told. */
user_seat *user_join(user *self, edo_str name, int *fault);

/* As user_join(), of an open room whose store was asked. Owns: takes it, NULL: there was no memory
 * for it. NULL without memory. */
user_seat *user_enter(user *self, room *in);

/* Takes a seat in a room, and nobody is told. Owns: takes the open room. NULL without memory. */
user_seat *user_sit(user *self, room *in);

/* From here on the user hears who comes to the room and goes. Before the page is told of it. */
void user_attend(user_seat *s);

/* From here on a user that attends hears the room: first what was said after what it has seen, each
 * message or that it is missing. One that is new is shown what the room has, and misses nothing
 * after the number that it was told. Waits for the page to read it, and for the store for a bounded
 * time: if that does not respond the user's place is kept, see late.h. Returns 0, -ENOMEM, or a
 * failure of page_socket_send() or room_listen(). */
int user_listen(user *self, user_seat *s, const bookmark *seen);

/* A place is kept for it in a room, or may be. Any thread may. */
void user_note_late(user *self);

/* As user_listen(), in one room where a place is kept for the user: the store is asked again, with
 * the place `in`, which is given back before the page is waited for, if not by the caller later.
 * `is_first`: each such room is due once, which its next calls look for. Returns whether to call it
 * again, as there may be more; in between `using` may be unlocked. */
bool user_go_on(user *self, late_place *in, bool is_first);

/* Leaves a room, which is told if `is_told`. */
void user_leave(user *self, user_seat *s, bool is_told);

/* Says a checked text. A `ref` that the session has used is not said again: the user is sent the
 * message once more. FAULT_HELD: one with a `ref` is said, and the user is sent it behind what
 * stands before it, from the place that is kept in its room; to a terminal the room confirms what
 * is new, so only of one that is said again. Returns a fault or a failure. */
int user_say(user *self, user_seat *s, edo_str text, edo_str ref, bool is_action);

/* Takes another name. Returns a fault or a failure. */
int user_rename(user *self, edo_str to);

/* Whether the user may say one thing more now. */
bool user_may_speak(user *self);

#endif
