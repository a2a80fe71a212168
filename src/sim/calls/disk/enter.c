/* SPDX-License-Identifier: MIT */
/* sim/calls/disk/enter.c: see enter.h. */
#include "sim/calls/disk/enter.h"

edoi_sim_disk_call edoi_sim_disk_enter(void) {
    edoi_sim_host *h = edoi_sim_here();
    edoi_sim_disk_call c = { h ? h->disk : NULL, h };
    if (c.disk) (void)edoi_sim_switch(NULL);
    return c;
}

void edoi_sim_disk_leave(const edoi_sim_disk_call *c) {
    if (c->disk) (void)edoi_sim_switch(c->host);
}

edoi_sim_disk_call edoi_sim_disk_enter_path(int dir, const char *path, char *below) {
    edoi_sim_disk_call c = edoi_sim_disk_enter();
    if (!c.disk || edoi_simdisk_has(c.disk, dir, path, below)) return c;
    edoi_sim_disk_leave(&c);
    c.disk = NULL;
    return c;
}

edoi_sim_disk_call edoi_sim_disk_enter_fd(int fd) {
    edoi_sim_disk_call c = { NULL, NULL };
    if (edoi_simnet_is_fd(fd)) return c;
    c = edoi_sim_disk_enter();
    if (!c.disk || edoi_simdisk_has_fd(c.disk, fd)) return c;
    edoi_sim_disk_leave(&c);
    c.disk = NULL;
    return c;
}

int edoi_sim_disk_return(const edoi_sim_disk_call *c, int result) {
    edoi_sim_disk_leave(c);
    if (result >= 0) return result;
    errno = -result;
    return -1;
}
