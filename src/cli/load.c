/* SPDX-License-Identifier: MIT */
/* From the user's words to checked structs, before anything starts. */
#include "cli/load.h"

#include "base/near.h"
#include "record/layout.h"
#include "supply/supply.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const no_names[] = {NULL};

static size_t count_of(const char *const *list)
{
	size_t count = 0;

	while (list && list[count])
		count++;
	return count;
}

/* What ends the name of something that may be changed, and what ends the key of a change. */
static const struct {
	const char *option, *ends;
} changeable[] = {{"profile", ":=/."}, {"topology", ":=/"}};

/*
 * "low:rate=1gbit,loss=0%" came as two words: what is only NAME=VALUE belongs to the one before. A
 * key of a topology is SITE.KEY.
 */
static bool is_further_change(const char *word, const char *ends)
{
	return word[strcspn(word, ends)] == '=';
}

static const char *const *join_changes(
	struct arena *arena, const char *option, const char *const *words)
{
	const char *ends = NULL;
	const char **joined = arena_alloc(arena, const char *, count_of(words) + 1);
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(changeable); i++)
		if (strcmp(changeable[i].option, option) == 0)
			ends = changeable[i].ends;
	for (; *words; words++) {
		if (ends && count > 0 && is_further_change(*words, ends))
			joined[count - 1] = arena_printf(arena, "%s,%s", joined[count - 1], *words);
		else
			joined[count++] = *words;
	}
	return joined;
}

static const char *option_of(struct arena *arena, const char *key)
{
	char *option = arena_strdup(arena, key);

	for (char *at = option; *at; at++)
		if (*at == '_')
			*at = '-';
	return option;
}

struct request request_new(struct arena *arena)
{
	const struct setting *const *options = workload_settings(arena);
	struct request request = {0};
	size_t count = plan_key_count, used = 0;

	for (size_t i = 0; options[i]; i++)
		count++;
	request.changes = arena_alloc(arena, struct request_change, count + 1);
	for (size_t i = 0; i < plan_key_count; i++)
		request.changes[used++] = (struct request_change){.setting = &plan_keys[i].setting,
			.option = plan_keys[i].option
					  ? plan_keys[i].option
					  : option_of(arena, plan_keys[i].setting.name)};
	for (size_t i = 0; options[i]; i++)
		request.changes[used++] = (struct request_change){
			.setting = options[i], .option = option_of(arena, options[i]->name)};
	return request;
}

/* Paths of drivers and nothing else. */
static bool are_drivers(const struct request_change *change)
{
	for (const char *const *name = change->names; *name; name++)
		if (!strchr(*name, '/'))
			return false;
	return strcmp(change->setting->name, "vpns") == 0;
}

bool request_changes_more_than_drivers(const struct request *request)
{
	for (const struct request_change *c = request->changes; c->setting; c++)
		if (c->text || (c->names && !are_drivers(c)))
			return true;
	return false;
}

bool request_names_vpn(const struct request *request, const char *vpn)
{
	for (const struct request_change *c = request->changes; c->setting; c++)
		for (const char *const *name = c->names; name && *name; name++)
			if (strcmp(c->setting->name, "vpns") == 0 && strcmp(*name, vpn) == 0)
				return true;
	return false;
}

size_t request_options_most(const struct request *request)
{
	size_t count = 0;

	while (request->changes[count].setting)
		count++;
	return count;
}

size_t request_options(const struct request *request, struct option_row *rows)
{
	size_t count = 0;

	for (struct request_change *c = request->changes; c->setting; c++) {
		bool is_list = c->setting->kind == SETTING_LIST;

		if (c->setting->help)
			rows[count++] = (struct option_row){.name = c->option,
				.argument = c->setting->argument,
				.help = c->setting->help,
				.kind = is_list ? OPTION_LIST : OPTION_TEXT,
				.target = is_list ? (void *)&c->names : (void *)&c->text};
	}
	return count;
}

/* What a plan says of settings that follow this one was meant for the plan's own value of it. */
static void forget_followers(struct arena *arena, const struct setting *changed, struct plan *plan)
{
	const struct setting_value *values = plan->options;

	for (size_t i = 0; values && values[i].setting; i++) {
		const struct setting *setting = values[i].setting;

		if (setting->follows && strcmp(setting->follows, changed->name) == 0)
			plan->options = setting_put(arena, plan->options, setting, NULL);
	}
}

static int apply(struct arena *arena, const struct request_change *change, struct plan *plan,
	struct error *err)
{
	if (change->names)
		plan_set_list(
			plan, change->setting, join_changes(arena, change->option, change->names));
	if (!change->text)
		return 0;
	forget_followers(arena, change->setting, plan);
	return plan_set(arena, plan, change->setting, change->text, err)
		       ? fail_in(err, "--%s", change->option)
		       : 0;
}

int load_place(struct arena *arena, struct plan *plan, struct error *err)
{
	const struct topology *topology;

	return load_topology(arena, plan->topologies[0], &topology, err) ||
			       load_hosts(arena, topology, plan, err)
		       ? -1
		       : 0;
}

/* Of several topologies each has hosts of its own. */
static int load_places(struct arena *arena, struct plan *plan, struct error *err)
{
	if (count_of(plan->topologies) == 1)
		return load_place(arena, plan, err);
	for (size_t i = 0; plan->topologies[i]; i++) {
		struct plan one = *plan;

		one.topologies = ARENA_LIST(arena, plan->topologies[i]);
		if (load_place(arena, &one, err))
			return -1;
	}
	return 0;
}

/* Some workloads have a plan of the same name, so people expect that of all. */
static int find_plan(
	struct arena *arena, const char *name, const char **ret_path, struct error *err)
{
	if (plan_find(arena, "plans", name, ret_path, err) == 0)
		return 0;
	if (workload_named(name))
		fail(err, ERROR_USAGE,
			"'%s' is a workload and not a plan: meshbench run --workload %s", name,
			name);
	return -1;
}

int load_plan(struct arena *arena, const struct request *request, struct plan *ret_plan,
	struct error *err)
{
	const char *path;
	struct plan plan;

	if (find_plan(arena, request->plan ? request->plan : "quick", &path, err) ||
		plan_load(arena, path, workload_settings(arena), &plan, err))
		return -1;
	for (const struct request_change *c = request->changes; c && c->setting; c++)
		if (apply(arena, c, &plan, err))
			return -1;
	if (plan_check(&plan, err) || load_places(arena, &plan, err))
		return -1;
	*ret_plan = plan;
	return 0;
}

/* "low:rate=100mbit": the name ends at the colon. */
int load_profile(
	struct arena *arena, const char *words, struct profile *ret_profile, struct error *err)
{
	size_t length = strcspn(words, ":");
	const char *path = NULL;

	if (plan_find(arena, "profiles", arena_strndup(arena, words, length), &path, err) ||
		profile_load(arena, path, ret_profile, err))
		return -1;
	if (words[length] == '\0')
		return 0;
	if (profile_change(arena, ret_profile, words + length + 1, err))
		return fail_in(err, "--profile %s", words);
	return 0;
}

void load_print_warnings(const struct profile *profile)
{
	for (size_t i = 0; profile->warnings && profile->warnings[i]; i++)
		fprintf(stderr, "meshbench: %s\n", profile->warnings[i]);
}

int load_engine(const char *name, bool is_impaired, enum lab_engine *ret_engine, struct error *err)
{
	if (strcmp(name, "auto") == 0) {
		*ret_engine = is_impaired ? LAB_ENGINE_WIRE : LAB_ENGINE_BRIDGE;
		return 0;
	}
	if (lab_engine_named(name, ret_engine)) {
		if (!lab_engine_is_real(*ret_engine))
			return 0;
		return fail(err, ERROR_USAGE,
			"engine %s joins machines that ssh reaches; name them with --on hosts.yml, or use auto, wire, bridge or netem",
			name);
	}
	return fail(err, ERROR_USAGE, "unknown engine '%s'; use auto, wire, bridge or netem", name);
}

static int refuse_twice(const char *what, const char *const *names, struct error *err)
{
	for (size_t i = 0; names[i]; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return fail(
					err, ERROR_USAGE, "%s '%s' is named twice", what, names[i]);
		}
	}
	if (!names[0])
		return fail(err, ERROR_USAGE, "no %s is named", what);
	return 0;
}

/* Without those that are extras; the others keep their order. */
static int leave_out_extras(struct arena *arena, const char *const **names, struct error *err)
{
	const char **kept = arena_alloc(arena, const char *, count_of(*names) + 1);
	size_t count = 0;

	for (const char *const *name = *names; *name; name++) {
		struct driver driver;

		if (choice_driver(arena, *name, &driver, err))
			return -1;
		if (!driver.is_extra)
			kept[count++] = *name;
	}
	*names = kept;
	return 0;
}

/* "found" stands for every driver, "all" for those but extras; a run skips what is not here. */
static int expand_vpns(struct arena *arena, const char *const **names, struct error *err)
{
	const char *given = (*names)[0] && !(*names)[1] ? (*names)[0] : "";

	if (strcmp(given, "found") == 0)
		return plan_list(arena, "drivers", names, err);
	if (strcmp(given, "all") != 0)
		return 0;
	return plan_list(arena, "drivers", names, err) || leave_out_extras(arena, names, err) ? -1
											      : 0;
}

static const char *nth_workload(const void *context, size_t index)
{
	(void)context;
	return workloads[index] ? workloads[index]->name : NULL;
}

static int load_workloads(struct arena *arena, const char *const *names,
	const struct workload *const **ret_list, struct error *err)
{
	const struct workload **list =
		arena_alloc(arena, const struct workload *, count_of(names) + 1);

	for (size_t i = 0; names[i]; i++) {
		list[i] = workload_named(names[i]);
		if (!list[i])
			return fail(err, ERROR_USAGE,
				"unknown workload '%s'%s; meshbench list workloads shows all",
				names[i], near_hint(arena, names[i], nth_workload, NULL));
	}
	*ret_list = list;
	return 0;
}

static bool change_packets(const struct workload *const *list)
{
	while (*list && !(*list)->changes_packets)
		list++;
	return *list;
}

int load_tuning(struct arena *arena, const char *name, struct tuning *ret_tuning, struct error *err)
{
	const char *path;

	if (plan_find(arena, "tunings", name, &path, err))
		return -1;
	return tuning_load(arena, path, ret_tuning, err);
}

#define UNLIMITED "none"

int load_board(struct arena *arena, const char *name, struct board *ret_board, struct error *err)
{
	const char *path;

	if (plan_find(arena, "boards", name, &path, err)) {
		/* A user's own folder of data may be older than boards. */
		*ret_board = (struct board){.name = UNLIMITED, .title = UNLIMITED};
		return strcmp(name, UNLIMITED) == 0 ? 0 : -1;
	}
	return board_load(arena, path, ret_board, err);
}

static int load_tunings(
	struct arena *arena, const char *const *names, struct runner_plan *plan, struct error *err)
{
	size_t count = count_of(names);
	struct tuning *tunings = arena_alloc(arena, struct tuning, count);

	if (refuse_twice("tuning", names, err))
		return -1;
	for (size_t i = 0; names[i]; i++) {
		if (load_tuning(arena, names[i], &tunings[i], err))
			return -1;
	}
	plan->tunings = tunings;
	plan->tuning_count = count;
	return 0;
}

/* Those that we may use, which in a container are fewer than there are. */
static size_t count_processors(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) < 0)
		return 1;
	return (size_t)CPU_COUNT(&set);
}

int load_check_folder(const char *what, const char *folder, struct error *err)
{
	if (layout_is_free(folder))
		return 0;
	return fail(err, ERROR_USAGE,
		"%s: result trees use the folder '%s' themselves; choose another 'folder'", what,
		folder);
}

/* Where results of a driver or profile go. */
struct place {
	const char *name, *folder;
};

/* Two of one folder would be measured once, and the other one would get its results. */
static int check_places(struct arena *arena, const char *what, const struct place *places,
	size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct place *place = &places[i];

		if (load_check_folder(
			    arena_printf(arena, "%s %s", what, place->name), place->folder, err))
			return -1;
		for (size_t k = 0; k < i; k++)
			if (strcmp(place->folder, places[k].folder) == 0)
				return fail(err, ERROR_USAGE,
					"%ss %s and %s have the same 'folder' for their results, %s; give one of them another",
					what, places[k].name, place->name, place->folder);
	}
	return 0;
}

static int check_folders(struct arena *arena, const struct runner_plan *plan, struct error *err)
{
	struct place *drivers = arena_alloc(arena, struct place, plan->driver_count);
	struct place *profiles = arena_alloc(arena, struct place, plan->profile_count);

	for (size_t i = 0; i < plan->driver_count; i++)
		drivers[i] = (struct place){plan->drivers[i].name, plan->drivers[i].folder};
	for (size_t i = 0; i < plan->profile_count; i++)
		profiles[i] = (struct place){plan->profiles[i].name, plan->profiles[i].folder};
	return check_places(arena, "driver", drivers, plan->driver_count, err) ||
			       check_places(arena, "profile", profiles, plan->profile_count, err)
		       ? -1
		       : 0;
}

/* A plan that was kept in a tree has its hosts from a file that may have changed since. */
static int check_hosts_of(struct arena *arena, const struct plan *plan,
	const struct topology *topology, struct error *err)
{
	struct plan copy = *plan;

	return load_hosts(arena, topology, &copy, err);
}

static int check_workloads_of(
	struct arena *arena, const struct runner_plan *plan, struct error *err)
{
	for (size_t i = 0; i < plan->workload_count; i++) {
		if (load_suits_workload(arena, plan->topology, plan->workloads[i], err))
			return -1;
	}
	return 0;
}

int load_everything(struct arena *arena, const struct plan *plan, struct runner_plan *ret_plan,
	struct error *err)
{
	const char *const *vpns = plan->vpns ? plan->vpns : no_names;
	const char *const *profiles = plan->profiles ? plan->profiles : no_names;
	const char *const *names = plan->workloads ? plan->workloads : no_names;
	bool are_all = vpns[0] && !vpns[1] &&
		       (strcmp(vpns[0], "found") == 0 || strcmp(vpns[0], "all") == 0);
	struct runner_plan result = {
		.plan = plan, .workload_count = count_of(names), .processors = count_processors()};
	struct driver *drivers = NULL;
	bool is_impaired;
	struct profile *loaded = NULL;

	if (refuse_twice("VPN", vpns, err) || refuse_twice("profile", profiles, err) ||
		refuse_twice("workload", names, err) || expand_vpns(arena, &vpns, err) ||
		load_tunings(arena, plan->tunings ? plan->tunings : no_names, &result, err) ||
		load_workloads(arena, names, &result.workloads, err) ||
		load_topology(arena, plan->topologies[0], &result.topology, err) ||
		check_hosts_of(arena, plan, result.topology, err) ||
		check_workloads_of(arena, &result, err) ||
		load_board(arena, plan->board, &result.board, err))
		return -1;
	result.cpus = plan_cpus(plan->cpus[0]);
	result.profile_count = count_of(profiles);
	drivers = arena_alloc(arena, struct driver, count_of(vpns));
	loaded = arena_alloc(arena, struct profile, result.profile_count);
	for (size_t i = 0; vpns[i]; i++) {
		struct driver *driver = &drivers[result.driver_count];

		if (choice_driver(arena, vpns[i], driver, err))
			return -1;
		if (load_suits(result.topology, driver, err) == 0)
			result.driver_count++;
		else if (!are_all)
			return -1;
	}
	for (size_t i = 0; profiles[i]; i++) {
		if (load_profile(arena, profiles[i], &loaded[i], err))
			return -1;
	}
	is_impaired = change_packets(result.workloads);
	for (size_t i = 0; profiles[i]; i++)
		is_impaired |= profile_has_impairment(&loaded[i]);
	if (load_engine_of(result.topology, plan->engine, is_impaired, &result.engine, err))
		return -1;
	result.drivers = drivers;
	result.profiles = loaded;
	if (check_folders(arena, &result, err))
		return -1;
	*ret_plan = result;
	return 0;
}
