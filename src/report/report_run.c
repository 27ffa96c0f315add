#include "report/report.h"

#include "report/finding.h"

int report_run(const struct report_options *options, FILE *out, struct error *err)
{
	AUTO(results_freep) struct results *results = NULL;
	AUTO(results_freep) struct results *tuned = NULL;
	const struct tables *tables;

	if (results_read(options->dir, &results, err))
		return -1;
	if (options->tuned_dir && results_read(options->tuned_dir, &tuned, err))
		return -1;
	tables = tables_of(results, tuned);
	if (options->markdown)
		for (const struct finding *f = findings_of(results)->first; f; f = f->next) {
			fprintf(out, "- %s %s: %s\n", severity_name(f->severity), f->id,
				f->sentence);
			for (const struct evidence *e = f->evidence; e; e = e->next)
				fprintf(out, "  - %s (%s)\n", e->text, e->path ? e->path : "");
		}
	if (options->json)
		tables_print_json(out, tables);
	if (options->markdown)
		for (const struct table *table = tables->first; table; table = table->next)
			table_print_markdown(out, results->arena, table);
	return 0;
}
int compare_run(const struct compare_options *o, FILE *f, struct error *e)
{
	(void)o;
	(void)f;
	return fail(e, ERROR_USAGE, "later");
}
