/* SPDX-License-Identifier: MIT */
/* The commands of the report room alone, for its tests: tool report|recompute|compare ... */
#include "report/report.h"

#include <string.h>

static int report(int argc, char **argv, struct error *err)
{
	struct report_options options = {.dir = argv[2]};

	for (int i = 3; i < argc; i++) {
		const char *next = i + 1 < argc ? argv[i + 1] : NULL;

		if (strcmp(argv[i], "--json") == 0)
			options.json = true;
		else if (strcmp(argv[i], "--markdown") == 0)
			options.markdown = true;
		else if (strcmp(argv[i], "--force") == 0)
			options.force = true;
		else if (strcmp(argv[i], "--html") == 0)
			options.html = next;
		else if (strcmp(argv[i], "--csv") == 0)
			options.csv_dir = next;
		else if (strcmp(argv[i], "--latex") == 0)
			options.latex_dir = next;
		else if (strcmp(argv[i], "--tuned") == 0)
			options.tuned_dir = next;
	}
	return report_run(&options, stdout, err);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	int status = -1;

	if (argc >= 3 && strcmp(argv[1], "report") == 0) {
		status = report(argc, argv, &err);
	} else if (argc >= 3 && strcmp(argv[1], "recompute") == 0) {
		struct recompute_options options = {.dir = argv[2]};

		for (int i = 3; i < argc; i++) {
			if (strcmp(argv[i], "--force") == 0)
				options.force = true;
			else
				options.out_dir = argv[i];
		}
		status = recompute_run(&options, stdout, &err);
	} else if (argc >= 4 && strcmp(argv[1], "compare") == 0) {
		const char *const before[] = {argv[2], NULL}, *const after[] = {argv[3], NULL};
		struct compare_options options = {
			.before = before, .after = after, .margin_percent = 5, .json = argc > 4};
		bool is_worse;

		status = compare_run(&options, stdout, &is_worse, &err);
	}
	if (!status)
		return 0;
	fprintf(stderr, "tool: %s\n", err.text);
	return err.kind == ERROR_USAGE ? 2 : 3;
}
