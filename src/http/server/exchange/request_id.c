/* SPDX-License-Identifier: MIT */
/* http/server/exchange/request_id.c: the id of a request. */
#include <edo/http_server.h>

#include <errno.h>

static const edo_ext_tag id_tag = { .name = "edo_request_id" };

edo_str edo_request_id(const edo_request *req) {
    const edo_str *id = edo_ext_get(&req->ext, &id_tag);
    return id ? *id : EDO_STR("");
}

int edo_request_set_id(edo_request *req, edo_str id) {
    edo_str *kept = edo_arena_alloc(req->arena, sizeof *kept);
    if (!kept) return -ENOMEM;
    *kept = id;
    return edo_ext_set(&req->ext, &id_tag, kept);
}
