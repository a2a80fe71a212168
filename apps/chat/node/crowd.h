/* SPDX-License-Identifier: MIT */
/* crowd.h: who is in rooms, here and at other programs: a table, with a bound for all that others
 * tell.
 *
 * A person may be at two programs for a while, as one that has lost its connection to one of them
 * and has come to the other. It is one guest then, with a stay at each; it comes with the first,
 * and goes with the last one.
 *
 * Threads: whoever calls holds the lock of company.c, which guards all of it. */
#ifndef CHAT_CROWD_H
#define CHAT_CROWD_H

#include "room/known.h"
#include "store/token.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

/* Of all that others tell together. */
#define CROWD_PROGRAMS 256
#define CROWD_SHARES   32768 /* a room of a program */
#define CROWD_STAYS    65536 /* a person in a room at a program: about 200 bytes each */

typedef struct crowd_program {
    uint64_t id;
    int64_t heard_ns; /* when it was heard of last */
    uint64_t listed;  /* the number of its last list */
    uint64_t lists_n;
    TAILQ_HEAD(, crowd_share) shares;
    TAILQ_ENTRY(crowd_program) link;
} crowd_program;

/* What another program has in a room. */
typedef struct crowd_share {
    crowd_program *of;
    struct crowd_spot *in;
    uint64_t n;       /* people, as it has said last */
    uint64_t known;   /* the number of the last notice that was taken; 0: none */
    bool is_whole;    /* all that it has told up to that is known */
    bool was_whole;   /* it has been so since somebody is here */
    uint64_t in_list; /* the last list of the program that has it */
    size_t named_n;   /* stays */
    TAILQ_HEAD(, crowd_stay) stays;
    TAILQ_ENTRY(crowd_share) in_spot, in_program;
} crowd_share;

typedef struct crowd_stay {
    crowd_share *of;
    struct crowd_guest *who;
    uint64_t roster; /* the last one that has it */
    uint64_t since;  /* as the program tells it */
    TAILQ_ENTRY(crowd_stay) in_share;
    SLIST_ENTRY(crowd_stay) in_guest;
} crowd_stay;

/* A person in a room. */
typedef struct crowd_guest {
    char person[PERSON_BYTES + 1]; /* first: see crowd.c */
    name name;
    unsigned seats_n;                 /* here */
    uint64_t seated;                  /* since when, if there are some */
    uint64_t since;                   /* the first of that and what its stays tell */
    SLIST_HEAD(, crowd_stay) stays;   /* at other programs */
    TAILQ_ENTRY(crowd_guest) in_spot; /* in order of `since` */
} crowd_guest;

/* A room in which somebody is, here or elsewhere. */
typedef struct crowd_spot {
    name name;       /* first */
    void *by_person; /* a tree of the guests; without members here nobody is known by name */
    TAILQ_HEAD(crowd_guests, crowd_guest) guests;
    crowd_guest *placed; /* the one that was put in its place last; NULL: none, or it has gone */
    size_t here_n;       /* guests who are here */
    size_t others_n;     /* guests who are not */
    TAILQ_HEAD(, crowd_share) shares;
    TAILQ_ENTRY(crowd_spot) link; /* of those with members here, or of the others */

    /* Of company.c: what is told and asked of it. */
    uint64_t told;      /* the number of the last notice; 0: none */
    bool is_asked;      /* others are to get its roster */
    bool is_to_ask;     /* others are to be asked at once */
    unsigned asks_n;    /* questions since all was known */
    int64_t asked_ns;   /* when others were asked */
    int64_t roster_ns;  /* when they got the roster */
    uint64_t rosters_n; /* of others that have come */
} crowd_spot;

typedef struct crowd {
    void *by_name;                                       /* a tree of the spots */
    TAILQ_HEAD(crowd_spots, crowd_spot) here, elsewhere; /* with members here, and without */
    TAILQ_HEAD(, crowd_program) programs;
    size_t here_n, elsewhere_n, programs_n, shares_n, stays_n;
} crowd;

void crowd_init(crowd *self);
void crowd_deinit(crowd *self);

/* NULL: there is none. */
crowd_spot *crowd_find_spot(const crowd *self, const name *of);
crowd_program *crowd_find_program(const crowd *self, uint64_t id);
crowd_guest *crowd_find_guest(const crowd_spot *at, const char *person);

/* One of these, made if it is not there. NULL without memory, or if there are too many. A spot that
 * is made is for crowd_settle(). */
crowd_spot *crowd_need_spot(crowd *self, const name *of);
crowd_program *crowd_need_program(crowd *self, uint64_t id);
crowd_share *crowd_need_share(crowd *self, crowd_spot *at, crowd_program *of);

/* Frees the spot if nobody is there. */
void crowd_settle(crowd *self, crowd_spot *at);

/* A person takes a seat here, now, in us since 1970, or gives one up. One that is known to be there
 * already, at another program, has been there since it came to that. `*is_first`: it was not here;
 * the other one returns whether it is not here any more. Returns 0 or -ENOMEM. Of a spot without
 * members here nobody is known by name. */
int crowd_come(crowd *self, crowd_spot *at, const char *person, const name *nick, uint64_t now,
               bool *is_first);
bool crowd_go(crowd *self, crowd_spot *at, const char *person);

/* Whether the guest is at another program. */
bool crowd_is_elsewhere(const crowd_guest *who);

/* The stay of the person; NULL: it has none. */
crowd_stay *crowd_find_stay(const crowd_share *at, const char *person);

/* The person, who has no stay there, has one, since then. NULL without memory, or if there are too
 * many. */
crowd_stay *crowd_add_stay(crowd *self, crowd_share *at, const char *person, const name *nick,
                           uint64_t since);

/* Its program tells that it has been so since then. */
void crowd_note_since(crowd_stay *what, uint64_t since);

/* Ends it. Returns whether the person was nowhere else: then the guest is no more. */
bool crowd_end_stay(crowd *self, crowd_stay *what);

/* Ends all stays. Returns whether there were some. */
bool crowd_clear_share(crowd *self, crowd_share *of);

/* Ends what is left of it. A spot in which nobody is then is freed. */
void crowd_end_share(crowd *self, crowd_share *of);
void crowd_end_program(crowd *self, crowd_program *of);

/* How many people are there, who are not here; and of how many of them no name is known. */
size_t crowd_others_n(const crowd_spot *at);
size_t crowd_unnamed_n(const crowd_spot *at);

#endif
