/* SPDX-License-Identifier: MIT */
/* tls.c: see tls.h. */
#include "tls.h"

#include "options.h"

#include <edo/blocking.h>
#include <edo/error.h>
#include <edo/log.h>
#include <edo/scope.h>
#include <edo/signal.h>
#include <edo/tls.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>

/* A file that cannot be read is told by its name alone: adds why. */
static int tls_fail(int err) {
    char file[EDO_TRAIL_TEXT_MAX];
    const edo_trail_entry *last = err < 0 ? edo_trail_find(err) : NULL;
    if (!last || err == -EDO_ECERT || err == -EINVAL) return err;
    (void)snprintf(file, sizeof file, "%s", last->text);
    edo_trail_clear();
    return edo_fail(err, "%s: %s", file, edo_strerror(err));
}

int tls_open(edo_tls_server **out, const options *o, const char *alpn) {
    *out = NULL;
    if (!o->tls_cert && !o->tls_key && !o->tcp_tls) return 0;
    if (!o->tls_cert || !o->tls_key)
        return edo_fail(-EINVAL, o->tcp_tls ? "--tcp-tls needs --tls-cert and --tls-key"
                                            : "--tls-cert and --tls-key go together");
    return tls_fail(edo_tls_server_new(
        out, &(edo_tls_server_opts){ .cert = o->tls_cert, .key = o->tls_key, .alpn = alpn }));
}

void tls_close(edo_tls_server *tls) {
    edo_tls_server_unref(tls);
}

int tls_accept(edo_stream **peer, edo_tls_server *tls) {
    edo_stream *below = *peer;
    *peer = NULL;
    return edo_tls_accept(peer, below, tls);
}

int tls_connect(edo_stream **out, const char *address, const edo_tcp_opts *tcp, const char *ca) {
    edo_tls_client *trust;
    int err = edo_tls_client_new(&trust, &(edo_tls_client_opts){ .roots = ca });
    if (err == -ENOENT) return edo_fail(-EDO_ECERT, "there is no file %s", ca);
    if (err < 0) return err;
    err = edo_tls_connect(out, address, trust, &(edo_tls_connect_opts){ .tcp = tcp });
    edo_tls_client_unref(trust);
    return err;
}

static int reload(void *tls) {
    return edo_tls_server_reload(tls);
}

static int renew_on_hangup(void *tls) {
    edo_signal *hangup;
    int err = edo_signal_listen(&hangup, SIGHUP);
    if (err < 0) return err;
    while ((err = edo_signal_recv(hangup)) == 0 &&
           (err = edo_blocking(reload, tls)) != -ECANCELED) {
        char why[512];
        if (err == 0) continue;
        (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
        edo_warn("the old certificate goes on: %s", why);
        edo_trail_clear();
    }
    edo_signal_close(hangup);
    return err;
}

static int renew_on_change(void *tls) {
    return edo_tls_server_watch(tls);
}

int tls_renew(void *tls) {
    EDO_SCOPE(ways, NULL);
    edo_scope_spawn(&ways, renew_on_hangup, tls);
    edo_scope_spawn(&ways, renew_on_change, tls);
    return edo_scope_end(&ways, 0);
}
