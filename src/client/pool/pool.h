/* SPDX-License-Identifier: MIT */
/* client/pool/pool.h: the connections of a client, by the host that they lead to.
 *
 * A connection is lent to one task at a time, and kept for the next one; one of HTTP/2 to many. A
 * task that finds none makes one, in a task of its own, and takes what comes first: that one, or
 * one that another task has given back. A host may have a limit; then tasks wait for a place, in
 * order. Where it may speak HTTP/2 one task dials, and the others wait for what that finds.
 *
 *     edoi_client_pool_get()    kept one that is good -> lent
 *                        place for one more    -> a dial begins; waits
 *                        none                  -> waits
 *     edoi_client_pool_put()    -> the task that waits longest, else kept
 *     edoi_client_pool_drop()   closed; its place -> the first task that waits and has no dial
 *
 * inv. 1: `open_n` of a host counts its connections that are lent or kept, the dials that are under
 *         way, and the places that were given to a task that has not begun to dial yet.
 * inv. 2: a connection is kept in the list of its host and in that of the pool, or in neither.
 * inv. 3: while a task waits for a host without a dial of its own, nothing is kept of that host
 *         that it could take.
 * inv. 4: one of HTTP/2 is kept, or has users; as long as it may have more it is in `shared` then.
 *
 * Lock order: `mu` is a leaf, but for what edo_notify_one() and edo_http2_is_open() take. Nothing
 * is closed under it. */
#ifndef EDOI_CLIENT_POOL_POOL_H
#define EDOI_CLIENT_POOL_POOL_H

#include "base/siphash.h"
#include "base/table.h"
#include "runtime/watch/open.h"

#include "client/pool/count.h"
#include "client/proxy/proxy.h"

#include <edo/http1.h>
#include <edo/http2.h>
#include <edo/http_client.h>
#include <edo/notify.h>
#include <edo/once.h>
#include <edo/task.h>
#include <edo/uri.h>

#include <pthread.h>
#include <sys/queue.h>

typedef struct edoi_client_pool edoi_client_pool;
typedef struct edoi_client_pool_host edoi_client_pool_host;

/* The task that has a connection, or waits for one; for the list of what is open. */
typedef struct edoi_client_pool_user {
    const char *task;  /* its name, which stays until the process ends; NULL: none has it */
    edo_instant since; /* as of edo_now_coarse() */
} edoi_client_pool_user;

/* A connection. Its fields are the pool's while it is kept, else the task's that has it. */
typedef struct edoi_client_pool_conn {
    edo_http1 *http;                 /* NULL: `http2` */
    struct edo_http2 *http2;         /* NULL: `http` */
    uint32_t users_n;                /* lock: mu; http2: tasks that have it */
    bool is_shared;                  /* lock: mu; it is in `shared` of its host */
    edoi_client_pool_host *host;     /* a reference */
    bool is_reused;                  /* it was kept before */
    bool is_retired;                 /* lock: mu; edoi_client_pool_retire() */
    edo_instant kept_at, kept_until; /* the latter: of its server's Keep-Alive */
    edo_instant made_at;             /* const */
    edo_duration age_max;            /* const; `conn_age_max`, a little more or less */
    edoi_conn_count count;
    edoi_client_pool_user user; /* lock: mu; of one of `http` that is lent */
    TAILQ_ENTRY(edoi_client_pool_conn) of_host, of_pool;
    LIST_ENTRY(edoi_client_pool_conn) of_all; /* lock: mu */
} edoi_client_pool_conn;
TAILQ_HEAD(edoi_client_pool_conns, edoi_client_pool_conn);

/* A task that waits for a connection. It lies on the task's stack while it is listed. lock: mu */
typedef struct edoi_client_pool_waiter {
    TAILQ_ENTRY(edoi_client_pool_waiter) next;
    edo_notify notify;
    edoi_client_pool_user user;  /* const once it is listed */
    edoi_client_pool_conn *conn; /* that it was given */
    bool has_place;              /* it may dial */
    bool dials;                  /* its dial is under way */
    bool is_over;                /* its dial has failed */
    bool wants_new;              /* only a connection that its own dial makes */
    bool is_listed;
    bool is_in_line; /* const once it is listed: all connections that the program allows were made,
                      * and lent to others */
} edoi_client_pool_waiter;
TAILQ_HEAD(edoi_client_pool_waiters, edoi_client_pool_waiter);

#define EDOI_CLIENT_POOL_KEY_MAX 320u  /* bytes that name a host: its scheme, name and port */
#define EDOI_PROXY_KEY_MAX       1024u /* bytes that name a proxy, with its login */

/* Where connections lead to. Counted by `refs`; in the table as long as it has connections or
 * tasks. All but the lists and counts is const. */
struct edoi_client_pool_host {
    edoi_table_link link;
    edoi_client_pool *pool;                 /* a reference */
    uint32_t refs;                          /* lock: mu: of tasks and connections */
    uint32_t open_n;                        /* lock: mu; inv. 1 */
    uint32_t conns_n;                       /* lock: mu; connections among those of `open_n` */
    LIST_HEAD(, edoi_client_pool_conn) all; /* lock: mu; these */
    struct edoi_client_pool_conns shared; /* lock: mu; of HTTP/2, that are lent, the oldest first */
    edo_http_version version;             /* lock: mu; of the last connection; 0: not known */
    struct edoi_client_pool_conns kept;   /* lock: mu; the newest first */
    uint32_t kept_n;                      /* lock: mu */
    struct edoi_client_pool_waiters waiters; /* lock: mu; the oldest first */
    bool is_tls;
    uint16_t port;
    const char *name;    /* NULL: is_forward; of the certificate: without brackets */
    const char *address; /* "name:port", with brackets */
    const char *field;   /* the Host of requests: without a port that is the scheme's own */
    edoi_proxy *proxy;   /* a reference; NULL: none */
    bool no_cert;        /* the client's certificate is not shown there */
    bool no_http2;       /* its connections speak HTTP/1.1 */
    bool is_forward;     /* the proxy gets the requests themselves: of any host */
    uint32_t key_bytes;
    edoi_kept_series series; /* of requests; none if is_forward */
    char key[];              /* then the three texts */
};

/* What a dial needs of the client's options. */
typedef struct edoi_dial_opts {
    struct edo_tls_client *tls; /* a reference; NULL: none was given */
    edoi_proxy_list *proxies;   /* a reference */
    edo_headers proxy_headers;
    const edo_tcp_opts *tcp;
    char *unix_path;
    edo_http_host *hosts;
    size_t hosts_n;
    bool (*allow)(void *arg, const edo_addr *addr);
    edo_resolver_fn *resolve;
    edo_http_connect_fn *connect;
    void *arg;
    void (*drop)(void *arg); /* set once the client is there; NULL: nothing */
    edo_duration timeout;    /* EDO_FOREVER_NS: none */
} edoi_dial_opts;

/* Counted by edo_rc. */
struct edoi_client_pool {
    pthread_mutex_t mu;
    edoi_table hosts; /* lock: mu */
    edoi_siphash_secret secret;
    struct edoi_client_pool_conns kept;  /* lock: mu; the newest first */
    uint32_t kept_n;                     /* lock: mu */
    uint32_t waiting_n, open_n;          /* lock: mu; of all hosts */
    bool is_swept;                       /* lock: mu; sweeper.c */
    uint64_t sweepers_n;                 /* lock: mu; begun so far */
    edo_task *sweeper;                   /* lock: mu; NULL: none, or its handle is not there yet */
    bool is_closed;                      /* lock: mu; the client has ended: nothing is kept */
    uint64_t connects, failures, reuses; /* lock: mu */
    uint32_t host_conns_max, host_idle_max, idle_max; /* const; so are the next four */
    uint32_t http2_conns_max;
    bool no_http2, prior_knowledge;
    edo_http2_opts http2;      /* without what they point to */
    edo_duration idle_timeout; /* const */
    edo_duration conn_age_max; /* const; EDO_FOREVER_NS: none */
    edoi_dial_opts dial;       /* const */
    edoi_client_counts counts; /* const */
    edo_once tls;         /* the configuration with the roots of the system, if `dial` has none */
    edo_tcp_opts tcp;     /* const; what `dial.tcp` points to */
    edoi_open_thing open; /* for the list of what is open */
};

/* Returns a limit of time: 0 stands for `usual`, and a negative one for none. */
EDOI_INLINE edo_duration edoi_limit_or(edo_duration d, edo_duration usual) {
    return d.ns == 0 ? usual : d.ns < 0 ? (edo_duration){ EDO_FOREVER_NS } : d;
}

/* Returns new in `*out`, or -ENOMEM or -EINVAL. */
int edoi_client_pool_new(edoi_client_pool **out, const edo_http_client_opts *opts);

/* Closes all that is kept. */
void edoi_client_pool_close_kept(edoi_client_pool *pool);

/* Closes what is kept and was for too long. */
void edoi_client_pool_sweep_kept(edoi_client_pool *pool);

/* The client has ended: closes all that is kept, and what would be from now on. */
void edoi_client_pool_close(edoi_client_pool *pool);

/* Finds or makes the host of a URL, or of the proxy that requests for it go to. With `no_cert` it
 * is one to which the certificate of the client, if it has one, is not shown: its connections are
 * others. Returns it with a reference in `*out`; -EINVAL for a URL without a host, -ENOTSUP for
 * another scheme, -ENOMEM. */
int edoi_client_pool_host_of(edoi_client_pool_host **out, edoi_client_pool *pool,
                             const edo_uri *uri, bool no_cert);

/* Finds the host of a URL that begins with the host's key, as URLs do that a service of a client
 * has put together, and fills in `*uri`: as edo_uri_parse() and then edoi_client_pool_host_of(),
 * but the key is neither parsed nor made. Returns the host with a reference; NULL: there is none, a
 * proxy may be wanted, or the URL is not valid. */
edoi_client_pool_host *edoi_client_pool_find_host(edo_uri *uri, edoi_client_pool *pool,
                                                  edo_str url);

/* As edoi_client_pool_host_of(), of a connection that will not stay HTTP: proxies make a tunnel for
 * it. The scheme may be ws or wss, too. */
int edoi_client_pool_host_of_upgrade(edoi_client_pool_host **out, edoi_client_pool *pool,
                                     const edo_uri *uri);

/* As edoi_client_pool_host_of_upgrade(), for requests with Upgrade: HTTP/2 has no such field, so
 * they do not share connections with edoi_client_pool_host_of(). */
int edoi_client_pool_host_of_http1(edoi_client_pool_host **out, edoi_client_pool *pool,
                                   const edo_uri *uri, bool no_cert);
edoi_client_pool_host *edoi_client_pool_host_ref(edoi_client_pool_host *host);
EDO_API void edoi_client_pool_host_unref(edoi_client_pool_host *host);

/* Gets a connection, which may be a kept one unless `is_new`: it may have ended meanwhile, which
 * edo_http1_send() finds before it sends a byte. Returns 0, or why none can be made;
 * -ECANCELED. Cancel-safe. */
int edoi_client_pool_get(edoi_client_pool_conn **out, edoi_client_pool_host *host, bool is_new);

/* Gets a connection of HTTP/2 that is there, and has a free stream; NULL: none. Never waits. */
edoi_client_pool_conn *edoi_client_pool_get_shared(edoi_client_pool_host *host);

/* Does nothing say that a new connection would be one of HTTP/1.1? */
bool edoi_client_pool_may_dial_shared(const edoi_client_pool_host *host);

/* Gives a connection back, which is closed if it cannot be used again. */
void edoi_client_pool_put(edoi_client_pool_conn *conn);

/* From now on the connection is lent to no other task, and closed after its present users. */
void edoi_client_pool_retire(edoi_client_pool_conn *conn);

/* Closes a connection. */
void edoi_client_pool_drop(edoi_client_pool_conn *conn);

/* Makes a connection to the host: resolves, connects, shakes hands. `*is_http2`: HTTP/2 was agreed
 * on; NULL: only HTTP/1.1 may be. */
EDO_API int edoi_dial_stream(edo_stream **out, const edoi_client_pool_host *host, bool *is_http2);
/* Fills in one of `http` and `http2`. */
int edoi_dial(edoi_client_pool_conn *out, edoi_client_pool_host *host);

/* ---- sweeper.c: the task that closes what was kept for too long, while something is kept ---- */

/* Would edoi_client_sweeper_begin() begin the task? Called with `mu` held. */
EDOI_INLINE bool edoi_client_pool_wants_sweeper(const edoi_client_pool *pool) {
    return !pool->is_swept && pool->kept_n > 0 && !pool->is_closed &&
           pool->idle_timeout.ns != EDO_FOREVER_NS;
}

/* Called after something was kept, by a thread that holds no lock: begins the task unless it is
 * there. It sleeps, and ends with its runtime or the client, whichever is first. Outside of a
 * runtime, or without memory, nothing begins: the next use of the client sweeps then. */
void edoi_client_sweeper_begin(edoi_client_pool *pool);

/* The client has ended. */
void edoi_client_sweeper_end(edoi_client_pool *pool);

/* ---- shared.c: connections of HTTP/2; called with `mu` held ----------------------------- */

/* May connections to this host be of HTTP/2? Also called without the lock. */
bool edoi_shared_may_be(const edoi_client_pool_host *h);

/* Does a dial, or a place for one, promise a connection that many may have? */
bool edoi_shared_is_awaited(const edoi_client_pool_host *h);

/* Can it take more requests, now or later? */
bool edoi_shared_is_good(const edoi_client_pool_conn *c, edo_instant now);

/* One more task has it. */
void edoi_shared_lend(edoi_client_pool_conn *c);

/* Finds one that is lent: one with a free stream, or the one with the fewest users. NULL: none. */
edoi_client_pool_conn *edoi_shared_find(edoi_client_pool_host *h, edo_instant now);

/* Lends one of them, whose streams are waited for if no other connection may be made, or is being
 * made. NULL: none. */
edoi_client_pool_conn *edoi_shared_take(edoi_client_pool_host *h, edo_instant now);

/* A task gives it back. Without a user it leaves the list; false: the caller closes it. */
bool edoi_shared_leave(edoi_client_pool_conn *c, edo_instant now);

/* Walks the pool and asserts its invariants; for tests. */
void edoi_client_pool_check(edoi_client_pool *pool);

#endif
