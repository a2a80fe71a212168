/* SPDX-License-Identifier: MIT */
/* interfaces.c [watch]: lists the network interfaces, and then says what changes, until Ctrl-C. The
 * kernel tells of both over netlink (rtnetlink(7)), whose socket is a stream of datagrams. */
#include <edo/edo.h>
#include <edo/fd.h>

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef union datagram {
    struct nlmsghdr first;
    char bytes[32768]; // the kernel fills no more
} datagram;

static void print_link(struct nlmsghdr *msg) {
    const struct ifinfomsg *link = NLMSG_DATA(msg);
    const char *state = link->ifi_flags & IFF_UP ? "up" : "down", *name = "?";
    for (size_t at = NLMSG_SPACE(sizeof *link); at < msg->nlmsg_len;) {
        struct rtattr *a = (void *)((char *)msg + at);
        if (a->rta_type == IFLA_IFNAME) name = RTA_DATA(a);
        at += RTA_ALIGN(a->rta_len);
    }
    printf("%s %s\n", name, msg->nlmsg_type == RTM_DELLINK ? "gone" : state);
}

/* Prints the links of one datagram. Returns 1 at the end of a list, 0, or an error. */
static int print_links(edo_stream *s) {
    static datagram in; // of this task only
    int n = edo_read(s, &in, sizeof in), end = 0;
    for (int at = 0; at < n;) { // the kernel's messages are well formed
        struct nlmsghdr *msg = (void *)(in.bytes + at);
        const struct nlmsgerr *failure = NLMSG_DATA(msg);
        if (msg->nlmsg_type == NLMSG_ERROR) return failure->error;
        if (msg->nlmsg_type == NLMSG_DONE) end = 1;
        if (msg->nlmsg_type == RTM_NEWLINK || msg->nlmsg_type == RTM_DELLINK) print_link(msg);
        at += (int)NLMSG_ALIGN(msg->nlmsg_len);
    }
    return n < 0 ? n : end;
}

static int list(edo_stream *s) {
    struct {
        struct nlmsghdr head;
        struct ifinfomsg body;
    } ask = { .head = { .nlmsg_len = sizeof ask,
                        .nlmsg_type = RTM_GETLINK,
                        .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
    int n = edo_write(s, &ask, sizeof ask);
    while (n >= 0 && (n = print_links(s)) != 1) continue;
    return n < 0 ? n : 0;
}

/* Opened for the changes before the list is asked for, so that none is missed. */
static int open_netlink(edo_stream **out) {
    struct sockaddr_nl changes = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0) return -errno;
    int err = bind(fd, (struct sockaddr *)&changes, sizeof changes) < 0 ? -errno : 0;
    if (err == 0) err = edo_stream_from_fd(out, fd);
    if (err < 0) (void)close(fd);
    return err;
}

static int run(void *arg) {
    edo_stream *s = NULL;
    int err = open_netlink(&s);
    if (err < 0) return edo_fail(err, "opening netlink");
    err = list(s);
    (void)fflush(stdout);
    while (arg && err >= 0) {
        err = print_links(s);
        (void)fflush(stdout);
        while (err == -ENOBUFS) err = list(s); // changes came too fast, and some are lost
    }
    edo_close(s);
    return err < 0 ? err : 0;
}

int main(int argc, char **argv) {
    return edo_main(run, argc > 1 && strcmp(argv[1], "watch") == 0 ? argv[1] : NULL);
}
