/* SPDX-License-Identifier: MIT */
/* The web server that several workloads measure against. */
#include "workload/tool/nginx.h"
#include "document/complaint.h"

#include "workload/tool/symptom.h"

#include "base/attribute.h"
#include "base/clock.h"

#include <string.h>

enum {
	GATE_S = 10 /* lost packets of a handshake are sent again after 1, 3 and 7 s */
};

unsigned nginx_port(const struct workload_case *c, unsigned first)
{
	return first + (unsigned)c->link;
}

/*
 * One process, since as an ordinary user's root it cannot become another user nor give files to
 * one, and one is enough for the rates of a tunnel. What is awaited it says once it listens.
 */
static const char *configuration(
	struct arena *arena, const char *name, unsigned port, const char *location)
{
	const char *temporary = arena_printf(arena, "/tmp/meshbench-%s-%u", name, port);

	return arena_printf(arena,
		"daemon off;\n"
		"user root;\n"
		"master_process off;\n"
		"pid %s.pid;\n"
		"error_log stderr notice;\n"
		"events { worker_connections 4096; }\n"
		"http {\n"
		"    access_log off;\n"
		"    sendfile on;\n"
		"    tcp_nopush on;\n"
		"    keepalive_requests 100000;\n"
		"    client_body_temp_path %s.body;\n"
		"    proxy_temp_path %s.proxy;\n"
		"    fastcgi_temp_path %s.fastcgi;\n"
		"    uwsgi_temp_path %s.uwsgi;\n"
		"    scgi_temp_path %s.scgi;\n"
		"    server {\n"
		"        listen %u backlog=4096;\n"
		"        listen [::]:%u ipv6only=on backlog=4096;\n"
		"        %s\n"
		"    }\n"
		"}\n",
		temporary, temporary, temporary, temporary, temporary, temporary, port, port,
		location);
}

struct workload_command nginx_server(const struct workload_case *c, struct arena *arena,
	const char *name, unsigned port, const char *location)
{
	const char *path = arena_printf(arena, "/var/lib/meshbench/nginx-%u.conf", port);
	struct workload_file *file = arena_alloc(arena, struct workload_file, 1);
	const char *const *argv = ARENA_LIST(arena, "nginx", "-c", path);

	(void)c;
	*file = (struct workload_file){path, configuration(arena, name, port, location)};
	return (struct workload_command){.what = "nginx",
		.side = WORKLOAD_TARGET,
		.argv = argv,
		.files = file,
		.file_count = 1,
		.is_server = true,
		.ready = "using the \"epoll\" event method",
		.merge = true};
}

const char *nginx_url(const struct workload_case *c, struct arena *arena, unsigned port)
{
	bool is_ipv6 = strchr(c->target_address, ':') != NULL;

	return arena_printf(
		arena, is_ipv6 ? "http://[%s]:%u" : "http://%s:%u", c->target_address, port);
}

struct workload_command nginx_gate(struct arena *arena, const char *url)
{
	const char *const *argv = ARENA_LIST(arena, "curl", "-sSv", "-f", "-g", "-o", "/dev/null",
		"--max-time", arena_printf(arena, "%d", GATE_S), url);

	return (struct workload_command){.what = "first request",
		.side = WORKLOAD_SOURCE,
		.argv = argv,
		.is_gate = true,
		.limit_ns = (GATE_S + 5) * NS_PER_S};
}

bool nginx_gate_passed(
	const struct workload_output *outputs, size_t gate, struct workload_reading *reading)
{
	enum {
		CURL_TIMED_OUT = 28
	};
	const struct workload_output *output = &outputs[gate];
	int length;
	const char *line;

	if (symptom_of_end("first request", outputs, gate, reading))
		return false;
	if (output->exit_code == 0)
		return true;
	line = symptom_last_line(output->errout, &length);
	symptom_blame(reading,
		output->exit_code == CURL_TIMED_OUT ? CAUSE_UNREACHABLE
						    : complaint_cause(output->errout, CAUSE_TOOL),
		gate, "the server does not answer: %.*s", length, line);
	return false;
}

bool nginx_outlived(const struct workload_output *outputs, size_t server, size_t client,
	struct workload_reading *reading)
{
	if (outputs[server].ended_ns >= outputs[client].ended_ns)
		return true;
	symptom_blame(reading, CAUSE_TOOL, server,
		"nginx ended before its client did, with status %d, signal %d",
		outputs[server].exit_code, outputs[server].signal);
	return false;
}
