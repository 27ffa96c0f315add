/* SPDX-License-Identifier: MIT */
#pragma once

/* Runs `fn(&variable)` when the variable leaves its scope. */
#define AUTO(fn) __attribute__((cleanup(fn)))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args), nonnull(fmt)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
