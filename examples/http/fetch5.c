/* SPDX-License-Identifier: MIT */
/* fetch5.c: fetches the URLs of its arguments, at most five at once; one that fails does not stop
 * the others, and is named at the end: of more than nine the first and the last eight.
 *
 *     fetch5 http://127.0.0.1:8080/a http://127.0.0.1:8080/b … */
#include <edo/edo.h>
#include <edo/http_client.h>

#include <stdio.h>

static unsigned fetched_n; // the program has one thread

static int fetch(void *arg) {
    const char *url = arg;
    edo_bytes body;
    int err = edo_fetch_bytes(&body, edo_str_of(url), NULL);
    if (err < 0) return err; // its trail names the URL
    fetched_n++;
    printf("%zu bytes from %s\n", body.str.len, url);
    edo_bytes_unref(&body);
    return 0;
}

static int root(void *arg) {
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 5, .policy = EDO_SCOPE_ALL });
    for (char **url = arg; *url; url++) (void)edo_scope_spawn(&s, fetch, *url);
    int err = edo_scope_end(&s, 0);
    printf("%u fetched, %zu failed\n", fetched_n, edo_trail_failures_n(err));
    return err; // edo_main() prints all failures that it stands for
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    return edo_main_with(root, argv + 1, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
}
