/* SPDX-License-Identifier: MIT */
/* What --resume reads of a tree: the plan in its environment, and how its cells ended. The input is
 * both, a byte 0xff between. */
#include "runner/runner.h"

#include "base/fd.h"
#include "base/file.h"
#include "paper.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const char *const hosts[] = {"lom", "yuki", NULL};
static const struct plan plan = {.hosts = hosts, .host_count = 2, .repeat = 1};
static const struct driver drivers[] = {{.label = "none", .folder = "Internal"}};
static const struct profile profiles[] = {{.name = "baseline", .folder = "baseline"}};
static const struct tuning tunings[] = {{.name = "none"}};
static const struct workload *const measured[] = {&workload_tcp};
static const struct runner_plan everything = {.plan = &plan,
	.drivers = drivers,
	.driver_count = ARRAY_SIZE(drivers),
	.profiles = profiles,
	.profile_count = ARRAY_SIZE(profiles),
	.tunings = tunings,
	.tuning_count = ARRAY_SIZE(tunings),
	.workloads = measured,
	.workload_count = ARRAY_SIZE(measured)};

static void read_plan(struct arena *arena, const struct record *record)
{
	json_auto_t *environment = record_read_environment(record);
	struct plan read;
	struct error err = {0};

	if (plan_from_json(arena, json_object_get(environment, "plan"), workload_settings(arena),
		    &read, &err))
		assert((err.kind == ERROR_PARSE || err.kind == ERROR_USAGE) && *err.text);
	else
		assert(read.host_count >= 2 && plan_check(&read, &err) == 0);
}

static void read_cells(struct arena *arena, struct record *record)
{
	struct runner_result result = runner_read(&everything, record, arena);

	assert(result.count <= 1);
	for (size_t i = 0; i < result.count; i++) {
		assert(result.outcomes[i].cause < CAUSE_COUNT && result.outcomes[i].was_there);
		(void)marks_text(arena, result.outcomes[i].marks);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(record_closep) struct record *record = NULL;
	const char *folder = paper_folder("tree");
	const uint8_t *cut = size ? memchr(data, 0xff, size) : NULL;
	size_t first = cut ? (size_t)(cut - data) : size;
	struct error err = {0};

	paper_write(arena_printf(arena, "%s/environment.json", folder), data, first);
	assert(dir_make(arena_printf(arena, "%s/Internal/baseline/0_lom", folder), 0755, &err) ==
		0);
	paper_write(arena_printf(arena, "%s/Internal/baseline/0_lom/tcp_iperf3.json", folder),
		cut ? cut + 1 : data, cut ? size - first - 1 : 0);
	if (record_open(folder, &record, &err)) {
		assert(err.kind == ERROR_USAGE);
		return 0;
	}
	read_plan(arena, record);
	read_cells(arena, record);
	return 0;
}
