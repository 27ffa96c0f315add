#!/bin/sh
# SPDX-License-Identifier: MIT
# Machines that SSH reaches: what `doctor --on` says of good ones, and of each way in which one is not.
. "$(dirname "$0")/machines.sh"
machines_only
. "$(dirname "$0")/lib.sh"
machines_begin
machine lom 1
machine yuki 2

hosts() { { echo hosts:; cat; } >"$scratch/hosts.yml"; }
# refused SENTENCE WORDS: by doctor, which tries no other way.
refused() {
	meshbench doctor --on "$scratch/hosts.yml"
	check "$1 is refused" exits 3
	check "$1 is named with the machine and the next step" prints "$2"
}

{ host_of lom 1; host_of yuki 2 'sudo: true'; } | hosts
meshbench doctor "$fast" --on "$scratch/hosts.yml"
check "two good machines are good" exits 0
check "SSH answers" prints '^  ssh  *yes  user root$'
check "one of them by sudo" prints '^  ssh  *yes  user root with sudo$'
check "systemd is there" prints '^  unit  *yes  systemd 252-stand-in with cgroup v2'
check "the card is not that of SSH" prints '^  network  *yes  nic data0.*; SSH uses ctl$'
check "a host can be started" prints '^  host  *yes'
check "the clock is the same, with its bound" prints '^  clock  *yes  0\.[0-9] ms [a-z ]*, known to [0-9.]* ms$'
check "versions of VPNs are those that they say there, with hashes" prints '^  tinc  *yes  tinc version 1[^;]*; tincd [0-9a-f]\{12\}'
check "what the machine is" prints '^  machine  *yes  processors [0-9]*, .*, memory [0-9]* kB, virtualization [a-z]'
check "each answers each by UDP" prints '^  udp  *yes  each answers each'
check "and by TCP, on the ports of the plan" prints '^  tcp  *yes  each answers each on ports 5201, .*655'
check "our programs were brought, and not used from here" test -x "$(echo /proc/[0-9]*/root/var/cache/meshbench/*/meshbench-host | cut -d' ' -f1)"
check "the unit is held by a lease" grep -q -e '--lease 10' "/proc/$(pgrep -o -x sshd)/root/run/units"
check "and nothing of it is left" no_helper_is_left
units() { grep -c . "/proc/$(pgrep -o -x sshd)/root/run/units"; }

for probe in /proc/"$(pgrep -o -x sshd)"/root/var/cache/meshbench/*/meshbench-probe; do printf '#!/bin/sh\n' >"$probe"; done
refused "a machine that does not answer by UDP" '^  udp  *no  *no answer on port 5201 from lom to yuki, yuki to lom; let it through'
check "only UDP is missing" prints '^  tcp  *yes  each answers each'

# What is installed here, of a VPN whose programs are scripts: a machine runs what was brought, as it is here.
version=$(awk '$2 == "name:" && $3 == "nebula" { found = 1 } found && /version:/ { print $3; exit }' "$SOURCE_ROOT/drivers/pins.yml")
MESHBENCH_VPNS=$scratch/vpns
export MESHBENCH_VPNS
built=$MESHBENCH_VPNS/nebula/$version
brought=/var/cache/meshbench/vpns/nebula/$version/bin
there_of() { echo "/proc/$(machine_pid "$1")/root"; }
mkdir -p "$built/bin"
for program in nebula nebula-cert; do printf '#!/bin/sh\necho Version: 9.8.7-brought\n' >"$built/bin/$program"; done
chmod 755 "$built"/bin/*
receipt() {
	(cd "$built/bin" && sha256sum nebula nebula-cert) |
		sed -n 's/\(.*\)  \(.*\)/{"name": "\2", "sha256": "\1"}/p' | paste -sd, |
		sed "s/.*/{\"schema\": 1, \"name\": \"nebula\", \"version\": \"$version\", \"source\": \"go\", \"programs\": [&], \"modules\": []}/" >"$built/installed.json"
}
receipt
meshbench install --on "$scratch/hosts.yml" --vpn nebula,tinc
check "an installed VPN is brought to machines" exits 0
check "each says where it lies" says "^yuki  nebula: brought to $brought\$"
check "what a machine has by itself is left to it" says '^lom  tinc: there by itself$'
check "it is as it was built" cmp -s "$built/bin/nebula-cert" "$(there_of yuki)$brought/nebula-cert"
meshbench install --on "$scratch/hosts.yml" --vpn nebula
check "it is brought once" says '^lom  nebula: already there$'
meshbench doctor --on "$scratch/hosts.yml"
check "doctor asks what was brought for its version" prints "^  nebula  *yes  Version: 9.8.7-brought; nebula $(sha256sum "$built/bin/nebula" | cut -c 1-12)"
printf '#!/bin/sh\necho "version GLIBC_9.99 not found" >&2; exit 1\n' >"$built/bin/nebula"
receipt
meshbench install --on "$scratch/hosts.yml" --vpn nebula
check "what cannot run there is refused with what it says" says 'yuki  nebula: .*nebula cannot run there: version GLIBC_9.99 not found'
check "and this fails" exits 3
check "what was there stays" grep -q 9.8.7 "$(there_of yuki)$brought/nebula"

meshbench clean --on "$scratch/hosts.yml"
check "clean reaches both" exits 0
check "and leaves nothing" sh -c 'for folder in /proc/[0-9]*/root/var/cache/meshbench; do [ ! -e "$folder" ] || exit 1; done'
meshbench doctor --on "$scratch/hosts.yml"
check "programs are brought again" exits 0
started=$(units)

cp "$scratch/known" "$scratch/known.good"
: >"$scratch/known"
host_of lom 1 | hosts
refused "an unknown host key" 'lom: its host key is not known; check it and accept it once with: ssh lom$'
echo "10.98.0.1 $(cut -d' ' -f1,2 "$there/yuki/host_key.pub")" >"$scratch/known"
refused "a host key of another" 'lom: its host key is not the one that is known; .*ssh-keygen -R'
cp "$scratch/known.good" "$scratch/known"

: >"$there/lom/keys"
refused "a machine that asks for a password" 'lom: SSH does not let us in without a password; give it your key with: ssh-copy-id lom$'
cp "$scratch/key.pub" "$there/lom/keys"

sed 's/ssh: lom/ssh: "ssh:\/\/root@10.98.0.1:23"/' "$scratch/hosts.yml" >"$scratch/other.yml"
mv "$scratch/other.yml" "$scratch/hosts.yml"
refused "a machine without an SSH server" 'lom: no SSH server answers there; start it, and try: ssh ssh://root@10.98.0.1:23$'

host_of yuki 2 'sudo: true' | hosts
touch "$there/no-sudo"
refused "sudo with a password" 'yuki: sudo asks for a password; allow it without one .*: ssh yuki sudo -n true$'
rm "$there/no-sudo"
touch "$there/no-systemd"
refused "a machine without systemd" 'yuki: systemd does not run there, .*instead of yuki$'
rm "$there/no-systemd"
ssh yuki rm /run/dbus/system_bus_socket
refused "a machine without a message bus" 'yuki: the message bus (dbus) does not run there, .*start it: ssh yuki systemctl start dbus$'
ssh yuki touch /run/dbus/system_bus_socket
# shellcheck disable=SC2016 # it is for the shell there
stand_in uname 'case $1 in -r) echo 5.10.0 ;; *) exec /usr/bin/uname "$@" ;; esac'
refused "an old kernel" 'yuki: it runs Linux 5\.10\.0; install 5\.12 or later$'
rm "$there/bin/uname"
check "none of this has started anything" test "$(units)" = "$started"

{ echo hosts:; host_of lom 1 | sed 's/data0/eno9/'; } >"$scratch/hosts.yml"
refused "a network card that is not there" 'lom: it has no network card eno9; see which it has: ssh lom ip link$'
{ echo hosts:; host_of lom 1 | sed 's/data0/ctl/'; } >"$scratch/hosts.yml"
refused "the network card of SSH" 'lom: SSH itself uses the network card ctl; name another one in hosts.yml$'

{ echo hosts:; host_of lom 1; } >"$scratch/hosts.yml"
in_lom() { nsenter --mount --target "$(machine_pid lom)" "$@"; }
in_lom sh -c 'rm -r /var/cache/meshbench; mount -t tmpfs -o size=1m tmpfs /var/cache'
refused "a machine without space" 'lom: its disk is full; make room on lom$'
check "and nothing of it stays there" test -z "$(in_lom ls -A /var/cache/meshbench)"
in_lom umount /var/cache

# What one machine lacks is not asked of the other.
nsenter --mount --target "$(pgrep -o -x sshd)" mount --bind /dev/null /usr/sbin/tincd
nsenter --mount --target "$(pgrep -o -x sshd)" mount --bind /dev/null "$(command -v iperf3)"
{ host_of lom 1; host_of yuki 2; } | hosts
meshbench doctor --on "$scratch/hosts.yml"
check "a tool that one machine lacks forbids no run" exits 0
check "the machine that lacks it is named, with the command that installs it" \
	prints "tcp  *no  *[a-z]*: program 'iperf3' is not installed: ssh [a-z]* apt install iperf3$"
check "and so is a VPN" test "$(grep -cE 'tinc  *no .* needs tincd, which (lom|yuki) lacks' "$scratch/out")" = 1
check "the other one has it" test "$(grep -c 'tinc  *yes' "$scratch/out")" = 1

# A greeting of another version: a frame of 18 bytes, "hello", "0.0.1" and "kern".
for helper in /proc/[0-9]*/root/var/cache/meshbench/*/meshbench-host; do
	printf '#!/bin/sh\nprintf "\\0\\0\\0\\022\\001\\0\\0\\0\\0050.0.1\\0\\0\\0\\004kern"\ncat >/dev/null\n' >"$helper"
done
host_of yuki 2 | hosts
refused "a helper of another version" 'yuki.*the other end is meshbench 0\.0\.1 and this one [0-9]'

{ host_of lom 1; host_of yuki 2; } | sed 's/10\.9\.0/10.78.0/' | hosts
meshbench run "$fast" --on "$scratch/hosts.yml" --vpn none --workload ping --out "$scratch/never"
check "hosts in the network of the VPNs are the user's mistake" exits 2
check "with the next step" says 'host lom has the address 10.78.0.1, which lies in the network of the VPNs themselves; choose another network$'
check "and there are no results" test ! -e "$scratch/never"
# The helpers of another version are not used again.
{ host_of lom 1; host_of yuki 2; } | hosts
meshbench clean --on "$scratch/hosts.yml"
ip netns add stranger
ip link add d-stranger master wire type veth peer name data0 netns stranger
ip link set d-stranger up
ip -n stranger link set data0 up
ip -n stranger address add 10.9.0.2/24 dev data0
meshbench run "$fast" --on "$scratch/hosts.yml" --vpn none --workload ping --out "$scratch/taken"
check "an address that another machine has is the user's mistake" exits 2
check "with the machine, the other one, and the next step" \
	says "yuki: another machine on its network ($(ip netns exec stranger cat /sys/class/net/data0/address)) has the address 10.9.0.2; choose a free one in hosts.yml"
check "its card is as it was" sh -c "ip -n yuki -brief address show dev data0 | grep -q '10.97.0.2/24'"
meshbench doctor --on "$scratch/hosts.yml"
check "doctor says so, too" prints '^  network  *no .*yuki: another machine'
ip netns delete stranger
{ host_of lom 1; host_of yuki 1; } | hosts
meshbench doctor --on "$scratch/hosts.yml"
check "so are two hosts with one address" exits 2

host_of yuki 2 | sed 's/nic/nick/' | hosts
meshbench doctor --on "$scratch/hosts.yml"
check "a wrong hosts.yml is the user's mistake" exits 2
check "with its place" says "hosts.yml:2:22: unknown key 'nick'; did you mean 'nic'?"
finish
