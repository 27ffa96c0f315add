/* Plan files: what to measure. */
#include "plan/plan.h"

#include "plan/congestion.h"

#include "base/file.h"
#include "base/text.h"
#include "plan/yaml_file.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
	MAX_TEXT = 1024,
	MAX_NAMES = 128,
	MAX_HOST_NAME = 63
};

/* As written: numbers stay texts, so that "5x" is refused instead of read as 5. */
struct written_plan {
	const char *title, *engine, *congestion, *closure, *video;
	const char *repeat, *seed, *seconds, *parallel_seconds, *ping_count, *ping_runs, *mesh_runs,
		*attempts;
	const char **hosts, **vpns, **workloads, **profiles, **tunings;
	unsigned hosts_count, vpns_count, workloads_count, profiles_count, tunings_count;
};

#define TEXT(key)                                                                                  \
	CYAML_FIELD_STRING_PTR(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL,                     \
		struct written_plan, key, 1, MAX_TEXT)
#define LIST(key, least)                                                                           \
	CYAML_FIELD_SEQUENCE(#key, CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, struct written_plan,  \
		key, &name_entry, least, MAX_NAMES)

static const cyaml_schema_value_t name_entry = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, MAX_TEXT)};

static const cyaml_schema_field_t plan_fields[] = {TEXT(title), LIST(hosts, 0), LIST(vpns, 1),
	LIST(workloads, 1), LIST(profiles, 1), LIST(tunings, 1), TEXT(engine), TEXT(congestion),
	TEXT(closure), TEXT(video), TEXT(repeat), TEXT(seed), TEXT(seconds), TEXT(parallel_seconds),
	TEXT(ping_count), TEXT(ping_runs), TEXT(mesh_runs), TEXT(attempts), CYAML_FIELD_END};

static const cyaml_schema_value_t plan_schema = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct written_plan, plan_fields)};

struct plan plan_default(void)
{
	static const char *const hosts[] = {"lom", "yuki", "luna", NULL};
	static const char *const vpns[] = {"found", NULL};
	static const char *const workloads[] = {"ping", "tcp", "udp", "parallel", NULL};
	static const char *const profiles[] = {"baseline", NULL};
	static const char *const tunings[] = {"none", NULL};

	return (struct plan){.name = "default",
		.title = "What a plan says when its file leaves it out",
		.path = "",
		.hosts = hosts,
		.host_count = ARRAY_SIZE(hosts) - 1,
		.vpns = vpns,
		.workloads = workloads,
		.profiles = profiles,
		.tunings = tunings,
		.engine = "auto",
		.congestion = "cubic",
		.closure = "small",
		.video = "auto",
		.repeat = 1,
		.seed = 1,
		.seconds = 5,
		.parallel_seconds = 5,
		.ping_count = 20,
		.ping_runs = 3,
		.mesh_runs = 3,
		.attempts = 3};
}

struct reading {
	const struct yaml_file *file;
	struct error *err;
};

static int take_integer(const struct reading *reading, const char *key, const char *text,
	int64_t high, int64_t *into)
{
	if (text && text_integer(text, 1, high, into, reading->err))
		return yaml_fail_in(
			reading->file, yaml_child(reading->file->root, key), 0, reading->err);
	return 0;
}

static int take_seed(const struct reading *reading, const char *text, uint64_t *into)
{
	int64_t seed = 0;

	if (text && text_integer(text, 0, INT64_MAX, &seed, reading->err))
		return yaml_fail_in(
			reading->file, yaml_child(reading->file->root, "seed"), 0, reading->err);
	if (text)
		*into = (uint64_t)seed;
	return 0;
}

static int take_seconds(
	const struct reading *reading, const char *key, const char *text, double *into)
{
	char *end = NULL;
	double seconds = text ? strtod(text, &end) : 0;

	if (!text)
		return 0;
	if (!isdigit((unsigned char)text[0]) || *end || strpbrk(text, "xX") || !isfinite(seconds) ||
		seconds <= 0 || seconds > 86400)
		return yaml_fail(reading->file, yaml_child(reading->file->root, key), reading->err,
			"'%s' is not a number of seconds above 0 and up to a day", text);
	*into = seconds;
	return 0;
}

static void take_list(const struct reading *reading, const char *const *names, unsigned count,
	const char *const **into)
{
	const char **list = arena_alloc(reading->file->arena, const char *, count + 1);

	for (unsigned i = 0; i < count; i++)
		list[i] = arena_strdup(reading->file->arena, names[i]);
	if (count)
		*into = list;
}

static void take_text(const struct reading *reading, const char *text, const char **into)
{
	if (text)
		*into = arena_strdup(reading->file->arena, text);
}

static int take_numbers(
	const struct reading *reading, const struct written_plan *written, struct plan *plan)
{
	if (take_integer(reading, "repeat", written->repeat, 1000, &plan->repeat) ||
		take_seed(reading, written->seed, &plan->seed) ||
		take_seconds(reading, "seconds", written->seconds, &plan->seconds) ||
		take_seconds(reading, "parallel_seconds", written->parallel_seconds,
			&plan->parallel_seconds) ||
		take_integer(
			reading, "ping_count", written->ping_count, 100000, &plan->ping_count) ||
		take_integer(reading, "ping_runs", written->ping_runs, 1000, &plan->ping_runs) ||
		take_integer(reading, "mesh_runs", written->mesh_runs, 1000, &plan->mesh_runs))
		return -1;
	return take_integer(reading, "attempts", written->attempts, 100, &plan->attempts);
}

/* RFC 1123, and not the one name that every host gives itself. */
static int check_host_name(const char *name, struct error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t length = strlen(name);

	if (!length || length > MAX_HOST_NAME || name[strspn(name, letters)] || name[0] == '-' ||
		name[length - 1] == '-')
		return fail(err, ERROR_USAGE,
			"'%.70s' is no host name: 1 to 63 letters, digits and '-', not at the ends",
			name);
	if (strcasecmp(name, "localhost") == 0)
		return fail(
			err, ERROR_USAGE, "'%s' means the host itself; choose another name", name);
	return 0;
}

/* `*ret_index` is the host to blame. */
static int check_hosts(const struct plan *plan, size_t *ret_index, struct error *err)
{
	*ret_index = 0;
	if (plan->host_count < 2)
		return fail(err, ERROR_USAGE,
			"a link needs two hosts; the plan has %zu: name at least two",
			plan->host_count);
	for (size_t i = 0; i < plan->host_count; i++) {
		*ret_index = i;
		if (check_host_name(plan->hosts[i], err))
			return -1;
		for (size_t j = 0; j < i; j++) {
			if (strcasecmp(plan->hosts[i], plan->hosts[j]) == 0)
				return fail(err, ERROR_USAGE, "host '%s' is there twice",
					plan->hosts[i]);
		}
	}
	return 0;
}

static int check_names(const char *const *names, const char *what, struct error *err)
{
	if (!names || !names[0])
		return fail(err, ERROR_USAGE, "there is no %s to measure", what);
	for (size_t i = 0; names[i]; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) == 0)
				return fail(
					err, ERROR_USAGE, "%s '%s' is there twice", what, names[i]);
		}
	}
	return 0;
}

static bool is_one_of(const char *word, const char *const words[])
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

static int check_engine(const char *engine, struct error *err)
{
	if (is_one_of(engine, (const char *const[]){"auto", "bridge", "netem", "wire", NULL}))
		return 0;
	return fail(
		err, ERROR_USAGE, "engine '%s' is not one of auto, bridge, netem, wire", engine);
}

static int check_video(const char *video, struct error *err)
{
	if (is_one_of(video, (const char *const[]){"auto", "live", "replay", NULL}))
		return 0;
	return fail(err, ERROR_USAGE, "video '%s' is not one of auto, live, replay", video);
}

/* A store path goes into command lines: nothing but what Nix allows in one. */
static int check_closure(const char *closure, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789+-._?=/";

	if (is_one_of(closure, (const char *const[]){"small", "large", NULL}) ||
		(strncmp(closure, "/nix/store/", 11) == 0 && closure[11] &&
			!closure[strspn(closure, letters)]))
		return 0;
	return fail(err, ERROR_USAGE,
		"closure '%.200s' is not one of small, large, or a path below /nix/store", closure);
}

int plan_check(const struct plan *plan, struct error *err)
{
	size_t index;

	if (check_hosts(plan, &index, err) || check_names(plan->vpns, "vpn", err) ||
		check_names(plan->workloads, "workload", err) ||
		check_names(plan->profiles, "profile", err) ||
		check_names(plan->tunings, "tuning", err) || check_engine(plan->engine, err) ||
		congestion_check(plan->congestion, err) || check_closure(plan->closure, err) ||
		check_video(plan->video, err))
		return -1;
	if (plan->repeat < 1 || plan->attempts < 1 || plan->ping_count < 1 || plan->ping_runs < 1 ||
		plan->mesh_runs < 1)
		return fail(err, ERROR_USAGE,
			"repeat, attempts, ping_count, ping_runs and mesh_runs are at least 1");
	if (!(plan->seconds > 0) || !(plan->parallel_seconds > 0))
		return fail(err, ERROR_USAGE, "seconds and parallel_seconds are above 0");
	return 0;
}

/* plan_check with the place of what is to blame, as far as the file holds it. */
static int check_plan(const struct yaml_file *file, const struct plan *plan, struct error *err)
{
	static const struct {
		const char *key, *what;
		size_t offset;
	} lists[] = {{"vpns", "vpn", offsetof(struct plan, vpns)},
		{"workloads", "workload", offsetof(struct plan, workloads)},
		{"profiles", "profile", offsetof(struct plan, profiles)},
		{"tunings", "tuning", offsetof(struct plan, tunings)}};
	const struct yaml_value *hosts = yaml_child(file->root, "hosts"), *host;
	size_t index;

	if (check_hosts(plan, &index, err)) {
		host = plan->host_count < 2 ? NULL : yaml_entry(hosts, index);
		return yaml_fail_in(file, host ? host : hosts, 0, err);
	}
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const char *const *names =
			*(const char *const *const *)((const char *)plan + lists[i].offset);

		if (check_names(names, lists[i].what, err))
			return yaml_fail_in(file, yaml_child(file->root, lists[i].key), 0, err);
	}
	if (check_engine(plan->engine, err))
		return yaml_fail_in(file, yaml_child(file->root, "engine"), 0, err);
	if (congestion_check(plan->congestion, err))
		return yaml_fail_in(file, yaml_child(file->root, "congestion"), 0, err);
	if (check_closure(plan->closure, err))
		return yaml_fail_in(file, yaml_child(file->root, "closure"), 0, err);
	if (check_video(plan->video, err))
		return yaml_fail_in(file, yaml_child(file->root, "video"), 0, err);
	return plan_check(plan, err);
}

static int take_plan(const struct yaml_file *file, const struct written_plan *written,
	struct plan *plan, struct error *err)
{
	struct reading reading = {file, err};

	*plan = plan_default();
	plan->path = file->path;
	plan->name = plan->title = yaml_stem(file);
	take_text(&reading, written->title, &plan->title);
	take_text(&reading, written->engine, &plan->engine);
	take_text(&reading, written->congestion, &plan->congestion);
	take_text(&reading, written->closure, &plan->closure);
	take_text(&reading, written->video, &plan->video);
	take_list(&reading, written->hosts, written->hosts_count, &plan->hosts);
	if (yaml_child(file->root, "hosts"))
		plan->host_count = written->hosts_count;
	take_list(&reading, written->vpns, written->vpns_count, &plan->vpns);
	take_list(&reading, written->workloads, written->workloads_count, &plan->workloads);
	take_list(&reading, written->profiles, written->profiles_count, &plan->profiles);
	take_list(&reading, written->tunings, written->tunings_count, &plan->tunings);
	if (take_numbers(&reading, written, plan))
		return -1;
	return check_plan(file, plan, err);
}

int plan_load(struct arena *arena, const char *path, struct plan *ret_plan, struct error *err)
{
	struct yaml_file file;
	struct plan plan;
	void *written;
	int status;

	if (yaml_open(arena, path, &file, err) || yaml_load(&file, &plan_schema, &written, err))
		return -1;
	status = take_plan(&file, written, &plan, err);
	yaml_unload(&plan_schema, written);
	if (status == 0)
		*ret_plan = plan;
	return status;
}
