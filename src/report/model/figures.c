/* Figures that results carry themselves, found by their keys. */
#include "report/model/figures.h"

#include "base/json.h"
#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

static const struct {
	const char *ending, *unit;
} units[] = {{"_mbps", "Mbit/s"}, {"_kbps", "kbit/s"}, {"_bps", "bit/s"}, {"_ms", "ms"},
	{"_us", "us"}, {"_s", "s"}, {"_percent", "%"}, {"_bytes", "bytes"}, {"_packets", "packets"},
	{"_rpm", "round trips/min"}, {"", ""}};

/* What keys abbreviate. */
static const struct {
	const char *word, *text;
} words[] = {{"rtt", "round-trip time"}, {"p50", "median"}, {"p99", "99th percentile"},
	{"cpu", "CPU"}, {"rss", "memory"}, {"mtu", "MTU"}, {"vpn", "VPN"}};

static const char *text_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].text;
	return word;
}

/* "loaded_rtt" is "Loaded round-trip time". */
static const char *title_of(struct arena *arena, char *key)
{
	char *title = arena_strdup(arena, text_of(strsep(&key, "_")));

	for (char *word; (word = strsep(&key, "_"));)
		title = arena_printf(arena, "%s %s", title, text_of(word));
	title[0] = (char)toupper((unsigned char)title[0]);
	return title;
}

static struct figure_name name_of(struct arena *arena, const char *key)
{
	size_t length = strlen(key), i = 0;
	char *stem;

	while (length < strlen(units[i].ending) ||
		strcmp(key + length - strlen(units[i].ending), units[i].ending) != 0)
		i++;
	stem = arena_strndup(arena, key, length - strlen(units[i].ending));
	return (struct figure_name){arena_strdup(arena, key), title_of(arena, stem), units[i].unit};
}

static void add_name(struct arena *arena, struct figures_workload *workload, const char *key)
{
	for (size_t i = 0; i < workload->name_count; i++) {
		if (strcmp(workload->names[i].key, key) == 0)
			return;
	}
	if (workload->name_count < FIGURES_MAX)
		workload->names[workload->name_count++] = name_of(arena, key);
}

static struct figures_workload *workload_at(struct figures_workload *workloads, size_t *count,
	const struct report_other *other, struct arena *arena)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(workloads[i].file, other->file) == 0)
			return &workloads[i];
	}
	if (*count == FIGURES_WORKLOADS_MAX)
		return NULL;
	workloads[*count] = (struct figures_workload){.file = other->file,
		.id = arena_strndup(arena, other->file, strcspn(other->file, ".")),
		.title = other->title};
	return &workloads[(*count)++];
}

static void add_others(const struct report_results *results, const struct report_other *others,
	struct figures_workload *workloads, size_t *count)
{
	for (; others; others = others->next) {
		struct figures_workload *workload =
			workload_at(workloads, count, others, results->arena);
		const char *key;
		json_t *value;

		if (!workload)
			return;
		json_object_foreach (others->figures, key, value)
			add_name(results->arena, workload, key);
	}
}

size_t figures_workloads(const struct report_results *results,
	struct figures_workload workloads[FIGURES_WORKLOADS_MAX])
{
	size_t count = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next) {
			add_others(results, condition->others, workloads, &count);
			for (const struct report_link *link = condition->links; link;
				link = link->next)
				for (const struct report_repetition *repetition = link->repetitions;
					repetition; repetition = repetition->next)
					add_others(results, repetition->others, workloads, &count);
		}
	}
	return count;
}

static size_t count_others(const struct report_other *others)
{
	size_t count = 0;

	for (; others; others = others->next)
		count++;
	return count;
}

static size_t most_values(const struct report_condition *condition)
{
	size_t most = count_others(condition->others);

	for (const struct report_link *link = condition->links; link; link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			most += count_others(repetition->others);
	return most;
}

static void take_values(const struct report_other *others, const char *label,
	const struct figures_workload *workload, const char *key, struct figure_values *values)
{
	for (; others; others = others->next) {
		const json_t *value = json_object_get(others->figures, key);

		if (strcmp(others->file, workload->file) != 0)
			continue;
		values->planned++;
		if (!outcome_is_success(&others->outcome) || !json_is_number(value))
			continue;
		values->labels[values->count] = label;
		values->values[values->count++] = json_number_value(value);
	}
}

struct figure_values figure_values_of(struct arena *arena, const struct report_condition *condition,
	const struct figures_workload *workload, const char *key)
{
	struct figure_values values = {0};
	size_t most = condition ? most_values(condition) : 0;

	values.values = arena_alloc(arena, double, most + 1);
	values.labels = arena_alloc(arena, const char *, most + 1);
	if (!condition)
		return values;
	take_values(condition->others, "", workload, key, &values);
	for (const struct report_link *link = condition->links; link; link = link->next)
		for (const struct report_repetition *repetition = link->repetitions; repetition;
			repetition = repetition->next)
			take_values(repetition->others, link->folder, workload, key, &values);
	return values;
}
