/* SPDX-License-Identifier: MIT */
/* What hosts may use of this machine, what they used, and which programs their limits ended. */
#include "lab/internal.h"

#include "base/json.h"

static bool is_limited(const struct board *board)
{
	return board && !board_is_none(board);
}

static void keep_board(struct lab *lab, const struct board *board)
{
	lab->board = *board;
	lab->board.name = arena_strdup(lab->arena, board->name);
	lab->board.title = lab->board.source = NULL;
}

int limits_begin(struct lab *lab, const struct board *board, int group_fds[], struct error *err)
{
	if (!is_limited(board))
		return 0;
	keep_board(lab, board);
	lab->used = arena_alloc(lab->arena, struct group_usage, lab->count);
	if (groups_new(&lab->groups, err))
		return -1;
	for (size_t i = 0; i < lab->count; i++) {
		const struct host_limits limits = {board->processors, board->memory_bytes};

		if (groups_add(lab->groups, lab->nodes[i].name, &limits, &group_fds[i], err))
			return -1;
	}
	return 0;
}

int lab_can_limit(const struct board *board, struct error *err)
{
	AUTO(groups_freep) struct groups *groups = NULL;
	cpu_set_t allowed;

	if (!is_limited(board))
		return 0;
	if (lab_cores_allowed(&allowed, err))
		return -1;
	if (board->processors > CPU_COUNT(&allowed))
		return fail(err, ERROR_MISSING,
			"board %s gives each host %g processors: meshbench may use only %d of this machine",
			board->name, board->processors, CPU_COUNT(&allowed));
	return groups_new(&groups, err);
}

int lab_restart_limits(struct lab *lab, struct error *err)
{
	for (size_t i = 0; lab->groups && i < lab->count; i++) {
		if (groups_usage(lab->groups, i, &lab->used[i], err))
			return -1;
	}
	return 0;
}

static json_t *host_usage(
	const char *name, const struct group_usage *before, const struct group_usage *now)
{
	return json_make("{s:s, s:f, s:f, s:o, s:I}", "host", name, "cpu_s",
		now->cpu_s - before->cpu_s, "throttled_s", now->throttled_s - before->throttled_s,
		"memory_peak_bytes",
		now->memory_peak_bytes ? json_integer((json_int_t)now->memory_peak_bytes)
				       : json_null(),
		"killed", (json_int_t)(now->killed - before->killed));
}

json_t *limits_facts(const struct lab *lab)
{
	struct group_quota quota;

	if (!lab->groups)
		return NULL;
	quota = group_quota(lab->board.processors > 0 ? lab->board.processors : 1);
	return json_make("{s:s, s:o, s:o, s:o, s:s}", "board", lab->board.name, "processors",
		lab->board.processors > 0 ? json_real(lab->board.processors) : json_null(),
		"quota_period_us",
		lab->board.processors > 0 ? json_integer((json_int_t)quota.period_us) : json_null(),
		"memory_bytes",
		lab->board.memory_bytes ? json_integer((json_int_t)lab->board.memory_bytes)
					: json_null(),
		"limited_by", "cgroup2");
}

int lab_limits_report(const struct lab *lab, json_t **ret_report, struct error *err)
{
	json_t *report = limits_facts(lab), *hosts = report ? json_array() : NULL;

	for (size_t i = 0; report && i < lab->count; i++) {
		struct group_usage now;

		if (groups_usage(lab->groups, i, &now, err)) {
			json_decref(report);
			json_decref(hosts);
			return -1;
		}
		json_array_append_new(hosts, host_usage(lab->nodes[i].name, &lab->used[i], &now));
	}
	if (report)
		json_object_set_new(report, "hosts", hosts);
	*ret_report = report;
	return 0;
}

int lab_check_memory(const struct lab *lab, struct error *err)
{
	for (size_t i = 0; lab->groups && i < lab->count; i++) {
		struct group_usage now;

		if (groups_usage(lab->groups, i, &now, err))
			return -1;
		if (now.killed > lab->used[i].killed)
			return fail(err, ERROR_MEMORY,
				"host %s needed more than its %.0f MB of memory (board %s), so the kernel ended a program on it",
				lab->nodes[i].name, (double)lab->board.memory_bytes / (1 << 20),
				lab->board.name);
	}
	return 0;
}
