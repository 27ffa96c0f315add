/* SPDX-License-Identifier: MIT */
/*
 * A program that tries from a host what a hostile VPN could try, and prints the name of everything
 * that it reached. Its words say where things are that it may not reach: NAME=VALUE.
 */
#include "base/attribute.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char *const *words;

static const char *word(const char *name)
{
	for (size_t i = 0; words[i]; i++) {
		size_t length = strlen(name);

		if (strncmp(words[i], name, length) == 0 && words[i][length] == '=')
			return words[i] + length + 1;
	}
	return "/nothing-of-that-name";
}

static bool can_open(const char *path, int flags)
{
	AUTO(fd_closep) int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK, 0600);

	return fd >= 0;
}

static bool reads_home(void)
{
	return can_open(word("secret"), O_RDONLY);
}

static bool reads_another_host(void)
{
	return can_open(word("other"), O_RDONLY);
}

static bool writes_the_cache(void)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/new", word("cache"));
	return can_open(path, O_WRONLY | O_CREAT) || unlink(word("cached")) == 0 ||
	       can_open(word("cached"), O_WRONLY);
}

static bool writes_this_machine(void)
{
	return can_open("/etc/meshbench-was-here", O_WRONLY | O_CREAT) ||
	       can_open("/usr/meshbench-was-here", O_WRONLY | O_CREAT) ||
	       can_open("/meshbench-was-here", O_WRONLY | O_CREAT);
}

/* Nothing of what covers this machine may go away. */
static bool unmounts(void)
{
	const char *const places[] = {"/tmp", "/run", "/root", "/home", "/var/lib", "/proc/sys",
		"/proc", "/dev", "/sys", "/proc/sysrq-trigger", word("cache"), word("home")};
	bool has_reached = false;

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		has_reached = has_reached || umount2(places[i], MNT_DETACH) == 0;
	return has_reached || reads_home() || reads_another_host();
}

static bool remounts(void)
{
	const char *const places[] = {"/", "/proc/sys", word("cache"), "/sys"};
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (mount(NULL, places[i], NULL, MS_REMOUNT | MS_BIND, NULL) == 0 ||
			mount_setattr(AT_FDCWD, places[i], 0, &writable, sizeof(writable)) == 0)
			return true;
	}
	return writes_the_cache() || writes_this_machine();
}

/* A copy of the mounts without what covers them, or one whose flags are free. */
static bool binds(void)
{
	static const char copy[] = "/tmp/copy";
	char path[4200];

	mkdir(copy, 0700);
	if (mount("/", copy, NULL, MS_BIND, NULL) == 0)
		return true;
	if (mount("/", copy, NULL, MS_BIND | MS_REC, NULL) < 0)
		return false;
	snprintf(path, sizeof(path), "%s%s", copy, word("home"));
	umount2(path, MNT_DETACH);
	snprintf(path, sizeof(path), "%s%s", copy, word("secret"));
	if (can_open(path, O_RDONLY))
		return true;
	mount(NULL, copy, NULL, MS_REMOUNT | MS_BIND, NULL);
	snprintf(path, sizeof(path), "%s/etc/meshbench-was-here", copy);
	if (can_open(path, O_WRONLY | O_CREAT))
		return true;
	snprintf(path, sizeof(path), "%s%s", copy, word("cached"));
	return can_open(path, O_WRONLY);
}

static bool does_it_in_namespaces_of_its_own(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return false;
	return unmounts() || remounts() || binds();
}

static bool traces_init(void)
{
	return ptrace(PTRACE_ATTACH, 1, NULL, NULL) == 0 || can_open("/proc/1/mem", O_RDWR) ||
	       can_open("/proc/1/environ", O_RDONLY) || can_open("/proc/1/root/etc", O_RDONLY) ||
	       can_open("/proc/1/fd/3", O_RDONLY);
}

static bool enters_the_namespaces_of_init(void)
{
	AUTO(fd_closep) int fd = open("/proc/1/ns/user", O_RDONLY | O_CLOEXEC);

	return fd >= 0 && setns(fd, 0) == 0;
}

static bool uses_shared_memory(void)
{
	return shmget((key_t)strtol(word("shm"), NULL, 0), 1, 0) >= 0;
}

static bool opens_devices(void)
{
	return can_open("/dev/kmsg", O_RDONLY) || can_open("/dev/kvm", O_RDWR) ||
	       can_open("/dev/mem", O_RDONLY) || can_open("/dev/vda", O_RDONLY) ||
	       can_open("/dev/sda", O_RDONLY) || can_open("/dev/loop-control", O_RDWR) ||
	       can_open("/dev/fuse", O_RDWR);
}

static bool makes_devices(void)
{
	return mknod("/tmp/kmsg", S_IFCHR | 0600, makedev(1, 11)) == 0 &&
	       can_open("/tmp/kmsg", O_RDONLY);
}

static bool changes_the_kernel(void)
{
	static const char *const paths[] = {"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/printk", "/proc/sys/vm/swappiness", "/proc/sys/fs/file-max",
		"/proc/sysrq-trigger", "/proc/irq/default_smp_affinity", "/sys/kernel/mm/ksm/run",
		"/sys/power/state", "/sys/module/tun/uevent"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (can_open(paths[i], O_WRONLY)) {
			printf("# %s\n", paths[i]);
			return true;
		}
	}
	return can_open("/proc/kcore", O_RDONLY) && getenv("KCORE_IS_NOT_EMPTY");
}

static bool changes_the_machine(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	if (settimeofday(&now, NULL) == 0 || swapoff("/nothing") == 0 ||
		syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
			LINUX_REBOOT_CMD_CAD_OFF, NULL) == 0)
		return true;
	/* ENOSYS: a kernel without modules. */
	return syscall(SYS_init_module, "", 0, "") == 0 || (errno != EPERM && errno != ENOSYS);
}

/* Those of this machine, where a namespace of its own lets it. */
static bool mounts_control_groups(void)
{
	static const char *const kinds[][2] = {{"cgroup2", NULL}, {"cgroup", "cpu"},
		{"cgroup", "freezer"}, {"cgroup", "none,name=systemd"}};

	mkdir("/tmp/groups", 0700);
	for (int own = 0; own < 2; own++) {
		for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
			if (mount(kinds[i][0], "/tmp/groups", kinds[i][0], 0, kinds[i][1]) == 0)
				return true;
		}
		if (unshare(CLONE_NEWCGROUP) < 0 &&
			unshare(CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWNS) < 0)
			return false;
	}
	return true;
}

static bool lifts_the_limits_of_its_namespace(void)
{
	return can_open("/proc/sys/user/max_cgroup_namespaces", O_WRONLY);
}

static bool has_a_terminal_of_ours(void)
{
	return can_open("/dev/tty", O_RDWR);
}

static bool talks_to(const char *path, bool is_abstract)
{
	AUTO(fd_closep) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	snprintf(name.sun_path + is_abstract, sizeof(name.sun_path) - 1, "%s", path);
	return connect(fd, (struct sockaddr *)&name,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + is_abstract +
				   strlen(path))) == 0;
}

static bool talks_to_sockets(void)
{
	return talks_to(word("socket"), false) || talks_to(word("abstract"), true);
}

static bool finds_keys(void)
{
	return syscall(SYS_request_key, "user", word("key"), NULL, 0) >= 0 ||
	       syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_USER_KEYRING, "user", word("key"), 0) >=
		       0 ||
	       syscall(SYS_keyctl, KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, "user", word("key"),
		       0) >= 0;
}

static bool inherits(void)
{
	return getenv("TOKEN") || getenv("TMPDIR") || getenv("LANG") ||
	       strcmp(getenv("LC_ALL") ? getenv("LC_ALL") : "", "C") != 0;
}

static bool holds_descriptors(void)
{
	for (int fd = 3; fd < 1024; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			return true;
	}
	return false;
}

static const struct {
	const char *name;
	bool (*try)(void);
} attempts[] = {
	{"holds a descriptor of ours", holds_descriptors},
	{"has our environment", inherits},
	{"reads what is in a home", reads_home},
	{"reads another host's state", reads_another_host},
	{"changes the cache", writes_the_cache},
	{"writes to this machine", writes_this_machine},
	{"takes a mount away", unmounts},
	{"makes a mount writable", remounts},
	{"gets round mounts by binding", binds},
	{"does it in namespaces of its own", does_it_in_namespaces_of_its_own},
	{"traces the host's init", traces_init},
	{"enters the namespaces of init", enters_the_namespaces_of_init},
	{"uses shared memory of this machine", uses_shared_memory},
	{"opens devices", opens_devices},
	{"makes devices", makes_devices},
	{"changes the kernel", changes_the_kernel},
	{"changes the machine", changes_the_machine},
	{"mounts control groups", mounts_control_groups},
	{"lifts the limits of its namespace", lifts_the_limits_of_its_namespace},
	{"has a terminal of ours", has_a_terminal_of_ours},
	{"talks to sockets of this machine", talks_to_sockets},
	{"finds a user's keys", finds_keys},
};

/* Each in a process of its own, since some change what the others would meet. */
int main(int argc, char *argv[])
{
	words = argv + (argc > 0);
	kill(1, SIGKILL); /* had it worked, nothing would be printed */
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		pid_t pid = fork();
		int status = 0;

		if (pid == 0)
			_exit(attempts[i].try());
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			printf("%s\n", attempts[i].name);
	}
	puts("tried all");
	return EXIT_SUCCESS;
}
