/* SPDX-License-Identifier: MIT */
/* Goal: one request through a gateway, a web service, a service of gRPC, Redis and Postgres, and
 * back, is one trace over the three processes, of which each step lies in the one that has caused
 * it, and has one id.
 * Method: this program starts itself as each of the three, and reads the lines of JSON that they
 * have written when they have ended. It prints the tree. */
#include "../pg/pg_server.h"
#include "../redis/real_server.h"
#include "hello.edo.h"

#include <edo/buf_io.h>
#include <edo/edo.h>
#include <edo/fs.h>
#include <edo/json.h>
#include <edo/pg.h>
#include <edo/span.h>
#include <edo/str.h>
#include <edo/streams.h>
#include <edo/web_layers.h>
#include <edo/web_proxy.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- What each process is -------------------------------------------------------------------- */

/* The gateway stands where strangers come, and begins the trace; the others believe it. */
static int site_serve(edo_router *r, bool is_first, void *state) {
    const edo_request_id_opts id = { .trusted = !is_first };
    const edo_traceparent_opts step = { .untrusted = is_first };
    edo_router_wrap(r, edo_request_id_layer(&id), edo_traceparent_layer(&step));
    return edo_web_serve(
        r, &(edo_web_opts){ .listen = "127.0.0.1:0", .announce = true, .state = state });
}

static int gateway(char **argv) {
    edo_http_client *client = NULL;
    edo_service *shop = NULL;
    int err = edo_http_client_new(&client, &(edo_http_client_opts){ .proxy = "" });
    if (err == 0) err = edo_http_client_service(&shop, client, argv[0]);
    if (err == 0) {
        edo_router *r = edo_router_new();
        edo_proxy_routes(r, "/", shop, NULL);
        err = site_serve(r, true, NULL);
    }
    edo_service_unref(shop);
    edo_http_client_unref(client);
    return err;
}

static int shop_show(edo_web *w) {
    const hello_v1_person wanted = { .name = edo_web_param(w, "number") };
    hello_v1_reply found;
    edo_arena *arena = edo_web_request(w)->arena;
    int err = hello_v1_greeter_greet(edo_web_state(w), &found, &wanted, arena, NULL);
    if (err < 0) return err;
    const edo_str text = edo_arena_print(arena, "%.*s", (int)found.text.len, found.text.ptr);
    return text.ptr ? edo_web_reply_text(w, EDO_STATUS_OK, text.ptr) : -ENOMEM;
}

static int shop(char **argv) {
    edo_grpc_channel *stock;
    int err = edo_grpc_channel_new(&stock, edo_str_of(argv[0] + strlen("http://")), NULL);
    if (err < 0) return err;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/goods/{number}", shop_show);
    err = site_serve(r, false, stock);
    edo_grpc_channel_unref(stock);
    return err;
}

typedef struct stores {
    edo_pg *pg;
    edo_redis *redis;
} stores;

typedef struct goods {
    edo_str name;
} goods;
EDO_DESCRIBE(goods, EDO_FIELD(goods, name))

/* Redis has what was asked for before; else Postgres knows. */
static int stock_find(edo_grpc_call *call, hello_v1_reply *out, const hello_v1_person *in) {
    const stores *s = edo_grpc_arg(call);
    edo_redis_reply *known = NULL;
    goods row = { 0 };
    int err = edo_redis_cmd(s->redis, &known, "GET %b", in->name.ptr, in->name.len);
    CHECK(err < 0 || edo_redis_reply_kind(known) == EDO_REDIS_NIL); // the test asks once
    edo_redis_reply_free(known);
    if (err == 0)
        err = edo_pg_query_one(s->pg, &row, &goods_desc, "select 'goods ' || $1 as name",
                               EDO_SQL(in->name));
    if (err < 0) return err;
    out->text = edo_arena_print(edo_grpc_arena(call), "%.*s", (int)row.name.len, row.name.ptr);
    edo_value_deinit(&row, &goods_desc);
    return edo_redis_cmd(s->redis, NULL, "SET %b %b", in->name.ptr, in->name.len, out->text.ptr,
                         out->text.len);
}

static int stock(char **argv) {
    static const hello_v1_greeter_ops ops = { .greet = stock_find };
    stores s = { 0 };
    int err = edo_pg_connect(&s.pg, edo_str_of(argv[0]), NULL);
    if (err == 0) err = edo_redis_connect(&s.redis, edo_str_of(argv[1]), NULL);
    if (err == 0) {
        edo_router *r = edo_router_new();
        hello_v1_greeter_routes(r, &ops, &s, NULL);
        err = site_serve(r, false, NULL);
    }
    edo_redis_close(s.redis);
    edo_pg_close(s.pg);
    return err;
}

static const struct {
    const char *name;
    int (*run)(char **argv);
} sites[] = { { "gateway", gateway }, { "shop", shop }, { "stock", stock } };

enum { GATEWAY, SHOP, STOCK, SITES_N };

/* argv: NAME FILE-OF-THE-LOG and what the site needs. */
static int site_run(void *arg) {
    char **argv = arg;
    int fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return -errno;
    const edo_log_opts log = {
        .format = EDO_LOG_JSON, .spans = true, .fd = fd, .ignore_env = true
    };
    int err = edo_log_start(&log);
    for (size_t i = 0; err == 0 && i < SITES_N; i++)
        if (strcmp(argv[0], sites[i].name) == 0) err = sites[i].run(argv + 2);
    return err;
}

/* ---- The processes --------------------------------------------------------------------------- */

typedef struct town {
    edo_process *process[SITES_N];
    char url[SITES_N][64], log[SITES_N][64];
} town;

/* Starts one, and waits until it serves. */
static void town_start(town *t, int i, const char *first, const char *second) {
    (void)snprintf(t->log[i], sizeof t->log[i], "%s/%s", real_server_folder, sites[i].name);
    const char *const argv[] = { "/proc/self/exe", sites[i].name, t->log[i], first, second, NULL };
    CHECK_EQ(edo_process_spawn(&t->process[i], argv,
                               &(edo_process_opts){ .out = EDO_STDIO_PIPE, .kill_on_unref = true }),
             0);
    edo_buf_reader in;
    char *line;
    edo_stream *out = edo_process_stdout(t->process[i]);
    CHECK_EQ(edo_buf_reader_init(&in, out, NULL), 0);
    CHECK(edo_read_line(&in, &line) > 0);
    (void)snprintf(t->url[i], sizeof t->url[i], "%s", line);
    edo_buf_reader_deinit(&in);
    edo_close(out);
}

static void town_stop(town *t) {
    for (int i = 0; i < SITES_N; i++) { // who asks ends before who is asked
        CHECK_EQ(edo_process_stop(t->process[i], edo_s(PATIENCE_S)), 0);
        edo_process_unref(t->process[i]);
    }
}

/* Asks the gateway; `id` is that of the request, which comes back with the response. */
static void town_ask(const town *t, char *id, size_t most) {
    char url[96];
    edo_http_client *c;
    edo_http_response *res;
    edo_buf body = { 0 };
    (void)snprintf(url, sizeof url, "%s/goods/12", t->url[GATEWAY]);
    CHECK_EQ(edo_http_client_new(&c, &(edo_http_client_opts){ .proxy = "" }), 0);
    CHECK_EQ(edo_fetch(&res, edo_str_of(url), &(edo_fetch_opts){ .client = c }), 0);
    const edo_str sent = edo_headers_get_named(&res->headers, EDO_STR("x-request-id"));
    CHECK(sent.len > 0 && sent.len < most);
    (void)snprintf(id, most, "%.*s", (int)sent.len, sent.ptr);
    CHECK_EQ(edo_http_response_collect(res, &body, 100), 0);
    CHECK(edo_str_equal((edo_str){ body.ptr, body.len }, EDO_STR("goods 12")));
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    edo_http_client_unref(c);
}

/* ---- Their lines ----------------------------------------------------------------------------- */

typedef struct facts {
    edo_str id, http_method, route, rpc_method, operation;
} facts;
EDO_DESCRIBE(facts, EDO_FIELD(facts, id, .optional = true),
             EDO_FIELD(facts, http_method, EDO_AS("http.request.method"), .optional = true),
             EDO_FIELD(facts, route, EDO_AS("http.route"), .optional = true),
             EDO_FIELD(facts, rpc_method, EDO_AS("rpc.method"), .optional = true),
             EDO_FIELD(facts, operation, EDO_AS("db.operation.name"), .optional = true))

typedef struct around {
    facts fields;
} around;
EDO_DESCRIBE(around, EDO_FIELD_OF(around, fields, facts_desc))

typedef struct ended {
    edo_str name, id, parent, began;
} ended;
EDO_DESCRIBE(ended, EDO_FIELD(ended, name), EDO_FIELD(ended, id),
             EDO_FIELD(ended, parent, .optional = true), EDO_FIELD(ended, began))

typedef struct step {
    int site; // whose line it is; not in it
    edo_str trace_id;
    ended ended;
    around *spans; // the last one is that which has ended
    size_t spans_n;
} step;
EDO_DESCRIBE(step, EDO_FIELD(step, trace_id), EDO_FIELD_OF(step, ended, ended_desc),
             EDO_FIELD_LIST_OF(step, spans, spans_n, around_desc, .min_len = 1))

#define STEPS_MAX 32

typedef struct steps {
    step all[STEPS_MAX];
    size_t n;
} steps;

static void steps_read(steps *s, const town *t, int site) {
    edo_bytes text;
    CHECK_EQ(edo_fs_read_all(&text, t->log[site]), 0);
    for (edo_str rest = text.str, line; edo_str_split(&line, &rest, '\n');) {
        if (!memmem(line.ptr, line.len, "\"ended\":", 8)) continue;
        CHECK(s->n < STEPS_MAX);
        CHECK_EQ(edo_json_decode(&s->all[s->n], &step_desc, line), 0);
        s->all[s->n++].site = site;
    }
    edo_bytes_unref(&text);
    (void)unlink(t->log[site]);
}

static const facts *step_facts(const step *s) {
    return &s->spans[s->spans_n - 1].fields;
}

static int compare_begins(const void *a, const void *b) {
    const edo_str x = ((const step *)a)->ended.began, y = ((const step *)b)->ended.began;
    return strncmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);
}

/* All are of one trace, and those that have an id of one request. */
static void steps_check_ids(const steps *s, const char *id) {
    int requests_n = 0;
    for (size_t i = 0; i < s->n; i++) {
        const edo_str own = step_facts(&s->all[i])->id;
        CHECK(edo_str_equal(s->all[i].trace_id, s->all[0].trace_id));
        CHECK(!own.ptr || edo_str_equal(own, edo_str_of(id)));
        requests_n += own.ptr != NULL;
    }
    CHECK_EQ(requests_n, SITES_N);
}

/* ---- The tree -------------------------------------------------------------------------------- */

static void step_print(const step *s, int depth, edo_buf *out) {
    const facts *f = step_facts(s);
    const edo_str said[] = { f->http_method, f->route, f->rpc_method, f->operation };
    CHECK_EQ(edo_buf_printf(out, "%*s%s: %.*s", 2 * depth, "", sites[s->site].name,
                            (int)s->ended.name.len, s->ended.name.ptr),
             0);
    for (size_t i = 0; i < EDO_COUNT(said); i++)
        if (said[i].len > 0)
            CHECK_EQ(edo_buf_printf(out, " %.*s", (int)said[i].len, said[i].ptr), 0);
    CHECK_EQ(edo_buf_append(out, "\n", 1), 0);
}

/* Prints those within `parent`, and what lies within them. */
static void steps_print(const steps *s, edo_str parent, int depth, edo_buf *out) {
    for (size_t i = 0; i < s->n; i++) {
        if (!edo_str_equal(s->all[i].ended.parent, parent)) continue;
        step_print(&s->all[i], depth, out);
        steps_print(s, s->all[i].ended.id, depth + 1, out);
    }
}

static const char tree[] = "gateway: request GET /{*rest}\n"
                           "  gateway: proxy GET\n"
                           "    shop: request GET /goods/{number}\n"
                           "      shop: call Greet\n"
                           "        stock: request POST /hello.v1.Greeter/Greet\n"
                           "          stock: call Greet\n"
                           "            stock: command GET\n"
                           "            stock: query select\n"
                           "            stock: command SET\n";

static void check_tree(steps *s) {
    edo_buf out = { 0 };
    qsort(s->all, s->n, sizeof s->all[0], compare_begins);
    steps_print(s, (edo_str){ 0 }, 0, &out);
    (void)printf("%.*s", (int)out.len, out.ptr);
    CHECK(edo_str_equal((edo_str){ out.ptr, out.len }, edo_str_of(tree)));
    edo_buf_deinit(&out);
}

static int is_one_trace(void *arg) {
    static town t;
    static steps s;
    char id[64];
    (void)arg;
    edo_process *redis = real_server_start();
    edo_redis_close(real_server_client()); // it is there
    town_start(&t, STOCK, the_server.url, real_server_url);
    town_start(&t, SHOP, t.url[STOCK], NULL);
    town_start(&t, GATEWAY, t.url[SHOP], NULL);
    town_ask(&t, id, sizeof id);
    town_stop(&t); // all lines are written then
    for (int i = 0; i < SITES_N; i++) steps_read(&s, &t, i);
    steps_check_ids(&s, id);
    check_tree(&s);
    for (size_t i = 0; i < s.n; i++) edo_value_deinit(&s.all[i], &step_desc);
    real_server_kill(redis);
    return 0;
}

static void request_is_one_trace_over_three_processes(void **state) {
    (void)state;
    assert_int_equal(inside_real(is_one_trace, NULL), 0);
}

static int across_setup(void **state) {
    int err = pg_setup(state);
    return err < 0 ? err : real_server_setup(state);
}

static int across_teardown(void **state) {
    int err = real_server_teardown(state);
    return pg_teardown(state) < 0 ? -1 : err;
}

int main(int argc, char **argv) {
    if (argc > 2) return edo_main(site_run, argv + 1);
    if (!real_server_exists()) return REAL_SERVER_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(request_is_one_trace_over_three_processes),
    };
    return cmocka_run_group_tests(tests, across_setup, across_teardown);
}
