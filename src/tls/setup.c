/* SPDX-License-Identifier: MIT */
/* tls/setup.c: see setup.h. */
#include "tls/setup.h"

#include "base/files/open.h"
#include "tls/stream/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define EDO_TARGET "tls"
#include <edo/log.h>

#define FILE_MAX   ((size_t)1 << 20)
#define READ_BYTES ((size_t)16 << 10)
#define PIPE_MS    5000 /* for what comes next from a pipe */

/* ECDHE with AEAD; those of TLS 1.3 all are. */
#define SUITES_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"
/* TLS 1.3 has finite fields, too: one share of ffdhe8192 takes 40 ms of a thread, and a client need
 * not compute anything for it. */
#define GROUPS      "X25519:P-256:P-384:P-521"
#define FIPS_GROUPS "P-256:P-384:P-521" /* what a provider without X25519 has */

/* ---- Times ----------------------------------------------------------------------------------- */

int64_t edoi_tls_wall_s(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now); // it cannot fail
    return now.tv_sec;
}

bool edoi_tls_wall_of(int64_t *out, const ASN1_TIME *t) {
    int days = 0, seconds = 0;
    if (ASN1_TIME_diff(&days, &seconds, NULL, t) != 1) return false;
    *out = edoi_tls_wall_s() + (int64_t)days * 86400 + seconds;
    return true;
}

/* ---- Files ----------------------------------------------------------------------------------- */

/* A pipe has bytes that somebody writes, as that of a shell's <(...) does. */
static int setup_look_at(int fd, struct stat *st) {
    if (fstat(fd, st) < 0) return -errno;
    if (S_ISREG(st->st_mode)) return st->st_size < 0 || (size_t)st->st_size > FILE_MAX ? -EFBIG : 0;
    if (S_ISDIR(st->st_mode)) return -EISDIR;
    if (!S_ISFIFO(st->st_mode)) return edo_fail(-EINVAL, "it is neither a file nor a pipe");
    return edoi_pipe_is_written(fd) ? 0 : edo_fail(-EINVAL, "it is a pipe that nobody writes");
}

/* Reads as read(2). A writer of a pipe that stays silent is waited for PIPE_MS. */
static ssize_t setup_read(int fd, bool is_pipe, char *to, size_t n) {
    struct pollfd wait = { .fd = fd, .events = POLLIN };
    int found = is_pipe ? poll(&wait, 1, PIPE_MS) : 1;
    ssize_t got = found > 0 ? read(fd, to, n) : found;
    if (found == 0) return edo_fail(-ETIMEDOUT, "nothing more comes from the pipe");
    return got < 0 ? -errno : got;
}

int edoi_tls_read_file(edo_buf *out, const char *name) {
    struct stat st;
    int fd = edoi_open_unheld(name, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0);
    if (fd < 0) return edo_fail(fd, "%s", name);
    int err = setup_look_at(fd, &st);
    const bool is_pipe = err == 0 && S_ISFIFO(st.st_mode);
    // in one piece: what grows leaves copies, which nobody wipes
    if (err == 0) err = edo_buf_reserve(out, is_pipe ? READ_BYTES : (size_t)st.st_size + 1);
    for (ssize_t n = 1; n > 0 && err == 0;) {
        if (out->len == out->cap &&
            (err = out->len < FILE_MAX ? edo_buf_reserve(out, READ_BYTES) : -EFBIG) < 0)
            break;
        n = setup_read(fd, is_pipe, out->ptr + out->len, out->cap - out->len);
        if (n > 0) out->len += (size_t)n;
        if (n < 0 && n != -EINTR) err = (int)n;
        if (n < 0 && err == 0) n = 1;
    }
    (void)close(fd);
    if (err < 0 && out->len > 0) OPENSSL_cleanse(out->ptr, out->len);
    if (err < 0) edo_buf_deinit(out);
    return err < 0 ? edo_fail(err, "%s", name) : 0;
}

void edoi_tls_warn_of_others(const char *name, const char *what) {
    struct stat st;
    if (stat(name, &st) == 0 && st.st_mode & S_IROTH)
        edo_warn("%s: everybody on this machine may read %s", name, what);
}

static BIO *pem_bio(edo_str text) {
    return BIO_new_mem_buf(text.len > 0 ? text.ptr : "", (int)text.len);
}

/* Does it begin as DER does, a SEQUENCE? A text in PEM may, too, before its first certificate. */
static bool bio_has_der(BIO *bio) {
    static const char pem[] = "-----BEGIN ";
    char *text;
    long n = BIO_get_mem_data(bio, &text);
    return n > 0 && text[0] == 0x30 && !memmem(text, (size_t)n, pem, sizeof pem - 1);
}

/* A BIO over what `name` holds, or over `text` if there is no name. `kept` has the bytes, which may
 * be a key: pem_end() wipes them. */
static int pem_begin(BIO **out, edo_buf *kept, const char *name, edo_str text) {
    *kept = (edo_buf){ 0 };
    int err = name ? edoi_tls_read_file(kept, name) : 0;
    if (err < 0) return err;
    edo_str from = name ? (edo_str){ kept->ptr, kept->len } : text;
    if (from.len == 0) return edo_fail(-EDO_ECERT, "%s is empty", name ? name : "a text in PEM");
    *out = pem_bio(from);
    return *out ? 0 : -ENOMEM;
}

static void pem_end(BIO *bio, edo_buf *kept) {
    BIO_free(bio);
    if (kept->len > 0) OPENSSL_cleanse(kept->ptr, kept->len);
    edo_buf_deinit(kept);
}

/* No pass phrase is asked for at a terminal. */
static int pem_no_phrase(char *text, int room, int writes, void *arg) {
    (void)text;
    (void)room;
    (void)writes;
    (void)arg;
    return 0;
}

/* Has the last read of PEM failed only because nothing is left? */
static bool pem_is_over(void) {
    unsigned long e = ERR_peek_last_error();
    bool is = ERR_GET_LIB(e) == ERR_LIB_PEM && ERR_GET_REASON(e) == PEM_R_NO_START_LINE;
    if (is) ERR_clear_error();
    return is;
}

/* ---- Pairs ----------------------------------------------------------------------------------- */

const char *edoi_tls_pair_name(const edo_tls_pair *pair) {
    return pair->cert ? pair->cert : "the certificate given as a text";
}

static int pair_fault(const char *what, const char *name) {
    char line[EDO_TRAIL_TEXT_MAX];
    (void)snprintf(line, sizeof line, "%s: %s", name, what);
    return edoi_tls_setup_fault(-EDO_ECERT, line);
}

/* Refuses a pair whose leaf certificate has expired: else each client would refuse it later. */
static int pair_check_time(X509 *leaf, const char *name) {
    int left = X509_cmp_current_time(X509_get0_notAfter(leaf));
    if (left > 0) return 0;
    if (left == 0) return -ENOMEM; // it was parsed, so nothing else fails
    return edo_fail(edoi_tls_cert_fault(X509_V_ERR_CERT_HAS_EXPIRED, leaf, NULL), "%s", name);
}

static int chain_push(STACK_OF(X509) * chain, X509 *cert) {
    if (sk_X509_push(chain, cert) > 0) return 0;
    X509_free(cert);
    return -ENOMEM;
}

/* One after the other. */
static int chain_read_der(STACK_OF(X509) * chain, BIO *bio, const char *name) {
    char *text;
    long n = BIO_get_mem_data(bio, &text);
    const unsigned char *at = (const unsigned char *)text, *end = at + n;
    int err = 0;
    while (err == 0 && at < end) {
        X509 *cert = d2i_X509(NULL, &at, end - at);
        err = cert ? chain_push(chain, cert) : pair_fault("no certificate in DER", name);
    }
    return err;
}

static int chain_read_pem(STACK_OF(X509) * chain, BIO *bio, const char *name) {
    X509 *cert;
    int err = 0;
    while (err == 0 && (cert = PEM_read_bio_X509(bio, NULL, pem_no_phrase, NULL)))
        err = chain_push(chain, cert);
    if (err == 0 && !pem_is_over()) err = pair_fault("no certificate in PEM", name);
    return err;
}

/* Reads the chain, leaf first. */
static int pair_read_chain(STACK_OF(X509) * chain, const edo_tls_pair *pair) {
    const char *name = edoi_tls_pair_name(pair);
    edo_buf kept;
    BIO *bio = NULL;
    int err = pem_begin(&bio, &kept, pair->cert, pair->cert_pem);
    if (err == 0)
        err =
            bio_has_der(bio) ? chain_read_der(chain, bio, name) : chain_read_pem(chain, bio, name);
    if (err == 0 && sk_X509_num(chain) == 0)
        err = pair_fault("there is no certificate in it", name);
    pem_end(bio, &kept);
    return err;
}

static int pair_read_key(EVP_PKEY **key, const edo_tls_pair *pair) {
    const char *name = pair->key ? pair->key : pair->key_pem.len > 0 ? NULL : pair->cert;
    edo_str text = pair->key || pair->key_pem.len > 0 ? pair->key_pem : pair->cert_pem;
    edo_buf kept;
    BIO *bio = NULL;
    int err = pem_begin(&bio, &kept, name, text);
    if (err == 0) {
        *key = bio_has_der(bio) ? d2i_PrivateKey_bio(bio, NULL)
                                : PEM_read_bio_PrivateKey(bio, NULL, pem_no_phrase, NULL);
        if (*key && name) edoi_tls_warn_of_others(name, "this key");
        if (!*key) err = pair_fault("no key without a pass phrase", name ? name : "the key");
    }
    pem_end(bio, &kept);
    return err;
}

static int pair_use(SSL_CTX *ctx, STACK_OF(X509) * chain, EVP_PKEY *key, const char *name) {
    X509 *leaf = sk_X509_shift(chain);
    int err = pair_check_time(leaf, name);
    if (err == 0 && X509_check_private_key(leaf, key) != 1)
        err = pair_fault("the key belongs to another certificate", name);
    if (err == 0 && SSL_CTX_use_cert_and_key(ctx, leaf, key, chain, 1) != 1)
        err = pair_fault("it cannot be used", name);
    X509_free(leaf);
    return err;
}

int edoi_tls_pair_add(SSL_CTX *ctx, const edo_tls_pair *pair) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    EVP_PKEY *key = NULL;
    ERR_clear_error();
    int err = chain ? pair_read_chain(chain, pair) : -ENOMEM;
    if (err == 0) err = pair_read_key(&key, pair);
    if (err == 0) err = pair_use(ctx, chain, key, edoi_tls_pair_name(pair));
    EVP_PKEY_free(key);
    sk_X509_pop_free(chain, X509_free);
    return err;
}

/* ---- Roots ----------------------------------------------------------------------------------- */

static int root_add(X509_STORE *store, X509 *cert) {
    int ok = X509_STORE_add_cert(store, cert); // one that is there already is no failure
    X509_free(cert);
    return ok == 1 ? 0 : -ENOMEM;
}

int edoi_tls_roots_add(X509_STORE *store, edo_str pem, const char *name) {
    BIO *bio = pem_bio(pem);
    int n = 0, err = bio ? 0 : -ENOMEM;
    ERR_clear_error();
    for (X509 *cert; err == 0 && (cert = PEM_read_bio_X509_AUX(bio, NULL, pem_no_phrase, NULL));
         n++)
        err = root_add(store, cert);
    if (err == 0 && !pem_is_over()) err = pair_fault("not certificates in PEM", name);
    if (err == 0 && n == 0) err = pair_fault("there is no certificate in it", name);
    BIO_free(bio);
    return err;
}

/* ---- Lists of revoked certificates ----------------------------------------------------------- */

static int crl_add(X509_STORE *store, X509_CRL *crl) {
    int ok = X509_STORE_add_crl(store, crl);
    X509_CRL_free(crl);
    return ok == 1 ? 0 : -ENOMEM;
}

int edoi_tls_crls_add(X509_STORE *store, edo_str pem, const char *name) {
    BIO *bio = pem_bio(pem);
    int n = 0, err = bio ? 0 : -ENOMEM;
    ERR_clear_error();
    for (X509_CRL *crl; err == 0 && (crl = PEM_read_bio_X509_CRL(bio, NULL, pem_no_phrase, NULL));
         n++)
        err = crl_add(store, crl);
    if (err == 0 && !pem_is_over()) err = pair_fault("not lists in PEM", name);
    if (err == 0 && n == 0)
        err = pair_fault("there is no list of revoked certificates in it", name);
    BIO_free(bio);
    (void)X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return err;
}

bool edoi_tls_may_lack_crl(X509_STORE_CTX *store) {
    bool may = X509_STORE_CTX_get_error(store) == X509_V_ERR_UNABLE_TO_GET_CRL &&
               X509_STORE_CTX_get_error_depth(store) > 0;
    if (may) X509_STORE_CTX_set_error(store, X509_V_OK);
    return may;
}

/* ---- Contexts -------------------------------------------------------------------------------- */

int edoi_tls_alpn_parse(edoi_tls_alpn *out, const char *text) {
    *out = (edoi_tls_alpn){ 0 };
    if (!text) return 0;
    size_t n = strlen(text);
    unsigned char *wire = OPENSSL_malloc(n + 1);
    if (!wire) return -ENOMEM;
    for (size_t at = 0; at <= n;) {
        size_t name = strcspn(text + at, ",");
        if (name == 0 || name > UINT8_MAX) {
            OPENSSL_free(wire);
            return edo_fail(-EINVAL, "ALPN: a protocol has 1 to 255 bytes");
        }
        wire[at] = (unsigned char)name;
        memcpy(wire + at + 1, text + at, name);
        at += name + 1;
    }
    *out = (edoi_tls_alpn){ wire, (unsigned)n + 1 };
    return 0;
}

static bool version_is_known(edo_tls_version v) {
    return v == EDO_TLS_ANY || v == EDO_TLS_1_2 || v == EDO_TLS_1_3;
}

static bool set_groups(SSL_CTX *ctx) {
    char all[] = GROUPS, fips[] = FIPS_GROUPS; // OpenSSL's macro takes the const away
    return SSL_CTX_set1_groups_list(ctx, all) == 1 || SSL_CTX_set1_groups_list(ctx, fips) == 1;
}

int edoi_tls_ctx_new(SSL_CTX **out, const SSL_METHOD *method, const edoi_tls_limits *limits) {
    if (!version_is_known(limits->min) || !version_is_known(limits->max))
        return edo_fail(-EINVAL, "version_min or version_max");
    int least = limits->min == EDO_TLS_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    int most = limits->max == EDO_TLS_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION;
    if (least > most) return edo_fail(-EINVAL, "version_min is above version_max");
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx) return edoi_tls_setup_fault(-ENOMEM, "a context of OpenSSL");
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF); // a system may set it
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_security_level(ctx, 2); // 112 bits: no SHA-1, no RSA below 2048
    bool is_done = SSL_CTX_set_min_proto_version(ctx, least) == 1 &&
                   SSL_CTX_set_max_proto_version(ctx, most) == 1 &&
                   SSL_CTX_set_cipher_list(ctx, SUITES_1_2) == 1 && set_groups(ctx);
    if (!is_done) {
        SSL_CTX_free(ctx);
        return edoi_tls_setup_fault(-EINVAL, "versions, suites and groups");
    }
    *out = ctx;
    return 0;
}
