/* SPDX-License-Identifier: MIT */
#include "proc/proc.h"

#include "tap.h"

#include <string.h>

static bool ends_with_words(const char *output, const char *expected)
{
	char text[512];
	const char *words;

	snprintf(text, sizeof(text), "%s", output);
	words = proc_last_words(text);
	if (strcmp(words, expected) != 0)
		printf("# %s\n", words);
	return strcmp(words, expected) == 0;
}

TEST(the_last_line_says_why)
{
	CHECK(ends_with_words(
		"starting\ncannot open /dev/net/tun\n\n", "cannot open /dev/net/tun"));
	CHECK(ends_with_words("", "") && ends_with_words("\n \n", ""));
}

TEST(who_says_why_and_then_only_that_it_ends_is_quoted_with_the_reason)
{
	CHECK(ends_with_words("error: no such key\nTerminating\n", "error: no such key"));
	CHECK(ends_with_words("error: old\nunable to bind\n", "unable to bind"));
}

TEST(a_trace_of_go_begins_with_its_reason)
{
	CHECK(ends_with_words(
		"up\npanic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:7 +0x1d\nexit status 2\n",
		"panic: runtime error: index out of range [3] with length 3"));
	CHECK(ends_with_words(
		"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n",
		"fatal error: all goroutines are asleep - deadlock!"));
	CHECK(ends_with_words(
		"SIGSEGV: segmentation violation\nPC=0x1 m=0 sigcode=1\n\ngoroutine 0 [idle]:\n",
		"SIGSEGV: segmentation violation"));
	/* Only at the start of a line: a log that mentions one is not a trace. */
	CHECK(ends_with_words("handled panic: fine\nbye\n", "bye"));
}

TEST(a_panic_of_rust_has_its_place_and_its_reason)
{
	CHECK(ends_with_words(
		"thread 'main' panicked at src/main.rs:12:5:\ncalled `Option::unwrap()` on a `None` value\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
		"thread 'main' panicked at src/main.rs:12:5: called `Option::unwrap()` on a `None` value"));
	CHECK(ends_with_words(
		"thread 'main' panicked at 'no tun', src/main.rs:12:5\nnote: run with `RUST_BACKTRACE=1`\n",
		"thread 'main' panicked at 'no tun', src/main.rs:12:5"));
}
