/* SPDX-License-Identifier: MIT */
/* edo/test_client.h: what a client has sent and got, in a file of JSON, one exchange after the
 * other: a test that calls a service plays them without the service. In libedo-client.
 *
 *     EDO_TEST_OK(edo_test_cassette_new(&tape, "tests/offer.json", NULL));
 *     edo_stack_push(&around, edo_test_cassette_layer(tape));   // `.layers` of the client
 *     …
 *     EDO_TEST_OK(edo_test_cassette_save(tape));                // if it records
 *     assert_int_equal(edo_test_cassette_left(tape), 0);        // all was asked for
 *     edo_test_cassette_free(tape);                             // after the client
 *
 * With EDO_TEST_RECORD=1 in the environment the requests go on to the service, and the file is
 * written anew. It has of a request its method, its URL without user and password, and its body,
 * unless that is a stream; of a response its status, fields and body, decoded. Fields of requests,
 * Set-Cookie, and fields that are marked sensitive are not in it: look for other secrets yourself
 * before you keep it.
 *
 * When it plays, a request gets the first exchange that is not used yet with its method, URL and
 * body. One that is not there fails with -ENOENT, and a line of the trail that says what was asked
 * for, and what the file has instead. Redirects are inside of an exchange, attempts are not.
 *
 * Unless a function says otherwise:
 * Since: 0.1 */
#ifndef EDO_TEST_CLIENT_H
#define EDO_TEST_CLIENT_H

#include <edo/service.h>

EDO_BEGIN_DECLS

/* The file, played or recorded. */
typedef struct edo_test_cassette edo_test_cassette;

/* Options; all zero is the default. */
typedef struct edo_test_cassette_opts {
    bool records;         /* as EDO_TEST_RECORD=1 */
    uint64_t body_max;    /* bytes of a response that is recorded; 0: 64 MiB */
    uint64_t reserved[4]; /* must be 0 */
} edo_test_cassette_opts;

/** Reads the file `path`, unless it records. `opts` may be NULL.
 * Owns:    copies its arguments; returns new in `*out`: edo_test_cassette_free().
 * Errors:  as edo_fs_read_to_string() and edo_json_decode();  -EINVAL  an option;  -ENOMEM
 * Cancel: safe.   Threads: any, at once.   Waits: for the file. */
EDO_MUST_USE EDO_API int edo_test_cassette_new(edo_test_cassette **out, const char *path,
                                               const edo_test_cassette_opts *opts);

/** The layer for a client: the innermost one, as a rule.
 * Owns:    borrows `c` until the client has ended.
 * Errors:  of a call: -ENOENT  it is not on the cassette;  -EMSGSIZE  the body is longer than
 *          `body_max`;  -ENOMEM; else those of the client
 * Threads: any, at once.   Waits: as the client, if it records. */
EDO_MUST_USE EDO_API edo_layer edo_test_cassette_layer(edo_test_cassette *c);

/** Returns how many exchanges of the file were not asked for; 0 if it records.
 * Threads: any, at once.   Waits: never. */
EDO_API size_t edo_test_cassette_left(edo_test_cassette *c);

/** Writes the file, if it records; else nothing happens.
 * Errors:  as edo_fs_write_all();  -ENOMEM
 * Cancel: not safe: a part may have been written.   Threads: any, at once.
 * Waits:   for the file. */
EDO_MUST_USE EDO_API int edo_test_cassette_save(edo_test_cassette *c);

/** Ends the cassette, without writing. NULL is allowed.
 * Owns: takes `c`.   Threads: any, once.   Waits: never. */
EDO_API void edo_test_cassette_free(edo_test_cassette *c);

EDO_END_DECLS

#endif
