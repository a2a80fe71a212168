/* SPDX-License-Identifier: MIT */
/* edo/tls_name.h: the name of the server that a client of TLS asks for (SNI), before anything is
 * done about TLS: for a program that passes connections on by it, and has no certificate.
 *
 *     edo_buf_reader in;
 *     char name[EDO_TLS_NAME_MAX + 1];
 *     int err = edo_buf_reader_init(&in, client, NULL);
 *     if (err == 0) err = edo_peek_tls_name(&in, name);  // with a limit: see edo/scope.h
 *     if (err == 0) err = edo_tcp_connect(&server, address_of(name), NULL);
 *     if (err == 0) err = edo_copy_both(edo_buf_reader_stream(&in), server, NULL);
 *
 * The name is what a stranger wrote, in clear, and proves nothing. With Encrypted Client Hello it
 * is that of the front. A server that does TLS itself, and has several configurations, chooses one
 * of them by `choose` of edo/tls.h.
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: one at a time.   Since: 0.1   Spec: RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3 */
#ifndef EDO_TLS_NAME_H
#define EDO_TLS_NAME_H

#include <edo/buf_io.h>

EDO_BEGIN_DECLS

#define EDO_TLS_NAME_MAX       255   /* bytes of a name */
#define EDO_TLS_NAME_HELLO_MAX 16384 /* bytes of a hello, without the heads of its records */

/** Waits for a client's hello, and finds the name in it: in lower case, without a dot at its end,
 * and with a NUL behind it. It has none of the bytes that no name of a host has: blanks, controls,
 * NUL, and what is not ASCII. A client that asks for no name, as for an address in numbers, gives
 * an empty one. The hello stays in the reader.
 * Owns:    `name` is as it was after a failure.
 * Errors:  -EPROTO        it does not begin as TLS does, or lies in more than 64 records
 *          -EBADMSG       a hello that is not well formed, or has another name than such a one
 *          -EDO_ETOOLONG  the hello is longer than EDO_TLS_NAME_HELLO_MAX, or than the reader
 *                         holds: one of the defaults holds 8194 bytes, with the heads of the
 *                         records; `line_max` of its options is for more
 *          -EDO_EEOF      the input ends before
 *          else as edo_fill()
 * Cancel: safe: bytes that were read stay in the reader.   Waits: for the whole hello. */
EDO_MUST_USE EDO_API int edo_peek_tls_name(edo_buf_reader *self, char name[EDO_TLS_NAME_MAX + 1]);

EDO_END_DECLS

#endif
