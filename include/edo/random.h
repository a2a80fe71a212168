/* SPDX-License-Identifier: MIT */
/* edo/random.h: bytes that nobody can guess, from the system: for keys, tokens and salts.
 *
 *     unsigned char secret[16];
 *     char token[2 * sizeof secret + 1];
 *     int err = edo_random(secret, sizeof secret);
 *     if (err == 0) (void)edo_hex_encode(token, (edo_str){ (const char *)secret, sizeof secret });
 *
 * A name that only has to differ from others is made by edo/uuid.h. */
#ifndef EDO_RANDOM_H
#define EDO_RANDOM_H

#include <edo/base.h>

#include <stddef.h>

EDO_BEGIN_DECLS

/** Fills `n` bytes from the system's random numbers, by getrandom(2): all of them, also if a signal
 * comes meanwhile. In a world of edo/sim.h they follow from its seed.
 * Errors:  those of getrandom(2), and there is nothing else to draw from: `to` must not be used.
 *          -ENOSYS  the kernel has no such call
 *          -EPERM   a filter of system calls forbids it, perhaps by another code
 * Threads: any, at once.   Waits: never, but early in a system's boot for its random bytes.
 * Since:   0.1 */
EDO_MUST_USE EDO_API int edo_random(void *to, size_t n);

EDO_END_DECLS

#endif
