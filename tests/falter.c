/* The system falters once: a call on a file below $FALTER_UNDER fails, or does half of what it should. Loaded before libc.

   falter_arm(number, error): the call of that number, counted from now, fails with `error`; -1: it is short; -100 - signal: the
   process gets that signal there, and at the four calls after it.
   falter_calls(): how many there were. A line for each goes to $FALTER_DIARY: its name and the file's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int number, target = -1, fault, armed, diary = -1;
static __thread int inside;

void falter_arm(int which, int error, int paper) { number = 0; target = which; fault = error; armed = 1; diary = paper; }
int falter_calls(void) { return number; }

static int below(const char *path) {
    const char *root = getenv("FALTER_UNDER");
    char here[4096];
    if (!armed || !root || !path || inside) return 0;
    if (path[0] != '/') { if (!getcwd(here, sizeof here)) return 0; return strncmp(here, root, strlen(root)) == 0; }
    return strncmp(path, root, strlen(root)) == 0;
}

static const char *name_of(int file, char *place, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, place, size - 1);
    if (length < 0 || place[0] != '/') return NULL; /* a pipe, or memory */
    place[length] = 0;
    return place;
}

/* 0: as always; an errno: fail; -1: be short */
static int falters(const char *call, const char *path) {
    if (!below(path)) return 0;
    inside = 1;
    int mine = __sync_add_and_fetch(&number, 1);
    if (diary >= 0) dprintf(diary, "%s %s\n", call, path);
    inside = 0;
    if (fault <= -100 && mine >= target && mine < target + 5 && target > 0) kill(getpid(), -100 - fault);
    return mine == target && fault > -100 ? fault : 0;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAIL(call, path) { int f = falters(call, path); if (f > 0) { errno = f; return -1; } }
#define FD(call, file) char place[4096]; int f = armed && !inside ? falters(call, name_of(file, place, sizeof place)) : 0; \
    if (f > 0) { errno = f; return -1; }

#define OPEN(name) int name(const char *path, int flags, ...) { \
    va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
    REAL(name); FAIL(flags & O_CREAT ? "create" : flags & O_DIRECTORY ? "opendir" : "open", path); return real(path, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(name) int name(int at, const char *path, int flags, ...) { \
    va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more); \
    REAL(name); FAIL(flags & O_CREAT ? "create" : "open", path); return real(at, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int file, void *to, size_t size) { REAL(read); FD("read", file); return real(file, to, f < 0 && size > 1 ? size / 2 : size); }
ssize_t write(int file, const void *from, size_t size) { REAL(write); FD("write", file); return real(file, from, f < 0 && size > 1 ? size / 2 : size); }
ssize_t pread64(int file, void *to, size_t size, off_t at) { REAL(pread64); FD("read", file); return real(file, to, f < 0 && size > 1 ? size / 2 : size, at); }
int fsync(int file) { REAL(fsync); FD("fsync", file); return real(file); }
int ftruncate64(int file, off_t size) { REAL(ftruncate64); FD("ftruncate", file); return real(file, size); }
int ftruncate(int file, off_t size) { REAL(ftruncate); FD("ftruncate", file); return real(file, size); }
int flock(int file, int how) { REAL(flock); FD("flock", file); return real(file, how); }
int rename(const char *from, const char *to) { REAL(rename); FAIL("rename", to); return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) { REAL(renameat); FAIL("rename", to); return real(a, from, b, to); }
int unlink(const char *path) { REAL(unlink); FAIL("unlink", path); return real(path); }
int unlinkat(int at, const char *path, int flags) { REAL(unlinkat); FAIL("unlink", path); return real(at, path, flags); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); FAIL("mkdir", path); return real(path, mode); }
int rmdir(const char *path) { REAL(rmdir); FAIL("rmdir", path); return real(path); }

/* A close that fails has closed all the same, as Linux has it. */
int close(int file) {
    REAL(close);
    char place[4096];
    int f = armed && !inside ? falters("close", name_of(file, place, sizeof place)) : 0, ended = real(file);
    if (f > 0) { errno = f; return -1; }
    return ended;
}

#define STAT(name, kind) int name(const char *path, struct kind *to) { REAL(name); FAIL("stat", path); return real(path, to); }
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)
#define FSTAT(name, kind) int name(int file, struct kind *to) { REAL(name); FD("stat", file); return real(file, to); }
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)
#define STATAT(name, kind) int name(int at, const char *path, struct kind *to, int flags) { REAL(name); FAIL("stat", path); return real(at, path, to, flags); }
STATAT(fstatat, stat)
STATAT(fstatat64, stat64)
#define MMAP(name) void *name(void *at, size_t size, int allow, int flags, int file, off_t from) { \
    REAL(name); \
    if (armed && !inside && file >= 0) { \
        char place[4096]; int f = falters("mmap", name_of(file, place, sizeof place)); \
        if (f > 0) { errno = f; return MAP_FAILED; } } \
    return real(at, size, allow, flags, file, from); }
MMAP(mmap)
MMAP(mmap64)
