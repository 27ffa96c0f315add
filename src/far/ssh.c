/* SPDX-License-Identifier: MIT */
/* Commands on machines that ssh reaches: looking around, bringing programs, starting the helper. */
#include "far/ssh.h"

#include "far/blame.h"

#include "base/fd.h"
#include "base/file.h"
#include "base/text.h"
#include "host/host.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CANNOT_RUN "does not run: " /* how our script there says it */

enum {
	ANSWER_S = 60,
	SEND_S = 600,
	PROGRAM_MOST_BYTES = 64 << 20
};

/*
 * No multiplexing: a master that somebody else holds would survive us, and one that is stale would
 * stop us. A machine that is silent for six seconds counts as lost.
 */
static const char *const options[] = {"ssh", "-T", "-o", "BatchMode=yes", "-o", "ControlPath=none",
	"-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=3",
	NULL};

/* The user who started us, where we made a user namespace to be root in; -1: we did not. */
static long former_user(void)
{
	AUTO(stream_closep) FILE *map = fopen("/proc/self/uid_map", "re");
	char line[128], *rest = line;
	long inside, outside, count;

	if (!map || !fgets(line, sizeof(line), map))
		return -1;
	inside = strtol(rest, &rest, 10);
	outside = strtol(rest, &rest, 10);
	count = strtol(rest, &rest, 10);
	return inside == 0 && outside != 0 && count == 1 ? outside : -1;
}

/* ssh finds a user's keys by the user's number, so it gets the one that it had. */
static const char *const *as_user(struct arena *arena, const char *const *command)
{
	long user = former_user();

	if (user < 0)
		return command;
	return arena_list(arena,
		ARENA_LIST(arena, "unshare", "--user", arena_printf(arena, "--map-user=%ld", user),
			"--"),
		command);
}

/* One text for the shell there. */
static const char *const *command_of(
	struct arena *arena, const struct far_ssh *ssh, bool as_root, const char *const *words)
{
	const char *const *sudo = ARENA_LIST(arena, "sudo", "-n");

	if (as_root && ssh->is_sudo)
		words = arena_list(arena, sudo, words);
	return as_user(arena, arena_list(arena, options,
				      ARENA_LIST(arena, "--", ssh->destination,
					      text_command_line(arena, words))));
}

static int refuse(const struct far_ssh *ssh, struct proc *proc, const char *what, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *said = strstr(proc_result(proc).errout, CANNOT_RUN);
	const char *why = far_blame(arena, ssh->destination, proc_result(proc).errout);

	if (said && !strstr(said, "meshbench-host"))
		return fail(err, ERROR_MISSING,
			"%s: %.*s; build it there, or install a package of it: ssh %s", ssh->name,
			(int)strcspn(said, "\n"), said + strlen(CANNOT_RUN), ssh->destination);

	if (why)
		return fail(err, ERROR_MISSING, "%s: %s", ssh->name, why);
	return fail(err, ERROR_MISSING, "%s: %s: %s; try: ssh %s", ssh->name, what,
		proc_obituary(proc), ssh->destination);
}

struct errand_there {
	const char *what;
	const char *const *command;
	const void *input;
	size_t input_size;
	int64_t within_s;
};

static int run(struct procs *procs, const struct far_ssh *ssh, const struct errand_there *errand,
	struct arena *arena, const char **ret_out, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;
	struct proc_result result;

	if (proc_start(procs,
		    &(struct proc_spec){.what = errand->what,
			    .argv = errand->command,
			    .input = errand->input,
			    .input_size = errand->input_size},
		    &proc, err)) {
		if (err->kind == ERROR_MISSING)
			return fail(err, ERROR_MISSING,
				"ssh is not installed here: apt install openssh-client");
		return -1;
	}
	if (proc_wait(proc, deadline_in(errand->within_s * NS_PER_S), err)) {
		if (err->kind == ERROR_TIMEOUT)
			return fail(err, ERROR_MISSING,
				"%s: %s did not end within %lld s; try: ssh %s", ssh->name,
				errand->what, (long long)errand->within_s, ssh->destination);
		return -1;
	}
	result = proc_result(proc);
	if (result.exit_code != 0)
		return refuse(ssh, proc, errand->what, err);
	if (ret_out)
		*ret_out = arena_strndup(arena, result.out, result.out_size);
	return 0;
}

/* Those that run on hosts; the others stay with the controller. */
static const char *const programs[] = {"meshbench-host", "meshbench-closure", "meshbench-probe",
	"meshbench-quic", "meshbench-rate", "meshbench-reach", "meshbench-ready", "meshbench-watch",
	"meshbench-wire", NULL};

static int sum_of(struct arena *arena, struct procs *procs, const struct proc_spec *spec,
	const char **ret_text, struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;

	if (proc_start(procs, spec, &proc, err) ||
		proc_wait_success(proc, deadline_in(ANSWER_S * NS_PER_S), err))
		return -1;
	*ret_text = arena_strdup(arena, proc_result(proc).out);
	return 0;
}

int far_bundle_make(
	struct arena *arena, struct procs *procs, struct far_bundle *ret_bundle, struct error *err)
{
	const char *const *const sum = ARENA_LIST(arena, "sha256sum", "--");
	static const char *const tried[] = {"meshbench-host", NULL};
	struct far_bundle bundle = {.names = programs, .tried = tried};
	const char *helper, *name;

	if (helper_find(arena, programs[0], &helper, err))
		return -1;
	bundle.here = arena_strndup(arena, helper, (size_t)(strrchr(helper, '/') - helper));
	if (sum_of(arena, procs,
		    &(struct proc_spec){.what = "hash our programs",
			    .argv = arena_list(arena, sum, programs),
			    .dir = bundle.here},
		    &bundle.sums, err) ||
		sum_of(arena, procs,
			&(struct proc_spec){.what = "hash our programs",
				.argv = ARENA_LIST(arena, "sha256sum"),
				.input = bundle.sums,
				.input_size = strlen(bundle.sums)},
			&name, err))
		return -1;
	bundle.there = arena_printf(arena, FAR_CACHE "/%.64s", name);
	*ret_bundle = bundle;
	return 0;
}

int far_ssh_look(struct arena *arena, struct procs *procs, const struct far_ssh *ssh,
	const struct far_question *question, struct far_look *ret_look, struct error *err)
{
	const char *const *words = arena_list(arena,
		ARENA_LIST(arena, "sh", "-s", "--", question->bundle->there, question->device,
			ssh->is_sudo ? "sudo" : ""),
		question->programs);
	const struct errand_there errand = {.what = "look around",
		.command = command_of(arena, ssh, false, words),
		.input = far_look_script,
		.input_size = strlen(far_look_script),
		.within_s = ANSWER_S};
	const char *out = "";

	if (run(procs, ssh, &errand, arena, &out, err))
		return -1;
	if (far_look_parse(arena, out, ret_look, err)) {
		err->kind = ERROR_MISSING;
		return fail_in(err, "%s", ssh->name);
	}
	return 0;
}

/* In our words for what the machine said or would say. */
static int refuse_machine(
	const struct far_ssh *ssh, struct arena *arena, const char *said, struct error *err)
{
	return fail(
		err, ERROR_MISSING, "%s: %s", ssh->name, far_blame(arena, ssh->destination, said));
}

static int check_rights(const struct far_ssh *ssh, struct arena *arena, const struct far_look *look,
	struct error *err)
{
	if (!ssh->is_sudo && look->uid != 0)
		return fail(err, ERROR_MISSING,
			"%s: user %s is not root there; log in as root, or set 'sudo: true' in hosts.yml",
			ssh->name, look->user ? look->user : "");
	if (!ssh->is_sudo || !look->sudo || !*look->sudo)
		return 0;
	return far_blame(arena, ssh->destination, look->sudo)
		       ? refuse_machine(ssh, arena, look->sudo, err)
		       : fail(err, ERROR_MISSING,
				 "%s: sudo -n does not work (%s); try: ssh %s sudo -n true",
				 ssh->name, look->sudo, ssh->destination);
}

static int check_is_free(const struct far_ssh *ssh, struct arena *arena,
	const struct far_look *look, struct error *err)
{
	if (!look->unit || !strstr(look->unit, "activ") || strcmp(look->unit, "inactive") == 0)
		return 0;
	refuse_machine(ssh, arena, "was already loaded", err);
	return look->owner ? fail(err, err->kind, "%s (it is %s)", arena_strdup(arena, err->text),
				     look->owner)
			   : -1;
}

int far_ssh_check(const struct far_ssh *ssh, const struct far_look *look, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	if (check_rights(ssh, arena, look, err))
		return -1;
	if (!look->systemd)
		return refuse_machine(ssh, arena, "System has not been booted with systemd", err);
	if (!look->has_bus)
		return refuse_machine(ssh, arena, "Failed to connect to bus", err);
	if (check_is_free(ssh, arena, look, err))
		return -1;
	if (!look->cgroup || strcmp(look->cgroup, "cgroup2fs") != 0)
		return fail(err, ERROR_MISSING,
			"%s: /sys/fs/cgroup is %s instead of cgroup v2; boot it with systemd.unified_cgroup_hierarchy=1",
			ssh->name, look->cgroup ? look->cgroup : "absent");
	return 0;
}

/*
 * New files stand in a folder of their own until their sums have been seen to be right and one of
 * them runs.
 */
static const char receive[] =
	"set -e; umask 022; folder=$1 tried=$2; shift 2; mkdir -p \"${folder%/*}\"; "
	"new=$(mktemp -d \"$folder.XXXXXX\"); trap 'rm -rf \"$new\"' EXIT; chmod 755 \"$new\"; "
	"cd \"$new\"; while [ $# -gt 0 ]; do head -c \"$2\" >\"$1\"; chmod 755 \"$1\"; shift 2; "
	"done; sha256sum -c --quiet sums; "
	/* A program of another machine's libraries does not get as far as its own options. */
	"for program in $tried; do said=$(timeout 10 \"./$program\" --version 2>&1 </dev/null) && status=0 || status=$?; "
	"case $status-$said in 12[67]-*|*GLIBC_*|*'shared libraries'*) echo \"" CANNOT_RUN
	"$program cannot run there: $said\" >&2; exit 1;; esac; done; "
	"rm -rf \"$folder\"; mv -T \"$new\" \"$folder\"";

static int add_file(struct arena *arena, FILE *all, const struct far_bundle *bundle,
	const char *name, const char ***words, struct error *err)
{
	size_t size;
	char *data;

	if (file_read(arena, arena_printf(arena, "%s/%s", bundle->here, name), PROGRAM_MOST_BYTES,
		    &data, &size, err))
		return -1;
	fwrite(data, 1, size, all);
	*(*words)++ = name;
	*(*words)++ = arena_printf(arena, "%zu", size);
	return 0;
}

int far_ssh_send(struct procs *procs, const struct far_ssh *ssh, const struct far_bundle *bundle,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(text_freep) char *data = NULL;
	AUTO(stream_closep) FILE *all = NULL;
	size_t size = 0;
	const char **files, **at;
	size_t count = 0;

	while (bundle->names[count])
		count++;
	files = at = arena_alloc(arena, const char *, 2 * count + 3);

	all = open_memstream(&data, &size);
	fputs(bundle->sums, all);
	*at++ = "sums";
	*at++ = arena_printf(arena, "%zu", strlen(bundle->sums));
	for (const char *const *name = bundle->names; *name; name++) {
		if (add_file(arena, all, bundle, *name, &at, err))
			return -1;
	}
	fflush(all);
	return run(procs, ssh,
		&(struct errand_there){.what = "bring the programs there",
			.command = command_of(arena, ssh, true,
				arena_list(arena,
					ARENA_LIST(arena, "sh", "-c", receive, "meshbench",
						bundle->there,
						text_command_line(arena, bundle->tried)),
					files)),
			.input = data,
			.input_size = size,
			.within_s = SEND_S},
		arena, NULL, err);
}

/*
 * What is there and whole is not sent again: then nobody reads the stream, and tar ends by that.
 */
static const char receive_folder[] =
	"set -e; umask 022; folder=$1 sum=$2; "
	"is_whole() { [ \"$(cd \"$1\" && " FILE_TREE_DIGEST " | cut -c 1-64)\" = \"$sum\" ]; }; "
	"if [ -d \"$folder\" ] && is_whole \"$folder\"; then exit 0; fi; mkdir -p \"${folder%/*}\"; "
	"new=$(mktemp -d \"$folder.XXXXXX\"); trap 'rm -rf \"$new\"' EXIT; chmod 755 \"$new\"; "
	"tar -x --no-same-owner -C \"$new\" -f -; "
	"is_whole \"$new\" || { echo 'what came is not what was sent' >&2; exit 1; }; "
	"rm -rf \"$folder\"; mv -T \"$new\" \"$folder\"";

/* A video is larger than what is well kept in memory. */
int far_ssh_bring(struct procs *procs, const struct far_ssh *ssh, const struct far_folder *folder,
	struct error *err)
{
	static const char send[] =
		"here=$1; shift; tar -c -C \"$here\" -f - . 2>/dev/null | \"$@\"";
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *digest = arena_strndup(arena, folder->digest, strcspn(folder->digest, " \n"));
	const char *const *remote = command_of(arena, ssh, true,
		ARENA_LIST(arena, "sh", "-c", receive_folder, "meshbench", folder->there, digest));

	return run(procs, ssh,
		&(struct errand_there){.what = "bring what a workload needs there",
			.command = arena_list(arena,
				ARENA_LIST(arena, "sh", "-c", send, "meshbench", folder->here),
				remote),
			.within_s = SEND_S},
		arena, NULL, err);
}

int far_ssh_try(struct procs *procs, const struct far_ssh *ssh, const struct far_bundle *bundle,
	const char *program, struct error *err)
{
	static const char script[] =
		"said=$(timeout 10 \"$1/$2\" --version 2>&1 </dev/null) && status=0 || status=$?; "
		"case $status-$said in 12[67]-*|*GLIBC_*|*'shared libraries'*) "
		"echo \"" CANNOT_RUN "$2 cannot run there: $said\" >&2; exit 1;; esac";
	AUTO(arena_freep) struct arena *arena = arena_new();

	return run(procs, ssh,
		&(struct errand_there){.what = "try our programs",
			.command = command_of(arena, ssh, true,
				ARENA_LIST(arena, "sh", "-c", script, "meshbench", bundle->there,
					program)),
			.within_s = ANSWER_S},
		arena, NULL, err);
}

int far_ssh_clean(struct procs *procs, const struct far_ssh *ssh, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	return run(procs, ssh,
		&(struct errand_there){.what = "remove the programs there",
			.command = command_of(
				arena, ssh, true, ARENA_LIST(arena, "rm", "-rf", "--", FAR_CACHE)),
			.within_s = ANSWER_S},
		arena, NULL, err);
}

/*
 * Every signal is KILL, because the helper's own end is the closing of its stdin; what is left to
 * undo then has a minute. Nothing of the machine can be written but /dev, /proc, /sys and the
 * folder in memory that is named after the unit.
 */
static const char *const unit[] = {"systemd-run", "-q", "--pipe", "--wait", "--collect",
	"--unit=meshbench", "-p", "Type=notify", "-p", "NotifyAccess=main", "-p", "WatchdogSec=20",
	"-p", "WatchdogSignal=SIGKILL", "-p", "KillMode=control-group", "-p", "KillSignal=SIGKILL",
	"-p", "TimeoutStopSec=60", "-p", "RuntimeMaxSec=1d", "-p", "TemporaryFileSystem=/mnt", "-p",
	"RuntimeDirectory=meshbench", "-p", "ProtectSystem=strict", "-p", "ProtectHome=yes", "-p",
	"NoNewPrivileges=yes", "-p", "OOMPolicy=continue", "-p", "DevicePolicy=closed", "-p",
	"DeviceAllow=/dev/net/tun rw", "-p", NULL};

/* Shown to another user who finds the machine in use: "meshbench of anna@laptop". */
static const char *owner(struct arena *arena)
{
	const char *user = getenv("USER"); /* NOLINT(concurrency-mt-unsafe): nothing sets it */
	char machine[65] = "";

	gethostname(machine, sizeof(machine) - 1);
	return arena_printf(arena, "--description=meshbench of %s@%s",
		user && *user ? user : "somebody", *machine ? machine : "another machine");
}

const char *const *far_ssh_helper(
	struct arena *arena, const struct far_ssh *ssh, const struct far_bundle *bundle)
{
	const char *helper = arena_printf(arena, "%s/%s", bundle->there, programs[0]);

	return command_of(arena, ssh, true,
		arena_list(arena, unit,
			ARENA_LIST(arena, arena_printf(arena, "ExecStopPost=-%s undo", helper),
				/* There its own path does not say where it lies. */
				"-p",
				arena_printf(
					arena, "Environment=MESHBENCH_LIBEXEC=%s", bundle->there),
				owner(arena), "--", helper, "--lease",
				arena_printf(arena, "%d", FAR_LEASE_S))));
}
