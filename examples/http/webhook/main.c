/* SPDX-License-Identifier: MIT */
/* webhook: tells a URL that something has happened: a signed POST of JSON, again after a failure
 * that may pass, with pauses that grow; and the receiver of such requests.
 *
 *     export WEBHOOK_SECRET=whsec_$(openssl rand -base64 32)
 *     webhook --receive 127.0.0.1:8080
 *     webhook [--private] http://127.0.0.1:8080/hook KIND NUMBER
 *
 * By the signature the receiver knows that the event is from somebody with the secret, and as it
 * was sent. A POST that failed may have been carried out: so each attempt has the same webhook-id,
 * which is also its Idempotency-Key. The URL is one of a stranger: without --private only public
 * addresses are connected to, and redirects are not followed. */
#include "event.h"
#include "receive.h"
#include "signature.h"

#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/json.h>
#include <edo/retry.h>
#include <edo/uuid.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ATTEMPTS 4

typedef struct delivery {
    edo_str url;
    event event;
    bool is_private;
    const char *receives_at; /* NULL: an event is told */
    edo_buf key, body;
    char id[EDO_UUID_BYTES];
    edo_http_client *client;
    edo_headers headers;
    edo_status status; /* of the last response; 0: there was none */
} delivery;

/* Each attempt is of its own time, so that a receiver may refuse what somebody else sends again
 * later. */
static int sign(delivery *d) {
    char at[24];
    edo_buf signature = { 0 };
    (void)snprintf(at, sizeof at, "%lld", (long long)time(NULL));
    int err = signature_append(&signature, edo_buf_str(&d->key), edo_str_of(d->id), edo_str_of(at),
                               edo_buf_str(&d->body));
    if (err == 0)
        err = edo_headers_set_named(&d->headers, EDO_STR("webhook-timestamp"), edo_str_of(at));
    if (err == 0)
        err = edo_headers_set_named(&d->headers, EDO_STR("webhook-signature"),
                                    edo_buf_str(&signature));
    edo_buf_deinit(&signature);
    return err;
}

/* One attempt: a status above 299 is a failure, redirects included. */
static int deliver_once(void *arg) {
    delivery *d = arg;
    edo_http_response *res = NULL;
    const edo_fetch_opts o = { .client = d->client,
                               .headers = &d->headers,
                               .data = edo_buf_str(&d->body), // the bytes that are signed
                               .type = EDO_STR("application/json"),
                               .timeout = edo_s(10),
                               .any_status = true };
    d->status = 0;
    int err = sign(d);
    if (err == 0) err = edo_fetch(&res, d->url, &o);
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
    const edo_retry_opts again = { .attempts = ATTEMPTS,
                                   .backoff = { .pause_min = edo_ms(200), .pause_max = edo_s(30) },
                                   .retry_if = may_pass };
    edo_str id = edo_str_of(edo_uuid(d->id));
    edo_headers_init(&d->headers);
    int err = edo_json_encode(&d->body, &d->event, &event_desc);
    if (err == 0) err = edo_headers_set_named(&d->headers, EDO_STR("webhook-id"), id);
    if (err == 0) err = edo_headers_set_named(&d->headers, EDO_STR("Idempotency-Key"), id);
    if (err == 0) err = edo_retry(deliver_once, d, &again);
    edo_headers_deinit(&d->headers);
    edo_buf_deinit(&d->body);
    return err;
}

static int tell(delivery *d) {
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

static int root(void *arg) {
    delivery *d = arg;
    int err = signature_read_key(&d->key, getenv("WEBHOOK_SECRET"));
    if (err < 0)
        err = edo_fail(err, "WEBHOOK_SECRET is not whsec_ and 24 to 64 bytes in base64");
    else
        err = d->receives_at ? receive_events(d->receives_at, edo_buf_str(&d->key)) : tell(d);
    if (err != -ETIMEDOUT) edo_buf_deinit(&d->key); // else a request of the receiver may go on
    return err;
}

int main(int argc, char **argv) {
    static delivery d;
    if (argc == 3 && strcmp(argv[1], "--receive") == 0) {
        d.receives_at = argv[2];
    } else {
        d.is_private = argc == 5 && strcmp(argv[1], "--private") == 0;
        if (argc != 4 && !d.is_private) return 2;
        char **args = argv + (d.is_private ? 2 : 1);
        d.url = edo_str_of(args[0]);
        d.event = (event){ edo_str_of(args[1]), strtoll(args[2], NULL, 10) };
    }
    return edo_main_with(root, &d, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
