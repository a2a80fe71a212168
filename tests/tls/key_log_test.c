/* SPDX-License-Identifier: MIT */
/* Goal: secrets of connections are written where a program asks for it, and nowhere else, in the
 * form that others read.
 * Method: logs of both ends of one connection, which must be the same; SSLKEYLOGFILE is set. */
#include "tls_support.h"

#include <sys/stat.h>

#define LOG_MAX 8192

static void read_log(char text[LOG_MAX], const char *path) {
    FILE *f = fopen(path, "re");
    CHECK(f != NULL);
    size_t n = fread(text, 1, LOG_MAX - 1, f);
    text[n] = '\0';
    (void)fclose(f);
}

static bool is_hex(const char *at, size_t n) {
    return strspn(at, "0123456789abcdef") >= n;
}

/* A line is a label, 32 bytes of the client's, and the secret. Returns how many there are. */
static int check_lines(const char *text) {
    int n = 0;
    for (const char *line = text; *line; n++) {
        size_t label = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
        size_t secret = strcspn(line, "\n") - label - 66;
        CHECK(label > 0 && line[label] == ' ' && is_hex(line + label + 1, 64));
        CHECK(line[label + 65] == ' ' && is_hex(line + label + 66, secret));
        CHECK(secret == 64 || secret == 96);
        line += label + 66 + secret;
        CHECK(*line == '\n');
        line++;
    }
    return n;
}

/* Both ends know the same secrets, in an order of their own. */
static void check_same_lines(const char *one, const char *other) {
    char line[512];
    CHECK_EQ(strlen(one), strlen(other));
    for (; *one; one += strlen(line)) {
        (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(one, "\n") + 1, one);
        CHECK(strstr(other, line) != NULL);
    }
}

typedef struct logged {
    edo_tls_version version;
    int lines;
    const char *label;
} logged;

static int logs(void *arg) {
    const logged *row = arg;
    char server_text[LOG_MAX], client_text[LOG_MAX];
    folder files = folder_make();
    const char *server_log = folder_put(&files, "server.log", "");
    const char *client_log = folder_put(&files, "client.log", "");
    const char *other = folder_put(&files, "other.log", "");
    CHECK(remove(server_log) == 0 && remove(client_log) == 0);
    CHECK_EQ(setenv("SSLKEYLOGFILE", other, 1), 0);
    ends e = ends_make((edo_tls_server_opts){ .key_log = server_log },
                       (edo_tls_client_opts){ .key_log = client_log, .version_max = row->version });
    CHECK(!comes_back(&e, HOST));
    read_log(server_text, server_log);
    read_log(client_text, client_log);
    CHECK_EQ(check_lines(client_text), row->lines);
    CHECK_EQ(check_lines(server_text), row->lines);
    CHECK(strstr(client_text, row->label) != NULL);
    check_same_lines(client_text, server_text);
    CHECK_EQ(edo_tls_server_reload(e.server), 0);
    CHECK(comes_back(&e, HOST)); // it is appended
    read_log(client_text, client_log);
    CHECK(check_lines(client_text) > row->lines);
    read_log(server_text, server_log);
    CHECK(check_lines(server_text) > row->lines);
    ends_free(&e);

    e = ends_make((edo_tls_server_opts){ .cert = NULL }, (edo_tls_client_opts){ .roots = NULL });
    CHECK(!comes_back(&e, HOST));
    ends_free(&e);
    read_log(client_text, other);
    CHECK_EQ(client_text[0], '\0'); // nobody has asked for that one
    struct stat st;
    CHECK_EQ(stat(client_log, &st), 0);
    CHECK_EQ(st.st_mode & 0777, 0600);
    CHECK_EQ(unsetenv("SSLKEYLOGFILE"), 0);
    folder_free(&files);
    return 0;
}

static void secrets_are_logged_only_where_a_program_asks(void **state) {
    (void)state;
    static const logged rows[] = { { EDO_TLS_1_2, 1, "CLIENT_RANDOM " },
                                   { EDO_TLS_1_3, 5, "CLIENT_TRAFFIC_SECRET_0 " } };
    for (size_t i = 0; i < EDO_COUNT(rows); i++)
        assert_int_equal(inside(logs, (void *)(uintptr_t)&rows[i]), 0);
}

static void log_that_cannot_be_opened_is_an_error(void **state) {
    (void)state;
    edo_tls_client *client;
    assert_int_equal(edo_tls_client_new(&client, &(edo_tls_client_opts){ .key_log = "/nowhere/x" }),
                     -ENOENT);
    edo_trail_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_logged_only_where_a_program_asks),
        cmocka_unit_test(log_that_cannot_be_opened_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
