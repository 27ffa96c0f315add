/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Tests that speak TAP. A test is a sentence: TEST(rejects_a_driver_with_two_verbs_in_one_step).
 * A failed CHECK returns, so cleanup attributes run and nothing leaks into the next test.
 */
struct tap_test {
	struct tap_test *next;
	const char *name;
	void (*run)(void);
};

static struct tap_test *tap_tests;
static bool tap_failed;
static const char *tap_skipped; /* why the test that runs could not try what it says */

static inline void tap_register(struct tap_test *test)
{
	struct tap_test **at = &tap_tests;

	while (*at)
		at = &(*at)->next;
	*at = test;
}

#define TEST(sentence)                                                                             \
	static void sentence(void);                                                                \
	static struct tap_test test_##sentence = {NULL, #sentence, sentence};                      \
	__attribute__((constructor)) static void register_##sentence(void)                         \
	{                                                                                          \
		tap_register(&test_##sentence);                                                    \
	}                                                                                          \
	static void sentence(void)

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# %s:%d: not so: %s\n", __FILE__, __LINE__, #condition);  \
			tap_failed = true;                                                         \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* As CHECK, and shows the error of a call that should have succeeded. */
#define CHECK_OK(call, err)                                                                        \
	do {                                                                                       \
		if ((call) != 0) {                                                                 \
			fprintf(stderr, "# %s:%d: %s: %s\n", __FILE__, __LINE__, #call,            \
				(err).text);                                                       \
			tap_failed = true;                                                         \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* Ends a test that this machine does not allow; `reason` has static storage. See .ci/may-skip. */
#define SKIP_UNLESS(condition, reason)                                                             \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			tap_skipped = (reason);                                                    \
			return;                                                                    \
		}                                                                                  \
	} while (0)

/* TAP_ONLY=word in the environment: only the tests that have it in their name. */
int main(void)
{
	const char *only = getenv("TAP_ONLY");
	size_t count = 0, failed = 0;

	for (const struct tap_test *test = tap_tests; test; test = test->next) {
		if (only && !strstr(test->name, only))
			continue;
		tap_failed = false;
		tap_skipped = NULL;
		test->run();
		failed += tap_failed;
		printf("%s %zu - %s%s%s\n", tap_failed ? "not ok" : "ok", ++count, test->name,
			tap_skipped ? " # SKIP " : "", tap_skipped ? tap_skipped : "");
		fflush(stdout);
	}
	printf("1..%zu\n", count);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
