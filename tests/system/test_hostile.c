/* SPDX-License-Identifier: MIT */
/* What a hostile program on a host reaches of this machine, of other hosts and of the cache. */
#include "standing_lab.h"

#include "base/fd.h"
#include "base/text.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define SECRET "a secret of this machine"

/* All that may not be reached; gone with the test. */
struct prey {
	struct arena *arena;
	char home[64];
	const char *cache, *cached, *key;
	int shm, socket, abstract;
	char abstract_name[64];
};

static int listen_at(const char *path, bool is_abstract)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	snprintf(name.sun_path + is_abstract, sizeof(name.sun_path) - 1, "%s", path);
	if (bind(fd, (struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract +
				strlen(path))) < 0 ||
		listen(fd, 1) < 0)
		return -1;
	return fd_take(&fd);
}

static int prey_make(struct prey *prey, struct error *err)
{
	prey->arena = arena_new();
	strcpy(prey->home, "/var/tmp/meshbench-home.XXXXXX");
	if (!mkdtemp(prey->home))
		return fail_errno(err, "make a home");
	setenv("HOME", prey->home, 1);
	setenv("TOKEN", SECRET, 1);
	setenv("LANG", "de_DE.UTF-8", 1);
	setenv("TMPDIR", "/nowhere", 1);
	prey->cache = arena_printf(prey->arena, "%s/cache", prey->home);
	prey->cached = arena_printf(prey->arena, "%s/cached", prey->cache);
	prey->key = arena_printf(prey->arena, "meshbench-%d", getpid());
	snprintf(prey->abstract_name, sizeof(prey->abstract_name), "meshbench-%d", getpid());
	prey->shm = shmget(getpid(), 4096, IPC_CREAT | 0666);
	prey->socket = listen_at(arena_printf(prey->arena, "%s/socket", prey->home), false);
	prey->abstract = listen_at(prey->abstract_name, true);
	/* A kernel without keys has none to find. */
	syscall(SYS_add_key, "user", prey->key, SECRET, strlen(SECRET), KEY_SPEC_USER_KEYRING);
	syscall(SYS_add_key, "user", prey->key, SECRET, strlen(SECRET), KEY_SPEC_SESSION_KEYRING);
	if (prey->shm < 0 || prey->socket < 0 || prey->abstract < 0)
		return fail_errno(err, "make what may not be reached");
	return dir_make(prey->cache, 0755, err) ||
			       file_write(prey->cached, SECRET, strlen(SECRET), 0644, err) ||
			       file_write(arena_printf(prey->arena, "%s/secret", prey->home),
				       SECRET, strlen(SECRET), 0644, err)
		       ? -1
		       : 0;
}

static void prey_done(struct prey *prey)
{
	struct error ignored;

	shmctl(prey->shm, IPC_RMID, NULL);
	fd_closep(&prey->socket);
	fd_closep(&prey->abstract);
	syscall(SYS_keyctl, KEYCTL_CLEAR, KEY_SPEC_SESSION_KEYRING, 0, 0, 0);
	if (*prey->home && tree_remove(prey->home, &ignored))
		printf("# %s\n", ignored.text);
	arena_free(prey->arena);
}

static const char *reached_by_hostile(struct standing_lab *s, const struct prey *prey)
{
	struct arena *a = prey->arena;
	const char *program = getenv("LAB_HOSTILE"); /* NOLINT(concurrency-mt-unsafe) */

	return output_on(s, a, 0,
		ARGV(program, arena_printf(a, "home=%s", prey->home),
			arena_printf(a, "secret=%s/secret", prey->home),
			arena_printf(a, "socket=%s/socket", prey->home),
			arena_printf(a, "other=%s/yuki/var-lib/key", s->dir),
			arena_printf(a, "cache=%s", prey->cache),
			arena_printf(a, "cached=%s", prey->cached),
			arena_printf(a, "abstract=%s", prey->abstract_name),
			arena_printf(a, "key=%s", prey->key), arena_printf(a, "shm=%d", getpid())));
}

static void print_lines(const char *text)
{
	printf("# ");
	for (; text && *text; text++)
		fputs(*text == '\n' ? "; " : (char[]){*text, '\0'}, stdout);
	putchar('\n');
}

TEST(a_hostile_program_on_a_host_reaches_nothing)
{
	AUTO(prey_done) struct prey prey = {.shm = -1, .socket = -1, .abstract = -1};
	AUTO(standing_lab_done) struct standing_lab s = {.lab = NULL};
	struct error err = {0};
	const char *reached;
	char *text;

	CHECK_OK(prey_make(&prey, &err), err);
	s.visible[0] = prey.cache;
	CHECK_OK(standing_lab_up(&s, LAB_ENGINE_BRIDGE, 2, &unshaped, &err), err);
	CHECK_OK(host_write(lab_host(s.lab, 1), "/var/lib/key", "x", 1, 0644, &err), err);
	CHECK(output_on(&s, prey.arena, 0, ARGV("test", "-r", prey.cached))); /* in sight */
	reached = reached_by_hostile(&s, &prey);
	print_lines(reached);
	CHECK(reached && strcmp(reached, "tried all\n") == 0);
	CHECK_OK(file_read(prey.arena, prey.cached, 100, &text, NULL, &err), err);
	CHECK(strcmp(text, SECRET) == 0);
	CHECK_OK(lab_verify(s.lab, &err), err);
}

TEST(a_host_has_the_devices_that_a_vpn_needs_and_no_others)
{
	struct error err = {0};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *devices;

	LAB(s, 2, &unshaped);
	devices = output_on(&s, arena, 0, SHELL("cd /dev && echo $(ls) && ls net"));
	print_lines(devices);
	CHECK(devices &&
		strcmp(devices,
			"fd full net null ptmx pts random shm stderr stdin stdout tty urandom zero\ntun\n") ==
			0);
	CHECK(output_on(&s, arena, 0,
		SHELL("echo x >/dev/null && head -c 1 /dev/urandom && head -c 1 /dev/zero && test -w /dev/shm")));
	CHECK(output_on(&s, arena, 0, SHELL("script -qc true /dev/null")));
}

TEST(a_host_can_change_its_own_network_and_nothing_else_of_the_kernel)
{
	struct error err = {0};
	AUTO(arena_freep) struct arena *arena = arena_new();

	LAB(s, 2, &unshaped);
	CHECK(output_on(&s, arena, 0, SHELL("echo 1 >/proc/sys/net/ipv4/ip_forward")));
	CHECK(output_on(&s, arena, 0, SHELL("! echo 1 >/proc/sys/vm/swappiness")));
	CHECK(output_on(&s, arena, 0, SHELL("nft add table inet t && nft delete table inet t")));
	CHECK(output_on(&s, arena, 0, SHELL("ip tuntap add t0 mode tun && ip link set t0 up")));
	CHECK(output_on(&s, arena, 0, SHELL("test \"$HOME\" = /root && touch ~/x && env | sort")));
}

TEST(a_link_in_a_hosts_state_does_not_lead_out_of_it)
{
	struct error err = {0};
	AUTO(arena_freep) struct arena *arena = arena_new();
	const char *kept;
	struct host *lom;

	LAB(s, 2, &unshaped);
	lom = lab_host(s.lab, 0);
	kept = arena_printf(arena, "%s/kept/file", s.dir);
	CHECK_OK(dir_make(arena_printf(arena, "%s/kept", s.dir), 0700, &err), err);
	CHECK_OK(file_write(kept, "x", 1, 0600, &err), err);
	CHECK(output_on(&s, arena, 0,
		ARGV("ln", "-s", arena_printf(arena, "%s/kept", s.dir), "/var/lib/vpn")));
	CHECK(host_write(lom, "/var/lib/vpn/new", "x", 1, 0600, &err));
	CHECK(strstr(err.text, "host lom") && strstr(err.text, "links are not followed"));
	CHECK(host_remove(lom, "/var/lib/vpn/file", &err));
	CHECK_OK(host_remove(lom, "/var/lib/vpn", &err), err);
	CHECK(output_on(&s, arena, 0,
		ARGV("ln", "-s", arena_printf(arena, "%s/kept", s.dir), "/var/lib/vpn")));
	CHECK_OK(lab_wipe_host(s.lab, 0, &err), err);
	CHECK(path_exists(kept));
	CHECK(!path_exists(arena_printf(arena, "%s/kept/new", s.dir)));
}
