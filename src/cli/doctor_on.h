/* SPDX-License-Identifier: MIT */
#pragma once

#include "base/error.h"

/*
 * What the machines of a hosts.yml can do; returns an exit status, or -1 and an error. They ask
 * each other on the ports of that plan, which is NULL-able.
 */
MUST_CHECK int doctor_on(const char *path, const char *plan_name, struct error *err);
