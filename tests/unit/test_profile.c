/* SPDX-License-Identifier: MIT */
#include "plan/profile.h"

#include "base/file.h"
#include "plan/plan.h"

#include "tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct paper {
	struct arena *arena;
	char path[40];
};

static void paper_done(struct paper *paper)
{
	arena_freep(&paper->arena);
	unlink(paper->path);
}

/* A file that holds `text`, gone with the test. */
static int paper_init(struct paper *paper, const char *text, struct error *err)
{
	int fd;

	paper->arena = arena_new();
	strcpy(paper->path, "/tmp/test_profile.XXXXXX");
	fd = mkstemp(paper->path);
	if (fd < 0)
		return fail_errno(err, "make a file");
	close(fd);
	return file_write(paper->path, text, strlen(text), 0600, err);
}

/* Refused at exactly that place, "LINE:COLUMN: reason". */
static bool is_refused(const char *text, const char *why)
{
	AUTO(paper_done) struct paper paper = {0};
	struct error err = {0};
	struct profile profile;
	const char *expected;

	if (paper_init(&paper, text, &err) ||
		profile_load(paper.arena, paper.path, &profile, &err) == 0)
		return false;
	expected = arena_printf(paper.arena, "%s:%s", paper.path, why);
	if (err.kind == ERROR_USAGE && strcmp(err.text, expected) == 0)
		return true;
	printf("# expected: %s\n# but is:   %s\n", expected, err.text);
	return false;
}

#define HEAD "name: n\nfolder: f\ntitle: T\nmodel: netem\n"

static int load_ours(
	struct arena *arena, const char *name, struct profile *profile, struct error *err)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */

	return profile_load(
		arena, arena_printf(arena, "%s/profiles/%s.yml", root, name), profile, err);
}

static bool is_close(double a, double b)
{
	return fabs(a - b) < 1e-12;
}

TEST(the_four_profiles_are_those_of_the_published_runs)
{
	static const struct {
		const char *name, *folder;
		int64_t delay_ms, jitter_ms;
		double loss, reorder, correlation;
	} published[] = {{"low", "low_impairment", 2, 2, 0.0025, 0.005, 0.25},
		{"medium", "medium_impairment", 4, 7, 0.01, 0.025, 0.5},
		{"high", "high_impairment", 6, 15, 0.025, 0.05, 0.5}};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct profile profile;

	for (size_t i = 0; i < ARRAY_SIZE(published); i++) {
		CHECK_OK(load_ours(arena, published[i].name, &profile, &err), err);
		CHECK(strcmp(profile.folder, published[i].folder) == 0);
		CHECK(profile.impairment.model == NETEM_KERNEL &&
			profile.impairment.limit_packets == 1000);
		CHECK(profile.impairment.delay_ns == published[i].delay_ms * 1000000);
		CHECK(profile.impairment.jitter_ns == published[i].jitter_ms * 1000000);
		CHECK(is_close(profile.impairment.loss.random.probability, published[i].loss));
		CHECK(is_close(profile.impairment.reorder.probability, published[i].reorder));
		CHECK(is_close(profile.impairment.reorder.correlation, published[i].correlation));
		CHECK(is_close(profile.line_rate_bps, 1e9));
	}
}

TEST(baseline_is_the_line_and_unshaped_has_none)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct profile profile;

	CHECK_OK(load_ours(arena, "baseline", &profile, &err), err);
	CHECK(!profile_has_impairment(&profile) && is_close(profile.line_rate_bps, 1e9));
	CHECK_OK(load_ours(arena, "unshaped", &profile, &err), err);
	CHECK(!profile_has_impairment(&profile) && is_close(profile.line_rate_bps, 0));
	CHECK_OK(load_ours(arena, "low", &profile, &err), err);
	CHECK(profile_has_impairment(&profile));
}

TEST(values_out_of_range_are_refused_at_their_place)
{
	CHECK(is_refused(HEAD "loss: 101%\n", "5:7: 101% is not between 0% and 100%"));
	CHECK(is_refused(HEAD "loss: 1\n", "5:7: '1' is not a percentage such as 0.25%"));
	CHECK(is_refused(HEAD "loss: -1%\n", "5:7: '-1%' is not a percentage such as 0.25%"));
	CHECK(is_refused(HEAD "loss: nan%\n", "5:7: 'nan%' is not a percentage such as 0.25%"));
	CHECK(is_refused(HEAD "delay: 2m\n", "5:8: '2m' is longer than a minute"));
	CHECK(is_refused(HEAD "limit: 1.5\n", "5:8: '1.5' is not a whole number"));
	CHECK(is_refused(HEAD "line_rate: fast\n",
		"5:12: read a rate such as 100mbit or 1gbit: 'fast' does not start with a number"));
	CHECK(is_refused("name: n\nfolder: f\ntitle: T\nmodel: tc\n",
		"4:8: model 'tc' is not one of none, netem, calibrated"));
	CHECK(is_refused("name: n\nfolder: a/b\ntitle: T\nmodel: none\n",
		"2:9: 'a/b' must be a plain name"));
}

TEST(keys_that_make_no_sense_together_are_refused)
{
	CHECK(is_refused(HEAD "jitter: 1ms\n", "5:9: 'jitter' needs a delay to vary"));
	CHECK(is_refused(HEAD "reorder: 1%\n",
		"5:10: reordering lets packets overtake delayed ones, so it needs a delay"));
	CHECK(is_refused(
		HEAD "reorder_correlation: 1%\n", "5:22: 'reorder_correlation' needs 'reorder'"));
	CHECK(is_refused("name: n\nfolder: f\ntitle: T\nmodel: none\ndelay: 1ms\n",
		"4:8: impairment needs model netem or calibrated; model none does not impair anything"));
	CHECK(is_refused(HEAD "delai: 1ms\n", "5:1: unknown key 'delai'; did you mean 'delay'?"));
	CHECK(is_refused("name: n\nfolder: f\ntitle: T\n", "1:1: key 'model' is missing"));
}

TEST(a_change_in_place_changes_what_it_names_and_the_folder)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct profile profile;

	CHECK_OK(load_ours(arena, "low", &profile, &err), err);
	CHECK_OK(profile_change(arena, &profile, "rate=100mbit,delay=5ms,loss=0%", &err), err);
	CHECK(profile.impairment.loss.kind == NETEM_LOSS_NONE);
	CHECK(is_close(profile.line_rate_bps, 1e8) && profile.impairment.delay_ns == 5000000);
	CHECK(is_close(profile.impairment.loss.random.probability, 0) &&
		profile.impairment.jitter_ns == 2000000);
	CHECK(strcmp(profile.name, "low:rate=100mbit,delay=5ms,loss=0%") == 0);
	CHECK(strcmp(profile.folder, "low_impairment_rate=100mbit_delay=5ms_loss=0_") == 0);
}

TEST(a_change_that_is_wrong_changes_nothing_and_says_what_exists)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct profile profile, before;

	CHECK_OK(load_ours(arena, "low", &profile, &err), err);
	before = profile;
	CHECK(profile_change(arena, &profile, "delay=9ms,los=1%", &err));
	CHECK(err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "unknown key 'los'; did you mean 'loss'?"));
	CHECK(profile_change(arena, &profile, "xyzzy=1%", &err));
	CHECK(strstr(err.text, "the keys of a profile are rate, name, folder"));
	CHECK(memcmp(&before, &profile, sizeof(profile)) == 0);
	CHECK(profile_change(arena, &profile, "delay", &err));
	CHECK(strstr(err.text, "'delay' is not NAME=VALUE"));
	CHECK(profile_change(arena, &profile, "delay=0", &err));
	CHECK(strstr(err.text, "'jitter' needs a delay to vary"));
}

#define CALIBRATED "name: n\nfolder: f\ntitle: T\nmodel: calibrated\n"

TEST(parameters_that_contradict_each_other_are_refused_at_their_key)
{
	CHECK(is_refused(CALIBRATED "delay: 1ms\njitter: 2ms\n",
		"6:9: jitter: is larger than the delay, so packets would leave before they come"));
	CHECK(is_refused(HEAD "loss_p13: 60%\nloss_p31: 10%\nloss_p14: 50%\n",
		"7:11: loss_p14: p13 + p14 = 1.1, more than 1"));
	CHECK(is_refused(CALIBRATED "bottleneck_rate: 1mbit\nbottleneck_buffer: 1000\n",
		"6:20: bottleneck_buffer: is smaller than one packet (1514 bytes)"));
	CHECK(is_refused(HEAD "loss: 1%\nloss_to_bad: 1%\n",
		"6:14: loss_to_bad and loss belong to different loss models; use one of them"));
	CHECK(is_refused(HEAD "outage_every: 10s\noutage_lasts: 1s\n",
		"5:15: outage_every: the kernel has no outages in time; use the calibrated model"));
	CHECK(is_refused(HEAD "slot_min: 2ms\nslot_max: 1ms\n",
		"5:11: slot_min: is longer than slot.max_ns"));
	CHECK(is_refused(HEAD "loss_in_bad: 50%\n",
		"5:14: a bad state needs 'loss_to_bad' or 'outage_every'"));
	CHECK(is_refused(
		HEAD "unit: frame\n", "5:7: unit 'frame' is not one of packet, superpacket"));
	CHECK(is_refused(
		HEAD "line_buffer: 64\n", "5:14: is smaller than one packet (1514 bytes)"));
	CHECK(is_refused("name: n\nfolder: f\ntitle: T\nmodel: none\nrepeat_every: 5s\n",
		"5:15: 'repeat_every' needs a schedule or a replay"));
}

TEST(the_words_of_tc_say_a_whole_impairment)
{
	struct netem_params ours, theirs;
	AUTO(paper_done) struct paper paper = {0};
	struct error err = {0};
	struct profile profile, low;

	CHECK_OK(
		paper_init(&paper,
			HEAD "netem: delay 2ms 2ms loss 0.25% reorder 0.5% 25% limit 1000\n", &err),
		err);
	CHECK_OK(profile_load(paper.arena, paper.path, &profile, &err), err);
	CHECK_OK(load_ours(paper.arena, "low", &low, &err), err);
	ours = profile.impairment;
	theirs = low.impairment;
	CHECK(ours.delay_ns == theirs.delay_ns && ours.jitter_ns == theirs.jitter_ns);
	CHECK(is_close(ours.loss.random.probability, theirs.loss.random.probability));
	CHECK(is_close(ours.reorder.probability, theirs.reorder.probability));
	CHECK(is_close(ours.reorder.correlation, theirs.reorder.correlation));
	CHECK(ours.gap == theirs.gap && ours.limit_packets == theirs.limit_packets);
	CHECK(is_refused(HEAD "netem: delay 2ms loss much\n", "5:23: 'much' is not a percentage"));
	CHECK(is_refused(HEAD "netem: delay 2ms\nloss: 1%\n",
		"6:7: the key 'netem' replaces all keys of impairment; express this one there"));
	CHECK(is_refused(
		CALIBRATED "netem: delay 2ms\n", "4:8: tc's words for netem need model: netem"));
}

TEST(what_surprises_is_kept_as_a_warning_with_its_place)
{
	AUTO(paper_done) struct paper paper = {0};
	struct error err = {0};
	struct profile profile;

	CHECK_OK(paper_init(&paper, HEAD "loss: 1%\nloss_correlation: 25%\n", &err), err);
	CHECK_OK(profile_load(paper.arena, paper.path, &profile, &err), err);
	CHECK(profile.warnings && profile.warnings[0] && !profile.warnings[1]);
	CHECK(strstr(profile.warnings[0], ":5:7: loss: correlation 25 % makes 1 % effectively"));
	CHECK_OK(profile_change(paper.arena, &profile, "loss_correlation=0%", &err), err);
	CHECK(!profile.warnings);
}

TEST(every_model_of_loss_can_be_said_and_a_change_replaces_it)
{
	AUTO(paper_done) struct paper paper = {0};
	struct error err = {0};
	struct profile profile;

	CHECK_OK(paper_init(&paper, CALIBRATED "loss_to_bad: 1%\nloss_to_good: 20%\n", &err), err);
	CHECK_OK(profile_load(paper.arena, paper.path, &profile, &err), err);
	CHECK(profile.impairment.loss.kind == NETEM_LOSS_ELLIOTT);
	CHECK(is_close(profile.impairment.loss.in_bad, 1)); /* as tc has it */
	CHECK_OK(profile_change(paper.arena, &profile,
			 "outage_every=10s,outage_lasts=100ms,loss_in_bad=90%", &err),
		err);
	CHECK(profile.impairment.loss.kind == NETEM_LOSS_OUTAGES);
	CHECK(is_close(profile.impairment.loss.to_bad, 0));
	CHECK(profile.impairment.loss.bad_ns == 100000000);
	CHECK(is_close(profile.impairment.loss.in_bad, 0.9));
}

TEST(a_schedule_stands_in_the_file_and_its_errors_say_the_line)
{
	AUTO(paper_done) struct paper paper = {0};
	struct error err = {0};
	struct profile profile;

	CHECK_OK(paper_init(&paper,
			 CALIBRATED "schedule: |\n  time_s,delay_ms,down\n  0,30,0\n  14.9,,1\n"
				    "repeat_every: 15s\n",
			 &err),
		err);
	CHECK_OK(profile_load(paper.arena, paper.path, &profile, &err), err);
	CHECK(profile.timeline.step_count == 2 && profile.timeline.steps[1].is_down);
	CHECK(profile.timeline.steps[0].delay_ns == 30000000);
	CHECK(profile.timeline.period_ns == 15000000000);
	CHECK(profile_has_impairment(&profile));
	CHECK(is_refused(CALIBRATED "schedule: |\n  time_s,delay_ms\n  0,30\n  0,40\n",
		"8:1: the time does not rise"));
	CHECK(is_refused(CALIBRATED "replay: /nowhere.csv\n",
		"5:9: read /nowhere.csv: No such file or directory"));
}

TEST(a_profile_is_found_by_name_or_taken_as_a_path)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	const char *const *names;
	const char *path;

	CHECK_OK(plan_find(arena, "profiles", "low", &path, &err), err);
	CHECK(strstr(path, "/profiles/low.yml"));
	CHECK_OK(plan_find(arena, "drivers", "nebula", &path, &err), err);
	CHECK(strstr(path, "/drivers/nebula"));
	CHECK_OK(plan_find(arena, "profiles", "./x.yml", &path, &err), err);
	CHECK(strcmp(path, "./x.yml") == 0);
	CHECK(plan_find(arena, "profiles", "lo", &path, &err) && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "did you mean 'low'?") && strstr(err.text, "unshaped"));
	err = (struct error){0};
	CHECK(plan_find(arena, "drivers", "headscale-derp", &path, &err));
	CHECK(strstr(err.text, "did you mean 'headscale+derp'?"));
	CHECK_OK(plan_list(arena, "drivers", &names, &err), err);
	for (size_t i = 1; names[0] && names[i]; i++)
		CHECK(strcmp(names[i - 1], names[i]) < 0);
}
