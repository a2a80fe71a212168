/* SPDX-License-Identifier: MIT */
/* grpc/transcode/request.h: a message out of the path, the query and the body of a request. */
#ifndef EDOI_GRPC_TRANSCODE_REQUEST_H
#define EDOI_GRPC_TRANSCODE_REQUEST_H

#include "grpc/transcode/template.h"

#include <edo/grpc.h>

typedef struct edoi_transcode_request {
    const edo_grpc_binding *binding;
    const edoi_template *template;
    edo_str path, query; /* as they were sent */
    edo_str body;        /* of bindings that have one; JSON */
} edoi_transcode_request;

/* Fills the struct at `out`: what the body says, then the query, then the path. Parameters of the
 * query that are no field are passed over. Returns 0; -EDO_EJSON: some part is not valid, the trail
 * says which; -EINVAL: broken percent encoding; -ENOENT: it is another path; as
 * edo_protobuf_json_decode(). */
EDO_MUST_USE int edoi_transcode_read(const edoi_transcode_request *r, void *out,
                                     const edo_desc *desc, edo_arena *arena);

/* Has the message a field of that name, with dots? */
bool edoi_transcode_has_field(const edo_desc *desc, edo_str path);

/* Appends the member of a message in JSON that the field `name` of the struct is, null or an empty
 * list if it is not there. Returns 0, or as edo_json_value_parse(). */
EDO_MUST_USE int edoi_transcode_pick(edo_buf *out, edo_str json, const edo_desc *desc,
                                     const char *name);

#endif
