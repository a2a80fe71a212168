/* SPDX-License-Identifier: MIT */
/* client/service/service.c: a client as a service whose requests go to one place. */
#include "base/text/login.h"
#include "client/client.h"

#include <edo/error.h>
#include <edo/http_client.h>
#include <edo/uri.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct client_service {
    edo_service base;
    edo_http_client *client;
    edo_str url; /* owned */
} client_service;

static client_service *client_service_of(edo_service *base) {
    return (client_service *)(void *)base;
}

#define URL_USUAL 256 /* bytes of a URL that needs no memory */

static int client_service_send(const client_service *self, const edo_http_request *req,
                               edo_http_response **out) {
    char room[URL_USUAL];
    edo_http_request now = *req;
    if (req->target.len == 0 || req->target.ptr[0] != '/') return -EINVAL;
    now.target = (edo_str){ NULL, 0 };
    now.url.len = self->url.len + req->target.len;
    char *url = now.url.len <= sizeof room ? room : malloc(now.url.len);
    if (!url) return -ENOMEM;
    memcpy(mempcpy(url, self->url.ptr, self->url.len), req->target.ptr, req->target.len);
    now.url.ptr = url;
    int err = edo_http_client_send(self->client, out, &now);
    if (url != room) free(url);
    return err;
}

static int client_service_call(edo_service *base, edo_permit *permit, void *request,
                               void *response) {
    const client_service *self = client_service_of(base);
    const edo_http_request *req = request;
    (void)permit;
    if (req->url.len > 0) return edo_http_client_send(self->client, response, req);
    return client_service_send(self, req, response);
}

static void client_service_deinit(edo_service *base) {
    client_service *self = client_service_of(base);
    edo_http_client_unref(self->client);
    free((void *)(uintptr_t)self->url.ptr);
}

static const edo_service_ops client_service_ops = { .name = "edo_http_client",
                                                    .call = client_service_call,
                                                    .deinit = client_service_deinit,
                                                    .kind = EDOI_CLIENT_KIND };

static bool is_base(edo_str base) {
    edo_uri u;
    return base.len > 0 && edo_uri_parse(&u, base) == 0 && u.host.len > 0 && !u.query.ptr &&
           !u.fragment.ptr && base.ptr[base.len - 1] != '/';
}

int edo_http_client_service(edo_service **out, edo_http_client *c, const char *base) {
    edo_str url = edo_str_of(base);
    const edo_str shown = edoi_behind_login(url);
    if (!is_base(url))
        return edo_fail(-EINVAL, "\"%.256s\" is no URL to put a path behind", shown.ptr);
    char *copy = strdup(base);
    if (!copy) return -ENOMEM;
    int err = edo_service_new(out, sizeof(client_service), &client_service_ops, NULL);
    if (err < 0) {
        free(copy);
        return err;
    }
    client_service_of(*out)->client = edo_http_client_ref(c);
    client_service_of(*out)->url = (edo_str){ copy, url.len };
    return 0;
}
