/* SPDX-License-Identifier: MIT */
/* payments.h: the partner that takes the money, behind what a program needs to survive it. From the
 * outside in:
 *
 *     deadline     of the whole call; it begins before the wait for a place
 *     retry        what failed is tried again, after a pause that grows and is random
 *     breaker      sees each attempt; refuses at once while the partner is down
 *     concurrency  bounds the attempts that run at once; the next one waits for a place, and a call
 *                  that pauses between two attempts has none
 *     timeout      of one attempt: a late response is a failure, which the breaker sees */
#ifndef PAYMENTS_H
#define PAYMENTS_H

#include <edo/breaker.h>
#include <edo/service.h>
#include <edo/value.h>

/* What the partner says of a payment. A payment that it has given back is refused for ever: also
 * if the request for the money comes behind the one to give it back. */
typedef enum payment_state {
    PAYMENT_NONE,
    PAYMENT_TAKEN,
    PAYMENT_DECLINED,
    PAYMENT_RETURNED,
} payment_state;
EDO_DESCRIBE_ENUM(payment_state, EDO_UNIT(PAYMENT_NONE, "none"), EDO_UNIT(PAYMENT_TAKEN, "taken"),
                  EDO_UNIT(PAYMENT_DECLINED, "declined"), EDO_UNIT(PAYMENT_RETURNED, "returned"))

typedef enum payment_verb { PAYMENT_TAKE, PAYMENT_RETURN, PAYMENT_LOOK } payment_verb;

/* A request to the partner; its response is a payment_state. Each may be sent any number of
 * times. */
typedef struct payment {
    payment_verb verb;
    const char *key;
    int64_t amount; /* of TAKE */
} payment;

typedef struct payments {
    edo_service *partner;
    edo_breaker *breaker;
} payments;

/* Makes it around `partner`, whose requests are a payment. Takes `partner`, in any case. */
int payments_open(payments *out, edo_service *partner);
void payments_close(payments *p);

/* One call, of `limit` at most: 0 and the state, or why nothing is known: -ETIMEDOUT,
 * -EDO_ECIRCUITOPEN and what else the way to the partner has. */
int payments_call(payments *p, payment *ask, payment_state *state, edo_duration limit);

/* The partner by HTTP, at `url`. Borrows `url`; returns new. */
int payments_over_http(edo_service **out, const char *url);

#endif
