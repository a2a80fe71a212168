/* SPDX-License-Identifier: MIT */
/* message.h: messages: what is said in a room, what the server says about people, and replies.
 *
 * A message is made once and shared by counting: edo_rc_ref() and edo_rc_unref(). It holds what it
 * says, a line for terminals, and a frame for pages: a JSON text, see
 * docs/book/27-the-chat-on-the-web.md. All of it is const but for the number and the mark of what
 * is not stored: the room knows them, and writes them into the frame. */
#ifndef CHAT_MESSAGE_H
#define CHAT_MESSAGE_H

#include "name/name.h"
#include "text.h"

#include <edo/net.h>
#include <edo/value.h>

#include <stdatomic.h>
#include <stdint.h>
#include <sys/queue.h>

/* Words of somebody. Borrows its texts. */
typedef struct saying {
    uint64_t from;   /* the id of the person; 0: nobody who is here */
    uint64_t naming; /* of the nick: see room/known.h; 0: nobody is to know the nick by it */
    name room;       /* all zero: said to one person */
    name nick;       /* of the person */
    edo_str text;    /* see text_lines_fault() */
    bool is_action;  /* what the person does: /me */
    /* what its author calls it: the key of a session (token.h), a blank, and a name that the
     * session has not used before; empty: nothing */
    edo_str ref;
    /* by which a store that gives numbers knows what has no `ref`; 0: by nothing */
    uint64_t serial;
    int64_t time_ms; /* since 1970 */
    uint64_t number; /* 0: the room, or its store, will give it */
} saying;

/* Where a store that gives numbers has a message. */
typedef struct place {
    uint64_t number; /* 0: it has none, as another room has said something of that `ref` */
    int64_t time_ms;
    bool is_repeat; /* it was there before, and is said once */
} place;

/* Whether a store that has one has the other: who said it, it does not know. */
bool saying_is_same(const saying *a, const saying *b);

/* Whether a store has a message. */
enum {
    KEPT_NOWHERE, /* there is no store, or it is not for one */
    KEPT_NOT_YET, /* the store is to have it */
    KEPT_UNSURE,  /* the store had it, and the disk has perhaps not taken it: it is given again */
    KEPT,
    KEPT_NEVER, /* the store has not taken it, and will not be given it again */
    KEPT_FULL,  /* likewise: too much waits for a store that gives numbers */
};

typedef struct message {
    saying what; /* borrows from `bytes`; what.from is not shown it as news in a terminal */
    union {
        uint64_t order;   /* in all that was sent in its room; const once it was sent */
        uint64_t ends_at; /* a private one: where it ends in what was written: line/told.h */
    };
    /* in its room's past; lock: the room's. Of a direct one in what its page socket keeps; lock:
     * that one's */
    STAILQ_ENTRY(message) next;
    uint64_t to;   /* const once it has its order: the one person whose terminal shows it; 0: all */
    bool is_quiet; /* const once it has its order: not for terminals, though it has a line */
    bool is_marked; /* const once it has its order: its frame says that it is not stored */
    STAILQ_ENTRY(message) later;   /* in what is due in its room; lock: the room's */
    STAILQ_ENTRY(message) waiting; /* for the store, or for the disk behind it: see backlog.h */
    STAILQ_ENTRY(message) marked;  /* in what its room has told as not stored; lock: the room's */
    bool is_told;                  /* it is there; lock: the room's */
    atomic_int kept;               /* one of the above; written by the storage */
    place place;            /* written by the storage before `kept`, if the store gives numbers */
    bool is_retried;        /* likewise: the store was given it before, and has failed */
    bool is_late;           /* its author was told that it is not kept yet; lock: the room's */
    bool is_learned;        /* it is shown as the store has it: that has not yet said so itself, or
                               has had it before; lock: likewise */
    atomic_bool has_number; /* `what` and the frame have it, and change no more */
    struct edo_span *span;  /* const once its room knows it; of its way, a share; NULL: none */
    void *author;           /* const once told; of a direct message, a share: see reach.h */
    uint64_t told;          /* const; of a line for the terminal of a session: the number of what
                               is told to that person alone; 0: it is something else */
    uint64_t shown[2];      /* const once told; the namings of the names that it shows, as of
                                      room/known.h; 0: none more */
    /* const once it has its order, or was told: in whose turns it is told, or by whom, an address;
     * all zero: nobody's */
    char payer[EDO_ADDR_KEY_BYTES];
    const void *but;     /* const once it has its order: a page socket that is not told */
    uint64_t missing_to; /* const: a notice that messages up to this number are missing, which
                                    is for nobody who has them; 0: another message */
    edo_str line;        /* one or more lines, with their ends; empty: not for terminals */
    edo_str frame;       /* empty: not for pages. Its length is const once it was sent */
    struct edo_ws_frame *shared; /* the frame as sockets send it; NULL: none has needed it yet. Made
                                    before it is shared, or by the task that tells the room */
    char bytes[];
} message;

typedef STAILQ_HEAD(messages, message) messages;

/* A line from a format; the line end is added. NULL without memory. */
message *message_new(uint64_t from, const char *format, ...) EDO_PRINTF(2, 3);

/* A message in a room. NULL without memory. */
message *message_said(const saying *what);

/* A message to one person, `to`; the persons are those of token.h. `is_numbered`: it is not whole
 * before message_set_number(). NULL without memory. */
message *message_direct(const saying *what, const char *from_person, const name *to,
                        const char *to_person, bool is_numbered);

/* Tells the author of `n` direct messages that they may not have come: `to` has gone, or its
 * connection was lost. For a page it is numbered, as of message_direct(). NULL without memory. */
message *message_undelivered(const name *to, const char *to_person, size_t n);

/* Somebody has come into a room, or left it, or has another name than `old`; `person` is that of
 * token.h. NULL without memory. */
message *message_joined(uint64_t from, const char *person, const name *nick, const name *where);
message *message_left(uint64_t from, const char *person, const name *nick, const name *where);
message *message_renamed(uint64_t from, const char *person, const name *old, const name *nick,
                         const name *where);

/* Somebody is typing; not for terminals. NULL without memory. */
message *message_typing(uint64_t from, const name *nick, const name *where);

/* A described value as a frame, and no line. NULL without memory. */
message *message_json(const void *value, const edo_desc *desc);

/* Makes `shared` if it is not there. Returns 0 or -ENOMEM. */
int message_share(message *self);

/* The frame with the reference in it, for the author; what it says has its room, its number and
 * that reference alone. NULL without memory. */
message *message_with_ref(const message *self, edo_str ref);

/* A notice that `missed` messages of a room are missing, 0: an unknown number, between the numbers
 * `after` and `before`. NULL without memory. */
message *message_lagged(const name *where, uint64_t missed, uint64_t after, uint64_t before);

/* Tells pages that messages of a room are not stored, or, with `is_stored`, that they are now. NULL
 * without memory. */
message *message_marks(const name *where, bool is_stored, uint64_t *numbers, size_t n);

/* Says whose turns it is told in, before it has its order: of that address, which has
 * EDO_ADDR_KEY_BYTES bytes. Returns it; NULL is allowed. */
message *message_paid_by(message *self, edo_str address);

/* Whether there is a store, and it does not have the message. */
bool message_is_unstored(const message *self);

/* The memory that it has for what a store keeps of it. The frame is not looked at: it grows with a
 * mark. */
size_t message_stored_bytes(const message *m);

/* Gives the message its number: before others than its author have a share. */
void message_set_number(message *self, uint64_t number);

/* Whether the message is not said, and will not be: the store has refused it, or has no room. */
bool message_is_refused(const message *self);

/* Whether the store has had a message of the same reference before, which may have another text:
 * that one is said, and this one is not. */
bool message_is_repeat(const message *self);

/* Writes into the frame of a message, which has its number, that it is not stored: before it is
 * shared. */
void message_set_unstored(message *self);

/* The message for those who see it later, and are told by themselves what is not stored then. Owns:
 * returns a share, or new. NULL without memory. */
message *message_unmarked(message *self);

/* The name in a message's `ref` that its author gave it, if its session has that key; else
 * empty. */
edo_str message_own_ref(edo_str ref, edo_str key);

/* For channels whose values are pointers to messages. */
void message_clone(void *to, const void *from);
void message_drop(void *elem);

#endif
