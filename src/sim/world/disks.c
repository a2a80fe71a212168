/* SPDX-License-Identifier: MIT */
/* sim/world/disks.c: disks of hosts, and what goes wrong with them. */
#include "sim/disk/disk.h"
#include "sim/world/world.h"
#include "time/random.h"

#include <edo/error.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ORDER 0x6c69737473u /* apart from other numbers that are made of the seed alone */

static uint64_t disk_random(void *arg) {
    return edoi_simnet_random(((const edoi_sim_host *)arg)->in->net);
}

static edo_wall disk_now(void *arg) {
    return edoi_sim_host_wall(arg);
}

/* By the seed, but beside chance: a list shifts no draw. */
static uint64_t disk_order(const edo_sim *sim, uint64_t place) {
    uint64_t state = sim->seed ^ place << 32 ^ ORDER;
    return edoi_random_step(&state);
}

/* Does one of two folders lie in the other? */
static bool folders_overlap(const char *a, const char *b) {
    size_t a_n = strlen(a), b_n = strlen(b), n = a_n < b_n ? a_n : b_n;
    const char *longer = a_n < b_n ? b : a;
    return strncmp(a, b, n) == 0 && (longer[n] == '/' || longer[n] == '\0');
}

/* 0, or -EEXIST: the folder is another host's, too. */
static int folder_is_free(const edo_sim *sim, const char *folder) {
    char root[PATH_MAX];
    if (!realpath(folder, root)) return -errno;
    for (size_t i = 0; i < sim->hosts_n; i++) {
        const edoi_simdisk *other = sim->hosts[i]->disk;
        if (other && folders_overlap(root, other->root)) return -EEXIST;
    }
    return 0;
}

int edo_sim_disk(edo_sim *sim, const char *host, const char *folder) {
    edoi_sim_host *h = edoi_sim_find(sim, host);
    if (!h || h->disk) return h ? -EEXIST : -EINVAL;
    const uint64_t place = ntohl(h->v4.s_addr);
    const edoi_simdisk_host of = { disk_random, disk_now, h, place, disk_order(sim, place) };
    int err = folder_is_free(sim, folder);
    return err == 0 ? edoi_simdisk_new(&h->disk, folder, &of) : err;
}

/* ---- At a time ------------------------------------------------------------------------------- */

static void deed_fails(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->failing_n++;
}

static void deed_works(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->failing_n--;
}

static void deed_syncs_fail(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->unsyncing_n++;
}

static void deed_syncs_work(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->unsyncing_n--;
}

static void deed_is_full(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->full_n++;
}

static void deed_has_room(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->disk->full_n--;
}

static void deed_slows(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->slow_ns += (int64_t)deed->number;
}

static void deed_goes_on(edo_sim *sim, const edoi_sim_deed *deed) {
    (void)sim;
    deed->a->slow_ns -= (int64_t)deed->number;
}

typedef void disk_deed_fn(edo_sim *sim, const edoi_sim_deed *deed);

/* A pair of deeds: the second ends the first. */
typedef struct disk_spell {
    disk_deed_fn *begin, *end;
    const char *words;
    uint64_t number;
} disk_spell;

static int plan_disk(edo_sim *sim, const char *host, edo_duration at, edo_duration within,
                     const disk_spell *what) {
    char spell[EDOI_SIM_SPELL_BYTES];
    edoi_sim_deed deed = { .at_ns = at.ns, .fn = what->begin, .number = what->number };
    deed.a = edoi_sim_find(sim, host);
    if (!deed.a || !deed.a->disk || at.ns < 0) return -EINVAL;
    uint64_t number = edoi_sim_fault(sim);
    edoi_sim_fault_note(sim, number, at.ns, "the disk of %s %s%s", host, what->words,
                        edoi_sim_spell(within, spell));
    if (!edoi_sim_fault_is_done(sim, number)) return 0;
    int64_t until_ns = within.ns < 0 ? EDOI_SIM_TIME_MAX : edoi_sim_end_of(sim, at, within);
    int err = edoi_sim_disturb(
        sim, &(edoi_sim_trouble){ deed.a, deed.a, at.ns, until_ns, EDOI_SIM_BESET });
    if (err == 0) err = edoi_sim_plan(sim, &deed);
    if (err < 0 || within.ns < 0) return err;
    deed.at_ns = until_ns;
    deed.fn = what->end;
    return edoi_sim_plan(sim, &deed);
}

int edo_sim_disk_fail(edo_sim *sim, const char *host, edo_duration at, edo_duration within) {
    return plan_disk(sim, host, at, within, &(disk_spell){ deed_fails, deed_works, "fails", 0 });
}

int edo_sim_disk_fail_syncs(edo_sim *sim, const char *host, edo_duration at, edo_duration within) {
    return plan_disk(sim, host, at, within,
                     &(disk_spell){ deed_syncs_fail, deed_syncs_work, "fails its syncs", 0 });
}

int edo_sim_disk_fill(edo_sim *sim, const char *host, edo_duration at, edo_duration within) {
    return plan_disk(sim, host, at, within,
                     &(disk_spell){ deed_is_full, deed_has_room, "is full", 0 });
}

int edo_sim_disk_slow(edo_sim *sim, const char *host, edo_duration latency, edo_duration at,
                      edo_duration within) {
    if (latency.ns < 0) return -EINVAL;
    return plan_disk(sim, host, at, within,
                     &(disk_spell){ deed_slows, deed_goes_on, "is slow", (uint64_t)latency.ns });
}
