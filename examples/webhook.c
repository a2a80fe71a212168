/* SPDX-License-Identifier: MIT */
/* webhook.c: tells a URL that something has happened: a POST of JSON, again after a failure that
 * may pass, with pauses that grow.
 *
 *     webhook [--private] URL KIND NUMBER
 *
 * A POST that failed may have been carried out. So each attempt has the same Idempotency-Key, by
 * which the receiver knows that it has seen the event. The URL is one of a stranger: without
 * --private only public addresses are connected to, and redirects are not followed. The event is
 * not signed. */
#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/retry.h>
#include <edo/uuid.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 4

typedef struct event {
    edo_str kind;
    int64_t number;
} event;
EDO_DESCRIBE(event, EDO_FIELD(event, kind), EDO_FIELD(event, number))

typedef struct delivery {
    edo_str url;
    event event;
    bool is_private;
    edo_http_client *client;
    edo_headers headers;
    edo_status status; /* of the last response; 0: there was none */
} delivery;

/* One attempt: a status above 299 is a failure, redirects included. */
static int deliver_once(void *arg) {
    delivery *d = arg;
    edo_http_response *res;
    const edo_fetch_opts o = { .client = d->client,
                               .headers = &d->headers,
                               .json = &d->event,
                               .json_desc = &event_desc,
                               .timeout = edo_s(10),
                               .any_status = true };
    d->status = 0;
    int err = edo_fetch(&res, d->url, &o);
    if (err < 0) return err;
    d->status = res->status;
    edo_http_response_free(res);
    return d->status < 300 ? 0 : edo_fail(-EDO_ESTATUS, "status %u", (unsigned)d->status);
}

/* Other responses below 500 will not change, and neither will what `.allow` has refused. */
static bool may_pass(void *arg, int err, edo_duration *pause) {
    const delivery *d = arg;
    (void)pause;
    if (err == -EDO_ESTATUS) return d->status >= 500 || d->status == 429 || d->status == 408;
    return err != -EACCES && err != -EINVAL && err != -ENOTSUP && err != -ENOMEM;
}

static int deliver(delivery *d) {
    char key[EDO_UUID_BYTES];
    const edo_retry_opts again = { .attempts = ATTEMPTS,
                                   .backoff = { .pause_min = edo_ms(200), .pause_max = edo_s(30) },
                                   .retry_if = may_pass };
    edo_headers_init(&d->headers);
    int err =
        edo_headers_set_named(&d->headers, EDO_STR("Idempotency-Key"), edo_str_of(edo_uuid(key)));
    if (err == 0) err = edo_retry(deliver_once, d, &again);
    edo_headers_deinit(&d->headers);
    return err;
}

static int root(void *arg) {
    delivery *d = arg;
    // A proxy would connect where it likes: it is for --private only.
    const edo_http_client_opts opts = { .allow = d->is_private ? NULL : edo_http_allow_public,
                                        .proxy = d->is_private ? NULL : "",
                                        .redirects_max = EDO_HTTP_NO_REDIRECTS };
    int err = edo_http_client_new(&d->client, &opts);
    if (err < 0) return err;
    err = deliver(d);
    edo_http_client_unref(d->client);
    if (err == 0) printf("delivered\n");
    return err;
}

int main(int argc, char **argv) {
    bool is_private = argc == 5 && strcmp(argv[1], "--private") == 0;
    if (argc != 4 && !is_private) return 2;
    char **args = argv + (is_private ? 2 : 1);
    delivery d = { .url = edo_str_of(args[0]),
                   .event = { edo_str_of(args[1]), strtoll(args[2], NULL, 10) },
                   .is_private = is_private };
    return edo_main(root, &d);
}
