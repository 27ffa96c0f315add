/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The border between what others wrote and the user's terminal: drivers, daemons and names of files
 * may hold control characters that hide or forge what a person reads. From here on stdout and
 * stderr show '?' for all of them but line ends and tabs, also for those that turn the direction of
 * text.
 */
void border_close(void);
/* A control sequence of our own, to stderr and in order with what was printed there. */
void border_control(const char *sequence);
