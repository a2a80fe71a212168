/* SPDX-License-Identifier: MIT */
/* edo/pg_session.h: sessions (edo/session.h) in PostgreSQL, for a service of several processes. In
 * libedo-pg.
 *
 *     static const edo_migration migrations[] = { { 1, "sessions", EDO_SESSION_PG_SQL }, … };
 *     err = edo_pg_migrate(db, migrations, EDO_COUNT(migrations), NULL);
 *     …
 *     edo_router_wrap(r, edo_session_layer(&(edo_session_opts){ .ops = &edo_session_pg_ops,
 *                                                               .store = db }));
 *
 * The store is the pool. Times are by the server's clock. Each new session removes some whose time
 * is over, so they do not pile up, and no task is needed. There is no bound to those of strangers
 * who come with no cookie: a layer that limits rates (edo_http_rate_layer()) has one.
 *
 * Since: 0.1 */
#ifndef EDO_PG_SESSION_H
#define EDO_PG_SESSION_H

#include <edo/pg.h>
#include <edo/session.h>

EDO_BEGIN_DECLS

/* The table, as the text of a migration. */
#define EDO_SESSION_PG_SQL                                                                         \
    "create table edo_session (id text collate \"C\" primary key, data bytea not null,"            \
    " begun_at timestamptz not null, used_at timestamptz not null, ends_at timestamptz not null);" \
    " create index edo_session_ends_at on edo_session (ends_at)"

/* The operations; `store` is an edo_pg that is a pool. They return what edo/pg.h says of its calls,
 * too. */
EDO_API extern const edo_session_store_ops edo_session_pg_ops;

EDO_END_DECLS

#endif
