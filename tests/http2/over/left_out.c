/* SPDX-License-Identifier: MIT */
/* tests/http2/over/left_out.c: tests that do not run over HTTP/2, and why. */
#include <stddef.h>
#include <string.h>

const char *edo_test_left_out(const char *name);

#define TEXT      "about the text of HTTP/1.1"
#define OLD       "about HTTP/1.0"
#define PIPELINED "about requests behind each other on one connection"
#define SOCKET    "about the socket of a connection, which is another one here"
#define MEMORY    "counts memory, some of which is the gateway's"
#define HALF      "HTTP/2 has no client that ends its output and still opens windows"

static const struct {
    const char *name, *why;
} left_out[] = {
    // http
    { "names_of_a_response_have_the_case_that_was_asked_for", TEXT },
    { "bad_request_is_refused_and_nothing_after_it_served", TEXT },
    { "other_versions_are_505", TEXT },
    { "server_lets_pass_what_its_bits_say", TEXT },
    { "response_has_the_form_that_its_status_and_fields_ask_for", TEXT },
    { "response_with_upgrade_names_it_in_connection", TEXT },
    { "head_limit_may_be_as_large_as_its_field", TEXT },
    { "head_may_be_as_large_as_the_limit_says", TEXT },
    { "head_beyond_its_limits_is_431", "HTTP/2 counts 32 bytes more for each field" },
    { "limit_of_trailers_is_exact_however_they_come", TEXT },
    { "hooks_see_each_head_and_end", "about the bounds of chunks" },
    { "trailers_of_a_response_are_those_that_may_be_sent",
      "HTTP/2 sends those without a name, too" },
    { "head_that_takes_too_long_is_408", "a head is one frame here" },
    { "header_has_the_time_of_a_head", "a head is one frame here" },
    { "drain_finishes_requests_and_closes_the_rest", "a head is one frame here" },
    { "idle_connection_has_a_last_call", "GOAWAY says when the last request was" },
    { "head_of_a_stream_follows_the_body_that_was_invited", "no head is held back" },
    { "informational_response_goes_before_the_final_one", OLD },
    { "clients_are_sent_to_https", OLD },
    { "request_that_arrived_behind_a_response_is_served", PIPELINED },
    { "client_that_has_sent_too_much_connects_anew", PIPELINED },
    { "responses_before_one_that_is_broken_off_arrive_whole", PIPELINED },
    { "a_pipelined_response_leaves_before_the_next_request_is_handled_by_option", PIPELINED },
    { "values_go_with_messages_through_layers_and_end_with_them",
      "values of a connection are of its request" },
    { "response_that_was_made_goes_out_to_a_half_closed_client", HALF },
    { "client_that_has_left_has_left_the_next_burst", HALF },
    { "end_of_a_drain_ends_the_response_to_a_half_closed_client", HALF },
    { "failure_that_is_sent_whole_is_no_client_that_leaves", HALF },
    { "client_is_the_one_that_the_proxy_tells", SOCKET },
    { "required_header_that_is_bad_ends_the_connection", SOCKET },
    { "only_the_proxies_can_tell_a_client", SOCKET },
    { "request_knows_both_addresses", SOCKET },
    { "nothing_follows_a_part_of_a_head", SOCKET },
    { "response_that_fails_in_its_middle_is_not_whole", "a reset overtakes the bytes before it" },
    { "response_that_fails_in_its_middle_is_not_whole_in_memory",
      "a reset overtakes the bytes before it" },
    { "part_of_an_open_file_is_sent_from_its_offset", "a reset overtakes the bytes before it" },
    { "what_is_broken_off_or_no_request_is_counted_as_that", "what is no request is reset" },
    // web
    { "nothing_follows_half_an_event", OLD },
    { "posted_events_arrive_in_order_and_end_by_a_call", "about the bounds of chunks" },
    { "socket_without_memory_ends_with_a_close",
      "without memory for bytes that come their stream ends" },
    { "memory_of_a_large_event_is_given_back", MEMORY },
    { "socket_that_was_just_sent_a_frame_is_not_the_one_that_is_idle_for_longest", SOCKET },
    { "client_that_was_just_sent_an_event_is_not_the_one_that_is_idle_for_longest", SOCKET },
    { "client_that_does_not_read_is_reset", SOCKET },
    { "peer_that_does_not_read_is_reset", SOCKET },
    { "peer_that_does_not_read_what_still_waits_is_reset", SOCKET },
    { "peer_that_takes_a_long_message_slowly_is_not_given_up", SOCKET },
    { "peer_that_takes_no_more_is_given_up", SOCKET },
    { "peer_that_has_all_and_says_nothing_is_given_up", SOCKET },
    { "nothing_follows_a_frame_that_was_cut_short", SOCKET },
    { "peer_that_breaks_off_is_nothing_to_warn_of", SOCKET },
    { "handshake_that_cannot_be_is_refused", "an extended CONNECT has no key" },
};

const char *edo_test_left_out(const char *name) {
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (strcmp(left_out[i].name, name) == 0) return left_out[i].why;
    return NULL;
}
