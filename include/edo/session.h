/* SPDX-License-Identifier: MIT */
/* edo/session.h: sessions: what a service keeps of a browser between requests. In libedo-web.
 *
 *     edo_session_memory *store;                             // once, at the start
 *     int err = edo_session_memory_new(&store, NULL);
 *     ...
 *     edo_router_wrap(r, edo_session_layer(&(edo_session_opts){ .ops = &edo_session_memory_ops,
 *                                                               .store = store }));
 *
 *     static int login(edo_web *w) {                          // its password was right
 *         edo_session *s;
 *         int err = edo_session_open(&s, w);
 *         if (err == 0) err = edo_session_rotate(s);
 *         if (err == 0) err = edo_session_set(s, "user", EDO_STR("ann"));
 *         return err < 0 ? err : edo_web_reply_redirect(w, EDO_STATUS_SEE_OTHER, EDO_STR("/"));
 *     }
 *
 * The browser has a cookie with 128 random bits, the session's id, and the store has texts by their
 * names. A request that opens no session costs nothing; one that only reads it writes nothing, but
 * that it was used, now and then; a session without texts is not kept, and has no cookie.
 *
 * Changes of a handler are saved when it has returned 0, before its response is sent; only
 * then the browser gets a new id. So a request that fails, or a store that does, leaves browser and
 * store as they were. A handler that sends the head itself calls edo_session_save() before, since
 * the cookie is in the head. Of two requests of one session at once the last one that saves wins;
 * one that was ended or has got another id stays so, whatever they save.
 *
 * Unless a function says otherwise:
 * Threads: the handler's.   Waits: never.   Since: 0.1 */
#ifndef EDO_SESSION_H
#define EDO_SESSION_H

#include <edo/cookies.h>
#include <edo/service.h>

EDO_BEGIN_DECLS

#define EDO_SESSION_ID_BYTES 32u /* the id is text: 32 hexadecimal digits */

/* ---- Stores ---------------------------------------------------------------------------------- */

/* A session in a store. Its times are the store's, by a clock of its own. */
typedef struct edo_session_record {
    edo_bytes data;    /* the caller's reference */
    edo_duration age;  /* since it began: the age that the first save said, and the time since */
    edo_duration idle; /* since it was saved or touched last */
} edo_session_record;

/* A place where sessions are kept. The functions are called in fibers, on any thread, at once, and
 * may wait. They return 0 or a negative code; an `id` is EDO_SESSION_ID_BYTES long. */
typedef struct edo_session_store_ops {
    const char *name;

    /* Fills `*out`. -ENOENT: there is none, or its time has run out. */
    int (*load)(void *store, edo_str id, edo_session_record *out);

    /* Keeps `data` for `ttl` from now. `is_new`: it is a new session, which has begun `age` ago,
     * and -EEXIST says that there is one of the id. Else it has to be there (its beginning stays),
     * and -ENOENT says that it is not. Each is one step for other callers. */
    int (*save)(void *store, edo_str id, edo_str data, edo_duration age, edo_duration ttl,
                bool is_new);

    /* Keeps it for `ttl` from now, with the data it has. -ENOENT: there is none. */
    int (*touch)(void *store, edo_str id, edo_duration ttl);

    /* Removes it. There need not be one. */
    int (*remove)(void *store, edo_str id);

    /* As load(), for a client whose address has the key `client` (edo_addr_key()), so that a store
     * with a bound can give each address a share of it. NULL: load() is called. */
    int (*load_for)(void *store, edo_str id, edo_str client, edo_session_record *out);
} edo_session_store_ops;

/* A store in memory. */
typedef struct edo_session_memory edo_session_memory;
EDO_API extern const edo_session_store_ops edo_session_memory_ops;

/* Options of edo_session_memory_new(); all zero is the default. Beyond a limit sessions go: of
 * those that were never loaded, as no request has come back for them, while they have more than a
 * quarter of it; else of the others. Of one address no more than an eighth of `sessions_max` are
 * among the others. So a stranger who makes sessions without end, and one who comes back with each
 * of them, does not end those that are used, but for that quarter and that eighth. Behind a proxy
 * that is not believed (edo_real_ip_layer()) all clients have one address: all but an eighth of
 * their sessions are as if nobody had come back for them. */
typedef struct edo_session_memory_opts {
    uint32_t sessions_max; /* beyond, the one that was saved or touched longest ago goes; 0: 10,000;
                              at most 2^24 */
    size_t bytes_max;      /* likewise, of all data and what keeps them; 0: 64 MiB */
    uint64_t reserved[4];  /* must be 0 */
} edo_session_memory_opts;

/** Makes a store in memory. `opts` may be NULL.
 * Owns:    returns new in `*out`: edo_session_memory_free().
 * Errors: -EINVAL  `sessions_max` or `reserved`;  -ENOMEM   Threads: any, at once. */
EDO_MUST_USE EDO_API int edo_session_memory_new(edo_session_memory **out,
                                                const edo_session_memory_opts *opts);

/** Frees the store, once no router uses it. NULL is allowed.
 * Owns: takes `store`.   Threads: any. */
EDO_API void edo_session_memory_free(edo_session_memory *store);

/* ---- The layer ------------------------------------------------------------------------------- */

#define EDO_SESSION_COOKIE    "__Host-session"
#define EDO_SESSION_BYTES_MAX 4096u

/* Options of edo_session_layer(). All zero is the default, but a store is needed. */
typedef struct edo_session_opts {
    const edo_session_store_ops *ops;
    void *store;
    const char *cookie;      /* its name; NULL: "__Host-session", or "session" with `plain_http` */
    bool plain_http;         /* without Secure: for servers without TLS in front of them */
    edo_same_site same_site; /* of the cookie */
    uint32_t bytes_max;      /* of a session's names and texts, with 8 for each; 0: 4,096 */
    edo_duration idle_max;   /* a session ends when it was not used for so long; 0: 30 min */
    edo_duration age_max;    /* a session ends so long after it began; 0: 24 h */
    uint64_t reserved[4];    /* must be 0 */
} edo_session_opts;

/** Returns a layer for routers that gives requests their sessions. With one layer around another,
 * of another cookie, a handler has the session of the inner one.
 * Owns:    copies `opts`; borrows what it points to until the router is freed.
 * Errors:  of the build: -EINVAL  no store, a negative time, `reserved`, a cookie that browsers do
 *          not take (`same_site` none without Secure; a name that edo_cookies_set() refuses)
 *          -ENOMEM
 *          of calls: those of edo_session_save(), which replace the response by a 500
 * Threads: any. */
EDO_MUST_USE EDO_API edo_layer edo_session_layer(const edo_session_opts *opts);

/* ---- A session ------------------------------------------------------------------------------- */

/* The session of a request. It ends with it. */
typedef struct edo_session edo_session;

/** Returns the session of the request in `*out`, loaded at the first call: an empty one if the
 * browser has none, or one that the store does not know: its id is then never used.
 * Owns:    `*out` ends with the request.
 * Errors:  -EDO_EMISUSE  no session layer is around the handler;  -ENOMEM
 *          -EBADMSG      what the store has is no session;  those of the store
 * Cancel: safe.   Waits: for the store, at the first call. */
EDO_MUST_USE EDO_API int edo_session_open(edo_session **out, edo_web *w);

/** Returns a text of the session; NULL as its pointer if there is none of the name.
 * Owns:    lives as long as the request. */
EDO_API edo_str edo_session_get(const edo_session *s, const char *name);

/** Sets a text of the session, of any bytes. The first one begins the session: the response gets
 * the cookie when it is saved.
 * Owns:    copies both.
 * Errors:  -EMSGSIZE  the session would have more than `bytes_max`;  -ENOMEM
 *          those of getrandom(2) */
EDO_MUST_USE EDO_API int edo_session_set(edo_session *s, const char *name, edo_str value);

/** Removes a text of the session, if it has it. */
EDO_API void edo_session_unset(edo_session *s, const char *name);

/** Gives the session another id and begins its age anew: where a browser gets more rights, as at a
 * login, so that an id which somebody else has put there is worth nothing. The old id ends when the
 * session is saved. Its texts stay.
 * Errors:  as edo_session_set() */
EDO_MUST_USE EDO_API int edo_session_rotate(edo_session *s);

/** Ends the session, in the store, too, and removes the cookie. It is empty then.
 * Errors: those of the store;  -ENOMEM   Cancel: not safe: it may be there still.
 * Waits:   for the store. */
EDO_MUST_USE EDO_API int edo_session_end(edo_session *s);

/** Saves what has changed, now; a session that the store did not have gets its cookie.
 * Errors: those of the store;  -ENOMEM   Cancel: not safe: it may not be saved.
 * Waits:   for the store. */
EDO_MUST_USE EDO_API int edo_session_save(edo_session *s);

EDO_END_DECLS

#endif
