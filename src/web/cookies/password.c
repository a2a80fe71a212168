/* SPDX-License-Identifier: MIT */
/* web/cookies/password.c: see edo/password.h. The text is that of the PHC string format, with
 * base64 without padding. */
#include <edo/password.h>

#include "base/opts.h"
#include "web/cookies/crypto.h"

#include <edo/compute.h>
#include <edo/error.h>
#include <edo/random.h>
#include <edo/str.h>

#include <errno.h>
#include <stdio.h>

#define SALT_BYTES   16u
#define HASH_BYTES   32u
#define MEMORY_MAX   (UINT64_C(256) << 20)
#define LOG2_N       15u
#define LOG2_N_MAX   20u
#define BLOCKS       8u
#define BLOCKS_MAX   32u
#define REPEATED     3u
#define REPEATED_MAX 16u

/* One hash to be made. */
typedef struct password_job {
    uint32_t log2_n, r, p;
    edo_str password;
    unsigned char salt[SALT_BYTES], hash[HASH_BYTES];
} password_job;

static bool password_job_is_good(const password_job *j) {
    return j->log2_n >= 1 && j->log2_n <= LOG2_N_MAX && j->r >= 1 && j->r <= BLOCKS_MAX &&
           j->p >= 1 && j->p <= REPEATED_MAX && j->log2_n < 16 * j->r && // RFC 7914 section 2
           (UINT64_C(128) << j->log2_n) * j->r <= MEMORY_MAX;
}

/* On a thread of the compute pool. */
static int password_job_run(void *arg) {
    password_job *j = arg;
    return edoi_scrypt(j->hash, sizeof j->hash, j->password,
                       (edo_str){ (const char *)j->salt, sizeof j->salt }, j->log2_n, j->r, j->p);
}

static int password_job_make(password_job *j) {
    return edoi_crypto_is_there() ? edo_compute(password_job_run, j)
                                  : edo_fail(-ENOTSUP, "edo was built without libcrypto");
}

/* ---- As text --------------------------------------------------------------------------------- */

/* Appends bytes as base64 without its padding. */
static int append_base64(edo_buf *to, const unsigned char *bytes, size_t n) {
    int err = edo_base64_encode((edo_str){ (const char *)bytes, n }, to);
    while (err == 0 && to->len > 0 && to->ptr[to->len - 1] == '=') to->len--;
    return err;
}

static int password_job_print(const password_job *j, char text[EDO_PASSWORD_HASH_BYTES]) {
    edo_buf b = { 0 };
    int err = edo_buf_printf(&b, "$scrypt$ln=%u,r=%u,p=%u$", j->log2_n, j->r, j->p);
    if (err >= 0) err = append_base64(&b, j->salt, sizeof j->salt);
    if (err == 0) err = edo_buf_append(&b, "$", 1);
    if (err == 0) err = append_base64(&b, j->hash, sizeof j->hash);
    if (err == 0) (void)snprintf(text, EDO_PASSWORD_HASH_BYTES, "%.*s", (int)b.len, b.ptr);
    edo_buf_deinit(&b);
    return err;
}

/* Takes "ln=15" and a comma behind it off the text. */
static int take_cost(uint32_t *cost, edo_str *text, edo_str name) {
    uint64_t n;
    if (!edo_str_skip(text, name) || edo_str_uint(&n, edo_str_cut(text, ',')) < 0 || n > UINT32_MAX)
        return -EBADMSG;
    *cost = (uint32_t)n;
    return 0;
}

/* Reads base64 without padding of exactly `n` bytes. */
static int read_base64(unsigned char *bytes, size_t n, edo_str text) {
    edo_buf padded = { 0 }, read = { 0 };
    bool is_padded = text.len > 0 && text.ptr[text.len - 1] == '=';
    int err = text.len > 0 && !is_padded ? edo_buf_append(&padded, text.ptr, text.len) : -EBADMSG;
    while (err == 0 && padded.len % 4 != 0) err = edo_buf_append(&padded, "=", 1);
    if (err == 0) err = edo_base64_decode(edo_buf_str(&padded), EDO_BASE64_STRICT, &read);
    if (err == 0 && read.len == n)
        memcpy(bytes, read.ptr, n);
    else if (err != -ENOMEM)
        err = -EBADMSG;
    edo_buf_deinit(&padded);
    edo_buf_deinit(&read);
    return err;
}

static int password_job_parse(password_job *j, edo_str text) {
    if (!edo_str_skip(&text, EDO_STR("$scrypt$"))) return -EBADMSG;
    edo_str costs = edo_str_cut(&text, '$'), salt = edo_str_cut(&text, '$');
    int err = take_cost(&j->log2_n, &costs, EDO_STR("ln="));
    if (err == 0) err = take_cost(&j->r, &costs, EDO_STR("r="));
    if (err == 0) err = take_cost(&j->p, &costs, EDO_STR("p="));
    if (err == 0 && (costs.len > 0 || !password_job_is_good(j))) err = -EBADMSG;
    if (err == 0) err = read_base64(j->salt, sizeof j->salt, salt);
    if (err == 0) err = read_base64(j->hash, sizeof j->hash, text);
    return err;
}

/* ---- The functions --------------------------------------------------------------------------- */

int edo_password_hash(char hash[EDO_PASSWORD_HASH_BYTES], const char *password,
                      const edo_password_opts *opts) {
    static const edo_password_opts defaults = { .log2_n = 0 };
    if (!opts) opts = &defaults;
    password_job j = { .log2_n = opts->log2_n ? opts->log2_n : LOG2_N,
                       .r = opts->r ? opts->r : BLOCKS,
                       .p = opts->p ? opts->p : REPEATED,
                       .password = edo_str_of(password) };
    if (!edoi_all_zero(opts->reserved, EDO_COUNT(opts->reserved)) || !password_job_is_good(&j))
        return edo_fail(-EINVAL, "costs of a password's hash");
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = edo_random(j.salt, sizeof j.salt);
    if (err == 0) err = password_job_make(&j);
    return err < 0 ? err : password_job_print(&j, hash);
}

int edo_password_check(const char *hash, const char *password) {
    const bool is_nobodys = hash[0] == '\0';
    unsigned char wanted[HASH_BYTES];
    password_job j = {
        .log2_n = LOG2_N, .r = BLOCKS, .p = REPEATED, .password = edo_str_of(password)
    };
    int err = edo_budget_consume();
    if (err < 0) return err;
    err = is_nobodys ? 0 : password_job_parse(&j, edo_str_of(hash));
    if (err < 0) return edo_fail(err, "the hash of a password");
    memcpy(wanted, j.hash, sizeof wanted);
    err = password_job_make(&j);
    if (err < 0) return err;
    edo_str is = { (const char *)j.hash, HASH_BYTES };
    edo_str should = { (const char *)wanted, HASH_BYTES };
    return !is_nobodys && edo_str_equal_secret(is, should) ? 0 : -EACCES;
}
