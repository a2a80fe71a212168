/* SPDX-License-Identifier: MIT */
/* tls/stream/bio.c: OpenSSL's way to a stream's ciphertext: both directions are memory. */
#include "tls/stream/tls.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

static int bio_write(BIO *bio, const char *bytes, size_t n, size_t *done) {
    edoi_tls *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    if (edo_buf_append(&self->next, bytes, n) < 0) { // OpenSSL ends the connection
        ERR_raise(ERR_LIB_BIO, ERR_R_MALLOC_FAILURE);
        return -1;
    }
    *done = n;
    return 1;
}

static size_t bio_take_in(edoi_tls *self, char *bytes, size_t n) {
    if (n > self->in.len) n = self->in.len;
    memcpy(bytes, self->in.ptr, n);
    edo_buf_advance(&self->in, n);
    if (self->in.len == 0) edo_buf_deinit(&self->in); // an idle connection has no buffer
    return n;
}

static size_t bio_take_fresh(edoi_tls *self, char *bytes, size_t n) {
    if (n > self->fresh.len) n = self->fresh.len;
    if (n == 0) return 0;
    memcpy(bytes, self->fresh.ptr, n);
    self->fresh = (edo_str){ self->fresh.ptr + n, self->fresh.len - n };
    return n;
}

static int bio_read(BIO *bio, char *bytes, size_t n, size_t *done) {
    edoi_tls *self = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *done = self->in.len > 0 ? bio_take_in(self, bytes, n) : bio_take_fresh(self, bytes, n);
    if (*done > 0) return 1;
    if (!self->in_ended) BIO_set_retry_read(bio);
    return self->in_ended ? 0 : -1;
}

static long bio_ctrl(BIO *bio, int what, long number, void *arg) {
    const edoi_tls *self = BIO_get_data(bio);
    (void)number;
    (void)arg;
    switch (what) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return self->in_ended && self->in.len + self->fresh.len == 0;
    case BIO_CTRL_PENDING: return (long)(self->in.len + self->fresh.len);
    case BIO_CTRL_WPENDING: return (long)self->next.len;
    default: return 0;
    }
}

static pthread_once_t bio_once = PTHREAD_ONCE_INIT;
static BIO_METHOD *bio_method; /* NULL: no memory; lives as long as the program */

static void make_method(void) {
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "edo stream");
    if (!m) return;
    (void)BIO_meth_set_write_ex(m, bio_write);
    (void)BIO_meth_set_read_ex(m, bio_read);
    (void)BIO_meth_set_ctrl(m, bio_ctrl);
    bio_method = m;
}

int edoi_tls_bio_attach(edoi_tls *self) {
    (void)pthread_once(&bio_once, make_method);
    BIO *bio = bio_method ? BIO_new(bio_method) : NULL;
    if (!bio) return -ENOMEM;
    BIO_set_data(bio, self);
    BIO_set_init(bio, 1);
    SSL_set_bio(self->ssl, bio, bio); // takes the one reference
    return 0;
}
