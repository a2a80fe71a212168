/* SPDX-License-Identifier: MIT */
/* edo/password.h: slow hashes of passwords, for services that have accounts. In libedo-web.
 *
 *     char hash[EDO_PASSWORD_HASH_BYTES];
 *     int err = edo_password_hash(hash, form.password, NULL);       // at the sign-up: keep `hash`
 *     …
 *     err = edo_password_check(account.hash, form.password);        // at a login: 0, or -EACCES
 *
 * A hash is slow and takes memory on purpose, so that whoever has got hold of the table of accounts
 * tries few passwords a second: scrypt (RFC 7914), by default with 32 MiB, in a few tenths of a
 * second. It is made on a thread of the compute pool, which has one for each core, so other
 * requests go on, and no more memory is taken than for that many at once. A layer that limits rates
 * around the login (edo_http_rate_layer()) keeps strangers from the cores.
 *
 * The text says how it was made, "$scrypt$ln=15,r=8,p=3$salt$hash", as passlib and others read and
 * write it; so the costs of new ones may change, and those that are there are still checked.
 *
 * Unless a function says otherwise:
 * Cancel:  safe: a job that has begun is awaited.
 * Threads: any, at once.   Waits: for a thread of the compute pool, and for the hash.   Since: 0.1 */
#ifndef EDO_PASSWORD_H
#define EDO_PASSWORD_H

#include <edo/base.h>

EDO_BEGIN_DECLS

#define EDO_PASSWORD_HASH_BYTES 128 /* of a hash as text, with its NUL */

/* What a hash costs. All zero is the default. */
typedef struct edo_password_opts {
    uint32_t log2_n;      /* memory and time double with each: 2^log2_n * r * 128 bytes; 0: 15;
                             at most 20 */
    uint32_t r;           /* 0: 8; at most 32 */
    uint32_t p;           /* times, one after the other; 0: 3; at most 16 */
    uint64_t reserved[2]; /* must be 0 */
} edo_password_opts;

/** Makes the hash of a password, with a salt of its own, as text.
 * Owns:    borrows `password` and `opts` (may be NULL) until it returns. `hash` is as it was after a
 *          failure.
 * Errors:  -EINVAL   costs beyond the limits, or more than 256 MiB;  a reserved field is not 0
 *          -ENOTSUP  the library was built without libcrypto
 *          -ENOMEM; those of getrandom(2) and edo_compute() */
EDO_MUST_USE EDO_API int edo_password_hash(char hash[EDO_PASSWORD_HASH_BYTES], const char *password,
                                           const edo_password_opts *opts);

/** Is it the password of this hash? An empty `hash` stands for nobody: no password is right, and it
 * takes as long as one of the default costs, so that a login does not tell which names there are.
 * How long it takes does not tell how much of the hash is right.
 * Owns:    borrows both until it returns.
 * Errors:  -EACCES   it is not
 *          -EBADMSG  `hash` is no hash of scrypt, or one whose costs are beyond the limits
 *          -ENOTSUP; -ENOMEM; those of edo_compute() */
EDO_MUST_USE EDO_API int edo_password_check(const char *hash, const char *password);

EDO_END_DECLS

#endif
