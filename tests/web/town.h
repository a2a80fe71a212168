/* SPDX-License-Identifier: MIT */
/* tests/web/town.h: servers in memory that come and go, and customers who ask all the time. They
 * are at 10.0.0.1:8000, 10.0.0.1:8001 and so on. For tests with a clock that jumps. */
#ifndef EDO_TESTS_TOWN_H
#define EDO_TESTS_TOWN_H

#include "../http/http_server.h"

#include <edo/http_upstreams.h>

#define TOWN_MAX 200

/* A server; what it does may be changed at any time. */
typedef struct upstream {
    served http; /* first */
    bool is_up;
    bool hangs;          /* it takes requests, and says nothing */
    edo_status status;   /* of its responses; 0: 200 */
    edo_status health;   /* of those to "/healthz"; 0: 200 */
    int nap_ms;          /* before each response */
    int asked, checks;   /* requests, those to "/healthz" apart */
    int under_way, most; /* of `asked`: now, and at once */
    edo_notify *half;    /* a response stops in the middle of its body until then; NULL: none */
} upstream;

static upstream town[TOWN_MAX];

static inline int town_serve(upstream *u, edo_request *req, edo_response *res) {
    edo_stream *out;
    edo_str body;
    EDO_TEST_OK(edo_request_collect(req, &body, 1000));
    int err = u->nap_ms > 0 ? edo_sleep(edo_ms(u->nap_ms)) : 0;
    while (err == 0 && u->hangs) err = edo_sleep(edo_ms(100));
    if (err < 0) return err;
    if (!u->half)
        return edo_response_text(res, u->status ? u->status : EDO_STATUS_OK, EDO_STR("ok"));
    err = edo_response_stream(res, &out, 4);
    if (err == 0) err = edo_write_all(out, "ha", 2);
    if (err == 0) err = edo_notify_wait(u->half);
    return err < 0 ? err : edo_write_all(out, "lf", 2);
}

static inline int town_handle(edo_request *req, edo_response *res, void *arg) {
    upstream *u = arg;
    if (edo_str_equal(req->target, EDO_STR("/healthz"))) {
        u->checks++;
        for (int err = 0; err == 0 && u->hangs;) err = edo_sleep(edo_ms(100));
        return edo_response_text(res, u->health ? u->health : EDO_STATUS_OK, EDO_STR("ok"));
    }
    u->asked++;
    if (++u->under_way > u->most) u->most = u->under_way;
    int err = town_serve(u, req, res);
    u->under_way--;
    return err;
}

static inline void town_open(size_t i) {
    upstream *u = &town[i];
    const edo_http_server_opts opts = u->http.opts;
    CHECK(!u->is_up);
    u->http = (served){ .handler = town_handle, .arg = u, .opts = opts };
    serve_begin(&u->http);
    u->is_up = true;
}

/* In order: nobody gets a connection any more, and requests that are under way end. */
static inline void town_close(size_t i) {
    upstream *u = &town[i];
    if (!u->is_up) return;
    u->is_up = false;
    CHECK_EQ(serve_end(&u->http), 0);
}

static inline int town_connect(void *arg, edo_stream **out, const char *address) {
    upstream *u = &town[strtoul(strrchr(address, ':') + 1, NULL, 10) - 8000];
    (void)arg;
    if (!u->is_up) return -ECONNREFUSED;
    return connect_if_served(&u->http, out);
}

static inline edo_endpoint town_endpoint(size_t i) {
    edo_endpoint e;
    char address[32];
    (void)snprintf(address, sizeof address, "10.0.0.1:%zu", 8000 + i);
    EDO_TEST_OK(edo_endpoint_init(&e, address, NULL, 1));
    return e;
}

/* ---- The service over them ------------------------------------------------------------------- */

static edo_http_client *town_client;

static inline void town_begin_with(edo_http_client_opts opts) {
    memset(town, 0, sizeof town);
    opts.proxy = "";
    opts.connect = town_connect;
    EDO_TEST_OK(edo_http_client_new(&town_client, &opts));
}

static inline void town_begin(void) {
    town_begin_with((edo_http_client_opts){ .tls = NULL });
}

static inline edo_service *town_service_of(edo_seq *source, const edo_http_upstreams_opts *opts) {
    edo_http_upstreams_opts o = opts ? *opts : (edo_http_upstreams_opts){ .client = NULL };
    edo_service *svc;
    o.client = town_client;
    EDO_TEST_OK(edo_http_upstreams_new(&svc, source, &o));
    return svc;
}

/* The first `n` of the town, which are opened, too. */
static inline edo_service *town_service(size_t n, const edo_http_upstreams_opts *opts) {
    edo_endpoint all[8];
    CHECK(n <= EDO_COUNT(all));
    for (size_t i = 0; i < n; i++) {
        all[i] = town_endpoint(i);
        town_open(i);
    }
    edo_service *svc = town_service_of(edo_discover_list(all, n), opts);
    EDO_TEST_OK(edo_sleep(edo_ms(10))); // they are reached
    return svc;
}

static inline void town_end(edo_service *svc) {
    edo_service_unref(svc);
    edo_http_client_unref(town_client);
    for (size_t i = 0; i < TOWN_MAX; i++) {
        town[i].hangs = false;
        town_close(i);
    }
}

static inline edo_balance_endpoint town_look(edo_service *svc, size_t i) {
    static edo_balance_endpoint all[TOWN_MAX];
    const edo_endpoint at = town_endpoint(i);
    size_t n = edo_balance_list(edo_balance_of(svc), all, TOWN_MAX);
    for (size_t k = 0; k < n && k < TOWN_MAX; k++)
        if (strcmp(all[k].endpoint.address, at.address) == 0) return all[k];
    return (edo_balance_endpoint){ .in_flight = 0 };
}

/* Returns the status of the response, whose body is read, or why there is none. */
static inline int town_ask_with(edo_service *svc, edo_http_request *req) {
    edo_http_response *res = NULL;
    edo_buf body = { .len = 0 };
    int err = edo_service_oneshot(svc, req, &res);
    if (err < 0) {
        edo_trail_clear();
        return err;
    }
    const int status = (int)res->status;
    err = edo_http_response_collect(res, &body, 100);
    edo_buf_deinit(&body);
    edo_http_response_free(res);
    return err < 0 ? err : status;
}

static inline int town_ask(edo_service *svc) {
    return town_ask_with(svc, &(edo_http_request){ .target = EDO_STR("/page") });
}

/* ---- Customers ------------------------------------------------------------------------------- */

typedef struct customers {
    edo_service *svc;
    edo_task *tasks[16];
    size_t n;
    bool posts; /* every second request, with a body */
    bool is_over;
    int served, failed, why; /* the last failure's status or code */
} customers;

static inline int customer(void *arg) {
    customers *c = arg;
    for (int k = 0; !c->is_over; k++) {
        edo_http_request req = { .target = EDO_STR("/page") };
        if (c->posts && k % 2 == 1) req.method = EDO_METHOD_POST, req.data = EDO_STR("order");
        int status = town_ask_with(c->svc, &req);
        if (status == 200)
            c->served++;
        else
            c->failed++, c->why = status;
        EDO_TEST_OK(edo_sleep(edo_ms(2)));
    }
    return 0;
}

static inline void customers_begin(customers *c, size_t n) {
    CHECK(n <= EDO_COUNT(c->tasks));
    for (c->n = 0; c->n < n; c->n++) CHECK((c->tasks[c->n] = edo_spawn(customer, c)) != NULL);
}

static inline void customers_end(customers *c) {
    c->is_over = true;
    for (size_t i = 0; i < c->n; i++) CHECK_EQ(edo_task_join(c->tasks[i]), 0);
    if (c->failed > 0) CHECK_EQ(c->why, 200); // says what it was
    CHECK_EQ(c->failed, 0);
    CHECK(c->served > 0);
}

#endif
