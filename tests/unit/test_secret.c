/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include "tap.h"

#include <string.h>

TEST(secrets_are_masked_wherever_they_stand)
{
	struct secrets *secrets = secrets_new();
	char text[] = "key=abcdefgh1234 again abcdefgh1234, prefix abcdefgh";

	secrets_add(secrets, "abcdefgh");
	secrets_add(secrets, "abcdefgh1234");
	secrets_mask(secrets, text);
	secrets_free(secrets);
	CHECK(strcmp(text, "key=*** again ***, prefix ***") == 0);
}

TEST(a_secret_of_several_lines_is_masked_line_by_line)
{
	struct secrets *secrets = secrets_new();
	char text[] = "-----BEGIN-----\nQUJDREVGRw==\nshort\n";

	secrets_add(secrets, "QUJDREVGRw==\nshort\n");
	secrets_mask(secrets, text);
	secrets_free(secrets);
	CHECK(strcmp(text, "-----BEGIN-----\n***\nshort\n") == 0);
}

TEST(no_secrets_change_nothing)
{
	char text[] = "plain";

	secrets_mask(NULL, text);
	CHECK(strcmp(text, "plain") == 0);
}
