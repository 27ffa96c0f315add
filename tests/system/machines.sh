# SPDX-License-Identifier: MIT
# Machines that SSH reaches, for tests in shell: a real sshd each, in network, mount and PID namespaces of its own, with keys of
# their own. lib.sh comes first; the test runs in namespaces of its own (machines_only). Their systemd is a stand-in: it holds the
# lock, runs the command and afterwards what ExecStopPost says, and has neither watchdog, nor sandbox, nor control group.

# Starts this test once more where it may make networks; all that it starts ends with it.
machines_only() {
	[ -z "${MACHINES_INSIDE:-}" ] || return 0
	MACHINES_INSIDE=1
	export MACHINES_INSIDE
	exec unshare --mount --net --pid --fork --kill-child --mount-proc "$0"
}

# The networks between them, and an ssh that has its own settings.
machines_network() {
	there=$scratch/there
	mkdir -p "$there/bin" "$scratch/instead"
	mount -t tmpfs tmpfs /run
	ip link set lo up
	ip link add control type bridge
	ip address add 10.98.0.254/24 dev control
	ip link set control up
	ip link add wire type bridge
	ip link set wire up
	ssh-keygen -q -t ed25519 -N '' -f "$scratch/key"
	printf 'Host *\n\tUserKnownHostsFile %s/known\n\tGlobalKnownHostsFile /dev/null\n\tIdentityFile %s/key\n\tIdentitiesOnly yes\n\tIdentityAgent none\n\tUser root\n' \
		"$scratch" "$scratch" >"$scratch/config"
	instead ssh "exec /usr/bin/ssh -F '$scratch/config' \"\$@\""
	PATH=$scratch/instead:$PATH
}

machines_begin() {
	machines_network
	stand_in systemctl "[ ! -e '$there/no-systemd' ] || exit 1
case \$1 in
show) case \$* in *Description*) sed -n 's/.*--description=\(.*\) -- .*/\1/p' /run/units | tail -n 1 ;; *) echo 252-stand-in ;; esac ;;
is-active) flock -n /run/unit.lock true && echo inactive || echo active ;;
esac"
	stand_in sudo "[ \"\$1\" = -n ] && shift
[ ! -e '$there/no-sudo' ] || { echo 'sudo: a password is required' >&2; exit 1; }
exec \"\$@\""
	stand_in systemd-run "echo \"\$@\" >>/run/units
post=
while [ \"\$1\" != -- ]; do
	case \$1 in ExecStopPost=*) post=\${1#ExecStopPost=-} ;; esac
	shift
done
shift
exec 9>/run/unit.lock
flock -n 9 || { echo 'Failed to start transient service unit: Unit meshbench.service was already loaded or has a fragment file.' >&2; exit 1; }
mkdir -p /run/meshbench
RUNTIME_DIRECTORY=/run/meshbench
export RUNTIME_DIRECTORY
\"\$@\" 9>&-
status=\$?
\$post 9>&-
rm -rf /run/meshbench
exit \$status"
}

# stand_in NAME SCRIPT: a program of the machines.
stand_in() {
	printf '#!/bin/sh\n%s\n' "$2" >"$there/bin/$1"
	chmod 755 "$there/bin/$1"
}

# machine_settings NAME NUMBER: of its sshd, and of our ssh for it.
machine_settings() {
	mkdir -p "$there/$1"
	ssh-keygen -q -t ed25519 -N '' -f "$there/$1/host_key"
	cp "$scratch/key.pub" "$there/$1/keys"
	echo "10.98.0.$2 $(cut -d' ' -f1,2 "$there/$1/host_key.pub")" >>"$scratch/known"
	printf 'Host %s\n\tHostName 10.98.0.%s\n' "$1" "$2" >"$scratch/config.$1"
	cat "$scratch/config" >>"$scratch/config.$1"
	mv "$scratch/config.$1" "$scratch/config"
	cat >"$there/$1/sshd_config" <<END
ListenAddress 10.98.0.$2
HostKey $there/$1/host_key
AuthorizedKeysFile $there/$1/keys
StrictModes no
UsePAM no
PermitRootLogin yes
PidFile none
SetEnv PATH=$there/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
END
}

# machine NAME NUMBER: with the network cards `ctl` (10.98.0.NUMBER) and `data0` (10.97.0.NUMBER, and a route).
machine() {
	machine_settings "$1" "$2"
	ip netns add "$1"
	ip link add "c-$1" master control type veth peer name ctl netns "$1"
	ip link add "d-$1" master wire type veth peer name data0 netns "$1"
	ip link set "c-$1" up
	ip link set "d-$1" up
	ip -n "$1" -batch - <<END
link set lo up
link set ctl up
link set data0 up
address add 10.98.0.$2/24 dev ctl
address add 10.97.0.$2/24 dev data0
address add fd97::$2/64 dev data0 nodad
route add 10.96.0.0/16 via 10.97.0.254 dev data0
END
	ip netns exec "$1" unshare --mount --pid --fork --kill-child --mount-proc sh -c "
		mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/cache && mount -t cgroup2 none /sys/fs/cgroup && mkdir -p /run/sshd /run/dbus &&
		touch /run/dbus/system_bus_socket &&
		# Bash reads it for every command of SSH, and what stands in ours (pyenv, nvm) takes longer than the command.
		{ [ ! -e /root/.bashrc ] || mount --bind /dev/null /root/.bashrc; } &&
		mount -t tmpfs tmpfs '$MESHBENCH_LIBEXEC' && touch /run/up &&
		exec /usr/sbin/sshd -D -e -f '$there/$1/sshd_config'" 2>"$there/$1/log" &
	until ssh "$1" true 2>/dev/null; do sleep 0.05; done
}

# machine_pid NAME: its first sshd, in whose namespaces all of it is.
machine_pid() {
	for pid in $(pgrep -x sshd); do
		[ "$(stat -Lc %i "/proc/$pid/ns/net")" != "$(stat -Lc %i "/run/netns/$1")" ] || { echo "$pid"; return; }
	done
}
# host_of NAME NUMBER [KEY: VALUE...]: its line of a hosts.yml.
host_of() {
	line="  $1: { ssh: $1, nic: data0, address: 10.9.0.$2/24"
	shift 2
	for more; do line="$line, $more"; done
	echo "$line }"
}
# helpers: of ours on all machines.
helpers() { cat /proc/[0-9]*/comm 2>/dev/null | grep -c '^meshbench-host$'; }
no_helper_is_left() {
	tries=0
	until [ "$(helpers)" = 0 ]; do
		tries=$((tries + 1))
		[ $tries -lt 400 ] || return 1
		sleep 0.05
	done
}

# struck COMMAND OPTION...: a run, in which COMMAND is called while iperf3 measures, and which is then waited for.
struck() {
	strike=$1
	shift
	"$MESHBENCH" run "$fast" --on "$scratch/hosts.yml" --profile baseline --workload tcp --seconds 3 --attempts 1 --out "$tree" "$@" \
		>"$scratch/out" 2>"$scratch/err" </dev/null &
	running=$!
	until grep -q '"iperf3' "$tree/events.jsonl" 2>/dev/null || ! kill -0 "$running" 2>/dev/null; do sleep 0.05; done
	$strike
	wait "$running"
	status=$?
}
