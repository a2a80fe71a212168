/* SPDX-License-Identifier: MIT */
/* again.c: see again.h. The library's own attempts are others: it repeats only what is safe to
 * repeat, within one limit of time; curl repeats all that may pass, each with the whole limit. */
#include "again.h"

#include <edo/http_fields.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PAUSE_MAX_S 600
#define SECOND      INT64_C(1000000000)
#define AFTER_MAX_S 1000000000 /* some thirty years */

static bool may_pass_status(edo_status status) {
    return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

/* A limit of time, and names that are not found. */
static bool may_pass_failure(int err, const options *o) {
    return err == -ETIMEDOUT || err == -EAGAIN || (err == -ENOENT && !o->unix_socket);
}

static bool is_worth_more(const attempt *a, const options *o) {
    bool is_read_once = o->upload && strcmp(o->upload, "-") == 0;
    if (a->n > o->retries || is_read_once || a->err == -ECANCELED) return false;
    if (!a->res) return may_pass_failure(a->err, o);
    bool is_over = a->err == 0 || a->err == -EDO_ESTATUS; // else its body has failed
    return is_over ? may_pass_status(a->res->status) : a->err == -ETIMEDOUT;
}

/* 1, 2, 4 s and so on; the server's own wish if that is longer. */
static int64_t pause_s(const attempt *a) {
    int64_t s = a->n > 10 ? PAUSE_MAX_S : INT64_C(1) << (a->n - 1), after;
    if (s > PAUSE_MAX_S) s = PAUSE_MAX_S;
    if (!a->res || !may_pass_status(a->res->status)) return s;
    edo_str text = edo_headers_get(&a->res->headers, EDO_HEADER_RETRY_AFTER);
    if (edo_retry_after_parse(&after, text, (int64_t)time(NULL)) < 0 || after <= s) return s;
    return after < AFTER_MAX_S ? after : AFTER_MAX_S;
}

/* Is the pause longer than -m, if that was given, or does it end later than --retry-max-time
 * allows? Else a server could have this program sleep for years. */
static bool is_too_long(int64_t s, const attempt *a, const options *o) {
    const char *limit = NULL;
    edo_duration gone = edo_instant_since(edo_now(), a->begun), most = o->retry_max_time;
    if (o->max_time.ns > 0 && s > o->max_time.ns / SECOND) limit = "-m";
    if (most.ns > 0 && gone.ns / SECOND + s >= most.ns / SECOND) limit = "--retry-max-time";
    if (limit && !o->is_silent)
        (void)fprintf(stderr, "edo-curl: not again: a pause of %lld s is longer than %s allows\n",
                      (long long)s, limit);
    return limit;
}

bool again_after(edo_duration *pause, const attempt *a, const options *o) {
    if (!is_worth_more(a, o)) return false;
    int64_t s = pause_s(a);
    *pause = edo_s(s);
    if (is_too_long(s, a, o)) return false;
    if (o->is_silent) return true;
    if (a->err < 0) {
        (void)fprintf(stderr, "edo-curl: %s", edo_strerror(a->err));
    } else {
        (void)fprintf(stderr, "edo-curl: status %u", (unsigned)a->res->status);
    }
    (void)fprintf(stderr, "; again in %lld s, %u attempts left\n", (long long)s,
                  (unsigned)(o->retries - a->n + 1));
    return true;
}
