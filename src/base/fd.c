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
