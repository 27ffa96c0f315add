/* SPDX-License-Identifier: MIT */
/* Reads a whole result tree into one model: who was measured where, and what came out. */
#include "report/model/results.h"

#include "report/model/expected.h"
#include "report/model/result_file.h"
#include "report/model/ways.h"

#include "record/layout.h"

#include "base/fd.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum {
	VIDEO_PACKET_BITS = 10528 /* of 1316 bytes */
};

static struct report_vpn *vpn_at(struct report_results *results, const char *name)
{
	struct report_vpn **at = &results->vpns;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = arena_alloc(results->arena, struct report_vpn, 1);
		(*at)->name = arena_strdup(results->arena, name);
		(*at)->title = (*at)->name;
		(*at)->is_reference = strcmp(name, "Internal") == 0;
	}
	return *at;
}

static struct report_condition *condition_at(
	struct report_results *results, const char *vpn, const char *profile)
{
	struct report_condition **at = &vpn_at(results, vpn)->conditions;

	while (*at && strcmp((*at)->profile, profile) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = arena_alloc(results->arena, struct report_condition, 1);
		(*at)->profile = arena_strdup(results->arena, profile);
	}
	return *at;
}

static struct report_link *link_at(
	struct report_results *results, struct report_condition *condition, const char *folder)
{
	struct report_link **at = &condition->links;
	size_t position;

	while (*at && strcmp((*at)->folder, folder) != 0)
		at = &(*at)->next;
	if (!*at) {
		*at = arena_alloc(results->arena, struct report_link, 1);
		(*at)->folder = arena_strdup(results->arena, folder);
		if (!layout_host_of((*at)->folder, &position, &(*at)->host))
			(*at)->host = (*at)->folder;
		(*at)->repetitions = arena_alloc(results->arena, struct report_repetition, 1);
	}
	return *at;
}

static struct report_repetition *repetition_at(
	struct arena *arena, struct report_repetition **at, size_t number)
{
	while (*at && (*at)->number != number)
		at = &(*at)->next;
	if (!*at) {
		*at = arena_alloc(arena, struct report_repetition, 1);
		(*at)->number = number;
	}
	return *at;
}

/* False for a file that no workload writes. */
static bool read_result(struct report_results *results, const struct tree_entry *entry,
	bool is_of_link, struct report_repetition **repetitions)
{
	const struct report_workload *workload = report_workload_of(entry->file);
	struct report_repetition *repetition;

	if (!workload || workload->is_of_links != is_of_link)
		return false;
	if (entry->envelope.status == ENVELOPE_NONE) {
		tree_add_problem(results->arena, &results->reading, entry->path,
			"it has neither a status nor data, as a tool prints it; results have both");
		return true;
	}
	repetition = repetition_at(results->arena, repetitions, entry->repetition);
	if (workload->read)
		workload->read(results, entry, repetition);
	else
		result_file_figures(
			results, entry, &repetition->results[workload - report_workloads]);
	return true;
}

/* What a newer meshbench measured, or somebody put there. */
static void add_stranger(struct report_results *results, const struct tree_entry *entry)
{
	if (entry->envelope.status != ENVELOPE_NONE)
		tree_add_problem(results->arena, &results->reading, entry->path,
			"this version of meshbench does not have a workload that writes this file here");
}

static void visit_of_host(
	struct report_results *results, struct report_link *link, const struct tree_entry *entry)
{
	if (entry->repetition == 0 && tree_is_measurement(entry->file)) {
		link->tests_s += entry->envelope.duration_s;
		link->restarts_s += entry->envelope.restart_s;
		link->waits_s += entry->envelope.wait_s;
	}
	if (strcmp(entry->file, LAYOUT_CONNECT) == 0 && entry->repetition == 0)
		result_file_connect(results, entry, &link->connect);
	else if (strcmp(entry->file, LAYOUT_REBOOT) == 0 && entry->repetition == 0)
		result_file_connect(results, entry, &link->reboot);
	else if (!read_result(results, entry, true, &link->repetitions))
		add_stranger(results, entry);
}

static void keep_vpn_facts(struct report_results *results, struct report_condition *condition,
	const struct tree_entry *entry)
{
	condition->vpn_facts = entry->value;
	condition->vpn_path = arena_strdup(results->arena, entry->path);
	json_array_append(results->kept, entry->value);
}

static void keep_answers(struct report_results *results, struct report_condition *condition,
	const struct tree_entry *entry)
{
	condition->observed = json_object_get(entry->data, "answers");
	json_array_append(results->kept, entry->data);
}

static void observe_one(struct report_results *results, const struct report_vpn *vpn,
	const struct report_condition *condition)
{
	json_auto_t *attacked = mesh_answers(results->arena, condition);
	json_auto_t *linked = link_answers(results->arena, condition);
	json_auto_t *ways = ways_answers(results->arena, results, condition);
	json_auto_t *loaded = load_answers(results->arena, condition);
	json_auto_t *paths = path_answers(results->arena, results, condition);

	matrix_observe(results->arena, results->matrix, vpn->name, condition->observed);
	matrix_observe(results->arena, results->matrix, vpn->name, ways);
	matrix_observe(results->arena, results->matrix, vpn->name, attacked);
	matrix_observe(results->arena, results->matrix, vpn->name, linked);
	matrix_observe(results->arena, results->matrix, vpn->name, loaded);
	matrix_observe(results->arena, results->matrix, vpn->name, paths);
}

/* When all files are read, since they come in any order. */
static void observe(struct report_results *results)
{
	for (const struct report_vpn *vpn = results->vpns; results->matrix && vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			observe_one(results, vpn, condition);
}

static void visit_of_profile(struct report_results *results, struct report_condition *condition,
	const struct tree_entry *entry)
{
	if (strcmp(entry->file, LAYOUT_TC_SETTINGS) == 0)
		result_file_settings(results, entry, &condition->settings);
	else if (strcmp(entry->file, LAYOUT_TIMING) == 0)
		result_file_timing(entry, &condition->timing);
	else if (strcmp(entry->file, LAYOUT_VPN) == 0)
		keep_vpn_facts(results, condition, entry);
	else if (strcmp(entry->file, LAYOUT_OBSERVE) == 0)
		keep_answers(results, condition, entry);
	else if (!read_result(results, entry, false, &condition->whole))
		add_stranger(results, entry);
	if (entry->repetition == 0 && tree_is_measurement(entry->file)) {
		condition->tests_s += entry->envelope.duration_s;
		condition->restarts_s += entry->envelope.restart_s;
		condition->waits_s += entry->envelope.wait_s;
	}
}

static void read_matrix(struct report_results *results, const struct tree_entry *entry)
{
	struct matrix *matrix = arena_alloc(results->arena, struct matrix, 1);
	struct error why;

	if (matrix_read(results->arena, entry->data, matrix, &why))
		tree_add_problem(results->arena, &results->reading, entry->path, why.text);
	else
		results->matrix = matrix;
}

static void visit_of_tree(struct report_results *results, const struct tree_entry *entry)
{
	json_t **place = NULL;

	if (strcmp(entry->path, LAYOUT_FEATURES) == 0)
		read_matrix(results, entry);
	else if (strcmp(entry->file, LAYOUT_HARDWARE) == 0)
		place = &results->hardware;
	else if (strcmp(entry->file, LAYOUT_ENVIRONMENT) == 0)
		place = &results->environment;
	else if (strcmp(entry->file, LAYOUT_CALIBRATION) == 0)
		place = &results->calibration;
	if (!place)
		return;
	*place = entry->data;
	json_array_append(results->kept, entry->data);
}

/* Of several VPNs the longest list, since all were to be measured on the same hosts. */
static void keep_hosts(struct report_results *results, const struct tree_entry *entry)
{
	if (json_array_size(entry->data) <= json_array_size(results->hosts))
		return;
	results->hosts = entry->data;
	json_array_append(results->kept, entry->data);
}

static void visit_entry(struct report_results *results, const struct tree_entry *entry)
{
	struct report_condition *condition;

	if (!entry->vpn) {
		visit_of_tree(results, entry);
		return;
	}
	if (!entry->profile) {
		if (strcmp(entry->file, LAYOUT_TIMING) == 0)
			result_file_timing(entry, &vpn_at(results, entry->vpn)->timing);
		else if (strcmp(entry->file, LAYOUT_HOSTS) == 0)
			keep_hosts(results, entry);
		return;
	}
	condition = condition_at(results, entry->vpn, entry->profile);
	if (entry->host)
		visit_of_host(results, link_at(results, condition, entry->host), entry);
	else
		visit_of_profile(results, condition, entry);
}

static void visit(void *context, const struct tree_entry *entry)
{
	struct report_results *results = context;
	struct tree_entry named = *entry;

	if (results->is_second)
		named.path = arena_printf(results->arena, RESULTS_SECOND "%s", entry->path);
	visit_entry(results, &named);
}

static void enter(void *context, const char *vpn, const char *profile, const char *host)
{
	struct report_results *results = context;
	struct report_condition *condition = condition_at(results, vpn, profile);

	if (host)
		link_at(results, condition, host);
}

static const char *const known_profiles[] = {
	"baseline", "low_impairment", "medium_impairment", "high_impairment"};

static size_t profile_rank(const char *profile)
{
	size_t rank = 0;

	while (rank < ARRAY_SIZE(known_profiles) && strcmp(profile, known_profiles[rank]) != 0)
		rank++;
	return rank;
}

static int by_rank_then_name(const void *a, const void *b)
{
	const char *left = *(const char *const *)a, *right = *(const char *const *)b;
	size_t left_rank = profile_rank(left), right_rank = profile_rank(right);

	return left_rank != right_rank ? (left_rank > right_rank) - (left_rank < right_rank)
				       : strcmp(left, right);
}

static void add_profile(struct report_results *results, const char *profile)
{
	for (size_t i = 0; i < results->profile_count; i++)
		if (strcmp(results->profiles[i], profile) == 0)
			return;
	results->profiles[results->profile_count++] = profile;
}

void results_collect_profiles(struct report_results *results)
{
	size_t most = 0;

	results->profile_count = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			most++;
	results->profiles = arena_alloc(results->arena, const char *, most + 1);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		for (const struct report_condition *condition = vpn->conditions; condition;
			condition = condition->next)
			add_profile(results, condition->profile);
	qsort(results->profiles, results->profile_count, sizeof(*results->profiles),
		by_rank_then_name);
}

static const char *last_part(struct arena *arena, const char *dir)
{
	char *name = arena_strdup(arena, dir);
	size_t length = strlen(name);

	while (length > 1 && name[length - 1] == '/')
		name[--length] = '\0';
	return strrchr(name, '/') && length > 1 ? strrchr(name, '/') + 1 : name;
}

struct report_results *results_new(const char *name)
{
	struct arena *arena = arena_new();
	struct report_results *results = arena_alloc(arena, struct report_results, 1);

	results->arena = arena;
	results->kept = json_array();
	results->name = last_part(arena, name);
	results->reading.problems_end = &results->reading.problems;
	return results;
}

static int read_open(int tree, const char *dir, bool is_second, struct report_results **ret_results,
	struct error *err)
{
	AUTO(results_freep) struct report_results *results = results_new(dir);
	struct tree_visitor visitor = {.context = results, .visit = visit, .enter = enter};

	results->is_second = is_second;
	if (tree_read_open(results->arena, tree, dir, &visitor, &results->reading, err))
		return -1;
	results_expect(results);
	contacts_of_ours(results);
	results_collect_profiles(results);
	observe(results);
	results->reference = results_vpn(results, "Internal");
	results_title(results);
	*ret_results = results;
	results = NULL;
	return 0;
}

int results_read_open(
	int tree, const char *dir, struct report_results **ret_results, struct error *err)
{
	return read_open(tree, dir, false, ret_results, err);
}

int results_read_second(const char *dir, struct report_results **ret_results, struct error *err)
{
	AUTO(fd_closep) int tree = -1;

	return tree_open(dir, &tree, err) || read_open(tree, dir, true, ret_results, err) ? -1 : 0;
}

int results_read(const char *dir, struct report_results **ret_results, struct error *err)
{
	AUTO(fd_closep) int tree = -1;

	return tree_open(dir, &tree, err) || results_read_open(tree, dir, ret_results, err) ? -1
											    : 0;
}

void results_freep(struct report_results **results)
{
	if (!*results)
		return;
	results_freep(&(*results)->second);
	json_decref((*results)->kept);
	arena_free((*results)->arena);
	*results = NULL;
}

const struct report_condition *condition_of(const struct report_vpn *vpn, const char *profile)
{
	const struct report_condition *condition = vpn && profile ? vpn->conditions : NULL;

	while (condition && strcmp(condition->profile, profile) != 0)
		condition = condition->next;
	return condition;
}

const struct report_vpn *results_vpn(const struct report_results *results, const char *name)
{
	const struct report_vpn *vpn = results->vpns;

	while (vpn && strcmp(vpn->name, name) != 0)
		vpn = vpn->next;
	return vpn;
}

const char *profile_title(const char *profile)
{
	static const char *const names[] = {"baseline", "low", "medium", "high"};
	/* A tree may hold such a folder next to the published one, and columns are named by this.
	 */
	static const char *const others[] = {
		"baseline", "folder low", "folder medium", "folder high"};
	size_t rank = profile_rank(profile);

	if (rank < ARRAY_SIZE(names))
		return names[rank];
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(profile, names[i]) == 0)
			return others[i];
	return profile;
}

bool outcome_is_success(const struct report_outcome *outcome)
{
	return outcome->envelope.status == ENVELOPE_SUCCESS;
}

bool outcome_is_there(const struct report_outcome *outcome)
{
	return outcome->envelope.status != ENVELOPE_ABSENT;
}

bool tcp_is_working(const struct report_tcp *tcp)
{
	return outcome_is_success(&tcp->outcome) && !tcp->forward.is_stalled;
}

bool tcp_is_crossed(const struct report_tcp *tcp)
{
	const struct report_flow *there = &tcp->forward, *back = &tcp->reverse;

	return outcome_is_success(&tcp->outcome) && there->is_there && back->is_there &&
	       there->sent_bytes > 0 && back->sent_bytes > 0 && there->received_bytes == 0 &&
	       back->received_bytes == 0;
}

bool udp_is_working(const struct report_udp *udp)
{
	return outcome_is_success(&udp->outcome) && udp->forward.received_bytes > 0;
}

double video_sent_per_s(const struct report_video *video)
{
	return 1e3 * video->metrics[VIDEO_BITRATE].max / VIDEO_PACKET_BITS;
}

bool video_has_wrapped(const struct report_video *video)
{
	double most = video->metrics[VIDEO_DROPPED].max;

	/* A report covers about a second, so nobody can drop many times what a second holds. */
	return outcome_is_success(&video->outcome) && most >= 0.75 * VIDEO_COUNTER_RANGE &&
	       most >= 10 * video_sent_per_s(video);
}

const struct report_parallel *condition_parallel(const struct report_condition *condition)
{
	const struct report_repetition *whole = condition ? condition->whole : NULL;

	return whole && outcome_is_there(&whole->parallel.outcome) ? &whole->parallel : NULL;
}

static void each_result(const struct report_link *link, const struct report_repetition *repetition,
	void (*look)(void *context, const struct report_place *place), void *context)
{
	for (; repetition; repetition = repetition->next) {
		for (size_t i = 0; i < REPORT_WORKLOADS; i++) {
			const struct report_place place = {&report_workloads[i], link, repetition,
				report_outcome_of(repetition, (enum report_workload_id)i)};

			if (outcome_is_there(place.outcome))
				look(context, &place);
		}
	}
}

void condition_each_result(const struct report_condition *condition,
	void (*look)(void *context, const struct report_place *place), void *context)
{
	for (const struct report_link *link = condition->links; link; link = link->next)
		each_result(link, link->repetitions, look, context);
	each_result(NULL, condition->whole, look, context);
}

size_t condition_links(const struct report_condition *condition)
{
	size_t count = 0;

	for (const struct report_link *link = condition ? condition->links : NULL; link;
		link = link->next)
		count++;
	return count;
}

static bool is_clean(const struct report_results *results, const char *profile)
{
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		if (condition && condition->settings.is_there)
			return false;
	}
	return true;
}

const char *results_base_profile(const struct report_results *results)
{
	/* "baseline" comes first where there is one. */
	for (size_t i = 0; i < results->profile_count; i++)
		if (is_clean(results, results->profiles[i]))
			return results->profiles[i];
	return NULL;
}

const char *results_contact_profile(const struct report_results *results)
{
	for (size_t i = 0; i < results->profile_count; i++)
		for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
			const struct report_condition *condition =
				condition_of(vpn, results->profiles[i]);

			for (const struct report_link *l = condition ? condition->links : NULL; l;
				l = l->next)
				if (l->connect.is_there || l->reboot.is_there)
					return results->profiles[i];
		}
	return NULL;
}

const char *results_place(struct arena *arena, const struct report_vpn *vpn, const char *profile)
{
	return arena_printf(arena, "%s/%s", vpn->name, profile ? profile : "");
}
