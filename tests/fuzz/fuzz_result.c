/* SPDX-License-Identifier: MIT */
#include "report/model/result_file.h"
#include "report/page/page.h"
#include "report/published/recompute.h"

#include "base/fd.h"
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nowhere(void *context, const char *path, const json_t *value)
{
	(void)context;
	assert(path && json_is_object(value));
}

static struct report_results *results_by_hand(void)
{
	struct report_results *results = results_new("by hand");

	results->profiles = arena_alloc(results->arena, const char *, 1);
	results->profiles[0] = "baseline";
	results->profile_count = 1;
	return results;
}

/* One link of one VPN whose every file is the input. */
static void fill(struct report_results *results, const struct tree_entry *entry)
{
	struct report_vpn *vpn = arena_alloc(results->arena, struct report_vpn, 1);
	struct report_condition *condition =
		arena_alloc(results->arena, struct report_condition, 1);
	struct report_link *link = arena_alloc(results->arena, struct report_link, 1);

	vpn->name = vpn->title = "Internal";
	vpn->is_reference = true;
	vpn->conditions = condition;
	condition->profile = "baseline";
	condition->links = link;
	link->folder = "0_a";
	link->host = "a";
	link->repetitions = arena_alloc(results->arena, struct report_repetition, 1);
	results->vpns = vpn;
	results->reference = vpn;
	result_file_ping(results, entry, link->repetitions);
	result_file_tcp(results, entry, link->repetitions);
	result_file_udp(results, entry, link->repetitions);
	result_file_qperf(results, entry, link->repetitions);
	result_file_video(results, entry, link->repetitions);
	result_file_nix(results, entry, link->repetitions);
	condition->whole = arena_alloc(results->arena, struct report_repetition, 1);
	result_file_parallel(results, entry, condition->whole);
	for (size_t i = 0; i < REPORT_WORKLOADS; i++)
		result_file_figures(results, entry, &link->repetitions->results[i]);
	result_file_connect(results, entry, &link->connect);
	result_file_connect(results, entry, &link->reboot);
	result_file_settings(results, entry, &condition->settings);
	result_file_timing(entry, &condition->timing);
}

static void write_everything(struct report_results *results)
{
	const struct report_tuned tuned = {NULL, "tuned", results};
	struct page page = {.results = results, .tree_url = ""};
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	page.tables = tables_of(results, &tuned);
	page.findings = findings_of(results);
	page.answers = answers_of(results, page.findings);
	page.situations = situations_of(results);
	page.verdict = verdict_of(results, page.findings, page.answers, page.situations);
	verdict_write_text(out, results->arena, page.verdict);
	verdict_write_markdown(out, results->arena, page.verdict);
	page.charts = charts_of(results, &tuned);
	page_write(out, &page);
	fclose(out);
	assert(size > 1000);
	recompute_all(results, nowhere, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(results_freep) struct report_results *results = NULL;
	json_auto_t *value = NULL;
	struct tree_entry entry = {.vpn = "Internal",
		.profile = "baseline",
		.host = "0_a",
		.file = "ping.json",
		.path = "Internal/baseline/0_a/ping.json"};
	struct error err;
	const char *why;

	if (json_parse((const char *)data, size, "input", &value, &err))
		return 0;
	results = results_by_hand();
	if (!envelope_of(results->arena, value, &entry.envelope, &why))
		return 0;
	entry.value = value;
	entry.samples = value;
	entry.data =
		entry.envelope.status == ENVELOPE_NONE ? value : json_object_get(value, "data");
	fill(results, &entry);
	write_everything(results);
	return 0;
}
