/* SPDX-License-Identifier: MIT */
/* Goal: what libpq says of a connection that could not be made has its code, whatever the language
 * of the server; what is not understood has one of its own, and is not "refused".
 * Method: a table of its messages, as PQERRORS_VERBOSE has them. */
#include "pg/conn/fault.h"

#include <edo/error.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define AT "connection to server at \"127.0.0.1\", port 5432 failed: "

typedef struct message_row {
    const char *message;
    int code;
    const char *sqlstate; /* NULL: none */
    const char *shown;    /* in the trail; NULL: all of it */
} message_row;

static const message_row rows[] = {
    { AT "Connection refused\n\tIs the server running on that host and accepting TCP/IP"
         " connections?\n",
      -ECONNREFUSED, NULL,
      AT "Connection refused  Is the server running on that host and accepting TCP/IP"
         " connections?" },
    { "connection to server at \"password.example\", port 1 failed: Network is unreachable\n"
      "\tIs the server running on that host and accepting TCP/IP connections?\n",
      -ECONNREFUSED, NULL, "Network is unreachable" },
    { "connection to server on socket \"/nowhere/.s.PGSQL.5432\" failed: No such file or "
      "directory\n"
      "\tIs the server running locally and accepting connections on that socket?\n",
      -ECONNREFUSED, NULL, "No such file" },
    { AT "server closed the connection unexpectedly\n\tThis probably means the server terminated"
         " abnormally\n\tbefore or while processing the request.\n",
      -ECONNREFUSED, NULL, "server closed" },
    { AT "FATAL:  3D000: database \"x\" does not exist\nLOCATION:  InitPostgres, postinit.c:885\n",
      -EDO_ESQL, "3D000", AT "FATAL:  database \"x\" does not exist" },
    { AT "\xd0\x92\xd0\x90\xd0\x96\xd0\x9d\xd0\x95:  28P01: \xd0\xbf\n", -EDO_ESQL, "28P01",
      "\xd0\x95:  \xd0\xbf" },
    { AT "SCHWERWIEGEND:  53300: zu viele\nHINT:  weniger\nLOCATION:  F, p.c:1\n", -EDO_ESQL,
      "53300", "SCHWERWIEGEND:  zu viele HINT:  weniger" },
    { AT "FATAL:  no such user\n", -EDO_ESQL, NULL, "no such user" },
    { AT "fe_sendauth: no password supplied\n", -EDO_ESQL, NULL, "no password" },
    { AT "session is not read-only\n", -EDO_ESQL, NULL, "session is" },
    { AT "SSL error: certificate verify failed\n", -EDO_ECERT, NULL, "certificate verify" },
    { AT "server certificate for \"a\" does not match host name \"b\"\n", -EDO_ECERT, NULL,
      "does not match" },
    { AT "server does not support SSL, but SSL was required\n", -EDO_ETLS, NULL, "SSL" },
    { "could not create socket: Too many open files\n", -EMFILE, NULL, "Too many" },
    { AT "out of memory\n", -ENOMEM, NULL, "out of memory" },
    { AT "expected authentication request from server, but received H\n", -EPROTO, NULL,
      "but received H" },
    { "Verbindung zum Server auf \xc2\xbb"
      "127.0.0.1\xc2\xab fehlgeschlagen\n",
      -EPROTO, NULL, "fehlgeschlagen" },
    { AT "a colon:  of another kind: x\n", -EPROTO, NULL, "of another kind" },
    { "", -ECONNREFUSED, NULL, "no connection could be made" },
};

static void words_have_their_code(void **state) {
    (void)state;
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        char text[1024];
        assert_int_equal(edoi_pg_fail_words(rows[i].message), rows[i].code);
        (void)edo_trail_print_text(text, sizeof text, rows[i].code, EDO_TRAIL_LINE);
        assert_null(strstr(text, "LOCATION"));
        if (!rows[i].sqlstate) assert_null(edo_pg_get_error());
        if (rows[i].sqlstate) assert_string_equal(edo_pg_get_error()->sqlstate, rows[i].sqlstate);
        const edo_trail_entry *entry = edo_trail_find(rows[i].code);
        assert_non_null(entry);
        assert_non_null(strstr(entry->text, rows[i].shown));
        edo_trail_clear();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_their_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
