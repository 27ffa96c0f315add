/* SPDX-License-Identifier: MIT */
#include "base/beneath.h"

#include "base/fd.h"

#include "folder.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder `in` with a file `out` next to it, and a descriptor of `in`. */
struct pair {
	struct arena *arena;
	struct folder folder;
	const char *in, *out;
	struct beneath root;
};

static int pair_make(struct pair *pair)
{
	struct error err = {0};

	if (!mkdtemp(pair->folder.path))
		return -1;
	pair->arena = arena_new();
	pair->in = arena_printf(pair->arena, "%s/in", pair->folder.path);
	pair->out = arena_printf(pair->arena, "%s/out", pair->folder.path);
	if (dir_make(pair->in, 0700, &err) || file_write(pair->out, "kept", 4, 0644, &err))
		return -1;
	pair->root =
		(struct beneath){open(pair->in, O_PATH | O_DIRECTORY | O_CLOEXEC), "lom:/state"};
	return pair->root.fd;
}

static void pair_done(struct pair *pair)
{
	fd_closep(&pair->root.fd);
	arena_free(pair->arena);
	folder_remove(&pair->folder);
}

#define PAIR(name)                                                                                 \
	AUTO(pair_done)                                                                            \
	struct pair name = {.folder = {"/tmp/test_folder.XXXXXX"}, .root = {-1, ""}};              \
	struct error err = {0};                                                                    \
	CHECK(pair_make(&(name)) >= 0)

static const char *text_of(struct pair *pair, const char *path)
{
	struct error err = {0};
	char *text;

	return file_read(pair->arena, path, 100, &text, NULL, &err) ? "" : text;
}

static int read_beneath(struct pair *pair, const char *path, size_t most, char **ret_text,
	size_t *ret_size, struct error *err)
{
	AUTO(fd_closep) int fd = -1;

	if (beneath_open_file(&pair->root, path, &fd, err))
		return -1;
	return file_read_fd(pair->arena, fd, most, ret_text, ret_size, err);
}

TEST(what_is_written_beneath_is_read_beneath)
{
	size_t size;
	char *text;

	PAIR(p);
	CHECK_OK(beneath_write(&p.root, "a/b/c", "one\0two", 7, 0640, &err), err);
	CHECK_OK(read_beneath(&p, "a/b/c", 7, &text, &size, &err), err);
	CHECK(size == 7 && memcmp(text, "one\0two", 8) == 0);
	CHECK(read_beneath(&p, "a/b/c", 6, &text, &size, &err));
	CHECK(read_beneath(&p, "a/b", 6, &text, &size, &err) &&
		strstr(err.text, "read lom:/state/a/b: it is not a file"));
	CHECK_OK(beneath_write(&p.root, "a/b/c", "new", 3, 0600, &err), err);
	CHECK(strcmp(text_of(&p, arena_printf(p.arena, "%s/a/b/c", p.in)), "new") == 0);
}

TEST(a_link_on_the_way_is_refused_and_named)
{
	size_t size;
	char *text;

	PAIR(p);
	CHECK(symlinkat("..", p.root.fd, "up") == 0);
	CHECK(beneath_write(&p.root, "up/out", "x", 1, 0600, &err));
	CHECK(strstr(err.text,
		"write out: make the folder lom:/state/up: something on the way is not a folder, and links are not followed"));
	CHECK(read_beneath(&p, "up/out", 100, &text, &size, &err));
	CHECK(strcmp(text_of(&p, p.out), "kept") == 0);
	CHECK(beneath_remove(&p.root, "up/out", &err) && path_exists(p.out));
}

TEST(a_link_at_the_end_is_replaced_or_removed_and_its_target_is_kept)
{
	size_t size;
	char *text;

	PAIR(p);
	CHECK(symlinkat("../out", p.root.fd, "key") == 0);
	CHECK(read_beneath(&p, "key", 100, &text, &size, &err));
	CHECK_OK(beneath_write(&p.root, "key", "x", 1, 0600, &err), err);
	CHECK(strcmp(text_of(&p, p.out), "kept") == 0);
	CHECK(strcmp(text_of(&p, arena_printf(p.arena, "%s/key", p.in)), "x") == 0);
	CHECK(unlinkat(p.root.fd, "key", 0) == 0 && symlinkat("..", p.root.fd, "key") == 0);
	CHECK_OK(beneath_remove(&p.root, "key", &err), err);
	CHECK(path_exists(p.out) && !path_exists(arena_printf(p.arena, "%s/key", p.in)));
}

TEST(a_temporary_file_laid_as_a_trap_is_not_followed)
{
	PAIR(p);
	CHECK(symlinkat("../out", p.root.fd, ".key.part") == 0);
	CHECK_OK(beneath_write(&p.root, "key", "x", 1, 0600, &err), err);
	CHECK(strcmp(text_of(&p, p.out), "kept") == 0);
}

TEST(steps_up_and_absolute_paths_lead_nowhere)
{
	int fd;

	PAIR(p);
	CHECK(beneath_write(&p.root, "../new", "x", 1, 0600, &err));
	CHECK(!path_exists(arena_printf(p.arena, "%s/new", p.folder.path)));
	CHECK(beneath_remove(&p.root, "../out", &err) && path_exists(p.out));
	fd = beneath_open(p.root.fd, p.out, O_RDONLY, 0);
	CHECK(fd < 0 && errno == EXDEV);
}

static int make_deep(int root, unsigned levels)
{
	int folder = dup(root);

	for (unsigned i = 0; i < levels; i++) {
		int next = mkdirat(folder, "d", 0700) < 0
				   ? -1
				   : openat(folder, "d", O_PATH | O_DIRECTORY | O_CLOEXEC);

		close(folder);
		folder = next;
		if (folder < 0)
			return -1;
	}
	close(folder);
	return 0;
}

TEST(a_tree_deeper_than_there_are_descriptors_is_removed)
{
	struct rlimit former, few = {128, 128};

	PAIR(p);
	CHECK(make_deep(p.root.fd, 3000) == 0);
	CHECK(mkdirat(p.root.fd, "d/.removed-0", 0700) == 0); /* a name that removing might want */
	CHECK(getrlimit(RLIMIT_NOFILE, &former) == 0);
	few.rlim_max = former.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	CHECK_OK(beneath_remove(&p.root, "d", &err), err);
	CHECK(setrlimit(RLIMIT_NOFILE, &former) == 0);
	CHECK(!path_exists(arena_printf(p.arena, "%s/d", p.in)));
}

TEST(folders_that_nobody_can_list_or_write_are_removed)
{
	PAIR(p);
	CHECK(mkdirat(p.root.fd, "a", 0700) == 0 && mkdirat(p.root.fd, "a/b", 0700) == 0);
	CHECK(mkdirat(p.root.fd, "a/b/c", 0700) == 0);
	CHECK(fchmodat(p.root.fd, "a/b", 0, 0) == 0 && fchmodat(p.root.fd, "a", 0500, 0) == 0);
	CHECK_OK(beneath_remove(&p.root, "a", &err), err);
	CHECK(!path_exists(arena_printf(p.arena, "%s/a", p.in)));
}
