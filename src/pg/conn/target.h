/* SPDX-License-Identifier: MIT */
/* pg/conn/target.h: where the servers of a pool are, out of a connection string. */
#ifndef EDOI_PG_CONN_TARGET_H
#define EDOI_PG_CONN_TARGET_H

#include <edo/net.h>

#include <libpq-fe.h>

/* One of the hosts that are tried in order; texts are the target's, or NULL. */
typedef struct edoi_pg_host {
    const char *host;     /* a name, or the folder of a Unix socket */
    const char *hostaddr; /* an address in numbers: the name is not looked up */
    const char *port;     /* "5432" if the string has none */
} edoi_pg_host;

/* const once made. */
typedef struct edoi_pg_target {
    PQconninfoOption *words; /* libpq's words with their values in the string, the password
                                included */
    edoi_pg_host *hosts;
    size_t hosts_n; /* 0: libpq finds the server by itself */
    char *lists;    /* in which the texts of `hosts` lie */
    bool prefers_standby;
    bool wants_writes, wants_primary, wants_reads, wants_standby; /* by target_session_attrs */
    edo_duration connect_timeout;                                 /* 0: the string has none */
    const char *database; /* for spans, as the next two; NULL: not in the string */
    const char *server;   /* NULL: it has several, or none */
    int port;             /* 0: likewise */
} edoi_pg_target;

/* Reads a connection string; all zero after a failure. Errors: -EINVAL, with a line that quotes
 * nothing of the string; -ENOMEM. */
EDO_MUST_USE int edoi_pg_target_init(edoi_pg_target *t, edo_str url);
void edoi_pg_target_deinit(edoi_pg_target *t);

/* The value of a word of the string, or NULL. */
const char *edoi_pg_target_get(const edoi_pg_target *t, const char *word);

#define EDOI_PG_WORDS_MAX 64 /* words of libpq, and those that edo adds */

/* Words and values of one attempt, as PQconnectStartParams() takes them. */
typedef struct edoi_pg_params {
    const char *words[EDOI_PG_WORDS_MAX + 1], *values[EDOI_PG_WORDS_MAX + 1];
    size_t n;
    char hostaddr[EDO_ADDR_TEXT_MAX];
} edoi_pg_params;

/* Fills in the parameters of an attempt: `host` (NULL: libpq finds the server), at `addr` (NULL: it
 * is a Unix socket, or has a hostaddr); `wants_standby`: the first round of prefer-standby. Borrows
 * the target's texts. */
void edoi_pg_params_fill(edoi_pg_params *p, const edoi_pg_target *t, const edoi_pg_host *host,
                         const edo_addr *addr, bool wants_standby);

#endif
