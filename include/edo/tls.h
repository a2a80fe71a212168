/* SPDX-License-Identifier: MIT */
/* edo/tls.h: TLS 1.2 and 1.3 over any stream, by OpenSSL 3. In a library of its own, libedo-tls
 * (pkg-config edo-tls), beside libedo.
 *
 *     edo_tls_server *tls;                               // once, for all connections
 *     int err = edo_tls_server_new(&tls, &(edo_tls_server_opts){ .cert = "chain.pem",
 *                                                                .key = "key.pem" });
 *     …for each connection:
 *     edo_stream *s;
 *     err = edo_tls_accept(&s, socket, tls);             // takes the socket in any case
 *
 *     edo_tls_client *trust;                             // once; NULL options: the system's roots
 *     int err = edo_tls_client_new(&trust, NULL);
 *     err = edo_tls_connect(&s, "api.example:443", trust, NULL);
 *
 * A TLS stream is an edo_stream: codecs, copies and deadlines work over it, and one task may read
 * while another writes. Suites are those with ECDHE (X25519, P-256, P-384, P-521) and AEAD; there
 * is no renegotiation and no compression. Certificate and name of a server are checked by default;
 * each option that weakens this says `dangerous` in its name.
 *
 * edo_shutdown() sends close_notify, and edo_close() does if the stream below has room for it. An
 * input that ends without close_notify of the other end ends with -EDO_ETRUNCATED: bytes may be
 * missing. A write returns when its bytes are encrypted; up to 64 KiB that the stream below has no
 * room for are written by a task as soon as there is room. edo_flush() and edo_shutdown() wait for
 * that. After edo_close() that task goes on for up to 5 s without progress, unless another task
 * waits on the stream when it is closed: then they are lost. So are those that a task still has
 * when the runtime ends, and the other end's input ends with -EDO_ETRUNCATED: a program that ends
 * calls edo_shutdown() first.
 *
 * A server's key of RSA with more than 2,048 bits takes a millisecond or more to sign: that is done
 * by the compute pool (edo/compute.h), while the worker runs other tasks. Keys of ECDSA are
 * faster: P-256 by far, and P-384, the slowest, takes 0.8 ms of the worker.
 *
 * What fails has a line in the trail (edo/error.h) that says in plain words what is wrong, with
 * OpenSSL's own words behind it. With TLS 1.3 a server refuses a client only behind the client's
 * handshake, and goes away: whatever the client does next, a write, too, fails with what the server
 * has said (-EDO_ETLS), unless there are bytes that were not read yet.
 *
 * With `metrics` a configuration counts its handshakes, in a histogram that all of a registry
 * share:
 *
 *     edo.tls.handshake.duration   s, with side ("server", "client"), tls_protocol_version ("1.2",
 *                                  "1.3"), tls_resumed ("true", "false"), and error_type, which is
 *                                  empty unless it has failed: the name of the failure, as
 *                                  "EDO_ECERT" or "ETIMEDOUT"; then the other two are empty
 *
 * Unless a function says otherwise:
 * Owns:    borrows its arguments until it returns.
 * Threads: any, at once.   Waits: never.   Since: 0.1 */
#ifndef EDO_TLS_H
#define EDO_TLS_H

#include <edo/net.h>

EDO_BEGIN_DECLS

struct edo_metrics;

/* ---- The other end --------------------------------------------------------------------------- */

#define EDO_TLS_NAMES_MAX 64 /* names of a certificate that edo_tls_get_peer() shows */

/* The other end, as its certificate names it. */
typedef struct edo_tls_peer {
    edo_str subject; /* as RFC 2253 has it: "CN=robot,O=Example" */
    edo_str issuer;
    const edo_str *names; /* alternative names: "DNS:a.example", "IP:127.0.0.1", "URI:spiffe://…",
                             "email:…" */
    size_t names_n;
    uint8_t sha256[32]; /* of the certificate */
} edo_tls_peer;

/* ---- Configurations -------------------------------------------------------------------------- */

/* How connections are accepted, and how they are made; each is counted, and never changes but by
 * edo_tls_server_reload(). */
typedef struct edo_tls_server edo_tls_server;
typedef struct edo_tls_client edo_tls_client;

typedef enum edo_tls_version {
    EDO_TLS_ANY = 0,
    EDO_TLS_1_2 = 0x0303,
    EDO_TLS_1_3 = 0x0304,
} edo_tls_version;

/* A certificate with its chain, leaf first, and its key: files in PEM or DER, or what such files
 * hold, where the file is NULL. */
typedef struct edo_tls_pair {
    const char *cert, *key;
    edo_str cert_pem, key_pem;
    const char *ocsp; /* of a server: file in DER with an OCSP response, which is shown to clients
                         that ask until it expires. It is refused if it has expired already, is for
                         another certificate or does not call it good; or is signed by another than
                         the issuer, if that is in the chain. NULL: none */
} edo_tls_pair;

/* Does a server ask for the client's certificate? */
typedef enum edo_tls_clients {
    EDO_TLS_CLIENTS_NONE = 0,
    EDO_TLS_CLIENTS_OPTIONAL, /* a client may have none; one that is not trusted is refused */
    EDO_TLS_CLIENTS_REQUIRED,
} edo_tls_clients;

#define EDO_TLS_HELLO_ALPN_MAX 32 /* protocols that a hello shows */

/* What a client says first. A program that only passes connections on by the name reads it by
 * edo/tls_name.h. */
typedef struct edo_tls_hello {
    edo_str server_name; /* that it asks for, in lower case and without a dot at its end; empty:
                            none */
    const edo_str *alpn; /* protocols that it offers, best first */
    size_t alpn_n;
    bool has_1_2, has_1_3;                      /* versions that it speaks */
    bool knows_rsa, knows_ecdsa, knows_ed25519; /* keys whose signatures it can check */
} edo_tls_hello;

/* Chooses by a client's hello the server whose options hold for this connection: a reference in
 * `*out`, which is taken, or NULL, as it is at first: the one that was asked. Returns 0, or a
 * negative code, which refuses the client and is what the handshake returns. Called in the task of
 * the handshake, within the limit of the server that was asked; may wait. `hello` and its texts
 * live until it returns. The server that was chosen is not asked to choose.
 *
 * A server for HTTP that has this takes requests for the hello's name only, or without a name for
 * addresses in numbers. Others get 421: they may be for what has other rules. */
typedef int edo_tls_choose_fn(void *arg, const edo_tls_hello *hello, edo_tls_server **out);

/* Options of a server. `cert` and `key`, or `pairs`, are needed. */
typedef struct edo_tls_server_opts {
    const char *cert, *key;    /* as a pair before those of `pairs` */
    const edo_tls_pair *pairs; /* the first whose names cover the one that the client asks for is
                                  used, else the first of all. Of those with the same names and
                                  other kinds of key (RSA, ECDSA) a client gets one that it can
                                  check; two of one kind are refused */
    size_t pairs_n;
    const char *alpn; /* protocols, best first, with commas: "h2,http/1.1". A client that offers
                         only others is refused; NULL: none is agreed on */
    edo_tls_clients clients;
    const char *client_roots; /* file in PEM: the issuers of client certificates; with `clients`
                                 that asks for none it is refused, as is the next one */
    const char *client_crl; /* file in PEM: lists of revoked certificates. The issuer of a client's
                               certificate must have one that has not expired, else the client is
                               refused; issuers above it are checked if they have one. NULL: none
                               is looked for */
    edo_duration handshake; /* limit of a handshake; 0: 10 s; negative: none */
    edo_tls_version version_min, version_max; /* EDO_TLS_ANY: 1.2 and 1.3 */
    const char *ticket_keys;   /* file with keys of session tickets, for processes that share them:
                                80 random bytes each, the first makes tickets, all are taken; NULL:
                                keys of this server's own, a new one each 6 h, each good for 12 h */
    edo_tls_choose_fn *choose; /* NULL: this server is for all */
    void *choose_arg;
    /* file to which secrets of connections are appended, so that whoever has it can decrypt them
     * (SSLKEYLOGFILE of others, which is not looked at here); made with mode 0600. NULL: none */
    const char *key_log;
    struct edo_metrics *metrics; /* the registry that has its handshakes; shared; NULL: none */
    uint64_t reserved[3];        /* must be 0 */
} edo_tls_server_opts;

/** Makes the configuration of a server, with what its files hold now. A pair is taken only if key
 * and certificate belong together and the certificate has not expired.
 * Owns:    copies `opts`. Returns new in `*out`: edo_tls_server_unref().
 * Errors:  -EINVAL    options; no pair
 *          -EDO_ECERT  a pair, or a root, is not as it must be: the trail names it
 *          -ENOMEM; of a file: what open(2) and read(2) return;  -EINVAL  it is neither a regular
 *          file nor a pipe that somebody writes, or that has bytes;  -ETIMEDOUT  nothing came from
 *          such a pipe for 5 s;  -ENXIO  `key_log` is a FIFO that nobody reads;  as
 *          edo_metrics_hist()
 * Waits:   for the files, which it reads on this thread. */
EDO_MUST_USE EDO_API int edo_tls_server_new(edo_tls_server **out, const edo_tls_server_opts *opts);

/** Takes one more reference, and returns `tls`.
 * Owns: shares. */
EDO_API edo_tls_server *edo_tls_server_ref(edo_tls_server *tls);

/** Gives a reference back; NULL is allowed. Connections keep what they need.
 * Owns: takes the reference. */
EDO_API void edo_tls_server_unref(edo_tls_server *tls);

/** Reads all files again. Handshakes that begin later use what they hold now; connections keep the
 * certificate that they began with. If a file is not as it must be nothing changes.
 * Errors:  as edo_tls_server_new()   Waits: for the files, which it reads on this thread. */
EDO_MUST_USE EDO_API int edo_tls_server_reload(edo_tls_server *tls);

/** Looks at the files each second, and reads all again when one has changed and has stayed as it is
 * for a second: through symlinks and folders that were renamed, too. What is not as it must be is
 * refused with a line in the log, and tried again after its next change. Goes on until this task is
 * cancelled.
 * Errors:  -ECANCELED; -EDO_ENORUNTIME
 * Cancel: safe.   Threads: in a task, once for each server.   Waits: until it is cancelled. */
EDO_MUST_USE EDO_API int edo_tls_server_watch(edo_tls_server *tls);

/* Says whether a client takes the certificate of the server `host`, which has passed all checks,
 * or with `dangerous_no_verify` none: 0, or a negative code, which the handshake returns. Called in
 * the task of the handshake, within its limit; may wait. A session that is resumed was taken when
 * it was made: for that it is not called again. */
typedef int edo_tls_verify_fn(void *arg, const edo_tls_peer *peer, const char *host);

/* Options of a client; all zero: the system's roots, and no certificate of its own. */
typedef struct edo_tls_client_opts {
    /* file in PEM: the only issuers that are trusted; NULL: the system's, or those of SSL_CERT_FILE
     * and SSL_CERT_DIR in the environment */
    const char *roots;
    edo_str roots_pem;      /* as a text, beside `roots` */
    const char *crl;        /* as `client_crl` of a server, for certificates of servers; not with
                               `dangerous_no_verify` */
    const char *cert, *key; /* of this client, for servers that ask for one */
    const char *alpn;       /* protocols, best first, with commas; NULL: none is offered */
    edo_duration handshake; /* limit of a handshake; 0: 10 s; negative: none */
    edo_tls_version version_min, version_max; /* EDO_TLS_ANY: 1.2 and 1.3 */
    bool dangerous_no_verify; /* any certificate will do: whoever is in between reads all */
    const char *pins; /* "sha256//BASE64;sha256//…", as curl has them: SHA-256 of the public keys
                         (SubjectPublicKeyInfo) of which the chain that was checked must have one;
                         with `dangerous_no_verify` the certificate itself. NULL: any will do */
    edo_tls_verify_fn *verify; /* NULL: none */
    void *verify_arg;
    const char *key_log;         /* as that of a server */
    struct edo_metrics *metrics; /* as that of a server */
    bool require_staple;  /* a server must show an OCSP response that holds, by which its authority
                            says that the certificate is good, and until when: for servers of which
                            it is known that they do. A resumed session shows none, so it is
                            good until then at most. Not with `dangerous_no_verify`: -EINVAL */
    uint64_t reserved[2]; /* must be 0 */
} edo_tls_client_opts;

/** Makes the configuration of a client. `opts` may be NULL.
 * Owns:    copies `opts`. Returns new in `*out`: edo_tls_client_unref().
 * Errors:  as edo_tls_server_new()   Waits: for the files, which it reads on this thread. */
EDO_MUST_USE EDO_API int edo_tls_client_new(edo_tls_client **out, const edo_tls_client_opts *opts);

/** Takes one more reference, and returns `tls`.
 * Owns: shares. */
EDO_API edo_tls_client *edo_tls_client_ref(edo_tls_client *tls);

/** Gives a reference back; NULL is allowed.
 * Owns: takes the reference. */
EDO_API void edo_tls_client_unref(edo_tls_client *tls);

/* ---- Connections ----------------------------------------------------------------------------- */

/** Does the handshake of a server over `below`.
 * Owns:    takes `below` in any case; returns new in `*out`: edo_close().
 * Errors:  -EDO_ETLS        the handshake failed: the trail says how
 *          -EDO_ECERT       the client's certificate is not trusted
 *          -EDO_ETRUNCATED  the other end went away in the middle
 *          -ETIMEDOUT       the limit of the handshake passed
 *          -ENOMEM; -ECANCELED; of `below`: as edo_read() and edo_write()
 * Cancel:  not safe: `below` is closed.   Threads: in a task.
 * Waits:   for the other end. */
EDO_MUST_USE EDO_API int edo_tls_accept(edo_stream **out, edo_stream *below, edo_tls_server *tls);

/* Options of edo_tls_connect(). */
typedef struct edo_tls_connect_opts {
    const edo_tcp_opts *tcp; /* NULL: none */
    const char *name;        /* of the certificate and of SNI, if not the host of the address */
    uint64_t reserved[4];    /* must be 0 */
} edo_tls_connect_opts;

/** Connects to `addr`, as edo_tcp_connect() does, and does the handshake. `opts` may be NULL.
 * Owns:    returns new in `*out`: edo_close().
 * Errors:  as edo_tcp_connect() and edo_tls_connect_over()
 * Cancel:  safe: `*out` is untouched.   Threads: in a task.
 * Waits:   for the connection, and the other end. */
EDO_MUST_USE EDO_API int edo_tls_connect(edo_stream **out, const char *addr, edo_tls_client *tls,
                                         const edo_tls_connect_opts *opts);

/** Does the handshake of a client over `below` with the server `host`: a name, or an address in
 * numbers without a port, of whose zone the certificate has nothing. The certificate must be for it
 * (RFC 6125: its alternative names, not its common name), and have an issuer that is trusted.
 * Owns:    takes `below` in any case; returns new in `*out`: edo_close().
 * Errors:  -EDO_ECERT  the certificate is not trusted: the trail says why
 *          -EINVAL     `host` is neither a name nor an address;  else as edo_tls_accept()
 * Cancel:  not safe: `below` is closed.   Threads: in a task.
 * Waits:   for the other end. */
EDO_MUST_USE EDO_API int edo_tls_connect_over(edo_stream **out, edo_stream *below, const char *host,
                                              edo_tls_client *tls);

/* ---- What was agreed on ---------------------------------------------------------------------- */

typedef struct edo_tls_info {
    edo_tls_version version;
    const char *suite;   /* "TLS_AES_128_GCM_SHA256" */
    edo_str alpn;        /* empty: none was agreed on */
    edo_str server_name; /* that the client asked for; empty: none */
    bool is_resumed;     /* without a full handshake */
} edo_tls_info;

/** Says what the handshake has agreed on.
 * Owns:    the texts belong to the stream.
 * Errors:  -ENOTSUP  `s` is no TLS stream */
EDO_MUST_USE EDO_API int edo_tls_get_info(edo_stream *s, edo_tls_info *out);

/** Names the other end by its certificate, which was checked, unless the client's options say
 * `dangerous_no_verify`.
 * Owns:    the texts belong to the stream.
 * Errors:  -ENOENT  it has shown no certificate;  -ENOTSUP  `s` is no TLS stream;  -ENOMEM */
EDO_MUST_USE EDO_API int edo_tls_get_peer(edo_stream *s, edo_tls_peer *out);

/** Derives `n` bytes that both ends of the connection, and nobody else, can know (RFC 5705,
 * RFC 9266: the label "EXPORTER-Channel-Binding" with no context binds the channel).
 * Owns:    fills `out`. `context` may be empty; with a `ptr` of NULL there is none, which TLS 1.2
 *          tells from an empty one.
 * Errors:  -ENOTSUP  `s` is no TLS stream;  -EDO_ETLS */
EDO_MUST_USE EDO_API int edo_tls_export(edo_stream *s, void *out, size_t n, edo_str label,
                                        edo_str context);

EDO_END_DECLS

#endif
