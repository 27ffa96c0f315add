# SPDX-License-Identifier: MIT
# Machines of their own for tests in shell: user-mode-linux each, with systemd as process 1 and a real sshd. This machine's files are
# theirs, below an overlay in their memory: no image, and nothing of them is left when they end. machines.sh comes first.

uml=$(command -v linux.uml) || { echo "Bail out! linux.uml is missing: install user-mode-linux"; exit 1; }

# uml_script NAME NUMBER: what its kernel starts first.
uml_script() {
	cat <<END
#!/bin/sh
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t tmpfs tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
insmod /usr/lib/uml/modules/*/kernel/fs/overlayfs/overlay.ko
mount -t overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root
# Otherwise systemd takes this machine for the container that its files may be from.
rm -f .dockerenv
# Bash reads it for every command of SSH; what stands in ours (pyenv, nvm) may start a hundred programs, which takes half a minute here.
rm -f root/.bashrc
mkdir -p usr/lib/modules var/cache/meshbench
ln -sfT ../uml/modules/\$(ls /usr/lib/uml/modules) usr/lib/modules/\$(ls /usr/lib/uml/modules)
# It has its own cache, whatever is in ours.
mount -t tmpfs tmpfs var/cache
echo $1 >etc/hostname
printf '%032x\\n' $2 >etc/machine-id
: >etc/fstab
units=etc/systemd/system
mkdir -p \$units
# Nothing here needs a device manager, and each of these takes seconds.
for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service \\
	systemd-tmpfiles-setup.service systemd-tmpfiles-setup-dev.service systemd-sysusers.service systemd-hwdb-update.service \\
	systemd-journal-flush.service systemd-binfmt.service systemd-modules-load.service systemd-remount-fs.service \\
	systemd-update-utmp.service systemd-random-seed.service systemd-machine-id-commit.service systemd-sysctl.service \\
	dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \\
	proc-sys-fs-binfmt_misc.automount modprobe@.service getty.target apparmor.service; do
	ln -sf /dev/null \$units/\$unit
done
printf '[Unit]\\nWants=there.service dbus.socket\\n' >\$units/there.target
cat >\$units/there.service <<UNIT
[Unit]
After=dbus.socket
[Service]
Type=notify
KillMode=process
RuntimeDirectory=sshd
ExecStart=/usr/sbin/sshd -D -e -f $there/$1/sshd_config
UNIT
mount -t proc proc proc
mount -t sysfs sys sys
for module in ipv6 tun veth sch_netem sch_tbf sch_ingress cls_u32 act_mirred; do chroot . modprobe \$module; done
ip -batch - <<CARDS
link set lo up
address add 10.98.0.$2/24 dev eth0
address add 10.97.0.$2/24 dev eth1
link set eth0 up
link set eth1 up
route add 10.96.0.0/16 via 10.97.0.254 dev eth1
CARDS
umount proc sys
pivot_root . mnt
umount -l /mnt
exec /lib/systemd/systemd --unit=there.target --log-target=console
END
}

# uml_machine NAME NUMBER: starts it, with the network cards eth0 (10.98.0.NUMBER) and eth1 (10.97.0.NUMBER, and a route).
uml_machine() {
	machine_settings "$1" "$2"
	for card in c d; do
		ip tuntap add mode tap "$card-$1"
		# Its driver has room for one packet, not for what a kernel would still cut.
		ethtool -K "$card-$1" gso off gro off tso off >/dev/null
	done
	ip link set "c-$1" master control up
	ip link set "d-$1" master wire up
	uml_script "$1" "$2" >"$there/$1/init"
	chmod 755 "$there/$1/init"
	echo "$2" >"$there/$1/number"
	uml_boot "$1"
}

is_without_owner() { ip link show "$1" | grep -q NO-CARRIER; }

# uml_boot NAME: its memory is a file, which must not be on a disk. Its cards keep their addresses when it starts again, as real ones do;
# what was left of the last time has to let go of them first. Its processes are a group of their own.
uml_boot() {
	number=$(cat "$there/$1/number")
	for card in c d; do
		await is_without_owner "$card-$1" || return 1
	done
	TMPDIR=/dev/shm setsid "$uml" mem=512M root=/dev/root rootfstype=hostfs ro init="$there/$1/init" \
		"eth0=tuntap,c-$1,52:54:00:98:00:0$number" "eth1=tuntap,d-$1,52:54:00:97:00:0$number" \
		lpj=1000000 initcall_blacklist=raid6_select_algo con=null con0=null,fd:1 ssl=null </dev/null >"$there/$1/console" 2>&1 &
	echo $! >"$there/$1/pid"
}

# uml_cut NAME: without power.
uml_cut() { kill -9 "-$(cat "$there/$1/pid")"; }

# uml_answers NAME: as soon as its sshd is ready; one patient connection, because each costs a small machine seconds.
uml_answers() {
	tries=0
	until grep -q 'Started .*there.service' "$there/$1/console"; do
		tries=$((tries + 1))
		{ [ $tries -lt 1200 ] && kill -0 "$(cat "$there/$1/pid")"; } || { tail -n 20 "$there/$1/console" >&2; return 1; }
		sleep 0.1
	done
	[ "$(ssh -o ConnectTimeout=60 "$1" systemctl is-system-running)" = running ]
}

# The memory that user-mode-linux gives a program has no room for what AddressSanitizer lays out, so what runs there is built once
# more without it, of the same version.
uml_programs() {
	grep -q __asan_init "$MESHBENCH_LIBEXEC/meshbench-host" || return 0
	plain=$BUILD_ROOT/plain
	[ -e "$plain/build.ninja" ] || meson setup "$plain" "$SOURCE_ROOT" >"$scratch/out" 2>"$scratch/err" || return 1
	(
		cd "$MESHBENCH_LIBEXEC" || exit 1
		for program in meshbench-*; do [ ! -f "$program" ] || echo "src/programs/$program"; done
	) | xargs ninja -C "$plain" >"$scratch/out" 2>"$scratch/err" || return 1
	MESHBENCH_LIBEXEC=$plain/src/programs
	export MESHBENCH_LIBEXEC
}
