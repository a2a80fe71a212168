/* SPDX-License-Identifier: MIT */
/* tun.c NAME: a host in a network that exists only in this program: whatever is routed to the
 * interface NAME comes here, and each ping is returned. A TUN device (it needs CAP_NET_ADMIN) is a
 * stream of which each read takes one packet, and each write sends one. */
#include <edo/edo.h>
#include <edo/fd.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static int open_tun(edo_stream **out, const char *name) {
    struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (fd < 0) return -errno;
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    int err = ioctl(fd, TUNSETIFF, &request) < 0 ? -errno : 0;
    if (err == 0) err = edo_stream_from_fd(out, fd);
    if (err < 0) (void)close(fd);
    return err;
}

/* Turns a ping, of IPv4, into its reply. */
static bool make_reply(unsigned char *packet, size_t n) {
    struct iphdr ip;
    struct icmphdr icmp;
    if (n < sizeof ip + sizeof icmp) return false;
    memcpy(&ip, packet, sizeof ip);
    memcpy(&icmp, packet + sizeof ip, sizeof icmp);
    if (ip.version != 4 || ip.ihl != 5 || ip.protocol != IPPROTO_ICMP) return false;
    if (icmp.type != ICMP_ECHO) return false;
    uint32_t source = ip.saddr;
    ip.saddr = ip.daddr; // the sum over the header stays the same
    ip.daddr = source;
    icmp.type = ICMP_ECHOREPLY;
    uint32_t sum = ntohs(icmp.checksum) + (ICMP_ECHO << 8); // RFC 1624: the type has changed
    icmp.checksum = htons((uint16_t)(sum + (sum >> 16)));
    memcpy(packet, &ip, sizeof ip);
    memcpy(packet + sizeof ip, &icmp, sizeof icmp);
    return true;
}

static int run(void *arg) {
    edo_stream *tun = NULL;
    unsigned char packet[65536];
    int n = open_tun(&tun, arg);
    if (n < 0) return edo_fail(n, "opening %s", (char *)arg);
    puts("ready");
    (void)fflush(stdout);
    while ((n = edo_read(tun, packet, sizeof packet)) > 0)
        if (make_reply(packet, (size_t)n) && (n = edo_write(tun, packet, (size_t)n)) < 0) break;
    edo_close(tun);
    return n;
}

int main(int argc, char **argv) {
    return argc == 2 ? edo_main(run, argv[1]) : 2;
}
