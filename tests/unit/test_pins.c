/* SPDX-License-Identifier: MIT */
#include "plan/pins.h"

#include "base/file.h"

#include "folder.h"

#include <string.h>

#define SUM "h1:EstYj8ODEcv6T0R9X5BVq1zgWZnyU5gtPzk99QF1PMU="
#define CRATE "03e84213ad3f678c14512dce2f6a362292159f262f82bd67f141be86944ea468"
#define HEAD "schema: 1\nvpns:\n  - name: alpha\n    versions:\n"
#define GO(at, more)                                                                               \
	"      - version: 1.0\n"                                                                   \
	"        go: [{ module: example.org/alpha, at: " at ", sum: \"" SUM "\", " more " }]\n"

static int load(struct arena *arena, const char *text, struct pins *pins, struct error *err)
{
	struct folder folder = {"/tmp/test_pins.XXXXXX"};
	const char *path;
	int status;

	if (!mkdtemp(folder.path))
		return fail_errno(err, "make a folder");
	path = arena_printf(arena, "%s/pins.yml", folder.path);
	status = file_write(path, text, strlen(text), 0600, err)
			 ? -1
			 : pins_load(arena, path, pins, err);
	folder_remove(&folder);
	return status;
}

/* The place and what is said there. */
static bool is_refused(const char *text, const char *why)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct pins pins;
	const char *said;

	if (load(arena, text, &pins, &err) == 0 || err.kind != ERROR_USAGE)
		return false;
	said = strstr(err.text, "pins.yml:");
	if (said && strcmp(said + strlen("pins.yml:"), why) == 0)
		return true;
	printf("# expected: %s\n# but is:   %s\n", why, err.text);
	return false;
}

TEST(a_version_of_go_has_all_that_its_pin_says)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct pin_module *module;
	struct error err = {0};
	struct pins pins;

	CHECK_OK(
		load(arena,
			HEAD GO("v1.0.0",
				"packages: [., cmd/b], programs: [a, b], tags: [t], stamp: main.Build, link: [-checklinkname=0]"),
			&pins, &err),
		err);
	CHECK(pins.count == 1 && pins.list[0].version_count == 1 && !pins.list[0].own);
	CHECK(pins.list[0].versions[0].source == PIN_GO);
	module = pins.list[0].versions[0].modules;
	CHECK(strcmp(module->name, "example.org/alpha") == 0 && strcmp(module->at, "v1.0.0") == 0);
	CHECK(strcmp(module->sum, SUM) == 0 && strcmp(module->stamp, "main.Build") == 0);
	CHECK(strcmp(module->packages[0], ".") == 0 && strcmp(module->programs[1], "b") == 0);
	CHECK(!module->programs[2] && strcmp(module->features[0], "t") == 0);
	CHECK(strcmp(module->link[0], "-checklinkname=0") == 0);
	CHECK(pins_named(&pins, "alpha") && !pins_named(&pins, "beta"));
	CHECK(!pin_version_named(&pins.list[0], PIN_SYSTEM));
}

TEST(a_crate_and_packages_are_sources_too)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const struct pin *pin;
	struct error err = {0};
	struct pins pins;

	CHECK_OK(load(arena,
			 HEAD "      - version: 2.0\n"
			      "        cargo: [{ crate: alpha, at: 2.0.0, sum: " CRATE
			      ", programs: [a], features: [f] },\n"
			      "          { crate: beta, at: 2.0.0, sum: " CRATE
			      ", programs: [b] }]\n"
			      "        build: [{ program: protoc, package: protobuf-compiler }]\n"
			      "      - version: system\n"
			      "        debian: [alpha-tools, alpha]\n",
			 &pins, &err),
		err);
	pin = &pins.list[0];
	CHECK(pin->versions[0].source == PIN_CARGO && pin->versions[0].module_count == 2);
	CHECK(strcmp(pin->versions[0].modules[1].programs[0], "b") == 0);
	CHECK(strcmp(pin->versions[0].modules->features[0], "f") == 0);
	CHECK(pin->versions[0].need_count == 1);
	CHECK(strcmp(pin->versions[0].needs->package, "protobuf-compiler") == 0);
	CHECK(pin_version_named(pin, PIN_SYSTEM) == &pin->versions[1]);
	CHECK(strcmp(pin->versions[1].packages[1], "alpha") == 0 && !pin->versions[1].packages[2]);
}

TEST(our_pins_load_and_every_driver_has_one)
{
	static const char *const vpns[] = {
		"none", "nebula", "tinc", "wireguard", "yggdrasil", NULL};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	struct error err = {0};
	struct pins pins;

	CHECK_OK(pins_load(arena, arena_printf(arena, "%s/drivers/pins.yml", root), &pins, &err),
		err);
	for (size_t i = 0; vpns[i]; i++)
		CHECK(pins_named(&pins, vpns[i]));
	CHECK(pin_version_named(pins_named(&pins, "nebula"), "1.9.7"));
	CHECK(pin_version_named(pins_named(&pins, "nebula"), "1.6.1"));
	CHECK(pins_named(&pins, "zerotier")->own);
}

TEST(a_pin_without_a_version_says_how_its_project_distributes_it)
{
	CHECK(is_refused("schema: 1\nvpns:\n  - name: alpha\n",
		"3:5: alpha needs 'versions', or a sentence in 'own' that says how its project distributes it"));
}

TEST(a_version_has_one_source)
{
	CHECK(is_refused(HEAD "      - version: 1.0\n",
		"5:9: a version must have exactly one of go, cargo and debian"));
	CHECK(is_refused(HEAD GO("v1", "packages: [.], programs: [a]") "        debian: [alpha]\n",
		"5:9: a version must have exactly one of go, cargo and debian"));
	CHECK(is_refused(HEAD "      - version: 1.0\n        debian: [alpha]\n",
		"5:18: what Debian packages install is called 'system', and nothing else is"));
}

TEST(how_long_a_build_takes_is_a_number_of_seconds)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct pins pins;

	CHECK_OK(load(arena, HEAD GO("v1", "packages: [.], programs: [a]") "        seconds: 450\n",
			 &pins, &err),
		err);
	CHECK(pins.list[0].versions[0].seconds == 450);
	CHECK(is_refused(HEAD GO("v1", "packages: [.], programs: [a]") "        seconds: soon\n",
		"7:18: seconds: 'soon' is not a whole number"));
}

TEST(names_are_there_once)
{
	CHECK(is_refused(HEAD GO("v1", "packages: [.], programs: [a]")
				 GO("v1", "packages: [.], programs: [a]"),
		"7:18: version '1.0' is listed twice"));
	CHECK(is_refused("schema: 1\nvpns:\n  - { name: a, own: x }\n  - { name: a, own: x }\n",
		"4:13: VPN 'a' is listed twice"));
}

TEST(sums_have_their_form)
{
	CHECK(is_refused(HEAD "      - version: 1.0\n"
			      "        go: [{ module: m, at: v1, sum: h1:short, packages: [.], "
			      "programs: [a] }]\n",
		"6:40: 'h1:short' is not the sum of a module (h1: and 44 letters)"));
	CHECK(is_refused(HEAD "      - version: 1.0\n"
			      "        cargo: [{ crate: m, at: 1.0, sum: beef, programs: [a] }]\n",
		"6:43: 'beef' is not the SHA-256 of a crate (64 hexadecimal digits)"));
}

TEST(nothing_becomes_an_option_or_a_path_elsewhere)
{
	CHECK(is_refused(HEAD GO("-x", "packages: [.], programs: [a]"),
		"6:47: '-x' contains characters that are not allowed here"));
	CHECK(is_refused(HEAD GO("v1", "packages: [.], programs: [../a]"),
		"6:133: '../a' contains characters that are not allowed here"));
	CHECK(is_refused(HEAD GO("v1", "packages: [../b], programs: [a]"),
		"6:118: '../b' contains characters that are not allowed here"));
	CHECK(is_refused(HEAD "      - version: ../../etc\n        debian: [a]\n",
		"5:18: '../../etc' contains characters that are not allowed here"));
	CHECK(is_refused(HEAD GO("v1", "packages: [.], programs: [a], link: [main]"),
		"6:144: 'main' contains characters that are not allowed here"));
}

TEST(each_package_makes_one_program)
{
	CHECK(is_refused(HEAD GO("v1", "packages: [a, b], programs: [a]"),
		"6:135: 2 packages cannot make 1 programs; each package makes one program"));
}

TEST(unknown_keys_and_schemas_are_refused)
{
	CHECK(is_refused(
		HEAD "      - version: 1.0\n        golang: []\n", "6:9: unknown key 'golang'"));
	CHECK(is_refused("schema: 2\nvpns:\n  - { name: a, own: x }\n",
		"1:9: schema '2' is not supported; this version reads schema 1"));
}
