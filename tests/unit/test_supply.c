/* SPDX-License-Identifier: MIT */
#include "supply/supply.h"

#include "base/file.h"
#include "base/json.h"
#include "supply/internal.h"

#include "folder.h"

#include <string.h>

/* Two versions built by go, and Debian's. */
static const struct pin_version versions[] = {{.version = "1.10.3", .source = PIN_GO},
	{.version = "1.6.1", .source = PIN_GO}, {.version = PIN_SYSTEM, .source = PIN_DEBIAN}};
static const struct pin pin_list[] = {
	{.name = "nebula", .versions = versions, .version_count = ARRAY_SIZE(versions)},
	{.name = "zerotier", .own = "it has its own"}};
static const struct pins pins = {pin_list, ARRAY_SIZE(pin_list)};

static int install(const struct folder *prefix, const char *place, struct error *err)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *dir = arena_printf(arena, "%s/%s", prefix->path, place);

	if (dir_make(dir, 0700, err))
		return -1;
	return file_write(arena_printf(arena, "%s/installed.json", dir), "{}", 2, 0600, err);
}

TEST(a_name_alone_means_the_default_version)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct choice choice;

	TEMPORARY_FOLDER(prefix);
	CHECK_OK(install(&prefix, "nebula/1.6.1", &err), err);
	CHECK_OK(choice_read(arena, &pins, prefix.path, "nebula", &choice, &err), err);
	CHECK(!choice.is_named && !choice.is_system && choice.version == &versions[0]);
	CHECK(!choice.bin); /* another version that is there is not taken for it */
	CHECK_OK(install(&prefix, "nebula/1.10.3", &err), err);
	CHECK_OK(choice_read(arena, &pins, prefix.path, "nebula", &choice, &err), err);
	CHECK(choice.bin && strstr(choice.bin, "/nebula/1.10.3/bin"));
}

TEST(a_named_version_is_that_one)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct choice choice;

	TEMPORARY_FOLDER(prefix);
	CHECK_OK(install(&prefix, "nebula/1.10.3", &err), err);
	CHECK_OK(choice_read(arena, &pins, prefix.path, "nebula@1.6.1", &choice, &err), err);
	CHECK(choice.is_named && choice.version == &versions[1] && !choice.bin);
	CHECK_OK(choice_read(arena, &pins, prefix.path, "nebula@system", &choice, &err), err);
	CHECK(choice.is_named && choice.is_system && !choice.bin);
	CHECK_OK(choice_read(arena, &pins, NULL, "zerotier@system", &choice, &err), err);
	CHECK(choice.is_system && !choice.version);
	CHECK_OK(choice_read(arena, &pins, NULL, "mine", &choice, &err), err);
	CHECK(choice.is_system && !choice.pin && strcmp(choice.name, "mine") == 0);
}

TEST(an_unknown_version_is_refused_with_those_known)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct error err = {0};
	struct choice choice;

	CHECK(choice_read(arena, &pins, NULL, "nebula@1.7", &choice, &err) < 0);
	CHECK(err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "nebula@1.7") && strstr(err.text, "1.10.3, 1.6.1, system"));
	CHECK(choice_read(arena, &pins, NULL, "zerotier@1.14", &choice, &err) < 0);
	CHECK(choice_read(arena, &pins, NULL, "nebula@", &choice, &err) < 0);
}

TEST(a_path_with_an_at_sign_is_no_version)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(choice_name(arena, "nebula@1.6.1"), "nebula") == 0);
	CHECK(strcmp(choice_name(arena, "./a@b/nebula"), "./a@b/nebula") == 0);
	CHECK(strcmp(choice_name(arena, "@1"), "@1") == 0);
}

TEST(a_variant_is_no_part_of_the_name)
{
	AUTO(arena_freep) struct arena *arena = arena_new();

	CHECK(strcmp(choice_name(arena, "nebula+relay"), "nebula") == 0);
	CHECK(strcmp(choice_name(arena, "nebula+relay@1.6.1"), "nebula") == 0);
	CHECK(strcmp(choice_name(arena, "./a+b/nebula"), "./a+b/nebula") == 0);
	CHECK(strcmp(choice_name(arena, "+b"), "+b") == 0);
}

static char *golden(struct arena *arena, const char *name)
{
	const char *root = getenv("SOURCE_ROOT"); /* NOLINT(concurrency-mt-unsafe) */
	struct error err = {0};
	char *text;

	if (file_read(arena, arena_printf(arena, "%s/tests/golden/supply/%s", root, name), 1 << 20,
		    &text, NULL, &err))
		printf("# %s\n", err.text);
	return err.kind == ERROR_NONE ? text : NULL;
}

TEST(what_go_wrote_into_a_program_names_its_modules)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	json_auto_t *modules = json_array();
	char *text = golden(arena, "go-version-m");

	CHECK(text);
	go_read_modules(text, modules);
	CHECK(json_array_size(modules) == 4);
	CHECK(strcmp(json_string_at(modules, "/0/path", ""), "golang.zx2c4.com/wireguard") == 0);
	CHECK(strcmp(json_string_at(modules, "/0/sum", ""),
		      "h1:cqHQ3AycTHvM2R7ikgyX57D+XvtcSnGylsLkOVhta/w=") == 0);
	CHECK(strcmp(json_string_at(modules, "/3/path", ""), "golang.org/x/sys") == 0);
	go_read_modules(text, modules);
	CHECK(json_array_size(modules) == 4); /* what two programs share stands there once */
}

TEST(the_checksum_of_a_crate_stands_in_cargos_lock_file)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	char *text = golden(arena, "Cargo.lock");
	const char *sum;

	CHECK(text);
	sum = cargo_read_checksum(arena, text, "vpncloud", "2.3.0");
	CHECK(sum);
	CHECK(strcmp(sum, "03e84213ad3f678c14512dce2f6a362292159f262f82bd67f141be86944ea468") == 0);
	CHECK(!cargo_read_checksum(arena, text, "vpncloud", "2.2.0"));
	CHECK(!cargo_read_checksum(arena, text, "vpnclou", "2.3.0"));
	CHECK(!cargo_read_checksum(arena, text, "probe", "0.0.0")); /* ours has none */
	CHECK(!cargo_read_checksum(arena, "", "vpncloud", "2.3.0"));
}

/* A version with one program, and its receipt with this hash. */
static void place_program(struct arena *arena, const struct folder *prefix, const char *sum,
	struct driver *ret_driver)
{
	json_auto_t *receipt =
		json_make("{s:[{s:s, s:s}]}", "programs", "name", "tunnel", "sha256", sum);
	const char *bin = arena_printf(arena, "%s/bin", prefix->path);
	struct error err = {0};

	CHECK_OK(dir_make(bin, 0700, &err), err);
	CHECK_OK(file_write(arena_printf(arena, "%s/tunnel", bin), "", 0, 0700, &err), err);
	CHECK_OK(json_write(arena_printf(arena, "%s/installed.json", prefix->path), receipt, &err),
		err);
	*ret_driver = (struct driver){.label = "tunnel", .bin = bin};
}

TEST(ctrl_c_while_receipts_are_checked_blames_no_file)
{
	/* Of nothing. */
	static const char right[] =
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	struct error err = {0};
	struct driver driver;
	bool holds = false;

	TEMPORARY_FOLDER(prefix);
	CHECK_OK(procs_new(&procs, &err), err);
	place_program(arena, &prefix, right, &driver);
	CHECK_OK(install_check(procs, &driver, &err), err);
	CHECK_OK(receipt_check(procs, prefix.path, &holds, &err), err);
	CHECK(holds);
	procs_cancel(procs);
	CHECK(install_check(procs, &driver, &err) < 0 && err.kind == ERROR_CANCELLED);
	CHECK(!strstr(err.text, "changed"));
	CHECK(receipt_check(procs, prefix.path, &holds, &err) < 0 && err.kind == ERROR_CANCELLED);
	procs_uncancel(procs);
	place_program(arena, &prefix, "0000", &driver);
	CHECK(install_check(procs, &driver, &err) < 0 && err.kind == ERROR_MISSING);
	CHECK(strstr(err.text, "tunnel has changed since"));
	CHECK_OK(receipt_check(procs, prefix.path, &holds, &err), err);
	CHECK(!holds);
}
