/* Folders for the state of hosts that nobody wants to keep. */
#include "cli/scratch.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>

int scratch_make(struct scratch *scratch, const char *name, struct error *err)
{
	snprintf(scratch->path, sizeof(scratch->path), "/tmp/meshbench-%s.XXXXXX", name);
	if (mkdtemp(scratch->path))
		return 0;
	scratch->path[0] = '\0';
	return fail_errno(err, "make a folder in /tmp for the hosts' state");
}

void scratch_remove(struct scratch *scratch)
{
	struct error err;

	if (scratch->path[0] && tree_remove(scratch->path, &err))
		fprintf(stderr, "meshbench: %s\n", err.text);
}
