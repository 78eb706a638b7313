/* The processor's cores that this process may use: not all where it was given some of them. */
#pragma once

int cores_count(void);

/* From now on this thread runs on the which-th of them alone; anywhere, as before, if there are fewer or the
 * system refuses. */
void cores_keep_to(int which);
