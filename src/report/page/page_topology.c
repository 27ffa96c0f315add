/* SPDX-License-Identifier: MIT */
/* The part of the page that draws where hosts were: a tree of routers, from the public network. */
#include "report/page/page.h"

#include "report/output/html.h"

#include "base/fd.h"
#include "base/json.h"

#include <string.h>

enum {
	WIDTH = 520,
	LEFT = 14,
	TOP = 8,
	ROW = 27,
	SMALL_ROW = 16,
	INDENT = 30, /* of what is behind a router */
	STUB = 14,   /* from the line that joins hosts to a host */
	BOX_HEIGHT = 22,
	MOST_DEPTH = 6, /* a tree from elsewhere may have any number of these, and the next */
	MOST_SITES = 64,
	MOST_HOSTS = 100
};
/* Of a letter of the page's font at the size of a name. */
static const double LETTER = 7.6;

struct drawing {
	FILE *out;
	struct arena *arena;
	const struct report_results *results;
	const json_t *sites;
	bool is_drawn[MOST_SITES]; /* a damaged tree may name one twice */
	double y;
};

static bool is_blocked(const json_t *router)
{
	static const char *const rules[] = {"/udp", "/tcp", "/icmp"};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		if (strcmp(json_string_at(router, rules[i], "open"), "open") != 0)
			return true;
	}
	return strcmp(json_string_at(router, "/black_hole", ""), "true") == 0;
}

static void write_text(struct drawing *d, double x, double y, const char *class, const char *text)
{
	fprintf(d->out, "<text class=\"%s\" x=\"%.0f\" y=\"%.0f\">", class, x, y);
	html_text(d->out, text);
	fputs("</text>", d->out);
}

/* From where hosts are joined to a host or a router. */
static void draw_stub(struct drawing *d, double x, double length, const char *class)
{
	fprintf(d->out, "<path class=\"way%s\" d=\"M%.0f %.0fh%.0f\"/>", class, x, d->y, length);
}

static void draw_trunk(struct drawing *d, double x, double from, double to)
{
	if (to > from)
		fprintf(d->out, "<path class=\"way\" d=\"M%.0f %.0fV%.0f\"/>", x, from, to);
}

static void draw_host(struct drawing *d, double x, const char *name)
{
	d->y += ROW;
	draw_stub(d, x, STUB, "");
	fprintf(d->out, "<circle class=\"host\" cx=\"%.0f\" cy=\"%.0f\" r=\"4.5\"/>", x + STUB + 4,
		d->y);
	write_text(d, x + STUB + 14, d->y + 4, "name", name);
}

static double draw_hosts(struct drawing *d, double x, const json_t *hosts, double last)
{
	size_t count = json_array_size(hosts);

	for (size_t i = 0; i < count && i < MOST_HOSTS; i++) {
		const char *name = json_string_value(json_array_get(hosts, i));

		draw_host(d, x, name ? name : "?");
		last = d->y;
	}
	if (count > MOST_HOSTS) {
		draw_host(d, x, arena_printf(d->arena, "and %zu more", count - MOST_HOSTS));
		last = d->y;
	}
	return last;
}

/* "UDP is blocked", "TCP to port 443 only"; NULL: it is open. */
static const char *rule_text(struct drawing *d, const char *protocol, const char *rule)
{
	if (strcmp(rule, "open") == 0)
		return NULL;
	if (strcmp(rule, "blocked") == 0)
		return arena_printf(d->arena, "%s is blocked", protocol);
	return arena_printf(d->arena, "%s to port %s only", protocol, rule);
}

static void write_fact(struct drawing *d, double x, const char *class, const char *text)
{
	if (!text)
		return;
	d->y += SMALL_ROW;
	write_text(d, x, d->y + 4, class, text);
}

/* What packets meet at a router, in its words or in those of one of its uplinks. */
static void write_facts(struct drawing *d, double x, const json_t *router)
{
	bool is_silent = strcmp(json_string_at(router, "/black_hole", ""), "true") == 0;
	const char *mtu = json_string_at(router, "/mtu", NULL);
	const char *up = json_string_at(router, "/up", NULL);
	const char *down = json_string_at(router, "/down", NULL);
	const char *sessions = json_string_at(router, "/sessions", NULL);
	const char *rate = json_string_at(router, "/udp_rate", NULL);
	const char *family = json_string_at(router, "/family", "ipv4");

	if (strcmp(json_string_at(router, "/nat", ""), "nat64") == 0)
		write_fact(d, x, "tick", "IPv6 inside, IPv4 outside");
	else if (strcmp(family, "ipv4") != 0)
		write_fact(
			d, x, "tick", strcmp(family, "ipv6") == 0 ? "IPv6 alone" : "IPv4 and IPv6");
	write_fact(d, x, "tick stop", rule_text(d, "UDP", json_string_at(router, "/udp", "open")));
	write_fact(d, x, "tick stop", rule_text(d, "TCP", json_string_at(router, "/tcp", "open")));
	write_fact(
		d, x, "tick stop", rule_text(d, "ICMP", json_string_at(router, "/icmp", "open")));
	if (sessions)
		write_fact(d, x, "tick", arena_printf(d->arena, "at most %s sessions", sessions));
	if (rate)
		write_fact(d, x, "tick", arena_printf(d->arena, "UDP at most %s", rate));
	if (mtu || is_silent)
		write_fact(d, x, is_silent ? "tick stop" : "tick",
			arena_printf(d->arena, "packets of at most %s bytes%s", mtu ? mtu : "1500",
				is_silent ? ", and no word about larger ones" : ""));
	if (up || down)
		write_fact(d, x, "tick",
			arena_printf(d->arena, "profile %s out, %s in", up ? up : "of the run",
				down ? down : "none"));
}

/* The ways out of a site, next to its router; returns where the box ends. */
static double draw_uplinks(struct drawing *d, double x, double text_x, const json_t *site)
{
	const json_t *uplinks = json_object_get(site, "uplinks");
	size_t count = json_array_size(uplinks);
	double last = d->y + ROW;

	for (size_t i = 0; i == 0 || (i < count && i < MOST_SITES); i++) {
		const json_t *router = count ? json_array_get(uplinks, i) : site;
		const char *kind = results_router_kind(d->results, router);

		d->y += ROW;
		last = d->y;
		draw_stub(d, x, INDENT, is_blocked(router) ? " stop" : i > 0 ? " spare" : "");
		if (count)
			kind = arena_printf(d->arena, "%s%s: %s",
				json_string_at(router, "/name", ""), i ? "" : ", at first", kind);
		write_text(d, text_x, d->y + 4, "value", kind);
		write_facts(d, text_x, router);
	}
	return last;
}

static double draw_behind(
	struct drawing *d, double x, const char *behind, size_t first, size_t depth, double last);

/* Returns where its last uplink is. */
static double draw_site(struct drawing *d, double x, size_t index, size_t depth)
{
	const json_t *site = json_array_get(d->sites, index);
	const char *name = json_string_at(site, "/name", "?");
	double width = LETTER * (double)strlen(name) + 18, top = d->y + ROW, way, end, last;

	way = draw_uplinks(d, x, x + INDENT + width + 9, site);
	fprintf(d->out,
		"<rect class=\"router\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" rx=\"4\"/>",
		x + INDENT, top - BOX_HEIGHT / 2.0, width, way - top + BOX_HEIGHT);
	write_text(d, x + INDENT + 9, (top + way) / 2 + 4, "name", name);
	x += INDENT + 10;
	end = way + BOX_HEIGHT / 2.0;
	last = draw_hosts(d, x, json_object_get(site, "hosts"), end);
	draw_trunk(d, x, end, draw_behind(d, x, name, index + 1, depth + 1, last));
	return way;
}

/* The routers of a network; a site stands behind the one that it is behind. */
static double draw_behind(
	struct drawing *d, double x, const char *behind, size_t first, size_t depth, double last)
{
	for (size_t i = first; i < json_array_size(d->sites) && i < MOST_SITES; i++) {
		const json_t *site = json_array_get(d->sites, i);

		if (depth > MOST_DEPTH || d->is_drawn[i] ||
			strcmp(json_string_at(site, "/behind", ""), behind) != 0)
			continue;
		d->is_drawn[i] = true;
		last = draw_site(d, x, i, depth);
	}
	return last;
}

/* Into a text of its own, because its height comes first. */
static char *draw(const struct page *page, const json_t *topology, double *ret_height)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct drawing d = {.out = out,
		.arena = page->results->arena,
		.results = page->results,
		.sites = json_object_get(topology, "sites"),
		.y = TOP + 8};
	double from = d.y + 6, last;

	write_text(&d, LEFT, d.y, "panel", "Public network");
	last = draw_hosts(&d, LEFT + 6, json_object_get(topology, "public"), from);
	draw_trunk(&d, LEFT + 6, from, draw_behind(&d, LEFT + 6, "", 0, 0, last));
	fclose(out);
	*ret_height = d.y + ROW - TOP;
	return text;
}

bool page_has_topology(const struct page *page)
{
	return json_array_size(json_at(page->results->environment, "/topology/sites")) > 0;
}

void page_topology(FILE *out, const struct page *page)
{
	const json_t *topology = json_object_get(page->results->environment, "topology");
	AUTO(text_freep) char *text = NULL;
	double height;

	if (!page_has_topology(page))
		return;
	text = draw(page, topology, &height);
	fputs("<section id=\"topology\"><h2>Where hosts were</h2><p>", out);
	html_text(out, json_string_at(topology, "/title", ""));
	fputs(". A box is the router of a site, with what its NAT or firewall is set to next to it; a dashed red line blocks some packets, and a dotted one is an uplink that is not used at first.</p>\n<figure class=\"topology\"><div class=\"scroll\">",
		out);
	fprintf(out,
		"<svg class=\"chart\" viewBox=\"0 0 %d %.0f\" role=\"img\" width=\"%d\" height=\"%.0f\"><title>",
		WIDTH, height, WIDTH, height);
	html_printf(out, "Topology %s", json_string_at(topology, "/name", ""));
	fputs("</title>", out);
	fputs(text ? text : "", out);
	fputs("</svg></div></figure></section>\n", out);
}
