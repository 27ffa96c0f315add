/* SPDX-License-Identifier: MIT */
/* A rule in words, and what it does to a packet: whatever both hold, nothing outside is touched. */
#include "input.h"
#include "wire/internal.h"

#include <string.h>

enum {
	MOST_TEXT = 200,
	MOST_PACKET = 2000
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the first zero byte of the input lies a packet, in memory of exactly its size. */
static void change(const struct wire_rule *rule, const uint8_t *packet, size_t size)
{
	uint8_t *bytes;
	uint32_t length = (uint32_t)size;

	if (size == 0 || size > MOST_PACKET)
		return;
	bytes = malloc(size);
	demand(bytes != NULL);
	memcpy(bytes, packet, size);
	(void)rules_change(rule, rules_draw(1, 2, size, 3), bytes, &length);
	demand(length <= size);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"here", "peer", NULL};
	size_t length = strnlen((const char *)data, size);
	char text[MOST_TEXT + 1] = "";
	struct wire_rule rule;
	struct rules rules;
	struct error err = {0};

	if (length == size || length > MOST_TEXT)
		return 0;
	memcpy(text, data, length);
	if (wire_rule_read(text, names, &rule, &err)) {
		demand(err.kind == ERROR_USAGE && err.text[0]);
		return 0;
	}
	demand(rules_set(&rules, &rule, 1, 0, &err) == 0);
	change(&rule, data + length + 1, size - length - 1);
	return 0;
}
