/* SPDX-License-Identifier: MIT */
/* What VPNs are called where people read. */
#include "report/tables/table.h"

#include "base/fd.h"
#include "base/json.h"

#include "by_hand.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static const double speed[] = {100};

static void say_title(struct report_results *results, struct report_vpn *vpn, const char *title)
{
	json_t *facts = json_make("{s:s}", "title", title);

	vpn->conditions->vpn_facts = facts;
	json_array_append_new(results->kept, facts);
}

TEST(a_tree_that_says_nothing_has_the_names_of_one_table)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	const struct report_vpn *wireguard = add_vpn(results, "Wireguard", speed, 1);
	const struct report_vpn *headscale = add_vpn(results, "Headscale", speed, 1);
	const struct report_vpn *version = add_vpn(results, "Tinc@1.1", speed, 1);
	const struct report_vpn *stranger = add_vpn(results, "Own", speed, 1);

	results_title(results);
	CHECK(strcmp(wireguard->title, "WireGuard") == 0);
	CHECK(strcmp(headscale->title, "Tailscale with Headscale") == 0);
	CHECK(strcmp(version->title, "tinc 1.1") == 0);
	CHECK(strcmp(stranger->title, "Own") == 0);
	CHECK(strcmp(vpn_title(results, "Wireguard"), "WireGuard") == 0);
	CHECK(strcmp(vpn_title(results, "Nobody"), "Nobody") == 0);
}

TEST(what_the_driver_wrote_into_the_tree_comes_before_the_table)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *vpn = add_vpn(results, "Wireguard@fork", speed, 1);

	say_title(results, vpn, "My WireGuard");
	results_title(results);
	CHECK(strcmp(vpn->title, "My WireGuard fork") == 0);
}

TEST(no_two_have_the_same_title)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct report_vpn *a = add_vpn(results, "A", speed, 1),
			  *b = add_vpn(results, "B", speed, 1);

	say_title(results, a, "Mesh");
	say_title(results, b, "Mesh");
	results_title(results);
	CHECK(strcmp(a->title, "Mesh") == 0);
	CHECK(strcmp(b->title, "Mesh (B)") == 0);
}

TEST(people_read_the_title_of_a_row_and_programs_its_key)
{
	AUTO(results_freep) struct report_results *results = results_by_hand();
	struct tables *tables = tables_new(results->arena);
	struct table *table = table_add(tables, "t", "T", "", false);
	AUTO(text_freep) char *csv = NULL, *markdown = NULL;
	size_t size;
	FILE *out = open_memstream(&csv, &size);

	table_text_column(table, "vpn", "VPN");
	row_vpn(table_row(tables, table), "Wireguard", "WireGuard");
	table_print_csv(out, table);
	fclose(out);
	CHECK(strstr(csv, "Wireguard") && !strstr(csv, "WireGuard"));
	out = open_memstream(&markdown, &size);
	table_print_markdown(out, results->arena, table);
	fclose(out);
	CHECK(strstr(markdown, "WireGuard") && !strstr(markdown, "Wireguard"));
}
