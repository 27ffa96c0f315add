/* SPDX-License-Identifier: MIT */
/* Texts that users hand in: netem's words, mahimahi traces, CSV. What is accepted must be usable.
 */
#include "netem/netem.h"

#include "base/arena.h"
#include "base/text.h"
#include "input.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct netem_params *params, const struct netem_timeline *timeline)
{
	AUTO(netem_freep) struct netem *netem = NULL;
	struct netem_finding finding;
	struct netem_fate fate;
	struct error err = {0};
	bool is_refused = netem_check(params, &finding, 1) > 0 && finding.is_error;

	demand(netem_new(&(struct netem_key){.seed = 1}, &netem, &err) == 0);
	if (netem_set(netem, params, timeline, 1000, &err)) {
		demand(is_refused || timeline);
		return;
	}
	demand(!is_refused);
	for (int i = 0; i < 20; i++) {
		netem_decide(netem, 1000 + i * 100000, 100, &fate);
		demand(fate.count == 1 || fate.count == 2);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct netem_params params = {.model = NETEM_CALIBRATED};
	struct netem_timeline timeline;
	struct error err = {0};
	char *text;
	size_t count, word;

	if (size == 0 || size > 4096)
		return 0;
	text = arena_strndup(arena, (const char *)data + 1, size - 1);
	if (data[0] % 3 == 0 && netem_read_mahimahi(arena, "t", text, &timeline, &err) == 0) {
		demand(netem_timeline_check(&timeline, &err) == 0);
		use(&params, &timeline);
	} else if (data[0] % 3 == 1 && netem_read_csv(arena, "t", text, &timeline, &err) == 0) {
		demand(netem_timeline_check(&timeline, &err) == 0);
		use(&params, &timeline);
	} else if (data[0] % 3 == 2) {
		const char **words = text_words(arena, text, &count);

		if (netem_parse_words(words, count, &params, &word, &err))
			demand(word <= count);
		else
			use(&params, NULL);
	}
	return 0;
}
