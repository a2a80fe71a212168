/* SPDX-License-Identifier: MIT */
/* client/cookies/suffix.c: public suffixes, by libpsl. Its list is const, and any thread's. */
#include "client/cookies/jar.h"

#include <arpa/inet.h>
#include <string.h>

#ifdef EDOI_HAVE_PSL
#    include <libpsl.h>
#endif

#ifdef EDOI_HAVE_PSL
static bool suffix_is_address(const char *host) {
    struct in_addr addr;
    return host[0] == '[' || inet_pton(AF_INET, host, &addr) == 1;
}

edo_str edoi_jar_site_of(const char *host) {
    const psl_ctx_t *list = psl_builtin();
    const char *site = list && !suffix_is_address(host) ? psl_registrable_domain(list, host) : NULL;
    return edo_str_of(site ? site : host);
}

bool edoi_jar_may_span(const char *domain) {
    const psl_ctx_t *list = psl_builtin(); // NULL: libpsl was built without one
    return list && !suffix_is_address(domain) && !psl_is_public_suffix(list, domain);
}
#else
edo_str edoi_jar_site_of(const char *host) {
    return edo_str_of(host);
}

bool edoi_jar_may_span(const char *domain) {
    (void)domain;
    return false;
}
#endif
