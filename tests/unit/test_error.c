/* SPDX-License-Identifier: MIT */
#include "base/error.h"

#include "tap.h"

#include <errno.h>
#include <string.h>

TEST(context_is_put_in_front_of_what_failed)
{
	struct error err = {0};

	errno = ENOENT;
	CHECK(fail_errno(&err, "open namespace '%s'", "nope") == -1);
	CHECK(fail_in(&err, "enter the host's network") == -1);
	CHECK(err.kind == ERROR_SYSTEM && err.sys_errno == ENOENT);
	CHECK(strcmp(err.text,
		      "enter the host's network: open namespace 'nope': No such file or directory") ==
		0);
}

TEST(a_text_that_is_too_long_is_cut_and_still_ends)
{
	struct error err = {0};

	CHECK(fail(&err, ERROR_TOOL, "%2000d", 7) == -1);
	CHECK(strlen(err.text) == sizeof(err.text) - 1);
	errno = EPERM;
	CHECK(fail_errno(&err, "%2000d", 7) == -1);
	CHECK(fail_in(&err, "%2000d", 7) == -1);
	CHECK(strlen(err.text) == sizeof(err.text) - 1);
}

TEST(every_kind_has_a_word)
{
	for (enum error_kind kind = ERROR_NONE; kind <= ERROR_CANCELLED; kind++)
		CHECK(error_kind_name(kind) && *error_kind_name(kind));
}
