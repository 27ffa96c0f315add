#!/bin/sh
# SPDX-License-Identifier: MIT
# The image of Containerfile: built without network over a base of Debian packages, and run by its user in a container of namespaces.
# usage: image.sh, as root, with buildah and mmdebstrap; `image.sh inside FOLDER COMMAND...` is the container, in new namespaces.
if [ "${1:-}" = inside ]; then
	set -e
	work=$2
	shift 2
	root=$(buildah mount "$(buildah from --pull-never meshbench)")
	mount --make-rprivate /
	mount --bind "$root" "$root"
	cd "$root"
	mount --bind "$work" work
	mount -t proc proc proc
	mount -t sysfs sysfs sys
	mount -t tmpfs -o mode=755 dev dev
	mkdir dev/net dev/pts dev/shm
	for node in null zero full random urandom tty net/tun; do
		: >"dev/$node"
		mount --bind "/dev/$node" "dev/$node"
	done
	mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	pivot_root . mnt
	umount -l /mnt
	exec env -i PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin HOME=/home/meshbench MESHBENCH_TEST="$MESHBENCH_TEST" \
		setpriv --reuid=meshbench --regid=meshbench --init-groups sh -c 'cd /work && exec "$@"' sh "$@"
fi
. "$(dirname "$0")/lib.sh"
unset MESHBENCH_LIBEXEC MESHBENCH_DATA MESHBENCH_VPNS

for program in buildah mmdebstrap; do
	command -v $program >/dev/null || { echo "1..0 # SKIP $program is missing"; exit 0; }
done
for sources in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
	[ -s "$sources" ] && break
done

# Images and their layers go with the test; what buildah mounts goes with each command.
export STORAGE_DRIVER=overlay BUILDAH_ISOLATION=chroot
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$scratch" "$scratch" >"$scratch/storage.conf"
export CONTAINERS_STORAGE_CONF="$scratch/storage.conf"
offline() { unshare --mount --net "$@" >"$scratch/out" 2>"$scratch/err"; }
container() {
	unshare --mount --net --uts --ipc --pid --fork --kill-child sh "$0" inside "$scratch/work" "$@" >"$scratch/out" 2>"$scratch/err"
}

mmdebstrap --quiet --variant=minbase --include="$("$SOURCE_ROOT/tools/install-packages" --list)" bookworm "$scratch/base.tar" "$sources" \
	>"$scratch/out" 2>"$scratch/err"
check "a base is made of Debian packages alone" test $? = 0
offline sh -ec 'base=$(buildah from scratch) && buildah add --quiet "$base" "$0" / && buildah commit --quiet "$base" meshbench-base' "$scratch/base.tar"
check "it becomes an image" test $? = 0
rm -f "$scratch/base.tar"
offline buildah build --pull-never --build-arg BASE=meshbench-base -t meshbench "$SOURCE_ROOT"
check "the image is built over it without network" test $? = 0
offline buildah inspect --type image --format '{{.OCIv1.Config.User}} {{.OCIv1.Config.Entrypoint}} {{.OCIv1.Config.Cmd}}' meshbench
check "it starts meshbench, as a user of its own" prints '^meshbench \[meshbench\] \[doctor\]$'

mkdir -m 777 "$scratch/work"
container meshbench doctor
check "in a container of namespaces doctor has nothing against measuring" test $? = 0
check "and finds the VPNs of Debian" prints 'tinc'
container meshbench run --quick --vpn none,tinc --workload ping --ping-count 5 --ping-runs 1 --out tree
check "the bare link and tinc are measured there" test $? = 0
check "and the result is said" prints '^tinc '
tree=$scratch/work/tree
check "its tree is sound" tree_is_sound
check "nothing is left behind" nothing_is_left
finish
