/* SPDX-License-Identifier: MIT */
/* net/proxy/text.c: version 1, one line: "PROXY TCP4 192.0.2.1 198.51.100.7 51234 443\r\n". */
#include "net/proxy/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 107 /* with its end */

/* Cuts the text up to the next space off `*rest`; NULL: there is none, or it is empty. */
static char *proxy_text_next_word(char **rest) {
    char *word = *rest;
    if (!word || *word == '\0' || *word == ' ') return NULL;
    char *space = strchr(word, ' ');
    if (space) *space++ = '\0';
    *rest = space;
    return word;
}

/* In decimal, without a zero in front. */
static int proxy_text_parse_port(uint16_t *out, const char *word) {
    uint32_t port = 0;
    size_t n = word ? strlen(word) : 0;
    if (n == 0 || n > 5 || (word[0] == '0' && n > 1)) return -EBADMSG;
    for (; *word; word++) {
        if (*word < '0' || *word > '9') return -EBADMSG;
        port = port * 10 + (uint32_t)(*word - '0');
    }
    if (port > UINT16_MAX) return -EBADMSG;
    *out = (uint16_t)port;
    return 0;
}

static int parse_addr(edo_addr *out, int family, const char *host, const char *port_word) {
    uint16_t port = 0;
    if (!host || proxy_text_parse_port(&port, port_word) < 0) return -EBADMSG;
    void *to = family == AF_INET6 ? (void *)&out->sock.v6.sin6_addr : &out->sock.v4.sin_addr;
    if (inet_pton(family, host, to) != 1) return -EBADMSG;
    out->sock.any.sa_family = (sa_family_t)family;
    if (family == AF_INET6) {
        out->sock.v6.sin6_port = htons(port);
        out->bytes = sizeof out->sock.v6;
    } else {
        out->sock.v4.sin_port = htons(port);
        out->bytes = sizeof out->sock.v4;
    }
    return 0;
}

/* The line behind "PROXY ", without its end. */
static int parse_words(edo_proxy_header *out, char *rest) {
    const char *family = proxy_text_next_word(&rest);
    if (!family) return -EBADMSG;
    if (strcmp(family, "UNKNOWN") == 0) return 0; // what follows has no meaning
    bool is_v6 = strcmp(family, "TCP6") == 0;
    if (!is_v6 && strcmp(family, "TCP4") != 0) return -EBADMSG;
    const char *source = proxy_text_next_word(&rest), *dest = proxy_text_next_word(&rest);
    const char *source_port = proxy_text_next_word(&rest), *dest_port = proxy_text_next_word(&rest);
    if (rest) return -EBADMSG;
    int af = is_v6 ? AF_INET6 : AF_INET;
    int err = parse_addr(&out->source, af, source, source_port);
    return err < 0 ? err : parse_addr(&out->dest, af, dest, dest_port);
}

int edoi_proxy_text_parse(edo_proxy_header *out, const char *bytes, size_t n) {
    static const size_t head = sizeof "PROXY " - 1;
    char line[LINE_MAX_BYTES + 1];
    size_t most = n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES;
    const char *end = memchr(bytes, '\n', most);
    if (!end) return n < LINE_MAX_BYTES ? (int)n + 1 : -EBADMSG;
    size_t len = (size_t)(end - bytes);
    if (len <= head || bytes[len - 1] != '\r') return -EBADMSG;
    memcpy(line, bytes, len - 1);
    line[len - 1] = '\0';
    if (strlen(line) != len - 1) return -EBADMSG;
    edo_proxy_header h = { .version = 1 };
    if (parse_words(&h, line + head) < 0) return -EBADMSG;
    *out = h;
    return (int)len + 1;
}

static int print_host(char *host, size_t room, const edo_addr *addr) {
    int family = addr->sock.any.sa_family;
    const void *from =
        family == AF_INET6 ? (const void *)&addr->sock.v6.sin6_addr : &addr->sock.v4.sin_addr;
    return inet_ntop(family, from, host, (socklen_t)room) ? 0 : -errno;
}

int edoi_proxy_text_print(const edo_proxy_header *h, void *bytes, size_t room) {
    char source[INET6_ADDRSTRLEN], dest[INET6_ADDRSTRLEN], line[LINE_MAX_BYTES + 1];
    if (h->tlvs_n > 0 || h->has_checksum || h->is_dgram) return -EINVAL;
    int n = snprintf(line, sizeof line, "PROXY UNKNOWN\r\n");
    if (edoi_proxy_tells(h)) {
        int family = h->source.sock.any.sa_family;
        if (family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
        int err = print_host(source, sizeof source, &h->source);
        if (err == 0) err = print_host(dest, sizeof dest, &h->dest);
        if (err < 0) return err;
        n = snprintf(line, sizeof line, "PROXY TCP%c %s %s %" PRIu16 " %" PRIu16 "\r\n",
                     family == AF_INET6 ? '6' : '4', source, dest, edo_addr_port(&h->source),
                     edo_addr_port(&h->dest));
    }
    if (n < 0 || (size_t)n > room) return -ENOSPC;
    memcpy(bytes, line, (size_t)n);
    return n;
}
