/* SPDX-License-Identifier: MIT */
#include "report/compare.h"

#include "base/json.h"

#include "by_hand.h"
#include "tap.h"

#include <math.h>
#include <string.h>

enum {
	RUNS = 4
};

/* Runs of both sides, made by hand. */
struct pair {
	struct report_results *before[RUNS], *after[RUNS];
};

static void pair_done(struct pair *pair)
{
	for (size_t i = 0; i < RUNS; i++) {
		results_freep(&pair->before[i]);
		results_freep(&pair->after[i]);
	}
}

static struct pair pair_new(void)
{
	struct pair pair;

	for (size_t i = 0; i < RUNS; i++) {
		pair.before[i] = results_by_hand();
		pair.after[i] = results_by_hand();
	}
	return pair;
}

/* Three links' worth of values a run, around a value of the run. */
static void add_run(struct report_results *run, const char *vpn, double mbps)
{
	const double values[] = {0.9 * mbps, mbps, 1.1 * mbps};

	add_vpn(run, vpn, values, 3);
}

static void add_side(
	struct report_results *const *runs, const char *vpn, double mbps, double spread)
{
	static const double drift[RUNS] = {-1, 0.3, 1, -0.4};

	for (size_t i = 0; i < RUNS; i++)
		add_run(runs[i], vpn, mbps * (1 + spread * drift[i]));
}

static struct comparison compared(struct arena *arena, struct pair *pair, size_t runs)
{
	return (struct comparison){.arena = arena,
		.before = {pair->before, runs},
		.after = {pair->after, runs},
		.margin_percent = 5};
}

/* The change in TCP throughput of one VPN. */
static const struct change *tcp_of(const struct comparison *comparison, const char *vpn)
{
	const struct change *change = comparison->changes;

	while (change &&
		(change->metric != &report_metrics[METRIC_TCP] || strcmp(change->vpn, vpn) != 0))
		change = change->next;
	return change;
}

static enum verdict verdict_of(const struct comparison *comparison, const char *vpn)
{
	const struct change *change = tcp_of(comparison, vpn);

	return change ? change_verdict(comparison, change) : VERDICTS;
}

TEST(four_runs_a_side_get_verdicts_and_links_are_no_runs)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison four, one;
	struct error err = {0};

	add_side(pair.before, "Up", 100, 0.01);
	add_side(pair.after, "Up", 200, 0.01);
	add_side(pair.before, "Down", 100, 0.01);
	add_side(pair.after, "Down", 50, 0.01);
	add_side(pair.before, "Still", 100, 0.01);
	add_side(pair.after, "Still", 100, 0.01);
	four = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&four, &err), err);
	CHECK(verdict_of(&four, "Up") == VERDICT_BETTER);
	CHECK(verdict_of(&four, "Down") == VERDICT_WORSE && comparison_is_worse(&four));
	CHECK(verdict_of(&four, "Still") == VERDICT_NO_DIFFERENCE);
	CHECK(tcp_of(&four, "Up")->has_ratio && fabs(tcp_of(&four, "Up")->ratio.ratio - 2) < 0.1);
	one = compared(arena, &pair, 1);
	CHECK_OK(compare_trees(&one, &err), err);
	CHECK(verdict_of(&one, "Down") == VERDICT_TOO_FEW && !comparison_is_worse(&one));
	CHECK(fabs(tcp_of(&one, "Down")->factor - 0.5) < 1e-9 && !tcp_of(&one, "Down")->has_ratio);
}

TEST(drift_of_whole_runs_is_no_difference)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	/* Within each run the links agree to the last digit; between runs all move by 20 %. */
	add_side(pair.before, "A", 100, 0.2);
	add_side(pair.after, "A", 115, 0.2);
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(verdict_of(&c, "A") == VERDICT_NO_DIFFERENCE);
}

TEST(a_sure_difference_that_is_small_does_not_count)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.001);
	add_side(pair.after, "A", 97, 0.001);
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(verdict_of(&c, "A") == VERDICT_SMALL && !comparison_is_worse(&c));
	c = compared(arena, &pair, RUNS);
	c.margin_percent = 2;
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(verdict_of(&c, "A") == VERDICT_WORSE);
}

TEST(what_fails_now_is_worse_and_marked_runs_are_not_judged)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	const double nothing[] = {0, 0, 0};
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "Gone", 100, 0.01);
	add_side(pair.before, "Busy", 100, 0.01);
	add_side(pair.after, "Busy", 50, 0.01);
	for (size_t i = 0; i < RUNS; i++) {
		struct report_repetition *r;

		add_vpn(pair.after[i], "Gone", nothing, 3);
		r = pair.after[i]->vpns->conditions->links->repetitions;
		for (; i == 2 && r; r = r->next)
			mark_by_hand(pair.after[i], r, "busy");
	}
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(verdict_of(&c, "Gone") == VERDICT_VANISHED && comparison_is_worse(&c));
	CHECK(verdict_of(&c, "Busy") == VERDICT_MARKED);
	CHECK(fabs(tcp_of(&c, "Busy")->after.median - 50) < 1);
}

TEST(a_value_that_a_success_does_not_say_is_no_failure)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	bool is_found = false;
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.001);
	add_side(pair.after, "A", 100, 0.001);
	for (size_t i = 0; i < RUNS; i++) {
		struct report_repetition *r = pair.after[i]->vpns->conditions->links->repetitions;

		for (; r; r = r->next)
			r->tcp.retransmit_percent = NAN;
	}
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	for (const struct change *change = c.changes; change; change = change->next)
		is_found |= change->before.with_value && !change->after.with_value &&
			    change_verdict(&c, change) == VERDICT_UNKNOWN;
	CHECK(is_found && !comparison_is_worse(&c));
}

TEST(versions_can_be_compared_and_what_one_side_lacks_is_named)
{
	static const char *const versions[] = {"tinc=Tinc@1.1", NULL};
	static const char *const nobody[] = {"Tinc=Nobody", NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "Tinc", 100, 0.01);
	add_side(pair.after, "Tinc@1.1", 50, 0.01);
	add_side(pair.before, "Same", 100, 0.01);
	add_side(pair.after, "Same", 100, 0.01);
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(!tcp_of(&c, "Tinc") && tcp_of(&c, "Same"));
	CHECK(c.absences && c.absences->is_before && strcmp(c.absences->name, "Tinc") == 0);
	CHECK(c.absences->next && strcmp(c.absences->next->name, "Tinc@1.1") == 0);
	c = compared(arena, &pair, RUNS);
	c.vpns = versions;
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(verdict_of(&c, "Tinc") == VERDICT_WORSE && !tcp_of(&c, "Same"));
	c = compared(arena, &pair, RUNS);
	c.vpns = nobody;
	CHECK(compare_trees(&c, &err) && strstr(err.text, "no tree after has VPN 'Nobody'"));
}

static bool has_udp(const struct comparison *c)
{
	for (const struct change *change = c->changes; change; change = change->next)
		if (change->metric->workload == REPORT_UDP)
			return true;
	return false;
}

static void add_flood(struct report_results *run, const char *tool)
{
	struct report_udp *udp = &run->vpns->conditions->links->repetitions->udp;

	udp->outcome.envelope.status = ENVELOPE_SUCCESS;
	udp->outcome.path = "x/baseline/0_a/udp_iperf3.json";
	udp->forward =
		(struct report_flow){.is_there = true, .received_bps = 1e8, .received_bytes = 1e6};
	udp->tool = tool;
}

TEST(floods_of_two_programs_are_not_compared)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.01);
	add_side(pair.after, "A", 100, 0.01);
	for (size_t i = 0; i < RUNS; i++) {
		add_flood(pair.before[i], "meshbench");
		add_flood(pair.after[i], "meshbench");
	}
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(has_udp(&c) && !c.tools[TOOL_FLOOD].one);
	add_flood(pair.after[2], "iperf3");
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(!has_udp(&c) && tcp_of(&c, "A"));
	CHECK(c.tools[TOOL_FLOOD].one == pair.before[0] &&
		c.tools[TOOL_FLOOD].other == pair.after[2] && !c.tools[TOOL_TCP].one);
}

TEST(tcp_of_one_client_and_of_two_is_not_compared)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.01);
	add_side(pair.after, "A", 100, 0.01);
	pair.before[0]->vpns->conditions->links->repetitions->tcp.clients = 2;
	pair.after[1]->vpns->conditions->links->repetitions->tcp.clients = 1;
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "share only TCP, measured by two clients of iperf3 in one"));
	CHECK(strstr(err.text, "by one client of iperf3 in the other") &&
		strstr(err.text, "the same --tcp-clients"));
	for (size_t i = 0; i < RUNS; i++) {
		add_flood(pair.before[i], "iperf3");
		add_flood(pair.after[i], "iperf3");
	}
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	CHECK(has_udp(&c) && !tcp_of(&c, "A"));
	CHECK(c.tools[TOOL_TCP].one == pair.before[0] && c.tools[TOOL_TCP].other == pair.after[1]);
}

/* Hosts of the tree were limited so; the caller's arena of results owns nothing of it. */
static json_t *limited(const char *board, double processors, int memory)
{
	return json_make("{s:{s:{s:s,s:f,s:i}}}", "lab", "limits", "board", board, "processors",
		processors, "memory_bytes", memory);
}

TEST(hosts_with_other_limits_are_not_compared)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	json_auto_t *small = limited("small", 0.1, 64 << 20);
	json_auto_t *smaller = limited("small", 0.05, 64 << 20);
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.01);
	add_side(pair.after, "A", 100, 0.01);
	pair.after[1]->environment = small;
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "limited as board none") &&
		strstr(err.text, "small: 0.1 of a processor, 64 MB of memory"));
	for (size_t i = 0; i < RUNS; i++)
		pair.before[i]->environment = pair.after[i]->environment = small;
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	pair.after[3]->environment = smaller; /* a board whose file was changed */
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err));
}

TEST(hosts_in_other_topologies_are_not_compared)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	json_auto_t *homes = json_make("{s:{s:s,s:s,s:[{s:s}]}}", "topology", "name", "homes",
		"title", "Two homes", "sites", "nat", "linux");
	json_auto_t *changed = json_make("{s:{s:s,s:s,s:[{s:s}]}}", "topology", "name", "homes",
		"title", "Two homes", "sites", "nat", "symmetric");
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.01);
	add_side(pair.after, "A", 100, 0.01);
	pair.after[1]->environment = homes;
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "in topology lan") && strstr(err.text, "homes (Two homes)"));
	for (size_t i = 0; i < RUNS; i++)
		pair.before[i]->environment = pair.after[i]->environment = homes;
	c = compared(arena, &pair, RUNS);
	CHECK_OK(compare_trees(&c, &err), err);
	pair.after[3]->environment = changed;
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err));
}

TEST(one_profile_name_with_two_impairments_is_refused)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(pair_done) struct pair pair = pair_new();
	struct comparison c;
	struct error err = {0};

	add_side(pair.before, "A", 100, 0.01);
	add_side(pair.after, "A", 100, 0.01);
	pair.before[0]->vpns->conditions->settings.text = "{\"delay_ms\":2}";
	pair.after[1]->vpns->conditions->settings.text = "{\"delay_ms\":20}";
	c = compared(arena, &pair, RUNS);
	CHECK(compare_trees(&c, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "profile 'baseline' impairs packets differently"));
}
