/* SPDX-License-Identifier: MIT */
#include "virtual/internal.h"

#include "base/fd.h"
#include "folder.h"
#include "tap.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

TEST(a_machine_has_what_its_words_say_and_a_usual_size_otherwise)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	struct error err = {0};
	size_t count;

	CHECK_OK(virtual_read(arena, "", machines, &count, &err), err);
	CHECK(count == 1 && machines[0].mips == 1000);
	CHECK(machines[0].memory_bytes == UINT64_C(2) << 30 && !machines[0].kernel);
	CHECK_OK(virtual_read(arena, "memory=512m,cpu=250mips,kernel=6.1", machines, &count, &err),
		err);
	CHECK(count == 1 && machines[0].mips == 250);
	CHECK(machines[0].memory_bytes == UINT64_C(512) << 20);
	CHECK(strcmp(machines[0].kernel, "6.1") == 0);
	CHECK_OK(virtual_read(arena, "memory=1.5g", machines, &count, &err), err);
	CHECK(machines[0].memory_bytes == UINT64_C(1536) << 20);
}

TEST(several_speeds_are_machines_that_differ_in_nothing_else)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	struct error err = {0};
	size_t count;

	CHECK_OK(
		virtual_read(arena, "cpu=500mips,125mips,kernel=6.1,1mips", machines, &count, &err),
		err);
	CHECK(count == 3 && machines[0].mips == 500 && machines[1].mips == 125);
	CHECK(machines[2].mips == 1 && strcmp(machines[0].kernel, "6.1") == 0);
}

TEST(a_machine_that_cannot_be_is_refused_with_what_can)
{
	static const struct {
		const char *words, *says;
	} rows[] = {{"cpu=2000mips", "1000mips, 500mips"}, {"cpu=300mips", "1000mips, 500mips"},
		{"cpu=500", "500mips"}, {"cpu=", "500mips"}, {"cpu=0mips", "1mips"},
		{"memory=1t", "between 512m and 64g"}, {"memory=1m", "between 512m and 64g"},
		{"memory=nang", "between 512m and 64g"}, {"kernel=", "is not known"},
		{"disk=1g", "is not known"}, {"500mips", "is not known"},
		{"cpu=500mips,,memory=1g", "500mips"}, {"cpu=500mips,250", "500mips"},
		{"cpu=500mips,cpu=500mips", "is there twice"}};
	AUTO(arena_freep) struct arena *arena = arena_new();
	struct virtual_machine machines[VIRTUAL_SPEEDS];
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct error err = {0};

		CHECK(virtual_read(arena, rows[i].words, machines, &count, &err) == -1);
		CHECK(err.kind == ERROR_USAGE && strstr(err.text, rows[i].says));
	}
}

TEST(every_processor_of_the_list_is_a_power_of_two_slower_than_the_first)
{
	CHECK(virtual_shift(1000) == 0 && virtual_shift(500) == 1 && virtual_shift(1) == 9);
	CHECK(virtual_shift(0) == -1 && virtual_shift(999) == -1);
}

TEST(what_is_left_in_wall_time_follows_from_the_lines_of_all_guests)
{
	struct virtual_pace paces[4] = {{0, 0}};

	CHECK(isnan(virtual_pace_left_s(paces, 4, 10)));
	CHECK(virtual_pace_read("  3/12  tinc, baseline: ping lom->yuki  0.4 ms", &paces[0]));
	CHECK(paces[0].done == 3 && paces[0].total == 12);
	CHECK(virtual_pace_read("12/12  none, low: tcp lom->yuki", &paces[1]));
	/* 15 of 48, since the others will have 12 each. */
	CHECK(fabs(virtual_pace_left_s(paces, 4, 30) - 66) < 1e-9);
	CHECK(fabs(virtual_pace_left_s(paces, 2, 30) - 18) < 1e-9);
}

TEST(a_line_that_is_no_progress_changes_none)
{
	static const char *const lines[] = {"", "  ", "3", "3/", "3/12", "/12 a",
		"meshbench: 3/12 a", "13/12  a", "-3/12  a", "3/-12  a"};
	struct virtual_pace pace = {1, 2};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		CHECK(!virtual_pace_read(lines[i], &pace));
	CHECK(pace.done == 1 && pace.total == 2);
}

static const struct content *content_at(const struct contents *contents, const char *path)
{
	for (size_t i = 0; i < contents->count; i++)
		if (strcmp(contents->list[i].path, path) == 0)
			return &contents->list[i];
	return NULL;
}

/* a folder with: real/file, link -> real, far -> /FOLDER/link/file, loop -> loop */
static void furnish(const struct folder *folder)
{
	struct error err = {0};
	char path[200], target[200];

	snprintf(path, sizeof(path), "%s/real", folder->path);
	CHECK_OK(dir_make(path, 0755, &err), err);
	snprintf(path, sizeof(path), "%s/real/file", folder->path);
	CHECK_OK(file_write(path, "12345", 5, 0755, &err), err);
	snprintf(path, sizeof(path), "%s/link", folder->path);
	CHECK(symlink("real", path) == 0);
	snprintf(path, sizeof(path), "%s/far", folder->path);
	snprintf(target, sizeof(target), "%s/link/../link/./file", folder->path);
	CHECK(symlink(target, path) == 0);
	snprintf(path, sizeof(path), "%s/loop", folder->path);
	CHECK(symlink("loop", path) == 0);
}

TEST(a_file_comes_with_every_link_on_the_way_to_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	struct contents contents = {.arena = arena};
	struct error err = {0};
	const struct content *file, *link, *far;

	furnish(&folder);
	CHECK_OK(contents_add_path(&contents, arena_printf(arena, "%s/far", folder.path), &err),
		err);
	file = content_at(&contents, arena_printf(arena, "%s/real/file", folder.path));
	link = content_at(&contents, arena_printf(arena, "%s/link", folder.path));
	far = content_at(&contents, arena_printf(arena, "%s/far", folder.path));
	CHECK(file && file->source && file->mode == (S_IFREG | 0755));
	CHECK(link && S_ISLNK(link->mode) && strcmp(link->text, "real") == 0);
	CHECK(far && S_ISLNK(far->mode));
	CHECK(content_at(&contents, "/tmp") && contents_bytes(&contents) == 5);
	CHECK(contents_add_path(&contents, arena_printf(arena, "%s/loop", folder.path), &err) ==
		-1);
	CHECK(strstr(err.text, "too many symbolic links"));
	CHECK(contents_add_path(&contents, arena_printf(arena, "%s/none", folder.path), &err) ==
		-1);
}

TEST(programs_of_a_folder_come_under_another_name_with_what_runs_them)
{
	static const char script[] = "#!/bin/sh\n";
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	TEMPORARY_FOLDER(folder);
	struct contents contents = {.arena = arena};
	struct error err = {0};
	const struct content *program;

	CHECK_OK(procs_new(&procs, &err), err);
	contents.procs = procs;
	CHECK_OK(file_write(arena_printf(arena, "%s/tincd", folder.path), script, strlen(script),
			 0755, &err),
		err);
	CHECK_OK(dir_make(arena_printf(arena, "%s/folder", folder.path), 0755, &err), err);
	CHECK_OK(contents_add_programs(&contents, folder.path, "/programs", &err), err);
	program = content_at(&contents, "/programs/tincd");
	CHECK(program && program->mode == (S_IFREG | 0755));
	CHECK(content_at(&contents, "/bin/sh") || content_at(&contents, "/bin"));
	CHECK(!content_at(&contents, "/programs/folder"));
	CHECK(!content_at(&contents, arena_printf(arena, "%s/tincd", folder.path)));
}

static char *bytes_of(struct arena *arena, const char *path, size_t *ret_size)
{
	struct error err = {0};
	char *bytes = NULL;

	if (file_read(arena, path, 1 << 20, &bytes, ret_size, &err))
		printf("# %s\n", err.text);
	return bytes;
}

/* As `cpio --list` prints an archive; options may go on with names. */
static const char *listed(struct arena *arena, const char *options, const char *archive)
{
	AUTO(stream_closep)
	FILE *cpio = popen(
		arena_printf(arena, "cpio --quiet %s <%s 2>/dev/null", options, archive), "re");
	char *text = arena_bytes(arena, 4096, 1);

	return cpio && fread(text, 1, 4095, cpio) > 0 ? text : "";
}

TEST(an_archive_is_the_same_whenever_it_is_made_and_others_read_it)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	struct error err = {0};
	const char *path = arena_printf(arena, "%s/archive", folder.path);
	size_t first_size, second_size;
	char *first, *second;

	for (int i = 0; i < 2; i++) {
		struct contents contents = {.arena = arena};

		/* in another order each time */
		contents_add_text(&contents, i ? "/b/c" : "/a", "text", 0644);
		contents_add_text(&contents, i ? "/a" : "/b/c", "text", 0644);
		contents_add_link(&contents, "/l", "a");
		CHECK_OK(archive_write(&contents, path, &err), err);
		if (i == 0)
			first = bytes_of(arena, path, &first_size);
	}
	second = bytes_of(arena, path, &second_size);
	CHECK(first_size == second_size && memcmp(first, second, first_size) == 0);
	CHECK(strcmp(listed(arena, "-t", path), "a\nb\nb/c\nl\n") == 0);
}

TEST(an_archive_can_stand_behind_another)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	struct error err = {0};
	const char *path = arena_printf(arena, "%s/archive", folder.path);
	struct contents one = {.arena = arena}, other = {.arena = arena};
	size_t before, after;

	contents_add_text(&one, "/a", "text", 0644);
	contents_add_text(&other, "/b", "text", 0644);
	CHECK_OK(archive_write(&one, path, &err), err);
	(void)bytes_of(arena, path, &before);
	CHECK_OK(archive_append(&other, path, &err), err);
	(void)bytes_of(arena, path, &after);
	CHECK(after == 2 * before && before % 4 == 0);
}

/* A guest with nothing of its own. */
static struct virtual_job bare_job(struct arena *arena)
{
	return (struct virtual_job){.machine = {.memory_bytes = UINT64_C(8) << 30},
		.parts = {.modules = ARENA_LIST(arena, NULL)},
		.init = "/bin/true",
		.programs = ARENA_LIST(arena, NULL),
		.files = ARENA_LIST(arena, NULL),
		.argv = ARENA_LIST(arena, "true"),
		.environment = ARENA_LIST(arena, NULL),
		.dir = "/"};
}

TEST(a_guest_has_the_folder_of_sockets_under_its_old_name_too)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	AUTO(procs_freep) struct procs *procs = NULL;
	TEMPORARY_FOLDER(folder);
	struct error err = {0};
	const char *path = arena_printf(arena, "%s/archive", folder.path);
	struct virtual_job job = bare_job(arena);

	CHECK_OK(procs_new(&procs, &err), err);
	CHECK_OK(guest_write(procs, arena, &job, path, &err), err);
	CHECK(strstr(listed(arena, "-tv var/run", path), " var/run -> /run\n"));
}

/* "VERSION" with an image and these dependencies, below the folder. */
static void put_kernel(struct arena *arena, const struct folder *folder, const char *version,
	const char *dependencies)
{
	const char *modules = arena_printf(arena, "%s/lib/modules/%s", folder->path, version);
	const char *boot = arena_printf(arena, "%s/boot", folder->path);
	struct error err = {0};

	CHECK_OK(dir_make(modules, 0755, &err), err);
	CHECK_OK(dir_make(boot, 0755, &err), err);
	CHECK_OK(file_write(arena_printf(arena, "%s/vmlinuz-%s", boot, version), "", 0, 0644, &err),
		err);
	CHECK_OK(file_write(arena_printf(arena, "%s/modules.dep", modules), dependencies,
			 strlen(dependencies), 0644, &err),
		err);
}

TEST(the_newest_kernel_for_virtual_machines_is_taken_with_modules_in_order)
{
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	struct virtual_machine machine = {0};
	struct virtual_parts parts = {0};
	struct error err = {0};

	put_kernel(arena, &folder, "9998.1-cloud", "");
	put_kernel(arena, &folder, "9998.10-cloud",
		"kernel/net/tunnel4.ko:\nkernel/drivers/net/tun.ko.xz: kernel/b.ko kernel/a.ko\n"
		"kernel/net/bridge.ko: kernel/a.ko\nkernel/a.ko:\nkernel/b.ko: kernel/a.ko\n");
	put_kernel(arena, &folder, "9999", "");
	setenv("MESHBENCH_KERNELS", folder.path, 1); /* NOLINT(concurrency-mt-unsafe) */
	CHECK_OK(kernel_find(arena, &machine, &parts, &err), err);
	CHECK(strcmp(parts.kernel, "9998.10-cloud") == 0);
	CHECK(strcmp(strrchr(parts.modules[0], '/'), "/a.ko") == 0);
	CHECK(strcmp(strrchr(parts.modules[1], '/'), "/b.ko") == 0);
	CHECK(strcmp(strrchr(parts.modules[2], '/'), "/tun.ko.xz") == 0);
	CHECK(strcmp(strrchr(parts.modules[3], '/'), "/bridge.ko") == 0 && !parts.modules[4]);
	machine.kernel = "9999";
	CHECK_OK(kernel_find(arena, &machine, &parts, &err), err);
	CHECK(strcmp(parts.kernel, "9999") == 0 && !parts.modules[0]);
	machine.kernel = "7777";
	CHECK(kernel_find(arena, &machine, &parts, &err) == -1 && err.kind == ERROR_USAGE);
	CHECK(strstr(err.text, "9998.1-cloud"));
}

TEST(a_kernel_without_a_module_that_is_needed_is_refused)
{
	static const char built_in[] = "kernel/drivers/net/veth.ko\n";
	AUTO(arena_freep) struct arena *arena = arena_new();
	TEMPORARY_FOLDER(folder);
	struct virtual_machine machine = {.modules = ARENA_LIST(arena, "tun", "veth", "sch_netem")};
	struct virtual_parts parts = {0};
	struct error err = {0};
	const char *list = arena_printf(arena, "%s/lib/modules/9999/modules.builtin", folder.path);

	put_kernel(arena, &folder, "9999", "kernel/drivers/net/tun.ko:\n");
	setenv("MESHBENCH_KERNELS", folder.path, 1); /* NOLINT(concurrency-mt-unsafe) */
	/* It may have all of them built in. */
	CHECK_OK(kernel_find(arena, &machine, &parts, &err), err);
	CHECK_OK(file_write(list, built_in, strlen(built_in), 0644, &err), err);
	CHECK(kernel_find(arena, &machine, &parts, &err) == -1 && err.kind == ERROR_MISSING);
	CHECK(strstr(err.text, "Linux 9999 has no module sch_netem"));
	machine.modules = ARENA_LIST(arena, "tun", "veth");
	CHECK_OK(kernel_find(arena, &machine, &parts, &err), err);
}
