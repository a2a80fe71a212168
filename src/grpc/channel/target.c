/* SPDX-License-Identifier: MIT */
/* grpc/channel/target.c: see target.h. */
#include "grpc/channel/target.h"

#include <edo/error.h>
#include <edo/net.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum target_kind { TARGET_NAME, TARGET_LIST, TARGET_UNIX, TARGET_ABSTRACT } target_kind;

static const struct {
    edo_str scheme;
    target_kind kind;
    int family; /* of a list; AF_UNSPEC: any, and names */
} schemes[] = {
    { { "dns:", 4 }, TARGET_NAME, AF_UNSPEC },
    { { "ipv4:", 5 }, TARGET_LIST, AF_INET },
    { { "ipv6:", 5 }, TARGET_LIST, AF_INET6 },
    { { "static:", 7 }, TARGET_LIST, AF_UNSPEC },
    { { "unix:", 5 }, TARGET_UNIX, AF_UNIX },
    { { "unix-abstract:", 14 }, TARGET_ABSTRACT, AF_UNIX },
};

static bool target_takes(edo_str *text, edo_str begin) {
    if (text->len < begin.len || memcmp(text->ptr, begin.ptr, begin.len) != 0) return false;
    text->ptr += begin.len;
    text->len -= begin.len;
    return true;
}

/* Takes the scheme off; without one it is a name. */
static target_kind target_scheme(edo_str *text, int *family) {
    *family = AF_UNSPEC;
    for (size_t i = 0; i < EDO_COUNT(schemes); i++) {
        if (!target_takes(text, schemes[i].scheme)) continue;
        *family = schemes[i].family;
        return schemes[i].kind;
    }
    return TARGET_NAME;
}

/* Has it a host, and behind a colon a port? */
static bool address_is_good(const char *text) {
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    size_t n = (size_t)(colon - text);
    if (text[0] == '[') return n > 2 && text[n - 1] == ']';
    return !memchr(text, ':', n) && strcspn(text, "/@ ") == strlen(text);
}

static bool address_has_family(const char *text, int family) {
    edo_addr addr;
    if (family == AF_UNSPEC) return true;
    return edo_addr_parse(&addr, text) == 0 && addr.sock.any.sa_family == family;
}

/* Copies the next address of a list with commas. Returns 1; 0: there is none left; or -EINVAL. */
static int list_next(const char **list, char out[EDO_ENDPOINT_ADDRESS_MAX]) {
    if (!*list) return 0;
    size_t n = strcspn(*list, ",");
    if (n == 0 || n >= EDO_ENDPOINT_ADDRESS_MAX) return -EINVAL;
    memcpy(out, *list, n);
    out[n] = 0;
    *list = (*list)[n] ? *list + n + 1 : NULL;
    return 1;
}

static int target_check_list(edoi_grpc_target *t, int family) {
    char address[EDO_ENDPOINT_ADDRESS_MAX];
    const char *list = t->text;
    unsigned n = 0;
    int got;
    while ((got = list_next(&list, address)) == 1) {
        if (!address_is_good(address) || !address_has_family(address, family)) return -EINVAL;
        if (n++ == 0) memcpy(t->authority, address, sizeof address);
        if (n > EDOI_GRPC_ENDPOINTS_MAX) return -EINVAL;
    }
    return got;
}

/* Makes "unix:PATH", as endpoints have it. */
static int target_set_unix(edoi_grpc_target *t, edo_str path, bool is_abstract) {
    if (!is_abstract && target_takes(&path, EDO_STR("///"))) path.ptr--, path.len++;
    int n = snprintf(t->text, sizeof t->text, "unix:%s%.*s", is_abstract ? "@" : "", (int)path.len,
                     path.ptr);
    memcpy(t->authority, "localhost", sizeof "localhost");
    return path.len == 0 || n >= (int)EDO_ENDPOINT_ADDRESS_MAX ? -EINVAL : 0;
}

/* "dns:///host:port" and "dns:host:port"; a server of names cannot be told. */
static int target_set_name(edoi_grpc_target *t, edo_str name) {
    (void)target_takes(&name, EDO_STR("///"));
    if (name.len == 0 || name.len >= sizeof t->authority) return -EINVAL;
    memcpy(t->text, name.ptr, name.len);
    memcpy(t->authority, name.ptr, name.len);
    t->is_name = true;
    return address_is_good(t->text) ? 0 : -EINVAL;
}

int edoi_grpc_target_parse(edoi_grpc_target *out, edo_str text) {
    int family;
    *out = (edoi_grpc_target){ .is_name = false };
    if (text.len > EDOI_GRPC_TARGET_MAX || (text.len > 0 && memchr(text.ptr, 0, text.len)))
        return -EINVAL;
    target_kind kind = target_scheme(&text, &family);
    if (kind == TARGET_NAME) return target_set_name(out, text);
    if (kind != TARGET_LIST) return target_set_unix(out, text, kind == TARGET_ABSTRACT);
    if (text.len == 0) return -EINVAL;
    memcpy(out->text, text.ptr, text.len);
    return target_check_list(out, family);
}

static edo_seq *list_source(const char *list) {
    char address[EDO_ENDPOINT_ADDRESS_MAX];
    edo_endpoint *all = calloc(EDOI_GRPC_ENDPOINTS_MAX, sizeof *all);
    size_t n = 0;
    if (!all) return NULL;
    while (n < EDOI_GRPC_ENDPOINTS_MAX && list_next(&list, address) == 1)
        if (edo_endpoint_init(&all[n], address, NULL, 0) == 0) n++;
    edo_seq *source = edo_discover_list(all, n);
    free(all);
    return source;
}

edo_seq *edoi_grpc_target_source(const edoi_grpc_target *t, bool looks_up) {
    return t->is_name && looks_up ? edo_discover_dns(t->text, NULL) : list_source(t->text);
}

int edoi_grpc_target_host(char *out, const char *authority) {
    const bool has_brackets = authority[0] == '[';
    const char *host = authority + has_brackets;
    const size_t n = strcspn(host, has_brackets ? "]" : ":");
    const char *behind = host + n + has_brackets;
    if (n == 0 || host[strcspn(host, "/@ ")] || (has_brackets && !host[n])) return -EINVAL;
    if (*behind && (*behind != ':' || behind[1 + strspn(behind + 1, "0123456789")])) return -EINVAL;
    memcpy(out, host, n);
    out[n] = 0;
    if (has_brackets) out[strcspn(out, "%")] = 0; // a certificate has no zone
    return 0;
}
