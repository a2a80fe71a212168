/* SPDX-License-Identifier: MIT */
/* options.h: the command line. */
#ifndef CHAT_OPTIONS_H
#define CHAT_OPTIONS_H

#include <edo/base.h>
#include <edo/time.h>

/* The version of the program is the library's. */
#define CHAT_NUMBERS(major, minor, patch)    #major "." #minor "." #patch
#define CHAT_VERSION_OF(major, minor, patch) CHAT_NUMBERS(major, minor, patch)
#define CHAT_VERSION                         CHAT_VERSION_OF(EDO_VERSION_MAJOR, EDO_VERSION_MINOR, EDO_VERSION_PATCH)

typedef struct options {
    const char *address;  /* "none" */
    const char *tcp_tls;  /* as `address`, by TLS; NULL: not given */
    const char *connect;  /* [tls://]HOST:PORT of a server to be a client of; NULL: not given */
    const char *ca;       /* file in PEM, for tls://; NULL: not given */
    bool bell;            /* of a client: it rings at the user's name */
    const char *http;     /* NULL: not given; "none" */
    const char *grpc;     /* NULL: not given */
    const char *tls_cert; /* files in PEM, for pages, grpc and tcp_tls; NULL: not given */
    const char *tls_key;
    const char *db; /* a file, postgres://…, or "none" */
                    /* postgres://…, to which what `db` has is copied; NULL: not given */
    const char *copy_to;
    const char *redis;    /* redis://…; NULL: not given */
    const char *node;     /* the operators' name of this server; NULL: not given */
    const char *log;      /* level, NULL: not given */
    const char **proxies; /* that are believed, on the web */
    size_t proxies_n;
    const char *proxy_field; /* in which they tell for whom they ask */
    const char **origins;    /* of pages of others that may connect and post */
    size_t origins_n;
    const char **hosts; /* names of the server */
    size_t hosts_n;
    uint32_t history;        /* messages that a newcomer sees */
    uint32_t line_bytes_max; /* without the line end */
    uint32_t rate;           /* lines a second from one client; 0: no limit */
    uint32_t per_address;    /* connections of one address; 0: not given */
    uint32_t threads;        /* 0: one for each core that may be used */
    edo_duration idle;       /* without input; 0: no limit */
    edo_duration pre_stop;   /* from the signal until anything is stopped */
    edo_duration drain; /* over which clients are then sent to other servers; 0: they are not */
} options;

/* Reads the command line. Returns -1 if the server is to run, else the exit status: the help, or
 * what is wrong, has been printed. */
int options_parse(options *out, int argc, char **argv);

/* Whether terminals are served. */
bool options_have_lines(const options *o);

/* Gives back what options_parse() has allocated. */
void options_free(options *self);

#endif
