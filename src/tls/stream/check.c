/* SPDX-License-Identifier: MIT */
/* tls/stream/check.c: walks a TLS stream, and asserts that its parts fit together. */
#include "tls/stream/tls.h"

static bool has_no_idle_memory(const edo_buf *b) {
    return (b->len > 0) == (b->ptr != NULL);
}

void edoi_tls_check(const edoi_tls *self) {
    EDO_INV("tls inv. 1", self->fresh.len == 0);
    EDO_INV("tls inv. 2", !self->is_flushing || self->going.len > 0);
    EDO_INV("tls inv. 5", has_no_idle_memory(&self->going));
    EDO_INV("tls inv. 5", has_no_idle_memory(&self->next));
    EDO_INV("tls inv. 6", self->write_err <= 0 && self->read_err <= 1);
    EDO_INV("tls inv. 6", self->write_err < 0 || (!self->is_broken && !self->said_end));
    EDO_INV("tls inv. 6", self->read_err < 0 || self->read_fault == 0);
}
