/* SPDX-License-Identifier: MIT */
/* sim/world/events.c: what has happened, as numbers that two runs of a seed have in common. */
#include "base/siphash.h"
#include "log/tell.h"
#include "sim/net/links.h"
#include "sim/world/world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const event_words[] = {
    [EDOI_SIM_BEGINS] = "begins",
    [EDOI_SIM_TURN] = "turns",
    [EDOI_SIM_ENDS] = "ends",
    [EDOI_SIM_CRASH] = "crashes",
    [EDOI_SIM_JOB] = "job",
    [EDOI_SIM_DRAW] = "draws",
    [EDOI_SIM_POINT] = "fails at a fault point",
    [EDOI_SIM_DEED] = "deed",
    [EDOI_SIM_PACKET] = "packet",
};
static const char *const fate_words[] = {
    [EDOI_SIM_SENT] = "is sent",
    [EDOI_SIM_ARRIVED] = "arrives",
    [EDOI_SIM_LOST] = "is lost",
    [EDOI_SIM_HELD] = "is held",
};

int edoi_sim_file(const char *variable, FILE **out) {
    const char *path = getenv(variable);
    *out = path ? fopen(path, "we") : NULL;
    if (*out || !path) return 0;
    int err = -errno;
    edoi_tell("edo sim: %s=%s cannot be written: %s\n", variable, path, edo_strerror(err));
    return err;
}

int edoi_sim_events_begin(edoi_sim_events *self) {
    const char *stop = getenv("EDO_SIM_STOP");
    *self = (edoi_sim_events){ .stop_at = stop ? strtoull(stop, NULL, 10) : 0 };
    return edoi_sim_file("EDO_SIM_TRACE", &self->trace);
}

void edoi_sim_events_end(edoi_sim_events *self) {
    if (self->trace) (void)fclose(self->trace);
    self->trace = NULL;
}

/* FNV-1a by words, and a turn, since its low bits depend on low bits alone. */
static uint64_t digest_add(uint64_t sum, uint64_t word) {
    sum = (sum ^ word) * UINT64_C(0x100000001b3);
    return sum ^ sum >> 29;
}

EDOI_NOINLINE void edo_sim_stop(void) {
    EDOI_COMPILER_BARRIER(); // a debugger stops here; the call is not left out
}

/* `text` has what a line says besides; NULL: nothing. */
static void note_event(edo_sim *sim, const edoi_sim_host *host, edoi_sim_event_kind what,
                       uint64_t detail, const char *text) {
    edoi_sim_events *self = &sim->events;
    int64_t now_ns = edoi_simnet_now(sim->net);
    uint64_t sum = digest_add(self->digest, (uint64_t)now_ns);
    sum = digest_add(sum, (uint64_t)what << 32 | (host ? ntohl(host->v4.s_addr) : 0));
    self->digest = digest_add(sum, detail);
    self->n++;
    if (self->trace)
        (void)fprintf(self->trace, "%" PRIu64 " %" PRId64 ".%09" PRId64 " %s %s %s%" PRIx64 "\n",
                      self->n, now_ns / 1000000000, now_ns % 1000000000, host ? host->name : "-",
                      event_words[what], text ? text : "", detail);
    if (self->n == self->stop_at) edo_sim_stop();
}

void edoi_sim_event(edo_sim *sim, const edoi_sim_host *host, edoi_sim_event_kind what,
                    uint64_t detail) {
    note_event(sim, host, what, detail, NULL);
}

/* ---- Packets --------------------------------------------------------------------------------- */

static const char *addr_text(const edoi_simaddr *a, char text[INET6_ADDRSTRLEN]) {
    bool is_v4 = edoi_simip_is_v4(&a->ip);
    const void *at = is_v4 ? (const void *)&a->ip.s6_addr[12] : (const void *)&a->ip;
    return inet_ntop(is_v4 ? AF_INET : AF_INET6, at, text, INET6_ADDRSTRLEN);
}

static void packet_text(const edoi_simpacket *p, edoi_simfate fate, char *text, size_t bytes) {
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    (void)snprintf(text, bytes,
                   "%s %s:%d > %s:%d%s%s%s%s seq %" PRIu64 " ack %" PRIu64 ", %u bytes, %s, ",
                   p->proto == EDOI_SIM_TCP ? "TCP" : "UDP", addr_text(&p->src, src), p->src.port,
                   addr_text(&p->dst, dst), p->dst.port, p->flags & EDOI_SIM_SYN ? " SYN" : "",
                   p->flags & EDOI_SIM_FIN ? " FIN" : "", p->flags & EDOI_SIM_RST ? " RST" : "",
                   p->flags & EDOI_SIM_ACK ? " ACK" : "", p->seq, p->ack, p->n, fate_words[fate]);
}

/* Its bytes count where it is sent: they stay the same. */
static uint64_t packet_digest(const edoi_simpacket *p, edoi_simfate fate) {
    static const edoi_siphash_secret fixed = { 0, 0 };
    const uint64_t words[] = { (uint64_t)fate << 16 | (uint64_t)p->proto << 8 | p->flags,
                               (uint64_t)p->from->id << 32 | (p->to ? p->to->id : 0),
                               (uint64_t)p->src.port << 32 | p->dst.port,
                               p->seq,
                               p->ack,
                               p->edge,
                               p->n };
    uint64_t sum = 0;
    for (size_t i = 0; i < EDO_COUNT(words); i++) sum = digest_add(sum, words[i]);
    if (fate != EDOI_SIM_SENT || !p->chunk) return sum;
    return digest_add(sum, edoi_siphash13(&fixed, p->chunk->bytes + p->at, p->n));
}

void edoi_sim_event_packet(void *arg, const edoi_simpacket *p, edoi_simfate fate) {
    edo_sim *sim = arg;
    char text[256] = "";
    if (sim->events.trace) packet_text(p, fate, text, sizeof text);
    note_event(sim, NULL, EDOI_SIM_PACKET, packet_digest(p, fate), text);
}
