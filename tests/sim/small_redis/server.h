/* SPDX-License-Identifier: MIT */
/* server.h: a small Redis inside: its clients, and what a command is given. All of it runs in one
 * thread, and a command without a wait, so each is one step for the others. */
#ifndef EDO_TESTS_SIM_SMALL_REDIS_SERVER_H
#define EDO_TESTS_SIM_SMALL_REDIS_SERVER_H

#include "keys.h"
#include "log.h"

#include <edo/net.h>

#define SMALL_NAME_BYTES 64 /* of a client */

typedef struct small_redis small_redis;

/* A name of a list: what a client watches, or is subscribed to. */
typedef struct small_name {
    TAILQ_ENTRY(small_name) next;
    edo_str text;
    int db;
} small_name;
TAILQ_HEAD(small_names, small_name);

typedef struct small_client {
    TAILQ_ENTRY(small_client) next, next_blocked;
    small_redis *of;
    edo_stream *s;
    edo_buf_reader in;
    uint64_t id;
    char name[SMALL_NAME_BYTES];
    int db;
    bool is_in;   /* it needs no password, or has said it */
    bool is_over; /* what is in `out` is the last */

    edo_buf out;
    uint64_t out_after; /* so many bytes of the log are kept before that leaves */
    edo_notify has_out;

    bool is_multi, is_refused, is_outdated; /* since MULTI, one was refused, a key was changed */
    small_command *queued;
    size_t queued_n;
    struct small_names watched;

    struct small_names channels, patterns;
    size_t subs_n; /* of both */

    small_command blocked; /* BLPOP or BRPOP, which waits; without parts: none */
    edo_instant blocked_until;
    bool blocked_has_end;
    edo_notify unblocked;
} small_client;
TAILQ_HEAD(small_clients, small_client);

struct small_redis {
    small_redis_opts *opts;
    small_keys keys;
    small_log log;
    struct small_clients clients, blocked; /* of the latter the one first that waits longest */
    uint64_t ids_n;
    bool is_loading;
    bool is_exec, is_exec_logged; /* within EXEC, whose first change was logged */
};

/* ---- A command ------------------------------------------------------------------------------- */

typedef struct small_call {
    small_redis *r;
    small_client *c;
    const edo_str *args; /* the first is its name */
    size_t n;
    edo_buf *out;
    const char *name; /* in lower case, as errors have it */
    bool has_changed, is_logged;
} small_call;

typedef void small_fn(small_call *call);

enum {
    SMALL_BEFORE_LOGIN = 1,
    SMALL_WHILE_SUBSCRIBED = 2,
    SMALL_NEVER_QUEUED = 4,
};

typedef struct small_row {
    const char *name;
    small_fn *fn;
    int arity; /* parts; below 0: at least so many */
    unsigned flags;
} small_row;

/* The commands of a part, up to a row without a name. */
extern const small_row small_rows_of_talk[], small_rows_of_keys[], small_rows_of_texts[],
    small_rows_of_items[];

/* Does a command of a client, whose reply is added to its `out`. Owns: takes what is in `c` where
 * it is queued. */
void small_do(small_client *client, small_command *c);

/* Gives those that wait for a list what has come. */
void small_serve_blocked(small_redis *r);

/* Gives a client that waits the first of what has come; returns whether it has said something. */
bool small_serve_one(small_client *c);

/* Ends MULTI and what is watched. */
void small_multi_end(small_client *c);

/* ---- What commands need ---------------------------------------------------------------------- */

/* Returns a key whose end has not come; NULL: there is none. */
small_key *small_look(small_call *call, edo_str name);

/* As small_look(); false, with an error said, if it is of another kind. */
bool small_look_for(small_call *call, edo_str name, small_kind kind, small_key **out);

/* The key was changed: whoever watches it is told, and the command is logged when it has ended; or
 * as other parts, if it says so itself. */
void small_note_change(small_call *call, edo_str name);
void small_log_as(small_call *call, const edo_str *parts, size_t n);

/* Removes a key, and notes that. */
void small_drop(small_call *call, small_key *key);

/* Removes a key without items, after one was taken. */
void small_drop_if_empty(small_call *call, small_key *key);

bool small_is(edo_str word, const char *name);

/* The number that a text is, as Redis writes one. */
bool small_number(edo_str text, int64_t *out);

/* The number that part `i` is; else says so. */
bool small_arg_number(small_call *call, size_t i, int64_t *out);

void say_syntax(small_call *call);
void say_wrong_n(small_call *call);
void say_key_text(small_call *call, const small_key *key);

/* ---- Messages -------------------------------------------------------------------------------- */

/* The client ends its subscriptions, unseen. */
void small_leave_all(small_client *c);

#endif
