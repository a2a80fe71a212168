/* SPDX-License-Identifier: MIT */
/* tls/tickets.c: see tickets.h. */
#include "tls/tickets.h"

#include "tls/setup.h"
#include "tls/stream/fault.h"

#include <edo/time.h>

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

#define KEY_BYTES 80u
#define NAME_N    16u
#define KEYS_MAX  8u /* of a file */
#define MAKES     edo_hours(6)

typedef struct ticket_key {
    unsigned char name[NAME_N], hmac[32], aes[32];
} ticket_key;

_Static_assert(sizeof(ticket_key) == KEY_BYTES, "a key lies in a file as it lies here");

struct edoi_tls_tickets {
    pthread_mutex_t mu;
    ticket_key keys[KEYS_MAX]; /* lock: mu; the first makes tickets */
    size_t n;                  /* lock: mu */
    bool is_own;               /* const: made here, so they rotate */
    edo_instant since[2];      /* lock: mu; is_own: when each was made */
};

/* ---- Keys ------------------------------------------------------------------------------------ */

static void tickets_deinit(void *arg) {
    edoi_tls_tickets *self = arg;
    OPENSSL_cleanse(self->keys, sizeof self->keys);
    (void)pthread_mutex_destroy(&self->mu);
}

static int tickets_read(edoi_tls_tickets *self, const char *file) {
    edo_buf bytes = { 0 };
    int err = edoi_tls_read_file(&bytes, file);
    if (err < 0) return err;
    if (bytes.len == 0 || bytes.len % KEY_BYTES != 0 || bytes.len > sizeof self->keys)
        err = edo_fail(-EINVAL, "%s: not 1 to %u keys of %u bytes", file, KEYS_MAX, KEY_BYTES);
    if (err == 0) memcpy(self->keys, bytes.ptr, bytes.len);
    if (err == 0) edoi_tls_warn_of_others(file, "these keys");
    self->n = bytes.len / KEY_BYTES;
    OPENSSL_cleanse(bytes.ptr, bytes.len);
    edo_buf_deinit(&bytes);
    return err;
}

static int tickets_make_first(edoi_tls_tickets *self) {
    self->since[0] = edo_now();
    unsigned char *key = (unsigned char *)&self->keys[0];
    return RAND_bytes(key, KEY_BYTES) == 1 ? 0 : edoi_tls_setup_fault(-EIO, "random bytes");
}

int edoi_tls_tickets_new(edoi_tls_tickets **out, const char *file) {
    edoi_tls_tickets *self = edo_rc_new(sizeof *self, tickets_deinit);
    if (!self) return -ENOMEM;
    *self = (edoi_tls_tickets){ .n = 1, .is_own = !file };
    (void)pthread_mutex_init(&self->mu, NULL);
    int err = file ? tickets_read(self, file) : tickets_make_first(self);
    if (err < 0) {
        edo_rc_unref(self);
        return err;
    }
    *out = self;
    return 0;
}

/* Called with `mu` held. Without random bytes the old key goes on. */
static void tickets_rotate(edoi_tls_tickets *self) {
    if (!self->is_own) return;
    edo_instant now = edo_now(), since = self->since[0];
    if (edo_instant_since(now, since).ns >= MAKES.ns) {
        ticket_key old = self->keys[0];
        if (tickets_make_first(self) < 0) {
            self->keys[0] = old;
            self->since[0] = since;
        } else {
            self->keys[1] = old;
            self->since[1] = since;
            self->n = 2;
        }
        OPENSSL_cleanse(&old, sizeof old);
    }
    if (self->n == 2 && edo_instant_since(now, self->since[1]).ns >= 2 * MAKES.ns) {
        OPENSSL_cleanse(&self->keys[1], sizeof self->keys[1]);
        self->n = 1;
    }
}

/* Returns the place of the key of that name, or -1. Called with `mu` held. */
static int tickets_find(const edoi_tls_tickets *self, const unsigned char *name) {
    for (size_t i = 0; i < self->n; i++)
        if (memcmp(self->keys[i].name, name, NAME_N) == 0) return (int)i;
    return -1;
}

/* ---- Tickets --------------------------------------------------------------------------------- */

static int ticket_key_begin(const ticket_key *key, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                            EVP_MAC_CTX *mac, int makes) {
    char sha256[] = "SHA256";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)(uintptr_t)key->hmac,
                                          sizeof key->hmac),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_MAC_CTX_set_params(mac, params) != 1) return -1;
    return EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), NULL, key->aes, iv, makes) == 1 ? 1 : -1;
}

/* OpenSSL asks for a key: to make a ticket, or for one that a client has. Returns 1; 2 if a new
 * ticket is to be made; 0 if the key is not there any more; or -1. */
static int tickets_on_key(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
                          EVP_MAC_CTX *mac, int makes) {
    edoi_tls_tickets *self = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    if (makes && RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
    (void)pthread_mutex_lock(&self->mu);
    tickets_rotate(self);
    int at = makes ? 0 : tickets_find(self, name);
    ticket_key key = at >= 0 ? self->keys[at] : (ticket_key){ { 0 }, { 0 }, { 0 } };
    (void)pthread_mutex_unlock(&self->mu);
    if (makes) memcpy(name, key.name, NAME_N);
    int ok = at >= 0 ? ticket_key_begin(&key, iv, cipher, mac, makes) : 0;
    OPENSSL_cleanse(&key, sizeof key);
    bool is_used_up = !makes && (at > 0 || SSL_version(ssl) == TLS1_3_VERSION);
    return ok == 1 && is_used_up ? 2 : ok;
}

int edoi_tls_tickets_use(edoi_tls_tickets *self, SSL_CTX *ctx) {
    (void)SSL_CTX_set_timeout(ctx, 2 * MAKES.ns / 1000000000);     // that of the keys
    (void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF); // a ticket has all
    if (SSL_CTX_set_app_data(ctx, self) != 1 ||
        SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, tickets_on_key) != 1)
        return edoi_tls_setup_fault(-ENOMEM, "session tickets");
    return 0;
}
