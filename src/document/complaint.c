/* SPDX-License-Identifier: MIT */
/* What foreign tools say when they fail, and the cause that stands for it. */
#include "document/complaint.h"

#include "base/attribute.h"

#include <string.h>

enum cause complaint_cause(const char *words, enum cause otherwise)
{
	/* The first that matches decides, so failures to connect come first.
	 * tests/golden/complaints has a real line for each row. */
	static const struct {
		const char *words, *also;
		enum cause cause;
	} complaints[] = {
		{"unable to connect", "timed out", CAUSE_UNREACHABLE},
		/* A program that lacks a part, or a package that is not there, is not worth another
		   try. */
		{"Unknown encoder", "", CAUSE_MISSING},
		{"Unknown decoder", "", CAUSE_MISSING},
		{"Protocol not found", "", CAUSE_MISSING},
		{"cannot access '/nix/store/", "", CAUSE_MISSING},
		{"error: path '", "is required, but there is no substituter", CAUSE_MISSING},
		{"Message too long", "", CAUSE_MTU},
		{"message too long", "", CAUSE_MTU},
		{"Connection refused", "", CAUSE_REFUSED},
		{"etwork is unreachable", "", CAUSE_UNREACHABLE},
		{"No route to host", "", CAUSE_UNREACHABLE},
		{"Host Unreachable", "", CAUSE_UNREACHABLE},
		{"timed out", "", CAUSE_TIMEOUT},
		{"Timeout was reached", "", CAUSE_TIMEOUT},
	};

	for (size_t i = 0; i < ARRAY_SIZE(complaints); i++) {
		if (strstr(words, complaints[i].words) && strstr(words, complaints[i].also))
			return complaints[i].cause;
	}
	return otherwise;
}
