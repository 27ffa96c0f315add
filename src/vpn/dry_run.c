/* SPDX-License-Identifier: MIT */
/* Everything a driver would do on every host, printed instead of done. */
#include "vpn/internal.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

struct show {
	struct roster roster;
	FILE *out;
};

/* Contents stand indented below the line that they belong to. */
static void print_text(const struct show *show, const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		fprintf(show->out, "    | %.*s\n", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

static void print_ready(
	const struct show *show, const struct scope *scope, const struct driver_ready *ready)
{
	const struct {
		const char *kind, *text;
	} facts[] = {{"interface", ready->interface}, {"file", ready->file}, {"http", ready->http},
		{"tcp", ready->tcp}, {"output", ready->output}};

	for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
		struct error ignored;
		const char *text;

		if (facts[i].text && !expand_text(scope, facts[i].text, &text, &ignored))
			fprintf(show->out, "    ready when: %s %s\n", facts[i].kind, text);
	}
}

static int print_command(const struct show *show, const struct driver_step *step,
	const struct turn *turn, struct error *err)
{
	struct scope scope = turn_scope(&show->roster, turn);
	const char *const *words;
	const char *input;

	if (turn_words(&show->roster, step, turn, &words, err))
		return -1;
	fprintf(show->out, "  %s%s %s\n", turn_place(&show->roster, turn),
		step->verb == DRIVER_DAEMON ? "&" : "$",
		text_command_line(show->roster.arena, words));
	if (step->input) {
		if (expand_text(&scope, step->input, &input, err))
			return -1;
		print_text(show, input);
	}
	print_ready(show, &scope, &step->ready);
	return 0;
}

static int print_file(const struct show *show, const struct driver_step *step,
	const struct turn *turn, struct error *err)
{
	const char *path, *text;

	if (turn_file(&show->roster, step, turn, &path, &text, err))
		return -1;
	fprintf(show->out, "  %s> %s (%04o)\n", turn_place(&show->roster, turn), path,
		step->write_mode);
	print_text(show, text);
	return 0;
}

static int print_sends(const struct show *show, const struct driver_step *step,
	const struct turn *turn, struct error *err)
{
	struct scope scope = turn_scope(&show->roster, turn);

	for (size_t i = 0; i < step->send_count; i++) {
		const char *from, *to;

		if (expand_path(&scope, step->sends[i].from, show->roster.work, &from, err) ||
			expand_path(&scope, step->sends[i].to, scope.host->dir, &to, err))
			return -1;
		fprintf(show->out, "  %s> %s (0600) from %s\n", turn_place(&show->roster, turn), to,
			from);
	}
	return 0;
}

static int print_turn(const struct show *show, const struct driver_step *step,
	const struct turn *turn, struct error *err)
{
	switch (step->verb) {
	case DRIVER_WRITE:
		return print_file(show, step, turn, err);
	case DRIVER_SEND:
		return print_sends(show, step, turn, err);
	case DRIVER_RUN:
	case DRIVER_DAEMON:
	case DRIVER_SCRIPT:
		break;
	}
	return print_command(show, step, turn, err);
}

static int print_step(const struct show *show, const struct driver_step *step, struct error *err)
{
	struct turn *turns = arena_alloc(show->roster.arena, struct turn, show->roster.count + 1);
	size_t count;

	fprintf(show->out, "# %s%s\n", step->what, step->is_once ? " (once)" : "");
	for (size_t round = 0;
		(count = turns_of_round(&show->roster, step, lab_all_hosts(), round, turns));
		round++) {
		for (size_t i = 0; i < count; i++) {
			if (print_turn(show, step, &turns[i], err))
				return -1;
		}
	}
	for (size_t i = 0; i < step->capture_count; i++)
		fprintf(show->out, "    captured: %s%s\n", step->captures[i].as,
			step->captures[i].is_secret ? " (secret)" : "");
	return 0;
}

static int print_address(const struct show *show, struct error *err)
{
	const struct driver *driver = show->roster.driver;

	fprintf(show->out, "\n== address\n");
	for (size_t i = 0; i < show->roster.count; i++) {
		struct scope scope = {&show->roster, &show->roster.members[i], NULL};
		const char *name = scope.host->name, *const * words;

		if (driver->address_run) {
			if (expand_words(&scope, driver->address_run, &words, err))
				return -1;
			fprintf(show->out, "  %s$ %s\n", name,
				text_command_line(show->roster.arena, words));
		} else if (driver->address_interface) {
			fprintf(show->out, "  %s: of interface %s\n", name,
				driver->address_interface);
		} else {
			fprintf(show->out, "  %s: %s\n", name, scope.host->underlay);
		}
	}
	return 0;
}

static int print_observe(const struct show *show, struct error *err)
{
	const char *const *command = show->roster.driver->observe;

	if (!command)
		return 0;
	fprintf(show->out, "\n== observe\n");
	for (size_t i = 0; i < show->roster.count; i++) {
		struct scope scope = {&show->roster, &show->roster.members[i], NULL};
		const char *const *words;

		if (expand_words(&scope, command, &words, err))
			return -1;
		fprintf(show->out, "  %s$ %s\n", scope.host->name,
			text_command_line(show->roster.arena, words));
	}
	return 0;
}

int vpn_dry_run(const struct driver *driver, const char *const names[], size_t count, FILE *out,
	struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct show show = {.out = out};

	roster_init(&show.roster, arena, driver, names, count);
	show.roster.is_dry = true;
	show.roster.work = "/WORK"; /* absolute, as the real one */
	for (size_t i = 0; i < count; i++)
		show.roster.members[i].underlay = show.roster.members[i].underlay_host =
			arena_printf(arena, "<underlay: %s>", names[i]);
	fprintf(out, "%s: %s (/WORK: the folder for keys on the controller)\n", driver->name,
		driver->title);
	for (int phase = DRIVER_PREPARE; phase <= DRIVER_STOP; phase++) {
		const struct driver_phase_steps *steps = &driver->phases[phase];

		if (steps->count)
			fprintf(out, "\n== %s\n", driver_phase_name((enum driver_phase)phase));
		for (size_t i = 0; i < steps->count; i++) {
			if (print_step(&show, &steps->steps[i], err))
				return fail_in(err, "%s/driver.yml:%u", driver->name,
					steps->steps[i].line);
		}
	}
	return print_address(&show, err) || print_observe(&show, err) ? -1 : 0;
}
