/* How cells end: the words for it, and whether another attempt can end differently. */
#include "record/cause.h"

#include "base/attribute.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	bool is_retried;
} causes[] = {
	[CAUSE_SUCCESS] = {"success", false},
	[CAUSE_MTU] = {"mtu", true}, /* the failure taught the sender the path's MTU */
	[CAUSE_TIMEOUT] = {"timeout", true},
	[CAUSE_REFUSED] = {"refused", true},
	[CAUSE_UNREACHABLE] = {"unreachable", true},
	[CAUSE_STALLED] = {"stalled", true},
	[CAUSE_CRASHED] = {"crashed", true},
	[CAUSE_TOOL] = {"tool", true},
	[CAUSE_PARSE] = {"parse", false},
	[CAUSE_MISSING] = {"missing", false},
	[CAUSE_CONNECT] = {"connect", true},
	[CAUSE_SYSTEM] = {"system", false},
	[CAUSE_WIRE] = {"wire", true},
	[CAUSE_CANCELLED] = {"cancelled", false},
};

const char *cause_name(enum cause cause)
{
	assert((size_t)cause < ARRAY_SIZE(causes));
	return causes[cause].name;
}

bool cause_named(const char *name, enum cause *ret_cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (strcmp(causes[i].name, name) == 0) {
			*ret_cause = (enum cause)i;
			return true;
		}
	}
	return false;
}

enum cause cause_of_error(const struct error *err)
{
	switch (err->kind) {
	case ERROR_NONE:
		return CAUSE_SUCCESS;
	case ERROR_USAGE:
	case ERROR_SYSTEM:
		return CAUSE_SYSTEM;
	case ERROR_MISSING:
		return CAUSE_MISSING;
	case ERROR_TOOL:
		return CAUSE_TOOL;
	case ERROR_CRASHED:
		return CAUSE_CRASHED;
	case ERROR_TIMEOUT:
		return CAUSE_TIMEOUT;
	case ERROR_PARSE:
		return CAUSE_PARSE;
	case ERROR_CANCELLED:
		return CAUSE_CANCELLED;
	}
	return CAUSE_SYSTEM;
}

int cause_is_retried(enum cause cause)
{
	assert((size_t)cause < ARRAY_SIZE(causes));
	return causes[cause].is_retried;
}
