/* SPDX-License-Identifier: MIT */
#pragma once

#include <dirent.h>
#include <stdio.h>

/* For AUTO(): close and set to -1 or NULL; nothing happens to what is already so. */
void fd_closep(int *fd);
void stream_closep(FILE **stream);
void dir_closep(DIR **dir);
void text_freep(char **text);

/* Hands a descriptor on: returns it and leaves -1 behind. */
int fd_take(int *fd);

/* All of it, or -1 and errno. */
int fd_write_all(int fd, const void *data, size_t size);
