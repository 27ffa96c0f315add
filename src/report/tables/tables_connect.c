/* SPDX-License-Identifier: MIT */
/* First contact and contact after a reboot, host by host. */
#include "report/tables/tables.h"

#include <math.h>
#include <string.h>

static const struct report_connect *connect_of(const struct report_link *link, bool after_reboot)
{
	return after_reboot ? &link->reboot : &link->connect;
}

/* The names of all hosts that any VPN was measured from, in the order they are met. */
static size_t collect_hosts(
	struct arena *arena, const struct report_results *results, const char ***ret_hosts)
{
	const char *profile = results_contact_profile(results);
	size_t room = 1, count = 0;

	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next)
		room += condition_links(condition_of(vpn, profile));
	*ret_hosts = arena_alloc(arena, const char *, room);
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);

		for (const struct report_link *link = condition ? condition->links : NULL; link;
			link = link->next) {
			size_t i = 0;

			while (i < count && strcmp((*ret_hosts)[i], link->host) != 0)
				i++;
			if (i == count)
				(*ret_hosts)[count++] = link->host;
		}
	}
	return count;
}

static const struct report_link *link_of(const struct report_condition *condition, const char *host)
{
	const struct report_link *link = condition->links;

	while (link && strcmp(link->host, host) != 0)
		link = link->next;
	return link;
}

/* Which name the first phase asked: outside the VPN, or the VPN's own. */
static const char *checked_on(const struct report_condition *condition, bool after_reboot)
{
	for (const struct report_link *link = condition->links; link; link = link->next)
		if (connect_of(link, after_reboot)->is_there)
			return connect_of(link, after_reboot)->checks_on_vpn ? "the VPN itself"
									     : "outside";
	return NULL;
}

struct share {
	double seconds; /* NAN where unknown */
	bool is_below;  /* shorter than the check can tell, by this much at most */
};

static struct share share_of(const struct report_connect *connect,
	double (*seconds)(const struct report_connect *connect))
{
	double below_s = seconds == contact_vpn_only_s ? contact_below_s(connect) : NAN;

	return isnan(below_s) ? (struct share){seconds(connect), false}
			      : (struct share){below_s, true};
}

/* Of each host; returns the mean of those that are known, a bound if one of them is. */
static struct share shares_of_hosts(const struct report_condition *condition,
	const char *const hosts[], size_t count,
	double (*seconds)(const struct report_connect *connect), bool after_reboot,
	struct share ret_shares[])
{
	struct share mean = {0};
	size_t known = 0;

	for (size_t i = 0; i < count; i++) {
		const struct report_link *link = link_of(condition, hosts[i]);

		ret_shares[i] = link ? share_of(connect_of(link, after_reboot), seconds)
				     : (struct share){NAN, false};
		if (isnan(ret_shares[i].seconds))
			continue;
		mean.seconds += ret_shares[i].seconds;
		mean.is_below |= ret_shares[i].is_below;
		known++;
	}
	mean.seconds = known ? mean.seconds / (double)known : NAN;
	return mean;
}

static void row_share(struct row *row, const struct share *share, const char *place)
{
	if (share->is_below)
		row_below(row, share->seconds, place);
	else
		row_number(row, share->seconds, place);
}

static void add_rows(const struct report_results *results, struct tables *tables,
	struct table *table, double (*seconds)(const struct report_connect *connect),
	bool after_reboot)
{
	const char *profile = results_contact_profile(results);
	const char **hosts;
	size_t count = collect_hosts(tables->arena, results, &hosts);
	struct share *shares = arena_alloc(tables->arena, struct share, count + 1);
	bool is_corrected = strcmp(table->view, "corrected") == 0;

	table_text_column(table, "vpn", "VPN");
	table_column(table, "mean_s", "Mean", "s", 2);
	for (size_t i = 0; i < count; i++)
		table_column(table, hosts[i], hosts[i], "s", 2);
	if (is_corrected)
		table_text_column(table, "checked_on", "First phase asked");
	for (const struct report_vpn *vpn = results->vpns; vpn; vpn = vpn->next) {
		const struct report_condition *condition = condition_of(vpn, profile);
		const char *place = results_place(tables->arena, vpn, profile);
		struct row *row;
		struct share mean;

		if (!condition)
			continue;
		mean = shares_of_hosts(condition, hosts, count, seconds, after_reboot, shares);
		if (isnan(mean.seconds) && !(is_corrected && checked_on(condition, after_reboot)))
			continue;
		row = table_row(tables, table);
		row_vpn(row, vpn->name, vpn->title);
		row_share(row, &mean, place);
		for (size_t i = 0; i < count; i++)
			row_share(row, &shares[i], place);
		if (is_corrected)
			row_text(row, checked_on(condition, after_reboot));
	}
	table_sort(table, 1, false);
}

static void both_views(
	const struct report_results *results, struct tables *tables, bool after_reboot)
{
	const char *id = after_reboot ? "reboot" : "connect";
	struct table *printed = table_add(tables, id,
		after_reboot ? "Reconnection after a reboot" : "First contact", "s", false);
	struct table *corrected = table_add(tables, id,
		after_reboot ? "Reconnection after a reboot, the VPN's own part"
			     : "First contact, the VPN's own part",
		"s", true);

	add_rows(results, tables, printed, contact_first_s, after_reboot);
	add_rows(results, tables, corrected, contact_vpn_only_s, after_reboot);
	table_note(tables, corrected,
		"The printed time runs from the start of the check until every other host answered outside the VPN and the first one inside it: most of it is the boot of the other hosts. Here that part is subtracted, and the last host inside the VPN counts.");
	table_note(tables, corrected,
		"If the first phase asked the VPN's own address, it contains the VPN's part, which is then unknown.");
	table_note(tables, corrected,
		"A check that asks once a second cannot tell the part of a VPN that answered the first request: it is below what is shown, and programs get no value.");
}

void tables_connect(const struct report_results *results, struct tables *tables)
{
	both_views(results, tables, true);
	both_views(results, tables, false);
}
