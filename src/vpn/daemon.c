/* SPDX-License-Identifier: MIT */
/* Daemons: started together, watched until they are ready, stopped together in reverse order. */
#include "vpn/internal.h"

#include "base/fd.h"
#include "base/text.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_EVERY_NS (2 * NS_PER_MS)
#define STOP_GRACE_NS (10 * NS_PER_S)

enum {
	LOG_BYTES = 512 * 1024,
	LOOKER_WORDS = 10 /* its name, a kind and a value for each fact, NULL */
};

/* The watch over one daemon: a small program on its host that ends when the facts hold. */
struct watch {
	size_t daemon;
	struct proc *looker; /* NULL: nothing to look for */
	const char *output;  /* that it must have printed, or NULL */
	const char *awaited; /* in words, for messages */
};

struct watches {
	struct watch *list;
	size_t count;
};

static void watches_done(struct watches *watches)
{
	for (size_t i = 0; i < watches->count; i++)
		proc_free(watches->list[i].looker);
}

static void keep(struct vpn *vpn, const struct driver_step *step, size_t host, struct proc *proc)
{
	if (vpn->daemon_count == vpn->daemon_room) {
		vpn->daemon_room = vpn->daemon_room ? 2 * vpn->daemon_room : 16;
		vpn->daemons = reallocarray(vpn->daemons, vpn->daemon_room, sizeof(*vpn->daemons));
		vpn->shown = reallocarray(vpn->shown, vpn->daemon_room, sizeof(*vpn->shown));
		if (!vpn->daemons || !vpn->shown) {
			fputs("meshbench: out of memory\n", stderr);
			abort();
		}
	}
	vpn->daemons[vpn->daemon_count++] = (struct daemon){step, host, proc};
}

static int start(
	struct vpn *vpn, const struct driver_step *step, const struct turn *turn, struct error *err)
{
	struct scope scope = turn_scope(&vpn->roster, turn);
	struct proc_spec spec = {.what = step->what,
		.environment = vpn->environment,
		.part = PROC_SUBJECT,
		.keep_bytes = LOG_BYTES,
		.merge = true};
	const char *input = NULL;
	struct proc *proc;

	if (turn_words(&vpn->roster, step, turn, &spec.argv, err) ||
		(step->input && expand_text(&scope, step->input, &input, err)))
		return -1;
	spec.input = input;
	spec.input_size = input ? strlen(input) : 0;
	spec.dir = scope.host->dir;
	if (host_start(lab_host(vpn->lab, turn->host), &spec, &proc, err))
		return -1;
	keep(vpn, step, turn->host, proc);
	return 0;
}

static int start_looker(struct vpn *vpn, const char *const *argv, size_t host,
	struct proc **ret_looker, struct error *err)
{
	struct proc_spec spec = {.what = "check whether it is ready", .argv = argv};

	return host_start(lab_host(vpn->lab, host), &spec, ret_looker, err);
}

/* Fills `argv` with the looker's arguments and says in words what is awaited. */
static int looker_words(const struct scope *scope, const struct driver_ready *ready,
	const char *argv[LOOKER_WORDS], const char **ret_awaited, struct error *err)
{
	const struct {
		const char *kind, *text;
	} facts[] = {{"interface", ready->interface}, {"file", ready->file}, {"http", ready->http},
		{"tcp", ready->tcp}};
	const char *awaited = "";
	size_t used = 1;

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		if (!facts[i].text)
			continue;
		argv[used] = facts[i].kind;
		if (strcmp(facts[i].kind, "file") == 0
				? expand_path(scope, facts[i].text, scope->host->dir,
					  &argv[used + 1], err)
				: expand_text(scope, facts[i].text, &argv[used + 1], err))
			return -1;
		awaited = arena_printf(scope->roster->arena, "%s%s%s %s", awaited,
			*awaited ? ", " : "", argv[used], argv[used + 1]);
		used += 2;
	}
	argv[used] = NULL;
	*ret_awaited = awaited;
	return 0;
}

static int watch_start(struct vpn *vpn, size_t daemon, struct watch *watch, struct error *err)
{
	const struct driver_step *step = vpn->daemons[daemon].step;
	struct turn turn = {.host = vpn->daemons[daemon].host};
	struct scope scope = turn_scope(&vpn->roster, &turn);
	const char *argv[LOOKER_WORDS];

	*watch = (struct watch){.daemon = daemon};
	if (looker_words(&scope, &step->ready, argv, &watch->awaited, err))
		return -1;
	if (step->ready.output) {
		if (expand_text(&scope, step->ready.output, &watch->output, err))
			return -1;
		watch->awaited = arena_printf(vpn->arena, "%s%soutput '%s'", watch->awaited,
			*watch->awaited ? ", " : "", watch->output);
	}
	if (!argv[1])
		return 0;
	if (helper_find(vpn->arena, "meshbench-ready", &argv[0], err))
		return -1;
	return start_looker(vpn, argv, turn.host, &watch->looker, err);
}

/* A script that ended with 0 did its part; anything else that ends was meant to stay. */
static bool did_its_part(const struct daemon *daemon)
{
	return daemon->step->verb == DRIVER_SCRIPT && proc_result(daemon->proc).exit_code == 0;
}

static bool looks_ready(const struct watch *watch, const struct daemon *daemon)
{
	struct proc_result result = proc_result(daemon->proc);

	if (result.has_ended)
		return did_its_part(daemon);
	if (watch->output && !strstr(result.out, watch->output))
		return false;
	return !watch->looker || proc_result(watch->looker).exit_code == 0;
}

static int check_watch(const struct watch *watch, const struct daemon *daemon, struct error *err)
{
	struct proc_result looker = {0};

	if (proc_result(daemon->proc).has_ended && !did_its_part(daemon))
		return fail(err, ERROR_CRASHED, "%s%s", proc_obituary(daemon->proc),
			proc_result(daemon->proc).exit_code == 0
				? " (a daemon must stay in the foreground)"
				: "");
	if (watch->looker)
		looker = proc_result(watch->looker);
	if (looker.has_ended && looker.exit_code != 0)
		return fail(err, ERROR_SYSTEM, "%s", proc_obituary(watch->looker));
	return 0;
}

const char *daemons_last_words(struct vpn *vpn, size_t host)
{
	AUTO(text_freep) char *log = vpn_log(vpn, host);
	char *last = proc_last_words(log);

	if (*last == '\0' || text_starts_with(last, "== "))
		return "nothing";
	secrets_mask(procs_secrets(vpn->procs), last);
	return arena_strdup(vpn->arena, last);
}

static int not_ready(struct vpn *vpn, const struct watch *watch, size_t turns, struct error *err)
{
	const struct daemon *daemon = &vpn->daemons[watch->daemon];

	return fail(err, ERROR_TIMEOUT,
		"%s on %s: it is running but was not ready within %.1f s (waiting for: %s); its last output: %.200s",
		daemon->step->what, vpn->roster.members[daemon->host].name,
		(double)step_within_ns(vpn, daemon->step, turns) / 1e9, watch->awaited,
		daemons_last_words(vpn, daemon->host));
}

/* Returns when all are ready; every end and every deadline is noticed on the way. */
static int wait_ready(
	struct vpn *vpn, const struct watches *watches, struct deadline deadline, struct error *err)
{
	size_t ready = 0;

	while (ready < watches->count) {
		const struct watch *watch = &watches->list[ready];

		for (size_t i = ready; i < watches->count; i++) {
			const struct watch *other = &watches->list[i];

			if (check_watch(other, &vpn->daemons[other->daemon], err))
				return -1;
		}
		if (looks_ready(watch, &vpn->daemons[watch->daemon])) {
			ready++;
			continue;
		}
		if (deadline_has_passed(deadline))
			return not_ready(vpn, watch, watches->count, err);
		if (procs_step(vpn->procs, deadline_earlier(deadline, deadline_in(LOOK_EVERY_NS)),
			    err))
			return -1;
	}
	return 0;
}

/* Scripts that ended are not daemons; they are the newest entries, if any. */
static void forget_finished(struct vpn *vpn, size_t first)
{
	size_t kept = first;

	for (size_t i = first; i < vpn->daemon_count; i++) {
		if (did_its_part(&vpn->daemons[i]))
			proc_free(vpn->daemons[i].proc);
		else
			vpn->daemons[kept++] = vpn->daemons[i];
	}
	vpn->daemon_count = kept;
}

int daemons_start(struct vpn *vpn, const struct driver_step *step, const struct turn turns[],
	size_t count, struct error *err)
{
	AUTO(watches_done)
	struct watches watches = {.list = arena_alloc(vpn->arena, struct watch, count)};
	struct deadline deadline = deadline_in(step_within_ns(vpn, step, count));
	size_t first = vpn->daemon_count;

	for (size_t i = 0; i < count; i++) {
		if (start(vpn, step, &turns[i], err))
			return -1;
	}
	for (size_t i = 0; i < count; i++) {
		if (watch_start(vpn, first + i, &watches.list[i], err))
			return -1;
		watches.count++;
	}
	if (wait_ready(vpn, &watches, deadline, err))
		return -1;
	forget_finished(vpn, first);
	return 0;
}

void daemons_stop(struct vpn *vpn, struct lab_hosts only)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct proc **ending = arena_alloc(arena, struct proc *, vpn->daemon_count + 1);
	size_t count = 0, kept = 0;

	for (size_t i = vpn->daemon_count; i > 0; i--) {
		struct daemon *daemon = &vpn->daemons[i - 1];

		if (!lab_hosts_include(only, daemon->host))
			continue;
		ending[count++] = daemon->proc;
		daemon->proc = NULL;
	}
	procs_end(ending, count, STOP_GRACE_NS);
	for (size_t i = 0; i < count; i++)
		proc_free(ending[i]);
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		if (vpn->daemons[i].proc)
			vpn->daemons[kept++] = vpn->daemons[i];
	}
	vpn->daemon_count = kept;
}

int daemons_check(struct vpn *vpn, struct error *err)
{
	if (procs_step(vpn->procs, deadline_in(0), err))
		return -1;
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		if (proc_result(vpn->daemons[i].proc).has_ended)
			return fail(err, ERROR_CRASHED, "%s", proc_obituary(vpn->daemons[i].proc));
	}
	return 0;
}

int vpn_check_daemons(struct vpn *vpn, struct error *err)
{
	return daemons_check(vpn, err);
}

size_t vpn_daemons(const struct vpn *vpn, const struct vpn_daemon **ret_daemons)
{
	for (size_t i = 0; i < vpn->daemon_count; i++)
		vpn->shown[i] = (struct vpn_daemon){
			vpn->daemons[i].step->what, vpn->daemons[i].host, vpn->daemons[i].proc};
	*ret_daemons = vpn->shown;
	return vpn->daemon_count;
}

char *vpn_log(const struct vpn *vpn, size_t host)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		fputs("meshbench: out of memory\n", stderr);
		abort();
	}
	for (size_t i = 0; i < vpn->daemon_count; i++) {
		struct proc_result result = proc_result(vpn->daemons[i].proc);

		if (vpn->daemons[i].host != host)
			continue;
		fprintf(out, "== %s\n%s", vpn->daemons[i].step->what, result.out);
		if (result.out_size && result.out[result.out_size - 1] != '\n')
			fputc('\n', out);
		if (result.dropped_bytes)
			fprintf(out, "== %llu bytes in the middle were discarded\n",
				(unsigned long long)result.dropped_bytes);
	}
	fclose(out);
	secrets_mask(procs_secrets(vpn->procs), text);
	return text;
}
