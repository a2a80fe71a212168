/* SPDX-License-Identifier: MIT */
/* edo-grpc-interop-client: one case of gRPC's interop tests against a server.
 *
 *     edo-grpc-interop-client --server_host=localhost --server_port=10000 --test_case=ping_pong
 *
 * Status 0: it was passed; 1: not, and standard error says why. */
#include "cases.h"
#include "options.h"

#include <edo/edo.h>
#include <edo/web_compress.h>

#include <stdio.h>

static int interop_run(const options *o, site *s, case_fn *run) {
    int err = edo_grpc_channel_new(&s->ch, edo_str_of(s->target), &s->opts);
    if (err < 0) return err;
    err = run(s);
    edo_grpc_channel_unref(s->ch);
    return edo_fail(err, "%s", o->test_case);
}

static int interop_main(void *arg) {
    const options *o = arg;
    struct edo_tls_client *tls;
    bool is_compressed = false;
    char target[300];
    case_fn *run = case_named(o->test_case, &is_compressed);
    if (!run) return edo_fail(-EINVAL, "no such case: %s", o->test_case);
    (void)snprintf(target, sizeof target, "%s:%s", o->host, o->port);
    int err = options_tls(&tls, o);
    if (err < 0) return err;
    site s = { .target = target,
               .soak_n = o->soak_n,
               .opts = { .tls = tls,
                         .tls_name = tls ? o->host_override : NULL,
                         .send_codings = is_compressed ? EDO_CODING_GZIP : 0,
                         .accept_codings = EDO_CODING_GZIP | EDO_CODING_DEFLATE } };
    err = interop_run(o, &s, run);
    options_tls_end(tls);
    return err;
}

int main(int argc, char **argv) {
    options o;
    int status = options_parse(&o, argc, argv);
    return status >= 0 ? status : edo_main(interop_main, &o);
}
