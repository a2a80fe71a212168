/* SPDX-License-Identifier: MIT */
/* options.h: the command line of edo-curl, whose options mean what they mean in curl. */
#ifndef CURL_OPTIONS_H
#define CURL_OPTIONS_H

#include <edo/bytes.h>
#include <edo/headers.h>
#include <edo/http_client.h>

#define LIST_MAX 64u /* of each option that may be repeated, and of URLs */

/* What an option that may be repeated has. */
typedef struct list {
    const char *items[LIST_MAX];
    size_t n;
} list;

typedef struct options {
    list urls, headers, forms, resolves, proxy_headers;
    list outputs;            /* of each URL, -o or -O, which is NULL */
    list cookies;            /* -b: "a=b", or a file */
    const char *method;      /* -X; NULL: by what is sent */
    edo_buf data;            /* -d and its kin, joined by "&" */
    bool has_data, as_query; /* -G: the data goes to the URL */
    const char *upload;      /* -T: a file, "-" is standard input */
    bool includes_head;      /* -i */
    bool only_head;          /* -I */
    bool is_silent;          /* -s */
    bool is_verbose;         /* -v */
    bool fails;              /* -f */
    bool no_verify;          /* -k */
    bool compressed;
    bool no_http2, prior_knowledge; /* --http1.1, --http2-prior-knowledge: the last one counts */
    const char *user, *proxy, *no_proxy, *agent, *referer, *jar, *write_out;
    const char *ca, *cert, *key, *unix_socket;
    edo_duration max_time; /* -m; 0: it was not said */
    edo_duration retry_max_time, connect_timeout;
    uint32_t redirects_max, retries;
} options;

/* Reads the command line. Returns 0; 1 if the help was asked for; or -EINVAL, with a line on
 * standard error. */
int options_read(options *self, int argc, char **argv);

void options_deinit(options *self);

extern const char options_help[];

/* What -k, --cacert, --cert and --key say; NULL: the default. Returns 0 or a negative code, which
 * is -ENOTSUP in a build without libedo-tls. */
int options_tls(struct edo_tls_client **out, const options *self);

#endif
