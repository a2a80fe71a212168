/* SPDX-License-Identifier: MIT */
/* main.c: a service with accounts: everybody keeps a list of things to do, in PostgreSQL.
 *
 *     accounts --db postgres://me@localhost/me --plain-http          # or ACCOUNTS_DB=…
 *     curl -c jar -d 'name=ann&password=correct horse' http://127.0.0.1:8080/accounts
 *     curl -b jar -d '{"title":"Milk"}' -H 'content-type: application/json' \
 *         http://127.0.0.1:8080/todos
 *     curl -b jar 'http://127.0.0.1:8080/todos?order=newest'
 *
 * http://127.0.0.1:8080/docs shows the API, :8081/healthz and :8081/metrics how the service is. */
#include "accounts.h"

#include <edo/config.h>
#include <edo/layers.h>
#include <edo/log_settings.h>
#include <edo/pg_session.h>
#include <edo/web_guard.h>
#include <edo/web_layers.h>
#include <edo/web_log.h>
#include <edo/web_run.h>

#include <errno.h>
#include <unistd.h>

#define VERSION "1.0"

typedef struct settings {
    char *db, *listen, *probes;
    edo_duration pre_stop;
    bool plain_http;
    edo_log_settings log;
} settings;
EDO_DESCRIBE(settings,
             EDO_FIELD(settings, db, .value = "URL", .secret = true, .doc = "of PostgreSQL"),
             EDO_FIELD(settings, listen, .preset = "127.0.0.1:8080", .value = "HOST:PORT"),
             EDO_FIELD(settings, probes, .preset = "127.0.0.1:8081", .value = "HOST:PORT"),
             EDO_FIELD(settings, pre_stop, .preset = "5s", .doc = "until balancers look elsewhere"),
             EDO_FIELD(settings, plain_http, .doc = "there is no TLS in front"),
             EDO_FIELD_OF(settings, log, edo_log_settings_desc))

static const edo_migration migrations[] = {
    { 1, "accounts",
      "create table account (id bigint generated always as identity primary key,"
      " name text not null unique, hash text not null)" },
    { 2, "sessions", EDO_SESSION_PG_SQL },
    { 3, "things to do",
      "create table todo (id bigint generated always as identity primary key,"
      " account bigint not null references account on delete cascade, title text not null,"
      " done bool not null, created timestamptz not null default now());"
      "create index todo_of_account on todo (account, id)" },
};

static edo_router *routes(const settings *set, edo_pg *db) {
    static const edo_openapi_scheme ways[] = {
        { .name = "session", .in = "cookie", .key = EDO_SESSION_COOKIE },
        { .name = "session", .in = "cookie", .key = "session" }, // browsers want TLS for the other
    };
    const edo_openapi_scheme *session = &ways[set->plain_http];
    const edo_openapi_opts api = {
        .title = "Things to do", .version = VERSION, .schemes = session, .schemes_n = 1
    };
    const edo_access_log_opts log = { .format = EDO_ACCESS_LOG_JSON, .fd = STDERR_FILENO };
    const edo_session_opts sessions = { .ops = &edo_session_pg_ops,
                                        .store = db,
                                        .cookie = session->key,
                                        .plain_http = set->plain_http };
    edo_router *r = edo_router_new();
    edo_router_merge(r, account_routes());
    edo_router_merge(r, todo_routes());
    edo_openapi_routes(r, &api);
    edo_router_wrap_all(r, edo_request_id_layer(NULL), edo_access_log_layer(&log),
                        edo_timeout_layer(edo_s(5)), edo_session_layer(&sessions));
    return r;
}

static int ask_database(void *db) {
    return edo_pg_exec(db, "select 1", EDO_SQL_NONE);
}

static int serve(const settings *set, edo_pg *db, edo_metrics *metrics) {
    const edo_web_check checks[] = { { .name = "database", .fn = ask_database, .arg = db } };
    const edo_web_run_opts opts = {
        .web = { .listen = set->listen, .announce_as = "accounts", .state = db },
        .probes = set->probes,
        .version = VERSION,
        .checks = checks,
        .checks_n = EDO_COUNT(checks),
        .metrics = metrics,
        .pre_stop = set->pre_stop,
    };
    return edo_web_run(routes(set, db), &opts);
}

static int app(void *arg) {
    const settings *set = arg;
    edo_metrics *metrics = NULL;
    edo_pg *db = NULL;
    int err = edo_log_start_as(&set->log);
    if (err == 0) err = edo_metrics_new(&metrics, NULL);
    if (err == 0)
        err = edo_pg_connect(&db, edo_str_of(set->db), &(edo_pg_opts){ .metrics = metrics });
    if (err == 0) err = edo_pg_migrate(db, migrations, EDO_COUNT(migrations), NULL);
    if (err >= 0) err = serve(set, db, metrics);
    if (err == -ETIMEDOUT) return err; // a handler may still run
    edo_pg_close(db);
    edo_metrics_free(metrics);
    return err;
}

int main(int argc, char **argv) {
    settings s;
    const edo_config_opts opts = { .env_prefix = "ACCOUNTS", .version = VERSION };
    return edo_config_main(app, &s, &settings_desc, argc, argv, &opts, NULL);
}
