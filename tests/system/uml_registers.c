/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into user-mode-linux: a processor whose extended state is larger than that kernel
 * knows.
 *
 * Linux 6.1 sets the extended registers of its processes with a buffer of its own fixed size
 * (arch/x86/um/os-Linux/registers.c), and a host takes nothing but the size of its processor
 * (xstateregs_set() in arch/x86/kernel/fpu/regset.c): with AMX it answers EFAULT, and init dies.
 * So here the part that user-mode-linux knows is laid over all that the process has.
 */
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	STATE_BYTES_MAX = 64 * 1024 /* AMX needs 11 kB */
};

static long set_known_part(pid_t pid, const struct iovec *known)
{
	static _Alignas(64) unsigned char state[STATE_BYTES_MAX];
	struct iovec whole = {.iov_base = state, .iov_len = sizeof(state)};
	long rc = syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &whole);

	if (rc)
		return rc;
	memcpy(state, known->iov_base,
		known->iov_len < whole.iov_len ? known->iov_len : whole.iov_len);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, NT_X86_XSTATE, &whole);
}

/* As glibc's: the words that PEEK requests read are returned, not stored. */
long ptrace(enum __ptrace_request request, ...)
{
	bool is_peek = request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA ||
		       request == PTRACE_PEEKUSER;
	long word = 0, rc;
	va_list arguments;
	pid_t pid;
	void *address, *data;

	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if (request == PTRACE_SETREGSET && (size_t)address == NT_X86_XSTATE)
		return set_known_part(pid, data);
	rc = syscall(SYS_ptrace, request, pid, address, is_peek ? &word : data);
	if (rc || !is_peek)
		return rc;
	errno = 0;
	return word;
}
