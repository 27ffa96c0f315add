/* SPDX-License-Identifier: MIT */
/* meshbench link: run a command behind an emulated line. */
#include "cli/cli.h"
#include "cli/load.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct link_options {
	const char *engine, *serve;
	const char *const *rules; /* NULL: none */
};

/* Both ends, in the order of their ports. */
static const char *const names[] = {"here", "peer", NULL};

struct link_rules {
	struct wire_rule list[WIRE_MAX_RULES];
	size_t count;
};

static int read_rules(const struct link_options *o, struct link_rules *ret_rules, struct error *err)
{
	struct link_rules rules = {0};

	for (; o->rules && o->rules[rules.count]; rules.count++) {
		if (rules.count == WIRE_MAX_RULES)
			return fail(err, ERROR_USAGE, "--rule: there are more than %d rules",
				WIRE_MAX_RULES);
		if (wire_rule_read(o->rules[rules.count], names, &rules.list[rules.count], err))
			return fail_in(err, "--rule");
	}
	*ret_rules = rules;
	return 0;
}

static int begin_rules(struct lab *lab, const struct link_rules *rules, struct error *err)
{
	return rules->count ? lab_set_rules(lab, rules->list, rules->count, err) : 0;
}

/* How often each rule was applied: one that never was says that its words are not what was meant.
 */
static int tell_rules(struct lab *lab, const struct link_options *o, const struct link_rules *rules,
	struct error *err)
{
	struct wire_rule_use uses[WIRE_MAX_RULES];

	if (!rules->count)
		return 0;
	if (lab_read_rules(lab, uses, rules->count, err))
		return -1;
	for (size_t i = 0; i < rules->count; i++)
		fprintf(stderr, "meshbench: rule '%s' was applied to %llu packet%s\n", o->rules[i],
			(unsigned long long)uses[i].packets, uses[i].packets == 1 ? "" : "s");
	return 0;
}

/* The other end answers pings by itself; a server can be started there. */
static int serve(struct arena *arena, struct lab *lab, const struct link_options *o,
	struct proc **ret_server, struct error *err)
{
	if (!o->serve)
		return 0;
	return host_start(lab_host(lab, 1),
		&(struct proc_spec){.what = "serve", .argv = text_words(arena, o->serve, NULL)},
		ret_server, err);
}

/* Its exit status becomes ours; a signal is reported as shells do. */
static int run_command(struct arena *arena, struct lab *lab, const char *const *command,
	int *ret_status, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_result result;

	if (host_start(lab_host(lab, 0),
		    &(struct proc_spec){.what = "run the command",
			    .argv = command,
			    .environment =
				    (const char *const[]){arena_printf(arena, "MESHBENCH_PEER=%s",
								  lab_underlay(lab, 1)),
					    NULL},
			    .on_terminal = true},
		    &proc, err) ||
		proc_wait(proc, deadline_in(INT64_MAX), err))
		return -1;
	result = proc_result(proc);
	*ret_status = result.signal ? 128 + result.signal : result.exit_code;
	return 0;
}

/* Of a command with its path: it may lie in a home, which hosts do not see. */
static const char *folder_of(struct arena *arena, const char *command)
{
	const char *slash = strrchr(command, '/');

	return command[0] == '/' && slash > command
		       ? arena_strndup(arena, command, (size_t)(slash - command))
		       : NULL;
}

static int run_behind(struct arena *arena, const struct link_options *o,
	const struct profile *profile, const char *const *command, int *ret_status,
	struct error *err)
{
	struct link_rules rules = {0};
	AUTO(procs_freep) struct procs *procs = NULL;
	AUTO(lab_downp) struct lab *lab = NULL;
	AUTO(proc_freep) struct proc *server = NULL;
	struct lab_spec spec = {.names = names,
		.count = 2,
		.engine = LAB_ENGINE_WIRE,
		.profile = profile,
		.state_dir = NAMESPACE_MEMORY "/hosts",
		.congestion = "cubic",
		.visible = (const char *const[]){folder_of(arena, command[0]), NULL}};

	if (read_rules(o, &rules, err) ||
		(o->engine && load_engine(o->engine, true, &spec.engine, err)) ||
		namespace_enter(err) || procs_new(&procs, err) || lab_up(procs, &spec, &lab, err) ||
		serve(arena, lab, o, &server, err) || begin_rules(lab, &rules, err) ||
		run_command(arena, lab, command, ret_status, err))
		return -1;
	return tell_rules(lab, o, &rules, err);
}

static int run_with(struct arena *arena, const struct link_options *o,
	const struct option_result *given, int *ret_status, struct error *err)
{
	struct profile profile;

	if (!given->command || !given->command[0])
		return fail(err, ERROR_USAGE,
			"the command is missing; usage: meshbench link PROFILE -- COMMAND");
	if (load_profile(arena, given->arguments[0], &profile, err))
		return -1;
	load_print_warnings(&profile);
	return run_behind(arena, o, &profile, given->command, ret_status, err);
}

static int run(int argc, char *const argv[])
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct link_options o = {0};
	const struct option_row rows[] = {
		{"engine", "NAME", "what connects the two hosts; default: wire", OPTION_TEXT,
			&o.engine, NULL, 0, 0},
		{"serve", "COMMAND", "meanwhile, run this at the other end, such as 'iperf3 -s'",
			OPTION_TEXT, &o.serve, NULL, 0, 0},
		{"rule", "RULE",
			"do this to packets on the wire, such as 'drop protocol=udp from=peer'; several",
			OPTION_LIST, &o.rules, NULL, 0, 0},
	};
	const struct option_table table = {.usage = "link PROFILE [OPTION]... -- COMMAND",
		.examples =
			"meshbench link geo-satellite -- ping -c 5 peer\n"
			"meshbench link low --serve 'iperf3 -s' -- sh -c 'iperf3 -c $MESHBENCH_PEER'\n"
			"meshbench link baseline --rule 'drop protocol=icmp begin=2s end=4s' -- ping -c 6 peer\n",
		.about =
			"Runs a command on a host behind an emulated line, connected to this terminal. The other\nend is called peer; its address is in MESHBENCH_PEER. The exit status is the command's.",
		.rows = rows,
		.count = ARRAY_SIZE(rows),
		.arguments_min = 1,
		.arguments_max = 1};
	struct option_result given;
	struct error err = {0};
	int status = EXIT_CANNOT;

	if (!cli_take_options(&table, arena, argc, argv, &given, &status))
		return status;
	return run_with(arena, &o, &given, &status, &err) ? cli_report(&err) : status;
}

const struct command command_link = {"link", "run a command behind an emulated line", run};
