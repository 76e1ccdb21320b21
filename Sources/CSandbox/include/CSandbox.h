// Confines a process that handles hostile data: calls of the Linux kernel that Swift cannot import. Elsewhere nothing holds.
#pragma once

/// No new sockets but local ones, and no TCP.
#define SANDBOX_NETWORK 1u
/// Only the files that were asked for.
#define SANDBOX_FILES 2u

/// What this kernel can enforce, without entering anything.
unsigned sandbox_support(void);

/// Confines the calling thread and all it starts, for good. Call it before other threads exist.
///
/// `folder`: one folder whose files may be written; NULL for none. `reads`: 0 where no file at all may be opened otherwise, nor a
/// program started; else all files may be read, programs started and devices used, as drivers need. Gives what holds.
unsigned sandbox_enter(const char *folder, int reads);

/// No core dumps, at most 1 GiB a file, and the first to go where the machine's memory runs out.
void sandbox_limit(void);
