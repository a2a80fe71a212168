/* SPDX-License-Identifier: MIT */
/* directory.h: which clients and rooms there are, and who is in which room.
 *
 * One lock guards the names and the lists of members. It is a thread's mutex, held for a few lines
 * and never across an await. Threads: all functions may be called from any, at once. */
#ifndef CHAT_DIRECTORY_H
#define CHAT_DIRECTORY_H

#include "room/kept.h"
#include "room/known.h"
#include "room/reach.h"
#include "room/room.h"
#include "room/turns.h"
#include "store/token.h"

#include <edo/scope.h>

#include <stdatomic.h>

/* What is in a room. Its room is written under the directory's lock and by its member only, which
 * may therefore read it without the lock. */
typedef struct seat {
    const struct member *member; /* const */
    room *room;                  /* NULL: none yet, or none any more */
    TAILQ_ENTRY(seat) link;      /* in the room; lock: the directory's */
} seat;

/* A person as others see it, in a terminal or on a page. Its name is written as a seat's room
 * is. */
typedef struct member {
    name name;                     /* first: see directory.c */
    uint64_t id;                   /* const once it has arrived; never 0 */
    char person[PERSON_BYTES + 1]; /* const once it has arrived: see token.h. Of a page that of its
                                      session; of a terminal, of its connection */
    uint64_t naming;               /* written as the name is: of the name and the person */
    bool is_heir;                  /* written as the name is: another person has had it */
    bool has_spoken;               /* written as the name is: under it, now or before it went */
    bool is_over; /* its task's; it does not come back, so nothing is kept for it when it departs */
    known_names *known;   /* its task's; the names that it has been shown */
    edo_mpsc_tx *mailbox; /* const; of a terminal: what it is to be shown goes there */
    atomic_bool is_stuck; /* of a terminal: it waits for its peer to read: nobody waits for it */
    page_socket *socket;  /* const; of a page; NULL: it is a terminal */
    edo_mutex *using;     /* const; of a person with a session: who uses it has it locked, but while
                             it waits for the store: see member.h. NULL: one task uses it */
    const void *connection; /* with `using`; by which a person with a session is reached: see
                               person/visit.h; NULL: it has none */
    bool moves_quietly;     /* its task's; terminals are not told where it comes and goes: another
                             person takes its place, or it takes another's */

    /* Of names that several programs share: see claim.h. */
    name wanted;         /* written as the name is: to be asked for once the store responds; empty:
                            none */
    uint64_t move;       /* lock: the directory's; the last thing that the store was told of it */
    edo_instant came_at; /* lock: the directory's; when it, or its page, came last:
                            its first message was read */
    bool is_claiming;    /* lock: the directory's; the store is being asked for another name */
    bool has_lost_name;  /* lock: the directory's; of a terminal: somebody else has its name */

    /* See member.h. */
    struct directory *in;             /* const */
    edo_limiter pace;                 /* of what it says and asks */
    bool is_paced;                    /* const */
    char address[EDO_ADDR_KEY_BYTES]; /* that it comes from; all zero: nobody counts it */
} member;

/* Somebody in a room, as others see that person. */
typedef struct presence {
    name name;
    char person[PERSON_BYTES + 1];
    uint64_t naming;
} presence;

/* A room, and how many are in it. */
typedef struct room_count {
    name name;
    size_t members_n;
} room_count;

/* Knows who is in rooms at other programs. Its functions never wait; they may be called with the
 * directory's lock held. */
typedef struct room_presence {
    /* The member has a seat in the room now, or has it no more. With the directory's lock held. */
    void (*seated)(void *arg, const name *where, const member *who, bool comes);
    void (*renamed)(void *arg, const name *where, const member *who); /* by its task */
    void (*typing)(void *arg, const name *where, const member *who);
    /* Whether that person is in the room at another program, too. */
    bool (*has)(void *arg, const name *where, const char *person);
    size_t (*members_n)(void *arg, const name *where); /* who have no seat there here */
    /* All who are there, here and elsewhere, `most` at most, in order of arrival: in the same order
     * at all programs. */
    size_t (*members)(void *arg, const name *where, presence *out, size_t most);
    /* The rooms that have such members, `*n` of them, sorted by name, for free(); NULL: none, or
     * without memory. */
    room_count *(*rooms)(void *arg, size_t *n);
    void *arg;
} room_presence;

typedef struct directory {
    turns turns; /* in which rooms tell their pages, and terminals are shown what they hear */
    namer namer; /* const */
    pthread_mutex_t lock;
    void *people, *rooms;        /* trees by name */
    void *by_person;             /* a tree of the people by person, then id */
    struct former_names *former; /* who had names last: see directory.c */
    kept_names kept;             /* names that are kept for those who have gone */
    TAILQ_HEAD(, room) in_order; /* the rooms in order of creation */
    size_t rooms_n;
    room *lobby;                 /* const; #general, which stays when it is empty */
    const room_carrier *carrier; /* const once shared; NULL: no other program is told */
    const room_presence *others; /* const once shared; NULL: nobody is known to be elsewhere */
    uint64_t arrivals_n;
    uint64_t started_us;            /* const; since 1970; 0: the clock was before it, or too late */
    uint64_t run;                   /* const; tells this run of the program from others */
    bool is_shared;                 /* const; several programs share names and people: claim.h */
    uint64_t last_life;             /* of a room; it grows over restarts, too */
    atomic_uint_fast64_t changes_n; /* how often the rooms and their members have changed */
    uint64_t relapses_told;         /* of storage_relapses_n(); of directory_tell_stored() */
    size_t past_max;                /* const; of rooms */
    /* Rooms that are listed though nobody is in them here: see directory_note_made(). The first one
     * is the first to be listed no more. */
    TAILQ_HEAD(made_rooms, made_room) made;
    size_t made_n;
    void *numbers;           /* a tree by name: those of rooms that are not there now */
    struct storage *storage; /* const once shared; NULL: none, so numbers begin anew with a room */
} directory;

/* Messages of rooms go to the storage, NULL: nowhere; their numbers go on after those that it has
 * found. Returns 0 or -ENOMEM. */
int directory_init(directory *self, size_t past_max, struct storage *kept);

/* Other programs are told by it what is kept here. Before anybody has come. Owns: borrows it, until
 * everybody has gone. */
void directory_set_carrier(directory *self, const room_carrier *by);

/* It knows who is elsewhere, and is told who is here. As directory_set_carrier(). */
void directory_set_presence(directory *self, const room_presence *by);

/* All clients are gone. */
void directory_deinit(directory *self);

/* Gives a newcomer its id and a name "guest-N", which no other program gives. Returns 0 or
 * -ENOMEM. */
int directory_arrive(directory *self, member *who);

/* `heir`, which has a session and has not arrived, is there instead of `guest`, which has no seat,
 * with its id and its name; others know the name as before. Returns 0 or -ENOMEM: nothing has
 * changed. */
int directory_succeed(directory *self, member *guest, member *heir);

/* The member, whose task this is, says something under its name. */
void directory_note_spoken(directory *self, member *who);

/* Takes the member, which has no seat any more, off the names. One with a session that has spoken
 * under its name keeps it for a day, unless it `is_over`: see kept.h. */
void directory_depart(directory *self, member *who);

/* Returns 0, -EEXIST if another member has that name or it is kept for another, or -ENOMEM. If
 * several programs share names it waits for the store, for a bounded time, and returns also
 * -EAGAIN, as that does not respond, and -ECANCELED. */
int directory_rename(directory *self, member *who, const name *to);

/* Fills in how the member of that name is reached, for reach_drop(). Returns false, and fills in
 * nothing, if there is no such member. */
bool directory_find(directory *self, const name *of, reach *out);

/* Whether that name is kept for somebody who is not here. Of names that several programs share the
 * store is asked, for a bounded time, whoever has it; if that does not respond it is not. */
bool directory_is_kept(directory *self, const name *of);

/* Lock held: these three are for claim.c. The member that has the name; NULL: none has. */
member *directory_owner(directory *self, const name *of);

/* The member of that person which has that id, 0: any; NULL: it has gone. */
member *directory_member(directory *self, const char *person, uint64_t id);

/* The member has that name from now on, which is nobody else's. Returns 0, -EEXIST or -ENOMEM. */
int directory_take_name(directory *self, member *who, const name *to, uint64_t naming);

/* As directory_find(), of that person, whatever its name is. */
bool directory_find_person(directory *self, edo_str person, reach *out);

/* Of people that several programs share: fills in how that person is reached, or, if `person` is
 * empty, who has the name, if that is at another program. Waits for the store, for a bounded time.
 * Returns 0; -EDO_ECLOSED: there is nobody, or no other program; -EAGAIN: the store does not
 * respond; -ENOMEM or -ECANCELED. */
EDO_MUST_USE int directory_find_elsewhere(directory *self, const name *of, edo_str person,
                                          reach *out);

/* At the end of the server: those on pages who are away will not come back to it, so what is kept
 * for each of them alone is given up, and its author told, without waiting. Without memory nobody
 * is told. */
void directory_give_up_away(directory *self);

/* The room of that name, made if needed, and kept until directory_close_room(). NULL without
 * memory. */
room *directory_open_room(directory *self, const name *of);

/* As directory_open_room(), of a room that is there, or that has had messages; else NULL. */
room *directory_open_known_room(directory *self, const name *of);

/* The last user of a room frees it. NULL is allowed. */
void directory_close_room(directory *self, room *r);

/* As room_tell_stored(), of each room that has something to tell, by tasks in that scope, one for a
 * room: so none waits for those in other rooms. One task at a time calls it. */
void directory_tell_stored(directory *self, edo_scope *tellers);

/* Puts the seat into another room, NULL: into none; the caller keeps both open. */
void directory_seat(directory *self, seat *s, room *to);

/* Whether the member, who may have a seat there, is in the room at another program, too: it comes
 * from there, or has gone there, so nobody is told that it comes here, or goes. */
bool directory_is_elsewhere(directory *self, const room *in, const member *who);

/* The member, whose task this is, has another name in the room now; or is typing. */
void directory_note_renamed(directory *self, const name *where, const member *who);
void directory_note_typing(directory *self, const room *in, const member *who);

/* The members of a room in order of arrival, at all programs: `*n` of them, `most` at most, for
 * free(). Of some at other programs only the number may be known. NULL without memory. */
presence *directory_members(directory *self, const room *of, size_t most, size_t *n);

/* How many members a room has, at all programs. */
size_t directory_members_n(directory *self, const room *of);

/* A room was made in a store that several programs use: it is known, and listed for an hour, also
 * without members here. Those of DIRECTORY_MADE_MAX that were made last are. Without memory it is
 * not. */
#define DIRECTORY_MADE_MAX 1024
void directory_note_made(directory *self, const store_made *what);

/* The rooms that have members, and are not learning: `*n` of them, each kept open, for
 * directory_close_room(), and the array for free(). NULL without memory. */
room **directory_followed(directory *self, size_t *n);

/* The room of that name, if it has members, kept open for directory_close_room(); else NULL. */
room *directory_open_followed(directory *self, const name *of);

/* The names of the rooms that have members, `*n` of them, sorted, for free(). NULL without
 * memory. */
name *directory_followed_names(directory *self, size_t *n);

/* The rooms that have members, `*n` of them, in order of creation, and those that others have made,
 * or have members in; for free(). NULL without memory. */
room_count *directory_rooms(directory *self, size_t *n);

#endif
