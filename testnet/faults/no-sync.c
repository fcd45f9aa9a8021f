/*
 * A disk that lies: fsync and its kin return at once and have done nothing. Loaded into a process with LD_PRELOAD, to show
 * that a power cut finds what was not synced.
 */
#include <stddef.h>

int fsync (int fd) { (void) fd; return 0; }
int fdatasync (int fd) { (void) fd; return 0; }
int sync_file_range (int fd, long offset, long bytes, unsigned flags) { (void) fd; (void) offset; (void) bytes; (void) flags; return 0; }
int msync (void *address, size_t length, int flags) { (void) address; (void) length; (void) flags; return 0; }
