/* SPDX-License-Identifier: MIT */
/* otlp_shop.c: a service whose spans, lines and numbers go to a collector of OpenTelemetry, where
 * the environment names one.
 *
 *     OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318 otlp_shop 127.0.0.1:8080
 *     curl http://127.0.0.1:8080/goods/12
 *     curl http://127.0.0.1:8080/goods/13 */
#include <edo/edo.h>
#include <edo/otlp.h>
#include <edo/web.h>
#include <edo/web_layers.h>

#define EDO_TARGET "shop"
#include <edo/span.h>

#include <errno.h>

static edo_counter *looked;

/* One is missing: its span ends with that. */
static int find(int64_t number) {
    EDO_FN_SPAN(EDO_KV("number", number));
    edo_counter_add(looked, 1);
    int err = edo_sleep(edo_ms(1)); // asks a database
    if (err == 0 && number == 13) err = -ENOENT;
    if (err < 0) edo_warn_kv("nothing is there", EDO_KV("number", number));
    return EDO_RET(err);
}

typedef struct wish {
    int64_t number;
} wish;
EDO_DESCRIBE(wish, EDO_FIELD(wish, number))

static int show(edo_web *w) {
    wish v = { 0 };
    int err = edo_web_params(w, &v, &wish_desc);
    if (err < 0) return err;
    err = find(v.number);
    if (err == -ENOENT) return edo_web_reply_problem(w, EDO_STATUS_NOT_FOUND, "no such goods");
    return err < 0 ? err : edo_web_reply_json(w, EDO_STATUS_OK, &v, &wish_desc);
}

static int serve(edo_metrics *numbers, const char *address) {
    EDO_OTLP(otlp, &(edo_otlp_opts){ .service_name = "shop", .metrics = numbers });
    edo_router *r = edo_router_new();
    edo_router_get(r, "/goods/{number}", show);
    edo_router_wrap(r, edo_traceparent_layer(NULL));
    return edo_web_serve(r, &(edo_web_opts){ .listen = address, .announce = true });
}

static int app(void *address) {
    edo_metrics *numbers;
    int err = edo_metrics_new(&numbers, NULL);
    if (err < 0) return err;
    edo_gauge *goods = NULL;
    err = edo_counter_new(&looked, numbers, "shop.looks", NULL);
    if (err == 0) err = edo_gauge_new(&goods, numbers, "shop.goods", NULL);
    if (err == 0) edo_gauge_set(goods, 12);
    if (err == 0) err = serve(numbers, address ? address : "127.0.0.1:8080");
    edo_metrics_free(numbers);
    return err;
}

int main(int argc, char **argv) {
    return edo_main(app, argc > 1 ? argv[1] : NULL);
}
