/* SPDX-License-Identifier: MIT */
/*
 * tree_report TREE...: processor time and memory to read, recompute and render result trees, each
 * compared with what it takes to only parse the same JSON files with jansson. One process per
 * figure, so that peaks of memory are its own; medians of ROUNDS interleaved rounds.
 */
#include "report/output/json.h"
#include "report/output/number.h"
#include "report/page/page.h"
#include "report/published/recompute.h"

#include "base/fd.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ROUNDS = 7
};

struct cost {
	double cpu_s, peak_mb;
};

static size_t parsed_bytes;

static int parse_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	json_auto_t *value = NULL;

	(void)where;
	if (kind != FTW_F || !strstr(path, ".json"))
		return 0;
	parsed_bytes += (size_t)info->st_size;
	value = json_load_file(path, JSON_DECODE_ANY, NULL);
	return 0;
}

static int only_parse(const char *tree)
{
	return nftw(tree, parse_one, 16, FTW_PHYS);
}

static void count_text(void *context, const char *path, const json_t *value)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)path;
	print_json(out, value, 0);
	fclose(out);
	*(size_t *)context += size;
}

static int everything(const char *tree)
{
	AUTO(results_freep) struct report_results *results = NULL;
	struct page page = {.tree_url = ""};
	AUTO(text_freep) char *text = NULL;
	struct error err = {0};
	size_t size, recomputed = 0;
	FILE *out;

	if (results_read(tree, &results, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return -1;
	}
	recompute_all(results, count_text, &recomputed);
	page.results = results;
	page.tables = tables_of(results, NULL);
	page.findings = findings_of(results);
	page.answers = answers_of(results, page.findings);
	page.verdict = verdict_of(results, page.findings, page.answers);
	page.charts = charts_of(results, NULL);
	out = open_memstream(&text, &size);
	page_write(out, &page);
	fclose(out);
	return recomputed && size ? 0 : -1;
}

static int measure(int (*work)(const char *tree), const char *tree, struct cost *ret_cost)
{
	pid_t child = fork();
	struct rusage usage;
	int status;

	if (child == 0)
		_exit(work(tree) ? EXIT_FAILURE : EXIT_SUCCESS);
	if (child < 0 || wait4(child, &status, 0, &usage) < 0 || status != 0)
		return -1;
	ret_cost->cpu_s = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
	ret_cost->peak_mb = (double)usage.ru_maxrss / 1024;
	return 0;
}

int main(int argc, char **argv)
{
	puts("tree                        MB   parse s   report s   ratio   peak MB   ms per MB");
	for (int i = 1; i < argc; i++) {
		double parse_s[ROUNDS], report_s[ROUNDS], mb, peak_mb = 0;
		const char *name = strrchr(argv[i], '/');

		parsed_bytes = 0;
		if (only_parse(argv[i]) < 0)
			return EXIT_FAILURE;
		mb = (double)parsed_bytes / 1e6;
		for (size_t round = 0; round < ROUNDS; round++) {
			struct cost parse, report;

			if (measure(only_parse, argv[i], &parse) ||
				measure(everything, argv[i], &report)) {
				fprintf(stderr, "%s cannot be reported\n", argv[i]);
				return EXIT_FAILURE;
			}
			parse_s[round] = parse.cpu_s;
			report_s[round] = report.cpu_s;
			peak_mb = report.peak_mb > peak_mb ? report.peak_mb : peak_mb;
		}
		printf("%-24.24s %6.1f %9.3f %10.3f %7.2f %9.1f %11.2f\n",
			name && name[1] ? name + 1 : argv[i], mb, stats_median(parse_s, ROUNDS),
			stats_median(report_s, ROUNDS),
			stats_median(report_s, ROUNDS) / stats_median(parse_s, ROUNDS), peak_mb,
			1e3 * stats_median(report_s, ROUNDS) / mb);
	}
	return EXIT_SUCCESS;
}
