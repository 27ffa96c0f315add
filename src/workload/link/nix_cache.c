/* SPDX-License-Identifier: MIT */
/*
 * A package with all it needs, copied from a binary cache by `nix copy`: hundreds of files of all
 * sizes over a few connections, decompressed and hashed as they come. hyperfine repeats it, each
 * time from nothing.
 */
#include "workload/workload.h"

#include "document/complaint.h"
#include "programs/closure/closure.h"
#include "workload/tool/nginx.h"
#include "workload/tool/symptom.h"

#include "base/attribute.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SERVER,
	LOOK, /* at the closure: its paths and sizes */
	GATE,
	CLIENT,
	RESULT, /* hyperfine's own file */
	COMMANDS
};

enum {
	FIRST_PORT = 18180,
	WARM_UPS = 1, /* as published */
	RUNS = 2,
	SMALL_DIVISOR = 64,
	NIX_WORDS = 16
};

/* A store path goes into command lines: nothing but what Nix allows in one. */
static int check_closure(const char *text, struct error *err)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-._?=/";

	if (strcmp(text, "small") == 0 || strcmp(text, "large") == 0 ||
		(text_starts_with(text, "/nix/store/") && text[11] && !text[strspn(text, letters)]))
		return 0;
	return fail(err, ERROR_USAGE,
		"closure '%.200s' is not one of small, large, or a path below /nix/store", text);
}

static const struct setting closure_copied = {"closure", SETTING_TEXT, "small",
	.check = check_closure, .argument = "WHAT",
	.help = "what nix_cache copies: small, large or /nix/store/..."};

static const char *closure_of(const struct workload_case *c)
{
	return setting_text(c->options, &closure_copied);
}

static bool is_large(const struct workload_case *c)
{
	return strcmp(closure_of(c), "large") == 0;
}

static bool is_made(const struct workload_case *c)
{
	return closure_of(c)[0] != '/';
}

static unsigned divisor_of(const struct workload_case *c)
{
	return is_large(c) ? 1 : SMALL_DIVISOR;
}

static const char *top_of(const struct workload_case *c, struct arena *arena)
{
	return is_made(c) ? closure_top(arena, divisor_of(c)) : closure_of(c);
}

/* Of one run, never of the series: 700 s as published, less where less is to be copied. */
static unsigned run_limit_s(const struct workload_case *c)
{
	return is_made(c) && !is_large(c) ? 120 : 700;
}

static double estimate_s(const struct workload_case *c)
{
	return (WARM_UPS + RUNS) * (is_large(c) ? 12 : is_made(c) ? 1 : 10);
}

/* The settings of every Nix of ours: no users for builds, no look-ups elsewhere, few words. */
static const char *const nix_options[] = {"--extra-experimental-features", "nix-command",
	"--option", "build-users-group", "", "--option", "substituters", "", "--quiet", NULL};

static const char *const *words_of(struct arena *arena, const char *const *first,
	const char *const *second, const char *const *third)
{
	const char *const *const lists[] = {first, second, third};
	const char **argv;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (const char *const *word = lists[i]; *word; word++)
			count++;
	}
	argv = arena_alloc(arena, const char *, count + 1);
	count = 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		for (const char *const *word = lists[i]; *word; word++)
			argv[count++] = *word;
	}
	return argv;
}

static const char *const *no_home(struct arena *arena, const char *folder)
{
	return words_of(arena,
		(const char *const[]){"env", arena_printf(arena, "HOME=%s/home", folder),
			arena_printf(arena, "XDG_CACHE_HOME=%s/home", folder), NULL},
		(const char *const[]){NULL}, (const char *const[]){NULL});
}

/* A cache of compressed archives in the artefact's folder; the store it came from is not kept. */
static void prepare(
	const struct workload_case *c, struct arena *arena, struct workload_artefact *ret_artefact)
{
	static const char *const version[] = {"nix", "--version", NULL};
	static const char *const *const versions[] = {version, NULL};
	const char *store = arena_printf(arena, "local?root=%s/root", c->artefact);
	const char *cache = arena_printf(arena, "file://%s/cache?compression=zstd", c->artefact);
	struct workload_command *list = arena_alloc(arena, struct workload_command, 3);
	const char *const *home = no_home(arena, c->artefact);
	size_t count = 0;

	if (is_made(c))
		list[count++] = (struct workload_command){.what = "make a closure",
			.argv = words_of(arena,
				(const char *const[]){"meshbench-closure",
					arena_printf(arena, "%u", divisor_of(c)), NULL},
				words_of(arena, home, (const char *const[]){"nix-store", NULL},
					nix_options + 2),
				(const char *const[]){"--store", store, "--import", NULL}),
			.limit_ns = 600 * NS_PER_S};
	else /* Nix would make a /nix where there is none, and then not find it there */
		list[count++] = (struct workload_command){.what = "find the closure",
			.argv = words_of(arena, (const char *const[]){"ls", "-d", NULL},
				(const char *const[]){closure_of(c), NULL},
				(const char *const[]){NULL}),
			.limit_ns = 10 * NS_PER_S};
	list[count++] = (struct workload_command){.what = "make a binary cache of the closure",
		.argv = words_of(arena,
			words_of(arena, home, (const char *const[]){"nix", NULL}, nix_options),
			is_made(c) ? (const char *const[]){"copy", "--from", store, NULL}
				   : (const char *const[]){"copy", NULL},
			(const char *const[]){"--to", cache, top_of(c, arena), NULL}),
		.limit_ns = 1800 * NS_PER_S};
	list[count++] = (struct workload_command){.what = "remove what it was made of",
		.argv = words_of(arena, (const char *const[]){"sh", "-c", NULL},
			(const char *const[]){
				"chmod -R u+w \"$1\" && rm -rf \"$1\" \"$2\"", "sh", NULL},
			(const char *const[]){arena_printf(arena, "%s/root", c->artefact),
				arena_printf(arena, "%s/home", c->artefact), NULL}),
		.limit_ns = 120 * NS_PER_S};
	*ret_artefact = (struct workload_artefact){list, count, versions};
}

static const char *cache_of(const struct workload_case *c, struct arena *arena)
{
	return arena_printf(arena, "%s/cache", c->artefact ? c->artefact : "/nonexistent");
}

static struct workload_command look(const struct workload_case *c, struct arena *arena)
{
	return (struct workload_command){.what = "look at the closure",
		.side = WORKLOAD_TARGET,
		.argv = words_of(arena,
			(const char *const[]){
				"grep", "-rhE", "^(FileSize|NarSize|References):", NULL},
			(const char *const[]){"--include=*.narinfo", NULL},
			(const char *const[]){cache_of(c, arena), NULL}),
		.limit_ns = 60 * NS_PER_S,
		.keep_bytes = (size_t)16 << 20};
}

/* hyperfine splits commands at blanks and knows quotes. */
static const char *copy_command(
	const struct workload_case *c, struct arena *arena, const char *folder)
{
	char *command = arena_printf(arena, "timeout -k 5 %u nix", run_limit_s(c));

	for (size_t i = 0; nix_options[i]; i++)
		command = arena_printf(
			arena, "%s %s", command, *nix_options[i] ? nix_options[i] : "''");
	return arena_printf(arena, "%s copy --from {url} --to file://%s/copy?compression=none %s",
		command, folder, top_of(c, arena));
}

static struct workload_command client(
	const struct workload_case *c, struct arena *arena, const char *result, const char *url)
{
	/* In memory, as published: what is measured is the network and the client, not a disk. */
	const char *folder = arena_printf(arena, "/tmp/meshbench-nix_cache-%zu", c->link);
	const char *wipe = arena_printf(arena, "rm -rf %s/home %s/copy", folder, folder);

	return (struct workload_command){.what = "nix copy",
		.side = WORKLOAD_SOURCE,
		.argv = words_of(arena, no_home(arena, folder),
			(const char *const[]){"hyperfine", "-N", "--show-output", "-w",
				arena_printf(arena, "%d", WARM_UPS), "-r",
				arena_printf(arena, "%d", RUNS), "--prepare", wipe, "--cleanup",
				wipe, "-L", "url", url, "--export-json", result, NULL},
			(const char *const[]){copy_command(c, arena, folder), NULL}),
		.wave = 1,
		.is_gate = true,
		.limit_ns = (int64_t)(run_limit_s(c) + 10) * (WARM_UPS + RUNS) * NS_PER_S};
}

static void commands(const struct workload_case *c, struct arena *arena,
	struct workload_command **ret_commands, size_t *ret_count)
{
	struct workload_command *list = arena_alloc(arena, struct workload_command, COMMANDS);
	unsigned port = nginx_port(c, FIRST_PORT);
	const char *result = arena_printf(arena, "/var/lib/meshbench/nix_cache-%zu.json", c->link);
	const char *url = nginx_url(c, arena, port);
	struct workload_file *place = arena_alloc(arena, struct workload_file, 1);

	*place = (struct workload_file){result, ""}; /* makes its folder, too */
	list[SERVER] = nginx_server(
		c, arena, "nix_cache", port, arena_printf(arena, "root %s;", cache_of(c, arena)));
	list[LOOK] = look(c, arena);
	list[GATE] = nginx_gate(arena, arena_printf(arena, "%s/nix-cache-info", url));
	list[CLIENT] = client(c, arena, result, url);
	list[CLIENT].files = place;
	list[CLIENT].file_count = 1;
	list[RESULT] = (struct workload_command){.what = "result of nix copy",
		.side = WORKLOAD_SOURCE,
		.argv = words_of(arena, (const char *const[]){"cat", result, NULL},
			(const char *const[]){NULL}, (const char *const[]){NULL}),
		.wave = 2,
		.limit_ns = 10 * NS_PER_S};
	*ret_commands = list;
	*ret_count = COMMANDS;
}

/* What the cache says of its paths. */
struct closure {
	json_t *file_bytes, *nar_bytes, *references; /* of each path, in one order */
	double transferred_bytes, unpacked_bytes;
};

static size_t count_words(const char *text)
{
	size_t count = 0;

	for (const char *at = text; *at; count++) {
		at += strspn(at, " ");
		if (!*at)
			break;
		at += strcspn(at, " ");
	}
	return count;
}

static void add_size(const char *text, json_t *list, double *sum)
{
	struct error ignored;
	int64_t bytes;

	if (text_integer(text, 0, INT64_C(1) << 50, &bytes, &ignored))
		return;
	json_array_append_new(list, json_integer(bytes));
	*sum += (double)bytes;
}

/* A path refers to itself often; what counts here is only the shape. */
static struct closure read_closure(struct arena *arena, const char *text)
{
	struct closure closure = {json_array(), json_array(), json_array(), 0, 0};
	char *rest = arena_strdup(arena, text), *line;

	while ((line = strsep(&rest, "\n"))) {
		if (text_starts_with(line, "FileSize: "))
			add_size(line + 10, closure.file_bytes, &closure.transferred_bytes);
		else if (text_starts_with(line, "NarSize: "))
			add_size(line + 9, closure.nar_bytes, &closure.unpacked_bytes);
		else if (text_starts_with(line, "References:"))
			json_array_append_new(closure.references,
				json_integer((json_int_t)count_words(line + 11)));
	}
	return closure;
}

/* hyperfine's document, if it tells as many times as were asked for. */
static json_t *read_document(const struct workload_output *output, struct workload_reading *reading)
{
	struct error err = {0};
	json_t *document = NULL;

	if (json_parse(output->out, output->out_size, "hyperfine's result", &document, &err)) {
		symptom_blame(reading, CAUSE_PARSE, RESULT, "%s", err.text);
		return NULL;
	}
	if (json_array_size(json_at(document, "/results/0/times")) != RUNS ||
		!(json_number_at(document, "/results/0/mean", NAN) > 0))
		symptom_blame(reading, CAUSE_PARSE, RESULT,
			"hyperfine's result does not contain %d times", RUNS);
	return document;
}

/* The line where Nix says what is wrong: "error: ..." or else what hyperfine said. */
static const char *complaint(struct arena *arena, const struct workload_output *output)
{
	const char *at = NULL, *next = output->errout;
	int length;

	/* At the start of a line stands the outermost message, with address and status; what is
	 * behind it or indented below is a part of its story. */
	for (; (next = strstr(next, "error: ")); next++)
		if ((next == output->errout || next[-1] == '\n') && next[7] != '\n')
			at = next;
	next = output->errout;
	while (!at && (next = strstr(next, "error: ")))
		at = next++;
	if (at)
		return arena_strndup(arena, at, strcspn(at, "\n"));
	at = symptom_last_line(output->errout, &length);
	return arena_strndup(arena, at, (size_t)length);
}

static void blame_client(const struct workload_case *c, struct arena *arena,
	const struct workload_output *outputs, struct workload_reading *reading)
{
	const struct workload_output *output = &outputs[CLIENT];

	/* The status of timeout(1), which hyperfine repeats. */
	if (strstr(output->errout, "exit code: 124") || strstr(output->errout, "exit code 124"))
		symptom_blame(reading, CAUSE_TIMEOUT, CLIENT, "one copy took longer than %u s",
			run_limit_s(c));
	else
		symptom_blame(reading, complaint_cause(output->errout, CAUSE_TOOL), CLIENT,
			"nix copy failed: %s", complaint(arena, output));
}

static void describe(
	json_t *document, const struct closure *closure, struct workload_reading *reading)
{
	double mean_s = json_number_at(document, "/results/0/mean", 0);

	reading->figures[0] = mean_s;
	reading->figures[1] = 8e-6 * closure->transferred_bytes / mean_s;
	snprintf(reading->headline, sizeof(reading->headline), "%.2f s for %zu paths, %.0f Mbit/s",
		mean_s, json_array_size(closure->nar_bytes), reading->figures[1]);
}

/* Published readers take results[0] and leave the rest. */
static void add_ours(json_t *document, const struct workload_case *c, const struct closure *closure)
{
	json_object_set_new(document, "closure",
		json_make("{s:s, s:I, s:f, s:f}", "name", closure_of(c), "paths",
			(json_int_t)json_array_size(closure->nar_bytes), "transferred_bytes",
			closure->transferred_bytes, "unpacked_bytes", closure->unpacked_bytes));
	json_object_set_new(document, "run_limit_seconds", json_integer(run_limit_s(c)));
	json_object_set_new(document, "warm_up_runs", json_integer(WARM_UPS));
	/* Nix copies as many paths at a time. */
	json_object_set_new(document, "processors", json_integer((json_int_t)c->processors));
}

static void read_client(const struct workload_case *c, struct arena *arena,
	const struct workload_output *outputs, const struct closure *closure,
	struct workload_reading *reading)
{
	json_t *document;

	if (!nginx_gate_passed(outputs, GATE, reading) ||
		symptom_of_end("hyperfine", outputs, CLIENT, reading) ||
		!nginx_outlived(outputs, SERVER, CLIENT, reading))
		return;
	if (outputs[CLIENT].exit_code != 0) {
		blame_client(c, arena, outputs, reading);
		return;
	}
	if (json_array_size(closure->file_bytes) == 0)
		symptom_unread(
			"the binary cache does not list sizes", NULL, outputs, LOOK, reading);
	document = read_document(&outputs[RESULT], reading);
	if (!json_is_object(document)) {
		json_decref(document);
		return;
	}
	add_ours(document, c, closure);
	reading->data = document;
	if (reading->cause != CAUSE_SUCCESS)
		return;
	reading->bytes_moved = (WARM_UPS + RUNS) * closure->transferred_bytes;
	describe(document, closure, reading);
}

static void read_outputs(const struct workload_case *c, const struct workload_output *outputs,
	size_t count, struct workload_reading *ret_reading)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct closure closure = read_closure(arena, outputs[LOOK].out);
	const json_t *times;

	(void)count;
	*ret_reading = (struct workload_reading){0};
	read_client(c, arena, outputs, &closure, ret_reading);
	times = json_at(ret_reading->data, "/results/0/times");
	ret_reading->samples = json_make("{s:s, s:s, s:O?, s:o, s:o, s:o}", "from", c->target, "to",
		c->source, "times_s", times, "path_file_bytes", closure.file_bytes,
		"path_unpacked_bytes", closure.nar_bytes, "path_references", closure.references);
}

const struct workload workload_nix_cache = {
	.name = "nix_cache",
	.file = "nix_cache.json",
	.settings = (const struct setting *const[]){&closure_copied, NULL},
	.title = "Download of a package closure from a binary cache (nix copy, nginx)",
	.figures = {"seconds", "payload_mbps"},
	.figures_title = "s per closure / Mbit/s",
	.ports = (const char *const[]){"tcp 18180", NULL},
	.needs = (const char *const[]){"nix", "nginx", "hyperfine", "curl", NULL},
	.packages = (const char *const[]){"nix-bin", "nginx-light", "hyperfine", "curl", NULL},
	.estimate_s = estimate_s,
	.prepare = prepare,
	.commands = commands,
	.read = read_outputs,
};
