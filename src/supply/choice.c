/* SPDX-License-Identifier: MIT */
/* What a user's NAME@VERSION means: a driver with the programs that it runs. */
#include "supply/supply.h"

#include "plan/plan.h"

#include <string.h>
#include <unistd.h>

static int refuse_version(
	struct arena *arena, const struct choice *choice, const char *version, struct error *err)
{
	const char *known = "";

	for (size_t i = 0; choice->pin && i < choice->pin->version_count; i++) {
		const char *one = choice->pin->versions[i].version;

		if (strcmp(one, PIN_SYSTEM) != 0)
			known = arena_printf(arena, "%s%s, ", known, one);
	}
	return fail(err, ERROR_USAGE,
		"%s@%s: this version is not known; known versions: %s" PIN_SYSTEM
		" (the program in PATH)",
		choice->name, version, known);
}

/* The '@' that ends the name; one inside a path is part of it. */
static const char *end_of_name(const char *words)
{
	const char *at = strrchr(words, '@');

	return at && at != words && !strchr(at, '/') ? at : words + strlen(words);
}

/* Else what is on PATH would run under the name of a version that has lost a program. */
static bool is_whole(struct arena *arena, const struct pin_version *version, const char *bin)
{
	for (size_t i = 0; i < version->module_count; i++) {
		const char *const *programs = version->modules[i].programs;

		for (size_t j = 0; programs[j]; j++) {
			if (access(arena_printf(arena, "%s/%s", bin, programs[j]), X_OK) < 0)
				return false;
		}
	}
	return true;
}

/* "relay" of "nebula+relay@1.9.7", or NULL; a '+' inside a path is part of it. */
static const char *variant_of(struct arena *arena, const char *words)
{
	const char *name = arena_strndup(arena, words, (size_t)(end_of_name(words) - words));
	const char *plus = strrchr(name, '+');

	return plus && plus != name && !strchr(plus, '/') ? plus + 1 : NULL;
}

const char *choice_name(struct arena *arena, const char *words)
{
	const char *variant = variant_of(arena, words);
	size_t length = (size_t)(end_of_name(words) - words);

	return arena_strndup(arena, words, variant ? length - strlen(variant) - 1 : length);
}

int choice_read(struct arena *arena, const struct pins *pins, const char *prefix, const char *words,
	struct choice *ret_choice, struct error *err)
{
	const char *end = end_of_name(words), *version = *end ? end + 1 : NULL;
	struct choice choice = {.name = choice_name(arena, words), .is_named = version != NULL};

	choice.pin = pins_named(pins, choice.name);
	if (choice.pin && choice.pin->version_count)
		choice.version =
			version ? pin_version_named(choice.pin, version) : &choice.pin->versions[0];
	if (version && !choice.version && strcmp(version, PIN_SYSTEM) != 0)
		return refuse_version(arena, &choice, version, err);
	choice.is_system = !choice.version || choice.version->source == PIN_DEBIAN;
	if (!choice.is_system)
		choice.bin = installed_bin(arena, prefix, choice.name, choice.version->version);
	if (choice.bin && !is_whole(arena, choice.version, choice.bin))
		choice.bin = NULL;
	*ret_choice = choice;
	return 0;
}

/* "1.9.7" of PREFIX/nebula/1.9.7/bin. */
const char *choice_installed(struct arena *arena, const struct driver *driver)
{
	const char *folder;

	if (!driver->bin)
		return NULL;
	folder = arena_strndup(arena, driver->bin, strlen(driver->bin) - strlen("/bin"));
	return strrchr(folder, '/') + 1;
}

/* How to get programs that are not there; NULL where the driver's packages are the answer. */
static const char *advice_of(
	struct arena *arena, const struct choice *choice, const struct driver *driver)
{
	if (choice->is_named && choice->is_system)
		return NULL;
	if (!choice->is_system && !choice->bin)
		return arena_printf(arena, "install it: meshbench install --vpn %s", driver->label);
	if (choice->pin && choice->pin->own)
		return arena_printf(arena, "no client can install it: %s", choice->pin->own);
	return NULL;
}

static bool debian_has(const struct pin *pin)
{
	for (size_t i = 0; pin && i < pin->version_count; i++) {
		if (pin->versions[i].source == PIN_DEBIAN)
			return true;
	}
	return false;
}

/* A version that was named has a label, a title and results of its own. */
static void apply_choice(struct arena *arena, const struct choice *choice, struct driver *driver)
{
	if (choice->is_named) {
		const char *version = choice->is_system ? PIN_SYSTEM : choice->version->version;

		driver->label = arena_printf(arena, "%s@%s", driver->label, version);
		driver->folder = arena_printf(arena, "%s@%s", driver->folder, version);
		driver->title = arena_printf(arena, "%s %s", driver->title, version);
		if (!choice->is_system && !choice->bin)
			driver->absent = arena_printf(arena,
				"%s is not installed; install it: meshbench install --vpn %s",
				driver->label, driver->label);
	}
	driver->bin = choice->bin;
	driver->packages_have_it = debian_has(choice->pin);
	driver->advice = advice_of(arena, choice, driver);
}

int choice_driver(
	struct arena *arena, const char *words, struct driver *ret_driver, struct error *err)
{
	const char *path;
	struct choice choice = {0};
	struct pins pins;

	if (plan_find(arena, "drivers", choice_name(arena, words), &path, err) ||
		install_pins(arena, &pins, err) ||
		choice_read(arena, &pins, install_prefix(arena), words, &choice, err) ||
		driver_load_variant(arena, path, variant_of(arena, words), ret_driver, err))
		return -1;
	apply_choice(arena, &choice, ret_driver);
	return 0;
}
