#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CSandbox.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Landlock by numbers: headers of older systems lack it or its later parts. Source: linux/landlock.h.
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD 445
#define LANDLOCK_RESTRICT 446

typedef struct {
    uint64_t files, network, scoped;
} LandlockRules;
typedef struct {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed)) LandlockPath;

#define EXECUTE (1u << 0)
#define WRITE_FILE (1u << 1)
#define READ_FILE (1u << 2)
#define READ_DIRECTORY (1u << 3)
// Creating and removing: bits 4 to 12. Later versions add linking (13), truncating (14) and device control (15).
#define CHANGE (0x1ff0u | 1u << 13 | 1u << 14)
#define CONTROL (1u << 15)

static int landlock_version(void) {
    long version = syscall(LANDLOCK_CREATE, NULL, 0, 1);
    return version > 0 ? (int)version : 0;
}

static int allow(int rules, const char *path, uint64_t rights) {
    LandlockPath rule = {rights, open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent < 0) return 0;
    long status = syscall(LANDLOCK_ADD, rules, 1, &rule, 0);
    close(rule.parent);
    return status == 0;
}

static int confine_files(const char *folder, int reads, int version) {
    uint64_t known = 0x1fffu | (version >= 2 ? 1u << 13 : 0) | (version >= 3 ? 1u << 14 : 0) | (version >= 5 ? CONTROL : 0);
    LandlockRules wanted = {known, version >= 4 ? 3u : 0, version >= 6 ? 1u : 0};
    size_t size = version >= 6 ? sizeof wanted : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int rules = (int)syscall(LANDLOCK_CREATE, &wanted, size, 0);
    if (rules < 0) return 0;
    int held = 1;
    if (reads) {
        held = allow(rules, "/", EXECUTE | READ_FILE | READ_DIRECTORY);
        allow(rules, "/dev", known & (READ_FILE | READ_DIRECTORY | WRITE_FILE | CONTROL));
    }
    if (folder != NULL) held = held && allow(rules, folder, known & (EXECUTE | WRITE_FILE | READ_FILE | READ_DIRECTORY | CHANGE));
    held = held && syscall(LANDLOCK_RESTRICT, rules, 0) == 0;
    close(rules);
    return held;
}

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE
#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define DENY BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES)
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/// One call that is denied.
#define WITHOUT(call) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1), DENY

static int install(struct sock_filter *filter, size_t count) {
    struct sock_fprog program = {(unsigned short)count, filter};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int confine_calls(int programs) {
    struct sock_filter filter[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        DENY,
        LOAD(nr),
#if defined(__x86_64__)
        // The x32 calls are the same ones under other numbers.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1),
        DENY,
#endif
        WITHOUT(SYS_ptrace),
        WITHOUT(SYS_process_vm_writev),
        // Its requests pass by this filter.
        WITHOUT(SYS_io_uring_setup),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
        LOAD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
        DENY,
        ALLOW,
    };
    if (!install(filter, sizeof filter / sizeof filter[0])) return 0;
    if (programs) return 1;
    struct sock_filter stricter[] = {
        LOAD(nr),
        WITHOUT(SYS_execve),
        WITHOUT(SYS_execveat),
        WITHOUT(SYS_socket),
        ALLOW,
    };
    return install(stricter, sizeof stricter / sizeof stricter[0]);
}
#else
static int confine_calls(int programs) { return programs & 0; }
#endif

unsigned sandbox_support(void) {
    unsigned support = landlock_version() > 0 ? SANDBOX_FILES : 0;
#ifdef ARCHITECTURE
    if (prctl(PR_GET_SECCOMP) >= 0) support |= SANDBOX_NETWORK;
#endif
    return support;
}

unsigned sandbox_enter(const char *folder, int reads) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
    unsigned held = 0;
    int version = landlock_version();
    if (version > 0 && confine_files(folder, reads, version)) held |= SANDBOX_FILES;
    if (confine_calls(reads)) held |= SANDBOX_NETWORK;
    return held;
}

void sandbox_limit(void) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)1 << 30, (rlim_t)1 << 30});
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    ssize_t written = write(file, "800", 3);
    (void)written;
    close(file);
}

#else

unsigned sandbox_support(void) { return 0; }
unsigned sandbox_enter(const char *folder, int reads) { return 0u & (folder != 0) & (unsigned)reads; }
void sandbox_limit(void) {}

#endif
