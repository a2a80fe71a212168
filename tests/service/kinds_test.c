/* SPDX-License-Identifier: MIT */
/* Goal: a layer that names the kind of its requests is not put around a service of another kind;
 * the trail names both, and what is refused leaves nothing behind.
 * Method: services and layers of made-up kinds. */
#include <edo/balance.h>
#include <edo/fallback.h>
#include <edo/layers.h>
#include <edo/steer.h>

#include "inside.h"

#include <errno.h>
#include <string.h>

static int dropped; // services that ended

static int passes_on(edo_service *self, edo_permit *permit, void *request, void *response) {
    return self->inner ? edo_service_call(self->inner, permit, request, response) : 7;
}

static void counts_end(edo_service *self) {
    (void)self;
    dropped++;
}

static const edo_service_ops no_kind = { .name = "plain", .call = passes_on, .deinit = counts_end };
static const edo_service_ops tea = {
    .name = "tea house", .call = passes_on, .deinit = counts_end, .kind = "tea"
};
static const edo_service_ops translator = {
    .name = "translator", .call = passes_on, .deinit = counts_end, .kind = ""
};
static const edo_service_ops tea_of_coffee = {
    .name = "tea of coffee", .call = passes_on, .deinit = counts_end, .kind = "tea"
};

static edo_service *serves(const edo_service_ops *ops) {
    edo_service *svc;
    assert_int_equal(edo_service_new(&svc, sizeof(edo_service), ops, NULL), 0);
    return svc;
}

static int wraps(edo_service **out, edo_service *inner, const edo_layer *layer) {
    return edo_service_new(out, sizeof(edo_service), layer->opts.pointers[0], inner);
}

static edo_layer layer_of(const edo_service_ops *ops, const char *kind) {
    edo_layer layer = edo_layer_make(wraps, &ops, sizeof(void *));
    layer.kind = kind;
    return layer;
}

static int asks_nothing(void *arg, void **request) {
    (void)arg, (void)request;
    return 0;
}

static int goes_on(void *arg, edo_next *next, void *request, void *response) {
    (void)arg;
    return edo_layer_next(next, request, response);
}

static const edo_map_opts same_requests = { .arg = NULL };
static const edo_map_opts other_requests = { .request = asks_nothing };

/* Two layers around the tea house, the first one outside. */
static void a_layer_of_another_kind_is_refused_by_both_names(void **state) {
    (void)state;
    const edo_layer none = { .wrap = NULL };
    const struct {
        edo_layer outer, inner;
        const char *refused; /* NULL: it is put there */
    } rows[] = {
        { layer_of(&no_kind, NULL), none, NULL },
        { layer_of(&no_kind, "tea"), none, NULL },
        { layer_of(&no_kind, "coffee"), none, "plain is for requests of the kind coffee" },
        { none, layer_of(&no_kind, "coffee"), "plain is for requests of the kind coffee" },
        // what names no kind has that of the service inside
        { layer_of(&no_kind, "tea"), edo_timeout_layer(edo_s(1)), NULL },
        { layer_of(&no_kind, "coffee"), edo_timeout_layer(edo_s(1)), "coffee" },
        { layer_of(&no_kind, "coffee"), edo_map_layer(&same_requests), "coffee" },
        // what passes other requests on has any
        { layer_of(&no_kind, "coffee"), layer_of(&translator, "tea"), NULL },
        { layer_of(&no_kind, "coffee"), edo_map_layer(&other_requests), NULL },
        { layer_of(&no_kind, "coffee"), edo_layer_from_fn(goes_on, NULL), NULL },
        // or the one that it says
        { layer_of(&no_kind, "tea"), layer_of(&tea_of_coffee, "tea"), NULL },
        { layer_of(&no_kind, "tea"), layer_of(&tea_of_coffee, "coffee"), "tea of coffee is for" },
    };
    for (size_t i = 0; i < EDO_COUNT(rows); i++) {
        edo_service *svc = serves(&tea);
        edo_stack stack;
        char why[256];
        dropped = 0;
        edo_trail_clear();
        edo_stack_init(&stack);
        edo_stack_push(&stack, rows[i].outer);
        edo_stack_push(&stack, rows[i].inner);
        int err = edo_stack_build(&svc, &stack, svc);
        edo_stack_deinit(&stack);
        assert_int_equal(err, rows[i].refused ? -EINVAL : 0);
        if (err == 0) {
            assert_int_equal(edo_service_oneshot(svc, NULL, NULL), 7);
            edo_service_unref(svc);
        } else {
            (void)edo_trail_print_text(why, sizeof why, err, EDO_TRAIL_LINE);
            assert_non_null(strstr(why, rows[i].refused));
            assert_non_null(strstr(why, "the service takes tea"));
        }
        assert_true(dropped >= 1); // also of what is refused
    }
    edo_trail_clear();
}

static int picks_first(void *arg, void *request, size_t n) {
    (void)arg, (void)request, (void)n;
    return 0;
}

/* A request may get to each of several services. */
static void services_that_share_requests_are_of_one_kind(void **state) {
    static const edo_service_ops coffee = { .name = "café", .call = passes_on, .kind = "coffee" };
    edo_service *both[] = { serves(&no_kind), serves(&tea), serves(&coffee) };
    edo_service *svc;
    (void)state;
    assert_int_equal(edo_steer_new(&svc, both, 2, picks_first, NULL), 0);
    edo_layer layer = layer_of(&no_kind, "coffee");
    assert_int_equal(edo_layer_wrap(&svc, &layer, svc), -EINVAL);
    assert_int_equal(edo_steer_new(&svc, both, 3, picks_first, NULL), -EINVAL);
    for (size_t i = 0; i < EDO_COUNT(both); i++) {
        layer = edo_fallback_layer(&(edo_fallback_opts){ .service = both[i] });
        int err = edo_layer_wrap(&svc, &layer, serves(&tea));
        assert_int_equal(err, i == 2 ? -EINVAL : 0);
        if (err == 0) edo_service_unref(svc);
        edo_service_unref(both[i]);
    }
    edo_trail_clear();
}

/* ---- Services that are made later ------------------------------------------------------------ */

static int makes_tea(void *arg, edo_service **svc, const void *target) {
    (void)arg, (void)target;
    return edo_service_new(svc, sizeof(edo_service), &tea, NULL);
}

static edo_service *balances(const char *kind) {
    const edo_endpoint to = { .address = "a" };
    const edo_balance_opts opts = { .fail_fast = true, .request_kind = kind };
    edo_service *svc;
    edo_seq *source = edo_discover_list(&to, 1);
    EDO_TEST_OK(edo_balance_service_new(&svc, source, makes_tea, NULL, NULL, &opts));
    return svc;
}

static edo_service *connects_again(const char *kind) {
    const edo_reconnect_opts opts = { .request_kind = kind };
    edo_service *svc;
    EDO_TEST_OK(edo_reconnect_new(&svc, makes_tea, NULL, NULL, &opts));
    return svc;
}

EDO_TEST(what_makes_its_services_later_is_told_their_kind, .paused = true) {
    edo_service *(*const later[])(const char *kind) = { balances, connects_again };
    const edo_layer for_coffee = layer_of(&no_kind, "coffee");
    const edo_layer for_tea = layer_of(&no_kind, "tea");
    for (size_t i = 0; i < EDO_COUNT(later); i++) {
        edo_service *svc;
        char why[256];
        CHECK_EQ(edo_layer_wrap(&svc, &for_coffee, later[i]("tea")), -EINVAL);
        (void)edo_trail_print_text(why, sizeof why, -EINVAL, EDO_TRAIL_LINE);
        CHECK(strstr(why, "plain is for requests of the kind coffee, and the service takes tea"));
        CHECK_EQ(edo_layer_wrap(&svc, &for_tea, later[i]("tea")), 0);
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), 7);
        edo_service_unref(svc);
        svc = later[i]("coffee"); // which the services made do not take
        CHECK_EQ(edo_service_oneshot(svc, NULL, NULL), -EINVAL);
        edo_service_unref(svc);
        edo_trail_clear();
        EDO_TEST_OK(edo_test_settle());
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_of_another_kind_is_refused_by_both_names),
        cmocka_unit_test(services_that_share_requests_are_of_one_kind),
        cmocka_unit_test(what_makes_its_services_later_is_told_their_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
