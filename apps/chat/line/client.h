/* SPDX-License-Identifier: MIT */
/* client.h: one connection, from its first line to its last. */
#ifndef CHAT_CLIENT_H
#define CHAT_CLIENT_H

#include "line/told.h"
#include "line/wire.h"
#include "person/user.h"
#include "server.h"

#include <edo/buf_io.h>
#include <edo/net.h>

/* Two fibers serve a client: one reads its lines and does what they say, one writes what it is
 * shown. Between them stands the mailbox. All fields are the reader's unless they say otherwise. */
typedef struct client {
    member me;         /* a guest, until it says its session; what is shown goes by its mailbox */
    known_names known; /* has a lock of its own */
    seat seat;         /* the guest's */
    member *who;       /* who it is for others: `me`, or its person's; so is the next one */
    const struct seat *here;
    wire *wire;                 /* const */
    user *user;                 /* its person, a share; NULL: it has said no session */
    user_seat *place;           /* if it has said one: where the person is */
    bool has_lock;              /* its person's `using` is locked by it */
    bool is_quitting;           /* it has said goodbye */
    edo_stream *peer;           /* NULL: the handshake has failed, or it has departed */
    struct edo_tls_server *tls; /* const; NULL: clear text */
    edo_buf_reader input;
    ticket at; /* const */
    leaver leaver;
    edo_cancel_token *over; /* const; fires when it is sent away, or the server drains: then it is
                               read until it is silent */
    bool may_be_late;       /* nothing has come since the wait for its proxy's header was over */
    bool is_deaf; /* a message of its own has waited in vain, and none has found room since */
    bool is_mute; /* its last join has failed, and no command has come since: text that follows was
                     meant for another room than the one where it is */
    edo_mpsc_rx *inbox; /* const; the end of the mailbox from which the writer receives */
    pthread_mutex_t lock;
    TAILQ_HEAD(, subscriber) coming; /* lock: lock; the subscriptions that are in the mailbox */
    kept_place kept;                 /* from where it is to listen once the store responds */
    edo_instant go_on_at;            /* if a place is kept: when the store is asked again */
    atomic_uint missed_n; /* messages of its own that found no room, and of which it is not told */
    told_messages told;   /* the writer's, then the reader's */
    const char *last_words; /* the writer's, once the mailbox is closed; NULL: none */
    uint64_t left_at;       /* the writer's, once the mailbox is closed: no later news is shown */
} client;

/* At the end: to be shown what is left for it, and to be let go. */
#define CLIENT_FAREWELL_MAX edo_ms(1700)

/* A client on that connection, which has that place; `tls`, which stays, is NULL for clear text.
 * Owns: takes both on success. NULL without memory. */
client *client_new(const ticket *at, edo_stream *peer, struct edo_tls_server *tls);

/* Serves it and frees it. `arg` is a client; a task's function. */
int client_run(void *arg);

/* Tells a client that there is no place for it: -EBUSY for one of its address, else for any. */
void client_turn_away(edo_stream *peer, int why);

/* For a client that could not be run. */
void client_free(client *self);

/* As mailbox_post(), to the client itself. */
int client_post_self(client *self, const pending *p);

/* Lets the client listen to that room from here on. Nobody waits for it there while it is stuck.
 * Owns: takes `s`. Returns as mailbox_post(). */
int client_listen(client *self, subscriber *s);

/* Whether what it had not seen of a room is about to be shown to it: that may be much, so there is
 * one such subscription at a time. */
bool client_is_resuming(client *self);

/* Shows it that it was too fast. */
int client_show_too_fast(client *self);

/* Shows the client a message of its own, or counts it as missed if its mailbox is full and the peer
 * does not read. Owns: takes `m`; NULL: there was no memory for it. Returns 0, 1 if the message
 * will not be shown, -ENOMEM or -ECANCELED. */
int client_show(client *self, message *m);

/* ---- command.c: what a client does ----------------------------------------------------------- */

/* Gets a name, comes into the first room, and is shown what was said there. */
int command_arrive(client *self);

/* Does what the line says; writes into it. */
int command_run(client *self, char *line, size_t bytes);

/* Whether a whole line is the command to leave, and says nothing more. */
bool command_is_quit(const char *line);

/* The line is not done, since it came too fast, or is too long: `is_cut`, that is its begin. */
void command_pass_over(client *self, const char *line, bool is_cut);

/* Leaves its room and gives up its name. The others are told, but for terminals at the end of the
 * server: `is_end`. */
void command_leave(client *self, bool is_end);

/* ---- listen.c: where a client listens -------------------------------------------------------- */

/* From here on the client listens to that room, which is open. Of one that has begun anew it has
 * seen nothing. Its person, which is locked, is nobody's while the store is read. Returns 0, or a
 * failure of mailbox_post(); -EBUSY  it is still being shown what it had not seen; or as
 * session_lock(). */
int listen_at(client *self, room *r, const bookmark *at);

/* As listen_at(), to where it is, from the place that is kept for it: the store is asked again, by
 * a few clients at a time, and nobody waits meanwhile for the person that it is. Returns 0 also if
 * the place is kept on. */
int listen_go_on(client *self);

/* ---- session.c: the person of a session ------------------------------------------------------ */

/* Why a text is not shown now. */
#define TEXT_NOT_YET "* not kept yet: it is said once the store has it"
#define TEXT_FULL    "* error: not said, as the store does not respond, and too much waits for it"
#define TEXT_REFUSED "* error: not said, as the store cannot keep it"

/* From here on the client is the person of that session, with the wanted name, if it is new here
 * and gets that; "": with any. A connection that the session has ends. Returns 0 or why the client
 * ends. */
int session_begin(client *self, const char *token, const name *wanted);

/* Locks the person's `using`, if there is one; unlocks it, if it is locked. Returns 0;
 * -EDO_ECLOSED: another connection has the session; -ECANCELED. */
EDO_MUST_USE int session_lock(client *self);
void session_unlock(client *self);

/* Locked: the person says something, which it calls `ref`, empty: nothing; goes to another room. */
int session_say(client *self, const char *text, edo_str ref, bool is_action);
int session_join(client *self, const name *where);

/* The connection is over. Its person waits for another one for a while, unless it `goes`. */
void session_end(client *self, bool goes);

#endif
