/* SPDX-License-Identifier: MIT */
/* grpc/server/check.c: walks a call of a server, and asserts that its parts fit together. */
#include "base/assert.h"
#include "grpc/server/server.h"

void edoi_grpc_server_check(const edoi_grpc_server_call *c) {
    const edo_grpc_call *call = &c->call;
    const bool is_coded = call->coding_out != EDOI_CODING_NONE;
    EDO_INV("server inv. 1", !c->out || !c->has_written);
    EDO_INV("server inv. 1", call->is_open || (!c->out && !c->has_written));
    EDO_INV("server inv. 2", c->has_written == (c->written.ptr != NULL));
    EDO_INV("server inv. 2", !c->is_coded || (c->has_written && is_coded));
    EDO_INV("server inv. 3", !c->is_torn || c->out);
    EDO_INV("server inv. 4", !c->has_read || !call->reader.from);
    EDO_INV("server inv. 5", call->failed == 0 || call->failed == edo_grpc_error_of(call->status));
}
