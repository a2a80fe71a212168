/* SPDX-License-Identifier: MIT */
/* test_sequence.c: a test of a function that reads a sequence: a script plays items, pauses and a
 * failure. */
#include <edo/edo.h>
#include <edo/test_seq.h>

#include <stdio.h>

/* The tested function: the greatest reading. A sensor may fail now and then, and is given up when
 * it says nothing for a minute. */
static int greatest(edo_seq *readings, int *out) {
    edo_seq_next_future next;
    int reading, rc;
    for (*out = 0;;) {
        rc = edo_timeout(edo_seq_next_init(&next, readings, &reading), edo_minutes(1));
        if (rc == 1 && reading > *out) *out = reading;
        if (rc == 0 || rc == -ETIMEDOUT) return rc;
    }
}

EDO_TEST(a_failed_reading_is_passed_over, .paused = true) {
    edo_test_seq *sensor;
    edo_seq *readings;
    int most;
    EDO_TEST_OK(edo_test_seq_new(&sensor, &readings, sizeof(int), "sensor"));
    edo_test_seq_item(sensor, &(int){ 20 });
    edo_test_seq_wait(sensor, edo_s(59));
    edo_test_seq_error(sensor, -EIO);
    edo_test_seq_item(sensor, &(int){ 23 });
    edo_test_seq_close(sensor); // then the end
    EDO_TEST_EQ(greatest(readings, &most), 0);
    EDO_TEST_EQ(most, 23);
    edo_seq_free(readings); // fails if a step is left
}

EDO_TEST(a_sensor_that_says_nothing_is_given_up, .paused = true) {
    edo_test_seq *sensor;
    edo_seq *readings;
    int most;
    EDO_TEST_OK(edo_test_seq_new(&sensor, &readings, sizeof(int), "sensor"));
    edo_test_seq_item(sensor, &(int){ 20 });
    edo_test_seq_wait(sensor, edo_hours(1));
    EDO_TEST_EQ(greatest(readings, &most), -ETIMEDOUT);
    EDO_TEST_EQ(most, 20);
    edo_test_seq_close(sensor);
    edo_seq_free(readings);
}

int main(void) {
    a_failed_reading_is_passed_over(NULL);
    a_sensor_that_says_nothing_is_given_up(NULL);
    printf("passed\n");
    return 0;
}
