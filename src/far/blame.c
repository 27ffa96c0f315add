/* SPDX-License-Identifier: MIT */
/* Why a machine was not reached: known words of ssh, sudo and systemd. */
#include "far/blame.h"

#include <stddef.h>
#include <string.h>

#define NO_BUS                                                                                     \
	"the message bus (dbus) does not run there, and systemd starts programs for us only by it; install it (apt install dbus), and start it: ssh "

/* Of several that match the first counts. %s stands for the destination, at most once. */
static const struct {
	const char *words, *before, *after;
} table[] = {
	{"REMOTE HOST IDENTIFICATION HAS CHANGED",
		"its host key is not the one that is known; if the machine was installed again, remove the old key (ssh-keygen -R) and try: ssh ",
		""},
	{"Host key verification failed",
		"its host key is not known; check it and accept it once with: ssh ", ""},
	{"Permission denied (",
		"SSH does not let us in without a password; give it your key with: ssh-copy-id ",
		""},
	{"Too many authentication failures",
		"SSH was offered too many keys; name one with IdentityFile and IdentitiesOnly in your ssh_config; try: ssh ",
		""},
	{"Could not resolve hostname",
		"its name is not known; correct 'ssh' in hosts.yml or your ssh_config, and try: ssh ",
		""},
	{"Connection refused", "no SSH server answers there; start it, and try: ssh ", ""},
	{"Connection timed out",
		"nobody answers there; see whether it runs and its firewall lets SSH in: ssh ", ""},
	{"No route to host", "no network leads there; see whether it runs: ssh ", ""},
	{"Network is unreachable", "no network leads there; try: ssh ", ""},
	{"not responding", "the connection was lost; see whether it runs: ssh ", ""},
	{"sudo: a password is required",
		"sudo asks for a password; allow it without one (NOPASSWD in sudoers), and try: ssh ",
		" sudo -n true"},
	{"sudo: a terminal is required",
		"sudo asks for a password; allow it without one (NOPASSWD in sudoers), and try: ssh ",
		" sudo -n true"},
	{"not in the sudoers file",
		"sudo is not allowed there; allow it without a password (NOPASSWD in sudoers), and try: ssh ",
		" sudo -n true"},
	{"may not run sudo",
		"sudo is not allowed there; allow it without a password (NOPASSWD in sudoers), and try: ssh ",
		" sudo -n true"},
	{"sudo: not found", "sudo is not installed there; install it, or log in as root: ssh ", ""},
	{"sudo: command not found",
		"sudo is not installed there; install it, or log in as root: ssh ", ""},
	{"System has not been booted with systemd",
		"systemd does not run there, and meshbench needs it to end all that it started; use a machine with systemd instead of ",
		""},
	{"systemd-run: not found",
		"systemd is not installed there, and meshbench needs it to end all that it started; use a machine with systemd instead of ",
		""},
	{"systemd-run: command not found",
		"systemd is not installed there, and meshbench needs it to end all that it started; use a machine with systemd instead of ",
		""},
	/* Of systemd-run in different versions; after those that say why there is no bus. */
	{"Failed to create bus connection", NO_BUS, " systemctl start dbus"},
	{"Failed to connect to bus", NO_BUS, " systemctl start dbus"},
	{"bus via local transport", NO_BUS, " systemctl start dbus"},
	{"Interactive authentication required",
		"systemd lets only root start programs; log in as root, or set 'sudo: true' in hosts.yml for ",
		""},
	{"Access denied",
		"systemd lets only root start programs; log in as root, or set 'sudo: true' in hosts.yml for ",
		""},
	{"was already loaded",
		"another meshbench uses it; wait until that has ended, or see what runs: ssh ",
		" systemctl status meshbench"},
	{"error while loading shared libraries",
		"our programs lack a library there (meshbench-host needs that of Debian's libjansson4); install it on ",
		""},
	{"Exec format error",
		"its processors are of another kind than those here, and programs are only brought to the same kind: ",
		""},
	{"No space left on device", "its disk is full; make room on ", ""},
};

const char *far_blame(struct arena *arena, const char *destination, const char *text)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strstr(text, table[i].words))
			return arena_printf(
				arena, "%s%s%s", table[i].before, destination, table[i].after);
	}
	return NULL;
}
