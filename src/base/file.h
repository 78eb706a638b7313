/* Files and folders that are open, for [[gnu::cleanup]]. */
#pragma once
#include <dirent.h>

void file_cleanup(const int *file); /* -1: none */
void folder_cleanup(DIR **folder);
