/* SPDX-License-Identifier: MIT */
/* Owners of the kernel's things: what AUTO() calls at the end of a scope. */
#include "base/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

void fd_closep(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void stream_closep(FILE **stream)
{
	if (*stream)
		fclose(*stream);
	*stream = NULL;
}

void dir_closep(DIR **dir)
{
	if (*dir)
		closedir(*dir);
	*dir = NULL;
}

void text_freep(char **text)
{
	free(*text);
	*text = NULL;
}

int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int fd_write_all(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}
