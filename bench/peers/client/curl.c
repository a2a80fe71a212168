/* SPDX-License-Identifier: MIT */
/* peer-client-curl URL REQUESTS IN_FLIGHT: the libcurl peer of edo-bench-client: the multi
 * interface with curl_multi_poll(), one thread, its own pool of connections. Prints the same
 * line. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static size_t take(char *bytes, size_t size, size_t n, void *arg) {
    (void)bytes, (void)arg;
    return size * n;
}

static double cpu_us(void) {
    struct rusage r;
    (void)getrusage(RUSAGE_SELF, &r);
    return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e6 +
           (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec);
}

static CURL *ask(CURLM *multi, CURL *easy, const char *url) {
    (void)curl_easy_setopt(easy, CURLOPT_URL, url);
    (void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    (void)curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (curl_multi_add_handle(multi, easy) != CURLM_OK) exit(1);
    return easy;
}

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    long left = strtol(argv[2], NULL, 10), n = left, done = 0,
         in_flight = strtol(argv[3], NULL, 10);
    CURLM *multi = curl_multi_init();
    if (!multi || n <= 0 || in_flight <= 0) return 2;
    double before = cpu_us();
    for (long i = 0; i < in_flight && left > 0; i++, left--)
        (void)ask(multi, curl_easy_init(), argv[1]);
    while (done < n) {
        int running, queued;
        if (curl_multi_perform(multi, &running) != CURLM_OK) return 1;
        for (CURLMsg *m; (m = curl_multi_info_read(multi, &queued));) {
            if (m->msg != CURLMSG_DONE) continue;
            CURL *easy = m->easy_handle;
            if (m->data.result != CURLE_OK) return 1;
            done++;
            (void)curl_multi_remove_handle(multi, easy);
            if (left > 0) (void)ask(multi, easy, argv[1]), left--;
        }
        if (done < n) (void)curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    (void)printf("us_per_request %.3f\n", (cpu_us() - before) / (double)n);
    return 0;
}
