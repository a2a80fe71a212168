/* SPDX-License-Identifier: MIT */
/* slow.c: three tasks ask a service for a price, and it does not reply. With a limit, .timeout of
 * edo_fetch_opts, they would go on without. */
#include "faulty.h"

#include <edo/edo.h>
#include <edo/http_client.h>
#include <edo/net.h>

#include <stdio.h>

static char url[64];

static int price(void *arg) {
    edo_http_response *got;
    (void)arg;
    int err = edo_fetch(&got, edo_str_of(url), NULL);
    if (err == 0) edo_http_response_free(got);
    return err;
}

int slow(void *arg) {
    edo_listener *deaf; // its queue takes connections, and nobody takes them from there
    (void)arg;
    int err = edo_tcp_listen(&deaf, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/price", (unsigned)edo_listener_port(deaf));
    EDO_SCOPE(s, NULL);
    for (int i = 0; i < 3; i++) edo_scope_spawn(&s, price, NULL);
    err = edo_scope_end(&s, 0);
    edo_listener_close(deaf);
    return err;
}
