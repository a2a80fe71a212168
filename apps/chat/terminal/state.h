/* SPDX-License-Identifier: MIT */
/* state.h: what the line client knows, and how it tells the user. */
#ifndef CHAT_STATE_H
#define CHAT_STATE_H

#include "options.h"
#include "terminal/edit.h"
#include "terminal/seen.h"
#include "terminal/unsure.h"

#include <edo/buf_io.h>
#include <edo/cancel.h>
#include <edo/mpsc.h>
#include <edo/notify.h>
#include <edo/scope.h>

#define LINE_BYTES_MAX (2 << 20) /* the server's own limit is lower */

/* A room, and what the user has seen of it. */
typedef struct place {
    name room;     /* "": none */
    bool is_told;  /* the server tells numbers there */
    uint64_t last; /* the number of what was said there last, and was shown */
    uint64_t life; /* to which it belongs; 0: not told */
} place;

typedef struct terminal {
    const options *options;
    edo_stream *input;
    edit *edit; /* NULL: lines come as the terminal, or the pipe, gives them */
    bool has_colours;
    bool rings;               /* when somebody says the user's name, or writes to it alone */
    bool is_typed;            /* somebody types the input */
    seen_lists seen;          /* names that TAB completes */
    edo_mpsc_tx *typed;       /* NULL: the input is at its end */
    edo_mpsc_rx *to_send;     /* pointers to lines with their end, for free() */
    char *held;               /* the line that is being sent */
    char *command;            /* that was sent and has no reply yet; NULL: none */
    unsure sent;              /* by this connection */
    unsure again;             /* to be sent again: the server was told them too fast */
    unsigned run_n;           /* lines that were sent without a pause in between */
    bool is_paced;            /* the server of this connection has refused one as too fast */
    unsure doubtful;          /* by one that was lost */
    char session[2 * 16 + 1]; /* const; a secret */
    unsigned refs_n;          /* references that were given */
    unsure lost;              /* lines with references that a lost connection may have taken */
    name lost_room;           /* which they are for */
    bool is_session_due;      /* this connection has said the session, and the server no reply */
    bool has_session;         /* the server of this connection knows it */
    bool had_session; /* a server has known it; so the next one does, or says that it does not */
    bool may_have_session;   /* likewise, or it has not said yet that it does not */
    bool is_mute;            /* a line that leads to another room was not sent, and no command has
                                come since */
    bool is_incomplete;      /* not all of the input was said, as far as is known */
    edo_notify told;         /* something has changed in `sent`, or has_numbers has */
    bool is_greeted;         /* the server of this connection has said who the user is */
    bool is_sending;         /* there is a connection that takes what is typed */
    bool is_moved;           /* the server has ended the connection, and another one goes on */
    bool is_lost;            /* the connection was lost, and there is no other one yet */
    bool is_told_kept;       /* the user knows since then that lines are kept */
    bool is_leaving;         /* the user has said so, or all of the input was sent */
    edo_cancel_token *leave; /* fired: without waiting for a connection */
    edo_stream *peer;
    edo_buf_reader lines;  /* from the peer */
    name me, wanted, room; /* as the server calls the user; the name it has chosen; "" if unknown */
    name before;           /* `me` on the connection that was lost; "": there was none */
    unsigned quiet_joins;  /* of rooms to come to that the user did not ask for again */
    unsigned joins_due;  /* rooms that the user is coming to: what was said there is shown first */
    place home;          /* where the user wants to be, as far as the server has let it in there */
    place coming;        /* the room that is shown last, if that is another one */
    name joining;        /* where a line that was sent asks to go to; "": nowhere */
    bool has_numbers;    /* this connection has told one */
    bool has_waited;     /* for that, so an old server is not waited for again */
    bool hides_past;     /* lines without a number were shown before */
    name missed;         /* the room where the user was before the loss */
    bool is_returning;   /* it is not there yet */
    bool is_catching_up; /* what was said there meanwhile comes */
    bool has_begun_anew; /* `home` has, and nothing of it was shown since */
    edo_instant sent_at; /* the last line */
    bool is_in_line;     /* part of a line may have been written, and nothing may come behind it */
    edo_scope *both;     /* the tasks of the connection */
    unsigned names_due;  /* replies to requests for `wanted` that the user did not type */
    bool is_asking;      /* ask_for_name() runs */
    bool is_asked;       /* Ctrl-C came while a line was typed: once more leaves */
    bool is_unreachable; /* it has ended since there is no server */
} terminal;

/* Shows a line as the server sends it, with a time as of screen_print(). */
void terminal_show_at(terminal *self, const char *line, size_t bytes, int64_t time_s);

/* Shows a line of the client itself, up to the end of a line that the user has typed. */
void terminal_say(terminal *self, const char *format, ...) EDO_PRINTF(2, 3);

/* Tells which lines may not have come, and forgets them. */
void terminal_say_doubtful(terminal *self);

/* ---- typed.c: what the user types ------------------------------------------------------------ */

/* Takes lines from the input until it ends. `arg` is the terminal; a task's function, which needs
 * EDIT_STACK. */
int typed_take(void *arg);

/* Completes a name. An edit_tab_fn; `arg` is the terminal. */
edit_tab_fn typed_complete;

/* Writes what was typed until the input ends or the connection is gone; and an empty line when the
 * user has been silent. `arg` is the terminal; tasks' functions. */
int typed_send(void *arg);
int typed_stay_known(void *arg);

/* Queues a line that nobody has typed. Returns whether there was room for it. */
bool typed_queue(terminal *self, const char *text);

/* Is nothing left to be sent, and nothing to come? */
bool typed_is_all_sent(const terminal *self);

/* Does the line, with its end, leave the chat? */
bool typed_is_quit(const char *line);

/* ---- resume.c: the session of the user ------------------------------------------------------- */

/* Makes the session. Returns 0 or -EIO. */
int resume_init(terminal *self);

/* Whether the user has chosen a name that it has not. */
bool resume_wants_name(const terminal *self);

/* The connection is lost: texts that it may have taken are kept. */
void resume_lose(terminal *self);

/* They cannot be said again, so they may be told. */
void resume_give_up(terminal *self);

/* The server has not told of all that was said: so that is said again, or given up. */
void resume_miss(terminal *self);

/* The user leaves: ends the session, if the server may know it. Its person would else wait for
 * another connection. Returns as edo_write_all(), or, without a wait, as edo_try_write(). */
int resume_say_goodbye(terminal *self, bool may_wait);

/* The server knows no sessions: asks for the name. Returns as edo_write_all(). */
int resume_without(terminal *self);

/* Learns from a reply to the session. Returns whether the line was one, which nobody needs to
 * see. */
bool resume_hear(terminal *self, const char *line);

/* Gives the line that is held a reference, if it is a text and the server knows the session; or
 * takes it off. Returns 0 or -ENOMEM. */
int resume_refer(terminal *self);

/* ---- heard.c: what the server says ----------------------------------------------------------- */

/* Shows a line of the server, and learns from it. Returns whether it was the greeting. */
bool heard_show(terminal *self, const char *line, size_t bytes);

/* Asks for numbers, for the name and the room that the user had, and for what was said there.
 * Returns as edo_write_all(). */
int heard_ask_again(terminal *self);

#endif
