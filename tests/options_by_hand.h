/* SPDX-License-Identifier: MIT */
#pragma once

#include "workload/workload.h"

#include <assert.h>
#include <string.h>

/* What a plan would say about workloads. */
struct options_by_hand {
	struct setting_value list[4];
	size_t count;
};

static inline const struct setting *setting_by_hand(const char *name)
{
	for (size_t i = 0; workloads[i]; i++)
		for (size_t k = 0; workloads[i]->settings && workloads[i]->settings[k]; k++)
			if (strcmp(workloads[i]->settings[k]->name, name) == 0)
				return workloads[i]->settings[k];
	assert(!"no workload has such a setting");
	return NULL;
}

static inline const struct setting_value *option_by_hand(
	struct options_by_hand *options, const char *name, const char *text)
{
	options->list[options->count++] = (struct setting_value){setting_by_hand(name), text};
	return options->list;
}
