#include "base/file.h"
#include <unistd.h>

void file_cleanup(const int *file)
{
    if (*file >= 0)
        close(*file);
}

void folder_cleanup(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}
