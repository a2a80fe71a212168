/* SPDX-License-Identifier: MIT */
/* proxy_header.c: a proxy tells the server behind it for whom it connects. The server knows its
 * proxies by their addresses: from others such a header would be a lie. */
#include <edo/edo.h>
#include <edo/proxy_header.h>

#include <errno.h>
#include <stdio.h>

static bool is_our_proxy(edo_stream *peer) {
    edo_addr addr;
    if (edo_stream_peer_addr(peer, &addr) < 0 || addr.sock.any.sa_family != AF_INET) return false;
    return ntohl(addr.sock.v4.sin_addr.s_addr) == INADDR_LOOPBACK;
}

static int serve(edo_stream *peer) {
    edo_buf_reader in;
    edo_proxy_header from = { 0 };
    char client[EDO_ADDR_TEXT_MAX], *line = NULL;
    if (!is_our_proxy(peer)) return -EPERM;
    int n = edo_buf_reader_init(&in, peer, NULL);
    if (n < 0) return n;
    EDO_DEADLINE(limit, edo_s(5));
    n = edo_deadline_end(&limit, edo_read_proxy_header(&in, &from));
    if (n == 0 && from.source.bytes == 0) n = edo_stream_peer_addr(peer, &from.source); // no client
    if (n == 0) n = edo_addr_print(&from.source, client, sizeof client);
    for (edo_proxy_tlv tlv = { 0 }; n >= 0 && edo_proxy_tlv_next(&from, &tlv);)
        if (tlv.type == EDO_PROXY_TLV_AUTHORITY)
            printf("for host %.*s\n", (int)tlv.value.len, tlv.value.ptr);
    if (n >= 0) n = edo_read_line(&in, &line);
    if (n >= 0) printf("%s says: %s\n", client, line);
    edo_buf_reader_deinit(&in);
    return n < 0 ? n : 0;
}

/* Connects for a client, whose address it sends first. */
static int proxy(void *arg) {
    const edo_addr *server = arg;
    edo_stream *s = NULL;
    char bytes[EDO_PROXY_HEADER_MAX + 32];
    edo_proxy_header header = { .has_checksum = true, .tlvs = "\2\0\7example", .tlvs_n = 10 };
    int n = edo_addr_parse(&header.source, "192.0.2.1:51234");
    if (n == 0) n = edo_addr_parse(&header.dest, "198.51.100.7:443");
    if (n == 0) n = edo_proxy_header_print(&header, bytes, sizeof bytes);
    int err = n < 0 ? n : edo_tcp_connect_addr(&s, server, NULL);
    if (err < 0) return err;
    n = edo_write_all(s, bytes, (size_t)n);
    if (n >= 0) n = edo_write_all(s, "hello\n", 6);
    edo_close(s);
    return n < 0 ? n : 0;
}

static int run(void *arg) {
    (void)arg;
    edo_listener *l;
    edo_addr at;
    edo_stream *peer = NULL;
    int err = edo_tcp_listen(&l, "127.0.0.1:0", NULL);
    if (err < 0) return err;
    err = edo_listener_addr(l, &at);
    edo_task *t = err == 0 ? edo_spawn(proxy, &at) : NULL;
    if (t) err = edo_accept(l, &peer);
    if (t && err == 0) {
        err = serve(peer);
        edo_close(peer);
    }
    edo_listener_close(l);
    int n = t ? edo_task_join(t) : 0;
    return err < 0 ? err : n;
}

int main(void) {
    return edo_main(run, NULL);
}
