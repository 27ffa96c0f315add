/* SPDX-License-Identifier: MIT */
#pragma once

#include "record/cause.h"

/* What the words of a foreign tool's complaint mean; `otherwise` when they say nothing known. */
enum cause complaint_cause(const char *words, enum cause otherwise);
