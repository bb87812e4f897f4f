// An index as a process has it: what its changes (index.c) and its searches (asking.c) share.
#ifndef PLATEMATCH_MADE_H
#define PLATEMATCH_MADE_H

#include <pthread.h>

#include "block.h"
#include "contents.h"

struct index {
    struct block block;
    void *own; // the memory, if it is the index's own
    size_t own_size;
    bool attached;
    // From here on where it is not attached.
    pthread_mutex_t changing;
    struct contents contents;
};

#endif
