/* SPDX-License-Identifier: MIT */
/* grpc_rows: a reply streamed from the rows of a database. A client that does not read holds up the
 * send, the send the query: neither rows nor messages gather anywhere. Client and server are one
 * program here, over a connection in memory. */
#include "station.edo.h"

#include <edo/edo.h>
#include <edo/http2.h>
#include <edo/sqlite.h>
#include <edo/streams.h>
#include <edo/web.h>

#include <stdio.h>

#define ROWS_N    50000
#define AHEAD_MAX (ROWS_N / 5) /* what fits in the windows is much less */

typedef struct station {
    edo_sqlite *db;
    edo_router *routes;
    edo_stream *client; /* the server's end of the connection */
    edo_task *server;
    int rows_n; /* that the last call has read */
    int result; /* of that call, once it has ended */
} station;

/* ---- The server ------------------------------------------------------------------------------ */

/* A row is the message, as its description has the columns' names. */
static int stream_rows(edo_grpc_call *call, station *s, int64_t after) {
    station_v1_reading reading;
    int rc;
    edo_seq *rows = edo_sqlite_rows(s->db, &station_v1_reading_desc,
                                    "select id, celsius from reading where id > ?1 order by id",
                                    EDO_SQL(after));
    while ((rc = edo_seq_next(rows, &reading)) == 1) {
        s->rows_n++;
        rc = station_v1_station_list_send(call, &reading); // waits while the client does not read
        if (rc < 0) break;                                 // it has gone
    }
    edo_seq_free(rows); // its connection to the database is for others now
    return rc;
}

static int list(edo_grpc_call *call, const station_v1_query *in) {
    station *s = edo_grpc_arg(call);
    s->rows_n = s->result = 0;
    s->result = stream_rows(call, s, in->after);
    return s->result;
}

static int serve(void *arg) {
    station *s = arg;
    return edo_web_serve_stream(s->routes, s->client, NULL);
}

static int connect_in_memory(void *arg, edo_stream **out, const char *address) {
    station *s = arg;
    (void)address;
    int err = edo_duplex(out, &s->client, 64 << 10);
    if (err < 0) return err;
    s->server = edo_spawn(serve, s);
    if (s->server) return 0;
    edo_close(s->client);
    edo_close(*out);
    return edo_task_join(NULL); // why
}

/* ---- The client ------------------------------------------------------------------------------ */

static int read_ten(edo_grpc_call *call) {
    station_v1_reading reading;
    int got = 1;
    for (int i = 0; i < 10 && got == 1; i++) got = station_v1_station_list_recv(call, &reading);
    // The clock is paused: this is over when nobody can go on but us
    if (got == 1) got = edo_sleep(edo_s(1));
    return got;
}

static int read_all(edo_grpc_channel *ch, station *s) {
    edo_grpc_call *call;
    station_v1_reading reading;
    int n = 10;
    int got = station_v1_station_list(ch, &call, &(station_v1_query){ .after = 0 }, NULL);
    if (got < 0) return got;
    got = read_ten(call);
    printf("10 rows are read, and the query has made %s\n",
           s->rows_n < AHEAD_MAX ? "less than a fifth of all" : "too many");
    if (got == 0)
        while ((got = station_v1_station_list_recv(call, &reading)) == 1) n++;
    printf("%d rows are read\n", n);
    edo_grpc_call_free(call);
    return got;
}

static int leave(edo_grpc_channel *ch, station *s) {
    edo_grpc_call *call;
    int got = station_v1_station_list(ch, &call, &(station_v1_query){ .after = ROWS_N / 2 }, NULL);
    if (got < 0) return got;
    got = read_ten(call);
    edo_grpc_call_free(call); // takes the call back
    if (got == 0) got = edo_sleep(edo_s(1));
    printf("a client has gone, and its query %s after %s\n", s->result < 0 ? "ended" : "goes on",
           s->rows_n < AHEAD_MAX ? "less than a fifth" : "too many");
    return got;
}

/* ---- The program ----------------------------------------------------------------------------- */

static int ask(station *s) {
    // the more a client takes before its program reads, the further the query goes ahead
    const edo_http2_opts windows = { .stream_window = 64 << 10, .conn_window = 64 << 10 };
    edo_grpc_channel *ch;
    int err = edo_grpc_channel_new(
        &ch, EDO_STR("station:1"),
        &(edo_grpc_channel_opts){ .connect = connect_in_memory, .arg = s, .http2 = &windows });
    if (err < 0) return err;
    err = read_all(ch, s);
    if (err == 0) err = leave(ch, s);
    edo_grpc_channel_unref(ch);
    int end = edo_task_join(s->server);
    return err < 0 ? err : end;
}

static int root(void *arg) {
    static const station_v1_station_ops ops = { .list = list };
    static const edo_migration migrations[] = {
        { 1, "readings",
          "create table reading (id integer primary key, celsius real not null);"
          "insert into reading with recursive n(i) as"
          " (select 1 union all select i + 1 from n where i < 50000) select i, i % 40 from n" },
    };
    station s = { .routes = edo_router_new() };
    (void)arg;
    station_v1_station_routes(s.routes, &ops, &s, NULL);
    int err = edo_sqlite_open(&s.db, ":memory:", NULL);
    if (err == 0) err = edo_sqlite_migrate(s.db, migrations, EDO_COUNT(migrations), NULL);
    if (err >= 0) err = ask(&s);
    edo_sqlite_close(s.db);
    edo_router_free(s.routes);
    return err;
}

int main(void) {
    return edo_main_with(
        root, NULL, &(edo_runtime_opts){ .start_paused = true, .flavor = EDO_RUNTIME_CURRENT });
}
