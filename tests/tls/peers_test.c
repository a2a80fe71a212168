/* SPDX-License-Identifier: MIT */
/* Goal: programs that others have written speak TLS with both ends of edo's.
 * Method: openssl, stunnel, Node and Python as servers and as clients, with each version; what is
 * sent comes back, the end is orderly, and a second connection is a session resumed. A program that
 * is missing skips its tests. */
#include "others.h"

#include <edo/unix.h>
#include <unistd.h>

#define ROUNDS 20
#define PIECE  16000

typedef struct stage {
    authority ca;
    folder files;
    pair_texts pair;
    const char *roots, *cert, *key;
} stage;

static void stage_begin(stage *s) {
    *s = (stage){ .ca = authority_make("test authority"), .files = folder_make() };
    s->pair = pair_make(&(cert_opts){ .name = HOST, .issuer = &s->ca.ca });
    s->roots = folder_put(&s->files, "ca.pem", s->ca.pem);
    s->cert = folder_put(&s->files, "cert.pem", s->pair.cert);
    s->key = folder_put(&s->files, "key.pem", s->pair.key);
}

static void stage_end(stage *s) {
    pair_free(&s->pair);
    authority_free(&s->ca);
    folder_free(&s->files);
}

static bool is_installed(const char *program) {
    char text[512], *at = text;
    const char *path = getenv("PATH");
    (void)snprintf(text, sizeof text, "%s:/usr/sbin", path ? path : "/usr/bin:/bin");
    for (char *dir; (dir = strsep(&at, ":"));) {
        char file[768];
        (void)snprintf(file, sizeof file, "%s/%s", dir, program);
        if (access(file, X_OK) == 0) return true;
    }
    return false;
}

/* ---- Servers of others ----------------------------------------------------------------------- */

static const char node_server[] =
    "const tls = require('tls'), fs = require('fs'), [cert, key] = process.argv.slice(1);"
    "const s = tls.createServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) }, c => {"
    "    c.on('data', d => c.write(d)); c.on('end', () => c.end()); c.on('error', () => {}); });"
    "s.listen(0, '127.0.0.1', () => console.log('ACCEPT 127.0.0.1:' + s.address().port));";

static const char python_server[] =
    "import socket, ssl, sys\n"
    "c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    "c.load_cert_chain(sys.argv[1], sys.argv[2])\n"
    "l = socket.create_server(('127.0.0.1', 0))\n"
    "print('ACCEPT 127.0.0.1:%d' % l.getsockname()[1], flush=True)\n"
    "while True:\n"
    "    s = c.wrap_socket(l.accept()[0], server_side=True)\n"
    "    while d := s.recv(4096):\n"
    "        s.sendall(d)\n"
    "    s.unwrap()\n"
    "    s.close()\n";

typedef struct server_row {
    const char *program;
    const char *argv[16];    /* "CERT" and "KEY" stand for the files */
    size_t piece;            /* bytes that go at once */
    bool is_reversed;        /* it sends a line back from its end */
    edo_tls_version version; /* that it speaks at most */
} server_row;

static const server_row servers[] = {
    { "openssl",
      { "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "CERT", "-key", "KEY", "-rev" },
      60,
      true,
      EDO_TLS_1_3 },
    { "openssl",
      { "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "CERT", "-key", "KEY", "-rev",
        "-tls1_2" },
      60,
      true,
      EDO_TLS_1_2 },
    { "node", { "node", "-e", node_server, "CERT", "KEY" }, PIECE, false, EDO_TLS_1_3 },
    { "python3", { "python3", "-c", python_server, "CERT", "KEY" }, PIECE, false, EDO_TLS_1_3 },
};

/* Reads what the program prints up to the address that it accepts at. */
static void await_address(edo_stream *out, char address[32]) {
    char text[4096];
    size_t n = 0;
    for (;;) {
        int got = edo_read(out, text + n, sizeof text - 1 - n);
        if (got <= 0) edo_test_fail("it said only: %.*s", (int)n, text);
        n += (size_t)got;
        text[n] = '\0';
        const char *at = strstr(text, "ACCEPT ");
        if (at && strchr(at, '\n')) {
            (void)snprintf(address, 32, "%.*s", (int)strcspn(at + 7, "\r\n"), at + 7);
            return;
        }
    }
}

static int drains(void *arg) {
    char text[1024];
    while (edo_read(arg, text, sizeof text) > 0) {
    }
    edo_close(arg);
    return 0;
}

static edo_process *start_server(const server_row *row, const stage *s, char address[32]) {
    const char *argv[17] = { NULL };
    edo_process *p;
    for (size_t i = 0; row->argv[i]; i++) {
        argv[i] = row->argv[i];
        if (strcmp(argv[i], "CERT") == 0) argv[i] = s->cert;
        if (strcmp(argv[i], "KEY") == 0) argv[i] = s->key;
    }
    CHECK_EQ(edo_process_spawn(&p, argv,
                               &(edo_process_opts){ .in = EDO_STDIO_NULL,
                                                    .out = EDO_STDIO_PIPE,
                                                    .err = EDO_STDIO_OUT,
                                                    .kill_on_unref = true }),
             0);
    edo_stream *out = edo_process_stdout(p);
    await_address(out, address);
    CHECK_EQ(edo_spawn_detached(drains, out), 0);
    return p;
}

/* Sends a piece, and gets it back, several times. */
static void speak(edo_stream *c, size_t piece, bool is_reversed) {
    static char sent[PIECE], got[PIECE];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < piece; i++) sent[i] = (char)('a' + (i * 7 + (size_t)round) % 26);
        sent[piece - 1] = '\n';
        CHECK_EQ(edo_write_all(c, sent, piece), 0);
        CHECK_EQ(edo_read_exact(c, got, piece), 0);
        for (size_t i = 0; i < piece - 1; i++)
            CHECK_EQ(got[i], sent[is_reversed ? piece - 2 - i : i]);
    }
}

static void visit(const server_row *row, const char *address, edo_tls_client *tls, bool again) {
    edo_stream *c;
    edo_tls_info info;
    char byte;
    int err = edo_tls_connect(&c, address, tls, &(edo_tls_connect_opts){ .name = HOST });
    if (err < 0) {
        char said[1024];
        (void)edo_trail_print_text(said, sizeof said, err, EDO_TRAIL_LINE);
        edo_test_fail("%s: %s", row->program, said);
    }
    speak(c, row->piece, row->is_reversed);
    CHECK_EQ(edo_tls_get_info(c, &info), 0);
    CHECK_EQ(info.version, row->version);
    if (info.is_resumed != again) edo_test_fail("%s: resumed %d", row->program, info.is_resumed);
    CHECK_EQ(edo_shutdown(c), 0);
    if (!row->is_reversed) CHECK_EQ(edo_read(c, &byte, 1), 0); // openssl just closes
    edo_close(c);
}

static int visits_server(void *arg) {
    const server_row *row = arg;
    stage s;
    char address[32];
    edo_tls_client *tls;
    stage_begin(&s);
    edo_process *p = start_server(row, &s, address);
    CHECK_EQ(edo_tls_client_new(&tls, &(edo_tls_client_opts){ .roots = s.roots }), 0);
    visit(row, address, tls, false);
    visit(row, address, tls, true);
    edo_tls_client_unref(tls);
    CHECK(edo_process_kill(p) > 0);
    edo_process_unref(p);
    stage_end(&s);
    return 0;
}

static void need_installed(const char *program) {
    if (is_installed(program)) return;
    print_message("skipped: %s is not installed\n", program);
    skip();
}

static void visit_rows(const char *program) {
    need_installed(program);
    for (size_t i = 0; i < EDO_COUNT(servers); i++)
        if (strcmp(servers[i].program, program) == 0)
            assert_int_equal(inside_now(visits_server, (void *)(uintptr_t)&servers[i]), 0);
}

static void client_speaks_with_a_server_of_openssl(void **state) {
    (void)state;
    visit_rows("openssl");
}

static void client_speaks_with_a_server_of_node(void **state) {
    (void)state;
    visit_rows("node");
}

static void client_speaks_with_a_server_of_python(void **state) {
    (void)state;
    visit_rows("python3");
}

/* ---- Clients of others ----------------------------------------------------------------------- */

static const char node_client[] =
    "const tls = require('tls'), fs = require('fs'), [port, ca, v] = process.argv.slice(1);"
    "const all = 'x'.repeat(200000); let got = '', session, is;"
    "const visit = (left) => { got = '';"
    "    const c = tls.connect({ host: '127.0.0.1', port, servername: 'server.example', session,"
    "            ca: fs.readFileSync(ca), minVersion: v, maxVersion: v }, () => {"
    "            is = c.getProtocol() + '%' + c.isSessionReused(); c.write(all); });"
    "    c.on('session', s => { session = s; });"
    "    c.on('data', d => { got += d; if (got.length == all.length) c.end(); });"
    "    c.on('error', e => console.log('error ' + e));"
    "    c.on('close', () => { console.log(is.replace('%', got == all));"
    "        if (left) visit(left - 1); }); }; visit(1);";

static const char python_client[] =
    "import socket, ssl, sys\n"
    "port, ca, v = sys.argv[1:]\n"
    "c = ssl.create_default_context(cafile=ca)\n"
    "c.minimum_version = c.maximum_version = getattr(ssl.TLSVersion, v.replace('.', '_'))\n"
    "session = None\n"
    "for _ in range(2):\n"
    "    with c.wrap_socket(socket.create_connection(('127.0.0.1', int(port))), session=session,\n"
    "                       server_hostname='server.example') as s:\n"
    "        ok = True\n"
    "        for i in range(50):\n"
    "            sent = bytes([i]) * 4000\n"
    "            s.sendall(sent)\n"
    "            got = b''\n"
    "            while len(got) < len(sent): got += s.recv(4000)\n"
    "            ok = ok and got == sent\n"
    "        print(s.version() + str(ok).lower() + str(s.session_reused).lower())\n"
    "        session = s.session\n"
    "        s.unwrap()\n";

typedef struct client_row {
    const char *program, *flag, *script;
} client_row;

static const client_row clients[] = { { "node", "-e", node_client },
                                      { "python3", "-c", python_client } };

static int is_visited(void *arg) {
    static char out[RUN_OUT_MAX];
    const client_row *row = arg;
    stage s;
    echo_server at;
    edo_tls_server *tls;
    stage_begin(&s);
    CHECK_EQ(edo_tls_server_new(&tls, &(edo_tls_server_opts){ .cert = s.cert, .key = s.key }), 0);
    echo_begin(&at, tls);
    static const char *const versions[] = { "TLSv1.2", "TLSv1.3" };
    for (size_t i = 0; i < EDO_COUNT(versions); i++) {
        const char *const argv[] = { row->program, row->flag,
                                     row->script,  strchr(at.address, ':') + 1,
                                     s.roots,      versions[i],
                                     NULL };
        char want[64];
        (void)snprintf(want, sizeof want, "%struefalse\n%struetrue\n", versions[i], versions[i]);
        int status = run_program(out, argv, "");
        if (status != 0 || strcmp(out, want) != 0)
            edo_test_fail("%s: %d, %s; %s", row->program, status, out, at.said);
    }
    CHECK_EQ(at.last_err, 0);
    echo_end(&at);
    edo_tls_server_unref(tls);
    stage_end(&s);
    return 0;
}

static void be_visited(const client_row *row) {
    need_installed(row->program);
    assert_int_equal(inside_now(is_visited, (void *)(uintptr_t)row), 0);
}

static void server_speaks_with_a_client_of_node(void **state) {
    (void)state;
    be_visited(&clients[0]);
}

static void server_speaks_with_a_client_of_python(void **state) {
    (void)state;
    be_visited(&clients[1]);
}

/* ---- stunnel --------------------------------------------------------------------------------- */

static edo_process *start_stunnel(stage *s, const char *options) {
    char text[2048];
    edo_process *p;
    (void)snprintf(text, sizeof text,
                   "foreground = yes\npid =\ndebug = crit\nsyslog = no\n[edo]\n%s", options);
    const char *const argv[] = { "stunnel", folder_put(&s->files, "stunnel.conf", text), NULL };
    CHECK_EQ(edo_process_spawn(&p, argv, &(edo_process_opts){ .kill_on_unref = true }), 0);
    return p;
}

/* It has no way to say that it listens. */
static edo_stream *connect_to(const char *path) {
    edo_stream *c = NULL;
    int err = -ENOENT;
    for (int tries = 0; tries < 2000 && err < 0; tries++) {
        err = edo_unix_connect(&c, path, NULL);
        if (err < 0) CHECK_EQ(edo_sleep(edo_ms(10)), 0);
    }
    edo_trail_clear();
    CHECK_EQ(err, 0);
    return c;
}

static void end_stunnel(edo_process *p) {
    CHECK(edo_process_kill(p) > 0);
    edo_process_unref(p);
}

/* A client in clear text, stunnel, a server of edo's. */
static int is_reached_by_stunnel(void *arg) {
    (void)arg;
    stage s;
    echo_server at;
    edo_tls_server *tls;
    char options[1024], path[64];
    stage_begin(&s);
    CHECK_EQ(edo_tls_server_new(&tls, &(edo_tls_server_opts){ .cert = s.cert, .key = s.key }), 0);
    echo_begin(&at, tls);
    (void)snprintf(path, sizeof path, "%s/plain", s.files.dir);
    (void)snprintf(options, sizeof options,
                   "client = yes\naccept = %s\nconnect = %s\nCAfile = %s\nverifyChain = yes\n"
                   "checkHost = " HOST "\nsni = " HOST "\n",
                   path, at.address, s.roots);
    edo_process *p = start_stunnel(&s, options);
    for (int i = 0; i < 2; i++) {
        edo_stream *c = connect_to(path);
        speak(c, PIECE, false);
        edo_close(c);
    }
    end_stunnel(p);
    CHECK_EQ(remove(path), 0);
    echo_end(&at);
    edo_tls_server_unref(tls);
    stage_end(&s);
    return 0;
}

/* A client of edo's, stunnel, and a program that sends back what it gets. */
static int reaches_stunnel(void *arg) {
    (void)arg;
    stage s;
    edo_tls_client *tls;
    char options[1024], path[64];
    stage_begin(&s);
    (void)snprintf(path, sizeof path, "%s/secret", s.files.dir);
    (void)snprintf(options, sizeof options,
                   "accept = %s\nexec = /bin/cat\nexecArgs = cat\ncert = %s\nkey = %s\n", path,
                   s.cert, s.key);
    edo_process *p = start_stunnel(&s, options);
    CHECK_EQ(edo_tls_client_new(&tls, &(edo_tls_client_opts){ .roots = s.roots }), 0);
    for (int i = 0; i < 2; i++) {
        edo_stream *c;
        char byte;
        CHECK_EQ(edo_tls_connect_over(&c, connect_to(path), HOST, tls), 0);
        speak(c, PIECE, false);
        CHECK_EQ(edo_shutdown(c), 0);
        CHECK_EQ(edo_read(c, &byte, 1), 0);
        edo_close(c);
    }
    edo_tls_client_unref(tls);
    end_stunnel(p);
    CHECK_EQ(remove(path), 0);
    stage_end(&s);
    return 0;
}

static void both_ends_speak_with_stunnel(void **state) {
    (void)state;
    need_installed("stunnel");
    assert_int_equal(inside_now(is_reached_by_stunnel, NULL), 0);
    assert_int_equal(inside_now(reaches_stunnel, NULL), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(client_speaks_with_a_server_of_openssl),
        cmocka_unit_test(client_speaks_with_a_server_of_node),
        cmocka_unit_test(client_speaks_with_a_server_of_python),
        cmocka_unit_test(server_speaks_with_a_client_of_node),
        cmocka_unit_test(server_speaks_with_a_client_of_python),
        cmocka_unit_test(both_ends_speak_with_stunnel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
