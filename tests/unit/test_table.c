/* SPDX-License-Identifier: MIT */
#include "report/output/html.h"
#include "report/output/number.h"
#include "report/tables/table.h"

#include "base/fd.h"
#include "base/json.h"

#include "tap.h"

#include <math.h>
#include <string.h>

#define TEXT_STREAM(name)                                                                          \
	AUTO(text_freep) char *name = NULL;                                                        \
	size_t name##_size;                                                                        \
	FILE *name##_stream = open_memstream(&(name), &name##_size)

TEST(numbers_keep_the_digits_that_were_asked_for)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(number_text(arena, 934.105, -3), "934") == 0);
	CHECK(strcmp(number_text(arena, 1398.17, -3), "1398") == 0);
	CHECK(strcmp(number_text(arena, 54.734, -3), "54.7") == 0);
	CHECK(strcmp(number_text(arena, 8.773, -3), "8.77") == 0);
	CHECK(strcmp(number_text(arena, 9.998, -3), "10.0") == 0);
	CHECK(strcmp(number_text(arena, 99.96, -3), "100") == 0);
	CHECK(strcmp(number_text(arena, 0.364, -3), "0.36") == 0);
	CHECK(strcmp(number_text(arena, 0, -3), "0.00") == 0);
	CHECK(strcmp(number_text(arena, -8.773, -3), "-8.77") == 0);
	CHECK(strcmp(number_text(arena, 0.599, 2), "0.60") == 0);
	CHECK(strcmp(number_text(arena, NAN, 2), "--") == 0);
	CHECK(strcmp(number_text(arena, INFINITY, -3), "--") == 0);
}

/* Three VPNs, one of them without a value and one with a name that means something everywhere. */
static struct table *small_table(struct tables *tables)
{
	struct table *table = table_add(tables, "t", "50 % of A & B", "s", true);
	struct row *row;

	table_text_column(table, "vpn", "VPN");
	table_column(table, "mean_s", "Mean", "s", 2);
	row = table_row(tables, table);
	row_text(row, "none");
	row_number(row, NAN, NULL);
	row = table_row(tables, table);
	row_text(row, "a,\"b\"|_");
	row_number(row, 2.5, NULL);
	row = table_row(tables, table);
	row_text(row, "c");
	row_number(row, 1, NULL);
	table_sort(table, 1, false);
	return table;
}

TEST(rows_are_sorted_and_those_without_a_value_go_last)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct table *table = small_table(tables_new(arena));

	CHECK(strcmp(table->rows->values[0].text, "c") == 0);
	CHECK(strcmp(table->rows->next->next->values[0].text, "none") == 0);
	table_sort(table, 1, true);
	CHECK(table->rows->values[1].number == 2.5);
	CHECK(strcmp(table->rows->next->next->values[0].text, "none") == 0);
}

TEST(comma_separated_values_are_quoted_and_empty_where_absent)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEXT_STREAM(text);

	table_print_csv(text_stream, small_table(tables_new(arena)));
	fclose(text_stream);
	CHECK(strcmp(text, "vpn,mean_s\r\nc,1.0\r\n\"a,\"\"b\"\"|_\",2.5\r\nnone,\r\n") == 0);
}

TEST(markdown_and_latex_escape_what_means_something_there)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEXT_STREAM(markdown);
	TEXT_STREAM(latex);

	table_print_markdown(markdown_stream, arena, small_table(tables_new(arena)));
	table_print_latex(latex_stream, arena, small_table(tables_new(arena)));
	fclose(markdown_stream);
	fclose(latex_stream);
	CHECK(strstr(markdown, "| a,\"b\"\\|_ | 2.50 |"));
	CHECK(strstr(markdown, "| none | -- |"));
	CHECK(strstr(latex, "\\caption{50 \\% of A \\& B}"));
	CHECK(strstr(latex, "a,\\textquotedbl{}b\\textquotedbl{}\\textbar{}\\_ & 2.50 \\\\"));
}

TEST(notes_stay_with_a_table_in_markdown_and_latex)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *table = small_table(tables);
	TEXT_STREAM(markdown);
	TEXT_STREAM(latex);

	table_note(tables, table, "Half of %d %% is left out_.", 50);
	table_note(tables, table, "Another.");
	table_print_markdown(markdown_stream, arena, table);
	table_print_latex(latex_stream, arena, table);
	fclose(markdown_stream);
	fclose(latex_stream);
	CHECK(strstr(markdown, "- Half of 50 % is left out_.\n- Another."));
	CHECK(strstr(latex,
		"\\par\\footnotesize Half of 50 \\% is left out\\_.\n  \\par\\footnotesize Another.\n"));
}

TEST(a_bound_is_said_to_people_and_is_no_value_for_programs)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *table = small_table(tables);
	struct row *row = table_row(tables, table);
	json_auto_t *value = NULL;
	TEXT_STREAM(csv);
	TEXT_STREAM(markdown);

	row_text(row, "quick");
	row_below(row, 1.007, NULL);
	value = tables_json(tables);
	table_print_csv(csv_stream, table);
	table_print_markdown(markdown_stream, arena, table);
	fclose(csv_stream);
	fclose(markdown_stream);
	CHECK(strstr(markdown, "| quick | below 1.01 |"));
	CHECK(strstr(csv, "\r\nquick,\r\n"));
	CHECK(json_is_null(json_at(value, "/tables/0/rows/3/mean_s")));
}

TEST(json_has_the_corrected_table_under_its_own_id_and_null_for_what_is_absent)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	json_auto_t *value = NULL;
	const json_t *table;

	small_table(tables);
	value = tables_json(tables);
	table = json_array_get(json_object_get(value, "tables"), 0);
	CHECK(strcmp(json_string_value(json_object_get(table, "id")), "t_corrected") == 0);
	table = json_array_get(json_object_get(table, "rows"), 2);
	CHECK(json_is_null(json_object_get(table, "mean_s")));
	CHECK(!json_is_null(json_object_get(table, "vpn")));
}

TEST(a_marked_value_is_starred_for_people_and_named_for_programs)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *table = small_table(tables);
	json_auto_t *value = NULL;
	const json_t *rows;
	TEXT_STREAM(csv);
	TEXT_STREAM(markdown);
	TEXT_STREAM(latex);

	table->rows->values[1].is_marked = true;
	value = tables_json(tables);
	rows = json_object_get(json_array_get(json_object_get(value, "tables"), 0), "rows");
	table_print_csv(csv_stream, table);
	table_print_markdown(markdown_stream, arena, table);
	table_print_latex(latex_stream, arena, table);
	fclose(csv_stream);
	fclose(markdown_stream);
	fclose(latex_stream);
	CHECK(strcmp(csv, "vpn,mean_s,marked\r\nc,1.0,mean_s\r\n\"a,\"\"b\"\"|_\",2.5,\r\n"
			  "none,,\r\n") == 0);
	CHECK(strstr(markdown, "| c | 1.00* |") && strstr(markdown, " | 2.50 |"));
	CHECK(strstr(latex, "c & 1.00* \\\\"));
	CHECK(strcmp(json_string_at(rows, "/0/marked/0", ""), "mean_s") == 0);
	CHECK(json_array_size(json_at(rows, "/1/marked")) == 0);
}

TEST(a_value_that_is_not_there_is_not_marked)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *table = small_table(tables);
	struct row *row = table_row(tables, table);

	row_text(row, "d");
	row_number(row, NAN, NULL);
	row_mark(row);
	CHECK(!table_has_marks(table));
	row_number(row, 1, NULL);
	row_mark(row);
	CHECK(table_has_marks(table));
}

TEST(a_table_holds_any_number_of_columns_also_when_rows_came_first)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *table = table_add(tables, "t", "t", "", false);
	struct row *row = table_row(tables, table);

	for (size_t i = 0; i < 100; i++) {
		table_column(table, "k", "t", "", 0);
		row_number(row, (double)i, NULL);
	}
	CHECK(table->column_count == 100 && row->filled == 100);
	CHECK(row->values[0].number == 0 && row->values[99].number == 99);
}

TEST(tables_about_what_was_not_measured_are_named_instead_of_shown)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct tables *tables = tables_new(arena);
	struct table *empty = table_add(tables, "udp", "UDP", "Mbit/s", false);
	struct table *words;

	CHECK(small_table(tables) && table_has_figures(table_named(tables, "t_corrected")));
	table_text_column(empty, "vpn", "VPN");
	table_column(empty, "mbps", "Received", "Mbit/s", 0);
	CHECK(!table_has_figures(empty));
	CHECK(tables_without_figures(tables, TABLE_FOR_ALL) == NULL); /* it has no row, either */
	row_text(table_row(tables, empty), "none");
	CHECK(!table_has_figures(empty));
	words = table_add(tables, "routers", "Routers", "", false);
	words->audience = TABLE_NOT_FOR_PAGE;
	table_text_column(words, "host", "Host");
	table_row(tables, words);
	CHECK(table_has_figures(words)); /* its rows are what it has to say */
	table_column(words, "port", "Port", "", 0);
	CHECK(strcmp(tables_without_figures(tables, TABLE_FOR_ALL), "udp") == 0);
	CHECK(strcmp(tables_without_figures(tables, TABLE_NOT_FOR_PAGE), "udp, routers") == 0);
}

TEST(html_shows_text_and_never_runs_it)
{
	TEXT_STREAM(text);

	html_printf(text_stream, "<%s '&' \"%d\">\x01", "script", 1);
	html_url(text_stream, "a b/\"#.json");
	html_id(text_stream, "A b/c\"");
	fclose(text_stream);
	CHECK(strcmp(text,
		      "&lt;script &#39;&amp;&#39; &quot;1&quot;&gt; a%20b/%22%23.jsonA-b-c-") == 0);
}
