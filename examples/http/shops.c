/* SPDX-License-Identifier: MIT */
/* shops.c: asks for a price in one of several shops, which come and go: calls are spread, one that
 * is down or hangs is left out, and a call that fails is made again elsewhere.
 *
 *     shops shop 127.0.0.1:8081 Ann           a shop
 *     shops 127.0.0.1:8080 shops.txt          the page; the shops are the lines of the file
 *     shops 127.0.0.1:8080 shop.internal:8081 the shops are the addresses of the name */
#include <edo/balance.h>
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/layers.h>
#include <edo/web.h>

#include <stdio.h>
#include <string.h>

static int main_with(edo_task_fn *fn, void *arg) {
    return edo_main_with(fn, arg, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}

/* ---- A shop ---------------------------------------------------------------------------------- */

static int sell(edo_web *w) {
    char text[64];
    (void)snprintf(text, sizeof text, "%s: 9\n", (const char *)edo_web_state(w));
    return edo_web_reply_text(w, EDO_STATUS_OK, text);
}

static int shop(void *arg) {
    char **args = arg;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/price/{item}", sell);
    return edo_web_serve(r,
                         &(edo_web_opts){ .listen = args[0], .state = args[1], .announce = true });
}

/* ---- The page -------------------------------------------------------------------------------- */

static int price(edo_web *w) {
    edo_http_response *res;
    edo_stream *out;
    edo_http_request ask = { .target = edo_web_path(w) };
    int err = edo_service_oneshot(edo_web_state(w), &ask, &res);
    if (err < 0) return edo_fail(err, "asking a shop");
    err = edo_web_reply_stream(w, &out, res->status, "text/plain");
    if (err == 0) err = edo_copy(out, res->body, NULL);
    edo_http_response_free(res);
    return err;
}

/* A name has a port; what else there is names a file. */
static edo_seq *shops_of(const char *text) {
    return strchr(text, ':') ? edo_discover_dns(text, NULL) : edo_discover_file(text);
}

/* Each attempt picks a shop of its own, and has half a second. */
static int make_shops(edo_service **out, const char *where) {
    edo_stack around;
    int err = edo_balance_service_new(
        out, shops_of(where), edo_http_client_make, NULL, NULL,
        &(edo_balance_opts){ .load = EDO_LOAD_PEAK_EWMA,
                             .outlier = { .failures = 5, .rest = edo_s(2) } });
    if (err < 0) return err;
    edo_stack_init(&around);
    edo_stack_push(&around, edo_timeout_layer(edo_s(5))); // all attempts together
    edo_stack_push(&around, edo_retry_layer(&(edo_retry_layer_opts){
                                .attempts = 6, .backoff = { .pause_min = edo_ms(10) } }));
    edo_stack_push(&around, edo_timeout_layer(edo_ms(500)));
    err = edo_stack_build(out, &around, *out);
    edo_stack_deinit(&around);
    return err;
}

static int page(void *arg) {
    char **args = arg;
    edo_service *shops;
    int err = make_shops(&shops, args[1]);
    if (err < 0) return err;
    edo_router *r = edo_router_new();
    edo_router_get(r, "/price/{item}", price);
    err = edo_web_serve(r, &(edo_web_opts){ .listen = args[0], .state = shops, .announce = true });
    edo_service_unref(shops);
    return err;
}

int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "shop") == 0) return main_with(shop, argv + 2);
    return argc == 3 ? main_with(page, argv + 1) : 2;
}
