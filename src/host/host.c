/* SPDX-License-Identifier: MIT */
/* The border to every kind of host: checks what is the same for all and calls its operation. */
#include "host/host.h"

int host_start(
	struct host *host, const struct proc_spec *spec, struct proc **ret_proc, struct error *err)
{
	return host->ops->start(host, spec, ret_proc, err);
}

int host_run(struct host *host, const struct proc_spec *spec, struct deadline deadline,
	struct error *err)
{
	AUTO(proc_freep) struct proc *proc = NULL;

	if (host_start(host, spec, &proc, err))
		return -1;
	return proc_wait_success(proc, deadline, err);
}

int host_write(struct host *host, const char *path, const void *data, size_t size, mode_t mode,
	struct error *err)
{
	if (host->ops->write(host, path, data, size, mode, err))
		return fail_in(err, "host %s", host->name);
	return 0;
}

int host_remove(struct host *host, const char *path, struct error *err)
{
	if (host->ops->remove(host, path, err))
		return fail_in(err, "host %s", host->name);
	return 0;
}

int host_set_names(struct host *host, const char *hosts_file, struct error *err)
{
	if (host->ops->set_names(host, hosts_file, err))
		return fail_in(err, "name the hosts on %s", host->name);
	return 0;
}

int host_check(struct host *host, struct error *err)
{
	return host->ops->check(host, err);
}

int host_reboot(struct host *host, struct error *err)
{
	if (host->ops->reboot(host, err))
		return fail_in(err, "reboot host %s", host->name);
	return 0;
}

int host_wipe(struct host *host, struct error *err)
{
	if (host->ops->wipe(host, err))
		return fail_in(err, "wipe the state of host %s", host->name);
	return 0;
}

int host_network(const struct host *host, int *ret_fd, struct error *err)
{
	if (host->ops->network(host, ret_fd, err))
		return fail_in(err, "open the network of host %s", host->name);
	return 0;
}

pid_t host_pid(const struct host *host)
{
	return host->ops->pid(host);
}

const char *host_shortcoming(const struct host *host)
{
	return host->ops->shortcoming(host);
}

int64_t host_time_here(const struct host *host, int64_t there_ns)
{
	return host->ops->time_here ? host->ops->time_here(host, there_ns) : there_ns;
}

int host_large_frames(struct host *host, uint64_t *ret_count, struct error *err)
{
	if (!host->ops->large_frames)
		return fail(err, ERROR_MISSING, "host %s does not count large frames", host->name);
	if (host->ops->large_frames(host, ret_count, err))
		return fail_in(err, "host %s", host->name);
	return 0;
}

void host_free(struct host *host)
{
	if (host)
		host->ops->free(host);
}
