/* SPDX-License-Identifier: MIT */
/* The command that turns a result tree into a page, tables or JSON. */
#include "report/report.h"

#include "report/findings/findings_json.h"
#include "report/output/escape.h"
#include "report/output/files.h"
#include "report/output/json.h"
#include "report/overlay.h"
#include "report/page/page.h"
#include "report/tables/tables.h"

#include "base/fd.h"

#include <stdlib.h>
#include <string.h>

/* A stream that becomes a text; closed by hand when it is complete. */
static FILE *text_stream(char **text, size_t *size)
{
	FILE *stream = open_memstream(text, size);

	if (!stream)
		abort();
	return stream;
}

/* The folder of a file that need not be there; NULL when there is no such folder. */
static char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return realpath(".", NULL);
	return realpath(
		slash == path ? "/" : arena_strndup(arena, path, (size_t)(slash - path)), NULL);
}

/* What is left of `path` below `folder`; NULL when it is not there or below it. */
static const char *below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (strncmp(path, folder, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path[length] ? path + length + 1 : "";
}

/* A page links to its tree if it lies in it or above it: both move together, and nothing else is
 * told of this machine. */
static const char *url_of_tree(struct arena *arena, const char *dir, const char *html)
{
	AUTO(text_freep) char *page = folder_of(arena, html);
	AUTO(text_freep) char *tree = realpath(dir, NULL);
	const char *rest, *up = "";

	if (!page || !tree)
		return NULL;
	rest = below(tree, page);
	if (rest)
		return *rest ? arena_printf(arena, "%s/", rest) : "";
	rest = below(page, tree);
	if (!rest)
		return NULL;
	for (const char *at = rest; at; at = strchr(at + 1, '/'))
		up = arena_printf(arena, "%s../", up);
	return up;
}

static void add_page(struct outputs *outputs, const struct page *page, const char *html)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	page_write(stream, page);
	fclose(stream);
	outputs_add(outputs, html, text);
}

static void add_tables(struct outputs *outputs, const struct page *page, const char *dir,
	const char *ending,
	void (*print)(FILE *out, struct arena *arena, const struct table *table))
{
	for (const struct table *table = page->tables->first; table; table = table->next) {
		AUTO(text_freep) char *text = NULL;
		size_t size;
		FILE *stream = text_stream(&text, &size);

		print(stream, page->results->arena, table);
		fclose(stream);
		outputs_add(outputs,
			arena_printf(page->results->arena, "%s/%s.%s", dir, table->id, ending),
			text);
	}
}

static void print_csv(FILE *out, struct arena *arena, const struct table *table)
{
	(void)arena;
	table_print_csv(out, table);
}

/* A table of values has no place for sentences; they are a table of their own. */
static void add_notes(struct outputs *outputs, const struct page *page, const char *dir)
{
	AUTO(text_freep) char *text = NULL;
	size_t size;
	FILE *stream = text_stream(&text, &size);

	fputs("table,note\r\n", stream);
	for (const struct table *table = page->tables->first; table; table = table->next)
		for (const struct note *note = table->notes; note; note = note->next) {
			escape_csv(stream, table->id);
			fputc(',', stream);
			escape_csv(stream, note->text);
			fputs("\r\n", stream);
		}
	fclose(stream);
	outputs_add(outputs, arena_printf(page->results->arena, "%s/notes.csv", dir), text);
}

static void print_line(FILE *out, const char *before, const char *text, const char *after)
{
	fputs(before, out);
	escape_markdown(out, text);
	fputs(after, out);
}

static void print_evidence(FILE *out, const struct evidence *evidence)
{
	print_line(out, "    - ", evidence->text, "");
	if (evidence->path) {
		fputs(" (`", out);
		escape_markdown_code(out, evidence->path);
		fputs("`)", out);
	}
	fputc('\n', out);
}

/* Of all VPNs that a rule found something about. */
static void print_finding(FILE *out, const struct finding *finding)
{
	fprintf(out, "- **%s: ", severity_name(finding->severity));
	print_line(out, "", finding->title, ".**\n");
	for (const struct about *about = finding->abouts; about; about = about->next) {
		print_line(out, "  - ", about->sentence, "\n");
		for (const struct evidence *e = about->evidence; e; e = e->next)
			print_evidence(out, e);
	}
}

static void print_situations(FILE *out, const struct situation *situations)
{
	for (const struct situation *s = situations; s; s = s->next) {
		print_line(out, "- **", s->question, "** ");
		print_line(out, "", s->sentence, "\n");
		for (const struct fitting *f = s->fittings; f; f = f->next) {
			print_line(out, "  - ", f->vpn->title, ", ");
			print_line(out, "", profile_title(f->profile), ": ");
			print_line(out, "", f->text, "\n");
		}
	}
}

static void print_tables(FILE *out, const struct page *page)
{
	const char *without = tables_without_figures(page->tables, TABLE_NOT_FOR_PAGE);

	fputs("\n## Tables\n\n", out);
	for (const struct table *table = page->tables->first; table; table = table->next) {
		if (table->audience != TABLE_FOR_FILES && table_has_figures(table))
			table_print_markdown(out, page->results->arena, table);
	}
	if (without)
		print_line(out, "Tables without a figure here: ", without, ".\n");
}

static void print_markdown(FILE *out, const struct page *page)
{
	verdict_write_markdown(out, page->results->arena, page->verdict);
	fputs("## Answers\n\n", out);
	for (const struct answer *answer = page->answers; answer; answer = answer->next) {
		print_line(out, "- **", answer->question, "** ");
		print_line(out, "", answer->sentence, "\n");
		for (const struct caveat *caveat = answer->caveats; caveat; caveat = caveat->next)
			print_line(out, "  - ", caveat->text, "\n");
	}
	print_situations(out, page->situations);
	fputs("\n## Findings\n\n", out);
	for (const struct finding *f = page->findings->first; f; f = f->next)
		print_finding(out, f);
	print_tables(out, page);
}

/* What --json prints: the tables, and in more keys what the page says in sentences. */
static void print_report_json(FILE *out, const struct page *page)
{
	json_auto_t *value = tables_json(page->tables);

	json_object_set_new(value, "verdict", verdict_json(page->results->arena, page->verdict));
	json_object_set_new(value, "answers", answers_json(page->answers));
	json_object_set_new(value, "situations", situations_json(page->situations));
	json_object_set_new(value, "findings", findings_json(page->findings));
	json_object_set_new(value, "problems", problems_json(page->results));
	print_json(out, value, 0);
	fputc('\n', out);
}

static int write_report(
	const struct report_options *options, struct page *page, FILE *out, struct error *err)
{
	AUTO(outputs_freep) struct outputs *outputs = outputs_new();
	struct arena *arena = page->results->arena;
	const char *html = options->html;

	if (!html && !options->json && !options->markdown && !options->csv_dir &&
		!options->latex_dir)
		html = arena_printf(arena, "%s/report.html", options->dir);
	if (html) {
		page->charts = charts_of(page->results, page->tuned);
		page->tree_url = url_of_tree(arena, options->dir, html);
		if (options->second_dir)
			page->second_url = url_of_tree(arena, options->second_dir, html);
		add_page(outputs, page, html);
	}
	if (options->csv_dir) {
		add_tables(outputs, page, options->csv_dir, "csv", print_csv);
		add_notes(outputs, page, options->csv_dir);
	}
	if (options->latex_dir)
		add_tables(outputs, page, options->latex_dir, "tex", table_print_latex);
	if (outputs_write(outputs, options->force, NULL, err))
		return -1;
	if (options->json)
		print_report_json(out, page);
	if (options->markdown)
		print_markdown(out, page);
	if (html && !options->json && !options->markdown)
		fprintf(out, "%s\n", html);
	if (options->verdict && !page->overlay) {
		fflush(out); /* the path comes before it on a terminal */
		fputc('\n', options->verdict);
		verdict_write_text(options->verdict, arena, page->verdict);
	}
	return 0;
}

/* Trees of tuned hosts as they are read, one behind the other. */
struct tuned_trees {
	const struct report_tuned *first, **end;
};

static void tuned_trees_done(struct tuned_trees *trees)
{
	for (const struct report_tuned *tuned = trees->first; tuned; tuned = tuned->next) {
		struct report_results *results = tuned->results;

		results_freep(&results);
	}
}

static int read_tuned(struct arena *arena, int tree, const char *dir, const char *name,
	struct tuned_trees *trees, struct error *err)
{
	struct report_tuned *tuned = arena_alloc(arena, struct report_tuned, 1);
	struct report_results *results;

	if (results_read_open(tree, dir, &results, err))
		return fail_in(err, "read the tuned runs");
	*tuned = (struct report_tuned){.name = name, .results = results};
	*trees->end = tuned;
	trees->end = &tuned->next;
	return 0;
}

static int read_all_tuned(const struct report_options *options, int tree, struct arena *arena,
	struct tuned_trees *trees, struct error *err)
{
	const char *const *names = tree_tunings(arena, tree);
	AUTO(fd_closep) int tuned = -1;

	for (; *names; names++) {
		const char *dir = tree_of_tuning(arena, options->dir, *names);
		AUTO(fd_closep) int part = tree_open_tuning(tree, *names);

		/* A run that was broken off may have made the folder and nothing in it. */
		if (part >= 0 && read_tuned(arena, part, dir, *names, trees, err))
			return -1;
	}
	if (!options->tuned_dir)
		return 0;
	if (tree_open(options->tuned_dir, &tuned, err))
		return fail_in(err, "read the tuned runs");
	return read_tuned(arena, tuned, options->tuned_dir, "tuned", trees, err);
}

static int check_forms(const struct report_options *options, struct error *err)
{
	if (!options->second_dir)
		return 0;
	if (options->json || options->markdown || options->csv_dir || options->latex_dir ||
		options->tuned_dir)
		return fail(err, ERROR_USAGE,
			"two trees make a page only (--html FILE); meshbench compare prints their figures as Markdown and JSON");
	if (!options->html)
		return fail(err, ERROR_USAGE,
			"a page of two trees belongs to neither: say where it goes with --html FILE");
	return 0;
}

/* No answers and no findings: they are about one tree. */
static int overlay(const struct report_options *options, struct report_results *results,
	struct page *page, struct error *err)
{
	static const struct findings none;
	AUTO(results_freep) struct report_results *second = NULL;

	if (results_read_second(options->second_dir, &second, err))
		return -1;
	page->title = arena_printf(results->arena, "%s: two runs", title_of(results));
	if (overlay_trees(results, second, &page->overlay, err))
		return -1;
	second = NULL; /* the first has it */
	page->findings = &none;
	return 0;
}

static int evaluate(const struct report_results *results, struct page *page)
{
	page->findings = findings_of(results);
	page->answers = answers_of(results, page->findings);
	page->situations = situations_of(results);
	page->verdict = verdict_of(results, page->findings, page->answers, page->situations);
	page->title = page->verdict->title;
	return 0;
}

int report_run(const struct report_options *options, FILE *out, struct error *err)
{
	AUTO(results_freep) struct report_results *results = NULL;
	AUTO(tuned_trees_done) struct tuned_trees tuned = {.end = &tuned.first};
	AUTO(fd_closep) int tree = -1;
	struct page page = {0};

	if (check_forms(options, err) || tree_open(options->dir, &tree, err) ||
		results_read_open(tree, options->dir, &results, err) ||
		read_all_tuned(options, tree, results->arena, &tuned, err))
		return -1;
	page.results = results;
	page.tuned = tuned.first;
	if (options->second_dir ? overlay(options, results, &page, err) : evaluate(results, &page))
		return -1;
	page.tables = tables_of(results, tuned.first);
	return write_report(options, &page, out, err);
}
