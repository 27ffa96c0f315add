#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints an assembler file that holds files as NUL-terminated read-only data.
# usage: embed.sh NAME FILE [NAME FILE]...   (an absent FILE is empty)
set -eu
echo '	.section .rodata'
while [ $# -gt 0 ]; do
	echo "	.globl $1"
	echo "$1:"
	# The sum makes this file change with what it includes, so that the assembler runs again.
	[ -s "$2" ] && echo "	.incbin \"$2\" # $(cksum <"$2")"
	echo '	.byte 0'
	shift 2
done
echo '	.section .note.GNU-stack,"",%progbits'
