/* SPDX-License-Identifier: MIT */
#include "plan/driver.h"

#include "plan/template.h"

#include "drawer.h"

#define VARIED "join:\n  - { what: w, write: { template: f, to: g } }\n"

TEST(a_variant_has_its_own_files_and_a_place_of_its_own)
{
	static const char text[] = HEAD "variants:\n  - { name: v, what: W }\n" VARIED;
	DRAWER(drawer);
	struct driver variant;

	CHECK_OK(put(&drawer, "f", "plain\n"), drawer.err);
	CHECK_OK(put(&drawer, "f+v", "varied\n"), drawer.err);
	CHECK_OK(load(&drawer, text), drawer.err);
	CHECK_OK(driver_load_variant(drawer.arena, drawer.dir, "v", &variant, &drawer.err),
		drawer.err);
	CHECK(drawer.driver.variant_count == 1 && strcmp(drawer.driver.variants[0].what, "W") == 0);
	CHECK(strcmp(drawer.driver.label, "t") == 0 && strcmp(drawer.driver.folder, "T") == 0);
	CHECK(strcmp(variant.name, "t") == 0 && strcmp(variant.label, "t+v") == 0);
	CHECK(strcmp(variant.folder, "T+v") == 0 && strcmp(variant.title, "T+v") == 0);
	CHECK(strcmp(drawer.driver.phases[DRIVER_JOIN].steps[0].write_template->parts[0].text,
		      "plain\n") == 0);
	CHECK(strcmp(variant.phases[DRIVER_JOIN].steps[0].write_template->parts[0].text,
		      "varied\n") == 0);
	CHECK(driver_load_variant(drawer.arena, drawer.dir, "x", &variant, &drawer.err) < 0);
	CHECK(strcmp(drawer.err.text, "t+x: this variant is not known; known variants: t+v") == 0);
}

TEST(a_variant_may_have_a_script_of_its_own)
{
	static const char text[] = HEAD
		"variants:\n  - { name: v, what: W }\njoin:\n  - { what: w, script: s up wg0 }\n";
	DRAWER(drawer);
	const char *const *words;
	struct driver variant;

	CHECK_OK(put(&drawer, "s", "#!/bin/sh\n"), drawer.err);
	CHECK_OK(put(&drawer, "s+v", "#!/bin/sh\n"), drawer.err);
	CHECK(chmod(arena_printf(drawer.arena, "%s/s", drawer.dir), 0755) == 0);
	CHECK_OK(load(&drawer, text), drawer.err);
	CHECK(strcmp(drawer.driver.phases[DRIVER_JOIN].steps[0].words[0], "s") == 0);
	CHECK(driver_load_variant(drawer.arena, drawer.dir, "v", &variant, &drawer.err) < 0);
	CHECK(strstr(drawer.err.text, "'s+v' in "));
	CHECK(chmod(arena_printf(drawer.arena, "%s/s+v", drawer.dir), 0755) == 0);
	CHECK_OK(driver_load_variant(drawer.arena, drawer.dir, "v", &variant, &drawer.err),
		drawer.err);
	words = variant.phases[DRIVER_JOIN].steps[0].words;
	CHECK(strcmp(words[0], "s+v") == 0 && strcmp(words[1], "up") == 0);
	CHECK(strcmp(words[2], "wg0") == 0 && !words[3]);
}

TEST(a_variant_that_changes_nothing_is_refused)
{
	DRAWER(drawer);

	CHECK_OK(put(&drawer, "f", "plain\n"), drawer.err);
	CHECK(is_refused(&drawer, HEAD "variants:\n  - { name: v, what: W }\n" VARIED,
		"5:5: variant 'v' has no file FILE+v"));
	CHECK(is_refused(&drawer, HEAD "variants:\n  - { name: V, what: W }\n" VARIED,
		"5:13: variant 'V': use lower-case letters, digits, '-' and '_'"));
	CHECK_OK(put(&drawer, "g+v", "misspelt\n"), drawer.err);
	CHECK(is_refused(&drawer, HEAD "variants:\n  - { name: v, what: W }\n" VARIED,
		"5:3: file 'g+v' is not FILE+VARIANT of a template or script and a variant of this driver"));
	CHECK(is_refused(&drawer, HEAD VARIED,
		"1:1: file 'g+v' is not FILE+VARIANT of a template or script and a variant of this driver"));
}
