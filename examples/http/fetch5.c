/* SPDX-License-Identifier: MIT */
/* fetch5.c: fetches the URLs of its arguments, at most five at once; one that fails has a line of
 * its own, and does not stop the others.
 *
 *     fetch5 http://127.0.0.1:8080/a http://127.0.0.1:8080/b … */
#include <edo/edo.h>
#include <edo/http_client.h>

#include <errno.h>
#include <stdio.h>

static unsigned fetched_n, failed_n; // the program has one thread

static int fetch(void *arg) {
    const char *url = arg;
    edo_bytes body;
    int err = edo_fetch_bytes(&body, edo_str_of(url), NULL);
    if (err == -ECANCELED) return err;
    if (err < 0) {
        failed_n++;
        edo_trail_print(stderr, err, EDO_TRAIL_LINE); // it names the URL
        return 0;
    }
    fetched_n++;
    printf("%zu bytes from %s\n", body.str.len, url);
    edo_bytes_unref(&body);
    return 0;
}

static int root(void *arg) {
    EDO_SCOPE(s, &(edo_scope_opts){ .at_once = 5 });
    for (char **url = arg; *url; url++) (void)edo_scope_spawn(&s, fetch, *url);
    int err = edo_scope_end(&s, 0);
    printf("%u fetched, %u failed\n", fetched_n, failed_n);
    return err;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    int status =
        edo_main_with(root, argv + 1, &(edo_runtime_opts){ .flavor = EDO_RUNTIME_CURRENT });
    return status != 0 ? status : failed_n > 0;
}
