#!/bin/sh
# SPDX-License-Identifier: MIT
# The Debian package: built from the files of this tree, judged by lintian, and what it installs is run by an ordinary user.
# usage: package.sh, as root; with `installed USR` the second half, in a mount namespace of its own.
if [ "${1:-}" = installed ]; then
	mount -t overlay package -o lowerdir="$2:/usr" /usr && cd "$3" &&
		exec setpriv --reuid=65534 --regid=65534 --clear-groups env AUTOPKGTEST_TMP="$3" HOME="$3" "$SOURCE_ROOT/debian/tests/run"
fi
. "$(dirname "$0")/lib.sh"

mkdir "$scratch/source"
(cd "$SOURCE_ROOT" && { git ls-files -z 2>/dev/null || find . -path './build*' -prune -o -type f -print0; } |
	xargs -0 cp --parents -t "$scratch/source")
build() { (cd "$scratch/source" && DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(nproc)" dpkg-buildpackage -b -us -uc) >"$scratch/out" 2>"$scratch/err"; }
check "a package is built" build
lintian --fail-on error,warning "$scratch"/*.changes >"$scratch/out" 2>"$scratch/err"
check "lintian has no error and no warning" test $? = 0
dpkg-deb -x "$scratch"/*.deb "$scratch/root" >"$scratch/out" 2>"$scratch/err"
check "it has the program, its helpers and its manual" test -x "$scratch/root/usr/bin/meshbench" -a \
	-x "$scratch/root/usr/libexec/meshbench/meshbench-wire" -a -f "$scratch/root/usr/share/man/man1/meshbench.1.gz" -a \
	-f "$scratch/root/usr/share/man/man5/meshbench-plan.5.gz"
check "and nothing outside /usr" sh -c '! ls -A "$1" | grep -vx usr' sh "$scratch/root"
# Containers get them by name, since nothing there reads what a package depends on.
for library in $(dpkg-deb -f "$scratch"/*.deb Depends | tr ',' '\n' | sed -n 's/^ *\(lib[a-z0-9.-]*\).*/\1/p'); do
	[ "$library" = libc6 ] || grep "^libraries='" "$SOURCE_ROOT/tools/install-packages" | grep -qw -e "$library" || echo "$library"
done >"$scratch/out"
check "the libraries that it depends on are those of tools/install-packages" test ! -s "$scratch/out"
mkdir "$scratch/user"
chmod -R a+rX "$scratch"
chmod 777 "$scratch/user"
env -u MESHBENCH_LIBEXEC -u MESHBENCH_DATA -u MESHBENCH_VPNS unshare -m sh "$0" installed "$scratch/root/usr" "$scratch/user" \
	>"$scratch/out" 2>"$scratch/err"
check "what it installs measures the bare link and tinc" test $? = 0
check "and says so" prints '^tinc '
check "nothing is left behind" nothing_is_left
finish
