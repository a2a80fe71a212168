/* SPDX-License-Identifier: MIT */
/* edo/redis.h: a client of Redis (libedo-redis, over hiredis' reader and formatter).
 *
 *     edo_redis *r;
 *     edo_redis_reply *reply;
 *     int err = edo_redis_connect(&r, EDO_STR("redis://127.0.0.1"), NULL);
 *     if (err == 0) err = edo_redis_cmd(r, NULL, "SET %s %b EX %d", key, text.ptr, text.len, 60);
 *     if (err == 0) err = edo_redis_cmd(r, &reply, "GET %s", key);
 *     …
 *     edo_redis_reply_free(reply);
 *     edo_redis_close(r);
 *
 * One connection is shared by all tasks. Commands of many tasks leave in one write, and none waits
 * for the reply to another. When the connection is lost, what was sent fails at once, since nobody
 * knows whether it was done, and is not sent again; what was not goes over the next connection.
 * That one is made when a command needs it, with pauses that grow between the tries. A command
 * whose caller has stopped to wait is not sent any more, or its reply is passed over: no reply goes
 * to another caller.
 *
 * Replies come in order and have no names. So behind a command that nobody waits for any more, as
 * its limit has passed or its caller was cut short, nothing is sent until its reply has come,
 * unless others wait for replies and its limit has not passed. If nothing at all comes for a
 * `response_timeout`, and nobody waits for what was sent, the connection is closed: mostly with the
 * first command whose limit passes. What was not sent goes over the next one. So a reply that is
 * lost on the way costs one call, and a caller in a hurry, or a server that is slow, no connection
 * on which others wait.
 *
 * What blocks (BLPOP, WAIT) and what holds for later commands (MULTI, WATCH, SELECT) would be in
 * the way of other callers: edo_redis_acquire() is a connection for that.
 *
 * The protocol is RESP2. Text of users belongs behind %s or %b, never into the format: then it is
 * one argument, whatever is in it. Errors and their trail have nothing of arguments and passwords:
 * the name of the command, where the server is, and the code word of the server's error.
 *
 * Where the filter of the log lets the target "redis" pass at INFO, each command, batch,
 * transaction and page of a scan is a span, "command" (edo/span.h), with its name, how many it is,
 * and the code word of an error, by the names of OpenTelemetry's semantic conventions, and nothing
 * of keys and values; "waited_us" is how long it has waited for room, where `queue_max` are sent.
 * At DEBUG edo_redis_run_tx() is one around its commands, "transaction", and a connection that is
 * made is "connect". Subscriptions have none but that.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once; in a runtime.   Waits: never.   Since: 0.1 */
#ifndef EDO_REDIS_H
#define EDO_REDIS_H

#include <edo/io.h>
#include <edo/seq.h>
#include <edo/time.h>

#include <stdarg.h>

EDO_BEGIN_DECLS

/* ---- Replies --------------------------------------------------------------------------------- */

typedef enum edo_redis_kind {
    EDO_REDIS_NIL,    /* there is no such thing */
    EDO_REDIS_INT,    /* a whole number */
    EDO_REDIS_STATUS, /* "OK" */
    EDO_REDIS_TEXT,   /* bytes */
    EDO_REDIS_ARRAY,  /* of replies */
    EDO_REDIS_ERROR,  /* in an array only: a command that failed returns -EDO_EREDIS */
} edo_redis_kind;

/* A reply, with all that is in it. */
typedef struct edo_redis_reply edo_redis_reply;

/** Returns what kind of reply it is. NULL: EDO_REDIS_NIL.
 * Threads: any. */
EDO_API edo_redis_kind edo_redis_reply_kind(const edo_redis_reply *reply);

/** Returns the bytes of a text, status or error, with a NUL behind them; of others none.
 * Owns:    they live as long as the reply.   Threads: any. */
EDO_API edo_str edo_redis_reply_text(const edo_redis_reply *reply);

/** Returns the number of an integer, or of a text that is one in decimal; of others 0.
 * Threads: any. */
EDO_API int64_t edo_redis_reply_int(const edo_redis_reply *reply);

/** Returns how many items an array has; of others 0.
 * Threads: any. */
EDO_API size_t edo_redis_reply_count(const edo_redis_reply *reply);

/** Returns item `i` of an array; NULL if there is none.
 * Owns:    it lives as long as the reply.   Threads: any. */
EDO_API const edo_redis_reply *edo_redis_reply_at(const edo_redis_reply *reply, size_t i);

/** Frees a reply with all that is in it. NULL is allowed.
 * Owns:    takes `reply`.   Threads: any. */
EDO_API void edo_redis_reply_free(edo_redis_reply *reply);

/* ---- Connections ----------------------------------------------------------------------------- */

/* A connection that comes back by itself; or one of a task's own. */
typedef struct edo_redis edo_redis;

struct edo_metrics;
struct edo_tls_client;

/* Makes a stream to the server, new in `*out`: through a proxy, say, or in memory. Returns 0 or a
 * negative code. May wait; called in a task of edo's, within the limit of a connection. */
typedef int edo_redis_connect_fn(void *arg, edo_stream **out);

/* Options of edo_redis_connect(); all zero is the default. A time below 0: none. */
typedef struct edo_redis_opts {
    edo_duration connect_timeout;  /* of a connection, with all that is said first; 0: 1 s */
    edo_duration response_timeout; /* of a command, from when it is given to a connection that is
                                      there; 0: 500 ms. A connection over which nothing comes for
                                      so long, though a reply is due, is closed once nobody waits
                                      for one, see above */
    uint32_t tries;                /* to connect, until what waits for it fails; 0: 6 */
    edo_duration pause_min;        /* between the first two of them, doubled with each, and */
    edo_duration pause_max;        /* lengthened by chance; 0: 100 ms, and at most 500 ms */
    uint32_t queue_max;   /* commands without a reply; one more waits; 0: 1,024; at most 2^20 */
    size_t text_max;      /* bytes of all texts of a reply; 0: 512 MiB; at most 1 GiB */
    size_t items_max;     /* of all arrays of a reply; 0: 1,048,576; at most 2^30 */
    const char *user;     /* of ACLs; NULL: that of the URL. Without a password it needs none */
    const char *password; /* NULL: that of the URL */
    const char *name;     /* of the connection, for CLIENT LIST; NULL: none */
    struct edo_tls_client *tls;    /* of rediss://; shared; NULL: the system's roots */
    edo_redis_connect_fn *connect; /* NULL: to where the URL says */
    void *connect_arg;
    edo_duration slow; /* a command that takes longer is a warning in the log, with its name and
                          no arguments; 0: 250 ms */
    struct edo_metrics *metrics; /* gets the histogram db.client.operation.duration, of commands,
                                    batches and transactions; shared; NULL: none */
    bool lazy;                   /* edo_redis_connect() does not wait for the first connection */
    bool tells_texts;            /* errors say all that the server does: parameters may be in it */
    uint64_t reserved[4];        /* must be 0 */
} edo_redis_opts;

/** Makes a connection, with a task of its own in this runtime:
 *
 *     redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]
 *     rediss://…                                          by TLS: with libedo-tls
 *     unix://[[USER]:PASSWORD@]/PATH[?db=DATABASE]
 *
 * USER, PASSWORD and PATH may have %XX in them. It waits for the first connection, in one try; all
 * later ones are made when commands need them. A connection that has lasted for 5 s, and whose
 * server says READONLY, ends once all that was sent has its reply: so commands reach the server
 * that writes now, if the address leads there. `opts` may be NULL.
 * Owns:    copies `url` and `opts`, borrows `connect_arg` until it is closed. Returns new in
 *          `*out`: edo_redis_close().
 * Errors:  -EINVAL    the URL, options; the server has not this database
 *          -EACCES    the server has refused the login
 *          -EBUSY     the server loads its data, runs a script, or has too many clients: later
 *          -ETIMEDOUT the limit of a connection passed
 *          -ECONNREFUSED  nobody listens there; there is no such host or socket
 *          -ENOTSUP   TLS, in a program without libedo-tls
 *          -EPROTO    it is no Redis
 *          -ENOMEM; -EDO_ENORUNTIME; -ECANCELED; as edo_tcp_connect(), edo_unix_connect() and
 *          edo_tls_connect_over()
 * Cancel:  safe: `*out` is untouched.   Waits: for the server, unless it is `lazy`. */
EDO_MUST_USE EDO_API int edo_redis_connect(edo_redis **out, edo_str url,
                                           const edo_redis_opts *opts);

/** Makes a connection as `r` is, for commands that block, and for what is between commands: MULTI,
 * WATCH, SELECT. It is for one task at a time. It does not come back: when it is lost, or a call
 * was cut short by a cancellation or a limit, it has ended, and all calls return -EDO_ECLOSED. What
 * blocks has no limit but the caller's own.
 * Owns:    returns new in `*out`: edo_redis_close(). It may outlive `r`.
 * Errors:  as edo_redis_connect()   Cancel: safe: `*out` is untouched.
 * Waits:   for the server. */
EDO_MUST_USE EDO_API int edo_redis_acquire(edo_redis **out, edo_redis *r);

/** Ends a connection: calls that wait return -EDO_ECLOSED. NULL is allowed.
 * Owns:    takes `r`; tasks that still wait may do so. */
EDO_API void edo_redis_close(edo_redis *r);

/* ---- Commands -------------------------------------------------------------------------------- */

#define EDO_REDIS_CODE_MAX 31u /* bytes of an error's code word */

/** Sends a command, and waits for the reply. `reply` may be NULL: it is not wanted.
 *
 * The format's words are the command's parts. In it %s is a text with a NUL at its end, %b a
 * pointer and a size_t, %d, %i, %u, %ld, %lld, %llu, %f, %g and the like as for printf(), %% a
 * percent sign: what they stand for never makes a part of its own, nor ends one.
 *
 *     err = edo_redis_cmd(r, &reply, "ZADD %s %f %b", key, score, member.ptr, member.len);
 * Owns:    returns new in `*reply`: edo_redis_reply_free().
 * Errors:  -EDO_EREDIS  the server's reply is an error: edo_redis_get_error() has its code word
 *          -ETIMEDOUT   no reply came within `response_timeout`: it may have been done, but not
 *                       if the trail says that it was not sent
 *          -ECONNRESET  and others of edo_read() and edo_write(): the connection was lost after it
 *                       was sent: it may have been done
 *          -EPROTO, -EDO_ETOOLONG  likewise; what the server has sent is no RESP2, or above a limit
 *          as edo_redis_connect(): no connection could be made; it was not sent
 *          -EDO_ECLOSED edo_redis_close();  -EINVAL  the format;  -ENOMEM
 *          -EMSGSIZE    more than INT_MAX bytes
 *          -ENOTSUP     the command needs a connection of its own, or is none
 *          -ECANCELED   this task was cancelled, or a deadline passed: it may have been done
 * Cancel:  safe for others. Before it was sent it is not done.
 * Waits:   for room among the commands, a connection, and the reply. */
EDO_MUST_USE EDO_API int edo_redis_cmd(edo_redis *r, edo_redis_reply **reply, const char *format,
                                       ...);
EDO_MUST_USE EDO_API int edo_redis_vcmd(edo_redis *r, edo_redis_reply **reply, const char *format,
                                        va_list args);

/** As edo_redis_cmd(), of `n` parts.
 * Owns:    returns new in `*reply`: edo_redis_reply_free().
 * Errors:  as edo_redis_cmd(); -EINVAL  there are none;  -EMSGSIZE  more than INT_MAX bytes
 * Cancel:  as edo_redis_cmd().   Waits: likewise. */
EDO_MUST_USE EDO_API int edo_redis_argv(edo_redis *r, edo_redis_reply **reply, const edo_str *parts,
                                        size_t n);

/** Returns the code word of the last -EDO_EREDIS in this task's trail: "WRONGTYPE", "NOSCRIPT",
 * "ERR"; empty if there is none.
 * Owns:    as edo_trail_find().   Threads: the one that got the error. */
EDO_API const char *edo_redis_get_error(void);

/* ---- Several commands in one piece
 * ------------------------------------------------------------ */

/* Commands that are sent together. You place it; all zero is empty. Fields are edo's. */
typedef struct edo_redis_batch {
    char *bytes;
    size_t n, room;
    uint32_t commands_n;
    bool blocks;
    int err; /* the first failure of edo_redis_batch_add() */
} edo_redis_batch;

/** Adds a command, by a format as edo_redis_cmd() has it. A failure is kept, and returned by what
 * sends the batch, so the result may be ignored.
 * Owns:    copies the arguments.
 * Errors:  -EINVAL  the format;  -ENOTSUP  it has no place in a batch;  -ENOMEM
 * Threads: one at a time. */
EDO_API int edo_redis_batch_add(edo_redis_batch *b, const char *format, ...);

/** Returns how many commands there are.
 * Threads: one at a time. */
EDO_API size_t edo_redis_batch_count(const edo_redis_batch *b);

/** Frees what the batch has, and makes it empty.
 * Threads: one at a time. */
EDO_API void edo_redis_batch_deinit(edo_redis_batch *b);

/** Sends the commands of a batch, in one piece, and waits for all replies: an array, with an item
 * for each, which may be an error. Without `reply` the first error among them is what it returns.
 * The batch stays as it is.
 * Owns:    returns new in `*reply`, which may be NULL: edo_redis_reply_free().
 * Errors:  -EINVAL  it is empty; what edo_redis_batch_add() has returned; else as edo_redis_cmd()
 * Cancel:  as edo_redis_cmd().   Waits: likewise. */
EDO_MUST_USE EDO_API int edo_redis_pipeline(edo_redis *r, edo_redis_reply **reply,
                                            const edo_redis_batch *b);

/** As edo_redis_pipeline(), as one step for all other clients (MULTI and EXEC): none of it is done
 * if the server refuses one command when it comes. What fails later does not undo the others: its
 * item is an error. No other caller's command gets between them, so it needs no connection of its
 * own. The first transaction of a connection is sent in two parts, as the server may refuse MULTI,
 * and would do the rest at once; only a right that is taken away later, while the connection is
 * there, is noticed after that.
 * Owns:    returns new in `*reply`, which may be NULL: edo_redis_reply_free().
 * Errors:  -EAGAIN  a key was changed that WATCH named, on a connection of its own: nothing was
 *          done
 *          -EDO_EREDIS  the server has refused a command: nothing was done;  else as
 *          edo_redis_pipeline()
 * Cancel:  as edo_redis_cmd().   Waits: likewise. */
EDO_MUST_USE EDO_API int edo_redis_tx(edo_redis *r, edo_redis_reply **reply,
                                      const edo_redis_batch *b);

/* Reads by `own` what it needs, and adds to `tx` what is to be done if none of the keys has changed
 * until then. Returns 0 or more, or a negative code: nothing is done. May be called several
 * times. */
typedef int edo_redis_tx_fn(void *arg, edo_redis *own, edo_redis_batch *tx);

/** Runs a transaction that depends on `keys`: WATCH, `fn`, and what that has added by
 * edo_redis_tx(), over a connection of its own; again, up to 16 times with short pauses, if a key
 * has changed. After a transaction that was done `r` keeps that connection for the next call, one
 * at most, and so takes two of the server's clients; it is made anew if it was lost, if `fn` has
 * failed, or added nothing, or sent a command that holds for later ones, as SELECT.
 * Owns:    returns new in `*reply`, which may be NULL: edo_redis_reply_free(). If `fn` has added
 *          nothing, that is NULL.
 * Errors:  -EAGAIN  a key has changed each time;  -EINVAL  `n` is 0
 *          what `fn` returned; else as edo_redis_acquire() and edo_redis_tx()
 * Cancel:  as edo_redis_cmd().   Waits: as `fn` does, and for the server. */
EDO_MUST_USE EDO_API int edo_redis_run_tx(edo_redis *r, edo_redis_reply **reply,
                                          const edo_str *keys, size_t n, edo_redis_tx_fn *fn,
                                          void *arg);

/** Runs a script in Lua in the server: by its name (EVALSHA), and with its text where the server
 * does not know it. `args` are texts of users at will; the source is none.
 * Owns:    returns new in `*reply`, which may be NULL: edo_redis_reply_free().
 * Errors:  as edo_redis_cmd()   Cancel: as edo_redis_cmd().   Waits: likewise. */
EDO_MUST_USE EDO_API int edo_redis_script(edo_redis *r, edo_redis_reply **reply, const char *source,
                                          const edo_str *keys, size_t keys_n, const edo_str *args,
                                          size_t args_n);

/* What edo_seq_from_redis_scan() looks through; all zero is all keys. */
typedef struct edo_redis_scan_opts {
    /* "SSCAN", "HSCAN" or "ZSCAN", of what is at `key`; NULL: SCAN, of the keys of the database */
    const char *command;
    edo_str key;    /* with `command` only, else -EINVAL */
    edo_str match;  /* a pattern of Redis: "room.*"; empty: all */
    uint32_t count; /* how much the server looks through for a page, more or less; 0: its 10 */
} edo_redis_scan_opts;

/** The keys of a database, or what is in a set, hash or sorted set, as a sequence of edo_str: of
 * HSCAN a field and its value in turn, of ZSCAN a member and its score. It is read in pages, so
 * other callers are not held up; what is there all the while comes at least once, what comes or
 * goes meanwhile may come or not, and some may come twice.
 *
 *     const edo_redis_scan_opts opts = { .match = EDO_STR("room.*") };
 *     edo_seq *keys = edo_seq_from_redis_scan(r, &opts);
 *     while ((rc = edo_seq_next(keys, &key)) == 1) use(key);
 *     edo_seq_free(keys);
 * Owns:    returns new: edo_seq_free(). Copies `opts` (may be NULL). An item lives until the next
 *          one is read.
 * Errors:  NULL without memory. Reading: as edo_redis_cmd(); -EPROTO  the reply is no page. A
 *          failure is the last item
 * Cancel:  of a read: safe; the page is asked for again.
 * Threads: any; to read: one at a time.   Waits: never; to read: for the server. */
EDO_MUST_USE EDO_API edo_seq *edo_seq_from_redis_scan(edo_redis *r,
                                                      const edo_redis_scan_opts *opts);

/* ---- Subscriptions --------------------------------------------------------------------------- */

/* A connection over which messages come. One task at a time uses it. */
typedef struct edo_redis_sub edo_redis_sub;

/* A message. Its texts live until the next one is read, or the subscription is closed. */
typedef struct edo_redis_message {
    edo_str channel;
    edo_str pattern; /* by which it came; empty: by its channel */
    edo_str data;
} edo_redis_message;

/* Options of edo_redis_sub_open(); all zero is the default. */
typedef struct edo_redis_sub_opts {
    edo_duration ping;     /* a server that is silent for so long is asked whether it is there;
                             0: 10 s; negative: never */
    uint32_t kept_max;     /* messages that come while a call waits for a confirmation; beyond they
                             are dropped, which -EDO_ELAGGED tells; 0: 10,000 */
    size_t kept_bytes_max; /* bytes of their texts, likewise; 0: 16 MiB */
    uint64_t reserved[3];  /* must be 0 */
} edo_redis_sub_opts;

/** Opens a connection as `r` is, for messages. It ends with `r`, too. `opts` may be NULL.
 * Owns:    returns new in `*out`: edo_redis_sub_close().
 * Errors:  as edo_redis_connect(); -EINVAL  `reserved`   Cancel: safe: `*out` is untouched.
 * Waits:   for the server. */
EDO_MUST_USE EDO_API int edo_redis_sub_open(edo_redis_sub **out, edo_redis *r,
                                            const edo_redis_sub_opts *opts);

/** Subscribes to a channel, or to all whose names match a pattern of Redis: "alert.*". Once it has
 * returned 0 what is published there comes. A name that is there already is no error.
 * Owns:    copies the name.
 * Errors:  -EDO_EREDIS  the server refuses it: edo_redis_get_error(). All else stays as it is
 *          -EDO_ECLOSED  `r` was closed;  -ENOMEM
 *          -ETIMEDOUT, -ECONNRESET and others of edo_redis_connect(): it is not subscribed to, and
 *          the connection is made anew by the next call
 * Cancel:  as an error.   Threads: one at a time.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_redis_sub_add(edo_redis_sub *sub, edo_str channel);
EDO_MUST_USE EDO_API int edo_redis_sub_add_pattern(edo_redis_sub *sub, edo_str pattern);

/** Subscribes to `n` channels, by one command: so it costs one round trip, however many they are.
 * Those that are there already, or stand in the list twice, are no error.
 * Errors:  as edo_redis_sub_add(), of all: none of them is subscribed to but what was there
 * Cancel:  as an error.   Threads: one at a time.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_redis_sub_add_many(edo_redis_sub *sub, const edo_str *channels,
                                                size_t n);

/** Takes a channel, and a pattern, of that name back. Messages that have come before may still be
 * read. One that is not there is no error.
 * Errors:  -EDO_ECLOSED  `r` was closed;  -ECANCELED
 * Cancel:  it is taken back: the connection is made anew.   Threads: one at a time.
 * Waits:   for the server. */
EDO_MUST_USE EDO_API int edo_redis_sub_remove(edo_redis_sub *sub, edo_str name);

/** As edo_redis_sub_remove(), of `n` channels, by one command. Patterns stay.
 * Errors:  as edo_redis_sub_remove(); -ENOMEM  nothing was taken back
 * Cancel:  as edo_redis_sub_remove().   Threads: one at a time.   Waits: for the server. */
EDO_MUST_USE EDO_API int edo_redis_sub_remove_many(edo_redis_sub *sub, const edo_str *channels,
                                                   size_t n);

/** Returns 1 with the next message in `*out`; 0: the connection that it was opened with is closed.
 * When the connection is lost it comes back, with all channels, and the first call after that
 * returns -EDO_ELAGGED: messages may be missing. Then it goes on.
 * Owns:    `*out` lives until the next call.
 * Errors:  -EDO_ELAGGED  it was lost and is back, or messages were dropped
 *          -EACCES, -EINVAL, -EDO_ECERT, -EDO_EREDIS  there is no use in another try
 *          -ECANCELED    this task was cancelled, or a deadline passed
 * Cancel:  safe.   Threads: one at a time.
 * Waits:   for a message, also while the server cannot be reached. */
EDO_MUST_USE EDO_API int edo_redis_sub_next(edo_redis_sub *sub, edo_redis_message *out);

/** Ends a subscription. NULL is allowed.
 * Owns:    takes `sub`, whose last message ends.   Threads: one at a time. */
EDO_API void edo_redis_sub_close(edo_redis_sub *sub);

EDO_END_DECLS

#endif
